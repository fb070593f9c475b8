/**
 * The contracts that every part of capbox shares: byte strings, files, processes, capabilities.
 *
 * This module holds types and constants only. Applets and the WASI runtime see the kernel through
 * these interfaces and never through its classes, so nothing here may name a host facility.
 *
 * @module
 */

/** A value, or a promise of it when something had to wait. Callers await only in the second case. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * A string whose char codes are all 0–255, one char for each byte.
 *
 * Everything a script can hold (arguments, environment, paths, data) has this form; V8 stores it
 * with one byte for each char. The unit is a flavour and not a hard brand, so that ASCII literals
 * need no cast; text that came from the host must go through `sandbox/bytes.ts`.
 */
export type ByteString = string & { readonly __unit?: "byte" };

// ---------------------------------------------------------------------------------------------
// Files

/** File type bits of a mode (`S_IFMT` values, POSIX sys/stat.h). */
export const S_IFMT = 0o170000;
/** Directory. */
export const S_IFDIR = 0o040000;
/** Regular file. */
export const S_IFREG = 0o100000;
/** Symbolic link. */
export const S_IFLNK = 0o120000;
/** FIFO. */
export const S_IFIFO = 0o010000;
/** Character device. */
export const S_IFCHR = 0o020000;
/** Block device. */
export const S_IFBLK = 0o060000;
/** Socket. */
export const S_IFSOCK = 0o140000;

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

/** `open` flags. Values are Linux's, so that `/proc` and WASI speak the same numbers. */
export const O_RDONLY = 0;
/** Write only. */
export const O_WRONLY = 1;
/** Read and write. */
export const O_RDWR = 2;
/** Mask of the access mode. */
export const O_ACCMODE = 3;
/** Create if missing. */
export const O_CREAT = 0o100;
/** With `O_CREAT`: fail if it exists. */
export const O_EXCL = 0o200;
/** Truncate to size 0. */
export const O_TRUNC = 0o1000;
/** Each write goes to the end. */
export const O_APPEND = 0o2000;
/** Do not wait. */
export const O_NONBLOCK = 0o4000;
/** Fail with ENOTDIR unless it is a directory. */
export const O_DIRECTORY = 0o200000;
/** Fail with ELOOP if the last component is a symbolic link. */
export const O_NOFOLLOW = 0o400000;
/** The descriptor is not handed to other programs. */
export const O_CLOEXEC = 0o2000000;

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

/** Settings of a terminal, with Linux's numbers (termios(3)). */
export interface TerminalModes {
  /** Input flags. */
  input: number;
  /** Output flags. */
  output: number;
  /** Control flags; the speed is among them. */
  control: number;
  /** Local flags. */
  local: number;
  /** Line discipline. */
  line: number;
  /** Special characters by their index. */
  characters: number[];
  /** Two speeds were asked for; a terminal keeps one. */
  unequalSpeeds?: boolean;
}

