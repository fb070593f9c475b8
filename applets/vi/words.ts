/**
 * Places in a text that motions go to.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

const isSpace = (char: string): boolean => " \t\n\v\f\r".includes(char);

/** A byte that is no ASCII: a word of its own. */
const ALONE = 3;

/** Blank, word char, punctuation or other; with `big`, blank or not. */
function kindOf(char: string, big: boolean): number {
  if (isSpace(char)) return 0;
  if (big || /\w/.test(char)) return 1;
  return char < "\x80" ? 2 : ALONE;
}

/** Whether a place is an empty line. */
function isEmptyLine(text: ByteString, at: number): boolean {
  return text[at] === "\n" && (at === 0 || text[at - 1] === "\n");
}

/** The last place of the text that the cursor can be on. */
export function lastPlace(text: ByteString): number {
  const last = Math.max(0, text.length - 1);
  return text[last] === "\n" && last > 0 && text[last - 1] !== "\n" ? last - 1 : last;
}

/** Where the next word begins (`w`, `W`). */
export function nextWord(text: ByteString, from: number, big: boolean): number {
  const last = lastPlace(text);
  let at = from;
  const kind = kindOf(text[at] ?? "\n", big);
  if (kind === ALONE) at = Math.min(at + 1, last);
  else if (kind !== 0) { while (at < last && kindOf(text[at], big) === kind) at++; }
  else if (at < last && text[at] === "\n") at++;
  if (at >= last) return last;
  while (at < last && kindOf(text[at], big) === 0) {
    // An empty line is a word, but not for those who come from blanks.
    if (kind !== 0 && isEmptyLine(text, at)) return at;
    at++;
  }
  return at;
}

/** Where a word ends (`e`, `E`). */
export function wordEnd(text: ByteString, from: number, big: boolean): number {
  const last = lastPlace(text);
  let at = Math.min(from + 1, last);
  while (at < last && kindOf(text[at], big) === 0) {
    if (at > from + 1 && isEmptyLine(text, at) && !big) return at;
    at++;
  }
  const kind = kindOf(text[at] ?? "\n", big);
  while (kind !== ALONE && at < last && kindOf(text[at + 1], big) === kind) at++;
  return at;
}

/** Where a word before begins (`b`, `B`). */
export function previousWord(text: ByteString, from: number, big: boolean): number {
  let at = Math.max(0, from - 1);
  let crossed = false;
  while (at > 0 && kindOf(text[at], big) === 0) {
    if (!big && isEmptyLine(text, at)) return at;
    crossed ||= text[at] === "\n";
    at--;
  }
  // As in native, `b` stops at the end of the line before, and gets into its word the next time.
  if (crossed && !big) return at;
  const kind = kindOf(text[at] ?? "\n", big);
  while (kind !== ALONE && at > 0 && kindOf(text[at - 1], big) === kind) at--;
  return at;
}

/** Where the next paragraph begins (`}`): the empty line behind this one. */
export function nextParagraph(text: ByteString, from: number): number {
  let at = from;
  while (at < text.length && isEmptyLine(text, at)) at++;
  for (at++; at < text.length; at++) {
    if (isEmptyLine(text, at)) return at;
  }
  return lastPlace(text);
}

/** Where this paragraph begins (`{`): the empty line before it. */
export function previousParagraph(text: ByteString, from: number): number {
  let at = from;
  while (at > 0 && isEmptyLine(text, at)) at--;
  for (at--; at > 0; at--) {
    if (isEmptyLine(text, at)) return at;
  }
  return 0;
}

const OPEN = "([{";
const CLOSE = ")]}";

/** The bracket that belongs to the first one in the line from a place (`%`). */
export function matchingBracket(text: ByteString, from: number): number | undefined {
  let at = from;
  while (!OPEN.includes(text[at] ?? "\n") && !CLOSE.includes(text[at] ?? "\n")) {
    if (at >= text.length || text[at] === "\n") return undefined;
    at++;
  }
  return partnerOf(text, at);
}

/** The bracket that belongs to the one at a place. */
export function partnerOf(text: ByteString, at: number): number | undefined {
  const opens = OPEN.includes(text[at]);
  const own = text[at];
  const other = opens ? CLOSE[OPEN.indexOf(own)] : OPEN[CLOSE.indexOf(own)];
  const step = opens ? 1 : -1;
  for (let depth = 0; at >= 0 && at < text.length; at += step) {
    if (text[at] === own) depth++;
    else if (text[at] === other && --depth === 0) return at;
  }
  return undefined;
}

/** The first place from the beginning of a line that is no blank. */
export function firstNonBlank(text: ByteString, lineStart: number): number {
  let at = lineStart;
  while (at < text.length - 1 && text[at] !== "\n" && isSpace(text[at])) at++;
  return at;
}

/** Whether a char is a blank or newline. */
export { isSpace };
