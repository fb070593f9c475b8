/**
 * The evaluator: the syntax tree compiled to closures. A closure takes the shell and gives an exit
 * status, as a plain number unless something had to wait; so a loop of builtins never touches the
 * event loop.
 *
 * @module
 */

import type { MaybePromise } from "../../sandbox/types.ts";
import {
  type AndOr,
  type Case,
  type CaseItem,
  type For,
  type If,
  type Loop,
  type Node,
  type Part,
  type Redirected,
} from "./ast.ts";
import { need, RedirectionError } from "./errors.ts";
import { Expander, type FieldsFn, type Hooks, type TextFn } from "./expand.ts";
import { foreground, waitForeground } from "./jobs.ts";
import { BACKGROUND, inTurns, TURNS } from "./parts.ts";
import { longestFor, Pattern, takesLong } from "./pattern.ts";
import { compilePipeline, compileSubstitution, controls } from "./pipeline.ts";
import { compileRedirs, SavedFds } from "./redirect.ts";
import {
  type Exec,
  type Shell,
  SKIP_BREAK,
  SKIP_CONTINUE,
  SKIP_NONE,
  SKIP_RETURN,
} from "./shell.ts";
import { closingFiles, compileSimple, compileWords, finish, tell } from "./simple.ts";
import { startSubshell } from "./subshell.ts";
import { NameRef } from "./vars.ts";

/** An arm of a `case`. */
export interface CompiledCaseItem {
  readonly matches: (sh: Shell, s: string) => MaybePromise<boolean>;
  readonly run: Exec;
}

/** Compiles trees. It holds no state of a shell: the closures can run in any. */
export class Compiler implements Hooks {
  readonly #expander = new Expander(this);

  /** Compiles a command. `last`: nothing of the (sub)shell is needed after it. */
  node(n: Node, last = false): Exec {
    switch (n.k) {
      case "simple":
        return compileSimple(n, this.#expander, last);
      case "seq":
        if (n.items.length > MANY) return need(TURNS).longSequence(n.items, this, last);
        return this.#sequence(
          n.items.map((c, i) => this.node(c, last && i === n.items.length - 1)),
        );
      case "and":
      case "or":
        return this.#andOr(n, last);
      case "not":
        return this.#negation(n.body);
      case "group":
        return this.node(n.body, last);
      case "if":
        return this.#ifElse(n);
      case "while":
      case "until":
        return this.#loop(n);
      case "for":
        return this.#forLoop(n);
      case "case":
        return this.#caseOf(n);
      case "func": {
        const body = this.node(n.body);
        const def = { name: n.name, body };
        return (sh) => {
          sh.ownFunctions().set(def.name, def);
          return sh.status = 0;
        };
      }
      case "sub":
        return this.#subshell(n.body, n.line);
      case "redir":
        return this.#redirected(n);
      case "pipe":
        return compilePipeline(n, this);
      case "bg":
        return need(BACKGROUND).compileBackground(n.body, this);
    }
  }

  /** The expander of this compiler. */
  get words(): Expander {
    return this.#expander;
  }

