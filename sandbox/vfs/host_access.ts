/**
 * What a host directory layer asks of the host. `sandbox/host/fs.ts` implements it; tests put a
 * faulty one in its place.
 *
 * @module
 */
import type { ByteString, Stat, StatFs } from "../types.ts";
import type { UnseenAccess } from "./unseen.ts";

/** An open file of the host. */
export interface HostFile {
  pread(buffer: Uint8Array, position: number): number;
  /** Writes all or throws. */
  pwrite(buffer: Uint8Array, position: number): void;
  /**
   * As `pwrite` of `source[start, end)`, but a small part may be held back until anybody could see
   * the difference; `writeOut` says what came of it.
   */
  pwriteSoon?(source: Uint8Array, start: number, end: number, position: number): void;
  /** Writes out what was held back. */
  writeOut?(): void;
  size(): number;
  truncate(size: number): void;
  stat(): Stat;
  setTimes(atimeNs: bigint, mtimeNs: bigint): void;
  sync(): void;
  close(): void;
}

/** How to open an existing file or a new one. */
export interface HostOpen {
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * Calls on one tree of the host. `P` is a host path; only the implementation can make one, from the
 * root and one checked component after the other, so a path with `..` or an unresolved link in it
 * cannot be expressed. All calls throw `VfsError`.
 */
export interface HostAccess<P> {
  readonly root: P;
  /** Whether the root is that of the host itself, so that nothing lies outside. */
  readonly isWholeHost: boolean;
  /** The path of an entry. @throws {VfsError} when the host cannot have such a name. */
  child(directory: P, name: ByteString): P;
  /** Not following links; undefined when nothing is there. */
  lstat(path: P): Stat | undefined;
  /** As `lstat` for the entries `[from, until)` of a directory; undefined also for what fails. */
  lstatEach(
    directory: P,
    entries: readonly { readonly name: ByteString }[],
    from: number,
    until: number,
  ): (Stat | undefined)[];
  /** Whether that very file or directory is there at this moment, and is no link. */
  isThere(path: P, dev: number, ino: number): boolean;
  /** Whether Deno was given the right to change it. */
  mayWrite(path: P): boolean;
  /**
   * Makes the directory of that identity the one that the returned path stands for, until `leave`:
   * it and its entries are then reached from the directory itself, and not by its name, so that
   * nobody can put another one in its place. Undefined where that cannot be: then there is nothing to
   * leave.
   */
  enter?(path: P, dev: number, ino: number): P | undefined;
  /** As `enter` of a directory that was entered last; undefined for any other. */
  stay?(dev: number, ino: number): P | undefined;
  /** What `enter` or `stay` gave is used no more. */
  leave?(): void;
  /** Whether at this moment no part of the path is a link. */
  isDirect(path: P): boolean;
  /**
   * Calls back for each entry. `type` is undefined where the host does not tell at once, or where it
   * is not sure that the entry can be reached under that name.
   */
  list(path: P, each: (name: ByteString, type: number | undefined) => void): void;
  /** Opens an existing file without creating or truncating it. */
  open(path: P, access: HostOpen): HostFile;
  /** Creates a file that must not exist. */
  create(path: P, mode: number, access: HostOpen): HostFile;
  makeDir(path: P, mode: number): void;
  /** Removes a file, a link or an empty directory. */
  remove(path: P): void;
  rename(from: P, to: P): void;
  link(from: P, to: P): void;
  symlink(target: ByteString, path: P): void;
  readLink(path: P): ByteString;
  chmod(path: P, mode: number): void;
  chown(path: P, uid: number, gid: number, isLink: boolean): void;
  setTimes(path: P, atimeNs: bigint, mtimeNs: bigint, isLink: boolean): void;
  statFs(path: P): StatFs;
  /** For what Deno lets be written but not looked at; absent where that cannot be. */
  readonly unseen?: UnseenAccess<P>;
  readonly guard: HostGuard;
}

/** A check that can wait for the next call on the host's files. */
export interface PutOff {
  /** Makes the check, and keeps what it finds to itself. */
  beforeNext(): void;
}

/**
 * When facts about the host may still be believed. One for the whole process, since two mounts may
 * show the same directory.
 */
export interface HostGuard {
  /**
   * Changes with every change of ours that could put a link where a directory was, and with time:
   * a directory that was verified in this epoch need not be verified again.
   */
  epoch(): number;
  /** A directory or link of the host was moved, made or removed by us. Counts as a change, too. */
  bump(): void;
  /** Runs a check before the next call on the host's files, and at the latest when the turn ends. */
  beforeNext(check: PutOff): void;
  /** That check is not needed any more. */
  noLonger(check: PutOff): void;
  /** Grows with every change of ours, of contents and attributes too. */
  changes: number;
  /**
   * Changes with each turn of the event loop, and whenever somebody else gets to run in between:
   * within one, names that were looked up need not be looked up again.
   */
  turn(): number;
}
