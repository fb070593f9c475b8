/**
 * Simple commands (POSIX 2.9.1): expansion, assignments, redirections, and the call. The frequent
 * shapes (assignments alone, a command without redirections) have short ways of their own.
 *
 * @module
 */

import type { Environment, MaybePromise } from "../../sandbox/types.ts";
import { type Assign, bareText, type Simple, staticText, type Word } from "./ast.ts";
import type { Num } from "./arith.ts";
import type { NumberFn } from "./expand_arith.ts";
import {
  becomeProgram,
  callFunction,
  type Command,
  findCommand,
  restoreVariables,
  runBuiltin,
  runProgram,
  saveVariable,
} from "./call.ts";
import { need, RedirectionError, ShellError, ShellExit } from "./errors.ts";
import { type Expander, type FieldsFn, mayWait, type TextFn } from "./expand.ts";
import { assignment } from "./parse.ts";
import { ARITHMETIC, TESTS, TRACE, TURNS } from "./parts.ts";
import { compileRedirs, type RedirFn, SavedFds } from "./redirect.ts";
import type { Exec, SavedVariable, Shell } from "./shell.ts";
import type { FastTest } from "./test_fast.ts";
import { NameRef } from "./vars.ts";

/** Builtins whose arguments of the form `name=value` are assignments: no splitting, tildes. */
const DECLARING: ReadonlySet<string> = new Set(["export", "readonly", "local", "alias"]);

/** `name=word`, compiled. */
export interface CompiledAssign {
  readonly ref: NameRef;
  readonly text: TextFn;
}

/** More words or assignments than these are compiled when they are expanded. */
const MANY = 512;

/** What every simple command does at its end: traps, `set -e`, `ERR`. */
export function finish(sh: Shell, status: number): MaybePromise<number> {
  sh.status = status;
  if (sh.interrupts !== 0) {
    const after = sh.traps.runPending(status);
    if (typeof after !== "number") return after.then((s) => checkError(sh, s));
    return after === 0 || sh.tested > 0 ? after : checkError(sh, after);
  }
  return status === 0 || sh.tested > 0 ? status : checkError(sh, status);
}

/**
 * Writes the message of an error where the redirections in force lead, before they are undone; gives
 * what is to be thrown on.
 */
export function tell(sh: Shell, error: unknown): unknown {
  if (!(error instanceof ShellError)) return error;
  sh.complain(error.message, error.line);
  return new ShellExit(error.status, true);
}

/** Acts on a failed command: the `ERR` trap, then `set -e`. */
export function checkError(sh: Shell, status: number): MaybePromise<number> {
  if (status === 0 || sh.tested > 0) return status;
  const after = sh.traps.runError(status);
  if (typeof after !== "number") return after.then(() => exitOnError(sh, status));
  return exitOnError(sh, status);
}

function exitOnError(sh: Shell, status: number): number {
  if (sh.flags.errexit) throw new ShellExit(status);
  return status;
}

/** Compiles a simple command. `last` says that nothing of the shell is needed after it. */
export function compileSimple(n: Simple, expander: Expander, last: boolean): Exec {
  if (n.words.length === 0 && n.redirs.length === 0) return assignmentsOnly(n, expander);
  const general = new SimpleCommand(n, expander, last).exec;
  const name = n.words.length > 0 ? bareText(n.words[0]) : undefined;
  if (name !== "[" && name !== "test") return general;
  const fast = need(TESTS).compileTest(n, expander);
  return fast === undefined ? general : testCommand(fast, general, n);
}

/** A compiled test, as long as nobody defined a function of its name and nothing is traced. */
function testCommand(fast: FastTest, general: Exec, n: Simple): Exec {
  const line = n.line;
  const name = bareText(n.words[0])!;
  let token: object | undefined;
  return (sh) => {
    if (token !== sh.functionsToken) {
      if (sh.functions.has(name)) return general(sh);
      token = sh.functionsToken;
    }
    const flags = sh.flags;
    if (flags.xtrace || flags.noexec) return general(sh);
    sh.line = line;
    const status = fast(sh);
    if (status < 0) return general(sh);
    sh.status = status;
    return (status === 0 || sh.tested > 0) && sh.interrupts === 0 ? status : finish(sh, status);
  };
}

function compileAssigns(n: Simple, expander: Expander): CompiledAssign[] {
  const compile = (a: Assign): CompiledAssign => ({
    ref: new NameRef(a.name),
    text: expander.text(a.word, "assign"),
  });
  return n.assigns.length > MANY
    ? need(TURNS).longAssigns(n.assigns, compile)
    : n.assigns.map(compile);
}

