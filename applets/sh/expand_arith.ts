/**
 * `$((…))` whose text holds expansions. `$(($i+1))` is compiled like `$((i+1))` and used so as long
 * as the values are plain numbers; otherwise the text is put together and evaluated.
 *
 * A part: a command that holds arithmetic is compiled when it is loaded.
 *
 * @module
 */

import type { Part, Word } from "./ast.ts";
import { ArithCache, compileArith, type Expression, type Num } from "./arith.ts";
import { evaluateInOrder } from "./arith_order.ts";
import { ArithError, ShellError } from "./errors.ts";
import type { Expander } from "./expand.ts";
import { plainNumber } from "./number.ts";
import type { Shell } from "./shell.ts";

/** A word as a number. */
export type NumberFn = (sh: Shell) => Num;

/** Up to this length, an expression costs no more than a step. */
const SHORT = 1 << 6;

/** The compiled form of a text that a variable or an expansion gave. */
export function compileText(sh: Shell, text: string): Expression {
  if (text.length > SHORT) sh.proc.waiter.spend(text.length >> 3);
  const known = sh.shared.arith ??= new ArithCache();
  return compiled(text, () => known.compile(text));
}

/** What does not compile may still have a value, or do something before it fails. */
function compiled(text: string, compile: () => Expression): Expression {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof ArithError)) throw error;
    return (host) => evaluateInOrder(text, host);
  }
}

/** Runs an expression; errors become the shell's. */
function evaluate(sh: Shell, run: Expression): Num {
  try {
    return run(sh);
  } catch (error) {
    if (error instanceof ArithError) throw new ShellError(error.message);
    throw error;
  }
}

/** Compiles arithmetic that never waits. */
export function compileArithWord(word: Word, expander: Expander): NumberFn {
  const parts = word.parts;
  if (parts.every((p) => p.t === "quo" || p.t === "lit")) {
    const text = parts.map((p) => (p as Part & { s: string }).s).join("");
    const run = compiled(text, () => compileArith(text));
    return (sh) => evaluate(sh, run);
  }
  const text = expander.text(word, "none") as (sh: Shell) => string;
  const slow: NumberFn = (sh) => sh.arithmetic(text(sh));
  return template(parts, expander, slow) ?? slow;
}

/** A compiled form with holes for the values, where putting the text together changes nothing. */
function template(
  parts: readonly Part[],
  expander: Expander,
  slow: NumberFn,
): NumberFn | undefined {
  let text = "";
  const values: ((sh: Shell) => string)[] = [];
  const slots: number[] = [];
  const given = new Map<string, Expression>();
  for (let i = 0; i < parts.length; i++) {
    const p = parts[i];
    if (p.t === "quo") {
      // An assignment could change a variable whose value is already in the text.
      if (/\+\+|--|(?:^|[^=!<>])=(?!=)|<<=|>>=|#/.test(p.s)) return undefined;
      if (i > 0 && /^[A-Za-z_0-9#]/.test(p.s)) return undefined;
      if (i + 1 < parts.length && /[A-Za-z_0-9#]$/.test(p.s)) return undefined;
      text += p.s;
      continue;
    }
    if (p.t !== "var" && p.t !== "arith") return undefined;
    if (p.t === "var" && /[=]/.test(p.op)) return undefined;
    const before = parts[i - 1];
    if (before !== undefined && before.t !== "quo") return undefined;
    const name = "__hole" + values.length;
    const index = values.length;
    values.push(expander.text({ parts: [p] }, "none") as (sh: Shell) => string);
    slots.push(0);
    given.set(name, () => slots[index]);
    text += name;
  }
  let run: Expression;
  try {
    run = compileArith(text, given);
  } catch {
    // The text with its values decides whether it is an error.
    return undefined;
  }
  return (sh) => {
    for (let i = 0; i < values.length; i++) {
      const n = plainNumber(values[i](sh));
      if (n !== n) return slow(sh);
      slots[i] = n;
    }
    return evaluate(sh, run);
  };
}
