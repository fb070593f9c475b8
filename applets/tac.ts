import { type Applet, defineApplet } from "./contract.ts";
import { printLong, STRETCH } from "./_lib/long_output.ts";
import { after, attempt, inTurns } from "./_lib/sequence.ts";
import { inSteps, type Steps } from "./_lib/steps.ts";

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
          const write = function* (): Steps<void> {
            // A line is what follows a newline, through its own newline.
            for (let end = bytes.length; end > 0;) {
              const start = end < 2 ? 0 : bytes.lastIndexOf(10, end - 2) + 1;
              if (end - start > STRETCH) yield* printLong(out, ctx.process, bytes, start, end);
              const full = end - start > STRETCH ? undefined : out.bytes(bytes, start, end);
              end = start;
              const waiting = full ?? ctx.tick(1);
              if (waiting !== undefined) yield waiting;
            }
          };
          return inSteps(write());
        }), (error) => {
        if (error.code === "EPIPE") throw error;
        ctx.warnError(path, error);
      });
    });
  },
});
