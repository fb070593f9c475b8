import { type Applet, defineApplet } from "./contract.ts";
import { uptimeLine } from "./_lib/uptime.ts";

/** Tells how long the sandbox has been up. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "uptime",
  usage: "",
  about: "Display the time since the sandbox started",
  lostOutput: "ignore",
  options: { s: {} },
  run({ opts, process, out }) {
    if (opts.s) {
      const boot = new Date(process.kernel.bootMs).toISOString();
      out.print(`${boot.slice(0, 10)} ${boot.slice(11, 19)}\n`);
    } else out.print(uptimeLine(process));
    return 0;
  },
});
