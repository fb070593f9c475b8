/**
 * Very long expressions, evaluated in turns with others and from left to right, as native does all.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { inSteps, type Steps } from "../../_lib/steps.ts";
import type { Num } from "../arith.ts";
import { InOrder } from "../arith_order.ts";
import { ArithError } from "../errors.ts";
import { arithmeticFailed, LONG } from "../expand_arith.ts";
import type { Shell } from "../shell.ts";
import type { NameRef } from "../vars.ts";

/** Tokens that are gone through at a time. */
const SOME = 256;

/** A variable's value by a long text that it holds, and when that was so. */
interface Known {
  readonly text: string;
  readonly writes: number;
  readonly value: Num;
}

/** Evaluates a long text, or one with variables that hold one. @throws {ShellError} */
export function arithmetic(sh: Shell, text: string): MaybePromise<Num> {
  return inSteps((function* (): Steps<Num> {
    try {
      return yield* evaluating(sh, text, new Map());
    } catch (error) {
      throw arithmeticFailed(sh, error);
    }
  })());
}

function* evaluating(sh: Shell, text: string, known: Map<string, Known>): Steps<Num> {
  let met: NameRef | undefined;
  const isMet = (ref: NameRef): boolean => {
    const value = longText(sh, ref);
    // What assigns must do so when it is its turn, and once.
    if (value === undefined || /\+\+|--|=/.test(value)) return false;
    met = ref;
    return true;
  };
  const work = new InOrder(text, {
    readNumber: (ref) => {
      const before = known.get(ref.name);
      if (before !== undefined && before.writes === sh.writes) {
        if (before.text === longText(sh, ref)) return before.value;
      }
      // From here on nothing is thrown for a text that is long.
      sh.writesBefore = -1;
      return sh.readNumber(ref);
    },
    writeNumber: (ref, value) => sh.writeNumber(ref, value),
  });
  while (!work.run(SOME, isMet)) {
    if (met !== undefined) {
      const { name } = met;
      const value = longText(sh, met)!;
      met = undefined;
      if (known.get(name)?.text !== value) yield* meeting(sh, name, value, known);
    }
    const turn = sh.proc.tick(SOME);
    if (turn !== undefined) yield turn;
  }
  return work.result();
}

/** Evaluates the long text of a variable before it is read; the value counts until something assigns. */
function* meeting(
  sh: Shell,
  name: string,
  text: string,
  known: Map<string, Known>,
): Steps<void> {
  const { underEvaluation, writes } = sh;
  if (underEvaluation.has(name)) throw new ArithError("expression recursion loop detected");
  if (underEvaluation.size > 200) throw new ArithError("expression too deep");
  underEvaluation.add(name);
  try {
    const value = yield* evaluating(sh, text, known);
    known.set(name, { text, writes, value });
  } finally {
    underEvaluation.delete(name);
  }
}

/** The text that a variable holds, if it is very long. */
function longText(sh: Shell, ref: NameRef): string | undefined {
  const { text } = ref.in(sh.scope);
  return text !== undefined && text.length > LONG ? text : undefined;
}
