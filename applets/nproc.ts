import { type Applet, defineApplet } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";

/** Counts processors. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "nproc",
  usage: "[--all] [--ignore=N]",
  about: "Print how many processors may be used",
  options: {
    all: { help: "How many there are" },
    ignore: { arg: "N", help: "Leave out N of them" },
  },
  run(ctx) {
    const { opts, process } = ctx;
    const ignored = opts.ignore === undefined ? 0 : numberArgument(ctx, opts.ignore);
    let count = process.kernel.processors;
    if (!opts.all) {
      let allowed = 0;
      for (let i = 0; i < count && i < 32; i++) allowed += process.affinity >>> i & 1;
      if (allowed > 0 && count <= 32) count = allowed;
    }
    ctx.out.print(`${Math.max(1, count - ignored)}\n`);
  },
});
