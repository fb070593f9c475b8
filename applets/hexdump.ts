import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { DumpBuffer, DumpLine, type DumpValue, Repeats, TABLES_FROM } from "./_lib/dump_line.ts";
import { Blocks, InputFiles } from "./_lib/input_files.ts";
import { formatDouble } from "./_lib/format_number.ts";
import { BLOCK_SUFFIXES, numberArgument } from "./_lib/number_argument.ts";

const CANONICAL = [
  '"%08.8_Ax\n"',
  '"%08.8_ax  " 8/1 "%02x " "  " 8/1 "%02x " ',
  '"  |" 16/1 "%_p" "|\n"',
];
const ADDRESS = '"%07.7_Ax\n"';
/** Formats that the letters stand for. */
const PRESETS = new Map([
  ["b", '"%07.7_ax " 16/1 "%03o " "\n"'],
  ["c", '"%07.7_ax " 16/1 "%3_c " "\n"'],
  ["d", '"%07.7_ax " 8/2 "  %05u " "\n"'],
  ["o", '"%07.7_ax " 8/2 " %06o " "\n"'],
  ["x", '"%07.7_ax " 8/2 "   %04x " "\n"'],
]);
const PLAIN = '"%07.7_ax " 8/2 "%04x " "\n"';
/** Longest block: what formats could ask for beyond could only be meant to fill memory. */
const LARGEST_BLOCK = 1 << 20;

/** Dumps files by formats. Source of behaviour: hexdump(1) of BSD, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "hexdump",
  aliases: ["hd"],
  usage: {
    hexdump: "[-bcdoxCv] [-e FMT] [-f FMT_FILE] [-n LEN] [-s OFS] [FILE]...",
    hd: "FILE...",
  },
  about: {
    hexdump: "Dump FILEs (or stdin) in formats of your own",
    hd: "hd is an alias for hexdump -C",
  },
  shortOnly: true,
  looksAsItGoes: true,
  lostOutput: "ignore",
  options: {
    b: { help: "Octal bytes" },
    c: { help: "Characters" },
    d: { help: "Decimal numbers of two bytes" },
    o: { help: "Octal numbers of two bytes" },
    x: { help: "Hexadecimal numbers of two bytes" },
    C: { help: "Hexadecimal bytes with their characters beside" },
    v: { help: "Lines that repeat, too" },
    e: { arg: "FORMAT_STR", many: true, help: 'Format, such as \'16/1 "%02x|" "\\n"\'' },
    f: { arg: "FORMAT_FILE", many: true, help: "Formats from a file" },
    n: { arg: "LENGTH", numeric: true, help: "Only the first LENGTH bytes" },
    s: { arg: "OFFSET", many: true, help: "Skip OFFSET bytes" },
  },
  async run(ctx) {
    const { opts } = ctx;
    const formats: Unit[][] = [];
    const add = (text: ByteString): void => {
      const units = parseFormat(ctx, text);
      if (units.length > 0) formats.push(units);
    };
    if (ctx.name === "hd") CANONICAL.forEach(add);
    let strings = 0;
    let files = 0;
    let skip = 0;
    let skips = 0;
    for (const name of ctx.order) {
      const preset = PRESETS.get(name);
      if (preset !== undefined) {
        add(ADDRESS);
        add(preset);
      } else if (name === "C") CANONICAL.forEach(add);
      else if (name === "e") add(opts.e![strings++]);
      else if (name === "s") {
        skip = numberArgument(ctx, opts.s![skips++], { anyBase: true, suffixes: BLOCK_SUFFIXES });
      } else if (name === "f") {
        const path = opts.f![files++];
        const source = ctx.open(path);
        if (source === undefined) return;
        for (const line of (await source.readAll()).split("\n")) {
          if (/^\s*(#|$)/.test(line)) continue;
          add(line);
        }
      }
    }
    ctx.checkOptions();
    const limit = opts.n ?? Infinity;
    if (formats.length === 0 && opts.e === undefined) {
      add(ADDRESS);
      add(PLAIN);
    }
    await dump(ctx, formats, skip, limit);
  },
});

/** One conversion with the text around it, or text alone. */
interface Conversion {
  readonly before: string;
  readonly after: string;
  /** `after` without the blanks at its end. */
  readonly trimmed: string;
  /** Bytes it takes; 0 for addresses and text. */
  readonly size: number;
  readonly text: (bytes: Uint8Array, at: number, address: number) => string;
  /** Printed once at the end (`%_A`). */
  readonly atEnd: boolean;
  /** Columns it fills when there is no data left. */
  readonly blank: string;
  /** Neither text nor address. */
  readonly isData: boolean;
  /** For addresses: digits with leading zeros, or −1 where blanks or zeros fill a width, too. */
  readonly address?: { readonly base: number; readonly digits: number };
}

