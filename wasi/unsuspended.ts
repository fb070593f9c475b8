/**
 * The fallback for engines that cannot suspend wasm: standard streams that never wait.
 *
 * Standard input is read to its end before the guest starts. What standard output cannot take at
 * once is kept and written after the guest has ended. A timer of `poll_oneoff` blocks the thread.
 * Sockets, and input that a guest waits for while others run, do not work: `AGAIN`.
 *
 * @module
 */
import {
  type MaybePromise,
  type OpenFile,
  type Readiness,
  S_IFCHR,
  S_IFIFO,
  S_IFREG,
  type Stat,
  type Waiter,
} from "../sandbox/types.ts";
import { concatBytes } from "../sandbox/bytes.ts";
import type { Guest } from "./guest.ts";
import { InertFile, statOfType } from "./inert_file.ts";

const STEP = 65536;

/** Input that is all there. */
class CollectedInput extends InertFile {
  override readonly readable = true;
  #data: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(readonly type: number) {
    super();
  }

  /** Reads all of a file. */
  async collect(file: OpenFile, guest: Guest): Promise<void> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      let chunk = file.read(STEP, guest.system.waiter);
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) break;
      guest.system.charge(chunk.length);
      chunks.push(chunk);
    }
    this.#data = concatBytes(chunks);
  }

  override read(max: number): Uint8Array | undefined {
    const chunk = this.#data.subarray(this.#at, this.#at + max);
    this.#at += chunk.length;
    return chunk.length === 0 ? undefined : chunk;
  }

  override ready(): Readiness {
    const available = this.#data.length - this.#at;
    return { read: true, write: false, hangup: available === 0, available };
  }

  override stat(): Stat {
    return statOfType(this.type, 0);
  }
}

/** Output that takes everything at once. */
class QueuedOutput extends InertFile {
  override readonly writable = true;
  override readonly keepsChunks = true;
  #queue: Promise<void> | undefined;

  readonly type: number;
  override readonly tty: OpenFile["tty"];

  constructor(readonly file: OpenFile) {
    super();
    this.type = file.type;
    this.tty = file.tty;
  }

  override write(chunk: Uint8Array, waiter: Waiter): undefined {
    const before = this.#queue;
    if (before !== undefined) {
      this.#queue = before.then(() => this.file.write(chunk, waiter));
      return undefined;
    }
    const waits = this.file.write(chunk, waiter);
    if (waits !== undefined) this.#queue = waits;
    return undefined;
  }

  override stat(): Stat {
    return this.file.stat();
  }

  /** Waits until everything has been written. */
  async flush(): Promise<void> {
    await this.#queue;
  }
}

/** Blocks the thread, where nothing better can be done. */
export function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Streams in place of others. */
export interface WithoutSuspending {
  readonly 0: OpenFile | undefined;
  readonly 1: OpenFile | undefined;
  readonly 2: OpenFile | undefined;
  /** Prepares them, runs, and finishes what is left to write. */
  around<T>(run: () => MaybePromise<T>): Promise<T>;
}

/** Whether a file may have to wait. */
function mayWait(file: OpenFile): boolean {
  return file.type !== S_IFREG && (file.type === S_IFIFO || file.type === S_IFCHR);
}

/** Standard streams that never wait, for these. */
export function withoutSuspending(
  guest: Guest,
  files: readonly [OpenFile | undefined, OpenFile | undefined, OpenFile | undefined],
): WithoutSuspending {
  const [stdin, stdout, stderr] = files;
  const input = stdin !== undefined && stdin.readable && mayWait(stdin)
    ? new CollectedInput(stdin.type)
    : undefined;
  const queued = (file: OpenFile | undefined): QueuedOutput | undefined =>
    file !== undefined && file.writable && mayWait(file) ? new QueuedOutput(file) : undefined;
  const outputs = [queued(stdout), queued(stderr)] as const;
  guest.suspends = false;
  return {
    0: input ?? stdin,
    1: outputs[0] ?? stdout,
    2: outputs[1] ?? stderr,
    async around(run) {
      if (input !== undefined && stdin !== undefined) await input.collect(stdin, guest);
      const result = await run();
      await outputs[0]?.flush();
      await outputs[1]?.flush();
      return result;
    },
  };
}
