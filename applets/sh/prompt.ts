/**
 * Prompts: the escapes that busybox knows in PS1, then parameter expansion.
 *
 * @module
 */

import { expandLater } from "./trace.ts";
import type { Shell } from "./shell.ts";

/** The text of a prompt variable, ready to be shown. */
export async function promptText(sh: Shell, name: "PS1" | "PS2"): Promise<string> {
  const raw = sh.get(name) ?? "";
  if (!/[\\$`]/.test(raw)) return raw;
  // `\$` is for the prompt, not for the expansion.
  const text = raw.replaceAll(/\\([^])/g, kept);
  const { status, substituted } = sh;
  const expanded = await expandLater(sh, text);
  sh.status = status;
  sh.substituted = substituted;
  return unescapePrompt(sh, expanded);
}

function kept(pair: string, next: string): string {
  return next === "$" ? "\\\\\\$" : pair;
}

function tildePath(sh: Shell): string {
  const home = sh.get("HOME");
  const cwd = sh.cwd;
  if (home === undefined || home.length < 2) return cwd;
  if (cwd === home) return "~";
  return cwd.startsWith(home + "/") ? "~" + cwd.slice(home.length) : cwd;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

function timeOfDay(sh: Shell): string {
  const s = Math.floor(sh.proc.clock.nowMs() / 1000) % 86400;
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}`;
}

/** What the letters behind a backslash stand for; other characters stand for themselves. */
function escapeText(sh: Shell, c: string): string {
  switch (c) {
    case "w":
      return tildePath(sh);
    case "W": {
      const path = tildePath(sh);
      return path.slice(path.lastIndexOf("/") + 1);
    }
    case "h":
      return sh.proc.kernel.hostname.split(".")[0];
    case "H":
      return sh.proc.kernel.hostname;
    case "u":
      return sh.get("USER") ?? (sh.proc.uid === 0 ? "root" : String(sh.proc.uid));
    case "$":
      return sh.proc.uid === 0 ? "#" : "$";
    case "T":
    case "t":
    case "A":
    case "@":
      return timeOfDay(sh);
    case "n":
      return "\n";
    case "r":
      return "\r";
    case "a":
      return "\x07";
    case "b":
      return "\b";
    case "f":
      return "\f";
    case "v":
      return "\v";
    case "e":
    case "E":
      return "\x1b";
    // What is between these takes no room on the screen.
    case "[":
      return "\x01";
    case "]":
      return "\x02";
  }
  return c;
}

function unescapePrompt(sh: Shell, raw: string): string {
  let out = "";
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] !== "\\") {
      out += raw[i];
      continue;
    }
    if (++i >= raw.length) break;
    const number = /^(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/.exec(raw.slice(i, i + 3));
    if (number !== null) {
      const code = number[1] !== undefined ? parseInt(number[1], 16) : parseInt(number[2], 8) & 255;
      if (code !== 0) out += String.fromCharCode(code);
      i += number[0].length - 1;
    } else out += raw[i] === "x" ? "?" : escapeText(sh, raw[i]);
  }
  return out;
}

/** What is written to the terminal for a prompt: the width marks are taken out. */
export function visiblePrompt(prompt: string): string {
  return prompt.replaceAll(/[\x01\x02]/g, "");
}

/** Columns that the last line of a prompt takes. */
export function promptWidth(prompt: string): number {
  const line = prompt.slice(prompt.lastIndexOf("\n") + 1)
    .replaceAll(/\x01[^\x02]*\x02/g, "")
    .replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/g, "");
  return displayWidth(line);
}

/** Characters of a byte string, taking UTF-8 sequences as one. */
export function displayWidth(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 32 && (c & 0xc0) !== 0x80) n++;
  }
  return n;
}
