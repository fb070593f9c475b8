/**
 * awk tokens to a tree.
 *
 * Recursive descent for statements, precedence climbing for expressions. Which programs are
 * refused, and the line the message names, follow native: an assignment binds weakest and must
 * find an lvalue on its left, `>` and `|` end the list of `print`, a newline may follow an operator
 * but no opening parenthesis. Source of behaviour: POSIX awk grammar, BusyBox 1.35.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Ticker } from "../_lib/sequence.ts";
import type { Steps } from "../_lib/steps.ts";
import {
  type ArithOp,
  type CompareOp,
  type Expr,
  type FunctionDef,
  type ProgramTree,
  type Redirect,
  type Rule,
  type Stmt,
  ungroup,
} from "./ast.ts";
import { MSG } from "./errors.ts";
import { Lexer, type LexMode, type Token } from "./lex.ts";

/** One program text and what messages call it. */
export interface SourceText {
  readonly name: ByteString;
  readonly text: ByteString;
}

/** Parts of a program as they are collected over all of its texts. */
interface Collected {
  readonly begin: Stmt[];
  readonly rules: Rule[];
  readonly end: Stmt[];
  readonly functions: Map<ByteString, FunctionDef>;
}

const ASSIGN_OPS: ReadonlyMap<string, ArithOp | undefined> = new Map<
  string,
  ArithOp | undefined
>([
  ["=", undefined],
  ["+=", "+"],
  ["-=", "-"],
  ["*=", "*"],
  ["/=", "/"],
  ["%=", "%"],
  ["^=", "^"],
]);

const COMPARE_OPS: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "==", "!="]);

/** Tokens that begin an operand where an operator could stand too: they concatenate. */
const CONCAT_STARTS: ReadonlySet<string> = new Set([
  "NUMBER",
  "STRING",
  "NAME",
  "BUILTIN",
  "getline",
  "(",
  "$",
  "!",
  "++",
  "--",
]);

/** Words that begin no item. */
const STATEMENT_WORDS: ReadonlySet<string> = new Set([
  ...["break", "continue", "delete", "do", "else", "exit", "for", "if", "in", "next", "nextfile"],
  ...["print", "printf", "return", "while"],
]);

/** For what follows the line of a `do` instead of `while`, native has its other message. */
const WORDS_AFTER_DO: ReadonlySet<string> = new Set([
  ...STATEMENT_WORDS,
  ...["NAME", "NUMBER", "STRING", "BUILTIN", "getline", "BEGIN", "END", "EOF", "function"],
]);

/** What no statement begins with. */
const NO_STATEMENT: ReadonlySet<string> = new Set([
  ...["BEGIN", "END", "EOF", "else", "function", "in"],
]);

/** What concatenates after a bare `length`, where prefix operators are not known. */
const AFTER_LENGTH: ReadonlySet<string> = new Set([
  "NUMBER",
  "STRING",
  "NAME",
  "BUILTIN",
  "getline",
]);

/** What may follow a bare `length` besides those. */
const AFTER_LENGTH_OPS: ReadonlySet<string> = new Set([
  ...["+", "-", "*", "/", "%", "^", "~", "!~", "&&", "||", "?", ":", ",", ";", "\n", "}"],
  ...["<", "<=", ">", ">=", "==", "!="],
]);

/**
 * Parses the texts of a program, in order, into one tree.
 *
 * @param checkRegex Told each literal regular expression as it is read; throws for a bad one, which
 * native reports before any error that follows it in the text.
 * @param ticker Is told of each statement: a long program takes turns with others.
 */
export function* parseProgram(
  sources: readonly SourceText[],
  checkRegex: (source: ByteString) => void = () => {},
  ticker?: Ticker,
): Steps<ProgramTree> {
  const parts: Collected = { begin: [], rules: [], end: [], functions: new Map() };
  for (const source of sources) {
    yield* new Parser(source, parts, checkRegex, ticker).program();
  }
  return parts;
}

