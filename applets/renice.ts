import { isVfsError } from "../sandbox/errors.ts";
import type { ProcessInfo } from "../sandbox/types.ts";
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
    if (!/^[-+]?[0-9]+$/.test(text)) {
      return ctx.fail(`invalid number '${text.replace(/^[-+]/, "")}'`);
    }
    const priority = Number(text);
    let which = "p";
    for (const word of words) {
      if (/^-[pgu]$/.test(word)) {
        which = word[1];
        continue;
      }
      changeAll(ctx, which, word, priority, relative);
    }
    return ctx.status;
  },
});

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
    if (!/^[0-9]+$/.test(id)) return ctx.warn(`invalid number '${id}'`);
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
