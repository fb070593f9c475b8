import { type Applet, defineApplet } from "./contract.ts";
import { processesNamed } from "./_lib/process_match.ts";

/** Lists the numbers of processes by name. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "pidof",
  usage: "[NAME]...",
  about: "List the numbers of all processes that have one of the NAMEs",
  lostOutput: "ignore",
  options: {},
  *run({ operands, process, out }) {
    const found: number[] = [];
    for (const name of operands) {
      const turn = process.tick(8);
      if (turn !== undefined) yield turn;
      found.push(...processesNamed(process, name));
    }
    if (found.length === 0) return 1;
    out.print(`${found.join(" ")}\n`);
    return 0;
  },
});
