/**
 * The streams an applet reads and writes: an open file together with the process that waits on it.
 *
 * @module
 */
import type { ByteString, MaybePromise, OpenFile, Process } from "../../sandbox/types.ts";
import { isVfsError, VfsError } from "../../sandbox/errors.ts";
import { toBytes, toByteString, writeBytes } from "../../sandbox/bytes.ts";

/** Bytes a read asks for when the caller does not say. */
export const CHUNK = 65536;

/** There is no memory for what an applet must hold: it says so as native does, and ends. */
export class OutOfMemory extends Error {}

/**
 * Charges memory that an applet is about to take. Unlike `Process.chargeMemory`, which ends all that
 * runs, this ends the one program that asks for too much.
 *
 * @throws {OutOfMemory} when the sandbox has no more.
 */
export function takeMemory(process: Pick<Process, "tryChargeMemory">, bytes: number): void {
  if (!process.tryChargeMemory(bytes)) throw new OutOfMemory("out of memory");
}

/** Input. */
export class Source {
  /**
   * Reads from an open file on behalf of a process.
   *
   * @param maybeFile The open file; undefined stands for a closed descriptor.
   * @param process Who reads.
   * @param name For messages.
   * @param owned Whether `close` releases the file.
   */
  constructor(
    private readonly maybeFile: OpenFile | undefined,
    private readonly process: Process,
    readonly name: ByteString,
    private owned = false,
  ) {}

  /** The open file. @throws {VfsError} EBADF */
  get file(): OpenFile {
    if (this.maybeFile === undefined) throw new VfsError("EBADF", this.name);
    return this.maybeFile;
  }

  /** A chunk that is the caller's to keep, or undefined at the end. */
  read(max: number = CHUNK): MaybePromise<Uint8Array | undefined> {
    return this.file.read(max, this.process.waiter);
  }

  /** A chunk that is valid until the next read, or undefined at the end. */
  readReused(max: number = CHUNK): MaybePromise<Uint8Array | undefined> {
    return this.file.readReused(max, this.process.waiter);
  }

  /** Bytes through the next `delimiter` and no further; what follows stays unread. */
  readUntil(delimiter: number, max: number = Infinity): MaybePromise<Uint8Array | undefined> {
    return this.file.readUntil(delimiter, max, this.process.waiter);
  }

  /**
   * All of it as one byte string. Only for jobs that need the whole input; the bytes are charged to
   * the sandbox's memory.
   */
  async readAll(): Promise<ByteString> {
    return toByteString(await this.readAllBytes());
  }

  /** All of it as bytes. */
  async readAllBytes(): Promise<Uint8Array> {
    let buffer = new Uint8Array(CHUNK);
    let length = 0;
    for (;;) {
      let chunk = this.readReused();
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) break;
      if (length + chunk.length > buffer.length) {
        const larger = new Uint8Array(Math.max(buffer.length * 2, length + chunk.length));
        takeMemory(this.process, larger.length - buffer.length);
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(chunk, length);
      length += chunk.length;
    }
    return buffer.subarray(0, length);
  }

  /** Whether it stands for a closed descriptor. */
  get isClosed(): boolean {
    return this.maybeFile === undefined;
  }

  /** Whether it is a terminal. */
  get isTerminal(): boolean {
    return this.maybeFile?.tty !== undefined;
  }

  /** Closes it if it is the applet's own. */
  close(): void {
    if (!this.owned) return;
    this.owned = false;
    this.file.release();
  }
}

/**
 * The next bytes through `delimiter`; where they cannot be read the input ends, without a word, as for
 * native's programs that do not look at errors of theirs.
 */
export function readLeniently(
  source: Source,
  delimiter: number,
  max: number,
): MaybePromise<Uint8Array | undefined> {
  const ends = (error: unknown): undefined => {
    if (!isVfsError(error)) throw error;
    return undefined;
  };
  try {
    const line = source.readUntil(delimiter, max);
    return line instanceof Promise ? line.catch(ends) : line;
  } catch (error) {
    return ends(error);
  }
}

/** Output, chunk by chunk. */
export class Sink {
  /** The first failure of `print`, to be told at the end. */
  error: VfsError | undefined;
  #queue: Promise<void> | undefined;