/** A terminal, as a capability. */
export interface Terminal {
  /** Width in columns. */
  columns(): number;
  /** Height in rows. */
  rows(): number;
  /** Raw: no echo, no line editing, keys as they come; `isig` keeps ^C and ^Z as signals. */
  setRaw(raw: boolean, options?: { readonly isig?: boolean }): void;
  /** Its settings: a copy. */
  modes(): TerminalModes;
  /** Changes its settings. Whether input comes by lines, and is shown, follows; the rest is kept. */
  setModes(modes: TerminalModes): void;
  /** Says how large it is; undefined leaves a side as it is. */
  setSize(columns: number | undefined, rows: number | undefined): void;
  /** Name such as `/dev/pts/0`. */
  readonly name: ByteString;
  /** The process group that gets ^C and ^Z. */
  foreground: number;
  /** Woken on a change of size. */
  readonly resized: WaitQueue;
  /** Opens it anew, for reading and writing (`/dev/tty`); undefined where it cannot be read. */
  open?(): OpenFile | undefined;
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

// ---------------------------------------------------------------------------------------------
// File system calls of a process

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

// ---------------------------------------------------------------------------------------------
// Processes

/** How a process ended. */
export interface ExitStatus {
  /** Exit code 0–255, or 128 + signal number. */
  readonly code: number;
  /** Number of the signal that ended it, or 0. */
  readonly signal: number;
}

/** Why a run ended, for machines. */
export type EndReason =
  | "exit"
  | "signal"
  | "timeout"
  | "cpu"
  | "memory"
  | "output"
  | "aborted"
  | "internal-error";

/** A program: it gets its process and gives an exit code. */
export type Program = (process: Process) => MaybePromise<number>;

/** Environment: names to values. Treat as immutable; make a new Map to change it for a child. */
export type Environment = ReadonlyMap<ByteString, ByteString>;

/** A caught signal's handler. It runs at delivery and should only take note. */
export type SignalAction = "default" | "ignore" | ((signal: number) => void);

/** How to start a child. Whatever is absent is inherited. */
export interface SpawnOptions {
  /** What to run instead of looking `argv[0]` up: subshells, functions. */
  readonly program?: Program;
  /** Path or name to look up instead of `argv[0]`. */
  readonly file?: ByteString;
  /** PATH to search instead of the one in `env`. */
  readonly searchPath?: ByteString;
  /** Environment. */
  readonly env?: Environment;
  /**
   * The child's descriptors, by number: replaces inheritance. Each is retained by the spawn, the
   * caller keeps its own reference.
   */
  readonly fds?: ReadonlyMap<number, OpenFile>;
  /** Path to start in. */
  readonly cwd?: ByteString;
  /** Process group: 0 makes a new one led by the child. */
  readonly pgid?: number;
  /** Make the child a session leader. */
  readonly newSession?: boolean;
  /** Signals that the child starts with ignored (inherited ignores are kept). */
  readonly ignoreSignals?: readonly number[];
  /** Give ignored and caught signals their default action in the child. */
  readonly resetSignals?: boolean;
  /** Niceness. */
  readonly nice?: number;
  /** Mode bits that new files do not get. */
  readonly umask?: number;
  /** Whoever started the run is told of its end only after that of this child: it still has to write. */
  readonly lingers?: boolean;
}

/** A child that was started. */
export interface Child {
  /** Process number. */
  readonly pid: number;
  /** Set once it has ended. */
  readonly status: ExitStatus | undefined;
  /** True while it is stopped by a job-control signal. */
  readonly stopped: boolean;
  /** The signal that stopped it last. */
  readonly stopSignal: number;
  /** The status, at once when it has ended already. Reaps it. */
  wait(): MaybePromise<ExitStatus>;
  /** Accounting, in milliseconds of CPU of it and its reaped children. */
  readonly cpuMs: number;
}

/** What `ps`, `top`, `kill` and `/proc` show of one process. */
export interface ProcessInfo {
  /** Process number. */
  readonly pid: number;
  /** Number of the parent. */
  readonly ppid: number;
  /** Process group. */
  readonly pgid: number;
  /** Session. */
  readonly sid: number;
  /** User. */
  readonly uid: number;
  /** Group. */
  readonly gid: number;
  /** Name of the program (`comm`). */
  readonly name: ByteString;
  /** Its arguments, its own name first. */
  readonly argv: readonly ByteString[];
  /** R running, S waiting, T stopped, Z zombie. */
  readonly state: "R" | "S" | "T" | "Z";
  /** Niceness. */
  readonly nice: number;
  /** CPU time in milliseconds. */
  readonly cpuMs: number;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  /** Its terminal, if it has one. */
  readonly tty: ByteString | undefined;
  /** Bytes attributed to it. */
  readonly memory: number;
  /** How many threads it has. */
  readonly threads: number;
}

/** A file, one of a set to wait for. */
export interface PollItem {
  /** The open file. */
  readonly file: OpenFile;
  /** Reading. */
  readonly read?: boolean;
  /** Writing. */
  readonly write?: boolean;
}

/** A process, as its own program sees it. */
export interface Process {
  /** Process number. */
  readonly pid: number;
  /** Number of the parent. */
  readonly ppid: number;
  /** Process group. */
  pgid: number;
  /** Session. */
  readonly sid: number;
  /** Arguments; `argv[0]` is the name it was called by. */
  readonly argv: readonly ByteString[];
  /** Environment. */
  env: Environment;
  /** Mode bits that new files do not get. */
  umask: number;
  /** User. */
  uid: number;
  /** Group. */
  gid: number;
  /** Groups besides the first. */
  readonly groups: readonly number[];
  /** Niceness. */
  nice: number;
  /** Virtual CPU mask. */
  affinity: number;
  /** Virtual I/O priority: class 0–3 and data 0–7. */
  ioPriority: { class: number; data: number };
  /** Files, as it sees them. */
  readonly fs: ProcessFs;
  /** Time, as it sees it. */
  readonly clock: Clock;
  /** Randomness, as it sees it. */
  readonly random: Random;
  /** The network, as far as it is granted. */
  readonly net: Network;
  /** What it may see of the whole system. */
  readonly kernel: KernelView;
  /** How its calls wait, and are interrupted. */
  readonly waiter: Waiter;
  /** Host-backed accelerations that change no result: fast hashes and codecs. */
  readonly platform: Platform;

