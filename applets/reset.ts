import { type Applet, defineApplet } from "./contract.ts";

/** Brings the terminal into a sane state. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "reset",
  usage: "",
  about: "Reset the screen",
  options: {},
  raw: true,
  run({ stdout, process }) {
    // Elsewhere than on a terminal native prints nothing.
    if (!stdout.isTerminal) return;
    process.tty?.setRaw(false);
    // Full reset, character set, attributes off, erase, cursor shown (ECMA-48, VT100).
    stdout.print("\x1bc\x1b(B\x1b[m\x1b[J\x1b[?25h");
  },
});
