/**
 * Pattern text → postfix program.
 *
 * Four dialects, which differ as the syntax bits of glibc differ: `bre` and `ere` are what `regcomp`
 * takes (sed, awk, expr, find), `grep` and `egrep` what `re_compile_pattern` takes with the syntaxes
 * of those names. Source of behaviour: POSIX XBD 9, the GNU regex manual, and runs of glibc 2.36.
 *
 * The result is a list of operators for a stack machine and not a tree: it needs no recursion, so a
 * million parentheses are no danger, and repeating an operand is copying a slice.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import { backslashClass, type ByteSet, parseBracket, setOfByte, setWhere } from "./bracket.ts";
import {
  BUF_FIRST,
  BUF_LAST,
  INSIDE_OTHER,
  INSIDE_WORD,
  LINE_FIRST,
  LINE_LAST,
  WORD_FIRST,
  WORD_LAST,
} from "./context.ts";
import { RegexError } from "./error.ts";

/** The dialects. */
export type RegexSyntax = "bre" | "ere" | "grep" | "egrep";

/** Pushes an operand that matches nothing at all. */
export const EMPTY = 0;
/** Pushes a byte of set number `arg`. */
export const SET = 1;
/** Pushes assertion kind `arg`. */
export const ASSERT = 2;
/** Pushes a repetition of what group `arg` matched. */
export const BACKREF = 3;
/** Begins group `arg`; the operand that follows is its body. */
export const OPEN = 4;
/** Ends group `arg`: pops the body and the beginning, pushes the group. */
export const CLOSE = 5;
/** As `CLOSE`, for a group that a repetition operator made optional. */
export const CLOSE_OPTIONAL = 6;
/** Pops two operands, pushes their concatenation. */
export const CAT = 7;
/** Pops two operands, pushes their alternation. */
export const ALT = 8;
/** Pops an operand, pushes its repetition zero or more times. */
export const STAR = 9;

/** Bits that an operator code takes; the argument stands above them. */
export const OP_BITS = 4;

/** Most operators of a program. It bounds the memory of patterns such as `x{1000}{1000}`. */
const MOST_OPERATORS = 120_000;
/** Most automaton states; a state number and a mark must fit 16 bits. */
export const MOST_NODES = 60_000;
/** `RE_DUP_MAX` of glibc. */
const MOST_REPEATS = 0x7fff;

/** What the parser makes of a pattern. */
export interface Program {
  /** Operators, `code | arg << OP_BITS`. */
  readonly ops: readonly number[];
  /** The byte sets that `SET` operators name. */
  readonly sets: readonly ByteSet[];
  /** Number of groups. */
  readonly groups: number;
  /** For each group the group whose offsets it shares: `((x))` needs only one pair. */
  readonly alias: readonly number[];
  readonly hasBackref: boolean;
  /** Groups that a back-reference names. */
  readonly referenced: ReadonlySet<number>;
  /** Whether `^` and `$` match at newlines inside the text. */
  readonly newlineAnchors: boolean;
}

type Token =
  | { readonly type: "byte"; readonly byte: number }
  | { readonly type: "set"; readonly set: ByteSet }
  | { readonly type: "bracket" }
  | { readonly type: "open" }
  | { readonly type: "close" }
  | { readonly type: "alt" }
  | { readonly type: "end" }
  | { readonly type: "backref"; readonly group: number }
  | { readonly type: "anchor"; readonly kind: number; readonly other: number }
  /** `*`, `+`, `?`; `byte` is the sign itself, should it turn out to be literal. */
  | { readonly type: "repeat"; readonly min: number; readonly max: number; readonly byte: number }
  | { readonly type: "brace" };

const END: Token = { type: "end" };
const TOO_MANY = MOST_REPEATS + 1;
/** The count is not a number. */
const BAD = -2;
/** The count is absent. */
const ABSENT = -1;

/** An open group, or the whole pattern. */
interface Frame {
  /** Number of the group; −1 for the whole pattern. */
  readonly group: number;
  /** Index of the first operator of the group. */
  readonly start: number;
  /** Whether the left side of an alternation waits on the stack. */
  hasLeft: boolean;
  /** Whether the branch being read has an operand already. */
  hasOperand: boolean;
  /** The groups that were complete when the first branch began: those each branch may refer to. */
  readonly before: number;
  /** The groups that were complete at the ends of the branches so far. */
  after: number;
}