  /** The open file of a descriptor, or undefined. */
  fd(number: number): OpenFile | undefined;
  /** All open descriptors. */
  fdNumbers(): number[];
  /** Puts `file` (its reference passes to the table) at `number`, or at the lowest free one from `from`. */
  setFd(file: OpenFile, number?: number, from?: number, closeOnExec?: boolean): number;
  /** Closes a descriptor; false when it was not open. */
  closeFd(number: number): boolean;
  /** Whether a descriptor is closed when a program starts. */
  isCloseOnExec(number: number): boolean;
  /** A bounded pipe: two open files, each with one reference that belongs to the caller. */
  pipe(): { readonly read: OpenFile; readonly write: OpenFile };

  /**
   * Counts `n` steps of work without I/O. Undefined nearly always; a promise to await when the time
   * slice is spent. Throws `ProcessEnded` when the process must stop.
   */
  tick(n: number): Promise<void> | undefined;
  /** Waits, using no CPU. Ends early with EINTR on a caught signal when `interruptible`. */
  sleep(milliseconds: number, option?: { readonly interruptible?: boolean }): Promise<void>;
  /** Waits until one item is ready or the time is over: indexes of the ready ones. */
  poll(
    items: readonly PollItem[],
    timeoutMs: number | undefined,
    option?: { readonly interruptible?: boolean },
  ): MaybePromise<number[]>;
  /** Waits for any of the queues; used by programs that mix kinds of events. */
  waitAny(
    queues: readonly WaitQueue[],
    timeoutMs?: number,
    option?: { readonly interruptible?: boolean },
  ): Promise<void>;

