import { type Applet, defineApplet } from "./contract.ts";
import { Formatter } from "./_lib/printf.ts";
import { after } from "./_lib/sequence.ts";

/** Formats arguments. Source of behaviour: POSIX printf, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "printf",
  usage: "FORMAT [ARG]...",
  about: "Print the ARGs by FORMAT, as C's printf does",
  lostOutput: "ignore",
  options: {},
  raw: true,
  run(ctx) {
    let words = ctx.operands;
    if (words[0] === "--") words = words.slice(1);
    if (words.length === 0) ctx.usage();
    const formatter = new Formatter(ctx, words[0], words.slice(1));
    const running = formatter.run();
    // A full device is no failure to native, a closed descriptor is one.
    if (ctx.process.fd(1) !== undefined) return running;
    return after(running, (status) => status || 1);
  },
});
