import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { readEscape } from "./_lib/escape.ts";
import { inClass } from "./_lib/glob_match.ts";
import { eachChunk } from "./_lib/sequence.ts";

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
    const second = operands[1] === undefined ? undefined : expand(ctx, operands[1]);
    if (opts.d) { for (const byte of first) remove[byte] = 1; }
    else if (second !== undefined) {
      if (second.length === 0) return ctx.fail("STRING2 cannot be empty");
      first.forEach((byte, index) => map[byte] = second[Math.min(index, second.length - 1)]);
    }
    if (opts.s) { for (const byte of second ?? first) squeeze[byte] = 1; }
    // The last byte written, for squeezing across chunks; 256 is none.
    let last = 256;
    const plain = !opts.d && !opts.s;
    const translate = (chunk: Uint8Array): void | Promise<void> => {
      const result = new Uint8Array(chunk.length);
      if (plain) {
        for (let i = 0; i < chunk.length; i++) result[i] = map[chunk[i]];
        return out.bytes(result);
      }
      let length = 0;
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i];
        if (remove[byte] === 1) continue;
        const to = map[byte];
        if (to === last && squeeze[to] === 1) continue;
        result[length++] = last = to;
      }
      return out.bytes(result, 0, length);
    };
    try {
      const reading = eachChunk(process, stdin, translate);
      if (reading instanceof Promise) yield reading;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
    }
    return 0;
  },
});

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
