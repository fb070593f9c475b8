/**
 * Jobs: background commands, and waiting for children (POSIX 2.9.3, `jobs`, `wait`).
 *
 * @module
 */

import { type Child, type ExitStatus, type MaybePromise, SIG } from "../../sandbox/types.ts";
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
  return SIGNAL_WORDS[signal] ?? `Unknown signal ${signal}`;
}

/** One job. */
export class Job {
  /** Its status was given to somebody, so the slot may be used again. */
  waited = false;
  /** The last state that was shown. */
  shown = "";
  constructor(
    readonly id: number,
    readonly children: readonly Child[],
    readonly text: string,
    /** It has a process group of its own. */
    readonly controlled: boolean,
  ) {}

  get last(): Child {
    return this.children[this.children.length - 1];
  }

  get state(): "running" | "stopped" | "done" {
    let stopped = false;
    for (const c of this.children) {
      if (c.status !== undefined) continue;
      // Without job control nobody is told of stops.
      if (!c.stopped || !this.controlled) return "running";
      stopped = true;
    }
    return stopped ? "stopped" : "done";
  }

  /** Exit status of its last command. */
  get code(): number {
    return this.last.status?.code ?? 0;
  }

  /** `Running`, `Done(3)`, `Terminated`, … */
  get words(): string {
    switch (this.state) {
      case "running":
        return "Running";
      case "stopped":
        return "Stopped";
    }
    const s = this.last.status!;
    if (s.signal !== 0) return signalWords(s.signal);
    return s.code === 0 ? "Done" : `Done(${s.code})`;
  }
}

/** The jobs of one shell. */
export class JobTable {
  /** By slot: job number minus one. */
  private readonly slots: (Job | undefined)[] = [];
  /** Most recent first. */
  private order: Job[] = [];

  /** A subshell lists its parent's jobs but cannot wait for them. */
  forSubshell(): JobTable {
    return new JobTable();
  }

  /** `jobs | …` and `$(jobs)` list the jobs of the shell around them. */
  inheritList(from: JobTable): void {
    from.slots.forEach((job, i) => this.slots[i] = job);
    this.order = [...from.order];
  }

  /** Adds a job for children that run in the background. */
  add(children: readonly Child[], text: string, controlled: boolean): Job {
    this.sweep();
    let slot = this.slots.findIndex((j) => j === undefined);
    if (slot < 0) slot = this.slots.length;
    const job = new Job(slot + 1, children, text, controlled);
    this.slots[slot] = job;
    this.order.unshift(job);
    return job;
  }

  /** Frees the slots of jobs that ended and were waited for. */
  private sweep(): void {
    for (const job of [...this.order]) {
      if (job.waited && job.state === "done") this.remove(job);
    }
  }

  remove(job: Job): void {
    this.slots[job.id - 1] = undefined;
    this.order = this.order.filter((j) => j !== job);
  }

  /** All jobs, most recent first. */
  all(): readonly Job[] {
    return this.order;
  }

  /** The job becomes the current one. */
  touch(job: Job): void {
    this.order = [job, ...this.order.filter((j) => j !== job)];
  }

  /** The job with that process. */
  byPid(pid: number): Job | undefined {
    return this.order.find((j) => j.children.some((c) => c.pid === pid));
  }

  /** `+`, `-` or space. */
  mark(job: Job): string {
    return this.order[0] === job ? "+" : this.order[1] === job ? "-" : " ";
  }

  /** The job that `%n`, `%+`, `%-`, `%text`, `%?text` names; a message when there is none. */
  find(spec: string): Job | string {
    const s = spec.startsWith("%") ? spec.slice(1) : spec;
    if (s === "" || s === "+" || s === "%") return this.order[0] ?? "No current job";
    if (s === "-") return this.order[1] ?? "No previous job";
    if (/^[0-9]+$/.test(s)) return this.slots[Number(s) - 1] ?? `${spec}: no such job`;
    const inner = s.startsWith("?");
    const hits = this.order.filter((j) =>
      inner ? j.text.includes(s.slice(1)) : j.text.startsWith(s)
    );
    if (hits.length > 1) return `${spec}: ambiguous`;
    return hits[0] ?? `${spec}: no such job`;
  }

  /** One line of `jobs`. */
  line(job: Job, withPid: boolean): string {
    let head = `[${job.id}]${this.mark(job)}  `;
    if (withPid) head += `${job.children[0].pid} `;
    return (head + job.words).padEnd(33) + job.text + "\n";
  }
}

/** The status of a child that has ended, with a word about the signal if there was one. */
function statusOf(sh: Shell, s: ExitStatus): number {
  if (s.signal !== 0 && s.signal !== SIG.INT && s.signal !== SIG.PIPE) {
    sh.say(signalWords(s.signal) + "\n");
  }
  return s.code;
}

/** Waits for a foreground child. */
export function waitForeground(sh: Shell, child: Child): MaybePromise<number> {
  const s = child.wait();
  if (s instanceof Promise) return s.then((done) => statusOf(sh, done));
  return statusOf(sh, s);
}

/** Waits for the stages of a pipeline; the status is the last one's, or with `pipefail` the last bad one's. */
export function waitPipeline(sh: Shell, children: readonly Child[]): MaybePromise<number> {
  const statuses: number[] = [];
  for (let i = 0; i < children.length; i++) {
    const s = children[i].wait();
    if (s instanceof Promise) return waitRest(sh, children, i, s, statuses);
    statuses.push(noteStage(sh, s, i === children.length - 1));
  }
  return pipelineStatus(sh, statuses);
}

function noteStage(sh: Shell, s: ExitStatus, last: boolean): number {
  return last ? statusOf(sh, s) : s.code;
}

async function waitRest(
  sh: Shell,
  children: readonly Child[],
  at: number,
  first: Promise<ExitStatus>,
  statuses: number[],
): Promise<number> {
  statuses.push(noteStage(sh, await first, at === children.length - 1));
  for (let i = at + 1; i < children.length; i++) {
    statuses.push(noteStage(sh, await children[i].wait(), i === children.length - 1));
  }
  return pipelineStatus(sh, statuses);
}

function pipelineStatus(sh: Shell, statuses: readonly number[]): number {
  if (sh.flags.pipefail) {
    for (let i = statuses.length - 1; i >= 0; i--) if (statuses[i] !== 0) return statuses[i];
    return 0;
  }
  return statuses[statuses.length - 1];
}

/** Takes a finished job's status, saying which signal ended it. */
export function collect(sh: Shell, job: Job): number {
  for (const child of job.children) if (child.status !== undefined) void child.wait();
  const signal = job.last.status?.signal ?? 0;
  if (signal !== 0 && signal !== SIG.INT && signal !== SIG.PIPE && !job.waited) {
    sh.say(signalWords(signal) + "\n");
  }
  job.waited = true;
  return job.code;
}

/** Waits for a job in the foreground; when it stops, it stays a job. */
export async function foreground(sh: Shell, job: Job): Promise<number> {
  const tty = sh.proc.tty;
  if (tty !== undefined) tty.foreground = job.children[0].pid;
  while (job.state === "running") {
    await sh.proc.waitAny([sh.proc.childChanged]);
  }
  if (tty !== undefined) tty.foreground = sh.proc.pgid;
  if (job.state === "stopped") {
    sh.jobs.touch(job);
    sh.say("\n" + sh.jobs.line(job, false));
    return 128 + SIG.TSTP;
  }
  const code = collect(sh, job);
  sh.jobs.remove(job);
  return code;
}
