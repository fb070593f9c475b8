/**
 * Commands of very many parts: they are compiled when they are run, and others have their turn
 * meanwhile.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { inSteps, settled, type Steps } from "../../_lib/steps.ts";
import type { AndOr, Assign, CaseItem, Node, Part, Word } from "../ast.ts";
import { type CompiledCaseItem, type Compiler, tested } from "../compile.ts";
import type { FieldsFn, PartFn, Target, TextFn } from "../expand.ts";
import { withParts } from "../parts.ts";
import { type Exec, type Shell, SKIP_NONE } from "../shell.ts";
import type { CompiledAssign } from "../simple.ts";
import { paced } from "./paced.ts";

/** What is compiled when it is first needed. */
class Later<S, T> {
  readonly #made: (T | undefined)[] = [];

  constructor(readonly sources: readonly S[], readonly compile: (source: S, i: number) => T) {}

  at(sh: Shell, i: number): MaybePromise<T> {
    return this.#made[i] ?? this.#make(sh, i);
  }

  #make(sh: Shell, i: number): MaybePromise<T> {
    const made = withParts(sh, () => this.compile(this.sources[i], i));
    if (made instanceof Promise) return made.then((late) => this.#made[i] = late);
    return this.#made[i] = made;
  }
}

/** `a; b; …` */
export function longSequence(nodes: readonly Node[], compiler: Compiler, last: boolean): Exec {
  const items = new Later(nodes, (n, i) => compiler.node(n, last && i === nodes.length - 1));
  return (sh) => inSteps(sequence(sh, items));
}

function* sequence(sh: Shell, items: Later<Node, Exec>): Steps<number> {
  let status = 0;
  for (let i = 0; i < items.sources.length; i++) {
    let run = items.at(sh, i);
    if (run instanceof Promise) run = yield* settled(run);
    const r = run(sh);
    status = typeof r === "number" ? r : yield* settled(r);
    if (sh.skip !== SKIP_NONE) break;
    const turn = sh.proc.tick(1);
    if (turn !== undefined) yield turn;
  }
  return status;
}

/** `a && b || …` */
export function longAndOr(
  head: Node,
  links: readonly AndOr[],
  compiler: Compiler,
  last: boolean,
): Exec {
  const nodes = [head, ...links.map((link) => link.right)];
  const items = new Later(nodes, (n, i) => compiler.node(n, last && i === links.length));
  return (sh) => inSteps(andOr(sh, links, items));
}

function* andOr(sh: Shell, links: readonly AndOr[], items: Later<Node, Exec>): Steps<number> {
  let status = 0;
  for (let i = 0; i <= links.length; i++) {
    if (sh.skip !== SKIP_NONE) return status;
    if (i > 0 && (status === 0) !== (links[i - 1].k === "and")) continue;
    let run = items.at(sh, i);
    if (run instanceof Promise) run = yield* settled(run);
    const r = i === links.length ? run(sh) : tested(sh, run);
    status = typeof r === "number" ? r : yield* settled(r);
    const turn = sh.proc.tick(1);
    if (turn !== undefined) yield turn;
  }
  return status;
}

/** `case` with many arms. */
export function longCase(
  text: TextFn,
  arms: readonly CaseItem[],
  line: number,
  compiler: Compiler,
): Exec {
  const items = new Later(arms, (arm) => compiler.caseItem(arm));
  return (sh) => {
    sh.line = line;
    const s = text(sh);
    const from = (v: string): MaybePromise<number> => inSteps(choose(sh, v, items));
    return typeof s === "string" ? from(s) : s.then(from);
  };
}

function* choose(
  sh: Shell,
  s: string,
  items: Later<CaseItem, CompiledCaseItem>,
): Steps<number> {
  for (let i = 0; i < items.sources.length; i++) {
    let item = items.at(sh, i);
    if (item instanceof Promise) item = yield* settled(item);
    let hit = item.matches(sh, s);
    if (typeof hit !== "boolean") hit = yield* settled(hit);
    if (hit) {
      const r = item.run(sh);
      return typeof r === "number" ? r : yield* settled(r);
    }
    const turn = sh.proc.tick(1);
    if (turn !== undefined) yield turn;
  }
  return sh.status = 0;
}

/** The words of a command. */
export function longFields(
  words: readonly Word[],
  compile: (word: Word, i: number) => FieldsFn,
): FieldsFn {
  return (sh, out) => paced(sh, () => fields(sh, words, compile, out));
}

function* fields(
  sh: Shell,
  words: readonly Word[],
  compile: (word: Word, i: number) => FieldsFn,
  out: string[],
): Steps<void> {
  for (let i = 0; i < words.length; i++) {
    let run = withParts(sh, () => compile(words[i], i));
    if (run instanceof Promise) run = yield* settled(run);
    const waiting = run(sh, out);
    if (waiting !== undefined) yield waiting;
    const turn = sh.proc.tick(1);
    if (turn !== undefined) yield turn;
  }
}

/** Assignments of one command. */
export function longAssigns(
  assigns: readonly Assign[],
  compile: (assign: Assign) => CompiledAssign,
): CompiledAssign[] {
  return assigns.map((assign) => {
    const ref = compile({ name: assign.name, word: { parts: [] } }).ref;
    return {
      ref,
      text: (sh) => {
        const run = withParts(sh, () => compile(assign).text);
        const expand = (text: TextFn): MaybePromise<string> => {
          const turn = sh.proc.tick(1);
          return turn === undefined ? text(sh) : turn.then(() => text(sh));
        };
        return run instanceof Promise ? run.then(expand) : expand(run);
      },
    };
  });
}

/** The parts of a word. */
export function longParts(
  parts: readonly Part[],
  compile: (part: Part, i: number) => PartFn[],
): PartFn {
  return (sh, out) => paced(sh, () => eachPart(sh, parts, compile, out));
}

function* eachPart(
  sh: Shell,
  parts: readonly Part[],
  compile: (part: Part, i: number) => PartFn[],
  out: Target,
): Steps<void> {
  for (let i = 0; i < parts.length; i++) {
    let runs = withParts(sh, () => compile(parts[i], i));
    if (runs instanceof Promise) runs = yield* settled(runs);
    for (const run of runs) {
      const waiting = run(sh, out);
      if (waiting !== undefined) yield waiting;
    }
    const turn = sh.proc.tick(1);
    if (turn !== undefined) yield turn;
  }
}