  #sequence(items: readonly Exec[]): Exec {
    return (sh) => {
      let status = 0;
      for (let i = 0; i < items.length; i++) {
        const r = items[i](sh);
        if (typeof r !== "number") return sequenceLater(sh, items, i, r);
        status = r;
        if (sh.skip !== SKIP_NONE) break;
      }
      return status;
    };
  }

  #andOr(n: AndOr, last: boolean): Exec {
    // A long chain leans to the left; it is run as a list, not as a nest.
    const links: AndOr[] = [];
    let left: Node = n;
    while (left.k === "and" || left.k === "or") {
      links.push(left);
      left = left.left;
    }
    if (links.length > MANY) return need(TURNS).longAndOr(left, links.reverse(), this, last);
    const chain = links.map((link, i) => ({
      and: link.k === "and",
      run: this.node(link.right, last && i === 0),
    })).reverse();
    const head = this.node(left);
    const step = (sh: Shell, i: number): MaybePromise<number> => {
      if (i === chain.length) return chain[i - 1].run(sh);
      return tested(sh, i === 0 ? head : chain[i - 1].run);
    };
    const from = (sh: Shell, start: number, given: number): MaybePromise<number> => {
      let status = given;
      for (let i = start; i <= chain.length; i++) {
        if (sh.skip !== SKIP_NONE) return status;
        if (i > 0 && (status === 0) !== chain[i - 1].and) continue;
        const r = step(sh, i);
        if (typeof r !== "number") return r.then((s) => from(sh, i + 1, s));
        status = r;
      }
      return status;
    };
    return (sh) => from(sh, 0, 0);
  }

  #negation(body: Node): Exec {
    const run = this.node(body);
    // The status of a `return` is turned round too.
    const flip = (sh: Shell, status: number): number => sh.status = status === 0 ? 1 : 0;
    return (sh) => {
      if (sh.flags.noexec) return sh.status;
      const r = tested(sh, run);
      return typeof r === "number" ? flip(sh, r) : r.then((s) => flip(sh, s));
    };
  }

  #ifElse(n: If): Exec {
    // elif chains are lists as well.
    const arms: { cond: Exec; then: Exec }[] = [];
    let tail: Node | null = n;
    while (tail !== null && tail.k === "if") {
      arms.push({ cond: this.node(tail.cond), then: this.node(tail.then) });
      tail = tail.orelse;
    }
    const orelse = tail === null ? undefined : this.node(tail);
    const choose = (sh: Shell, i: number, status: number): MaybePromise<number> | undefined => {
      if (sh.skip !== SKIP_NONE) return status;
      return status === 0 ? arms[i].then(sh) : undefined;
    };
    const from = (sh: Shell, start: number): MaybePromise<number> => {
      for (let i = start; i < arms.length; i++) {
        const r = tested(sh, arms[i].cond);
        if (typeof r !== "number") {
          return r.then((status) => choose(sh, i, status) ?? from(sh, i + 1));
        }
        const done = choose(sh, i, r);
        if (done !== undefined) return done;
      }
      return orelse === undefined ? sh.status = 0 : orelse(sh);
    };
    return (sh) => from(sh, 0);
  }

  #loop(n: Loop): Exec {
    const cond = this.node(n.cond);
    const body = this.node(n.body);
    const goal = n.k === "while";
    return (sh) => {
      // Where nothing is executed, a condition would not change.
      if (sh.flags.noexec) return sh.status;
      sh.loops++;
      let result: MaybePromise<number>;
      try {
        result = runLoop(sh, cond, body, goal);
      } catch (error) {
        sh.loops--;
        throw error;
      }
      if (typeof result !== "number") return endLoopLater(sh, result);
      sh.loops--;
      return sh.status = result;
    };
  }

  #forLoop(n: For): Exec {
    const ref = new NameRef(n.name);
    const body = this.node(n.body);
    const line = n.line;
    const fields: FieldsFn[] | undefined = n.words === null
      ? undefined
      : compileWords(n.words, this.#expander);
    const loop = (sh: Shell, list: readonly string[]): MaybePromise<number> => {
      if (sh.procFiles.length > 0) return closingFiles(sh, () => loop(sh, list));
      sh.loops++;
      let result: MaybePromise<number>;
      try {
        result = runFor(sh, ref, list, body);
      } catch (error) {
        sh.loops--;
        throw error;
      }
      if (typeof result !== "number") return endLoopLater(sh, result);
      sh.loops--;
      return sh.status = result;
    };
    return (sh) => {
      sh.line = line;
      if (fields === undefined) return loop(sh, sh.params);
      const list: string[] = [];
      for (let i = 0; i < fields.length; i++) {
        const waiting = fields[i](sh, list);
        if (waiting !== undefined) {
          return (async () => {
            await waiting;
            for (let k = i + 1; k < fields.length; k++) await fields[k](sh, list);
            return loop(sh, list);
          })();
        }
      }
      return loop(sh, list);
    };
  }

  #caseOf(n: Case): Exec {
    const text = this.#expander.text(n.word, "word");
    const line = n.line;
    if (n.items.length > MANY_ARMS) return need(TURNS).longCase(text, n.items, line, this);
    const items = n.items.map((item) => this.caseItem(item));
    const from = (sh: Shell, s: string, start: number): MaybePromise<number> => {
      if (sh.procFiles.length > 0) return closingFiles(sh, () => from(sh, s, start));
      for (let i = start; i < items.length; i++) {
        const item = items[i];
        const hit = item.matches(sh, s);
        if (typeof hit !== "boolean") {
          return hit.then((yes) => yes ? item.run(sh) : from(sh, s, i + 1));
        }
        if (hit) return item.run(sh);
      }
      return sh.status = 0;
    };
    return (sh) => {
      sh.line = line;
      const s = text(sh);
      return typeof s === "string" ? from(sh, s, 0) : s.then((v) => from(sh, v, 0));
    };
  }

  /** Compiles an arm of a `case`. */
  caseItem(item: CaseItem): CompiledCaseItem {
    const run: Exec = item.body === null ? (sh) => sh.status = 0 : this.node(item.body);
    const tests = item.patterns.map((w): (sh: Shell, s: string) => MaybePromise<boolean> => {
      const text = this.#expander.pattern(w);
      if (w.parts.every((p) => p.t === "lit" || p.t === "quo") && !hasTilde(w.parts[0])) {
        const marked = text(undefined as unknown as Shell) as string;
        // Of many patterns most may never be looked at.
        let fixed: Pattern | undefined;
        let literal: string | undefined;
        const longest = longestFor(marked);
        return (sh, s) => {
          if (s.length > longest) return matchesAll(sh, marked, s);
          if (fixed === undefined) {
            fixed = new Pattern(marked);
            literal = fixed.literal;
          }
          if (literal !== undefined) return s === literal;
          if (s.length > SHORT) sh.proc.waiter.spend(s.length >> 5);
          return fixed.matches(s);
        };
      }
      return (sh, s) => {
        const t = text(sh);
        if (typeof t === "string") return matchesAll(sh, t, s);
        return t.then((v) => matchesAll(sh, v, s));
      };
    });
    if (tests.length === 1) return { matches: tests[0], run };
    const from = (sh: Shell, s: string, start: number): MaybePromise<boolean> => {
      for (let i = start; i < tests.length; i++) {
        const hit = tests[i](sh, s);
        if (typeof hit !== "boolean") return hit.then((yes) => yes || from(sh, s, i + 1));
        if (hit) return true;
        const turn = (i & SOME) === SOME ? sh.proc.tick(SOME) : undefined;
        if (turn !== undefined) return turn.then(() => from(sh, s, i + 1));
      }
      return false;
    };
    return { matches: (sh, s) => from(sh, s, 0), run };
  }

  #redirected(n: Redirected): Exec {
    const { line } = n;
    const isSub = n.body.k === "sub";
    // What a subshell's end brings about does not go where the subshell's output goes.
    const body = isSub
      ? this.#subshell(n.body.body, n.body.line, (_sh, status) => status)
      : this.node(n.body);
    const redirs = compileRedirs(n.redirs, this.#expander);
    return (sh) => {
      if (sh.flags.noexec) return sh.status;
      sh.line = line;
      const saved = new SavedFds(sh);
      const failed = (error: unknown): MaybePromise<number> => {
        // It is said where the redirections before it lead.
        if (error instanceof RedirectionError) sh.complain(error.message, error.line);
        saved.restore();
        if (!(error instanceof RedirectionError)) throw error;
        // Native takes a failed redirection of a subshell for one inside of it, and that of another
        // compound command for nothing that `set -e` or `ERR` should know of.
        return isSub ? finish(sh, 2) : sh.status = error.status;
      };
      const end = (status: number): MaybePromise<number> => {
        saved.restore();
        return isSub ? finish(sh, status) : status;
      };
      const run = (): MaybePromise<number> => {
        let result: MaybePromise<number>;
        try {
          result = body(sh);
        } catch (error) {
          const told = tell(sh, error);
          saved.restore();
          throw told;
        }
        if (typeof result !== "number") {
          return result.then(end, (error) => {
            const told = tell(sh, error);
            saved.restore();
            throw told;
          });
        }
        return end(result);
      };
      try {
        const waiting = redirs(sh, saved);
        if (waiting !== undefined) return waiting.then(run, failed);
      } catch (error) {
        return failed(error);
      }
      return run();
    };
  }

  #subshell(body: Node, line: number, end: typeof finish = finish): Exec {
    const run = this.node(body, true);
    return (sh) => {
      sh.line = line;
      const status = controls(sh)
        ? foreground(sh, [startSubshell(sh, run, { pgid: 0 })], body)
        : waitForeground(sh, startSubshell(sh, run, {}));
      return typeof status === "number" ? end(sh, status) : status.then((s) => end(sh, s));
    };
  }

  /** Compiles `$(…)`. */
  substitute(body: Node | null): TextFn {
    return compileSubstitution(body, this);
  }

  /** Compiles `<(…)` and `>(…)`. */
  processFile(dir: "<" | ">", body: Node | null): (sh: Shell) => string {
    return need(BACKGROUND).compileProcessFile(dir, body, this);
  }
}

