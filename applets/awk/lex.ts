/**
 * awk text to tokens.
 *
 * What a char means depends on what may stand there: `/` begins a regular expression where an
 * operand is due and divides elsewhere, so the parser says which of the two it wants.
 * Source of behaviour: POSIX awk, "Lexical Conventions", and BusyBox 1.35 where it differs.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { errorAt, MSG } from "./errors.ts";
import { parseAwkNumber, parsed } from "./number.ts";

/** What the parser is ready for. */
export type LexMode =
  /** An operand or a statement. */
  | "operand"
  /** An operator, or an operand that concatenates. */
  | "operator"
  /** What follows a bare `length`: native knows no `++`, `--` and prefix operators there. */
  | "after-length";

/** A token. `kind` is the operator or keyword itself, or one of the words in capitals. */
export interface Token {
  readonly kind: string;
  /** Name, string value or regular expression. */
  readonly text: ByteString;
  readonly number: number;
  readonly line: number;
  /** It stands after a bare `length`, where native knows no redirections. */
  readonly afterLength?: boolean;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  "BEGIN",
  "END",
  "break",
  "continue",
  "delete",
  "do",
  "else",
  "exit",
  "for",
  "func",
  "function",
  "getline",
  "if",
  "in",
  "next",
  "nextfile",
  "print",
  "printf",
  "return",
  "while",
]);

/** Least and most arguments of each built-in function, as native checks them. */
export const BUILTINS: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ["and", [2, 99]],
  ["atan2", [2, 99]],
  ["close", [1, 99]],
  ["compl", [1, 99]],
  ["cos", [1, 99]],
  ["exp", [1, 99]],
  ["fflush", [0, 99]],
  ["gensub", [3, 99]],
  ["gsub", [2, 99]],
  ["index", [2, 99]],
  ["int", [1, 99]],
  ["length", [0, 1]],
  ["log", [1, 99]],
  ["lshift", [2, 99]],
  ["match", [2, 99]],
  ["mktime", [1, 99]],
  ["or", [2, 99]],
  ["rand", [0, 0]],
  ["rshift", [2, 99]],
  ["sin", [1, 99]],
  ["split", [2, 99]],
  ["sprintf", [0, 99]],
  ["sqrt", [1, 99]],
  ["srand", [0, 99]],
  ["strftime", [0, 99]],
  ["sub", [2, 99]],
  ["substr", [2, 99]],
  ["system", [1, 99]],
  ["systime", [0, 0]],
  ["tolower", [1, 99]],
  ["toupper", [1, 99]],
  ["xor", [2, 99]],
]);

/** Operators, longest first within each first char. */
const OPERATORS: readonly (readonly [text: string, kind: string])[] = [
  ["**=", "^="],
  ["**", "^"],
  ["*=", "*="],
  ["*", "*"],
  ["++", "++"],
  ["+=", "+="],
  ["+", "+"],
  ["--", "--"],
  ["-=", "-="],
  ["-", "-"],
  ["/=", "/="],
  ["/", "/"],
  ["%=", "%="],
  ["%", "%"],
  ["^=", "^="],
  ["^", "^"],
  ["==", "=="],
  ["=", "="],
  ["!=", "!="],
  ["!~", "!~"],
  ["!", "!"],
  ["<=", "<="],
  ["<", "<"],
  [">>", ">>"],
  [">=", ">="],
  [">", ">"],
  ["&&", "&&"],
  ["||", "||"],
  ["|", "|"],
  ["~", "~"],
  ["?", "?"],
  [":", ":"],
  ["$", "$"],
  [",", ","],
  [";", ";"],
  ["(", "("],
  [")", ")"],
  ["{", "{"],
  ["}", "}"],
  ["[", "["],
  ["]", "]"],
];

/** Operators by first char. */
const BY_CHAR: ReadonlyMap<number, readonly (readonly [string, string])[]> = groupByChar();

function groupByChar(): Map<number, (readonly [string, string])[]> {
  const groups = new Map<number, (readonly [string, string])[]>();
  for (const entry of OPERATORS) {
    const code = entry[0].charCodeAt(0);
    const group = groups.get(code);
    if (group === undefined) groups.set(code, [entry]);
    else group.push(entry);
  }
  return groups;
}

function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 0x5f;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Reads tokens of one program text. */
export class Lexer {
  #at = 0;
  /** Line of the text after the last token. */
  line = 1;
  /** In the head of a function, names are not looked past. */
  inHead = false;

  /**
   * @param text Program.
   * @param source What messages call it: a file name or `cmd. line`.
   */
  constructor(private readonly text: ByteString, readonly source: ByteString) {}

