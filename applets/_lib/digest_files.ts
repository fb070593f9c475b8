/**
 * What md5sum and its kin share: printing and checking digests. Source of behaviour: BusyBox 1.35, by running it.
 *
 * @module
 */
import { toByteString } from "../../sandbox/bytes.ts";
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { Context, OptionTable, Source } from "../contract.ts";
import { type Hash, toHex } from "./hash/hash.ts";
import { after, eachChunk, inTurns } from "./sequence.ts";

/** The options that all of them have. */
export const DIGEST_OPTIONS = {
  c: { help: "Check FILEs listed with their digests in FILE" },
  s: { help: "With -c: print nothing, only set the status" },
  w: { help: "With -c: warn of lines that make no sense" },
  b: {},
  t: {},
} as const;

/** Their values. */
export interface DigestFlags {
  readonly c?: boolean;
  readonly s?: boolean;
  readonly w?: boolean;
}

/** Files from this size on are worth loading the platform's own hash where it has one. */
const LARGE = 16 * 1024 * 1024;

/** Longest line of a list that is read at once. */
const LONGEST_LINE = 1 << 20;

/** Feeds a source to a hash. @throws {VfsError} when it cannot be read. */
export function digestOf(
  ctx: Pick<Context, "tick">,
  source: Source,
  hash: Hash,
): MaybePromise<Uint8Array> {
  return after(
    eachChunk(ctx, source, (chunk) => {
      hash.update(chunk);
    }),
    () => hash.digest(),
  );
}

/** Prints or checks digests, as the options say. `platformName` is the platform's name of the hash. */
export function digestFiles<T extends OptionTable>(
  ctx: Context<T>,
  flags: DigestFlags,
  make: () => Hash,
  platformName?: string,
): MaybePromise<number> {
  if ((flags.s || flags.w) && !flags.c) ctx.usage();
  const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;

  const digest = (path: ByteString): MaybePromise<string | undefined> => {
    const source = ctx.open(path);
    if (source === undefined) return undefined;
    const large = platformName !== undefined && path !== "-" && source.file.stat().size >= LARGE;
    const fast = large ? ctx.process.platform.createHash(platformName) : undefined;
    const failed = (error: unknown): undefined => {
      if (!isVfsError(error)) throw error;
      source.close();
      ctx.warn(`can't read '${path}': ${error.reason}`);
      return undefined;
    };
    const done = (bytes: Uint8Array): string => {
      source.close();
      return toHex(bytes);
    };
    try {
      const working = after(fast, (hash) => digestOf(ctx, source, hash ?? make()));
      return working instanceof Promise ? working.then(done).catch(failed) : done(working);
    } catch (error) {
      return failed(error);
    }
  };

  const print = (path: ByteString): MaybePromise<void> =>
    after(digest(path), (hex) => {
      if (hex !== undefined) return ctx.out.print(`${hex}  ${path}\n`);
    });

  let total = 0;
  let failures = 0;
  const checkLine = async (line: ByteString): Promise<void> => {
    total++;
    let split = line.indexOf("  ");
    if (split < 0) split = line.indexOf(" *");
    if (split < 0) {
      failures++;
      if (flags.w) ctx.warn("invalid format");
      ctx.status = 1;
      return;
    }
    const path = line.slice(split + 2);
    const good = await digest(path) === line.slice(0, split);
    if (!good) {
      failures++;
      ctx.status = 1;
    }
    if (!flags.s) void ctx.out.print(`${path}: ${good ? "OK" : "FAILED"}\n`);
  };

  const check = async (list: ByteString): Promise<void> => {
    const source = ctx.openPlain(list) ?? ctx.exit(1);
    total = 0;
    failures = 0;
    for (;;) {
      let bytes: Uint8Array | undefined;
      try {
        bytes = await source.readUntil(10, LONGEST_LINE);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        break; // A directory has no lines.
      }
      if (bytes === undefined) break;
      // A NUL ends a line too.
      for (const line of toByteString(bytes).replace(/[\n\0]$/, "").split("\0")) {
        await checkLine(line);
      }
    }
    source.close();
    if (total === 0) {
      ctx.status = 1;
      // Native says this even with -s.
      ctx.warn(`${list}: no checksum lines found`);
    } else if (failures > 0 && !flags.s) {
      ctx.warn(`WARNING: ${failures} of ${total} computed checksums did NOT match`);
    }
  };

  return after(inTurns(ctx.process, paths, flags.c ? check : print), () => ctx.status);
}
