/**
 * Writes a syntax tree as shell text that parses to the same tree. Used by tests of the parser and
 * by `set -o verbose`-like tools; the evaluator does not need it.
 *
 * @module
 */

import { bareText, type Node, type Part, type Redir, type Word } from "./ast.ts";
import { END, Parser, sequence } from "./parse.ts";
import { isReserved } from "./lex.ts";

interface Docs {
  pending: Redir[];
  /** All is on one line, behind which the bodies are. */
  readonly oneLine: boolean;
}

/**
 * The text of a command, with a final newline unless a here-document ends without one: the end of
 * the script has cut that off, and nothing can stand behind it.
 */
export function print(node: Node | null): string {
  if (node === null) return "\n";
  const docs: Docs = { pending: [], oneLine: false };
  const text = command(node, docs) + flush(docs);
  if (docs.pending.length === 0) return text;
  const again: Docs = { pending: [], oneLine: true };
  return command(node, again) + "\n" + bodies(again);
}

/** A newline, and the bodies of the here-documents announced before it. */
function flush(docs: Docs): string {
  return docs.oneLine ? " " : "\n" + bodies(docs);
}

/** The bodies of here-documents up to one that is cut off, from which on they stay pending. */
function bodies(docs: Docs): string {
  let out = "";
  for (let r = docs.pending[0]; r !== undefined; r = docs.pending[0]) {
    const text = r.raw ? rawText(r.word) : bodyText(r);
    const isEnded = r.raw ? text.endsWith("\n") : /(?:^|[^\\])(?:\\\\)*\n$/.test(text);
    if (text !== "" && !isEnded) {
      return docs.oneLine ? out + text : out;
    }
    out += `${text}${r.delim}\n`;
    docs.pending.shift();
  }
  return out;
}

/** A backslash alone on a line, which hides what the next line begins with; and what is escaped. */
const ALONE = /(^|\n)\\\n|[\\`$]/g;

/** The body of a here-document in which expansions count. */
function bodyText(r: Redir): string {
  const { parts } = r.word;
  return parts.map((p, i) => {
    if (p.t !== "quo") return quotedText([p], true);
    const isLast = i === parts.length - 1;
    const text = !r.strip ? quotedText([p], true) : p.s.replaceAll(
      ALONE,
      (found, before: string, at: number) => {
        if (found.length === 1) return "\\" + found;
        const begins = before !== "" || i === 0;
        const ends = isLast && at + found.length === p.s.length;
        return before + (begins && !ends ? "\t\\\n" : "\\\\\n");
      },
    );
    // Where a line is joined with the next, which is empty, it may be like the delimiter.
    return text.split("\n").map((line, at, all) => {
      const isWhole = (at > 0 || i === 0) && (at < all.length - 1 || isLast);
      return isWhole && line === r.delim ? line + "\\\n" : line;
    }).join("\n");
  }).join("");
}

function rawText(word: Word): string {
  return word.parts.map((p) => p.t === "quo" ? p.s : "").join("");
}

function list(node: Node | null, docs: Docs): string {
  if (node === null) return "";
  const last = node.k === "seq" ? node.items[node.items.length - 1] : node;
  return command(node, docs) + (docs.oneLine && last.k !== "bg" ? " ;" : "") + flush(docs);
}

function command(n: Node, docs: Docs): string {
  switch (n.k) {
    case "simple": {
      const out: string[] = n.assigns.map((a) => a.name + "=" + word(a.word));
      const words = n.words.map(word);
      const redirs = n.redirs.map((r) => redir(r, docs));
      // Behind a redirection a reserved word is an ordinary one.
      const first = n.words.length > 0 ? bareText(n.words[0]) : undefined;
      return out.length === 0 && first !== undefined && isReserved(first)
        ? [...redirs, ...words].join(" ")
        : [...out, ...words, ...redirs].join(" ");
    }
    case "pipe":
      return n.cmds.map((c) => command(c, docs)).join(" | ");
    case "not":
      return "! " + command(n.body, docs);
    case "and":
    case "or":
      return command(n.left, docs) + (n.k === "and" ? " && " : " || ") + command(n.right, docs);
    case "seq":
      return n.items.map((c, i) => {
        const text = command(c, docs);
        return i === n.items.length - 1 ? text : text + (c.k === "bg" ? "" : " ;");
      }).join(" ");
    case "bg":
      return command(n.body, docs) + " &";
    case "sub":
      return "( " + list(n.body, docs) + ")";
    case "group":
      return "{ " + list(n.body, docs) + "}";
    case "redir":
      return command(n.body, docs) + n.redirs.map((r) => " " + redir(r, docs)).join("");
    case "if":
      return "if " + ifTail(n, docs) + "fi";
    case "while":
    case "until":
      return n.k + " " + list(n.cond, docs) + "do " + list(n.body, docs) + "done";
    case "for": {
      const head = n.words === null
        ? `for ${n.name}`
        : `for ${n.name} in${n.words.map((w) => " " + word(w)).join("")}`;
      return head + (docs.oneLine ? " ;" : "") + flush(docs) + "do " + list(n.body, docs) + "done";
    }
    case "case": {
      let out = "case " + word(n.word) + " in" + flush(docs);
      for (const item of n.items) {
        out += "(" + item.patterns.map(word).join(" | ") + ") " + list(item.body, docs) + ";;" +
          flush(docs);
      }
      return out + "esac";
    }
    case "func":
      return isReserved(n.name)
        ? "function " + n.name + " " + command(n.body, docs)
        : n.name + "() " + command(n.body, docs);
  }
}

function ifTail(n: Node & { k: "if" }, docs: Docs): string {
  const head = list(n.cond, docs) + "then " + list(n.then, docs);
  if (n.orelse === null) return head;
  return head + "else " + list(n.orelse, docs);
}

function redir(r: Redir, docs: Docs): string {
  if (r.op === "<<") {
    docs.pending.push({ ...r });
    return `${r.fd}<<` + (r.strip ? "-" : "") +
      (r.raw ? singleQuoted(r.delim!) : r.delim!.replace(/^-/, " -"));
  }
  if (r.op === "&>") return "&>" + word(r.word);
  return r.fd + r.op + " " + word(r.word);
}

function singleQuoted(s: string): string {
  return "'" + s.replaceAll("'", "'\\''") + "'";
}

/** The text of a word in an ordinary, unquoted place. */
export function word(w: Word): string {
  let out = "";
  for (const p of w.parts) {
    out += after(out, p) ?? unquotedPart(p, false);
  }
  return out;
}

/**
 * A part where a lone dollar stands before it: single quotes would begin a `$'…'`, and `$(` would be
 * `$$` and a parenthesis. Undefined where the part is written as anywhere else.
 */
function after(out: string, p: Part): string | undefined {
  if (!out.endsWith("$")) return undefined;
  if (p.t === "quo") return `"${p.s.replaceAll(/[\\`$"]/g, "\\$&")}"`;
  if (p.t !== "cmd" || p.quoted) return undefined;
  const body = p.body === null ? "\n" : print(p.body);
  return backquoted(body);
}

