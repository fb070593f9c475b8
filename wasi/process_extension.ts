/**
 * The process extension (`wasmedge_process_*`): a guest starts a program of the sandbox.
 *
 * Threat class "host processes": what may be started is decided here, outside of the guest, by a
 * list that the embedding program gives; a program is always one of the sandbox and is started from
 * an argument vector. Every pointer is checked together with its length.
 *
 * @module
 */
import type { ByteString, Child, OpenFile, Waiter } from "../sandbox/types.ts";
import { SIG } from "../sandbox/types.ts";
import { isVfsError, VfsError } from "../sandbox/errors.ts";
import { concatBytes, toBytes } from "../sandbox/bytes.ts";
import { ERRNO, fail } from "./errno.ts";
import type { Guest } from "./guest.ts";

/**
 * Which programs a guest may start: `true` any arguments; a list: the first argument must be one of
 * it (`*` for any), and without arguments nothing is started.
 */
export type CommandRules = ReadonlyMap<ByteString, true | readonly ByteString[]>;

/** Most bytes that are kept of one output stream. */
const OUTPUT_MAX = 64 * 1024 * 1024;
/** Most bytes of arguments, environment and input together. */
const INPUT_MAX = 64 * 1024 * 1024;
/** Bytes of one write into the program's stdin. */
const STEP = 65536;
/** Exit status of what was not allowed, as a shell's "found but not executable". */
const DENIED = 126;
const NOT_FOUND = 127;

/** Whether the rules allow a command. */
export function isCommandAllowed(
  rules: CommandRules,
  name: ByteString,
  args: readonly ByteString[],
): boolean {
  const rule = rules.get(name);
  if (rule === undefined) return false;
  if (rule === true) return true;
  return args.length > 0 && (rule.includes(args[0]) || rule.includes("*"));
}

/** The state of the extension in one guest: what the next run gets, and what the last one gave. */
export class ProcessExtension {
  #name: ByteString = "";
  #args: ByteString[] = [];
  #env = new Map<ByteString, ByteString>();
  #input: Uint8Array[] = [];
  #timeoutMs: number | undefined;
  #held = 0;
  exitCode = 0;
  stdout: Uint8Array = new Uint8Array(0);
  stderr: Uint8Array = new Uint8Array(0);
  /** Result of a call that gives a number and no error. */
  value = 0;

  constructor(readonly guest: Guest, readonly rules: CommandRules) {}

  #take(pointer: number, length: number): ByteString {
    this.#hold(length);
    return this.guest.memory.text(pointer, length);
  }

  #hold(length: number): void {
    this.#held += length >>> 0;
    if (this.#held > INPUT_MAX) fail(ERRNO.NOMEM);
  }

  setName(pointer: number, length: number): void {
    this.#name = this.#take(pointer, length);
  }

  addArgument(pointer: number, length: number): void {
    this.#args.push(this.#take(pointer, length));
  }

  addEnvironment(
    namePointer: number,
    nameLength: number,
    valuePointer: number,
    valueLength: number,
  ): void {
    this.#env.set(this.#take(namePointer, nameLength), this.#take(valuePointer, valueLength));
  }

  addInput(pointer: number, length: number): void {
    this.#hold(length);
    this.#input.push(this.guest.memory.copy(pointer, length));
  }

  setTimeout(milliseconds: number): void {
    this.#timeoutMs = milliseconds >>> 0;
  }

  /** Runs the program that was described; what described it is forgotten. 0 when it was run. */
  run(): number | Promise<number> {
    const argv = [this.#name, ...this.#args];
    const env = this.#env;
    const input = this.#input;
    const timeoutMs = this.#timeoutMs;
    this.#name = "";
    this.#args = [];
    this.#env = new Map();
    this.#input = [];
    this.#timeoutMs = undefined;
    this.#held = 0;
    this.stdout = new Uint8Array(0);
    if (!isCommandAllowed(this.rules, argv[0], argv.slice(1))) {
      return this.#refuse(DENIED, `${argv[0]}: Permission denied\n`);
    }
    return this.#start(argv, env, concatBytes(input), timeoutMs);
  }

  #refuse(code: number, message: ByteString): number {
    this.exitCode = code;
    this.stdout = new Uint8Array(0);
    this.stderr = toBytes(message);
    return -1;
  }

  async #start(
    argv: readonly ByteString[],
    env: ReadonlyMap<ByteString, ByteString>,
    input: Uint8Array,
    timeoutMs: number | undefined,
  ): Promise<number> {
    const { system } = this.guest;
    const { pipe, spawn, waitChild, kill } = system;
    if (pipe === undefined || spawn === undefined || waitChild === undefined) {
      return this.#refuse(DENIED, `${argv[0]}: Operation not supported\n`);
    }
    const [stdin, stdout, stderr] = [pipe(), pipe(), pipe()];
    let child: Child;
    try {
      const fds = new Map([[0, stdin.read], [1, stdout.write], [2, stderr.write]]);
      child = spawn(argv, { env, fds });
    } catch (error) {
      for (const ends of [stdin, stdout, stderr]) {
        ends.read.release();
        ends.write.release();
      }
      if (!isVfsError(error)) throw error;
      const code = error.code === "ENOENT" ? NOT_FOUND : DENIED;
      return this.#refuse(code, `${argv[0]}: ${error.reason}\n`);
    }
    stdin.read.release();
    stdout.write.release();
    stderr.write.release();
    // All three at once: a program that fills one pipe while we wait for another would never end.
    const feeding = feed(stdin.write, input, system.waiter);
    const draining = [drain(stdout.read, system.waiter), drain(stderr.read, system.waiter)];
    const inTime = await waitChild(child, timeoutMs);
    if (!inTime) kill?.(child.pid, SIG.KILL);
    const status = await child.wait();
    const [out, err] = await Promise.all(draining);
    await feeding;
    this.exitCode = status.code;
    this.stdout = out;
    this.stderr = err;
    return inTime ? 0 : -1;
  }

  /** Copies an output into the guest's memory. */
  copyOut(pointer: number, data: Uint8Array): void {
    this.guest.memory.put(pointer, data);
  }
}

/** Writes all input; a program that does not read it to its end is no error. */
async function feed(file: OpenFile, data: Uint8Array, waiter: Waiter): Promise<void> {
  const quiet: Waiter = {
    waitOn: (queue) => waiter.waitOn(queue),
    tick: (n) => waiter.tick(n),
    spend: (n) => waiter.spend(n),
    brokenPipe: () => {
      throw new VfsError("EPIPE");
    },
  };
  try {
    for (let at = 0; at < data.length; at += STEP) {
      const waits = file.write(data.slice(at, at + STEP), quiet);
      if (waits !== undefined) await waits;
    }
  } catch (error) {
    if (!isVfsError(error, "EPIPE")) throw error;
  } finally {
    file.release();
  }
}

/** Reads all output and keeps the first part of it. */
async function drain(file: OpenFile, waiter: Waiter): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for (;;) {
      let chunk = file.read(STEP, waiter);
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) return concatBytes(chunks);
      const part = chunk.subarray(0, OUTPUT_MAX - total);
      if (part.length > 0) chunks.push(part);
      total += part.length;
    }
  } finally {
    file.release();
  }
}
