import { type Applet, defineApplet } from "./contract.ts";
import { CHUNK, readLeniently } from "./_lib/streams.ts";
import { strftime } from "./_lib/strftime.ts";
import { calendarTime, UTC, zoneOf } from "./_lib/time.ts";

/** Puts the time before each line. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ts",
  usage: "[-is] [STRFTIME]",
  about: "Copy stdin to stdout with a time stamp before each line",
  lostOutput: "ignore",
  options: {
    s: { help: "Time since the start" },
    i: { help: "Time since the line before" },
  },
  maxOperands: 1,
  async run(ctx) {
    const { opts, operands, process, out, stdin } = ctx;
    const relative = opts.s || opts.i;
    const format = operands[0] ?? (relative ? "%b %d %H:%M:%S".slice(6) : "%b %d %H:%M:%S");
    const zone = relative ? UTC : zoneOf(process);
    let base = process.clock.nowNs();
    // A long line comes in pieces, of which the first has the stamp.
    let begins = true;
    for (;;) {
      let line = readLeniently(stdin, 10, CHUNK);
      if (line instanceof Promise) line = await line;
      if (line === undefined) return;
      const now = process.clock.nowNs();
      const shown = relative ? now - base : now;
      if (opts.i) base = now;
      const seconds = Number(shown / 1000000000n);
      const micros = String(shown % 1000000000n / 1000n).padStart(6, "0");
      // `%.S`, `%.s` and `%.T` show fractions of the second too.
      const precise = format.replace(
        /%%|%\.([sST])/g,
        (whole, letter) => letter === undefined ? whole : `%${letter}.${micros}`,
      );
      const stamp = strftime(precise, calendarTime(seconds, zone), seconds);
      // To native a NUL ends a line as a newline does, and is not shown.
      let full: void | Promise<void> = undefined;
      for (let from = 0; from < line.length;) {
        const nul = line.indexOf(0, from);
        const end = nul < 0 ? line.length : nul;
        if (begins) out.print(stamp + " ");
        full = out.bytes(line, from, end);
        from = end + (nul < 0 ? 0 : 1);
        begins = nul >= 0 || line[line.length - 1] === 10;
      }
      full ??= ctx.tick(2);
      if (full !== undefined) await full;
      // What comes slowly is shown as it comes.
      if (!stdin.file.readable) {
        const flushed = out.flush();
        if (flushed !== undefined) await flushed;
      }
    }
  },
});
