import { type Applet, defineApplet } from "./contract.ts";

/** Prints the log of the sandbox. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "dmesg",
  usage: "[-cr] [-n LEVEL] [-s SIZE]",
  about: "Print the sandbox's log",
  options: {
    c: { help: "Clear it afterwards" },
    n: { arg: "LEVEL", numeric: true, help: "Level of what the console shows" },
    s: { arg: "SIZE", numeric: true, help: "Print the last SIZE bytes only" },
    r: { help: "With priorities" },
  },
  run(ctx) {
    const { opts, process, out } = ctx;
    const { log } = process.kernel;
    if (opts.n !== undefined) {
      // There is no console whose level could be set.
      return opts.n >= 1 && opts.n <= 8 ? 0 : ctx.fail("klogctl: Invalid argument");
    }
    // SIZE is what the buffer can hold; native raises a smaller one to what it needs.
    const size = opts.s ?? Infinity;
    const lines = log.lines();
    let first = lines.length;
    for (let bytes = 0; first > 0; first--) {
      bytes += lines[first - 1].length + 1;
      if (bytes > size) break;
    }
    for (const line of lines.slice(first)) {
      out.print(`${opts.r ? line : line.replace(/^<\d+>/, "")}\n`);
    }
    if (opts.c) log.clear();
    return 0;
  },
});
