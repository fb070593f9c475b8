/**
 * Tilde expansion (POSIX 2.6.1).
 *
 * A part: a command with a tilde that may mean a directory is compiled when it is loaded.
 *
 * @module
 */

import type { PartFn, TildeRule } from "./expand.ts";
import type { Shell } from "./shell.ts";

/** Compiles text with tildes: adds what it is made of to `fns`. */
export function compileTildes(
  s: string,
  first: boolean,
  last: boolean,
  rule: TildeRule,
  splitText: boolean,
  fns: PartFn[],
): void {
  const literal = (text: string): void => {
    if (text !== "") {
      fns.push(splitText ? (_sh, out) => out.value(text) : (_sh, out) => out.literal(text));
    }
  };
  let done = 0;
  let at = first ? 0 : -1;
  if (at < 0 && rule === "assign") {
    const colon = s.indexOf(":");
    at = colon < 0 ? -1 : colon + 1;
  }
  while (at >= 0) {
    if (s.charCodeAt(at) === 126) {
      let end = at + 1;
      while (end < s.length && s[end] !== "/" && !(rule === "assign" && s[end] === ":")) end++;
      // A user name that goes on in a quoted part is no user name.
      if (end < s.length || last) {
        const user = s.slice(at + 1, end);
        literal(s.slice(done, at));
        fns.push((sh, out) => {
          const dir = homeOf(sh, user);
          if (dir === undefined) out.literal("~" + user);
          else out.plain(dir);
        });
        done = end;
      }
    }
    const colon = rule === "assign" ? s.indexOf(":", at) : -1;
    at = colon < 0 ? -1 : colon + 1;
  }
  literal(s.slice(done));
}

/** The home directory of a user, `""` for oneself. */
function homeOf(sh: Shell, user: string): string | undefined {
  if (user === "") return sh.get("HOME");
  let text: string;
  try {
    const bytes = sh.proc.fs.readFile("/etc/passwd", 1 << 20);
    text = String.fromCharCode(...bytes.subarray(0, 65536));
  } catch {
    // Without a readable user table there are no other users.
    return undefined;
  }
  for (const line of text.split("\n")) {
    const f = line.split(":");
    if (f[0] === user && f.length >= 6) return f[5];
  }
  return undefined;
}
