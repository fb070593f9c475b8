import { type Applet, defineApplet } from "./contract.ts";

/** Clears the terminal. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "clear",
  usage: "",
  about: "Clear the screen",
  lostOutput: 1,
  options: {},
  raw: true,
  run: ({ out }) => {
    // Cursor home, and erase to the end of the display (ECMA-48 CUP, ED).
    out.print("\x1b[H\x1b[J");
  },
});
