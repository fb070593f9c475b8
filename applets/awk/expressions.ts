/**
 * Expressions to closures, the whole of it: a part for programs that may have to wait inside of an
 * expression (see `parts.ts`).
 *
 * What may have to wait (see `resolve.ts`) is compiled by `later`, whose closures may give promises;
 * everything else is plain calls.
 *
 * @module
 */
import { errnoNumber, isVfsError } from "../../sandbox/errors.ts";
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import type { Regex } from "../_lib/regex/regex.ts";
import { Cell, compact } from "./array.ts";
import { type Expr, ungroup } from "./ast.ts";
import { Calls, LOCAL_OUTCOMES } from "./calls.ts";
import { MSG } from "./errors.ts";
import { BUILTINS } from "./lex.ts";
import { inOrder, mapped, then, type Thunk } from "./maybe.ts";
import { holds } from "./operators.ts";
import { kept, type Ref, RETURN } from "./places.ts";
import type { RecordReader } from "./reader.ts";
import { Control, MAX_CALLS } from "./runtime.ts";
import { InputText, toBool, toNumber, type Value } from "./value.ts";

/** Calls inside calls between two rests of the JavaScript stack. */
const REST = 48;

/** Compiles expressions of one program. */
export class Expressions extends Calls {
  /** Compiles to a value that may have to be waited for. */
  override later(expr: Expr): Thunk<MaybePromise<Value>> {
    if (!this.waits(expr)) return this.value(expr);
    const { rt } = this;
    switch (expr.kind) {
      case "group":
        return this.later(expr.inner);
      case "comma":
        return inOrder<Ref | ByteString, Value>(
          expr.parts.map((part) => {
            const inner = ungroup(part);
            return this.isRead(inner) ? this.refLater(inner) : this.laterText(inner);
          }),
          (sides) => sides.map((side) => this.textOf(side)).join(rt.subsep),
        );
      case "concat":
        return this.concatLater(expr);
      case "index":
      case "field": {
        const ref = this.refLater(expr);
        return () => then(ref(), (place) => place.get());
      }
      case "assign": {
        this.keepFields(expr.target, expr.value);
        const ref = this.refLater(expr.target);
        const value = this.later(expr.value);
        const { op } = expr;
        return () =>
          then(ref(), (place) => {
            const left = op === undefined ? 0 : toNumber(place.get());
            return then(value(), (right) => {
              const next = op === undefined
                ? right ?? ""
                : this.compute(expr.value, op, left, toNumber(right));
              place.set(next);
              return next;
            });
          });
      }
      case "step": {
        const ref = this.refLater(expr.target);
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
        const test = this.truthLater(expr.test);
        if (no === undefined) return mapped(test, () => this.fail(expr, MSG.syntax));
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
        const into = this.arrayOf(array);
        return () => then(key(), (name) => into().has(rt.text(name)) ? 1 : 0);
      }
      case "match": {
        const right = ungroup(expr.right);
        const regex: Thunk<MaybePromise<Regex>> = right.kind === "regex"
          ? this.literal(right.source)
          : mapped(this.later(right), (source) => rt.looseRegex(rt.text(source)));
        return inOrder<unknown, Value>(
          [this.leftLater(expr), regex],
          ([side, pattern]) => {
            const text = rt.text(current(side as Ref | Value));
            return then(
              rt.searching(() => (pattern as Regex).test(text)),
              (found) => found !== expr.negated ? 1 : 0,
            );
          },
        );
      }
      case "compare":
        return inOrder<Ref | Value, Value>(
          [this.leftLater(expr), this.later(expr.right)],
          ([one, two]) => holds(expr.op, rt.compare(current(one), two as Value)) ? 1 : 0,
        );
      case "arith":
        return this.arithLater(expr);
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
        return this.callLater(expr);
      case "builtin":
        return this.builtinLater(expr);
      case "getline":
        return this.getline(expr);
    }
    return this.value(expr);
  }

  /** From the left, so that a division by zero comes before what stands behind it. */
  protected arithLater(expr: Expr & { kind: "arith" }): Thunk<MaybePromise<Value>> {
    const first = this.later(expr.first);
    const rest = expr.rest.map((each) => this.later(each));
    const { ops } = expr;
    const goOn = async (at: number, left: number, waiting: Promise<Value>): Promise<Value> => {
      let total = at < 0
        ? toNumber(await waiting)
        : this.compute(expr.rest[at], ops[at], left, toNumber(await waiting));
      for (let i = at + 1; i < rest.length; i++) {
        const right = rest[i]();
        const number = toNumber(right instanceof Promise ? await right : right);
        total = this.compute(expr.rest[i], ops[i], total, number);
      }
      return total;
    };
    return () => {
      const left = first();
      if (left instanceof Promise) return goOn(-1, 0, left);
      let total = toNumber(left);
      for (let i = 0; i < rest.length; i++) {
        const right = rest[i]();
        if (right instanceof Promise) return goOn(i, total, right);
        total = this.compute(expr.rest[i], ops[i], total, toNumber(right));
      }
      return total;
    };
  }

