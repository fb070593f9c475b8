/**
 * Running a command by its name: functions, builtins, programs (POSIX 2.9.1.1).
 *
 * @module
 */

import {
  type Child,
  type Environment,
  type MaybePromise,
  type OpenFile,
  S_IFDIR,
  S_IFMT,
  SIG,
} from "../../sandbox/types.ts";
import { isVfsError, VfsError } from "../../sandbox/errors.ts";
import type { Node } from "./ast.ts";
import { ShellError, ShellExit } from "./errors.ts";
import { foreground, waitForeground } from "./jobs.ts";
import { isSpecialBuiltin } from "./parse.ts";
import {
  type Builtin,
  type Flags,
  type FunctionDef,
  type SavedVariable,
  type Shell,
  SKIP_NONE,
  SKIP_RETURN,
} from "./shell.ts";
import type { Scope, Variable } from "./vars.ts";

/** What a name stands for in the shell itself. */
export type Command =
  | { readonly kind: "function"; readonly def: FunctionDef }
  | { readonly kind: "builtin"; readonly run: Builtin; readonly special: boolean }
  | undefined;

/** Looks a name up among functions and builtins. */
export function findCommand(sh: Shell, name: string): Command {
  const def = sh.functions.get(name);
  if (def !== undefined) return { kind: "function", def };
  const run = sh.shared.builtins.get(name);
  if (run !== undefined) {
    // An error of `local` ends the shell too.
    return { kind: "builtin", run, special: isSpecialBuiltin(name) || name === "local" };
  }
  return undefined;
}

/** Runs a builtin; its errors become messages and a status, fatal for special ones. */
export function runBuiltin(
  sh: Shell,
  run: Builtin,
  special: boolean,
  argv: readonly string[],
): MaybePromise<number> {
  const before = sh.callerName = sh.commandName;
  sh.commandName = argv[0];
  let result: MaybePromise<number>;
  try {
    result = run(sh, argv);
  } catch (error) {
    return builtinFailed(sh, error, special, before);
  }
  if (typeof result !== "number") {
    return result.then((status) => {
      sh.commandName = before;
      return status;
    }, (error) => builtinFailed(sh, error, special, before));
  }
  sh.commandName = before;
  return result;
}

function builtinFailed(
  sh: Shell,
  error: unknown,
  special: boolean,
  before: string | undefined,
): number {
  let status: number;
  if (error instanceof ShellError) {
    sh.complain(error.message, error.line);
    status = error.status;
  } else if (isVfsError(error)) {
    sh.complain(error.reason);
    status = 1;
  } else {
    sh.commandName = before;
    throw error;
  }
  sh.commandName = before;
  if (special) throw new ShellExit(status, true);
  takeBack(sh);
  return status;
}

/** Notes the value of a variable, for the end of the function or command that changes it. */
export function saveVariable(scope: Scope, cell: Variable): SavedVariable {
  const { fixed } = cell;
  cell.fixed = true;
  return {
    scope,
    cell,
    fixed,
    text: cell.text,
    num: cell.num,
    isSet: cell.isSet,
    exported: cell.exported,
    readonly: cell.readonly,
    charged: takeCharge(cell),
  };
}

/** The saved value keeps its memory. */
function takeCharge(cell: Variable): number {
  const { charged } = cell;
  cell.charged = 0;
  return charged;
}

/** Puts variables back as they were. */
export function restoreVariables(sh: Shell, saved: readonly SavedVariable[]): void {
  const scope = sh.ownScope();
  for (let i = saved.length - 1; i >= 0; i--) {
    const s = saved[i];
    // The scope may have been copied since; then the cell is looked up by name.
    const cell = s.scope === scope ? s.cell : scope.cell(s.cell.name);
    if (cell.exported || s.exported) scope.exported = undefined;
    if (cell.charged !== 0) sh.account(cell, 0);
    cell.charged = s.charged;
    cell.text = s.text;
    cell.num = s.num;
    cell.isSet = s.isSet;
    cell.exported = s.exported;
    cell.readonly = s.readonly;
    cell.fixed = s.fixed;
    cell.special?.written(sh, cell);
  }
}

