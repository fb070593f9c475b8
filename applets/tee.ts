import { type Applet, defineApplet, type Sink } from "./contract.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { SIG } from "../sandbox/types.ts";
import { eachChunk } from "./_lib/sequence.ts";

/** Copies stdin to stdout and to every FILE. Source of behaviour: POSIX tee, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tee",
  usage: "[-ai] [FILE]...",
  about: "Copy stdin to each FILE, and also to stdout",
  options: {
    a: { help: "Append to the FILEs instead of overwriting" },
    i: { help: "Ignore interrupt signals" },
  },
  run(ctx) {
    const { opts, operands, create } = ctx;
    if (opts.i) ctx.ignoreSignal(SIG.INT);
    const sinks: Sink[] = [ctx.stdout];
    for (const path of operands) {
      const sink = path === "-" ? ctx.stdout : create(path, { append: opts.a });
      if (sink !== undefined) sinks.push(sink);
    }
    // A chunk that one sink keeps must not be overwritten by the next read.
    const keep = sinks.some((sink) => sink.keepsChunks);
    const copying = (): void | Promise<void> =>
      eachChunk(ctx.process, ctx.stdin, (chunk) => {
        let waiting: Promise<unknown> | undefined;
        for (const sink of sinks) {
          const full = tryWrite(sink, chunk);
          if (full !== undefined) {
            waiting = waiting === undefined ? full : Promise.all([waiting, full]);
          }
        }
        return waiting?.then(() => {});
      }, keep);
    try {
      return copying()?.catch(unreadable);
    } catch (error) {
      return unreadable(error);
    }
  },
});

/** Of an input that cannot be read native tells nothing but by its status. */
function unreadable(error: unknown): number {
  ignoreVfsError(error);
  return 1;
}

/** Writes; a failure is not told, and the other files get the rest all the same, as native has it. */
function tryWrite(sink: Sink, chunk: Uint8Array): void | Promise<void> {
  try {
    return sink.write(chunk)?.catch(ignoreVfsError);
  } catch (error) {
    ignoreVfsError(error);
  }
}

function ignoreVfsError(error: unknown): void {
  if (!isVfsError(error)) throw error;
}
