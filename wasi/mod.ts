/**
 * WASI preview 1 for JavaScript: runs a module with the directories, streams, clock and random
 * source that it is given, and with nothing else.
 *
 * Inside a sandbox `.wasm` files are programs and need none of this. {@link Wasi} is for modules
 * that run without a sandbox, or whose functions JavaScript calls (reactors).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Wasi } from "@capbox/capbox/wasi";
 *
 * // (module (memory (export "memory") 1) (func (export "_start")))
 * const module = Uint8Array.fromHex(
 *   "0061736d01000000010401600000030201000503010001" +
 *     "071302066d656d6f72790200065f737461727400000a040102000b",
 * );
 * const wasi = new Wasi({ args: ["hello"], env: { LANG: "C" } });
 * assertEquals(await wasi.run(module), 0);
 * ```
 *
 * @module
 */
import type { Clock, Directory, MaybePromise, OpenFile, Random, Waiter } from "../sandbox/types.ts";
import { VfsError } from "../sandbox/errors.ts";
import { fromText } from "../sandbox/bytes.ts";
import { PREVIEW1, PREVIEW1_SIGNATURES, WRITE_RIGHTS } from "./abi.ts";
import {
  canSuspend,
  compile,
  type Compiled,
  importsOf,
  instantiate,
  ModuleError,
} from "./compile.ts";
import { Guest } from "./guest.ts";
import { findImport, type Linked } from "./imports.ts";
import { buildShim } from "./shim.ts";
import { callExport, endOf, type RunEnd, runModule } from "./run.ts";
import {
  BytesInput,
  NullFile,
  type PullChunk,
  PulledInput,
  type PushChunk,
  PushedOutput,
} from "./stdio.ts";
import type { System } from "./system.ts";
import { blockFor } from "./unsuspended.ts";

export { canSuspend, ModuleError };
export { ERRNO, type Errno, errnoName } from "./errno.ts";
export type { PullChunk, PushChunk } from "./stdio.ts";
export type {
  AttrChange,
  ByteString,
  Clock,
  Directory,
  DirEntry,
  FollowOption,
  MaybePromise,
  OpenFile,
  Random,
  Readiness,
  Stat,
  Terminal,
  Waiter,
  WaitQueue,
} from "../sandbox/types.ts";

/** A directory to hand over. */
export interface PreopenedDirectory {
  /** The directory. */
  readonly directory: Directory;
  /** Refuse every change. */
  readonly readOnly?: boolean;
}

/** What a guest gets. Everything is optional, and what is absent does not exist for it. */
export interface WasiOptions {
  /** Arguments; the first is the program's name. */
  readonly args?: readonly string[];
  /** The whole environment of the guest. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directories by the name they have for the guest. */
  readonly preopens?: Readonly<Record<string, Directory | PreopenedDirectory>>;
  /** Input: bytes, a function that gives chunks, or an open file. Default: empty. */
  readonly stdin?: Uint8Array | PullChunk | OpenFile;
  /** Output: a function that takes chunks, or an open file. Default: it is thrown away. */
  readonly stdout?: PushChunk | OpenFile;
  /** Where standard error goes. */
  readonly stderr?: PushChunk | OpenFile;
  /** The time, as a clock or a function such as `Date.now`. Default: it only counts looks. */
  readonly clock?: Clock | (() => number);
  /**
   * A random source, as an object or a function such as one that calls `crypto.getRandomValues`.
   * Default: always the same numbers, which are no secret.
   */
  readonly random?: Random | ((buffer: Uint8Array) => void);
  /** Waits without blocking. Default: timers of the guest block the thread. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** Most bytes of the guest's memory. */
  readonly memoryMax?: number;
  /** Allow objects of the garbage collection proposal, which nothing limits. Default false. */
  readonly objects?: boolean;
  /** Most open descriptors. Default 1024. */
  readonly openFiles?: number;
}

/** How a guest ended that did not simply return. */
export class WasiTrap extends Error {
  /**
   * Says what the guest asked for, and its status.
   *
   * @param message What happened.
   * @param code Exit status for it.
   */
  constructor(message: string, readonly code: number) {
    super(message);
    this.name = "WasiTrap";
  }
}

const NS_PER_MS = 1_000_000n;
/** Where the clock of a guest starts that was given none: 2020-01-01, as good as any. */
const EPOCH_MS = 1_577_836_800_000;

/** A clock that goes on by a millisecond with each look at it: repeatable, and never still. */
class CountingClock implements Clock {
  #ms = EPOCH_MS;

