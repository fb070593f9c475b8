/**
 * What travels through the evaluator as an exception. `break`, `continue` and `return` do not: they
 * are flags of the shell, because they are frequent.
 *
 * @module
 */

import type { Part } from "../_lib/part.ts";

/** The shell (or subshell) ends: `exit`, `set -e`, or a fatal error whose message was written. */
export class ShellExit extends Error {
  /** @param status Exit status. @param fatal It is an error, which an interactive shell survives. */
  constructor(readonly status: number, readonly fatal: boolean = false) {
    super("shell exit");
    this.name = "ShellExit";
  }
}

/** An error with a message still to be written; a regular builtin ends with it, a script too. */
export class ShellError extends Error {
  /** @param message Text after the prefix. @param status Exit status. */
  constructor(
    message: string,
    readonly status: number = 2,
    /** Line to name instead of the current command's. */
    readonly line?: number,
  ) {
    super(message);
    this.name = "ShellError";
  }

  /** The same error with the line that it names. */
  at(line: number): ShellError {
    return new ShellError(this.message, this.status, line);
  }
}

/** A redirection that failed: the command is not run and its status is 1. */
export class RedirectionError extends ShellError {
  constructor(message: string, status = 1, line?: number) {
    super(message, status, line);
    this.name = "RedirectionError";
  }
}

/** A wrong expression; `message` is busybox's text. */
export class ArithError extends Error {}

/** Thrown by the compiler: the command can be compiled once this part is loaded. */
export class PartNeeded extends Error {
  constructor(readonly part: Part<unknown>) {
    super(part.path);
  }
}

/** A part for the compiler. @throws {PartNeeded} */
export function need<M>(part: Part<M>): M {
  if (part.loaded === undefined) throw new PartNeeded(part);
  return part.loaded;
}
