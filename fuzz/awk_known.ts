/**
 * Faults of native busybox 1.35 that random awk programs run into, and that are not copied. Each is
 * described by a narrow test of the program's tree; one that fits is run all the same, and its
 * difference is only counted. Use of freed memory is found by valgrind instead (memcheck.ts).
 *
 * @module
 */
import { type Expr, type ProgramTree, ungroup } from "../applets/awk/ast.ts";
import { inSteps } from "../applets/_lib/steps.ts";
import { parseProgram } from "../applets/awk/parse.ts";
import type { Outcome } from "./awk.ts";

/** A fault of native. */
export interface Fault {
  /** What native does. */
  readonly what: string;
  /** The shortest program that shows it. */
  readonly example: string;
  /** What native prints for the example. */
  readonly native: string;
  /** What it should print. */
  readonly right: string;
  /** Whether an expression touches it. */
  readonly touches?: (expr: Expr, parameters: ReadonlyMap<string, number>) => boolean;
  /** Whether the answers differ just so. */
  readonly fits?: (native: Outcome, ours: Outcome) => boolean;
}

const isMatch = (expr: Expr | undefined): boolean =>
  expr !== undefined && ungroup(expr).kind === "builtin" &&
  (ungroup(expr) as Expr & { kind: "builtin" }).name === "match";

const isAssignment = (expr: Expr): boolean => ungroup(expr).kind === "assign";

/** Whether something is assigned inside of an expression, or a function called. */
function hasEffects(expr: Expr): boolean {
  let found = false;
  visit(expr, (inner) => {
    if (/^(assign|step|call|getline)$/.test(inner.kind)) found = true;
    if (inner.kind === "builtin" && /^(g?sub|match|split)$/.test(inner.name)) found = true;
  });
  return found;
}

/** Whether an expression gives a variable, element or field. */
function isPlace(expr: Expr): boolean {
  const inner = ungroup(expr);
  if (inner.kind === "cond") {
    return isPlace(inner.yes) || inner.no !== undefined && isPlace(inner.no);
  }
  return inner.kind === "var" || inner.kind === "index" || inner.kind === "field";
}

/** Whether an argument is a field, or what is assigned to one. */
function isFieldLike(expr: Expr): boolean {
  const inner = ungroup(expr);
  if (inner.kind === "assign" || inner.kind === "step") return isFieldLike(inner.target);
  if (inner.kind === "cond") {
    return isFieldLike(inner.yes) || (inner.no !== undefined && isFieldLike(inner.no));
  }
  return inner.kind === "field";
}

const withoutLines = (text: string): string => text.replace(/cmd\. line:\d+:/g, "cmd. line:");

/** All of them. */
export const FAULTS: readonly Fault[] = [
  {
    what: "match gives RSTART itself: what changes RSTART later changes the value, and the reverse",
    example: 'BEGIN { print match("abc", /c/) match("abc", /b/) }',
    native: "22\n",
    right: "32\n",
    touches: (expr) =>
      (expr.kind === "step" && isMatch(expr.target)) ||
      (expr.kind === "concat" && isMatch(expr.parts[0]) && hasEffects(expr.parts[1])) ||
      (expr.kind === "call" && expr.args.some(isMatch)) ||
      (expr.kind === "builtin" && /sub$/.test(expr.name) && isMatch(expr.args.at(-1))),
  },
  {
    what:
      "an assignment gives its variable, which is read behind the other side that may change it",
    example: "BEGIN { print (x = 5) x++ }",
    native: "65\n",
    right: "55\n",
    touches: (expr) =>
      (expr.kind === "concat" && isAssignment(expr.parts[0]) && hasEffects(expr.parts[1])) ||
      (expr.kind === "compare" && isAssignment(expr.left) && hasEffects(expr.right)) ||
      (expr.kind === "comma" && expr.parts.some(isAssignment) && expr.parts.some(hasEffects)),
  },
  {
    what: "the bit functions read a variable behind the second argument, which may have changed it",
    example: "BEGIN { x = 8; print or(x, x = 3) }",
    native: "3\n",
    right: "11\n",
    touches: (expr) =>
      expr.kind === "builtin" && /^(and|or|xor|[lr]shift)$/.test(expr.name) &&
      expr.args.length > 1 && hasEffects(expr.args[1]) &&
      isPlace(expr.args[0]),
  },
  {
    what: "an argument without a parameter is emptied in the caller; of fields copied only in part",
    example: "function f() { } BEGIN { f($7) } END { print $7 == 0 }",
    native: "0\n",
    right: "1\n",
    touches: (expr, parameters) =>
      expr.kind === "call" &&
      expr.args.slice(parameters.get(expr.name) ?? Infinity).some(isFieldLike),
  },
  {
    what: "a message behind a call names the line where the function ended",
    example: "function f() {\nreturn -1 }\nBEGIN {\nprint $(f()) }",
    native: "awk: cmd. line:2: Access to negative field\n",
    right: "awk: cmd. line:4: Access to negative field\n",
    touches: (expr) => expr.kind === "call",
    fits: onlyLines,
  },
  {
    what: "a message of delete names the line of what ran before",
    example: "BEGIN { print\ndelete a[0](1) }",
    native: "\nawk: cmd. line:1: Not an array\n",
    right: "\nawk: cmd. line:2: Not an array\n",
    touches: (node) => (node.kind as string) === "delete",
    fits: onlyLines,
  },
];

/** Whether answers differ in no more than the line that a message names. */
function onlyLines(native: Outcome, ours: Outcome): boolean {
  return native.stdout === ours.stdout && native.code === ours.code &&
    native.stderr !== ours.stderr && withoutLines(native.stderr) === withoutLines(ours.stderr);
}

/** Shows all expressions inside of a tree. */
function visit(node: unknown, show: (expr: Expr) => void): void {
  if (typeof node !== "object" || node === null) return;
  if ("kind" in node && typeof node.kind === "string") show(node as Expr);
  const parts = node instanceof Map ? node.values() : Object.values(node);
  for (const part of parts) visit(part, show);
}

/** The first fault that a program touches and whose mark the answers bear. */
export function faultOf(program: string, native: Outcome, ours: Outcome): Fault | undefined {
  let tree: ProgramTree;
  try {
    // Nobody takes turns with it, so it has nothing to wait for.
    tree = inSteps(parseProgram([{ name: "", text: program as never }])) as ProgramTree;
  } catch {
    return undefined;
  }
  const parameters = new Map<string, number>();
  for (const [name, { params }] of tree.functions) parameters.set(name, params.length);
  return FAULTS.find(({ touches, fits }) => {
    if (fits !== undefined && !fits(native, ours)) return false;
    let touched = false;
    visit(tree, (expr) => {
      if (touches?.(expr, parameters)) touched = true;
    });
    return touched;
  });
}
