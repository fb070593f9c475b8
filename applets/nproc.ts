import { type Applet, defineApplet } from "./contract.ts";

/** Counts processors. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "nproc",
  usage: "[--all] [--ignore=N]",
  about: "Print how many processors may be used",
  lostOutput: "ignore",
  options: {
    ignore: { arg: "N", numeric: true, help: "Leave out N of them" },
    all: { help: "How many there are" },
  },
  run(ctx) {
    const { opts, process } = ctx;
    const ignored = opts.ignore ?? 0;
    let count = process.kernel.processors;
    if (!opts.all) {
      let allowed = 0;
      for (let i = 0; i < count && i < 32; i++) allowed += process.affinity >>> i & 1;
      if (allowed > 0 && count <= 32) count = allowed;
    }
    ctx.out.print(`${Math.max(1, count - ignored)}\n`);
  },
});
