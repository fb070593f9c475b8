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
import { inTurns, withParts } from "./parts.ts";
import { type Exec, type Shell, SKIP_NONE } from "./shell.ts";
import { TooLong } from "./source.ts";

/** It holds no state of any shell. */
export const compiler: Compiler = new Compiler();

/** Compiles one tree; waits only when it needs a part that was not needed before. */
export function compileNode(sh: Shell, node: Node): MaybePromise<Exec> {
  return withParts(sh, () => compiler.node(node));
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
    charge: (bytes) => sh.proc.chargeMemory(bytes),
    lineStandsStill: sh.lineStandsStill,
  });
}

/** A turn of a loop costs about as much as so many steps of reading, as a power of two. */
const READ_SHIFT = 3;

/** Reads the next command, a very long one in turns; syntax errors become the shell's. */
export function nextCommand(sh: Shell, parser: Parser): MaybePromise<Node | null | typeof END> {
  const shows = sh.flags.verbose && sh.showsInput;
  if (shows) parser.save();
  try {
    const steps = parser.begin();
    const node = parser.next();
    sh.proc.waiter.spend(1 + ((steps - parser.left) >> READ_SHIFT));
    if (shows) sh.say(parser.consumed());
    return node;
  } catch (error) {
    if (error instanceof TooLong) return inTurns(sh, (turns) => turns.readCommand(sh, parser));
    throw readingFailed(sh, parser, error);
  } finally {
    if (parser.charged > 0) sh.proc.chargeMemory(-parser.charged);
    parser.charged = 0;
  }
}

/** What becomes of an error in reading a command. */
export function readingFailed(sh: Shell, parser: Parser, error: unknown): unknown {
  if (error instanceof ShellSyntaxError) {
    if (sh.flags.verbose && sh.showsInput) sh.say(parser.consumed(true));
    return new ShellError(error.message, 2, error.line);
  }
  return error instanceof RangeError
    ? new ShellError("syntax error: nesting too deep", 2, parser.line)
    : error;
}

/** Most texts whose compiled form is kept. */
const MAX_KEPT = 128;
/** Longest text worth keeping. */
const MAX_KEPT_LENGTH = 4096;

/**
 * Runs all commands of a text in a shell: `eval`, `.`, traps. Gives the last status, 0 when there
 * was no command.
 */
export function runText(
  sh: Shell,
  text: string,
  line: number,
  standsStill: boolean = sh.lineStandsStill,
): MaybePromise<number> {
  const before = sh.inputLine;
  const isBase = sh.readsBase;
  const stoodStill = sh.lineStandsStill;
  sh.readsBase = false;
  sh.lineStandsStill = standsStill;
  let result: MaybePromise<number>;
  try {
    result = runCommands(sh, text, line, isBase);
  } catch (error) {
    sh.lineStandsStill = stoodStill;
    throw error;
  }
  if (typeof result === "number") {
    sh.inputLine = before;
    sh.lineStandsStill = stoodStill;
    return result;
  }
  return result.then((status) => {
    sh.inputLine = before;
    return status;
  }).finally(() => sh.lineStandsStill = stoodStill);
}

/** A compiled command, and the line up to which its text was read. */
interface Step {
  readonly run: Exec;
  readonly line: number;
}

function runCommands(
  sh: Shell,
  text: string,
  line: number,
  isBase: boolean,
): MaybePromise<number> {
  const isKept = sh.aliases.size === 0 && text.length <= MAX_KEPT_LENGTH && !isBase;
  const key = isKept ? `${line}${sh.lineStandsStill ? "=" : " "}${text}` : "";
  if (key !== "") {
    const kept = sh.shared.programs.get(key);
    if (kept !== undefined) return kept(sh);
  }
  const parser = parserFor(sh, text, line);
  const done: Step[] = [];
  return step(sh, parser, 0, key === "" ? undefined : done, key, isBase);
}

function step(
  sh: Shell,
  parser: Parser,
  before: number,
  done: Step[] | undefined,
  key: string,
  isBase: boolean,
  read?: Node | null | typeof END,
): MaybePromise<number> {
  let status = before;
  let given = read;
  for (;;) {
    const node = given !== undefined ? given : nextCommand(sh, parser);
    given = undefined;
    if (node instanceof Promise) {
      return node.then((late) => step(sh, parser, status, done, key, isBase, late));
    }
    if (node === END) {
      if (done !== undefined && sh.aliases.size === 0) keep(sh, key, done);
      return status;
    }
    if (node === null) {
      const turn = sh.proc.tick(0);
      if (turn === undefined) continue;
      return turn.then(() => step(sh, parser, status, done, key, isBase));
    }
    // Reading a long command may have taken all of a turn.
    const pause = sh.proc.tick(0);
    const run = pause === undefined
      ? compileNode(sh, node)
      : pause.then(() => compileNode(sh, node));
    const before = status;
    const { line } = parser;
    const start = (exec: Exec): MaybePromise<number> => {
      done?.push({ run: exec, line });
      sh.inputLine = line;
      if (isBase) sh.baseLine = line;
      return sh.flags.noexec && !sh.flags.interactive ? before : exec(sh);
    };
    const r = run instanceof Promise ? run.then(start) : start(run);
    if (typeof r !== "number") {
      return r.then((s) => sh.skip !== SKIP_NONE ? s : step(sh, parser, s, done, key, isBase));
    }
    status = r;
    if (sh.skip !== SKIP_NONE) return status;
    const turn = sh.proc.tick(1);
    if (turn !== undefined) {
      return turn.then(() => step(sh, parser, status, done, key, isBase));
    }
  }
}

function keep(sh: Shell, key: string, steps: readonly Step[]): void {
  const { programs } = sh.shared;
  if (programs.size >= MAX_KEPT) programs.clear();
  programs.set(key, (shell) => runAll(shell, steps, 0, 0));
}

function runAll(
  sh: Shell,
  steps: readonly Step[],
  from: number,
  before: number,
): MaybePromise<number> {
  let status = before;
  for (let i = from; i < steps.length; i++) {
    sh.inputLine = steps[i].line;
    const r = steps[i].run(sh);
    if (typeof r !== "number") {
      return r.then((s) => sh.skip !== SKIP_NONE ? s : runAll(sh, steps, i + 1, s));
    }
    status = r;
    if (sh.skip !== SKIP_NONE) break;
  }
  return status;
}
