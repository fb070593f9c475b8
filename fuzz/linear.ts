/**
 * Looks for patterns that take more than linear time: random patterns, and random ones with a piece
 * repeated, on texts of a repeated word, of its double length, and of its double again. Both the steps
 * that the engine counts and the time of the fastest of some searches are looked at; what seems slow is
 * measured again, because other programs take time too.
 *
 *     deno run -A fuzz/linear.ts --count 10000 --seed 1
 *
 * Back-references are left out: they are bounded by the steps that they may take, not linear. A search
 * is linear, but to replace all matches takes as many searches as there are matches.
 *
 * @module
 */
import { compile, type Regex, RegexError, type RegexSyntax } from "../applets/_lib/regex/regex.ts";
import { generatePattern, type Pick, picker } from "./regex.ts";

const WORDS = ["a", "b", "ab", "aab", "ba", "a b", "aA", "_a", "abc", "c", " ", "a."];
/** Long enough for all states to have been seen, if there are not too many. */
const SIZE = 16000;
/** How much more than twice the steps or the time a text of double length may take. */
const SLACK = 1.5;

/** A pattern, its kind and a text that made it slow. */
export interface Slow {
  readonly syntax: RegexSyntax;
  readonly pattern: string;
  readonly text: string;
  /** Steps, or milliseconds, for the three lengths. */
  readonly steps: readonly number[];
}

function makePattern(pick: Pick, syntax: RegexSyntax): string {
  const piece = generatePattern(pick, syntax);
  const bre = syntax === "bre" || syntax === "grep";
  const group = (text: string): string => bre ? `\\(${text}\\)` : `(${text})`;
  const times = (text: string): string => bre ? `\\{${text}\\}` : `{${text}}`;
  const count = ["*", times("1,9"), times("0,"), times("3"), times(",12"), times("2,20")];
  switch (pick(6)) {
    case 0:
      return piece;
    case 1:
      return group(piece) + count[pick(count.length)] + ["$", "x", "", "b"][pick(4)];
    case 2:
      return group(group(piece) + count[pick(count.length)]) + count[pick(count.length)] + "x";
    case 3:
      return `${piece}.*`.repeat(1 + pick(8)) + "x";
    case 4:
      return ".*" + piece + ".*" + group(piece) + "*$";
    default:
      return group(piece).repeat(1 + pick(5)) + ["x", "$", ""][pick(3)];
  }
}

/** Every way to search. */
function searchAll(regex: Regex, text: string): void {
  regex.exec(text);
  regex.test(text);
  regex.searchLine(text, 0);
}

/** Milliseconds of the fastest of some searches. */
function timeOf(regex: Regex, text: string, rounds: number): number {
  let best = Infinity;
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    searchAll(regex, text);
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

/** Whether times grow faster than twice for twice the text, and by more than chance. */
function grows(times: readonly number[]): boolean {
  return times[2] > 5 && times[1] > 2 * SLACK * times[0] && times[2] > 2 * SLACK * times[1];
}

/** Tries a pattern; undefined when it is no pattern. */
function tryPattern(
  pattern: string,
  syntax: RegexSyntax,
  words: readonly string[],
): Slow | null | undefined {
  const count = { steps: 0 };
  let regex: Regex;
  try {
    regex = compile(pattern, { syntax, onStep: (steps) => void (count.steps += steps) });
  } catch (error) {
    if (error instanceof RegexError) return undefined;
    throw error;
  }
  for (const word of words) {
    const text = (size: number): string => word.repeat(Math.ceil(size / word.length));
    const texts = [SIZE, 2 * SIZE, 4 * SIZE].map(text);
    searchAll(regex, texts[0]);
    const steps = texts.map((each) => {
      count.steps = 0;
      searchAll(regex, each);
      return count.steps;
    });
    // What a text costs at most beside its length: states that are made.
    if (steps[2] > 2 * SLACK * Math.max(steps[1], 10 * SIZE)) {
      return { syntax, pattern, text: word, steps };
    }
    let times = texts.map((each) => timeOf(regex, each, 2));
    if (grows(times)) times = texts.map((each) => timeOf(regex, each, 20));
    if (grows(times)) return { syntax, pattern, text: word, steps: times };
  }
  return null;
}

/** Tries so many patterns. */
export function search(seed: number, count: number): { tried: number; slow: readonly Slow[] } {
  const pick = picker(seed);
  const slow: Slow[] = [];
  let tried = 0;
  for (let i = 0; i < count; i++) {
    const syntax = (["bre", "ere", "grep", "egrep"] as const)[pick(4)];
    const pattern = makePattern(pick, syntax);
    if (/\\[1-9]/.test(pattern)) continue;
    const words = [WORDS[pick(WORDS.length)], WORDS[pick(WORDS.length)]];
    const found = tryPattern(pattern, syntax, words);
    if (found === undefined) continue;
    tried++;
    if (found !== null) slow.push(found);
  }
  return { tried, slow };
}

if (import.meta.main) {
  const option = (name: string, fallback: number): number => {
    const index = Deno.args.indexOf(`--${name}`);
    return index < 0 ? fallback : Number(Deno.args[index + 1]);
  };
  const { tried, slow } = search(option("seed", 1), option("count", 1000));
  for (const each of slow) console.log(JSON.stringify(each));
  console.log(`${tried} patterns, ${slow.length} take more than linear time`);
  if (slow.length > 0) Deno.exit(1);
}
