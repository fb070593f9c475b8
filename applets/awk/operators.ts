/**
 * Operators to closures that never wait.
 *
 * An expression can be compiled to give a number, a text, a truth, or a value; asking for the form
 * that is needed avoids most conversions.
 *
 * Native evaluates both sides of a concatenation or comparison before it looks at the left value, so
 * that `x x++` sees the new `x`: where the right side has effects, variables on the left are read late.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Regex } from "../_lib/regex/regex.ts";
import { type ArithOp, type CompareOp, type Expr, ungroup } from "./ast.ts";
import { power, remainder } from "./builtins.ts";
import { MSG } from "./errors.ts";
import type { Thunk } from "./maybe.ts";
import type { OutputBuffer } from "./output.ts";
import { kept, Places, type Ref } from "./places.ts";
import { toBool, toNumber, type Value } from "./value.ts";

/** Compiles operators. */
export abstract class Operators extends Places {
  protected abstract call(expr: Expr & { kind: "call" }): Thunk<Value>;
  protected abstract builtin(expr: Expr & { kind: "builtin" }): Thunk<Value>;

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
        if (this.isNf(expr)) return () => rt.record.fieldCount();
        const { local, slot } = this.slot(expr);
        if (local) return () => rt.frame[slot].value;
        const cell = rt.globals[slot];
        return () => cell.value;
      }
      case "index": {
        const cell = this.cell(expr)!;
        return () => cell().value;
      }
      case "field": {
        const index = this.fieldIndex(expr);
        return () => rt.record.get(index());
      }
      case "assign":
        return expr.op === undefined ? this.assign(expr) : this.number(expr);
      case "cond": {
        const { yes, no } = expr;
        const test = this.truth(expr.test);
        if (no === undefined) {
          return () => {
            test();
            this.fail(expr, MSG.syntax);
          };
        }
        const whenYes = this.value(yes);
        const whenNo = this.value(no);
        return () => test() ? whenYes() : whenNo();
      }
      case "stray":
        return () => this.fail(expr, MSG.syntax);
      case "call":
        return this.call(expr);
      case "concat":
      case "comma":
        return this.string(expr);
      case "builtin":
        if (!this.isNumber(expr)) return this.string(expr);
    }
    return this.number(expr);
  }

  protected assign(expr: Expr & { kind: "assign" }): Thunk<Value> {
    const { target } = expr;
    const value = this.value(expr.value);
    const cell = this.cell(target);
    // What is assigned to itself stays what it is, so that what was never assigned is still zero.
    const itself = samePlace(target, ungroup(expr.value));
    if (cell === undefined) {
      this.keepFields(target, expr.value);
      const ref = this.ref(target, expr.value);
      return () => {
        const place = ref();
        const next = itself ? value() : value() ?? "";
        place.set(next);
        return next;
      };
    }
    if (itself) return () => cell().value;
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
        if (this.isNf(expr)) return () => toNumber(rt.record.fieldCount());
        const { local, slot } = this.slot(expr);
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
        const index = this.fieldIndex(expr);
        return () => rt.record.number(index());
      }
      case "arith":
        return this.arith(expr);
      case "unary": {
        if (expr.op === "!") {
          const truth = this.truth(expr.operand);
          return () => truth() ? 0 : 1;
        }
        const operand = this.number(expr.operand);
        return expr.op === "-" ? () => -operand() : () => operand() + 0;
      }
      case "step":
        return this.step(expr);
      case "assign":
        if (expr.op !== undefined) return this.assignOp(expr, expr.op);
        if (this.isNumber(expr.value)) return this.assignNumber(expr);
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
        if (this.isNumber(expr)) return this.builtin(expr) as Thunk<number>;
        break;
      case "getline":
        throw new Error("getline outside of what may wait");
    }
    if (this.isString(expr)) {
      const text = this.string(expr);
      return () => toNumber(text());
    }
    const value = this.value(expr);
    return () => {
      const result = value();
      return typeof result === "number" ? result : toNumber(result);
    };
  }

  protected assignNumber(expr: Expr & { kind: "assign" }): Thunk<number> {
    const cell = this.cell(expr.target);
    const value = this.number(expr.value);
    if (cell === undefined) {
      this.keepFields(expr.target, expr.value);
      const ref = this.ref(expr.target, expr.value);
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

  protected arith(expr: Expr & { kind: "arith" }): Thunk<number> {
    let left = this.number(expr.first);
    if (expr.ops.length <= 8) {
      for (let i = 0; i < expr.ops.length; i++) {
        left = this.operate(expr.ops[i], left, this.number(expr.rest[i]), expr.rest[i]);
      }
      return left;
    }
    // A long run is one loop, whatever its length: nested closures would exhaust the stack.
    const first = left;
    const rest = expr.rest.map((each) => this.number(each));
    const { ops } = expr;
    return () => {
      let total = first();
      for (let i = 0; i < rest.length; i++) {
        total = this.compute(expr.rest[i], ops[i], total, rest[i]());
      }
      return total;
    };
  }

  protected operate(
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
          if (under === 0) this.failBehind(rightExpr, MSG.divide);
          return over / under;
        };
      case "%":
        return () => {
          const over = left();
          const under = right();
          if (under === 0) this.failBehind(rightExpr, MSG.divide);
          return remainder(over, under);
        };
      case "^":
        return () => power(left(), right());
    }
  }

  /** @param rightExpr What gave `right`, for messages. */
  protected compute(rightExpr: Expr, op: ArithOp, left: number, right: number): number {
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
    if (right === 0) this.failBehind(rightExpr, MSG.divide);
    return op === "/" ? left / right : remainder(left, right);
  }

  protected step(expr: Expr & { kind: "step" }): Thunk<number> {
    const { by, prefix, target } = expr;
    const cell = this.cell(target);
    if (cell === undefined) {
      const ref = this.ref(target);
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

  protected assignOp(expr: Expr & { kind: "assign" }, op: ArithOp): Thunk<number> {
    const cell = this.cell(expr.target);
    const right = this.number(expr.value);
    if (cell === undefined) {
      this.keepFields(expr.target, expr.value);
      const ref = this.ref(expr.target, expr.value);
      return () => {
        const place = ref();
        const left = toNumber(place.get());
        const next = this.compute(expr.value, op, left, right());
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
      return place.value = this.compute(expr.value, op, left, right());
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
        const regex = this.literal(expr.source);
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
        return this.match(expr);
      case "compare":
        return this.compare(expr);
    }
    if (this.isNumber(expr)) {
      const number = this.number(expr);
      return () => number() !== 0;
    }
    if (this.isString(expr)) {
      const text = this.string(expr);
      return () => text().length > 0;
    }
    const value = this.value(expr);
    return () => toBool(value());
  }

  protected match(expr: Expr & { kind: "match" }): Thunk<boolean> {
    const { rt } = this;
    const { negated, left } = expr;
    const regex = this.regex(expr.right, true);
    const inner = ungroup(left);
    if (inner.kind === "field" && inner.index.kind === "number" && inner.index.value === 0) {
      if (!this.hasEffects(expr.right)) return () => rt.record.matches(regex()) !== negated;
    }
    const text = this.string(left);
    return () => {
      const subject = text();
      return regex().test(subject) !== negated;
    };
  }

  protected compare(expr: Expr & { kind: "compare" }): Thunk<boolean> {
    const { rt } = this;
    const { op } = expr;
    const left = ungroup(expr.left);
    const right = ungroup(expr.right);
    if (this.isNumber(left) && this.isNumber(right)) {
      return compareNumbers(op, this.number(left), this.number(right));
    }
    if (right.kind === "number") {
      const limit = right.value;
      if (left.kind === "field") return this.compareField(left, op, limit);
      if (left.kind === "var") {
        const value = this.value(left);
        return () => {
          const side = value();
          if (typeof side === "number") return holds(op, side - limit);
          return holds(op, rt.compare(side, limit));
        };
      }
    }
    if (this.isString(left) || this.isString(right)) {
      const late = this.lateText(left, right);
      if (late !== undefined) return () => holds(op, late());
    }
    if (this.hasEffects(right) && this.isRead(left)) {
      const ref = this.ref(left);
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
  protected lateText(left: Expr, right: Expr): Thunk<number> | undefined {
    if (this.hasEffects(right)) return undefined;
    const { rt } = this;
    const one = this.string(left);
    const two = this.string(right);
    return () => {
      const side = one();
      return rt.compareText(side, two());
    };
  }

  protected compareField(
    field: Expr & { kind: "field" },
    op: CompareOp,
    limit: number,
  ): Thunk<boolean> {
    const { rt } = this;
    const index = this.fieldIndex(field);
    return () => {
      const at = index();
      const difference = rt.record.compareNumber(at, limit);
      if (difference !== undefined) return holds(op, difference);
      return holds(op, rt.compareText(rt.record.string(at), rt.numberText(limit)));
    };
  }

  /** A literal regular expression. It is compiled at once, as native does, so that it may fail. */
  protected literal(source: ByteString): Thunk<Regex> {
    const { rt } = this;
    const exact = rt.regex(source);
    let folded: Regex | undefined;
    return () => rt.ignoreCase ? folded ??= rt.regex(source) : exact;
  }

  /** The regular expression an operand gives. */
  protected regex(expr: Expr, loose: boolean): Thunk<Regex> {
    const { rt } = this;
    const inner = ungroup(expr);
    if (inner.kind === "regex") return this.literal(inner.source);
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
        const index = this.fieldIndex(expr);
        return () => rt.record.string(index());
      }
      case "concat":
        return this.concat(expr);
      case "comma": {
        if (expr.parts.some((part) => this.hasEffects(part))) return this.commaLate(expr);
        const parts = expr.parts.map((part) => this.string(part));
        return () => {
          let text = parts[0]();
          for (let i = 1; i < parts.length; i++) text += rt.subsep + parts[i]();
          return text;
        };
      }
      case "builtin":
        if (this.isString(expr)) return this.builtin(expr) as Thunk<ByteString>;
        break;
    }
    if (this.isNumber(expr)) {
      const number = this.number(expr);
      return () => rt.numberText(number());
    }
    const value = this.value(expr);
    return () => {
      const result = value();
      return typeof result === "string" ? result : rt.text(result);
    };
  }

  /** A list as a key, where working out a part may change others: they are read at the end. */
  protected commaLate(expr: Expr & { kind: "comma" }): Thunk<ByteString> {
    const { rt } = this;
    const parts = expr.parts.map((part) => this.placeOrText(part));
    return () => {
      const sides = parts.map((part) => part());
      return sides.map((side) => this.textOf(side)).join(rt.subsep);
    };
  }

  /** A place, which is to be read late, or a text. */
  protected placeOrText(expr: Expr): Thunk<Ref | ByteString> {
    const inner = ungroup(expr);
    return this.isRead(inner) ? this.ref(inner) : this.string(inner);
  }

  protected textOf(side: Ref | ByteString): ByteString {
    return typeof side === "string" ? side : this.rt.text(side.get());
  }

  protected concat(expr: Expr & { kind: "concat" }): Thunk<ByteString> {
    const { rt } = this;
    const { parts } = expr;
    const first = ungroup(parts[0]);
    let head: Thunk<ByteString>;
    const second = this.string(parts[1]);
    if (this.hasEffects(parts[1]) && this.isRead(first)) {
      const ref = this.ref(first);
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
        const index = this.fieldIndex(inner);
        return (out) => rt.record.emit(index(), out);
      }
      case "concat":
        // Where nothing can change or fail meanwhile, the parts can be written one by one.
        if (inner.parts.every(isSimple)) {
          const parts = inner.parts.map((part) => this.emitPart(part));
          return (out) => {
            for (let i = 0; i < parts.length; i++) parts[i](out);
          };
        }
    }
    if (this.isString(inner)) {
      const text = this.string(inner);
      return (out) => out.text(text());
    }
    const value = this.value(inner);
    return (out) => out.text(rt.shown(value()));
  }

  /** A part of a concatenation, where numbers go by CONVFMT. */
  protected emitPart(expr: Expr): (out: OutputBuffer) => void {
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
}

/** Whether two expressions name one variable, field or element, as far as that is plain to see. */
function samePlace(one: Expr, two: Expr): boolean {
  if (one.kind === "number") return two.kind === "number" && one.value === two.value;
  if (one.kind === "string") return two.kind === "string" && one.value === two.value;
  if (one.kind === "var") return two.kind === "var" && one.name === two.name;
  if (one.kind === "field") {
    return two.kind === "field" && samePlace(ungroup(one.index), ungroup(two.index));
  }
  return one.kind === "index" && two.kind === "index" && one.name === two.name &&
    one.key !== undefined && two.key !== undefined &&
    samePlace(ungroup(one.key), ungroup(two.key));
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

/**
 * Whether a comparison holds, given the difference of its sides. Native has three tests and their
 * opposites, so that `<` and `<=` hold for what is unordered.
 */
export function holds(op: CompareOp, difference: number): boolean {
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
