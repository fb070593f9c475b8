/**
 * What the Tab key offers: names of commands in the first word, files elsewhere.
 *
 * @module
 */

import { S_IFDIR, S_IFMT } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
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
  // The simple command that the word belongs to, as far as it has been typed.
  const before = /[^;|&({`]*$/.exec(line.slice(0, start))![0];
  if (word.startsWith("~") && !word.includes("/")) return { start, words: users(sh, word) };
  // An assignment before a command is taken for a part of its name, and there is none.
  if (/^\s*[^\s<>"']*=$/.test(before)) return { start, words: [] };
  if (/^\s*$/.test(before) && !word.includes("/")) return { start, words: commands(sh, word) };
  return { start, words: files(sh, word, /^\s*cd\s/.test(before)) };
}

function users(sh: Shell, word: string): string[] {
  let text: string;
  try {
    text = toByteString(sh.proc.fs.readFile("/etc/passwd"));
  } catch (error) {
    if (isVfsError(error)) return [];
    throw error;
  }
  const names = text.split("\n").map((each) => `~${each.split(":")[0]}/`);
  return unique(names.filter((name) => name.length > 2 && name.startsWith(word)));
}

function commands(sh: Shell, prefix: string): string[] {
  if (prefix === "") return [];
  const names: string[] = [...sh.shared.builtins.keys(), ...sh.proc.kernel.programNames()];
  for (const dir of (sh.get("PATH") ?? "").split(":")) {
    if (dir === "") continue;
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

function files(sh: Shell, word: string, directoriesOnly: boolean): string[] {
  const slash = word.lastIndexOf("/") + 1;
  const shown = word.slice(0, slash);
  let dir = shown === "" ? "." : shown;
  if (dir.startsWith("~/")) dir = (sh.get("HOME") ?? "") + dir.slice(1);
  const prefix = word.slice(slash);
  const out: string[] = [];
  for (const entry of list(sh, dir)) {
    if (!entry.name.startsWith(prefix)) continue;
    const stat = sh.proc.fs.tryStat(`${dir === "" ? "/" : dir}/${entry.name}`);
    const directory = stat !== undefined && (stat.mode & S_IFMT) === S_IFDIR;
    if (directoriesOnly && !directory) continue;
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
