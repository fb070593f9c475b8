/**
 * Builtins that most scripts do without: `alias unalias getopts let umask ulimit times readonly
 * local`, and the lists that `set` and `export` print.
 *
 * @module
 */

import type { LimitName } from "../../../sandbox/types.ts";
import { isVfsError } from "../../../sandbox/errors.ts";
import type { MaybePromise } from "../../../sandbox/types.ts";
import { isName } from "../ast.ts";
import { saveVariable } from "../call.ts";
import type { Num } from "../arith.ts";
import { ShellError } from "../errors.ts";
import { ARITHMETIC } from "../parts.ts";
import { type Builtin, type Flags, OPTIONS, type Shell } from "../shell.ts";
import { singleQuote } from "../trace.ts";
import { readOptions } from "./options.ts";
import { setLetter, splitAssign } from "./variables.ts";

// -- lists --------------------------------------------------------------------------------------

function sortedNames(sh: Shell): string[] {
  return [...sh.scope.cells.keys()].sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
}

/** What `export -p` and `readonly -p` print. */
export function marked(sh: Shell, word: string, wanted: "exported" | "readonly"): string {
  let out = "";
  for (const name of sortedNames(sh)) {
    const cell = sh.scope.cells.get(name)!;
    if (!cell[wanted]) continue;
    const value = sh.valueOf(cell);
    out += value === undefined ? `${word} ${name}\n` : `${word} ${name}=${singleQuote(value)}\n`;
  }
  return out;
}

/** All variables as `set` lists them. */
export function variables(sh: Shell): string {
  let out = "";
  for (const name of sortedNames(sh)) {
    const value = sh.valueOf(sh.scope.cells.get(name)!);
    if (value !== undefined) out += `${name}=${singleQuote(value)}\n`;
  }
  return out;
}

/**
 * What `set -o` and `set +o` print.
 *
 * @param rest The letters behind the `o`, each of which counts.
 */
export function options(sh: Shell, on: boolean, rest: string): string {
  const text = optionList(sh, !on);
  if (rest === "") return text;
  void sh.print(text);
  for (const letter of rest) {
    if (letter === "o") void sh.print(optionList(sh, !on));
    else setLetter(sh, letter, on);
  }
  return "";
}

function optionList(sh: Shell, asCommands: boolean): string {
  let out = "";
  for (const [, name] of OPTIONS) {
    const on = sh.flags[name as keyof Flags];
    out += asCommands
      ? `set ${on ? "-" : "+"}o ${name}\n`
      : `${name.padEnd(16)}${on ? "on" : "off"}\n`;
  }
  return out;
}

// -- variables and aliases ----------------------------------------------------------------------

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
      arg = "";
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
          arg = undefined;
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
  const loading = ARITHMETIC.loadFor(sh.proc);
  if (loading instanceof Promise) return loading.then(() => lets(sh, argv));
  return letFrom(sh, argv, 1, 0);
};

function letFrom(
  sh: Shell,
  argv: readonly string[],
  from: number,
  before: Num,
): MaybePromise<number> {
  let v = before;
  for (let i = from; i < argv.length; i++) {
    const value = ARITHMETIC.loaded!.evaluateText(sh, argv[i]);
    if (value instanceof Promise) return value.then((late) => letFrom(sh, argv, i + 1, late));
    v = value;
  }
  return v ? 0 : 1;
}

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

// -- umask --------------------------------------------------------------------------------------

const LETTERS = "rwx";

function symbolic(mask: number): string {
  const part = (shift: number): string => {
    const bits = (~mask >> shift) & 7;
    return [...LETTERS].filter((_, i) => bits & (4 >> i)).join("");
  };
  return `u=${part(6)},g=${part(3)},o=${part(0)}`;
}

