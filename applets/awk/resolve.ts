/**
 * Gives every name its place, and finds out which functions may have to wait.
 *
 * A program that never waits inside an expression runs as plain function calls. Reading from a
 * stream, running a command, and calling a function that loops or calls itself may wait: expressions
 * with these are compiled in another way.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Ticker } from "../_lib/sequence.ts";
import type { Steps } from "../_lib/steps.ts";
import type { Expr, FunctionDef, ProgramTree, Stmt } from "./ast.ts";

/** Global variables with a meaning, in the order of their slots. */
export const SPECIALS: readonly string[] = [
  ...["NF", "NR", "FNR", "FS", "OFS", "RS", "ORS", "RT", "FILENAME", "SUBSEP", "CONVFMT", "OFMT"],
  ...["ARGIND", "ARGC", "ARGV", "ERRNO", "ENVIRON", "IGNORECASE", "RSTART", "RLENGTH"],
];

/** Slot of NF, whose value lives in the record. */
export const NF_SLOT = 0;

/** Names with places. */
export interface Resolved {
  readonly tree: ProgramTree;
  /** Slot of each global variable. */
  readonly globals: ReadonlyMap<ByteString, number>;
  /** Functions in the order of their indexes. */
  readonly functions: readonly FunctionDef[];
  /** By index: whether a call may have to wait. */
  readonly waits: readonly boolean[];
  /** Whether there may be patterns with back-references: searches wait then. */
  readonly hasReferences: boolean;
}

/** Built-in functions that may have to wait: for other processes, or as long texts take many turns. */
export const WAITING_BUILTINS: ReadonlySet<string> = new Set(
  ["close", "fflush", "gensub", "gsub", "split", "system"],
);

/**
 * Resolves a tree; places are written into it.
 *
 * @param hasReferences Whether there may be patterns with back-references, which can take long to search.
 */
export function resolveProgram(
  tree: ProgramTree,
  ticker: Ticker,
  hasReferences = false,
): Steps<Resolved> {
  return new Resolver(tree, ticker, hasReferences).run();
}

class Resolver {
  readonly #globals = new Map<ByteString, number>(SPECIALS.map((name, slot) => [name, slot]));
  readonly #functions: FunctionDef[];
  readonly #indexes = new Map<ByteString, number>();
  /** What the function at hand may wait for: itself, or by calling these. */
  #loops = false;
  #calls = new Set<number>();
  #params: ReadonlyMap<ByteString, number> = new Map();

  constructor(
    private readonly tree: ProgramTree,
    private readonly ticker: Ticker,
    private readonly hasReferences: boolean,
  ) {
    this.#functions = [...tree.functions.values()];
    this.#functions.forEach(({ name }, index) => this.#indexes.set(name, index));
  }

  global(name: ByteString): number {
    let slot = this.#globals.get(name);
    if (slot === undefined) this.#globals.set(name, slot = this.#globals.size);
    return slot;
  }

