/**
 * Where values live: variables, elements, fields; and what can be said of an expression beforehand.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { AwkArray, Cell, compact } from "./array.ts";
import { type Expr, lastLine, ungroup } from "./ast.ts";
import { AwkError, errorAt, MSG } from "./errors.ts";
import type { Thunk } from "./maybe.ts";
import { HIGHEST_FIELD } from "./record.ts";
import { childrenOf, NF_SLOT, type Resolved, SPECIALS, WAITING_BUILTINS } from "./resolve.ts";
import type { Runtime } from "./runtime.ts";
import { InputText, toBool, toInt32, toNumber, type Value } from "./value.ts";

/** A compiled function: its body gives a statement outcome. */
export interface FunctionCode {
  readonly params: number;
  body: () => number | Promise<number>;
}

/** Outcome of `return`. */
export const RETURN = 6;

/** A place that can be assigned, its index or key already worked out. */
export interface Ref {
  get(): Value;
  set(value: Value): void;
}

/** Variables whose assignment changes how the program works. */
const WATCHED: ReadonlySet<string> = new Set([
  ...["FS", "OFS", "RS", "ORS", "SUBSEP", "CONVFMT", "OFMT", "IGNORECASE"],
]);

const NUMERIC_BUILTINS: ReadonlySet<string> = new Set([
  ...["and", "atan2", "close", "compl", "cos", "exp", "fflush", "gsub", "index", "int", "length"],
  ...["log", "lshift", "match", "mktime", "or", "rand", "rshift", "sin", "split", "sqrt", "srand"],
  ...["sub", "system", "systime", "xor"],
]);

/** Whether it looks for a regular expression. */
function isSearch(expr: Expr): boolean {
  return expr.kind === "match" || (expr.kind === "builtin" && expr.name === "match");
}

/** The lowest layer of the compiler of expressions. */
export abstract class Places {
  readonly #waits = new Map<Expr, boolean>();
  readonly #effects = new Map<Expr, boolean>();

  constructor(
    protected readonly rt: Runtime,
    protected readonly resolved: Resolved,
    protected readonly functions: readonly FunctionCode[],
  ) {}

  // -------------------------------------------------------------------------------------------
  // Questions about expressions

  /** Whether evaluating may have to wait. */
  waits(expr: Expr): boolean {
    let answer = this.#waits.get(expr);
    if (answer === undefined) {
      answer = expr.kind === "getline" ||
        (expr.kind === "builtin" && WAITING_BUILTINS.has(expr.name)) ||
        (this.resolved.hasReferences && isSearch(expr)) ||
        (expr.kind === "call" && expr.index !== undefined && this.resolved.waits[expr.index]) ||
        childrenOf(expr).some((child) => this.waits(child));
      this.#waits.set(expr, answer);
    }
    return answer;
  }

  /** Whether evaluating may change a variable. */
  protected hasEffects(expr: Expr): boolean {
    let answer = this.#effects.get(expr);
    if (answer === undefined) {
      answer = expr.kind === "assign" || expr.kind === "step" || expr.kind === "call" ||
        expr.kind === "getline" ||
        (expr.kind === "builtin" && /^(g?sub|split|match)$/.test(expr.name)) ||
        childrenOf(expr).some((child) => this.hasEffects(child));
      this.#effects.set(expr, answer);
    }
    return answer;
  }

