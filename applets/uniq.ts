import type { MaybePromise } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet, Output, type Source } from "./contract.ts";
import { LineChunks } from "./_lib/line_chunks.ts";
import { settled } from "./_lib/steps.ts";

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
    f: { arg: "N", numeric: true, help: "Skip the first N fields" },
    s: { arg: "N", numeric: true, help: "Skip N characters after that" },
    w: { arg: "N", numeric: true, help: "Compare N characters at most" },
  },
  maxOperands: 2,
  *run(ctx) {
    const { opts, operands, process } = ctx;
    const fields = opts.f ?? 0;
    const skip = opts.s ?? 0;
    const width = opts.w ?? Infinity;
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
    const plain = fields === 0 && skip === 0 && width === Infinity;
    const fold = opts.i ? LOWER : undefined;
    /** The first line of the group at hand, `held[heldStart, heldEnd)`, its key, and how often it came. */
    let held: Uint8Array = NOTHING;
    let heldStart = 0;
    let heldEnd = 0;
    let keyFrom = 0;
    let keyTo = 0;
    let count = 0;
    const label = new Uint8Array(24);
    const finish = (): void => {
      if (count === 0 || (opts.d && count < 2) || (opts.u && count > 1)) return;
      if (opts.c) void out.bytes(label, writeCount(label, count));
      void out.bytes(held, heldStart, heldEnd);
      void out.byte(terminator);
    };
    const lines = new LineChunks(source, process, 10, true);
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
      for (let at = 0; at < end; lineCount++) {
        let stop = at;
        while (stop < end && bytes[stop] !== 10) stop++;
        let from = at;
        let to = stop;
        if (!plain) {
          from = keyStart(bytes, at, stop, fields, skip);
          to = Math.min(from + width, stop);
        }
        if (count > 0 && isEqual(held, keyFrom, keyTo, bytes, from, to, fold)) count++;
        else {
          finish();
          held = bytes;
          heldStart = at;
          heldEnd = stop;
          keyFrom = from;
          keyTo = to;
          count = 1;
        }
        at = stop + 1;
      }
      if (held === bytes) {
        // The batch is reused: what is held must be a copy.
        held = bytes.slice(heldStart, heldEnd);
        keyFrom -= heldStart;
        keyTo -= heldStart;
        heldEnd -= heldStart;
        heldStart = 0;
      }
      const pause = ctx.tick(lineCount + (end >> 4)) ?? out.pending();
      if (pause !== undefined) yield pause;
    }
    finish();
    const full = out.pending();
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

/** Writes a count right-aligned, with the blank behind it, and gives where it begins: 7 digits or more. */
function writeCount(label: Uint8Array, count: number): number {
  let at = label.length;
  label[--at] = 32;
  do {
    label[--at] = 48 + count % 10;
    count = Math.floor(count / 10);
  } while (count > 0);
  while (label.length - at < 8) label[--at] = 32;
  return at;
}

/** Where the part of a line that is compared begins. A field is blanks and what is not blank after them. */
function keyStart(
  bytes: Uint8Array,
  start: number,
  end: number,
  fields: number,
  skip: number,
): number {
  let at = start;
  for (let field = 0; field < fields && at < end; field++) {
    while (at < end && isBlank(bytes[at])) at++;
    while (at < end && !isBlank(bytes[at])) at++;
  }
  return Math.min(at + skip, end);
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/** Lower case of each byte. */
const LOWER: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte,
);

function isEqual(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
  fold: Uint8Array | undefined,
): boolean {
  if (aTo - aFrom !== bTo - bFrom) return false;
  if (fold === undefined) {
    while (aFrom < aTo) if (a[aFrom++] !== b[bFrom++]) return false;
  } else while (aFrom < aTo) if (fold[a[aFrom++]] !== fold[b[bFrom++]]) return false;
  return true;
}
