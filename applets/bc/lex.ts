/**
 * bc text to tokens.
 *
 * The text may still be growing: what needs more of it says so with `NeedMore`, and is read again
 * from the beginning of its statement when there is more. Source of behaviour: POSIX bc grammar.
 *
 * @module
 */

/** The text ends inside of something, and more may come. */
export class NeedMore extends Error {
  /** @param line The line that goes on. */
  constructor(readonly line: number) {
    super("more text is needed");
  }
}

/** A program that is wrong, with native's words. */
export class BcError extends Error {
  /**
   * What is wrong.
   *
   * @param message What stands after the program's name.
   * @param line Where, if the text itself and no statement is wrong.
   */
  constructor(override readonly message: string, readonly line?: number) {
    super(message);
    this.name = "BcError";
  }
}

/** A token. `kind` is the operator or keyword itself, or one of the words in capitals. */
export interface Token {
  readonly kind: string;
  readonly text: string;
  readonly at: number;
  readonly line: number;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...[
    "auto",
    "break",
    "continue",
    "define",
    "else",
    "for",
    "halt",
    "ibase",
    "if",
    "last",
    "length",
  ],
  ...["limits", "obase", "print", "quit", "read", "return", "scale", "sqrt", "while"],
]);

/** Keywords that POSIX does not have. */
const EXTENSIONS: ReadonlySet<string> = new Set([
  ...["continue", "else", "halt", "last", "limits", "print", "read"],
]);

const OPERATORS = [
  ...["++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "==", "!=", "<=", ">=", "&&", "||"],
  ...["+", "-", "*", "/", "%", "^", "=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ";"],
];

/** Longest part of a name that messages show. */
const SHOWN_KEYWORD = 8;

/** Reads tokens of a text that may grow. */
export class Lexer {
  /** The text. */
  text = "";
  /** Whether no more will come. */
  ended = false;
  /** Index of the next char. */
  at = 0;
  /** Its line. */
  line = 1;

  /** @param posix Told of what POSIX does not have. */
  constructor(private readonly posix: (message: string) => void) {}

  /** From an index to the end of its line, for messages. */
  rest(at: number): string {
    const end = this.text.indexOf("\n", at);
    return this.text.slice(at, end < 0 ? this.text.length : end);
  }

  #end(at: number, line: number): Token {
    if (!this.ended) throw new NeedMore(this.line);
    return { kind: "EOF", text: "", at, line };
  }

  /** The next token. */
  next(): Token {
    this.#skip();
    const { text, at, line } = this;
    if (at >= text.length) return this.#end(at, line);
    const char = text[at];
    if (char === "\n") {
      this.at++;
      this.line++;
      return { kind: "NEWLINE", text: "", at, line };
    }
    if (char === '"') return this.#string();
    if (/[0-9A-Z]/.test(char) || (char === "." && /[0-9]/.test(text[at + 1] ?? ""))) {
      return this.#number();
    }
    if (char === ".") {
      if (at + 1 >= text.length && !this.ended) throw new NeedMore(this.line);
      this.at++;
      this.posix("POSIX does not allow '.' as 'last'");
      return { kind: "last", text: ".", at, line };
    }
    if (/[a-z]/.test(char)) return this.#word();
    for (const op of OPERATORS) {
      if (!text.startsWith(op, at)) continue;
      if (at + op.length >= text.length && op.length === 1 && !this.ended) {
        throw new NeedMore(this.line);
      }
      this.at += op.length;
      if (op === "&&" || op === "||" || op === "!") {
        this.posix(`POSIX does not allow boolean operators; this is bad: ${op}`);
      }
      return { kind: op, text: op, at, line };
    }
    throw new BcError(`bad character '${char}'`, line);
  }

  /** Skips blanks, comments and continued lines. */
  #skip(): void {
    const { text } = this;
    for (;;) {
      const char = text[this.at];
      if (char === " " || char === "\t" || char === "\r" || char === "\v" || char === "\f") {
        this.at++;
      } else if (char === "\\" && (text[this.at + 1] === "\n" || this.#isLast(this.at + 1))) {
        // Native does not count the line.
        this.at += 2;
      } else if (char === "#") {
        this.posix("POSIX does not allow '#' script comments");
        const end = text.indexOf("\n", this.at);
        if (end < 0 && !this.ended) throw new NeedMore(this.line);
        this.at = end < 0 ? text.length : end;
      } else if (char === "/" && text[this.at + 1] === "*") {
        const end = text.indexOf("*/", this.at + 2);
        if (end < 0) {
          if (!this.ended) throw new NeedMore(this.line);
          throw new BcError("unterminated comment", this.line);
        }
        this.line += text.slice(this.at, end).split("\n").length - 1;
        this.at = end + 2;
      } else return;
    }
  }

  #isLast(at: number): boolean {
    if (at < this.text.length) return false;
    if (!this.ended) throw new NeedMore(this.line);
    return true;
  }

  #string(): Token {
    const { at, line, text } = this;
    const end = text.indexOf('"', at + 1);
    if (end < 0) {
      if (!this.ended) throw new NeedMore(this.line);
      throw new BcError("unterminated string", line);
    }
    const value = text.slice(at + 1, end);
    this.line += value.split("\n").length - 1;
    this.at = end + 1;
    return { kind: "STRING", text: value, at, line };
  }

  /** Digits, which may go on behind a continued line. */
  #number(): Token {
    const { at, line, text } = this;
    let digits = "";
    let point = false;
    let from = at;
    for (;; this.at++) {
      const code = text.charCodeAt(this.at);
      if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a)) continue;
      if (code === 0x5c && text.charCodeAt(this.at + 1) === 10) {
        digits += text.slice(from, this.at++);
        this.line++;
        from = this.at + 1;
      } else if (code === 0x2e && !point) point = true;
      else break;
    }
    digits += text.slice(from, this.at);
    if (this.at >= text.length && !this.ended) throw new NeedMore(this.line);
    return { kind: "NUMBER", text: digits, at, line };
  }

  #word(): Token {
    const { at, line, text } = this;
    let end = at + 1;
    while (/[a-z0-9_]/.test(text[end] ?? "")) end++;
    if (end >= text.length && !this.ended) throw new NeedMore(this.line);
    const word = text.slice(at, end);
    this.at = end;
    if (KEYWORDS.has(word)) {
      if (EXTENSIONS.has(word)) {
        this.posix(`POSIX does not allow the '${word.slice(0, SHOWN_KEYWORD)}' keyword`);
      }
      return { kind: word, text: word, at, line };
    }
    if (word.length > 1) {
      this.posix(`POSIX only allows one character names; this is bad: '${this.rest(at)}'`);
    }
    return { kind: "NAME", text: word, at, line };
  }
}
