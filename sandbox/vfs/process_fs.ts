/**
 * The file system as one process sees it: `ProcessFs` over a namespace and a caller.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type AttrChange,
  type ByteString,
  type Directory,
  type DirEntry,
  type FollowOption,
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type OpenFile,
  type ProcessFs,
  type Stat,
  type StatFs,
} from "../types.ts";
import type { Caller } from "./caller.ts";
import { type MakeFile, noted, type NoteUse, OpenDirectory, opensForWriting } from "./directory.ts";
import type { Namespace } from "./namespace.ts";

/** What the kernel adds to the file system of a process. */
export interface FsHooks {
  /** Makes an open file description of what an `open` found. */
  readonly makeFile: MakeFile;
  /** Takes note of each use: kind is `read`, `write` or `exec`. */
  readonly audit?: NoteUse;
}

const DEFAULT_READ_MAX = 64 * 1024 * 1024;

/** The file system calls of a process. */
export class ProcessFileSystem implements ProcessFs {
  readonly #audit: FsHooks["audit"];

  constructor(
    readonly namespace: Namespace,
    readonly caller: Caller,
    readonly hooks: FsHooks,
  ) {
    this.#audit = hooks.audit;
  }

  /** Runs a call and tells the audit stream how it went. */
  #noted<T>(kind: string, path: ByteString, work: () => T): T {
    return noted(this.#audit, kind, path, work);
  }