/** `x=… y=…` alone. The status is that of the last command substitution. */
function assignmentsOnly(n: Simple, expander: Expander): Exec {
  const line = n.line;
  if (n.assigns.length === 1) {
    const word = n.assigns[0].word;
    const ref = new NameRef(n.assigns[0].name);
    const only = word.parts.length === 1 ? word.parts[0] : undefined;
    if (only?.t === "arith" && !mayWait(only.word)) {
      return assignNumber(ref, need(ARITHMETIC).compileArithWord(only.word, expander), line);
    }
    const text = expander.text(word, "assign");
    const store = (sh: Shell, v: string): MaybePromise<number> => {
      sh.setRef(ref, v);
      if (sh.flags.xtrace) showAssigned(sh, ref, v);
      return sh.interrupts === 0 && sh.substituted === 0
        ? (sh.status = 0)
        : finish(sh, sh.substituted);
    };
    return (sh) => {
      sh.line = line;
      sh.substituted = 0;
      const v = text(sh);
      return typeof v === "string" ? store(sh, v) : v.then((s) => store(sh, s));
    };
  }
  const assigns = compileAssigns(n, expander);
  return (sh) => {
    sh.line = line;
    sh.substituted = 0;
    const done = assignAll(sh, assigns);
    if (done !== undefined) return done.then(() => finish(sh, sh.substituted));
    closeFiles(sh);
    return finish(sh, sh.substituted);
  };
}

function assignNumber(ref: NameRef, value: NumberFn, line: number): Exec {
  const put = (sh: Shell, v: Num): MaybePromise<number> => {
    if (sh.flags.xtrace) showAssigned(sh, ref, String(v));
    sh.writeNumber(ref, v);
    return sh.interrupts === 0 ? (sh.status = 0) : finish(sh, 0);
  };
  return (sh) => {
    sh.line = line;
    const v = value(sh);
    return typeof v === "object" ? v.then((late) => put(sh, late)) : put(sh, v);
  };
}

/** Makes assignments one after another, so that later ones see earlier ones. */
function assignAll(sh: Shell, assigns: readonly CompiledAssign[]): void | Promise<void> {
  const traced: string[] | undefined = sh.flags.xtrace ? [] : undefined;
  for (let i = 0; i < assigns.length; i++) {
    const { ref, text } = assigns[i];
    const v = text(sh);
    if (typeof v !== "string") {
      return (async () => {
        assignOne(sh, ref, await v, traced);
        for (let k = i + 1; k < assigns.length; k++) {
          assignOne(sh, assigns[k].ref, await assigns[k].text(sh), traced);
        }
        if (traced !== undefined) TRACE.loaded!.trace(sh, traced);
      })();
    }
    assignOne(sh, ref, v, traced);
  }
  if (traced !== undefined) TRACE.loaded!.trace(sh, traced);
}

function assignOne(sh: Shell, ref: NameRef, v: string, traced: string[] | undefined): void {
  traced?.push(TRACE.loaded!.assigned(ref.name, v));
  sh.setRef(ref, v);
}

/** Writes the line of `set -x` for an assignment alone. */
function showAssigned(sh: Shell, ref: NameRef, value: string): void {
  const { trace, assigned } = TRACE.loaded!;
  trace(sh, [assigned(ref.name, value)]);
}

type Call = (sh: Shell, argv: readonly string[]) => MaybePromise<number>;

class SimpleCommand {
  readonly exec: Exec;
  readonly #line: number;
  readonly #fields: readonly FieldsFn[];
  readonly #assigns: readonly CompiledAssign[];
  readonly #redirs: RedirFn | undefined;
  /** The command's name when it is the same each time. */
  readonly #name: string | undefined;
  #token: object | undefined;
  #known: Command;

  readonly #node: Simple;

  constructor(n: Simple, expander: Expander, private readonly last: boolean) {
    this.#node = n;
    this.#line = n.line;
    this.#fields = compileWords(n.words, expander);
    this.#assigns = compileAssigns(n, expander);
    this.#redirs = n.redirs.length > 0 ? compileRedirs(n.redirs, expander) : undefined;
    this.#name = n.words.length > 0 ? fixedName(n.words[0]) : undefined;
    this.exec = this.#assigns.length === 0 && this.#redirs === undefined
      ? this.#plain()
      : this.#full();
  }

  #command(sh: Shell, name: string): Command {
    if (this.#name !== name) return findCommand(sh, name);
    if (this.#token === sh.functionsToken) return this.#known;
    this.#token = sh.functionsToken;
    return this.#known = findCommand(sh, name);
  }

  /** No assignments and no redirections. */
  #plain(): Exec {
    const fields = this.#fields;
    const line = this.#line;
    const call: Call = (sh, argv) => this.#call(sh, argv);
    return (sh) => {
      sh.line = line;
      sh.substituted = 0;
      if (sh.flags.noexec) return sh.status;
      const argv: string[] = [];
      for (let i = 0; i < fields.length; i++) {
        const waiting = fields[i](sh, argv);
        if (waiting !== undefined) return this.#expandLater(sh, argv, i, waiting, call);
      }
      return this.#call(sh, argv);
    };
  }

