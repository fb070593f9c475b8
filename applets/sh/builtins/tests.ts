/**
 * `test [ [[`, a part that is loaded when the first command of that name is compiled.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { PatternMatch } from "../../_lib/glob_match.ts";
import { Expression } from "../../_lib/test_expression.ts";
import type { Regex } from "../../_lib/regex/regex.ts";
import { plainNumber } from "../number.ts";
import { REGEX, type RegexModule } from "../parts.ts";
import type { Builtin, Shell } from "../shell.ts";
import { COMPARE } from "../test_fast.ts";

export { compileTest } from "../test_fast.ts";

class TestFailed extends Error {
  constructor(readonly status: number) {
    super("test");
  }
}

/** Steps of matching a pattern between two looks whether others should have their turn. */
const STEPS = 1 << 12;

/** Thrown where a match is to go on later. */
const PAUSED = new Error("paused");

/** Evaluates `words`; the frequent short forms without a parser. */
function evaluate(
  sh: Shell,
  words: readonly string[],
  double: boolean,
): MaybePromise<number> {
  if (words.length === 3 && !double) {
    const [a, op, b] = words;
    if (op === "=" || op === "==") return a === b ? 0 : 1;
    if (op === "!=") return a === b ? 1 : 0;
    const compare = COMPARE.get(op);
    if (compare !== undefined) {
      const x = plainNumber(a);
      const y = plainNumber(b);
      if (x === x && y === y) return compare(x, y) ? 0 : 1;
    }
  } else if (words.length === 2 && !double) {
    if (words[0] === "-n") return words[1] === "" ? 1 : 0;
    if (words[0] === "-z") return words[1] === "" ? 0 : 1;
  } else if (words.length === 1) return words[0] === "" ? 1 : 0;
  if (!double || !words.includes("=~")) return parse(sh, words, double, undefined);
  const regex = REGEX.loadFor(sh.proc);
  return regex instanceof Promise
    ? regex.then((module) => parse(sh, words, double, module))
    : parse(sh, words, double, regex);
}

function parse(
  sh: Shell,
  words: readonly string[],
  double: boolean,
  regex: RegexModule | undefined,
): MaybePromise<number> {
  let waiting: Promise<void> | undefined;
  const onStep = (steps: number): boolean => (waiting ??= sh.proc.tick(steps >> 3)) !== undefined;
  const compiled = new Map<string, Regex>();
  const patterns: { readonly match: PatternMatch; matched: boolean | undefined }[] = [];
  const host = {
    fs: sh.proc.fs,
    process: sh.proc,
    matches: (text: string, pattern: string): boolean => {
      try {
        let known = compiled.get(pattern);
        if (known === undefined) {
          known = regex!.compile(pattern, { syntax: "ere", onStep });
          compiled.set(pattern, known);
        }
        return known.test(text);
      } catch (error) {
        // Native says nothing of a wrong expression.
        if (error instanceof regex!.RegexError) throw new TestFailed(2);
        throw error;
      }
    },
    matchesPattern: (text: string, pattern: string): boolean => {
      let known = patterns.find(({ match }) => match.text === text && match.pattern === pattern);
      if (known === undefined) {
        known = { match: new PatternMatch(pattern, text), matched: undefined };
        patterns.push(known);
      }
      while (known.matched === undefined) {
        known.matched = known.match.run(STEPS);
        if (known.matched === undefined && onStep(STEPS >> 1)) throw PAUSED;
      }
      return known.matched;
    },
    fail: (message: string, status: number): never => {
      sh.say(`${sh.shared.name}: ${message}\n`);
      throw new TestFailed(status);
    },
  };
  const attempt = (): MaybePromise<number> => {
    try {
      return new Expression(host, words, double).evaluate() ? 0 : 1;
    } catch (error) {
      if (error instanceof TestFailed) return error.status;
      if (error !== PAUSED && error !== regex?.PAUSED) throw error;
    }
    // A search stopped half-way for others: evaluated once more, it goes on there.
    const turn = waiting!;
    waiting = undefined;
    return turn.then(attempt);
  };
  return attempt();
}

const tests: Builtin = (sh, argv) => evaluate(sh, argv.slice(1), false);

function bracket(close: string): Builtin {
  return (sh, argv) => {
    if (argv[argv.length - 1] !== close || argv.length < 2) {
      sh.say(`${sh.shared.name}: missing ${close}\n`);
      return 2;
    }
    return evaluate(sh, argv.slice(1, -1), close === "]]");
  };
}

/** The builtins of this module. */
export const BUILTINS: readonly (readonly [string, Builtin])[] = [
  ["test", tests],
  ["[", bracket("]")],
  ["[[", bracket("]]")],
];
