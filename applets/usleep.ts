import { type Applet, defineApplet } from "./contract.ts";
import { parseDecimal } from "./_lib/strtod.ts";

/** Waits for microseconds. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "usleep",
  usage: "N",
  about: "Wait for N microseconds",
  options: {},
  raw: true,
  minOperands: 1,
  run({ operands, process, fail }) {
    const [word] = operands;
    const microseconds = parseDecimal(word, 0xffff_ffff) ?? fail(`invalid number '${word}'`);
    return microseconds > 0 ? process.sleep(microseconds / 1000) : undefined;
  },
});
