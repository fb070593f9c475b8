/**
 * Builtins about processes and signals: `kill wait jobs fg bg trap`.
 *
 * @module
 */

import { type MaybePromise, SIG, SIGNAL_NAMES } from "../../../sandbox/types.ts";
import { isVfsError } from "../../../sandbox/errors.ts";
import { ShellError, ShellExit } from "../errors.ts";
import { collect, findJob, jobLine, jobText, watch } from "../job_view.ts";
import type { Job } from "../jobs.ts";
import { type Builtin, type Shell, SKIP_NONE } from "../shell.ts";
import { singleQuote } from "../trace.ts";
import { endStatus } from "../subshell.ts";
import { TRAP_ERR, TRAP_EXIT } from "../traps.ts";
import { readOptions } from "./options.ts";

/** The job a word names. @throws {ShellError} */
function jobOf(sh: Shell, spec: string | undefined): Job {
  const found = findJob(sh.jobs, spec ?? "");
  if (typeof found === "string") throw new ShellError(found);
  return found;
}

/** Those behind the last name are the real-time ones, which are numbers here. */
const LAST_SIGNAL = 64;

/**
 * Signal number of a name or number, -1 when there is none. As natively a number may be followed by
 * anything that begins with neither a letter nor a digit.
 */
function signalNumber(word: string): number {
  const digits = /^([0-9]+)(?![0-9A-Za-z])/.exec(word);
  if (digits !== null) {
    const n = Number(digits[1]);
    return n <= LAST_SIGNAL ? n : -1;
  }
  let name = word.toUpperCase();
  if (name.startsWith("SIG")) name = name.slice(3);
  // Older names that Linux keeps as aliases (signal(7)).
  return SIGNAL_NAMES.indexOf(name === "IOT" ? "ABRT" : name === "IO" ? "POLL" : name);
}

// -- kill ---------------------------------------------------------------------------------------

function listSignals(sh: Shell, words: readonly string[]): MaybePromise<number> {
  if (words.length === 0) {
    let out = "";
    for (let n = 1; n < SIGNAL_NAMES.length; n++) {
      out += `${String(n).padStart(2)}) ${SIGNAL_NAMES[n]}\n`;
    }
    return sh.print(out);
  }
  let out = "";
  for (const word of words) {
    if (/^[0-9]+$/.test(word) && +word < 2 ** 32) {
      // A status above 128 names the signal in its low bits.
      const n = Number(word) & 127;
      out += `${SIGNAL_NAMES[n] ?? n}\n`;
      continue;
    }
    const n = /^[0-9]/.test(word) ? -1 : signalNumber(word);
    if (n < 0) {
      if (out !== "") void sh.print(out);
      sh.say(`${sh.shared.name}: unknown signal '${word}'\n`);
      return 1;
    }
    out += `${n}\n`;
  }
  return sh.print(out);
}

const kills: Builtin = (sh, argv) => {
  const name = sh.shared.name;
  let words = argv.slice(1);
  let signal: number = SIG.TERM;
  const first = words[0];
  if (first !== undefined && first[0] === "-") {
    if (first === "-l") return listSignals(sh, words.slice(1));
    let word = first.slice(1);
    words = words.slice(1);
    if (first === "--") word = "TERM";
    else if (word === "s" && words.length > 0) {
      word = words[0];
      words = words.slice(1);
    }
    signal = signalNumber(word);
    if (signal < 0) {
      sh.say(`${name}: bad signal name '${word}'\n`);
      return 1;
    }
  }
  if (words.length === 0) {
    sh.say(`${name}: you need to specify whom to kill\n`);
    return 1;
  }
  let failed = 0;
  sh.jobs.notice();
  const end = (pid: number, text: string): void => {
    try {
      sh.proc.kill(pid, signal);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      sh.say(`${name}: can't kill pid ${text}: ${error.reason}\n`);
      failed++;
    }
  };
  for (const word of words) {
    if (word[0] === "%") {
      const job = jobOf(sh, word);
      if (job.controlled) end(-job.children[0].pid, word);
      else for (const c of job.children) if (c.status === undefined) end(c.pid, word);
      continue;
    }
    // Natively a word may name several processes, each after a blank, or none.
    for (let rest = word; rest !== "";) {
      if (rest[0] === " ") rest = rest.slice(1);
      const digits = /^-?[0-9]+(?= |$)/.exec(rest)?.[0] ?? "";
      const pid = Number(digits);
      if (digits === "" || pid !== (pid | 0)) {
        sh.say(`${name}: invalid number '${rest}'\n`);
        failed++;
        break;
      }
      end(pid, String(pid));
      rest = rest.slice(digits.length);
    }
  }
  const status = failed & 255;
  // A shell that stopped itself does not go on before it is continued.
  const stopped = signal === SIG.CONT ? undefined : sh.proc.tick(0);
  return stopped === undefined ? status : stopped.then(() => status);
};

