import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";

/** Makes a hard link. Source of behaviour: POSIX link, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "link",
  usage: "FILE LINK",
  about: "Make LINK another name of FILE",
  options: {},
  minOperands: 2,
  maxOperands: 2,
  run({ operands: [from, to], fs, fail }) {
    try {
      fs.link(from, to);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      fail(`can't create hardlink '${to}' to '${from}': ${error.reason}`);
    }
  },
});
