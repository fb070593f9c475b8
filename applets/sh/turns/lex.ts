/**
 * Made from `../lex.ts` by `tests/tools/parse_turns.ts`: the same in turns with others.
 *
 * @module
 */

import type { Steps } from "../../_lib/steps.ts";
import { bareText, type Node, type Redir, type Word } from "../ast.ts";
import { WordScanner } from "./words.ts";
import { Ctx, Parts } from "../words.ts";
import { CHKALIAS, CHKKWD, CHKNL, type Token } from "../lex.ts";

/** Turns characters into tokens; the parser extends it, because `$(` holds whole commands. */
export abstract class Lexer extends WordScanner {
  /** The token last read. */
  protected tok: Token = "";
  /** The word of a `word` token. */
  protected word: Word = { parts: [] };
  /** The redirection of a `redir` token, its target not yet read. */
  protected redirOp: Redir["op"] = "<";
  protected redirFd = 0;
  protected redirStrip = false;
  /** Line of the token last read. */
  protected tokLine = 1;
  /** Line on which the word last read ended, which native takes for that of its command. */
  protected wordLine = 1;
  #pushed = false;
  #words = 0;
  /** What was charged for the command being read. */
  charged = 0;
  protected heredocs: PendingHeredoc[] = [];

  /** Parses commands up to the `)` that ends a substitution. */
  protected abstract substitution(): Steps<Node | null>;

  /** Reports the current token as unexpected. */
  protected unexpected(expected?: string): never {
    const name = TOKEN_NAMES.get(this.tok) ?? `"${this.tok}"`;
    const wanted = expected === undefined || expected === "word" ? expected : `"${expected}"`;
    this.fail(`unexpected ${name}` + (wanted === undefined ? "" : ` (expecting ${wanted})`));
  }

  /** Lets the next {@link read} return the same token again. */
  protected pushBack(): void {
    this.#pushed = true;
  }

  /** Reads a token under the given checks. */
  protected *read(flags: number): Steps<Token> {
    for (;;) {
      if (this.isDue()) yield* this.turn();
      let tok = yield* this.raw();
      if (flags & CHKNL) {
        while (tok === "nl") {
          if (this.isDue()) yield* this.turn();
          // The blank at the end of an alias matters for its own line only.
          this.aliasNext = false;
          tok = yield* this.raw();
        }
      }
      if (this.aliasNext) {
        this.aliasNext = false;
        flags |= CHKALIAS;
      }
      if (tok !== "word") return tok;
      const text = bareText(this.word);
      if (text === undefined || text.length > LONGEST_NAME) return tok;
      if (flags & CHKKWD && RESERVED.has(text)) return this.tok = text;
      if (flags & CHKALIAS && this.pushAlias(text)) continue;
      return tok;
    }
  }

  private *raw(): Steps<Token> {
    if (this.#pushed) {
      this.#pushed = false;
      // A reserved word read again under other checks may be an ordinary word.
      if (RESERVED.has(this.tok)) this.tok = "word";
      return this.tok;
    }
    this.releaseAliases();
    return this.tok = yield* this.#scan();
  }

  *#scan(): Steps<Token> {
    for (;;) {
      if (this.isDue()) yield* this.turn();
      const c = this.peekJoined();
      this.tokLine = this.line;
      switch (c) {
        case -1:
          yield* this.readHeredocs();
          return "eof";
        case 32:
        case 9:
          this.pos++;
          // Blanks without end are looked at together.
          if (this.s.charCodeAt(this.pos) === c) this.run(BLANKS);
          continue;
        case 35:
          this.#skipComment();
          continue;
        case 10:
          this.pos++;
          this.line += this.lineStep;
          yield* this.readHeredocs();
          return "nl";
        case 38: // &
          this.pos++;
          switch (this.peekJoined()) {
            case 38:
              this.pos++;
              return "&&";
            case 62:
              this.pos++;
              this.redirOp = "&>";
              this.redirFd = 1;
              this.redirStrip = false;
              return "redir";
          }
          return "&";
        case 124: // |
          this.pos++;
          if (this.peekJoined() !== 124) return "|";
          this.pos++;
          return "||";
        case 59: // ;
          this.pos++;
          if (this.peekJoined() !== 59) return ";";
          this.pos++;
          return ";;";
        case 40:
          this.pos++;
          return "(";
        case 41:
          this.pos++;
          return ")";
        default:
          return (yield* this.#wordOrRedirection());
      }
    }
  }