class Parser {
  readonly #lexer: Lexer;
  readonly #parts: Collected;
  #token: Token | undefined;
  #loops = 0;
  /** Inside the list of a `print` that no parenthesis surrounds: `>` and `|` redirect. */
  #printing = false;
  /** The last statement was ended by a newline. */
  #afterNewline = false;
  /** A `getline` of this expression that may still be given a file by `<`. */
  #pending: { source: Expr | undefined; from: "main" | "file" } | undefined;

  constructor(
    source: SourceText,
    parts: Collected,
    private readonly checkRegex: (source: ByteString) => void,
    private readonly ticker: Ticker | undefined,
  ) {
    this.#lexer = new Lexer(source.text, source.name);
    this.#parts = parts;
  }

  // -------------------------------------------------------------------------------------------
  // Tokens

  #peek(mode: LexMode = "operand"): Token {
    return this.#token ??= this.#lexer.next(mode);
  }

  #advance(): Token {
    const token = this.#token!;
    this.#token = undefined;
    return token;
  }

  #unexpected(): never {
    this.#lexer.fail(MSG.token, this.#token?.line);
  }

  /** The token that must come now. No regular expression is looked for unless the mode says so. */
  #expect(kind: string, mode: LexMode = "operator"): Token {
    const token = this.#peek(mode);
    if (token.kind === kind) return this.#advance();
    // Behind a bare `length` native takes a newline, and then misses what must come.
    if (token.kind === "\n" && token.afterLength) this.#lexer.fail(MSG.string, token.line);
    this.#unexpected();
  }

  #accept(kind: string, mode: LexMode = "operand"): boolean {
    if (this.#peek(mode).kind !== kind) return false;
    this.#advance();
    return true;
  }

  #skipNewlines(): void {
    while (this.#peek().kind === "\n") this.#advance();
  }

  // -------------------------------------------------------------------------------------------
  // Items

  *program(): Steps<void> {
    this.#skipNewlines();
    // Native has another message for a bare statement where it did not look for a semicolon before.
    let fresh = true;
    while (this.#peek().kind !== "EOF") {
      fresh = yield* this.#item(fresh);
      this.#skipNewlines();
      if (this.#accept(";")) {
        fresh = false;
        this.#skipNewlines();
      }
    }
  }

  /** Parses an item; true when it was a pattern that a newline ended. */
  *#item(fresh: boolean): Steps<boolean> {
    const token = this.#peek();
    if (token.kind === "BEGIN" || token.kind === "END") {
      this.#advance();
      if (this.#peek("operator").kind !== "{") this.#unexpected();
      const parts = token.kind === "BEGIN" ? this.#parts.begin : this.#parts.end;
      parts.push(yield* this.#block());
    } else if (token.kind === "function") {
      yield* this.#function();
    } else if (token.kind === "{") {
      this.#parts.rules.push({ pattern: undefined, last: undefined, action: yield* this.#block() });
    } else {
      if (fresh && STATEMENT_WORDS.has(token.kind)) this.#lexer.fail(MSG.string);
      return yield* this.#rule();
    }
    return false;
  }

  *#rule(): Steps<boolean> {
    let pattern = this.#expression();
    let last: Expr | undefined;
    if (pattern.kind === "comma") {
      // All but the last part, joined, is where the range begins: native reads `1,2,3` so.
      const parts = pattern.parts;
      last = parts[parts.length - 1];
      pattern = parts.length === 2
        ? parts[0]
        : { kind: "comma", parts: parts.slice(0, -1), line: pattern.line };
    }
    let action: Stmt | undefined;
    const { kind } = this.#peek("operator");
    if (kind === "{") action = yield* this.#block();
    else if (kind === ";" || kind === "\n") this.#advance();
    else if (kind !== "EOF") this.#unexpected();
    this.#parts.rules.push({ pattern, last, action });
    return kind === "\n";
  }

  *#function(): Steps<void> {
    this.#advance();
    this.#lexer.inHead = true;
    const { text: name, line } = this.#expect("NAME");
    if (!this.#accept("(", "operator")) this.#lexer.fail(MSG.token, line);
    const params: ByteString[] = [];
    if (!this.#accept(")")) {
      for (;;) {
        params.push(this.#expect("NAME").text);
        if (this.#accept(")", "operator")) break;
        this.#expect(",", "operator");
        this.#skipNewlines();
      }
    }
    this.#lexer.inHead = false;
    if (this.#parts.functions.has(name)) this.#lexer.fail(MSG.duplicateFunction);
    // Only a brace can follow, so a slash is no regular expression that may lack its end.
    while (this.#peek("operator").kind === "\n") this.#advance();
    if (this.#peek("operator").kind !== "{") this.#unexpected();
    // The name is known from here on, so that a second definition is refused at its head.
    const entry: FunctionDef = { name, params, body: { kind: "block", body: [], line: 0 } };
    this.#parts.functions.set(name, entry);
    this.#parts.functions.set(name, { name, params, body: yield* this.#block() });
  }

  // -------------------------------------------------------------------------------------------
  // Statements

  *#block(): Steps<Stmt> {
    const line = this.#expect("{").line;
    const body: Stmt[] = [];
    this.#afterNewline = false;
    for (;;) {
      this.#skipNewlines();
      if (this.#accept("}")) {
        this.#afterNewline = false;
        return { kind: "block", body, line };
      }
      body.push(yield* this.#statement());
      const waiting = this.ticker?.tick(2);
      if (waiting !== undefined) yield waiting;
    }
  }

  /** The end of a simple statement. A closing brace stays for the block. */
  #endOfStatement(): void {
    const { kind } = this.#peek("operator");
    if (kind === "}") return;
    if (kind !== ";" && kind !== "\n") this.#unexpected();
    this.#advance();
    this.#afterNewline = kind === "\n";
  }

  /** The body of a compound statement: newlines may stand before it. */
  *#body(): Steps<Stmt> {
    this.#afterNewline = this.#peek().kind === "\n";
    this.#skipNewlines();
    return yield* this.#statement();
  }

  *#loopBody(): Steps<Stmt> {
    this.#loops++;
    const body = yield* this.#body();
    this.#loops--;
    return body;
  }

  *#statement(): Steps<Stmt> {
    const token = this.#peek();
    const line = token.line;
    switch (token.kind) {
      case "{":
        return yield* this.#block();
      case ";":
        this.#advance();
        this.#afterNewline = false;
        return { kind: "block", body: [], line };
      case "if":
        return yield* this.#if();
      case "while": {
        this.#advance();
        const test = this.#condition();
        return { kind: "while", test, body: yield* this.#loopBody(), line };
      }
      case "do":
        return yield* this.#do();
      case "for":
        return yield* this.#for();
      case "print":
      case "printf":
        return this.#print(token.kind);
      case "delete":
        return this.#delete();
      case "exit":
      case "return": {
        this.#advance();
        const value = this.#optionalExpression();
        this.#endOfStatement();
        return { kind: token.kind, value, line };
      }
      case "next":
      case "nextfile":
        this.#advance();
        this.#optionalExpression();
        this.#endOfStatement();
        return { kind: token.kind, line };
      case "break":
      case "continue": {
        this.#advance();
        if (this.#loops === 0) {
          this.#lexer.fail(token.kind === "break" ? MSG.breakOutside : MSG.continueOutside);
        }
        this.#optionalExpression();
        this.#endOfStatement();
        return { kind: token.kind, line };
      }
    }
    this.#checkAfterNewline();
    const expr = this.#expression();
    this.#endOfStatement();
    return { kind: "expr", expr, line };
  }

  /** What may follow `return` and `exit`, and for native `next` and `break` as well. */
  #optionalExpression(): Expr | undefined {
    const { kind } = this.#peek();
    return kind === ";" || kind === "\n" || kind === "}" ? undefined : this.#expression();
  }

  /** Native's other message for what cannot follow a line that was a statement. */
  #checkAfterNewline(): void {
    if (this.#afterNewline && NO_STATEMENT.has(this.#peek().kind)) this.#lexer.fail(MSG.string);
  }

  #condition(): Expr {
    const { line } = this.#expect("(");
    // Native takes an empty condition for a false one.
    if (this.#accept(")")) return { kind: "number", value: 0, line };
    const test = this.#nested();
    this.#expect(")", "operator");
    return test;
  }

  *#if(): Steps<Stmt> {
    const line = this.#advance().line;
    const test = this.#condition();
    const yes = yield* this.#body();
    this.#skipNewlines();
    let no: Stmt | undefined;
    if (this.#accept("else")) no = yield* this.#body();
    return { kind: "if", test, yes, no, line };
  }

  *#do(): Steps<Stmt> {
    const line = this.#advance().line;
    const body = yield* this.#loopBody();
    this.#skipNewlines();
    const { kind } = this.#peek();
    if (this.#afterNewline && kind !== "while" && WORDS_AFTER_DO.has(kind)) {
      this.#lexer.fail(MSG.string);
    }
    this.#expect("while");
    // Native wants no end of statement here: `do x++; while (x < 3) print x` is fine.
    return { kind: "do", test: this.#condition(), body, line };
  }

  *#for(): Steps<Stmt> {
    const line = this.#advance().line;
    this.#expect("(");
    let init: Expr | undefined;
    if (this.#peek().kind !== ";") {
      init = this.#nested();
      if (init.kind === "in" && this.#accept(")", "operator")) {
        return {
          kind: "forin",
          target: ungroup(init.key),
          array: ungroup(init.array),
          body: yield* this.#loopBody(),
          line,
        };
      }
    }
    this.#expect(";", "operator");
    this.#skipNewlines();
    const test = this.#peek().kind === ";" ? undefined : this.#nested();
    this.#expect(";", "operator");
    this.#skipNewlines();
    const step = this.#peek().kind === ")" ? undefined : this.#nested();
    this.#expect(")", "operator");
    return { kind: "for", init, test, step, body: yield* this.#loopBody(), line };
  }

  #delete(): Stmt {
    const line = this.#advance().line;
    const { kind } = this.#peek();
    if (kind === ";" || kind === "\n" || kind === "}") this.#lexer.fail(MSG.fewArgs, line);
    const target = ungroup(this.#expression());
    this.#endOfStatement();
    return { kind: "delete", target, line };
  }

  #print(kind: "print" | "printf"): Stmt {
    const line = this.#advance().line;
    let args: readonly Expr[] = [];
    const first = this.#peek().kind;
    if (
      first !== ";" && first !== "\n" && first !== "}" && first !== ">" && first !== ">>" &&
      first !== "|"
    ) {
      this.#printing = true;
      const list = this.#expression();
      this.#printing = false;
      // `print (a, b)` and `print ((a, b))` are lists; `(a, b) c` is one joined value.
      args = flatten(ungroup(list));
    }
    let redirect: Redirect | undefined;
    const token = this.#peek("operator");
    if (token.kind === ">" || token.kind === ">>" || token.kind === "|") {
      this.#advance();
      this.#skipNewlines();
      // Without a name behind it, native forgets the redirection.
      const target = this.#optionalExpression();
      if (target !== undefined) redirect = { kind: token.kind, target };
    }
    this.#endOfStatement();
    return { kind, args, redirect, line };
  }

  // -------------------------------------------------------------------------------------------
  // Expressions, weakest operator first

  /** An expression of its own: what surrounds it lends neither `print` rules nor a `getline`. */
  #nested(): Expr {
    const printing = this.#printing;
    this.#printing = false;
    const expr = this.#expression();
    this.#printing = printing;
    return expr;
  }

  #expression(): Expr {
    const pending = this.#pending;
    this.#pending = undefined;
    const first = this.#assignment();
    let result = first;
    if (this.#peek("operator").kind === ",") {
      const parts = [first];
      while (this.#accept(",", "operator")) {
        this.#skipNewlines();
        parts.push(this.#assignment());
      }
      result = { kind: "comma", parts, line: first.line };
    }
    this.#pending = pending;
    return result;
  }

  #assignment(): Expr {
    let left = this.#ternary();
    for (;;) {
      const token = this.#peek("operator");
      if (ASSIGN_OPS.has(token.kind)) {
        const target = ungroup(left);
        if (!isLvalue(target)) this.#unexpected();
        this.#advance();
        this.#skipNewlines();
        const value = this.#assignment();
        return {
          kind: "assign",
          op: ASSIGN_OPS.get(token.kind),
          target,
          value,
          line: token.line,
        };
      }
      if (token.kind !== ":") return left;
      this.#advance();
      this.#skipNewlines();
      this.#ternary();
      left = { kind: "stray", line: token.line };
    }
  }

  #ternary(): Expr {
    const test = this.#or();
    const token = this.#peek("operator");
    if (token.kind !== "?") return test;
    this.#advance();
    this.#skipNewlines();
    const yes = this.#ternary();
    let no: Expr | undefined;
    if (this.#accept(":", "operator")) {
      this.#skipNewlines();
      no = this.#ternary();
    }
    return { kind: "cond", test, yes, no, line: token.line };
  }

  #or(): Expr {
    let left = this.#and();
    for (;;) {
      const token = this.#peek("operator");
      if (token.kind !== "||") return left;
      // In a list of `print` native takes the first bar for a pipe.
      if (this.#printing && !token.afterLength) this.#unexpected();
      this.#advance();
      this.#skipNewlines();
      left = { kind: "or", left, right: this.#and(), line: token.line };
    }
  }

  #and(): Expr {
    let left = this.#membership();
    for (;;) {
      const token = this.#peek("operator");
      if (token.kind !== "&&") return left;
      this.#advance();
      this.#skipNewlines();
      left = { kind: "and", left, right: this.#membership(), line: token.line };
    }
  }

  #membership(): Expr {
    let left = this.#match();
    for (;;) {
      const token = this.#peek("operator");
      if (token.kind !== "in") return left;
      this.#advance();
      this.#skipNewlines();
      left = { kind: "in", key: left, array: this.#match(), line: token.line };
    }
  }

  #match(): Expr {
    let left = this.#comparison();
    for (;;) {
      const token = this.#peek("operator");
      if (token.kind !== "~" && token.kind !== "!~") return left;
      this.#advance();
      this.#skipNewlines();
      const right = ungroup(this.#comparison());
      left = { kind: "match", negated: token.kind === "!~", left, right, line: token.line };
    }
  }

  #comparison(): Expr {
    let left = this.#pipe();
    for (;;) {
      const token = this.#peek("operator");
      if (!COMPARE_OPS.has(token.kind)) return left;
      if (this.#printing && !token.afterLength && token.kind[0] === ">") {
        if (token.kind === ">=") this.#unexpected();
        return left;
      }
      this.#advance();
      this.#skipNewlines();
      const pending = token.kind === "<" ? this.#pending : undefined;
      if (pending !== undefined) {
        // The file belongs to the getline, however deep in `left` that stands.
        this.#pending = undefined;
        pending.source = this.#concat();
        pending.from = "file";
        continue;
      }
      const right = this.#pipe();
      left = { kind: "compare", op: token.kind as CompareOp, left, right, line: token.line };
    }
  }

  #pipe(): Expr {
    let left = this.#concat();
    for (;;) {
      const token = this.#peek("operator");
      if (token.kind !== "|" || this.#printing) return left;
      this.#advance();
      // No operand can stand here, so a slash is no regular expression that may lack its end.
      while (this.#peek("operator").kind === "\n") this.#advance();
      this.#expect("getline", "operator");
      const target = this.#getlineTarget();
      const node: Expr = {
        kind: "getline",
        from: "command",
        target,
        source: left,
        line: token.line,
      };
      left = this.#afterOperand(node, target !== undefined);
    }
  }

  /** What native lets follow `cmd | getline x`: operators that bind tighter than the pipe. */
  #afterOperand(node: Expr, postfix: boolean): Expr {
    return this.#concatFrom(
      this.#additiveFrom(this.#termFrom(this.#powerFrom(this.#stepFrom(node, postfix)))),
    );
  }

  #concat(): Expr {
    return this.#concatFrom(this.#additive());
  }

  #concatFrom(first: Expr): Expr {
    let parts: Expr[] | undefined;
    while (CONCAT_STARTS.has(this.#peek("operator").kind)) {
      parts ??= [first];
      parts.push(this.#additive());
    }
    return parts === undefined ? first : { kind: "concat", parts, line: first.line };
  }

  #additive(): Expr {
    return this.#additiveFrom(this.#term());
  }

  #additiveFrom(first: Expr): Expr {
    return this.#chain(first, "+", "-", "-", () => this.#term());
  }

  #term(): Expr {
    return this.#termFrom(this.#unary());
  }

  #termFrom(first: Expr): Expr {
    return this.#chain(first, "*", "/", "%", () => this.#unary());
  }

  #chain(first: Expr, a: ArithOp, b: ArithOp, c: ArithOp, operand: () => Expr): Expr {
    let ops: ArithOp[] | undefined;
    let rest: Expr[] | undefined;
    for (;;) {
      const token = this.#peek("operator");
      if (token.kind !== a && token.kind !== b && token.kind !== c) break;
      this.#advance();
      this.#skipNewlines();
      (ops ??= []).push(token.kind as ArithOp);
      (rest ??= []).push(operand());
    }
    if (ops === undefined || rest === undefined) return first;
    return { kind: "arith", first, ops, rest, line: first.line };
  }

  #unary(): Expr {
    const token = this.#peek();
    if (token.kind !== "!" && token.kind !== "-" && token.kind !== "+") return this.#power();
    this.#advance();
    return { kind: "unary", op: token.kind, operand: this.#unary(), line: token.line };
  }

  #power(): Expr {
    return this.#powerFrom(this.#postfix());
  }

  #powerFrom(base: Expr): Expr {
    const token = this.#peek("operator");
    if (token.kind !== "^") return base;
    this.#advance();
    this.#skipNewlines();
    // Right-associative; the exponent may have a sign of its own.
    const exponent = this.#unary();
    return { kind: "arith", first: base, ops: ["^"], rest: [exponent], line: token.line };
  }

  #postfix(): Expr {
    const operand = this.#operand();
    return this.#stepFrom(operand.expr, operand.postfix);
  }

  #stepFrom(expr: Expr, allowed: boolean): Expr {
    if (!allowed) return expr;
    const token = this.#peek("operator");
    if (token.kind !== "++" && token.kind !== "--") return expr;
    this.#advance();
    return {
      kind: "step",
      by: token.kind === "++" ? 1 : -1,
      prefix: false,
      target: ungroup(expr),
      line: token.line,
    };
  }

  /** An operand with its prefixes `$ ++ --`, and whether a postfix operator may follow. */
  #operand(): { expr: Expr; postfix: boolean } {
    const token = this.#peek();
    const line = token.line;
    switch (token.kind) {
      case "NUMBER":
        this.#advance();
        return { expr: { kind: "number", value: token.number, line }, postfix: false };
      case "STRING":
        this.#advance();
        return { expr: { kind: "string", value: token.text, line }, postfix: false };
      case "REGEX":
        return this.#regex();
      case "(":
        return { expr: this.#group(), postfix: true };
      case "$": {
        this.#advance();
        const inner = this.#prefixOperand();
        return { expr: { kind: "field", index: inner.expr, line }, postfix: inner.postfix };
      }
      case "++":
      case "--": {
        this.#advance();
        const next = this.#peek("operator").kind;
        if (next !== "NAME" && next !== "$" && next !== "++" && next !== "--") this.#unexpected();
        if (next === "NAME" && this.#lexer.callFollows) this.#unexpected();
        const inner = this.#operand();
        const by = token.kind === "++" ? 1 : -1;
        return {
          expr: { kind: "step", by, prefix: true, target: inner.expr, line },
          postfix: inner.postfix,
        };
      }
      case "getline":
        return this.#getline();
      case "BUILTIN":
        return this.#builtin();
      case "NAME":
        return { expr: this.#name(), postfix: true };
    }
    this.#unexpected();
  }

  /** The operand of `$` and of `getline`: an operand, or a unary operator with its own. */
  #prefixOperand(): { expr: Expr; postfix: boolean } {
    const { kind } = this.#peek();
    if (kind === "!" || kind === "-" || kind === "+") {
      return { expr: this.#unary(), postfix: false };
    }
    return this.#operand();
  }

  #regex(): { expr: Expr; postfix: boolean } {
    const token = this.#advance();
    this.checkRegex(token.text);
    const expr: Expr = { kind: "regex", source: token.text, line: token.line };
    const next = this.#peek("operator").kind;
    if (next === "++" || next === "--" || !CONCAT_STARTS.has(next)) return { expr, postfix: true };
    // Native drops what is concatenated right after a regular expression.
    return { expr, postfix: this.#prefixOperand().postfix };
  }

  #group(): Expr {
    const line = this.#advance().line;
    if (this.#peek().kind === ")") this.#lexer.fail(MSG.emptySequence);
    const inner = this.#nested();
    this.#expect(")", "operator");
    return { kind: "group", inner, line };
  }

  #name(): Expr {
    const token = this.#advance();
    const line = token.line;
    const name = token.text;
    if (this.#lexer.callFollows) {
      this.#peek();
      return { kind: "call", name, args: this.#arguments(), line };
    }
    if (this.#peek("operator").kind !== "[") return { kind: "var", name, line };
    this.#advance();
    let key: Expr | undefined;
    if (this.#peek().kind !== "]") key = this.#nested();
    this.#expect("]", "operator");
    return { kind: "index", name, key, line };
  }

  /** A list in parentheses. */
  #arguments(): readonly Expr[] {
    this.#expect("(");
    if (this.#accept(")")) return [];
    const list = this.#nested();
    this.#expect(")", "operator");
    return flatten(list);
  }

  #builtin(): { expr: Expr; postfix: boolean } {
    const token = this.#advance();
    const { line, text: name } = token;
    if (name === "length") {
      const next = this.#peek("after-length").kind;
      if (next !== "(") {
        if (!AFTER_LENGTH.has(next) && !AFTER_LENGTH_OPS.has(next)) this.#unexpected();
        return { expr: { kind: "builtin", name, args: [], line }, postfix: false };
      }
    }
    return { expr: { kind: "builtin", name, args: this.#arguments(), line }, postfix: true };
  }

  #getline(): { expr: Expr; postfix: boolean } {
    const { line } = this.#advance();
    const target = this.#getlineTarget();
    const expr: Expr & { kind: "getline" } = {
      kind: "getline",
      from: "main",
      target,
      source: undefined,
      line,
    };
    this.#pending = expr as { source: Expr | undefined; from: "main" | "file" };
    return { expr, postfix: target !== undefined };
  }

  #getlineTarget(): Expr | undefined {
    if (!CONCAT_STARTS.has(this.#peek("operator").kind)) return undefined;
    return ungroup(this.#prefixOperand().expr);
  }
}

function isLvalue(expr: Expr): boolean {
  return expr.kind === "var" || expr.kind === "index" || expr.kind === "field";
}

/** The parts of a comma list, or the one expression. */
function flatten(expr: Expr): readonly Expr[] {
  return expr.kind === "comma" ? expr.parts : [expr];
}
