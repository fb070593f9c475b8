/**
 * `:s`.
 *
 * @module
 */
import { type Regex, RegexError } from "../_lib/regex/regex.ts";
import type { Edit } from "./buffer.ts";
import { Abort, type State } from "./state.ts";
import { firstNonBlank } from "./words.ts";

/** Pattern, replacement and flags, cut at a delimiter that no backslash stands before. */
function split(text: string): readonly string[] {
  const delimiter = text[0];
  const parts = [""];
  for (let i = 1; i < text.length; i++) {
    if (text[i] === "\\" && i + 1 < text.length) {
      const next = text[++i];
      parts[parts.length - 1] += next === delimiter ? next : `\\${next}`;
    } else if (text[i] === delimiter && parts.length < 3) parts.push("");
    else parts[parts.length - 1] += text[i];
  }
  return parts;
}

/**
 * Replaces matches in the lines of `[from, to)`.
 *
 * @param text What follows the `s`: delimiter, pattern, delimiter, replacement, flags.
 */
export async function substitute(
  state: State,
  from: number,
  to: number,
  text: string,
): Promise<void> {
  const [pattern, replacement, flags] = split(text);
  if (text === "" || replacement === undefined) {
    state.complain(":s expression missing delimiters");
    throw new Abort();
  }
  const wanted = pattern === "" ? state.pattern : pattern;
  if (wanted === undefined) {
    state.complain("No previous search");
    throw new Abort();
  }
  state.pattern = wanted;
  let regex: Regex;
  try {
    regex = state.regex(wanted);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    state.complain(":s bad search pattern");
    throw new Abort();
  }
  const all = flags?.[0] === "g";
  const { text: before } = state;
  /** The text so far; `done` is how far of the old one it is. */
  let after = "";
  let done = 0;
  let first: Edit | undefined;
  let changes = 0;
  let count = 0;
  let lines = 0;
  let lastLine = 0;
  for (let start = from, end; start < to; start = end + 1) {
    const newline = before.indexOf("\n", start);
    end = newline < 0 ? before.length : newline;
    let found = 0;
    for (let at = start; at <= end;) {
      // Each search begins as if a line did, so that `^` matches again and again, as in native.
      const match = regex.exec(before, at, { end });
      if (match === null) break;
      const groups = Array.from(match);
      const put = expand(before, replacement, groups);
      const [low, high] = groups;
      const length = high > low ? high - low : put.length;
      const place = after.length + low - done;
      first ??= { kind: high > low ? "delete" : "insert", at: place, length };
      changes += (high > low ? 1 : 0) + (put === "" ? 0 : 1);
      if (found === 0) lastLine = after.length + start - done;
      after += before.slice(done, low) + put;
      done = high;
      found++;
      // An empty match takes the next char along: native would not come to an end.
      at = high + (high === low ? 1 : 0);
      if (!all) break;
    }
    const pause = state.process.tick(1 + found + ((end - start) >> 6));
    if (pause !== undefined) await pause;
    if (found === 0) continue;
    count += found;
    lines++;
  }
  if (first !== undefined) {
    state.buffer.replace(after + before.slice(done), changes, first);
    state.dot = firstNonBlank(state.text, lastLine);
  }
  if (count === 0) state.complain("No match");
  else if (count > 1) state.say(`${count} substitutions on ${lines} lines`);
}

/** The replacement with what `\0` to `\9` stand for. */
function expand(text: string, replacement: string, groups: readonly number[]): string {
  let result = "";
  for (let i = 0; i < replacement.length; i++) {
    const char = replacement[i];
    if (char !== "\\" || i + 1 >= replacement.length) {
      result += char;
      continue;
    }
    const next = replacement[++i];
    if (next < "0" || next > "9") {
      result += next;
      continue;
    }
    const low = groups[2 * Number(next)] ?? -1;
    if (low >= 0) result += text.slice(low, groups[2 * Number(next) + 1]);
  }
  return result;
}