  #skipComment(): void {
    for (;;) {
      const nl = this.s.indexOf("\n", this.pos);
      if (nl >= 0) {
        this.pos = nl;
        return;
      }
      this.pos = this.s.length;
      if (this.peek() < 0) return;
    }
  }

  *#wordOrRedirection(): Steps<Token> {
    const parts = new Parts();
    yield* this.scanParts(parts, Ctx.Base);
    const list = parts.list;
    const c = this.peek();
    if (c === 60 || c === 62) {
      const text = list.length === 1 && list[0].t === "lit" ? list[0].s : "";
      if (list.length === 0 || (text.length <= 9 && /^[0-9]+$/.test(text))) {
        this.#redirectionToken(c, list.length === 0 ? -1 : Number(text));
        return "redir";
      }
    }
    this.word = { parts: list };
    this.wordLine = this.line;
    if ((++this.#words & MANY_WORDS) === 0) {
      this.charged += MANY_WORDS * WORD_BYTES;
      this.hooks.charge?.(MANY_WORDS * WORD_BYTES);
    }
    return "word";
  }

  #redirectionToken(c: number, fd: number): void {
    this.pos++;
    this.redirStrip = false;
    const n = this.peekJoined();
    if (c === 62) {
      this.redirFd = fd < 0 ? 1 : fd;
      this.redirOp = n === 62 ? ">>" : n === 124 ? ">|" : n === 38 ? ">&" : ">";
      if (this.redirOp !== ">") this.pos++;
      return;
    }
    this.redirFd = fd < 0 ? 0 : fd;
    this.redirOp = n === 60 ? "<<" : n === 62 ? "<>" : n === 38 ? "<&" : "<";
    if (this.redirOp === "<") return;
    this.pos++;
    if (this.redirOp === "<<" && this.peekJoined() === 45) {
      this.pos++;
      this.redirStrip = true;
    }
  }

  protected override *commandList(): Steps<Node | null> {
    this.enter();
    const saved = {
      tok: this.tok,
      word: this.word,
      line: this.tokLine,
      wordLine: this.wordLine,
      pushed: this.#pushed,
      docs: this.heredocs,
      op: this.redirOp,
      fd: this.redirFd,
      strip: this.redirStrip,
      inHeredoc: this.inHeredoc,
      braces: this.braces,
      docEnd: this.docEnd,
    };
    this.inHeredoc = false;
    this.braces = 0;
    this.docEnd = undefined;
    this.heredocs = [];
    this.#pushed = false;
    const body = yield* this.substitution();
    this.heredocs = saved.docs;
    this.tok = saved.tok;
    this.word = saved.word;
    this.tokLine = saved.line;
    this.wordLine = saved.wordLine;
    this.#pushed = saved.pushed;
    this.redirOp = saved.op;
    this.redirFd = saved.fd;
    this.redirStrip = saved.strip;
    this.inHeredoc = saved.inHeredoc;
    this.braces = saved.braces;
    this.docEnd = saved.docEnd;
    this.depth--;
    return body;
  }

  /** Reads the bodies of the here-documents announced on the line that has just ended. */
  protected *readHeredocs(): Steps<void> {
    if (this.heredocs.length === 0) return;
    const docs = this.heredocs;
    this.heredocs = [];
    for (const doc of docs) {
      if (this.isDue()) yield* this.turn();
      const parts = new Parts();
      if (doc.raw) yield* this.#rawBody(doc, parts);
      else yield* this.#activeBody(doc, parts);
      doc.redir.word = { parts: parts.list };
    }
  }

  /** There were tabs that were taken off the line that has just begun. */
  #tabs = false;

  /**
   * Where lines begin again that may be the delimiter: from here to there are whole lines, of which
   * only the first might be it. Here itself, where each line must be looked at.
   */
  #safeEnd(doc: PendingHeredoc): number {
    if (doc.strip) return this.pos;
    const end = this.s.indexOf(`\n${doc.delim}\n`, this.pos);
    return end < 0 ? this.s.lastIndexOf("\n") + 1 : end + 1;
  }

  /** Consumes the delimiter line if the input stands before it. */
  #atDelimiter(doc: PendingHeredoc): boolean {
    // Where quotes mean something, joined lines are one.
    if (!doc.raw) this.peekJoined();
    this.#tabs = false;
    if (doc.strip) {
      while (this.peek() === 9) {
        this.pos++;
        this.#tabs = true;
      }
    }
    for (;;) {
      const nl = this.s.indexOf("\n", this.pos);
      if (nl < 0 && this.s.length - this.pos <= doc.delim.length && this.extend()) continue;
      break;
    }
    const end = this.pos + doc.delim.length;
    if (!this.s.startsWith(doc.delim, this.pos)) return false;
    if (end === this.s.length) {
      this.pos = end;
      // Natively the end of the input counts as the end of this line.
      this.line += this.lineStep;
      return true;
    }
    if (this.s.charCodeAt(end) !== 10) return false;
    this.pos = end + 1;
    this.line += this.lineStep;
    return true;
  }

  *#rawBody(doc: PendingHeredoc, out: Parts): Steps<void> {
    const pieces: string[] = [];
    while (!this.#atDelimiter(doc)) {
      if (this.isDue()) yield* this.turn();
      if (this.peek() < 0) break;
      let end = this.#safeEnd(doc);
      if (end <= this.pos) {
        let nl = this.s.indexOf("\n", this.pos);
        while (nl < 0 && this.extend()) nl = this.s.indexOf("\n", this.pos);
        end = nl < 0 ? this.s.length : nl + 1;
      }
      const text = this.s.slice(this.pos, end);
      pieces.push(text);
      this.pos = end;
      this.countLines(text);
    }
    if (pieces.length > 0) out.quo(pieces.join(""));
  }

  *#activeBody(doc: PendingHeredoc, out: Parts): Steps<void> {
    const outer = { inHeredoc: this.inHeredoc, braces: this.braces, docEnd: this.docEnd };
    this.inHeredoc = true;
    this.braces = 0;
    this.docEnd = () => this.#atDelimiter(doc);
    this.enter();
    let lineStart = true;
    // Up to `safe` in `seen` no line is the delimiter.
    let seen = "";
    let safe = 0;
    for (;;) {
      if (this.isDue()) yield* this.turn();
      this.step();
      if (lineStart && (this.pos >= safe || this.s !== seen)) {
        if (this.#atDelimiter(doc)) break;
        seen = this.s;
        safe = this.#safeEnd(doc);
        if (this.#tabs && this.s.startsWith("\\\n", this.pos)) {
          // Natively this pair is text, what follows is no new line, and none is counted.
          this.pos += 2;
          out.quo("\\\n");
          lineStart = false;
        }
      }
      const wasStart: boolean = lineStart;
      lineStart = false;
      const isSafe = this.pos < safe && this.s === seen;
      const text = isSafe ? this.run(PLAIN_LINES, safe) : this.run(PLAIN_DOC);
      if (text.length > 0) {
        out.quo(text);
        if (isSafe) {
          this.countLines(text);
          lineStart = text.endsWith("\n");
          if (lineStart) continue;
        }
      }
      const c = this.peek();
      if (c < 0) break;
      if (c === 10) {
        this.pos++;
        this.line += this.lineStep;
        out.quo("\n");
        lineStart = true;
      } else if (c === 92) {
        if (this.pos + 1 >= this.s.length) this.extend();
        lineStart = wasStart && text === "" && this.s.charCodeAt(this.pos + 1) === 10;
        this.escape(out, Ctx.Dq);
      } else if (c === 36) {
        this.pos++;
        yield* this.dollar(out, true);
      } else if (c === 96) {
        this.pos++;
        yield* this.backquotes(out, true, true);
      } else lineStart = wasStart && text === "";
    }
    this.depth--;
    this.inHeredoc = outer.inHeredoc;
    this.braces = outer.braces;
    this.docEnd = outer.docEnd;
  }
}

const RESERVED: ReadonlySet<string> = new Set([
  "!",
  "{",
  "}",
  "case",
  "do",
  "done",
  "elif",
  "else",
  "esac",
  "fi",
  "for",
  "function",
  "if",
  "in",
  "then",
  "until",
  "while",
]);

/** A longer word is looked up nowhere. */
const LONGEST_NAME = 1 << 16;

/** What so many words take is charged at once. */
const MANY_WORDS = 4095;

/** What a word takes that is read: its text and its parts. */
const WORD_BYTES = 256;

/** What errors call tokens that are not called by their text. */
const TOKEN_NAMES: ReadonlyMap<Token, string> = new Map([
  ["eof", "end of file"],
  ["nl", "newline"],
  ["word", "word"],
  ["redir", "redirection"],
]);

interface PendingHeredoc {
  readonly redir: Redir;
  readonly delim: string;
  readonly raw: boolean;
  readonly strip: boolean;
}

const BLANKS = /[ \t]+/y;

const PLAIN_LINES = /[^\\`$]+/y;

const PLAIN_DOC = /[^\\`$\n]+/y;
