/**
 * What gzip, bzip2, xz, lzma, lzop, compress and their kin do with their operands: name the other file, refuse to
 * overwrite, keep the mode, remove the original. Source of behaviour: native busybox 1.35, by running it.
 *
 * @module
 */
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } from "../../sandbox/types.ts";
import { isVfsError, strerror, VfsError } from "../../sandbox/errors.ts";
import type { Context, OptionTable, Sink, Source } from "../contract.ts";
import { type Codec, CodecError } from "./codec/codec.ts";
import { Gunzip } from "./codec/gzip.ts";
import { UnpackAny } from "./codec/unpack_any.ts";
import { MemoryAccount } from "./memory_account.ts";
import { into, pump } from "./pump.ts";
import { after, inTurns } from "./sequence.ts";

/** The flags that all of them have. */
export interface PackFlags {
  readonly c?: boolean;
  readonly f?: boolean;
  readonly k?: boolean;
  readonly t?: boolean;
  readonly v?: boolean;
}

/** One packer or unpacker. */
export interface Packing {
  readonly flags: PackFlags;
  /** The name of the other file; undefined for an unknown suffix. */
  readonly rename: (path: ByteString) => ByteString | undefined;
  /** A codec for one file; `charge` is to be told of memory it takes, which is given back after the file. */
  readonly codec: (charge: (bytes: number) => void) => Codec;
  /** Modification time for the result, seconds, once the codec has finished; 0 for none. */
  readonly mtime?: (codec: Codec) => number;
  /** What the size of the result counts as in the report of -v; the real one if absent. */
  readonly reported?: number;
  /** What a failed read is called. Without it a directory has nothing in it, as in most of native's. */
  readonly readError?: (error: VfsError) => string;
  /** How the message of a failed write begins. */
  readonly writeError?: string;
  /** What is told besides of a failed write. */
  readonly writeDamage?: string;
  /** Which errors end the program and leave the half-made file. */
  readonly fatal?: (message: string) => boolean;
  /** A terminal is read like a file. */
  readonly anyTerminal?: boolean;
}

/** A failed write to the result, told apart from a failed read. */
class WriteFailure extends Error {
  constructor(readonly reason: VfsError) {
    super("write");
  }
}

const CLOSE_FAILED = `close failed: ${strerror("EBADF")}`;

/** Works through the operands; standard input to standard output without any. */
export function packFiles<T extends OptionTable>(
  ctx: Context<T>,
  packing: Packing,
): MaybePromise<number> {
  const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
  const standard: Standard = { input: undefined, isClosed: false };
  return after(
    inTurns(ctx.process, paths, (path) => packFile(ctx, packing, path, standard)),
    () => {
      standard.input?.close();
      // With -c, standard output is closed once, at the end.
      const closes = packing.flags.c && !packing.flags.t;
      if (closes && ctx.process.fd(1) === undefined) ctx.warn(CLOSE_FAILED);
      return ctx.status;
    },
  );
}

/**
 * Native makes each file its standard input and each result its standard output, and closes that when
 * the result is done. So an operand `-` after a file reads what is left of the file, and one after a
 * result has nothing to write to.
 */
interface Standard {
  /** The file that was opened last; undefined for the real one. */
  input: Source | undefined;
  isClosed: boolean;
}

function packFile<T extends OptionTable>(
  ctx: Context<T>,
  packing: Packing,
  path: ByteString,
  standard: Standard,
): MaybePromise<void> {
  const { flags } = packing;
  const fromStdin = path === "-";
  const source = fromStdin && standard.input || openInput(ctx, path);
  if (source === undefined) return;
  const replaceInput = (): void => {
    if (fromStdin) return;
    standard.input?.close();
    standard.input = source;
  };
  if (fromStdin && source.isTerminal && !flags.f && !packing.anyTerminal) {
    ctx.warn("compressed data not read from terminal, use -f to force it");
    return;
  }
  let target: ByteString | undefined;
  let sink: Sink | undefined;
  if (!flags.t) {
    if (flags.c || fromStdin) {
      sink = ctx.stdout;
    } else {
      target = packing.rename(path);
      if (target === undefined) {
        ctx.warn(`${path}: unknown suffix - ignored`);
        return replaceInput();
      }
      sink = createTarget(ctx, packing, source, target);
      if (sink === undefined) {
        source.close();
        return;
      }
    }
  }
  replaceInput();
  const memory = new MemoryAccount(ctx.process);
  const codec = packing.codec(memory.charge);
  const size = target === undefined ? 0 : source.file.stat().size;
  const take = sink === undefined
    ? (): void => {}
    : fromStdin && standard.isClosed && !flags.c
    ? toNowhere
    : guarded(into(sink));
  const closeOutput = (): void => {
    if (flags.c || flags.t) return;
    const gone = standard.isClosed || ctx.process.fd(1) === undefined;
    if (fromStdin && gone) ctx.fail(CLOSE_FAILED);
    standard.isClosed = true;
  };
  let working: MaybePromise<unknown>;
  const failed = (error: unknown): void => {
    memory.release();
    fail(ctx, packing, error, target, sink);
    closeOutput();
  };
  let made = 0;
  const done = (given: number): void => {
    made = given;
    if (target !== undefined) finish(ctx, packing, codec, path, target, size, made, sink!);
    memory.release();
    closeOutput();
  };
  try {
    working = pump(ctx, forgiving(packing, source), codec, take);
    if (working instanceof Promise) {
      return working.then((counts) => done((counts as { given: number }).given)).catch(failed);
    }
    done((working as { given: number }).given);
  } catch (error) {
    failed(error);
  }
}

