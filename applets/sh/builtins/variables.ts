/**
 * Builtins about variables, parameters and aliases: `export readonly local unset set shift getopts
 * let alias unalias`.
 *
 * @module
 */

import { isName } from "../ast.ts";
import { ArithError, type Num } from "../arith.ts";
import { saveVariable } from "../call.ts";
import { ShellError } from "../errors.ts";
import { type Builtin, type Flags, OPTIONS, type Shell, singleQuote } from "../shell.ts";
import { readOptions, wholeNumber } from "./options.ts";

/** Splits `name=value`; value is undefined without `=`. @throws {ShellError} */
function splitAssign(word: string): [name: string, value: string | undefined] {
  const eq = word.indexOf("=");
  const name = eq < 0 ? word : word.slice(0, eq);
  if (!isName(name)) throw new ShellError(`${name}: bad variable name`);
  return [name, eq < 0 ? undefined : word.slice(eq + 1)];
}

function sortedNames(sh: Shell): string[] {
  return [...sh.scope.cells.keys()].sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
}

function listMarked(sh: Shell, word: string, wanted: "exported" | "readonly"): string {
  let out = "";
  for (const name of sortedNames(sh)) {
    const cell = sh.scope.cells.get(name)!;
    if (!cell[wanted]) continue;
    const value = sh.valueOf(cell);
    out += value === undefined ? `${word} ${name}\n` : `${word} ${name}=${singleQuote(value)}\n`;
  }
  return out;
}

const exports: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "pn");
  if (operands.length === 0 || given.has("p")) {
    return sh.print(listMarked(sh, "export", "exported"));
  }
  const on = !given.has("n");
  for (const word of operands) {
    const [name, value] = splitAssign(word);
    if (value !== undefined) sh.set(name, value);
    sh.export(name, on);
  }
  return 0;
};

const freezes: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "p");
  if (operands.length === 0 || given.has("p")) {
    return sh.print(listMarked(sh, "readonly", "readonly"));
  }
  for (const word of operands) {
    const [name, value] = splitAssign(word);
    if (value !== undefined) sh.set(name, value);
    sh.ownScope().cell(name).readonly = true;
  }
  return 0;
};

const localizes: Builtin = (sh, argv) => {
  if (sh.functionDepth === 0) throw new ShellError("not in a function");
  for (const word of argv.slice(1)) {
    const [name, value] = splitAssign(word);
    if (name === "-") continue;
    const scope = sh.ownScope();
    const cell = scope.cell(name);
    if (cell.readonly && value !== undefined) throw new ShellError(`${name}: is read only`);
    const saved = sh.locals ??= [];
    if (!saved.some((s) => s.cell.name === name)) {
      saved.push(saveVariable(scope, cell));
      if (value === undefined) {
        cell.text = undefined;
        cell.num = NaN;
        cell.isSet = false;
        if (cell.exported) sh.scope.exported = undefined;
        cell.special?.written(sh, cell);
      }
    }
    if (value !== undefined) sh.set(name, value);
  }
  return 0;
};

const unsets: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "vf");
  for (const name of operands) {
    if (given.has("f")) {
      if (sh.functions.has(name)) sh.ownFunctions().delete(name);
      continue;
    }
    if (!isName(name)) throw new ShellError(`${name}: bad variable name`);
    const cell = sh.scope.cells.get(name);
    if (cell !== undefined && (cell.isSet || cell.exported || cell.readonly)) sh.unset(name);
  }
  return 0;
};

/** All variables as `set` lists them. */
function listVariables(sh: Shell): string {
  let out = "";
  for (const name of sortedNames(sh)) {
    const value = sh.valueOf(sh.scope.cells.get(name)!);
    if (value !== undefined) out += `${name}=${singleQuote(value)}\n`;
  }
  return out;
}

/** Turns one option on or off by its letter. @throws {ShellError} */
function setLetter(sh: Shell, letter: string, on: boolean): void {
  const option = OPTIONS.find((o) => o[0] === letter);
  if (option === undefined || letter === "") throw new ShellError(`illegal option -${letter}`);
  setFlag(sh, option[1] as keyof Flags, on);
}

