import { type Applet, defineApplet, type Source } from "./contract.ts";
import { type MaybePromise, S_IFREG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { parseDecimal } from "./_lib/strtod.ts";
import { countNewlines } from "./_lib/text_count.ts";

/** Compares two files by bytes. Source of behaviour: POSIX cmp, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "cmp",
  usage: "[-ls] [-n NUM] FILE1 [FILE2 [SKIP1 [SKIP2]]]",
  about: "Compare FILE1 with FILE2, or with stdin",
  options: {
    s: { excludes: ["l"], help: "Print nothing" },
    l: { excludes: ["s"], help: "Print the number and both values of all bytes that differ" },
    n: { arg: "NUM", numeric: true, help: "Compare at most NUM bytes" },
  },
  minOperands: 1,
  maxOperands: 4,
  *run(ctx) {
    const { opts, operands, out } = ctx;
    const [leftName, rightName = "-"] = operands;
    const count = (text: string | undefined, normal: number): number =>
      text === undefined ? normal : parseDecimal(text) ?? ctx.fail(`invalid number '${text}'`);
    const skips = [count(operands[2], 0), count(operands[3], 0)];
    let left = opts.n ?? Infinity;
    if (leftName === rightName && operands.length < 3) return 0;
    const sides: Side[] = [];
    for (const [i, path] of [leftName, rightName].entries()) {
      try {
        const source = path === "-" ? ctx.stdin : ctx.openOrThrow(path);
        sides.push(new Side(source, skips[i], source.file.type !== S_IFREG));
      } catch (error) {
        if (!isVfsError(error)) throw error;
        if (!opts.s) ctx.warnError(path, error);
        return 2;
      }
    }
    const [a, b] = sides;
    let position = 0;
    let lines = 0;
    /** Lines of a regular file are counted once there is a difference to tell of. */
    let counts = !opts.l && !opts.s && !a.regular;
    let differs = false;
    while (left > 0) {
      for (const [i, side] of sides.entries()) {
        try {
          const filled = side.fill();
          if (filled !== undefined) yield filled;
        } catch (error) {
          if (!isVfsError(error)) throw error;
          ctx.warn(`${i === 0 ? leftName : rightName}: I/O error`);
          return 2;
        }
      }
      const length = Math.min(a.end - a.at, b.end - b.at, left);
      if (length === 0) {
        if (a.end === b.end && a.at === a.end && b.at === b.end) break;
        if (a.at === a.end && b.at === b.end) break;
        if (!opts.s) {
          ctx.warn(`EOF on ${a.at === a.end ? leftName : rightName}`);
        }
        return 1;
      }
      const x = a.bytes;
      const y = b.bytes;
      let i = a.at;
      let j = b.at;
      const stop = i + length;
      const same = sameWords(x, i, y, j, length);
      i += same;
      j += same;
      let counted = a.at;
      for (;;) {
        while (i < stop && x[i] === y[j]) {
          i++;
          j++;
        }
        if (i === stop) break;
        const number = position + (i - a.at) + 1;
        if (opts.s) return 1;
        differs = true;
        if (opts.l) {
          const octal = (value: number): string => value.toString(8).padStart(3);
          void out.print(`${number} ${octal(x[i])} ${octal(y[j])}\n`);
        } else {
          if (!counts) {
            counts = true;
            lines = a.linesBefore(position);
          }
          lines += countNewlines(x.subarray(counted, i));
          // A newline that differs is not counted, as in native.
          counted = i + 1;
          void out.print(`${leftName} ${rightName} differ: char ${number}, line ${lines + 1}\n`);
          // With -n, native goes on and tells of each byte that differs.
          if (opts.n === undefined) return 1;
        }
        i++;
        j++;
      }
      if (counts) lines += countNewlines(x.subarray(counted, stop));
      position += length;
      left -= length;
      a.at += length;
      b.at += length;
      const pause = out.pending() ?? ctx.tick(1 + (length >> 4));
      if (pause !== undefined) yield pause;
    }
    return differs ? 1 : 0;
  },
});

/** How many bytes at the beginning of two ranges are the same, looking at whole words only. */
function sameWords(x: Uint8Array, i: number, y: Uint8Array, j: number, length: number): number {
  if (((x.byteOffset + i) & 3) !== 0 || ((y.byteOffset + j) & 3) !== 0) return 0;
  const words = length >> 2;
  const a = new Int32Array(x.buffer, x.byteOffset + i, words);
  const b = new Int32Array(y.buffer, y.byteOffset + j, words);
  let at = 0;
  while (at < words && a[at] === b[at]) at++;
  return at << 2;
}

/** One of the two inputs. */
class Side {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  #done = false;

  /** Whether it can be read a second time. */
  readonly regular: boolean;
  readonly #begin: number = 0;

  constructor(
    private readonly source: Source,
    private skip: number,
    /** The other side may read the same open file, and its buffer. */
    private readonly keep: boolean,
  ) {
    this.regular = source.file.type === S_IFREG;
    if (this.regular) this.#begin = source.file.seek(0, 1) + skip;
  }

  /** Newlines in the first `length` bytes, for a regular file; otherwise they were counted. */
  linesBefore(length: number): number {
    if (!this.regular) return 0;
    const block = new Uint8Array(65536);
    let count = 0;
    for (let at = 0; at < length;) {
      const part = block.subarray(0, Math.min(block.length, length - at));
      const got = this.source.file.pread(part, this.#begin + at);
      if (got === 0) break;
      count += countNewlines(part.subarray(0, got));
      at += got;
    }
    return count;
  }

  /** Gets more when all was used. */
  fill(): void | Promise<void> {
    while (this.at === this.end && !this.#done) {
      const chunk: MaybePromise<Uint8Array | undefined> = this.keep
        ? this.source.read()
        : this.source.readReused();
      if (chunk instanceof Promise) {
        return chunk.then((came) => {
          this.#take(came);
          return this.fill();
        });
      }
      this.#take(chunk);
    }
  }

  #take(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) {
      this.#done = true;
      return;
    }
    const from = Math.min(this.skip, chunk.length);
    this.skip -= from;
    this.bytes = chunk;
    this.at = from;
    this.end = chunk.length;
  }
}