  /** Whether the next char, with nothing in between, opens a parenthesis. */
  get callFollows(): boolean {
    return this.text.charCodeAt(this.#at) === 0x28;
  }

  /** Throws the error of a place. */
  fail(message: string, line: number = this.line): never {
    throw errorAt(this.source, line, message);
  }

  /** The next token. */
  next(mode: LexMode): Token {
    this.#skipBlanks();
    const text = this.text;
    const line = this.line;
    if (this.#at >= text.length) return { kind: "EOF", text: "", number: 0, line };
    const code = text.charCodeAt(this.#at);
    if (code === 10) {
      this.#at++;
      this.line++;
      return { kind: "\n", text: "", number: 0, line, afterLength: mode === "after-length" };
    }
    if (code === 0x22) return this.#string(line);
    if (code === 0x2f && mode === "operand") return this.#regex(line);
    if (isDigit(code) || (code === 0x2e && isDigit(text.charCodeAt(this.#at + 1)))) {
      return this.#number(line);
    }
    if (isNameStart(code)) return this.#word(line);
    for (const [spelling, kind] of BY_CHAR.get(code) ?? []) {
      if (mode === "after-length" && (spelling === "++" || spelling === "--")) continue;
      if (!text.startsWith(spelling, this.#at)) continue;
      this.#at += spelling.length;
      return { kind, text: spelling, number: 0, line, afterLength: mode === "after-length" };
    }
    this.fail(MSG.token);
  }

  #skipBlanks(): void {
    const text = this.text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code === 32 || code === 9 || code === 13) this.#at++;
      else if (code === 0x5c && text.charCodeAt(this.#at + 1) === 10) {
        this.#at += 2;
        this.line++;
      } else if (code === 0x5c && text.startsWith("\r\n", this.#at + 1)) {
        this.#at += 3;
        this.line++;
      } else if (code === 0x23) {
        const end = text.indexOf("\n", this.#at);
        this.#at = end < 0 ? text.length : end;
      } else return;
    }
  }

  #string(line: number): Token {
    const text = this.text;
    let at = this.#at + 1;
    let value = "";
    for (;;) {
      const code = text.charCodeAt(at);
      if (at >= text.length || code === 10) this.fail(MSG.string);
      if (code === 0x22) break;
      if (code !== 0x5c) {
        const from = at;
        at = plainEnd(text, at + 1, 0x22);
        value += text.slice(from, at);
        continue;
      }
      const escape = readEscape(text, at + 1);
      value += escape.known ? escape.value : text[at + 1] ?? "";
      at = escape.known ? escape.end : at + 2;
    }
    this.#at = at + 1;
    return { kind: "STRING", text: untilNul(value), number: 0, line };
  }

  /** Escapes of C are taken here; all others reach the regular expression with their backslash. */
  #regex(line: number): Token {
    const text = this.text;
    let at = this.#at + 1;
    let value = "";
    for (;;) {
      const code = text.charCodeAt(at);
      if (at >= text.length || code === 10) this.fail(MSG.string);
      if (code === 0x2f) break;
      if (code !== 0x5c) {
        const from = at;
        at = plainEnd(text, at + 1, 0x2f);
        value += text.slice(from, at);
        continue;
      }
      const next = text.charCodeAt(at + 1);
      const escape = next === 0x5c ? UNKNOWN_ESCAPE : readEscape(text, at + 1);
      value += escape.known ? escape.value : "\\" + (text[at + 1] ?? "");
      at = escape.known ? escape.end : at + 2;
    }
    this.#at = at + 1;
    return { kind: "REGEX", text: untilNul(value), number: 0, line };
  }

  #number(line: number): Token {
    const value = parseAwkNumber(this.text, this.#at, this.text.length);
    this.#at = parsed.end;
    // Native refuses a second point: 1.5.5 is no concatenation.
    if (this.text.charCodeAt(this.#at) === 0x2e) this.fail(MSG.token);
    return { kind: "NUMBER", text: "", number: value, line };
  }

  #word(line: number): Token {
    const text = this.text;
    let end = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(end);
      if (!isNameStart(code) && !isDigit(code)) break;
      end++;
    }
    const word = text.slice(this.#at, end);
    this.#at = end;
    if (KEYWORDS.has(word)) {
      return { kind: word === "func" ? "function" : word, text: word, number: 0, line };
    }
    if (BUILTINS.has(word)) return { kind: "BUILTIN", text: word, number: 0, line };
    // Native looks past the blanks behind a name for a bracket, and counts their lines twice if there
    // is none.
    const blanks = /(?:[ \t\r]|\\\r?\n)*/y;
    blanks.lastIndex = end;
    const passed = blanks.exec(text)![0];
    if (!this.inHead && text[end + passed.length] !== "[") {
      this.line += passed.split("\n").length - 1;
    }
    return { kind: "NAME", text: word, number: 0, line };
  }
}

/** Where the chars of a string or regular expression that stand for themselves end. */
function plainEnd(text: ByteString, from: number, delimiter: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c || code === delimiter || code === 10) break;
  }
  return at;
}

/** Native's strings are C strings: what follows a NUL is lost. */
function untilNul(text: ByteString): ByteString {
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}

/** An escape after its backslash. */
interface Escape {
  readonly known: boolean;
  readonly value: ByteString;
  readonly end: number;
}

const UNKNOWN_ESCAPE: Escape = { known: false, value: "", end: 0 };

const LETTERS: ReadonlyMap<string, ByteString> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\\", "\\"],
]);

/** Reads the escape whose backslash stands before `at`. */
function readEscape(text: ByteString, at: number): Escape {
  const letter = LETTERS.get(text[at] ?? "");
  if (letter !== undefined) return { known: true, value: letter, end: at + 1 };
  let end = at;
  let value = 0;
  if (text[at] === "x") {
    end++;
    while (end < at + 3 && /[0-9a-fA-F]/.test(text[end] ?? "")) {
      value = value * 16 + parseInt(text[end++], 16);
    }
    if (end === at + 1) return UNKNOWN_ESCAPE;
    return { known: true, value: String.fromCharCode(value), end };
  }
  while (end < at + 3 && text[end] >= "0" && text[end] <= "7") {
    value = value * 8 + text.charCodeAt(end++) - 48;
  }
  if (end === at) return UNKNOWN_ESCAPE;
  return { known: true, value: String.fromCharCode(value & 255), end };
}

/** Takes the escapes of a `-v` value or of an assignment operand. */
export function unescapeText(text: ByteString): ByteString {
  if (!text.includes("\\")) return text;
  let value = "";
  for (let at = 0; at < text.length;) {
    if (text.charCodeAt(at) !== 0x5c) {
      value += text[at++];
      continue;
    }
    const escape = readEscape(text, at + 1);
    value += escape.known ? escape.value : text[at + 1] ?? "";
    at = escape.known ? escape.end : at + 2;
  }
  return untilNul(value);
}
