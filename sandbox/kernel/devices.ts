/**
 * Character devices, and the files that join a process to the program that embeds capbox.
 *
 * @module
 */
import {
  type ByteString,
  type MaybePromise,
  NO_INODE,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  type Random,
  type Readiness,
  S_IFCHR,
  S_IFIFO,
  type Stat,
  type Terminal,
  type Waiter,
  type WaitQueue,
} from "../types.ts";
import { concatBytes } from "../bytes.ts";
import { VfsError } from "../errors.ts";
import { BaseFile, BYTES_PER_STEP } from "./open_file.ts";
import { type BufferPool, POOL_BUFFER } from "./buffer_pool.ts";
import { Queue } from "./wait_queue.ts";

/** Attributes of a stream that has no node. */
function streamStat(type: number, rdev: number): Stat {
  return { ...NO_INODE, dev: 5, ino: 1 + rdev, mode: type | 0o666, rdev };
}

/** Which device. */
export type DeviceName = "null" | "zero" | "full" | "random";

/** `/dev/null`, `/dev/zero`, `/dev/full`, `/dev/random` (null(4), full(4), random(4)). */
export class DeviceFile extends BaseFile {
  readonly type = S_IFCHR;
  #lent: Uint8Array | undefined;

  /** @param device Behaviour. @param nodeStat Attributes of the node it was opened by. */
  constructor(
    private readonly device: DeviceName,
    private readonly random: Random,
    flags: number,
    path: ByteString | undefined,
    private readonly nodeStat?: () => Stat,
    private readonly pool?: BufferPool,
  ) {
    super(flags, path);
  }

  read(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    if (!this.readable) throw new VfsError("EBADF");
    if (this.device === "null") return undefined;
    const turn = waiter.tick(1);
    if (turn !== undefined) return turn.then(() => this.read(max, waiter));
    waiter.spend(max / BYTES_PER_STEP);
    if (this.pool === undefined || max < POOL_BUFFER) {
      const part = new Uint8Array(Math.min(max, POOL_BUFFER));
      if (this.device === "random") this.random.fill(part);
      return part;
    }
    const chunk = this.pool.take();
    if (this.device === "random") this.random.fill(chunk);
    else chunk.fill(0);
    return chunk;
  }

  override readReused(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    // What was lent by the last call has been used by now.
    if (this.#lent !== undefined) this.pool?.recycle(this.#lent);
    this.#lent = undefined;
    const chunk = this.read(max, waiter);
    if (!(chunk instanceof Promise)) this.#lent = chunk;
    return chunk;
  }

  readUntil(
    delimiter: number,
    max: number,
    waiter: Waiter,
  ): MaybePromise<Uint8Array | undefined> {
    if (this.device === "null") return undefined;
    const chunk = this.read(Math.min(max, 65536), waiter);
    if (chunk instanceof Promise) return chunk.then((bytes) => upTo(bytes!, delimiter));
    return upTo(chunk!, delimiter);
  }

  write(chunk: Uint8Array, waiter: Waiter): void | Promise<void> {
    if (!this.writable) throw new VfsError("EBADF");
    if (this.device === "full") throw new VfsError("ENOSPC");
    waiter.spend(chunk.length / BYTES_PER_STEP / 8);
    return waiter.tick(1);
  }

  override pread(buffer: Uint8Array): number {
    if (this.device === "null") return 0;
    if (this.device === "random") this.random.fill(buffer);
    else buffer.fill(0);
    return buffer.length;
  }

  override pwrite(buffer: Uint8Array): number {
    if (this.device === "full") throw new VfsError("ENOSPC");
    return buffer.length;
  }

  override seek(offset: number): number {
    return Math.max(0, offset);
  }

  override sync(): void {
    throw new VfsError("EINVAL");
  }

  stat(): Stat {
    return this.nodeStat?.() ?? streamStat(S_IFCHR, 0x103);
  }
}

function upTo(bytes: Uint8Array, delimiter: number): Uint8Array {
  const found = bytes.indexOf(delimiter);
  return found < 0 ? bytes : bytes.subarray(0, found + 1);
}

/** Input from bytes that are there already. */
export class BytesInput extends BaseFile {
  readonly type = S_IFIFO;
  #at = 0;

  /** @param bytes What will be read; must not change. */
  constructor(private readonly bytes: Uint8Array) {
    super(O_RDONLY);
  }

