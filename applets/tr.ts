import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { readEscape } from "./_lib/escape.ts";
import { inClass } from "./_lib/glob_match.ts";
import { ByteTranslator, WORTH_SCANNING } from "./_lib/byte_scan.ts";
import { ByteSieve } from "./_lib/byte_sieve.ts";
import { eachChunk } from "./_lib/sequence.ts";
import { CHUNK } from "./_lib/streams.ts";

/** Classes that native's tr knows; `graph` and `print` are plain characters to it. */
const CLASSES = new Set([
  "alpha",
  "alnum",
  "digit",
  "lower",
  "upper",
  "space",
  "blank",
  "punct",
  "cntrl",
  "xdigit",
]);

/** Bytes after which a table for pairs of them pays. */
const PAIRS_FROM = 1 << 20;

/** Translates, squeezes or deletes bytes. Source of behaviour: POSIX tr, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tr",
  usage: "[-cds] STRING1 [STRING2]",
  about: "Translate, squeeze or delete characters from stdin, to stdout",
  lostOutput: "write error",
  options: {
    c: { help: "Take the complement of STRING1" },
    C: {},
    d: { help: "Delete what is in STRING1" },
    s: { help: "Squeeze repetitions of what is in the last STRING" },
  },
  posix: true,
  minOperands: 1,
  *run(ctx) {
    const { opts, operands, out, process, stdin } = ctx;
    const complement = opts.c || opts.C;
    let first = expand(ctx, operands[0]);
    if (complement) first = complementOf(first);
    const map = new Uint8Array(256);
    for (let i = 0; i < 256; i++) map[i] = i;
    const remove = new Uint8Array(256);
    const squeeze = new Uint8Array(256);
    /** What is squeezed where it comes from these, whatever it becomes. */
    let from: Uint8Array | undefined;
    const second = operands[1] === undefined ? undefined : expand(ctx, operands[1]);
    if (opts.d) { for (const byte of first) remove[byte] = 1; }
    else if (second !== undefined) {
      if (operands[1] === "") return ctx.fail("STRING2 cannot be empty");
      const { length } = second;
      // Of a range that runs backwards nothing is left; native then takes a zero, but squeezes only
      // those that it has put there.
      first.forEach((byte, index) => map[byte] = second[Math.min(index, length - 1)] ?? 0x30);
      if (length === 0 && opts.s) {
        from = new Uint8Array(256);
        for (const byte of first) from[byte] = 1;
      }
    }
    if (opts.s) { for (const byte of second ?? first) squeeze[byte] = 1; }
    // The last byte written, for squeezing across chunks; 256 is none.
    let last = 256;
    const maps = map.some((to, byte) => to !== byte);
    const squeezes = squeeze.includes(1);
    // Output copies what it is given, so one buffer does for all.
    let result = new Uint8Array(0);
    let pairs: Uint16Array | undefined;
    let ranges: ByteTranslator | undefined;
    let remover: ByteSieve | undefined;
    let squeezer: ByteSieve | undefined;
    let seen = 0;
    /** From here on there is enough for the kernels to be worth it. */
    const prepare = (): void => {
      if (maps) ranges = ByteTranslator.of(map);
      if (opts.d) remover = new ByteSieve(remove, false);
      if (squeezes) squeezer = new ByteSieve(squeeze, true);
    };
    /** Translates all of a chunk into the buffer. */
    const translate = (chunk: Uint8Array): Uint8Array => {
      const size = chunk.length;
      let done = 0;
      if (ranges !== undefined) {
        for (;;) {
          const part = ranges.apply(chunk, done);
          if (part.length === 0) break;
          // Mostly all of it, and then it is not copied once more.
          if (part.length === size) return part;
          result.set(part, done);
          done += part.length;
        }
      } else if (seen > PAIRS_FROM && (chunk.byteOffset & 1) === 0) {
        // Two bytes at a time, once the table for that is worth making.
        pairs ??= pairsOf(map);
        const count = size >> 1;
        const from = new Uint16Array(chunk.buffer, chunk.byteOffset, count);
        const to = new Uint16Array(result.buffer, 0, count);
        for (let i = 0; i < count; i++) to[i] = pairs[from[i]];
        done = count << 1;
      }
      for (let i = done; i < size; i++) result[i] = map[chunk[i]];
      return result.subarray(0, size);
    };
    /** The same by plain loops, for little input. */
    const plainly = (chunk: Uint8Array): Uint8Array => {
      let length = 0;
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i];
        if (remove[byte] === 1) continue;
        const to = map[byte];
        if (to === last && (squeeze[to] === 1 || from?.[byte] === 1)) continue;
        result[length++] = last = to;
      }
      return result.subarray(0, length);
    };
    const change = (chunk: Uint8Array): void | Promise<void> => {
      if (chunk.length > CHUNK) return changeParts(chunk);
      const before = seen;
      seen += chunk.length;
      if (result.length < chunk.length) result = new Uint8Array(chunk.length);
      if (seen <= WORTH_SCANNING || from !== undefined) return out.bytes(plainly(chunk));
      if (before <= WORTH_SCANNING) prepare();
      let part = remover === undefined ? chunk : remover.apply(chunk, 0, last);
      if (maps) part = translate(part);
      if (squeezer !== undefined) part = squeezer.apply(part, 0, last);
      if (part.length > 0) last = part[part.length - 1];
      return out.bytes(part);
    };
    const changeParts = (chunk: Uint8Array): void | Promise<void> => {
      for (let at = 0; at < chunk.length; at += CHUNK) {
        // Output copies, so a wait can be left to the last one.
        void change(chunk.subarray(at, at + CHUNK));
      }
      return out.pending();
    };
    try {
      const reading = eachChunk(process, stdin, change);
      if (reading instanceof Promise) yield reading;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
    }
    return 0;
  },
});

