/**
 * Word expansion (POSIX 2.6): words are compiled once to closures that write into a target, and the
 * frequent simple shapes to something shorter. Only command substitution can make one wait.
 *
 * @module
 */

import type { MaybePromise } from "../../sandbox/types.ts";
import { type Node, type Part, staticText, type VarPart, type Word } from "./ast.ts";
import type { Num } from "./arith.ts";
import { need, ShellError } from "./errors.ts";
import type { NumberFn } from "./expand_arith.ts";
import { SEPARATOR, unmark, WordBuilder } from "./fields.ts";
import { ESC, escapePattern, hasMagic } from "./pattern.ts";
import { ARITHMETIC, GLOB, inTurns, OPERATORS, TILDE, TURNS, withPart } from "./parts.ts";
import { type Flags, MAX_GLOB, OPTIONS, type Shell } from "./shell.ts";
import { NameRef } from "./vars.ts";

/** Where parts of a word go. */
export interface Target {
  /** Text of the script: active as a pattern, never split. */
  literal(s: string): void;
  /** Quoted text. */
  quoted(s: string): void;
  /** The value of an unquoted expansion: split, and active as a pattern. */
  value(s: string): void;
  /** Neither split nor active, and no field when empty: a tilde's directory. */
  plain(s: string): void;
  /** The next parameter of `$@`. */
  breakField(): void;
}

/** Nothing, or a promise when it had to wait. */
export type Wait = void | Promise<void>;
/** A part of a word, compiled. */
export type PartFn = (sh: Shell, out: Target) => void | Promise<void>;
/** A word as one text. */
export type TextFn = (sh: Shell) => MaybePromise<string>;
/** A word as fields, added to a list. */
export type FieldsFn = (sh: Shell, out: string[]) => void | Promise<void>;

/** What expansion needs of the evaluator, which is a later stage. */
export interface Hooks {
  /** Compiles `$(…)`: the output as text. */
  substitute(body: Node | null): TextFn;
  /** Compiles `<(…)`: the path of a file. */
  processFile(dir: "<" | ">", body: Node | null): (sh: Shell) => string;
}

/** Collects plain text, for places where nothing is split. */
class TextTarget implements Target {
  text = "";
  constructor(private readonly sh: Shell) {}
  literal(s: string): void {
    this.text += s;
  }
  quoted(s: string): void {
    this.text += s;
  }
  value(s: string): void {
    this.text += s.includes(SEPARATOR)
      ? s.replaceAll(SEPARATOR, this.sh.fieldSplitter().joiner)
      : s;
  }
  plain(s: string): void {
    this.text += s;
  }
  breakField(): void {
    this.text += this.sh.fieldSplitter().joiner;
  }
}

/** Collects a pattern in marked form. */
class PatternTarget implements Target {
  text = "";
  constructor(private readonly sh: Shell) {}
  literal(s: string): void {
    this.text += s;
  }
  quoted(s: string): void {
    this.text += escapePattern(s);
  }
  value(s: string): void {
    this.text += s.includes(SEPARATOR)
      ? s.replaceAll(SEPARATOR, this.sh.fieldSplitter().joiner)
      : s;
  }
  plain(s: string): void {
    this.text += escapePattern(s);
  }
  breakField(): void {
    this.text += this.sh.fieldSplitter().joiner;
  }
}

/** How a `~` is looked for: at the start, also after `:` and at the start of a value, or not. */
export type TildeRule = "word" | "assign" | "none";

/** The value of a parameter, or undefined when it is unset. `@` and `*` are not for this. */
export function compileParameter(name: string): (sh: Shell) => string | undefined {
  switch (name) {
    case "#":
      return (sh) => String(sh.words.length - sh.gone);
    case "?":
      return (sh) => String(sh.status);
    case "$":
      return (sh) => String(sh.shared.pid);
    case "!":
      return (sh) => sh.lastBackground === 0 ? undefined : String(sh.lastBackground);
    case "-":
      return (sh) => flagLetters(sh);
    case "0":
      return (sh) => sh.arg0;
    case "@":
    case "*":
      return (sh) => sh.params.join(sh.fieldSplitter().joiner);
  }
  const c = name.charCodeAt(0);
  if (c >= 48 && c <= 57) {
    const index = Number(name) - 1;
    return (sh) => index < 0 ? sh.arg0 : sh.words[sh.gone + index];
  }
  const ref = new NameRef(name);
  return (sh) => {
    const cell = ref.in(sh.scope);
    return cell.text ?? sh.valueOf(cell);
  };
}

