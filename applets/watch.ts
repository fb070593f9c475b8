import { type Applet, defineApplet } from "./contract.ts";
import { parseDuration } from "./_lib/duration.ts";
import { fixed } from "./_lib/format_number.ts";
import { screenColumns } from "./_lib/screen_size.ts";
import { calendarTime, zoneOf } from "./_lib/time.ts";
import { strftime } from "./_lib/strftime.ts";

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
    const period = parseDuration(ctx, opts.n ?? "2");
    const command = operands.join(" ");
    const title = `Every ${fixed(period / 1000, 1)}s: `;
    for (;;) {
      const width = screenColumns(process);
      out.print("\x1b[H\x1b[J");
      if (!opts.t) {
        const seconds = Math.floor(process.clock.nowMs() / 1000);
        const time = strftime("%Y-%m-%d %H:%M:%S", calendarTime(seconds, zoneOf(process)), seconds);
        const line = title + command.padEnd(width);
        // The time stands at the end of the line, over whatever is there, if it fits.
        const room = width - 1 - time.length;
        out.print(room > 0 ? `${line.slice(0, room)}${time}\n\n` : `${line}\n\n`);
      }
      const flushed = out.flush();
      if (flushed !== undefined) await flushed;
      // As in native, the words are joined and given to the shell.
      await process.spawn(["sh", "-c", command]).wait();
      await process.sleep(period);
    }
  },
});