  nowMs(): number {
    return this.#ms++;
  }

  nowNs(): bigint {
    return BigInt(this.nowMs()) * NS_PER_MS;
  }

  monotonicMs(): number {
    return this.nowMs() - EPOCH_MS;
  }

  monotonicNs(): bigint {
    return BigInt(this.monotonicMs()) * NS_PER_MS;
  }

  set(ns: bigint): void {
    this.#ms = Number(ns / NS_PER_MS);
  }
}

/** A clock over a function that gives milliseconds since the epoch. */
function clockOf(given: Clock | (() => number) | undefined): Clock {
  if (given === undefined) return new CountingClock();
  if (typeof given !== "function") return given;
  const nowNs = (): bigint => BigInt(Math.round(given() * 1e6));
  return {
    nowMs: given,
    nowNs,
    monotonicMs: given,
    monotonicNs: nowNs,
    set: () => {
      throw new VfsError("EPERM");
    },
  };
}

/** Numbers that look random and are always the same (splitmix32). */
class RepeatableRandom implements Random {
  #state = 0x9e3779b9;

  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  fill(buffer: Uint8Array): void {
    for (let i = 0; i < buffer.length; i++) buffer[i] = this.uint32();
  }
}

/** A random source over a function that fills up to 65,536 bytes. */
function randomOf(given: Random | ((buffer: Uint8Array) => void) | undefined): Random {
  if (given === undefined) return new RepeatableRandom();
  if (typeof given !== "function") return given;
  return {
    fill: given,
    uint32() {
      const bytes = new Uint8Array(4);
      given(bytes);
      return new DataView(bytes.buffer).getUint32(0);
    },
  };
}

function inputOf(given: WasiOptions["stdin"]): OpenFile {
  if (given === undefined) return new NullFile();
  if (given instanceof Uint8Array) return new BytesInput(given);
  if (typeof given === "function") return new PulledInput(given);
  return given;
}

function outputOf(given: WasiOptions["stdout"]): OpenFile {
  if (given === undefined) return new NullFile();
  if (typeof given === "function") return new PushedOutput(given);
  return given;
}

const standaloneWaiter: Waiter = {
  waitOn: (queue) =>
    new Promise((resolve) => {
      const wake = (): void => {
        queue.remove(wake);
        resolve();
      };
      queue.add(wake);
    }),
  tick: () => undefined,
  spend: () => {},
  brokenPipe: () => {
    throw new VfsError("EPIPE");
  },
};

/** The system of a guest that has no process. */
function standalone(options: WasiOptions): System {
  const clock = clockOf(options.clock);
  const { sleep } = options;
  const started = clock.monotonicMs();
  return {
    args: (options.args ?? []).map(fromText),
    env: new Map(
      Object.entries(options.env ?? {}).map(([key, value]) => [fromText(key), fromText(value)]),
    ),
    clock,
    random: randomOf(options.random),
    waiter: standaloneWaiter,
    openFiles: options.openFiles ?? 1024,
    net: undefined,
    cpuMs: () => clock.monotonicMs() - started,
    tick: () => undefined,
    poll(items, timeoutMs) {
      if (items.length === 0 && sleep === undefined) {
        blockFor(timeoutMs ?? 0);
        return [];
      }
      const ready = (): number[] => {
        const found: number[] = [];
        items.forEach((item, i) => {
          const state = item.file.ready();
          if (item.read && state.read || item.write && state.write || state.hangup) found.push(i);
        });
        return found;
      };
      const now = ready();
      if (now.length > 0) return now;
      return new Promise<number[]>((resolve) => {
        const end = (): void => {
          for (const item of items) item.file.changed.remove(end);
          resolve(ready());
        };
        for (const item of items) item.file.changed.add(end);
        if (timeoutMs !== undefined && sleep !== undefined) sleep(timeoutMs).then(end);
      });
    },
    raise: (signal) => {
      throw new WasiTrap(`signal ${signal}`, 128 + signal);
    },
    charge: () => {},
    report: () => {},
  };
}

/** One guest: a module's imports, and what it was given. Use one for each run. */
export class Wasi {
  readonly #guest: Guest;
  readonly #options: WasiOptions;
  #used = false;

