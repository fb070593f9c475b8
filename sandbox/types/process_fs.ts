/**
 * The file system as one process sees it.
 *
 * @module
 */
import type { ByteString } from "./basic.ts";
import type { DirEntry, Stat, StatFs } from "./nodes.ts";
import type { Directory, OpenFile } from "./open_file.ts";

/** Options of calls that may or may not follow a link in the last component. */
export interface FollowOption {
  /** Default true. */
  readonly follow?: boolean;
}

/**
 * The file system as one process sees it. Paths are relative to its working directory. Every call
 * is synchronous, goes through the one resolver, and throws `VfsError`.
 */
export interface ProcessFs {
  /** Opens; a FIFO without a peer is opened at once and its reads wait. */
  open(path: ByteString, flags: number, mode?: number): OpenFile;
  /** Opens a directory for calls relative to it. */
  openDirectory(path: ByteString): Directory;
  /** What is known of it. */
  stat(path: ByteString): Stat;
  /** What is known of it, a last link not followed. */
  lstat(path: ByteString): Stat;
  /** As `stat`, but undefined where nothing (or nothing reachable) is there. */
  tryStat(path: ByteString, option?: FollowOption): Stat | undefined;
  /** The entries, without `.` and `..`. */
  readDir(path: ByteString): DirEntry[];
  /** Makes a directory. */
  makeDir(path: ByteString, mode?: number): void;
  /** Removes an empty directory. */
  removeDir(path: ByteString): void;
  /** Removes a name that is not a directory. */
  unlink(path: ByteString): void;
  /** Renames, replacing what was there. */
  rename(from: ByteString, to: ByteString): void;
  /** Makes a hard link `to` to `from`; a symbolic link `from` is not followed unless asked. */
  link(from: ByteString, to: ByteString, option?: FollowOption): void;
  /** Makes a symbolic link. */
  symlink(target: ByteString, path: ByteString): void;
  /** Where the link points. */
  readLink(path: ByteString): ByteString;
  /** Makes a fifo or a device. */
  makeNode(path: ByteString, mode: number, rdev?: number): void;
  /** Changes mode bits. */
  chmod(path: ByteString, mode: number, option?: FollowOption): void;
  /** Changes owner and group. */
  chown(path: ByteString, uid: number, gid: number, option?: FollowOption): void;
  /** Undefined leaves a time as it is. */
  setTimes(
    path: ByteString,
    atimeNs: bigint | undefined,
    mtimeNs: bigint | undefined,
    option?: FollowOption,
  ): void;
  /** Cuts or extends the contents. */
  truncate(path: ByteString, size: number): void;
  /** Checks rights of the process: 4 read, 2 write, 1 execute or search, 0 existence. */
  access(path: ByteString, rights: number): boolean;
  /** Canonical absolute path; the last component may be missing when `missingLast`. */
  realPath(path: ByteString, option?: { readonly missingLast?: boolean }): ByteString;
  /** What is known of the file system. */
  statFs(path: ByteString): StatFs;
  /** Makes it the working directory. */
  changeDir(path: ByteString): void;
  /** The working directory. */
  currentDir(): ByteString;
  /** Makes a directory the process's root (`chroot`). */
  changeRoot(path: ByteString): void;
  /** The whole file as bytes; EFBIG above `max` bytes (default 64 MiB). For small files only. */
  readFile(path: ByteString, max?: number): Uint8Array;
  /** Writes a whole file, creating or replacing its contents. */
  writeFile(path: ByteString, data: Uint8Array, mode?: number): void;
}
