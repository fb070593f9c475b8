/**
 * Pathname expansion (POSIX 2.13.3) over the file system of a process.
 *
 * @module
 */

import { type ProcessFs, S_IFDIR, S_IFLNK, S_IFMT } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { ESC, hasMagic, type PatternCache } from "./pattern.ts";
import { unmark } from "./fields.ts";

/** The text a part without active pattern characters stands for: quoting is taken out. */
function plainText(part: string): string {
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

/**
 * The paths that a marked field matches, sorted by byte; undefined when there is none.
 *
 * @param field In marked form, with at least one active pattern character.
 * @param limit Most results; more is an error of the caller's choice.
 */
export function expandGlob(
  field: string,
  fs: ProcessFs,
  patterns: PatternCache,
  limit: number,
): string[] | undefined {
  const parts = field.split("/");
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
      const pattern = patterns.get(unmarkEmpty(part));
      const dots = part.startsWith(".") || part.startsWith(ESC + ".") || part.startsWith("\\.");
      for (const base of found) {
        let names;
        try {
          names = fs.readDir(base === "" ? "." : base);
        } catch (error) {
          if (isVfsError(error)) continue;
          throw error;
        }
        const hits: string[] = [];
        if (dots) { for (const n of [".", ".."]) if (pattern.matches(n)) hits.push(n); }
        for (const entry of names) {
          if (entry.name.charCodeAt(0) === 46 && !dots) continue;
          if (!pattern.matches(entry.name)) continue;
          if (!last && entry.type !== S_IFDIR && entry.type !== S_IFLNK) continue;
          hits.push(entry.name);
        }
        for (const name of hits) next.push(base + name + (last ? "" : "/"));
        if (next.length > limit) return undefined;
      }
    }
    found = next;
    if (found.length === 0) return undefined;
  }
  // Names that came from a directory are there; a plain last component has not been looked for yet.
  const looked = hasMagic(parts[parts.length - 1]);
  const out = looked ? found : found.filter((path) => exists(path, fs));
  if (out.length === 0) return undefined;
  return out.sort(byBytes);
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