/** Calls a function with its own positional parameters. */
export function callFunction(
  sh: Shell,
  def: FunctionDef,
  argv: readonly string[],
  assigned?: SavedVariable[],
): MaybePromise<number> {
  const frame = enterCall(sh, def, argv, assigned);
  let result: MaybePromise<number>;
  try {
    const turn = sh.proc.tick(1);
    if (turn === undefined && sh.staysOnStack()) {
      sh.depth++;
      result = def.body(sh);
    } else {
      result = sh.deeper(() => turn === undefined ? def.body(sh) : turn.then(() => def.body(sh)));
    }
  } catch (error) {
    throw endFailedCall(sh, frame, error);
  }
  if (typeof result !== "number") {
    return result.then((status) => {
      endCall(sh, frame);
      return status;
    }, (error) => {
      throw endFailedCall(sh, frame, error);
    });
  }
  endCall(sh, frame);
  return result;
}

/** What the end of a function call puts back. */
interface Frame {
  readonly words: readonly string[];
  readonly gone: number;
  readonly locals: SavedVariable[] | undefined;
  readonly localFlags: Flags | undefined;
  /** Assignments before the call; whoever made them takes them back. */
  readonly assigned: SavedVariable[] | undefined;
  readonly name: string;
  readonly optIndex: number;
  readonly optOffset: number;
  readonly depth: number;
  readonly charged: number;
  readonly line: number;
  readonly errorTrap: string | undefined;
}

function enterCall(
  sh: Shell,
  def: FunctionDef,
  argv: readonly string[],
  assigned: SavedVariable[] | undefined,
): Frame {
  const frame: Frame = {
    words: sh.words,
    gone: sh.gone,
    locals: sh.locals,
    localFlags: sh.localFlags,
    assigned,
    name: sh.functionName,
    optIndex: sh.optIndex,
    optOffset: sh.optOffset,
    depth: sh.depth,
    charged: sh.chargeArguments(argv),
    line: sh.line,
    errorTrap: sh.flags.errtrace ? undefined : sh.traps.takeError(),
  };
  sh.params = argv.slice(1);
  // What is assigned before a call is local already, and `local` leaves its value.
  sh.locals = assigned;
  sh.localFlags = undefined;
  sh.functionName = def.name;
  if (sh.functionDepth++ === 0) sh.callLine = sh.line;
  return frame;
}

/** Goes back to the state around a function call, and to its line. */
function endCall(sh: Shell, frame: Frame): void {
  if (frame.charged !== 0) sh.proc.chargeMemory(-frame.charged);
  sh.functionDepth--;
  sh.depth = frame.depth;
  if (sh.locals !== undefined && sh.locals !== frame.assigned) restoreVariables(sh, sh.locals);
  if (sh.localFlags !== undefined) Object.assign(sh.flags, sh.localFlags);
  sh.words = frame.words;
  sh.gone = frame.gone;
  sh.locals = frame.locals;
  sh.localFlags = frame.localFlags;
  sh.functionName = frame.name;
  sh.optIndex = frame.optIndex;
  sh.optOffset = frame.optOffset;
  sh.line = frame.line;
  if (frame.errorTrap !== undefined) sh.traps.giveError(frame.errorTrap);
  if (sh.skip === SKIP_RETURN) sh.skip = SKIP_NONE;
}

/** The same after an error, which keeps the line where it was noticed; gives what to throw. */
function endFailedCall(sh: Shell, frame: Frame, error: unknown): unknown {
  const told = error instanceof ShellError && error.line === undefined ? error.at(sh.line) : error;
  const { locals, localFlags } = sh;
  if (locals !== undefined && locals !== frame.assigned) {
    sh.left.push(() => restoreVariables(sh, locals));
  }
  if (localFlags !== undefined) sh.left.push(() => Object.assign(sh.flags, localFlags));
  sh.locals = sh.localFlags = undefined;
  endCall(sh, frame);
  return told;
}

/** Puts back what was left as it is for the EXIT action, since the error does not end the shell. */
export function takeBack(sh: Shell): void {
  for (const back of sh.left) back();
  sh.left = [];
}

/**
 * Where a program is; undefined when it is not there.
 *
 * @param lists `hash` lists it from now on
 */
export function locate(sh: Shell, name: string, lists = true): string | undefined {
  if (name.includes("/")) return name;
  const path = sh.get("PATH") ?? "";
  if (sh.hashPath !== path) {
    sh.hash = new Map();
    sh.hashed = new Set();
    sh.hashPath = path;
  }
  const found = sh.hash.get(name) ?? sh.proc.findProgram(name, path);
  if (found !== undefined) {
    sh.hash.set(name, found);
    if (lists && !sh.hashed.has(name)) sh.hashed = new Set(sh.hashed).add(name);
  }
  return found;
}

