/**
 * Words of the shell language (POSIX 2.2, 2.3, 2.6 for their outer form, and the extensions BusyBox
 * 1.35 ash accepts): characters to {@link Part}s whose quoting is resolved.
 *
 * @module
 */

import {
  isNameChar,
  isNameStart,
  type Node,
  type Part,
  ShellSyntaxError,
  type VarOp,
} from "./ast.ts";
import { Source, type SourceHooks } from "./source.ts";

/** How deep quotes, substitutions and compound commands may nest before the parser refuses. */
export const MAX_NESTING = 400;

const PLAIN = /[^\\'"`$ \t\n;&|<>()]+/y;
const PLAIN_BRACE = /[^\\'"`$}\n]+/y;
const PLAIN_DQ = /[^\\"`$\n}]+/y;
const PLAIN_DQ_LINES = /[^\\"`$}]+/y;
const PLAIN_ARITH = /[^\\`$\n()]+/y;
const PLAIN_BACK = /[^\\`\n]+/y;
const PLAIN_DOLLAR = /[^\\'\n]+/y;

/** Of a longer text, so many characters are looked through at a time. */
const MUCH = 1 << 20;
const STRETCH = 1 << 16;

/** Where the scanner is. */
export const enum Ctx {
  Base,
  BraceBase,
  Dq,
  BraceDq,
  Arith,
}

/** Collects parts, merging neighbours of a kind. */
export class Parts {
  /** What was collected. */
  readonly list: Part[] = [];

  /** Adds active text. */
  lit(s: string): void {
    const last = this.list[this.list.length - 1];
    if (last !== undefined && last.t === "lit") {
      this.list[this.list.length - 1] = { t: "lit", s: last.s + s };
    } else if (s.length > 0) this.list.push({ t: "lit", s });
  }

  /** Adds quoted text; an empty one leaves a mark. */
  quo(s: string): void {
    const last = this.list[this.list.length - 1];
    if (last !== undefined && last.t === "quo") {
      this.list[this.list.length - 1] = { t: "quo", s: last.s + s };
    } else this.list.push({ t: "quo", s });
  }

  /** Adds any other part. */
  add(part: Part): void {
    this.list.push(part);
  }
}

/** Turns characters into the parts of words; tokens are the business of the class built on it. */
export abstract class WordScanner extends Source {
  protected depth = 0;
  /** The text being read is the body of a here-document. */
  protected inHeredoc = false;
  /** How many braces of `${` are open around what is being read, up to the next `$(` outwards. */
  protected braces = 0;
  /** Consumes the delimiter line of the here-document being read, if the input stands before it. */
  protected docEnd: (() => boolean) | undefined = undefined;
  /** The braces being read stand directly in a here-document. */
  #inDocBraces = false;
  readonly #maxDepth: number;

  constructor(text: string, line: number, hooks: SourceHooks) {
    super(text, line, hooks);
    this.#maxDepth = hooks.maxDepth ?? MAX_NESTING;
  }

  /** Parses commands up to the `)` that ends a substitution, keeping the tokens around it. */
  protected abstract commandList(): Node | null;

  /** Parses a complete program text, for backquotes. */
  protected abstract nested(text: string, line: number): Node | null;

  /** Stops with busybox's words in front. */
  protected fail(message: string): never {
    throw new ShellSyntaxError("syntax error: " + message, this.line);
  }

  protected enter(): void {
    if (++this.depth > this.#maxDepth) this.fail("nesting too deep");
  }

  /** The next word is a here-document's delimiter, in which nothing is expanded. */
  protected delimiter = false;

  /** Backquotes in a delimiter are text, and count as quotes. */
  #delimiterQuotes(out: Parts): void {
    let text = "`";
    for (;;) {
      const c = this.take();
      if (c < 0) this.fail("EOF in backquote substitution");
      if (c === 10) this.line += this.lineStep;
      text += String.fromCharCode(c);
      if (c === 96) break;
    }
    out.quo(text);
  }

  /**
   * Takes a run of ordinary characters that match `pattern`, up to `end`, some of it if it is long;
   * "" when there is none.
   */
  protected run(pattern: RegExp, end = Infinity): string {
    const { s, pos } = this;
    const isPart = s.length > Math.min(end, MUCH);
    pattern.lastIndex = isPart ? 0 : pos;
    const m = pattern.exec(isPart ? s.slice(pos, Math.min(end, pos + STRETCH)) : s);
    if (m === null) return "";
    const [text] = m;
    this.pos += text.length;
    this.left -= text.length >> 7;
    return text;
  }

  /**
   * Reads parts until the context ends: a metacharacter for `Base`, the closing brace, quote or
   * parentheses (consumed) for the others. `stop` is a character that also ends it, unquoted.
   */
  protected scanParts(out: Parts, ctx: Ctx, stop = -1, parens = { depth: 0 }): number {
    const dq = ctx === Ctx.Dq || ctx === Ctx.BraceDq || ctx === Ctx.Arith;
    const brace = ctx === Ctx.BraceBase || ctx === Ctx.BraceDq;
    for (;;) {
      this.step();
      const text = stop >= 0 ? "" : this.run(
        ctx === Ctx.Base
          ? PLAIN
          : ctx === Ctx.BraceBase
          ? PLAIN_BRACE
          : ctx === Ctx.Arith
          ? PLAIN_ARITH
          // In a here-document each line may be the last.
          : ctx === Ctx.Dq && this.docEnd === undefined
          ? PLAIN_DQ_LINES
          : PLAIN_DQ,
      );
      if (ctx === Ctx.Dq && text.includes("\n")) this.countLines(text);
      if (text.length > 0) dq ? out.quo(text) : out.lit(text);
      const c = this.peek();
      if (c === stop && c >= 0) return c;
      switch (c) {
        case -1:
          if (ctx === Ctx.Base) return c;
          this.#unfinished(ctx);
          break;
        case 10:
          if (ctx === Ctx.Base) return c;
          this.pos++;
          this.line += this.lineStep;
          if (this.docEnd?.()) this.#unfinished(ctx);
          dq ? out.quo("\n") : out.lit("\n");
          continue;
        case 9:
        case 32:
        case 59:
        case 38:
        case 124:
          if (ctx === Ctx.Base) return c;
          break;
        case 40:
          if (ctx === Ctx.Base) return c;
          if (ctx === Ctx.Arith) parens.depth++;
          break;
        case 41:
          if (ctx === Ctx.Base) return c;
          if (ctx !== Ctx.Arith) break;
          if (parens.depth > 0) {
            parens.depth--;
            break;
          }
          this.pos++;
          // A parenthesis too many is text, which evaluation will not like.
          if (this.peekJoined() !== 41) {
            out.quo(")");
            continue;
          }
          this.pos++;
          return c;
        case 60:
        case 62:
          // In braces it is text.
          if (ctx !== Ctx.Base) break;
          if (this.#processSubstitution(c, out)) continue;
          return c;
        case 125:
          if (!brace) break;
          this.pos++;
          return c;
        case 34:
          if (ctx === Ctx.Arith) break;
          this.pos++;
          if (ctx === Ctx.Dq) return c;
          this.enter();
          if (ctx === Ctx.BraceDq) this.#innerQuotes(out);
          else this.#doubleQuotes(out);
          this.depth--;
          continue;
        case 39:
          if (dq) break;
          this.pos++;
          this.#singleQuotes(out);
          continue;
        case 92:
          this.escape(out, ctx);
          continue;
        case 36:
          if (this.delimiter) break;
          this.pos++;
          this.dollar(out, dq);
          continue;
        case 96:
          this.pos++;
          if (this.delimiter) {
            this.#delimiterQuotes(out);
            continue;
          }
          this.backquotes(out, dq && ctx !== Ctx.Arith, dq);
          continue;
      }
      this.pos++;
      const s = String.fromCharCode(c);
      dq ? out.quo(s) : out.lit(s);
    }
  }

  #processSubstitution(c: number, out: Parts): boolean {
    if (this.pos + 1 >= this.s.length) this.extend();
    if (this.s.charCodeAt(this.pos + 1) !== 40) return false;
    this.pos += 2;
    out.add({ t: "proc", dir: c === 60 ? "<" : ">", body: this.commandList() });
    return true;
  }

  #singleQuotes(out: Parts): void {
    for (;;) {
      const end = this.s.indexOf("'", this.pos);
      let stop = end < 0 ? this.s.length : end;
      // In a here-document each line may be the last.
      const newline = this.docEnd === undefined ? -1 : this.s.indexOf("\n", this.pos);
      if (newline >= 0 && newline < stop) stop = newline + 1;
      const text = this.s.slice(this.pos, stop);
      this.countLines(text);
      out.quo(text);
      this.pos = stop;
      if (stop === end) {
        this.pos++;
        return;
      }
      if (stop === newline + 1 && this.docEnd?.()) this.#unfinished(Ctx.BraceBase);
      if (this.peek() >= 0) continue;
      this.#unfinished(Ctx.BraceDq);
    }
  }

  /** Counts the lines of a text that was taken as a whole. */
  protected countLines(text: string): void {
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) {
      this.line += this.lineStep;
    }
  }

  #doubleQuotes(out: Parts): void {
    const inner = new Parts();
    this.scanParts(inner, Ctx.Dq);
    const list = inner.list;
    if (list.length === 0) {
      out.quo("");
      return;
    }
    // `"$@"` alone vanishes without parameters; in company its quotes make an empty field.
    const at = list.some((p) => p.t === "var" && p.name === "@" && p.op === "");
    if (at && !(list.length === 1)) out.quo("");
    for (const p of list) {
      p.t === "quo" ? out.quo(p.s) : out.add(p);
    }
  }

  /** Double quotes inside `"${x:-…}"`: they are dropped, the text is quoted already. */
  #innerQuotes(out: Parts): void {
    const inner = new Parts();
    this.scanParts(inner, Ctx.Dq);
    // In a here-document they leave no mark.
    if (inner.list.length === 0 && this.docEnd === undefined) out.quo("");
    for (const p of inner.list) {
      p.t === "quo" ? out.quo(p.s) : out.add(p);
    }
  }

  protected escape(out: Parts, ctx: Ctx): void {
    this.pos++;
    const c = this.peek();
    if (c < 0) {
      // POSIX leaves a lone backslash at the end open; ash keeps it.
      out.quo("\\");
      return;
    }
    this.pos++;
    if (c === 10) {
      this.line += this.lineStep;
      return;
    }
    const s = String.fromCharCode(c);
    if (ctx === Ctx.Base || ctx === Ctx.BraceBase) {
      out.quo(s);
      return;
    }
    const special = c === 92 || c === 36 || c === 96 ||
      (c === 34 && ctx !== Ctx.Arith && !this.inHeredoc) ||
      (c === 125 && this.braces > 0) || (c === 34 && ctx === Ctx.BraceDq);
    out.quo(special ? s : "\\" + s);
  }

  protected backquotes(out: Parts, inDq: boolean, quoted: boolean): void {
    // Native counts the lines of backquotes from the last command that was run.
    const line = this.hooks.line?.() ?? this.line;
    let text = "";
    for (;;) {
      this.step();
      text += this.run(PLAIN_BACK);
      const c = this.take();
      if (c < 0) this.fail("EOF in backquote substitution");
      if (c === 96) break;
      if (c === 92) {
        const n = this.take();
        if (n < 0) this.fail("EOF in backquote substitution");
        if (n === 10) {
          this.line += this.lineStep;
          continue;
        }
        if (n !== 92 && n !== 96 && n !== 36 && !(n === 34 && inDq)) text += "\\";
        text += String.fromCharCode(n);
        continue;
      }
      if (c === 10) this.line += this.lineStep;
      text += String.fromCharCode(c);
    }
    this.enter();
    out.add({ t: "cmd", body: this.nested(text, line), quoted });
    this.depth--;
  }

  protected dollar(out: Parts, quoted: boolean): void {
    const c = this.peekJoined();
    if (c === 40) {
      this.pos++;
      if (this.peekJoined() === 40) {
        this.pos++;
        this.enter();
        const inner = new Parts();
        const { braces } = this;
        this.braces = 0;
        this.scanParts(inner, Ctx.Arith);
        this.braces = braces;
        this.depth--;
        out.add({ t: "arith", word: { parts: inner.list }, quoted });
        return;
      }
      out.add({ t: "cmd", body: this.commandList(), quoted });
      return;
    }
    if (c === 123) {
      this.pos++;
      this.enter();
      const inHeredoc = this.inHeredoc;
      this.inHeredoc = false;
      this.#inDocBraces = inHeredoc;
      this.braces++;
      this.#braced(out, quoted);
      this.braces--;
      this.inHeredoc = inHeredoc;
      this.depth--;
      return;
    }
    if (isNameStart(c)) {
      out.add({ t: "var", name: this.#name(), op: "", quoted, line: this.line });
      return;
    }
    if (isSpecial(c)) {
      this.pos++;
      out.add({ t: "var", name: String.fromCharCode(c), op: "", quoted, line: this.line });
      return;
    }
    if (c === 39 && !quoted) {
      this.pos++;
      this.#dollarQuotes(out);
      return;
    }
    quoted ? out.quo("$") : out.lit("$");
  }

  #name(): string {
    let text = "";
    for (;;) {
      const c = this.peekJoined();
      if (c < 0 || !isNameChar(c)) return text;
      text += String.fromCharCode(c);
      this.pos++;
    }
  }

  #digits(): string {
    let text = "";
    for (let c = this.peekJoined(); c >= 48 && c <= 57; c = this.peekJoined()) {
      text += String.fromCharCode(c);
      this.pos++;
    }
    return text;
  }

  /** `$'…'`, with the escapes that BusyBox ash knows; others keep their backslash. */
  #dollarQuotes(out: Parts): void {
    let text = "";
    for (;;) {
      this.step();
      text += this.run(PLAIN_DOLLAR);
      const c = this.take();
      if (c < 0) this.#unfinished(Ctx.BraceDq);
      if (c === 39) break;
      if (c === 10) {
        this.line += this.lineStep;
        if (this.docEnd?.()) this.#unfinished(Ctx.BraceDq);
      }
      if (c !== 92) {
        text += String.fromCharCode(c);
        continue;
      }
      const n = this.take();
      if (n < 0) this.#unfinished(Ctx.BraceDq);
      const simple = SIMPLE_ESCAPES.get(n);
      if (simple !== undefined) {
        text += simple;
      } else if (n === 120 && hexValue(this.peek()) >= 0) {
        let v = 0;
        for (let i = 0; i < 2 && hexValue(this.peek()) >= 0; i++) {
          v = v * 16 + hexValue(this.take());
        }
        if (v !== 0) text += String.fromCharCode(v);
      } else if (n >= 48 && n <= 55) {
        let v = n - 48;
        for (let i = 0; i < 2; i++) {
          const d = this.peek();
          if (d < 48 || d > 55) break;
          this.pos++;
          // A digit with which it would not fit a byte is read and does not count.
          if (v < 32) v = v * 8 + d - 48;
        }
        // A NUL is nothing, as everywhere in the shell.
        if (v !== 0) text += String.fromCharCode(v);
      } else {
        text += "\\" + String.fromCharCode(n);
      }
    }
    out.quo(text);
  }

  #braced(out: Parts, quoted: boolean): void {
    const line = this.line;
    let c = this.peekJoined();
    let name: string;
    let op: VarOp = "";
    if (isNameStart(c)) name = this.#name();
    else if (c >= 48 && c <= 57) name = this.#digits();
    else if (isSpecial(c)) {
      name = String.fromCharCode(c);
      this.pos++;
      if (c === 35) {
        // `${#` is a length unless what follows makes it the parameter `#` itself.
        c = this.peekJoined();
        if (isNameStart(c)) {
          name = this.#name();
          op = "len";
        } else if (c >= 48 && c <= 57) {
          name = this.#digits();
          op = "len";
        } else if (c !== 125 && this.#charAfter() === 125) {
          if (!isSpecial(c)) return this.#badBraces(out, "#", quoted, line);
          name = String.fromCharCode(c);
          this.pos++;
          op = "len";
        }
      }
    } else if (c < 0) this.#failInBraces(quoted);
    else return this.#badBraces(out, "", quoted, line);
    c = this.peekJoined();
    if (c < 0) this.#failInBraces(quoted);
    if (op === "len") {
      if (c !== 125) return this.#badBraces(out, "#" + name, quoted, line, false);
      this.pos++;
      out.add({ t: "var", name, op, quoted, line });
      return;
    }
    if (c === 125) {
      this.pos++;
      out.add({ t: "var", name, op, quoted, line });
      return;
    }
    this.#bracedTail(out, name, c, quoted, line);
  }

  #failInBraces(quoted: boolean): never {
    this.#unfinished(quoted ? Ctx.BraceDq : Ctx.BraceBase);
  }

  /** The input, or the here-document, ends inside of something. */
  #unfinished(ctx: Ctx): never {
    if (ctx === Ctx.Arith) this.fail("missing '))'");
    const inQuotes = ctx !== Ctx.BraceBase && this.docEnd === undefined;
    this.fail(inQuotes ? "unterminated quoted string" : "missing '}'");
  }

  /** What ash does not understand is read to its brace; only its expansion is an error. */
  #badBraces(
    out: Parts,
    name: string,
    quoted: boolean,
    line: number,
    isTaken = true,
  ): void {
    const arg = new Parts();
    const c = this.peek();
    // The character that is wrong means nothing else, be it a quote.
    if (isTaken && c !== 125) {
      this.pos++;
      arg.lit(String.fromCharCode(c));
    }
    this.scanParts(arg, quoted ? Ctx.BraceDq : Ctx.BraceBase);
    out.add({ t: "var", name, op: "bad", quoted, arg: { parts: arg.list }, line });
  }

  #bracedTail(out: Parts, name: string, first: number, quoted: boolean, line: number): void {
    let op: VarOp;
    let c = first;
    if (!":-+=?#%/".includes(String.fromCharCode(c))) {
      return this.#badBraces(out, name, quoted, line);
    }
    this.pos++;
    switch (c) {
      case 58: // :
        c = this.peekJoined();
        if (c === 45 || c === 43 || c === 61 || c === 63) {
          this.pos++;
          op = (":" + String.fromCharCode(c)) as VarOp;
        } else if (c === 125) {
          // Native takes the brace of `${x:}` as part of what it ignores.
          this.pos++;
          op = ":";
        } else {
          op = "sub";
        }
        break;
      case 45:
      case 43:
      case 61:
      case 63:
        op = String.fromCharCode(c) as VarOp;
        break;
      case 35:
      case 37: {
        op = String.fromCharCode(c) as VarOp;
        if (this.peekJoined() === c) {
          this.pos++;
          op = (op + op) as VarOp;
        }
        break;
      }
      case 47:
        op = "/";
        if (this.peekJoined() === 47) {
          this.pos++;
          op = "//";
        }
        break;
      default:
        this.fail("bad substitution"); // Not reached: the first character was checked.
    }
    const pattern = op[0] === "#" || op[0] === "%" || op[0] === "/";
    const inDoc = this.#inDocBraces;
    this.#inDocBraces = false;
    const ctx = quoted && !pattern ? Ctx.BraceDq : Ctx.BraceBase;
    const arg = new Parts();
    let arg2: Parts | undefined;
    if (op[0] === "/" && this.peek() === 47) {
      // A slash right at the beginning belongs to the pattern.
      this.pos++;
      arg.lit("/");
    }
    if (op === "sub" || op[0] === "/") {
      const end = this.scanParts(arg, ctx, op === "sub" ? 58 : 47);
      if (end !== 125) {
        this.pos++;
        arg2 = new Parts();
        this.scanParts(arg2, ctx);
      }
    } else this.scanParts(arg, ctx);
    // In a here-document, quotes around an expansion do not make it literal in a pattern.
    const parts = inDoc && pattern
      ? arg.list.map((p) => p.t === "var" || p.t === "cmd" ? { ...p, quoted: false } : p)
      : arg.list;
    const part: Part = { t: "var", name, op, quoted, arg: { parts }, line };
    out.add(arg2 === undefined ? part : { ...part, arg2: { parts: arg2.list } });
  }

  #charAfter(): number {
    for (let at = 1;; at += 2) {
      if (this.pos + at + 1 >= this.s.length) this.extend();
      if (!this.s.startsWith("\\\n", this.pos + at)) return this.s.charCodeAt(this.pos + at);
    }
  }
}

const SIMPLE_ESCAPES: ReadonlyMap<number, string> = new Map([
  [97, "\x07"],
  [98, "\b"],
  [102, "\f"],
  [110, "\n"],
  [114, "\r"],
  [116, "\t"],
  [118, "\v"],
  [92, "\\"],
  [39, "'"],
  [34, '"'],
]);

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 97 && c <= 102) return c - 87;
  if (c >= 65 && c <= 70) return c - 55;
  return -1;
}

/** The special parameters and single digits: `$@ $* $# $? $- $$ $! $0`… */
function isSpecial(c: number): boolean {
  return c === 64 || c === 42 || c === 35 || c === 63 || c === 45 || c === 36 || c === 33 ||
    (c >= 48 && c <= 57);
}