// -- wait ---------------------------------------------------------------------------------------

/** Status of a `wait` that a signal of that number ends. */
function interruptedBy(signal: number): number {
  return 128 + signal;
}

/**
 * Waits until `done`, or a trapped signal arrives: its status, or -1. Any trap of CHLD, an empty one
 * too, makes the end of a child such a signal, even where it is what was waited for.
 */
async function waitUntil(sh: Shell, done: () => boolean): Promise<number> {
  const ended = (): number => sh.jobs.all().reduce((sum, job) => sum + job.ended, 0);
  while (!done()) {
    const before = ended();
    try {
      await sh.proc.waitAny([sh.proc.childChanged], undefined, { interruptible: true });
    } catch (error) {
      if (!isVfsError(error, "EINTR")) throw error;
    }
    const signal = sh.traps.waiting;
    const isChild = sh.traps.action(SIG.CHLD) === "" && ended() > before;
    if (signal === 0 && !isChild) continue;
    sh.jobs.notice();
    return interruptedBy(signal === 0 ? SIG.CHLD : signal);
  }
  return -1;
}

const waits: Builtin = (sh, argv) => {
  // Only the first word may be an option: a second `-n` is no process.
  // Nor what is written behind its letter.
  const any = argv.length > 1 && argv[1].startsWith("-n");
  if (!any) readOptions(argv.slice(0, 2), "");
  const operands = argv.slice(any || argv[1] === "--" ? 2 : 1);
  if (operands.length > 0) return waitFor(sh, operands);
  return any ? waitForOne(sh) : waitForAll(sh);
};

function waitForAll(sh: Shell): MaybePromise<number> {
  const idle = (): boolean => sh.jobs.all().every((j) => j.state !== "running");
  const end = (): number => {
    // How they ended is said only of those that are waited for by name.
    for (const job of sh.jobs.all()) if (job.state === "done") collectQuietly(job);
    return 0;
  };
  if (idle()) return end();
  return waitUntil(sh, idle).then((status) => status >= 0 ? status : end());
}

/** Status of `wait -n` when it has seen something that did not go well, whatever it was. */
const NOT_WELL = 129;

/**
 * `wait -n` as BusyBox 1.35 has it: it ends with the first job that ends well, or with the first child
 * of a job that goes on, or when no job runs any more. The status says little: 0 where a job ended
 * well or none ran, 129 else.
 */
async function waitForOne(sh: Shell): Promise<number> {
  const jobs = sh.jobs.all();
  if (jobs.length === 0) return 127;
  const changed = (): Job | undefined => jobs.findLast((job) => job.noticed < job.ended);
  for (let last = 0;;) {
    if (!someRun(jobs, last === 0)) return last;
    const status = await waitUntil(sh, () => changed() !== undefined);
    if (status >= 0) return status;
    const job = changed()!;
    job.notice();
    if (job.state !== "done") return NOT_WELL;
    if (job.code === 0) return 0;
    last = NOT_WELL;
  }
}

/**
 * Whether a job runs, for all the shell knows.
 *
 * @param forgets Those begun after it count as waited for.
 */
function someRun(jobs: readonly Job[], forgets: boolean): boolean {
  for (const job of jobs) {
    if (job.state === "running" || job.noticed < job.ended) return true;
    if (forgets && job.state === "done") job.waited = true;
  }
  return false;
}

function waitFor(sh: Shell, words: readonly string[], before = 127): MaybePromise<number> {
  let status = before;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    let job: Job | undefined;
    if (word[0] === "%") {
      const found = findJob(sh.jobs, word);
      if (typeof found === "string") throw new ShellError(found);
      job = found;
    } else {
      if (!/^[0-9]+$/.test(word)) throw new ShellError(`Illegal number: ${word}`);
      job = sh.jobs.byPid(Number(word));
    }
    // What is no child changes nothing.
    if (job === undefined) continue;
    const target = job;
    if (target.state === "running") {
      return waitUntil(sh, () => target.state !== "running").then((signal) => {
        if (signal >= 0) return signal;
        const code = collect(sh, target);
        return i + 1 < words.length ? waitFor(sh, words.slice(i + 1), code) : code;
      });
    }
    status = collect(sh, target);
  }
  return status;
}

// -- job control --------------------------------------------------------------------------------

const lists: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "lp");
  const jobs = operands.length === 0 ? sh.jobs.all() : operands.map((w) => jobOf(sh, w));
  let out = "";
  for (const job of [...jobs]) {
    // Those of which only the number is shown are not forgotten.
    if (given.has("p")) {
      out += `${job.children[0].pid}\n`;
      continue;
    }
    out += jobLine(sh.jobs, job, given.has("l"));
    job.untold = false;
    if (job.state === "done") {
      // Not waited for, since it may be a job of the shell around this one.
      job.notice();
      sh.jobs.remove(job);
    }
  }
  return out === "" ? 0 : sh.print(out);
};

