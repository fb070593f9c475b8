/**
 * The parts of the shell that are loaded when a script first needs them.
 *
 * @module
 */

import type { MaybePromise } from "../../sandbox/types.ts";
import { loadParts, Part } from "../_lib/part.ts";
import { PartNeeded } from "./errors.ts";
import type { Shell } from "./shell.ts";

/** The `printf` builtin. */
export const PRINTF: Part<typeof import("./builtins/printf.ts")> = new Part(
  "sh/builtins/printf.ts",
);

/** `test` in full. */
export const TESTS: Part<typeof import("./builtins/tests.ts")> = new Part("sh/builtins/tests.ts");

/** The regular expressions of `[[ =~ ]]`, as a module. */
export type RegexModule = typeof import("../_lib/regex/regex.ts");
/** The regular expressions of `[[ =~ ]]`. */
export const REGEX: Part<typeof import("../_lib/regex/regex.ts")> = new Part("_lib/regex/regex.ts");

/** Commands from standard input, and start-up files. */
export const INPUT: Part<typeof import("./input.ts")> = new Part("sh/input.ts");

/** Prompts, the line editor, completion and history. */
export const INTERACTIVE: Part<typeof import("./interactive.ts")> = new Part("sh/interactive.ts");

/** What is said of jobs, as a module. */
export type JobView = typeof import("./job_view.ts");
/** What is said of jobs, and job control. */
export const JOB_VIEW: Part<typeof import("./job_view.ts")> = new Part("sh/job_view.ts");

/** `kill wait jobs fg bg trap`. */
export const PROCESS: Part<typeof import("./builtins/process.ts")> = new Part(
  "sh/builtins/process.ts",
);

/** `command type hash help history exec`. */
export const LOOKUP: Part<typeof import("./builtins/lookup.ts")> = new Part(
  "sh/builtins/lookup.ts",
);

/** `.` and `source`. */
export const SOURCE: Part<typeof import("./builtins/source.ts")> = new Part(
  "sh/builtins/source.ts",
);

/** `cd chdir pwd`. */
export const DIRECTORY: Part<typeof import("./builtins/directory.ts")> = new Part(
  "sh/builtins/directory.ts",
);

/** `alias unalias getopts let umask ulimit times readonly local`, and what `set` and `export` list. */
export const SETTINGS: Part<typeof import("./builtins/settings.ts")> = new Part(
  "sh/builtins/settings.ts",
);

/** Arithmetic. */
export const ARITHMETIC: Part<typeof import("./expand_arith.ts")> = new Part("sh/expand_arith.ts");

/** The operators of `${…}`. */
export const OPERATORS: Part<typeof import("./expand_ops.ts")> = new Part("sh/expand_ops.ts");

/** Pathname expansion. */
export const GLOB: Part<typeof import("./glob.ts")> = new Part("sh/glob.ts");

/** Tildes. */
export const TILDE: Part<typeof import("./tilde.ts")> = new Part("sh/tilde.ts");

/** What `set -x` shows, and the expansion of prompts. */
export const TRACE: Part<typeof import("./trace.ts")> = new Part("sh/trace.ts");

/** Background commands and process substitution. */
export const BACKGROUND: Part<typeof import("./background.ts")> = new Part("sh/background.ts");

/** The `read` builtin. */
export const READ: Part<typeof import("./builtins/read.ts")> = new Part("sh/builtins/read.ts");

/** What is done in turns with others, as a module. */
export type TurnsModule = typeof import("./turns/mod.ts");
/** What is done in turns with others, because it may take long: with very long commands and texts. */
export const TURNS: Part<typeof import("./turns/mod.ts")> = new Part("sh/turns/mod.ts");

/** Usage pages. The shell reads its options itself. */
export const USAGE: Part<typeof import("../_lib/options.ts")> = new Part("_lib/options.ts");

/** Loads what the text of a prompt may need, since no prompt can wait for it. */
export function loadExpansion(sh: Shell): Promise<void> | undefined {
  return loadParts(sh.proc, [ARITHMETIC, OPERATORS, TESTS, TRACE]);
}

/** Does something that may need a part; it is done again when that is loaded. */
export function withParts<T>(sh: Shell, run: () => T): MaybePromise<T> {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof PartNeeded)) throw error;
    const loading = loadParts(sh.proc, [error.part]);
    return loading === undefined ? withParts(sh, run) : loading.then(() => withParts(sh, run));
  }
}

/** Does something with a part. Who cannot wait for it gets a promise that is never kept. */
export function withPart<M, T>(
  sh: Shell,
  part: Part<M>,
  use: (part: M) => MaybePromise<T>,
): MaybePromise<T> {
  if (part.loaded !== undefined) return use(part.loaded);
  return sh.hurries ? new Promise(() => {}) : Promise.resolve(part.loadFor(sh.proc)).then(use);
}

/** Does something in turns with others, for which who cannot wait gets a promise that is never kept. */
export function inTurns<T>(
  sh: Shell,
  run: (turns: TurnsModule) => MaybePromise<T>,
): MaybePromise<T> {
  return sh.hurries ? new Promise(() => {}) : withPart(sh, TURNS, run);
}

/** What in a script makes it likely that a part will be needed. */
const SIGNS: readonly (readonly [RegExp, Part<unknown>])[] = [
  [/\$\(\(/, ARITHMETIC],
  [/\$\{(?:#|\w+[^\w}])/, OPERATORS],
  [/(?:^|[\s;&|!(])(?:\[\[?|test)\s/m, TESTS],
  [/\bprintf\b/, PRINTF],
  [/\bread\b/, READ],
  [/\b(?:trap|kill|wait)\b/, PROCESS],
  [/\b(?:command|type|exec)\b/, LOOKUP],
  [/\b(?:getopts|umask|local|readonly)\b/, SETTINGS],
  [/^\s*(?:\.|source) /m, SOURCE],
];

/**
 * Begins to load what a script will probably need, so that it waits for all of it once, and not for
 * each part when it comes to it. A wrong guess costs some time and nothing else.
 */
export function foresee(script: string): void {
  const beginning = script.slice(0, 1 << 16);
  for (const [sign, part] of SIGNS) {
    if (part.loaded !== undefined || !sign.test(beginning)) continue;
    const loading = part.load();
    // Who needs the part tries again, and tells why it cannot be loaded.
    if (loading instanceof Promise) loading.catch(() => {});
  }
}
