/**
 * What is said of jobs, and job control: a part that scripts without either do not load.
 *
 * @module
 */

import { SIG } from "../../sandbox/types.ts";
import { ShellExit } from "./errors.ts";
import { commandText } from "./job_text.ts";
import type { Job, JobTable } from "./jobs.ts";
import type { Shell } from "./shell.ts";

/** What the shell says of a child that a signal ended; the number is the signal's. */
const SIGNAL_WORDS: readonly string[] = [
  "",
  "Hangup",
  "Interrupt",
  "Quit",
  "Illegal instruction",
  "Trace/breakpoint trap",
  "Aborted",
  "Bus error",
  "Floating point exception",
  "Killed",
  "User defined signal 1",
  "Segmentation fault",
  "User defined signal 2",
  "Broken pipe",
  "Alarm clock",
  "Terminated",
  "Stack fault",
  "Child exited",
  "Continued",
  "Stopped (signal)",
  "Stopped",
  "Stopped (tty input)",
  "Stopped (tty output)",
  "Urgent I/O condition",
  "CPU time limit exceeded",
  "File size limit exceeded",
  "Virtual timer expired",
  "Profiling timer expired",
  "Window changed",
  "I/O possible",
  "Power failure",
  "Bad system call",
];

/** The words for a signal. */
export function signalWords(signal: number): string {
  return SIGNAL_WORDS[signal] ??
    (signal < 34 ? `Unknown signal ${signal}` : `Real-time signal ${signal - 34}`);
}

/** The commands of the processes of a job as texts; there are none without job control. */
function jobTexts({ command, children }: Job): string[] {
  if (typeof command !== "string") {
    return command.k === "pipe" ? command.cmds.map(commandText) : [commandText(command)];
  }
  return command === "" ? children.map(() => "") : [command];
}

/** The command of a job as text. */
export function jobText(job: Job): string {
  return jobTexts(job).join(" | ");
}

/** `Running`, `Done(3)`, `Terminated`, … */
function stateWords(job: Job): string {
  switch (job.state) {
    case "running":
      return "Running";
    case "stopped": {
      const child = job.children.find((each) => each.status === undefined && each.stopped);
      return signalWords(child?.stopSignal ?? SIG.TSTP);
    }
  }
  const s = job.last.status!;
  if (s.signal !== 0) return signalWords(s.signal);
  return s.code === 0 ? "Done" : `Done(${s.code})`;
}

/** One line of `jobs`, with process ids one for each process. */
export function jobLine(table: JobTable, job: Job, withPid: boolean): string {
  const order = table.all();
  const mark = order[0] === job ? "+" : order[1] === job ? "-" : " ";
  let head = `[${job.id}]${mark}  `;
  if (!withPid) return (head + stateWords(job)).padEnd(33) + jobText(job) + "\n";
  head += `${job.children[0].pid} `;
  const [first, ...others] = jobTexts(job);
  return (head + stateWords(job)).padEnd(33) + first + "\n" +
    others.map((text, i) => `      ${job.children[i + 1].pid} `.padEnd(33) + `| ${text}\n`).join(
      "",
    );
}

/** The job that `%n`, `%+`, `%-`, `%text`, `%?text` names; a message when there is none. */
export function findJob(table: JobTable, spec: string): Job | string {
  const order = table.all();
  const s = spec.startsWith("%") ? spec.slice(1) : spec;
  if (s === "" || s === "+" || s === "%") return order[0] ?? "No current job";
  if (s === "-") return order[1] ?? "No previous job";
  if (/^%[0-9]+$/.test(spec)) return table.numbered(Number(s)) ?? `${spec}: no such job`;
  const inner = s.startsWith("?");
  const hits = order.filter((job) =>
    inner ? jobText(job).includes(s.slice(1)) : jobText(job).startsWith(s)
  );
  if (hits.length > 1) return `${spec}: ambiguous`;
  return hits[0] ?? `${spec}: no such job`;
}

/** Takes a finished job's status, saying which signal ended it if nobody has noticed before. */
export function collect(sh: Shell, job: Job): number {
  const isNews = job.noticed < job.ended;
  for (const child of job.children) {
    const signal = child.status?.signal ?? 0;
    if (isNews && signal !== 0 && signal !== SIG.INT && signal !== SIG.PIPE) {
      sh.say(signalWords(signal) + "\n");
    }
  }
  job.waited = true;
  job.notice();
  sh.jobs.notice();
  if (!sh.flags.pipefail) return job.code;
  return job.children.findLast((child) => child.status?.code)?.status?.code ?? 0;
}

/** What an interactive shell says, once, before it ends while jobs are stopped. */
export function warnOfStopped(sh: Shell): string | undefined {
  if (sh.warnedOfJobs > 0 || !sh.jobs.all().some((job) => job.state === "stopped")) {
    return undefined;
  }
  sh.warnedOfJobs = 2;
  return "You have stopped jobs.\n";
}

/** Waits for a job in the foreground; when it stops, it stays a job. */
export async function watch(sh: Shell, job: Job): Promise<number> {
  const tty = sh.proc.tty;
  if (tty !== undefined) tty.foreground = job.children[0].pid;
  while (job.state === "running") {
    await sh.proc.waitAny([sh.proc.childChanged]);
  }
  if (tty !== undefined) tty.foreground = sh.proc.pgid;
  if (job.state === "stopped") {
    sh.jobs.touch(job);
    // An interactive shell says so before its next prompt, which may be some commands later.
    if (sh.flags.interactive) job.untold = true;
    else sh.say(jobLine(sh.jobs, job, false));
    const child = job.children.find((each) => each.status === undefined && each.stopped);
    return 128 + (child?.stopSignal ?? SIG.TSTP);
  }
  const code = collect(sh, job);
  sh.jobs.remove(job);
  if (job.last.status?.signal === SIG.INT) interruptedJob(sh);
  return code;
}

/** Takes SIGINT out of the queue; true when it was there and has no action of the script. */
export function takeInterrupt(sh: Shell): boolean {
  const { pending } = sh.traps;
  const at = pending.indexOf(SIG.INT);
  if (at < 0 || sh.traps.has(SIG.INT)) return false;
  pending.splice(at, 1);
  sh.interrupts = pending.length;
  return true;
}

/** What runs in the foreground was ended by ^C: so is all that an interactive shell is doing. */
export function interruptedJob(sh: Shell): void {
  if (!sh.flags.interactive) return;
  const action = sh.traps.action(SIG.INT);
  if (action === undefined) {
    sh.say("\n");
    throw new ShellExit(128 + SIG.INT, true);
  }
  if (action !== "") sh.traps.take(SIG.INT);
}

/** ^C ends the command that the text of a substitution was for, too. */
export function interruptedSubstitution(sh: Shell): void {
  if (takeInterrupt(sh)) interruptedJob(sh);
}
