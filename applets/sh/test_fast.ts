/**
 * `[ $i -lt 10 ]`, `[ "$x" = y ]`, `[ -n "$x" ]` and the like, compiled: no argument list, no
 * expression parser, and numbers stay numbers. Whatever is not plain falls back to the builtin.
 *
 * @module
 */

import type { Num } from "./arith.ts";
import { bareText, type Simple, staticText, type Word } from "./ast.ts";
import { need } from "./errors.ts";
import { compileParameter, type Expander, mayWait } from "./expand.ts";
import { plainNumber } from "./number.ts";
import { ARITHMETIC } from "./parts.ts";
import type { Shell } from "./shell.ts";
import { NameRef } from "./vars.ts";

/** Gives 0 or 1, or -1 when the general way has to be taken. */
export type FastTest = (sh: Shell) => number;

/** A value as a number; NaN when it is not plainly one. */
type NumberOf = (sh: Shell) => Num;
/** A value that makes exactly one field, or undefined. */
type TextOf = (sh: Shell) => string | undefined;

/** The comparisons of numbers. */
export const COMPARE: ReadonlyMap<string, (a: Num, b: Num) => boolean> = new Map([
  ["-eq", (a: Num, b: Num) => a === b],
  ["-ne", (a: Num, b: Num) => a !== b],
  ["-lt", (a: Num, b: Num) => a < b],
  ["-le", (a: Num, b: Num) => a <= b],
  ["-gt", (a: Num, b: Num) => a > b],
  ["-ge", (a: Num, b: Num) => a >= b],
]);

/** Compiles a test command of a frequent shape; undefined when it is none. */
export function compileTest(n: Simple, expander: Expander): FastTest | undefined {
  if (n.assigns.length > 0 || n.redirs.length > 0) return undefined;
  let words = n.words;
  const name = words.length > 0 ? bareText(words[0]) : undefined;
  if (name === "[") {
    if (words.length < 3 || bareText(words[words.length - 1]) !== "]") return undefined;
    words = words.slice(1, -1);
  } else if (name === "test") words = words.slice(1);
  else return undefined;
  if (words.length === 3) return compileBinary(words[0], words[1], words[2], expander);
  if (words.length === 2) return compileUnary(words[0], words[1], expander);
  return undefined;
}

function compileBinary(
  left: Word,
  middle: Word,
  right: Word,
  expander: Expander,
): FastTest | undefined {
  const op = staticText(middle);
  if (op === undefined) return undefined;
  const compare = COMPARE.get(op);
  if (compare !== undefined) {
    const a = numberOf(left, expander);
    const b = numberOf(right, expander);
    if (a === undefined || b === undefined) return undefined;
    // Arithmetic may assign, so it is evaluated when nothing can make it be so again.
    const isLate = isArithmetic(left);
    if (isLate && isArithmetic(right)) return undefined;
    return (sh) => {
      if (isLate) {
        const y = b(sh);
        if (y !== y) return -1;
      }
      const x = a(sh);
      if (x !== x) return -1;
      const y = b(sh);
      if (y !== y) return -1;
      return compare(x, y) ? 0 : 1;
    };
  }
  if (op !== "=" && op !== "==" && op !== "!=") return undefined;
  const a = textOf(left, expander);
  const b = textOf(right, expander);
  if (a === undefined || b === undefined) return undefined;
  const equal = op === "!=" ? 1 : 0;
  return (sh) => {
    const x = a(sh);
    const y = b(sh);
    if (x === undefined || y === undefined) return -1;
    return x === y ? equal : 1 - equal;
  };
}

function compileUnary(first: Word, second: Word, expander: Expander): FastTest | undefined {
  const op = staticText(first);
  if (op !== "-n" && op !== "-z") return undefined;
  const a = textOf(second, expander);
  if (a === undefined) return undefined;
  const empty = op === "-z" ? 0 : 1;
  return (sh) => {
    const x = a(sh);
    if (x === undefined) return -1;
    return x === "" ? empty : 1 - empty;
  };
}

function isArithmetic({ parts }: Word): boolean {
  return parts.length === 1 && parts[0].t === "arith";
}

function numberOf(word: Word, expander: Expander): NumberOf | undefined {
  const fixed = staticText(word);
  if (fixed !== undefined) {
    const n = plainNumber(fixed);
    return n === n ? () => n : undefined;
  }
  if (word.parts.length !== 1) return undefined;
  const p = word.parts[0];
  if (p.t === "arith" && !mayWait(p.word)) {
    const run = need(ARITHMETIC).compileArithWord(p.word, expander);
    const quoted = p.quoted;
    return (sh) => {
      if (!quoted && sh.fieldSplitter().splitsNumbers) return NaN;
      const { hurries } = sh;
      sh.hurries = true;
      const v = run(sh);
      sh.hurries = hurries;
      return typeof v === "object" ? NaN : v;
    };
  }
  if (p.t !== "var" || p.op !== "" || p.name === "@" || p.name === "*") return undefined;
  const quoted = p.quoted;
  if (/^[A-Za-z_]/.test(p.name)) {
    const ref = new NameRef(p.name);
    return (sh) => {
      if (!quoted && sh.fieldSplitter().splitsNumbers) return NaN;
      const cell = ref.in(sh.scope);
      const n = cell.num;
      if (n === n) return n;
      const text = cell.text;
      if (text === undefined) return NaN;
      return cell.num = plainNumber(text);
    };
  }
  const get = compileParameter(p.name);
  return (sh) => {
    if (!quoted && sh.fieldSplitter().splitsNumbers) return NaN;
    const text = get(sh);
    return text === undefined ? NaN : plainNumber(text);
  };
}

function textOf(word: Word, expander: Expander): TextOf | undefined {
  const fixed = staticText(word);
  if (fixed !== undefined) {
    if (word.parts.some((p) => p.t === "lit" && /[*?[~]/.test(p.s))) return undefined;
    return () => fixed;
  }
  if (mayWait(word)) return undefined;
  const parts = word.parts;
  if (parts.length === 1 && parts[0].t === "var" && parts[0].op === "" && !parts[0].quoted) {
    const name = parts[0].name;
    if (name === "@" || name === "*") return undefined;
    const get = compileParameter(name);
    return (sh) => {
      const v = get(sh);
      return v === undefined || v === "" || !sh.fieldSplitter().isPlain(v) ? undefined : v;
    };
  }
  const simple = parts.every((p) =>
    p.t === "quo" || (p.t === "lit" && !/[*?[~]/.test(p.s)) ||
    (p.t === "var" && p.quoted && p.op === "" && p.name !== "@" && p.name !== "*")
  );
  if (!simple) return undefined;
  const text = expander.text(word, "none") as (sh: Shell) => string;
  // `-u` makes an unset variable an error, which the general way tells.
  return (sh) => sh.flags.nounset ? undefined : text(sh);
}
