import {
  O_APPEND,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  S_IFCHR,
  S_IFREG,
} from "../sandbox/types.ts";
import type { ByteString, OpenFile } from "../sandbox/types.ts";
import { isVfsError, VfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import { takeMemory } from "./_lib/streams.ts";
import { COPY_SUFFIXES, numberArgument } from "./_lib/number_argument.ts";

const BLOCK = 512;
/** A block above this could only be meant to fill memory. */
const LARGEST_BLOCK = 1 << 30;
/** Larger blocks are read and written in pieces, with turns between them. */
const PIECE = 1 << 20;
/** No number that can be written in 64 bits is larger. */
const ANY = 2 ** 64;
const NUMBERS = ["bs", "ibs", "obs", "count", "skip", "seek"];
const WORDS = new Map([
  ["conv", ["notrunc", "noerror", "sync", "fsync", "swab"]],
  ["iflag", ["skip_bytes", "count_bytes", "fullblock", "direct"]],
  ["oflag", ["seek_bytes", "append", "direct"]],
  ["status", ["noxfer", "none"]],
]);

/** Copies in blocks. Source of behaviour: POSIX dd, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "dd",
  usage: "[if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]\n" +
    "\t[conv=notrunc|noerror|sync|fsync]\n" +
    "\t[iflag=skip_bytes|count_bytes|fullblock|direct] [oflag=seek_bytes|append|direct]",
  about: "Copy a file in blocks.\n\n" +
    "\tif=FILE, of=FILE\tRead from FILE, write to FILE\n" +
    "\tibs=N, obs=N, bs=N\tBytes of a read, of a write, of both\n" +
    "\tcount=N\tCopy N blocks only\n" +
    "\tskip=N, seek=N\tPass over N blocks of the input, of the output\n" +
    "\tstatus=noxfer|none\tSay less at the end\n\n" +
    "N may end in c (1), w (2), b (512), kB, k, MB, M, GB, G",
  options: {},
  raw: true,
  run: (ctx) => new Copier(ctx).run(),
});

class Copier {
  readonly #paths = new Map<string, ByteString>();
  readonly #numbers = new Map<string, number>();
  readonly #flags = new Set<string>();
  #fullIn = 0;
  #partIn = 0;
  #fullOut = 0;
  #partOut = 0;
  /** Undefined for a closed standard output, which shows when something is written. */
  #output: OpenFile | undefined;
  #outputName: ByteString = "standard output";

  constructor(private readonly ctx: Context) {}

  async run(): Promise<number> {
    const { ctx } = this;
    const words = ctx.operands.filter((word) => word !== "--");
    for (const word of words) this.#argument(word);
    const inSize = this.#numbers.get("ibs") ?? BLOCK;
    const outSize = this.#numbers.get("obs") ?? BLOCK;
    if (Math.max(inSize, outSize) > LARGEST_BLOCK) ctx.fail("out of memory");
    // A block read, the same in one piece, and what is gathered of it for the output.
    const held = (inSize > PIECE ? 2 * inSize : 0) + (outSize > PIECE ? outSize : 0);
    if (held > 0 && this.#numbers.get("count") !== 0) takeMemory(ctx.process, held);
    let source: Source;
    const path = this.#paths.get("if");
    try {
      source = path === undefined ? ctx.stdin : ctx.openOrThrow(path, O_RDONLY);
    } catch (error) {
      return this.#cannotOpen(path!, error);
    }
    const target = this.#paths.get("of");
    const seek = this.#numbers.get("seek") ?? 0;
    const flag = (name: string): boolean => this.#flags.has(name);
    if (target === undefined) {
      this.#output = ctx.process.fd(1);
    } else {
      const keeps = flag("conv notrunc") || seek > 0;
      try {
        const flags = O_WRONLY | O_CREAT | (keeps ? 0 : O_TRUNC) |
          (flag("oflag append") ? O_APPEND : 0);
        this.#output = ctx.fs.open(target, flags, 0o666);
        ctx.sinkOf(this.#output, target);
        this.#outputName = target;
      } catch (error) {
        return this.#cannotOpen(target, error);
      }
    }
    try {
      const start = flag("oflag seek_bytes") ? seek : seek * outSize;
      if (
        target !== undefined && seek > 0 && !flag("conv notrunc") &&
        this.#output?.type === S_IFREG
      ) this.#output.truncate(start);
      if (seek > 0) this.#open().seek(start, 1);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`${this.#outputName}: ${error.reason}`);
    }
    const name = path ?? "standard input";
    try {
      await this.#skip(source, inSize);
      await this.#copy(source, name, inSize, outSize);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      // The output is the one that fails here: errors of the input are told where it is read.
      ctx.warn(`error writing '${this.#outputName}': ${error.reason}`);
    }
    try {
      if (flag("conv fsync")) this.#open().sync();
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`${this.#outputName}: ${error.reason}`);
    }
    this.#report();
    return ctx.status;
  }

  #argument(word: ByteString): void {
    const { ctx } = this;
    const equals = word.indexOf("=");
    if (equals < 0) return ctx.usage();
    const name = word.slice(0, equals);
    const value = word.slice(equals + 1);
    if (NUMBERS.includes(name)) {
      const rules = name.endsWith("bs") ? { min: 1 } : name === "count" ? { max: ANY } : {};
      const number = numberArgument(ctx, value, { ...rules, suffixes: COPY_SUFFIXES });
      // One size for both is as if each had been given.
      for (const key of name === "bs" ? ["ibs", "obs"] : [name]) this.#numbers.set(key, number);
    } else if (name === "if" || name === "of") this.#paths.set(name, value);
    else {
      const known = WORDS.get(name);
      if (known === undefined) return ctx.usage();
      for (const part of value.split(",")) {
        if (!known.includes(part)) ctx.fail(`invalid argument '${part}' to '${name}'`);
        this.#flags.add(`${name} ${part}`);
      }
    }
  }

  #cannotOpen(path: ByteString, error: unknown): never {
    if (!isVfsError(error)) throw error;
    return this.ctx.fail(`can't open '${path}': ${error.reason}`);
  }

  async #skip(source: Source, size: number): Promise<void> {
    const blocks = this.#numbers.get("skip") ?? 0;
    if (blocks === 0) return;
    const inBytes = this.#flags.has("iflag skip_bytes");
    const bytes = inBytes ? blocks : blocks * size;
    try {
      source.file.seek(bytes, 1);
      return;
    } catch (error) {
      if (isVfsError(error, "EINVAL")) {
        // So far behind the end that no file has such a place.
        this.#numbers.set("count", 0);
        return;
      }
      if (!isVfsError(error, "ESPIPE")) throw error;
    }
    // A block is what one read gives, as for the copy itself.
    for (let left = inBytes ? bytes : blocks; left > 0;) {
      let chunk = source.readReused(inBytes ? Math.min(left, size) : size);
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) return;
      left -= inBytes ? chunk.length : 1;
    }
  }

  async #copy(
    source: Source,
    name: ByteString,
    inSize: number,
    outSize: number,
  ): Promise<void> {
    const { ctx } = this;
    const has = (flag: string): boolean => this.#flags.has(flag);
    const padded = has("conv sync");
    const swap = has("conv swab");
    const direct = inSize === outSize;
    const full = has("iflag fullblock");
    let left = this.#numbers.get("count") ?? Infinity;
    const countBytes = has("iflag count_bytes");
    const held = direct ? undefined : new Uint8Array(outSize);
    let heldLength = 0;
    /** Length of a block that could not be swapped whole: only the last one may be so. */
    let odd = 0;
    while (left > 0) {
      const want = countBytes ? Math.min(inSize, left) : inSize;
      let block: Uint8Array | undefined;
      try {
        block = await readBlock(ctx, source, want, full);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        if (!has("conv noerror")) ctx.fail(`${name}: ${error.reason}`);
        ctx.warn(`${name}: ${error.reason}`);
        // What could not be read counts as a block without bytes.
        ctx.status = 0;
        block = new Uint8Array(0);
      }
      if (block === undefined) break;
      if (odd > 0) ctx.fail(`can't swab ${odd} byte buffer`);
      left -= countBytes ? block.length : 1;
      if (block.length === inSize) this.#fullIn++;
      else {
        this.#partIn++;
        if (padded) {
          const whole = new Uint8Array(inSize);
          whole.set(block);
          block = whole;
        }
      }
      if (swap) {
        if (block.length % 2 === 1) odd = block.length;
        for (let i = 0; i + 1 < block.length; i += 2) {
          const byte = block[i];
          block[i] = block[i + 1];
          block[i + 1] = byte;
        }
      }
      if (held === undefined) {
        await this.#write(block, outSize);
      } else {
        for (let at = 0; at < block.length;) {
          const take = Math.min(outSize - heldLength, block.length - at);
          held.set(block.subarray(at, at + take), heldLength);
          heldLength += take;
          at += take;
          if (heldLength === outSize) {
            await this.#write(held.slice(), outSize);
            heldLength = 0;
          }
        }
      }
      const pause = ctx.tick(1 + (block.length >> 6));
      if (pause !== undefined) await pause;
    }
    if (held !== undefined && heldLength > 0) await this.#write(held.slice(0, heldLength), outSize);
  }

  /** The output. @throws {VfsError} EBADF */
  #open(): OpenFile {
    if (this.#output === undefined) throw new VfsError("EBADF");
    return this.#output;
  }

  async #write(block: Uint8Array, outSize: number): Promise<void> {
    const { length } = block;
    for (let at = 0; at === 0 || at < length; at += PIECE) {
      const piece = length <= PIECE ? block : block.subarray(at, at + PIECE);
      const waiting = this.#open().write(piece, this.ctx.process.waiter);
      if (waiting !== undefined) await waiting;
      const pause = at > 0 ? this.ctx.tick(piece.length >> 6) : undefined;
      if (pause !== undefined) await pause;
    }
    if (length === outSize) this.#fullOut++;
    else this.#partOut++;
  }

  #report(): void {
    if (this.#flags.has("status none")) return;
    this.ctx.say(
      `${this.#fullIn}+${this.#partIn} records in\n${this.#fullOut}+${this.#partOut} records out\n`,
    );
  }
}

/** One read, or as many as fill the block. */
async function readBlock(
  ctx: Context,
  source: Source,
  size: number,
  full: boolean,
): Promise<Uint8Array | undefined> {
  let chunk = source.read(Math.min(size, PIECE));
  if (chunk instanceof Promise) chunk = await chunk;
  if (chunk === undefined || chunk.length === size) return chunk;
  // A regular file or a device gives all that a read asks for, however large.
  const { type } = source.file;
  if (!full && (source.isTerminal || (type !== S_IFREG && type !== S_IFCHR))) return chunk;
  const block = new Uint8Array(size);
  let length = 0;
  for (let part: Uint8Array | undefined = chunk; part !== undefined;) {
    block.set(part, length);
    length += part.length;
    if (length === size) break;
    const next = source.read(Math.min(size - length, PIECE));
    part = next instanceof Promise ? await next : next;
    const pause = ctx.tick(PIECE >> 6);
    if (pause !== undefined) await pause;
  }
  return block.subarray(0, length);
}
