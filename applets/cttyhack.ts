import { type Applet, defineApplet } from "./contract.ts";
import { execProgram } from "./_lib/program.ts";

/** Runs a program, with a controlling terminal if there is one. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "cttyhack",
  usage: "[PROG ARGS]",
  about: "Run PROG with a controlling terminal if possible",
  options: {},
  raw: true,
  run(ctx) {
    if (ctx.operands.length === 0) return ctx.process.tty === undefined ? 1 : 0;
    // A terminal of the sandbox is always its processes' controlling terminal.
    if (ctx.process.tty === undefined) ctx.warn("can't open '': No such file or directory");
    return execProgram(ctx, ctx.operands);
  },
});