  /**
   * Writes to an open file on behalf of a process.
   *
   * @param maybeFile The open file; undefined stands for a closed descriptor.
   * @param process Who writes.
   * @param name For messages.
   * @param owned Whether `close` releases the file.
   */
  constructor(
    private readonly maybeFile: OpenFile | undefined,
    private readonly process: Process,
    readonly name: ByteString,
    private owned = false,
  ) {}

  /** The open file. @throws {VfsError} EBADF */
  get file(): OpenFile {
    if (this.maybeFile === undefined) throw new VfsError("EBADF", this.name);
    return this.maybeFile;
  }

  /** Whether chunks are kept by the other side: the writer must not reuse a buffer it gave. */
  get keepsChunks(): boolean {
    return this.maybeFile?.keepsChunks ?? false;
  }

  /**
   * Writes a whole chunk, which passes to the receiver. Undefined when it is done, a promise when
   * the pipe is full.
   *
   * @throws {VfsError} EPIPE, ENOSPC, EBADF, …
   */
  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#queue !== undefined) return this.#later(chunk);
    return this.file.write(chunk, this.process.waiter);
  }

  /** A buffer to be filled and given; one that went round before where the other side offers it. */
  newBuffer(size: number): Uint8Array {
    if (size !== CHUNK) return new Uint8Array(size);
    return this.maybeFile?.newBuffer?.() ?? new Uint8Array(size);
  }

  /** As `write`, of a chunk that the caller holds alone and will not touch again. */
  give(chunk: Uint8Array): void | Promise<void> {
    if (this.#queue !== undefined) return this.#later(chunk);
    const file = this.file;
    return file.give === undefined
      ? file.write(chunk, this.process.waiter)
      : file.give(chunk, this.process.waiter);
  }

  /** Writes text without waiting for it; a failure is kept in `error`. For messages. */
  print(text: ByteString): void {
    try {
      const full = this.write(toBytes(text));
      if (full !== undefined) this.#enqueue(full);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.error ??= error;
    }
  }

  /** Waits for what `print` could not write at once. */
  drained(): Promise<void> | undefined {
    return this.#queue;
  }

  #later(chunk: Uint8Array): Promise<void> {
    const after = this.#queue!.then(() => this.file.write(chunk, this.process.waiter));
    this.#enqueue(after);
    return after;
  }

  #enqueue(work: Promise<void>): void {
    const settled: Promise<void> = work.catch((error) => {
      if (!isVfsError(error)) return; // The process has ended; its own await tells.
      this.error ??= error;
    }).then(() => {
      if (this.#queue === settled) this.#queue = undefined;
    });
    this.#queue = settled;
  }

  /** Whether it is a terminal. */
  get isTerminal(): boolean {
    return this.maybeFile?.tty !== undefined;
  }

  /** Closes it if it is the applet's own. */
  close(): void {
    if (!this.owned) return;
    this.owned = false;
    this.file.release();
  }
}

/** Bytes of output that are written at once. */
const PIECE = 1 << 20;

/**
 * A buffer in front of a sink.
 *
 * `print` and `bytes` give a promise when the sink is full and the buffer too: hot loops await it,
 * small writers may ignore it, since the end of the applet waits for everything.
 */
export class Output {
  /** The first failed write. */
  error: VfsError | undefined;
  #buffer: Uint8Array;
  #length = 0;
  #writing: Promise<void> | undefined;
  readonly #lineBuffered: boolean;

  /**
   * Gathers text before it is written.
   *
   * @param sink Where it goes.
   * @param size Bytes of buffer.
   */
  constructor(readonly sink: Sink, private readonly size: number = CHUNK) {
    this.#buffer = new Uint8Array(256);
    this.#lineBuffered = sink.isTerminal;
  }

