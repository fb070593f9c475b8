/**
 * Runs an awk program: BEGIN rules, records, END rules.
 *
 * @module
 */
import type { MaybePromise } from "../../sandbox/types.ts";
import type { Steps } from "../_lib/steps.ts";
import type { Expr, Stmt } from "./ast.ts";
import { Calls } from "./calls.ts";
import { WAITING } from "./parts.ts";
import type { FunctionCode } from "./places.ts";
import { FIELDS_A_TURN } from "./record.ts";
import type { Resolved } from "./resolve.ts";
import { Control, type Runtime } from "./runtime.ts";
import { type Exec, EXIT, NEXT, NEXTFILE, NORMAL, type Outcome, Statements } from "./statements.ts";

/** A compiled program. */
export interface Compiled {
  readonly begin: readonly Exec[];
  readonly rules: readonly Exec[];
  readonly end: readonly Exec[];
}

/** Compiles a resolved program for a runtime. Bad regular expressions are found here. */
export function* compileProgram(resolved: Resolved, rt: Runtime): Steps<Compiled> {
  const { tree, functions, waits } = resolved;
  const codes: FunctionCode[] = functions.map(({ params }) => ({
    params: params.length,
    body: () => NORMAL,
  }));
  const expressions = new (WAITING.loaded?.Expressions ?? Calls)(rt, resolved, codes);
  const statements = new Statements(rt, expressions);
  for (let i = 0; i < functions.length; i++) {
    statements.mayWait = waits[i];
    codes[i].body = yield* statements.compile(functions[i].body);
  }
  statements.mayWait = true;
  const printRecord: Stmt = { kind: "print", args: [], redirect: undefined, line: 1 };
  const begin = yield* statements.compileAll(tree.begin);
  const end = yield* statements.compileAll(tree.end);
  const rules: Exec[] = [];
  for (const { pattern, last, action } of tree.rules) {
    const yes = action ?? printRecord;
    if (last === undefined) {
      const test = pattern?.kind === "regex" && resolved.hasReferences ? asMatch(pattern) : pattern;
      rules.push(
        yield* statements.compile(
          test === undefined ? yes : { kind: "if", test, yes, no: undefined, line: 1 },
        ),
      );
    } else {
      const body = yield* statements.compile(yes);
      rules.push(range(expressions.truthLater(pattern!), expressions.truthLater(last), body));
    }
    const waiting = rt.process.tick(2);
    if (waiting !== undefined) yield waiting;
  }
  return { begin, rules, end };
}

/** `$0 ~ /…/`, which may wait, for `/…/`. */
function asMatch(right: Expr): Expr {
  const { line } = right;
  const left: Expr = { kind: "field", index: { kind: "number", value: 0, line }, line };
  return { kind: "match", left, right, negated: false, line };
}

/** A rule for `first, last`. */
function range(
  first: () => MaybePromise<boolean>,
  last: () => MaybePromise<boolean>,
  body: Exec,
): Exec {
  let inside = false;
  const ended = (isLast: boolean): MaybePromise<Outcome> => {
    if (isLast) inside = false;
    return body();
  };
  const begun = (isFirst: boolean): MaybePromise<Outcome> => {
    if (!isFirst) return NORMAL;
    inside = true;
    const isLast = last();
    return isLast instanceof Promise ? isLast.then(ended) : ended(isLast);
  };
  return () => {
    const isFirst = inside || first();
    return isFirst instanceof Promise ? isFirst.then(begun) : begun(isFirst);
  };
}

/** The outcome of a statement, taking `next` and `exit` that came out of a function. */
function outcomeOf(rt: Runtime, exec: Exec): MaybePromise<Outcome> {
  try {
    const outcome = exec();
    return outcome instanceof Promise ? outcome.catch((error) => control(rt, error)) : outcome;
  } catch (error) {
    return control(rt, error);
  }
}

function control(rt: Runtime, error: unknown): Outcome {
  if (!(error instanceof Control)) throw error;
  rt.frame = [];
  rt.depth = 0;
  return error.code;
}

/** Runs it all; the exit status is in the runtime. */
export function runProgram(program: Compiled, rt: Runtime): MaybePromise<void> {
  // Programs without input need not become asynchronous.
  for (let i = 0; i < program.begin.length; i++) {
    const outcome = outcomeOf(rt, program.begin[i]);
    if (outcome instanceof Promise) return runRest(program, rt, i + 1, outcome);
    if (outcome === EXIT) return runEnd(program, rt);
    // `next` leaves all BEGIN rules.
    if (outcome === NEXT || outcome === NEXTFILE) break;
  }
  if (program.rules.length === 0 && program.end.length === 0) return undefined;
  return runInput(program, rt);
}

async function runRest(
  program: Compiled,
  rt: Runtime,
  from: number,
  first: Promise<Outcome>,
): Promise<void> {
  let outcome = await first;
  for (let i = from;; i++) {
    if (outcome === EXIT) return runEnd(program, rt);
    if (outcome === NEXT || outcome === NEXTFILE || i >= program.begin.length) break;
    const next = outcomeOf(rt, program.begin[i]);
    outcome = next instanceof Promise ? await next : next;
  }
  if (program.rules.length === 0 && program.end.length === 0) return;
  await runInput(program, rt);
}

async function runInput(program: Compiled, rt: Runtime): Promise<void> {
  const { rules } = program;
  const { record } = rt;
  records: for (;;) {
    let more = rt.nextInput(true);
    if (more instanceof Promise) more = await more;
    if (!more) {
      rt.ended = true;
      break;
    }
    const { input } = rt;
    record.take(input.text, input.start, input.end);
    if (record.splitsAhead) await splitAhead(rt);
    for (let i = 0; i < rules.length; i++) {
      let outcome = outcomeOf(rt, rules[i]);
      if (outcome instanceof Promise) outcome = await outcome;
      if (outcome === NORMAL) continue;
      if (outcome === NEXT) break;
      if (outcome === NEXTFILE) {
        rt.skipFile();
        break;
      }
      if (outcome === EXIT) break records;
    }
    const wait = rt.turn();
    if (wait !== undefined) await wait;
  }
  await runEnd(program, rt);
}

/** Finds the fields of a long record with turns between, as no expression can. */
async function splitAhead(rt: Runtime): Promise<void> {
  const steps = rt.record.inSteps();
  for (;;) {
    rt.mayPause = true;
    const { done } = steps.next();
    rt.mayPause = false;
    if (done) return;
    rt.work(FIELDS_A_TURN);
    const wait = rt.turn();
    if (wait !== undefined) await wait;
  }
}

async function runEnd(program: Compiled, rt: Runtime): Promise<void> {
  for (const exec of program.end) {
    let outcome = outcomeOf(rt, exec);
    if (outcome instanceof Promise) outcome = await outcome;
    if (outcome !== NORMAL && outcome <= EXIT) return;
  }
}
