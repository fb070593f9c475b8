import { type Applet, defineApplet } from "./contract.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { parentText } from "./_lib/path_text.ts";

/** Removes empty directories. Source of behaviour: POSIX rmdir, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "rmdir",
  usage: "[-p] DIRECTORY...",
  about: "Remove each DIRECTORY if it is empty",
  lostOutput: "ignore",
  options: {
    p: { long: "parents", help: "Then its parents too" },
    "ignore-fail-on-non-empty": { help: "No error for one that is not empty" },
    v: { long: "verbose" },
  },
  minOperands: 1,
  *run({ opts, operands, process, fs, out, warnError }) {
    for (const operand of operands) {
      const turn = process.tick(1);
      if (turn !== undefined) yield turn;
      let path = operand;
      for (;;) {
        if (opts.v) void out.print(`rmdir: removing directory, '${path}'\n`);
        try {
          fs.removeDir(path);
        } catch (error) {
          const busy = isVfsError(error) && error.code === "ENOTEMPTY";
          if (!busy || !opts["ignore-fail-on-non-empty"]) warnError(`'${path}'`, error);
          break;
        }
        if (!opts.p) break;
        const parent = parentText(path);
        if (parent === "." || parent === "/") break;
        path = parent;
      }
    }
  },
});