/** The value of `$-`. */
function flagLetters(sh: Shell): string {
  let out = "";
  for (const c of "ubaCvxcsnmiIfe") {
    const name = OPTIONS.find(([letter]) => letter === c)?.[1] ??
      (c === "c" ? "command" : c === "s" ? "stdin" : "interactive");
    if (sh.flags[name as keyof Flags]) out += c;
  }
  return out;
}

/** The error of `set -u`. */
export function unsetError(name: string): ShellError {
  return new ShellError(`${name}: parameter not set`);
}

/** Whether expanding the word may have to wait. */
export function mayWait(word: Word): boolean {
  return word.parts.length > MANY_PARTS || word.parts.some(partMayWait);
}

/** More parts of a word than these are compiled when they are expanded. */
const MANY_PARTS = 256;

/** Operators that give others their turn while they go through a long text. */
const LONG_WORK: ReadonlySet<string> = new Set(["#", "##", "%", "%%", "/", "//"]);

function partMayWait(p: Part): boolean {
  switch (p.t) {
    case "lit":
    case "quo":
      return p.s.length > LONG;
    case "cmd":
      return true;
    case "arith":
      return mayWait(p.word);
    case "var":
      return p.name === "@" || p.name === "*" || LONG_WORK.has(p.op) ||
        (p.arg !== undefined && mayWait(p.arg)) ||
        (p.arg2 !== undefined && mayWait(p.arg2));
    default:
      return false;
  }
}

/** Compiles words. */
export class Expander {
  constructor(private readonly hooks: Hooks) {}

  /** A word as fields: split, globbed, quotes removed. */
  fields(word: Word): FieldsFn {
    const parts = word.parts;
    if (parts.length === 0) return () => {};
    const text = staticText(word);
    if (text !== undefined && !startsWithTilde(word) && !hasActiveText(word)) {
      return (_sh, out) => {
        out.push(text);
      };
    }
    if (parts.length === 1 && parts[0].t === "var" && parts[0].op === "") {
      const p = parts[0];
      if (p.name === "@" && p.quoted) {
        return (sh, out): Wait => {
          const { params } = sh;
          if (params.length > MANY) {
            sh.weigh(params.length, out.length + params.length);
            if (params.length > VERY_MANY) {
              return inTurns(sh, (turns) => turns.copyList(sh, params, out));
            }
          }
          for (const s of params) out.push(s);
        };
      }
      if (p.name !== "@" && p.name !== "*") {
        return p.quoted ? this.#quotedValue(p) : this.#plainValue(p);
      }
    }
    const isOne = isOneField(word);
    if (isOne || (parts.length === 1 && parts[0].t === "arith")) {
      const run = this.text(word, "none");
      const add = (sh: Shell, s: string, out: string[]): Wait => {
        if (!isOne && sh.fieldSplitter().splitsNumbers) return addValue(sh, s, out);
        out.push(s);
      };
      return (sh, out): Wait => {
        const s = run(sh);
        return typeof s === "string" ? add(sh, s, out) : s.then((v) => add(sh, v, out));
      };
    }
    return this.#generalFields(word);
  }