  /** Adds a byte string. */
  print(text: ByteString): void | Promise<void> {
    const length = text.length;
    if (this.#length + length > this.#buffer.length) {
      if (length > this.size) return this.#large(toBytes(text));
      const full = this.#room(length);
      this.#length = writeBytes(text, this.#buffer, this.#length);
      return full;
    }
    this.#length = writeBytes(text, this.#buffer, this.#length);
    if (this.#lineBuffered && text.includes("\n")) return this.flush();
  }

  /** Adds bytes, copying them. */
  bytes(chunk: Uint8Array, start = 0, end: number = chunk.length): void | Promise<void> {
    const length = end - start;
    if (this.#length + length > this.#buffer.length) {
      if (length > this.size) return this.#large(chunk.slice(start, end));
      const full = this.#room(length);
      this.#copy(chunk, start, end);
      return full;
    }
    this.#copy(chunk, start, end);
    if (this.#lineBuffered && chunk.subarray(start, end).includes(10)) return this.flush();
  }

  #copy(chunk: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const buffer = this.#buffer;
    let at = this.#length;
    if (length < 64) { for (let i = start; i < end; i++) buffer[at++] = chunk[i]; }
    else {
      buffer.set(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), at);
      at += length;
    }
    this.#length = at;
  }

  /** Adds one byte. */
  byte(value: number): void | Promise<void> {
    let full: void | Promise<void> = undefined;
    if (this.#length === this.#buffer.length) full = this.#room(1);
    this.#buffer[this.#length++] = value;
    if (full === undefined && this.#lineBuffered && value === 10) return this.flush();
    return full;
  }

  /** Makes room: grows the small first buffer, or writes the full one out. */
  #room(length: number): void | Promise<void> {
    if (this.#buffer.length < this.size) {
      let size = this.#buffer.length * 4;
      while (size < this.#length + length) size *= 2;
      if (size > this.size) size = this.size;
      if (this.#length + length <= size) {
        const larger = this.sink.newBuffer(size);
        larger.set(this.#buffer.subarray(0, this.#length));
        this.#buffer = larger;
        return;
      }
    }
    const full = this.flush();
    if (this.#buffer.length < this.size) this.#buffer = this.sink.newBuffer(this.size);
    return full;
  }

  /** What takes long to write is written in pieces, so that others get their turns. */
  #large(chunk: Uint8Array): void | Promise<void> {
    let full = this.flush();
    for (let at = 0; at < chunk.length; at += PIECE) {
      full = this.#send(chunk.subarray(at, at + PIECE)) ?? full;
    }
    return full;
  }

  /** Writes the buffer out. Undefined when done. */
  flush(): void | Promise<void> {
    if (this.#length === 0) return this.#writing;
    const full = this.#buffer.subarray(0, this.#length);
    // A sink that keeps chunks, or one that is still busy, owns the buffer from now on.
    const reusable = !this.sink.keepsChunks && this.#writing === undefined;
    const size = this.#buffer.length;
    this.#length = 0;
    const waiting = this.#send(full);
    if (!reusable || waiting !== undefined) this.#buffer = this.sink.newBuffer(size);
    return waiting;
  }

  /** The write that is under way, if there is one: loops that print without awaiting await this. */
  pending(): Promise<void> | undefined {
    return this.#writing;
  }

  /** Flushes without telling whether it had to wait; the end of the applet waits. */
  flushNow(): void {
    void this.flush();
  }

  #send(chunk: Uint8Array): void | Promise<void> {
    if (this.error !== undefined) return;
    if (this.#writing !== undefined) {
      return this.#chain(this.#writing.then(() => this.#write(chunk)));
    }
    try {
      const waiting = this.#write(chunk);
      if (waiting !== undefined) return this.#chain(waiting);
    } catch (error) {
      this.#fail(error);
    }
  }

  #write(chunk: Uint8Array): void | Promise<void> {
    if (this.error !== undefined) return;
    return this.sink.give(chunk);
  }

  #chain(work: Promise<void>): Promise<void> {
    const settled: Promise<void> = work.catch((error) => this.#fail(error)).then(() => {
      if (this.#writing === settled) this.#writing = undefined;
    });
    // When the process ends meanwhile, the awaiting applet hears of it; nobody else must.
    settled.catch(() => {});
    this.#writing = settled;
    return settled;
  }

  #fail(error: unknown): void {
    if (!isVfsError(error)) throw error;
    this.error ??= error;
  }
}