  protected isNumber(expr: Expr): boolean {
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
        return this.isNumber(expr.inner);
      case "assign":
        return expr.op !== undefined || this.isNumber(expr.value);
      case "cond":
        return expr.no !== undefined && this.isNumber(expr.yes) && this.isNumber(expr.no);
      case "builtin":
        return NUMERIC_BUILTINS.has(expr.name);
    }
    return false;
  }

  protected isString(expr: Expr): boolean {
    switch (expr.kind) {
      case "string":
      case "concat":
      case "comma":
        return true;
      case "group":
        return this.isString(expr.inner);
      case "cond":
        return expr.no !== undefined && this.isString(expr.yes) && this.isString(expr.no);
      case "builtin":
        return /^(substr|to(upper|lower)|sprintf|gensub|strftime)$/.test(expr.name);
    }
    return false;
  }

  protected fail(expr: Expr, message: string): never {
    throw errorAt(this.rt.source, expr.line, message);
  }

  /** Native names the line of what it evaluated last. */
  protected failBehind(expr: Expr, message: string): never {
    throw errorAt(this.rt.source, lastLine(expr), message);
  }

  // -------------------------------------------------------------------------------------------
  // Places

  protected slot(expr: Expr & { kind: "var" | "index" }): { local: boolean; slot: number } {
    const place = expr.place!;
    return { local: place.scope === "local", slot: place.slot };
  }

  /** Whether it is NF itself. */
  protected isNf(expr: Expr): boolean {
    if (expr.kind !== "var" || expr.place!.scope !== "global" || expr.place!.slot !== NF_SLOT) {
      return false;
    }
    this.rt.record.ahead ??= true;
    return true;
  }

  /** The name, when assigning it changes how the program works. */
  protected watched(expr: Expr): string | undefined {
    if (expr.kind !== "var" || expr.place!.scope !== "global") return undefined;
    const name = SPECIALS[expr.place!.slot];
    return WATCHED.has(name) ? name : undefined;
  }

  /** Whether native reads it only after the other side was evaluated. */
  protected isRead(expr: Expr): boolean {
    return isPlace(expr);
  }

  /** The cell of a name, whatever its meaning. */
  protected globalOf(expr: Expr & { kind: "var" }): Thunk<Cell> {
    const { rt } = this;
    const { local, slot } = this.slot(expr);
    return local ? () => rt.frame[slot] : () => rt.globals[slot];
  }

  /** The cell of a variable or element; undefined for what has none of its own. */
  protected cell(expr: Expr): Thunk<Cell> | undefined {
    const { rt } = this;
    if (expr.kind === "var") {
      if (this.isNf(expr) || this.watched(expr) !== undefined) return undefined;
      const { local, slot } = this.slot(expr);
      if (local) return () => rt.frame[slot];
      const cell = rt.globals[slot];
      return () => cell;
    }
    if (expr.kind !== "index") return undefined;
    const array = this.arrayOf(expr);
    if (expr.key === undefined) return () => array().at("");
    const inner = ungroup(expr.key);
    if (inner.kind === "field") {
      const index = this.fieldIndex(inner);
      return () => rt.record.elementOf(array(), index());
    }
    const key = this.string(expr.key);
    return () => {
      const name = key();
      return array().at(name);
    };
  }

  /** The array of a name. */
  protected arrayOf(expr: Expr & { kind: "var" | "index" }): Thunk<AwkArray> {
    const { rt } = this;
    const { local, slot } = this.slot(expr);
    if (local) return () => rt.frame[slot].toArray(rt.meter);
    const cell = rt.globals[slot];
    return () => cell.array ?? cell.toArray(rt.meter);
  }

  /** The array that an operand of `in`, `split` or `for` names, or an empty one. */
  array(expr: Expr): Thunk<AwkArray> {
    const inner = ungroup(expr);
    if (inner.kind === "var") return this.arrayOf(inner);
    const effect = this.effect(inner);
    return () => {
      effect();
      return new AwkArray(this.rt.meter);
    };
  }

  /**
   * An assignable place without waiting. Anything else takes assignments and forgets them.
   *
   * @param value What it will be given, for messages.
   */
  protected ref(expr: Expr, value: Expr = expr): Thunk<Ref> {
    const { rt } = this;
    const cell = this.cell(expr);
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
      const index = this.fieldIndex(expr);
      if (this.rt.record.highest > 0) this.rt.record.ahead ??= true;
      return () => this.fieldRef(index());
    }
    if (expr.kind === "var") {
      const { slot } = this.slot(expr);
      const name = SPECIALS[slot];
      if (slot === NF_SLOT) {
        rt.record.highest = Infinity;
        return () => this.nfRef(value);
      }
      const ref: Ref = {
        get: () => rt.globals[slot].value,
        set: (value) => {
          rt.globals[slot].value = value;
          rt.assigned(name);
        },
      };
      return () => ref;
    }
    if (expr.kind === "cond" && expr.no !== undefined) {
      const test = this.value(expr.test);
      const yes = this.ref(ungroup(expr.yes));
      const no = this.ref(ungroup(expr.no));
      return () => toBool(test()) ? yes() : no();
    }
    const other = this.value(expr);
    return () => {
      const place = new Cell(other());
      return {
        get: () => place.value,
        set: (next) => {
          place.value = next;
        },
      };
    };
  }

  /** A field as a place. */
  protected fieldRef(at: number): Ref {
    const { record } = this.rt;
    const { changes } = record;
    const now = at === 0 ? undefined : record.get(at);
    return {
      // The fields of a record that was replaced meanwhile are not found before they are asked for.
      get: () => at > 0 && record.changes !== changes && !record.isSplit() ? now : record.get(at),
      set: (value) => {
        if (at > 0 && record.changes !== changes) record.goBack();
        record.set(at, value, this.rt.ofs);
      },
    };
  }

  /** NF as a place, which is to be given a value. */
  protected nfRef(expr: Expr): Ref {
    const { record } = this.rt;
    const { changes } = record;
    const now = record.fieldCount();
    return {
      get: () => record.changes !== changes && !record.isSplit() ? now : record.fieldCount(),
      set: (value) => {
        if (toInt32(toNumber(value)) < 0) this.failBehind(expr, MSG.negativeNf);
        if (record.changes !== changes) record.goBack();
        this.rt.setFieldCount(value);
      },
    };
  }

  /** Lets the record keep its fields, where a field or NF is looked up and others then evaluated. */
  protected keepFields(target: Expr, others: Expr): void {
    if ((target.kind === "field" || this.isNf(target)) && this.hasEffects(others)) {
      this.rt.record.keepsFields = true;
    }
  }

  /** Gives a value to a place; for `for (k in a)`, `getline x` and the like. */
  store(expr: Expr): (value: Value) => void {
    const ref = this.ref(expr);
    const cell = expr.kind === "var" ? this.cell(expr) : undefined;
    if (cell !== undefined) {
      return (value) => {
        cell().value = value;
      };
    }
    return (value) => ref().set(value);
  }

  protected fieldIndex(expr: Expr & { kind: "field" }): Thunk<number> {
    const inner = ungroup(expr.index);
    if (inner.kind === "number") {
      const { value } = inner;
      if (value >= 0 && value <= HIGHEST_FIELD) {
        const index = toInt32(value);
        const { record } = this.rt;
        if (index > record.highest) record.highest = index;
        return () => index;
      }
      return () => this.checkedIndex(expr, value);
    }
    const number = this.number(expr.index);
    this.rt.record.highest = Infinity;
    return () => {
      return this.checkedIndex(expr, number());
    };
  }

  protected checkedIndex(expr: Expr, number: number): number {
    const index = toInt32(number);
    if (index < 0) this.failBehind(expr, MSG.negativeField);
    // Native makes room for all fields up to this one, even to read it.
    if (index > HIGHEST_FIELD) throw new AwkError("out of memory");
    return index;
  }

  /** Compiles to a value. */
  abstract value(expr: Expr): Thunk<Value>;
  /** Compiles to a number. */
  abstract number(expr: Expr): Thunk<number>;
  /** Compiles to a text. */
  abstract string(expr: Expr): Thunk<ByteString>;
  /** Compiles for its effects only. */
  abstract effect(expr: Expr): () => void;
}

/**
 * What assigning a value leaves in an element: a copy that does not keep its chunk alive, and the
 * empty string for what was never assigned (BusyBox).
 */
export function kept(value: Value): Value {
  if (value === undefined) return "";
  return value instanceof InputText && value.text.length >= 13
    ? new InputText(compact(value.text))
    : value;
}

/** Whether it is something that can be assigned. */
export function isPlace(expr: Expr): boolean {
  return expr.kind === "var" || expr.kind === "index" || expr.kind === "field";
}
