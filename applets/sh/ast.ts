/**
 * The shell's syntax tree: what `parse.ts` makes, `print.ts` writes back and `compile.ts` turns
 * into closures. All text in it is byte strings (one char per byte).
 *
 * @module
 */

/** One piece of a word. Quoting is resolved by the lexer: `quo` text is literal, `lit` text is active. */
export type Part =
  | LitPart
  | QuoPart
  | VarPart
  | CmdPart
  | ArithPart
  | ProcPart;

/** Unquoted text: its `* ? [` are pattern characters, and a leading `~` is a home directory. */
export interface LitPart {
  readonly t: "lit";
  readonly s: string;
}

/** Quoted text, taken as it is; an empty one marks an empty quoted string. */
export interface QuoPart {
  readonly t: "quo";
  readonly s: string;
}

/**
 * The operators of `${name…}`. `""` is a plain value; `len` is `${#name}`; `sub` is
 * `${name:o:l}`; `bad` is what ash does not know, an error when it is expanded.
 */
export type VarOp =
  | ""
  | "len"
  | "-"
  | ":-"
  | "="
  | ":="
  | "?"
  | ":?"
  | "+"
  | ":+"
  | "#"
  | "##"
  | "%"
  | "%%"
  | "sub"
  | "/"
  | "//"
  | ":"
  | "bad";

/** A parameter expansion. `quoted` says that it stood inside double quotes. */
export interface VarPart {
  readonly t: "var";
  readonly name: string;
  readonly op: VarOp;
  readonly quoted: boolean;
  /** The word after the operator: default, pattern, or offset. */
  readonly arg?: Word;
  /** Replacement of `/` and `//`, or length of `sub`; absent when not written. */
  readonly arg2?: Word;
  readonly line: number;
}

/** `$(…)` or backquotes. */
export interface CmdPart {
  readonly t: "cmd";
  readonly body: Node | null;
  readonly quoted: boolean;
}

/** `$((…))`. */
export interface ArithPart {
  readonly t: "arith";
  readonly word: Word;
  readonly quoted: boolean;
}

/** `<(…)` or `>(…)`. */
export interface ProcPart {
  readonly t: "proc";
  readonly dir: "<" | ">";
  readonly body: Node | null;
}

/** A word before expansion. */
export interface Word {
  readonly parts: readonly Part[];
}

/** A redirection. For here-documents `word` is the body and `delim` what ended it. */
export interface Redir {
  readonly op: "<" | ">" | ">>" | "<>" | ">|" | ">&" | "<&" | "<<" | "&>";
  readonly fd: number;
  word: Word;
  readonly delim?: string;
  /** The delimiter was quoted, so nothing in the body is expanded. */
  readonly raw?: boolean;
  /** Written as `<<-`. */
  readonly strip?: boolean;
}

/** `name=word` before a command. */
export interface Assign {
  readonly name: string;
  readonly word: Word;
}

/** A simple command. */
export interface Simple {
  readonly k: "simple";
  readonly assigns: readonly Assign[];
  readonly words: readonly Word[];
  readonly redirs: readonly Redir[];
  readonly line: number;
}

/** Two or more commands joined by `|`. */
export interface Pipe {
  readonly k: "pipe";
  readonly cmds: readonly Node[];
}

/** `! command`. */
export interface Not {
  readonly k: "not";
  readonly body: Node;
}

/** `a && b` or `a || b`. */
export interface AndOr {
  readonly k: "and" | "or";
  readonly left: Node;
  readonly right: Node;
}

/** Commands run one after another. */
export interface Seq {
  readonly k: "seq";
  readonly items: readonly Node[];
}

/** `command &`. */
export interface Background {
  readonly k: "bg";
  readonly body: Node;
}

/** `( list )`. */
export interface Subshell {
  readonly k: "sub";
  readonly body: Node;
  readonly line: number;
}

/** `{ list; }`. */
export interface Group {
  readonly k: "group";
  readonly body: Node;
}

/** A compound command with redirections. */
export interface Redirected {
  readonly k: "redir";
  readonly body: Node;
  readonly redirs: readonly Redir[];
  readonly line: number;
}

/** `if`; an `elif` is an `If` in `orelse` with `elif` set. */
export interface If {
  readonly k: "if";
  readonly cond: Node;
  readonly then: Node;
  readonly orelse: Node | null;
}

/** `while` and `until`. */
export interface Loop {
  readonly k: "while" | "until";
  readonly cond: Node;
  readonly body: Node;
}

/** `for name in words`; without `in` it walks `"$@"` and `words` is null. */
export interface For {
  readonly k: "for";
  readonly name: string;
  readonly words: readonly Word[] | null;
  readonly body: Node;
  readonly line: number;
}

/** One branch of `case`. */
export interface CaseItem {
  readonly patterns: readonly Word[];
  readonly body: Node | null;
}

/** `case word in …`. */
export interface Case {
  readonly k: "case";
  readonly word: Word;
  readonly items: readonly CaseItem[];
  readonly line: number;
}

/** A function definition. */
export interface Func {
  readonly k: "func";
  readonly name: string;
  readonly body: Node;
  readonly line: number;
}

/** Any command. */
export type Node =
  | Simple
  | Pipe
  | Not
  | AndOr
  | Seq
  | Background
  | Subshell
  | Group
  | Redirected
  | If
  | Loop
  | For
  | Case
  | Func;

/** Raised by the lexer and the parser; `message` is busybox's own text. */
export class ShellSyntaxError extends Error {
  /** Line on which the error was noticed. */
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.name = "ShellSyntaxError";
    this.line = line;
  }
}

/** True for `A-Z a-z _`. */
export function isNameStart(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95;
}

/** True for `A-Z a-z _ 0-9`. */
export function isNameChar(c: number): boolean {
  return isNameStart(c) || (c >= 48 && c <= 57);
}

/** True when `s` may name a variable or a function (POSIX 3.235). */
export function isName(s: string): boolean {
  if (s.length === 0 || !isNameStart(s.charCodeAt(0))) return false;
  for (let i = 1; i < s.length; i++) if (!isNameChar(s.charCodeAt(i))) return false;
  return true;
}

/** The text of a word made of literal pieces only, else undefined. */
export function staticText(word: Word): string | undefined {
  let out = "";
  for (const p of word.parts) {
    if (p.t !== "lit" && p.t !== "quo") return undefined;
    out += p.s;
  }
  return out;
}

/** The text of a word written without any quoting or expansion, else undefined. */
export function bareText(word: Word): string | undefined {
  const p = word.parts;
  return p.length === 1 && p[0].t === "lit" ? p[0].s : undefined;
}
