/**
 * Pipes and FIFOs: a bounded queue of chunks between writers and readers.
 *
 * Chunks pass by reference: a writer gives a chunk away, so nothing is copied from stage to stage.
 *
 * @module
 */
import {
  type ByteString,
  type MaybePromise,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  type Readiness,
  S_IFIFO,
  type Stat,
  type Waiter,
  type WaitQueue,
} from "../types.ts";
import { concatBytes } from "../bytes.ts";
import { VfsError } from "../errors.ts";
import { BaseFile, BYTES_PER_STEP } from "./open_file.ts";
import type { BufferPool } from "./buffer_pool.ts";
import { Queue } from "./wait_queue.ts";

/** Bytes a pipe holds before a writer waits, as Linux (pipe(7)). */
export const PIPE_CAPACITY = 65536;

/** The queue itself. Ends register when they open and close. */
export class Pipe {
  readonly #chunks: Uint8Array[] = [];
  #head = 0;
  /** Bytes in the queue. */
  size = 0;
  /** Whether the last chunk that was taken was a part: its buffer is still in the queue. */
  split = false;
  readers = 0;
  /** How many readers there have been, those that went included. */
  readersEver = 0;
  writers = 0;
  /** True once a writer was there: a FIFO's reader waits for its first writer. */
  hadWriter = false;
  /** Woken when data or the end came. */
  readonly readable: Queue = new Queue();
  /** Woken when room came or the readers went. */
  readonly writable: Queue = new Queue();

  /** @param pool Where chunks go that were handed on exclusively. */
  constructor(readonly pool: BufferPool) {}

  /** The buffer of the last chunk and how much of it is used, while small writes may join it. */
  #tail: Uint8Array | undefined;
  #tailUsed = 0;

  /** Adds a chunk. */
  push(chunk: Uint8Array): void {
    this.#tail = undefined;
    this.#chunks.push(chunk);
    this.size += chunk.length;
    this.readable.wake();
  }

  /** Adds a copy of `source[start, end)`, which joins the last chunk if there is room behind it. */
  pushCopy(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    let tail = this.#tail;
    const joins = tail !== undefined && this.#head < this.#chunks.length &&
      this.#tailUsed + size <= tail.length;
    if (tail === undefined || !joins) {
      tail = this.#tail = this.pool.take();
      this.#tailUsed = 0;
    }
    tail.set(source.subarray(start, end), this.#tailUsed);
    this.#tailUsed += size;
    if (joins) {
      const last = this.#chunks.length - 1;
      this.#chunks[last] = tail.subarray(this.#chunks[last].byteOffset, this.#tailUsed);
    } else this.#chunks.push(tail.subarray(0, size));
    this.size += size;
    this.readable.wake();
  }

  /** Copies from the front into `target[start, end)`; the queue is not empty. */
  copyOut(target: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.size > 0) {
      const chunk = this.#chunks[this.#head];
      const count = Math.min(chunk.length, end - at);
      target.set(count === chunk.length ? chunk : chunk.subarray(0, count), at);
      at += count;
      if (count < chunk.length) this.#chunks[this.#head] = chunk.subarray(count);
      else {
        this.#drop();
        this.pool.recycle(chunk);
      }
      this.size -= count;
    }
    this.split = false;
    this.writable.wake();
    return at - start;
  }

  /** Takes the first chunk off the queue. */
  #drop(): void {
    this.#chunks[this.#head++] = NOTHING;
    if (this.#head === this.#chunks.length) this.#tail = undefined;
    if (this.#head > 32 && this.#head * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Takes up to `max` bytes from the front; the queue is not empty. */
  shift(max: number): Uint8Array {
    const chunk = this.#chunks[this.#head];
    if (chunk.length <= max) {
      this.#drop();
      this.split = false;
      this.#taken(chunk.length);
      return chunk;
    }
    this.split = true;
    this.#tail = undefined;
    this.pool.share(chunk);
    this.#chunks[this.#head] = chunk.subarray(max);
    this.#taken(max);
    return chunk.subarray(0, max);
  }

  #taken(bytes: number): void {
    this.size -= bytes;
    this.writable.wake();
  }

  /** The chunk at the front. */
  get front(): Uint8Array {
    return this.#chunks[this.#head];
  }

  /** Drops what nobody will read any more. */
  discard(): void {
    this.#tail = undefined;
    this.#chunks.length = 0;
    this.#head = 0;
    this.size = 0;
  }
}

const NOTHING = new Uint8Array(0);

/** Guests' writes up to this size are collected in one chunk until somebody takes it. */
const SMALL_WRITE = 16384;

/** Attributes of an anonymous pipe. */
function pipeStat(ino: number, nowNs: bigint): Stat {
  return {
    dev: 13,
    ino,
    mode: S_IFIFO | 0o600,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: 0,
    blksize: 4096,
    blocks: 0,
    atimeNs: nowNs,
    mtimeNs: nowNs,
    ctimeNs: nowNs,
  };
}

/** The reading end. */
export class PipeReader extends BaseFile {
  readonly type = S_IFIFO;
  /** A chunk that its reader is done with at the next read. */
  #lent: Uint8Array | undefined;

