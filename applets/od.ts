import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import type { ByteString } from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import {
  DumpBuffer,
  DumpLine,
  Repeats,
  TABLES_FROM,
  WIDEST,
  WIDEST_LINE,
} from "./_lib/dump_line.ts";
import { Blocks, InputFiles } from "./_lib/input_files.ts";
import { MemoryAccount } from "./_lib/memory_account.ts";
import { numberArgument } from "./_lib/number_argument.ts";
import { extendedText } from "./_lib/extended_float.ts";

const SUFFIXES = new Map([["b", 512], ["k", 1024], ["m", 1048576]]);
/** Bytes of a line, and of one for a bare `-w`. */
const LINE = 16;
const WIDE = 32;

/** Options that stand for a type. */
const SHORT = new Map([
  ["a", "a"],
  ["b", "o1"],
  ["c", "c"],
  ["d", "u2"],
  ["f", "f4"],
  ["h", "x2"],
  ["i", "d2"],
  ["l", "d4"],
  ["o", "o2"],
  ["x", "x2"],
  ["s", "d2"],
]);

/** Dumps files. Source of behaviour: POSIX od, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "od",
  usage:
    "[-abcdfhilovxs] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [-S MINSTR] [-w WIDTH] [FILE]...",
  about: "Dump FILEs (or stdin), as octal numbers of two bytes by default",
  lostOutput: "ignore",
  options: {
    a: { help: "Named characters" },
    b: { help: "Octal bytes" },
    c: { help: "Characters with escapes" },
    d: { help: "Unsigned decimal numbers of two bytes" },
    f: { help: "Floating point numbers" },
    h: { help: "Hexadecimal numbers of two bytes" },
    i: { help: "Decimal numbers of two bytes" },
    l: { help: "Decimal numbers of four bytes" },
    o: { help: "Octal numbers of two bytes" },
    j: { arg: "SKIP", long: "skip-bytes", help: "Skip SKIP bytes first" },
    x: { help: "Hexadecimal numbers of two bytes" },
    s: { help: "Decimal numbers of two bytes" },
    A: { arg: "RADIX", long: "address-radix", help: "Radix of the offsets: d, o, x or n" },
    N: { arg: "SIZE", long: "read-bytes", help: "Dump SIZE bytes" },
    t: { arg: "TYPE", many: true, long: "format", help: "[acdfoux][SIZE][z]" },
    v: { long: "output-duplicates", help: "Lines that repeat, too" },
    S: { arg: "MINSTR", help: "Strings of at least MINSTR characters" },
    strings: { arg: "MINSTR", optional: true },
    w: { arg: "WIDTH", numeric: true, optional: true, long: "width", help: "Bytes of a line" },
    traditional: {},
  },
  run: (ctx) => new Dumper(ctx).run(),
});

type OdContext = Omit<Context, "opts"> & {
  readonly opts: {
    readonly [name: string]: string | number | boolean | readonly string[] | undefined;
  };
};

/** How one kind of value is shown. */
interface Format {
  readonly size: number;
  /** Text of the value at an offset, its leading blank included. */
  readonly text: (view: DataView, at: number) => string;
  /** Characters beside the line (`z`). */
  readonly beside: boolean;
  /** Columns of a value, without the blank before it. */
  readonly width: number;
}

/** Characters of a line that are made at once. */
const PART = 1 << 14;

/** What a line shows: `shown` bytes of a source, of which `length` are of the input. */
interface Range {
  readonly source: Uint8Array;
  readonly from: number;
  readonly shown: number;
  readonly length: number;
  readonly width: number;
}

class Dumper {
  readonly #formats: Format[] = [];
  #offset = 0;
  #display = 0;

  constructor(private readonly ctx: OdContext) {}

