import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";
import { execProgram } from "./_lib/program.ts";

const CLASSES = ["none", "realtime", "best-effort", "idle"];
/** Priorities go from 0 to 7 (ioprio_set(2)). */
const LAST_PRIORITY = 7;

/** Shows and changes the I/O priority of processes. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ionice",
  usage: "[-c 1-3] [-n 0-7] [-t] { -p PID | PROG ARGS }",
  about: "Change I/O priority and class",
  options: {
    c: { arg: "N", numeric: true, help: "Class: 1 realtime, 2 best-effort, 3 idle" },
    n: { arg: "N", numeric: true, help: "Priority within the class" },
    t: { help: "Ignore errors" },
    p: { arg: "PID", numeric: true },
  },
  posix: true,
  run(ctx) {
    const { opts, operands, process } = ctx;
    const ioClass = opts.c;
    const priority = opts.n;
    if (ioClass !== undefined && ioClass > 3) return ctx.fail(`bad class ${ioClass}`);
    let pid = 0;
    let program = operands;
    if (opts.p !== undefined) pid = opts.p;
    else if (ioClass === undefined && priority === undefined && operands.length > 0) {
      pid = numberArgument(ctx, operands[0]);
      program = operands.slice(1);
    }
    try {
      const now = process.kernel.getIoPriority(pid);
      if (ioClass === undefined && priority === undefined) {
        const name = CLASSES[now.class];
        ctx.out.print(
          now.class === 3 ? `${name}\n` : `${name}: prio ${now.class === 0 ? 0 : now.data}\n`,
        );
        return 0;
      }
      // Without a class there is no priority but 0 (ioprio_set(2)).
      const classless = (ioClass ?? now.class) === 0 && (priority ?? 0) > 0;
      if (classless || (priority !== undefined && priority > LAST_PRIORITY)) {
        if (!opts.t) return ctx.fail("ioprio_set: Invalid argument");
      } else {
        // A priority alone means the best-effort class.
        process.kernel.setIoPriority(pid, {
          class: ioClass ?? (now.class === 0 ? 2 : now.class),
          data: ioClass === 3 ? 7 : priority ?? now.data,
        });
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      const call = ioClass === undefined && priority === undefined ? "ioprio_get" : "ioprio_set";
      if (!opts.t) return ctx.fail(`${call}: ${error.reason}`);
    }
    if (opts.p === undefined && program.length > 0) return execProgram(ctx, program);
    return 0;
  },
});
