/**
 * What a descriptor refers to, and how a process waits for it.
 *
 * @module
 */
import type { ByteString, MaybePromise } from "./basic.ts";
import type { AttrChange, DirEntry, Stat } from "./nodes.ts";
import type { FollowOption } from "./process_fs.ts";
import type { Terminal } from "./terminal.ts";

/** Readiness of an open file. `read` is true at end of file too. */
export interface Readiness {
  /** Reading. */
  readonly read: boolean;
  /** Writing. */
  readonly write: boolean;
  /** The other end has gone. */
  readonly hangup: boolean;
  /** Bytes that a read would give now, where known. */
  readonly available: number;
}

/**
 * Something that can wait: a process. A file that has nothing to give registers the waiter, and the
 * promise is settled by a wake-up, or rejected when the process is ended or interrupted.
 */
export interface Waiter {
  /**
   * Waits until `queue` is woken. Rejects with `ProcessEnded` when the process dies meanwhile, and
   * with EINTR when a caught signal arrives and the caller asked for that.
   */
  waitOn(queue: WaitQueue): Promise<void>;
  /** Counts steps of work, see `Process.tick`: files that never wait call it on each transfer. */
  tick(n: number): Promise<void> | undefined;
  /** Counts steps without taking a turn; the next `tick` takes it. */
  spend(n: number): void;
  /** Called before an operation that breaks the pipe; raises SIGPIPE. */
  brokenPipe(): void;
  /**
   * Called before reading from a terminal: a process in the background waits here until it is in
   * the foreground, stopped by SIGTTIN.
   */
  awaitForeground?(tty: Terminal): Promise<void> | undefined;
}

/** A list of waiters, woken together. */
export interface WaitQueue {
  /** Asks to be woken. */
  readonly add: (wake: () => void) => void;
  /** Asks no more. */
  readonly remove: (wake: () => void) => void;
}

/** An open file description: what `dup` and inheritance share, with one position and flags. */
export interface OpenFile {
  /** `S_IF…` constant. */
  readonly type: number;
  /** Whether a read would not wait. */
  readonly readable: boolean;
  /** Whether a write would not wait. */
  readonly writable: boolean;
  /** `O_APPEND`, `O_NONBLOCK` and the access mode; may be changed by `fcntl`-like calls. */
  flags: number;
  /** A sink that keeps the chunks it is given (a pipe); the writer must not reuse the buffer. */
  readonly keepsChunks: boolean;
  /** The virtual path it was opened by, for `/proc/N/fd` and messages. */
  readonly path: ByteString | undefined;
  /** The terminal, when it is one. */
  readonly tty: Terminal | undefined;
  /** The opened directory, when it is one. */
  readonly directory: Directory | undefined;

  /**
   * Reads up to `max` bytes: a non-empty chunk, or undefined at the end. The chunk belongs to the
   * caller and never changes.
   */
  read(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined>;
  /** As `read`, but the chunk is only valid until the next call on this file. */
  readReused(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined>;
  /**
   * Reads through the first `delimiter` byte and no further, or `max` bytes, or to the end.
   * The rest stays for whoever reads next. Undefined at the end.
   */
  readUntil(
    delimiter: number,
    max: number,
    waiter: Waiter,
  ): MaybePromise<Uint8Array | undefined>;
  /** Writes the whole chunk. Undefined when done; a promise when it has to wait. */
  write(chunk: Uint8Array, waiter: Waiter): void | Promise<void>;
  /**
   * As `write`, of a chunk that the caller got from `read` or made itself, holds alone, and will not
   * touch again: its buffer is used anew when its last reader is done.
   */
  give?(chunk: Uint8Array, waiter: Waiter): void | Promise<void>;
  /** A buffer of 64 KiB to be filled and given, from those that go round. */
  newBuffer?(): Uint8Array;
  /**
   * Reads at the position straight into `target[start, end)`, where that needs no wait and no chunk:
   * the count, 0 at the end, or -1 for "use `read`". Regular files have it.
   */
  readInto?(target: Uint8Array, start: number, end: number, waiter: Waiter): number;
  /** Writes `source[start, end)` without keeping it: the count, or -1 for "use `write`". */
  writeFrom?(source: Uint8Array, start: number, end: number, waiter: Waiter): number;
  /** Before a close: writes out what `writeFrom` held back. Throws what the writes met. */
  writeOut?(): void;
  /** Reads at a position and leaves the offset alone. */
  pread(buffer: Uint8Array, position: number): number;
  /** Writes at a position and leaves the offset alone. */
  pwrite(buffer: Uint8Array, position: number): number;
  /** Moves the position; whence 0 start, 1 current, 2 end. Throws ESPIPE where that has no sense. */
  seek(offset: number, whence: 0 | 1 | 2): number;
  /** Cuts or extends the contents. */
  truncate(size: number): void;
  /** What is known of it. */
  stat(): Stat;
  /** Changes mode, owner or times. */
  setAttr(change: AttrChange): void;
  /** Writes everything through. */
  sync(): void;
  /** What would not wait now. */
  ready(): Readiness;
  /** Woken whenever `ready()` may have changed. */
  readonly changed: WaitQueue;
  /** One more descriptor refers to it. */
  retain(): OpenFile;
  /** One descriptor fewer; the last one closes. */
  release(): void;
}

/** A directory opened for a walk: it stays the same directory whatever happens to its names. */
export interface Directory {
  /** Entries but `.` and `..`. */
  entries(): DirEntry[];
  /** What is known of it. */
  stat(): Stat;
  /** Names here and below may be paths of several components, from this directory. */
  lstatAt(name: ByteString): Stat;
  /** What is known of a name in it, links not followed. */
  statAt(name: ByteString): Stat;
  /** Where a link in it points. */
  readLinkAt(name: ByteString): ByteString;
  /** The sub-directory of that name; throws ENOTDIR or ELOOP for a link unless `follow`. */
  directoryAt(name: ByteString, follow?: boolean): Directory;
  /** Opens a file below it. */
  openAt(path: ByteString, flags: number, mode?: number): OpenFile;
  /** Makes a directory below it. */
  makeDirAt(path: ByteString, mode: number): void;
  /** Removes a name in it that is not a directory. */
  unlinkAt(name: ByteString): void;
  /** Removes an empty directory in it. */
  removeDirAt(name: ByteString): void;
  /** Renames; both directories must be confined, or neither. */
  renameAt(from: ByteString, to: Directory, toPath: ByteString): void;
  /** Makes a hard link; a symbolic link at the end of `from` is itself linked. */
  linkAt(from: ByteString, to: Directory, toPath: ByteString): void;
  /** Makes a symbolic link below it. */
  symlinkAt(target: ByteString, path: ByteString): void;
  /** Undefined leaves a time as it is. */
  setTimesAt(
    path: ByteString,
    atimeNs: bigint | undefined,
    mtimeNs: bigint | undefined,
    option?: FollowOption,
  ): void;
  /**
   * The same directory as a boundary, as RESOLVE_BENEATH of Linux's openat2: an absolute path, `..`
   * above it, and a link that leads out of it by either fail with EPERM. Directories that are
   * opened through it are confined to themselves.
   */
  confined(): Directory;
  /** The virtual path of the directory itself. */
  path(): ByteString;
}
