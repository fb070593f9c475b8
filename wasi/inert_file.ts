/**
 * An open file that can do nothing: the base of the small files that the runtime itself makes.
 *
 * @module
 */
import {
  type ByteString,
  type Directory,
  type MaybePromise,
  NO_INODE,
  type OpenFile,
  type Readiness,
  type Stat,
  type Terminal,
  type Waiter,
  type WaitQueue,
} from "../sandbox/types.ts";
import { VfsError } from "../sandbox/errors.ts";

const NEVER: WaitQueue = { add: () => {}, remove: () => {} };

/** Status of a file that has none. */
export function statOfType(mode: number, size = 0): Stat {
  return { ...NO_INODE, dev: 1, ino: 1, mode, size, blocks: Math.ceil(size / 512) };
}

/** Refuses everything; subclasses override what they can do. */
export abstract class InertFile implements OpenFile {
  abstract readonly type: number;
  readonly readable: boolean = false;
  readonly writable: boolean = false;
  readonly keepsChunks: boolean = false;
  readonly path: ByteString | undefined = undefined;
  readonly tty: Terminal | undefined = undefined;
  readonly directory: Directory | undefined = undefined;
  readonly changed: WaitQueue = NEVER;
  flags = 0;
  #references = 1;

  read(_max: number, _waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    throw new VfsError("EBADF");
  }

  readReused(max: number, waiter: Waiter): MaybePromise<Uint8Array | undefined> {
    return this.read(max, waiter);
  }

  readUntil(
    _delimiter: number,
    _max: number,
    _waiter: Waiter,
  ): MaybePromise<Uint8Array | undefined> {
    throw new VfsError("EBADF");
  }

  write(_chunk: Uint8Array, _waiter: Waiter): void | Promise<void> {
    throw new VfsError("EBADF");
  }

  pread(_buffer: Uint8Array, _position: number): number {
    throw new VfsError("ESPIPE");
  }

  pwrite(_buffer: Uint8Array, _position: number): number {
    throw new VfsError("ESPIPE");
  }

  seek(_offset: number, _whence: 0 | 1 | 2): number {
    throw new VfsError("ESPIPE");
  }

  truncate(_size: number): void {
    throw new VfsError("EINVAL");
  }

  stat(): Stat {
    return statOfType(this.type);
  }

  setAttr(): void {}

  sync(): void {}

  ready(): Readiness {
    return { read: true, write: true, hangup: false, available: 0 };
  }

  retain(): OpenFile {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references === 0) this.closed();
  }

  /** Called when the last reference has gone. */
  protected closed(): void {}
}

/** A list of waiters that can be woken. */
export class Wakeable implements WaitQueue {
  readonly #waiting = new Set<() => void>();
  readonly add = (wake: () => void): void => {
    this.#waiting.add(wake);
  };
  readonly remove = (wake: () => void): void => {
    this.#waiting.delete(wake);
  };

  /** Wakes everybody. */
  wake(): void {
    for (const each of [...this.#waiting]) each();
  }
}
