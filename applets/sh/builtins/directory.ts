/**
 * `cd chdir pwd`.
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
  const logical = normalize(target.startsWith("/") ? target : sh.cwd.replace(/\/?$/, "/") + target);
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

/** The builtins of this module. */
export const BUILTINS: readonly (readonly [string, Builtin])[] = [
  ["cd", changes],
  ["chdir", changes],
  ["pwd", prints],
];