  async #expandLater(
    sh: Shell,
    argv: string[],
    at: number,
    first: Promise<void>,
    next: Call,
  ): Promise<number> {
    await first;
    for (let i = at + 1; i < this.#fields.length; i++) {
      const waiting = this.#fields[i](sh, argv);
      if (waiting !== undefined) await waiting;
    }
    return next(sh, argv);
  }

  #call(sh: Shell, argv: readonly string[]): MaybePromise<number> {
    if (argv.length === 0) return finish(sh, sh.substituted);
    if (sh.procFiles.length > 0) return closingFiles(sh, () => this.#call(sh, argv));
    if (sh.flags.xtrace) TRACE.loaded!.traceCommand(sh, [], argv);
    const cmd = this.#command(sh, argv[0]);
    let result: MaybePromise<number>;
    if (cmd === undefined) result = this.#program(sh, argv, sh.scope.environment());
    else if (cmd.kind === "builtin") result = runBuiltin(sh, cmd.run, cmd.special, argv);
    else result = callFunction(sh, cmd.def, argv);
    return typeof result === "number"
      ? finish(sh, result)
      : result.then((status) => finish(sh, status));
  }

  #program(sh: Shell, argv: readonly string[], env: Environment): MaybePromise<number> {
    if (this.last && !sh.traps.any && sh.subshellLevel > 0) return becomeProgram(sh, argv, env);
    return runProgram(sh, argv, env, this.#node);
  }

  /** With assignments or redirections. */
  #full(): Exec {
    const fields = this.#fields;
    const line = this.#line;
    const call: Call = (sh, argv) => this.#redirected(sh, argv);
    return (sh) => {
      if (sh.flags.noexec) return sh.status;
      sh.line = line;
      sh.substituted = 0;
      const argv: string[] = [];
      for (let i = 0; i < fields.length; i++) {
        const waiting = fields[i](sh, argv);
        if (waiting !== undefined) return this.#expandLater(sh, argv, i, waiting, call);
      }
      return this.#redirected(sh, argv);
    };
  }

  #redirected(sh: Shell, argv: readonly string[]): MaybePromise<number> {
    if (this.#redirs === undefined) return this.#assigned(sh, argv, undefined);
    const saved = new SavedFds(sh);
    const cmd = argv.length > 0 ? this.#command(sh, argv[0]) : undefined;
    const special = argv.length > 0 && cmd?.kind === "builtin" && cmd.special;
    // What -x shows is not redirected with the command; `saved` keeps the file open.
    if (sh.flags.xtrace) sh.traceFile = sh.proc.fd(2);
    try {
      const waiting = this.#redirs(sh, saved);
      if (waiting !== undefined) {
        return waiting.then(
          () => this.#assigned(sh, argv, saved),
          (error) => this.#redirFailed(sh, error, saved, special),
        );
      }
    } catch (error) {
      return this.#redirFailed(sh, error, saved, special);
    }
    return this.#assigned(sh, argv, saved);
  }

  #redirFailed(
    sh: Shell,
    error: unknown,
    saved: SavedFds,
    special: boolean,
  ): MaybePromise<number> {
    const isTold = error instanceof RedirectionError && error.status === 1;
    // It is said where the redirections before it lead.
    if (isTold) sh.complain(error.message, error.line);
    saved.restore();
    sh.traceFile = undefined;
    closeFiles(sh);
    if (!isTold) throw error;
    if (special) throw new ShellExit(1, true);
    return finish(sh, 1);
  }

  #assigned(
    sh: Shell,
    argv: readonly string[],
    saved: SavedFds | undefined,
  ): MaybePromise<number> {
    const end = (result: MaybePromise<number>): MaybePromise<number> => {
      if (typeof result !== "number") {
        return result.then((status) => {
          saved?.restore();
          return finish(sh, status);
        }, (error) => {
          const told = tell(sh, error);
          saved?.restore();
          throw told;
        });
      }
      saved?.restore();
      return finish(sh, result);
    };
    let result: MaybePromise<number>;
    try {
      result = sh.procFiles.length > 0
        ? closingFiles(sh, () => this.#invoke(sh, argv, saved))
        : this.#invoke(sh, argv, saved);
    } catch (error) {
      const told = tell(sh, error);
      saved?.restore();
      throw told;
    }
    return end(result);
  }

  #invoke(
    sh: Shell,
    argv: readonly string[],
    saved: SavedFds | undefined,
  ): MaybePromise<number> {
    const assigns = this.#assigns;
    if (argv.length === 0) {
      const done = assignAll(sh, assigns);
      return done === undefined ? sh.substituted : done.then(() => sh.substituted);
    }
    const cmd = this.#command(sh, argv[0]);
    if (cmd?.kind === "builtin" && cmd.special) {
      // Assignments before a special builtin stay (POSIX 2.14).
      const done = this.#assignTraced(sh, assigns, argv, undefined);
      const run = (): MaybePromise<number> => {
        if (argv[0] === "exec") saved?.keep();
        return runBuiltin(sh, cmd.run, true, argv);
      };
      return done === undefined ? run() : done.then(run);
    }
    if (cmd !== undefined) {
      const before: SavedVariable[] = [];
      const run = (): MaybePromise<number> =>
        cmd.kind === "builtin"
          ? runBuiltin(sh, cmd.run, false, argv)
          : callFunction(sh, cmd.def, argv, before);
      return this.#temporarily(sh, argv, before, run);
    }
    return this.#withEnvironment(sh, argv);
  }

  /** Runs something with the assignments in force and exported, and takes them back. */
  #temporarily(
    sh: Shell,
    argv: readonly string[],
    before: SavedVariable[],
    run: () => MaybePromise<number>,
  ): MaybePromise<number> {
    const back = (): void => restoreVariables(sh, before);
    let result: MaybePromise<number>;
    try {
      const done = this.#assignTraced(sh, this.#assigns, argv, before);
      result = done === undefined ? run() : done.then(run);
    } catch (error) {
      sh.left.push(back);
      throw error;
    }
    if (typeof result !== "number") {
      return result.then((status) => {
        back();
        return status;
      }, (error) => {
        sh.left.push(back);
        throw error;
      });
    }
    back();
    return result;
  }

  #assignTraced(
    sh: Shell,
    assigns: readonly CompiledAssign[],
    argv: readonly string[],
    before: SavedVariable[] | undefined,
  ): void | Promise<void> {
    const traced: string[] | undefined = sh.flags.xtrace ? [] : undefined;
    const one = (ref: NameRef, v: string): void => {
      traced?.push(TRACE.loaded!.assigned(ref.name, v));
      if (before === undefined) return sh.setRef(ref, v);
      const scope = sh.ownScope();
      before.push(saveVariable(scope, scope.cell(ref.name)));
      sh.setRef(ref, v);
      sh.export(ref.name, true);
    };
    const show = (): void => {
      if (traced !== undefined) TRACE.loaded!.traceCommand(sh, traced, argv);
    };
    for (let i = 0; i < assigns.length; i++) {
      const v = assigns[i].text(sh);
      if (typeof v !== "string") {
        return (async () => {
          one(assigns[i].ref, await v);
          while (++i < assigns.length) one(assigns[i].ref, await assigns[i].text(sh));
          show();
        })();
      }
      one(assigns[i].ref, v);
    }
    show();
  }

  /** A program with assignments in its environment only. */
  #withEnvironment(sh: Shell, argv: readonly string[]): MaybePromise<number> {
    if (this.#assigns.length === 0) {
      if (sh.flags.xtrace) TRACE.loaded!.traceProgram(sh, argv);
      return this.#program(sh, argv, sh.scope.environment());
    }
    return this.#temporarily(sh, argv, [], () => this.#program(sh, argv, sh.scope.environment()));
  }
}

