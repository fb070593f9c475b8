/**
 * Commands that run beside the shell: pipelines and command substitution.
 *
 * Two short cuts keep the frequent cases cheap without being visible to scripts: `$(echo …)` is a
 * call with its output caught, and an `echo` at the front of a pipeline becomes the next command's
 * input right away.
 *
 * @module
 */

import { type Child, type MaybePromise, O_RDONLY, type OpenFile } from "../../sandbox/types.ts";
import { bareText, type Node, type Part, type Pipe, type Simple } from "./ast.ts";
import { findCommand, locate, startProgram } from "./call.ts";
import { Capture, substituted } from "./capture.ts";
import { type Expander, type FieldsFn, type TextFn } from "./expand.ts";
import { HereFile } from "./here_file.ts";
import { foreground, waitForeground, waitPipeline } from "./jobs.ts";
import { DIRECTORY, JOB_VIEW, PRINTF } from "./parts.ts";
import type { Exec, Shell } from "./shell.ts";
import { compileWords, finish } from "./simple.ts";
import { childFiles, startSubshell } from "./subshell.ts";

type Files = ReadonlyMap<number, OpenFile> | undefined;

/** A command as a child. */
export interface Stage {
  /** Starts it; undefined when it could not be, with the status in `sh.status`. */
  start(sh: Shell, fds: Files, pgid: number | undefined, ignore: readonly number[]):
    | Child
    | undefined;
  /** What it writes, where that can be told without a process. */
  readonly output?: (sh: Shell) => string | undefined;
}

/** What this module needs of the compiler. */
export interface NodeCompiler {
  node(n: Node, last?: boolean): Exec;
  readonly words: Expander;
}

/** Builtins that do nothing but write, with the part they are in. */
const WRITERS: ReadonlyMap<string, { readonly loaded: unknown } | undefined> = new Map([
  ["echo", undefined],
  ["printf", PRINTF],
  ["pwd", DIRECTORY],
]);

const NOTHING: readonly number[] = [];

/** Compiles `a | b`. */
export function compilePipeline(n: Pipe, compiler: NodeCompiler): Exec {
  const stages = n.cmds.map((c) => stageOf(c, compiler, false));
  return (sh) => {
    const status = controls(sh)
      ? foreground(sh, startAll(sh, stages, { pgid: 0 }), n)
      : waitPipeline(sh, startAll(sh, stages, {}));
    return typeof status === "number" ? finish(sh, status) : status.then((s) => finish(sh, s));
  };
}

/** Compiles `$(…)`. */
export function compileSubstitution(body: Node | null, compiler: NodeCompiler): TextFn {
  if (body === null) {
    return (sh) => {
      sh.substituted = 0;
      return "";
    };
  }
  // A pipeline's commands are children already and need no subshell around them.
  const stages = body.k === "pipe"
    ? body.cmds.map((c) => stageOf(c, compiler, true))
    : [stageOf(body, compiler, true)];
  const direct = stages.length === 1 ? stages[0].output : undefined;
  return (sh) => {
    if (direct !== undefined) {
      const text = direct(sh);
      if (text !== undefined) {
        sh.substituted = sh.capturedStatus;
        return substituted(text);
      }
    }
    const capture = new Capture((bytes) => sh.proc.chargeMemory(bytes));
    let children: Child[];
    try {
      children = startAll(sh, stages, { output: capture });
    } catch (error) {
      capture.release();
      throw error;
    }
    const closed = capture.finished();
    const status = children.length === 1
      ? waitForeground(sh, children[0])
      : waitPipeline(sh, children);
    if (closed === undefined && typeof status === "number") {
      sh.substituted = status;
      return capture.result();
    }
    return (async () => {
      sh.substituted = await status;
      await closed;
      if (sh.interrupts !== 0 && sh.flags.interactive) {
        JOB_VIEW.loaded?.interruptedSubstitution(sh);
      }
      return capture.result();
    })();
  };
}

/** Whether commands in the foreground get process groups of their own. */
export function controls(sh: Shell): boolean {
  return sh.flags.monitor && sh.subshellLevel === 0;
}

/** The name of a command for which the shell looks before it starts those of a pipeline. */
export function plainName(n: Node): string | undefined {
  const inner = n.k === "group" ? n.body : n;
  const parts = inner.k === "simple" && inner.words.length > 0 ? inner.words[0].parts : [];
  const [first] = parts;
  return parts.length === 1 && first.t === "lit" && /^[a-z_]\w*$/i.test(first.s)
    ? first.s
    : undefined;
}

/** Looks for such a program, so that `hash` lists it. */
export function lookFor(sh: Shell, name: string | undefined): void {
  if (name !== undefined && findCommand(sh, name) === undefined) locate(sh, name);
}