/** The end of a loop that had to wait. */
function endLoopLater(sh: Shell, result: Promise<number>): Promise<number> {
  return result.then((status) => {
    sh.loops--;
    return sh.status = status;
  }, (error) => {
    sh.loops--;
    throw error;
  });
}

/** Runs a command whose status is looked at, so that `set -e` leaves it alone. */
export function tested(sh: Shell, run: Exec): MaybePromise<number> {
  sh.tested++;
  let r: MaybePromise<number>;
  try {
    r = run(sh);
  } catch (error) {
    sh.tested--;
    throw error;
  }
  if (typeof r !== "number") return r.finally(() => sh.tested--);
  sh.tested--;
  return r;
}

async function sequenceLater(
  sh: Shell,
  items: readonly Exec[],
  at: number,
  first: Promise<number>,
): Promise<number> {
  let status = await first;
  for (let i = at + 1; i < items.length && sh.skip === SKIP_NONE; i++) {
    const r = items[i](sh);
    status = typeof r === "number" ? r : await r;
  }
  return status;
}

/** After a loop body: true when the loop is over. */
function leavesLoop(sh: Shell): boolean {
  switch (sh.skip) {
    case SKIP_NONE:
      return false;
    case SKIP_CONTINUE:
      if (--sh.skipCount <= 0) {
        sh.skip = SKIP_NONE;
        return false;
      }
      return true;
    case SKIP_BREAK:
      if (--sh.skipCount <= 0) sh.skip = SKIP_NONE;
      return true;
    default:
      return true;
  }
}