/** Starts a program; undefined after a message, with the status in `sh.status`. */
export function startProgram(
  sh: Shell,
  argv: readonly string[],
  env: Environment,
  fds?: ReadonlyMap<number, OpenFile>,
  pgid?: number,
  lists = true,
): Child | undefined {
  const name = argv[0];
  const path = locate(sh, name, lists);
  if (path === undefined) {
    sh.status = notFound(sh, name);
    return undefined;
  }
  sh.jobs.sweep();
  for (let again = false;; again = true) {
    try {
      return sh.proc.spawn(argv, { file: path, env, fds, pgid });
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code === "ENOENT" && !again && !name.includes("/")) {
        // It was there when it was last run.
        sh.hash.delete(name);
        const found = locate(sh, name);
        if (found !== undefined && found !== path) continue;
      }
      if (error.code === "ENOEXEC") return startScript(sh, path, argv, env, fds, pgid);
      sh.status = programFailed(sh, name, error);
      // Natively it was a child that found this out, and its end is seen.
      if (sh.traps.has(SIG.CHLD)) sh.proc.kill(sh.proc.pid, SIG.CHLD);
      return undefined;
    }
  }
}

/** A file that no loader knows is taken for a shell script (POSIX 2.9.1.1). */
function startScript(
  sh: Shell,
  path: string,
  argv: readonly string[],
  env: Environment,
  fds: ReadonlyMap<number, OpenFile> | undefined,
  pgid: number | undefined,
): Child | undefined {
  try {
    return sh.proc.spawn(scriptWords(path, argv), { file: "sh", env, fds, pgid });
  } catch (error) {
    if (!isVfsError(error)) throw error;
    sh.status = programFailed(sh, argv[0], error);
    return undefined;
  }
}

/** The shell that runs such a file calls itself `ash`, whatever this one is called. */
function scriptWords(path: string, argv: readonly string[]): string[] {
  return ["ash", path, ...argv.slice(1)];
}

/** Says that a program could not be started; gives the status. */
export function programFailed(sh: Shell, name: string, error: VfsError): number {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") {
    sh.complain(`${name}: not found`);
    return 127;
  }
  if (error.code === "EAGAIN" || error.code === "ENOMEM") {
    throw new ShellError(`can't fork: ${error.reason}`);
  }
  sh.complain(`${name}: ${error.reason}`);
  return error.code === "ENAMETOOLONG" ? 127 : 126;
}

/**
 * Says why a name without a slash is no command; gives the status.
 *
 * @param directory The status for what is there and no file
 */
export function notFound(sh: Shell, name: string, directory = 127): number {
  if (name === "") {
    sh.complain(": Permission denied");
    return directory;
  }
  // Something of that name that cannot be run is worth another message.
  for (const dir of (sh.get("PATH") ?? "").split(":")) {
    const stat = sh.proc.fs.tryStat(dir === "" ? `./${name}` : `${dir}/${name}`);
    if (stat === undefined) continue;
    sh.complain(`${name}: Permission denied`);
    return (stat.mode & S_IFMT) === S_IFDIR ? directory : 126;
  }
  sh.complain(`${name}: ${name.length > 255 ? "File name too long" : "not found"}`);
  return 127;
}

/** Runs a program in the foreground. */
export function runProgram(
  sh: Shell,
  argv: readonly string[],
  env: Environment,
  command: string | Node = argv.join(" "),
): MaybePromise<number> {
  const control = sh.flags.monitor && sh.subshellLevel === 0;
  const child = startProgram(sh, argv, env, undefined, control ? 0 : undefined);
  if (control && child !== undefined) {
    return foreground(sh, [child], command);
  }
  return child === undefined ? sh.status : waitForeground(sh, child);
}

/**
 * Becomes a program: for `exec`, and for the last command of a subshell. When it cannot,
 * `sh.execFailed` is set, a message was written, and the result is the status.
 */
export function becomeProgram(
  sh: Shell,
  argv: readonly string[],
  env: Environment,
  name: string = argv[0],
  directory?: number,
): MaybePromise<number> {
  const path = locate(sh, name);
  if (path === undefined) {
    sh.execFailed = true;
    return notFound(sh, name, directory);
  }
  try {
    return sh.proc.exec(argv, { file: path, env });
  } catch (error) {
    if (!isVfsError(error)) throw error;
    if (error.code === "ENOEXEC") {
      return sh.proc.exec(scriptWords(path, argv), { file: "sh", env });
    }
    sh.execFailed = true;
    return programFailed(sh, name, error);
  }
}