/** Reads one pattern; used once for each. */
class Parser {
  readonly #folded: ByteString;
  readonly #ere: boolean;
  readonly #newlineAlternates: boolean;
  #pos = 0;
  #ops: number[] = [];
  readonly #sets: ByteSet[] = [];
  readonly #setNumbers = new Map<string, number>();
  #groups = 0;
  /** Groups 1–9 that are complete, so that they can be referred to, as bits. */
  #complete = 0;
  readonly #referenced = new Set<number>();

  constructor(
    readonly pattern: ByteString,
    readonly syntax: RegexSyntax,
    readonly icase: boolean,
    readonly newline: boolean,
  ) {
    this.#folded = icase ? upperCase(pattern) : pattern;
    this.#ere = syntax === "ere" || syntax === "egrep";
    this.#newlineAlternates = syntax === "grep" || syntax === "egrep";
  }

  parse(): Program {
    let frame = this.#frame(-1);
    const frames = [frame];
    let token = this.#token(false);
    /** After a skipped operator of egrep, an operand is read whatever comes. */
    let mustBeOperand = false;
    for (;;) {
      if (token.type === "end") {
        if (frame.group >= 0) throw new RegexError("EPAREN");
        this.#finishBranches(frame);
        break;
      }
      if (token.type === "alt") {
        mustBeOperand = false;
        this.#finishBranches(frame);
        frame.hasLeft = true;
        frame.after |= this.#complete;
        this.#complete = frame.before;
        token = this.#token(true);
        continue;
      }
      if (token.type === "close" && frame.group >= 0 && !mustBeOperand) {
        this.#finishBranches(frame);
        this.#emit(CLOSE, frame.group);
        this.#complete |= frame.after;
        if (frame.group < 9) this.#complete |= 1 << frame.group;
        const { start } = frame;
        frames.pop();
        frame = frames[frames.length - 1];
        token = this.#repetitions(start, this.#token(false));
        this.#endOperand(frame);
        continue;
      }
      mustBeOperand = false;
      const start = this.#ops.length;
      switch (token.type) {
        case "open":
          frame = this.#frame(this.#groups++);
          frames.push(frame);
          this.#emit(OPEN, frame.group);
          token = this.#token(true);
          continue;
        case "anchor":
          // A repetition operator after an anchor does not repeat it.
          this.#emit(ASSERT, token.kind);
          if (token.other >= 0) {
            this.#emit(ASSERT, token.other);
            this.#emit(ALT, 0);
          }
          this.#endOperand(frame);
          token = this.#token(false);
          continue;
        case "repeat":
        case "brace":
          if (this.syntax === "ere" || (this.syntax === "bre" && token.type === "brace")) {
            throw new RegexError("BADRPT");
          }
          if (this.syntax === "egrep") {
            // The operator is dropped, and an operand has to follow in the same branch.
            token = this.#token(false);
            mustBeOperand = token.type === "close";
            continue;
          }
          this.#emitByte(token.type === "brace" ? 123 : token.byte);
          break;
        case "close":
          // `regcomp` gives the same code for both parentheses.
          if (!this.#ere) throw new RegexError(this.syntax === "bre" ? "EPAREN" : "ERPAREN");
          this.#emitByte(41);
          break;
        case "backref":
          if ((this.#complete >> token.group & 1) === 0) throw new RegexError("ESUBREG");
          this.#referenced.add(token.group);
          this.#emit(BACKREF, token.group);
          break;
        case "bracket":
          this.#bracket();
          break;
        case "set":
          this.#emitSet(token.set);
          break;
        default:
          this.#emitByte(token.byte);
      }
      token = this.#repetitions(start, this.#token(false));
      this.#endOperand(frame);
    }
    const { ops, alias } = shareNestedGroups(this.#ops, this.#groups);
    return {
      ops,
      sets: this.#sets,
      groups: this.#groups,
      alias,
      hasBackref: this.#referenced.size > 0,
      referenced: new Set([...this.#referenced].map((group) => alias[group])),
      newlineAnchors: this.newline || this.#newlineAlternates,
    };
  }

  #frame(group: number): Frame {
    const before = this.#complete;
    return {
      group,
      start: this.#ops.length,
      hasLeft: false,
      hasOperand: false,
      before,
      after: 0,
    };
  }

  #emit(code: number, arg: number): void {
    if (this.#ops.length >= MOST_OPERATORS) throw new RegexError("ESIZE");
    this.#ops.push(code | (arg << OP_BITS));
  }

  #emitByte(byte: number): void {
    const key = String.fromCharCode(byte);
    let number = this.#setNumbers.get(key);
    if (number === undefined) {
      number = this.#sets.push(setOfByte(byte, this.icase)) - 1;
      this.#setNumbers.set(key, number);
    }
    this.#emit(SET, number);
  }

  #emitSet(set: ByteSet): void {
    const key = set.join("");
    let number = this.#setNumbers.get(key);
    if (number === undefined) {
      number = this.#sets.push(set) - 1;
      this.#setNumbers.set(key, number);
    }
    this.#emit(SET, number);
  }

  #bracket(): void {
    const { set, end } = parseBracket(
      this.#folded,
      this.pattern,
      this.#pos,
      this.icase,
      this.newline,
    );
    this.#pos = end;
    this.#emitSet(set);
  }

  #endOperand(frame: Frame): void {
    if (frame.hasOperand) this.#emit(CAT, 0);
    frame.hasOperand = true;
  }

  #finishBranches(frame: Frame): void {
    if (!frame.hasOperand) this.#emit(EMPTY, 0);
    if (frame.hasLeft) this.#emit(ALT, 0);
    frame.hasLeft = false;
    frame.hasOperand = false;
  }

