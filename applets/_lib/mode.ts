/**
 * File modes as text: octal and symbolic (POSIX chmod, extended description).
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../sandbox/types.ts";

/** Read, write, execute of one class. */
const PERMISSION = new Map([["r", 0o444], ["w", 0o222], ["x", 0o111]]);
/** Bits of each class; the sticky bit belongs to all together. */
const CLASS = new Map([["u", 0o4700], ["g", 0o2070], ["o", 0o0007], ["a", 0o7777]]);

/**
 * Applies a mode given as text.
 *
 * @param text `755`, `u+x,go-w`, …
 * @param current Mode it starts from, type bits included (for `X` and the result).
 * @param umask Bits that a clause without a class leaves alone.
 * @returns The new permission bits, or undefined when the text is no mode.
 */
export function applyMode(text: ByteString, current: number, umask: number): number | undefined {
  if (text.length > 0 && text.charCodeAt(0) - 0x30 >>> 0 <= 9) {
    let value = 0;
    for (let i = 0; i < text.length; i++) {
      const digit = text.charCodeAt(i) - 0x30;
      if (!(digit >= 0 && digit <= 7)) return undefined;
      value = value * 8 + digit;
      if (value > 0o7777) return undefined;
    }
    return value;
  }
  const isDirectory = (current & S_IFMT) === S_IFDIR;
  let mode = current & 0o7777;
  let at = 0;
  while (at < text.length) {
    // Native takes empty clauses as nothing.
    if (text[at] === ",") {
      at++;
      continue;
    }
    let who = 0;
    while (CLASS.has(text[at])) who |= CLASS.get(text[at++])!;
    const masked = who === 0;
    if (masked) who = 0o7777;
    if (text[at] !== "+" && text[at] !== "-" && text[at] !== "=") return undefined;
    do {
      const operator = text[at++];
      let bits = 0;
      // `X` looks at what the mode is when `=` has cleared its classes.
      const before = operator === "=" ? mode & ~who : mode;
      const copied = text[at] === "u" || text[at] === "g" || text[at] === "o";
      if (copied) {
        const shift = text[at] === "u" ? 6 : text[at] === "g" ? 3 : 0;
        const three = (mode >> shift) & 7;
        bits = three * 0o111 & (masked ? ~umask : 0o7777);
        at++;
      } else {
        for (; at < text.length; at++) {
          const letter = text[at];
          const plain = PERMISSION.get(letter);
          if (plain !== undefined) bits |= plain;
          else if (letter === "X") {
            if (isDirectory || (before & 0o111) !== 0) bits |= 0o111;
          } else if (letter === "s") bits |= 0o6000;
          else if (letter === "t") bits |= 0o1000;
          else break;
        }
        if (masked) bits &= ~umask;
      }
      const affected = bits & (masked ? 0o7777 : who);
      if (operator === "+") mode |= affected;
      else if (operator === "-") mode &= ~affected;
      else mode = mode & ~who | affected;
    } while (text[at] === "+" || text[at] === "-" || text[at] === "=");
    if (at < text.length && text[at] !== ",") return undefined;
  }
  return mode & 0o7777;
}

/** `drwxr-xr-x` for a mode. */
export function modeString(mode: number): string {
  const letters = [typeLetter(mode)];
  for (const shift of [6, 3, 0]) {
    const bits = mode >> shift & 7;
    letters.push(bits & 4 ? "r" : "-", bits & 2 ? "w" : "-", bits & 1 ? "x" : "-");
  }
  if (mode & 0o4000) letters[3] = mode & 0o100 ? "s" : "S";
  if (mode & 0o2000) letters[6] = mode & 0o010 ? "s" : "S";
  if (mode & 0o1000) letters[9] = mode & 0o001 ? "t" : "T";
  return letters.join("");
}

/** First letter of `ls -l`. */
export function typeLetter(mode: number): string {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "d";
    case S_IFLNK:
      return "l";
    case S_IFIFO:
      return "p";
    case S_IFCHR:
      return "c";
    case S_IFBLK:
      return "b";
    case S_IFSOCK:
      return "s";
    case S_IFREG:
      return "-";
    default:
      return "?";
  }
}
