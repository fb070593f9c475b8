/**
 * The interactive loop: prompt, line, command, and surviving errors.
 *
 * @module
 */

import type { OpenFile } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { toBytes, toByteString } from "../../sandbox/bytes.ts";
import { LineEditor } from "./edit.ts";
import { ShellError, ShellExit } from "./errors.ts";
import { jobLine } from "./job_view.ts";
import { END } from "./parse.ts";
import { loadExpansion } from "./parts.ts";
import { promptText, visiblePrompt } from "./prompt.ts";
import { compileNode, nextCommand, parserFor } from "./run.ts";
import { type Shell, SKIP_NONE } from "./shell.ts";
import { endStatus } from "./subshell.ts";

/** The parser wants another line. */
class NeedLine extends Error {}

/** Most lines of history that are kept (busybox's default). */
const HISTORY_SIZE = 255;

/** Reads and runs commands until the end of input or `exit`. */
export async function interact(sh: Shell, input: OpenFile): Promise<number> {
  await loadExpansion();
  if (sh.proc.tty !== undefined && input.tty !== undefined) takeTerminal(sh);
  sh.traps.becomeInteractive();
  loadHistory(sh);
  const editor = input.tty === undefined ? undefined : new LineEditor(sh, input, input.tty);
  try {
    return await loop(sh, input, editor);
  } finally {
    saveHistory(sh);
  }
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
    let node: ReturnType<typeof nextCommand>;
    try {
      node = nextCommand(sh, parser);
    } catch (error) {
      if (error instanceof NeedLine) {
        const had = parser.sinceSave();
        const first = had === "";
        if (first) reportJobs(sh);
        const line = await readLine(sh, input, editor, first);
        if (line === "interrupt") {
          status = sh.status = 130;
          parser.restore(state, "");
          continue;
        }
        if (line === undefined) ended = true;
        parser.restore(state, had + (line ?? ""));
        continue;
      }
      if (!(error instanceof ShellError)) throw error;
      status = sh.status = endStatus(sh, error);
      parser.restore(state, "");
      continue;
    }
    if (node === END) {
      if (sh.flags.ignoreeof && ended && input.tty !== undefined) {
        ended = false;
        sh.say('\nUse "exit" to leave shell.\n');
        continue;
      }
      return status;
    }
    if (node === null) continue;
    try {
      const r = (await compileNode(node))(sh);
      status = typeof r === "number" ? r : await r;
    } catch (error) {
      if (error instanceof ShellExit && !error.fatal) throw error;
      if (!(error instanceof ShellExit) && !(error instanceof ShellError)) throw error;
      status = sh.status = endStatus(sh, error);
      sh.tested = 0;
      sh.loops = 0;
      sh.depth = 0;
      sh.commandName = undefined;
    }
    if (sh.traps.takeInterrupt()) {
      sh.say("\n");
      status = sh.status = 130;
    }
    sh.skip = SKIP_NONE;
  }
}

/** Tells of background jobs that have ended, before the prompt. */
function reportJobs(sh: Shell): void {
  for (const job of [...sh.jobs.all()].reverse()) {
    if (job.state !== "done" || job.waited) continue;
    sh.say(jobLine(sh.jobs, job, false));
    for (const child of job.children) void child.wait();
    sh.jobs.remove(job);
  }
}

/** One line with its newline; undefined at the end of input. */
async function readLine(
  sh: Shell,
  input: OpenFile,
  editor: LineEditor | undefined,
  first: boolean,
): Promise<string | undefined> {
  const prompt = promptText(sh, first ? "PS1" : "PS2");
  if (editor === undefined) {
    await sh.print(visiblePrompt(prompt));
    const chunk = await input.readUntil(10, Infinity, sh.proc.waiter);
    return chunk === undefined ? undefined : toByteString(chunk);
  }
  const result = await editor.read(prompt);
  if (result.kind === "interrupt") return "interrupt";
  if (result.kind === "end") return undefined;
  remember(sh, result.text);
  return result.text + "\n";
}

function remember(sh: Shell, line: string): void {
  const { history } = sh.shared;
  if (line.trim() === "" || history[history.length - 1] === line) return;
  history.push(line);
  if (history.length > HISTORY_SIZE) history.shift();
}

function historyFile(sh: Shell): string | undefined {
  const file = sh.get("HISTFILE");
  if (file !== undefined) return file === "" ? undefined : file;
  const home = sh.get("HOME");
  return home === undefined || home === "" ? undefined : `${home}/.ash_history`;
}

function loadHistory(sh: Shell): void {
  const file = historyFile(sh);
  if (file === undefined || sh.proc.fd(0)?.tty === undefined) return;
  try {
    const lines = toByteString(sh.proc.fs.readFile(file)).split("\n");
    sh.shared.history.push(...lines.filter((l) => l !== "").slice(-HISTORY_SIZE));
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
}

function saveHistory(sh: Shell): void {
  const file = historyFile(sh);
  const { history } = sh.shared;
  if (file === undefined || sh.proc.fd(0)?.tty === undefined || history.length === 0) return;
  try {
    sh.proc.fs.writeFile(file, toBytes(history.join("\n") + "\n"), 0o600);
  } catch (error) {
    // A home that cannot be written to keeps no history.
    if (!isVfsError(error)) throw error;
  }
}
