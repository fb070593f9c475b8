import { type Applet, defineApplet } from "./contract.ts";

/** Names the terminal of standard input. Source of behaviour: POSIX tty, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tty",
  usage: "[-s]",
  about: "Print the name of the terminal that is standard input",
  options: { s: { help: "Print nothing, only give the status" } },
  usageStatus: 2,
  run({ opts, operands, process, out, warn }) {
    if (operands.length > 0) warn("ignoring all arguments");
    const terminal = process.fd(0)?.tty;
    if (!opts.s) out.print(`${terminal?.name ?? "not a tty"}\n`);
    return terminal === undefined ? 1 : 0;
  },
});
