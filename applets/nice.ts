import { type Applet, defineApplet } from "./contract.ts";
import { execProgram } from "./_lib/program.ts";

/**
 * Runs a program with another niceness. Debian's busybox lacks it; POSIX nice and BusyBox 1.35's own
 * usage line are the source.
 */
export const applet: Applet = defineApplet({
  name: "nice",
  usage: "[-n ADJUST] [PROG ARGS]",
  about: "Run PROG with its niceness raised by ADJUST (10 by default), or show the\n" +
    "present niceness",
  options: { n: { arg: "ADJUST", help: "What to add; may be negative" } },
  posix: true,
  run(ctx) {
    const { opts, operands, process } = ctx;
    if (operands.length === 0 && opts.n === undefined) {
      ctx.out.print(`${process.nice}\n`);
      return 0;
    }
    if (opts.n !== undefined && !/^[-+]?[0-9]+$/.test(opts.n)) {
      return ctx.fail(`invalid number '${opts.n}'`);
    }
    if (operands.length === 0) return ctx.usage();
    process.nice += opts.n === undefined ? 10 : Number(opts.n);
    return execProgram(ctx, operands);
  },
});
