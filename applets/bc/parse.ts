/**
 * bc statements to code for the machine of `run.ts`.
 *
 * One statement at a time is parsed and then run, because what it does (`ibase = 16`) changes how the
 * next one is read. Source of behaviour: POSIX bc grammar, BusyBox 1.35: which texts are refused, and
 * with which words.
 *
 * @module
 */
import { BcError, Lexer, type Token } from "./lex.ts";

/** A place that can be assigned. */
export type Place =
  | { readonly kind: "var"; readonly name: string }
  /** The index is on the stack. */
  | { readonly kind: "element"; readonly name: string }
  | { readonly kind: "scale" | "ibase" | "obase" | "last" };

/** Binary operators. */
export type BinaryOp =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "^"
  | "<"
  | "<="
  | ">"
  | ">="
  | "=="
  | "!="
  | "&&"
  | "||";

/** One instruction. Operands come from the stack, results go there. */
export type Instruction =
  | { readonly op: "number"; readonly text: string }
  | { readonly op: "load"; readonly place: Place }
  /** A whole array, as an argument. */
  | { readonly op: "array"; readonly name: string }
  | { readonly op: "binary"; readonly by: BinaryOp }
  | { readonly op: "negate" | "not" | "sqrt" | "length" | "scaleOf" | "read" }
  /** Assigns the top of the stack, combined with the old value by `by`. */
  | { readonly op: "assign"; readonly place: Place; readonly by: BinaryOp | undefined }
  | { readonly op: "step"; readonly place: Place; readonly by: 1n | -1n; readonly prefix: boolean }
  | { readonly op: "call"; readonly name: string; readonly count: number }
  | { readonly op: "show"; readonly newline: boolean }
  | { readonly op: "pop" }
  | { readonly op: "string"; readonly text: string; readonly escapes: boolean }
  | { readonly op: "jump" | "jumpIfZero"; to: number }
  | { readonly op: "return"; readonly value: boolean }
  | { readonly op: "halt" | "limits" };

/** A parameter or `auto` variable. */
export interface Local {
  readonly name: string;
  readonly kind: "scalar" | "array" | "reference";
}

/** A function. */
export interface BcFunction {
  readonly name: string;
  readonly params: readonly Local[];
  readonly autos: readonly Local[];
  readonly code: readonly Instruction[];
  readonly isVoid: boolean;
}

/** What was parsed. */
export type Parsed =
  | { readonly kind: "code"; readonly code: readonly Instruction[] }
  | { readonly kind: "function"; readonly definition: BcFunction }
  | { readonly kind: "quit" }
  | { readonly kind: "end" };

const COMPARISONS: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "==", "!="]);
const ASSIGNMENTS: ReadonlySet<string> = new Set(["=", "+=", "-=", "*=", "/=", "%=", "^="]);
const BINARY: ReadonlySet<string> = new Set([
  ...COMPARISONS,
  ...ASSIGNMENTS,
  ...["+", "*", "/", "%", "^", "&&", "||"],
]);
/** Tokens after which `return` has no value. */
const ENDS: ReadonlySet<string> = new Set(["NEWLINE", "EOF", ";", "}", ")", "]", ",", "else"]);
/** Tokens that would belong to an expression and cannot. */
const CONTINUES: ReadonlySet<string> = new Set([
  ...["NUMBER", "NAME", "(", "[", "!", "scale", "ibase", "obase", "last", "length", "sqrt", "read"],
]);
/** What may stand behind `++`. */
const PLACES: ReadonlySet<string> = new Set(["NAME", "scale", "ibase", "obase", "last", "("]);
const BAD_ASSIGNMENT = "bad assignment: left side must be variable or array element";
/** Parentheses and blocks inside each other. */
const MAX_DEPTH = 400;

/** `quit` takes effect when it is read, wherever it stands. */
class Quit extends Error {}

interface Loop {
  readonly breaks: { to: number }[];
  readonly continues: { to: number }[];
}

/** What an expression was, for what may follow it. */
interface Shape {
  readonly place: Place | undefined;
  /** An assignment: its value is not shown. */
  readonly assigned: boolean;
  /** It stood in parentheses, even if what it says is now something else (BusyBox). */
  readonly grouped: boolean;
}

const VALUE: Shape = { place: undefined, assigned: false, grouped: false };

