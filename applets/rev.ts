import { type Applet, defineApplet } from "./contract.ts";
import { isUtf8Locale } from "./_lib/locale.ts";
import { eachBatch } from "./_lib/line_reader.ts";
import { lineEnd, printLong, STRETCH } from "./_lib/long_output.ts";
import { attempt, inTurns } from "./_lib/sequence.ts";
import { inSteps, type Steps } from "./_lib/steps.ts";

/** Reverses lines. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "rev",
  usage: "[FILE]...",
  about: "Print the lines of FILEs from their ends to their beginnings",
  options: {},
  run(ctx) {
    const { out, process } = ctx;
    const utf8 = isUtf8Locale(ctx.env);
    const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    let buffer = new Uint8Array(0);
    /** Lines of which some are long, one by one. */
    const reverseLong = function* (bytes: Uint8Array, end: number): Steps<void> {
      for (let start = 0; start < end;) {
        const stop = lineEnd(bytes, start, end, false);
        const nul = bytes.subarray(start, stop).indexOf(0);
        const last = nul < 0 ? stop : start + nul;
        let at = start;
        while (at < last) {
          const most = Math.min(at + STRETCH, last);
          if (utf8) {
            at = reverseSome(bytes, at, most, last, buffer, last - at);
            if (at < 0) {
              buffer.set(bytes.subarray(start, last));
              break;
            }
          } else for (let to = last - at; at < most; at++) buffer[--to] = bytes[at];
          const turn = process.tick(STRETCH >> 4);
          if (turn !== undefined) yield turn;
        }
        yield* printLong(out, process, buffer, 0, last - start);
        if (last === stop && stop < end) void out.byte(10);
        start = stop + 1;
      }
    };
    return inTurns(ctx.process, paths, (path) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      return attempt(() =>
        eachBatch(process, source, (lines) => {
          const { bytes, end } = lines;
          if (buffer.length < end) buffer = new Uint8Array(end);
          if (end > STRETCH) return inSteps(reverseLong(bytes, end)) ?? undefined;
          let to = 0;
          let nul = nextNul(bytes, 0, end);
          for (let start = 0; start < end;) {
            let stop = start;
            while (stop < end && bytes[stop] !== 10) stop++;
            // A NUL hides the rest of its line, the newline included.
            if (nul < start) nul = nextNul(bytes, start, end);
            const last = Math.min(nul, stop);
            if (utf8) to = reverseCharacters(bytes, start, last, buffer, to);
            else for (let i = last - 1; i >= start; i--) buffer[to++] = bytes[i];
            if (last === stop && stop < end) buffer[to++] = 10;
            start = stop + 1;
          }
          return out.bytes(buffer, 0, to);
        }), (error) => {
        if (error.code === "EPIPE") throw error;
      });
    });
  },
});

/** Index of the next NUL, or the end. */
function nextNul(bytes: Uint8Array, start: number, end: number): number {
  const at = bytes.indexOf(0, start);
  return at < 0 || at > end ? end : at;
}

/**
 * Reverses the characters that begin in a range, each before those that were before it: the last byte of
 * the first one goes before `to`. Gives where the next one begins, or −1 for what is no UTF-8.
 */
function reverseSome(
  from: Uint8Array,
  start: number,
  most: number,
  end: number,
  into: Uint8Array,
  before: number,
): number {
  let to = before;
  let i = start;
  while (i < most) {
    const byte = from[i];
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
    let valid = length > 0 && i + length <= end;
    for (let j = 1; valid && j < length; j++) valid = (from[i + j] & 0xc0) === 0x80;
    if (!valid) return -1;
    to -= length;
    for (let j = 0; j < length; j++) into[to + j] = from[i + j];
    i += length;
  }
  return i;
}

/** Reverses UTF-8 by characters; bytes that are no UTF-8 leave the whole range as it is. */
function reverseCharacters(
  from: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): number {
  const stop = at + (end - start);
  if (reverseSome(from, start, end, end, into, stop) < 0) into.set(from.subarray(start, end), at);
  return stop;
}