  /** The left side of a comparison: a place, where the right side may change it. */
  protected leftLater(
    expr: Expr & { kind: "compare" | "match" },
  ): Thunk<MaybePromise<Ref | Value>> {
    const left = ungroup(expr.left);
    return this.isRead(left) && this.hasEffects(expr.right)
      ? this.refLater(left)
      : this.later(left);
  }

  protected concatLater(expr: Expr & { kind: "concat" }): Thunk<MaybePromise<Value>> {
    const { rt } = this;
    const first = ungroup(expr.parts[0]);
    const pieces = expr.parts.map((part) => this.laterText(part));
    if (!this.isRead(first) || !this.hasEffects(expr.parts[1])) {
      return inOrder(pieces, (texts) => texts.join(""));
    }
    const head = inOrder<Ref | ByteString, ByteString>(
      [this.refLater(first), pieces[1]],
      ([place, second]) => rt.text((place as Ref).get()) + second,
    );
    return inOrder([head, ...pieces.slice(2)], (texts) => texts.join(""));
  }

  protected laterText(expr: Expr): Thunk<MaybePromise<ByteString>> {
    if (!this.waits(expr)) return this.string(expr);
    return mapped(this.later(expr), (value) => this.rt.text(value));
  }

  /** A condition that may have to be waited for. */
  override truthLater(expr: Expr): Thunk<MaybePromise<boolean>> {
    if (!this.waits(expr)) return this.truth(expr);
    return mapped(this.later(expr), toBool);
  }

  protected override refLater(expr: Expr): Thunk<MaybePromise<Ref>> {
    if (!this.waits(expr)) return this.ref(expr);
    const { rt } = this;
    if (expr.kind === "index" && expr.key !== undefined) {
      const array = this.arrayOf(expr);
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
      return mapped(
        this.later(expr.index),
        (index) => this.fieldRef(this.checkedIndex(expr, toNumber(index))),
      );
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

  protected callLater(expr: Expr & { kind: "call" }): Thunk<MaybePromise<Value>> {
    const { rt } = this;
    const { index } = expr;
    const args = expr.args.map((arg, at): Thunk<MaybePromise<Cell>> => {
      if (!this.waits(arg)) return this.argument(arg, expr, at);
      const value = this.later(arg);
      return () => then(value(), (result) => new Cell(result ?? ""));
    });
    if (index === undefined) return () => this.fail(expr, MSG.undefinedFunction);
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
      if (++rt.depth > MAX_CALLS) this.fail(expr, MSG.depth);
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

  protected builtinLater(expr: Expr & { kind: "builtin" }): Thunk<MaybePromise<Value>> {
    const { name, args } = expr;
    const [least, most] = BUILTINS.get(name)!;
    if (args.length < least) return () => this.fail(expr, MSG.fewArgs);
    if (args.length > most) return () => this.fail(expr, MSG.manyArgs);
    if (name === "sprintf") return this.sprintfLater(expr);
    if (!args.some((arg) => this.waits(arg))) return this.planned(expr);
    const { pieces, finish } = this.plan(expr);
    return inOrder(pieces, finish);
  }

  /** What the format does not ask for is not evaluated. */
  protected sprintfLater(expr: Expr & { kind: "builtin" }): Thunk<MaybePromise<Value>> {
    const args = expr.args.map((arg) => this.later(arg));
    return async () => {
      const given: Value[] = [];
      let count = args.length;
      for (let i = 0; i < count; i++) {
        const value = args[i]();
        given.push(value instanceof Promise ? await value : value);
        if (i === 0) count = Math.min(count, 1 + this.conversions(given[0]));
      }
      return this.sprintf(expr.line, given[0], (index) => given[index + 1]);
    };
  }

  protected getline(expr: Expr & { kind: "getline" }): Thunk<MaybePromise<Value>> {
    const { rt } = this;
    const { target, from } = expr;
    let ref: Thunk<MaybePromise<Ref>> | undefined;
    if (target !== undefined) ref = this.refLater(target);
    const take = (reader: RecordReader, place: Ref | undefined): void => {
      if (place === undefined) rt.record.take(reader.text, reader.start, reader.end);
      else place.set(new InputText(compact(reader.text.slice(reader.start, reader.end))));
    };
    if (from === "main") {
      const read = (place: Ref | undefined): MaybePromise<Value> => {
        if (rt.ended) return -1;
        return then(rt.nextInput(false), (more) => {
          if (more) take(rt.input, place);
          return more ? 1 : 0;
        });
      };
      if (ref === undefined) return () => read(undefined);
      const into = ref;
      return () => then(into(), read);
    }
    const source = this.laterText(expr.source!);
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

/** The value of a place, or the value itself. */
function current(side: Ref | Value): Value {
  return typeof side === "object" && "get" in side ? side.get() : side;
}
