/**
 * The shell grammar (POSIX 2.10 with the extensions of BusyBox 1.35 ash) over the tokens of
 * `lex.ts`. One call of {@link Parser.next} reads one complete command line.
 *
 * @module
 */

import {
  type Assign,
  bareText,
  type CaseItem,
  isName,
  isNameChar,
  isNameStart,
  type Node,
  type Part,
  type Redir,
  staticText,
  type Word,
} from "./ast.ts";
import { CHKALIAS, CHKKWD, CHKNL, isReserved, Lexer } from "./lex.ts";
import type { SourceHooks } from "./source.ts";

/** What {@link Parser.next} returns at the end of the script. */
export const END: unique symbol = Symbol("end of script");

/** Names that may not be redefined as functions, because POSIX makes them special. */
const SPECIAL_BUILTINS: ReadonlySet<string> = new Set([
  ".",
  ":",
  "break",
  "continue",
  "eval",
  "exec",
  "exit",
  "export",
  "readonly",
  "return",
  "set",
  "shift",
  "source",
  "times",
  "trap",
  "unset",
]);

/** True for the POSIX special built-in utilities (2.14) and their ash companions. */
export function isSpecialBuiltin(name: string): boolean {
  return SPECIAL_BUILTINS.has(name);
}

/** Reads commands from a script. */
export class Parser extends Lexer {
  constructor(text: string, line = 1, hooks: SourceHooks = {}) {
    super(text, line, hooks);
  }

  /** The next command line; null for an empty one, {@link END} after the last. */
  next(): Node | null | typeof END {
    // What was read last may have ended in the middle of anything.
    this.depth = this.braces = 0;
    this.inHeredoc = this.delimiter = false;
    this.docEnd = undefined;
    this.heredocs = [];
    const tok = this.read(0);
    if (tok === "eof") return END;
    if (tok === "nl") return null;
    this.pushBack();
    return this.#list(true);
  }

  protected override substitution(): Node | null {
    const body = this.#list(false);
    this.#close(")");
    return body;
  }

  protected override nested(text: string, line: number): Node | null {
    const parser = new Parser(text, line, {
      alias: this.hooks.alias,
      line: this.hooks.line,
      charge: this.hooks.charge,
      maxDepth: this.hooks.maxDepth,
      pause: this.hooks.pause,
    });
    parser.depth = this.depth;
    parser.left = this.left;
    // Native takes no offence at a `)` or `done` too many: the commands end there.
    try {
      return parser.#list(false);
    } finally {
      this.charged += parser.charged;
    }
  }