/** Applies a symbolic mode to permissions; undefined when it is wrong. */
function applySymbolic(text: string, before: number): number | undefined {
  let perms = before;
  const allowed = before;
  for (const clause of text.split(",")) {
    const m = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause);
    if (m === null) return undefined;
    const who = m[1] === "" || m[1].includes("a") ? "ugo" : m[1];
    for (const [, op, letters] of m[2].matchAll(/([-+=])([rwxXstugo]*)/g)) {
      let bits = 0;
      for (const l of letters) {
        if (l === "u") bits |= perms >> 6 & 7;
        else if (l === "g") bits |= perms >> 3 & 7;
        else if (l === "o") bits |= perms & 7;
        else if (l === "X") bits |= 1;
        else if (LETTERS.includes(l)) bits |= 4 >> LETTERS.indexOf(l);
      }
      for (const w of who) {
        const shift = w === "u" ? 6 : w === "g" ? 3 : 0;
        if (m[1] === "" && op !== "-") {
          // Nobody named: the mask itself bounds what is given.
          const given = (bits << shift) & allowed;
          perms = op === "+" ? perms | given : (perms & ~(7 << shift)) | given;
        } else if (op === "+") perms |= bits << shift;
        else if (op === "-") perms &= ~(bits << shift);
        else perms = (perms & ~(7 << shift)) | (bits << shift);
      }
    }
  }
  return perms & 0o777;
}

const masks: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "S");
  const mask = sh.proc.umask;
  if (operands.length === 0) {
    return sh.print(
      (given.has("S") ? symbolic(mask) : mask.toString(8).padStart(4, "0")) + "\n",
    );
  }
  const mode = operands[0];
  if (/^[0-9]/.test(mode)) {
    if (!/^[0-7]+$/.test(mode) || parseInt(mode, 8) > 0o777) {
      throw new ShellError(`illegal mode: ${mode}`);
    }
    sh.proc.umask = parseInt(mode, 8);
    return 0;
  }
  const perms = applySymbolic(mode, ~mask & 0o777);
  if (perms === undefined) throw new ShellError(`illegal mode: ${mode}`);
  sh.proc.umask = ~perms & 0o777;
  return 0;
};

// -- ulimit -------------------------------------------------------------------------------------

interface Limit {
  readonly letter: string;
  readonly text: string;
  readonly name: LimitName | undefined;
  /** Units of the kernel's number in one of the shell's. */
  readonly scale: number;
  /** Shown when the kernel knows no such limit. */
  readonly fixed?: string;
}

const LIMITS: readonly Limit[] = [
  { letter: "c", text: "core file size (blocks)", name: "core", scale: 512, fixed: "0" },
  { letter: "d", text: "data seg size (kb)", name: "data", scale: 1024 },
  { letter: "e", text: "scheduling priority", name: "nice", scale: 1, fixed: "0" },
  { letter: "f", text: "file size (blocks)", name: "fileSize", scale: 512 },
  { letter: "i", text: "pending signals", name: undefined, scale: 1 },
  { letter: "l", text: "max locked memory (kb)", name: "lockedMemory", scale: 1024 },
  { letter: "m", text: "max memory size (kb)", name: "rss", scale: 1024 },
  { letter: "n", text: "open files", name: "openFiles", scale: 1 },
  { letter: "q", text: "POSIX message queues (bytes)", name: undefined, scale: 1 },
  { letter: "r", text: "real-time priority", name: "rtprio", scale: 1, fixed: "0" },
  { letter: "s", text: "stack size (kb)", name: "stack", scale: 1024 },
  { letter: "t", text: "cpu time (seconds)", name: "cpuMs", scale: 1000 },
  { letter: "u", text: "max user processes", name: "processes", scale: 1 },
  { letter: "v", text: "virtual memory (kb)", name: "memory", scale: 1024 },
  { letter: "x", text: "file locks", name: "locks", scale: 1 },
];

function limitText(sh: Shell, limit: Limit): string {
  const value = limit.name === undefined ? undefined : sh.proc.getLimit(limit.name);
  if (value === undefined) return limit.fixed ?? "unlimited";
  return String(Math.floor(value / limit.scale));
}

