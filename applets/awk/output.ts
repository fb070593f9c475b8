/**
 * The buffers that `print` writes into.
 *
 * Parts of a record are copied from the text of its chunk byte by byte, without a string between.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { isVfsError, type VfsError } from "../../sandbox/errors.ts";
import { toBytes, writeBytes } from "../../sandbox/bytes.ts";
import type { Sink } from "../_lib/streams.ts";

/** Bytes of a full buffer. */
const SIZE = 65536;
/** Below this a char loop beats cutting a string out. */
const SHORT = 256;

/** Longer texts are written in pieces of this size. */
const PIECE = 1 << 20;

/** A buffer in front of a sink. */
export class OutputBuffer {
  /** Set while the sink is full: whoever can wait should. */
  waiting: Promise<void> | undefined;
  /** The first failed write; what comes after is dropped. */
  error: VfsError | undefined;
  #buffer = new Uint8Array(512);
  #length = 0;
  #discarding = false;
  readonly #terminal: boolean;

  /** @param sink Where it goes. */
  constructor(readonly sink: Sink) {
    this.#terminal = sink.isTerminal;
  }

  /** Adds text. */
  text(text: ByteString): void {
    const length = text.length;
    if (this.#length + length > this.#buffer.length && !this.#room(length)) {
      for (let at = 0; at < length; at += PIECE) this.#send(toBytes(text.slice(at, at + PIECE)));
      return;
    }
    if (length === 1) this.#buffer[this.#length++] = text.charCodeAt(0);
    else this.#length = writeBytes(text, this.#buffer, this.#length);
  }

  /** Adds the chars of `text` from `start` to `end`. */
  range(text: ByteString, start: number, end: number): void {
    const length = end - start;
    if (length > SHORT) {
      this.text(text.slice(start, end));
      return;
    }
    if (this.#length + length > this.#buffer.length) this.#room(length);
    const buffer = this.#buffer;
    let at = this.#length;
    for (let i = start; i < end; i++) buffer[at++] = text.charCodeAt(i);
    this.#length = at;
  }

  /** Drops what was not written, and all that comes after. */
  discard(): void {
    this.#length = 0;
    this.#discarding = true;
  }

  /** Called when a statement's output is complete. */
  done(): void {
    if (this.#terminal) this.flush();
  }

  /** Makes room; false when the text is longer than any buffer. */
  #room(length: number): boolean {
    if (length > SIZE) {
      this.flush();
      return false;
    }
    if (this.#buffer.length < SIZE) {
      let size = this.#buffer.length * 4;
      while (size < this.#length + length) size *= 2;
      if (size <= SIZE) {
        const larger = new Uint8Array(size);
        larger.set(this.#buffer.subarray(0, this.#length));
        this.#buffer = larger;
        return true;
      }
    }
    this.flush();
    if (this.#buffer.length < SIZE) this.#buffer = new Uint8Array(SIZE);
    return true;
  }

  /** Writes the buffer out. Undefined when that is done, a promise when the sink is full. */
  flush(): Promise<void> | undefined {
    if (this.#length === 0) return this.waiting;
    const full = this.#buffer.subarray(0, this.#length);
    const size = this.#buffer.length;
    const free = this.waiting === undefined && !this.sink.keepsChunks;
    this.#length = 0;
    this.#send(full);
    // A sink that keeps chunks, or one that is still busy, owns the buffer from now on.
    if (!free || this.waiting !== undefined) this.#buffer = new Uint8Array(size);
    return this.waiting;
  }

  #send(chunk: Uint8Array): void {
    if (this.error !== undefined || this.#discarding) return;
    if (this.waiting !== undefined) {
      this.#wait(this.waiting.then(() => this.sink.write(chunk)));
      return;
    }
    try {
      const full = this.sink.write(chunk);
      if (full !== undefined) this.#wait(full);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.error = error;
    }
  }

  #wait(work: Promise<void>): void {
    const settled: Promise<void> = work.catch((error) => {
      if (!isVfsError(error)) throw error;
      this.error ??= error;
    }).then(() => {
      if (this.waiting === settled) this.waiting = undefined;
    });
    // When the process ends meanwhile, whoever awaits hears of it; nobody else must.
    settled.catch(() => {});
    this.waiting = settled;
  }
}