  async run(): Promise<void> {
    const { ctx } = this;
    const { opts } = ctx;
    const rules = { suffixes: SUFFIXES, anyBase: true };
    const radix = (opts.A as string | undefined) ?? "o";
    const address = addressOf(radix) ??
      ctx.fail(`bad output address radix '${radix[0]}' (must be [doxn])`);
    // Of several bad arguments native tells the first in this order: -N, -j, types, -S.
    const limit = opts.N === undefined ? Infinity : numberArgument(ctx, opts.N as string, rules);
    let skip = opts.j === undefined ? 0 : numberArgument(ctx, opts.j as string, rules);
    const types = [...(opts.t as readonly string[] | undefined ?? [])];
    // Native goes through the letters in one order, however they were given; -t stands before -x.
    for (const [name, type] of SHORT) {
      if (name === "x") types.forEach((each) => this.#add(each));
      if (opts[name] === true) this.#add(type);
    }
    const strings = (opts.S ?? (opts.strings === "" ? "3" : opts.strings)) as string | undefined;
    const least = strings === undefined ? undefined : numberArgument(ctx, strings, rules);
    let files = ctx.operands;
    if (opts.traditional) {
      const traditional = oldOffset(ctx, files);
      files = traditional.files;
      skip = traditional.offset ?? skip;
    }
    if (this.#formats.length === 0) this.#add("o2");
    let unit = 1;
    for (const { size } of this.#formats) unit = unit % size === 0 ? unit : Math.max(unit, size);
    const input = new InputFiles(
      ctx,
      files.length === 0 ? ["-"] : files,
      (path, error) => {
        if (!isVfsError(error, "EISDIR") && !isVfsError(error, "EBADF")) {
          return ctx.warnError(path, error);
        }
        const title = path === "-" ? "standard input" : path;
        ctx.warn(`${title}: read error`);
        // A closed standard input is told again when it is closed.
        if (error.code === "EBADF") ctx.warn(`${title}: ${error.reason}`);
      },
    );
    if (input.current() === undefined) return;
    await this.#skip(input, skip);
    this.#offset = this.#display = skip;
    if (least !== undefined) return await this.#strings(input, least, limit, address);
    let width = LINE;
    if (opts.w !== undefined) {
      width = Number.isNaN(opts.w) ? WIDE : opts.w as number;
      if (width === 0 || width % unit !== 0) {
        ctx.say(`od: warning: invalid width ${width}; using ${unit} instead\n`);
        width = unit;
      }
    } else if (LINE % unit !== 0) width = unit;
    if (width > WIDEST) ctx.fail("out of memory");
    // A block, the one before it, and one that is filled up.
    if (width > WIDEST_LINE) ctx.process.chargeMemory(3 * width);
    await this.#dump(input, width, unit, limit, address);
  }

  #add(text: string): void {
    let at = 0;
    while (at < text.length) {
      const parsed = parseType(this.ctx, text, at);
      this.#formats.push(parsed.format);
      at = parsed.end;
    }
  }

  async #skip(input: InputFiles, count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      let chunk = input.read(Math.min(65536, left));
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) {
        this.ctx.fail("can't skip past end of combined input");
        return;
      }
      left -= chunk.length;
      const pause = this.ctx.tick(1 + (chunk.length >> 6));
      if (pause !== undefined) await pause;
    }
  }

  async #dump(
    input: InputFiles,
    width: number,
    unit: number,
    limit: number,
    address: (offset: number) => string,
  ): Promise<void> {
    const { ctx } = this;
    const folding = !ctx.opts.v;
    const repeats = new Repeats(width);
    const padded = new Uint8Array(Math.ceil(width / unit) * unit);
    const buffer = new DumpBuffer(ctx.out);
    const [base, digits] = ADDRESSES.get(ctx.opts.A as string | undefined ?? "o") ?? [0, 0];
    let fast: DumpLine | undefined;
    let left = TABLES_FROM;
    await new Blocks(input, width, limit).each((bytes, start, length) => {
      const offset = this.#offset;
      this.#offset += length;
      if (folding && length === width) {
        const seen = repeats.look(bytes, start);
        if (seen !== 0) return seen === 1 ? buffer.print("*\n") : undefined;
      }
      if (left > 0) {
        left -= length;
        if (left <= 0 && base > 0 && width <= WIDEST_LINE) fast = this.#fastLine(width);
      } else if (fast !== undefined && length === width) {
        const full = buffer.room(32 + fast.width);
        void buffer.number(offset, base, digits);
        fast.write(buffer.bytes, buffer.length, bytes, start);
        buffer.length += fast.width;
        return full;
      }
      let source = bytes;
      let from = start;
      let shown = length;
      if (length < width) {
        padded.fill(0);
        for (let i = 0; i < length; i++) padded[i] = bytes[start + i];
        source = padded;
        from = 0;
        shown = Math.ceil(length / unit) * unit;
      }
      const range = { source, from, shown, length, width };
      if (width > WIDEST_LINE) {
        return buffer.printParts(this.#lines(address(offset), range), (n) => ctx.tick(n));
      }
      let text = "";
      for (const part of this.#lines(address(offset), range)) text += part;
      return buffer.print(text);
    }, (n) => ctx.tick(n));
    if (ctx.opts.A !== "n") await buffer.print(address(this.#offset) + "\n");
    await buffer.flush();
  }

  /** A line by tables, where there is one format and it allows that. */
  #fastLine(width: number): DumpLine | undefined {
    const [format, ...others] = this.#formats;
    if (others.length > 0 || format.beside || format.size > 2) return undefined;
    const text = (bytes: Uint8Array, at: number): string =>
      format.text(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at);
    const values = Array.from(
      { length: width / format.size },
      (_, i) => ({ offset: i * format.size, size: format.size, text }),
    );
    return DumpLine.of([...values, "\n"]);
  }

  /** The lines of one block, one for each format, in parts of bounded size. */
  *#lines(address: string, { source, from, shown, length, width }: Range): Iterable<string> {
    const view = new DataView(source.buffer, source.byteOffset + from, shown);
    let text = address;
    for (const format of this.#formats) {
      for (let at = 0; at < shown; at += format.size) {
        if (text.length > PART) {
          yield text;
          text = "";
        }
        text += format.text(view, at);
      }
      if (format.beside) {
        const missing = Math.floor((width - shown) / format.size) * (format.width + 1);
        for (let i = 0; i < missing; i += PART) {
          yield text;
          text = " ".repeat(Math.min(PART, missing - i));
        }
        text += "  >";
        for (let i = 0; i < shown; i++) {
          if (text.length > PART) {
            yield text;
            text = "";
          }
          const byte = i < length ? source[from + i] : 0;
          text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".";
        }
        text += "<";
      }
      yield text + "\n";
      // Without addresses native fills a width that it never set.
      text = " ".repeat(this.ctx.opts.A === "n" ? 69 : address.length);
    }
  }

  /** `-S`: printable text that ends in a zero byte. */
  async #strings(
    input: InputFiles,
    least: number,
    limit: number,
    address: (offset: number) => string,
  ): Promise<void> {
    const { ctx } = this;
    const held = new MemoryAccount(ctx.process);
    let text = "";
    let start = this.#offset;
    let offset = this.#offset;
    let left = limit;
    while (left > 0) {
      let chunk = input.read(Math.min(65536, left));
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) break;
      left -= chunk.length;
      for (let i = 0; i < chunk.length; i++, offset++) {
        const first = i;
        while (i < chunk.length && chunk[i] >= 32 && chunk[i] < 127) i++;
        if (i > first) {
          if (text === "") start = offset;
          offset += i - first;
          held.take(2 * (i - first));
          text += toByteString(chunk, first, i);
          if (i === chunk.length) break;
        }
        if (chunk[i] === 0 && text.length >= least && text !== "") {
          const full = ctx.out.print(
            ctx.opts.A === "n" ? `${text}\n` : `${address(start)} ${text}\n`,
          );
          if (full !== undefined) await full;
        }
        text = "";
        held.release();
      }
      const pause = ctx.tick(1 + (chunk.length >> 4));
      if (pause !== undefined) await pause;
    }
  }
}

