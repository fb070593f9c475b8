import { type Applet, defineApplet } from "./contract.ts";
import { isContinuation, tabStop } from "./_lib/columns.ts";
import { isUtf8Locale } from "./_lib/locale.ts";
import { attempt, eachChunk, inTurns } from "./_lib/sequence.ts";

/** Turns spaces into tabs. Source of behaviour: POSIX unexpand, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "unexpand",
  usage: "[-fa][-t N] [FILE]...",
  about: "Print FILEs with tabs instead of spaces, at the beginning of lines",
  options: {
    f: { long: "first-only", help: "Only at the beginning, even with -t" },
    t: { arg: "N", long: "tabs", help: "Tab stops every N columns; -a goes with it" },
    a: { long: "all", help: "Within lines too" },
  },
  run(ctx) {
    const { opts, out } = ctx;
    const stop = tabStop(ctx, opts.t);
    const utf8 = isUtf8Locale(ctx.env);
    const everywhere = !opts.f && !!(opts.a || opts.t !== undefined);
    const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    return inTurns(ctx.process, paths, (path) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      let column = 0;
      /** Column where the blanks that were not written yet began; -1 outside of blanks. */
      let blanks = 0;
      /** Whether blanks are to be changed here: without -a, the first ones of a line. */
      let active = true;
      /** Whether the last blank was a tab. */
      let tabLast = false;
      const flush = (atEnd = false): void => {
        if (blanks < 0) return;
        // Native loses blanks that end in a tab at the end of a string.
        if (atEnd && tabLast) {
          blanks = -1;
          return;
        }
        let from = blanks;
        if (!everywhere && column > from) active = false;
        blanks = -1;
        for (let tab = from - from % stop + stop; tab <= column; tab += stop) {
          void out.byte(9);
          from = tab;
        }
        for (; from < column; from++) void out.byte(32);
      };
      const reading = attempt(() =>
        eachChunk(ctx.process, source, (chunk) => {
          for (let i = 0; i < chunk.length; i++) {
            const byte = chunk[i];
            if (active && (byte === 32 || byte === 9)) {
              if (blanks < 0) blanks = column;
              column += byte === 32 ? 1 : stop - column % stop;
              tabLast = byte === 9;
              continue;
            }
            flush(byte === 0);
            if (byte === 10 || byte === 0) {
              column = 0;
              tabLast = false;
              blanks = 0;
              active = true;
              // Native's lines end at a NUL, which it drops.
              if (byte === 10) void out.byte(10);
              continue;
            }
            if (!utf8 || !isContinuation(byte)) column++;
            void out.byte(byte);
          }
          return out.pending();
        }), (error) => {
        if (error.code === "EPIPE") throw error;
        const title = path === "-" ? "standard input" : path;
        ctx.warn(`${title}: Input/output error`);
        // A closed standard input is told again when it is closed.
        if (error.code === "EBADF") ctx.warn(`${title}: ${error.reason}`);
      });
      return reading === undefined ? flush(true) : reading.then(() => flush(true));
    });
  },
});