  /**
   * Starts a child and runs it synchronously as far as it gets without waiting.
   * @throws {VfsError} ENOENT, EACCES, ENOEXEC, EAGAIN
   */
  spawn(argv: readonly ByteString[], options?: SpawnOptions): Child;
  /** Becomes another program, keeping pid and descriptors (close-on-exec ones are closed). */
  exec(
    argv: readonly ByteString[],
    options?: {
      readonly env?: Environment;
      readonly file?: ByteString;
      readonly searchPath?: ByteString;
    },
  ): MaybePromise<number>;
  /** Where a name would be found: an absolute virtual path, or undefined. */
  findProgram(name: ByteString, searchPath?: ByteString): ByteString | undefined;
  /** All children, ended or not, that were not waited for. */
  children(): Child[];
  /** Woken when a child ends, stops or continues. */
  readonly childChanged: WaitQueue;
  /**
   * Calls back when the process has ended, for what must not be left waiting: a suspended guest is
   * only freed when it is taken down.
   */
  atEnd(callback: () => void): void;
  /** Ends this process now. */
  exit(code: number): never;
  /** Sets what a signal does to this process. */
  setSignal(signal: number, action: SignalAction): void;
  /** What a signal does. */
  getSignal(signal: number): SignalAction;
  /** Sends a signal: pid > 0 one, 0 own group, -1 all, < -1 that group. Throws ESRCH, EPERM. */
  kill(pid: number, signal: number): void;
  /** Makes this process the leader of a new session. */
  newSession(): void;
  /** Sets the group of self or a child. */
  setGroup(pid: number, pgid: number): void;
  /** CPU time of this process and of its reaped children, milliseconds. */
  times(): { self: number; children: number };
  /** Resource limits of `ulimit`; undefined is unlimited. */
  getLimit(name: LimitName): number | undefined;
  /** Lowers one of its limits. */
  setLimit(name: LimitName, value: number | undefined): void;
  /** The controlling terminal. */
  readonly tty: Terminal | undefined;
  /** Charges bytes held in memory against the sandbox's ceiling; negative gives back. */
  chargeMemory(bytes: number): void;
  /** Maximum depth of nesting (shell functions, parsers). */
  readonly maxDepth: number;
  /** Notes an unexpected error in the audit stream; the user sees only a short message. */
  reportInternalError(error: unknown): void;
}

/** Limits that `ulimit` names. Bytes, counts or milliseconds. */
export type LimitName =
  | "cpuMs"
  | "fileSize"
  | "data"
  | "stack"
  | "core"
  | "rss"
  | "openFiles"
  | "memory"
  | "processes"
  | "lockedMemory"
  | "locks"
  | "nice"
  | "rtprio";

/** Thrown through a program whose process has ended; only the kernel catches it. */
export class ProcessEnded extends Error {
  /**
   * Ends the process `pid` with the status `code`.
   *
   * @param pid The process.
   * @param code Its exit code.
   */
  constructor(readonly pid: number, readonly code: number) {
    super("process ended");
    this.name = "ProcessEnded";
  }
}

/** Time, as a capability: real, frozen or set. */
export interface Clock {
  /** Wall time, nanoseconds since the epoch. */
  nowNs(): bigint;
  /** Wall time, milliseconds since the epoch. */
  nowMs(): number;
  /** Monotonic time in nanoseconds from an arbitrary start. */
  monotonicNs(): bigint;
  /** Monotonic time in milliseconds, with fraction. */
  monotonicMs(): number;
  /** Sets the sandbox's wall clock; other sandboxes and the host are untouched. */
  set(ns: bigint): void;
}

/** Random bytes, as a capability: cryptographic or seeded. */
export interface Random {
  /** Fills the buffer with random bytes. */
  fill(buffer: Uint8Array): void;
  /** A number in 0 ≤ x < 2^32. */
  uint32(): number;
}

/** A network address. `host` is an IP literal once resolved. */
export interface NetAddress {
  /** Name or address. */
  readonly host: string;
  /** Port. */
  readonly port: number;
}

/** A connected stream. */
export interface NetConnection {
  /** Own end. */
  readonly local: NetAddress;
  /** Far end. */
  readonly remote: NetAddress;
  /** Reads and writes; closing it closes the connection. */
  readonly file: OpenFile;
  /** Tells the far end that nothing more comes. */
  closeWrite(): Promise<void>;
}

/** A listening socket. */
export interface NetListener {
  /** Own end. */
  readonly local: NetAddress;
  /** Waits for a connection. */
  accept(waiter: Waiter): Promise<NetConnection>;
  /** Gives it back. */
  close(): void;
}

/** A datagram socket. */
export interface NetDatagram {
  /** Own end. */
  readonly local: NetAddress;
  /** Sends a datagram. */
  send(data: Uint8Array, to: NetAddress): Promise<void>;
  /** Waits for a datagram. */
  receive(waiter: Waiter): Promise<{ data: Uint8Array; from: NetAddress }>;
  /** Gives it back. */
  close(): void;
}

/** A socket in the sandbox's own table, for `ss` and `netstat`. */
export interface SocketInfo {
  /** TCP or UDP. */
  readonly protocol: "tcp" | "udp" | "unix";
  /** State of the connection, as `netstat` names it. */
  readonly state: string;
  /** Own end. */
  readonly local: NetAddress;
  /** Far end. */
  readonly remote: NetAddress | undefined;
  /** Process number. */
  readonly pid: number;
}

/**
 * The one gate to the network. Each call checks the policy first and throws `VfsError` EACCES with a
 * message that names the missing grant; only then is a name resolved or a packet sent.
 */
export interface Network {
  /** Whether anything at all was granted. */
  readonly granted: boolean;
  /** Connects TCP; with `tls` the name is verified. */
  connect(
    host: string,
    port: number,
    option?: {
      readonly tls?: boolean;
      readonly scheme?: string;
      readonly path?: string;
      readonly timeoutMs?: number;
      readonly localPort?: number;
    },
  ): Promise<NetConnection>;
  /**
   * Begins TLS on a connection that was made without, as a client; the server's name is verified, or
   * its address where no name is given.
   * Nothing may be reading from it. The file goes on as the same one, now with what is inside of TLS.
   */
  secure(file: OpenFile, name: string): Promise<void>;
  /** Waits for connections. */
  listen(host: string, port: number): NetListener;
  /** Opens a socket for datagrams. */
  datagram(host: string, port: number): NetDatagram;
  /** Addresses of a name the policy allows. */
  resolve(host: string, family?: 4 | 6): Promise<string[]>;
  /** All open sockets. */
  sockets(): SocketInfo[];
}

/** Accelerations of the platform. Undefined where loading one is not worth it or not possible. */
export interface Platform {
  /**
   * A native hash by its name (`sha1`, `sha256`, …), or undefined. Loading it takes as long as our own
   * hash takes for some megabytes.
   */
  createHash(name: string): MaybePromise<
    { update(chunk: Uint8Array): void; digest(): Uint8Array } | undefined
  >;
  /** Native raw inflate/deflate/gunzip/gzip streams, or undefined. */
  createCodec(
    name: "gzip" | "gunzip" | "deflate-raw" | "inflate-raw",
    level?: number,
  ):
    | { push(chunk: Uint8Array): MaybePromise<Uint8Array[]>; finish(): MaybePromise<Uint8Array[]> }
    | undefined;
}

/** What programs may see of the kernel: the sandbox's own tables. */
export interface KernelView {
  /** All processes. */
  processes(): ProcessInfo[];
  /** A process by number. */
  process(pid: number): ProcessInfo | undefined;
  /** Changes virtual attributes of a process; throws ESRCH or EPERM. */
  setPriority(pid: number, nice: number): void;
  /** Sets the processors that it may run on. */
  setAffinity(pid: number, mask: number): void;
  /** The processors that it may run on. */
  getAffinity(pid: number): number;
  /** Sets its class and level for input and output. */
  setIoPriority(pid: number, value: { class: number; data: number }): void;
  /** Its class and level for input and output. */
  getIoPriority(pid: number): { class: number; data: number };
  /** Name of the system. */
  hostname: ByteString;
  /** `uname` fields. */
  readonly uname: {
    readonly sysname: ByteString;
    readonly release: ByteString;
    readonly version: ByteString;
    readonly machine: ByteString;
    readonly domain: ByteString;
  };
  /** Milliseconds since the sandbox started. */
  uptimeMs(): number;
  /** Milliseconds since the epoch. */
  readonly bootMs: number;
  /** Load averages over 1, 5, 15 minutes. */
  loadAverage(): [number, number, number];
  /** Memory in bytes: all, used, and used by files. */
  memory(): { readonly total: number; readonly used: number; readonly files: number };
  /** Number of processors. */
  readonly processors: number;
  /** What is mounted where. */
  mounts(): MountInfo[];
  /** Names of all programs that need no file (applets and host commands). */
  programNames(): ByteString[];
  /** Whether a program of that name is built in. */
  hasProgram(name: ByteString): boolean;
  /** The sandbox's log, as `logger`, `dmesg` and `logread` use it. */
  readonly log: { append(line: ByteString): void; lines(): readonly ByteString[]; clear(): void };
  /** Adds to the audit stream. */
  audit(event: AuditEvent): void;
}

/** One line of `/proc/mounts`. */
export interface MountInfo {
  /** What is mounted. */
  readonly source: ByteString;
  /** Where it is mounted. */
  readonly target: ByteString;
  /** What kind it is. */
  readonly type: string;
  /** Options, comma-separated. */
  readonly options: string;
}

/** One use of a capability. */
export interface AuditEvent {
  /** `read`, `write`, `net`, `spawn`, `limit`, `error`, … */
  readonly kind: string;
  /** Whether it was allowed. */
  readonly allowed: boolean;
  /** Process number. */
  readonly pid?: number;
  /** What it was about: a virtual path, an address, a program. */
  readonly subject: string;
  /** More about it. */
  readonly detail?: string;
}

/** Signals of Linux by number; index 0 is unused (`kill -l` of busybox prints 1–31). */
export const SIGNAL_NAMES: readonly string[] = Object.freeze([
  "EXIT",
  "HUP",
  "INT",
  "QUIT",
  "ILL",
  "TRAP",
  "ABRT",
  "BUS",
  "FPE",
  "KILL",
  "USR1",
  "SEGV",
  "USR2",
  "PIPE",
  "ALRM",
  "TERM",
  "STKFLT",
  "CHLD",
  "CONT",
  "STOP",
  "TSTP",
  "TTIN",
  "TTOU",
  "URG",
  "XCPU",
  "XFSZ",
  "VTALRM",
  "PROF",
  "WINCH",
  "POLL",
  "PWR",
  "SYS",
]);

/** Signal numbers by name. */
export const SIG = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  POLL: 29,
  PWR: 30,
  SYS: 31,
} as const;
Object.freeze(SIG);
