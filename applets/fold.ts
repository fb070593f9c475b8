import { type Applet, defineApplet, type Output } from "./contract.ts";
import { isContinuation } from "./_lib/columns.ts";
import { isUtf8Locale } from "./_lib/locale.ts";
import { parseOptions } from "./_lib/options.ts";
import { attempt, eachChunk, inTurns } from "./_lib/sequence.ts";
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
    // `-20` stands for `-w20`, wherever it is before the end of the options.
    const end = ctx.argv.indexOf("--");
    const words = ctx.argv.map((word, i) =>
      i > 0 && (end < 0 || i < end) && /^-[0-9]/.test(word) ? `-w${word.slice(1)}` : word
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
    const paths = operands.length === 0 ? ["-"] : operands;
    return inTurns(ctx.process, paths, (path) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      const folder = new Folder(out, { width, utf8, bytes, atBlanks });
      const reading = attempt(
        () => eachChunk(ctx.process, source, (chunk) => folder.add(chunk)),
        (error) => {
          if (error.code === "EPIPE") throw error;
          ctx.warn(`${path}: Input/output error`);
        },
      );
      return reading === undefined ? folder.finish() : reading.then(() => folder.finish());
    });
  },
});

interface FoldRules {
  readonly width: number;
  readonly utf8: boolean;
  /** Count bytes. */
  readonly bytes: boolean;
  /** Break after blanks. */
  readonly atBlanks: boolean;
}

/** Bytes of output made before they are handed on. */
const BLOCK = 65536;

/** Breaks the lines of one file. Output is made in a block whose end is the line in progress. */
class Folder {
  #block = new Uint8Array(BLOCK + 4096);
  /** End of what is in the block, and where the line in progress begins. */
  #end = 0;
  #lineStart = 0;
  /** Where the line may be broken: after its last blank, or 0 for nowhere. */
  #breakAt = 0;
  #column = 0;

  constructor(private readonly out: Output, private readonly rules: FoldRules) {}

  /** Column after a byte. */
  #next(column: number, byte: number): number {
    if (!this.rules.bytes) {
      if (byte === 9) return column - column % 8 + 8;
      if (byte === 8) return column > 0 ? column - 1 : 0;
      if (byte === 13) return 0;
      if (this.rules.utf8 && isContinuation(byte)) return column;
    }
    return column + 1;
  }

  add(chunk: Uint8Array): void | Promise<void> {
    const { width, utf8, bytes, atBlanks } = this.rules;
    // Below this, a byte beyond the control characters takes one column.
    const plainEnd = utf8 && !bytes ? 128 : 256;
    let waiting: void | Promise<void> = undefined;
    let block = this.#block;
    let column = this.#column;
    let end = this.#end;
    let lineStart = this.#lineStart;
    let breakAt = this.#breakAt;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (end + 2 >= block.length) {
        this.#end = end;
        this.#lineStart = lineStart;
        this.#breakAt = breakAt;
        waiting = this.#hand() ?? waiting;
        block = this.#block;
        end = this.#end;
        lineStart = this.#lineStart;
        breakAt = this.#breakAt;
      }
      if (byte === 10) {
        block[end++] = 10;
        lineStart = end;
        breakAt = 0;
        column = 0;
        continue;
      }
      if (byte > 31 && byte < plainEnd && column < width) {
        block[end++] = byte;
        column++;
        if (byte === 32) breakAt = end;
        continue;
      }
      let after = this.#next(column, byte);
      while (after > width && end > lineStart) {
        if (atBlanks && breakAt > lineStart) {
          const at = breakAt;
          block.copyWithin(at + 1, at, end);
          block[at] = 10;
          end++;
          lineStart = at + 1;
          column = 0;
          for (let j = at + 1; j < end; j++) column = this.#next(column, block[j]);
        } else {
          block[end++] = 10;
          lineStart = end;
          column = 0;
        }
        breakAt = 0;
        after = this.#next(column, byte);
      }
      column = after;
      block[end++] = byte;
      if (byte === 32 || byte === 9) breakAt = end;
    }
    this.#column = column;
    this.#end = end;
    this.#lineStart = lineStart;
    this.#breakAt = breakAt;
    return waiting ?? (end >= BLOCK ? this.#hand() : undefined);
  }

  /** Hands on all but the line in progress; makes room where that is all there is. */
  #hand(): void | Promise<void> {
    const start = this.#lineStart;
    const full = start > 0 ? this.out.bytes(this.#block, 0, start) : undefined;
    const rest = this.#end - start;
    let block = this.#block;
    if (rest * 2 > block.length) {
      block = new Uint8Array(block.length * 2);
      block.set(this.#block.subarray(start, this.#end));
      this.#block = block;
    } else block.copyWithin(0, start, this.#end);
    this.#lineStart = 0;
    this.#breakAt = Math.max(0, this.#breakAt - start);
    this.#end = rest;
    return full;
  }

  finish(): void | Promise<void> {
    return this.out.bytes(this.#block, 0, this.#end);
  }
}
