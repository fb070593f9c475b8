import { isVfsError } from "../sandbox/errors.ts";
import type { ByteString, ProcessInfo } from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";

/** Changes the niceness of running processes. Source of behaviour: POSIX renice, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "renice",
  usage: "[-n] PRIORITY [[-p|g|u] ID...]...",
  about: "Change the scheduling priority of running processes",
  options: {
    n: { help: "Add PRIORITY to the present niceness" },
    p: { help: "IDs are processes (default)" },
    g: { help: "IDs are process groups" },
    u: { help: "IDs are user names" },
  },
  raw: true,
  run(ctx) {
    const words = [...ctx.operands];
    let relative = false;
    if (words[0]?.startsWith("-n")) {
      relative = true;
      const rest = words.shift()!.slice(2);
      if (rest !== "") words.unshift(rest);
    }
    const text = words.shift();
    if (text === undefined) return ctx.usage();
    const priority = priorityOf(ctx as unknown as Context, text);
    let which = "p";
    for (const word of words) {
      // What the next ones are may stand in front of one, in the same word.
      const marked = /^-[pgu]/.test(word);
      if (marked) which = word[1];
      const id = marked ? word.slice(2) : word;
      if (!marked || id !== "") changeAll(ctx, which, id, priority, relative);
    }
    return ctx.status;
  },
});

/** Numbers above are none to native, and those above the next out of range. */
const LARGEST = 0xffff_ffff;
const LARGEST_INT = 0x7fff_ffff;
/** What may be added to any niceness without leaving 32 bits. */
const LEAST = -(2 ** 30);
const MOST = 2 ** 30 - 1;

function priorityOf(ctx: Context, text: ByteString): number {
  const digits = text.replace(/^[-+]/, "");
  if (!/^[0-9]+$/.test(digits) || Number(digits) > LARGEST) {
    return ctx.fail(`invalid number '${digits}'`);
  }
  if (Number(digits) > LARGEST_INT) {
    return ctx.fail(`number ${digits} is not in 0..${LARGEST_INT} range`);
  }
  const priority = Number(text);
  if (priority < LEAST || priority > MOST) {
    return ctx.fail(`number ${text} is not in ${LEAST}..${MOST} range`);
  }
  return priority;
}

function changeAll(
  ctx: Context,
  which: string,
  id: string,
  priority: number,
  relative: boolean,
): void {
  let wanted: number;
  if (which === "u") {
    const user = new Accounts(ctx.fs).user(id);
    if (user === undefined) return ctx.warn(`unknown user ${id}`);
    wanted = user.uid;
  } else {
    if (!/^[0-9]+$/.test(id) || Number(id) > LARGEST) return ctx.warn(`invalid number '${id}'`);
    wanted = Number(id);
  }
  const belongs = (info: ProcessInfo): boolean =>
    info.state !== "Z" &&
    wanted === (which === "p" ? info.pid : which === "g" ? info.pgid : info.uid);
  const { kernel } = ctx.process;
  const found = kernel.processes().filter(belongs);
  if (found.length === 0) {
    ctx.warn(`${relative ? "getpriority" : "setpriority"}: No such process`);
    return;
  }
  for (const info of found) {
    try {
      kernel.setPriority(info.pid, relative ? info.nice + priority : priority);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`setpriority: ${error.reason}`);
    }
  }
}
