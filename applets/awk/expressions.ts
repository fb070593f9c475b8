/**
 * Expressions to closures.
 *
 * An expression can be compiled to give a number, a text, a truth, or a value; asking for the form
 * that is needed avoids most conversions. What may have to wait (see `resolve.ts`) is compiled by
 * `later`, whose closures may give promises; everything else is plain calls.
 *
 * Native evaluates both sides of a concatenation or comparison before it looks at the left value, so
 * that `x x++` sees the new `x`: where the right side has effects, variables on the left are read late.
 *
 * @module
 */
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import { errnoNumber, isVfsError } from "../../sandbox/errors.ts";
import type { Regex } from "../_lib/regex/regex.ts";
import { calendarTime } from "../_lib/time.ts";
import { strftime } from "../_lib/strftime.ts";
import { AwkArray, Cell, compact } from "./array.ts";
import { type ArithOp, type CompareOp, type Expr, ungroup } from "./ast.ts";
import {
  bitOperation,
  complement,
  parseReplacement,
  power,
  type Replacement,
  splitInto,
  substitute,
  substring,
  wholePart,
} from "./builtins.ts";
import { AwkError, errorAt, MSG } from "./errors.ts";
import { countConversions, formatValues } from "./format.ts";
import { BUILTINS } from "./lex.ts";
import { makeTime } from "./mktime.ts";
import type { OutputBuffer } from "./output.ts";
import type { RecordReader } from "./reader.ts";
import { MOST_FIELDS, type Splitter } from "./record.ts";
import { childrenOf, type Resolved } from "./resolve.ts";
import {
  Control,
  lowerCase,
  MAX_CALLS,
  NF_SLOT,
  type Runtime,
  SPECIALS,
  upperCase,
} from "./runtime.ts";
import { InputText, toBool, toInt32, toNumber, type Value } from "./value.ts";

/** A compiled function: its body gives a statement outcome. */
export interface FunctionCode {
  readonly params: number;
  body: () => number | Promise<number>;
}

/** Outcome of `return`. */
export const RETURN = 6;
/** Outcomes above this leave the function and its caller. */
const LOCAL_OUTCOMES = 2;
/** Calls inside calls between two rests of the JavaScript stack. */
const REST = 48;

/** A place that can be assigned, its index or key already worked out. */
interface Ref {
  get(): Value;
  set(value: Value): void;
}

type Thunk<T> = () => T;

/** Variables whose assignment changes how the program works. */
const WATCHED: ReadonlySet<string> = new Set([
  ...["FS", "OFS", "RS", "ORS", "SUBSEP", "CONVFMT", "OFMT", "IGNORECASE"],
]);

const NUMERIC_BUILTINS: ReadonlySet<string> = new Set([
  ...["and", "atan2", "close", "compl", "cos", "exp", "fflush", "gsub", "index", "int", "length"],
  ...["log", "lshift", "match", "mktime", "or", "rand", "rshift", "sin", "split", "sqrt", "srand"],
  ...["sub", "system", "systime", "xor"],
]);

/** Compiles expressions of one program. */
export class Expressions {
  readonly #waits = new Map<Expr, boolean>();
  readonly #effects = new Map<Expr, boolean>();

  constructor(
    private readonly rt: Runtime,
    private readonly resolved: Resolved,
    private readonly functions: readonly FunctionCode[],
  ) {}

  // -------------------------------------------------------------------------------------------
  // Questions about expressions

  /** Whether evaluating may have to wait. */
  waits(expr: Expr): boolean {
    let answer = this.#waits.get(expr);
    if (answer === undefined) {
      answer = expr.kind === "getline" ||
        (expr.kind === "builtin" &&
          (expr.name === "close" || expr.name === "system" || expr.name === "fflush")) ||
        (expr.kind === "call" && expr.index !== undefined && this.resolved.waits[expr.index]) ||
        childrenOf(expr).some((child) => this.waits(child));
      this.#waits.set(expr, answer);
    }
    return answer;
  }

  /** Whether evaluating may change a variable. */
  #hasEffects(expr: Expr): boolean {
    let answer = this.#effects.get(expr);
    if (answer === undefined) {
      answer = expr.kind === "assign" || expr.kind === "step" || expr.kind === "call" ||
        expr.kind === "getline" ||
        (expr.kind === "builtin" && /^(g?sub|split|match)$/.test(expr.name)) ||
        childrenOf(expr).some((child) => this.#hasEffects(child));
      this.#effects.set(expr, answer);
    }
    return answer;
  }