  *run(): Steps<Resolved> {
    const { tree, hasReferences } = this;
    const waits: boolean[] = [];
    const calls: Set<number>[] = [];
    for (const { params, body } of this.#functions) {
      // Of two parameters of one name the last one counts.
      this.#params = new Map(params.map((name, slot) => [name, slot]));
      this.#loops = false;
      this.#calls = new Set();
      yield* this.#stmt(body);
      waits.push(this.#loops);
      calls.push(this.#calls);
    }
    this.#params = new Map();
    this.#calls = new Set();
    for (const body of tree.begin) yield* this.#stmt(body);
    for (const body of tree.end) yield* this.#stmt(body);
    for (const { pattern, last, action } of tree.rules) {
      if (pattern !== undefined) this.#expr(pattern);
      if (last !== undefined) this.#expr(last);
      if (action !== undefined) yield* this.#stmt(action);
    }
    spread(waits, calls);
    return { tree, globals: this.#globals, functions: this.#functions, waits, hasReferences };
  }

  *#stmt(stmt: Stmt): Steps<void> {
    const waiting = this.ticker.tick(1);
    if (waiting !== undefined) yield waiting;
    switch (stmt.kind) {
      case "expr":
        return this.#expr(stmt.expr);
      case "block":
        for (const each of stmt.body) yield* this.#stmt(each);
        return;
      case "print":
      case "printf":
        for (const arg of stmt.args) this.#expr(arg);
        if (stmt.redirect !== undefined) this.#expr(stmt.redirect.target);
        return;
      case "if":
        this.#expr(stmt.test);
        yield* this.#stmt(stmt.yes);
        if (stmt.no !== undefined) yield* this.#stmt(stmt.no);
        return;
      case "while":
      case "do":
        this.#loops = true;
        this.#expr(stmt.test);
        return yield* this.#stmt(stmt.body);
      case "for":
        this.#loops = true;
        if (stmt.init !== undefined) this.#expr(stmt.init);
        if (stmt.test !== undefined) this.#expr(stmt.test);
        if (stmt.step !== undefined) this.#expr(stmt.step);
        return yield* this.#stmt(stmt.body);
      case "forin":
        this.#loops = true;
        this.#expr(stmt.target);
        this.#expr(stmt.array);
        return yield* this.#stmt(stmt.body);
      case "delete":
        return this.#expr(stmt.target);
      case "exit":
      case "return":
        if (stmt.value !== undefined) this.#expr(stmt.value);
    }
  }

  #expr(expr: Expr): void {
    switch (expr.kind) {
      case "var":
      case "index": {
        const slot = this.#params.get(expr.name);
        expr.place = slot === undefined
          ? { scope: "global", slot: this.global(expr.name) }
          : { scope: "local", slot };
        if (expr.kind === "index" && expr.key !== undefined) this.#expr(expr.key);
        return;
      }
      case "call": {
        const index = this.#indexes.get(expr.name);
        expr.index = index;
        if (index !== undefined) this.#calls.add(index);
        break;
      }
      case "builtin":
        if (WAITING_BUILTINS.has(expr.name) || this.hasReferences) this.#loops = true;
        break;
      case "match":
        if (this.hasReferences) this.#loops = true;
        break;
      case "getline":
        this.#loops = true;
        break;
    }
    for (const child of childrenOf(expr)) this.#expr(child);
  }
}

/** Spreads waiting to callers; a function that can reach itself may run for ever and waits too. */
function spread(waits: boolean[], calls: readonly ReadonlySet<number>[]): void {
  for (let index = 0; index < calls.length; index++) {
    const seen = new Set<number>();
    const todo = [...calls[index]];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      for (const callee of calls[next]) todo.push(callee);
    }
    if (seen.has(index)) waits[index] = true;
  }
  for (let changed = true; changed;) {
    changed = false;
    for (let index = 0; index < calls.length; index++) {
      if (waits[index]) continue;
      for (const callee of calls[index]) {
        if (waits[callee]) waits[index] = changed = true;
      }
    }
  }
}

/** The expressions directly inside an expression, in the order they are written. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "number":
    case "string":
    case "regex":
    case "var":
    case "stray":
      return [];
    case "index":
      return expr.key === undefined ? [] : [expr.key];
    case "field":
      return [expr.index];
    case "group":
      return [expr.inner];
    case "comma":
    case "concat":
      return expr.parts;
    case "assign":
      return [expr.target, expr.value];
    case "cond":
      return expr.no === undefined ? [expr.test, expr.yes] : [expr.test, expr.yes, expr.no];
    case "and":
    case "or":
    case "match":
    case "compare":
      return [expr.left, expr.right];
    case "in":
      return [expr.key, expr.array];
    case "arith":
      return [expr.first, ...expr.rest];
    case "unary":
      return [expr.operand];
    case "step":
      return [expr.target];
    case "call":
    case "builtin":
      return expr.args;
    case "getline": {
      const parts: Expr[] = [];
      if (expr.source !== undefined) parts.push(expr.source);
      if (expr.target !== undefined) parts.push(expr.target);
      return parts;
    }
  }
}
