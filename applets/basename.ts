import { type Applet, defineApplet } from "./contract.ts";
import { lastComponent } from "./_lib/path_text.ts";

/** Strips directories and a suffix. Source of behaviour: POSIX basename, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "basename",
  usage: "FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...",
  about: "Print FILE without its directories, and without SUFFIX",
  lostOutput: 1,
  options: {
    a: { help: "All arguments are FILEs" },
    s: { arg: "SUFFIX", help: "Take SUFFIX off each FILE" },
  },
  posix: true,
  minOperands: 1,
  *run({ opts, operands, process, out, usage }) {
    let files = operands;
    let suffix = opts.s ?? "";
    if (!opts.a && opts.s === undefined) {
      if (operands.length > 2) usage();
      if (operands.length === 2) suffix = operands[1];
      files = operands.slice(0, 1);
    }
    for (const file of files) {
      const turn = process.tick(1);
      if (turn !== undefined) yield turn;
      let name = lastComponent(file);
      if (suffix !== "" && name.length > suffix.length && name.endsWith(suffix)) {
        name = name.slice(0, -suffix.length);
      }
      void out.print(name + "\n");
    }
  },
});
