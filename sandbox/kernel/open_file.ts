/**
 * Open file descriptions: what all kinds share, regular files, directories.
 *
 * @module
 */
import {
  type AttrChange,
  type ByteString,
  type Directory,
  type FileHandle,
  type MaybePromise,
  O_ACCMODE,
  O_APPEND,
  O_RDONLY,
  O_WRONLY,
  type OpenFile,
  type Readiness,
  S_IFDIR,
  S_IFREG,
  type Stat,
  type Terminal,
  type Waiter,
  type WaitQueue,
} from "../types.ts";
import { concatBytes } from "../bytes.ts";
import { VfsError } from "../errors.ts";
import { BufferPool, POOL_BUFFER } from "./buffer_pool.ts";
import { Queue } from "./wait_queue.ts";

const ALWAYS: Readiness = Object.freeze({ read: true, write: true, hangup: false, available: 0 });

/** Files that are always ready share this queue; nobody ever needs to be woken. */
const NEVER_CHANGES = new Queue();

/** Counts open descriptions and learns when one closes. */
export interface FileOwner {
  fileClosed(file: BaseFile): void;
}

/** What all open files share: the count of references, and refusals for what a kind cannot do. */
export abstract class BaseFile implements OpenFile {
  abstract readonly type: number;
  flags: number;
  readonly keepsChunks: boolean = false;
  readonly path: ByteString | undefined;
  readonly tty: Terminal | undefined = undefined;
  readonly directory: Directory | undefined = undefined;
  /** Told when the last reference goes. */
  owner: FileOwner | undefined;
  /** How many of the references are descriptors of some process. */
  descriptors = 0;
  #references = 1;

  /** @param flags Access mode and status flags. @param path Virtual path it was opened by. */
  constructor(flags: number, path?: ByteString) {
    this.flags = flags;
    this.path = path;
  }

