/**
 * The tree of an awk program.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** Arithmetic operators. */
export type ArithOp = "+" | "-" | "*" | "/" | "%" | "^";
/** Comparison operators. */
export type CompareOp = "<" | "<=" | ">" | ">=" | "==" | "!=";

/** Where a name lives: a global slot, or a parameter of the function it stands in. */
export interface Place {
  readonly scope: "global" | "local";
  readonly slot: number;
}

/** What every node has. */
interface Base {
  /** Line for messages at run time. */
  readonly line: number;
}

/** An expression. */
export type Expr =
  | (Base & { readonly kind: "number"; readonly value: number })
  | (Base & { readonly kind: "string"; readonly value: ByteString })
  | (Base & { readonly kind: "regex"; readonly source: ByteString })
  | (Base & { readonly kind: "var"; readonly name: ByteString; place?: Place })
  | (Base & {
    readonly kind: "index";
    readonly name: ByteString;
    /** Undefined for `a[]`, which native takes for the empty key. */
    readonly key: Expr | undefined;
    place?: Place;
  })
  | (Base & { readonly kind: "field"; readonly index: Expr })
  | (Base & { readonly kind: "group"; readonly inner: Expr })
  | (Base & { readonly kind: "comma"; readonly parts: readonly Expr[] })
  | (Base & {
    readonly kind: "assign";
    readonly op: ArithOp | undefined;
    readonly target: Expr;
    readonly value: Expr;
  })
  | (Base & {
    readonly kind: "cond";
    readonly test: Expr;
    readonly yes: Expr;
    /** Undefined when the colon is missing, which native reports only when it gets there. */
    readonly no: Expr | undefined;
  })
  /** A colon without its question mark: an error at run time. */
  | (Base & { readonly kind: "stray" })
  | (Base & { readonly kind: "and"; readonly left: Expr; readonly right: Expr })
  | (Base & { readonly kind: "or"; readonly left: Expr; readonly right: Expr })
  | (Base & { readonly kind: "in"; readonly key: Expr; readonly array: Expr })
  | (Base & {
    readonly kind: "match";
    readonly negated: boolean;
    readonly left: Expr;
    readonly right: Expr;
  })
  | (Base & {
    readonly kind: "compare";
    readonly op: CompareOp;
    readonly left: Expr;
    readonly right: Expr;
  })
  | (Base & { readonly kind: "concat"; readonly parts: readonly Expr[] })
  /** A run of left-associative operators of one level: `first op[0] rest[0] op[1] rest[1] …`. */
  | (Base & {
    readonly kind: "arith";
    readonly first: Expr;
    readonly ops: readonly ArithOp[];
    readonly rest: readonly Expr[];
  })
  | (Base & { readonly kind: "unary"; readonly op: "!" | "-" | "+"; readonly operand: Expr })
  | (Base & {
    readonly kind: "step";
    readonly by: 1 | -1;
    readonly prefix: boolean;
    readonly target: Expr;
  })
  | (Base & {
    readonly kind: "call";
    readonly name: ByteString;
    readonly args: readonly Expr[];
    index?: number;
  })
  | (Base & { readonly kind: "builtin"; readonly name: string; readonly args: readonly Expr[] })
  | (Base & {
    readonly kind: "getline";
    readonly from: "main" | "file" | "command";
    readonly target: Expr | undefined;
    readonly source: Expr | undefined;
  });

/** Where `print` goes. */
export interface Redirect {
  readonly kind: ">" | ">>" | "|";
  readonly target: Expr;
}

/** A statement. */
export type Stmt =
  | (Base & { readonly kind: "expr"; readonly expr: Expr })
  | (Base & { readonly kind: "block"; readonly body: readonly Stmt[] })
  | (Base & {
    readonly kind: "print" | "printf";
    readonly args: readonly Expr[];
    readonly redirect: Redirect | undefined;
  })
  | (Base & {
    readonly kind: "if";
    readonly test: Expr;
    readonly yes: Stmt;
    readonly no: Stmt | undefined;
  })
  | (Base & { readonly kind: "while"; readonly test: Expr; readonly body: Stmt })
  | (Base & { readonly kind: "do"; readonly test: Expr; readonly body: Stmt })
  | (Base & {
    readonly kind: "for";
    readonly init: Expr | undefined;
    readonly test: Expr | undefined;
    readonly step: Expr | undefined;
    readonly body: Stmt;
  })
  | (Base & {
    readonly kind: "forin";
    readonly target: Expr;
    readonly array: Expr;
    readonly body: Stmt;
  })
  | (Base & { readonly kind: "delete"; readonly target: Expr })
  | (Base & { readonly kind: "exit" | "return"; readonly value: Expr | undefined })
  | (Base & { readonly kind: "next" | "nextfile" | "break" | "continue" });

/** A pattern with its action. */
export interface Rule {
  /** Undefined: every record. */
  readonly pattern: Expr | undefined;
  /** Set for `first, last` ranges; `pattern` is the first. */
  readonly last: Expr | undefined;
  /** Undefined: print the record. */
  readonly action: Stmt | undefined;
}

/** A user function. */
export interface FunctionDef {
  readonly name: ByteString;
  readonly params: readonly ByteString[];
  readonly body: Stmt;
}

/** A whole program. */
export interface ProgramTree {
  readonly begin: readonly Stmt[];
  readonly rules: readonly Rule[];
  readonly end: readonly Stmt[];
  readonly functions: ReadonlyMap<ByteString, FunctionDef>;
}

/** An expression without the parentheses around it. */
export function ungroup(expr: Expr): Expr {
  while (expr.kind === "group") expr = expr.inner;
  return expr;
}

/** The line of the part of an expression that is evaluated last, as far as that is known before. */
export function lastLine(expr: Expr): number {
  for (;;) {
    const part = lastPart(expr);
    if (part === undefined) return expr.line;
    expr = part;
  }
}

function lastPart(expr: Expr): Expr | undefined {
  switch (expr.kind) {
    case "group":
      return expr.inner;
    case "field":
      return expr.index;
    case "index":
      return expr.key;
    case "step":
      return expr.target;
    case "unary":
      return expr.operand;
    case "assign":
      return expr.value;
    case "in":
      return expr.array;
    case "arith":
      return expr.rest.at(-1);
    case "concat":
    case "comma":
      return expr.parts.at(-1);
    case "and":
    case "or":
    case "compare":
      return expr.right;
    case "match":
      // A literal regular expression is not evaluated.
      return expr.right.kind === "regex" ? expr.left : expr.right;
    case "builtin":
      return expr.args.findLast((arg) => ungroup(arg).kind !== "regex");
    case "getline":
      return expr.source ?? expr.target;
  }
  return undefined;
}
