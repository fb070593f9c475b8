/**
 * `command type hash help history exec`.
 *
 * @module
 */

import { DEFAULT_PATH, type MaybePromise } from "../../../sandbox/types.ts";
import { callless, locateQuietly } from "../lookup_path.ts";
import { isReserved } from "../lex.ts";
import { isSpecialBuiltin } from "../parse.ts";
import { becomeProgram, notFound, runProgram } from "../call.ts";
import { ShellError, ShellExit } from "../errors.ts";
import type { Builtin, Shell } from "../shell.ts";
import { singleQuote } from "../trace.ts";
import { readOptions } from "./options.ts";

/** Says what a name is; undefined when it is nothing. */
function describe(sh: Shell, name: string, short: boolean, path?: string): string | undefined {
  if (isReserved(name)) return short ? `${name}\n` : `${name} is a shell keyword\n`;
  const alias = sh.aliases.get(name);
  if (alias !== undefined) {
    return short ? `alias ${name}=${singleQuote(alias)}\n` : `${name} is an alias for ${alias}\n`;
  }
  if (sh.functions.has(name)) return short ? `${name}\n` : `${name} is a function\n`;
  if (sh.shared.builtins.has(name)) {
    if (short) return `${name}\n`;
    return isSpecialBuiltin(name)
      ? `${name} is a special shell builtin\n`
      : `${name} is a shell builtin\n`;
  }
  const found = locateQuietly(sh, name, path);
  if (found === undefined) return undefined;
  if (path === undefined && !name.includes("/")) remember(sh, name, found);
  return short ? `${found}\n` : `${name} is ${found}\n`;
}

/** The programs to list, none after a change of PATH. */
function known(sh: Shell): readonly string[] {
  return sh.hashPath === (sh.get("PATH") ?? "") ? [...sh.hashed] : [];
}

/** A subshell's table was that of the shell around it, which learns nothing from it. */
function remember(sh: Shell, name: string, path: string): void {
  const names = known(sh);
  sh.hash = new Map(names.map((each) => [each, sh.hash.get(each)!])).set(name, path);
  sh.hashed = new Set(names).add(name);
  sh.hashPath = sh.get("PATH") ?? "";
}

/** In which of the 31 lists of its table native keeps a name. */
function bucket(name: string): number {
  let sum = name.charCodeAt(0) << 4;
  for (let i = 0; i < name.length; i++) sum += name.charCodeAt(i);
  return (sum & 0x7fff) % 31;
}

const commands: Builtin = (sh, words) => {
  // `command command …` is `command …`, however often it is said.
  let first = 0;
  while (words[first + 1] === "command" && words[first + 2] !== undefined) first++;
  const argv = first > 0 ? words.slice(first) : words;
  const { given, operands } = readOptions(argv, "pvV");
  if (operands.length === 0) return 0;
  const path = given.has("p") ? DEFAULT_PATH : undefined;
  if (given.has("v") || given.has("V")) {
    const text = describe(sh, operands[0], !given.has("V"), path);
    if (text !== undefined) return sh.print(text);
    return given.has("V") ? sh.print(`${operands[0]}: not found\n`, 127) : 127;
  }
  const builtin = sh.shared.builtins.get(operands[0]);
  if (builtin !== undefined) {
    // Through `command` a special builtin loses its special properties (POSIX command).
    sh.commandName = operands[0];
    return builtin(sh, operands);
  }
  sh.commandName = sh.callerName;
  return callless(
    sh,
    path,
    (): MaybePromise<number> => runProgram(sh, operands, sh.scope.environment()),
  );
};

const types: Builtin = (sh, argv) => {
  let status = 0;
  let out = "";
  let words = argv.slice(1);
  // Any option makes it as brief as `command -v`, for scripts that say `type -p`.
  const short = words.length > 0 && words[0].startsWith("-");
  if (short) words = words.slice(1);
  for (const name of words) {
    const text = describe(sh, name, short);
    if (text === undefined) {
      if (!short) out += `${name}: not found\n`;
      status = 127;
    } else out += text;
  }
  return out === "" ? status : sh.print(out, status);
};

const hashes: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "r");
  if (given.has("r")) {
    sh.hash = new Map();
    sh.hashed = new Set();
    return 0;
  }
  if (operands.length === 0) {
    const names = [...known(sh)].sort((a, b) => bucket(a) - bucket(b));
    return sh.print(names.map((name) => `${sh.hash.get(name)}\n`).join(""));
  }
  let status = 0;
  for (const name of operands) {
    if (name.includes("/") || sh.shared.builtins.has(name) || sh.functions.has(name)) continue;
    const found = locateQuietly(sh, name, undefined);
    if (found === undefined) {
      notFound(sh, name);
      status = 1;
    } else remember(sh, name, found);
  }
  return status;
};

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
  const result = becomeProgram(sh, words, sh.scope.environment(), argv[i], 126);
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

const helps: Builtin = (sh) => {
  let out = "Built-in commands:\n------------------\n";
  let line = "";
  for (const name of [...sh.shared.builtins.keys()].sort(byByte)) {
    line += (line === "" ? "\t" : " ") + name;
    if (line.length > 60) {
      out += `${line}\n`;
      line = "";
    }
  }
  return sh.print(`${out}${line}\n`);
};

function byByte(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** Native's takes no notice of its arguments. */
const recalls: Builtin = (sh) =>
  sh.print(sh.shared.history.map((line, i) => `${String(i).padStart(4)} ${line}\n`).join(""));

/** The builtins of this module. */
export const BUILTINS: readonly (readonly [string, Builtin])[] = [
  ["command", commands],
  ["type", types],
  ["hash", hashes],
  ["help", helps],
  ["history", recalls],
  ["exec", executes],
];