  /**
   * A list. With `line` it is one command line: it ends at the newline (consumed) or the end of
   * the input, and anything else is unexpected. Otherwise newlines separate too, and it ends at a
   * closing word or operator, which is left in `tok`; null when there was no command at all.
   */
  #list(line: boolean): Node | null {
    const items: Node[] = [];
    for (;;) {
      // An alias may stand for nothing, and the line end here.
      let tok = this.read((line ? 0 : CHKNL) | CHKKWD | CHKALIAS);
      if (line ? tok === "nl" : endsList(tok)) break;
      this.pushBack();
      if (tok === "eof") break;
      let node = this.#andOr();
      tok = this.read(CHKKWD);
      if (tok === "&") node = { k: "bg", body: node };
      items.push(node);
      if (tok === "&" || tok === ";") continue;
      if (tok === "nl") {
        if (line) break;
      } else if (tok === "eof") {
        this.pushBack();
        break;
      } else {
        if (line) this.unexpected();
        break;
      }
    }
    return sequence(items);
  }

  /** A list that must not be empty, for the insides of compound commands. */
  #body(closer: string): Node {
    const node = this.#list(false);
    if (node === null) this.unexpected(this.tok === "eof" ? closer : undefined);
    return node;
  }

  #andOr(): Node {
    let left = this.#pipeline();
    for (;;) {
      const tok = this.read(0);
      if (tok !== "&&" && tok !== "||") {
        this.pushBack();
        return left;
      }
      this.read(CHKNL | CHKKWD | CHKALIAS);
      this.pushBack();
      left = { k: tok === "&&" ? "and" : "or", left, right: this.#pipeline() };
    }
  }

  #pipeline(): Node {
    let negate = false;
    if (this.read(CHKKWD | CHKALIAS) === "!") {
      negate = true;
      this.read(CHKKWD | CHKALIAS);
    }
    this.pushBack();
    const first = this.#command();
    let node = first;
    if (this.read(0) === "|") {
      const cmds = [first];
      do {
        this.read(CHKNL | CHKKWD | CHKALIAS);
        this.pushBack();
        cmds.push(this.#command());
      } while (this.read(0) === "|");
      node = { k: "pipe", cmds };
    }
    this.pushBack();
    return negate ? { k: "not", body: node } : node;
  }

  #at(tok: string): boolean {
    return this.tok === tok;
  }

  /** The list just read must have ended at `tok`. */
  #close(tok: string): void {
    if (this.tok !== tok) this.unexpected(tok);
  }

  #expect(tok: string, flags: number): void {
    if (this.read(flags) !== tok) this.unexpected(tok);
  }

  /** @param given Line of a compound command, where it is not that of its first word. */
  #command(given?: number): Node {
    this.enter();
    const redirs: Redir[] = [];
    // A redirection may come first; then only a simple command can follow.
    const tok = this.read(CHKKWD | CHKALIAS);
    const own = tok === "word" ? this.wordLine : this.tokLine;
    const line = given ?? own;
    let node: Node;
    switch (tok) {
      case "if":
        node = this.#ifClause();
        break;
      case "while":
      case "until": {
        const cond = this.#body("do");
        this.#close("do");
        const body = this.#body("done");
        this.#close("done");
        node = { k: tok, cond, body };
        break;
      }
      case "for":
        node = this.#forClause(line);
        break;
      case "case":
        node = this.#caseClause(line);
        break;
      case "(": {
        const body = this.#body(")");
        this.#close(")");
        node = { k: "sub", body, line };
        break;
      }
      case "{": {
        const body = this.#body("}");
        this.#close("}");
        node = { k: "group", body };
        break;
      }
      case "function": {
        if (this.read(0) !== "word" && !isReserved(this.tok)) this.unexpected("word");
        const { word } = this;
        const parentheses = this.read(0) === "(";
        const name = this.#functionName(word, parentheses);
        if (parentheses) this.#expect(")", 0);
        else this.pushBack();
        const first = this.read(CHKNL | CHKKWD | CHKALIAS);
        // Without parentheses only a compound command may follow, or `[[`.
        const isSimple = first === "redir" ||
          (first === "word" && bareText(this.word) !== "[[");
        if (!parentheses && isSimple) this.unexpected();
        this.pushBack();
        node = { k: "func", name, body: this.#command(), line };
        break;
      }
      case "word":
      case "redir":
        this.pushBack();
        node = this.#simple(own);
        this.depth--;
        return node;
      default:
        this.unexpected();
    }
    while (this.read(CHKKWD | CHKALIAS) === "redir") redirs.push(this.#redirection());
    this.pushBack();
    this.depth--;
    if (redirs.length === 0) return node;
    // Natively `{ ( … ); } >f` is `( … ) >f`, and what acts on its status is not redirected.
    if (node.k === "group" && node.body.k === "sub") node = node.body;
    return { k: "redir", body: node, redirs, line };
  }

  #ifClause(): Node {
    const cond = this.#body("then");
    this.#close("then");
    const then = this.#body("fi");
    let orelse: Node | null = null;
    if (this.#at("elif")) {
      this.enter();
      orelse = this.#ifClause();
      this.depth--;
      return { k: "if", cond, then, orelse };
    }
    if (this.#at("else")) orelse = this.#body("fi");
    this.#close("fi");
    return { k: "if", cond, then, orelse };
  }

  #forClause(line: number): Node {
    const name = this.read(0) === "word" ? bareText(this.word) : undefined;
    if (name === undefined || !isName(name)) this.fail("bad for loop variable");
    let words: Word[] | null = null;
    if (this.read(CHKNL | CHKKWD | CHKALIAS) === "in") {
      words = [];
      while (this.read(0) === "word") words.push(this.word);
      if (this.tok !== "nl" && this.tok !== ";") this.unexpected();
      this.#expect("do", CHKNL | CHKKWD | CHKALIAS);
    } else {
      if (this.tok === ";") this.read(CHKNL | CHKKWD | CHKALIAS);
      this.#close("do");
    }
    const body = this.#body("done");
    this.#close("done");
    return { k: "for", name, words, body, line };
  }

  #caseClause(line: number): Node {
    if (this.read(0) !== "word") this.unexpected("word");
    const word = this.word;
    this.#expect("in", CHKNL | CHKKWD | CHKALIAS);
    const items: CaseItem[] = [];
    let tok = this.read(CHKNL | CHKKWD);
    while (tok !== "esac") {
      if (tok === "(") this.read(0);
      const patterns: Word[] = [];
      for (;;) {
        // Native takes whatever stands here for a pattern and complains about what follows.
        patterns.push(this.word);
        if (this.read(0) !== "|") break;
        this.read(0);
      }
      this.#close(")");
      const body = this.#list(false);
      items.push({ patterns, body });
      tok = this.tok;
      if (tok === "esac") break;
      if (tok !== ";;") this.unexpected(";;");
      tok = this.read(CHKNL | CHKKWD);
    }
    return { k: "case", word, items, line };
  }

  /** The name is looked at when it is seen that a function is to be defined. */
  #functionName(word: Word, isSure: boolean): string {
    const name = bareText(word);
    if (name !== undefined && isName(name) && !isSpecialBuiltin(name)) return name;
    let next = "(";
    if (!isSure) {
      this.pushBack();
      next = this.read(CHKNL | CHKKWD);
    }
    if ((next !== "{" && next !== "(") || assignment(word) !== undefined) this.unexpected();
    this.fail("bad function name");
  }

  #redirection(): Redir {
    const fd = this.redirFd;
    const op = this.redirOp;
    const strip = this.redirStrip;
    this.delimiter = op === "<<";
    const tok = this.read(0);
    this.delimiter = false;
    if (tok !== "word") this.unexpected();
    if (op !== "<<") return { op, fd, word: this.word };
    const delim = staticText(this.word) ?? "";
    const raw = this.word.parts.some((p) => p.t === "quo");
    const redir: Redir = { op, fd, word: { parts: [] }, delim, raw, strip };
    this.heredocs.push({ redir, delim, raw, strip });
    return redir;
  }

  #simple(line: number): Node {
    const assigns: Assign[] = [];
    const words: Word[] = [];
    const redirs: Redir[] = [];
    let flags = CHKALIAS;
    let brackets = false;
    for (;;) {
      let tok = this.read(flags);
      if (brackets && (tok === "&&" || tok === "||")) {
        this.word = { parts: [{ t: "quo", s: tok }] };
        tok = "word";
      }
      if (tok === "word") {
        if (words.length === 0) {
          const assign = assignment(this.word);
          if (assign !== undefined) {
            assigns.push(assign);
            continue;
          }
        }
        // Native does not ask whether `[[` is the command or a word of one.
        const bare = bareText(this.word);
        if (bare === "[[") brackets = true;
        else if (bare === "]]") brackets = false;
        words.push(this.word);
        flags = 0;
        continue;
      }
      if (tok === "redir") {
        redirs.push(this.#redirection());
        continue;
      }
      if (
        tok === "(" && words.length === 1 && assigns.length === 0 && redirs.length === 0
      ) {
        this.#expect(")", 0);
        const name = this.#functionName(words[0], true);
        // Native notes the line of the body before it goes on to where that begins.
        const here = this.line;
        this.read(CHKNL | CHKKWD | CHKALIAS);
        this.pushBack();
        return { k: "func", name, body: this.#command(here), line };
      }
      this.pushBack();
      break;
    }
    return { k: "simple", assigns, words, redirs, line };
  }
}

/** Tokens that end the list inside a compound command. */
function endsList(tok: string): boolean {
  switch (tok) {
    case "eof":
    case ")":
    case ";;":
    case "}":
    case "do":
    case "done":
    case "elif":
    case "else":
    case "esac":
    case "fi":
    case "then":
      return true;
  }
  return false;
}

/** Commands one after another as one. */
export function sequence(items: Node[]): Node | null {
  if (items.length === 0) return null;
  if (items.length === 1) return items[0];
  return { k: "seq", items: items.flatMap((n) => n.k === "seq" ? n.items : [n]) };
}

/** Splits `name=value` when the name and the `=` were written without quotes. */
export function assignment(word: Word): Assign | undefined {
  const first = word.parts[0];
  if (first === undefined || first.t !== "lit") return undefined;
  const s = first.s;
  if (!isNameStart(s.charCodeAt(0))) return undefined;
  let i = 1;
  while (i < s.length && isNameChar(s.charCodeAt(i))) i++;
  if (s.charCodeAt(i) !== 61) return undefined;
  const rest: Part[] = word.parts.slice(1);
  if (i + 1 < s.length) rest.unshift({ t: "lit", s: s.slice(i + 1) });
  return { name: s.slice(0, i), word: { parts: rest } };
}
