/**
 * The interactive loop: prompt, line, command, and surviving errors.
 *
 * @module
 */

import { type OpenFile, SIG } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { takeBack } from "./call.ts";
import { LineEditor } from "./edit.ts";
import { ShellError, ShellExit } from "./errors.ts";
import { interruptedJob, jobLine, takeInterrupt, warnOfStopped } from "./job_view.ts";
import { END } from "./parse.ts";
import { JOB_VIEW, loadExpansion } from "./parts.ts";
import { promptText, visiblePrompt } from "./prompt.ts";
import { compileNode, nextCommand, parserFor } from "./run.ts";
import { type Shell, SKIP_NONE } from "./shell.ts";
import { endStatus } from "./subshell.ts";

/** The parser wants another line. */
class NeedLine extends Error {}

/** Local flags of a terminal: input comes by lines, and is shown. */
const ICANON = 0o2;
const ECHO = 0o10;

/** Most lines of history that are kept (busybox's default). */
const HISTORY_SIZE = 255;

/** Reads and runs commands until the end of input or `exit`. */
export async function interact(sh: Shell, input: OpenFile): Promise<number> {
  await loadExpansion(sh);
  if (sh.proc.tty !== undefined && input.tty !== undefined) takeTerminal(sh);
  becomeInteractive(sh);
  // What a substitution does with ^C is there.
  await JOB_VIEW.loadFor(sh.proc);
  const editor = input.tty === undefined ? undefined : new LineEditor(sh, input, input.tty);
  return await loop(sh, input, editor);
}

/** Job control: the shell leads its own group, which owns the terminal. */
function takeTerminal(sh: Shell): void {
  const { proc } = sh;
  try {
    if (proc.pgid !== proc.pid && proc.sid !== proc.pid) proc.setGroup(0, proc.pid);
    proc.tty!.foreground = proc.pgid;
    sh.flags.monitor = true;
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
}

async function loop(sh: Shell, input: OpenFile, editor: LineEditor | undefined): Promise<number> {
  let ended = false;
  const parser = parserFor(sh, "", 1, () => {
    if (ended) return undefined;
    throw new NeedLine();
  });
  let status = 0;
  for (;;) {
    const state = parser.save();
    let node: Awaited<ReturnType<typeof nextCommand>>;
    try {
      const coming = nextCommand(sh, parser);
      node = coming instanceof Promise ? await coming : coming;
    } catch (error) {
      if (error instanceof NeedLine) {
        const had = parser.sinceSave();
        const first = had === "";
        if (first) reportJobs(sh);
        const line = await readLine(sh, input, editor, first);
        if (line === "interrupt") {
          parser.restore(state, "");
          status = await interrupted(sh, status);
          continue;
        }
        if (line === undefined) ended = true;
        parser.restore(state, had + (line ?? ""));
        continue;
      }
      if (!(error instanceof ShellError)) throw error;
      status = sh.status = endStatus(sh, error);
      takeBack(sh);
      parser.restore(state, "");
      // ^D ends the command that was being typed, not the terminal.
      if (input.tty !== undefined) ended = false;
      continue;
    }
    if (node === END) {
      if (input.tty === undefined) return status;
      const stays = sh.flags.ignoreeof ? '\nUse "exit" to leave shell.\n' : warnOfStopped(sh);
      if (stays === undefined) {
        sh.say("\n");
        return status;
      }
      sh.say(stays);
      ended = false;
      parser.restore(state, "");
      continue;
    }
    sh.warnedOfJobs = Math.max(0, sh.warnedOfJobs - 1);
    if (ended && input.tty !== undefined) {
      // ^D has ended a here-document.
      ended = false;
      parser.restore(parser.save(), "");
    }
    if (node === null) continue;
    try {
      const r = (await compileNode(sh, node))(sh);
      status = typeof r === "number" ? r : await r;
    } catch (error) {
      if (error instanceof ShellExit && !error.fatal) throw error;
      if (!(error instanceof ShellExit) && !(error instanceof ShellError)) throw error;
      status = sh.status = endStatus(sh, error);
      // `exec` without success: what was to be replaced is no interactive shell.
      if (!sh.flags.interactive) return status;
      sh.tested = 0;
      sh.loops = 0;
      sh.depth = 0;
      sh.commandName = undefined;
    }
    if (takeInterrupt(sh)) {
      sh.say("\n");
      status = sh.status = 130;
    }
    sh.skip = SKIP_NONE;
  }
}

function doNothing(): void {}

/** Gives signals what an interactive shell gives them. */
function becomeInteractive(sh: Shell): void {
  const { traps } = sh;
  traps.byDefault = (n) => {
    // Not "ignore", which children would inherit.
    if (n === SIG.TERM || n === SIG.QUIT) return doNothing;
    if (n === SIG.INT) return (signal) => traps.take(signal);
    if (n === SIG.TSTP || n === SIG.TTIN || n === SIG.TTOU) {
      return sh.flags.monitor ? doNothing : "default";
    }
    return "default";
  };
  for (const n of [SIG.TERM, SIG.QUIT, SIG.INT, SIG.TSTP, SIG.TTIN, SIG.TTOU]) {
    traps.apply(n, sh.proc);
  }
}

/** ^C at the prompt: the trap runs, or the line is given up. */
async function interrupted(sh: Shell, status: number): Promise<number> {
  if (!sh.traps.has(SIG.INT)) {
    sh.say("\n");
    return sh.status = 128 + SIG.INT;
  }
  interruptedJob(sh);
  return await sh.traps.runPending(status);
}

/** Tells of background jobs that have ended, those too that `wait` saw end, before the prompt. */
function reportJobs(sh: Shell): void {
  for (const job of sh.jobs.all()) {
    if (job.untold && job.state === "stopped") sh.say(jobLine(sh.jobs, job, false));
    job.untold = false;
    if (job.state !== "done") continue;
    if (sh.flags.monitor) sh.say(jobLine(sh.jobs, job, false));
    for (const child of job.children) void child.wait();
    sh.jobs.remove(job);
  }
}

/** Whether somebody has told the terminal not to show what is typed: such lines are not edited. */
function isUnseen(input: OpenFile): boolean {
  return input.tty !== undefined && (input.tty.modes().local & (ICANON | ECHO)) === ICANON;
}

/** One line with its newline; undefined at the end of input. */
async function readLine(
  sh: Shell,
  input: OpenFile,
  editor: LineEditor | undefined,
  first: boolean,
): Promise<string | undefined> {
  const prompt = await promptText(sh, first ? "PS1" : "PS2");
  let line: string;
  if (editor === undefined || isUnseen(input)) {
    await sh.print(visiblePrompt(prompt));
    const chunk = await input.readUntil(10, Infinity, sh.proc.waiter);
    if (chunk === undefined) return undefined;
    line = toByteString(chunk);
  } else {
    const result = await editor.read(prompt);
    if (result.kind === "interrupt") return "interrupt";
    if (result.kind === "end") return undefined;
    remember(sh, result.text);
    line = result.text + "\n";
  }
  if (sh.flags.verbose) sh.say(line);
  return line;
}

function remember(sh: Shell, line: string): void {
  const { history } = sh.shared;
  if (line.trim() === "" || history[history.length - 1] === line) return;
  history.push(line);
  if (history.length > HISTORY_SIZE) history.shift();
}
