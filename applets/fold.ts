import { type Applet, defineApplet } from "./contract.ts";
import { isContinuation } from "./_lib/columns.ts";
import { isUtf8Locale } from "./_lib/locale.ts";
import { parseOptions } from "./_lib/options.ts";
import { attempt, eachChunk, inSequence } from "./_lib/sequence.ts";
import { parseDecimal } from "./_lib/strtod.ts";

const OPTIONS = {
  b: { help: "Count bytes instead of columns" },
  s: { help: "Break after blanks" },
  w: { arg: "WIDTH", help: "Width of lines, instead of 80" },
} as const;

/** Widest line. */
const MAX_WIDTH = 10000;

/** Breaks long lines. Source of behaviour: POSIX fold, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "fold",
  usage: "[-bs] [-w WIDTH] [FILE]...",
  about: "Print FILEs with long lines broken",
  options: OPTIONS,
  raw: true,
  run(ctx) {
    const { out } = ctx;
    // `-20` stands for `-w20`, wherever it is.
    const words = ctx.argv.map((word, i) =>
      i > 0 && /^-[0-9]/.test(word) ? `-w${word.slice(1)}` : word
    );
    const { opts, operands } = parseOptions(OPTIONS, words, {});
    let width = 80;
    if (opts.w !== undefined) {
      width = parseDecimal(opts.w as string, 0xffff_ffff) ?? ctx.fail(`invalid number '${opts.w}'`);
      if (width < 1 || width > MAX_WIDTH) {
        ctx.fail(`number ${width} is not in 1..${MAX_WIDTH} range`);
      }
    }
    const utf8 = isUtf8Locale(ctx.env);
    const bytes = !!opts.b;
    const atBlanks = !!opts.s;
    /** The line so far, where it may still be broken before its end. */
    let line = new Uint8Array(1024);
    const next = (column: number, byte: number): number => {
      if (!bytes) {
        if (byte === 9) return column - column % 8 + 8;
        if (byte === 8) return column > 0 ? column - 1 : 0;
        if (byte === 13) return 0;
      }
      return utf8 && !bytes && isContinuation(byte) ? column : column + 1;
    };
    const paths = operands.length === 0 ? ["-"] : operands;
    return inSequence(paths, (path) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      let length = 0;
      let column = 0;
      const reading = attempt(() =>
        eachChunk(ctx.process, source, (chunk) => {
          for (let i = 0; i < chunk.length; i++) {
            const byte = chunk[i];
            if (byte === 10) {
              void out.bytes(line, 0, length);
              void out.byte(10);
              length = column = 0;
              continue;
            }
            let after = next(column, byte);
            while (after > width) {
              let at = length;
              if (atBlanks) {
                while (at > 0 && line[at - 1] !== 32 && line[at - 1] !== 9) at--;
                if (at === 0) at = length;
              }
              if (at === 0) break;
              void out.bytes(line, 0, at);
              void out.byte(10);
              line.copyWithin(0, at, length);
              length -= at;
              column = 0;
              for (let j = 0; j < length; j++) column = next(column, line[j]);
              after = next(column, byte);
            }
            column = after;
            if (length === line.length) {
              const larger = new Uint8Array(length * 2);
              ctx.process.chargeMemory(length);
              larger.set(line);
              line = larger;
            }
            line[length++] = byte;
          }
          return out.pending();
        }), (error) => {
        if (error.code === "EPIPE") throw error;
        ctx.warn(`${path}: Input/output error`);
      });
      const finish = (): void => void out.bytes(line, 0, length);
      return reading === undefined ? finish() : reading.then(finish);
    });
  },
});
