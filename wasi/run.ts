/**
 * Running a module as a program: load, link, start, and tell how it ended.
 *
 * Exit status: what the guest gives to `proc_exit`, 0 when `_start` returns; 126 for a module that
 * cannot be run; 134 for a trap, as of a native program that aborts.
 *
 * @module
 */
import type {
  ByteString,
  Directory,
  Environment,
  MaybePromise,
  NetListener,
  OpenFile,
  Process,
  Program,
} from "../sandbox/types.ts";
import { ProcessEnded } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { fromText, toBytes } from "../sandbox/bytes.ts";
import { functionsOf, type Signature } from "./binary.ts";
import {
  canSuspend,
  compile,
  type Compiled,
  instantiate,
  ModuleError,
  type SuspendingWebAssembly,
} from "./compile.ts";
import type { PreopenOptions } from "./fds.ts";
import { Guest } from "./guest.ts";
import { type CommandRules, ProcessExtension } from "./process_extension.ts";
import { DEFAULT_INIT, observable, withState } from "./preinitialize.ts";
import { listeningDescriptor } from "./sockets.ts";
import { type System, systemOf } from "./system.ts";
import { withoutSuspending } from "./unsuspended.ts";

/** Exit status of a module that cannot be run. */
export const STATUS_UNUSABLE = 126;
/** Exit status of a trap: that of SIGABRT in a shell. */
export const STATUS_TRAP = 134;

/** A directory that a guest is handed. */
export interface Preopen extends PreopenOptions {
  /** Its name for the guest. */
  readonly name: ByteString;
  readonly directory: Directory;
}

/** How to run a module in a process. */
export interface ProgramOptions {
  /** Arguments instead of the process's own. */
  readonly args?: readonly ByteString[];
  /** Name in messages instead of `args[0]`. */
  readonly name?: ByteString;
  /** Directories instead of the process's root and working directory. */
  readonly preopens?: readonly Preopen[];
  /** Listening sockets, after the directories. */
  readonly listeners?: readonly NetListener[];
  /** Exported function to call instead of `_start`. */
  readonly invoke?: string;
  /** Make tight loops interruptible, at a small cost; see meter.ts. Default true. */
  readonly metered?: boolean;
  /** Programs that the guest may start; turns the process extension on. */
  readonly commands?: CommandRules;
  /** Told when the module is compiled, instantiated, and done. */
  readonly onStage?: (stage: Stage) => void;
}

/** What a run has just finished. */
export type Stage = "parse" | "instantiate" | "execute";

/** Why and with what status a run ended. */
export interface RunEnd {
  readonly code: number;
  /** A line for the user, when it did not end by itself. */
  readonly message?: string;
}

/** Words for V8's reasons of traps; others are only called a trap. */
const TRAP_WORDS: readonly (readonly [RegExp, string])[] = [
  [/unreachable/, "unreachable instruction"],
  [/memory access out of bounds/, "memory access out of bounds"],
  [/table index is out of bounds|table access/, "table index out of bounds"],
  [/divide by zero/, "integer division by zero"],
  [/remainder by zero/, "integer remainder by zero"],
  [/divide result unrepresentable/, "integer overflow"],
  [/float unrepresentable/, "invalid conversion to integer"],
  [/null function or function signature mismatch|signature mismatch/, "indirect call mismatch"],
  [/null/, "null reference"],
  [/unaligned/, "unaligned atomic access"],
  [/uncaught|exception/i, "uncaught exception"],
];

/** One line about an error that ended wasm code; undefined for what is none of the guest's doing. */
export function trapMessage(error: unknown): string | undefined {
  if (error instanceof RangeError) return "trap: call stack exhausted";
  if ("Exception" in WebAssembly) {
    const { Exception } = WebAssembly as unknown as { Exception: new () => Error };
    if (error instanceof Exception) return "trap: uncaught exception";
  }
  if (!(error instanceof WebAssembly.RuntimeError)) return undefined;
  for (const [pattern, words] of TRAP_WORDS) {
    if (pattern.test(error.message)) return `trap: ${words}`;
  }
  return "trap";
}

/** How a guest ended that threw. @throws what the kernel must see */
export function endOf(guest: Guest, error: unknown): RunEnd {
  const { outcome } = guest;
  switch (outcome?.kind) {
    case "exit":
      return { code: outcome.code };
    case "ended":
      throw outcome.error;
    case "trap":
      return { code: STATUS_TRAP, message: `trap: ${outcome.reason}` };
  }
  const message = trapMessage(error);
  if (message === undefined) throw error;
  return { code: STATUS_TRAP, message };
}

/** Calls an exported function so that it may wait. */
export function callExport(
  exported: WebAssembly.ExportValue | undefined,
  args: readonly unknown[],
  suspending: boolean,
): MaybePromise<unknown> {
  // deno-lint-ignore ban-types -- an exported function has no better type.
  const call = exported as Function as (...args: unknown[]) => unknown;
  if (!suspending) return call(...args);
  return (WebAssembly as unknown as SuspendingWebAssembly).promising(call)(...args);
}

