import type { ByteString } from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import {
  DumpBuffer,
  DumpLine,
  type DumpValue,
  TABLES_FROM,
  WIDEST,
  WIDEST_LINE,
} from "./_lib/dump_line.ts";
import { Blocks } from "./_lib/input_files.ts";
import { numberArgument } from "./_lib/number_argument.ts";

/** Hexadecimal dumps and back. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "xxd",
  usage: "[-pri] [-g N] [-c N] [-n LEN] [-s OFS] [-o OFS] [FILE]",
  about: "Dump FILE (or stdin) in hexadecimal",
  lostOutput: "ignore",
  options: {
    g: { arg: "N", numeric: true, help: "Bytes of a group" },
    c: { arg: "N", numeric: true, help: "Bytes of a line" },
    p: { help: "Hexadecimal digits only, 30 bytes a line" },
    i: { help: "As an array of C" },
    l: { arg: "LENGTH", help: "Only the first LENGTH bytes" },
    s: { arg: "OFFSET", help: "Skip OFFSET bytes" },
    o: { arg: "OFFSET", help: "Add OFFSET to the offsets shown" },
    r: { help: "Bytes from a dump (with -p, from digits without offsets)" },
    a: {},
  },
  maxOperands: 1,
  async run(ctx) {
    const { opts, operands, out } = ctx;
    const any = { anyBase: true };
    const number = (text: ByteString | undefined): number | undefined =>
      text === undefined ? undefined : numberArgument(ctx, text, any);
    const limit = number(opts.l) ?? Infinity;
    const skip = number(opts.s) ?? 0;
    const shift = number(opts.o) ?? 0;
    const group = opts.g ?? 2;
    const columns = opts.c || (opts.p ? 30 : opts.i ? 12 : 16);
    const path = operands[0] ?? "-";
    if (opts.r) return await reverse(ctx, path, opts.p === true);
    if (columns > WIDEST) ctx.fail("out of memory");
    if (columns > WIDEST_LINE) ctx.process.chargeMemory(columns);
    const source = ctx.openPlain(path);
    if (source === undefined) return 1;
    if (source.isClosed || source.file.directory !== undefined) {
      // Native tells of it, by its own name for a stream without one, and takes it for empty.
      const reason = source.isClosed ? "Bad file descriptor" : "Is a directory";
      ctx.say(`xxd: ${path === "-" ? "xxd" : path}: ${reason}\n`);
      return 0;
    }
    if (skip > 0) {
      try {
        source.file.seek(skip, 0);
      } catch (error) {
        ctx.warnError(path === "-" ? "stdin" : path, error);
        return 1;
      }
    }
    const named = opts.i && operands.length > 0;
    const name = (operands[0] ?? "").replace(/[^A-Za-z0-9_]/g, "_");
    if (named) out.print(`unsigned char ${name}[] = {\n`);
    let offset = skip + shift;
    let total = 0;
    const line = opts.p ? plainLine : opts.i ? arrayLine : dumpLine;
    const option = { group, columns };
    const input = { read: (max?: number) => source.readReused(max) };
    const buffer = new DumpBuffer(out);
    let fast: DumpLine | undefined;
    let untilFast = TABLES_FROM;
    await new Blocks(input, columns, limit).each((bytes, start, length) => {
      const from = offset;
      offset += length;
      total += length;
      if (untilFast > 0) {
        untilFast -= length;
        if (untilFast <= 0 && columns <= WIDEST_LINE && from >= 0) fast = fastLine(line, option);
      } else if (fast !== undefined && length === columns) {
        const full = buffer.room(32 + fast.width);
        if (line === dumpLine) void buffer.number(from, 16, 8);
        fast.write(buffer.bytes, buffer.length, bytes, start);
        buffer.length += fast.width;
        return full;
      }
      if (columns > WIDEST_LINE) {
        return buffer.printParts(line(bytes, start, length, from, option), (n) => ctx.tick(n));
      }
      let text = "";
      for (const part of line(bytes, start, length, from, option)) text += part;
      return buffer.print(text);
    }, (n) => ctx.tick(n));
    await buffer.flush();
    if (named) out.print(`};\nunsigned int ${name}_len = ${skip > 0 ? skip + total : total};\n`);
  },
});

interface LineOption {
  readonly group: number;
  readonly columns: number;
}

const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, i) => i.toString(16).padStart(2, "0"),
);
const SHOWN: readonly string[] = Array.from(
  { length: 256 },
  (_, i) => i >= 32 && i < 127 ? String.fromCharCode(i) : ".",
);

/** A line by tables, without its offset. */
function fastLine(line: typeof dumpLine, { group, columns }: LineOption): DumpLine | undefined {
  const digits = (bytes: Uint8Array, at: number): string => HEX[bytes[at]];
  const character = (bytes: Uint8Array, at: number): string => SHOWN[bytes[at]];
  const parts: (string | DumpValue)[] = [line === dumpLine ? ": " : line === arrayLine ? " " : ""];
  const size = group === 0 ? columns : group;
  for (let offset = 0; offset < columns; offset++) {
    if (line === arrayLine) parts.push(" 0x");
    parts.push({ offset, size: 1, text: digits });
    if (line === arrayLine) parts.push(",");
    if (line === dumpLine && (offset + 1) % size === 0 && offset + 1 < columns) parts.push(" ");
  }
  if (line === dumpLine) {
    parts.push("  ");
    for (let offset = 0; offset < columns; offset++) {
      parts.push({ offset, size: 1, text: character });
    }
  }
  return DumpLine.of([...parts, "\n"]);
}

