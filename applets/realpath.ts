import { type Applet, defineApplet } from "./contract.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { canonicalPath } from "./_lib/real_path.ts";

/** Prints canonical paths. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "realpath",
  usage: "FILE...",
  about: "Print the path of each FILE without links, . and ..",
  options: {},
  raw: true,
  minOperands: 1,
  *run({ operands, process, fs, out, warnError }) {
    for (const path of operands) {
      const turn = process.tick(1);
      if (turn !== undefined) yield turn;
      try {
        void out.print(`${canonicalPath(fs, path)}\n`);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        warnError(path, error);
      }
    }
  },
});
