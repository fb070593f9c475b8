/**
 * Calls of user functions and of built-in ones.
 *
 * @module
 */
import type { ByteString, MaybePromise } from "../../sandbox/types.ts";
import type { Regex } from "../_lib/regex/regex.ts";
import { Cell } from "./array.ts";
import { type Expr, ungroup } from "./ast.ts";
import { bitOperation, complement, substring, wholePart } from "./builtins.ts";
import { errorAt, MSG } from "./errors.ts";
import { BUILTINS } from "./lex.ts";
import { then, type Thunk } from "./maybe.ts";
import { Operators } from "./operators.ts";
import { DATES, FORMATS, PATTERNS } from "./parts.ts";
import { type Ref, RETURN } from "./places.ts";
import type { Splitter } from "./record.ts";
import { Control, lowerCase, upperCase } from "./runtime.ts";
import { toInt32, toNumber, type Value } from "./value.ts";

/** Up to this length, making a text costs no more than a step. */
const SHORT = 256;

/** Outcomes above this leave the function and its caller. */
export const LOCAL_OUTCOMES = 2;

/** Compiles expressions of programs in which none may have to wait; `Expressions` knows of waiting. */
export class Calls extends Operators {
  /** Compiles to a value that may have to be waited for. */
  later(expr: Expr): Thunk<MaybePromise<Value>> {
    return this.value(expr);
  }

  /** A condition that may have to be waited for. */
  truthLater(expr: Expr): Thunk<MaybePromise<boolean>> {
    return this.truth(expr);
  }

  protected refLater(expr: Expr): Thunk<MaybePromise<Ref>> {
    return this.ref(expr);
  }

  // -------------------------------------------------------------------------------------------
  // Calls

  /** An argument as a cell of its own: a name brings its array along. */
  protected argument(expr: Expr, call: Expr & { kind: "call" }, at: number): Thunk<Cell> {
    const inner = ungroup(expr);
    if (call.index !== undefined && at >= this.functions[call.index].params) {
      return this.surplus(inner);
    }
    if (inner.kind === "var" && !this.isNf(inner)) {
      const { rt } = this;
      const { local, slot } = this.slot(inner);
      if (local) return () => passed(rt.frame[slot]);
      const cell = rt.globals[slot];
      return () => passed(cell);
    }
    const value = this.value(expr);
    return () => new Cell(value() ?? "");
  }

  /** An argument that has no parameter. Native empties the variable that it names or assigns. */
  protected surplus(expr: Expr): Thunk<Cell> {
    if (expr.kind === "cond" && expr.no !== undefined) {
      const test = this.truth(expr.test);
      const yes = this.surplus(ungroup(expr.yes));
      const no = this.surplus(ungroup(expr.no));
      return () => test() ? yes() : no();
    }
    const effect = this.effect(expr);
    const place = expr.kind === "assign" ? expr.target : expr;
    const cell = place.kind === "var" && !this.isNf(place) ? this.globalOf(place) : undefined;
    if (expr.kind === "field") {
      const index = this.fieldIndex(expr);
      // Whether fields were asked for decides what that does.
      this.rt.record.ahead = false;
      return () => {
        this.rt.record.empty(index());
        return new Cell("");
      };
    }
    if (place.kind === "var" && cell === undefined) {
      return () => {
        effect();
        this.rt.record.emptyFieldCount();
        return new Cell("");
      };
    }
    if (place.kind === "field") {
      // `$0` keeps what was assigned. An index that does something must not do it twice.
      const { index } = place;
      const pure = index.kind === "number" || index.kind === "var";
      const at = pure ? this.fieldIndex(place) : undefined;
      return () => {
        effect();
        if (at !== undefined) {
          this.rt.record.whole();
          this.rt.record.empty(at());
        }
        return new Cell("");
      };
    }
    const store = place.kind === "index" ? this.store(place) : undefined;
    const watched = this.watched(place);
    return () => {
      effect();
      store?.("");
      if (cell !== undefined) {
        cell().value = "";
        // Fields are separated as before: native looks at FS only when it is assigned.
        if (watched !== undefined && watched !== "FS") this.rt.assigned(watched);
      }
      return new Cell("");
    };
  }