  #isNumber(expr: Expr): boolean {
    switch (expr.kind) {
      case "number":
      case "regex":
      case "and":
      case "or":
      case "in":
      case "match":
      case "compare":
      case "arith":
      case "unary":
      case "step":
        return true;
      case "group":
        return this.#isNumber(expr.inner);
      case "assign":
        return expr.op !== undefined || this.#isNumber(expr.value);
      case "cond":
        return expr.no !== undefined && this.#isNumber(expr.yes) && this.#isNumber(expr.no);
      case "builtin":
        return NUMERIC_BUILTINS.has(expr.name);
    }
    return false;
  }

  #isString(expr: Expr): boolean {
    switch (expr.kind) {
      case "string":
      case "concat":
      case "comma":
        return true;
      case "group":
        return this.#isString(expr.inner);
      case "cond":
        return expr.no !== undefined && this.#isString(expr.yes) && this.#isString(expr.no);
      case "builtin":
        return /^(substr|to(upper|lower)|sprintf|gensub|strftime)$/.test(expr.name);
    }
    return false;
  }

  #fail(expr: Expr, message: string): never {
    throw errorAt(this.rt.source, expr.line, message);
  }

  // -------------------------------------------------------------------------------------------
  // Places

  #slot(expr: Expr & { kind: "var" | "index" }): { local: boolean; slot: number } {
    const place = expr.place!;
    return { local: place.scope === "local", slot: place.slot };
  }

  /** Whether it is NF itself. */
  #isNf(expr: Expr): boolean {
    return expr.kind === "var" && expr.place!.scope === "global" && expr.place!.slot === NF_SLOT;
  }

  /** The name, when assigning it changes how the program works. */
  #watched(expr: Expr): string | undefined {
    if (expr.kind !== "var" || expr.place!.scope !== "global") return undefined;
    const name = SPECIALS[expr.place!.slot];
    return WATCHED.has(name) ? name : undefined;
  }

  /** The cell of a variable or element; undefined for what has none of its own. */
  #cell(expr: Expr): Thunk<Cell> | undefined {
    const { rt } = this;
    if (expr.kind === "var") {
      if (this.#isNf(expr) || this.#watched(expr) !== undefined) return undefined;
      const { local, slot } = this.#slot(expr);
      if (local) return () => rt.frame[slot];
      const cell = rt.globals[slot];
      return () => cell;
    }
    if (expr.kind !== "index") return undefined;
    const array = this.#arrayOf(expr);
    if (expr.key === undefined) return () => array().at("");
    const inner = ungroup(expr.key);
    if (inner.kind === "field") {
      const index = this.#fieldIndex(inner);
      return () => rt.record.elementOf(array(), index());
    }
    const key = this.string(expr.key);
    return () => {
      const name = key();
      return array().at(name);
    };
  }

  /** The array of a name. */
  #arrayOf(expr: Expr & { kind: "var" | "index" }): Thunk<AwkArray> {
    const { rt } = this;
    const { local, slot } = this.#slot(expr);
    if (local) return () => rt.frame[slot].toArray(rt.meter);
    const cell = rt.globals[slot];
    return () => cell.array ?? cell.toArray(rt.meter);
  }

  /** The array that an operand of `in`, `split` or `for` names, or an empty one. */
  array(expr: Expr): Thunk<AwkArray> {
    const inner = ungroup(expr);
    if (inner.kind === "var") return this.#arrayOf(inner);
    const effect = this.effect(inner);
    return () => {
      effect();
      return new AwkArray(this.rt.meter);
    };
  }

  /** An assignable place without waiting. Anything else takes assignments and forgets them. */
  #ref(expr: Expr): Thunk<Ref> {
    const { rt } = this;
    const cell = this.#cell(expr);
    if (cell !== undefined) {
      const element = expr.kind === "index";
      return () => {
        const place = cell();
        return {
          get: () => place.value,
          set: (value) => {
            place.value = element ? kept(value) : value;
          },
        };
      };
    }
    if (expr.kind === "field") {
      const index = this.#fieldIndex(expr);
      return () => {
        const at = index();
        return {
          get: () => rt.record.get(at),
          set: (value) => rt.record.set(at, value, rt.ofs),
        };
      };
    }
    if (expr.kind === "var") {
      const { slot } = this.#slot(expr);
      const name = SPECIALS[slot];
      const ref: Ref = slot === NF_SLOT
        ? { get: () => rt.record.fieldCount(), set: (value) => this.#setNf(expr, value) }
        : {
          get: () => rt.globals[slot].value,
          set: (value) => {
            rt.globals[slot].value = value;
            rt.assigned(name);
          },
        };
      return () => ref;
    }
    const value = this.value(expr);
    return () => {
      const place = new Cell(value());
      return {
        get: () => place.value,
        set: (next) => {
          place.value = next;
        },
      };
    };
  }

  #setNf(expr: Expr, value: Value): void {
    if (toInt32(toNumber(value)) < 0) this.#fail(expr, MSG.negativeNf);
    this.rt.setFieldCount(value);
  }

  /** Gives a value to a place; for `for (k in a)`, `getline x` and the like. */
  store(expr: Expr): (value: Value) => void {
    const ref = this.#ref(expr);
    const cell = expr.kind === "var" ? this.#cell(expr) : undefined;
    if (cell !== undefined) {
      return (value) => {
        cell().value = value;
      };
    }
    return (value) => ref().set(value);
  }

  #fieldIndex(expr: Expr & { kind: "field" }): Thunk<number> {
    const inner = ungroup(expr.index);
    if (inner.kind === "number") {
      const { value } = inner;
      if (value >= 0 && value <= MOST_FIELDS) {
        const index = toInt32(value);
        return () => index;
      }
      return () => this.#checkedIndex(expr, value);
    }
    const number = this.number(expr.index);
    return () => {
      return this.#checkedIndex(expr, number());
    };
  }

  #checkedIndex(expr: Expr, number: number): number {
    const index = toInt32(number);
    if (index < 0) this.#fail(expr, MSG.negativeField);
    // Native makes room for all fields up to this one, even to read it.
    if (index > MOST_FIELDS) throw new AwkError("out of memory");
    return index;
  }

  // -------------------------------------------------------------------------------------------
  // Values

  /** Compiles to a value. */
  value(expr: Expr): Thunk<Value> {
    const { rt } = this;
    switch (expr.kind) {
      case "string": {
        const { value } = expr;
        return () => value;
      }
      case "group":
        return this.value(expr.inner);
      case "var": {
        if (this.#isNf(expr)) return () => rt.record.fieldCount();
        const { local, slot } = this.#slot(expr);
        if (local) return () => rt.frame[slot].value;
        const cell = rt.globals[slot];
        return () => cell.value;
      }
      case "index": {
        const cell = this.#cell(expr)!;
        return () => cell().value;
      }
      case "field": {
        const index = this.#fieldIndex(expr);
        return () => rt.record.get(index());
      }
      case "assign":
        return expr.op === undefined ? this.#assign(expr) : this.number(expr);
      case "cond": {
        const { yes, no } = expr;
        if (no === undefined) return () => this.#fail(expr, MSG.syntax);
        const test = this.truth(expr.test);
        const whenYes = this.value(yes);
        const whenNo = this.value(no);
        return () => test() ? whenYes() : whenNo();
      }
      case "stray":
        return () => this.#fail(expr, MSG.syntax);
      case "call":
        return this.#call(expr);
      case "concat":
      case "comma":
        return this.string(expr);
      case "builtin":
        if (!this.#isNumber(expr)) return this.string(expr);
    }
    return this.number(expr);
  }

  #assign(expr: Expr & { kind: "assign" }): Thunk<Value> {
    const { target } = expr;
    const value = this.value(expr.value);
    const cell = this.#cell(target);
    if (cell === undefined) {
      const ref = this.#ref(target);
      return () => {
        const place = ref();
        const next = value() ?? "";
        place.set(next);
        return next;
      };
    }
    if (target.kind === "index") {
      return () => {
        const place = cell();
        return place.value = kept(value());
      };
    }
    return () => {
      const place = cell();
      return place.value = value() ?? "";
    };
  }

  // -------------------------------------------------------------------------------------------
  // Numbers

  /** Compiles to a number. */
  number(expr: Expr): Thunk<number> {
    const { rt } = this;
    switch (expr.kind) {
      case "number": {
        const { value } = expr;
        return () => value;
      }
      case "group":
        return this.number(expr.inner);
      case "var": {
        if (this.#isNf(expr)) return () => toNumber(rt.record.fieldCount());
        const { local, slot } = this.#slot(expr);
        if (local) {
          return () => {
            const { value } = rt.frame[slot];
            return typeof value === "number" ? value : toNumber(value);
          };
        }
        const cell = rt.globals[slot];
        return () => {
          const { value } = cell;
          return typeof value === "number" ? value : toNumber(value);
        };
      }
      case "field": {
        const index = this.#fieldIndex(expr);
        return () => rt.record.number(index());
      }
      case "arith":
        return this.#arith(expr);
      case "unary": {
        if (expr.op === "!") {
          const truth = this.truth(expr.operand);
          return () => truth() ? 0 : 1;
        }
        const operand = this.number(expr.operand);
        return expr.op === "-" ? () => -operand() : () => operand() + 0;
      }
      case "step":
        return this.#step(expr);
      case "assign":
        if (expr.op !== undefined) return this.#assignOp(expr, expr.op);
        if (this.#isNumber(expr.value)) return this.#assignNumber(expr);
        break;
      case "cond":
        if (expr.no !== undefined) {
          const test = this.truth(expr.test);
          const yes = this.number(expr.yes);
          const no = this.number(expr.no);
          return () => test() ? yes() : no();
        }
        break;
      case "regex":
      case "and":
      case "or":
      case "in":
      case "match":
      case "compare": {
        const truth = this.truth(expr);
        return () => truth() ? 1 : 0;
      }
      case "builtin":
        if (this.#isNumber(expr)) return this.#builtin(expr) as Thunk<number>;
        break;
      case "getline":
        throw new Error("getline outside of what may wait");
    }
    if (this.#isString(expr)) {
      const text = this.string(expr);
      return () => toNumber(text());
    }
    const value = this.value(expr);
    return () => {
      const result = value();
      return typeof result === "number" ? result : toNumber(result);
    };
  }

  #assignNumber(expr: Expr & { kind: "assign" }): Thunk<number> {
    const cell = this.#cell(expr.target);
    const value = this.number(expr.value);
    if (cell === undefined) {
      const ref = this.#ref(expr.target);
      return () => {
        const place = ref();
        const next = value();
        place.set(next);
        return next;
      };
    }
    return () => {
      const place = cell();
      return place.value = value();
    };
  }

  #arith(expr: Expr & { kind: "arith" }): Thunk<number> {
    let left = this.number(expr.first);
    if (expr.ops.length <= 8) {
      for (let i = 0; i < expr.ops.length; i++) {
        left = this.#operate(expr, expr.ops[i], left, this.number(expr.rest[i]), expr.rest[i]);
      }
      return left;
    }
    // A long run is one loop, whatever its length: nested closures would exhaust the stack.
    const first = left;
    const rest = expr.rest.map((each) => this.number(each));
    const { ops } = expr;
    return () => {
      let total = first();
      for (let i = 0; i < rest.length; i++) total = this.#compute(expr, ops[i], total, rest[i]());
      return total;
    };
  }

  #operate(
    expr: Expr,
    op: ArithOp,
    left: Thunk<number>,
    right: Thunk<number>,
    rightExpr: Expr,
  ): Thunk<number> {
    const constant = rightExpr.kind === "number" ? rightExpr.value : undefined;
    switch (op) {
      case "+":
        if (constant !== undefined) return () => left() + constant;
        return () => left() + right();
      case "-":
        if (constant !== undefined) return () => left() - constant;
        return () => left() - right();
      case "*":
        return () => left() * right();
      case "/":
        return () => {
          const over = left();
          const under = right();
          if (under === 0) this.#fail(expr, MSG.divide);
          return over / under;
        };
      case "%":
        return () => {
          const over = left();
          const under = right();
          if (under === 0) this.#fail(expr, MSG.divide);
          return over % under;
        };
      case "^":
        return () => power(left(), right());
    }
  }

  #compute(expr: Expr, op: ArithOp, left: number, right: number): number {
    switch (op) {
      case "+":
        return left + right;
      case "-":
        return left - right;
      case "*":
        return left * right;
      case "^":
        return power(left, right);
    }
    if (right === 0) this.#fail(expr, MSG.divide);
    return op === "/" ? left / right : left % right;
  }

  #step(expr: Expr & { kind: "step" }): Thunk<number> {
    const { by, prefix, target } = expr;
    const cell = this.#cell(target);
    if (cell === undefined) {
      const ref = this.#ref(target);
      return () => {
        const place = ref();
        const old = toNumber(place.get());
        place.set(old + by);
        return prefix ? old + by : old;
      };
    }
    if (prefix) {
      return () => {
        const place = cell();
        const { value } = place;
        return place.value = (typeof value === "number" ? value : toNumber(value)) + by;
      };
    }
    return () => {
      const place = cell();
      const { value } = place;
      const old = typeof value === "number" ? value : toNumber(value);
      place.value = old + by;
      return old;
    };
  }

  #assignOp(expr: Expr & { kind: "assign" }, op: ArithOp): Thunk<number> {
    const cell = this.#cell(expr.target);
    const right = this.number(expr.value);
    if (cell === undefined) {
      const ref = this.#ref(expr.target);
      return () => {
        const place = ref();
        const left = toNumber(place.get());
        const next = this.#compute(expr, op, left, right());
        place.set(next);
        return next;
      };
    }
    if (op === "+") {
      return () => {
        const place = cell();
        const { value } = place;
        const left = typeof value === "number" ? value : toNumber(value);
        return place.value = left + right();
      };
    }
    return () => {
      const place = cell();
      const left = toNumber(place.value);
      return place.value = this.#compute(expr, op, left, right());
    };
  }

  // -------------------------------------------------------------------------------------------
  // Truths

  /** Compiles to a condition. */
  truth(expr: Expr): Thunk<boolean> {
    const { rt } = this;
    switch (expr.kind) {
      case "group":
        return this.truth(expr.inner);
      case "regex": {
        const regex = this.#literal(expr.source);
        return () => rt.record.matches(regex());
      }
      case "unary":
        if (expr.op === "!") {
          const inner = this.truth(expr.operand);
          return () => !inner();
        }
        break;
      case "and": {
        const left = this.truth(expr.left);
        const right = this.truth(expr.right);
        return () => left() && right();
      }
      case "or": {
        const left = this.truth(expr.left);
        const right = this.truth(expr.right);
        return () => left() || right();
      }
      case "in": {
        const key = this.string(expr.key);
        const array = this.array(expr.array);
        return () => {
          const name = key();
          return array().has(name);
        };
      }
      case "match":
        return this.#match(expr);
      case "compare":
        return this.#compare(expr);
    }
    if (this.#isNumber(expr)) {
      const number = this.number(expr);
      return () => number() !== 0;
    }
    if (this.#isString(expr)) {
      const text = this.string(expr);
      return () => text().length > 0;
    }
    const value = this.value(expr);
    return () => toBool(value());
  }

  #match(expr: Expr & { kind: "match" }): Thunk<boolean> {
    const { rt } = this;
    const { negated, left } = expr;
    const regex = this.#regex(expr.right, true);
    const inner = ungroup(left);
    if (inner.kind === "field" && inner.index.kind === "number" && inner.index.value === 0) {
      if (!this.#hasEffects(expr.right)) return () => rt.record.matches(regex()) !== negated;
    }
    if (this.#hasEffects(expr.right) && isPlace(inner)) {
      const ref = this.#ref(inner);
      return () => {
        const place = ref();
        const pattern = regex();
        return pattern.test(rt.text(place.get())) !== negated;
      };
    }
    const text = this.string(left);
    return () => {
      const subject = text();
      return regex().test(subject) !== negated;
    };
  }

  #compare(expr: Expr & { kind: "compare" }): Thunk<boolean> {
    const { rt } = this;
    const { op } = expr;
    const left = ungroup(expr.left);
    const right = ungroup(expr.right);
    if (this.#isNumber(left) && this.#isNumber(right)) {
      return compareNumbers(op, this.number(left), this.number(right));
    }
    if (right.kind === "number") {
      const limit = right.value;
      if (left.kind === "field") return this.#compareField(left, op, limit);
      if (left.kind === "var") {
        const value = this.value(left);
        return () => {
          const side = value();
          if (typeof side === "number") return holds(op, side - limit);
          return holds(op, rt.compare(side, limit));
        };
      }
    }
    if (this.#isString(left) || this.#isString(right)) {
      const late = this.#lateText(left, right);
      if (late !== undefined) return () => holds(op, late());
    }
    if (this.#hasEffects(right) && isPlace(left)) {
      const ref = this.#ref(left);
      const value = this.value(right);
      return () => {
        const place = ref();
        const side = value();
        return holds(op, rt.compare(place.get(), side));
      };
    }
    const one = this.value(left);
    const two = this.value(right);
    return () => {
      const side = one();
      return holds(op, rt.compare(side, two()));
    };
  }

  /** A comparison of texts, when one side is one and nothing has effects. */
  #lateText(left: Expr, right: Expr): Thunk<number> | undefined {
    if (this.#hasEffects(right)) return undefined;
    const { rt } = this;
    const one = this.string(left);
    const two = this.string(right);
    return () => {
      const side = one();
      return rt.compareText(side, two());
    };
  }

  #compareField(field: Expr & { kind: "field" }, op: CompareOp, limit: number): Thunk<boolean> {
    const { rt } = this;
    const index = this.#fieldIndex(field);
    return () => {
      const at = index();
      const difference = rt.record.compareNumber(at, limit);
      if (difference !== undefined) return holds(op, difference);
      return holds(op, rt.compareText(rt.record.string(at), rt.numberText(limit)));
    };
  }

  /** A literal regular expression. It is compiled at once, as native does, so that it may fail. */
  #literal(source: ByteString): Thunk<Regex> {
    const { rt } = this;
    const exact = rt.regex(source);
    let folded: Regex | undefined;
    return () => rt.ignoreCase ? folded ??= rt.regex(source) : exact;
  }

  /** The regular expression an operand gives. */
  #regex(expr: Expr, loose: boolean): Thunk<Regex> {
    const { rt } = this;
    const inner = ungroup(expr);
    if (inner.kind === "regex") return this.#literal(inner.source);
    const source = this.string(inner);
    let last: ByteString | undefined;
    let lastCase = false;
    let regex: Regex | undefined;
    return () => {
      const text = source();
      if (regex !== undefined && text === last && lastCase === rt.ignoreCase) return regex;
      last = text;
      lastCase = rt.ignoreCase;
      return regex = loose ? rt.looseRegex(text) : rt.regex(text);
    };
  }

  // -------------------------------------------------------------------------------------------
  // Texts

  /** Compiles to a text. */
  string(expr: Expr): Thunk<ByteString> {
    const { rt } = this;
    switch (expr.kind) {
      case "string": {
        const { value } = expr;
        return () => value;
      }
      case "number": {
        const { value } = expr;
        if (Number.isInteger(value)) {
          const text = rt.numberText(value);
          return () => text;
        }
        return () => rt.numberText(value);
      }
      case "group":
        return this.string(expr.inner);
      case "field": {
        const index = this.#fieldIndex(expr);
        return () => rt.record.string(index());
      }
      case "concat":
        return this.#concat(expr);
      case "comma": {
        const parts = expr.parts.map((part) => this.string(part));
        return () => {
          let text = parts[0]();
          for (let i = 1; i < parts.length; i++) text += rt.subsep + parts[i]();
          return text;
        };
      }
      case "builtin":
        if (this.#isString(expr)) return this.#builtin(expr) as Thunk<ByteString>;
        break;
    }
    if (this.#isNumber(expr)) {
      const number = this.number(expr);
      return () => rt.numberText(number());
    }
    const value = this.value(expr);
    return () => {
      const result = value();
      return typeof result === "string" ? result : rt.text(result);
    };
  }

  #concat(expr: Expr & { kind: "concat" }): Thunk<ByteString> {
    const { rt } = this;
    const { parts } = expr;
    const first = ungroup(parts[0]);
    let head: Thunk<ByteString>;
    const second = this.string(parts[1]);
    if (this.#hasEffects(parts[1]) && isPlace(first)) {
      const ref = this.#ref(first);
      head = () => {
        const place = ref();
        const right = second();
        return rt.text(place.get()) + right;
      };
    } else {
      const left = this.string(parts[0]);
      head = () => {
        const text = left();
        return text + second();
      };
    }
    if (parts.length === 2) return head;
    const rest = parts.slice(2).map((part) => this.string(part));
    if (rest.length === 1) {
      const [third] = rest;
      return () => {
        const text = head();
        return text + third();
      };
    }
    return () => {
      let text = head();
      for (let i = 0; i < rest.length; i++) text += rest[i]();
      return text;
    };
  }

  /** Compiles to writing the text into a buffer, as `print` does. */
  emit(expr: Expr): (out: OutputBuffer) => void {
    const { rt } = this;
    const inner = ungroup(expr);
    switch (inner.kind) {
      case "string": {
        const { value } = inner;
        return (out) => out.text(value);
      }
      case "field": {
        const index = this.#fieldIndex(inner);
        return (out) => rt.record.emit(index(), out);
      }
      case "concat":
        // Where nothing can change or fail meanwhile, the parts can be written one by one.
        if (inner.parts.every(isSimple)) {
          const parts = inner.parts.map((part) => this.#emitPart(part));
          return (out) => {
            for (let i = 0; i < parts.length; i++) parts[i](out);
          };
        }
    }
    if (this.#isString(inner)) {
      const text = this.string(inner);
      return (out) => out.text(text());
    }
    const value = this.value(inner);
    return (out) => out.text(rt.shown(value()));
  }

  /** A part of a concatenation, where numbers go by CONVFMT. */
  #emitPart(expr: Expr): (out: OutputBuffer) => void {
    const inner = ungroup(expr);
    if (inner.kind === "field" || inner.kind === "string" || inner.kind === "concat") {
      return this.emit(inner);
    }
    const text = this.string(inner);
    return (out) => out.text(text());
  }

  // -------------------------------------------------------------------------------------------
  // Effects

  /** Compiles for its effects only. */
  effect(expr: Expr): () => void {
    const inner = ungroup(expr);
    if (inner.kind === "step" && !inner.prefix) return this.number({ ...inner, prefix: true });
    return this.value(inner);
  }

  // -------------------------------------------------------------------------------------------
  // Calls

  /** An argument as a cell of its own: a name brings its array along. */
  #argument(expr: Expr): Thunk<Cell> {
    const inner = ungroup(expr);
    if (inner.kind === "var" && !this.#isNf(inner)) {
      const { rt } = this;
      const { local, slot } = this.#slot(inner);
      if (local) return () => passed(rt.frame[slot]);
      const cell = rt.globals[slot];
      return () => passed(cell);
    }
    const value = this.value(expr);
    return () => new Cell(value() ?? "");
  }

  #call(expr: Expr & { kind: "call" }): Thunk<Value> {
    const { rt } = this;
    const { index } = expr;
    const args = expr.args.map((arg) => this.#argument(arg));
    if (index === undefined) return () => this.#fail(expr, MSG.undefinedFunction);
    const code = this.functions[index];
    return () => {
      const frame = new Array<Cell>(Math.max(code.params, args.length));
      for (let i = 0; i < args.length; i++) frame[i] = args[i]();
      for (let i = args.length; i < code.params; i++) frame[i] = new Cell(undefined);
      const saved = rt.frame;
      rt.frame = frame;
      const outcome = code.body();
      rt.frame = saved;
      if (typeof outcome === "number" && outcome > LOCAL_OUTCOMES && outcome !== RETURN) {
        throw new Control(outcome);
      }
      const { result } = rt;
      rt.result = "";
      return result;
    };
  }

  #callLater(expr: Expr & { kind: "call" }): Thunk<MaybePromise<Value>> {
    const { rt } = this;
    const { index } = expr;
    const args = expr.args.map((arg): Thunk<MaybePromise<Cell>> => {
      if (!this.waits(arg)) return this.#argument(arg);
      const value = this.later(arg);
      return () => then(value(), (result) => new Cell(result ?? ""));
    });
    if (index === undefined) return () => this.#fail(expr, MSG.undefinedFunction);
    const code = this.functions[index];
    const finish = (saved: Cell[], outcome: number): Value => {
      rt.frame = saved;
      rt.depth--;
      if (outcome > LOCAL_OUTCOMES && outcome !== RETURN) throw new Control(outcome);
      const { result } = rt;
      rt.result = "";
      return result;
    };
    const enter = (cells: Cell[]): MaybePromise<Value> => {
      for (let i = cells.length; i < code.params; i++) cells.push(new Cell(undefined));
      if (++rt.depth > MAX_CALLS) this.#fail(expr, MSG.depth);
      const saved = rt.frame;
      rt.frame = cells;
      // The JavaScript stack ends long before native's: now and then it is let go.
      const rest = rt.turn() ?? (rt.depth % REST === 0 ? Promise.resolve() : undefined);
      const outcome = rest === undefined ? code.body() : rest.then(() => code.body());
      if (typeof outcome === "number") return finish(saved, outcome);
      return outcome.then((number) => finish(saved, number));
    };
    if (expr.args.some((arg) => this.waits(arg))) return inOrder(args, enter);
    const plain = args as readonly Thunk<Cell>[];
    return () => {
      const cells = new Array<Cell>(plain.length);
      for (let i = 0; i < plain.length; i++) cells[i] = plain[i]();
      return enter(cells);
    };
  }

  // -------------------------------------------------------------------------------------------
  // Built-in functions

  #builtin(expr: Expr & { kind: "builtin" }): Thunk<Value> {
    const { rt } = this;
    const { name, args } = expr;
    const [least, most] = BUILTINS.get(name)!;
    if (args.length < least) return () => this.#fail(expr, MSG.fewArgs);
    if (args.length > most) return () => this.#fail(expr, MSG.manyArgs);
    switch (name) {
      case "length":
        return this.#length(args[0]);
      case "substr": {
        const text = this.string(args[0]);
        const from = this.number(args[1]);
        if (args.length === 2) {
          return () => {
            const whole = text();
            return substring(whole, from(), undefined);
          };
        }
        const count = this.number(args[2]);
        return () => {
          const whole = text();
          const start = from();
          return substring(whole, start, count());
        };
      }
      case "sprintf": {
        const [first, ...rest] = args.map((arg) => this.value(arg));
        if (first === undefined) return () => "";
        const arg = (index: number): Value => index < rest.length ? rest[index]() : undefined;
        return () => this.#sprintf(expr.line, first(), arg);
      }
      case "index": {
        const text = this.string(args[0]);
        const part = this.string(args[1]);
        return () => {
          const whole = text();
          return findText(whole, part(), rt.ignoreCase);
        };
      }
      case "tolower": {
        const text = this.string(args[0]);
        return () => lowerCase(text());
      }
      case "toupper": {
        const text = this.string(args[0]);
        return () => upperCase(text());
      }
      case "int": {
        const number = this.number(args[0]);
        return () => wholePart(number());
      }
      case "rand":
        return () => rt.random.next();
      case "systime":
        return () => Math.floor(rt.process.clock.nowMs() / 1000);
      case "split": {
        const text = this.string(args[0]);
        const array = this.array(args[1]);
        const splitter = this.#splitter(args[2]);
        return () => {
          const whole = text();
          const into = array();
          return splitInto(into, whole, splitter());
        };
      }
    }
    // The rest takes its arguments as values, or as what its plan says.
    const { pieces, finish } = this.#plan(expr);
    const thunks = pieces as readonly Thunk<unknown>[];
    return () => {
      const values = new Array<unknown>(thunks.length);
      for (let i = 0; i < thunks.length; i++) values[i] = thunks[i]();
      return finish(values) as Value;
    };
  }

  #length(arg: Expr | undefined): Thunk<number> {
    const { rt } = this;
    if (arg === undefined) return () => rt.record.length(0);
    const inner = ungroup(arg);
    if (inner.kind === "field") {
      const index = this.#fieldIndex(inner);
      return () => rt.record.length(index());
    }
    if (inner.kind === "var" && !this.#isNf(inner)) {
      const { local, slot } = this.#slot(inner);
      return () => {
        const cell = local ? rt.frame[slot] : rt.globals[slot];
        const array = cell.array ?? cell.origin?.array;
        return array === undefined ? rt.text(cell.value).length : array.length;
      };
    }
    const text = this.string(arg);
    return () => text().length;
  }

  #splitter(arg: Expr | undefined): Thunk<Splitter> {
    const { rt } = this;
    if (arg === undefined) {
      return () => rt.splitterOf(rt.text(rt.named("FS").value), false);
    }
    const inner = ungroup(arg);
    if (inner.kind === "regex") {
      const regex = this.#literal(inner.source);
      return () => ({ kind: "regex", regex: regex() });
    }
    const text = this.string(arg);
    return () => rt.splitterOf(text(), false);
  }

  /** Arguments in order, and what to do with them; used by the plain and by the waiting form. */
  #plan(expr: Expr & { kind: "builtin" }): {
    readonly pieces: readonly Thunk<MaybePromise<unknown>>[];
    readonly finish: (values: unknown[]) => MaybePromise<Value>;
  } {
    const { rt } = this;
    const { name, args } = expr;
    const value = (arg: Expr): Thunk<MaybePromise<unknown>> =>
      this.waits(arg) ? this.later(arg) : this.value(arg);
    const text = (arg: Expr): Thunk<MaybePromise<unknown>> => {
      if (!this.waits(arg)) return this.string(arg);
      const inner = this.later(arg);
      return () => then(inner(), (result) => rt.text(result));
    };
    const number = (arg: Expr): Thunk<MaybePromise<unknown>> => {
      if (!this.waits(arg)) return this.number(arg);
      const inner = this.later(arg);
      return () => then(inner(), toNumber);
    };
    const regex = (arg: Expr): Thunk<MaybePromise<unknown>> => {
      if (!this.waits(arg)) return this.#regex(arg, true);
      const inner = this.later(arg);
      return () => then(inner(), (result) => rt.looseRegex(rt.text(result)));
    };
    const place = (arg: Expr | undefined): Thunk<MaybePromise<unknown>> => {
      const whole: Expr = { kind: "field", index: { kind: "number", value: 0, line: 0 }, line: 0 };
      const inner = arg === undefined ? whole : ungroup(arg);
      return this.waits(inner) ? this.#refLater(inner) : this.#ref(inner);
    };
    switch (name) {
      case "length":
        return {
          pieces: [value(args[0])],
          finish: ([one]) => rt.text(one as Value).length,
        };
      case "substr":
        return {
          pieces: [text(args[0]), ...args.slice(1, 3).map(number)],
          finish: ([whole, from, count]) =>
            substring(whole as string, from as number, count as number | undefined),
        };
      case "index":
        return {
          pieces: [text(args[0]), text(args[1])],
          finish: ([whole, part]) => findText(whole as string, part as string, rt.ignoreCase),
        };
      case "tolower":
        return { pieces: [text(args[0])], finish: ([one]) => lowerCase(one as string) };
      case "toupper":
        return { pieces: [text(args[0])], finish: ([one]) => upperCase(one as string) };
      case "int":
        return { pieces: [number(args[0])], finish: ([one]) => wholePart(one as number) };
      case "split": {
        const into = this.array(args[1]);
        const splitter = args.length > 2 && this.waits(args[2])
          ? undefined
          : this.#splitter(args[2]);
        return {
          pieces: [text(args[0]), splitter ?? text(args[2])],
          finish: ([whole, how]) =>
            splitInto(
              into(),
              whole as string,
              typeof how === "string" ? rt.splitterOf(how, false) : how as Splitter,
            ),
        };
      }
      case "sprintf":
        return {
          pieces: args.map(value),
          finish: (values) =>
            this.#sprintf(expr.line, values[0] as Value, (index) => values[index + 1] as Value),
        };
      case "sub":
      case "gsub": {
        const which = name === "sub" ? 1 : 0;
        const replacement = this.#replacements(false);
        return {
          pieces: [regex(args[0]), text(args[1]), place(args[2])],
          finish: ([pattern, by, target]) => {
            const ref = target as Ref;
            const before = rt.text(ref.get());
            const done = substitute(pattern as Regex, replacement(by as string), before, which);
            if (done.count > 0) ref.set(done.text);
            return done.count;
          },
        };
      }
      case "gensub": {
        const replacement = this.#replacements(true);
        return {
          pieces: [regex(args[0]), text(args[1]), value(args[2]), place(args[3])],
          finish: ([pattern, by, how, target]) => {
            const which = matchNumber(rt.text(how as Value), how as Value);
            const before = rt.text((target as Ref).get());
            return substitute(pattern as Regex, replacement(by as string), before, which).text;
          },
        };
      }
      case "match":
        return {
          pieces: [text(args[0]), regex(args[1])],
          finish: ([whole, pattern]) => {
            const found = (pattern as Regex).exec(whole as string);
            const start = found === null ? 0 : found[0] + 1;
            rt.named("RSTART").value = start;
            rt.named("RLENGTH").value = found === null ? -1 : found[1] - found[0];
            return start;
          },
        };
      case "compl":
        return { pieces: [number(args[0])], finish: ([one]) => complement(one as number) };
      case "and":
      case "or":
      case "xor":
      case "lshift":
      case "rshift":
        return {
          pieces: [number(args[0]), number(args[1])],
          finish: ([one, two]) => bitOperation(name, one as number, two as number),
        };
      case "srand":
        return {
          pieces: args.slice(0, 1).map(number),
          finish: (values) =>
            rt.random.restart(
              values.length > 0
                ? toInt32(values[0] as number) >>> 0
                : Math.floor(rt.process.clock.nowMs() / 1000),
            ),
        };
      case "strftime":
        return {
          pieces: [...args.slice(0, 1).map(text), ...args.slice(1, 2).map(number)],
          finish: ([format, at]) => {
            const seconds = at === undefined
              ? Math.floor(rt.process.clock.nowMs() / 1000)
              : Math.trunc(at as number);
            if (!(Math.abs(seconds) < 67768036191676800)) return "";
            const time = calendarTime(seconds, rt.zone);
            return strftime((format ?? "%a %b %e %H:%M:%S %Z %Y") as string, time, seconds);
          },
        };
      case "mktime":
        return { pieces: [text(args[0])], finish: ([one]) => makeTime(one as string, rt.zone) };
      case "close":
        return { pieces: [text(args[0])], finish: ([one]) => rt.streams.close(one as string) };
      case "system":
        return { pieces: [text(args[0])], finish: ([one]) => rt.streams.system(one as string) };
      case "fflush":
        return {
          pieces: args.slice(0, 1).map(text),
          finish: ([stream]) => {
            if (stream !== undefined && stream !== "") {
              return then(rt.streams.flush(stream as string), (known) => known ? 0 : -1);
            }
            const waiting = rt.streams.flushAll();
            return waiting === undefined ? 0 : waiting.then(() => 0);
          },
        };
    }
    const mathematics = MATHEMATICS.get(name)!;
    return {
      pieces: args.map(number),
      finish: ([one, two]) => mathematics(one as number, two as number),
    };
  }

  /** Parsed replacement texts; most programs use the same one again and again. */
  #replacements(groups: boolean): (text: ByteString) => Replacement {
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

  /** What `sprintf` gives; native's strings end at a NUL. */
  #sprintf(line: number, format: Value, arg: (index: number) => Value): ByteString {
    const text = this.formatted(line, format, arg);
    const nul = text.indexOf("\0");
    return nul < 0 ? text : text.slice(0, nul);
  }

  /** Formats as `printf`. */
  formatted(line: number, format: Value, arg: (index: number) => Value): ByteString {
    const { rt } = this;
    const parsed = rt.format(rt.text(format));
    const { problem } = parsed;
    if (problem === undefined) return formatValues(parsed, arg, (value) => rt.text(value));
    throw errorAt(rt.source, line, problem);
  }

  /** How many values a format takes. */
  conversions(format: Value): number {
    return countConversions(this.rt.format(this.rt.text(format)));
  }

  // -------------------------------------------------------------------------------------------
  // What may wait

  /** Compiles to a value that may have to be waited for. */
  later(expr: Expr): Thunk<MaybePromise<Value>> {
    if (!this.waits(expr)) return this.value(expr);
    const { rt } = this;
    switch (expr.kind) {
      case "group":
        return this.later(expr.inner);
      case "comma":
        return inOrder(
          expr.parts.map((part) => this.later(part)),
          (values: Value[]) => values.map((value) => rt.text(value)).join(rt.subsep),
        );
      case "concat":
        return this.#concatLater(expr);
      case "index":
      case "field": {
        const ref = this.#refLater(expr);
        return () => then(ref(), (place) => place.get());
      }
      case "assign": {
        const ref = this.#refLater(expr.target);
        const value = this.later(expr.value);
        const { op } = expr;
        return () =>
          then(ref(), (place) => {
            const left = op === undefined ? 0 : toNumber(place.get());
            return then(value(), (right) => {
              const next = op === undefined
                ? right ?? ""
                : this.#compute(expr, op, left, toNumber(right));
              place.set(next);
              return next;
            });
          });
      }
      case "step": {
        const ref = this.#refLater(expr.target);
        const { by, prefix } = expr;
        return () =>
          then(ref(), (place) => {
            const old = toNumber(place.get());
            place.set(old + by);
            return prefix ? old + by : old;
          });
      }
      case "cond": {
        const { no } = expr;
        if (no === undefined) return () => this.#fail(expr, MSG.syntax);
        const test = this.truthLater(expr.test);
        const yes = this.later(expr.yes);
        const other = this.later(no);
        return () => then(test(), (holds) => holds ? yes() : other());
      }
      case "and": {
        const left = this.truthLater(expr.left);
        const right = this.truthLater(expr.right);
        return () => then(left(), (one) => one ? then(right(), (two) => two ? 1 : 0) : 0);
      }
      case "or": {
        const left = this.truthLater(expr.left);
        const right = this.truthLater(expr.right);
        return () => then(left(), (one) => one ? 1 : then(right(), (two) => two ? 1 : 0));
      }
      case "in": {
        const key = this.later(expr.key);
        const array = ungroup(expr.array);
        if (array.kind !== "var") {
          return inOrder([key, this.later(expr.array)], () => 0);
        }
        const into = this.#arrayOf(array);
        return () => then(key(), (name) => into().has(rt.text(name)) ? 1 : 0);
      }
      case "match": {
        const right = ungroup(expr.right);
        const regex: Thunk<MaybePromise<Regex>> = right.kind === "regex"
          ? this.#literal(right.source)
          : mapped(this.later(right), (source) => rt.looseRegex(rt.text(source)));
        return inOrder<unknown, Value>(
          [this.#leftLater(expr), regex],
          ([side, pattern]) => {
            const text = rt.text(current(side as Ref | Value));
            return (pattern as Regex).test(text) !== expr.negated ? 1 : 0;
          },
        );
      }
      case "compare":
        return inOrder<Ref | Value, Value>(
          [this.#leftLater(expr), this.later(expr.right)],
          ([one, two]) => holds(expr.op, rt.compare(current(one), two as Value)) ? 1 : 0,
        );
      case "arith":
        if (expr.rest.length === 1) return this.#arithLater(expr);
        return inOrder(
          [expr.first, ...expr.rest].map((each) => mapped(this.later(each), toNumber)),
          (numbers: number[]) => {
            let total = numbers[0];
            for (let i = 1; i < numbers.length; i++) {
              total = this.#compute(expr, expr.ops[i - 1], total, numbers[i]);
            }
            return total;
          },
        );
      case "unary": {
        if (expr.op === "!") {
          const truth = this.truthLater(expr.operand);
          return () => then(truth(), (yes) => yes ? 0 : 1);
        }
        const operand = this.later(expr.operand);
        const sign = expr.op === "-" ? -1 : 1;
        return () => then(operand(), (value) => sign * toNumber(value));
      }
      case "call":
        return this.#callLater(expr);
      case "builtin":
        return this.#builtinLater(expr);
      case "getline":
        return this.#getline(expr);
    }
    return this.value(expr);
  }

  /** The usual two operands, without a list of values. */
  #arithLater(expr: Expr & { kind: "arith" }): Thunk<MaybePromise<Value>> {
    const first = this.later(expr.first);
    const second = this.later(expr.rest[0]);
    const op = expr.ops[0];
    return () => {
      const left = first();
      if (left instanceof Promise) {
        return left.then((one) => {
          const number = toNumber(one);
          return then(second(), (two) => this.#compute(expr, op, number, toNumber(two)));
        });
      }
      const number = toNumber(left);
      const right = second();
      return right instanceof Promise
        ? right.then((two) => this.#compute(expr, op, number, toNumber(two)))
        : this.#compute(expr, op, number, toNumber(right));
    };
  }

  /** The left side of a comparison: a place, where the right side may change it. */
  #leftLater(expr: Expr & { kind: "compare" | "match" }): Thunk<MaybePromise<Ref | Value>> {
    const left = ungroup(expr.left);
    return isPlace(left) && this.#hasEffects(expr.right) ? this.#refLater(left) : this.later(left);
  }

  #concatLater(expr: Expr & { kind: "concat" }): Thunk<MaybePromise<Value>> {
    const { rt } = this;
    const first = ungroup(expr.parts[0]);
    const pieces: Thunk<MaybePromise<Ref | ByteString>>[] = expr.parts.map((part) =>
      this.#laterText(part)
    );
    if (isPlace(first) && this.#hasEffects(expr.parts[1])) pieces[0] = this.#refLater(first);
    return inOrder(pieces, ([head, second, ...rest]) => {
      const text = typeof head === "string" ? head : rt.text(head.get());
      return text + (second as ByteString) + rest.join("");
    });
  }

  #laterText(expr: Expr): Thunk<MaybePromise<ByteString>> {
    if (!this.waits(expr)) return this.string(expr);
    return mapped(this.later(expr), (value) => this.rt.text(value));
  }

  /** A condition that may have to be waited for. */
  truthLater(expr: Expr): Thunk<MaybePromise<boolean>> {
    if (!this.waits(expr)) return this.truth(expr);
    return mapped(this.later(expr), toBool);
  }

  #refLater(expr: Expr): Thunk<MaybePromise<Ref>> {
    if (!this.waits(expr)) return this.#ref(expr);
    const { rt } = this;
    if (expr.kind === "index" && expr.key !== undefined) {
      const array = this.#arrayOf(expr);
      return mapped(this.later(expr.key), (key): Ref => {
        const cell = array().at(rt.text(key));
        return {
          get: () => cell.value,
          set: (value) => {
            cell.value = kept(value);
          },
        };
      });
    }
    if (expr.kind === "field") {
      return mapped(this.later(expr.index), (index): Ref => {
        const at = this.#checkedIndex(expr, toNumber(index));
        return {
          get: () => rt.record.get(at),
          set: (value) => rt.record.set(at, value, rt.ofs),
        };
      });
    }
    return mapped(this.later(expr), (value): Ref => {
      const cell = new Cell(value);
      return {
        get: () => cell.value,
        set: (next) => {
          cell.value = next;
        },
      };
    });
  }

  #builtinLater(expr: Expr & { kind: "builtin" }): Thunk<MaybePromise<Value>> {
    const { name, args } = expr;
    const [least, most] = BUILTINS.get(name)!;
    if (args.length < least) return () => this.#fail(expr, MSG.fewArgs);
    if (args.length > most) return () => this.#fail(expr, MSG.manyArgs);
    const { pieces, finish } = this.#plan(expr);
    return inOrder(pieces, finish);
  }

  #getline(expr: Expr & { kind: "getline" }): Thunk<MaybePromise<Value>> {
    const { rt } = this;
    const { target, from } = expr;
    let ref: Thunk<MaybePromise<Ref>> | undefined;
    if (target !== undefined) ref = this.#refLater(target);
    const take = (reader: RecordReader, place: Ref | undefined): void => {
      if (place === undefined) rt.record.take(reader.text, reader.start, reader.end);
      else place.set(new InputText(compact(reader.text.slice(reader.start, reader.end))));
    };
    if (from === "main") {
      const read = (place: Ref | undefined): MaybePromise<Value> =>
        then(rt.nextInput(), (more) => {
          if (more) take(rt.input, place);
          return more ? 1 : 0;
        });
      if (ref === undefined) return () => read(undefined);
      const into = ref;
      return () => then(into(), read);
    }
    const source = this.#laterText(expr.source!);
    const read = (name: ByteString, place: Ref | undefined): MaybePromise<Value> => {
      const stream = from === "file" ? rt.streams.fileReader(name) : rt.streams.commandReader(name);
      if (typeof stream === "number") {
        rt.named("ERRNO").value = stream;
        return -1;
      }
      const { reader } = stream;
      if (reader === undefined) return -1;
      const more = attempt(() => reader.next(rt.recordEnd));
      return then(more, (found) => {
        if (typeof found === "number") {
          rt.named("ERRNO").value = found;
          return -1;
        }
        if (found) take(reader, place);
        return found ? 1 : 0;
      });
    };
    if (ref === undefined) return () => then(source(), (name) => read(name, undefined));
    const into = ref;
    return () => then(source(), (name) => then(into(), (place) => read(name, place)));
  }
}