  #quotedValue(p: VarPart): FieldsFn {
    const get = compileParameter(p.name);
    const name = p.name;
    return (sh, out) => {
      const v = get(sh);
      if (v === undefined) {
        if (sh.flags.nounset) throw unsetError(name);
        out.push("");
      } else out.push(v);
    };
  }

  #plainValue(p: VarPart): FieldsFn {
    const get = compileParameter(p.name);
    const name = p.name;
    return (sh, out): Wait => {
      const v = get(sh);
      if (v === undefined) {
        if (sh.flags.nounset) throw unsetError(name);
        return;
      }
      if (v !== "") return addValue(sh, v, out);
    };
  }

  #generalFields(word: Word): FieldsFn {
    // `$(…)` alone, unquoted, is frequent: its output is one value.
    if (word.parts.length === 1 && word.parts[0].t === "cmd") {
      const run = this.hooks.substitute(word.parts[0].body);
      return (sh, out): Wait => {
        const v = run(sh);
        if (typeof v !== "string") {
          return v.then((s) => {
            if (s !== "") return addValue(sh, s, out);
          });
        }
        if (v !== "") return addValue(sh, v, out);
      };
    }
    const run = this.parts(word, "word", false);
    return (sh, out): Wait => {
      const b = new WordBuilder();
      const waiting = run(sh, b);
      if (waiting !== undefined) return waiting.then(() => finishFields(sh, b, out));
      return finishFields(sh, b, out);
    };
  }

  /** A word as one text, nothing split and nothing globbed. */
  text(word: Word, tilde: TildeRule): TextFn {
    const parts = word.parts;
    if (parts.length === 0) return () => "";
    const fixed = staticText(word);
    if (fixed !== undefined && (tilde === "none" || !hasTilde(word))) return () => fixed;
    if (parts.length === 1) {
      const p = parts[0];
      if (p.t === "var" && p.op === "" && p.name !== "@" && p.name !== "*") {
        const get = compileParameter(p.name);
        const name = p.name;
        return (sh) => {
          const v = get(sh);
          if (v !== undefined) return v;
          if (sh.flags.nounset) throw unsetError(name);
          return "";
        };
      }
      if (p.t === "cmd") return this.hooks.substitute(p.body);
      if (p.t === "arith" && !mayWait(p.word)) {
        const run = need(ARITHMETIC).compileArithWord(p.word, this);
        return (sh) => {
          const v = run(sh);
          return typeof v === "object" ? v.then(String) : String(v);
        };
      }
    }
    if (parts.length <= MANY_PARTS && !hasTilde(word) && parts.every(isQuickPart)) {
      return this.#concatenation(parts);
    }
    const run = this.parts(word, tilde, false);
    return (sh) => {
      const t = new TextTarget(sh);
      const waiting = run(sh, t);
      return waiting === undefined ? t.text : waiting.then(() => t.text);
    };
  }

  /** Text and simple values side by side. */
  #concatenation(parts: readonly Part[]): TextFn {
    const fns = parts.map((p): TextFn => {
      if (p.t === "lit" || p.t === "quo") return () => p.s;
      return this.text({ parts: [p] }, "none");
    });
    const [a, b] = fns;
    if (fns.length === 2) {
      return (sh) => {
        const x = a(sh);
        if (typeof x !== "string") return concatenateLater(sh, fns, 0, "", x);
        const y = b(sh);
        return typeof y === "string" ? x + y : concatenateLater(sh, fns, 1, x, y);
      };
    }
    return (sh) => {
      let s = "";
      for (let i = 0; i < fns.length; i++) {
        const t = fns[i](sh);
        if (typeof t !== "string") return concatenateLater(sh, fns, i, s, t);
        s += t;
      }
      return s;
    };
  }

  /** A word as a pattern in marked form. */
  pattern(word: Word): TextFn {
    const text = markedText(word);
    if (text !== undefined && !startsWithTilde(word)) return () => text;
    const run = this.parts(word, "word", false);
    return (sh) => {
      const t = new PatternTarget(sh);
      const waiting = run(sh, t);
      return waiting === undefined ? t.text : waiting.then(() => t.text);
    };
  }

  /**
   * All parts of a word, one after another.
   *
   * @param splitText Literal text is split too: the default of an unquoted `${x:-a b}`.
   */
  parts(word: Word, tilde: TildeRule, splitText: boolean): PartFn {
    const { length } = word.parts;
    const compile = (p: Part, i: number): PartFn[] => {
      const fns: PartFn[] = [];
      if (p.t === "lit" && tilde !== "none" && p.s.includes("~")) {
        need(TILDE).compileTildes(p.s, i === 0, i === length - 1, tilde, splitText, fns);
      } else fns.push(this.#part(p, splitText));
      return fns;
    };
    return length > MANY_PARTS
      ? need(TURNS).longParts(word.parts, compile)
      : sequence(word.parts.flatMap(compile));
  }

  #part(p: Part, splitText: boolean): PartFn {
    switch (p.t) {
      case "lit": {
        const s = p.s;
        return splitText ? (_sh, out) => out.value(s) : (_sh, out) => out.literal(s);
      }
      case "quo": {
        const s = p.s;
        return (_sh, out) => out.quoted(s);
      }
      case "cmd": {
        const run = this.hooks.substitute(p.body);
        const quoted = p.quoted;
        return (sh, out): Wait => {
          const v = run(sh);
          if (typeof v !== "string") {
            return v.then((s) => quoted ? out.quoted(s) : out.value(s));
          }
          quoted ? out.quoted(v) : out.value(v);
        };
      }
      case "arith": {
        const quoted = p.quoted;
        const emit = (v: Num, out: Target): void => quoted ? out.quoted(`${v}`) : out.value(`${v}`);
        const { compileArithWord, evaluateText } = need(ARITHMETIC);
        let run: NumberFn;
        if (mayWait(p.word)) {
          const text = this.text(p.word, "none");
          run = (sh) => {
            const t = text(sh);
            return typeof t === "string"
              ? evaluateText(sh, t)
              : t.then((late) => evaluateText(sh, late));
          };
        } else run = compileArithWord(p.word, this);
        return (sh, out): Wait => {
          const v = run(sh);
          return typeof v === "object" ? v.then((n) => emit(n, out)) : emit(v, out);
        };
      }
      case "proc": {
        const run = this.hooks.processFile(p.dir, p.body);
        return (sh, out) => out.plain(run(sh));
      }
      case "var":
        return this.#variable(p);
    }
  }

  #variable(p: VarPart): PartFn {
    const list = p.name === "@" || p.name === "*";
    const { quoted, name } = p;
    if (p.op === "bad") {
      return (sh) => {
        throw new ShellError("syntax error: bad substitution", 2, sh.inputLine);
      };
    }
    if (p.op === ":") {
      const itself = this.itself(p);
      return sequence([itself, this.parts(p.arg!, "none", false)]);
    }
    if (p.op === "") {
      if (list) return quoted ? (name === "@" ? quotedAt : quotedStar) : unquotedList;
      const get = compileParameter(name);
      return (sh, out) => {
        const v = get(sh);
        if (v === undefined) {
          if (sh.flags.nounset) throw unsetError(name);
          if (quoted) out.quoted("");
          return;
        }
        quoted ? out.quoted(v) : out.value(v);
      };
    }
    return need(OPERATORS).compileOperator(p, this);
  }

  /** The parameter itself, for the operators that may leave it as it is. */
  itself(p: VarPart): PartFn {
    return this.#variable({ ...p, op: "", arg: undefined, arg2: undefined });
  }
}

