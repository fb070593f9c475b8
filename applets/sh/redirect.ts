/**
 * Redirections (POSIX 2.7): compiled once, applied to the descriptors of the shell's own process,
 * and undone afterwards.
 *
 * @module
 */

import {
  type MaybePromise,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  type OpenFile,
  S_IFMT,
  S_IFREG,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { bareText, type Redir } from "./ast.ts";
import { RedirectionError, ShellError } from "./errors.ts";
import type { Expander, TextFn, Wait } from "./expand.ts";
import { HereFile } from "./here_file.ts";
import type { Shell } from "./shell.ts";

/** What one descriptor was before. */
interface Saved {
  readonly fd: number;
  readonly file: OpenFile | undefined;
  readonly closeOnExec: boolean;
}

/** The state to go back to. */
export class SavedFds {
  private readonly list: Saved[] = [];
  /** Those of the command around this one. */
  private outer: SavedFds | undefined;

  constructor(private readonly sh: Shell) {}

  /** Remembers a descriptor before its first change. */
  save(fd: number): void {
    for (const s of this.list) if (s.fd === fd) return;
    const { sh } = this;
    const { proc } = sh;
    if (this.list.length === 0) {
      // A shell that is killed in here goes back to nothing, and must not hold the files open.
      if (!sh.dropsSaved) proc.atEnd(() => sh.savedFds?.drop());
      sh.dropsSaved = true;
      this.outer = sh.savedFds;
      sh.savedFds = this;
    }
    const file = proc.fd(fd);
    this.list.push({
      fd,
      file: file?.retain(),
      closeOnExec: file !== undefined && proc.isCloseOnExec(fd),
    });
  }

  /** Puts everything back. */
  restore(): void {
    const proc = this.sh.proc;
    for (let i = this.list.length - 1; i >= 0; i--) {
      const { fd, file, closeOnExec } = this.list[i];
      if (file === undefined) proc.closeFd(fd);
      else proc.setFd(file, fd, undefined, closeOnExec);
    }
    this.forget();
  }

  /** Keeps the new state (`exec`). */
  keep(): void {
    for (const { file } of this.list) file?.release();
    this.forget();
  }

  private forget(): void {
    if (this.list.length > 0) this.sh.savedFds = this.outer;
    this.list.length = 0;
  }

  private drop(): void {
    const { outer } = this;
    this.keep();
    outer?.drop();
  }
}

/** Applies redirections; `saved` is undefined when nothing needs to be put back. */
export type RedirFn = (sh: Shell, saved: SavedFds | undefined) => void | Promise<void>;

/** Compiles a list of redirections. */
export function compileRedirs(redirs: readonly Redir[], expander: Expander): RedirFn {
  const all = redirs.map((r) => compileRedir(r, expander));
  if (all.length === 1) return all[0].alone;
  const targets = (sh: Shell, list: string[], from: number): Wait => {
    for (let i = from; i < all.length; i++) {
      const s = all[i].text(sh);
      if (typeof s !== "string") {
        return s.then((v) => {
          list.push(v);
          return targets(sh, list, i + 1);
        });
      }
      list.push(s);
    }
  };
  const open = (
    sh: Shell,
    saved: SavedFds | undefined,
    list: readonly string[],
    from: number,
  ): Wait => {
    for (let i = from; i < all.length; i++) {
      const waiting = all[i].open(sh, saved, list[i]);
      if (waiting !== undefined) return waiting.then(() => open(sh, saved, list, i + 1));
    }
  };
  // All names are expanded before the first file is opened; here-documents are in their turn.
  return (sh, saved): Wait => {
    const list: string[] = [];
    const waiting = targets(sh, list, 0);
    return waiting === undefined
      ? open(sh, saved, list, 0)
      : waiting.then(() => open(sh, saved, list, 0));
  };
}

const NUMBER = /^[0-9]{1,9}$/;

interface CompiledRedir {
  /** What the redirection names; nothing yet for a here-document. */
  readonly text: TextFn;
  readonly open: (sh: Shell, saved: SavedFds | undefined, target: string) => Wait;
  /** Both at once. */
  readonly alone: RedirFn;
}

function compileRedir(r: Redir, expander: Expander): CompiledRedir {
  const expand: TextFn = expander.text(r.word, r.op === "<<" ? "none" : "word");
  const isCopy = r.op === ">&" || r.op === "<&";
  const text: TextFn = !isCopy || /^(?:-|[0-9]{1,9})$/.test(bareText(r.word) ?? "")
    ? expand
    : (sh) => {
      const s = expand(sh);
      return typeof s === "string"
        ? checkTarget(sh, r.fd, s)
        : s.then((late) => checkTarget(sh, r.fd, late));
    };
  const apply = action(r);
  if (r.op === "<<") {
    const alone = hereDocument(text, apply);
    return { text: () => "", open: alone, alone };
  }
  const alone: RedirFn = (sh, saved): Wait => {
    const s = text(sh);
    if (typeof s !== "string") return s.then((v) => apply(sh, saved, v));
    apply(sh, saved, s);
  };
  return { text, open: apply, alone };
}

/** An error in the body of a here-document is one of the redirection. */
function hereDocument(text: TextFn, apply: Action): RedirFn {
  const failed = (error: unknown): never => {
    throw error instanceof ShellError ? new RedirectionError(error.message, 1, error.line) : error;
  };
  return (sh, saved): Wait => {
    let body: MaybePromise<string>;
    try {
      body = text(sh);
    } catch (error) {
      return failed(error);
    }
    if (typeof body !== "string") return body.then((s) => apply(sh, saved, s), failed);
    apply(sh, saved, body);
  };
}

type Action = (sh: Shell, saved: SavedFds | undefined, target: string) => void;

function action(r: Redir): Action {
  const fd = r.fd;
  switch (r.op) {
    case "<":
      return (sh, saved, path) => put(sh, saved, fd, openFor(sh, path, O_RDONLY, false));
    case "<>":
      return (sh, saved, path) => put(sh, saved, fd, openFor(sh, path, O_RDWR | O_CREAT, true));
    case ">":
      return (sh, saved, path) => put(sh, saved, fd, openNew(sh, path));
    case ">|":
      return (sh, saved, path) =>
        put(sh, saved, fd, openFor(sh, path, O_WRONLY | O_CREAT | O_TRUNC, true));
    case ">>":
      return (sh, saved, path) =>
        put(sh, saved, fd, openFor(sh, path, O_WRONLY | O_CREAT | O_APPEND, true));
    case "&>":
      return both;
    case "<<":
      return (sh, saved, body) => put(sh, saved, fd, new HereFile(body));
    case ">&":
    case "<&":
      if (bareText(r.word) === "-") {
        return (sh, saved) => {
          saved?.save(fd);
          sh.proc.closeFd(fd);
        };
      }
      return (sh, saved, target) => duplicate(sh, saved, fd, target);
  }
}

/** What a descriptor is to be a copy of is looked at before anything is opened. @throws {ShellError} */
function checkTarget(sh: Shell, fd: number, target: string): string {
  if (target === "") throw new ShellError("syntax error: bad fd number", 2, sh.inputLine);
  if (fd === 1 || NUMBER.test(target)) return target;
  throw new ShellError("redir error");
}

/** `fd>&target`; stdout may go to a file of any other name, stderr with it. */
function duplicate(sh: Shell, saved: SavedFds | undefined, fd: number, target: string): void {
  if (NUMBER.test(target)) {
    const from = Number(target);
    // Natively that is not even looked at.
    if (from === fd) return;
    const file = sh.proc.fd(from);
    if (file === undefined) throw new RedirectionError(`${from}: Bad file descriptor`);
    put(sh, saved, fd, file.retain());
  } else both(sh, saved, target);
}

/** `&>file`: stdout and stderr go to one file. */
function both(sh: Shell, saved: SavedFds | undefined, path: string): void {
  const file = openNew(sh, path);
  put(sh, saved, 1, file);
  put(sh, saved, 2, file.retain());
}

function put(sh: Shell, saved: SavedFds | undefined, fd: number, file: OpenFile): void {
  saved?.save(fd);
  try {
    sh.proc.setFd(file, fd);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    throw new RedirectionError(`${fd}: ${error.reason}`);
  }
}

/** Opens a file for `>`, which with `noclobber` must not be there. */
function openNew(sh: Shell, path: string): OpenFile {
  let flags = O_WRONLY | O_CREAT | O_TRUNC;
  if (sh.flags.noclobber) {
    const stat = sh.proc.fs.tryStat(path);
    if (stat === undefined || (stat.mode & S_IFMT) === S_IFREG) flags = O_WRONLY | O_CREAT | O_EXCL;
  }
  return openFor(sh, path, flags, true);
}

function openFor(sh: Shell, path: string, flags: number, create: boolean): OpenFile {
  try {
    return sh.proc.fs.open(path, flags, 0o666);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    const missing = error.code === "ENOENT";
    const reason = !missing ? error.reason : create ? "nonexistent directory" : "no such file";
    throw new RedirectionError(`can't ${create ? "create" : "open"} ${path}: ${reason}`);
  }
}
