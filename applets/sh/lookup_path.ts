/**
 * Looking programs up without running them.
 *
 * @module
 */

import type { Shell } from "./shell.ts";

/** Where a program is, without touching the table of known ones; undefined when it is nowhere. */
export function locateQuietly(
  sh: Shell,
  name: string,
  path: string | undefined,
): string | undefined {
  const fs = sh.proc.fs;
  if (name.includes("/")) {
    // Native is content when anything is there.
    return fs.tryStat(name) === undefined ? undefined : name;
  }
  const found = sh.proc.findProgram(name, path ?? sh.get("PATH") ?? "");
  // An applet that no path leads to is shown where it would be.
  return found === undefined || found.includes("/") ? found : `/bin/${found}`;
}

/** Runs something with another search path. */
export function callless<T>(sh: Shell, path: string | undefined, run: () => T): T {
  if (path === undefined) return run();
  const { hash, hashed, hashPath } = sh;
  const before = sh.get("PATH");
  sh.set("PATH", path);
  try {
    return run();
  } finally {
    if (before === undefined) sh.unset("PATH");
    else sh.set("PATH", before);
    sh.hash = hash;
    sh.hashed = hashed;
    sh.hashPath = hashPath;
  }
}
