import { type Applet, defineApplet } from "./contract.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toBytes } from "../sandbox/bytes.ts";

/** Bytes written at once. */
const BLOCK = 16384;

/** Prints a line again and again. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "yes",
  usage: "[STRING]",
  about: "Print a line with STRING, or y, until stopped",
  options: {},
  raw: true,
  async run({ operands, stdout, fail }) {
    const line = operands.length === 0 ? "y\n" : operands.join(" ") + "\n";
    const block = toBytes(line.repeat(Math.max(1, Math.floor(BLOCK / line.length))));
    for (;;) {
      // The block never changes, so a reader may keep it.
      try {
        const full = stdout.write(block);
        if (full !== undefined) await full;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        // Native names no file, and its C library shows that as it does.
        return fail(`(null): ${error.reason}`);
      }
    }
  },
});
