/**
 * Subshells: processes of the kernel whose program is a compiled command over a forked shell.
 *
 * @module
 */

import {
  type Child,
  type MaybePromise,
  type OpenFile,
  type Process,
  ProcessEnded,
  type SpawnOptions,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { ShellError, ShellExit } from "./errors.ts";
import { type Exec, Shell, SKIP_NONE } from "./shell.ts";

/** What some subshells have of their own. */
export interface SubshellOptions {
  /** It only lists the traps or jobs of the shell around it. */
  readonly lists?: "traps" | "jobs";
  /** It is a `$(…)`, in which native does not act on `set -e`. */
  readonly substitution?: boolean;
}

/** Starts a subshell that runs `body`. @throws {ShellError} when no process can be made */
export function startSubshell(
  sh: Shell,
  body: Exec,
  options: Omit<SpawnOptions, "program">,
  special: SubshellOptions = {},
): Child {
  sh.jobs.sweep();
  const child = new Shell(sh.proc, sh.shared, sh);
  if (special.substitution) {
    child.flags.errexit = false;
    // Nobody tests the commands in it, wherever it stands.
    child.tested = 0;
  }
  if (special.lists === "jobs") child.jobs.inheritList(sh.jobs);
  if (special.lists === "traps") child.traps.inheritList(sh.traps);
  try {
    return sh.proc.spawn(sh.proc.argv, {
      ...options,
      program: (proc) => {
        child.proc = proc;
        return runToEnd(child, body);
      },
    });
  } catch (error) {
    child.leave();
    if (isVfsError(error)) throw new ShellError(`can't fork: ${error.reason}`);
    throw error;
  }
}

/** Runs a body and then the `EXIT` trap, whatever happens; gives the exit status. */
export function runToEnd(sh: Shell, body: Exec): MaybePromise<number> {
  let result: MaybePromise<number>;
  try {
    result = body(sh);
  } catch (error) {
    return endShell(sh, endStatus(sh, error));
  }
  if (typeof result === "number") return endShell(sh, result);
  return result.then(
    (status) => endShell(sh, status),
    (error) => endShell(sh, endStatus(sh, error)),
  );
}

/** The status with which an exception ends a shell; says what has not been said. */
export function endStatus(sh: Shell, error: unknown): number {
  if (error instanceof ShellExit) return error.status;
  if (error instanceof ShellError) {
    sh.complain(error.message, error.line);
    return error.status;
  }
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    sh.complain("nesting too deep");
    return 2;
  }
  if (error instanceof RangeError && /length/.test(error.message)) {
    // Longer than any text can be.
    sh.say(`${sh.shared.name}: out of memory\n`);
    return 1;
  }
  throw error;
}

function endShell(sh: Shell, status: number): MaybePromise<number> {
  const action = sh.traps.takeExit();
  if (action === undefined) {
    sh.leave();
    return status;
  }
  sh.skip = SKIP_NONE;
  sh.status = sh.trapStatus = status;
  sh.tested = 0;
  sh.traps.exiting = true;
  const after = (): number => {
    sh.leave();
    return sh.trapStatus;
  };
  const failed = (error: unknown): number => {
    if (error instanceof ProcessEnded) throw error;
    const ended = endStatus(sh, error);
    sh.leave();
    return ended;
  };
  try {
    // Natively the functions around a subshell are left before its action runs.
    sh.commandName = sh.shared.title;
    const result = sh.shared.run(sh, action, sh.functionDepth > 0 ? sh.callLine : sh.line, true);
    if (typeof result !== "number") return result.then(after, failed);
  } catch (error) {
    return failed(error);
  }
  return after();
}

/** The descriptors of a child, with some replaced. */
export function childFiles(
  proc: Process,
  changes: readonly (readonly [fd: number, file: OpenFile])[],
): Map<number, OpenFile> {
  const files = new Map<number, OpenFile>();
  for (const n of proc.fdNumbers()) {
    if (!proc.isCloseOnExec(n)) files.set(n, proc.fd(n)!);
  }
  for (const [n, file] of changes) files.set(n, file);
  return files;
}
