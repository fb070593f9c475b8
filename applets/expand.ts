import type { MaybePromise } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { isContinuation, tabStop } from "./_lib/columns.ts";
import { isUtf8Locale } from "./_lib/locale.ts";
import { attempt, eachChunk, inTurns } from "./_lib/sequence.ts";

/** Bytes of output made at once. */
const BLOCK = 65536;

/** Turns tabs into spaces. Source of behaviour: POSIX expand, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "expand",
  usage: "[-i] [-t N] [FILE]...",
  about: "Print FILEs with spaces instead of tabs",
  options: {
    i: { long: "initial", help: "Only tabs before the text of a line" },
    t: { arg: "N", long: "tabs", help: "Tab stops every N columns" },
  },
  run(ctx) {
    const { opts, out } = ctx;
    const stop = tabStop(ctx, opts.t);
    const utf8 = isUtf8Locale(ctx.env);
    const initial = !!opts.i;
    const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    const block = new Uint8Array(BLOCK);
    return inTurns(ctx.process, paths, (path) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      let column = 0;
      let inText = false;
      let spaces = 0;
      let to = 0;
      /** Goes on at `from`; a stop far away needs many blocks, and each may have to wait. */
      const expand = (chunk: Uint8Array, from: number): MaybePromise<void> => {
        for (let i = from; i < chunk.length || spaces > 0;) {
          if (to === BLOCK) {
            to = 0;
            const full = out.bytes(block) ?? ctx.tick(BLOCK >> 6);
            if (full !== undefined) return full.then(() => expand(chunk, i));
          }
          if (spaces > 0) {
            const end = Math.min(to + spaces, BLOCK);
            spaces -= end - to;
            while (to < end) block[to++] = 32;
            continue;
          }
          const byte = chunk[i++];
          if (byte === 9 && !(initial && inText)) {
            spaces = stop - column % stop;
            column += spaces;
            continue;
          }
          if (byte === 10 || byte === 0) {
            column = 0;
            inText = false;
            // Native's lines end at a NUL, which it drops.
            if (byte === 0) continue;
          } else {
            if (byte !== 32 && byte !== 9) inText = true;
            if (!utf8 || !isContinuation(byte)) column++;
          }
          block[to++] = byte;
        }
        const end = to;
        to = 0;
        return out.bytes(block, 0, end);
      };
      return attempt(() => eachChunk(ctx.process, source, (chunk) => expand(chunk, 0)), (error) => {
        if (error.code === "EPIPE") throw error;
        const title = path === "-" ? "standard input" : path;
        ctx.warn(`${title}: Input/output error`);
        // A closed standard input is told again when it is closed.
        if (error.code === "EBADF") ctx.warn(`${title}: ${error.reason}`);
      });
    });
  },
});
