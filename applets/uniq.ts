import type { ByteString, MaybePromise } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, Output, type Source } from "./contract.ts";
import { LineChunks } from "./_lib/line_chunks.ts";
import { settled } from "./_lib/steps.ts";
import { parseDecimal } from "./_lib/strtod.ts";

/** Drops repeated lines. Source of behaviour: POSIX uniq, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "uniq",
  usage: "[-cduiz] [-f,s,w N] [FILE [OUTFILE]]",
  about: "Discard repeated lines",
  options: {
    c: { help: "Put the number of occurrences before each line" },
    d: { help: "Print repeated lines only" },
    u: { help: "Print lines that are not repeated only" },
    i: { help: "Ignore case" },
    z: { help: "End lines of the output with NUL" },
    f: { arg: "N", help: "Skip the first N fields" },
    s: { arg: "N", help: "Skip N characters after that" },
    w: { arg: "N", help: "Compare N characters at most" },
  },
  maxOperands: 2,
  *run(ctx) {
    const { opts, operands, process } = ctx;
    const fields = number(ctx, opts.f, 0);
    const skip = number(ctx, opts.s, 0);
    const width = number(ctx, opts.w, Infinity);
    // Native takes newlines for ends of lines as well then.
    const terminator = opts.z ? 0 : 10;
    let source: Source = ctx.stdin;
    if (operands[0] !== undefined && operands[0] !== "-") {
      source = ctx.open(operands[0]) ?? ctx.exit(1);
    }
    let out = ctx.out;
    if (operands[1] !== undefined && operands[1] !== "-") {
      try {
        out = new Output(ctx.createOrThrow(operands[1]));
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't open '${operands[1]}': ${error.reason}`);
      }
    }
    const key = (line: Uint8Array): Uint8Array => keyOf(line, fields, skip, width);
    /** The line of the group at hand, its key, and how often it came. */
    let held: Uint8Array | undefined;
    let heldKey: Uint8Array = NOTHING;
    let count = 0;
    const finish = (): void | Promise<void> => {
      if (held === undefined || (opts.d && count < 2) || (opts.u && count > 1)) return;
      if (opts.c) void out.print(`${String(count).padStart(7)} `);
      void out.bytes(held);
      return out.byte(terminator);
    };
    const lines = new LineChunks(source, process);
    for (;;) {
      let more: MaybePromise<boolean>;
      try {
        more = lines.next();
        if (more instanceof Promise) more = yield* settled(more);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`${operands[0] ?? "(null)"}: I/O error`);
      }
      if (!more) break;
      const { bytes, end } = lines;
      let lineCount = 0;
      for (let at = 0; at < end;) {
        let stop = bytes.indexOf(10, at);
        if (stop < 0 || stop >= end) stop = end;
        if (opts.z) {
          const nul = bytes.indexOf(0, at);
          if (nul >= 0 && nul < stop) stop = nul;
        }
        const line = bytes.subarray(at, stop);
        const lineKey = key(line);
        lineCount++;
        if (held !== undefined && isEqual(heldKey, lineKey, opts.i ?? false)) count++;
        else {
          const full = finish();
          if (full !== undefined) yield full;
          // The batch is reused: what is held must be a copy.
          held = line.slice();
          heldKey = key(held);
          count = 1;
        }
        at = stop + 1;
      }
      const pause = ctx.tick(lineCount + (end >> 4));
      if (pause !== undefined) yield pause;
    }
    const full = finish();
    if (full !== undefined) yield full;
    if (out !== ctx.out) {
      const flushed = out.flush();
      if (flushed !== undefined) yield flushed;
      if (out.error !== undefined) return ctx.fail(`write error: ${out.error.reason}`);
    }
    return ctx.status;
  },
});

const NOTHING = new Uint8Array(0);

function number(ctx: Context, text: ByteString | undefined, absent: number): number {
  if (text === undefined) return absent;
  return parseDecimal(text) ?? ctx.fail(`invalid number '${text}'`);
}

/** The part of a line that is compared. A field is blanks and what is not blank after them. */
function keyOf(line: Uint8Array, fields: number, skip: number, width: number): Uint8Array {
  if (fields === 0 && skip === 0 && width === Infinity) return line;
  let at = 0;
  for (let field = 0; field < fields && at < line.length; field++) {
    while (at < line.length && isBlank(line[at])) at++;
    while (at < line.length && !isBlank(line[at])) at++;
  }
  at = Math.min(at + skip, line.length);
  return line.subarray(at, Math.min(at + width, line.length));
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

function isEqual(a: Uint8Array, b: Uint8Array, ignoreCase: boolean): boolean {
  if (a.length !== b.length) return false;
  if (!ignoreCase) {
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
    return true;
  }
  for (let i = 0; i < a.length; i++) if (fold(a[i]) !== fold(b[i])) return false;
  return true;
}

function fold(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}