// ---------------------------------------------------------------------------------------------
// Helpers

/** Goes on with a value, now or when it is there. */
function then<A, B>(value: MaybePromise<A>, next: (value: A) => MaybePromise<B>): MaybePromise<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function mapped<A, B>(
  thunk: Thunk<MaybePromise<A>>,
  next: (value: A) => B,
): Thunk<MaybePromise<B>> {
  return () => then(thunk(), next);
}

/** Evaluates in order, then goes on with all values. */
function inOrder<A, B>(
  thunks: readonly Thunk<MaybePromise<A>>[],
  finish: (values: A[]) => MaybePromise<B>,
): Thunk<MaybePromise<B>> {
  return () => {
    const values: A[] = [];
    for (const thunk of thunks) {
      const value = thunk();
      if (value instanceof Promise) return restInOrder(thunks, finish, values, value);
      values.push(value);
    }
    return finish(values);
  };
}

async function restInOrder<A, B>(
  thunks: readonly Thunk<MaybePromise<A>>[],
  finish: (values: A[]) => MaybePromise<B>,
  values: A[],
  waiting: Promise<A>,
): Promise<B> {
  values.push(await waiting);
  while (values.length < thunks.length) {
    const value = thunks[values.length]();
    values.push(value instanceof Promise ? await value : value);
  }
  return finish(values);
}

