import type { MaybePromise } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { toBytes } from "../sandbox/bytes.ts";
import { eachBatch } from "./_lib/line_reader.ts";
import { lineEnd, printLong, STRETCH } from "./_lib/long_output.ts";
import { after, attempt, inTurns } from "./_lib/sequence.ts";
import { inSteps } from "./_lib/steps.ts";

/** Width from which one line is much output. */
const WIDE = 1 << 10;
/** A width above this could only be meant to fill memory. */
const WIDEST = 1 << 24;

/** Numbers lines. Source of behaviour: POSIX nl, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "nl",
  usage: "[OPTIONS] [FILE]...",
  about: "Print FILEs with numbers before their lines",
  options: {
    b: {
      arg: "STYLE",
      long: "body-numbering",
      help: "Lines to number: a all, t those with text (default), n none",
    },
    i: { arg: "N", numeric: true, long: "line-increment", help: "Step from number to number" },
    p: { long: "no-renumber" },
    s: { arg: "STRING", long: "number-separator", help: "What stands between number and line" },
    v: { arg: "N", numeric: true, long: "starting-line-number", help: "First number" },
    w: { arg: "N", numeric: true, long: "number-width", help: "Width of the numbers" },
  },
  run(ctx) {
    const { opts, process, out } = ctx;
    const width = opts.w ?? 6;
    const step = opts.i ?? 1;
    let number = opts.v ?? 1;
    const separator = opts.s ?? "\t";
    if (width > WIDEST) ctx.fail("out of memory");
    const blank = toBytes(" ".repeat(width + separator.length));
    const style = (opts.b ?? "t")[0];
    const all = style === "a";
    const some = all || style === "t";
    const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    return inTurns(ctx.process, paths, (path) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      /** Goes on at `from`; a batch may have many numbers, and each of those much before it. */
      const print = (bytes: Uint8Array, from: number, end: number): MaybePromise<void> => {
        for (let start = from; start < end;) {
          // NUL ends a line too, as everywhere in busybox where lines are C strings.
          const stop = lineEnd(bytes, start, end, true);
          if (all || (some && stop > start)) {
            void out.print(String(number).padStart(width) + separator);
            number += step;
          } else void out.bytes(blank);
          const long = stop - start > STRETCH
            ? inSteps(printLong(out, process, bytes, start, stop))
            : undefined;
          if (long instanceof Promise) {
            return long.then(() => after(out.byte(10), () => print(bytes, stop + 1, end)));
          }
          if (stop - start <= STRETCH) void out.bytes(bytes, start, stop);
          void out.byte(10);
          start = stop + 1;
          if (width > WIDE) {
            const waiting = out.pending() ?? process.tick(width >> 6);
            if (waiting !== undefined) return waiting.then(() => print(bytes, start, end));
          }
        }
        return out.pending();
      };
      return attempt(
        () => eachBatch(process, source, ({ bytes, end }) => print(bytes, 0, end)),
        (error) => {
          if (error.code === "EPIPE") throw error;
        },
      );
    });
  },
});
