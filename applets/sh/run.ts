/**
 * Running program text: parse a command line, compile it, run it, and so on to the end.
 *
 * @module
 */

import type { MaybePromise } from "../../sandbox/types.ts";
import { type Node, ShellSyntaxError } from "./ast.ts";
import { Compiler } from "./compile.ts";
import { ShellError } from "./errors.ts";
import { END, Parser } from "./parse.ts";
import { type Exec, type Shell, SKIP_NONE } from "./shell.ts";

const compiler = new Compiler();

/** Compiles one tree. */
export function compileNode(node: Node): Exec {
  return compiler.node(node);
}

/** A parser of text for a shell: its aliases apply. */
export function parserFor(
  sh: Shell,
  text: string,
  line: number,
  more?: () => string | undefined,
): Parser {
  return new Parser(text, line, {
    alias: (name) => sh.aliases.get(name),
    more,
    line: () => sh.line,
  });
}

/** Reads the next command; syntax errors become the shell's. */
export function nextCommand(sh: Shell, parser: Parser): Node | null | typeof END {
  const shows = sh.flags.verbose && sh.showsInput;
  if (shows) parser.save();
  try {
    const node = parser.next();
    if (shows) sh.say(parser.consumed());
    return node;
  } catch (error) {
    if (error instanceof ShellSyntaxError) throw new ShellError(error.message, 2, error.line);
    if (error instanceof RangeError) {
      throw new ShellError("syntax error: nesting too deep", 2, parser.line);
    }
    throw error;
  }
}

/** Most texts whose compiled form is kept. */
const MAX_KEPT = 128;
/** Longest text worth keeping. */
const MAX_KEPT_LENGTH = 4096;

/**
 * Runs all commands of a text in a shell: `eval`, `.`, traps. Gives the last status, 0 when there
 * was no command.
 */
export function runText(sh: Shell, text: string, line: number): MaybePromise<number> {
  const key = sh.aliases.size === 0 && text.length <= MAX_KEPT_LENGTH ? `${line} ${text}` : "";
  if (key !== "") {
    const kept = sh.shared.programs.get(key);
    if (kept !== undefined) return kept(sh);
  }
  const parser = parserFor(sh, text, line);
  const done: Exec[] = [];
  return step(sh, parser, 0, key === "" ? undefined : done, key);
}

function step(
  sh: Shell,
  parser: Parser,
  before: number,
  done: Exec[] | undefined,
  key: string,
): MaybePromise<number> {
  let status = before;
  for (;;) {
    const node = nextCommand(sh, parser);
    if (node === END) {
      if (done !== undefined && sh.aliases.size === 0) keep(sh, key, done);
      return status;
    }
    if (node === null) continue;
    const run = compiler.node(node);
    done?.push(run);
    if (sh.flags.noexec && !sh.flags.interactive) continue;
    const r = run(sh);
    if (typeof r !== "number") {
      return r.then((s) => sh.skip !== SKIP_NONE ? s : step(sh, parser, s, done, key));
    }
    status = r;
    if (sh.skip !== SKIP_NONE) return status;
  }
}

function keep(sh: Shell, key: string, runs: readonly Exec[]): void {
  const { programs } = sh.shared;
  if (programs.size >= MAX_KEPT) programs.clear();
  programs.set(key, runs.length === 1 ? runs[0] : (shell) => runAll(shell, runs, 0, 0));
}

function runAll(
  sh: Shell,
  runs: readonly Exec[],
  from: number,
  before: number,
): MaybePromise<number> {
  let status = before;
  for (let i = from; i < runs.length; i++) {
    const r = runs[i](sh);
    if (typeof r !== "number") {
      return r.then((s) => sh.skip !== SKIP_NONE ? s : runAll(sh, runs, i + 1, s));
    }
    status = r;
    if (sh.skip !== SKIP_NONE) break;
  }
  return status;
}

/** Expands text as in double quotes, for prompts; what would have to wait counts as empty. */
export function expandText(sh: Shell, text: string): string {
  try {
    const parser = new Parser(`: "${text.replaceAll('"', '\\"')}"`, sh.line, {});
    const node = parser.next();
    if (node === END || node === null || node.k !== "simple") return text;
    const value = compiler.words.text(node.words[1], "none")(sh);
    return typeof value === "string" ? value : "";
  } catch (error) {
    if (error instanceof ShellError || error instanceof ShellSyntaxError) return text;
    throw error;
  }
}