/** The text for the numbers from `start` on, in parts of bounded size. */
function* parts(start: number, end: number, text: (i: number) => string): Iterable<string> {
  for (let from = start; from < end; from += WIDEST_LINE) {
    let part = "";
    for (let i = from; i < Math.min(end, from + WIDEST_LINE); i++) part += text(i);
    yield part;
  }
}

function* plainLine(bytes: Uint8Array, start: number, length: number): Iterable<string> {
  yield* parts(start, start + length, (i) => HEX[bytes[i]]);
  yield "\n";
}

function* arrayLine(bytes: Uint8Array, start: number, length: number): Iterable<string> {
  yield " ";
  yield* parts(start, start + length, (i) => ` 0x${HEX[bytes[i]]},`);
  yield "\n";
}

function* dumpLine(
  bytes: Uint8Array,
  start: number,
  length: number,
  offset: number,
  { group, columns }: LineOption,
): Iterable<string> {
  yield offset.toString(16).padStart(8, "0") + ": ";
  // Native knows groups of 1, 2, 4, 8, 16 bytes well; all others are made in the same way.
  const size = group === 0 ? columns : group;
  yield* parts(0, columns, (i) => {
    const digits = i < length ? HEX[bytes[start + i]] : "  ";
    return (i + 1) % size === 0 && i + 1 < columns ? digits + " " : digits;
  });
  yield "  ";
  yield* parts(start, start + length, (i) => SHOWN[bytes[i]]);
  yield "\n";
}

/**
 * `-r`: bytes of a dump's lines, the first run of digits of each being its offset. What is no digit
 * is skipped, and so the text beside the dump is read for digits too, as native does.
 */
async function reverse(ctx: Context, path: ByteString, plain: boolean): Promise<void> {
  const source = ctx.open(path);
  if (source === undefined) return;
  let inOffset = !plain;
  let high = -1;
  for (;;) {
    let chunk = source.readReused();
    if (chunk instanceof Promise) chunk = await chunk;
    if (chunk === undefined) return;
    const bytes = new Uint8Array((chunk.length >> 1) + 1);
    let count = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      const digit = hexDigit(byte);
      if (inOffset) {
        if (digit < 0 && byte !== 10) inOffset = false;
      } else if (digit >= 0) {
        if (high < 0) high = digit;
        else {
          bytes[count++] = high << 4 | digit;
          high = -1;
        }
      } else if (high >= 0) {
        // Blanks may stand between the digits of a byte, even the end of a line.
        if (byte !== 32 && !(byte >= 9 && byte <= 13)) high = -1;
      } else if (byte === 10) inOffset = !plain;
    }
    const full = ctx.out.bytes(bytes, 0, count) ?? ctx.tick(1 + (chunk.length >> 4));
    if (full !== undefined) await full;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
