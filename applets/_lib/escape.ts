/**
 * Backslash escapes of echo, printf, tr and friends.
 *
 * Source of behaviour: BusyBox 1.35 (an octal number ends before it would pass 255; `\x` without
 * digits and unknown letters keep their backslash).
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** One escape: the byte it stands for and the index after it. */
export interface Escape {
  readonly code: number;
  readonly end: number;
}

const SINGLE = new Map<number, number>([
  [0x61, 7], // a
  [0x62, 8], // b
  [0x65, 27], // e
  [0x66, 12], // f
  [0x6e, 10], // n
  [0x72, 13], // r
  [0x74, 9], // t
  [0x76, 11], // v
  [0x5c, 0x5c],
]);

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Reads the escape whose backslash stands before `at`.
 *
 * @param text Text.
 * @param at Index of the first char after the backslash.
 * @returns The byte and where to go on; for no escape at all, a backslash and `at`.
 */
export function readEscape(text: ByteString, at: number): Escape {
  const first = text.charCodeAt(at);
  if (first >= 0x30 && first <= 0x37) {
    let value = 0;
    let end = at;
    while (end < at + 3) {
      const digit = text.charCodeAt(end) - 0x30;
      if (!(digit >= 0 && digit <= 7) || value * 8 + digit > 255) break;
      value = value * 8 + digit;
      end++;
    }
    return { code: value, end };
  }
  if (first === 0x78) {
    let value = 0;
    let end = at + 1;
    while (end < at + 3) {
      const digit = hexDigit(text.charCodeAt(end));
      if (digit < 0) break;
      value = value * 16 + digit;
      end++;
    }
    return end === at + 1 ? { code: 0x5c, end: at } : { code: value, end };
  }
  const single = SINGLE.get(first);
  return single === undefined ? { code: 0x5c, end: at } : { code: single, end: at + 1 };
}

/**
 * Replaces all escapes. `\c` ends the text when `stopAtC` is set.
 *
 * @param text Text.
 * @param octalAfterZero `\0nnn` takes up to three digits after the zero (echo, `%b`).
 * @returns The text, and whether `\c` ended it.
 */
export function unescape(
  text: ByteString,
  octalAfterZero = false,
  stopAtC = false,
): { text: ByteString; stopped: boolean } {
  let at = text.indexOf("\\");
  if (at < 0) return { text, stopped: false };
  let result = "";
  let from = 0;
  while (at >= 0) {
    result += text.slice(from, at);
    at++;
    if (stopAtC && text[at] === "c") return { text: result, stopped: true };
    // The zero of \0nnn does not count as one of the digits.
    if (
      octalAfterZero && text[at] === "0" && text.charCodeAt(at + 1) >= 0x30 &&
      text.charCodeAt(at + 1) <= 0x37
    ) at++;
    const escape = readEscape(text, at);
    result += String.fromCharCode(escape.code);
    from = escape.end;
    at = text.indexOf("\\", from);
  }
  return { text: result + text.slice(from), stopped: false };
}