/**
 * Runs `_start`, or another exported function, of a module.
 *
 * @returns How it ended; a promise when it had to wait.
 * @throws {ModuleError} when there is nothing to start
 */
export function runModule(
  guest: Guest,
  compiled: Compiled,
  options: {
    readonly invoke?: { readonly name: string; readonly args: readonly unknown[] };
    readonly print?: (values: unknown) => void;
    readonly suspending: boolean;
    readonly onInstance?: () => void;
  },
): MaybePromise<RunEnd> {
  const { invoke, suspending } = options;
  const name = invoke?.name ?? "_start";
  if (compiled.exports.get(name) !== "function") {
    throw new ModuleError(
      invoke === undefined ? "not a command: it has no _start function" : `no function: ${name}`,
    );
  }
  const succeed = (value: unknown): RunEnd => {
    options.print?.(value);
    return { code: 0 };
  };
  const failed = (error: unknown): RunEnd => endOf(guest, error);
  try {
    const instance = instantiate(guest, compiled, suspending);
    options.onInstance?.();
    const steps: (() => MaybePromise<unknown>)[] = [];
    const own = compiled.metered?.start;
    if (own !== undefined) steps.push(() => callExport(instance.exports[own], [], suspending));
    // A library is initialised before one of its functions is called.
    if (invoke !== undefined && compiled.exports.get("_initialize") === "function") {
      steps.push(() => callExport(instance.exports._initialize, [], suspending));
    }
    steps.push(() => callExport(instance.exports[name], invoke?.args ?? [], suspending));
    const result = inOrder(steps);
    return result instanceof Promise ? result.then(succeed, failed) : succeed(result);
  } catch (error) {
    if (error instanceof ModuleError) throw error;
    return failed(error);
  }
}

/** Makes calls one after the other: the result of the last one. */
function inOrder(steps: readonly (() => MaybePromise<unknown>)[], from = 0): MaybePromise<unknown> {
  let result: unknown;
  for (let i = from; i < steps.length; i++) {
    result = steps[i]();
    if (result instanceof Promise && i + 1 < steps.length) {
      return result.then(() => inOrder(steps, i + 1));
    }
  }
  return result;
}

/** Arguments of an exported function from words. @throws {ModuleError} */
function argumentsOf(signature: Signature | undefined, words: readonly ByteString[]): unknown[] {
  const params = signature?.params ?? "";
  if (words.length !== params.length) {
    throw new ModuleError(`the function takes ${params.length} arguments, not ${words.length}`);
  }
  return words.map((word, i) => {
    const letter = params[i];
    try {
      if (letter === "I") return BigInt(word);
      const number = Number(word);
      if (word.trim() !== "" && !Number.isNaN(number) && "ifF".includes(letter)) return number;
    } catch {
      // Not a number: said below.
    }
    throw new ModuleError(`not a number: ${word}`);
  });
}

/** The directories of a program that a shell started: the root, and the working directory. */
function ownPreopens(process: Process): Preopen[] {
  const root = process.fs.openDirectory("/");
  const here = process.fs.openDirectory(".");
  // The last one is where C libraries look for paths that no longer name ends with.
  return [{ name: "/", directory: root }, { name: ".", directory: here, fallback: root }];
}

function writeLine(
  file: OpenFile | undefined,
  process: Process,
  text: ByteString,
): MaybePromise<void> {
  try {
    return file?.write(toBytes(text), process.waiter) ?? undefined;
  } catch (error) {
    // A message that nobody can read changes nothing.
    if (error instanceof ProcessEnded) throw error;
    return undefined;
  }
}

/**
 * A module as a program of the kernel: for files that start with `\0asm`, and for `wasi`.
 *
 * @param bytes The module.
 * @param options What it gets instead of the process's own.
 */
export function wasmProgram(bytes: Uint8Array, options: ProgramOptions = {}): Program {
  return (process) => {
    const args = options.args ?? process.argv;
    const name = options.name ?? args[0] ?? "wasm";
    const finish = (end: RunEnd): MaybePromise<number> => {
      options.onStage?.("execute");
      if (end.message === undefined) return end.code;
      const waits = writeLine(process.fd(2), process, `${name}: ${end.message}\n`);
      return waits instanceof Promise ? waits.then(() => end.code) : end.code;
    };
    const unusable = (error: unknown): MaybePromise<number> => {
      if (error instanceof ModuleError) {
        return finish({ code: STATUS_UNUSABLE, message: fromText(error.message) });
      }
      if (isVfsError(error)) return finish({ code: STATUS_UNUSABLE, message: error.reason });
      throw error;
    };
    try {
      const ended = startProgram(process, bytes, args, options);
      return ended instanceof Promise ? ended.then(finish, unusable) : finish(ended);
    } catch (error) {
      return unusable(error);
    }
  };
}

function startProgram(
  process: Process,
  bytes: Uint8Array,
  args: readonly ByteString[],
  options: ProgramOptions,
): MaybePromise<RunEnd> {
  const own = systemOf(process, args);
  const system = options.preopens === undefined ? { ...own, env: withPwd(process) } : own;
  const compiled = compile(bytes, {
    extensions: { sockets: system.net !== undefined, process: options.commands !== undefined },
    memoryMax: memoryMaxOf(process),
    metered: options.metered ?? true,
  });
  const go = (ready: Compiled): MaybePromise<RunEnd> => {
    options.onStage?.("parse");
    return runInProcess(process, system, ready, bytes, options);
  };
  return compiled instanceof Promise ? compiled.then(go) : go(compiled);
}