  /**
   * Prepares a run with these capabilities.
   *
   * @param options What the guest gets.
   */
  constructor(options: WasiOptions = {}) {
    this.#options = options;
    const guest = this.#guest = new Guest(standalone(options));
    guest.fds.setStandard(0, inputOf(options.stdin));
    guest.fds.setStandard(1, outputOf(options.stdout));
    guest.fds.setStandard(2, outputOf(options.stderr));
    for (const [name, given] of Object.entries(options.preopens ?? {})) {
      const wanted: PreopenedDirectory = "directory" in given ? given : { directory: given };
      guest.fds.preopen(fromText(name), wanted.directory.confined(), {
        withhold: wanted.readOnly ? WRITE_RIGHTS : 0,
      });
    }
  }

  #compile(module: Uint8Array): MaybePromise<Compiled> {
    const { memoryMax, objects } = this.#options;
    return compile(module, { memoryMax, objects });
  }

  #use(): void {
    if (this.#used) throw new TypeError("a Wasi runs one guest");
    this.#used = true;
  }

  /**
   * Runs a command: a module that exports `_start`.
   *
   * @param module Bytes of the module. It is compiled once for each content.
   * @returns Its exit status.
   * @throws {ModuleError} when it is no module that could run here
   * @throws {WasiTrap} when it trapped
   */
  async run(module: Uint8Array): Promise<number> {
    this.#use();
    try {
      const compiled = await this.#compile(module);
      return this.#end(await runModule(this.#guest, compiled, { suspending: canSuspend }));
    } finally {
      this.close();
    }
  }

  /**
   * Instantiates a reactor and calls its `_initialize`. Its functions may then be called; those that
   * wait for something have to be called by {@link call}.
   *
   * @param module Bytes of the module.
   * @throws {ModuleError} when it is no module that could run here
   */
  async instantiate(module: Uint8Array): Promise<WebAssembly.Instance> {
    this.#use();
    const compiled = await this.#compile(module);
    const instance = instantiate(this.#guest, compiled, canSuspend);
    if (compiled.exports.get("_initialize") === "function") {
      await this.call(instance, "_initialize");
    }
    return instance;
  }

  /**
   * Calls an exported function of an instance so that it may wait.
   *
   * @param instance Made by {@link instantiate}, or with {@link imports}.
   * @param name Name of the export.
   * @param args Its arguments.
   * @throws {WasiTrap} when it trapped
   */
  async call(
    instance: WebAssembly.Instance,
    name: string,
    ...args: readonly unknown[]
  ): Promise<unknown> {
    const exported = instance.exports[name];
    if (typeof exported !== "function") throw new ModuleError(`no function: ${name}`);
    try {
      return await callExport(exported, args, canSuspend);
    } catch (error) {
      const { code } = this.#throw(error);
      return code;
    }
  }

  /**
   * The functions of `wasi_snapshot_preview1`, for modules with imports of their own that are
   * instantiated by hand. Calls that would have to wait give `AGAIN`, unless `suspending`: then
   * every function of the guest that calls them must be called through `WebAssembly.promising`.
   */
  imports(
    option: { readonly suspending?: boolean } = {},
  ): { readonly wasi_snapshot_preview1: WebAssembly.ModuleImports } {
    const linked: Linked[] = [];
    for (const name of PREVIEW1_SIGNATURES.keys()) {
      linked.push(findImport(PREVIEW1, name, { sockets: false, process: false }) as Linked);
    }
    const suspending = canSuspend && (option.suspending ?? false);
    this.#guest.suspends = suspending;
    const shim = new WebAssembly.Module(buildShim(linked.map((each) => each.shim)));
    const all = importsOf(this.#guest, linked, shim, suspending);
    return { [PREVIEW1]: { ...all[PREVIEW1] } };
  }

  /**
   * Binds the memory of an instance that was made with {@link imports}, and calls `_initialize` if
   * it has one.
   */
  initialize(instance: WebAssembly.Instance): void {
    const { memory, _initialize } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new ModuleError("no memory is exported");
    this.#guest.memory.bind(memory);
    if (typeof _initialize === "function") callExport(_initialize, [], false);
  }

  /** As {@link initialize}, then calls `_start`. @returns The exit status. */
  start(instance: WebAssembly.Instance): number {
    this.initialize(instance);
    try {
      callExport(instance.exports._start, [], false);
      return 0;
    } catch (error) {
      return this.#throw(error).code;
    }
  }

  /** Exit status, or a thrown trap. */
  #end(end: RunEnd): number {
    if (end.message !== undefined) throw new WasiTrap(end.message, end.code);
    return end.code;
  }

  #throw(error: unknown): RunEnd {
    const end = endOf(this.#guest, error);
    this.#end(end);
    return end;
  }

  /** Closes what the guest has open. */
  close(): void {
    this.#guest.close();
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
