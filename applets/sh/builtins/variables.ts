/**
 * Builtins about variables and parameters: `export unset set shift`.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { isName } from "../ast.ts";
import { ShellError } from "../errors.ts";
import { loadExpansion, SETTINGS } from "../parts.ts";
import { type Builtin, type Flags, OPTIONS, type Shell } from "../shell.ts";
import { readOptions, wholeNumber } from "./options.ts";

/** Splits `name=value`; value is undefined without `=`. @throws {ShellError} */
export function splitAssign(word: string): [name: string, value: string | undefined] {
  const eq = word.indexOf("=");
  const name = eq < 0 ? word : word.slice(0, eq);
  if (!isName(name)) throw new ShellError(`${name}: bad variable name`);
  return [name, eq < 0 ? undefined : word.slice(eq + 1)];
}

type Settings = typeof import("./settings.ts");

/** Prints a list that the part of the settings makes. */
function listed(sh: Shell, list: (settings: Settings) => string): MaybePromise<number> {
  const settings = SETTINGS.loadFor(sh.proc);
  return settings instanceof Promise
    ? settings.then((module) => sh.print(list(module)))
    : sh.print(list(settings));
}

const exports: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "pn");
  if (operands.length === 0) {
    return listed(sh, (list) => list.marked(sh, "export", "exported"));
  }
  const on = !given.has("n");
  for (const word of operands) {
    const [name, value] = splitAssign(word);
    if (value !== undefined) sh.set(name, value);
    sh.export(name, on);
  }
  return 0;
};

const unsets: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "vf");
  for (const word of operands) {
    if (given.has("f")) {
      if (sh.functions.has(word)) sh.ownFunctions().delete(word);
      continue;
    }
    // Natively a value is not minded.
    const [name] = splitAssign(word);
    const cell = sh.scope.cells.get(name);
    if (cell !== undefined && (cell.isSet || cell.exported || cell.readonly)) sh.unset(name);
  }
  return 0;
};

/** Turns one option on or off by its letter. @throws {ShellError} */
export function setLetter(sh: Shell, letter: string, on: boolean): void {
  const option = OPTIONS.find((o) => o[0] === letter);
  if (option === undefined || letter === "") {
    throw new ShellError(`illegal option ${on ? "-" : "+"}${letter}`);
  }
  setFlag(sh, option[1] as keyof Flags, on);
}

/** Turns an option on or off. */
export function setFlag(sh: Shell, name: keyof Flags, on: boolean): void {
  if (name === "monitor" && on && sh.proc.tty === undefined) {
    sh.complain("can't access tty; job control turned off");
    on = false;
  }
  sh.flags[name] = on;
}

/** Turns an option on or off by its long name; false when there is none. */
export function setNamed(sh: Shell, name: string, on: boolean): boolean {
  const option = OPTIONS.find((o) => o[1] === name);
  if (option === undefined) return false;
  setFlag(sh, option[1] as keyof Flags, on);
  return true;
}

const sets: Builtin = (sh, argv) => {
  // PS4 may hold any expansion. `set -x` may be followed by something wrong and yet be in force.
  const loading = (): Promise<void> | undefined => sh.flags.xtrace ? loadExpansion(sh) : undefined;
  let result: MaybePromise<number>;
  try {
    result = setAll(sh, argv);
  } catch (error) {
    const parts = loading();
    if (parts === undefined) throw error;
    return parts.then(() => {
      throw error;
    });
  }
  return loading()?.then(() => result) ?? result;
};

function setAll(sh: Shell, argv: readonly string[]): MaybePromise<number> {
  if (argv.length === 1) return listed(sh, (list) => list.variables(sh));
  let i = 1;
  let replace = false;
  for (; i < argv.length; i++) {
    const word = argv[i];
    const on = word[0] === "-";
    if (!on && word[0] !== "+") break;
    if (on && (word === "-" || word === "--")) {
      if (word === "-") {
        sh.flags.xtrace = false;
        sh.flags.verbose = false;
      } else replace = true;
      i++;
      break;
    }
    for (let k = 1; k < word.length; k++) {
      const letter = word[k];
      if (letter !== "o") {
        setLetter(sh, letter, on);
        continue;
      }
      const name = argv[i + 1];
      if (name === undefined) return listed(sh, (list) => list.options(sh, on, word.slice(k + 1)));
      i++;
      if (!setNamed(sh, name, on)) {
        sh.complain(`illegal option ${on ? "-" : "+"}o ${name}`);
        return 1;
      }
    }
  }
  if (replace || i < argv.length) {
    sh.params = argv.slice(i);
    sh.optIndex = 1;
    sh.optOffset = -1;
  }
  return 0;
}

const shifts: Builtin = (sh, argv) => {
  const n = argv.length > 1 ? wholeNumber(argv[1]) : 1;
  if (n > sh.words.length - sh.gone) return 1;
  if (n === 0) return 0;
  sh.shift(n);
  sh.optIndex = 1;
  sh.optOffset = -1;
  return 0;
};

/** The builtins of this module. */
export const VARIABLES: readonly (readonly [string, Builtin])[] = [
  ["export", exports],
  ["unset", unsets],
  ["set", sets],
  ["shift", shifts],
];
