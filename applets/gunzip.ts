import { type Applet, type Context, defineApplet, type OptionTable } from "./contract.ts";
import { UnpackAny } from "./_lib/codec/unpack_any.ts";
import { gzipTime, packFiles, withoutSuffix } from "./_lib/pack_files.ts";
import { MemoryAccount } from "./_lib/memory_account.ts";
import { into, pump } from "./_lib/pump.ts";
import { after, inTurns } from "./_lib/sequence.ts";
import { CodecError } from "./_lib/codec/codec.ts";
import type { MaybePromise } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";

/** Decompresses FILEs. Source of behaviour: RFC 1952, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "gunzip",
  aliases: ["zcat"],
  usage: { gunzip: "[-cfkt] [FILE]...", zcat: "[FILE]..." },
  about: {
    gunzip: "Replace each FILE by what was compressed in it, or decompress stdin to stdout",
    zcat: "Print what was compressed in each FILE (gzip, compress, bzip2 or xz)",
  },
  options: {
    c: { help: "Write to stdout and keep FILE", long: ["stdout", "to-stdout"] },
    f: { help: "Overwrite, and read from a terminal", long: "force" },
    k: { help: "Keep FILE" },
    t: { help: "Only check FILE", long: "test" },
    d: {},
    n: { long: "no-name" },
    q: {},
    v: {},
  },
  run(ctx) {
    if (ctx.name === "zcat") return printAny(ctx);
    return packFiles(ctx, {
      flags: ctx.opts,
      rename: withoutSuffix([".gz", ".Z"], [".tgz"]),
      codec: () => new UnpackAny("gzip"),
      mtime: gzipTime,
    });
  },
});

/** zcat: damage in a file is told but does not count; what is no compressed file at all ends the work. */
function printAny<T extends OptionTable>(ctx: Context<T>): MaybePromise<number> {
  const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
  // To test is to print nothing.
  const take = (ctx.opts as { t?: boolean }).t ? (): void => {} : into(ctx.stdout);
  const printed = inTurns(ctx.process, paths, (path): MaybePromise<void> => {
    const source = ctx.openPlain(path);
    if (source === undefined) return;
    const memory = new MemoryAccount(ctx.process);
    const codec = new UnpackAny("all", memory.charge);
    const done = (): void => {
      memory.release();
      source.close();
    };
    const failed = (error: unknown): void => {
      if (isVfsError(error) && ctx.wasWriting(error)) ctx.fail(`write error: ${error.reason}`);
      // A directory has nothing in it, nor has a closed descriptor.
      if (isVfsError(error, "EISDIR") || isVfsError(error, "EBADF")) ctx.fail("short read");
      if (!(error instanceof CodecError)) throw error;
      if (codec.found === undefined) ctx.fail(error.message);
      ctx.say(`${ctx.name}: ${error.message}\n`);
    };
    try {
      const working = pump(ctx, source, codec, take);
      if (working instanceof Promise) {
        return working.then(() => {}).catch(failed).then(done);
      }
    } catch (error) {
      failed(error);
    }
    done();
  });
  return after(printed, () => ctx.status);
}
