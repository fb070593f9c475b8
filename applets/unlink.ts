import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";

/** Removes a name. Source of behaviour: POSIX unlink, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "unlink",
  usage: "FILE",
  about: "Remove the name FILE",
  options: {},
  minOperands: 1,
  maxOperands: 1,
  run({ operands: [path], fs, fail }) {
    try {
      fs.unlink(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      fail(`can't remove file '${path}': ${error.reason}`);
    }
  },
});
