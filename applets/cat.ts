import {
  type Applet,
  type Context,
  defineApplet,
  type OptionTable,
  type Source,
} from "./contract.ts";
import type { MaybePromise } from "../sandbox/types.ts";
import { after, attempt, copyStream, eachChunk, inTurns } from "./_lib/sequence.ts";
import { visibleBytes } from "./_lib/visible.ts";

/** Copies FILEs to stdout. Source of behaviour: POSIX cat, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "cat",
  usage: "[-nbvteA] [FILE]...",
  about: "Copy each FILE, or stdin, to stdout",
  options: {
    n: { help: "Number the lines" },
    b: { help: "Number the lines that are not empty" },
    v: { help: "Show control and high bytes as ^x and M-x" },
    t: { help: "As -v, and tabs as ^I" },
    e: { help: "As -v, and $ at the end of each line" },
    A: { help: "As -vte" },
    u: {},
  },
  run(ctx) {
    const { opts, operands, open } = ctx;
    const paths = operands.length === 0 ? ["-"] : operands;
    const show = opts.v || opts.t || opts.e || opts.A
      ? visibleBytes({ tabs: !!(opts.t || opts.A), ends: !!(opts.e || opts.A) })
      : undefined;
    const numbered = opts.n || opts.b;
    const copy = numbered
      ? numbering(ctx, !!opts.b, show)
      : show !== undefined
      ? (source: Source) => eachChunk(ctx, source, (chunk) => ctx.out.bytes(show(chunk)))
      : (source: Source) => copyStream(ctx, source, ctx.stdout);
    return inTurns(ctx.process, paths, (path) =>
      attempt(() => {
        // Lines of their own are read through stdio, whose messages are others.
        const source = numbered && show === undefined ? ctx.openPlain(path) : open(path);
        if (source !== undefined) return after(copy(source), () => source.close());
      }, (error) => {
        // Numbering goes through stdio, which does not tell native of a failed read.
        if (numbered) return;
        ctx.warn(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
      }));
  },
});

/**
 * Copying with line numbers; the count goes on from file to file.
 *
 * Native has two ways that show in the details: without visible bytes it goes line by line, ends
 * lines at NUL too and completes an unfinished last line of each file; with them it goes byte by
 * byte, over the ends of files, and separates the number by two spaces.
 */
function numbering<T extends OptionTable>(
  ctx: Context<T>,
  nonEmptyOnly: boolean,
  show: ((chunk: Uint8Array) => Uint8Array) | undefined,
): (source: Source) => MaybePromise<void> {
  const { out } = ctx;
  const separator = show === undefined ? "\t" : "  ";
  let line = 0;
  let atStart = true;
  const number = (): void => {
    void out.print(String(++line).padStart(6) + separator);
  };
  const write = (chunk: Uint8Array): void | Promise<void> => {
    let from = 0;
    let full: void | Promise<void> = undefined;
    while (from < chunk.length) {
      let end = from;
      while (end < chunk.length && chunk[end] !== 10 && (chunk[end] !== 0 || show !== undefined)) {
        end++;
      }
      if (atStart && (end > from || end < chunk.length)) {
        const empty = end === from;
        if (!nonEmptyOnly || !empty) number();
      }
      full = out.bytes(
        show === undefined ? chunk.subarray(from, end) : show(chunk.subarray(from, end)),
      );
      atStart = end < chunk.length;
      if (atStart) full = show === undefined ? out.byte(10) : out.bytes(show(NEWLINE));
      from = end + 1;
    }
    return full;
  };
  return (source) =>
    after(eachChunk(ctx, source, write), () => {
      if (show !== undefined || atStart) return;
      atStart = true;
      return out.byte(10) ?? undefined;
    });
}

const NEWLINE = new Uint8Array([10]);