function runLoop(sh: Shell, cond: Exec, body: Exec, goal: boolean): MaybePromise<number> {
  let status = 0;
  for (;;) {
    const turn = sh.proc.tick(1);
    if (turn !== undefined) {
      return loopLater(sh, cond, body, goal, status, undefined, turn.then(() => status));
    }
    if (sh.interrupts !== 0) {
      const t = sh.traps.runPending(status);
      if (typeof t !== "number") return loopLater(sh, cond, body, goal, status, undefined, t);
      if (sh.skip !== SKIP_NONE && leavesLoop(sh)) return t;
    }
    sh.tested++;
    let c: MaybePromise<number>;
    try {
      c = cond(sh);
    } catch (error) {
      sh.tested--;
      throw error;
    }
    if (typeof c !== "number") {
      return loopLater(sh, cond, body, goal, status, c.finally(() => sh.tested--), undefined);
    }
    sh.tested--;
    if (sh.skip !== SKIP_NONE) {
      if (leavesLoop(sh)) return sh.skip === SKIP_RETURN ? c : status;
      continue;
    }
    if ((c === 0) !== goal) return status;
    const r = body(sh);
    if (typeof r !== "number") return loopLater(sh, cond, body, goal, status, undefined, r);
    status = r;
    if (sh.skip !== SKIP_NONE && leavesLoop(sh)) return status;
  }
}

