/**
 * The contracts that every part of capbox shares: byte strings, files, processes, capabilities.
 *
 * Types and constants only: the numbers stand here, the types in types/, one module an idea.
 * Applets and the WASI runtime see the kernel through these interfaces and never through its classes,
 * so nothing here may name a host facility.
 *
 * @module
 */
import type { Stat } from "./types/nodes.ts";

export type * from "./types/basic.ts";
export type * from "./types/nodes.ts";
export type * from "./types/open_file.ts";
export type * from "./types/terminal.ts";
export type * from "./types/process_fs.ts";
export type * from "./types/process.ts";
export type * from "./types/capabilities.ts";
export type * from "./types/network.ts";
export type * from "./types/kernel_view.ts";

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

/** Facts of what has no inode: a mode is to be added, and a number where there are several. */
export const NO_INODE: Stat = Object.freeze({
  dev: 0,
  ino: 0,
  mode: 0,
  nlink: 1,
  uid: 0,
  gid: 0,
  rdev: 0,
  size: 0,
  blksize: 4096,
  blocks: 0,
  atimeNs: 0n,
  mtimeNs: 0n,
  ctimeNs: 0n,
});

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

/** Where programs are looked for without a PATH. */
export const DEFAULT_PATH = "/sbin:/usr/sbin:/bin:/usr/bin";

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

/** Signals of Linux by number; index 0 is unused (`kill -l` of busybox prints 1–31). */
export const SIGNAL_NAMES: readonly string[] = Object.freeze(["EXIT", ...Object.keys(SIG)]);
