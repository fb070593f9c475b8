/**
 * What the Tab key offers: names of commands in the first word, files elsewhere.
 *
 * @module
 */

import { S_IFDIR, S_IFMT } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { isReserved } from "./lex.ts";
import type { Shell } from "./shell.ts";

/** What can stand for the word before the cursor. */
export interface Completion {
  /** Where the word begins. */
  readonly start: number;
  /** The candidates, as they would be typed. */
  readonly words: readonly string[];
}

/** Characters that end a word unless quoted. */
const ENDS = /[ \t;|&()<>`"'=]/;

/** The candidates for the word that ends at `cursor`. */
export function complete(sh: Shell, line: string, cursor: number): Completion {
  let start = cursor;
  while (start > 0 && (!ENDS.test(line[start - 1]) || line[start - 2] === "\\")) start--;
  const word = line.slice(start, cursor).replaceAll(/\\(.)/g, "$1");
  const before = line.slice(0, start);
  const first = /(?:^|[;|&(`]|\b(?:then|do|else|if|while|until)\s)\s*$/.test(before);
  if (word.startsWith("$")) return { start, words: variables(sh, word) };
  if (first && !word.includes("/")) {
    const words = commands(sh, word);
    if (words.length > 0) return { start, words };
  }
  return { start, words: files(sh, word) };
}

function variables(sh: Shell, word: string): string[] {
  const braced = word.startsWith("${");
  const prefix = word.slice(braced ? 2 : 1);
  return unique(
    [...sh.scope.cells.values()]
      .filter((v) => v.isSet && v.name.startsWith(prefix))
      .map((v) => braced ? "${" + v.name + "}" : "$" + v.name),
  );
}

function commands(sh: Shell, prefix: string): string[] {
  const names: string[] = [
    ...sh.shared.builtins.keys(),
    ...sh.functions.keys(),
    ...sh.aliases.keys(),
    ...sh.proc.kernel.programNames(),
    ...["if", "for", "while", "case", "until", "function"].filter(isReserved),
  ];
  for (const dir of (sh.get("PATH") ?? "").split(":")) {
    if (prefix === "" || dir === "") continue;
    for (const entry of list(sh, dir)) {
      if (entry.name.startsWith(prefix) && sh.proc.fs.access(`${dir}/${entry.name}`, 1)) {
        names.push(entry.name);
      }
    }
  }
  return unique(names.filter((n) => n.startsWith(prefix))).map((n) => n + " ");
}

function list(sh: Shell, dir: string): readonly { readonly name: string; readonly type: number }[] {
  try {
    return sh.proc.fs.readDir(dir);
  } catch (error) {
    if (isVfsError(error)) return [];
    throw error;
  }
}

function files(sh: Shell, word: string): string[] {
  const slash = word.lastIndexOf("/") + 1;
  const shown = word.slice(0, slash);
  let dir = shown === "" ? "." : shown;
  if (dir.startsWith("~/")) dir = (sh.get("HOME") ?? "") + dir.slice(1);
  const prefix = word.slice(slash);
  const out: string[] = [];
  for (const entry of list(sh, dir)) {
    if (!entry.name.startsWith(prefix)) continue;
    if (entry.name.startsWith(".") && !prefix.startsWith(".")) continue;
    const stat = sh.proc.fs.tryStat(`${dir === "" ? "/" : dir}/${entry.name}`);
    const directory = stat !== undefined && (stat.mode & S_IFMT) === S_IFDIR;
    out.push(quoted(shown + entry.name) + (directory ? "/" : " "));
  }
  return unique(out);
}

function quoted(name: string): string {
  return name.replaceAll(/[ \t\\$`"'*?[\]();|&<>#!{}]/g, "\\$&");
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)].sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
}

/** The longest text with which all words begin. */
export function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? "";
  for (const w of words) {
    let n = 0;
    while (n < prefix.length && n < w.length && prefix[n] === w[n]) n++;
    prefix = prefix.slice(0, n);
  }
  return prefix;
}
