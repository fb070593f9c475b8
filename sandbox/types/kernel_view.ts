/**
 * What programs may see of the whole sandbox: its processes, mounts and records.
 *
 * @module
 */
import type { ByteString } from "./basic.ts";

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