/** Runs a read; the number of the error when it fails. */
function attempt(read: () => MaybePromise<boolean>): MaybePromise<boolean | number> {
  try {
    const result = read();
    return result instanceof Promise ? result.catch(errorNumber) : result;
  } catch (error) {
    return errorNumber(error);
  }
}

function errorNumber(error: unknown): number {
  if (!isVfsError(error)) throw error;
  return errnoNumber(error.code);
}

/** A parameter's cell for a variable that is passed on. */
function passed(cell: Cell): Cell {
  const own = new Cell(cell.value ?? "");
  if (cell.array !== undefined) own.array = cell.array;
  else if (cell.value === undefined || cell.origin !== undefined) own.origin = cell;
  return own;
}

/**
 * What assigning a value leaves in an element: a copy that does not keep its chunk alive, and the
 * empty string for what was never assigned (BusyBox).
 */
function kept(value: Value): Value {
  if (value === undefined) return "";
  return value instanceof InputText && value.text.length >= 13
    ? new InputText(compact(value.text))
    : value;
}

/** The value of a place, or the value itself. */
function current(side: Ref | Value): Value {
  return typeof side === "object" && "get" in side ? side.get() : side;
}

/** Whether evaluating neither changes anything nor can fail. */
function isSimple(expr: Expr): boolean {
  const inner = ungroup(expr);
  switch (inner.kind) {
    case "number":
    case "string":
    case "var":
      return true;
    case "field":
      return ungroup(inner.index).kind === "number";
    case "index":
      return inner.key !== undefined && isSimple(inner.key);
    case "concat":
    case "comma":
      return inner.parts.every(isSimple);
  }
  return false;
}

