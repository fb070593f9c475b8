import { SIG } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { parseDuration } from "./_lib/duration.ts";
import { spawnProgram } from "./_lib/program.ts";
import { signalNumber } from "./_lib/signals.ts";

/** Runs a program for a limited time. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "timeout",
  usage: "[-s SIG] [-k KILL_SECS] SECS PROG ARGS",
  about: "Run PROG, and send it a signal (TERM by default) when SECS are over.\n" +
    "With -k, send KILL when it still runs KILL_SECS later.",
  options: {
    s: { arg: "SIG", help: "Signal to send" },
    k: { arg: "KILL_SECS", help: "Seconds until KILL follows" },
  },
  posix: true,
  async run(ctx) {
    const { opts, operands, process } = ctx;
    let signal = SIG.TERM as number;
    if (opts.s !== undefined) {
      signal = signalNumber(opts.s) ?? ctx.fail(`unknown signal '${opts.s}'`);
    }
    let killAfter = 0;
    if (opts.k !== undefined) {
      killAfter = parseDuration(ctx, opts.k);
    }
    if (operands.length < 1) return ctx.usage();
    const time = parseDuration(ctx, operands[0]);
    if (operands.length < 2) return ctx.usage();
    const child = spawnProgram(ctx, operands.slice(1));
    // Zero seconds means no limit, as in native.
    const waits = [[time, signal], [killAfter, SIG.KILL as number]];
    for (const [milliseconds, number] of waits) {
      if (milliseconds <= 0) break;
      const end = process.clock.monotonicMs() + milliseconds;
      while (child.status === undefined) {
        const left = end - process.clock.monotonicMs();
        if (left <= 0) break;
        await process.waitAny([process.childChanged], left);
      }
      if (child.status !== undefined) break;
      process.kill(child.pid, number);
    }
    const status = await child.wait();
    // Native becomes the program, so that the shell sees what the program died of.
    if (status.signal > 0 && process.getSignal(status.signal) === "default") {
      process.kill(process.pid, status.signal);
    }
    return status.code;
  },
});