  /** @param pipe The queue. @param ino For `fstat`. */
  constructor(
    readonly pipe: Pipe,
    private readonly ino: number,
    path?: ByteString,
    private readonly nodeStat?: () => Stat,
    flags: number = O_RDONLY,
  ) {
    super(flags, path);
    pipe.readers++;
    pipe.readersEver++;
    pipe.writable.wake();
  }

  read(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    const chunk = this.#take(max, waiter);
    return chunk instanceof Promise ? chunk.then((later) => this.#kept(later)) : this.#kept(chunk);
  }

  /** What its reader keeps must not hold a large buffer for a few bytes. */
  #kept(chunk: Uint8Array | undefined): Uint8Array | undefined {
    if (chunk === undefined || chunk.length * 2 > chunk.buffer.byteLength || this.pipe.split) {
      return chunk;
    }
    const copy = chunk.slice();
    this.pipe.pool.recycle(chunk);
    return copy;
  }

  /** Reads straight into a guest's memory, as `OpenFile.readInto` says. */
  readInto(target: Uint8Array, start: number, end: number, waiter: Waiter): number {
    if (this.pipe.size === 0) return -1;
    const count = this.pipe.copyOut(target, start, end);
    waiter.spend(1 + count / BYTES_PER_STEP / 8);
    return count;
  }

  #take(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    const pipe = this.pipe;
    if (pipe.size > 0) {
      const chunk = pipe.shift(max);
      waiter.spend(1 + chunk.length / BYTES_PER_STEP / 8);
      return chunk;
    }
    if (pipe.writers === 0 && pipe.hadWriter) return undefined;
    if ((this.flags & O_NONBLOCK) !== 0) throw new VfsError("EAGAIN");
    return this.#readLater(max, waiter);
  }

  override readReused(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    const lent = this.#lent;
    if (lent !== undefined) {
      this.#lent = undefined;
      this.pipe.pool.recycle(lent);
    }
    const chunk = this.#take(max, waiter);
    if (chunk instanceof Promise) return chunk.then((later) => this.#lend(later));
    return this.#lend(chunk);
  }

  /** Remembers a chunk that comes back with the next call; a part of one stays with its rest. */
  #lend(chunk: Uint8Array | undefined): Uint8Array | undefined {
    if (chunk !== undefined && chunk.byteOffset === 0 && !this.pipe.split) this.#lent = chunk;
    return chunk;
  }

  async #readLater(max: number, waiter: Waiter): Promise<Uint8Array | undefined> {
    const pipe = this.pipe;
    while (pipe.size === 0) {
      if (pipe.writers === 0 && pipe.hadWriter) return undefined;
      await waiter.waitOn(pipe.readable);
    }
    return pipe.shift(max);
  }

  readUntil(
    delimiter: number,
    max: number,
    waiter: Waiter,
  ): MaybePromise<Uint8Array | undefined> {
    const pipe = this.pipe;
    if (pipe.size > 0) {
      const front = pipe.front;
      const found = front.indexOf(delimiter);
      if (found >= 0 && found < max) {
        waiter.spend(1);
        return pipe.shift(found + 1);
      }
      if (front.length >= max) return pipe.shift(max);
    } else if (pipe.writers === 0 && pipe.hadWriter) return undefined;
    return this.#untilLater(delimiter, max, waiter);
  }

  async #untilLater(
    delimiter: number,
    max: number,
    waiter: Waiter,
  ): Promise<Uint8Array | undefined> {
    const pipe = this.pipe;
    const parts: Uint8Array[] = [];
    let total = 0;
    while (total < max) {
      if (pipe.size === 0) {
        if (pipe.writers === 0 && pipe.hadWriter) break;
        await waiter.waitOn(pipe.readable);
        continue;
      }
      const found = pipe.front.indexOf(delimiter);
      const part = pipe.shift(Math.min(max - total, found < 0 ? pipe.front.length : found + 1));
      parts.push(part);
      total += part.length;
      if (part[part.length - 1] === delimiter) break;
    }
    return total === 0 ? undefined : concatBytes(parts);
  }

  write(): never {
    throw new VfsError("EBADF");
  }

  stat(): Stat {
    return this.nodeStat?.() ?? pipeStat(this.ino, 0n);
  }

  override ready(): Readiness {
    const ended = this.pipe.writers === 0 && this.pipe.hadWriter;
    return {
      read: this.pipe.size > 0 || ended,
      write: false,
      hangup: ended,
      available: this.pipe.size,
    };
  }

  override get changed(): WaitQueue {
    return this.pipe.readable;
  }

  protected override close(): void {
    if (--this.pipe.readers === 0) {
      this.pipe.discard();
      this.pipe.writable.wake();
    }
  }
}

