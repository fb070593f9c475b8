/**
 * Builtins that steer the shell: `: true false break continue return exit eval . exec`.
 *
 * @module
 */

import { type MaybePromise, O_RDONLY, S_IFDIR, S_IFMT } from "../../../sandbox/types.ts";
import { isVfsError, type VfsError } from "../../../sandbox/errors.ts";
import { toByteString } from "../../../sandbox/bytes.ts";
import { becomeProgram } from "../call.ts";
import { ShellError, ShellExit } from "../errors.ts";
import { JOB_VIEW, type JobView } from "../parts.ts";
import {
  type Builtin,
  type Shell,
  SKIP_BREAK,
  SKIP_CONTINUE,
  SKIP_NONE,
  SKIP_RETURN,
} from "../shell.ts";
import { readOptions, wholeNumber } from "./options.ts";

const yes: Builtin = () => 0;
const no: Builtin = () => 1;

function leaveLoop(sh: Shell, argv: readonly string[], skip: number): number {
  const levels = argv.length > 1 ? wholeNumber(argv[1]) : 1;
  if (levels === 0) throw new ShellError(`Illegal number: ${argv[1]}`);
  if (sh.loops > 0) {
    sh.skip = skip;
    sh.skipCount = Math.min(levels, sh.loops);
  }
  return 0;
}

const returns: Builtin = (sh, argv) => {
  const status = argv.length > 1
    ? wholeNumber(argv[1]) & 255
    : sh.trapStatus >= 0
    ? sh.trapStatus
    : sh.status;
  sh.skip = SKIP_RETURN;
  return status;
};

const exits: Builtin = (sh, argv) => {
  const view = sh.flags.interactive ? JOB_VIEW.loadFor(sh.proc) : undefined;
  if (view !== undefined) return Promise.resolve(view).then((part) => exitOf(sh, argv, part));
  return exitOf(sh, argv, undefined);
};

function exitOf(sh: Shell, argv: readonly string[], view: JobView | undefined): number {
  const warning = view?.warnOfStopped(sh);
  if (warning !== undefined) {
    sh.say(warning);
    return 0;
  }
  const status = argv.length > 1
    ? wholeNumber(argv[1]) & 255
    : sh.trapStatus >= 0
    ? sh.trapStatus
    : sh.status;
  throw new ShellExit(status);
}

const evaluates: Builtin = (sh, argv) => {
  if (argv.length < 2) return 0;
  const text = argv.length === 2 ? argv[1] : argv.slice(1).join(" ");
  const shows = sh.showsInput;
  sh.showsInput = false;
  // `eval eval eval …` keeps all words at each level, and what was read of them.
  const charged = argv.length > MANY_WORDS ? argv.length * WORD_BYTES : 0;
  if (charged > 0) sh.proc.chargeMemory(charged);
  const end = (): void => {
    sh.showsInput = shows;
    if (charged > 0) sh.proc.chargeMemory(-charged);
  };
  let status: MaybePromise<number>;
  try {
    status = sh.deeper(() => sh.shared.run(sh, text, sh.line));
  } catch (error) {
    if (charged > 0) sh.proc.chargeMemory(-charged);
    throw error;
  }
  if (typeof status !== "number") return status.finally(end);
  end();
  return status;
};

/** So many words of `eval` are not counted as memory. */
const MANY_WORDS = 64;
/** What a word costs that is read again: its text, its tree, its compiled form. */
const WORD_BYTES = 256;

/** Bytes read at a time. */
const CHUNK = 65536;

/** Where `.` finds a file: the path itself, or along PATH. */
function findSource(sh: Shell, name: string): string {
  if (name.includes("/")) return name;
  for (const dir of (sh.get("PATH") ?? "").split(":")) {
    const path = dir === "" ? name : `${dir}/${name}`;
    const stat = sh.proc.fs.tryStat(path);
    if (stat !== undefined && (stat.mode & S_IFMT) !== S_IFDIR) return path;
  }
  throw new ShellError(`${name}: not found`);
}

