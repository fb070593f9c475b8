/**
 * Made from `../parse.ts` by `tests/tools/parse_turns.ts`: the same in turns with others.
 *
 * @module
 */

import type { Steps } from "../../_lib/steps.ts";
import {
  type Assign,
  bareText,
  type CaseItem,
  isName,
  type Node,
  type Redir,
  staticText,
  type Word,
} from "../ast.ts";
import { Lexer } from "./lex.ts";
import { CHKALIAS, CHKKWD, CHKNL, isReserved } from "../lex.ts";
import type { SourceHooks } from "../source.ts";
import { assignment, END, isSpecialBuiltin, sequence } from "../parse.ts";

/** Reads commands from a script. */
export class Parser extends Lexer {
  constructor(text: string, line = 1, hooks: SourceHooks = {}) {
    super(text, line, hooks);
  }

  /** The next command line; null for an empty one, {@link END} after the last. */
  *next(): Steps<Node | null | typeof END> {
    // What was read last may have ended in the middle of anything.
    this.depth = this.braces = 0;
    this.inHeredoc = this.delimiter = false;
    this.docEnd = undefined;
    this.heredocs = [];
    const tok = yield* this.read(0);
    if (tok === "eof") return END;
    if (tok === "nl") return null;
    this.pushBack();
    return (yield* this.#list(true));
  }

  protected override *substitution(): Steps<Node | null> {
    const body = yield* this.#list(false);
    this.#close(")");
    return body;
  }

  protected override *nested(text: string, line: number): Steps<Node | null> {
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
      return (yield* parser.#list(false));
    } finally {
      this.charged += parser.charged;
    }
  }

  /**
   * A list. With `line` it is one command line: it ends at the newline (consumed) or the end of
   * the input, and anything else is unexpected. Otherwise newlines separate too, and it ends at a
   * closing word or operator, which is left in `tok`; null when there was no command at all.
   */
  *#list(line: boolean): Steps<Node | null> {
    const items: Node[] = [];
    for (;;) {
      if (this.isDue()) yield* this.turn();
      // An alias may stand for nothing, and the line end here.
      let tok = yield* this.read((line ? 0 : CHKNL) | CHKKWD | CHKALIAS);
      if (line ? tok === "nl" : endsList(tok)) break;
      this.pushBack();
      if (tok === "eof") break;
      let node = yield* this.#andOr();
      tok = yield* this.read(CHKKWD);
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
  *#body(closer: string): Steps<Node> {
    const node = yield* this.#list(false);
    if (node === null) this.unexpected(this.tok === "eof" ? closer : undefined);
    return node;
  }

  *#andOr(): Steps<Node> {
    let left = yield* this.#pipeline();
    for (;;) {
      if (this.isDue()) yield* this.turn();
      const tok = yield* this.read(0);
      if (tok !== "&&" && tok !== "||") {
        this.pushBack();
        return left;
      }
      yield* this.read(CHKNL | CHKKWD | CHKALIAS);
      this.pushBack();
      left = { k: tok === "&&" ? "and" : "or", left, right: yield* this.#pipeline() };
    }
  }

  *#pipeline(): Steps<Node> {
    let negate = false;
    if ((yield* this.read(CHKKWD | CHKALIAS)) === "!") {
      negate = true;
      yield* this.read(CHKKWD | CHKALIAS);
    }
    this.pushBack();
    const first = yield* this.#command();
    let node = first;
    if ((yield* this.read(0)) === "|") {
      const cmds = [first];
      do {
        if (this.isDue()) yield* this.turn();
        yield* this.read(CHKNL | CHKKWD | CHKALIAS);
        this.pushBack();
        cmds.push(yield* this.#command());
      } while ((yield* this.read(0)) === "|");
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

  *#expect(tok: string, flags: number): Steps<void> {
    if ((yield* this.read(flags)) !== tok) this.unexpected(tok);
  }

  /** @param given Line of a compound command, where it is not that of its first word. */
  *#command(given?: number): Steps<Node> {
    this.enter();
    const redirs: Redir[] = [];
    // A redirection may come first; then only a simple command can follow.
    const tok = yield* this.read(CHKKWD | CHKALIAS);
    const own = tok === "word" ? this.wordLine : this.tokLine;
    const line = given ?? own;
    let node: Node;
    switch (tok) {
      case "if":
        node = yield* this.#ifClause();
        break;
      case "while":
      case "until": {
        const cond = yield* this.#body("do");
        this.#close("do");
        const body = yield* this.#body("done");
        this.#close("done");
        node = { k: tok, cond, body };
        break;
      }
      case "for":
        node = yield* this.#forClause(line);
        break;
      case "case":
        node = yield* this.#caseClause(line);
        break;
      case "(": {
        const body = yield* this.#body(")");
        this.#close(")");
        node = { k: "sub", body, line };
        break;
      }
      case "{": {
        const body = yield* this.#body("}");
        this.#close("}");
        node = { k: "group", body };
        break;
      }
      case "function": {
        if ((yield* this.read(0)) !== "word" && !isReserved(this.tok)) this.unexpected("word");
        const { word } = this;
        const parentheses = (yield* this.read(0)) === "(";
        const name = yield* this.#functionName(word, parentheses);
        if (parentheses) yield* this.#expect(")", 0);
        else this.pushBack();
        const first = yield* this.read(CHKNL | CHKKWD | CHKALIAS);
        // Without parentheses only a compound command may follow, or `[[`.
        const isSimple = first === "redir" ||
          (first === "word" && bareText(this.word) !== "[[");
        if (!parentheses && isSimple) this.unexpected();
        this.pushBack();
        node = { k: "func", name, body: yield* this.#command(), line };
        break;
      }
      case "word":
      case "redir":
        this.pushBack();
        node = yield* this.#simple(own);
        this.depth--;
        return node;
      default:
        this.unexpected();
    }
    while ((yield* this.read(CHKKWD | CHKALIAS)) === "redir") {
      redirs.push(yield* this.#redirection());
    }
    this.pushBack();
    this.depth--;
    if (redirs.length === 0) return node;
    // Natively `{ ( … ); } >f` is `( … ) >f`, and what acts on its status is not redirected.
    if (node.k === "group" && node.body.k === "sub") node = node.body;
    return { k: "redir", body: node, redirs, line };
  }

  *#ifClause(): Steps<Node> {
    const cond = yield* this.#body("then");
    this.#close("then");
    const then = yield* this.#body("fi");
    let orelse: Node | null = null;
    if (this.#at("elif")) {
      this.enter();
      orelse = yield* this.#ifClause();
      this.depth--;
      return { k: "if", cond, then, orelse };
    }
    if (this.#at("else")) orelse = yield* this.#body("fi");
    this.#close("fi");
    return { k: "if", cond, then, orelse };
  }

  *#forClause(line: number): Steps<Node> {
    const name = (yield* this.read(0)) === "word" ? bareText(this.word) : undefined;
    if (name === undefined || !isName(name)) this.fail("bad for loop variable");
    let words: Word[] | null = null;
    if ((yield* this.read(CHKNL | CHKKWD | CHKALIAS)) === "in") {
      words = [];
      while ((yield* this.read(0)) === "word") words.push(this.word);
      if (this.tok !== "nl" && this.tok !== ";") this.unexpected();
      yield* this.#expect("do", CHKNL | CHKKWD | CHKALIAS);
    } else {
      if (this.tok === ";") yield* this.read(CHKNL | CHKKWD | CHKALIAS);
      this.#close("do");
    }
    const body = yield* this.#body("done");
    this.#close("done");
    return { k: "for", name, words, body, line };
  }

  *#caseClause(line: number): Steps<Node> {
    if ((yield* this.read(0)) !== "word") this.unexpected("word");
    const word = this.word;
    yield* this.#expect("in", CHKNL | CHKKWD | CHKALIAS);
    const items: CaseItem[] = [];
    let tok = yield* this.read(CHKNL | CHKKWD);
    while (tok !== "esac") {
      if (this.isDue()) yield* this.turn();
      if (tok === "(") yield* this.read(0);
      const patterns: Word[] = [];
      for (;;) {
        if (this.isDue()) yield* this.turn();
        // Native takes whatever stands here for a pattern and complains about what follows.
        patterns.push(this.word);
        if ((yield* this.read(0)) !== "|") break;
        yield* this.read(0);
      }
      this.#close(")");
      const body = yield* this.#list(false);
      items.push({ patterns, body });
      tok = this.tok;
      if (tok === "esac") break;
      if (tok !== ";;") this.unexpected(";;");
      tok = yield* this.read(CHKNL | CHKKWD);
    }
    return { k: "case", word, items, line };
  }

  /** The name is looked at when it is seen that a function is to be defined. */
  *#functionName(word: Word, isSure: boolean): Steps<string> {
    const name = bareText(word);
    if (name !== undefined && isName(name) && !isSpecialBuiltin(name)) return name;
    let next = "(";
    if (!isSure) {
      this.pushBack();
      next = yield* this.read(CHKNL | CHKKWD);
    }
    if ((next !== "{" && next !== "(") || assignment(word) !== undefined) this.unexpected();
    this.fail("bad function name");
  }