function backquoted(text: string): string {
  return "`" + text.replaceAll(/[\\`$]/g, "\\$&") + "`";
}

function unquotedPart(p: Part, inBraces: boolean): string {
  switch (p.t) {
    case "lit":
      return inBraces ? p.s.replaceAll(/[}]/g, (c) => "\\" + c) : p.s;
    case "quo":
      return singleQuoted(p.s);
    case "var":
      return p.quoted ? '"' + variable(p) + '"' : variable(p);
    case "cmd":
    case "arith":
      return p.quoted ? '"' + substitution(p) + '"' : substitution(p);
    case "proc":
      return p.dir + "(" + print(p.body) + ")";
  }
}

function substitution(p: Part & { t: "cmd" | "arith" }): string {
  if (p.t === "arith") return "$((" + arithmetic(p.word.parts) + "))";
  const body = p.body === null ? "\n" : print(p.body);
  // A here-document that is cut off ends with the text in backquotes.
  return body.endsWith("\n") ? "$( " + body + ")" : backquoted(body);
}

function arithmetic(parts: readonly Part[]): string {
  return parts.map((p) => {
    if (p.t === "quo") return p.s.replaceAll(/[\\`$]/g, "\\$&");
    if (p.t === "var") return variable(p);
    if (p.t === "cmd" || p.t === "arith") return substitution(p);
    return "";
  }).join("");
}

function variable(p: Part & { t: "var" }): string {
  if (p.op === "") return "${" + p.name + "}";
  if (p.op === "len") return "${#" + p.name + "}";
  const pattern = p.op[0] === "#" || p.op[0] === "%" || p.op[0] === "/";
  const inner = (w: Word): string =>
    p.quoted && !pattern
      ? quotedText(w.parts, false)
      : w.parts.reduce((out, q) => out + (after(out, q) ?? unquotedPart(q, true)), "");
  const op = p.op === "bad" ? "" : p.op === "sub" ? ":" : p.op === ":" ? ":}" : p.op;
  // `${#+}` would be a length; quotes without text mean nothing in a here-document, where alone this is.
  const none = p.name === "#" && op.length === 1 && p.arg!.parts.length === 0 ? '""' : "";
  // The bad character may be a backslash that a newline comes behind.
  let out = "${" + p.name + op + inner(p.arg!).replace(/^\\\n/, "\\\\\n\n") + none;
  if (p.arg2 !== undefined) out += (p.op === "sub" ? ":" : "/") + inner(p.arg2);
  return out + "}";
}

/** Text inside double quotes, or (`doc`) the body of a here-document. */
function quotedText(parts: readonly Part[], doc: boolean): string {
  return parts.map((p) => {
    // Quotes around nothing are there only inside of braces.
    if (p.t === "quo" && p.s === "" && !doc) return '""';
    if (p.t === "quo") return p.s.replaceAll(doc ? /[\\`$]/g : /[\\`$"}]/g, "\\$&");
    if (p.t === "var") return variable(p);
    if (p.t === "cmd" || p.t === "arith") return substitution(p);
    // The character that makes a substitution a bad one.
    return p.t === "lit" ? p.s : "";
  }).join("");
}

/** All commands of a text as one tree, as they are parsed before any of them is run. */
export function parseAll(text: string): Node | null {
  const parser = new Parser(text);
  const items: Node[] = [];
  for (;;) {
    const node = parser.next();
    if (node === END) return sequence(items);
    if (node !== null) items.push(node);
  }
}