/** `[REPEAT][/SIZE] "FORMAT"` */
interface Unit {
  repeat: number;
  /** Bytes of one iteration: all conversions of the string count. */
  readonly size: number;
  /** Native shows only the first conversion of a string. */
  readonly conversion: Conversion;
  readonly fixedRepeat: boolean;
}

const ESCAPES = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["0", "\0"],
]);

function parseFormat(ctx: Context, text: ByteString): Unit[] {
  const units: Unit[] = [];
  const bad = (): never => ctx.fail(`bad format {${text}}`);
  let at = 0;
  for (;;) {
    while (/^\s/.test(text[at] ?? "")) at++;
    if (at >= text.length) return units;
    const head = /^([0-9]*)\s*(?:\/\s*([0-9]+)\s*)?/.exec(text.slice(at))!;
    at += head[0].length;
    if (text[at] !== '"') return bad();
    const end = text.indexOf('"', at + 1);
    if (end < 0) return bad();
    const body = text.slice(at + 1, end).replace(
      /\\(.)/g,
      (_, letter) => ESCAPES.get(letter) ?? letter,
    );
    at = end + 1;
    if (text[at] === "/") return bad();
    const bytes = head[2] === undefined ? undefined : Number(head[2]);
    const parsed = parseConversions(ctx, body, bytes);
    units.push({
      repeat: head[1] === "" ? 1 : Number(head[1]),
      fixedRepeat: head[1] !== "",
      ...parsed,
    });
  }
}

