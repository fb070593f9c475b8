import { type Applet, defineApplet } from "./contract.ts";
import { parseDuration } from "./_lib/duration.ts";

/** Waits. Source of behaviour: POSIX sleep, BusyBox 1.35 (suffixes and several operands). */
export const applet: Applet = defineApplet({
  name: "sleep",
  usage: "[N]...",
  about: "Wait for the sum of all N, which may be fractions and\n" +
    "end in s (seconds), m (minutes), h (hours) or d (days)",
  options: {},
  raw: true,
  minOperands: 1,
  run(ctx) {
    const { operands, process } = ctx;
    let total = 0;
    for (const word of operands) {
      total += /^inf/i.test(word) ? Infinity : parseDuration(ctx, word);
    }
    return total > 0 ? process.sleep(total) : undefined;
  },
});