  *#redirection(): Steps<Redir> {
    const fd = this.redirFd;
    const op = this.redirOp;
    const strip = this.redirStrip;
    this.delimiter = op === "<<";
    const tok = yield* this.read(0);
    this.delimiter = false;
    if (tok !== "word") this.unexpected();
    if (op !== "<<") return { op, fd, word: this.word };
    const delim = staticText(this.word) ?? "";
    const raw = this.word.parts.some((p) => p.t === "quo");
    const redir: Redir = { op, fd, word: { parts: [] }, delim, raw, strip };
    this.heredocs.push({ redir, delim, raw, strip });
    return redir;
  }

  *#simple(line: number): Steps<Node> {
    const assigns: Assign[] = [];
    const words: Word[] = [];
    const redirs: Redir[] = [];
    let flags = CHKALIAS;
    let brackets = false;
    for (;;) {
      if (this.isDue()) yield* this.turn();
      let tok = yield* this.read(flags);
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
        redirs.push(yield* this.#redirection());
        continue;
      }
      if (
        tok === "(" && words.length === 1 && assigns.length === 0 && redirs.length === 0
      ) {
        yield* this.#expect(")", 0);
        const name = yield* this.#functionName(words[0], true);
        // Native notes the line of the body before it goes on to where that begins.
        const here = this.line;
        yield* this.read(CHKNL | CHKKWD | CHKALIAS);
        this.pushBack();
        return { k: "func", name, body: yield* this.#command(here), line };
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