async function concatenateLater(
  sh: Shell,
  fns: readonly TextFn[],
  at: number,
  before: string,
  first: Promise<string>,
): Promise<string> {
  let s = before + await first;
  for (let i = at + 1; i < fns.length; i++) s += await fns[i](sh);
  return s;
}

const quotedAt: PartFn = (sh, out): Wait => {
  const params = sh.params;
  if (params.length > VERY_MANY) {
    return inTurns(sh, (turns) => turns.quoteList(sh, params, out));
  }
  if (params.length === 1 && out instanceof WordBuilder) {
    out.ranges.push(out.text.length, out.text.length);
  }
  for (let i = 0; i < params.length; i++) {
    if (i > 0) out.breakField();
    out.quoted(params[i]);
  }
};

const quotedStar: PartFn = (sh, out): Wait => {
  const by = sh.fieldSplitter().joiner;
  const s = joined(sh, by);
  if (s === undefined) return joinedLater(sh, by, (late) => out.quoted(late));
  out.quoted(s);
};

const unquotedList: PartFn = (sh, out): Wait => {
  const by = out instanceof WordBuilder ? SEPARATOR : sh.fieldSplitter().joiner;
  const s = joined(sh, by);
  if (s === undefined) return joinedLater(sh, by, (late) => out.value(late));
  out.value(s);
};

/** All parameters as one text; undefined where there are so many that it takes turns. */
function joined(sh: Shell, by: string): string | undefined {
  const { params } = sh;
  if (params.length > VERY_MANY) return undefined;
  if (params.length > MANY) sh.proc.waiter.spend(params.length >> 2);
  return params.join(by);
}

function joinedLater(sh: Shell, by: string, use: (s: string) => void): Wait {
  return inTurns(sh, (turns) => turns.joinList(sh, sh.params, by, use));
}

/** Runs parts in order; waits only where one has to. */
function sequence(fns: PartFn[]): PartFn {
  if (fns.length === 1) return fns[0];
  return (sh, out): Wait => {
    for (let i = 0; i < fns.length; i++) {
      const waiting = fns[i](sh, out);
      if (waiting !== undefined) return restLater(fns, i + 1, sh, out, waiting);
    }
  };
}

async function restLater(
  fns: PartFn[],
  from: number,
  sh: Shell,
  out: Target,
  first: Promise<void>,
): Promise<void> {
  await first;
  for (let i = from; i < fns.length; i++) {
    const waiting = fns[i](sh, out);
    if (waiting !== undefined) await waiting;
  }
}

/** Up to so many parameters cost no more than a step. */
const MANY = 64;
/** More parameters are gone through in turns with others. */
const VERY_MANY = 1 << 13;
/** Up to this length, splitting a text costs no more than a step. */
const SHORT = 1 << 8;
/** A longer text is split in turns with others. */
const LONG = 1 << 15;

