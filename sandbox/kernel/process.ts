/**
 * One process: its identity, descriptors, signals, waits, and its calls into the kernel.
 *
 * A process that has ended never runs again: a call it makes throws `ProcessEnded`, and a wait it
 * was in is simply never settled, so nothing of it can happen afterwards.
 *
 * @module
 */
import {
  type ByteString,
  type Child,
  type Clock,
  type Environment,
  type ExitStatus,
  type KernelView,
  type LimitName,
  type MaybePromise,
  type Network,
  type OpenFile,
  type Platform,
  type PollItem,
  type Process,
  ProcessEnded,
  type ProcessFs,
  type Random,
  SIG,
  type SignalAction,
  type SpawnOptions,
  type Terminal,
  type Waiter,
  type WaitQueue,
} from "../types.ts";
import { VfsError } from "../errors.ts";
import type { Caller } from "../vfs/caller.ts";
import type { Place } from "../vfs/place.ts";
import { BaseFile, type FileOwner } from "./open_file.ts";
import type { Kernel } from "./kernel.ts";
import type { Run } from "./run.ts";
import { Queue } from "./wait_queue.ts";

/** A wait in progress. */
interface Blocked {
  /** Undoes the registrations. */
  cancel(): void;
  /** Ends the wait with EINTR, where the waiter asked for that. */
  interrupt: (() => void) | undefined;
}

interface Descriptor {
  readonly file: OpenFile;
  closeOnExec: boolean;
}

/** How long a shell may take to name the group that it has started as the one in the foreground. */
const GROUP_SETTLES_MS = 20;
/** Priorities that `nice` can have. */
const NICE_MIN = -20;
const NICE_MAX = 19;

/** The kernel's side of a process. */
export class KernelProcess implements Process, Caller, Waiter, FileOwner, Child {
  argv: readonly ByteString[];
  /** Name of the file that runs (`comm`): for a script its own, not its interpreter's. */
  comm: ByteString | undefined;
  env: Environment;
  umask: number;
  uid: number;
  gid: number;
  groups: readonly number[];
  pgid: number;
  sid: number;
  #nice = 0;
  affinity: number;
  ioPriority: { class: number; data: number };
  root: Place;
  cwd: Place;
  readonly fs: ProcessFs;
  readonly startMs: number;
  readonly childChanged: Queue = new Queue();
  /** Steps left until the kernel is asked for the time. */
  budget: number;
  cpu = 0;
  childrenCpu = 0;
  status: ExitStatus | undefined;
  stopped = false;
  stopSignal = 0;
  /** Signals that came while it was stopped. */
  #held: Set<number> | undefined;
  /** The end of its run is told only after its own. */
  lingers = false;
  /** Set when a stop or a continue has not been seen by the parent. */
  reaped = false;
  /** Bytes charged to the sandbox by this process. */
  memory = 0;
  /** Depth of synchronous starts above this one. */
  tty: Terminal | undefined;
  readonly #descriptors: (Descriptor | undefined)[] = [];
  #actions: Map<number, SignalAction> | undefined;
  #blocked: Set<Blocked> | undefined;
  #parked: (() => void)[] | undefined;
  #opened: Set<BaseFile> | undefined;
  #children: KernelProcess[] = [];
  #limits: Map<LimitName, number> | undefined;
  #undo: (() => void)[] | undefined;

  constructor(
    readonly kernel_: Kernel,
    readonly pid: number,
    public parent: KernelProcess | undefined,
    readonly run: Run,
    from: {
      argv: readonly ByteString[];
      env: Environment;
      umask: number;
      uid: number;
      gid: number;
      groups: readonly number[];
      pgid: number;
      sid: number;
      nice: number;
      affinity: number;
      ioPriority: { class: number; data: number };
      root: Place;
      cwd: Place;
      tty: Terminal | undefined;
    },
  ) {
    this.argv = from.argv;
    this.env = from.env;
    this.umask = from.umask;
    this.uid = from.uid;
    this.gid = from.gid;
    this.groups = from.groups;
    this.pgid = from.pgid;
    this.sid = from.sid;
    this.#nice = from.nice;
    this.affinity = from.affinity;
    this.ioPriority = from.ioPriority;
    this.root = from.root;
    this.cwd = from.cwd;
    this.tty = from.tty;
    this.startMs = kernel_.clock.nowMs();
    this.budget = kernel_.slice;
    this.fs = kernel_.fileSystemOf(this);
  }

