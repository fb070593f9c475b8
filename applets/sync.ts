import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";

/** Writes files through. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "sync",
  usage: "[-df] [FILE]...",
  about: "Write what is buffered of FILEs, or of all files, through",
  options: {
    d: { excludes: ["f"], help: "Contents only" },
    f: { excludes: ["d"], help: "The file systems of FILEs" },
  },
  *run(ctx) {
    // Without operands there is nothing to do: no layer of the sandbox holds writes back.
    for (const path of ctx.operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) yield turn;
      try {
        const source = ctx.openOrThrow(path);
        try {
          source.file.sync();
        } finally {
          source.close();
        }
      } catch (error) {
        if (!isVfsError(error)) throw error;
        ctx.warn(`can't open '${path}': ${error.reason}`);
      }
    }
  },
});
