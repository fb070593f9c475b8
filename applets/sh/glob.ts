/**
 * Pathname expansion (POSIX 2.13.3) over the file system of a process.
 *
 * @module
 */

import {
  type MaybePromise,
  type ProcessFs,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { inSteps, type Steps } from "../_lib/steps.ts";
import { ESC, hasMagic, type Pattern, type PatternCache } from "./pattern.ts";
import { unmark } from "./fields.ts";
import { compiled, pauses } from "./turns/patterns.ts";

/** The text a part without active pattern characters stands for: quoting is taken out. */
function plainText(part: string): string {
  if (!part.includes("\\")) return unmark(part);
  let out = "";
  for (let i = 0; i < part.length; i++) {
    if (part[i] === "\\" && i + 1 < part.length) {
      i++;
      if (part[i] === ESC) i++;
      out += part[i] ?? "";
    } else out += part[i];
  }
  return unmark(out);
}

/** Looking at a name costs so much less than a step, as a power of two. */
const NAME_SHIFT = 2;

/** What a process lets a glob do. */
export interface GlobHost {
  readonly fs: ProcessFs;
  tick(steps: number): Promise<void> | undefined;
}

/**
 * The paths that a marked field matches, sorted by byte; undefined when there is none. Gives others
 * their turn between directories.
 *
 * @param field In marked form, with at least one active pattern character.
 * @param limit Most results; more is an error of the caller's choice.
 */
export function expandGlob(
  field: string,
  host: GlobHost,
  patterns: PatternCache,
  limit: number,
): MaybePromise<string[] | undefined> {
  return inSteps(glob(field, host, patterns, limit));
}

function* glob(
  field: string,
  host: GlobHost,
  patterns: PatternCache,
  limit: number,
): Steps<string[] | undefined> {
  const { fs } = host;
  // A slash may be quoted as well.
  const parts = field.replaceAll(/(\u0100[^]|\\[^/])|\\\//g, (_, other?: string) => other ?? "/")
    .split("/");
  let found: string[] = [""];
  for (let i = 0; i < parts.length; i++) {
    const last = i === parts.length - 1;
    const part = parts[i];
    const next: string[] = [];
    if (!hasMagic(part)) {
      const text = plainText(part);
      // Names between patterns are checked at the end, in one go.
      for (const base of found) next.push(base + text + (last ? "" : "/"));
    } else {
      const bare = unmarkEmpty(part);
      const pattern = yield* compiled(patterns, bare, pauses({ proc: host }));
      const dots = bare.startsWith(".") || bare.startsWith(ESC + ".") || bare.startsWith("\\.");
      for (const base of found) {
        const count = addMatches(base, pattern, dots, last, fs, next);
        const turn = host.tick(1 + (count >> NAME_SHIFT));
        if (turn !== undefined) yield turn;
        if (next.length > limit) return undefined;
      }
    }
    found = next;
    if (found.length === 0) return undefined;
  }
  // Names that came from a directory are there; a plain last component has not been looked for yet.
  let out = found;
  if (!hasMagic(parts[parts.length - 1])) {
    out = [];
    for (const path of found) {
      if (exists(path, fs)) out.push(path);
      const turn = host.tick(1);
      if (turn !== undefined) yield turn;
    }
  }
  if (out.length === 0) return undefined;
  return out.sort(byBytes);
}

/** Adds the names of a directory that match; gives how many names it has. */
function addMatches(
  base: string,
  pattern: Pattern,
  dots: boolean,
  last: boolean,
  fs: ProcessFs,
  next: string[],
): number {
  let names;
  try {
    names = fs.readDir(base === "" ? "." : base);
  } catch (error) {
    if (isVfsError(error)) return 0;
    throw error;
  }
  const end = last ? "" : "/";
  if (dots) { for (const n of [".", ".."]) if (pattern.matches(n)) next.push(base + n + end); }
  for (const { name, type } of names) {
    if (name.charCodeAt(0) === 46 && !dots) continue;
    if (!last && type !== S_IFDIR && type !== S_IFLNK) continue;
    if (pattern.matches(name)) next.push(base + name + end);
  }
  return names.length;
}

function unmarkEmpty(part: string): string {
  return part.replaceAll("\u0101", "");
}

function exists(path: string, fs: ProcessFs): boolean {
  if (path.endsWith("/")) {
    const stat = fs.tryStat(path);
    return stat !== undefined && (stat.mode & S_IFMT) === S_IFDIR;
  }
  return fs.tryStat(path, { follow: false }) !== undefined;
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
