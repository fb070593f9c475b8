/**
 * What programs with regular expressions need: the engine, and substitution.
 *
 * A part of its own, so that programs without them start without the engine (see `parts.ts`).
 *
 * @module
 */
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import { compile, type Regex, RegexError, type StepHook } from "../_lib/regex/regex.ts";
import { AwkError } from "./errors.ts";

/**
 * Compiles a regular expression.
 *
 * @param loose What is no extended expression is tried as a basic one (BusyBox).
 * @throws {AwkError}
 */
export function compilePattern(
  source: ByteString,
  loose: boolean,
  icase: boolean,
  onStep: StepHook,
): Regex {
  try {
    return compile(source, { syntax: "ere", icase, onStep });
  } catch (error) {
    if (!loose || !(error instanceof RegexError)) throw badRegex(source, error);
  }
  try {
    return compile(source, { syntax: "bre", icase, onStep });
  } catch (error) {
    throw badRegex(source, error);
  }
}

/** Refuses a literal that is no regular expression. @throws {AwkError} */
export function checkRegex(source: ByteString): void {
  try {
    compile(source, { syntax: "ere" });
  } catch (error) {
    throw badRegex(source, error);
  }
}

function badRegex(source: ByteString, error: unknown): unknown {
  if (!(error instanceof RegexError)) return error;
  return new AwkError(`bad regex '${source}': ${error.message}`);
}

/** A part of a replacement text: literal, or the number of a group (0 for the whole match). */
export type Replacement = readonly (ByteString | number)[];

/**
 * Parses the replacement of `sub`, `gsub` and `gensub`.
 *
 * Of the backslashes before `&` every two are one; an odd one makes the `&` literal. `gensub` knows
 * `\1`–`\9` in the same way.
 */
export function parseReplacement(text: ByteString, groups: boolean): Replacement {
  const parts: (ByteString | number)[] = [];
  let literal = "";
  for (let at = 0; at < text.length;) {
    let slashes = 0;
    while (text.charCodeAt(at + slashes) === 0x5c) slashes++;
    const next = at + slashes;
    const code = text.charCodeAt(next);
    const digit = groups && slashes > 0 && code >= 48 && code <= 57;
    if (code !== 0x26 && !digit) {
      literal += text.slice(at, next + 1);
      at = next + 1;
      continue;
    }
    literal += "\\".repeat(slashes >> 1);
    const odd = (slashes & 1) === 1;
    if (odd === digit) {
      if (literal !== "") parts.push(literal);
      literal = "";
      parts.push(digit ? code - 48 : 0);
    } else literal += text[next];
    at = next + 1;
  }
  if (literal !== "") parts.push(literal);
  return parts;
}

/** What a substitution did. */
export interface Substitution {
  readonly text: ByteString;
  readonly count: number;
}

/** Matches after which others get their turn. */
const MATCHES_A_TURN = 2048;

/** How far a substitution has come. */
interface Begun {
  readonly result: ByteString;
  readonly count: number;
  readonly at: number;
  readonly copied: number;
}

/**
 * Replaces matches.
 *
 * @param which 0 for all matches, else the number of the only one to replace.
 * @param turn Counts work; a promise is waited for.
 */
export function substitute(
  regex: Regex,
  replacement: Replacement,
  text: ByteString,
  which: number,
  turn: (steps: number) => Promise<void> | undefined,
  goOn?: Begun,
): MaybePromise<Substitution> {
  let result = "";
  let count = 0;
  let at = 0;
  let copied = 0;
  let begun = false;
  if (goOn !== undefined) {
    ({ result, count, at, copied } = goOn);
    begun = true;
  }
  let left = MATCHES_A_TURN;
  while (at <= text.length) {
    if (--left === 0) {
      // Looking at a char makes one text of the many pieces, so that their number stays small.
      result.charCodeAt(0);
      const waiting = turn(MATCHES_A_TURN);
      if (waiting !== undefined) {
        const state = { result, count, at, copied };
        return waiting.then(() => substitute(regex, replacement, text, which, turn, state));
      }
      left = MATCHES_A_TURN;
    }
    const match = regex.exec(text, at, begun ? NOT_BEGUN : undefined);
    if (match === null) break;
    const start = match[0];
    const end = match[1];
    count++;
    if (which === 0 || count === which) {
      result += text.slice(copied, start);
      for (const part of replacement) {
        if (typeof part === "string") result += part;
        else if (part * 2 < match.length && match[part * 2] >= 0) {
          result += text.slice(match[part * 2], match[part * 2 + 1]);
        }
      }
      copied = end;
      if (which !== 0) break;
    }
    begun = true;
    // Behind an empty match the next char stays. An empty one right behind another, and at the end,
    // counts (BusyBox).
    at = end === start ? end + 1 : end;
  }
  return { text: copied === 0 && result === "" ? text : result + text.slice(copied), count };
}

const NOT_BEGUN = { notbol: true };
