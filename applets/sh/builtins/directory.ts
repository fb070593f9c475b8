/**
 * `cd chdir pwd umask`.
 *
 * @module
 */

import { isVfsError } from "../../../sandbox/errors.ts";
import { ShellError } from "../errors.ts";
import type { Builtin, Shell } from "../shell.ts";
import { readOptions } from "./options.ts";

/** Takes `.` and `..` out of an absolute path by its text; two slashes at the front stay. */
export function normalize(path: string): string {
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") out.pop();
    else out.push(part);
  }
  const root = path.startsWith("//") && path[2] !== "/" ? "//" : "/";
  return root + out.join("/");
}

function changeTo(sh: Shell, target: string, physical: boolean): void {
  const fs = sh.proc.fs;
  if (physical || target === "") {
    if (target !== "") fs.changeDir(target);
    entered(sh, target === "" ? sh.cwd : fs.currentDir());
    return;
  }
  const logical = normalize(target.startsWith("/") ? target : `${sh.cwd}/${target}`);
  fs.changeDir(logical);
  entered(sh, logical);
}

function entered(sh: Shell, path: string): void {
  sh.set("OLDPWD", sh.get("PWD") ?? sh.cwd);
  sh.export("OLDPWD", true);
  sh.cwd = path;
  sh.set("PWD", path);
  sh.export("PWD", true);
}

const changes: Builtin = (sh, argv) => {
  const { given, operands } = readOptions(argv, "LP");
  const physical = [...given.keys()].pop() === "P";
  let target = operands[0] ?? sh.get("HOME") ?? "";
  let show = false;
  if (target === "-") {
    target = sh.get("OLDPWD") ?? "";
    show = true;
  }
  const fail = (error: unknown): never => {
    if (!isVfsError(error)) throw error;
    throw new ShellError(`can't cd to ${target}: ${error.reason}`);
  };
  if (!/^(?:\/|\.\.?(?:\/|$))/.test(target)) {
    for (const dir of (sh.get("CDPATH") ?? "").split(":")) {
      if (dir === "") continue;
      const path = `${dir}/${target}`;
      if (sh.proc.fs.tryStat(path) === undefined) continue;
      try {
        changeTo(sh, path, physical);
        return sh.print(sh.cwd + "\n");
      } catch (error) {
        if (!isVfsError(error)) throw error;
      }
    }
  }
  try {
    changeTo(sh, target, physical);
  } catch (error) {
    fail(error);
  }
  return show ? sh.print(sh.cwd + "\n") : 0;
};

const prints: Builtin = (sh, argv) => {
  const { given } = readOptions(argv, "LP");
  const physical = [...given.keys()].pop() === "P";
  let path = sh.cwd;
  if (physical) {
    try {
      path = sh.proc.fs.currentDir();
    } catch (error) {
      // A directory that was removed has no path any more.
      if (!isVfsError(error)) throw error;
      path = "";
    }
  }
  return sh.print(path + "\n");
};

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
    if (!/^[0-7]+$/.test(mode) || parseInt(mode, 8) > 0o7777) {
      throw new ShellError(`illegal mode: ${mode}`);
    }
    sh.proc.umask = parseInt(mode, 8) & 0o777;
    return 0;
  }
  const perms = applySymbolic(mode, ~mask & 0o777);
  if (perms === undefined) throw new ShellError(`illegal mode: ${mode}`);
  sh.proc.umask = ~perms & 0o777;
  return 0;
};

/** The builtins of this module. */
export const DIRECTORY: readonly (readonly [string, Builtin])[] = [
  ["cd", changes],
  ["chdir", changes],
  ["pwd", prints],
  ["umask", masks],
];