  protected call(expr: Expr & { kind: "call" }): Thunk<Value> {
    const { rt } = this;
    const { index } = expr;
    const args = expr.args.map((arg, at) => this.argument(arg, expr, at));
    if (index === undefined) return () => this.fail(expr, MSG.undefinedFunction);
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

  // -------------------------------------------------------------------------------------------
  // Built-in functions

  protected builtin(expr: Expr & { kind: "builtin" }): Thunk<Value> {
    const { rt } = this;
    const { name, args } = expr;
    const [least, most] = BUILTINS.get(name)!;
    if (args.length < least) return () => this.fail(expr, MSG.fewArgs);
    if (args.length > most) return () => this.fail(expr, MSG.manyArgs);
    switch (name) {
      case "length":
        return this.length(args[0]);
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
        return () => this.sprintf(expr.line, first(), arg);
      }
      case "index": {
        const text = this.string(args[0]);
        const part = this.string(args[1]);
        return () => {
          const whole = text();
          rt.reads(whole);
          return findText(whole, part(), rt.ignoreCase);
        };
      }
      case "tolower": {
        const text = this.string(args[0]);
        return () => lowerCase(rt.reads(text()));
      }
      case "toupper": {
        const text = this.string(args[0]);
        return () => upperCase(rt.reads(text()));
      }
      case "int": {
        const number = this.number(args[0]);
        return () => wholePart(number());
      }
      case "rand":
        return () => rt.random.next();
      case "systime":
        return () => Math.floor(rt.process.clock.nowMs() / 1000);
    }
    // The rest takes its arguments as values, or as what its plan says.
    return this.planned(expr) as Thunk<Value>;
  }

  /** A call by its plan, whose arguments need not be waited for. */
  protected planned(expr: Expr & { kind: "builtin" }): Thunk<MaybePromise<Value>> {
    const { name, args } = expr;
    if (name === "split") {
      const text = this.string(args[0]);
      const array = this.array(args[1]);
      const splitter = this.splitter(args[2]);
      const turn = this.#turn;
      const { splitInto } = PATTERNS.loaded!;
      return () => {
        const whole = text();
        const into = array();
        return splitInto(into, whole, splitter(), turn, this.rt);
      };
    }
    const { pieces, finish } = this.plan(expr);
    const thunks = pieces as readonly Thunk<unknown>[];
    return () => {
      const values = new Array<unknown>(thunks.length);
      for (let i = 0; i < thunks.length; i++) values[i] = thunks[i]();
      return finish(values);
    };
  }