/** What each pair of bytes, read as one number, becomes. */
function pairsOf(map: Uint8Array): Uint16Array {
  const pairs = new Uint16Array(1 << 16);
  for (let high = 0; high < 256; high++) {
    for (let low = 0; low < 256; low++) pairs[high << 8 | low] = map[high] << 8 | map[low];
  }
  return pairs;
}

/** Bytes that are not in a set, in order. */
function complementOf(set: readonly number[]): number[] {
  const present = new Set(set);
  const others: number[] = [];
  for (let byte = 0; byte < 256; byte++) if (!present.has(byte)) others.push(byte);
  return others;
}

/** The bytes that a STRING stands for: ranges, escapes, `[:class:]`, `[=x=]`. */
function expand(ctx: Context, text: ByteString): number[] {
  const bytes: number[] = [];
  const unit = (at: number): { value: number; next: number } => {
    if (text[at] !== "\\" || at + 1 >= text.length) {
      return { value: text.charCodeAt(at), next: at + 1 };
    }
    const { code, end } = readEscape(text, at + 1);
    return { value: code, next: end };
  };
  for (let at = 0; at < text.length;) {
    if (text.startsWith("[:", at)) {
      const end = text.indexOf(":]", at + 2);
      const name = end < 0 ? "" : text.slice(at + 2, end);
      if (CLASSES.has(name)) {
        for (let byte = 0; byte < 256; byte++) if (inClass(name, byte)) bytes.push(byte);
        at = end + 2;
        continue;
      }
    }
    if (text.startsWith("[=", at)) {
      if (text.length < at + 5 || text[at + 3] !== "=" || text[at + 4] !== "]") ctx.usage();
      bytes.push(text.charCodeAt(at + 2));
      at += 5;
      continue;
    }
    const { value, next } = unit(at);
    if (text[next] === "-" && next + 1 < text.length) {
      const end = unit(next + 1);
      // A range that runs backwards is empty.
      for (let byte = value; byte <= end.value; byte++) bytes.push(byte);
      at = end.next;
      continue;
    }
    bytes.push(value);
    at = next;
  }
  return bytes;
}
