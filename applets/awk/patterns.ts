/**
 * What programs with regular expressions need: the engine, and substitution.
 *
 * A part of its own, so that programs without them start without the engine (see `parts.ts`).
 *
 * @module
 */
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import {
  compile,
  execInTurns,
  INTERRUPTED,
  PAUSED,
  type Regex,
  RegexError,
  type StepHook,
} from "../_lib/regex/regex.ts";
import { inSteps, type Steps } from "../_lib/steps.ts";
import type { AwkArray } from "./array.ts";
import { AwkError } from "./errors.ts";
import { type Cut, FIELDS_A_TURN, type Splitter, splitText } from "./record.ts";
import { InputText, toInt32, toNumber, type Value } from "./value.ts";

export { PAUSED };

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

/** Parses replacements; the one that was parsed last is kept. */
export function replacements(groups: boolean): (text: ByteString) => Replacement {
  let last: ByteString | undefined;
  let parsed: Replacement = [];
  return (text) => {
    if (text !== last) {
      parsed = parseReplacement(text, groups);
      last = text;
    }
    return parsed;
  };
}

/** Which match `gensub` replaces: 0 for all. */
export function matchNumber(text: ByteString, value: Value): number {
  if (text[0] === "g" || text[0] === "G") return 0;
  const number = toInt32(toNumber(value));
  return number <= 0 ? 0 : number;
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
  readonly begun: boolean;
}

/** Who is asked for turns. */
export interface Pausing {
  /** A search may stop half-way, and leaves what to wait for to the next turn. */
  mayPause: boolean;
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
  pausing: Pausing,
): MaybePromise<Substitution> {
  const goOn = (state: Begun): MaybePromise<Substitution> => {
    pausing.mayPause = true;
    try {
      return replace(regex, replacement, text, which, turn, state, goOn);
    } finally {
      pausing.mayPause = false;
    }
  };
  return goOn(FRESH);
}

const FRESH: Begun = { result: "", count: 0, at: 0, copied: 0, begun: false };

function replace(
  regex: Regex,
  replacement: Replacement,
  text: ByteString,
  which: number,
  turn: (steps: number) => Promise<void> | undefined,
  state: Begun,
  goOn: (state: Begun) => MaybePromise<Substitution>,
): MaybePromise<Substitution> {
  let { result, count, at, copied, begun } = state;
  let left = MATCHES_A_TURN;
  while (at <= text.length) {
    if (--left === 0) {
      // Looking at a char makes one text of the many pieces, so that their number stays small.
      result.charCodeAt(0);
      const waiting = turn(MATCHES_A_TURN);
      if (waiting !== undefined) {
        const state = { result, count, at, copied, begun };
        return waiting.then(() => goOn(state));
      }
      left = MATCHES_A_TURN;
    }
    const match = execInTurns(regex, text, at, begun ? NOT_BEGUN : undefined);
    if (match === INTERRUPTED) {
      const state = { result, count, at, copied, begun };
      return turn(0)!.then(() => goOn(state));
    }
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

/** `split`: fills the array and gives the number of elements. */
export function splitInto(
  array: AwkArray,
  text: ByteString,
  splitter: Splitter,
  turn: (steps: number) => Promise<void> | undefined,
  pausing: Pausing,
): MaybePromise<number> {
  const starts: number[] = [];
  const ends: number[] = [];
  const cut: Cut = { at: 0, start: 0, count: 0 };
  pausing.mayPause = true;
  const all = splitText(text, text.length, splitter, starts, ends, cut, FIELDS_A_TURN);
  pausing.mayPause = false;
  if (all) {
    array.clear();
    for (let i = 0; i < cut.count; i++) {
      array.set(String(i + 1), new InputText(text.slice(starts[i], ends[i])));
    }
    return cut.count;
  }
  return inSteps(splitLong(array, text, splitter, starts, ends, cut, turn, pausing));
}

function* splitLong(
  array: AwkArray,
  text: ByteString,
  splitter: Splitter,
  starts: number[],
  ends: number[],
  cut: Cut,
  turn: (steps: number) => Promise<void> | undefined,
  pausing: Pausing,
): Steps<number> {
  for (let all = false; !all;) {
    const waiting = turn(FIELDS_A_TURN);
    if (waiting !== undefined) yield waiting;
    pausing.mayPause = true;
    all = splitText(text, text.length, splitter, starts, ends, cut, FIELDS_A_TURN);
    pausing.mayPause = false;
  }
  array.clear();
  array.reserve(cut.count);
  for (let i = 0; i < cut.count; i++) {
    array.set(String(i + 1), new InputText(text.slice(starts[i], ends[i])));
    if (i % FIELDS_A_TURN !== 0) continue;
    const waiting = turn(FIELDS_A_TURN);
    if (waiting !== undefined) yield waiting;
  }
  return cut.count;
}
