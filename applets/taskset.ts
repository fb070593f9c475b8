import { isVfsError } from "../sandbox/errors.ts";
import type { ByteString } from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { execProgram } from "./_lib/program.ts";

/** CPUs that a mask can name here; the kernel keeps masks as numbers. */
const CPUS = 52;

const MOST_PID = 2147483647;
/** Numbers of a list above are none to native. */
const LARGEST = 0xffff_ffff;

/** Shows and changes the CPU mask of processes. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "taskset",
  usage: "[-ap] [HEXMASK | -c LIST] { PID | PROG ARGS }",
  about: "Show or set on which CPUs a process may run",
  lostOutput: "ignore",
  options: {
    p: { help: "Operate on a running PID" },
    a: { help: "Operate on all its threads" },
    c: { help: "The affinity is a list of CPUs, not a mask" },
  },
  posix: true,
  minOperands: 1,
  run(ctx) {
    const { opts, operands, process } = ctx;
    let pid = 0;
    let affinity: ByteString | undefined = operands[0];
    if (opts.p) {
      // One operand is the process to show, two are what to set and the process.
      const target = operands.length > 1 ? operands[1] : operands[0];
      if (operands.length === 1) affinity = undefined;
      if (!/^[0-9]+$/.test(target) || Number(target) > 0xffffffff) {
        return ctx.fail(`invalid number '${target}'`);
      }
      pid = Number(target);
      if (pid < 1 || pid > MOST_PID) {
        return ctx.fail(`number ${target} is not in 1..${MOST_PID} range`);
      }
    } else if (operands.length < 2) return ctx.usage();
    const show = (what: "current" | "new"): void => {
      const mask = get(ctx, pid);
      const text = opts.c ? listText(mask) : mask.toString(16);
      const kind = opts.c ? "list" : "mask";
      ctx.out.print(`pid ${pid}'s ${what} affinity ${kind}: ${text}\n`);
    };
    if (opts.p) show("current");
    if (affinity !== undefined) {
      const mask = opts.c ? parseList(affinity) : parseMask(affinity);
      if (mask === undefined) return ctx.fail(`bad affinity '${affinity}'`);
      const present = mask % 2 ** process.kernel.processors;
      if (present === 0) return ctx.fail(`can't set pid ${pid}'s affinity: Invalid argument`);
      try {
        process.kernel.setAffinity(pid, present);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't set pid ${pid}'s affinity: ${error.reason}`);
      }
      if (opts.p) show("new");
    }
    if (opts.p) return 0;
    return execProgram(ctx, operands.slice(1));
  },
});

function get(ctx: Context, pid: number): number {
  try {
    return ctx.process.kernel.getAffinity(pid);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't get pid ${pid}'s affinity: ${error.reason}`);
  }
}

/** A hexadecimal mask; CPUs above those that exist are dropped later. */
function parseMask(text: ByteString): number | undefined {
  const digits = /^0[xX]/.test(text) ? text.slice(2) : text;
  if (!/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  return parseInt(digits.slice(-CPUS / 4), 16) || 0;
}

/** `0,2-5,8-15:2` */
function parseList(text: ByteString): number | undefined {
  const cpus = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^([0-9]+)(?:-([0-9]+)(?::([0-9]+))?)?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    const step = match[3] === undefined ? 1 : Number(match[3]);
    if (last < first || step === 0 || Math.max(last, step) > LARGEST) return undefined;
    for (let cpu = first; cpu <= Math.min(last, CPUS - 1); cpu += step) cpus.add(cpu);
  }
  let mask = 0;
  for (const cpu of cpus) if (cpu < CPUS) mask += 2 ** cpu;
  return mask;
}

function listText(mask: number): string {
  const parts: string[] = [];
  for (let cpu = 0; cpu < CPUS; cpu++) {
    if (Math.floor(mask / 2 ** cpu) % 2 === 0) continue;
    const first = cpu;
    while (Math.floor(mask / 2 ** (cpu + 1)) % 2 === 1) cpu++;
    parts.push(
      first === cpu ? `${first}` : `${first}-${cpu}`,
    );
  }
  return parts.join(",");
}
