import { type Applet, defineApplet } from "./contract.ts";

/** Prints the machine type, the sandbox's own. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "arch",
  usage: "",
  about: "Print the architecture",
  options: {},
  raw: true,
  run({ process, out }) {
    void out.print(`${process.kernel.uname.machine}\n`);
  },
});
