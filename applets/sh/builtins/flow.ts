/**
 * Builtins that steer the shell: `: true false break continue return exit eval`.
 *
 * @module
 */

import { type MaybePromise, O_RDONLY } from "../../../sandbox/types.ts";
import { toByteString } from "../../../sandbox/bytes.ts";
import { withoutNul } from "../capture.ts";
import { ShellError, ShellExit } from "../errors.ts";
import { JOB_VIEW, type JobView } from "../parts.ts";
import { type Builtin, type Shell, SKIP_BREAK, SKIP_CONTINUE, SKIP_RETURN } from "../shell.ts";
import { wholeNumber } from "./options.ts";

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

/** The text of a script file. @throws {VfsError} */
export function readScript(sh: Shell, path: string): MaybePromise<string> {
  const file = sh.proc.fs.open(path, O_RDONLY);
  const chunks: string[] = [];
  const end = (): string => {
    file.release();
    return chunks.join("");
  };
  const readLater = async (first: Promise<Uint8Array | undefined>): Promise<string> => {
    try {
      let chunk = await first;
      while (chunk !== undefined) {
        chunks.push(withoutNul(toByteString(chunk)));
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
      chunks.push(withoutNul(toByteString(chunk)));
    }
  } catch (error) {
    file.release();
    throw error;
  }
  return end();
}

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
];
