/**
 * The parts of awk that a program may do without, and which of them one needs.
 *
 * They are loaded before the program runs, so that running it never waits for them. What is needed is
 * read off the text alone: a word or a slash in it can be in a comment or a string, which loads a part
 * for nothing, but no program can use a part without the word.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { Part } from "../_lib/part.ts";

/** Regular expressions. */
export const PATTERNS: Part<typeof import("./patterns.ts")> = new Part("awk/patterns.ts");

/** `printf`, and numbers by other formats than `%.6g`. */
export const FORMATS: Part<typeof import("./format.ts")> = new Part("awk/format.ts");

/** `strftime` and `mktime`. */
export const DATES: Part<typeof import("./dates.ts")> = new Part("awk/dates.ts");

/** Waiting inside of expressions. */
export const WAITING: Part<typeof import("./expressions.ts")> = new Part("awk/expressions.ts");

// ARGV stands in the first two because its elements may be assignments to the variables there.
const USES_PATTERNS = /[/~]|\b(?:split|match|g?sub|gensub|FS|RS|ARGV)\b/;
const USES_FORMATS = /printf|CONVFMT|OFMT|ARGV/;
// A function that loops or calls itself rests now and then, and so do long substitutions.
const USES_WAITING = /getline|\b(?:system|close|fflush|gensub|gsub|split|func(?:tion)?)\b/;
/** What may be a reference to a group of the same pattern: such a search can take long. */
export const BACK_REFERENCES = /\\[1-9]/;
const USES_DATES = /strftime|mktime/;

/**
 * The parts that a program needs.
 *
 * @param texts Its texts.
 * @param words Arguments that may be assignments.
 * @param separator The field separator, when it was given as an option.
 */
export function neededParts(
  texts: readonly ByteString[],
  words: readonly ByteString[],
  separator: ByteString,
): Part<unknown>[] {
  const named = (name: RegExp): boolean => texts.some((text) => name.test(text));
  const assigned = (name: RegExp): boolean => words.some((word) => name.test(word));
  const needed: Part<unknown>[] = [];
  if (named(USES_PATTERNS) || separator.length > 1 || assigned(/^[FR]S=/)) needed.push(PATTERNS);
  if (named(USES_FORMATS) || assigned(/^(?:CONV|O)FMT=/)) needed.push(FORMATS);
  if (named(USES_WAITING) || named(BACK_REFERENCES)) needed.push(WAITING);
  if (named(USES_DATES)) needed.push(DATES);
  return needed;
}
