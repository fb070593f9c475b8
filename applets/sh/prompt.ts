/**
 * Prompts: the escapes that busybox knows in PS1, then parameter expansion.
 *
 * @module
 */

import type { Shell } from "./shell.ts";

/** The text of a prompt variable, ready to be shown. */
export function promptText(sh: Shell, name: "PS1" | "PS2"): string {
  const raw = sh.get(name) ?? "";
  const text = raw.includes("\\") ? unescapePrompt(sh, raw) : raw;
  return text.includes("$") || text.includes("`") ? sh.shared.expandText(sh, text) : text;
}

/** A text that parameter expansion leaves as it is. */
function literal(s: string): string {
  return s.replaceAll(/[\\$`"]/g, "\\$&");
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

function timeOfDay(sh: Shell, seconds: boolean): string {
  const s = Math.floor(sh.proc.clock.nowMs() / 1000) % 86400;
  const text = `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}`;
  return seconds ? `${text}:${two(s % 60)}` : text;
}

function unescapePrompt(sh: Shell, raw: string): string {
  let out = "";
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] !== "\\" || i + 1 >= raw.length) {
      out += raw[i];
      continue;
    }
    const c = raw[++i];
    switch (c) {
      case "w":
        out += literal(tildePath(sh));
        break;
      case "W": {
        const path = tildePath(sh);
        out += literal(path === "/" ? path : path.slice(path.lastIndexOf("/") + 1));
        break;
      }
      case "h":
        out += literal(sh.proc.kernel.hostname.split(".")[0]);
        break;
      case "H":
        out += literal(sh.proc.kernel.hostname);
        break;
      case "u":
        out += literal(sh.get("USER") ?? (sh.proc.uid === 0 ? "root" : String(sh.proc.uid)));
        break;
      case "$":
        out += sh.proc.uid === 0 ? "#" : "\\$";
        break;
      case "!":
        out += String(sh.shared.history.length + 1);
        break;
      case "T":
      case "t":
        out += timeOfDay(sh, true);
        break;
      case "A":
        out += timeOfDay(sh, false);
        break;
      case "n":
        out += "\n";
        break;
      case "r":
        out += "\r";
        break;
      case "a":
        out += "\x07";
        break;
      case "e":
      case "E":
        out += "\x1b";
        break;
      // What is between these takes no room on the screen.
      case "[":
        out += "\x01";
        break;
      case "]":
        out += "\x02";
        break;
      default: {
        const octal = /^[0-7]{1,3}/.exec(raw.slice(i));
        if (octal !== null) {
          out += String.fromCharCode(parseInt(octal[0], 8) & 255);
          i += octal[0].length - 1;
        } else out += "\\\\" + c;
      }
    }
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