  // -- capabilities -----------------------------------------------------------------------------

  get ppid(): number {
    return this.parent?.pid ?? 0;
  }
  get clock(): Clock {
    return this.kernel_.clock;
  }
  get random(): Random {
    return this.kernel_.random;
  }
  get net(): Network {
    return this.kernel_.networkOf(this);
  }
  get kernel(): KernelView {
    return this.kernel_.viewOf(this);
  }
  get platform(): Platform {
    return this.kernel_.platform;
  }
  get waiter(): Waiter {
    return this;
  }
  get maxDepth(): number {
    return this.kernel_.limits.depth;
  }
  get maxFileSize(): number | undefined {
    const own = this.#limits?.get("fileSize") ?? Infinity;
    const size = Math.min(own, this.kernel_.limits.fileBytes);
    return size === Infinity ? undefined : size;
  }
  get ended(): boolean {
    return this.status !== undefined;
  }
  get nice(): number {
    return this.#nice;
  }
  set nice(value: number) {
    this.#nice = Math.max(NICE_MIN, Math.min(NICE_MAX, value));
  }

  /** Throws when the process has ended: nothing may happen after that. */
  checkAlive(): void {
    if (this.status !== undefined) throw new ProcessEnded(this.pid, this.status.code);
  }

  // -- descriptors ------------------------------------------------------------------------------

  fd(number: number): OpenFile | undefined {
    return this.#descriptors[number]?.file;
  }

