import { type Applet, defineApplet } from "./contract.ts";
import { after, attempt, inTurns } from "./_lib/sequence.ts";

/** Prints lines in reverse order. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tac",
  usage: "[FILE]...",
  about: "Print the lines of each FILE, the last one first",
  lostOutput: "write error",
  options: {},
  run(ctx) {
    const { out } = ctx;
    const paths = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    return inTurns(ctx.process, paths, (path) => {
      const source = ctx.openPlain(path);
      if (source === undefined) return;
      return attempt(() =>
        after(source.readAllBytes(), (bytes) => {
          const write = (from: number): void | Promise<void> => {
            // A line is what follows a newline, through its own newline.
            for (let end = from; end > 0;) {
              const start = end < 2 ? 0 : bytes.lastIndexOf(10, end - 2) + 1;
              const full = out.bytes(bytes, start, end);
              end = start;
              const waiting = full ?? ctx.tick(1);
              if (waiting !== undefined) return waiting.then(() => write(end));
            }
          };
          return write(bytes.length) ?? undefined;
        }), (error) => {
        if (error.code === "EPIPE") throw error;
        ctx.warnError(path, error);
      });
    });
  },
});