  read(max: number): Uint8Array | undefined {
    if (this.#at >= this.bytes.length) return undefined;
    const chunk = this.bytes.subarray(this.#at, this.#at + max);
    this.#at += chunk.length;
    return chunk;
  }

  readUntil(delimiter: number, max: number): Uint8Array | undefined {
    if (this.#at >= this.bytes.length) return undefined;
    const found = this.bytes.indexOf(delimiter, this.#at);
    const end = Math.min(found < 0 ? this.bytes.length : found + 1, this.#at + max);
    const line = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return line;
  }

  write(): never {
    throw new VfsError("EBADF");
  }

  stat(): Stat {
    return streamStat(S_IFIFO, 0);
  }

  override ready(): Readiness {
    const available = this.bytes.length - this.#at;
    return { read: true, write: false, hangup: available === 0, available };
  }
}

/**
 * Where an embedding program's bytes come from: a chunk, or undefined at the end.
 *
 * @param spare The chunk given last, if nobody uses it any more: it may be filled anew and given again.
 */
export type Pull = (spare?: Uint8Array) => MaybePromise<Uint8Array | undefined>;

/** Input that is pulled from the embedding program, a stream or the host's own stdin. */
export class PullInput extends BaseFile {
  readonly type: number;
  readonly #changed = new Queue();
  #buffer: Uint8Array | undefined;
  #ended = false;
  #pulling = false;
  #error: unknown;
  /** The chunk that came last, as long as one process alone has borrowed all of it that was read. */
  #whole: Uint8Array | undefined;
  #borrower: Waiter | undefined;

  /** @param pull Gives the next chunk. @param cancel Called when nobody reads any more. */
  constructor(
    private readonly pull: Pull,
    private readonly cancel?: () => void,
    private readonly nodeStat?: () => Stat,
  ) {
    super(O_RDONLY);
    this.type = nodeStat === undefined ? S_IFIFO : nodeStat().mode & 0o170000;
  }

  /** Starts getting the next chunk, unless one is there or under way. */
  #fill(spare?: Uint8Array): void {
    if (this.#buffer !== undefined || this.#ended || this.#pulling) return;
    let next: MaybePromise<Uint8Array | undefined>;
    try {
      next = this.pull(spare);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (next instanceof Promise) {
      this.#pulling = true;
      next.then((chunk) => this.#got(chunk), (error) => this.#fail(error));
    } else this.#got(next);
  }

  #got(chunk: Uint8Array | undefined): void {
    this.#pulling = false;
    if (chunk === undefined) this.#ended = true;
    else if (chunk.length > 0) {
      this.#buffer = this.#whole = chunk;
      this.#borrower = undefined;
    }
    this.#changed.wake();
  }

  #fail(error: unknown): void {
    this.#pulling = false;
    this.#error = error;
    this.#ended = true;
    this.#changed.wake();
  }

  read(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    return this.#read(max, waiter, false);
  }

  override readReused(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    return this.#read(max, waiter, true);
  }

  #read(max: number, waiter: Waiter, borrows: boolean): MaybePromise<Uint8Array | undefined> {
    const turn = waiter.tick(1) ?? this.#turnOf(waiter);
    if (turn !== undefined) return turn.then(() => this.#read(max, waiter, borrows));
    // What was borrowed is given back by the next call of the one who borrowed it.
    this.#fill(borrows && this.#borrower === waiter ? this.#whole : undefined);
    if (this.#buffer !== undefined) {
      waiter.spend(this.#buffer.length / BYTES_PER_STEP);
      return this.#take(max, borrows ? waiter : undefined);
    }
    if (this.#ended) return this.#end();
    return this.#readLater(max, waiter, borrows);
  }

  /** A terminal is read by the foreground only. */
  #turnOf(waiter: Waiter): Promise<void> | undefined {
    return this.tty === undefined ? undefined : waiter.awaitForeground?.(this.tty);
  }

  #end(): undefined {
    const error = this.#error;
    if (error === undefined) {
      // ^D on a terminal ends one read, not the terminal.
      if (this.tty !== undefined) this.#ended = false;
      return undefined;
    }
    this.#error = undefined;
    throw error instanceof VfsError ? error : new VfsError("EIO");
  }

  /** Takes from what is there: for good, or for a process that borrows it. */
  #take(max: number, borrower?: Waiter): Uint8Array {
    const chunk = this.#buffer!;
    if (borrower === undefined || (this.#borrower ?? borrower) !== borrower) {
      this.#whole = undefined;
    }
    this.#borrower = borrower;
    if (chunk.length <= max) {
      this.#buffer = undefined;
      return chunk;
    }
    this.#buffer = chunk.subarray(max);
    return chunk.subarray(0, max);
  }

  async #readLater(
    max: number,
    waiter: Waiter,
    borrows: boolean,
  ): Promise<Uint8Array | undefined> {
    for (;;) {
      const turn = this.#turnOf(waiter);
      if (turn !== undefined) await turn;
      if (this.#buffer !== undefined) return this.#take(max, borrows ? waiter : undefined);
      if (this.#ended) return this.#end();
      this.#fill();
      if (this.#buffer === undefined && !this.#ended) await waiter.waitOn(this.#changed);
    }
  }

  readUntil(
    delimiter: number,
    max: number,
    waiter: Waiter,
  ): MaybePromise<Uint8Array | undefined> {
    const turn = waiter.tick(1) ?? this.#turnOf(waiter);
    if (turn !== undefined) return turn.then(() => this.readUntil(delimiter, max, waiter));
    this.#fill();
    const buffer = this.#buffer;
    if (buffer !== undefined) {
      const found = buffer.indexOf(delimiter);
      if (found >= 0 && found < max) return this.#take(found + 1);
      if (buffer.length >= max) return this.#take(max);
    } else if (this.#ended) return this.#end();
    return this.#untilLater(delimiter, max, waiter);
  }

  async #untilLater(
    delimiter: number,
    max: number,
    waiter: Waiter,
  ): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let total = 0;
    while (total < max) {
      let chunk = this.read(1, waiter);
      if (chunk instanceof Promise) chunk = await chunk;
      if (chunk === undefined) break;
      // The one byte showed that a buffer is there: take its line along with it.
      parts.push(chunk);
      total += 1;
      if (chunk[0] === delimiter) break;
      const rest = this.#buffer;
      if (rest === undefined) continue;
      const found = rest.indexOf(delimiter);
      const part = this.#take(Math.min(max - total, found < 0 ? rest.length : found + 1));
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
    return this.nodeStat?.() ?? streamStat(S_IFIFO, 0);
  }

  override ready(): Readiness {
    this.#fill();
    return {
      read: this.#buffer !== undefined || this.#ended,
      write: false,
      hangup: this.#ended && this.#buffer === undefined,
      available: this.#buffer?.length ?? 0,
    };
  }

  override get changed(): WaitQueue {
    return this.#changed;
  }

  protected override close(): void {
    this.cancel?.();
  }
}

/** Takes the output of a run. Returns a promise when the embedding program is not ready for more. */
export type Push = (chunk: Uint8Array) => void | Promise<void>;

/** Output that is pushed to the embedding program. */
export class PushOutput extends BaseFile {
  readonly type: number;
  readonly #closed = new Queue();

  /**
   * @param push Takes each chunk; throws `VfsError` EPIPE when nobody wants it any more.
   * @param keepsChunks Whether `push` keeps the chunks it gets.
   * @param closed Called once when the last writer has closed it.
   */
  constructor(
    private readonly push: Push,
    override readonly keepsChunks: boolean,
    private readonly closedByAll?: () => void,
    private readonly nodeStat?: () => Stat,
    flags: number = O_WRONLY,
  ) {
    super(flags);
    this.type = nodeStat === undefined ? S_IFIFO : nodeStat().mode & 0o170000;
  }

  read(): never {
    throw new VfsError("EBADF");
  }

  readUntil(): never {
    throw new VfsError("EBADF");
  }

  write(chunk: Uint8Array, waiter: Waiter): void | Promise<void> {
    waiter.spend(chunk.length / BYTES_PER_STEP);
    try {
      const result = this.push(chunk);
      // The turn comes after: who does not wait for it has written all the same.
      if (result === undefined) return waiter.tick(1);
      return this.#pushed(result, waiter);
    } catch (error) {
      if (error instanceof VfsError && error.code === "EPIPE") waiter.brokenPipe();
      throw error;
    }
  }

  /** Waits for the embedding program in a way that a signal can end. */
  async #pushed(work: Promise<void>, waiter: Waiter): Promise<void> {
    const done = new Queue();
    let settled = false;
    let failure: unknown;
    work.catch((error) => failure = error ?? new VfsError("EIO")).then(() => {
      settled = true;
      done.wake();
    });
    while (!settled) await waiter.waitOn(done);
    if (failure === undefined) return;
    if (failure instanceof VfsError && failure.code === "EPIPE") waiter.brokenPipe();
    throw failure;
  }

  stat(): Stat {
    return this.nodeStat?.() ?? streamStat(S_IFIFO, 0);
  }

  /** Woken when it has been closed by all. */
  get onClose(): Queue {
    return this.#closed;
  }

  protected override close(): void {
    this.closedByAll?.();
    this.#closed.wake();
  }
}

/** A two-way stream such as a terminal or a socket, put together from an input and an output. */
export class DuplexFile extends BaseFile {
  readonly type: number;
  override readonly keepsChunks: boolean;

  /** @param input Its reading side. @param output Its writing side. */
  constructor(private readonly input: BaseFile, private readonly output: BaseFile, type?: number) {
    super(O_RDWR);
    this.type = type ?? input.type;
    this.keepsChunks = output.keepsChunks;
  }

  read(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    return this.input.read(max, waiter);
  }

  readUntil(delimiter: number, max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    return this.input.readUntil(delimiter, max, waiter);
  }

  write(chunk: Uint8Array, waiter: Waiter): void | Promise<void> {
    return this.output.write(chunk, waiter);
  }

  stat(): Stat {
    return { ...this.input.stat(), mode: this.type | 0o600 };
  }

  override ready(): Readiness {
    return { ...this.input.ready(), write: true };
  }

  override get changed(): WaitQueue {
    return this.input.changed;
  }

  protected override close(): void {
    this.input.release();
    this.output.release();
  }
}

/** A terminal that was opened for reading and writing. */
export class TerminalFile extends DuplexFile {
  /** @param tty The terminal. @param input Its keys. @param output Its screen; both are retained. */
  constructor(override readonly tty: Terminal, input: BaseFile, output: BaseFile) {
    super(input, output);
    input.retain();
    output.retain();
  }
}