/** Splits and globs a value that makes up a whole word. */
function addValue(sh: Shell, value: string, out: string[]): Wait {
  if (value.length > SHORT) {
    sh.weigh(value.length, value.length >> 2);
    if (value.length > LONG) {
      return inTurns(sh, (turns) => turns.splitValue(sh, value, out));
    }
  }
  const splitter = sh.fieldSplitter();
  if (splitter.isPlain(value)) {
    out.push(value);
    return;
  }
  const active = !sh.flags.noglob && hasGlobChar(value);
  if (!splitter.splits(value)) {
    if (active) return addField(sh, value, out);
    out.push(value);
    return;
  }
  if (!active) {
    splitter.split(value, [0, value.length], out);
    return;
  }
  const fields: string[] = [];
  splitter.split(value, [0, value.length], fields);
  return addFields(sh, fields, 0, out);
}

/** Whether a value could be a pattern. */
export function hasGlobChar(s: string): boolean {
  if (s.includes("*") || s.includes("?")) return true;
  const open = s.indexOf("[");
  return open >= 0 && s.indexOf("]", open) > 0;
}

function finishFields(sh: Shell, b: WordBuilder, out: string[]): Wait {
  const { text, ranges } = b;
  if (text.length > SHORT) {
    sh.weigh(text.length, text.length >> 2);
    if (text.length > LONG) return inTurns(sh, (turns) => turns.splitText(sh, text, ranges, out));
  }
  const fields: string[] = [];
  sh.fieldSplitter().split(text, ranges, fields);
  return addFields(sh, fields, 0, out);
}

function addFields(sh: Shell, fields: readonly string[], from: number, out: string[]): Wait {
  for (let i = from; i < fields.length; i++) {
    const waiting = addField(sh, fields[i], out);
    if (waiting !== undefined) return waiting.then(() => addFields(sh, fields, i + 1, out));
  }
}

/** Globs one marked field and adds what it stands for. */
export function addField(sh: Shell, field: string, out: string[]): Wait {
  if (sh.flags.noglob || !hasMagic(field)) {
    out.push(unmark(field));
    return;
  }
  const add = (found: readonly string[] | undefined): void => {
    if (found === undefined) out.push(unmark(field));
    else for (const f of found) out.push(f);
  };
  return withPart(sh, GLOB, ({ expandGlob }): Wait => {
    const found = expandGlob(field, sh.proc, sh.shared.patterns, MAX_GLOB);
    return found instanceof Promise ? found.then(add) : add(found);
  });
}

function startsWithTilde(word: Word): boolean {
  const p = word.parts[0];
  return p !== undefined && p.t === "lit" && p.s.charCodeAt(0) === 126;
}

function hasTilde(word: Word): boolean {
  return word.parts.some((p) => p.t === "lit" && p.s.includes("~"));
}

/** A bracket may be closed in another part of the word. */
function mayGlob(s: string, word: Word): boolean {
  return hasGlobChar(s) || (word.parts.length > 1 && s.includes("["));
}

function hasActiveText(word: Word): boolean {
  return word.parts.some((p) => p.t === "lit" && mayGlob(p.s, word));
}

/** A word that is exactly one field whatever its values: all of it quoted, or plain text. */
function isOneField(word: Word): boolean {
  if (startsWithTilde(word)) return false;
  return word.parts.every((p) => {
    switch (p.t) {
      case "lit":
        return !mayGlob(p.s, word);
      case "quo":
        return true;
      case "cmd":
      case "arith":
        return p.quoted;
      case "var":
        return p.quoted && !usesAt(p);
      case "proc":
        return false;
    }
  });
}

/** Whether `"$@"` could be in it, which makes more or fewer fields than one. */
function usesAt(p: VarPart): boolean {
  if (p.name === "@") return true;
  return (p.arg?.parts ?? []).some((q) => q.t === "var" && usesAt(q));
}

/** Parts whose text needs no target: no lists, no operators, nothing that waits. */
function isQuickPart(p: Part): boolean {
  switch (p.t) {
    case "lit":
    case "quo":
      return true;
    case "var":
      return p.op === "" && p.name !== "@" && p.name !== "*";
    case "arith":
      return !mayWait(p.word);
    default:
      return false;
  }
}

/** The marked form of a word made of literal pieces only. */
function markedText(word: Word): string | undefined {
  let out = "";
  for (const p of word.parts) {
    if (p.t === "lit") out += p.s;
    else if (p.t === "quo") out += escapePattern(p.s);
    else return undefined;
  }
  return out;
}

/** Takes a marked text back to plain. */
export function plainPattern(text: string): string {
  return text.includes(ESC) ? text.replaceAll(ESC, "") : text;
}
