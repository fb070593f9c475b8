/**
 * What `set -x` shows, how words are quoted where the shell lists them, and the expansion of prompts.
 *
 * A part: whoever turns `xtrace` on waits for `loadExpansion`.
 *
 * @module
 */

import type { MaybePromise } from "../../sandbox/types.ts";
import { ShellSyntaxError } from "./ast.ts";
import { PartNeeded, ShellError } from "./errors.ts";
import { isReserved } from "./lex.ts";
import { END, Parser } from "./parse.ts";
import { compiler } from "./run.ts";
import type { Shell } from "./shell.ts";

/** Writes one line of `set -x`. */
export function trace(sh: Shell, words: readonly string[]): void {
  const flags = sh.flags;
  flags.xtrace = false;
  let prefix: string;
  try {
    prefix = expandPrompt(sh, sh.get("PS4") ?? "");
  } finally {
    flags.xtrace = true;
  }
  const file = sh.traceFile;
  sh.traceFile = undefined;
  sh.say(prefix + words.join(" ") + "\n", file);
}

/** An assignment as `set -x` shows it. */
export function assigned(name: string, value: string): string {
  return `${name}=${traceQuote(value, true)}`;
}

/** Shows a command of the shell, behind what is assigned for it. */
export function traceCommand(
  sh: Shell,
  before: readonly string[],
  argv: readonly string[],
): void {
  trace(sh, [...before, ...shownWords(argv).map((word) => traceQuote(word))]);
}

/** Shows a program. */
export function traceProgram(sh: Shell, argv: readonly string[]): void {
  trace(sh, argv.map((word) => traceQuote(word)));
}

/** Expands parameters in a prompt such as PS4; what would have to wait is left out. */
function expandPrompt(sh: Shell, text: string): string {
  return text.includes("$") || text.includes("`") ? expandText(sh, text) : text;
}

/** `command` itself is not shown by `set -x`, unless it is to tell what a name is. */
function shownWords(argv: readonly string[]): readonly string[] {
  if (argv[0] !== "command") return argv;
  let i = 1;
  for (; i < argv.length; i++) {
    if (argv[i] === "--") {
      i++;
      break;
    }
    if (!/^-p+$/.test(argv[i])) break;
  }
  return i < argv.length && !argv[i].startsWith("-") ? argv.slice(i) : argv;
}

/** Quotes a word so that the shell reads it back as it is, as `set`, `trap` and `alias` print it. */
export function singleQuote(s: string): string {
  let out = "";
  let at = 0;
  do {
    let quote = s.indexOf("'", at);
    if (quote < 0) quote = s.length;
    out += "'" + s.slice(at, quote) + "'";
    at = quote;
    while (s.charCodeAt(at) === 39) at++;
    if (at > quote) out += '"' + s.slice(quote, at) + '"';
  } while (at < s.length);
  return out;
}

/**
 * Quotes a word as `set -x` prints it: only when it needs quotes.
 *
 * @param isValue It is what a variable is set to, where reserved words mean nothing.
 */
function traceQuote(s: string, isValue = false): string {
  const plain = /^[A-Za-z0-9_,./:@+^\]-]*$/.test(s) && (isValue || !isReserved(s));
  return plain ? s : singleQuote(s);
}

/** Expands a text in which quotes mean nothing: the body of a here-document is such a one. */
function expandQuoted(sh: Shell, text: string): MaybePromise<string> {
  const parser = new Parser(`: <<\x01\n${text}\n\x01\n`, sh.line, {});
  const node = parser.next();
  if (node === END || node === null || node.k !== "simple") return text;
  const body = compiler.words.text(node.redirs[0].word, "none")(sh);
  return typeof body === "string" ? body.slice(0, -1) : body.then((late) => late.slice(0, -1));
}

/** As {@link expandText}, for one who can wait. */
export async function expandLater(sh: Shell, text: string): Promise<string> {
  for (;;) {
    try {
      return await expandQuoted(sh, text);
    } catch (error) {
      if (error instanceof PartNeeded) {
        await error.part.loadFor(sh.proc);
        continue;
      }
      if (error instanceof ShellSyntaxError) return text;
      if (!(error instanceof ShellError)) throw error;
      sh.complain(error.message);
      return text;
    }
  }
}

/**
 * Expands text as in double quotes, for prompts; what would have to wait counts as empty. The parts
 * for expansion must be loaded: `loadExpansion`.
 */
export function expandText(sh: Shell, text: string): string {
  try {
    const value = expandQuoted(sh, text);
    return typeof value === "string" ? value : "";
  } catch (error) {
    if (error instanceof ShellError) {
      sh.complain(error.message);
      return text;
    }
    if (error instanceof ShellSyntaxError || error instanceof PartNeeded) return text;
    throw error;
  }
}