function isPlace(expr: Expr): boolean {
  return expr.kind === "var" || expr.kind === "index" || expr.kind === "field";
}

/**
 * Whether a comparison holds, given the difference of its sides. Native has three tests and their
 * opposites, so that `<` and `<=` hold for what is unordered.
 */
function holds(op: CompareOp, difference: number): boolean {
  switch (op) {
    case "<":
      return !(difference >= 0);
    case "<=":
      return !(difference > 0);
    case ">":
      return difference > 0;
    case ">=":
      return difference >= 0;
    case "==":
      return difference === 0;
    case "!=":
      return difference !== 0;
  }
}

function compareNumbers(op: CompareOp, left: Thunk<number>, right: Thunk<number>): Thunk<boolean> {
  switch (op) {
    case "<":
      return () => !(left() - right() >= 0);
    case "<=":
      return () => !(left() - right() > 0);
    case ">":
      return () => left() - right() > 0;
    case ">=":
      return () => left() - right() >= 0;
    case "==":
      return () => left() - right() === 0;
    case "!=":
      return () => left() - right() !== 0;
  }
}

/** `index`: from 1, or 0; the empty text is nowhere (BusyBox). */
function findText(text: ByteString, part: ByteString, ignoreCase: boolean): number {
  if (part === "") return 0;
  return (ignoreCase ? lowerCase(text).indexOf(lowerCase(part)) : text.indexOf(part)) + 1;
}

/** Which match `gensub` replaces: 0 for all. */
function matchNumber(text: ByteString, value: Value): number {
  if (text[0] === "g" || text[0] === "G") return 0;
  const number = toInt32(toNumber(value));
  return number <= 0 ? 0 : number;
}

const MATHEMATICS: ReadonlyMap<string, (one: number, two: number) => number> = new Map([
  ["atan2", Math.atan2],
  ["cos", Math.cos],
  ["exp", Math.exp],
  ["log", Math.log],
  ["sin", Math.sin],
  ["sqrt", Math.sqrt],
]);
