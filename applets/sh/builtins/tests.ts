/**
 * `test [ [[`, a part that is loaded when the first command of that name is compiled.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { Expression } from "../../_lib/test_expression.ts";
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
): number {
  const onStep = (steps: number): void => sh.proc.waiter.spend(steps >> 3);
  const host = {
    fs: sh.proc.fs,
    process: sh.proc,
    matches: (text: string, pattern: string): boolean => {
      try {
        return regex!.compile(pattern, { syntax: "ere", onStep }).test(text);
      } catch (error) {
        // Native says nothing of a wrong expression.
        if (error instanceof regex!.RegexError) throw new TestFailed(2);
        throw error;
      }
    },
    fail: (message: string, status: number): never => {
      sh.say(`${sh.shared.name}: ${message}\n`);
      throw new TestFailed(status);
    },
  };
  try {
    return new Expression(host, words, double).evaluate() ? 0 : 1;
  } catch (error) {
    if (error instanceof TestFailed) return error.status;
    throw error;
  }
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
