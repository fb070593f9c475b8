/**
 * Calls single functions of the runtime the way a guest does: through the shim, with a memory.
 *
 * @module
 */
import { Sandbox, type SandboxOptions } from "../../mod.ts";
import { fromText } from "../../sandbox/bytes.ts";
import type { OpenFile, Process } from "../../sandbox/types.ts";
import { PREVIEW1, PREVIEW1_SIGNATURES, SOCKET_SIGNATURES, UNSTABLE } from "../../wasi/abi.ts";
import { importsOf, type SuspendingWebAssembly } from "../../wasi/compile.ts";
import { errnoName } from "../../wasi/errno.ts";
import { Guest } from "../../wasi/guest.ts";
import { findImport, type Linked } from "../../wasi/imports.ts";
import { buildShim } from "../../wasi/shim.ts";
import { systemOf } from "../../wasi/system.ts";
import { assemble } from "./assemble.ts";
import { UNLIMITED } from "../kernel/unlimited.ts";

// deno-lint-ignore no-explicit-any -- arguments of any function of the interface.
type Arguments = any[];

const jspi = WebAssembly as unknown as SuspendingWebAssembly;

/** Where tests put things in the guest's memory. */
export const AT = Object.freeze({ RESULT: 64, PATH: 1024, PATH2: 4096, IOVS: 8192, DATA: 16384 });

/** A guest without code: its calls are made by the test. */
export class TestGuest {
  readonly memory = new WebAssembly.Memory({ initial: 4, maximum: 64 });
  readonly guest: Guest;
  readonly #calls: WebAssembly.ModuleImports;
  readonly #unstable: WebAssembly.ModuleImports;

  constructor(readonly process: Process, args: readonly string[] = ["guest"]) {
    this.guest = new Guest(systemOf(process, args));
    this.guest.memory.bind(this.memory);
    const linked: Linked[] = [];
    const extensions = { sockets: true, process: false };
    for (const module of [PREVIEW1, UNSTABLE]) {
      for (const name of PREVIEW1_SIGNATURES.keys()) {
        linked.push(findImport(module, name, extensions) as Linked);
      }
    }
    for (const name of SOCKET_SIGNATURES.keys()) {
      linked.push(findImport(PREVIEW1, name, extensions) as Linked);
    }
    const shim = new WebAssembly.Module(buildShim(linked.map((each) => each.shim)));
    const imports = importsOf(this.guest, linked, shim, true);
    this.#calls = imports[PREVIEW1];
    this.#unstable = imports[UNSTABLE];
  }

  /** Calls a function that does not wait: the name of its error number. */
  call(name: string, ...args: Arguments): string {
    return this.#now(this.#calls[name], args);
  }

  /** As `call`, of wasi_unstable. */
  callUnstable(name: string, ...args: Arguments): string {
    return this.#now(this.#unstable[name], args);
  }

