import { type Applet, defineApplet, NO_HELP } from "./contract.ts";

const NAMES =
  ("NUL SOH STX ETX EOT ENQ ACK BEL BS HT NL VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN " +
    "ETB CAN EM SUB ESC FS GS RS US").split(" ");

/** Prints the ASCII table. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ascii",
  usage: NO_HELP,
  about: "",
  lostOutput: "ignore",
  options: {},
  raw: true,
  run({ out }) {
    out.print("Dec Hex    Dec Hex    Dec Hex  Dec Hex  Dec Hex  Dec Hex   Dec Hex   Dec Hex\n");
    for (let row = 0; row < 16; row++) {
      let line = "";
      for (let code = row; code < 128; code += 16) {
        const name = NAMES[code] ?? (code === 127 ? "DEL" : String.fromCharCode(code));
        // Two columns of names, then plain characters; numbers above 95 need three places.
        const width = code < 32 ? 4 : code < 112 ? 2 : 0;
        const number = String(code).padStart(code < 96 ? 3 : 4);
        line += `${number} ${code.toString(16).padStart(2, "0")} ${name.padEnd(width)}`;
      }
      out.print(`${line}\n`);
    }
  },
});
