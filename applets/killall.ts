import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { processesNamed } from "./_lib/process_match.ts";
import { signalNumber, signalTable, translateSignal } from "./_lib/signals.ts";

/** Sends a signal to processes by name. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "killall",
  usage: "[-lq] [-SIG] PROCESS_NAME...",
  about: "Send a signal (TERM by default) to all processes of each name",
  lostOutput: "ignore",
  options: {
    l: { help: "List signal names and numbers" },
    q: { help: "Say nothing when no process has the name" },
  },
  raw: true,
  run(ctx) {
    const words = [...ctx.operands];
    let quiet = false;
    let signal = 15;
    while (words.length > 0 && words[0].startsWith("-") && words[0] !== "-") {
      const word = words.shift()!;
      if (word === "--") break;
      if (word === "-l") {
        if (words.length === 0) ctx.out.print(signalTable());
        for (const name of words) {
          const text = translateSignal(name);
          if (text === undefined) return ctx.fail(`unknown signal '${name}'`);
          ctx.out.print(`${text}\n`);
        }
        return 0;
      }
      if (word === "-q" && !quiet) {
        quiet = true;
        if (words.length === 0) return ctx.usage();
        continue;
      }
      let name = word.slice(1);
      if (name === "s" && words.length > 0) name = words.shift()!;
      const number = signalNumber(name);
      if (number === undefined) return ctx.fail(`bad signal name '${name}'`);
      signal = number;
      break;
    }
    if (words.length === 0) return ctx.fail("you need to specify whom to kill");
    let failures = 0;
    for (const name of words) {
      const pids = processesNamed(ctx.process, name);
      if (pids.length === 0) {
        failures++;
        if (!quiet) ctx.warn(`${name}: no process killed`);
      }
      for (const pid of pids) {
        // Its own name is found, and nothing is done about it.
        if (pid === ctx.process.pid) continue;
        try {
          ctx.process.kill(pid, signal);
        } catch (error) {
          if (!isVfsError(error)) throw error;
          failures++;
          if (!quiet) ctx.warn(`can't kill pid ${pid}: ${error.reason}`);
        }
      }
    }
    return failures;
  },
});
