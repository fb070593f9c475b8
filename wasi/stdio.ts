/**
 * Standard streams of a guest that runs without a sandbox: bytes, callbacks, nothing.
 *
 * @module
 */
import {
  type MaybePromise,
  type Readiness,
  S_IFCHR,
  S_IFIFO,
  S_IFREG,
  type Stat,
  type Waiter,
} from "../sandbox/types.ts";
import { VfsError } from "../sandbox/errors.ts";
import { InertFile, statOfType, Wakeable } from "./inert_file.ts";

/** Input from memory: seekable, as a redirected file. */
export class BytesInput extends InertFile {
  readonly type = S_IFREG;
  override readonly readable = true;
  #at = 0;

  constructor(readonly data: Uint8Array) {
    super();
  }

  override read(max: number): Uint8Array | undefined {
    const chunk = this.data.subarray(this.#at, this.#at + max);
    this.#at += chunk.length;
    return chunk.length === 0 ? undefined : chunk;
  }

  override pread(buffer: Uint8Array, position: number): number {
    const chunk = this.data.subarray(position, position + buffer.length);
    buffer.set(chunk);
    return chunk.length;
  }

  override seek(offset: number, whence: 0 | 1 | 2): number {
    const base = whence === 0 ? 0 : whence === 1 ? this.#at : this.data.length;
    if (base + offset < 0) throw new VfsError("EINVAL");
    return this.#at = base + offset;
  }

  override ready(): Readiness {
    const available = Math.max(0, this.data.length - this.#at);
    return { read: true, write: false, hangup: false, available };
  }

  override stat(): Stat {
    return statOfType(this.type | 0o400, this.data.length);
  }
}

/** What gives the next chunk of input, or undefined at the end. */
export type PullChunk = () => MaybePromise<Uint8Array | undefined>;

/** Input from a function, as a pipe. */
export class PulledInput extends InertFile {
  readonly type = S_IFIFO;
  override readonly readable = true;
  override readonly changed: Wakeable = new Wakeable();
  #held: Uint8Array = new Uint8Array(0);
  #ended = false;
  #pulling: Promise<void> | undefined;

  constructor(readonly pull: PullChunk) {
    super();
  }

  #take(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) this.#ended = true;
    else this.#held = chunk;
    this.changed.wake();
  }

  /** Gets the next chunk; a promise when it is not there yet. */
  #fill(): Promise<void> | undefined {
    while (this.#held.length === 0 && !this.#ended) {
      if (this.#pulling !== undefined) return this.#pulling;
      const chunk = this.pull();
      if (chunk instanceof Promise) {
        return this.#pulling = chunk.then((value) => {
          this.#pulling = undefined;
          this.#take(value);
        });
      }
      this.#take(chunk);
    }
    return undefined;
  }

  override read(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    const waits = this.#fill();
    if (waits !== undefined) return waits.then(() => this.read(max, waiter));
    if (this.#held.length === 0) return undefined;
    const chunk = this.#held.subarray(0, max);
    this.#held = this.#held.subarray(chunk.length);
    return chunk;
  }

  override ready(): Readiness {
    this.#fill()?.catch(() => {});
    const available = this.#held.length;
    return { read: available > 0 || this.#ended, write: false, hangup: this.#ended, available };
  }
}

/** What takes a chunk of output; a promise makes the guest wait. The chunk may be kept. */
export type PushChunk = (chunk: Uint8Array) => void | Promise<void>;

/** Output to a function, as a pipe. */
export class PushedOutput extends InertFile {
  readonly type = S_IFIFO;
  override readonly writable = true;
  override readonly keepsChunks = true;

  constructor(readonly push: PushChunk) {
    super();
  }

  override write(chunk: Uint8Array): void | Promise<void> {
    return this.push(chunk);
  }
}

/** Nothing to read, and everything may be written. */
export class NullFile extends InertFile {
  readonly type = S_IFCHR;
  override readonly readable = true;
  override readonly writable = true;

  override read(): undefined {
    return undefined;
  }

  override write(): void {}

  override seek(): number {
    return 0;
  }
}
