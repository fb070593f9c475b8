/**
 * Files of a host directory that Deno lets be written but not looked at. They can be created,
 * written, shortened and removed; nothing of them can be read.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type AttrChange,
  type FileHandle,
  type FileNode,
  NO_INODE,
  S_IFREG,
  type Stat,
} from "../types.ts";
import type { HostFile, HostOpen } from "./host_access.ts";

/** An open file that cannot be read. */
export interface UnseenFile extends HostFile {
  chmod(mode: number): void;
  chown(uid: number, gid: number): void;
}

/**
 * What a name stands for: a regular file with its facts, nothing, a directory or a link to one, or
 * something that is left alone.
 */
export type UnseenEntry = Stat | "nothing" | "directory" | "other";

/** Calls on names that may be written but not looked at. All throw `VfsError`. */
export interface UnseenAccess<P> {
  /** What a name stands for. */
  look(path: P): UnseenEntry;
  /** Whether it is a directory and no link to one; an empty one is removed and made again. */
  isDirectory(path: P): boolean;
  /** Opens a regular file. @throws {VfsError} EACCES for what a link leads to */
  open(path: P): UnseenFile;
  /** Creates a file that must not exist. */
  create(path: P, mode: number): UnseenFile;
}

/** Facts of something that tells none. */
export const NOTHING_TOLD: Stat = { ...NO_INODE, mode: S_IFREG };

/** What a directory does for its files. */
interface UnseenParent {
  openUnseen(name: string): UnseenFile;
  checkLinks(stat: Stat): void;
}

/** A regular file that can be written only. */
export class UnseenFileNode implements FileNode {
  readonly type = S_IFREG;
  readonly hostBacked = true;

  constructor(readonly parent: UnseenParent, readonly name: string, readonly seen: Stat) {}

  stat(): Stat {
    return this.seen;
  }

  mayWrite(): boolean {
    return true;
  }

  openFile(access: HostOpen): UnseenHandle {
    if (access.read) throw new VfsError("EACCES");
    const file = this.parent.openUnseen(this.name);
    try {
      const stat = file.stat();
      if (stat.ino !== this.seen.ino || stat.dev !== this.seen.dev) throw new VfsError("ENOENT");
      this.parent.checkLinks(stat);
      return new UnseenHandle(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  setAttr(change: AttrChange): void {
    const handle = this.openFile({ read: false, write: true });
    try {
      handle.setAttr(change);
    } finally {
      handle.close();
    }
  }
}

/** Something that is left alone, such as a link: it can be removed, and tells nothing else. */
export class UnseenOther implements FileNode {
  readonly type = S_IFREG;
  readonly hostBacked = true;

  stat(): Stat {
    return NOTHING_TOLD;
  }

  setAttr(): void {
    throw new VfsError("EACCES");
  }

  openFile(): UnseenHandle {
    throw new VfsError("EACCES");
  }
}

/** An open file that can be written only. */
export class UnseenHandle implements FileHandle {
  constructor(readonly file: UnseenFile) {}

  pread(): number {
    throw new VfsError("EACCES");
  }

  pwrite(buffer: Uint8Array, position: number): number {
    this.file.pwrite(buffer, position);
    return buffer.length;
  }

  size(): number {
    return this.file.size();
  }

  truncate(size: number): void {
    if (size < 0) throw new VfsError("EINVAL");
    this.file.truncate(size);
  }

  stat(): Stat {
    return this.file.stat();
  }

  setAttr(change: AttrChange): void {
    const { file } = this;
    const stat = file.stat();
    if (change.size !== undefined) this.truncate(change.size);
    const { uid = stat.uid, gid = stat.gid } = change;
    if (uid !== stat.uid || gid !== stat.gid) file.chown(uid, gid);
    if (change.mode !== undefined) file.chmod(change.mode & 0o7777);
    if (change.atimeNs !== undefined || change.mtimeNs !== undefined) {
      file.setTimes(change.atimeNs ?? stat.atimeNs, change.mtimeNs ?? stat.mtimeNs);
    }
  }

  sync(): void {
    this.file.sync();
  }

  close(): void {
    this.file.close();
  }
}