/** Goes on with a loop of which one step had to wait. */
async function loopLater(
  sh: Shell,
  cond: Exec,
  body: Exec,
  goal: boolean,
  before: number,
  condition: Promise<number> | undefined,
  running: Promise<number> | undefined,
): Promise<number> {
  let status = before;
  let c: number | undefined = condition === undefined ? undefined : await condition;
  if (running !== undefined) {
    status = await running;
    if (sh.skip !== SKIP_NONE && leavesLoop(sh)) return status;
  }
  for (;;) {
    const turn = sh.proc.tick(1);
    if (turn !== undefined) await turn;
    if (sh.interrupts !== 0) {
      const t = await sh.traps.runPending(status);
      if (sh.skip !== SKIP_NONE && leavesLoop(sh)) return t;
    }
    if (c === undefined) {
      const r = tested(sh, cond);
      c = typeof r === "number" ? r : await r;
    }
    const met = (c === 0) === goal;
    const tried = c;
    c = undefined;
    if (sh.skip !== SKIP_NONE) {
      if (leavesLoop(sh)) return sh.skip === SKIP_RETURN ? tried : status;
      continue;
    }
    if (!met) return status;
    const r = body(sh);
    status = typeof r === "number" ? r : await r;
    if (sh.skip !== SKIP_NONE && leavesLoop(sh)) return status;
  }
}

function runFor(
  sh: Shell,
  ref: NameRef,
  list: readonly string[],
  body: Exec,
): MaybePromise<number> {
  let status = 0;
  for (let i = 0; i < list.length; i++) {
    sh.setRef(ref, list[i]);
    const r = body(sh);
    if (typeof r !== "number") return forLater(sh, ref, list, body, i, r);
    status = r;
    if (sh.skip !== SKIP_NONE && leavesLoop(sh)) return status;
    const turn = sh.proc.tick(1);
    if (turn !== undefined) return forLater(sh, ref, list, body, i, turn.then(() => status));
  }
  return status;
}

async function forLater(
  sh: Shell,
  ref: NameRef,
  list: readonly string[],
  body: Exec,
  at: number,
  first: Promise<number>,
): Promise<number> {
  let status = await first;
  if (sh.skip !== SKIP_NONE && leavesLoop(sh)) return status;
  for (let i = at + 1; i < list.length; i++) {
    sh.setRef(ref, list[i]);
    const r = body(sh);
    status = typeof r === "number" ? r : await r;
    if (sh.skip !== SKIP_NONE && leavesLoop(sh)) return status;
    const turn = sh.proc.tick(1);
    if (turn !== undefined) await turn;
  }
  return status;
}

/** More commands than these in a row are compiled when they are run. */
const MANY = 64;
/** The same for the arms of a `case`. */
const MANY_ARMS = 256;
/** Behind so many patterns, and as many again, others may have their turn. */
const SOME = 31;
/** Up to this length, matching a text costs no more than a step. */
const SHORT = 1 << 9;

function matchesAll(sh: Shell, pattern: string, s: string): MaybePromise<boolean> {
  if (takesLong(pattern, s)) return inTurns(sh, (turns) => turns.matchesAll(sh, pattern, s));
  if (s.length > SHORT) sh.proc.waiter.spend(s.length >> 5);
  return sh.shared.patterns.get(pattern).matches(s);
}

function hasTilde(p: Part | undefined): boolean {
  return p !== undefined && p.t === "lit" && p.s.startsWith("~");
}