function collectQuietly(job: Job): void {
  job.notice();
  job.waited = true;
}

/** The job a word names, if it has a process group. @throws {ShellError} */
function controlledJob(sh: Shell, spec: string | undefined): Job {
  const job = jobOf(sh, spec);
  if (job.controlled) return job;
  throw new ShellError(`job ${spec ?? "(null)"} not created under job control`);
}

/** Makes a stopped or background job go on. */
function resume(sh: Shell, job: Job): void {
  try {
    sh.proc.kill(-job.children[0].pid, SIG.CONT);
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
}

const foregrounds: Builtin = (sh, argv) => {
  const job = controlledJob(sh, argv[1]);
  return Promise.resolve(sh.print(jobText(job) + "\n")).then(() => {
    resume(sh, job);
    return watch(sh, job);
  });
};

const backgrounds: Builtin = (sh, argv) => {
  const words = argv.length > 1 ? argv.slice(1) : [undefined];
  let out = "";
  for (const word of words) {
    const job = controlledJob(sh, word);
    resume(sh, job);
    sh.jobs.touch(job);
    out += `[${job.id}] ${jobText(job)}\n`;
  }
  return sh.print(out);
};

// -- trap ---------------------------------------------------------------------------------------

function list(actions: ReadonlyMap<number, string>): string {
  let out = "";
  for (const n of [...actions.keys()].sort((a, b) => a - b)) {
    const name = n === TRAP_ERR ? "ERR" : SIGNAL_NAMES[n] ?? n;
    out += `trap -- ${singleQuote(actions.get(n)!)} ${name}\n`;
  }
  return out;
}

/**
 * Runs the `ERR` action for a failed command; an error in it ends the action and not the shell. A
 * `return` or `break` that has failed goes on meanwhile: it ends the action after its first command,
 * and a function that this calls takes a `return` for its own.
 */
export function runErrorAction(sh: Shell, action: string, status: number): MaybePromise<number> {
  const { traps, skip, skipCount, trapStatus, commandName } = sh;
  traps.running = true;
  sh.status = sh.trapStatus = status;
  const end = (): number => {
    traps.running = false;
    // Natively what failed is the status of the shell from then on, if its EXIT action is running.
    sh.trapStatus = traps.exiting ? status : trapStatus;
    return sh.status = status;
  };
  const failed = (error: unknown): number => {
    end();
    if (!(error instanceof ShellError) && !(error instanceof ShellExit && error.fatal)) throw error;
    endStatus(sh, error);
    // As natively, what was local stays what it is.
    sh.left = [];
    sh.skip = skip;
    sh.skipCount = skipCount;
    sh.commandName = commandName;
    return status;
  };
  try {
    const result = sh.shared.run(sh, action, sh.line, true);
    return typeof result === "number" ? end() : result.then(end, failed);
  } catch (error) {
    return failed(error);
  }
}

/** Runs the action of a signal, keeping `$?` and what the shell is skipping. */
export function runAction(sh: Shell, action: string, status: number): void | Promise<void> {
  const { skip, skipCount, trapStatus } = sh;
  sh.skip = SKIP_NONE;
  sh.status = status;
  // Natively an action within an action leaves with the status that the outer one found.
  if (trapStatus < 0) sh.trapStatus = status;
  const after = (): void => {
    sh.trapStatus = trapStatus;
    // A `return` or `break` of the action itself takes effect where the signal came.
    if (sh.skip !== SKIP_NONE) return;
    sh.skip = skip;
    sh.skipCount = skipCount;
    sh.status = status;
  };
  const result = sh.shared.run(sh, action, sh.line, true);
  if (typeof result !== "number") return result.then(after);
  after();
}

const traps: Builtin = (sh, argv) => {
  const { operands } = readOptions(argv, "");
  if (operands.length === 0) return sh.print(list(sh.traps.listed));
  let action: string | undefined;
  let names = operands;
  // A first word that is a number resets signals; one word alone is a signal too.
  if (operands.length === 1 || /^[0-9]+$/.test(operands[0])) action = undefined;
  else {
    action = operands[0] === "-" ? undefined : operands[0];
    names = operands.slice(1);
  }
  let status = 0;
  for (const name of names) {
    const n = name === "ERR" ? TRAP_ERR : name === "EXIT" ? TRAP_EXIT : signalNumber(name);
    if (n < 0) {
      sh.complain(`${name}: invalid signal specification`);
      status = 1;
    } else sh.traps.set(n, action);
  }
  return status;
};

/** The builtins of this module. */
export const BUILTINS: readonly (readonly [string, Builtin])[] = [
  ["kill", kills],
  ["wait", waits],
  ["jobs", lists],
  ["fg", foregrounds],
  ["bg", backgrounds],
  ["trap", traps],
];
