/**
 * The expressions of `test`, `[` and `[[`. Source of behaviour: POSIX test, BusyBox 1.35.
 *
 * @module
 */
import {
  type Process,
  type ProcessFs,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../../sandbox/types.ts";
import { matchPattern } from "./glob_match.ts";
import { strtoll } from "./strtod.ts";

const UNARY = new Set(
  "bcdefghknoprstuwxzGLOS".split("").filter((each) => each !== "o").map((each) => "-" + each),
);
const BINARY = new Set([
  "=",
  "==",
  "!=",
  "<",
  ">",
  "-eq",
  "-ne",
  "-lt",
  "-le",
  "-gt",
  "-ge",
  "-nt",
  "-ot",
  "-ef",
]);

/** What an expression needs of its caller: an applet's context, or the shell's builtin. */
export interface TestHost {
  readonly fs: Pick<ProcessFs, "access" | "tryStat">;
  readonly process: Pick<Process, "fd" | "uid" | "gid" | "maxDepth">;
  /** Whether a text matches an extended regular expression: for `=~`, and only there. */
  matches?(text: string, pattern: string): boolean;
  /** Whether a text matches a shell pattern, where that may take long. */
  matchesPattern?(text: string, pattern: string): boolean;
  /** Tells what is wrong and ends the evaluation. */
  fail(message: string, status: number): never;
}

/** A recursive descent over the words: or → and → not → primary. */
export class Expression {
  #at = 0;
  #depth = 0;

  constructor(
    private readonly ctx: TestHost,
    private readonly words: readonly string[],
    private readonly double: boolean,
  ) {}

  /** Whether the expression is true. */
  evaluate(): boolean {
    const { words } = this;
    if (words.length === 0) return false;
    if (words.length === 1) return words[0].length > 0;
    if (words.length === 2 && words[0] === "!") return words[1] === "";
    // POSIX: with three arguments a binary operator in the middle wins over `!` and `(`.
    if (words.length === 3 && this.#isBinary(words[1])) {
      return this.#binary(words[0], words[1], words[2]);
    }
    // With four it wins in the same way behind a `!`.
    if (words.length === 4 && words[0] === "!" && this.#isBinary(words[2])) {
      return !this.#binary(words[1], words[2], words[3]);
    }
    const inParentheses = this.#fourWords();
    if (inParentheses !== undefined) return inParentheses;
    const result = this.#or();
    if (this.#at < words.length) this.#fail(`${words[this.#at]}: unknown operand`);
    return result;
  }

  /**
   * `( a b )`, also behind a `!`: native takes the last word away before it looks at the others, so
   * that only `( ! a )` means what it says.
   */
  #fourWords(): boolean | undefined {
    const { words } = this;
    const from = words.length === 5 && words[0] === "!" ? 1 : 0;
    if (words.length - from !== 4 || words[from] !== "(" || words[from + 3] !== ")") {
      return undefined;
    }
    const result = words[from + 1] === "!"
      ? words[from + 2] === ""
      : new Expression(this.ctx, words.slice(from, -1), this.double).#or();
    return result !== (from === 1);
  }

  #fail(message: string): never {
    return this.ctx.fail(message, 2);
  }

  #isBinary(word: string | undefined): boolean {
    return word !== undefined && (BINARY.has(word) || (this.double && word === "=~"));
  }

  #joins(word: string | undefined, short: string, long: string): boolean {
    return word === (this.double ? long : short);
  }

  // All operands are evaluated, so that a bad one is told even where the result is known.
  #or(): boolean {
    let result = this.#and();
    while (this.#joins(this.words[this.#at], "-o", "||")) {
      this.#at++;
      const right = this.#and();
      result = result || right;
    }
    return result;
  }

  #and(): boolean {
    let result = this.#not();
    while (this.#joins(this.words[this.#at], "-a", "&&")) {
      this.#at++;
      const right = this.#not();
      result = result && right;
    }
    return result;
  }

  #not(): boolean {
    let negate = false;
    while (this.words[this.#at] === "!" && this.#at + 1 < this.words.length) {
      this.#at++;
      negate = !negate;
    }
    return this.#primary() !== negate;
  }

  #primary(): boolean {
    const { words } = this;
    const word = words[this.#at];
    if (word === undefined) this.#fail("argument expected");
    if (word === "(") {
      if (++this.#depth > this.ctx.process.maxDepth) this.#fail("nesting too deep");
      this.#at++;
      const result = this.#or();
      if (words[this.#at] !== ")") this.#fail("closing paren expected");
      this.#at++;
      this.#depth--;
      return result;
    }
    if (UNARY.has(word) && !this.#isOperand()) {
      const operand = words[this.#at + 1];
      this.#at += 2;
      return this.#unary(word, operand);
    }
    const operator = words[this.#at + 1];
    if (this.#isBinary(operator)) {
      const right = words[this.#at + 2];
      if (right === undefined) this.#fail(`${operator}: argument expected`);
      this.#at += 3;
      return this.#binary(word, operator, right);
    }
    this.#at++;
    return word.length > 0;
  }

  /** Whether a word that looks like a unary operator is an operand. */
  #isOperand(): boolean {
    const next = this.words[this.#at + 1];
    if (next === undefined) return true;
    return this.words[this.#at + 2] !== undefined && this.#isBinary(next);
  }

  #unary(operator: string, operand: string): boolean {
    switch (operator) {
      case "-n":
        return operand.length > 0;
      case "-z":
        return operand.length === 0;
      case "-t":
        return this.ctx.process.fd(Number(this.#number(operand)))?.tty !== undefined;
      case "-r":
        return this.ctx.fs.access(operand, 4);
      case "-w":
        return this.ctx.fs.access(operand, 2);
      case "-x":
        return this.ctx.fs.access(operand, 1);
    }
    const link = operator === "-h" || operator === "-L";
    const stat = this.ctx.fs.tryStat(operand, { follow: !link });
    return stat !== undefined && this.#fileTest(operator, stat);
  }

  #fileTest(operator: string, stat: Stat): boolean {
    const type = stat.mode & S_IFMT;
    switch (operator) {
      case "-e":
        return true;
      case "-f":
        return type === S_IFREG;
      case "-d":
        return type === S_IFDIR;
      case "-h":
      case "-L":
        return type === S_IFLNK;
      case "-p":
        return type === S_IFIFO;
      case "-b":
        return type === S_IFBLK;
      case "-c":
        return type === S_IFCHR;
      case "-S":
        return type === S_IFSOCK;
      case "-s":
        return stat.size > 0;
      case "-u":
        return (stat.mode & 0o4000) !== 0;
      case "-g":
        return (stat.mode & 0o2000) !== 0;
      case "-k":
        return (stat.mode & 0o1000) !== 0;
      case "-O":
        return stat.uid === this.ctx.process.uid;
      case "-G":
        return stat.gid === this.ctx.process.gid;
      default:
        return false;
    }
  }

  #matches(text: string, pattern: string): boolean {
    return this.ctx.matchesPattern?.(text, pattern) ?? matchPattern(pattern, text);
  }

  #binary(left: string, operator: string, right: string): boolean {
    switch (operator) {
      case "=":
      case "==":
        return this.double ? this.#matches(left, right) : left === right;
      case "!=":
        return !(this.double ? this.#matches(left, right) : left === right);
      case "=~":
        return this.ctx.matches!(left, right);
      case "<":
        return left < right;
      case ">":
        return left > right;
      case "-nt":
      case "-ot": {
        const a = this.ctx.fs.tryStat(left);
        const b = this.ctx.fs.tryStat(right);
        if (a === undefined || b === undefined) return false;
        return operator === "-nt" ? a.mtimeNs > b.mtimeNs : a.mtimeNs < b.mtimeNs;
      }
      case "-ef": {
        const a = this.ctx.fs.tryStat(left);
        const b = this.ctx.fs.tryStat(right);
        return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
      }
    }
    const a = this.#number(left);
    const b = this.#number(right);
    switch (operator) {
      case "-eq":
        return a === b;
      case "-ne":
        return a !== b;
      case "-lt":
        return a < b;
      case "-le":
        return a <= b;
      case "-gt":
        return a > b;
      default:
        return a >= b;
    }
  }

  #number(text: string): bigint {
    const parsed = strtoll(text, 10);
    let end = parsed?.end ?? 0;
    while (end < text.length && " \t\n\v\f\r".includes(text[end])) end++;
    if (parsed === undefined || end !== text.length) {
      this.#fail(text === "" ? "bad number" : `${text}: bad number`);
    }
    if (parsed.value > 0x7fffffffffffffffn || parsed.value < -0x8000000000000000n) {
      this.#fail(`${text}: out of range`);
    }
    return parsed.value;
  }
}