/** What a closed descriptor takes. */
function toNowhere(): never {
  throw new WriteFailure(new VfsError("EBADF"));
}

/** Opens; what is there but may not be read is told in another way than what is not there. */
function openInput<T extends OptionTable>(ctx: Context<T>, path: ByteString): Source | undefined {
  if (path === "-" || ctx.fs.tryStat(path) === undefined) return ctx.openPlain(path);
  return ctx.open(path);
}

/** A source with the packer's view of directories. */
function forgiving(packing: Packing, source: Source): Source {
  if (packing.readError !== undefined) return source;
  if (!source.isClosed && source.file.directory === undefined) return source;
  const empty = Object.create(source) as Source;
  empty.read = (): undefined => undefined;
  return empty;
}

function guarded(
  take: (piece: Uint8Array) => void | Promise<void>,
): (piece: Uint8Array) => void | Promise<void> {
  const wrap = (error: unknown): never => {
    throw isVfsError(error) && error.code !== "EPIPE" ? new WriteFailure(error) : error;
  };
  return (piece): void | Promise<void> => {
    try {
      const waiting = take(piece);
      if (waiting !== undefined) return waiting.catch(wrap);
    } catch (error) {
      wrap(error);
    }
  };
}

function createTarget<T extends OptionTable>(
  ctx: Context<T>,
  packing: Packing,
  source: Source,
  target: ByteString,
): Sink | undefined {
  const mode = source.file.stat().mode & 0o7777;
  try {
    if (packing.flags.f) {
      try {
        ctx.fs.unlink(target);
      } catch (error) {
        if (!isVfsError(error)) throw error; // What cannot be removed cannot be created either.
      }
    }
    return ctx.sinkOf(ctx.fs.open(target, O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, mode), target);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    ctx.warn(`can't open '${target}': ${error.reason}`);
    return undefined;
  }
}

function finish<T extends OptionTable>(
  ctx: Context<T>,
  packing: Packing,
  codec: Codec,
  path: ByteString,
  target: ByteString,
  size: number,
  made: number,
  sink: Sink,
): void {
  const mtime = packing.mtime?.(codec) ?? 0;
  if (mtime !== 0) {
    const ns = BigInt(mtime) * 1_000_000_000n;
    sink.file.setAttr({ atimeNs: ns, mtimeNs: ns });
  }
  sink.close();
  if (packing.flags.v) {
    // Native's arithmetic: whole percents, unsigned when the result is larger than the original.
    const result = packing.reported ?? made;
    const percent = result === 0 ? 100 : (100 - Math.floor(size * 100 / result)) >>> 0;
    ctx.say(`${path}: ${percent}% - replaced with ${target}\n`);
  }
  if (packing.flags.k) return;
  try {
    ctx.fs.unlink(path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    ctx.warn(`can't remove file '${path}': ${error.reason}`);
  }
}

function fail<T extends OptionTable>(
  ctx: Context<T>,
  packing: Packing,
  error: unknown,
  target: ByteString | undefined,
  sink: Sink | undefined,
): void {
  let message: string;
  if (error instanceof CodecError) message = error.message;
  else if (error instanceof WriteFailure) {
    message = `${packing.writeError ?? "write"}: ${error.reason.reason}`;
  } else if (isVfsError(error) && error.code !== "EPIPE") {
    message = packing.readError?.(error) ?? "read error";
  } else throw error;
  if (packing.fatal?.(message)) ctx.fail(message);
  ctx.warn(message);
  if (error instanceof WriteFailure && packing.writeDamage !== undefined) {
    ctx.warn(packing.writeDamage);
  }
  if (target !== undefined) {
    sink?.close();
    try {
      ctx.fs.unlink(target);
    } catch (failure) {
      if (!isVfsError(failure)) throw failure; // Somebody else has removed it.
    }
  }
}

/** The time that a gzip header named. */
export function gzipTime(codec: Codec): number {
  const found = codec instanceof UnpackAny ? codec.found : codec;
  return found instanceof Gunzip ? found.mtime : 0;
}

/** A rename that takes a suffix off; other suffixes may stand for `.tar`. */
export function withoutSuffix(
  suffixes: readonly ByteString[],
  toTar: readonly ByteString[] = [],
): (path: ByteString) => ByteString | undefined {
  return (path) => {
    for (const suffix of suffixes) {
      if (path.endsWith(suffix)) return path.slice(0, -suffix.length);
    }
    for (const suffix of toTar) {
      if (path.endsWith(suffix)) return `${path.slice(0, -suffix.length)}.tar`;
    }
    return undefined;
  };
}