/** Bases and digits of offsets, by the letters of -A. */
const ADDRESSES = new Map([["o", [8, 7]], ["d", [10, 7]], ["x", [16, 6]]]);

function addressOf(radix: string): ((offset: number) => string) | undefined {
  switch (radix[0]) {
    case "o":
      return (offset) => offset.toString(8).padStart(7, "0");
    case "d":
      return (offset) => String(offset).padStart(7, "0");
    case "x":
      return (offset) => offset.toString(16).padStart(6, "0");
    case "n":
      return () => "";
    default:
      return undefined;
  }
}

/** `--traditional [FILE] [[+]OFFSET[.][b]]` */
function oldOffset(
  ctx: OdContext,
  files: readonly ByteString[],
): { readonly files: readonly ByteString[]; readonly offset?: number } {
  const parse = (word: ByteString): number | undefined => {
    const match = /^\+?(0[xX][0-9a-fA-F]+|[0-9]+)(\.?)([bB]?)$/.exec(word);
    if (match === null) return undefined;
    const base = match[1].startsWith("0x") || match[1].startsWith("0X")
      ? 16
      : match[2] === "."
      ? 10
      : 8;
    return parseInt(base === 16 ? match[1].slice(2) : match[1], base) * (match[3] === "" ? 1 : 512);
  };
  if (files.length === 1) {
    const offset = parse(files[0]);
    return offset === undefined ? { files } : { files: [], offset };
  }
  if (files.length === 2) {
    const offset = parse(files[1]);
    if (offset === undefined) return ctx.fail(`invalid second argument '${files[1]}'`);
    return { files: [files[0]], offset };
  }
  return { files };
}