  fdNumbers(): number[] {
    const numbers: number[] = [];
    for (let i = 0; i < this.#descriptors.length; i++) {
      if (this.#descriptors[i] !== undefined) numbers.push(i);
    }
    return numbers;
  }

  setFd(file: OpenFile, number?: number, from = 0, closeOnExec = false): number {
    if (this.status !== undefined) {
      // It must not be able to write again: a shell that was killed would go on.
      file.release();
      this.checkAlive();
    }
    const limit = Math.min(
      this.#limits?.get("openFiles") ?? Infinity,
      this.kernel_.limits.openFiles,
    );
    let at = number;
    if (at === undefined) {
      at = from;
      while (this.#descriptors[at] !== undefined) at++;
      if (at >= limit) throw new VfsError("EMFILE");
    } else {
      if (at < 0 || at >= limit) throw new VfsError("EBADF");
      const old = this.#descriptors[at];
      // dup2 of a descriptor to itself must not close it.
      this.#descriptors[at] = undefined;
      if (old !== undefined) dropDescriptor(old.file);
    }
    this.disown(file);
    countDescriptor(file, 1);
    while (this.#descriptors.length < at) this.#descriptors.push(undefined);
    this.#descriptors[at] = { file, closeOnExec };
    return at;
  }

  closeFd(number: number): boolean {
    const descriptor = this.#descriptors[number];
    if (descriptor === undefined) return false;
    this.#descriptors[number] = undefined;
    dropDescriptor(descriptor.file);
    return true;
  }

  isCloseOnExec(number: number): boolean {
    return this.#descriptors[number]?.closeOnExec ?? false;
  }

  /** Takes note of a file that the program opened, to close it when the process ends. */
  own(file: BaseFile): void {
    (this.#opened ??= new Set()).add(file);
    file.owner = this;
  }

  /** The file's reference now belongs to somebody else. */
  disown(file: OpenFile): void {
    if (this.#opened?.delete(file as BaseFile)) (file as BaseFile).owner = undefined;
  }

  fileClosed(file: BaseFile): void {
    this.#opened?.delete(file);
  }

  /** Registers what must be undone when the process ends. */
  atEnd(undo: () => void): void {
    (this.#undo ??= []).push(undo);
  }

  /** Files opened and not closed, descriptors included. */
  get openFileCount(): number {
    let count = this.#opened?.size ?? 0;
    for (const each of this.#descriptors) if (each !== undefined) count++;
    return count;
  }

  /** Closes what must not survive `exec`. */
  closeOnExec(): void {
    for (let i = 0; i < this.#descriptors.length; i++) {
      if (this.#descriptors[i]?.closeOnExec) this.closeFd(i);
    }
  }

  /** Gives a child its descriptors. */
  shareDescriptors(child: KernelProcess, only?: ReadonlyMap<number, OpenFile>): void {
    if (only !== undefined) {
      for (const [number, file] of only) child.#adopt(number, file.retain());
      return;
    }
    const from = this.#descriptors;
    for (let i = 0; i < from.length; i++) {
      const each = from[i];
      if (each !== undefined && !each.closeOnExec) child.#adopt(i, each.file.retain());
    }
  }

  #adopt(number: number, file: OpenFile): void {
    while (this.#descriptors.length < number) this.#descriptors.push(undefined);
    countDescriptor(file, 1);
    this.#descriptors[number] = { file, closeOnExec: false };
  }

  /** Closes everything, at the end. */
  closeAll(): void {
    if (this.#undo !== undefined) { for (const undo of this.#undo) undo(); }
    this.#undo = undefined;
    for (let i = 0; i < this.#descriptors.length; i++) {
      const each = this.#descriptors[i];
      if (each === undefined) continue;
      this.#descriptors[i] = undefined;
      dropDescriptor(each.file);
    }
    if (this.#opened !== undefined) {
      for (const file of [...this.#opened]) {
        file.owner = undefined;
        file.release();
      }
      this.#opened = undefined;
    }
  }

  // -- time -------------------------------------------------------------------------------------

  tick(n: number): Promise<void> | undefined {
    if ((this.budget -= n) > 0) return undefined;
    return this.kernel_.turn(this);
  }

  spend(n: number): void {
    this.budget -= n;
  }

  brokenPipe(): void {
    this.kernel_.deliver(this, SIG.PIPE);
    this.checkAlive();
  }

  waitOn(queue: WaitQueue): Promise<void> {
    return this.waitAny([queue]);
  }

  awaitForeground(tty: Terminal): Promise<void> | undefined {
    if (this.tty !== tty || this.pgid === tty.foreground) return undefined;
    return this.#untilForeground(tty);
  }

  async #untilForeground(tty: Terminal): Promise<void> {
    // A shell says which group is in the foreground only after it has started it.
    await this.waitAny([], GROUP_SETTLES_MS);
    while (this.pgid !== tty.foreground) {
      if (this.getSignal(SIG.TTIN) === "ignore") throw new VfsError("EIO");
      this.kernel_.signalGroup(this.pgid, SIG.TTIN);
      await this.waitAny([], 0);
    }
  }

  /** Keeps a signal until the process is continued. */
  hold(signal: number): void {
    (this.#held ??= new Set()).add(signal);
  }

  /** The signals that came while it was stopped. */
  takeHeld(): number[] {
    const held = this.#held;
    this.#held = undefined;
    return held === undefined ? [] : [...held];
  }

  waitAny(
    queues: readonly WaitQueue[],
    timeoutMs?: number,
    option?: { readonly interruptible?: boolean },
  ): Promise<void> {
    this.checkAlive();
    const kernel = this.kernel_;
    kernel.pause(this);
    return new Promise<void>((resolve, reject) => {
      let cancelTimer: (() => void) | undefined;
      const end = (settle: () => void): void => {
        blocked.cancel();
        this.#resume(settle);
      };
      const wake = (): void => end(resolve);
      const blocked: Blocked = {
        cancel: () => {
          this.#blocked!.delete(blocked);
          for (const queue of queues) queue.remove(wake);
          cancelTimer?.();
        },
        interrupt: option?.interruptible
          ? () => end(() => reject(new VfsError("EINTR")))
          : undefined,
      };
      (this.#blocked ??= new Set()).add(blocked);
      for (const queue of queues) queue.add(wake);
      if (timeoutMs !== undefined && timeoutMs !== Infinity) {
        cancelTimer = kernel.host.setTimer(timeoutMs, wake);
      }
    });
  }

  /** Lets a wait end, unless the process is stopped: then when it continues. */
  #resume(settle: () => void): void {
    if (this.ended) return;
    if (this.stopped) (this.#parked ??= []).push(() => this.#resume(settle));
    else this.kernel_.resume(this, settle);
  }

  /** Waits until continued, when stopped. */
  whileStopped(): Promise<void> {
    return new Promise((resolve) => (this.#parked ??= []).push(() => this.#resume(resolve)));
  }

  sleep(milliseconds: number, option?: { readonly interruptible?: boolean }): Promise<void> {
    return this.waitAny([], milliseconds, option);
  }

  poll(
    items: readonly PollItem[],
    timeoutMs: number | undefined,
    option?: { readonly interruptible?: boolean },
  ): MaybePromise<number[]> {
    const ready = readyItems(items);
    if (ready.length > 0 || timeoutMs === 0) return ready;
    return this.#pollLater(items, timeoutMs, option);
  }

  async #pollLater(
    items: readonly PollItem[],
    timeoutMs: number | undefined,
    option?: { readonly interruptible?: boolean },
  ): Promise<number[]> {
    const queues = items.map((item) => item.file.changed);
    const end = timeoutMs === undefined ? Infinity : this.clock.monotonicMs() + timeoutMs;
    for (;;) {
      const left = end - this.clock.monotonicMs();
      if (left <= 0) return [];
      await this.waitAny(queues, left === Infinity ? undefined : left, option);
      const ready = readyItems(items);
      if (ready.length > 0) return ready;
    }
  }

  // -- processes --------------------------------------------------------------------------------

  spawn(argv: readonly ByteString[], options: SpawnOptions = {}): Child {
    this.checkAlive();
    return this.kernel_.spawn(this, argv, options);
  }

  pipe(): { readonly read: OpenFile; readonly write: OpenFile } {
    this.checkAlive();
    return this.kernel_.makePipe(this);
  }

  exec(
    argv: readonly ByteString[],
    options: {
      readonly env?: Environment;
      readonly file?: ByteString;
      readonly searchPath?: ByteString;
    } = {},
  ): MaybePromise<number> {
    this.checkAlive();
    return this.kernel_.exec(this, argv, options);
  }

  findProgram(name: ByteString, searchPath?: ByteString): ByteString | undefined {
    return this.kernel_.programs.find(this, name, searchPath)?.path;
  }

  children(): Child[] {
    return [...this.#children];
  }

  /** All children as the kernel knows them. */
  get childProcesses(): KernelProcess[] {
    return this.#children;
  }

  adoptChild(child: KernelProcess): void {
    this.#children.push(child);
  }

  dropChild(child: KernelProcess): void {
    const at = this.#children.indexOf(child);
    if (at >= 0) this.#children.splice(at, 1);
  }

  /** As a child: its status, reaping it. */
  wait(): MaybePromise<ExitStatus> {
    if (this.status !== undefined) {
      this.kernel_.reap(this);
      return this.status;
    }
    return this.#waitLater();
  }

  async #waitLater(): Promise<ExitStatus> {
    const parent = this.parent;
    while (this.status === undefined) {
      if (parent === undefined) throw new VfsError("ECHILD");
      await parent.waitAny([parent.childChanged]);
    }
    this.kernel_.reap(this);
    return this.status;
  }

  /** CPU time of it and its reaped children, milliseconds. */
  get cpuMs(): number {
    return this.kernel_.cpuOf(this) + this.childrenCpu;
  }

  exit(code: number): never {
    this.kernel_.terminate(this, code & 255, 0);
    throw new ProcessEnded(this.pid, code & 255);
  }

  // -- signals ----------------------------------------------------------------------------------

  setSignal(signal: number, action: SignalAction): void {
    if (signal === SIG.KILL || signal === SIG.STOP) return;
    if (action === "default") this.#actions?.delete(signal);
    else (this.#actions ??= new Map()).set(signal, action);
  }

  getSignal(signal: number): SignalAction {
    return this.#actions?.get(signal) ?? "default";
  }

  /** Signals that are ignored; what a child inherits. */
  ignoredSignals(): number[] {
    if (this.#actions === undefined) return [];
    const ignored: number[] = [];
    for (const [signal, action] of this.#actions) if (action === "ignore") ignored.push(signal);
    return ignored;
  }

  /** Caught signals go back to their default at `exec`. */
  dropHandlers(): void {
    if (this.#actions === undefined) return;
    for (const [signal, action] of this.#actions) {
      if (action !== "ignore") this.#actions.delete(signal);
    }
  }

  /** Ends waits that asked to be interrupted. */
  interrupt(): void {
    if (this.#blocked === undefined) return;
    for (const blocked of [...this.#blocked]) blocked.interrupt?.();
  }

  /** Whether it waits for something. */
  get waiting(): boolean {
    return this.#blocked !== undefined && this.#blocked.size > 0;
  }

  /** Forgets all waits: they are never settled. */
  cancelWaits(): void {
    if (this.#blocked !== undefined) { for (const each of [...this.#blocked]) each.cancel(); }
    this.#blocked = undefined;
    this.#parked = undefined;
  }

  /** Runs what was held back while stopped. */
  unpark(): void {
    const parked = this.#parked;
    this.#parked = undefined;
    if (parked !== undefined) { for (const each of parked) each(); }
  }

  kill(pid: number, signal: number): void {
    this.checkAlive();
    this.kernel_.kill(this, pid, signal);
  }

  newSession(): void {
    if (this.pgid === this.pid) throw new VfsError("EPERM");
    this.sid = this.pgid = this.pid;
    this.tty = undefined;
  }

  setGroup(pid: number, pgid: number): void {
    const target = pid === 0 || pid === this.pid
      ? this
      : this.#children.find((child) => child.pid === pid);
    if (target === undefined) throw new VfsError("ESRCH");
    target.pgid = pgid === 0 ? target.pid : pgid;
  }

  times(): { self: number; children: number } {
    return { self: this.kernel_.cpuOf(this), children: this.childrenCpu };
  }

  getLimit(name: LimitName): number | undefined {
    return this.#limits?.get(name);
  }

  setLimit(name: LimitName, value: number | undefined): void {
    if (value === undefined) this.#limits?.delete(name);
    else (this.#limits ??= new Map()).set(name, value);
  }

  /** A child starts with its parent's limits. */
  inheritLimits(from: KernelProcess): void {
    if (from.#limits !== undefined) this.#limits = new Map(from.#limits);
  }

  chargeMemory(bytes: number): void {
    this.kernel_.chargeMemory(this, bytes);
  }

  tryChargeMemory(bytes: number): boolean {
    if (!this.kernel_.hasMemory(bytes)) return false;
    this.kernel_.chargeMemory(this, bytes);
    return true;
  }

  reportInternalError(error: unknown): void {
    this.kernel_.audit?.({
      kind: "error",
      allowed: false,
      pid: this.pid,
      subject: this.argv[0] ?? "",
      detail: error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
    });
  }
}

/** One descriptor more or fewer refers to a file. */
function countDescriptor(file: OpenFile, by: 1 | -1): void {
  if (file instanceof BaseFile) file.descriptors += by;
}

function dropDescriptor(file: OpenFile): void {
  countDescriptor(file, -1);
  file.release();
}

function readyItems(items: readonly PollItem[]): number[] {
  const ready: number[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const state = item.file.ready();
    if ((item.read && state.read) || (item.write && state.write) || state.hangup) ready.push(i);
  }
  return ready;
}