/** A command as a child process. */
function stageOf(n: Node, compiler: NodeCompiler, substitution: boolean): Stage {
  const run = compiler.node(n, true);
  const special = { lists: listed(n, substitution), substitution };
  const plain = substitution ? undefined : plainName(n);
  const general: Stage = {
    start: (sh, fds, pgid, ignore) => {
      lookFor(sh, plain);
      return startSubshell(sh, run, { fds, pgid, ignoreSignals: ignore }, special);
    },
  };
  if (n.k !== "simple" || !isHarmlessCommand(n)) return general;
  const fields = compileWords(n.words, compiler.words);
  const line = n.line;
  const name = bareText(n.words[0]);
  return {
    start: (sh, fds, pgid, ignore) => {
      // Errors of expansion and tracing belong to a subshell.
      if (sh.flags.nounset || sh.flags.xtrace) return general.start(sh, fds, pgid, ignore);
      const before = sh.line;
      sh.line = line;
      const argv = expandNow(sh, fields);
      const child =
        argv === undefined || argv.length === 0 || findCommand(sh, argv[0]) !== undefined
          ? general.start(sh, fds, pgid, ignore)
          : startProgram(sh, argv, sh.scope.environment(), fds, pgid, plain !== undefined);
      sh.line = before;
      return child;
    },
    output: name !== undefined && WRITERS.has(name) ? writer(name, fields, line) : undefined,
  };
}

/** Runs a builtin that only writes, and gives what it wrote. */
function writer(
  name: string,
  fields: readonly FieldsFn[],
  line: number,
): (sh: Shell) => string | undefined {
  const part = WRITERS.get(name);
  return (sh) => {
    const flags = sh.flags;
    if (flags.nounset || flags.xtrace || flags.pipefail || sh.functions.has(name)) return undefined;
    // What waits for its part would write when nobody catches its output any more.
    if (part !== undefined && part.loaded === undefined) return undefined;
    const before = sh.line;
    sh.line = line;
    const argv = expandNow(sh, fields);
    if (argv === undefined) {
      sh.line = before;
      return undefined;
    }
    const capture = new Capture((bytes) => sh.proc.chargeMemory(bytes));
    const text = sh.captured(capture, sh.shared.builtins.get(name)!, argv);
    sh.line = before;
    return text;
  };
}

/** Expands words that hardly ever wait: for large directories. Undefined when they would have to. */
function expandNow(sh: Shell, fields: readonly FieldsFn[]): string[] | undefined {
  const argv: string[] = [];
  sh.hurries = true;
  try {
    for (const f of fields) if (f(sh, argv) !== undefined) return undefined;
  } finally {
    sh.hurries = false;
  }
  return argv;
}

/** How the stages of a pipeline are started. */
interface StartOptions {
  /** Process group: 0 makes one led by the first stage. */
  readonly pgid?: number;
  readonly ignore?: readonly number[];
  /** Path that the first stage reads instead of the shell's input. */
  readonly input?: string;
  /** Where the last stage writes instead of the shell's output. */
  readonly output?: OpenFile;
}

/** Starts all stages, each with its ends of the pipes. */
export function startAll(sh: Shell, stages: readonly Stage[], options: StartOptions): Child[] {
  const children: Child[] = [];
  const before = sh.status;
  let input: OpenFile | undefined = options.input === undefined
    ? undefined
    : sh.proc.fs.open(options.input, O_RDONLY);
  let first = 0;
  if (stages.length > 1 && input === undefined && stages[0].output !== undefined) {
    const text = stages[0].output(sh);
    if (text !== undefined) {
      input = new HereFile(text);
      first = 1;
    }
  }
  let pgid = options.pgid;
  for (let i = first; i < stages.length; i++) {
    const changes: [number, OpenFile][] = [];
    if (input !== undefined) changes.push([0, input]);
    let next: OpenFile | undefined;
    let made: OpenFile | undefined;
    if (i + 1 < stages.length) {
      const pipe = sh.proc.pipe();
      made = pipe.write;
      next = pipe.read;
      changes.push([1, made]);
    } else if (options.output !== undefined) changes.push([1, options.output]);
    const fds = changes.length === 0 ? undefined : childFiles(sh.proc, changes);
    try {
      const child = stages[i].start(sh, fds, pgid, options.ignore ?? NOTHING) ??
        failedChild(sh, fds, pgid);
      children.push(child);
      sh.status = before;
      if (pgid === 0) pgid = child.pid;
    } catch (error) {
      next?.release();
      throw error;
    } finally {
      made?.release();
      input?.release();
    }
    input = next;
  }
  return children;
}

/** A command that could not be started still has a place and a status in the pipeline. */
function failedChild(sh: Shell, fds: Files, pgid: number | undefined): Child {
  const status = sh.status;
  return startSubshell(sh, (): MaybePromise<number> => status, { fds, pgid });
}

/** What a subshell that only lists something takes from the shell around it. */
function listed(n: Node, substitution: boolean): "traps" | "jobs" | undefined {
  if (n.k !== "simple" || n.words.length === 0) return undefined;
  const name = bareText(n.words[0]);
  if (name === "jobs") return "jobs";
  return substitution && name === "trap" && n.words.length === 1 ? "traps" : undefined;
}

/** A command whose words can be expanded outside of the subshell that it belongs to. */
function isHarmlessCommand(n: Simple): boolean {
  return n.assigns.length === 0 && n.redirs.length === 0 && n.words.length > 0 &&
    n.words.every((w) => w.parts.every(isHarmless));
}

/** No effects, no errors, no waiting. */
function isHarmless(p: Part): boolean {
  switch (p.t) {
    case "lit":
    case "quo":
      return true;
    case "var":
      switch (p.op) {
        case "":
        case "len":
          return true;
        case "#":
        case "##":
        case "%":
        case "%%":
        case "-":
        case ":-":
        case "+":
        case ":+":
        case "/":
        case "//":
          return p.arg!.parts.every(isHarmless) && (p.arg2?.parts ?? []).every(isHarmless);
      }
      return false;
    default:
      return false;
  }
}
