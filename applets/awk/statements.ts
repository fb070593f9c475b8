/**
 * Statements to closures.
 *
 * A statement gives an outcome: a number when it is done, a promise of one when something had to be
 * waited for. A loop that meets a promise goes on in an asynchronous copy of itself, so that only
 * what really waits pays for it.
 *
 * @module
 */
import type { Steps } from "../_lib/steps.ts";
import type { Stmt } from "./ast.ts";
import { ungroup } from "./ast.ts";
import { errorAt, MSG } from "./errors.ts";
import type { Calls } from "./calls.ts";
import { RETURN } from "./places.ts";
import type { OutputBuffer } from "./output.ts";
import type { Runtime } from "./runtime.ts";
import type { Stream } from "./streams.ts";
import { toInt32, toNumber, type Value } from "./value.ts";

/** What a statement came to. */
export type Outcome = number;
/** On to the next statement. */
export const NORMAL = 0;
/** Out of the loop. */
export const BREAK = 1;
/** To the next turn of the loop. */
export const CONTINUE = 2;
/** To the next record. */
export const NEXT = 3;
/** To the next file. */
export const NEXTFILE = 4;
/** To the END rules, or out of them. */
export const EXIT = 5;

/** A compiled statement. */
export type Exec = () => Outcome | Promise<Outcome>;

const toNormal = (): Outcome => NORMAL;

/** Compiles the statements of one program. */
export class Statements {
  /** Whether what is compiled now may wait; the body of a function that never waits may not. */
  mayWait = true;

  constructor(private readonly rt: Runtime, private readonly expressions: Calls) {}

  /** Compiles a statement. */
  *compile(stmt: Stmt): Steps<Exec> {
    const { rt, expressions } = this;
    switch (stmt.kind) {
      case "block":
        return yield* this.#block(stmt.body);
      case "expr": {
        if (expressions.waits(stmt.expr)) {
          const value = expressions.later(stmt.expr);
          return () => {
            const result = value();
            return result instanceof Promise ? result.then(toNormal) : NORMAL;
          };
        }
        const effect = expressions.effect(stmt.expr);
        return () => {
          effect();
          return NORMAL;
        };
      }
      case "print":
      case "printf":
        return this.#print(stmt);
      case "if":
        return yield* this.#if(stmt);
      case "while":
        return yield* this.#loop(undefined, stmt.test, undefined, stmt.body, false);
      case "do":
        return yield* this.#loop(undefined, stmt.test, undefined, stmt.body, true);
      case "for":
        return yield* this.#loop(stmt.init, stmt.test, stmt.step, stmt.body, false);
      case "forin":
        return yield* this.#forIn(stmt);
      case "delete":
        return this.#delete(stmt);
      case "exit":
      case "return": {
        const outcome = stmt.kind === "exit" ? EXIT : RETURN;
        if (stmt.value === undefined) return () => outcome;
        const keep = stmt.kind === "exit"
          ? (value: Value) => {
            rt.exitCode = toInt32(toNumber(value)) & 255;
            return outcome;
          }
          : (value: Value) => {
            rt.result = value ?? "";
            return outcome;
          };
        const value = expressions.later(stmt.value);
        return () => {
          const result = value();
          return result instanceof Promise ? result.then(keep) : keep(result);
        };
      }
      case "next":
        return () => NEXT;
      case "nextfile":
        return () => NEXTFILE;
      case "break":
        return () => BREAK;
      case "continue":
        return () => CONTINUE;
    }
  }

  /** Compiles several. */
  *compileAll(body: readonly Stmt[]): Steps<Exec[]> {
    const steps: Exec[] = [];
    for (const each of body) {
      const waiting = this.rt.process.tick(2);
      if (waiting !== undefined) yield waiting;
      steps.push(yield* this.compile(each));
    }
    return steps;
  }

