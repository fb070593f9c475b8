import { type Applet, defineApplet, type Source } from "./contract.ts";
import type { MaybePromise } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { parseDecimal } from "./_lib/strtod.ts";
import { countNewlines } from "./_lib/text_count.ts";

/** Compares two files by bytes. Source of behaviour: POSIX cmp, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "cmp",
  usage: "[-ls] [-n NUM] FILE1 [FILE2 [SKIP1 [SKIP2]]]",
  about: "Compare FILE1 with FILE2, or with stdin",
  options: {
    s: { help: "Print nothing" },
    l: { help: "Print the number and both values of all bytes that differ" },
    n: { arg: "NUM", help: "Compare at most NUM bytes" },
  },
  minOperands: 1,
  maxOperands: 4,
  async run(ctx) {
    const { opts, operands, out } = ctx;
    const [leftName, rightName = "-"] = operands;
    const count = (text: string | undefined, normal: number): number =>
      text === undefined ? normal : parseDecimal(text) ?? ctx.fail(`invalid number '${text}'`);
    const skips = [count(operands[2], 0), count(operands[3], 0)];
    let left = count(opts.n, Infinity);
    if (leftName === rightName && operands.length < 3) return 0;
    if (opts.s && opts.l) ctx.usage();
    const sides: Side[] = [];
    for (const [i, path] of [leftName, rightName].entries()) {
      try {
        const source = path === "-" ? ctx.stdin : ctx.openOrThrow(path);
        sides.push(new Side(source, skips[i]));
      } catch (error) {
        if (!isVfsError(error)) throw error;
        if (!opts.s) ctx.warnError(path, error);
        return 2;
      }
    }
    const [a, b] = sides;
    let position = 0;
    let line = 1;
    let differs = false;
    while (left > 0) {
      for (const [i, side] of sides.entries()) {
        try {
          const filled = side.fill();
          if (filled !== undefined) await filled;
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
      for (;;) {
        while (i < stop && x[i] === y[j]) {
          i++;
          j++;
        }
        if (i === stop) break;
        const number = position + (i - a.at) + 1;
        if (opts.s) return 1;
        if (!opts.l) {
          line += countNewlines(x.subarray(a.at, i));
          void out.print(`${leftName} ${rightName} differ: char ${number}, line ${line}\n`);
          return 1;
        }
        differs = true;
        const octal = (value: number): string => value.toString(8).padStart(3);
        void out.print(`${number} ${octal(x[i])} ${octal(y[j])}\n`);
        i++;
        j++;
      }
      if (!opts.l && !opts.s) line += countNewlines(x.subarray(a.at, stop));
      position += length;
      left -= length;
      a.at += length;
      b.at += length;
      const pause = out.pending() ?? ctx.tick(1 + (length >> 4));
      if (pause !== undefined) await pause;
    }
    return differs ? 1 : 0;
  },
});

/** One of the two inputs. */
class Side {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  #done = false;

  constructor(private readonly source: Source, private skip: number) {}

  /** Gets more when all was used. */
  fill(): void | Promise<void> {
    while (this.at === this.end && !this.#done) {
      const chunk: MaybePromise<Uint8Array | undefined> = this.source.read();
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
