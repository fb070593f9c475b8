import type { ByteString, MaybePromise } from "../sandbox/types.ts";
import { compile, PAUSED, type Regex, RegexError } from "./_lib/regex/regex.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";

/** Status of a wrong expression. */
const WRONG = 2;

/** Evaluates an expression. Source of behaviour: POSIX expr, GNU's keywords, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "expr",
  usage: "EXPRESSION",
  about:
    "Print the value of EXPRESSION, made of numbers, strings, parentheses and the operators\n" +
    "| & < <= = == != >= > + - * / % :\n" +
    "and of match STRING REGEX, substr STRING POS LENGTH, index STRING CHARS, length STRING,\n" +
    "quote TOKEN",
  options: {},
  raw: true,
  run(ctx): MaybePromise<number> {
    if (ctx.operands.length === 0) ctx.fail("too few arguments", WRONG);
    const expression = new Expression(ctx);
    const attempt = (): MaybePromise<number> => {
      try {
        const value = expression.evaluate();
        ctx.out.print(`${value}\n`);
        return isNull(value) ? 1 : 0;
      } catch (error) {
        if (error !== PAUSED) throw error;
        return expression.turn().then(attempt);
      }
    };
    return attempt();
  },
});

/** A number, or a string. */
type Value = bigint | ByteString;

const LEAST = -(1n << 63n);
const MOST = (1n << 63n) - 1n;

/** Binary operators, weakest level first. */
const LEVELS: readonly (readonly string[])[] = [
  ["|"],
  ["&"],
  ["<", "<=", "=", "==", "!=", ">=", ">"],
  ["+", "-"],
  ["*", "/", "%"],
  [":"],
];

function isNull(value: Value): boolean {
  return value === 0n || value === "" || value === "0";
}

/** The number of a value as `strtoll` reads it, or undefined when it is none. */
function numberOf(value: Value): bigint | undefined {
  if (typeof value === "bigint") return value;
  const found = /^[ \t\n\v\f\r]*([+-]?)([0-9]+)$/.exec(value);
  if (found === null) return undefined;
  const number = found[1] === "-" ? -BigInt(found[2]) : BigInt(found[2]);
  return number < LEAST ? LEAST : number > MOST ? MOST : number;
}

class Expression {
  #at = 0;
  #depth = 0;
  readonly #words: readonly ByteString[];
  readonly #regexes = new Map<ByteString, Regex>();
  #waiting: Promise<void> | undefined;
  /** Warnings that were given, and those that came up this time. */
  #warned = 0;
  #warnings = 0;

  constructor(private readonly ctx: Context) {
    this.#words = ctx.operands;
  }

  /** The turn of others for which a search stopped half-way: evaluated once more, it goes on there. */
  turn(): Promise<void> {
    const waiting = this.#waiting!;
    this.#waiting = undefined;
    return waiting;
  }

  evaluate(): Value {
    this.#at = this.#depth = this.#warnings = 0;
    const value = this.#level(0);
    if (this.#at < this.#words.length) this.#syntax();
    return value;
  }

  #syntax(): never {
    return this.ctx.fail("syntax error", WRONG);
  }

  #number(value: Value): bigint {
    return numberOf(value) ?? this.ctx.fail("non-numeric argument", WRONG);
  }

  #level(level: number): Value {
    if (level === LEVELS.length) return this.#primary();
    let left = this.#level(level + 1);
    for (;;) {
      const op = this.#words[this.#at];
      if (op === undefined || !LEVELS[level].includes(op)) return left;
      this.#at++;
      left = this.#operate(op, left, this.#level(level + 1));
    }
  }

  #operate(op: string, left: Value, right: Value): Value {
    switch (op) {
      case "|":
        return isNull(left) ? right : left;
      case "&":
        return isNull(left) || isNull(right) ? 0n : left;
      case ":":
        return this.#match(String(left), String(right));
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
        return this.#calculate(op, this.#number(left), this.#number(right));
    }
    return this.#compare(op, left, right) ? 1n : 0n;
  }

  #calculate(op: string, left: bigint, right: bigint): bigint {
    if ((op === "/" || op === "%") && right === 0n) this.ctx.fail("division by zero", WRONG);
    const result = op === "+"
      ? left + right
      : op === "-"
      ? left - right
      : op === "*"
      ? left * right
      : op === "/"
      ? left / right
      : left % right;
    return BigInt.asIntN(64, result);
  }

  #compare(op: string, left: Value, right: Value): boolean {
    const one = numberOf(left);
    const two = numberOf(right);
    const numbers = one !== undefined && two !== undefined;
    const a = numbers ? one : String(left);
    const b = numbers ? two : String(right);
    switch (op) {
      case "<":
        return a < b;
      case "<=":
        return a <= b;
      case ">":
        return a > b;
      case ">=":
        return a >= b;
      case "!=":
        return a !== b;
      default:
        return a === b;
    }
  }

  /** The length of the match at the beginning, or the text of the first group. */
  #match(text: ByteString, pattern: ByteString): Value {
    if (pattern.startsWith("^") && ++this.#warnings > this.#warned) {
      this.#warned++;
      this.ctx.say(
        `expr: warning: '${pattern}': using '^' as the first character\n` +
          "of a basic regular expression is not portable; it is ignored\n",
      );
    }
    try {
      let regex = this.#regexes.get(pattern);
      if (regex === undefined) {
        regex = compile(pattern, {
          syntax: "bre",
          onStep: (steps) => (this.#waiting ??= this.ctx.tick(steps >> 3)) !== undefined,
        });
        this.#regexes.set(pattern, regex);
      }
      const found = regex.exec(text);
      if (found === null || found[0] !== 0) return regex.groups > 0 ? "" : 0n;
      if (regex.groups === 0) return BigInt(found[1]);
      return found[2] < 0 ? "" : text.slice(found[2], found[3]);
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      return this.ctx.fail(`bad regex '${pattern}': ${error.message}`, WRONG);
    }
  }

  #primary(): Value {
    const word = this.#words[this.#at];
    if (word === undefined) this.#syntax();
    this.#at++;
    switch (word) {
      case "(": {
        if (++this.#depth > this.ctx.process.maxDepth) this.ctx.fail("nesting too deep", WRONG);
        const value = this.#level(0);
        this.#depth--;
        if (this.#words[this.#at++] !== ")") this.#syntax();
        return value;
      }
      case ")":
        return this.#syntax();
      case "match": {
        const text = this.#argument();
        return this.#match(text, this.#argument());
      }
      case "index": {
        const text = this.#argument();
        const chars = this.#argument();
        for (let i = 0; i < text.length; i++) if (chars.includes(text[i])) return BigInt(i + 1);
        return 0n;
      }
      case "length":
        return BigInt(this.#argument().length);
      case "substr": {
        const text = this.#argument();
        const start = numberOf(this.#argument());
        const count = numberOf(this.#argument());
        if (start === undefined || count === undefined || start <= 0n || count <= 0n) return "";
        return text.slice(Number(start) - 1, Number(start - 1n + count));
      }
      case "quote":
        if (this.#at === this.#words.length) this.#syntax();
        return this.#words[this.#at++];
    }
    return word;
  }

  /** The argument of a keyword: as tightly bound as the right side of `:`. */
  #argument(): ByteString {
    return String(this.#primary());
  }
}