/** The text of a script file. @throws {VfsError} */
export function readScript(sh: Shell, path: string): MaybePromise<string> {
  const file = sh.proc.fs.open(path, O_RDONLY);
  const chunks: string[] = [];
  const end = (): string => {
    file.release();
    return chunks.join("").replaceAll("\0", "");
  };
  const readLater = async (first: Promise<Uint8Array | undefined>): Promise<string> => {
    try {
      let chunk = await first;
      while (chunk !== undefined) {
        chunks.push(toByteString(chunk));
        const next = file.readReused(CHUNK, sh.proc.waiter);
        chunk = next instanceof Promise ? await next : next;
      }
    } catch (error) {
      file.release();
      throw error;
    }
    return end();
  };
  try {
    for (;;) {
      const chunk = file.readReused(CHUNK, sh.proc.waiter);
      if (chunk instanceof Promise) return readLater(chunk);
      if (chunk === undefined) break;
      chunks.push(toByteString(chunk));
    }
  } catch (error) {
    file.release();
    throw error;
  }
  return end();
}

const sources: Builtin = (sh, argv) => {
  const { operands } = readOptions(argv, "");
  if (operands.length === 0) return 2;
  const path = findSource(sh, operands[0]);
  const params = sh.params;
  const own = operands.length > 1;
  // As natively they stay where an error ends this and `command` keeps the shell alive.
  if (own) sh.params = operands.slice(1);
  let text: MaybePromise<string>;
  try {
    text = readScript(sh, path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    throw cannotOpen(operands[0], error);
  }
  const run = (script: string): MaybePromise<number> => {
    const before = sh.commandName;
    const fromFile = sh.fromFile;
    const shows = sh.showsInput;
    sh.showsInput = true;
    // Unlike `eval`, a file forgets that its status is tested, so that `set -e` in it acts.
    const tested = sh.tested;
    sh.tested = 0;
    sh.commandName = path;
    sh.fromFile = true;
    sh.sourceDepth++;
    const end = (): void => {
      sh.tested = tested;
      sh.sourceDepth--;
      sh.fromFile = fromFile;
      sh.showsInput = shows;
      if (sh.skip === SKIP_RETURN) sh.skip = SKIP_NONE;
    };
    const done = (status: number): number => {
      if (own) sh.params = params;
      return status;
    };
    let result: MaybePromise<number>;
    try {
      result = sh.deeper(() => sh.shared.run(sh, script, 1, false));
    } catch (error) {
      end();
      throw error;
    }
    if (typeof result !== "number") return result.finally(end).then(done);
    sh.commandName = before;
    end();
    return done(result);
  };
  return typeof text === "string" ? run(text) : text.then(run);
};

function cannotOpen(name: string, error: VfsError): ShellError {
  return new ShellError(`can't open '${name}': ${error.reason}`);
}

const executes: Builtin = (sh, argv) => {
  let i = 1;
  let name: string | undefined;
  while (i < argv.length && argv[i].startsWith("-") && argv[i] !== "-") {
    if (argv[i] === "--") {
      i++;
      break;
    }
    if (argv[i] === "-a") name = argv[++i];
    else if (argv[i].startsWith("-a")) name = argv[i].slice(2);
    else throw new ShellError(`illegal option ${argv[i].slice(0, 2)}`);
    i++;
  }
  if (i >= argv.length) return 0;
  const words = argv.slice(i);
  if (name !== undefined) words[0] = name;
  // What is replaced is no interactive shell any more, even if that fails.
  sh.flags.interactive = false;
  const result = becomeProgram(sh, words, sh.scope.environment(), argv[i]);
  const end = (status: number): never => {
    // What ran has replaced the shell: no trap runs any more.
    if (sh.execFailed) {
      sh.execFailed = false;
      throw new ShellExit(status, true);
    }
    return sh.proc.exit(status);
  };
  return typeof result === "number" ? end(result) : result.then(end);
};

/** The builtins of this module. */
export const FLOW: readonly (readonly [string, Builtin])[] = [
  [":", yes],
  ["true", yes],
  ["false", no],
  ["break", (sh, argv) => leaveLoop(sh, argv, SKIP_BREAK)],
  ["continue", (sh, argv) => leaveLoop(sh, argv, SKIP_CONTINUE)],
  ["return", returns],
  ["exit", exits],
  ["eval", evaluates],
  [".", sources],
  ["source", sources],
  ["exec", executes],
];