  /** Applies the repetition operators from `token` on to the operand that begins at `start`. */
  #repetitions(start: number, first: Token): Token {
    let token = first;
    while (token.type === "repeat" || token.type === "brace") {
      if (token.type === "repeat") this.#repeat(start, token.min, token.max);
      else {
        const literal = this.#interval(start);
        if (literal !== undefined) return literal;
      }
      token = this.#token(false);
      if (
        this.syntax === "bre" &&
        (token.type === "brace" || (token.type === "repeat" && token.byte === 42))
      ) throw new RegexError("BADRPT");
    }
    return token;
  }

  /** Reads `m,n}` and applies it; gives a token when the brace was a literal one (egrep). */
  #interval(start: number): Token | undefined {
    const rollback = this.#pos;
    let min = this.#count();
    if (min.value === ABSENT) {
      if (min.stop !== ",") throw new RegexError("BADBR");
      min = { value: 0, stop: "," };
    }
    let max = min;
    if (min.value !== BAD) {
      if (min.stop === ",") max = this.#count();
      else if (min.stop !== "}") max = { value: BAD, stop: min.stop };
    }
    if (min.value === BAD || max.value === BAD) {
      if (this.syntax !== "egrep") throw new RegexError(max.stop === "" ? "EBRACE" : "BADBR");
      this.#pos = rollback;
      return { type: "byte", byte: 123 };
    }
    if ((max.value !== ABSENT && min.value > max.value) || max.stop !== "}") {
      throw new RegexError("BADBR");
    }
    if ((max.value === ABSENT ? min.value : max.value) > MOST_REPEATS) {
      throw new RegexError("ESIZE");
    }
    this.#repeat(start, min.value, max.value);
    return undefined;
  }

  /** Reads one count of an interval and the sign that ends it (empty at the end of the pattern). */
  #count(): { value: number; stop: "," | "}" | "" } {
    let value = ABSENT;
    for (;;) {
      const { pattern } = this;
      if (this.#pos >= pattern.length) return { value: BAD, stop: "" };
      let char = pattern[this.#pos++];
      let escaped = false;
      if (char === "\\" && this.#pos < pattern.length) {
        char = pattern[this.#pos++];
        escaped = true;
      }
      if (char === "}" && escaped !== this.#ere) return { value, stop: "}" };
      if (char === ",") return { value, stop: "," };
      const digit = char.charCodeAt(0) - 48;
      // An escaped digit is a back-reference, and so no number.
      if (digit < 0 || digit > 9 || value === BAD || (escaped && digit > 0)) value = BAD;
      else value = value === ABSENT ? digit : Math.min(TOO_MANY, value * 10 + digit);
    }
  }

  /**
   * Repeats the operand that begins at `start`, as glibc does by copying: `x{2,4}` becomes
   * `xx((x)?x)?`, and `x+` becomes `xx*`. The order decides which submatches are reported.
   */
  #repeat(start: number, min: number, max: number): void {
    const operand = this.#ops.slice(start);
    if (operand.length === 1 && operand[0] === EMPTY) return;
    const copies = max < 0 ? min + 1 : Math.max(max, 1);
    if (operand.length * copies > MOST_OPERATORS) throw new RegexError("ESIZE");
    if (max === 0) {
      this.#ops.length = start;
      this.#emit(EMPTY, 0);
      return;
    }
    for (let i = 1; i < min; i++) {
      this.#copy(operand);
      this.#emit(CAT, 0);
    }
    if (min === max) return;
    if (min > 0) this.#copy(operand);
    // Of the optional copies only the first is marked.
    const last = this.#ops.length - 1;
    const optional = min > 0 ? last : start + operand.length - 1;
    if ((this.#ops[optional] & 15) === CLOSE) this.#ops[optional] += CLOSE_OPTIONAL - CLOSE;
    if (max < 0) this.#emit(STAR, 0);
    else {
      this.#emit(EMPTY, 0);
      this.#emit(ALT, 0);
      for (let i = min + 1; i < max; i++) {
        this.#copy(operand);
        this.#emit(CAT, 0);
        this.#emit(EMPTY, 0);
        this.#emit(ALT, 0);
      }
    }
    if (min > 0) this.#emit(CAT, 0);
  }

  /** Appends a copy of an operand. A copied group is not optional: glibc forgets that in copying. */
  #copy(operand: readonly number[]): void {
    const { length } = operand;
    if (this.#ops.length + length > MOST_OPERATORS) throw new RegexError("ESIZE");
    for (let i = 0; i < length; i++) {
      const op = operand[i];
      this.#ops.push((op & 15) === CLOSE_OPTIONAL ? op - CLOSE_OPTIONAL + CLOSE : op);
    }
  }

  /** Reads a token. `branchStart`: a `(` or `|` came just before, where a basic `^` anchors. */
  #token(branchStart: boolean): Token {
    const { pattern } = this;
    const at = this.#pos;
    if (at >= pattern.length) return END;
    const char = pattern[at];
    this.#pos++;
    const byte = this.#folded.charCodeAt(at);
    if (char === "\\") return this.#escape();
    switch (char) {
      case "\n":
        return this.#newlineAlternates ? { type: "alt" } : { type: "byte", byte };
      case "|":
        return this.#ere ? { type: "alt" } : { type: "byte", byte };
      case "*":
        return { type: "repeat", min: 0, max: -1, byte };
      case "+":
        return this.#ere ? { type: "repeat", min: 1, max: -1, byte } : { type: "byte", byte };
      case "?":
        return this.#ere ? { type: "repeat", min: 0, max: 1, byte } : { type: "byte", byte };
      case "{":
        return this.#ere ? { type: "brace" } : { type: "byte", byte };
      case "(":
        return this.#ere ? { type: "open" } : { type: "byte", byte };
      case ")":
        return this.#ere ? { type: "close" } : { type: "byte", byte };
      case "[":
        return { type: "bracket" };
      case ".":
        return { type: "set", set: setWhere((c) => c !== 10 || !this.newline) };
      case "^":
        if (
          !this.#ere && at > 0 && !branchStart &&
          !(this.#newlineAlternates && pattern[at - 1] === "\n")
        ) return { type: "byte", byte };
        return { type: "anchor", kind: LINE_FIRST, other: -1 };
      case "$":
        if (!this.#ere && !this.#branchEnds(at + 1)) return { type: "byte", byte };
        return { type: "anchor", kind: LINE_LAST, other: -1 };
      default:
        return { type: "byte", byte };
    }
  }

  /** Whether a branch of a basic expression ends at the position, so that a `$` before it anchors. */
  #branchEnds(at: number): boolean {
    const { pattern } = this;
    if (at >= pattern.length) return true;
    if (pattern[at] === "\n") return this.#newlineAlternates;
    return pattern[at] === "\\" && (pattern[at + 1] === "|" || pattern[at + 1] === ")");
  }

  #escape(): Token {
    const { pattern } = this;
    if (this.#pos >= pattern.length) throw new RegexError("EESCAPE");
    // The byte after a backslash is not folded, so `\a` matches nothing when case is ignored.
    const byte = pattern.charCodeAt(this.#pos);
    const char = pattern[this.#pos++];
    switch (char) {
      case "<":
        return { type: "anchor", kind: WORD_FIRST, other: -1 };
      case ">":
        return { type: "anchor", kind: WORD_LAST, other: -1 };
      case "b":
        return { type: "anchor", kind: WORD_FIRST, other: WORD_LAST };
      case "B":
        return { type: "anchor", kind: INSIDE_WORD, other: INSIDE_OTHER };
      case "`":
        return { type: "anchor", kind: BUF_FIRST, other: -1 };
      case "'":
        return { type: "anchor", kind: BUF_LAST, other: -1 };
      case "w":
      case "W":
      case "s":
      case "S":
        return { type: "set", set: backslashClass(char) };
    }
    if (byte >= 49 && byte <= 57) return { type: "backref", group: byte - 49 };
    if (!this.#ere) {
      switch (char) {
        case "|":
          return { type: "alt" };
        case "(":
          return { type: "open" };
        case ")":
          return { type: "close" };
        case "{":
          return { type: "brace" };
        case "+":
          return { type: "repeat", min: 1, max: -1, byte };
        case "?":
          return { type: "repeat", min: 0, max: 1, byte };
      }
    }
    return { type: "byte", byte };
  }
}

function upperCase(text: ByteString): ByteString {
  // Only ASCII letters fold: `toUpperCase` would change the bytes above 127 too.
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/**
 * Drops the inner one of two groups that enclose the same operand, as glibc does, and says whose
 * offsets the dropped group reports. Of three groups around one operand only the middle one goes.
 */
function shareNestedGroups(
  ops: number[],
  groups: number,
): { ops: number[]; alias: number[] } {
  const alias = Array.from({ length: groups }, (_, i) => i);
  const openOf = new Int32Array(ops.length);
  const open: number[] = [];
  let found = false;
  for (let i = 0; i < ops.length; i++) {
    const code = ops[i] & 15;
    if (code === OPEN) open.push(i);
    else if (code === CLOSE || code === CLOSE_OPTIONAL) openOf[i] = open.pop() as number;
  }
  const isClose = (i: number): boolean => {
    const code = ops[i] & 15;
    return code === CLOSE || code === CLOSE_OPTIONAL;
  };
  const dropped = new Uint8Array(ops.length);
  for (let i = ops.length - 1; i > 0; i--) {
    if (!isClose(i) || !isClose(i - 1)) continue;
    alias[ops[i - 1] >> OP_BITS] = ops[i] >> OP_BITS;
    dropped[i - 1] = 1;
    dropped[openOf[i - 1]] = 1;
    found = true;
    i--;
  }
  if (!found) return { ops, alias };
  for (let group = 0; group < groups; group++) alias[group] = alias[alias[group]];
  const kept: number[] = [];
  for (let i = 0; i < ops.length; i++) {
    if (dropped[i] === 1) continue;
    const code = ops[i] & 15;
    if (code === BACKREF) kept.push(BACKREF | (alias[ops[i] >> OP_BITS] << OP_BITS));
    else kept.push(ops[i]);
  }
  return { ops: kept, alias };
}

/** Compiles pattern text to a postfix program. Throws {@linkcode RegexError}. */
export function parsePattern(
  pattern: ByteString,
  syntax: RegexSyntax,
  icase: boolean,
  newline: boolean,
): Program {
  return new Parser(pattern, syntax, icase, newline).parse();
}