/** The files of `<( )` in a command are closed when it has ended, and not by those that it runs. */
export function closingFiles(sh: Shell, run: () => MaybePromise<number>): MaybePromise<number> {
  const fds = sh.procFiles;
  sh.procFiles = [];
  const result = run();
  const close = (): void => closeFiles(sh, fds);
  if (typeof result !== "number") return result.finally(close);
  close();
  return result;
}

function closeFiles(sh: Shell, fds: number[] = sh.procFiles): void {
  while (fds.length > 0) sh.proc.closeFd(fds.pop()!);
}

/** The name of the command when its first word is plain text. */
function fixedName(word: Word): string | undefined {
  return staticText(word);
}

/** Compiles the words of a command; arguments of `export` and the like may be assignments. */
export function compileWords(words: readonly Word[], expander: Expander): FieldsFn[] {
  const declaring = words.length > 1 && DECLARING.has(bareText(words[0]) ?? "");
  const compile = (w: Word, i: number): FieldsFn => {
    const assign = declaring && i > 0 ? assignment(w) : undefined;
    if (assign === undefined) return expander.fields(w);
    const text = expander.text(assign.word, "assign");
    const head = assign.name + "=";
    return (sh: Shell, out: string[]): void | Promise<void> => {
      const v = text(sh);
      if (typeof v !== "string") {
        return v.then((s) => {
          out.push(head + s);
        });
      }
      out.push(head + v);
    };
  };
  return words.length > MANY ? [need(TURNS).longFields(words, compile)] : words.map(compile);
}
