/**
 * Jobs: background commands, and waiting for children (POSIX 2.9.3, `jobs`, `wait`).
 *
 * @module
 */

import { type Child, type ExitStatus, type MaybePromise, SIG } from "../../sandbox/types.ts";
import type { Node } from "./ast.ts";
import { JOB_VIEW, type JobView } from "./parts.ts";
import type { Shell } from "./shell.ts";

/** One job. */
export class Job {
  /** Its status was given to somebody, so the slot may be used again. */
  waited = false;
  /** It has stopped, and the user does not know yet. */
  untold = false;
  /** How many of its children the shell has seen end, which is where native says by what signal. */
  noticed = 0;
  /** The last state that was shown. */
  shown = "";
  constructor(
    readonly id: number,
    readonly children: readonly Child[],
    /** The command: its text, or the tree of which `job_view.ts` makes it. */
    readonly command: string | Node,
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

  /** How many of its children have ended. */
  get ended(): number {
    let count = 0;
    for (const { status } of this.children) if (status !== undefined) count++;
    return count;
  }

  /** The shell sees which of its children have ended. */
  notice(): void {
    const ended = this.ended;
    if (ended === this.noticed) return;
    this.noticed = ended;
    for (const child of this.children) if (child.status !== undefined) void child.wait();
  }

  /** Exit status of its last command. */
  get code(): number {
    return this.last.status?.code ?? 0;
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
  add(children: readonly Child[], command: string | Node, controlled: boolean): Job {
    this.sweep();
    let slot = this.slots.findIndex((j) => j === undefined);
    if (slot < 0) slot = this.slots.length;
    const job = new Job(slot + 1, children, command, controlled);
    this.slots[slot] = job;
    this.order.unshift(job);
    return job;
  }

  /** Frees the first slot of a job that ended and was waited for, unless there is a free one before it, as natively whenever a child is made. */
  sweep(): void {
    const job = this.slots.find((job) => !job || (job.waited && job.state === "done"));
    if (job) this.remove(job);
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

  /**
   * A child was waited for, and with it every other that had ended: how those did is not said any
   * more, and their numbers mean nobody.
   */
  notice(): void {
    for (const job of this.order) if (job.noticed < job.children.length) job.notice();
  }

  /** The job with that number. */
  numbered(id: number): Job | undefined {
    return this.slots[id - 1];
  }
}

/** The status of a child that has ended, with a word about the signal if there was one. */
function statusOf(sh: Shell, s: ExitStatus): MaybePromise<number> {
  sh.jobs.notice();
  if (s.signal === 0 || s.signal === SIG.INT || s.signal === SIG.PIPE) return s.code;
  const tell = ({ signalWords }: JobView): number => {
    sh.say(signalWords(s.signal) + "\n");
    return s.code;
  };
  const view = JOB_VIEW.loadFor(sh.proc);
  return view instanceof Promise ? view.then(tell) : tell(view);
}

/** Waits for a foreground child. */
export function waitForeground(sh: Shell, child: Child): MaybePromise<number> {
  const s = child.wait();
  if (s instanceof Promise) return s.then((done) => statusOf(sh, done));
  return statusOf(sh, s);
}

/** Waits for the stages of a pipeline; the status is the last one's, or with `pipefail` the last bad one's. */
export function waitPipeline(sh: Shell, children: readonly Child[]): MaybePromise<number> {
  const statuses: ExitStatus[] = [];
  for (let i = 0; i < children.length; i++) {
    const s = children[i].wait();
    if (s instanceof Promise) return waitRest(sh, children, s, statuses);
    statuses.push(s);
  }
  return pipelineStatus(sh, statuses);
}

async function waitRest(
  sh: Shell,
  children: readonly Child[],
  first: Promise<ExitStatus>,
  statuses: ExitStatus[],
): Promise<number> {
  statuses.push(await first);
  for (let i = statuses.length; i < children.length; i++) statuses.push(await children[i].wait());
  return pipelineStatus(sh, statuses);
}

function pipelineStatus(sh: Shell, statuses: readonly ExitStatus[]): MaybePromise<number> {
  let last = statusOf(sh, statuses[0]);
  for (const s of statuses.slice(1)) {
    last = typeof last === "number" ? statusOf(sh, s) : last.then(() => statusOf(sh, s));
  }
  const choose = (code: number): number => {
    for (let i = statuses.length - 1; i >= 0; i--) {
      if (statuses[i].code !== 0) return statuses[i].code;
    }
    return code;
  };
  if (!sh.flags.pipefail) return last;
  return typeof last === "number" ? choose(last) : last.then(choose);
}

/** Waits for children in the foreground, as a job that the terminal may stop. */
export async function foreground(
  sh: Shell,
  children: readonly Child[],
  command: string | Node,
): Promise<number> {
  const job = sh.jobs.add(children, command, true);
  return (await JOB_VIEW.loadFor(sh.proc)).watch(sh, job);
}
