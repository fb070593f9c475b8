import { type Applet, defineApplet } from "./contract.ts";
import { parseDuration } from "./_lib/duration.ts";
import { calendarTime, zoneOf } from "./_lib/time.ts";
import { strftime } from "./_lib/strftime.ts";

/** Columns where there is no terminal. */
const DEFAULT_WIDTH = 80;

/** Runs a program again and again. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "watch",
  usage: "[-n SEC] [-t] PROG ARGS",
  about: "Run PROG periodically, on a cleared screen",
  options: {
    n: { arg: "SEC", help: "Period (2 by default)" },
    t: { help: "Print no header" },
    d: {},
  },
  posix: true,
  minOperands: 1,
  async run(ctx) {
    const { opts, operands, process, out } = ctx;
    const text = opts.n ?? "2";
    const period = parseDuration(text) ?? ctx.fail(`invalid number '${text}'`);
    const command = operands.join(" ");
    const title = `Every ${(period / 1000).toFixed(1)}s: ${command}`;
    for (;;) {
      const terminal = ctx.stdout.isTerminal ? process.tty : undefined;
      const width = terminal?.columns() ?? DEFAULT_WIDTH;
      out.print("\x1b[H\x1b[J");
      if (!opts.t) {
        const seconds = Math.floor(process.clock.nowMs() / 1000);
        const time = strftime("%Y-%m-%d %H:%M:%S", calendarTime(seconds, zoneOf(process)), seconds);
        const room = width - time.length - 1;
        if (room > 0) out.print(`${title.slice(0, room).padEnd(room)} ${time}\n`);
        else out.print(`${title.slice(0, width)}\n`);
        out.print("\n");
      }
      const flushed = out.flush();
      if (flushed !== undefined) await flushed;
      // As in native, the words are joined and given to the shell.
      await process.spawn(["sh", "-c", command]).wait();
      await process.sleep(period);
    }
  },
});
