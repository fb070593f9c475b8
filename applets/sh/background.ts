/**
 * Background commands and process substitution.
 *
 * A part: a command that holds one is compiled when it is loaded.
 *
 * @module
 */

import type { Node } from "./ast.ts";
import {
  controls,
  lookFor,
  type NodeCompiler,
  plainName,
  type Stage,
  startAll,
} from "./pipeline.ts";
import type { Exec, Shell } from "./shell.ts";
import { childFiles, startSubshell } from "./subshell.ts";

/** Signals that background commands ignore without job control (POSIX 2.9.3.1): INT and QUIT. */
const BACKGROUND_IGNORES: readonly number[] = [2, 3];

/** Compiles `a &`. */
export function compileBackground(n: Node, compiler: NodeCompiler): Exec {
  const parts = n.k === "pipe" ? n.cmds : [n];
  const stages = parts.map((c): Stage => {
    // A subshell in the background is one process, not two.
    let inner = c;
    while (inner.k === "sub") inner = inner.body;
    const body = compiler.node(inner, true);
    // Nobody tests its status, wherever it stands.
    const run: Exec = (sh) => {
      sh.tested = 0;
      return body(sh);
    };
    const plain = parts.length > 1 ? plainName(c) : undefined;
    return {
      start: (sh, fds, pgid, ignore) => {
        lookFor(sh, plain);
        return startSubshell(sh, run, { fds, pgid, ignoreSignals: ignore });
      },
    };
  });
  return (sh) => {
    const monitor = controls(sh);
    const children = startAll(
      sh,
      stages,
      monitor ? { pgid: 0 } : { input: "/dev/null", ignore: BACKGROUND_IGNORES },
    );
    const job = sh.jobs.add(children, monitor ? n : "", monitor);
    sh.lastBackground = job.last.pid;
    return sh.status = 0;
  };
}

/** Compiles `<(…)` and `>(…)`: a pipe whose other end a subshell has. */
export function compileProcessFile(
  dir: "<" | ">",
  body: Node | null,
  compiler: NodeCompiler,
): (sh: Shell) => string {
  const run: Exec = body === null ? () => 0 : compiler.node(body, true);
  return (sh) => {
    const pipe = sh.proc.pipe();
    const mine = dir === "<" ? pipe.read : pipe.write;
    const theirs = dir === "<" ? pipe.write : pipe.read;
    const fds = childFiles(sh.proc, [[dir === "<" ? 1 : 0, theirs]]);
    startSubshell(sh, run, { fds, lingers: dir === ">" }, { substitution: true });
    theirs.release();
    // As natively not among the first, unless the limit is lower.
    const fd = sh.proc.setFd(mine, undefined, (sh.proc.getLimit("openFiles") ?? 65) > 64 ? 64 : 0);
    sh.procFiles.push(fd);
    return `/dev/fd/${fd}`;
  };
}
