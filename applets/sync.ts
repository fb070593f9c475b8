import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet, type Source } from "./contract.ts";

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
      let source: Source;
      try {
        source = ctx.openOrThrow(path);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        ctx.warn(`can't open '${path}': ${error.reason}`);
        continue;
      }
      try {
        source.file.sync();
      } catch (error) {
        if (!isVfsError(error)) throw error;
        // The file system of a pipe can be written, though the pipe itself cannot.
        if (!(ctx.opts.f && error.code === "EINVAL")) ctx.warnError(path, error);
      } finally {
        source.close();
      }
    }
  },
});