  open(path: ByteString, flags: number, mode = 0o666): OpenFile {
    if (this.#audit === undefined) {
      return this.hooks.makeFile(this.namespace.open(this.caller, path, flags, mode), flags);
    }
    return this.#noted(
      opensForWriting(flags) ? "write" : "read",
      path,
      () => this.hooks.makeFile(this.namespace.open(this.caller, path, flags, mode), flags),
    );
  }

  openDirectory(path: ByteString): Directory {
    return this.#noted("read", path, () => {
      const target = this.namespace.open(this.caller, path, O_RDONLY | O_DIRECTORY);
      if (target.kind === "directory") {
        return new OpenDirectory(
          this.namespace,
          this.caller,
          target.place,
          this.hooks.makeFile,
          this.#audit,
        );
      }
      const directory = target.kind === "open" ? target.file.directory : undefined;
      if (directory === undefined) throw new VfsError("ENOTDIR", path);
      return directory;
    });
  }

  stat(path: ByteString): Stat {
    return this.namespace.node(this.caller, path, true).stat();
  }

  lstat(path: ByteString): Stat {
    return this.namespace.node(this.caller, path, false).stat();
  }

  tryStat(path: ByteString, option?: FollowOption): Stat | undefined {
    try {
      return this.namespace.findNode(this.caller, path, option?.follow ?? true)?.stat();
    } catch (error) {
      if (error instanceof VfsError) return undefined;
      throw error;
    }
  }

  readDir(path: ByteString): DirEntry[] {
    return this.#noted("read", path, () => {
      const place = this.namespace.place(this.caller, path);
      const entries = this.namespace.entries(this.caller, place, path);
      place.node.heldBy?.(0);
      return entries;
    });
  }

  makeDir(path: ByteString, mode = 0o777): void {
    this.#noted("write", path, () => this.namespace.makeDir(this.caller, path, mode));
  }

  removeDir(path: ByteString): void {
    this.#noted("write", path, () => this.namespace.removeDir(this.caller, path));
  }

  unlink(path: ByteString): void {
    this.#noted("write", path, () => this.namespace.unlink(this.caller, path));
  }

  rename(from: ByteString, to: ByteString): void {
    this.#noted("write", to, () => this.namespace.rename(this.caller, from, to));
  }

  link(from: ByteString, to: ByteString, option?: FollowOption): void {
    // POSIX leaves it open; Linux and so busybox do not follow, as the interface says.
    const follow = option?.follow ?? false;
    this.#noted("write", to, () => this.namespace.link(this.caller, from, to, follow));
  }

  symlink(target: ByteString, path: ByteString): void {
    this.#noted("write", path, () => this.namespace.symlink(this.caller, target, path));
  }

  readLink(path: ByteString): ByteString {
    return this.namespace.readLink(this.caller, path);
  }

  makeNode(path: ByteString, mode: number, rdev = 0): void {
    this.#noted("write", path, () => this.namespace.makeNode(this.caller, path, mode, rdev));
  }

  chmod(path: ByteString, mode: number, option?: FollowOption): void {
    this.#setAttr(path, { mode }, option);
  }

  chown(path: ByteString, uid: number, gid: number, option?: FollowOption): void {
    // -1 leaves a number as it is, as in the system call.
    this.#setAttr(path, {
      uid: uid < 0 ? undefined : uid,
      gid: gid < 0 ? undefined : gid,
    }, option);
  }

  setTimes(
    path: ByteString,
    atimeNs: bigint | undefined,
    mtimeNs: bigint | undefined,
    option?: FollowOption,
  ): void {
    this.#setAttr(path, { atimeNs, mtimeNs }, option);
  }

  #setAttr(path: ByteString, change: AttrChange, option?: FollowOption): void {
    const follow = option?.follow ?? true;
    this.#noted("write", path, () => this.namespace.setAttr(this.caller, path, change, follow));
  }

  truncate(path: ByteString, size: number): void {
    this.#noted("write", path, () => this.namespace.truncate(this.caller, path, size));
  }

  access(path: ByteString, rights: number): boolean {
    return this.namespace.access(this.caller, path, rights);
  }

  realPath(path: ByteString, option?: { readonly missingLast?: boolean }): ByteString {
    return this.namespace.realPath(this.caller, path, option?.missingLast ?? false);
  }

  statFs(path: ByteString): StatFs {
    return this.namespace.statFs(this.caller, path);
  }

  changeDir(path: ByteString): void {
    this.namespace.changeDir(this.caller, path);
  }

  currentDir(): ByteString {
    return this.namespace.currentDir(this.caller);
  }

  changeRoot(path: ByteString): void {
    this.namespace.changeRoot(this.caller, path);
  }

  readFile(path: ByteString, max: number = DEFAULT_READ_MAX): Uint8Array {
    return this.#noted("read", path, () => {
      const target = this.namespace.open(this.caller, path, O_RDONLY);
      switch (target.kind) {
        case "directory":
          throw new VfsError("EISDIR", path);
        case "file":
          try {
            return readAll(target.handle, max, path);
          } finally {
            target.handle.close();
          }
        default: {
          const file = this.hooks.makeFile(target, O_RDONLY);
          try {
            return readAll(file, max, path);
          } finally {
            file.release();
          }
        }
      }
    });
  }

  writeFile(path: ByteString, data: Uint8Array, mode = 0o666): void {
    this.#noted("write", path, () => {
      const flags = O_WRONLY | O_CREAT | O_TRUNC;
      const limit = this.caller.maxFileSize;
      if (limit !== undefined && data.length > limit) throw new VfsError("EFBIG", path);
      const target = this.namespace.open(this.caller, path, flags, mode);
      if (target.kind === "directory") throw new VfsError("EISDIR", path);
      if (target.kind === "file") {
        try {
          target.handle.pwrite(data, 0);
        } finally {
          target.handle.close();
        }
        return;
      }
      const file = this.hooks.makeFile(target, flags);
      try {
        file.pwrite(data, 0);
      } finally {
        file.release();
      }
    });
  }
}

/** Reads a file of known or unknown size to its end. */
function readAll(
  file: {
    pread(buffer: Uint8Array, position: number): number;
    size?(): number;
  },
  max: number,
  path: ByteString,
): Uint8Array {
  const known = file.size?.() ?? 0;
  if (known > max) throw new VfsError("EFBIG", path);
  // One byte more than it should have: a full buffer then means that there may be more.
  let buffer = new Uint8Array(known + 1);
  let length = 0;
  for (;;) {
    const count = file.pread(buffer.subarray(length), length);
    if (count === 0) break;
    length += count;
    if (length > max) throw new VfsError("EFBIG", path);
    if (length === buffer.length) {
      const grown = new Uint8Array(Math.max(8192, length * 2));
      grown.set(buffer);
      buffer = grown;
    }
  }
  return length === known ? buffer.subarray(0, length) : buffer.slice(0, length);
}