/** Turns an option on or off. */
export function setFlag(sh: Shell, name: keyof Flags, on: boolean): void {
  if (name === "monitor" && on && sh.proc.tty === undefined) {
    sh.complain("can't access tty; job control turned off");
    return;
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

function listOptions(sh: Shell, asCommands: boolean): string {
  let out = "";
  for (const [, name] of OPTIONS) {
    const on = sh.flags[name as keyof Flags];
    out += asCommands
      ? `set ${on ? "-" : "+"}o ${name}\n`
      : `${name.padEnd(16)}${on ? "on" : "off"}\n`;
  }
  return out;
}

const sets: Builtin = (sh, argv) => {
  if (argv.length === 1) return sh.print(listVariables(sh));
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
      if (name === undefined) return sh.print(listOptions(sh, !on));
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
};

const shifts: Builtin = (sh, argv) => {
  const n = argv.length > 1 ? wholeNumber(argv[1]) : 1;
  if (n > sh.params.length) return 1;
  if (n === 0) return 0;
  sh.params = sh.params.slice(n);
  sh.optIndex = 1;
  sh.optOffset = -1;
  return 0;
};

const parsesOptions: Builtin = (sh, argv) => {
  if (argv.length < 3) throw new ShellError("usage: getopts optstring var [arg]");
  const args = argv.length > 3 ? argv.slice(3) : sh.params;
  let spec = argv[1];
  const variable = argv[2];
  if (spec[0] === ":") spec = spec.slice(1);
  const silent = argv[1][0] === ":" || sh.get("OPTERR") === "0";
  let index = sh.optIndex;
  let offset = sh.optOffset;
  if (index > args.length + 1) {
    index = 1;
    offset = -1;
  }
  let letter = "?";
  let arg: string | undefined;
  let done = 0;
  let word = index >= 2 ? args[index - 2] : undefined;
  if (offset < 0 || word === undefined || offset >= word.length) {
    // The next word.
    word = args[index - 1];
    if (word === undefined || word[0] !== "-" || word.length < 2) {
      done = 1;
    } else {
      index++;
      if (word === "--") done = 1;
      offset = 1;
    }
  }
  if (done === 0) {
    const c = word![offset++];
    const at = c === ":" ? -1 : spec.indexOf(c);
    if (at < 0) {
      if (silent) arg = c;
      else {
        sh.say(`Illegal option -${c}\n`);
      }
      letter = "?";
    } else {
      letter = c;
      if (spec[at + 1] === ":") {
        if (offset < word!.length) {
          arg = word!.slice(offset);
          offset = -1;
        } else if (index <= args.length) {
          arg = args[index - 1];
          index++;
          offset = -1;
        } else {
          offset = -1;
          if (silent) {
            arg = c;
            letter = ":";
          } else {
            sh.say(`No arg for -${c} option\n`);
            letter = "?";
          }
        }
      }
    }
    if (offset >= 0 && offset >= word!.length) offset = -1;
  } else offset = -1;
  if (arg === undefined) sh.unset("OPTARG");
  else sh.set("OPTARG", arg);
  sh.set("OPTIND", String(index));
  sh.optIndex = index;
  sh.optOffset = offset;
  if (!isName(variable)) throw new ShellError(`${variable}: bad variable name`);
  sh.set(variable, letter);
  return done;
};

const lets: Builtin = (sh, argv) => {
  if (argv.length < 2) throw new ShellError("expression expected");
  let v: Num = 0;
  for (let i = 1; i < argv.length; i++) {
    try {
      v = sh.arithmetic(argv[i]);
    } catch (error) {
      if (error instanceof ArithError) throw new ShellError(error.message);
      throw error;
    }
  }
  return v ? 0 : 1;
};

/** Aliases in the order of native's hash table. */
function aliasOrder(name: string): number {
  let h = name.charCodeAt(0) << 4;
  for (let i = 0; i < name.length; i++) h += name.charCodeAt(i);
  return h % 39;
}

const aliases: Builtin = (sh, argv) => {
  const show = (name: string): string => `${name}=${singleQuote(sh.aliases.get(name)!)}\n`;
  if (argv.length === 1) {
    const names = [...sh.aliases.keys()].sort((a, b) => aliasOrder(a) - aliasOrder(b));
    return sh.print(names.map(show).join(""));
  }
  let status = 0;
  let out = "";
  for (const word of argv.slice(1)) {
    const eq = word.indexOf("=", 1);
    if (eq > 0) sh.ownAliases().set(word.slice(0, eq), word.slice(eq + 1));
    else if (sh.aliases.has(word)) out += show(word);
    else {
      sh.say(`alias: ${word} not found\n`);
      status = 1;
    }
  }
  return out === "" ? status : sh.print(out, status);
};

const unaliases: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "a");
  if (given.has("a")) {
    sh.ownAliases().clear();
    return 0;
  }
  let status = 0;
  for (const name of operands) {
    if (sh.aliases.has(name)) sh.ownAliases().delete(name);
    else {
      sh.say(`unalias: ${name} not found\n`);
      status = 1;
    }
  }
  return status;
};

/** The builtins of this module. */
export const VARIABLES: readonly (readonly [string, Builtin])[] = [
  ["export", exports],
  ["readonly", freezes],
  ["local", localizes],
  ["unset", unsets],
  ["set", sets],
  ["shift", shifts],
  ["getopts", parsesOptions],
  ["let", lets],
  ["alias", aliases],
  ["unalias", unaliases],
];
