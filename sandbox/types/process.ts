/**
 * Processes, their children, and how they start and end.
 *
 * @module
 */
import type { ByteString, MaybePromise } from "./basic.ts";
import type { Clock, Platform, Random } from "./capabilities.ts";
import type { KernelView } from "./kernel_view.ts";
import type { Network } from "./network.ts";
import type { OpenFile, Waiter, WaitQueue } from "./open_file.ts";
import type { ProcessFs } from "./process_fs.ts";
import type { Terminal } from "./terminal.ts";

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
  groups: readonly number[];
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
  /** The same, but gives false, with nothing charged, where the ceiling would be passed. */
  tryChargeMemory(bytes: number): boolean;
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