  *#block(body: readonly Stmt[]): Steps<Exec> {
    const { rt, mayWait } = this;
    const steps = yield* this.compileAll(body);
    if (steps.length === 0) return toNormal;
    if (steps.length === 1) return steps[0];
    return () => {
      for (let i = 0; i < steps.length; i++) {
        const outcome = steps[i]();
        if (outcome !== NORMAL) {
          return typeof outcome === "number" ? outcome : restOfBlock(rt, steps, i, outcome);
        }
        if (rt.pending !== undefined && mayWait) {
          return restOfBlock(rt, steps, i, rt.turn()!.then(toNormal));
        }
      }
      return NORMAL;
    };
  }

  *#if(stmt: Stmt & { kind: "if" }): Steps<Exec> {
    const { expressions } = this;
    const yes = yield* this.compile(stmt.yes);
    const no = stmt.no === undefined ? toNormal : yield* this.compile(stmt.no);
    if (expressions.waits(stmt.test)) {
      const test = expressions.truthLater(stmt.test);
      return () => {
        const holds = test();
        if (holds instanceof Promise) return holds.then((truth) => truth ? yes() : no());
        return holds ? yes() : no();
      };
    }
    const test = expressions.truth(stmt.test);
    return () => test() ? yes() : no();
  }

  // -------------------------------------------------------------------------------------------
  // Loops

  *#loop(
    initExpr: (Stmt & { kind: "for" })["init"],
    testExpr: (Stmt & { kind: "for" })["test"],
    stepExpr: (Stmt & { kind: "for" })["step"],
    bodyStmt: Stmt,
    bodyFirst: boolean,
  ): Steps<Exec> {
    const { rt, expressions } = this;
    const body = yield* this.compile(bodyStmt);
    const parts = [initExpr, testExpr, stepExpr];
    if (parts.some((part) => part !== undefined && expressions.waits(part))) {
      return this.#waitingLoop(initExpr, testExpr, stepExpr, body, bodyFirst);
    }
    const init = initExpr === undefined ? undefined : expressions.effect(initExpr);
    const test = testExpr === undefined ? undefined : expressions.truth(testExpr);
    const step = stepExpr === undefined ? undefined : expressions.effect(stepExpr);
    const goOn = async (first: Promise<Outcome>): Promise<Outcome> => {
      let outcome = await first;
      for (;;) {
        if (outcome === BREAK) return NORMAL;
        if (outcome !== NORMAL && outcome !== CONTINUE) return outcome;
        if (step !== undefined) step();
        const wait = rt.turn();
        if (wait !== undefined) await wait;
        if (test !== undefined && !test()) return NORMAL;
        const next = body();
        outcome = typeof next === "number" ? next : await next;
      }
    };
    return () => {
      if (init !== undefined) init();
      if (!bodyFirst && test !== undefined && !test()) return NORMAL;
      for (;;) {
        const outcome = body();
        if (outcome !== NORMAL) {
          if (typeof outcome !== "number") return goOn(outcome);
          if (outcome === BREAK) return NORMAL;
          if (outcome !== CONTINUE) return outcome;
        }
        // The step of a `for` belongs to the turn: what waits after it must not repeat it.
        const wait = rt.turn();
        if (wait !== undefined) return goOn(wait.then(toNormal));
        if (step !== undefined) step();
        if (test !== undefined && !test()) return NORMAL;
      }
    };
  }

  #waitingLoop(
    initExpr: (Stmt & { kind: "for" })["init"],
    testExpr: (Stmt & { kind: "for" })["test"],
    stepExpr: (Stmt & { kind: "for" })["step"],
    body: Exec,
    bodyFirst: boolean,
  ): Exec {
    const { rt, expressions } = this;
    const init = initExpr === undefined ? undefined : expressions.later(initExpr);
    const test = testExpr === undefined ? undefined : expressions.truthLater(testExpr);
    const step = stepExpr === undefined ? undefined : expressions.later(stepExpr);
    return async () => {
      if (init !== undefined) {
        const started = init();
        if (started instanceof Promise) await started;
      }
      for (let first = true;; first = false) {
        if (test !== undefined && !(first && bodyFirst)) {
          let holds = test();
          if (holds instanceof Promise) holds = await holds;
          if (!holds) return NORMAL;
        }
        let outcome = body();
        if (typeof outcome !== "number") outcome = await outcome;
        if (outcome === BREAK) return NORMAL;
        if (outcome !== NORMAL && outcome !== CONTINUE) return outcome;
        if (step !== undefined) {
          const stepped = step();
          if (stepped instanceof Promise) await stepped;
        }
        const wait = rt.turn();
        if (wait !== undefined) await wait;
      }
    };
  }

  *#forIn(stmt: Stmt & { kind: "forin" }): Steps<Exec> {
    const { rt, expressions } = this;
    const array = expressions.array(stmt.array);
    const store = expressions.store(stmt.target);
    const body = yield* this.compile(stmt.body);
    const goOn = async (
      keys: readonly string[],
      index: number,
      first: Promise<Outcome>,
    ): Promise<Outcome> => {
      let outcome = await first;
      for (let i = index + 1;; i++) {
        if (outcome === BREAK) return NORMAL;
        if (outcome !== NORMAL && outcome !== CONTINUE) return outcome;
        if (i >= keys.length) return NORMAL;
        const wait = rt.turn();
        if (wait !== undefined) await wait;
        store(keys[i]);
        const next = body();
        outcome = typeof next === "number" ? next : await next;
      }
    };
    return () => {
      // The keys are those of the beginning, even if some are deleted meanwhile (BusyBox).
      const keys = array().keys();
      rt.work(keys.length >> 2);
      for (let i = 0; i < keys.length; i++) {
        store(keys[i]);
        const outcome = body();
        if (outcome !== NORMAL) {
          if (typeof outcome !== "number") return goOn(keys, i, outcome);
          if (outcome === BREAK) return NORMAL;
          if (outcome !== CONTINUE) return outcome;
        }
        const wait = rt.turn();
        if (wait !== undefined) return goOn(keys, i, wait.then(toNormal));
      }
      return NORMAL;
    };
  }

  // -------------------------------------------------------------------------------------------
  // Output

  #print(stmt: Stmt & { kind: "print" | "printf" }): Exec {
    const { expressions } = this;
    const { args, redirect, kind } = stmt;
    const { mayWait } = this;
    const waits = args.some((arg) => expressions.waits(arg)) ||
      (redirect !== undefined && expressions.waits(redirect.target));
    if (waits) return this.#waitingPrint(stmt);
    const write = kind === "print" ? this.#printArgs(stmt) : this.#printfArgs(stmt);
    if (redirect === undefined) {
      const out = this.rt.streams.stdout;
      return () => {
        write(out);
        return this.#written(out, undefined, mayWait);
      };
    }
    const name = expressions.string(redirect.target);
    return () => {
      const stream = this.rt.streams.writer(redirect.kind, name());
      const out = stream.output;
      // A stream that was opened for reading takes no output.
      if (out === undefined) return NORMAL;
      write(out);
      return this.#written(out, stream, mayWait);
    };
  }

  /** Output inside functions that never wait is waited for at the next turn of a loop outside. */
  #written(
    out: OutputBuffer,
    stream: Stream | undefined,
    mayWait: boolean,
  ): Outcome | Promise<Outcome> {
    if (stream !== undefined && stream.unbuffered) void out.flush();
    else out.done();
    if (out.waiting === undefined) return NORMAL;
    if (mayWait) return out.waiting.then(toNormal);
    this.rt.pending = out.waiting;
    return NORMAL;
  }

  #printArgs(stmt: Stmt & { kind: "print" | "printf" }): (out: OutputBuffer) => void {
    const { rt, expressions } = this;
    const { args } = stmt;
    if (args.length === 0) {
      return (out) => {
        rt.record.emit(0, out);
        out.text(rt.ors);
      };
    }
    const emits = args.map((arg) => expressions.emit(arg));
    if (emits.length === 1) {
      const [emit] = emits;
      return (out) => {
        emit(out);
        out.text(rt.ors);
      };
    }
    return (out) => {
      emits[0](out);
      for (let i = 1; i < emits.length; i++) {
        out.text(rt.ofs);
        emits[i](out);
      }
      out.text(rt.ors);
    };
  }

  #printfArgs(stmt: Stmt & { kind: "print" | "printf" }): (out: OutputBuffer) => void {
    const { expressions } = this;
    const { args, line } = stmt;
    const values = args.map((arg) => expressions.value(arg));
    const [first, ...rest] = values;
    if (first === undefined) return () => {};
    // What the format does not ask for is not evaluated.
    const arg = (index: number): Value => index < rest.length ? rest[index]() : undefined;
    return (out) => out.text(expressions.formatted(line, first(), arg));
  }

  #waitingPrint(stmt: Stmt & { kind: "print" | "printf" }): Exec {
    const { rt, expressions } = this;
    const { args, redirect, kind, line } = stmt;
    const values = args.map((arg) => expressions.later(arg));
    const target = redirect === undefined ? undefined : expressions.later(redirect.target);
    return async () => {
      let stream: Stream | undefined;
      let out: OutputBuffer | undefined = rt.streams.stdout;
      if (target !== undefined) {
        const name = target();
        const path = rt.text(name instanceof Promise ? await name : name);
        stream = rt.streams.writer(redirect!.kind, path);
        out = stream.output;
        if (out === undefined) return NORMAL;
      }
      const given: Value[] = [];
      let count = values.length;
      for (let i = 0; i < count; i++) {
        let value = values[i]();
        if (value instanceof Promise) value = await value;
        if (kind === "printf") {
          given.push(value);
          if (i === 0) count = Math.min(count, 1 + expressions.conversions(value));
          continue;
        }
        out.text(rt.shown(value));
        if (i + 1 < count) out.text(rt.ofs);
      }
      if (kind === "print") {
        if (count === 0) rt.record.emit(0, out);
        out.text(rt.ors);
      } else if (given.length > 0) {
        out.text(expressions.formatted(line, given[0], (index) => given[index + 1]));
      }
      if (stream?.unbuffered) void out.flush();
      else out.done();
      if (out.waiting !== undefined) await out.waiting;
      return NORMAL;
    };
  }

  // -------------------------------------------------------------------------------------------

  #delete(stmt: Stmt & { kind: "delete" }): Exec {
    const { rt, expressions } = this;
    const target = ungroup(stmt.target);
    if (target.kind === "var") {
      const array = expressions.array(target);
      return () => {
        array().clear();
        return NORMAL;
      };
    }
    if (target.kind !== "index") {
      return () => {
        throw errorAt(rt.source, stmt.line, MSG.notArray);
      };
    }
    const array = expressions.array({ ...target, kind: "var" });
    if (target.key === undefined) {
      return () => {
        array().delete("");
        return NORMAL;
      };
    }
    if (expressions.waits(target.key)) {
      const key = expressions.later(target.key);
      return async () => {
        const name = key();
        array().delete(rt.text(name instanceof Promise ? await name : name));
        return NORMAL;
      };
    }
    const key = expressions.string(target.key);
    return () => {
      const name = key();
      array().delete(name);
      return NORMAL;
    };
  }
}

async function restOfBlock(
  rt: Runtime,
  steps: readonly Exec[],
  index: number,
  waiting: Promise<Outcome>,
): Promise<Outcome> {
  let outcome = await waiting;
  for (let i = index + 1; outcome === NORMAL && i < steps.length; i++) {
    const next = steps[i]();
    outcome = typeof next === "number" ? next : await next;
    if (rt.pending !== undefined) await rt.turn();
  }
  return outcome;
}
