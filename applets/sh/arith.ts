/**
 * Shell arithmetic: `$((…))`, `let`, `${x:o:l}`. POSIX 2.6.4 with C's operators and `**`, in 64
 * bits. Behaviour was observed on BusyBox 1.35 ash, whose evaluator differs from C in three ways
 * that scripts can see: both sides of `&& || ?:` are always evaluated, a plain variable on the left
 * of an operator is read after the right side has run, and unary minus binds tighter than `**`.
 *
 * Text is compiled to closures once. Values are JS numbers while they are safe integers, and
 * BigInt beyond.
 *
 * @module
 */

import { ArithError } from "./errors.ts";
import { NameRef } from "./vars.ts";

/** A value: a number when it is a safe integer, else a bigint in the range of `int64_t`. */
export type Num = number | bigint;

/** What expressions need of the shell. */
export interface ArithHost {
  /** The value of a variable as a number; a text is an expression itself. */
  readNumber(ref: NameRef): Num;
  writeNumber(ref: NameRef, value: Num): void;
}

/** A compiled expression. */
export type Expression = (host: ArithHost) => Num;

const SYNTAX = "arithmetic syntax error";
const MAX = Number.MAX_SAFE_INTEGER;
/** How deep parentheses, assignments and signs may nest. */
const MAX_DEPTH = 300;

/** Reduces a bigint to 64 bits, and to a number when that is exact. */
export function wrap(value: bigint): Num {
  const v = BigInt.asIntN(64, value);
  return v <= 9007199254740991n && v >= -9007199254740991n ? Number(v) : v;
}

interface Node {
  readonly run: Expression;
  /** Set for a bare variable: only that can be assigned to. */
  readonly ref?: NameRef;
}

type Binary = (a: Num, b: Num) => Num;

function isInt32(a: Num, b: Num): boolean {
  return typeof a === "number" && typeof b === "number" && (a | 0) === a && (b | 0) === b;
}

function power(a: Num, b: Num): Num {
  if (b < 0) throw new ArithError("exponent less than 0");
  let base = BigInt.asIntN(64, BigInt(a));
  let left = BigInt(b);
  let result = 1n;
  while (left > 0n) {
    if (left & 1n) result = BigInt.asIntN(64, result * base);
    base = BigInt.asIntN(64, base * base);
    left >>= 1n;
  }
  return wrap(result);
}

function divide(a: Num, b: Num): Num {
  if (b === 0) throw new ArithError("divide by zero");
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return wrap(BigInt(a) / BigInt(b));
}

function remainder(a: Num, b: Num): Num {
  if (b === 0) throw new ArithError("divide by zero");
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return wrap(BigInt(a) % BigInt(b));
}

/** Doubles divide safe integers exactly enough for truncation only below 2^53 / 2. */
function exactDivide(a: Num, b: Num): Num {
  if (typeof a === "number" && (a > 2 ** 51 || a < -(2 ** 51)) && b !== 0) {
    return wrap(BigInt(a) / BigInt(b));
  }
  return divide(a, b);
}

/** The sum in 64 bits. */
export function add(a: Num, b: Num): Num {
  if (typeof a === "number" && typeof b === "number") {
    const s = a + b;
    if (s <= MAX && s >= -MAX) return s;
  }
  return wrap(BigInt(a) + BigInt(b));
}

/** The difference in 64 bits. */
export function subtract(a: Num, b: Num): Num {
  if (typeof a === "number" && typeof b === "number") {
    const s = a - b;
    if (s <= MAX && s >= -MAX) return s;
  }
  return wrap(BigInt(a) - BigInt(b));
}

function multiply(a: Num, b: Num): Num {
  if (typeof a === "number" && typeof b === "number") {
    const s = a * b;
    if (s <= MAX && s >= -MAX) return s + 0;
  }
  return wrap(BigInt(a) * BigInt(b));
}

/** Binary operators with their precedences. */
export const BINARY: ReadonlyMap<string, { readonly prec: number; readonly run: Binary }> = new Map<
  string,
  { prec: number; run: Binary }