/** The writing end. */
export class PipeWriter extends BaseFile {
  readonly type = S_IFIFO;
  override readonly keepsChunks = true;
  /** How many readers there had been when this was opened; -1 when one was there. */
  readonly #readersBefore: number;

  /** @param pipe The queue. @param ino For `fstat`. @param fifo A FIFO's writer waits for a reader. */
  constructor(
    readonly pipe: Pipe,
    private readonly ino: number,
    path?: ByteString,
    private readonly nodeStat?: () => Stat,
    private readonly fifo = false,
    flags: number = O_WRONLY,
  ) {
    super(flags, path);
    pipe.writers++;
    pipe.hadWriter = true;
    this.#readersBefore = pipe.readers > 0 ? -1 : pipe.readersEver;
  }

  /** A FIFO's writer waits for its first reader only; when that one is gone, the pipe is broken. */
  get #waitsForReader(): boolean {
    return this.fifo && this.pipe.readersEver === this.#readersBefore;
  }

  read(): never {
    throw new VfsError("EBADF");
  }

  readUntil(): never {
    throw new VfsError("EBADF");
  }

  write(chunk: Uint8Array, waiter: Waiter): void | Promise<void> {
    this.pipe.pool.share(chunk);
    return this.give(chunk, waiter);
  }

  /** Copies a small part of a guest's memory into the queue, as `OpenFile.writeFrom` says. */
  writeFrom(source: Uint8Array, start: number, end: number, waiter: Waiter): number {
    const { pipe } = this;
    const size = end - start;
    if (size > SMALL_WRITE || pipe.readers === 0 || pipe.size + size > PIPE_CAPACITY) return -1;
    waiter.spend(1 + size / BYTES_PER_STEP / 8);
    if (size > 0) pipe.pushCopy(source, start, end);
    return size;
  }

  override newBuffer(): Uint8Array {
    return this.pipe.pool.take();
  }

  override give(chunk: Uint8Array, waiter: Waiter): void | Promise<void> {
    const pipe = this.pipe;
    if (pipe.readers === 0 && !this.#waitsForReader) {
      waiter.brokenPipe();
      throw new VfsError("EPIPE");
    }
    if (chunk.length === 0) return;
    if (pipe.readers > 0 && (pipe.size === 0 || pipe.size + chunk.length <= PIPE_CAPACITY)) {
      waiter.spend(1 + chunk.length / BYTES_PER_STEP / 8);
      pipe.push(chunk);
      return;
    }
    if ((this.flags & O_NONBLOCK) !== 0) throw new VfsError("EAGAIN");
    return this.#writeLater(chunk, waiter);
  }

  async #writeLater(chunk: Uint8Array, waiter: Waiter): Promise<void> {
    const pipe = this.pipe;
    for (;;) {
      if (pipe.readers === 0 && !this.#waitsForReader) {
        waiter.brokenPipe();
        throw new VfsError("EPIPE");
      }
      if (pipe.readers > 0 && (pipe.size === 0 || pipe.size + chunk.length <= PIPE_CAPACITY)) break;
      await waiter.waitOn(pipe.writable);
    }
    pipe.push(chunk);
  }

  stat(): Stat {
    return this.nodeStat?.() ?? pipeStat(this.ino, 0n);
  }

  override ready(): Readiness {
    const gone = this.pipe.readers === 0;
    return {
      read: false,
      write: gone || this.pipe.size < PIPE_CAPACITY,
      hangup: gone,
      available: 0,
    };
  }

  override get changed(): WaitQueue {
    return this.pipe.writable;
  }

  protected override close(): void {
    if (--this.pipe.writers === 0) this.pipe.readable.wake();
  }
}
