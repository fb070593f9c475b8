/**
 * Files as the layers of the file system have them: inodes, their facts, and open regular files.
 *
 * @module
 */
import type { ByteString } from "./basic.ts";
import type { OpenFile } from "./open_file.ts";

/** File status, as `struct stat`. Times are nanoseconds since the epoch. */
export interface Stat {
  /** Number of the file system. */
  readonly dev: number;
  /** Number of the file within its file system. */
  readonly ino: number;
  /** Type and permission bits. */
  readonly mode: number;
  /** How many names it has. */
  readonly nlink: number;
  /** User. */
  readonly uid: number;
  /** Group. */
  readonly gid: number;
  /** Number of the device that it stands for, else 0. */
  readonly rdev: number;
  /** Bytes. */
  readonly size: number;
  /** Best size of a read or write. */
  readonly blksize: number;
  /** Units of 512 bytes. */
  readonly blocks: number;
  /** Last access, in nanoseconds since 1970. */
  readonly atimeNs: bigint;
  /** Last change of the contents, in nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Last change of the inode, in nanoseconds since 1970. */
  readonly ctimeNs: bigint;
}

/** File system figures, as `struct statvfs`. */
export interface StatFs {
  /** Name of the file system type, such as `tmpfs`. */
  readonly typeName: string;
  /** Magic number of the type. */
  readonly type: number;
  /** Size of a block in bytes. */
  readonly bsize: number;
  /** Counts of `bsize` blocks. */
  readonly blocks: number;
  /** Free blocks. */
  readonly bfree: number;
  /** Free blocks for ordinary users. */
  readonly bavail: number;
  /** Inodes in all. */
  readonly files: number;
  /** Free inodes. */
  readonly ffree: number;
  /** Longest name. */
  readonly namelen: number;
  /** Mount id. */
  readonly fsid: number;
  /** Whether nothing can be changed. */
  readonly readOnly: boolean;
}

/** One name in a directory. `type` is an `S_IF…` constant. */
export interface DirEntry {
  /** Its name. */
  readonly name: ByteString;
  /** What kind it is. */
  readonly type: number;
  /** Number of the file within its file system. */
  readonly ino: number;
}

/** Attributes to change; what is absent stays. */
export interface AttrChange {
  /** Mode bits. */
  readonly mode?: number;
  /** User. */
  readonly uid?: number;
  /** Group. */
  readonly gid?: number;
  /** Last access, in nanoseconds since 1970. */
  readonly atimeNs?: bigint;
  /** Last change of the contents, in nanoseconds since 1970. */
  readonly mtimeNs?: bigint;
  /** Bytes; only for regular files. */
  readonly size?: number;
}

/** An inode of some layer. All calls are synchronous and throw `VfsError`. */
export interface VNode {
  /** `S_IF…` constant. */
  readonly type: number;
  /** What is known of it. */
  stat(): Stat;
  /** Changes mode, owner or times. */
  setAttr(change: AttrChange): void;
}

/** A regular file of some layer. */
export interface FileNode extends VNode {
  /** Opens for reading, writing or both. Never truncates and never creates. */
  openFile(access: { readonly read: boolean; readonly write: boolean }): FileHandle;
}

/** A symbolic link of some layer. */
export interface LinkNode extends VNode {
  /** Where the link points. */
  readLink(): ByteString;
}

/** A FIFO or device node: the kernel gives it its behaviour by `type` and `rdev`. */
export interface SpecialNode extends VNode {
  /** Kernel-side open, for nodes whose behaviour belongs to the layer (devices of /dev). */
  openSpecial?(access: { readonly read: boolean; readonly write: boolean }): OpenFile;
}

/** A directory of some layer. Names given to it are single components, already checked. */
export interface DirNode extends VNode {
  /** The node of that name, not following links, or undefined. */
  lookup(name: ByteString): VNode | undefined;
  /** What `lookup(name)?.stat()` says, where that can be had for less. */
  statOf?(name: ByteString): Stat | undefined;
  /**
   * The facts of a file, as `statOf`, if it is the one that a walk over the last listing comes to
   * next. Any text may be asked about; undefined says nothing.
   */
  nextFacts?(name: ByteString): Stat | undefined;
  /** All entries but `.` and `..`, in the layer's own order. */
  list(): DirEntry[];
  /**
   * Told before a listing which process has the directory open from now on, and 0 once it is closed.
   * Only a directory that shows open descriptors cares.
   */
  heldBy?(pid: number): void;
  /** Whether a name that is created here is probably new, so that looking first is a waste. */
  expectsNew?(): boolean;
  /** Creates a regular file; fails with EEXIST when the name is taken. */
  createFile(name: ByteString, mode: number, owner: Owner): FileNode;
  /** Makes a directory. */
  makeDir(name: ByteString, mode: number, owner: Owner): DirNode;
  /** Makes a symbolic link. */
  makeLink(name: ByteString, target: ByteString, owner: Owner): LinkNode;
  /** Makes a fifo or a device. */
  makeNode(name: ByteString, mode: number, rdev: number, owner: Owner): VNode;
  /** Makes a hard link to a node of the same layer. */
  link(name: ByteString, node: VNode): void;
  /** Removes a name that is not a directory. */
  unlink(name: ByteString): void;
  /** Removes an empty directory. */
  removeDir(name: ByteString): void;
  /** Renames within the layer, replacing what POSIX lets it replace. */
  rename(name: ByteString, to: DirNode, toName: ByteString): void;
  /** What is known of the file system. */
  statFs(): StatFs;
}

/** Who owns what is created. */
export interface Owner {
  /** User. */
  readonly uid: number;
  /** Group. */
  readonly gid: number;
}

/** An open regular file of a layer. Positions are bytes from the start. */
export interface FileHandle {
  /** Reads up to `buffer.length` bytes; 0 at the end of the file. */
  pread(buffer: Uint8Array, position: number): number;
  /** Writes all of `buffer` or throws (ENOSPC, EFBIG, …). Returns `buffer.length`. */
  pwrite(buffer: Uint8Array, position: number): number;
  /** As `pwrite` of `source[start, end)`; it may be held back until somebody could tell. */
  pwriteSoon?(source: Uint8Array, start: number, end: number, position: number): void;
  /** Writes out what was held back. Throws what the writes met. */
  writeOut?(): void;
  /** Current size in bytes. */
  size(): number;
  /** Cuts or extends the contents. */
  truncate(size: number): void;
  /** What is known of it. */
  stat(): Stat;
  /** Changes mode, owner or times. */
  setAttr(change: AttrChange): void;
  /** Writes everything through. */
  sync(): void;
  /** Gives it back. */
  close(): void;
  /**
   * A read-only view of up to `max` bytes at `position` without copying, valid until the next
   * write to the file. Absent where the layer cannot (host files).
   */
  view?(position: number, max: number): Uint8Array;
}