>([
  ["||", { prec: 1, run: (a, b) => Number(Boolean(a) || Boolean(b)) }],
  ["&&", { prec: 2, run: (a, b) => Number(Boolean(a) && Boolean(b)) }],
  ["|", {
    prec: 3,
    run: (a, b) => isInt32(a, b) ? (a as number) | (b as number) : wrap(BigInt(a) | BigInt(b)),
  }],
  ["^", {
    prec: 4,
    run: (a, b) => isInt32(a, b) ? (a as number) ^ (b as number) : wrap(BigInt(a) ^ BigInt(b)),
  }],
  ["&", {
    prec: 5,
    run: (a, b) => isInt32(a, b) ? (a as number) & (b as number) : wrap(BigInt(a) & BigInt(b)),
  }],
  ["==", { prec: 6, run: (a, b) => Number(a === b) }],
  ["!=", { prec: 6, run: (a, b) => Number(a !== b) }],
  ["<", { prec: 7, run: (a, b) => Number(a < b) }],
  ["<=", { prec: 7, run: (a, b) => Number(a <= b) }],
  [">", { prec: 7, run: (a, b) => Number(a > b) }],
  [">=", { prec: 7, run: (a, b) => Number(a >= b) }],
  // The machine takes the shift count modulo 64.
  ["<<", { prec: 8, run: (a, b) => wrap(BigInt(a) << (BigInt(b) & 63n)) }],
  [">>", { prec: 8, run: (a, b) => wrap(BigInt(a) >> (BigInt(b) & 63n)) }],
  ["+", { prec: 9, run: add }],
  ["-", { prec: 9, run: subtract }],
  ["*", { prec: 10, run: multiply }],
  ["/", { prec: 10, run: exactDivide }],
  ["%", { prec: 10, run: remainder }],
  ["**", { prec: 11, run: power }],
]);

const ASSIGN = /^(?:[-+*/%|&^]|<<|>>)?=$/;