  /** Counts work, and gives what to wait for. */
  readonly #turn = (steps: number): Promise<void> | undefined => {
    this.rt.work(steps);
    return this.rt.turn();
  };

  protected length(arg: Expr | undefined): Thunk<number> {
    const { rt } = this;
    if (arg === undefined) return () => rt.record.length(0);
    const inner = ungroup(arg);
    if (inner.kind === "field") {
      const index = this.fieldIndex(inner);
      return () => rt.record.length(index());
    }
    if (inner.kind === "var" && !this.isNf(inner)) {
      const { local, slot } = this.slot(inner);
      return () => {
        const cell = local ? rt.frame[slot] : rt.globals[slot];
        const array = cell.array ?? cell.origin?.array;
        return array === undefined ? rt.text(cell.value).length : array.length;
      };
    }
    const text = this.string(arg);
    return () => text().length;
  }

  protected splitter(arg: Expr | undefined): Thunk<Splitter> {
    const { rt } = this;
    if (arg === undefined) {
      return () => rt.splitterOf(rt.text(rt.named("FS").value), false);
    }
    const inner = ungroup(arg);
    if (inner.kind === "regex") {
      const regex = this.literal(inner.source);
      return () => ({ kind: "regex", regex: regex() });
    }
    const text = this.string(arg);
    return () => rt.splitterOf(text(), false);
  }

  /** Arguments in order, and what to do with them; used by the plain and by the waiting form. */
  protected plan(expr: Expr & { kind: "builtin" }): {
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
      if (!this.waits(arg)) return this.regex(arg, true);
      const inner = this.later(arg);
      return () => then(inner(), (result) => rt.looseRegex(rt.text(result)));
    };
    const place = (arg: Expr | undefined): Thunk<MaybePromise<unknown>> => {
      const whole: Expr = { kind: "field", index: { kind: "number", value: 0, line: 0 }, line: 0 };
      const inner = arg === undefined ? whole : ungroup(arg);
      this.keepFields(inner, args[0]);
      return this.waits(inner) ? this.refLater(inner) : this.ref(inner);
    };
    const turn = this.#turn;
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
          finish: ([whole, part]) =>
            findText(rt.reads(whole as string), part as string, rt.ignoreCase),
        };
      case "tolower":
        return { pieces: [text(args[0])], finish: ([one]) => lowerCase(rt.reads(one as string)) };
      case "toupper":
        return { pieces: [text(args[0])], finish: ([one]) => upperCase(rt.reads(one as string)) };
      case "int":
        return { pieces: [number(args[0])], finish: ([one]) => wholePart(one as number) };
      case "split": {
        const into = this.array(args[1]);
        const splitter = args.length > 2 && this.waits(args[2])
          ? undefined
          : this.splitter(args[2]);
        const { splitInto } = PATTERNS.loaded!;
        return {
          pieces: [text(args[0]), splitter ?? text(args[2])],
          finish: ([whole, how]) =>
            splitInto(
              into(),
              whole as string,
              typeof how === "string" ? rt.splitterOf(how, false) : how as Splitter,
              turn,
              rt,
            ),
        };
      }
      case "sprintf":
        return { pieces: args.map(value), finish: () => "" };
      case "sub":
      case "gsub": {
        const which = name === "sub" ? 1 : 0;
        const { replacements, substitute } = PATTERNS.loaded!;
        const replacement = replacements(false);
        return {
          // Native works out a regular expression behind the other arguments.
          pieces: [text(args[1]), place(args[2]), regex(args[0])],
          finish: ([by, target, pattern]) => {
            const ref = target as Ref;
            const before = rt.text(ref.get());
            const made = replacement(by as string);
            return then(substitute(pattern as Regex, made, before, which, turn, rt), (done) => {
              // Native assigns even what did not change.
              ref.set(done.text);
              return done.count;
            });
          },
        };
      }
      case "gensub": {
        const { matchNumber, replacements, substitute } = PATTERNS.loaded!;
        const replacement = replacements(true);
        return {
          pieces: [text(args[1]), value(args[2]), place(args[3]), regex(args[0])],
          finish: ([by, how, target, pattern]) => {
            const which = matchNumber(rt.text(how as Value), how as Value);
            const before = rt.text((target as Ref).get());
            const made = replacement(by as string);
            return then(
              substitute(pattern as Regex, made, before, which, turn, rt),
              (done) => done.text,
            );
          },
        };
      }
      case "match":
        return {
          pieces: [text(args[0]), regex(args[1])],
          finish: ([whole, pattern]) => {
            const search = (): Int32Array | null => (pattern as Regex).exec(whole as string);
            return then(this.waits(expr) ? rt.searching(search) : search(), (found) => {
              const start = found === null ? 0 : found[0] + 1;
              rt.named("RSTART").value = start;
              rt.named("RLENGTH").value = found === null ? -1 : found[1] - found[0];
              return start;
            });
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
            return DATES.loaded!.formatTime(format as string | undefined, seconds, rt.zone);
          },
        };
      case "mktime":
        return {
          pieces: [text(args[0])],
          finish: ([one]) => DATES.loaded!.makeTime(one as string, rt.zone),
        };
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

  /** What `sprintf` gives; native's strings end at a NUL. */
  protected sprintf(line: number, format: Value, arg: (index: number) => Value): ByteString {
    const text = this.formatted(line, format, arg);
    const nul = text.indexOf("\0");
    return nul < 0 ? text : text.slice(0, nul);
  }

  /** Formats as `printf`. */
  formatted(line: number, format: Value, arg: (index: number) => Value): ByteString {
    const { rt } = this;
    const parsed = rt.format(rt.text(format));
    const { problem } = parsed;
    if (problem === undefined) {
      const text = FORMATS.loaded!.formatValues(parsed, arg, (value) => rt.text(value));
      if (text.length > SHORT) rt.work(text.length >> 4);
      return text;
    }
    throw errorAt(rt.source, line, problem);
  }

  /** How many values a format takes. */
  conversions(format: Value): number {
    return FORMATS.loaded!.countConversions(this.rt.format(this.rt.text(format)));
  }
}

/** A parameter's cell for a variable that is passed on. */
function passed(cell: Cell): Cell {
  const own = new Cell(cell.value ?? "");
  if (cell.array !== undefined) own.array = cell.array;
  else if (cell.value === undefined || cell.origin !== undefined) own.origin = cell;
  return own;
}

/** `index`: from 1, or 0; the empty text is nowhere (BusyBox). */
function findText(text: ByteString, part: ByteString, ignoreCase: boolean): number {
  if (part === "") return 0;
  return (ignoreCase ? lowerCase(text).indexOf(lowerCase(part)) : text.indexOf(part)) + 1;
}

const MATHEMATICS: ReadonlyMap<string, (one: number, two: number) => number> = new Map([
  ["atan2", Math.atan2],
  ["cos", Math.cos],
  ["exp", Math.exp],
  ["log", Math.log],
  ["sin", Math.sin],
  ["sqrt", Math.sqrt],
]);