/** Parses statements of one text. */
export class Parser {
  readonly lexer: Lexer;
  #token: Token | undefined;
  /** Where the token before this one began. */
  #lastAt = 0;
  #lastKind = "";
  #endLine = 1;
  #code: Instruction[] = [];
  #loops: Loop[] = [];
  #function: { readonly isVoid: boolean } | undefined;
  #depth = 0;
  /** The expression has a comparison; that is said once. */
  #compared = false;
  /** Comparisons are no extension here. */
  #condition = false;
  /** What is wrong with the expression, where native notices only at its end. */
  #late: string | undefined;

  /** @param posix Told of what POSIX does not have. */
  constructor(private readonly posix: (message: string, line?: number) => void) {
    this.lexer = new Lexer(posix);
  }

  #peek(): Token {
    return this.#token ??= this.lexer.next();
  }

  #advance(): Token {
    const token = this.#peek();
    this.#token = undefined;
    this.#lastAt = token.at;
    this.#lastKind = token.kind;
    return token;
  }

  #accept(kind: string): boolean {
    if (this.#peek().kind !== kind) return false;
    this.#advance();
    return true;
  }

  #fail(message: string): never {
    const { kind, at } = this.#peek();
    // Where the text ends without a newline native shows what stood before.
    throw new BcError(`${message} at '${this.lexer.rest(kind === "EOF" ? this.#lastAt : at)}'`);
  }

  #expect(kind: string, message: string): void {
    if (!this.#accept(kind)) this.#fail(message);
  }

  #emit(instruction: Instruction): number {
    this.#code.push(instruction);
    return this.#code.length - 1;
  }

  /** Drops what was being parsed, to begin again from an index of the text. */
  reset(at: number, line: number): void {
    this.lexer.at = at;
    this.lexer.line = line;
    this.#token = undefined;
    this.#code = [];
    this.#loops = [];
    this.#function = undefined;
    this.#depth = 0;
    this.#condition = false;
    this.#late = undefined;
  }

  /** The next statement with its terminator, or a function. */
  next(): Parsed {
    this.#code = [];
    try {
      while (this.#peek().kind === "NEWLINE" || this.#peek().kind === ";") this.#advance();
      const { kind } = this.#peek();
      if (kind === "EOF") return { kind: "end" };
      if (kind === "define") {
        const definition = this.#define();
        this.#terminator();
        return { kind: "function", definition };
      }
      this.#statement();
      this.#terminator();
      return { kind: "code", code: this.#code };
    } catch (error) {
      if (error instanceof Quit) return { kind: "quit" };
      throw error;
    }
  }

  /** The line that messages name: that of the token at hand, or where the last statement ended. */
  get line(): number {
    return this.#token?.line ?? this.#endLine;
  }

  #terminator(): void {
    const { kind, line } = this.#peek();
    this.#endLine = line;
    if (kind === "EOF") return;
    if (kind !== "NEWLINE" && kind !== ";") this.#fail("bad statement terminator");
    this.#advance();
  }

  // -------------------------------------------------------------------------------------------
  // Statements

  #deeper(): void {
    if (++this.#depth > MAX_DEPTH) throw new BcError("nesting too deep");
  }

  #statement(): void {
    this.#deeper();
    this.#anyStatement();
    this.#depth--;
  }

  #anyStatement(): void {
    const token = this.#peek();
    switch (token.kind) {
      case "{":
        this.#advance();
        this.#block();
        return;
      case "STRING":
        this.#advance();
        this.#emit({ op: "string", text: token.text, escapes: false });
        return;
      case "print":
        return this.#print();
      case "if":
        return this.#if();
      case "while":
        return this.#while();
      case "for":
        return this.#for();
      case "break":
      case "continue": {
        const loop = this.#loops[this.#loops.length - 1];
        if (loop === undefined) this.#fail("bad token");
        this.#advance();
        const jump = { op: "jump" as const, to: -1 };
        this.#emit(jump);
        (token.kind === "break" ? loop.breaks : loop.continues).push(jump);
        return;
      }
      case "return":
        return this.#return();
      case "quit":
        throw new Quit();
      case "halt":
      case "limits":
        this.#advance();
        this.#emit({ op: token.kind });
        return;
      case "NUMBER":
      case "NAME":
      case "(":
      case "-":
      case "!":
      case "++":
      case "--":
      case "scale":
      case "ibase":
      case "obase":
      case "last":
      case "length":
      case "sqrt":
      case "read": {
        const shape = this.#expression();
        this.#emit(shape.assigned ? { op: "pop" } : { op: "show", newline: true });
        return;
      }
    }
    this.#fail("bad token");
  }

  #block(): void {
    for (;;) {
      while (this.#peek().kind === "NEWLINE" || this.#peek().kind === ";") this.#advance();
      if (this.#accept("}")) return;
      this.#statement();
      const { kind } = this.#peek();
      if (kind === "}") continue;
      if (kind === "EOF") this.#fail("bad token");
      if (kind !== "NEWLINE" && kind !== ";") this.#fail("bad statement terminator");
    }
  }

  #print(): void {
    this.#advance();
    do {
      const token = this.#peek();
      if (token.kind === "STRING") {
        this.#advance();
        this.#emit({ op: "string", text: token.text, escapes: true });
      } else {
        this.#expression();
        this.#emit({ op: "show", newline: false });
      }
    } while (this.#accept(","));
  }

  #inParentheses(): void {
    this.#expect("(", "bad token");
    const outside = this.#condition;
    this.#condition = true;
    this.#expression();
    this.#condition = outside;
    this.#expect(")", "bad token");
  }

  #body(word: string): void {
    // One newline may stand before it.
    this.#accept("NEWLINE");
    if (this.#peek().kind === "NEWLINE") throw new BcError(`no statement after '${word}'`);
    // A semicolon alone is an empty body; it stays as the terminator.
    if (this.#peek().kind === ";") return;
    this.#statement();
  }

  #if(): void {
    this.#advance();
    this.#inParentheses();
    const skip = { op: "jumpIfZero" as const, to: -1 };
    this.#emit(skip);
    this.#body("if");
    if (!this.#accept("else")) {
      skip.to = this.#code.length;
      return;
    }
    const over = { op: "jump" as const, to: -1 };
    this.#emit(over);
    skip.to = this.#code.length;
    this.#body("else");
    over.to = this.#code.length;
  }

  #loop(body: () => void, next: () => void, start: number, out: { to: number }[]): void {
    const loop: Loop = { breaks: [], continues: [] };
    this.#loops.push(loop);
    body();
    this.#loops.pop();
    const again = this.#code.length;
    next();
    this.#emit({ op: "jump", to: start });
    for (const jump of loop.continues) jump.to = again;
    for (const jump of [...loop.breaks, ...out]) jump.to = this.#code.length;
  }

  #while(): void {
    this.#advance();
    const start = this.#code.length;
    this.#inParentheses();
    const out = { op: "jumpIfZero" as const, to: -1 };
    this.#emit(out);
    this.#loop(() => this.#body("while"), () => {}, start, [out]);
  }

  #for(): void {
    this.#advance();
    this.#expect("(", "bad token");
    this.#optional("init", ";");
    this.#expect(";", "bad token");
    const start = this.#code.length;
    const out: { to: number }[] = [];
    if (this.#peek().kind === ";") {
      this.posix("POSIX does not allow an empty condition expression in 'for()'");
    } else {
      const outside = this.#condition;
      this.#condition = true;
      this.#expression();
      this.#condition = outside;
      const jump = { op: "jumpIfZero" as const, to: -1 };
      this.#emit(jump);
      out.push(jump);
    }
    this.#expect(";", "bad token");
    // The update stands before the body and runs after it.
    const before = this.#code;
    this.#code = [];
    this.#optional("update", ")");
    const update = this.#code;
    this.#code = before;
    this.#expect(")", "bad token");
    this.#loop(() => this.#body("for"), () => this.#code.push(...update), start, out);
  }

  #optional(what: string, end: string): void {
    if (this.#peek().kind === end) {
      this.posix(`POSIX does not allow an empty ${what} expression in 'for()'`);
      return;
    }
    this.#expression();
    this.#emit({ op: "pop" });
  }

  #return(): void {
    if (this.#function === undefined) throw new BcError("'return' not in a function");
    this.#advance();
    if (ENDS.has(this.#peek().kind)) {
      this.#emit({ op: "return", value: false });
      return;
    }
    if (this.#peek().kind !== "(") {
      this.posix("POSIX requires parentheses around return expressions");
    }
    this.#expression();
    this.#emit({ op: "return", value: true });
  }

  // -------------------------------------------------------------------------------------------
  // Functions

  #define(): BcFunction {
    const bad = "bad function definition";
    this.#advance();
    let name = this.#peek();
    this.#expect("NAME", bad);
    let isVoid = false;
    if (name.text === "void" && this.#peek().kind === "NAME") {
      isVoid = true;
      name = this.#advance();
    }
    this.#expect("(", bad);
    const params: Local[] = [];
    if (!this.#accept(")")) {
      do params.push(this.#local(bad, true)); while (this.#accept(","));
      this.#expect(")", bad);
    }
    checkNames(params);
    const { kind, line } = this.#peek();
    if (kind === "NEWLINE") {
      this.posix("POSIX requires the left brace be on the same line as the function header", line);
    }
    while (this.#peek().kind === "NEWLINE") this.#advance();
    if (!this.#accept("{")) throw new BcError("function { body } expected");
    this.#function = { isVoid };
    while (this.#peek().kind === "NEWLINE" || this.#peek().kind === ";") this.#advance();
    const autos: Local[] = [];
    if (this.#accept("auto")) {
      do autos.push(this.#local("bad 'auto' syntax", false)); while (this.#accept(","));
      checkNames([...params, ...autos]);
      const { kind } = this.#peek();
      if (kind !== "NEWLINE" && kind !== ";" && kind !== "}") this.#fail("bad 'auto' syntax");
    }
    this.#block();
    this.#function = undefined;
    return { name: name.text, params, autos, code: this.#code, isVoid };
  }

  #local(message: string, mayRefer: boolean): Local {
    const reference = mayRefer && this.#accept("*");
    if (reference) this.posix("POSIX does not allow references");
    const { text } = this.#peek();
    this.#expect("NAME", message);
    if (!this.#accept("[")) {
      if (reference) throw new BcError("vars can't be references");
      return { name: text, kind: "scalar" };
    }
    this.#expect("]", message);
    return { name: text, kind: reference ? "reference" : "array" };
  }

  // -------------------------------------------------------------------------------------------
  // Expressions

  /** A whole expression. */
  #expression(): Shape {
    const late = this.#late;
    this.#late = undefined;
    this.#compared = false;
    this.#deeper();
    const shape = this.#boolean();
    this.#depth--;
    if (this.#late !== undefined) this.#fail(this.#late);
    if (CONTINUES.has(this.#peek().kind)) this.#fail("bad expression");
    this.#late = late;
    return shape;
  }

  /** `&&` and `||`, which bind alike, from the left (BusyBox). */
  #boolean(): Shape {
    let shape = this.#comparison();
    for (;;) {
      const { kind } = this.#peek();
      if (kind !== "&&" && kind !== "||") return shape;
      this.#advance();
      this.#comparison();
      this.#emit({ op: "binary", by: kind });
      shape = VALUE;
    }
  }

  #comparison(): Shape {
    let shape = this.#assignment();
    for (let count = 0;; count++) {
      const { kind } = this.#peek();
      if (!COMPARISONS.has(kind)) return shape;
      if (!this.#condition && !this.#compared) {
        this.#compared = true;
        this.posix("POSIX does not allow comparison operators outside if or loops");
      } else if (this.#condition && count > 0) {
        this.posix("POSIX requires exactly one comparison operator per condition");
      }
      this.#advance();
      this.#assignment();
      this.#emit({ op: "binary", by: kind as BinaryOp });
      shape = VALUE;
    }
  }

  #assignment(): Shape {
    const shape = this.#sum();
    const { kind } = this.#peek();
    if (!ASSIGNMENTS.has(kind)) return shape;
    const { place } = shape;
    if (place === undefined) {
      if (!PLACES.has(this.#lastKind) && this.#lastKind !== "]") this.#fail(BAD_ASSIGNMENT);
      // What stands right before it could be assigned: native sees only at the end that it is not.
      this.#late = BAD_ASSIGNMENT;
      this.#advance();
      this.#assignment();
      return VALUE;
    }
    this.#advance();
    // The load that the left side was compiled to is not wanted; its index stays.
    this.#code.pop();
    this.#assignment();
    const by = kind === "=" ? undefined : kind.slice(0, -1) as BinaryOp;
    this.#emit({ op: "assign", place, by });
    return { place: undefined, assigned: !shape.grouped, grouped: false };
  }

  #chain(operators: readonly string[], operand: () => Shape): Shape {
    let shape = operand();
    for (;;) {
      const { kind } = this.#peek();
      if (!operators.includes(kind)) return shape;
      this.#advance();
      operand();
      this.#emit({ op: "binary", by: kind as BinaryOp });
      shape = VALUE;
    }
  }

  #sum(): Shape {
    return this.#chain(["+", "-"], () => this.#product());
  }

  #product(): Shape {
    return this.#chain(["*", "/", "%"], () => this.#power());
  }

  #power(): Shape {
    const shape = this.#unary();
    if (this.#peek().kind !== "^") return shape;
    this.#advance();
    this.#deeper();
    this.#power();
    this.#depth--;
    this.#emit({ op: "binary", by: "^" });
    return VALUE;
  }

  #unary(): Shape {
    const { kind } = this.#peek();
    if (kind === "-") {
      this.#advance();
      if (this.#peek().kind === "!") this.#fail("bad expression");
      this.#deeper();
      this.#unary();
      this.#depth--;
      this.#emit({ op: "negate" });
      return VALUE;
    }
    if (kind === "!") {
      this.#advance();
      this.#deeper();
      this.#unary();
      this.#depth--;
      this.#emit({ op: "not" });
      return VALUE;
    }
    if (kind === "++" || kind === "--") {
      this.#advance();
      if (!PLACES.has(this.#peek().kind)) this.#fail("bad token");
      const shape = this.#operand();
      if (shape.place === undefined) this.#fail(BAD_ASSIGNMENT);
      this.#code.pop();
      this.#emit({ op: "step", place: shape.place, by: kind === "++" ? 1n : -1n, prefix: true });
      return VALUE;
    }
    return this.#postfix();
  }

  #postfix(): Shape {
    const shape = this.#operand();
    const { kind } = this.#peek();
    if (kind !== "++" && kind !== "--") return shape;
    if (shape.place === undefined) {
      if (this.#code[this.#code.length - 1]?.op === "step") {
        this.#fail(BAD_ASSIGNMENT);
      }
      this.#advance();
      this.#fail("bad token");
    }
    this.#advance();
    this.#code.pop();
    this.#emit({ op: "step", place: shape.place, by: kind === "++" ? 1n : -1n, prefix: false });
    const again = this.#peek().kind;
    if (again === "++" || again === "--") {
      this.#fail(BAD_ASSIGNMENT);
    }
    return VALUE;
  }

  #operand(): Shape {
    const token = this.#peek();
    switch (token.kind) {
      case "NUMBER":
        this.#advance();
        this.#emit({ op: "number", text: token.text });
        return VALUE;
      case "NAME":
        this.#advance();
        return this.#name(token.text);
      case "(": {
        this.#advance();
        const shape = this.#expression();
        this.#expect(")", "bad expression");
        return { place: shape.place, assigned: false, grouped: true };
      }
      case "scale":
        this.#advance();
        if (this.#accept("(")) {
          this.#expression();
          this.#expect(")", "bad expression");
          this.#emit({ op: "scaleOf" });
          return VALUE;
        }
        return this.#load({ kind: "scale" });
      case "ibase":
      case "obase":
      case "last":
        this.#advance();
        return this.#load({ kind: token.kind });
      case "length":
      case "sqrt":
        this.#advance();
        this.#expect("(", "bad token");
        if (token.kind === "length") this.#argument();
        else this.#expression();
        this.#expect(")", "bad expression");
        this.#emit({ op: token.kind });
        return VALUE;
      case "read":
        this.#advance();
        this.#expect("(", "bad token");
        this.#expect(")", "bad token");
        this.#emit({ op: "read" });
        return VALUE;
    }
    if (BINARY.has(token.kind)) {
      // Native pushes operator on operator and counts the operands at the end.
      this.#advance();
      this.#late = "bad expression";
      return this.#operand();
    }
    this.#fail("bad expression");
  }

  #load(place: Place): Shape {
    this.#emit({ op: "load", place });
    return { place, assigned: false, grouped: false };
  }

  #name(name: string): Shape {
    const { kind } = this.#peek();
    if (kind === "[") {
      this.#advance();
      if (this.#peek().kind === "]") this.#fail("bad expression");
      this.#expression();
      // Native does not miss the bracket at the end of a line.
      if (!this.#accept("]") && this.#peek().kind !== "NEWLINE") this.#fail("bad expression");
      return this.#load({ kind: "element", name });
    }
    if (kind !== "(") return this.#load({ kind: "var", name });
    this.#advance();
    let count = 0;
    if (!this.#accept(")")) {
      do {
        this.#argument();
        count++;
      } while (this.#accept(","));
      this.#expect(")", "bad expression");
    }
    this.#emit({ op: "call", name, count });
    return VALUE;
  }

  /** An argument: an expression, or a whole array. */
  #argument(): void {
    const token = this.#peek();
    if (token.kind === "NAME" && /^[ \t]*\[[ \t]*\]/.test(this.lexer.rest(this.lexer.at))) {
      this.#advance();
      this.#advance();
      this.#advance();
      this.#emit({ op: "array", name: token.text });
      return;
    }
    this.#expression();
  }
}

function checkNames(locals: readonly Local[]): void {
  const seen = new Set<string>();
  for (const { name, kind } of locals) {
    const key = kind === "scalar" ? name : `${name}[`;
    if (seen.has(key)) throw new BcError("duplicate function parameter or auto name");
    seen.add(key);
  }
}
