import { isVfsError, VfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";
import { execProgram } from "./_lib/program.ts";

const CLASSES = ["none", "realtime", "best-effort", "idle"];
/** Bits of a priority below those of its class (ioprio_set(2)). */
const CLASS_SHIFT = 13;
const DATA_MASK = 2 ** CLASS_SHIFT - 1;
/** What of it is the level; hints to the device are above. */
const LEVEL_MASK = 7;

/** Shows and changes the I/O priority of processes. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ionice",
  usage: "[-c 1-3] [-n 0-7] [-t] { -p PID | PROG ARGS }",
  about: "Change I/O priority and class",
  lostOutput: "ignore",
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
    const sets = ioClass !== undefined || priority !== undefined;
    let pid = opts.p ?? 0;
    let program = operands;
    if (opts.p === undefined && !sets && operands.length > 0) {
      pid = numberArgument(ctx, operands[0]);
      program = operands.slice(1);
    }
    try {
      if (!sets) {
        const { class: kind, data } = process.kernel.getIoPriority(pid);
        ctx.out.print(CLASSES[kind] + (kind === 3 ? "\n" : `: prio ${data}\n`));
        return 0;
      }
      const value = (ioClass ?? 0) << CLASS_SHIFT | (priority ?? 0);
      const kind = value >>> CLASS_SHIFT;
      // Without a class there is no level but 0 (ioprio_set(2)).
      if (kind > 3 || (kind === 0 && (value & LEVEL_MASK) !== 0)) throw new VfsError("EINVAL");
      process.kernel.setIoPriority(pid, { class: kind, data: value & DATA_MASK });
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (!sets) return ctx.fail(`ioprio_get: ${error.reason}`);
      if (!opts.t) return ctx.fail(`ioprio_set: ${error.reason}`);
    }
    return program.length > 0 ? execProgram(ctx, program) : 0;
  },
});