/** One token: a name, a number, an operator, or the end. */
export const TOKEN: RegExp =
  /[ \t\n\r]*(?:([A-Za-z_][A-Za-z_0-9]*)|([0-9][A-Za-z_0-9#@]*)|(<<=|>>=|\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%|&^]=|[-+*/%|&^~!<>=?:,()])|$)/y;

/** A name, which makes two signs before it an increment. */
export const NAME_AHEAD: RegExp = /[ \t\n\r]*[A-Za-z_]/y;

type Kind = "name" | "number" | "op" | "end";

/**
 * Parses one expression text as C would. What it does not take, native's evaluator may still give a
 * value (`arith_order.ts`).
 */
class Compiler {
  #pos = 0;
  #tok = "";
  #kind: Kind = "end";
  #depth = 0;

  constructor(
    private readonly text: string,
    private readonly given: ReadonlyMap<string, Expression> | undefined,
  ) {
    this.#advance();
  }

  compile(): Expression {
    if (this.#kind === "end") return () => 0;
    const node = this.#comma();
    if (!this.#finished()) throw new ArithError(SYNTAX);
    return node.run;
  }

  #advance(): void {
    TOKEN.lastIndex = this.#pos;
    const m = TOKEN.exec(this.text);
    if (m === null) throw new ArithError(SYNTAX);
    this.#pos += m[0].length;
    if (m[1] !== undefined) this.#set("name", m[1]);
    else if (m[2] !== undefined) this.#set("number", m[2]);
    else if (m[3] !== undefined) this.#set("op", m[3]);
    else this.#set("end", "");
  }

  #set(kind: Kind, tok: string): void {
    this.#kind = kind;
    this.#tok = tok;
  }

  #finished(): boolean {
    return this.#kind === "end";
  }

  #is(op: string): boolean {
    return this.#kind === "op" && this.#tok === op;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new ArithError("expression too deep");
  }

  #comma(): Node {
    let node = this.#assign();
    if (!this.#is(",")) return node;
    const all = [node.run];
    while (this.#is(",")) {
      this.#advance();
      node = this.#assign();
      all.push(node.run);
    }
    return {
      run: (host) => {
        let v: Num = 0;
        for (const f of all) v = f(host);
        return v;
      },
    };
  }

  #assign(): Node {
    const left = this.#conditional();
    if (this.#kind !== "op" || !ASSIGN.test(this.#tok)) return left;
    const ref = left.ref;
    if (ref === undefined) throw new ArithError(SYNTAX);
    const op = this.#tok.slice(0, -1);
    this.#advance();
    this.#enter();
    const right = this.#assign().run;
    this.#depth--;
    if (op === "") {
      return {
        run: (host) => {
          const v = right(host);
          host.writeNumber(ref, v);
          return v;
        },
      };
    }
    const apply = BINARY.get(op)!.run;
    return {
      run: (host) => {
        const r = right(host);
        const v = apply(host.readNumber(ref), r);
        host.writeNumber(ref, v);
        return v;
      },
    };
  }

  #conditional(): Node {
    const cond = this.#binary(1);
    if (!this.#is("?")) return cond;
    this.#advance();
    this.#enter();
    const yes = this.#binary(1);
    if (!this.#is(":")) throw new ArithError(SYNTAX);
    this.#advance();
    const no = this.#conditional();
    this.#depth--;
    const [c, y, n] = [cond, yes, no];
    return {
      run: (host) => {
        // All three run; bare variables are read when the others are done.
        let cv: Num | undefined = c.ref ? undefined : c.run(host);
        let yv: Num | undefined = y.ref ? undefined : y.run(host);
        let nv: Num | undefined = n.ref ? undefined : n.run(host);
        cv ??= c.run(host);
        yv ??= y.run(host);
        nv ??= n.run(host);
        return cv ? yv : nv;
      },
    };
  }

  /** Operators of at least precedence `min`, applied from left to right without recursion. */
  #binary(min: number): Node {
    const first = this.#unary();
    let ops: Binary[] | undefined;
    const rights: Expression[] = [];
    for (;;) {
      const op = this.#kind === "op" ? BINARY.get(this.#tok) : undefined;
      if (op === undefined || op.prec < min) break;
      this.#advance();
      this.#enter();
      // `**` groups from the right.
      const right = this.#binary(op.prec === 11 ? 11 : op.prec + 1);
      this.#depth--;
      (ops ??= []).push(op.run);
      rights.push(right.run);
    }
    if (ops === undefined) return first;
    const left = first.run;
    const late = first.ref !== undefined;
    if (ops.length === 1) {
      const apply = ops[0];
      const right = rights[0];
      if (late) {
        return {
          run: (host) => {
            const b = right(host);
            return apply(left(host), b);
          },
        };
      }
      return { run: (host) => apply(left(host), right(host)) };
    }
    const all = ops;
    return {
      run: (host) => {
        let v: Num;
        let i = 0;
        if (late) {
          const b = rights[0](host);
          v = all[0](left(host), b);
          i = 1;
        } else v = left(host);
        for (; i < all.length; i++) v = all[i](v, rights[i](host));
        return v;
      },
    };
  }

  #unary(): Node {
    if (this.#kind === "name") return this.#variable();
    if (this.#kind === "number") {
      const v = literal(this.#tok);
      this.#advance();
      this.#splitIncrement();
      return { run: () => v };
    }
    const op = this.#tok;
    if (this.#kind !== "op") throw new ArithError(SYNTAX);
    switch (op) {
      case "(": {
        this.#advance();
        this.#enter();
        const inner = this.#comma();
        this.#depth--;
        if (!this.#is(")")) throw new ArithError(SYNTAX);
        this.#advance();
        this.#splitIncrement();
        return { run: inner.run };
      }
      case "++":
      case "--": {
        // Before anything else it may be two signs.
        if (!this.#beforeName()) throw new ArithError(SYNTAX);
        this.#advance();
        const ref = new NameRef(this.#tok);
        this.#advance();
        if (this.#is("++") || this.#is("--")) throw new ArithError(SYNTAX);
        const delta = op === "++" ? 1 : -1;
        return {
          run: (host) => {
            const v = add(host.readNumber(ref), delta);
            host.writeNumber(ref, v);
            return v;
          },
        };
      }
      case "+":
      case "-":
      case "!":
      case "~":
        this.#advance();
        return this.#sign(op);
    }
    throw new ArithError(SYNTAX);
  }

  /** A prefix operator. */
  #sign(op: string): Node {
    this.#enter();
    const run = this.#unary().run;
    this.#depth--;
    switch (op) {
      case "-":
        return { run: (host) => subtract(0, run(host)) };
      case "!":
        return { run: (host) => Number(!run(host)) };
      case "~":
        return { run: (host) => subtract(-1, run(host)) };
    }
    return { run: (host) => run(host) };
  }

  #variable(): Node {
    const value = this.given?.get(this.#tok);
    if (value !== undefined) {
      this.#advance();
      this.#splitIncrement();
      return { run: value };
    }
    const ref = new NameRef(this.#tok);
    this.#advance();
    if (this.#is("++") || this.#is("--")) {
      const delta = this.#tok === "++" ? 1 : -1;
      this.#advance();
      if (this.#is("++") || this.#is("--")) throw new ArithError(SYNTAX);
      return {
        run: (host) => {
          const v = host.readNumber(ref);
          host.writeNumber(ref, add(v, delta));
          return v;
        },
      };
    }
    return { run: (host) => host.readNumber(ref), ref };
  }

  #beforeName(): boolean {
    NAME_AHEAD.lastIndex = this.#pos;
    return NAME_AHEAD.test(this.text);
  }

  /** After a value that cannot be incremented, `++` is an addition and a sign. */
  #splitIncrement(): void {
    if (!this.#is("++") && !this.#is("--")) return;
    // Before a name it would be an increment, and that cannot stand here.
    if (this.#beforeName()) throw new ArithError(SYNTAX);
    this.#tok = this.#tok[0];
    this.#pos -= 1;
  }
}

/** A literal: decimal, octal, hexadecimal, or `base#digits` up to base 64. */
export function literal(text: string): Num {
  const hash = text.indexOf("#");
  let digits = text;
  let base = 10;
  if (hash >= 0) {
    const b = text.slice(0, hash);
    if (!/^[1-9][0-9]?$/.test(b)) throw new ArithError(SYNTAX);
    base = Number(b);
    if (base < 2 || base > 64) throw new ArithError(SYNTAX);
    digits = text.slice(hash + 1);
  } else if (text[0] === "0" && (text[1] === "x" || text[1] === "X")) {
    base = 16;
    digits = text.slice(2);
    if (digits === "") throw new ArithError(SYNTAX);
  } else if (text[0] === "0") base = 8;
  let v = 0n;
  for (let i = 0; i < digits.length; i++) {
    const d = digitValue(digits.charCodeAt(i), base, hash >= 0);
    if (d < 0 || d >= base) throw new ArithError(SYNTAX);
    v = v * BigInt(base) + BigInt(d);
    // Native gives 0 for what does not fit 64 bits.
    if (v >= 1n << 64n) {
      for (; i < digits.length; i++) {
        const r = digitValue(digits.charCodeAt(i), base, hash >= 0);
        if (r < 0 || r >= base) throw new ArithError(SYNTAX);
      }
      return 0;
    }
  }
  return wrap(v);
}

function digitValue(c: number, base: number, wide: boolean): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 97 && c <= 122) return c - 87;
  if (c >= 65 && c <= 90) return base > 36 ? c - 29 : c - 55;
  if (!wide) return -1;
  if (c === 64) return 62;
  if (c === 95) return 63;
  return -1;
}

const MAX_CACHED = 512;

/** Compiled expressions by text; one for each shell. */
export class ArithCache {
  readonly #known = new Map<string, Expression>();

  /** The compiled form of `text`. @throws {ArithError} */
  compile(text: string): Expression {
    let e = this.#known.get(text);
    if (e !== undefined) return e;
    e = new Compiler(text, undefined).compile();
    if (this.#known.size >= MAX_CACHED) this.#known.clear();
    this.#known.set(text, e);
    return e;
  }
}

/**
 * Compiles a text that stays the same.
 *
 * @param given Names that stand for ready-made values and cannot be assigned to.
 * @throws {ArithError}
 */
export function compileArith(
  text: string,
  given?: ReadonlyMap<string, Expression>,
): Expression {
  return new Compiler(text, given).compile();
}