function parseConversions(
  ctx: Context,
  body: string,
  bytes: number | undefined,
): { readonly size: number; readonly conversion: Conversion } {
  const pattern = /%([-+ #0]*)([0-9]*)(\.[0-9]*)?(_?.?.?)/gs;
  let first: Conversion | undefined;
  let size = 0;
  let start = 0;
  for (;;) {
    pattern.lastIndex = start;
    const match = pattern.exec(body);
    if (match === null) break;
    const conversion = makeConversion(ctx, match, bytes);
    size += conversion.size;
    const next = match.index + conversion.length;
    const following = body.indexOf("%", next);
    const after = body.slice(next, following < 0 ? undefined : following);
    first ??= {
      ...conversion,
      before: body.slice(0, match.index),
      after,
      trimmed: after.trimEnd(),
    };
    start = next;
  }
  first ??= {
    before: body,
    after: "",
    trimmed: "",
    size: 0,
    text: () => "",
    atEnd: false,
    blank: "",
    isData: false,
  };
  return { size, conversion: first };
}

type Made = Omit<Conversion, "before" | "after" | "trimmed"> & { readonly length: number };

function makeConversion(ctx: Context, match: RegExpExecArray, bytes: number | undefined): Made {
  const [, flags, widthText, precisionText, tail] = match;
  const width = Math.min(Number(widthText), 65536);
  const precision = precisionText === undefined
    ? undefined
    : Math.min(Number(precisionText.slice(1)), 65536);
  const left = flags.includes("-");
  const fit = (text: string, zero = false): string =>
    left
      ? text.padEnd(width)
      : zero && flags.includes("0") && precision === undefined
      ? text.startsWith("-")
        ? "-" + text.slice(1).padStart(width - 1, "0")
        : text.padStart(width, "0")
      : text.padStart(width);
  const head = 1 + flags.length + widthText.length + (precisionText?.length ?? 0);
  const letter = tail[0] === "_" ? tail.slice(0, 2) : tail.slice(0, 1);
  const wrong = (): never => ctx.fail(`bad byte count for conversion character ${letter}`);
  const blank = " ".repeat(width);
  const made = (
    size: number,
    text: Conversion["text"],
    option: {
      length?: number;
      atEnd?: boolean;
      isData?: boolean;
      address?: Conversion["address"];
    } = {},
  ): Made => ({
    size,
    text,
    blank,
    length: head + (option.length ?? letter.length),
    atEnd: option.atEnd ?? false,
    isData: option.isData ?? true,
    address: option.address,
  });
  switch (letter) {
    case "_a":
    case "_A": {
      const radix = new Map([["d", 10], ["o", 8], ["x", 16]]).get(tail[2] ?? "");
      if (radix === undefined) return ctx.fail(`bad conversion character %${letter}`);
      return made(
        0,
        (_, __, address) => fit(address.toString(radix).padStart(precision ?? 0, "0"), true),
        {
          length: 3,
          atEnd: letter === "_A",
          isData: false,
          address: { base: radix, digits: width > (precision ?? 1) ? -1 : precision ?? 1 },
        },
      );
    }
    case "_c":
    case "_p":
    case "_u":
    case "c": {
      if ((bytes ?? 1) !== 1) return wrong();
      const shown = letter === "_c"
        ? characterText
        : letter === "_p"
        ? printableText
        : letter === "_u"
        ? nameText
        : (byte: number) => String.fromCharCode(byte);
      const texts = Array.from({ length: 256 }, (_, byte) => fit(shown(byte)));
      return made(1, (data, at) => texts[data[at]]);
    }
    case "d":
    case "i":
    case "o":
    case "u":
    case "x":
    case "X": {
      const size = bytes ?? 4;
      if (size !== 1 && size !== 2 && size !== 4) return wrong();
      return made(size, integerText(letter, size, flags, precision, fit));
    }
    case "e":
    case "E":
    case "f":
    case "g":
    case "G": {
      const size = bytes ?? 8;
      if (size !== 4 && size !== 8) return wrong();
      return made(size, (data, at) => {
        const view = new DataView(data.buffer, data.byteOffset + at, size);
        const value = size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
        return fit(formatDouble(value, letter, { precision, plus: flags.includes("+") }));
      });
    }
    case "s": {
      const size = bytes ?? precision;
      if (size === undefined) {
        return ctx.fail("%s requires a precision or a byte count");
      }
      return made(size, (data, at) => {
        let text = "";
        for (let i = at; i < at + size && data[i] !== 0; i++) text += String.fromCharCode(data[i]);
        return fit(precision === undefined ? text : text.slice(0, precision));
      });
    }
    default:
      return ctx.fail(`bad conversion character %${letter}`);
  }
}

function integerText(
  letter: string,
  size: number,
  flags: string,
  precision: number | undefined,
  fit: (text: string, zero?: boolean) => string,
): Conversion["text"] {
  const signed = letter === "d" || letter === "i";
  const base = letter === "o" ? 8 : letter === "x" || letter === "X" ? 16 : 10;
  const show = (value: number): string => {
    let digits = Math.abs(value).toString(base).padStart(precision ?? 1, "0");
    if (letter === "X") digits = digits.toUpperCase();
    if (flags.includes("#") && value !== 0) {
      if (base === 16) digits = `0${letter}${digits}`;
      else if (base === 8 && digits[0] !== "0") digits = `0${digits}`;
    }
    const sign = value < 0
      ? "-"
      : signed && flags.includes("+")
      ? "+"
      : signed && flags.includes(" ")
      ? " "
      : "";
    return fit(sign + digits, true);
  };
  // A byte is always taken as unsigned, as native does.
  if (size === 1) {
    const texts = Array.from({ length: 256 }, (_, byte) => show(byte));
    return (data, at) => texts[data[at]];
  }
  if (size === 2) {
    return (data, at) => {
      const value = data[at] | data[at + 1] << 8;
      return show(signed ? value << 16 >> 16 : value);
    };
  }
  return (data, at) => {
    const value = data[at] | data[at + 1] << 8 | data[at + 2] << 16 | data[at + 3] << 24;
    return show(signed ? value : value >>> 0);
  };
}

const SPECIAL = new Map([
  [0, "\\0"],
  [7, "\\a"],
  [8, "\\b"],
  [9, "\\t"],
  [10, "\\n"],
  [11, "\\v"],
  [12, "\\f"],
  [13, "\\r"],
]);
const NAMES =
  ("nul soh stx etx eot enq ack bel bs ht lf vt ff cr so si dle dcl dc2 dc3 dc4 nak syn " +
    "etb can em sub esc fs gs rs us").split(" ");

function isPrintable(byte: number): boolean {
  return byte >= 32 && byte < 127;
}

function characterText(byte: number): string {
  return SPECIAL.get(byte) ??
    (isPrintable(byte) ? String.fromCharCode(byte) : byte.toString(8).padStart(3, "0"));
}

function printableText(byte: number): string {
  return isPrintable(byte) ? String.fromCharCode(byte) : ".";
}

function nameText(byte: number): string {
  if (byte < 32) return NAMES[byte];
  if (byte === 127) return "del";
  return isPrintable(byte) ? String.fromCharCode(byte) : byte.toString(16).padStart(2, "0");
}

async function dump(
  ctx: Context,
  formats: readonly Unit[][],
  skip: number,
  limit: number,
): Promise<void> {
  let block = 0;
  for (const units of formats) {
    block = Math.max(block, units.reduce((sum, unit) => sum + unit.size * unit.repeat, 0));
  }
  if (block > LARGEST_BLOCK) return ctx.fail("out of memory");
  if (block === 0) return;
  for (const units of formats) {
    const size = units.reduce((sum, unit) => sum + unit.size * unit.repeat, 0);
    const last = units.findLast((unit) => unit.size > 0);
    // Where the last unit has no count of its own it is repeated to fill the block.
    if (size < block && last !== undefined && !last.fixedRepeat && units.at(-1) === last) {
      last.repeat += Math.floor((block - size) / last.size);
    }
  }
  const input = new InputFiles(
    ctx as Context,
    ctx.operands.length === 0 ? ["-"] : ctx.operands,
    (path, error) => {
      if (!isVfsError(error, "EISDIR") && !isVfsError(error, "EBADF")) {
        return ctx.warnError(path, error);
      }
      // What can be opened but not read is told, by the applet's name for a stream, and is no failure.
      ctx.say(`${ctx.name}: ${path === "-" ? ctx.name : path}: ${error.reason}\n`);
    },
  );
  let left = skip;
  let address = 0;
  while (left > 0) {
    const source = input.current();
    if (source === undefined) break;
    try {
      const size = source.file.seek(0, 2);
      // Where it ends just there, native goes back to the beginning of the file.
      const take = Math.min(size, left);
      source.file.seek(take === size ? 0 : take, 0);
      left -= take;
      address += take;
      if (left > 0) input.skip();
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warnError(source.name === "standard input" ? "stdin" : source.name, error);
      return;
    }
  }
  const folding = !ctx.opts.v;
  const repeats = new Repeats(block);
  const padded = new Uint8Array(block + 8);
  let any = left > 0 && address > 0 && limit > 0;
  const buffer = new DumpBuffer(ctx.out);
  let fast: FastLine | undefined;
  let untilFast = TABLES_FROM;
  await new Blocks(input, block, limit).each((bytes, start, length) => {
    any = true;
    const from = address;
    address += length;
    if (length === block && folding) {
      const seen = repeats.look(bytes, start);
      if (seen !== 0) return seen === 1 ? buffer.print("*\n") : undefined;
    }
    if (untilFast > 0) {
      untilFast -= length;
      if (untilFast <= 0) fast = fastLine(formats);
    } else if (fast !== undefined && length === block) {
      const { base, digits, line } = fast;
      const full = buffer.room(32 + line.width);
      if (base > 0) void buffer.number(from, base, digits);
      line.write(buffer.bytes, buffer.length, bytes, start);
      buffer.length += line.width;
      return full;
    }
    let source = bytes;
    let at = start;
    if (length < block) {
      // Native compares what there is of the last block, marks it as the same, and shows it as well.
      if (folding && repeats.begins(bytes, start, length)) void buffer.print("*\n");
      padded.fill(0);
      for (let i = 0; i < length; i++) padded[i] = bytes[start + i];
      source = padded;
      at = 0;
    }
    let text = "";
    for (const units of formats) text += lineText(units, source, at, length, from, length < block);
    return buffer.print(text);
  }, (n) => ctx.tick(n));
  const end = any ? formats.flat().findLast(({ conversion }) => conversion.atEnd) : undefined;
  if (end !== undefined) {
    const { before, text, after } = end.conversion;
    await buffer.print(before + text(padded, 0, address) + after);
  }
  await buffer.flush();
}

/** A line by tables behind its address; base 0 is for lines without one. */
interface FastLine {
  readonly base: number;
  readonly digits: number;
  readonly line: DumpLine;
}

/** What tables can print: at most one address, at the beginning, and values of one or two bytes. */
function fastLine(formats: readonly Unit[][]): FastLine | undefined {
  const parts: (string | DumpValue)[] = [];
  let base = 0;
  let digits = 0;
  for (const units of formats) {
    if (units.some(({ conversion }) => conversion.atEnd)) continue;
    let at = 0;
    for (const { repeat, conversion } of units) {
      const { before, after, trimmed, size, isData, address } = conversion;
      const text = (bytes: Uint8Array, from: number): string => conversion.text(bytes, from, 0);
      for (let i = 0; i < repeat; i++) {
        parts.push(before);
        if (isData) parts.push({ offset: at, size, text });
        else if (address !== undefined) {
          if (address.digits < 0 || base > 0 || parts.join("") !== "") return undefined;
          ({ base, digits } = address);
          parts.length = 0;
        }
        parts.push(i === repeat - 1 && repeat > 1 ? trimmed : after);
        at += size;
      }
    }
  }
  const line = DumpLine.of(parts);
  return line === undefined ? undefined : { base, digits, line };
}

function lineText(
  units: readonly Unit[],
  bytes: Uint8Array,
  start: number,
  length: number,
  address: number,
  isLast: boolean,
): string {
  if (units.some((unit) => unit.conversion.atEnd)) return "";
  let text = "";
  let at = 0;
  for (const { repeat, conversion } of units) {
    const { before, after, trimmed, size, isData } = conversion;
    for (let i = 0; i < repeat; i++) {
      // Native stops at an address behind the end of the data.
      if (isLast && at >= length && conversion.address !== undefined) return text + before;
      const shown = isData && at >= length
        ? conversion.blank
        : conversion.text(bytes, start + at, address + at);
      // Blanks after the last of several are not printed.
      const ending = i === repeat - 1 && repeat > 1 ? trimmed : after;
      text += before + shown + ending;
      at += size;
    }
  }
  return text;
}
