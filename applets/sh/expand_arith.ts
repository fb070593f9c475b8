/**
 * `$((…))` whose text holds expansions. `$(($i+1))` is compiled like `$((i+1))` and used so as long
 * as the values are plain numbers; otherwise the text is put together and evaluated.
 *
 * A part: a command that holds arithmetic is compiled when it is loaded.
 *
 * @module
 */

import type { MaybePromise } from "../../sandbox/types.ts";
import type { Part, Word } from "./ast.ts";
import { ArithCache, compileArith, type Expression, type Num } from "./arith.ts";
import { evaluateInOrder } from "./arith_order.ts";
import { ArithError, ShellError } from "./errors.ts";
import type { Expander, TextFn } from "./expand.ts";
import { plainNumber } from "./number.ts";
import { inTurns } from "./parts.ts";
import type { Shell } from "./shell.ts";
import type { NameRef } from "./vars.ts";

/** A word as a number. A very long expression takes turns with others. */
export type NumberFn = (sh: Shell) => MaybePromise<Num>;

/** Up to this length, an expression costs no more than a step. */
const SHORT = 1 << 6;
/** A longer expression is evaluated in turns with others. */
export const LONG = 1 << 14;

/** The compiled form of a text that a variable or an expansion gave. */
function compileText(sh: Shell, text: string): Expression {
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

/** Thrown where a variable holds an expression so long that all is to be evaluated in turns. */
class LongVariable extends Error {}

/** The value of a variable that holds an expression. @throws {ArithError} */
export function readText(sh: Shell, { name }: NameRef, text: string): Num {
  // What was written before would be so twice.
  if (text.length > LONG && sh.writes === sh.writesBefore) throw new LongVariable();
  const { underEvaluation } = sh;
  if (underEvaluation.has(name)) throw new ArithError("expression recursion loop detected");
  if (underEvaluation.size > 200) throw new ArithError("expression too deep");
  underEvaluation.add(name);
  try {
    return compileText(sh, text)(sh);
  } finally {
    underEvaluation.delete(name);
  }
}

/** Evaluates a text. @throws {ShellError} */
export function evaluateText(sh: Shell, text: string): MaybePromise<Num> {
  if (text.length > LONG) return inTurns(sh, (turns) => turns.arithmetic(sh, text));
  return evaluate(sh, () => text, (host) => compileText(sh, text)(host));
}

/** Runs an expression; errors become the shell's. */
function evaluate(sh: Shell, text: () => string, run: Expression): MaybePromise<Num> {
  sh.writesBefore = sh.writes;
  try {
    return run(sh);
  } catch (error) {
    if (error instanceof LongVariable) return inTurns(sh, (turns) => turns.arithmetic(sh, text()));
    throw arithmeticFailed(sh, error);
  }
}

/** What becomes of an error in an expression. */
export function arithmeticFailed(sh: Shell, error: unknown): unknown {
  sh.underEvaluation.clear();
  return error instanceof ArithError ? new ShellError(error.message) : error;
}

/** Compiles arithmetic whose words need not wait. */
export function compileArithWord(word: Word, expander: Expander): NumberFn {
  const parts = word.parts;
  if (parts.every((p) => p.t === "quo" || p.t === "lit")) {
    const text = parts.map((p) => (p as Part & { s: string }).s).join("");
    const itself = (): string => text;
    const run = compiled(text, () => compileArith(text));
    return (sh) => evaluate(sh, itself, run);
  }
  const text = expander.text(word, "none");
  return template(parts, expander) ?? ((sh) => {
    const t = text(sh);
    return typeof t === "string" ? evaluateText(sh, t) : t.then((s) => evaluateText(sh, s));
  });
}

/** A compiled form with holes for the values, where putting the text together changes nothing. */
function template(parts: readonly Part[], expander: Expander): NumberFn | undefined {
  let text = "";
  const values: TextFn[] = [];
  const slots: number[] = [];
  /** Text before each value, and behind the last one. */
  const around: string[] = [""];
  const given = new Map<string, Expression>();
  for (let i = 0; i < parts.length; i++) {
    const p = parts[i];
    if (p.t === "quo") {
      // An assignment could change a variable whose value is already in the text.
      if (/\+\+|--|(?:^|[^=!<>])=(?!=)|<<=|>>=|#/.test(p.s)) return undefined;
      if (i > 0 && /^[A-Za-z_0-9#]/.test(p.s)) return undefined;
      if (i + 1 < parts.length && /[A-Za-z_0-9#]$/.test(p.s)) return undefined;
      text += p.s;
      around[values.length] += p.s;
      continue;
    }
    if (p.t !== "var" && p.t !== "arith") return undefined;
    if (p.t === "var" && /[=]/.test(p.op)) return undefined;
    const before = parts[i - 1];
    if (before !== undefined && before.t !== "quo") return undefined;
    const name = "__hole" + values.length;
    const index = values.length;
    values.push(expander.text({ parts: [p] }, "none"));
    slots.push(0);
    around.push("");
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
  const whole = (): string => around.map((s, i) => s + (slots[i] ?? "")).join("");
  /** Where a value is no plain number, the text is put together; no value is made twice. */
  const together = (sh: Shell, at: number, first: MaybePromise<string>): MaybePromise<Num> => {
    let all = "";
    for (let i = 0; i < at; i++) all += around[i] + slots[i];
    return add(sh, all, at, first);
  };
  const add = (
    sh: Shell,
    before: string,
    from: number,
    first: MaybePromise<string>,
  ): MaybePromise<Num> => {
    let all = before;
    let value = first;
    for (let i = from;;) {
      if (typeof value !== "string") return value.then((late) => add(sh, all, i, late));
      all += around[i] + value;
      if (++i === values.length) return evaluateText(sh, all + around[i]);
      value = values[i](sh);
    }
  };
  return (sh) => {
    for (let i = 0; i < values.length; i++) {
      const value = values[i](sh);
      const n = typeof value === "string" ? plainNumber(value) : NaN;
      if (n !== n) return together(sh, i, value);
      slots[i] = n;
    }
    return evaluate(sh, whole, run);
  };
}