/** The environment with PWD, by which Go's runtime finds the working directory. */
function withPwd(process: Process): Environment {
  if (process.env.has("PWD")) return process.env;
  try {
    return new Map([...process.env, ["PWD", process.fs.currentDir()]]);
  } catch {
    // A working directory that was removed has no path.
    return process.env;
  }
}

/** Most bytes of memory that a guest of the process may have. */
function memoryMaxOf(process: Process): number {
  const limit = process.getLimit("memory") ?? Infinity;
  const { total } = process.kernel.memory();
  return Math.min(limit, total > 0 ? total : Infinity, 4 * 1024 ** 3);
}

function runInProcess(
  process: Process,
  system: System,
  compiled: Compiled,
  bytes: Uint8Array,
  options: ProgramOptions,
): MaybePromise<RunEnd> {
  const guest = new Guest(system);
  const close = (): void => guest.close();
  try {
    const suspending = canSuspend;
    const stdio = [process.fd(0), process.fd(1), process.fd(2)] as const;
    const wrapped = suspending ? undefined : withoutSuspending(guest, stdio);
    guest.holdsWrites = suspending && compiled.metered !== undefined;
    guest.fds.setStandard(0, wrapped?.[0] ?? stdio[0]);
    guest.fds.setStandard(1, wrapped?.[1] ?? stdio[1]);
    guest.fds.setStandard(2, wrapped?.[2] ?? stdio[2]);
    for (const each of options.preopens ?? ownPreopens(process)) {
      guest.fds.preopen(each.name, each.directory, each);
    }
    for (const listener of options.listeners ?? []) {
      guest.fds.add(listeningDescriptor(guest, listener));
    }
    if (options.commands !== undefined) {
      guest.process = new ProcessExtension(guest, options.commands);
    }
    const { invoke } = options;
    const run = (): MaybePromise<RunEnd> =>
      runModule(guest, compiled, {
        suspending,
        invoke: invoke === undefined ? undefined : {
          name: invoke,
          args: argumentsOf(functionsOf(bytes)?.exports.get(invoke), system.args.slice(1)),
        },
        print: invoke === undefined ? undefined : (value) => printValue(process, value),
        onInstance: () => options.onStage?.("instantiate"),
      });
    const started = wrapped === undefined ? run() : wrapped.around(run);
    if (!(started instanceof Promise)) {
      close();
      return started;
    }
    return started.finally(close);
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Runs the initialisation of a module in a process, and gives the module that starts after it.
 *
 * The initialisation sees no directory, no variable and only the process's streams, so that nothing
 * of this place is carried into the new module by accident.
 *
 * @param bytes The module.
 * @param init Name of the exported function to run; `_initialize` and the start function run before.
 * @throws {ModuleError} when it cannot be run or kept, or trapped
 */
export async function preinitialize(
  process: Process,
  bytes: Uint8Array,
  init: string = DEFAULT_INIT,
): Promise<Uint8Array<ArrayBuffer>> {
  // What is no module must not reach the rewriter.
  await compile(bytes, { memoryMax: memoryMaxOf(process) });
  const shown = observable(bytes);
  const compiled = await compile(shown.bytes, { memoryMax: memoryMaxOf(process), metered: true });
  if (compiled.exports.get(init) !== "function") throw new ModuleError(`no function: ${init}`);
  const guest = new Guest({ ...systemOf(process, []), env: new Map() });
  try {
    for (const fd of [0, 1, 2] as const) guest.fds.setStandard(fd, process.fd(fd));
    const instance = instantiate(guest, compiled, canSuspend);
    const own = compiled.metered?.start;
    const first = compiled.exports.get("_initialize") === "function" ? ["_initialize"] : [];
    for (const name of [...own === undefined ? [] : [own], ...first, init]) {
      await callExport(instance.exports[name], [], canSuspend);
    }
    const memory = instance.exports[shown.memory];
    if (memory instanceof WebAssembly.Memory) guest.memory.bind(memory);
    const state = {
      memory: guest.memory.copy(0, guest.memory.size),
      globals: shown.globals.map((name) =>
        name === undefined ? undefined : (instance.exports[name] as WebAssembly.Global).value
      ),
    };
    return withState(bytes, state, [init, ...first]);
  } catch (error) {
    if (error instanceof ModuleError) throw error;
    const { code, message } = endOf(guest, error);
    throw new ModuleError(message ?? `the initialisation called proc_exit(${code})`);
  } finally {
    guest.close();
  }
}

/** Prints results of an invoked function, one a line. */
function printValue(process: Process, value: unknown): void {
  if (value === undefined) return;
  const values = Array.isArray(value) ? value : [value];
  const text = values.map((each) => `${each}\n`).join("");
  void writeLine(process.fd(1), process, text);
}
