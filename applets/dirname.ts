import { type Applet, defineApplet } from "./contract.ts";
import { parentText } from "./_lib/path_text.ts";

/** Strips the last component of a path. Source of behaviour: POSIX dirname, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "dirname",
  usage: "FILENAME",
  about: "Print FILENAME without its last component",
  lostOutput: 255,
  options: {},
  raw: true,
  run({ operands, out, usage }) {
    const [path, ...more] = operands[0] === "--" ? operands.slice(1) : operands;
    if (path === undefined || more.length > 0) usage();
    void out.print(parentText(path) + "\n");
  },
});
