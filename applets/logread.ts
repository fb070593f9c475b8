import { type Applet, defineApplet } from "./contract.ts";
import { priorityName } from "./_lib/syslog.ts";

/** Milliseconds between two looks at the log. */
const INTERVAL = 500;

/** Shows the sandbox's log. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "logread",
  usage: "[-fF]",
  about: "Show the messages of the log",
  options: {
    f: { help: "Show new ones as they come" },
    F: { help: "As -f, after those that are there" },
  },
  async run(ctx) {
    const { opts, process, out } = ctx;
    const { log } = process.kernel;
    const show = (line: string): void =>
      void out.print(
        `${
          line.replace(
            /^<(\d+)>(\S+ +\S+ \S+) /,
            (_, priority, when) =>
              `${when} ${process.kernel.hostname} ${priorityName(Number(priority))} `,
          )
        }\n`,
      );
    let last: string | undefined = log.lines().at(-1);
    if (!opts.f || opts.F) { for (const line of log.lines()) show(line); }
    if (!opts.f && !opts.F) return;
    let count = log.lines().length;
    for (;;) {
      const flushed = out.flush();
      if (flushed !== undefined) await flushed;
      await process.sleep(INTERVAL);
      const lines = log.lines();
      // A full log drops its oldest line for each new one: the last line seen tells what is new.
      let from = Math.min(count, lines.length);
      if (lines[from - 1] !== last) from = last === undefined ? 0 : lines.lastIndexOf(last) + 1;
      for (const line of lines.slice(from)) show(line);
      count = lines.length;
      last = lines.at(-1);
    }
  },
});