const localizes: Builtin = (sh, argv) => {
  if (sh.functionDepth === 0) throw new ShellError("not in a function");
  for (const word of argv.slice(1)) {
    if (word === "-") {
      sh.localFlags ??= { ...sh.flags };
      continue;
    }
    const [name, value] = splitAssign(word);
    const scope = sh.ownScope();
    const cell = scope.cell(name);
    const saved = sh.locals ??= [];
    const isNew = !saved.some((s) => s.cell.name === name);
    // A new one is unset, which is a change too.
    if (cell.readonly && (isNew || value !== undefined)) {
      throw new ShellError(`${name}: is read only`);
    }
    if (isNew) {
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

const freezes: Builtin = (sh, argv) => {
  const { operands } = readOptions(argv, "p");
  if (operands.length === 0) return sh.print(marked(sh, "readonly", "readonly"));
  for (const word of operands) {
    const [name, value] = splitAssign(word);
    if (value !== undefined) sh.set(name, value);
    sh.ownScope().cell(name).readonly = true;
  }
  return 0;
};

/** Sets a limit; gives the status. */
function setLimit(sh: Shell, limit: Limit, value: string): number {
  const isUnlimited = value === "unlimited";
  if (!isUnlimited && (!/^[0-9]+$/.test(value) || BigInt(value) >> 64n > 0n)) {
    sh.say(`${sh.shared.name}: invalid number '${value}'\n`);
    return 1;
  }
  try {
    if (limit.name !== undefined) {
      sh.proc.setLimit(limit.name, isUnlimited ? undefined : Number(value) * limit.scale);
    }
  } catch (error) {
    if (!isVfsError(error)) throw error;
    sh.say(`${sh.shared.name}: error setting limit: ${error.reason}\n`);
    return 1;
  }
  return 0;
}

/** One of several limits that are shown. */
function limitLine(sh: Shell, limit: Limit): string {
  return `${limit.text.padEnd(32)}(-${limit.letter}) ${limitText(sh, limit)}\n`;
}

/**
 * As natively each letter takes a number, at once or in the next word, or else shows its limit. A
 * word that no letter takes is the size of files; behind `--` words mean nothing.
 */
const limits: Builtin = (sh, argv) => {
  const fileSize = LIMITS.find((l) => l.letter === "f")!;
  const wanted: { readonly limit: Limit; readonly value?: string }[] = [];
  const words = argv.slice(1);
  for (let i = 0; i < words.length && words[i] !== "--"; i++) {
    const word = words[i];
    if (word[0] !== "-" || word === "-") {
      wanted.push({ limit: fileSize, value: word });
      continue;
    }
    for (let k = 1; k < word.length; k++) {
      const letter = word[k];
      if (letter === "H" || letter === "S") continue;
      if (letter === "a") return sh.print(LIMITS.map((l) => limitLine(sh, l)).join(""));
      const limit = LIMITS.find((l) => l.letter === letter);
      if (limit === undefined) {
        sh.say(`ulimit: invalid option -- '${letter}'\n`);
        return 1;
      }
      let value: string | undefined = word.slice(k + 1);
      if (value === "") value = words[i + 1]?.[0] === "-" ? undefined : words[++i];
      wanted.push({ limit, value });
      break;
    }
  }
  if (wanted.length === 0) wanted.push({ limit: fileSize });
  let out = "";
  let status = 0;
  for (const { limit, value } of wanted) {
    if (value !== undefined) status = setLimit(sh, limit, value);
    else out += wanted.length > 1 ? limitLine(sh, limit) : limitText(sh, limit) + "\n";
    if (status !== 0) break;
  }
  return out === "" ? status : sh.print(out, status);
};

// -- times --------------------------------------------------------------------------------------

function minutes(ms: number): string {
  const s = ms / 1000;
  return `${Math.floor(s / 60)}m${(s % 60).toFixed(3)}s`;
}

const tells: Builtin = (sh) => {
  const t = sh.proc.times();
  return sh.print(
    `${minutes(t.self)} ${minutes(0)}\n${minutes(t.children)} ${minutes(0)}\n`,
  );
};

/** The builtins of this module. */
export const BUILTINS: readonly (readonly [string, Builtin])[] = [
  ["getopts", parsesOptions],
  ["let", lets],
  ["alias", aliases],
  ["unalias", unaliases],
  ["umask", masks],
  ["ulimit", limits],
  ["times", tells],
  ["readonly", freezes],
  ["local", localizes],
];