  /** Nothing is around the call that could be suspended when the slice of time is used up. */
  #now(call: WebAssembly.ModuleImports[string], args: Arguments): string {
    const { guest } = this;
    guest.suspends = false;
    try {
      return errnoName((call as (...args: Arguments) => number)(...args));
    } finally {
      guest.suspends = true;
    }
  }

  /** Calls a function that may wait. */
  async wait(name: string, ...args: Arguments): Promise<string> {
    // The promise needs wasm between it and what suspends; exported functions of the shim are that.
    const call = jspi.promising(this.#calls[name] as (...args: Arguments) => unknown);
    return errnoName(await call(...args) as number);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  /** Puts text into memory: its arguments. */
  path(text: string, at: number = AT.PATH): [number, number] {
    const bytes = new TextEncoder().encode(text);
    this.bytes.set(bytes, at);
    return [at, bytes.length];
  }

  /** Puts data and one buffer that describes it into memory: its arguments. */
  buffer(size: number, text = ""): [number, number] {
    this.bytes.set(new TextEncoder().encode(text), AT.DATA);
    this.view.setUint32(AT.IOVS, AT.DATA, true);
    this.view.setUint32(AT.IOVS + 4, size, true);
    return [AT.IOVS, 1];
  }

  u32(at: number = AT.RESULT): number {
    return this.view.getUint32(at, true);
  }

  u64(at: number = AT.RESULT): bigint {
    return this.view.getBigUint64(at, true);
  }

  text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes.slice(at, at + length));
  }

  /** Opens a path of descriptor 3: its number, or the name of the error. */
  open(
    path: string,
    options: {
      readonly fd?: number;
      readonly oflags?: number;
      readonly rights?: bigint;
      readonly inheriting?: bigint;
      readonly fdflags?: number;
      readonly follow?: boolean;
    } = {},
  ): number {
    const { fd = 3, oflags = 0, rights = ~0n, inheriting = ~0n, fdflags = 0 } = options;
    const follow = options.follow === false ? 0 : 1;
    const error = this.call(
      "path_open",
      fd,
      follow,
      ...this.path(path),
      oflags,
      rights,
      inheriting,
      fdflags,
      AT.RESULT,
    );
    if (error !== "SUCCESS") throw new Error(error);
    return this.u32();
  }

  /** The error of opening a path. */
  openError(path: string, options: Parameters<TestGuest["open"]>[1] = {}): string {
    try {
      this.open(path, options);
      return "SUCCESS";
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Writes text through a descriptor. */
  write(fd: number, text: string): string {
    return this.call("fd_write", fd, ...this.buffer(text.length, text), AT.RESULT);
  }

  /** Reads text through a descriptor. */
  read(fd: number, size = 100): string {
    const error = this.call("fd_read", fd, ...this.buffer(size), AT.RESULT);
    return error === "SUCCESS" ? this.text(AT.DATA, this.u32()) : error;
  }
}

/** What a test of calls gets. */
export interface GuestOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly sandbox?: SandboxOptions;
  /** Descriptors; the rest are `/dev/null`. */
  readonly fds?: (process: Process) => ReadonlyMap<number, OpenFile>;
}

/**
 * Runs a test as a program of a sandbox, with a guest whose descriptor 3 is the confined directory
 * `/box`, which is empty.
 */
export async function withGuest(
  test: (guest: TestGuest, process: Process, sandbox: Sandbox) => void | Promise<void>,
  options: GuestOptions = {},
): Promise<void> {
  await using sandbox = await Sandbox.create(options.sandbox ?? {});
  await sandbox.fs.mkdir("/box", { recursive: true });
  let failure: unknown;
  let ran = false;
  const started = sandbox.kernel.start({
    argv: ["test"],
    ...UNLIMITED,
    env: new Map(Object.entries(options.env ?? {}).map(([k, v]) => [fromText(k), fromText(v)])),
    wallMs: 60_000,
    program: async (process) => {
      const given = options.fds?.(process) ?? new Map();
      for (const fd of [0, 1, 2]) {
        process.setFd(given.get(fd) ?? process.fs.open("/dev/null", 2), fd);
      }
      const guest = new TestGuest(process, options.args);
      for (const fd of [0, 1, 2] as const) guest.guest.fds.setStandard(fd, process.fd(fd));
      guest.guest.fds.preopen("box", process.fs.openDirectory("/box").confined());
      try {
        await test(guest, process, sandbox);
        ran = true;
      } catch (error) {
        failure = error;
      } finally {
        guest.guest.close();
      }
      return 0;
    },
  });
  await started.ended;
  if (failure !== undefined) throw failure;
  if (!ran) throw new Error("the process ended before the test did");
}

/** Text of the imports of a guest, for `assemble`. */
export function importText(...names: readonly string[]): string {
  return names.map((name) => {
    const letters = PREVIEW1_SIGNATURES.get(name) ?? "";
    const params = [...letters].map((letter) => letter === "I" ? "i64" : "i32").join(" ");
    const result = name === "proc_exit" ? "" : "(result i32)";
    return `(import "${PREVIEW1}" "${name}" (func $${name} (param ${params}) ${result}))`;
  }).join("\n");
}

export { assemble };