const NAMES =
  ("nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn " +
    "etb can em sub esc fs gs rs us sp").split(" ");
const ESCAPES = new Map([
  [0, "\\0"],
  [7, "\\a"],
  [8, "\\b"],
  [9, "\\t"],
  [10, "\\n"],
  [11, "\\v"],
  [12, "\\f"],
  [13, "\\r"],
]);

function table(text: (byte: number) => string): (view: DataView, at: number) => string {
  const texts = Array.from({ length: 256 }, (_, byte) => " " + text(byte));
  return (view, at) => texts[view.getUint8(at)];
}

/** Sizes of C types by letter. */
const INTEGER_SIZES = new Map([["C", 1], ["S", 2], ["I", 4], ["L", 8]]);
const FLOAT_SIZES = new Map([["F", 4], ["D", 8], ["L", 16]]);

/** Parses one type of a `-t` argument. */
function parseType(
  ctx: OdContext,
  text: string,
  from: number,
): { readonly format: Format; readonly end: number } {
  const letter = text[from];
  let end = from + 1;
  let size = 1;
  let make: Format["text"];
  let width = 3;
  if (letter === "a") {
    make = table((byte) => {
      const low = byte & 127;
      return (low === 127 ? "del" : NAMES[low] ?? String.fromCharCode(low)).padStart(3);
    });
  } else if (letter === "c") {
    make = table((byte) =>
      (ESCAPES.get(byte) ??
        (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, "0")))
        .padStart(3)
    );
  } else if (letter === "f" || "doux".includes(letter)) {
    const float = letter === "f";
    const sizes = float ? FLOAT_SIZES : INTEGER_SIZES;
    const kind = float ? "floating point" : "integral";
    size = float ? 8 : 4;
    const named = sizes.get(text[end] ?? "");
    if (named !== undefined) {
      size = named;
      end++;
    } else {
      const digits = /^[0-9]+/.exec(text.slice(end));
      if (digits !== null) {
        end += digits[0].length;
        size = Number(digits[0]);
        // A size and a following type are one bad number for native.
        if (/^[A-Za-z]/.test(text.slice(end))) size = 4294967295;
      }
    }
    if (![...sizes.values()].includes(size)) {
      return ctx.fail(
        `invalid type string '${text}'; ${size}-byte ${kind} type is not supported`,
      );
    }
    const shown = float ? floatText(size) : integerText(letter, size);
    make = shown.text;
    width = shown.width;
  } else return ctx.fail(`invalid character '${letter}' in type string '${text}'`);
  const beside = text[end] === "z";
  if (beside) end++;
  return { format: { size, text: make, beside, width }, end };
}

function integerText(
  letter: string,
  size: number,
): { text: Format["text"]; width: number } {
  const widths: Record<string, readonly number[]> = {
    d: [4, 6, 11, 20],
    u: [3, 5, 10, 20],
    o: [3, 6, 11, 22],
    x: [2, 4, 8, 16],
  };
  const width = widths[letter][Math.log2(size)];
  const base = letter === "o" ? 8 : letter === "x" ? 16 : 10;
  const fill = base === 10 ? " " : "0";
  const signed = letter === "d";
  const show = (value: number | bigint): string => " " + value.toString(base).padStart(width, fill);
  if (size === 1) {
    const texts = table((byte) =>
      (signed ? byte << 24 >> 24 : byte).toString(base).padStart(width, fill)
    );
    return { text: texts, width };
  }
  const read: Format["text"] = size === 2
    ? (view, at) => show(signed ? view.getInt16(at, true) : view.getUint16(at, true))
    : size === 4
    ? (view, at) => show(signed ? view.getInt32(at, true) : view.getUint32(at, true))
    : (view, at) => show(signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
  return { text: read, width };
}

function floatText(size: number): { text: Format["text"]; width: number } {
  if (size === 16) {
    return { width: 23, text: (view, at) => " " + extendedText(view, at, 15).padStart(23) };
  }
  const [digits, width] = size === 4 ? [7, 15] : [15, 23];
  const text: Format["text"] = (view, at) => {
    const value = size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    const sign = view.getUint8(at + size - 1) & 0x80 ? "-" : "";
    const shown = Number.isNaN(value)
      ? sign + "nan"
      : Number.isFinite(value)
      ? sign + Math.abs(value).toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2")
      : sign + "inf";
    return " " + shown.padStart(width);
  };
  return { text, width };
}