  /** Whether reads are allowed. */
  get readable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY;
  }

  /** Whether writes are allowed. */
  get writable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY;
  }

  /** Whether the last reference has gone. */
  get closed(): boolean {
    return this.#references === 0;
  }

  abstract read(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined>;
  abstract write(chunk: Uint8Array, waiter: Waiter): void | Promise<void>;
  abstract stat(): Stat;

  /** As `write`, of a chunk that the caller holds alone and will not touch again. */
  give(chunk: Uint8Array, waiter: Waiter): void | Promise<void> {
    return this.write(chunk, waiter);
  }

  /** A buffer to be filled and given. */
  newBuffer(): Uint8Array {
    return new Uint8Array(POOL_BUFFER);
  }

  /** As `read`; kinds with a buffer of their own do better. */
  readReused(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    return this.read(max, waiter);
  }

  abstract readUntil(
    delimiter: number,
    max: number,
    waiter: Waiter,
  ): MaybePromise<Uint8Array | undefined>;

  /** Positioned read; only files have it. */
  pread(_buffer: Uint8Array, _position: number): number {
    throw new VfsError("ESPIPE");
  }

  /** Positioned write; only files have it. */
  pwrite(_buffer: Uint8Array, _position: number): number {
    throw new VfsError("ESPIPE");
  }

  /** Moves the position; only files have one. */
  seek(_offset: number, _whence: 0 | 1 | 2): number {
    throw new VfsError("ESPIPE");
  }

  /** Sets the size; only files have one. */
  truncate(_size: number): void {
    throw new VfsError("EINVAL");
  }

  /** Changes attributes of the node behind it. */
  setAttr(_change: AttrChange): void {}

  /** Makes it durable. */
  sync(): void {
    throw new VfsError("EINVAL");
  }

  /** Readiness for `poll`. */
  ready(): Readiness {
    return ALWAYS;
  }

  /** Woken when `ready()` may have changed. */
  get changed(): WaitQueue {
    return NEVER_CHANGES;
  }

  /** One more reference. */
  retain(): OpenFile {
    if (this.#references === 0) throw new VfsError("EBADF");
    this.#references++;
    return this;
  }

  /** One reference fewer. */
  release(): void {
    if (this.#references === 0) return;
    if (--this.#references > 0) {
      // Only descriptors are left: whoever opened it has let go of it.
      if (this.owner !== undefined && this.#references <= this.descriptors) {
        this.owner.fileClosed(this);
        this.owner = undefined;
      }
      return;
    }
    this.owner?.fileClosed(this);
    this.close();
  }

  /** Frees what it holds; called once. */
  protected close(): void {}
}

/** The smallest and largest read-ahead of `readUntil`, in bytes. */
const AHEAD_MIN = 4096;
const AHEAD_MAX = 65536;

/** Reads up to this many bytes are served from what was read ahead, where the host is asked. */
const SMALL_READ = 4096;

/** Bytes moved that count as one step of `tick`. */
export const BYTES_PER_STEP = 64;
/** As many where no program of ours sees them: copied once, by the host or by one call. */
const BYTES_PER_DIRECT_STEP = 1024;

/** What regular files share within one kernel. */
export class FileContext {
  /** Grows with each write to any regular file, so that read-ahead is never stale. */
  writeEpoch = 0;
  /** Buffers for chunks that are handed on. */
  readonly pool: BufferPool = new BufferPool();
  /** Largest size a file may get, if limited. Set per write by the process. */
  written: ((bytes: number) => void) | undefined;
}

/** An open regular file: a handle of some layer, a position, and read-ahead for lines. */
export class RegularFile extends BaseFile {
  readonly type = S_IFREG;
  #position = 0;
  #reused: Uint8Array | undefined;
  /** Whether the buffer for `readReused` is smaller than asked for, since the file is. */
  #reusesLess = false;
  #ahead: Uint8Array | undefined;
  #aheadStart = 0;
  #aheadEpoch = -1;
  #aheadSize = AHEAD_MIN;

  /** @param handle Handle of the layer, closed with the file. */
  constructor(
    readonly handle: FileHandle,
    flags: number,
    path: ByteString | undefined,
    private readonly context: FileContext,
    private readonly sizeLimit: () => number | undefined,
    /** Opens the same node anew, for `/dev/fd`-like paths. */
    readonly reopen?: (flags: number) => OpenFile,
  ) {
    super(flags, path);
  }

  #checkReadable(): void {
    if (!this.readable) throw new VfsError("EBADF");
  }

  read(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    this.#checkReadable();
    const turn = waiter.tick(1);
    if (turn !== undefined) return turn.then(() => this.read(max, waiter));
    const view = this.handle.view;
    if (view !== undefined) {
      const part = view.call(this.handle, this.#position, max);
      if (part.length === 0) return undefined;
      this.#position += part.length;
      this.#charge(part.length, waiter);
      return part.slice();
    }
    const { pool } = this.context;
    const buffer = pool.take();
    const n = this.handle.pread(
      buffer.length <= max ? buffer : buffer.subarray(0, max),
      this.#position,
    );
    this.#position += n;
    this.#charge(n, waiter);
    if (n === buffer.length) return buffer;
    // A nearly full buffer is given away, a small part is copied out of it.
    if (n * 2 > buffer.length) return buffer.subarray(0, n);
    const part = n === 0 ? undefined : buffer.slice(0, n);
    pool.recycle(buffer);
    return part;
  }

  override readReused(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    this.#checkReadable();
    const turn = waiter.tick(1);
    if (turn !== undefined) return turn.then(() => this.readReused(max, waiter));
    const view = this.handle.view;
    if (view !== undefined) {
      const part = view.call(this.handle, this.#position, max);
      if (part.length === 0) return undefined;
      this.#position += part.length;
      this.#charge(part.length, waiter);
      return part;
    }
    let buffer = this.#reused;
    if (buffer === undefined || buffer.length < max && !this.#reusesLess) {
      // Filling a large buffer with zeros takes longer than reading a small file.
      const left = this.handle.size() - this.#position + 1;
      this.#reusesLess = left > 0 && left < max;
      buffer = this.#reused = new Uint8Array(this.#reusesLess ? left : max);
    }
    const n = this.handle.pread(
      buffer.length <= max ? buffer : buffer.subarray(0, max),
      this.#position,
    );
    if (n === 0) return undefined;
    this.#position += n;
    // More than there was: the next read looks again.
    if (n === buffer.length) this.#reusesLess = false;
    this.#charge(n, waiter);
    return n === buffer.length ? buffer : buffer.subarray(0, n);
  }

  /** Counts moved bytes; the promise it may give is taken up by the next call. */
  #charge(bytes: number, waiter: Waiter): void {
    // The turn that may be due is taken at the next call: the chunk must be given out first.
    waiter.spend(Math.ceil(bytes / BYTES_PER_STEP));
  }

  readUntil(
    delimiter: number,
    max: number,
    waiter: Waiter,
  ): MaybePromise<Uint8Array | undefined> {
    this.#checkReadable();
    const turn = waiter.tick(1);
    if (turn !== undefined) return turn.then(() => this.readUntil(delimiter, max, waiter));
    const view = this.handle.view;
    let parts: Uint8Array[] | undefined;
    let total = 0;
    for (let span = AHEAD_MIN;; span *= 4) {
      // A step at a time: scanning a large file to its end for each line would be quadratic. A layer
      // may give less than was asked, at the edge of a block; only an empty view is the end.
      const ahead = view === undefined
        ? this.#aheadAt()
        : view.call(this.handle, this.#position, Math.min(span, max - total));
      if (ahead.length === 0) break;
      const limit = Math.min(ahead.length, max - total);
      let end = ahead.indexOf(delimiter);
      const found = end >= 0 && end < limit;
      end = found ? end + 1 : limit;
      this.#position += end;
      total += end;
      this.#charge(end, waiter);
      if (parts === undefined && (found || total >= max)) return ahead.slice(0, end);
      (parts ??= []).push(ahead.slice(0, end));
      if (found || total >= max) break;
    }
    return parts && concatBytes(parts);
  }

  /** What the read-ahead holds from the position on, filled anew when it is used up or stale. */
  #aheadAt(): Uint8Array {
    const fresh = this.#aheadEpoch === this.context.writeEpoch;
    if (this.#ahead !== undefined && fresh) {
      const from = this.#position - this.#aheadStart;
      if (from >= 0 && from < this.#ahead.length) return this.#ahead.subarray(from);
    }
    this.#aheadSize = fresh ? Math.min(this.#aheadSize * 4, AHEAD_MAX) : AHEAD_MIN;
    const buffer = new Uint8Array(this.#aheadSize);
    const n = this.handle.pread(buffer, this.#position);
    this.#ahead = buffer.subarray(0, n);
    this.#aheadStart = this.#position;
    this.#aheadEpoch = this.context.writeEpoch;
    return this.#ahead;
  }

  write(chunk: Uint8Array, waiter: Waiter): void | Promise<void> {
    if (!this.writable) throw new VfsError("EBADF");
    if (chunk.length === 0) return;
    const position = (this.flags & O_APPEND) !== 0 ? this.handle.size() : this.#position;
    this.#put(chunk, position);
    this.#position = position + chunk.length;
    this.#charge(chunk.length, waiter);
    // The turn comes after: who does not wait for it has written all the same.
    return waiter.tick(1);
  }

  /** Reads at the position into part of a buffer; for guests whose memory is the buffer. */
  readInto(target: Uint8Array, start: number, end: number, waiter: Waiter): number {
    this.#checkReadable();
    const size = end - start;
    let n: number;
    if (size <= SMALL_READ && this.handle.view === undefined) {
      // A call to the host costs more than copying out of what was read ahead.
      let ahead = this.#ahead;
      let from = this.#position - this.#aheadStart;
      if (
        ahead === undefined || this.#aheadEpoch !== this.context.writeEpoch || from < 0 ||
        from >= ahead.length
      ) {
        this.#aheadAt();
        ahead = this.#ahead as Uint8Array;
        from = 0;
      }
      n = Math.min(size, ahead.length - from);
      if (n <= 64) { for (let i = 0; i < n; i++) target[start + i] = ahead[from + i]; }
      else target.set(ahead.subarray(from, from + n), start);
    } else n = this.handle.pread(target.subarray(start, end), this.#position);
    this.#position += n;
    waiter.spend(1 + Math.ceil(n / BYTES_PER_DIRECT_STEP));
    return n;
  }

  /** Writes part of a buffer at the position, or at the end with `O_APPEND`. */
  writeFrom(source: Uint8Array, start: number, end: number, waiter: Waiter): number {
    if (!this.writable) throw new VfsError("EBADF");
    const size = end - start;
    if (size === 0) return 0;
    const position = (this.flags & O_APPEND) !== 0 ? this.handle.size() : this.#position;
    const { handle } = this;
    // Others may append to the same file, so that each append must find where its end is.
    if (handle.pwriteSoon === undefined || (this.flags & O_APPEND) !== 0) {
      this.#put(source.subarray(start, end), position);
    } else {
      const limit = this.sizeLimit();
      if (limit !== undefined && position + size > limit) throw new VfsError("EFBIG");
      this.context.writeEpoch++;
      handle.pwriteSoon(source, start, end, position);
    }
    this.#position = position + size;
    waiter.spend(1 + Math.ceil(size / BYTES_PER_STEP));
    return size;
  }

  /** Writes out what `writeFrom` held back. @throws {VfsError} what the writes met */
  writeOut(): void {
    this.handle.writeOut?.();
  }

  #put(chunk: Uint8Array, position: number): void {
    const limit = this.sizeLimit();
    if (limit !== undefined && position + chunk.length > limit) throw new VfsError("EFBIG");
    this.context.writeEpoch++;
    this.handle.pwrite(chunk, position);
  }

  override pread(buffer: Uint8Array, position: number): number {
    this.#checkReadable();
    return this.handle.pread(buffer, position);
  }

  override pwrite(buffer: Uint8Array, position: number): number {
    if (!this.writable) throw new VfsError("EBADF");
    this.#put(buffer, position);
    return buffer.length;
  }

  override seek(offset: number, whence: 0 | 1 | 2): number {
    const base = whence === 0 ? 0 : whence === 1 ? this.#position : this.handle.size();
    const position = base + offset;
    if (position < 0 || !Number.isSafeInteger(position)) throw new VfsError("EINVAL");
    // Who goes back wants to see the file as it is now.
    if (position !== this.#position) this.#ahead = undefined;
    this.#position = position;
    return position;
  }

  override truncate(size: number): void {
    if (!this.writable) throw new VfsError("EINVAL");
    const limit = this.sizeLimit();
    if (limit !== undefined && size > limit) throw new VfsError("EFBIG");
    this.context.writeEpoch++;
    this.handle.truncate(size);
  }

  stat(): Stat {
    return this.handle.stat();
  }

  override setAttr(change: AttrChange): void {
    this.handle.setAttr(change);
  }

  override sync(): void {
    this.handle.sync();
  }

  override ready(): Readiness {
    return { ...ALWAYS, available: Math.max(0, this.handle.size() - this.#position) };
  }

  protected override close(): void {
    this.#ahead = this.#reused = undefined;
    this.handle.close();
  }
}

/** An open directory. */
export class DirectoryFile extends BaseFile {
  readonly type = S_IFDIR;

  /** @param directory The directory. */
  constructor(override readonly directory: Directory, flags: number, path: ByteString | undefined) {
    super(flags, path);
  }

  read(): never {
    throw new VfsError("EISDIR");
  }

  readUntil(): never {
    throw new VfsError("EISDIR");
  }

  write(): never {
    throw new VfsError("EBADF");
  }

  stat(): Stat {
    return this.directory.stat();
  }

  override sync(): void {}
}
