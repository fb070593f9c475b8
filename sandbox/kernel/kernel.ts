/**
 * The kernel of one sandbox: its process table, scheduling, signals and limits.
 *
 * Programs are coroutines of one isolate. One that computes calls `tick`; when its slice is spent
 * the kernel lets the host's event loop turn, so that timers, signals and other programs get their
 * time. One that has nothing to wait for runs straight through without touching the event loop.
 *
 * @module
 */
import {
  type AuditEvent,
  type ByteString,
  type Clock,
  type EndReason,
  type Environment,
  type ExitStatus,
  type KernelView,
  type MaybePromise,
  type Network,
  type OpenFile,
  type Platform,
  type Process,
  ProcessEnded,
  type ProcessFs,
  type Program,
  type Random,
  SIG,
  SIGNAL_NAMES,
  type SpawnOptions,
  type Terminal,
} from "../types.ts";
import { isVfsError, VfsError } from "../errors.ts";
import { toBytes } from "../bytes.ts";
import type { Limits } from "../caps/limits.ts";
import type { Namespace, OpenTarget } from "../vfs/namespace.ts";
import type { Place } from "../vfs/place.ts";
import { OpenDirectory } from "../vfs/directory.ts";
import type { ProcDetail } from "../vfs/proc.ts";
import { ProcessFileSystem } from "../vfs/process_fs.ts";
import { BaseFile, DirectoryFile, FileContext, RegularFile } from "./open_file.ts";
import { Pipe, PipeReader, PipeWriter } from "./pipe.ts";
import { KernelProcess } from "./process.ts";
import { Programs, type ProgramTable, type WasmLoader } from "./programs.ts";
import { Run } from "./run.ts";
import { ProcessView, type SystemState } from "./view.ts";
import { openSpecial } from "./special.ts";

/** What the kernel needs of the host. */
export interface KernelHost {
  /** Calls back after so many milliseconds; the result cancels it. */
  setTimer(milliseconds: number, callback: () => void): () => void;
  /** Lets the event loop turn once. */
  yield(): Promise<void>;
  /** Monotonic milliseconds with fraction. */
  monotonicMs(): number;
  /** How much of the heap that all sandboxes here share is in use, from 0 to 1. */
  heapShare(): number;
}

/** What a kernel is made of. */
export interface KernelOptions {
  readonly host: KernelHost;
  readonly namespace: Namespace;
  readonly programs: ProgramTable;
  readonly wasm?: WasmLoader;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly platform: Platform;
  readonly network: (process: KernelProcess) => Network;
  /** Takes each use of a capability; absent when nobody listens, which saves its cost. */
  readonly audit?: (event: AuditEvent) => void;
  readonly system: SystemState;
}

/** How to start the first process of a run. */
export interface RunOptions {
  readonly argv: readonly ByteString[];
  readonly env: Environment;
  readonly cwd: ByteString;
  readonly uid: number;
  readonly gid: number;
  readonly fds: ReadonlyMap<number, OpenFile>;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly outputBytes: number;
  readonly tty?: Terminal;
  /** What to run instead of looking `argv[0]` up. */
  readonly program?: MaybePromise<Program>;
}

/** A started run. */
export interface StartedRun {
  readonly process: KernelProcess;
  readonly run: Run;
  /** Settles when the first process has ended. */
  readonly ended: Promise<ExitStatus>;
}

/** Milliseconds a program may compute before the event loop turns. */
const SLICE_MS = 8;

/** Milliseconds between two looks at the heap. */
const HEAP_LOOK_MS = 40;

/**
 * Share of the heap above which whoever runs is ended. What programs hold is charged to them by
 * estimate; this is for what no estimate foresaw, since a full heap ends the embedding program too.
 * The limit that the engine names has its young generation in it, so more could not be reached.
 */
const HEAP_MOST = 0.65;
/** Steps between two looks at the time. */
const SLICE_STEPS = 256;
/** Synchronous starts of a process within a process, before one is put on the queue. */
const SYNC_DEPTH = 24;

/** Signals that do nothing by default. */
const IGNORED = new Set<number>([SIG.CHLD, SIG.CONT, SIG.URG, SIG.WINCH]);
/** Signals that stop by default. */
const STOPPING = new Set<number>([SIG.STOP, SIG.TSTP, SIG.TTIN, SIG.TTOU]);

/** The kernel. */
export class Kernel {
  readonly host: KernelHost;
  readonly namespace: Namespace;
  readonly programs: Programs;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly platform: Platform;
  readonly system: SystemState;
  readonly slice = SLICE_STEPS;
  readonly files: FileContext = new FileContext();
  readonly audit: ((event: AuditEvent) => void) | undefined;
  readonly #table = new Map<number, KernelProcess>();
  readonly #network: (process: KernelProcess) => Network;
  readonly #fifos = new Map<string, Pipe>();
  readonly #ended = new Map<KernelProcess, (status: ExitStatus) => void>();
  #nextPid = 1;
  #caller: KernelProcess | undefined;
  #nextPipe = 1;
  #sliceStart = 0;
  #heapLooked = 0;
  #running: KernelProcess | undefined;
  #runningSince = 0;
  #depth = 0;
  #memory = 0;
  #yielding: Promise<void> | undefined;

  constructor(options: KernelOptions) {
    this.host = options.host;
    this.namespace = options.namespace;
    this.programs = new Programs(options.programs, options.wasm);
    this.limits = options.limits;
    this.clock = options.clock;
    this.random = options.random;
    this.platform = options.platform;
    this.#network = options.network;
    this.audit = options.audit;
    this.system = options.system;
  }

  // -- table ------------------------------------------------------------------------------------

  /** All processes, ended but not yet reaped ones included. */
  get processes(): ReadonlyMap<number, KernelProcess> {
    return this.#table;
  }

  /** Bytes charged by programs. */
  get memory(): number {
    return this.#memory;
  }

  /** The kernel as a process may see it. */
  viewOf(process: KernelProcess): KernelView {
    return new ProcessView(this, process);
  }

  /** The network gate for a process. */
  networkOf(process: KernelProcess): Network {
    return this.#network(process);
  }

  /** The file system calls of a process. */
  fileSystemOf(process: KernelProcess): ProcessFs {
    return new ProcessFileSystem(this.namespace, process, {
      makeFile: (target: OpenTarget, flags: number) => this.#makeFile(process, target, flags),
      audit: this.audit === undefined
        ? undefined
        : (kind, path, allowed) => this.audit?.({ kind, allowed, pid: process.pid, subject: path }),
    });
  }

  /** A process that never runs: who makes a file system call from outside. It has no number. */
  createCaller(options: {
    readonly uid: number;
    readonly gid: number;
    readonly env: Environment;
    readonly cwd: ByteString;
  }): KernelProcess {
    const place = this.namespace.rootPlace;
    const run = new Run(Infinity, Infinity);
    const process = new KernelProcess(this, 0, undefined, run, {
      argv: ["capbox"],
      env: options.env,
      umask: 0o022,
      uid: options.uid,
      gid: options.gid,
      groups: [options.gid],
      pgid: 0,
      sid: 0,
      nice: 0,
      affinity: 1,
      ioPriority: { class: 0, data: 0 },
      root: place,
      cwd: place,
      tty: undefined,
    });
    try {
      process.fs.changeDir(options.cwd);
    } catch (error) {
      // The directory may yet be made; until then calls are relative to the root.
      if (!isVfsError(error)) throw error;
    }
    return process;
  }

  /** The caller that `/proc` shows the kernel's tables to. */
  get caller(): KernelProcess {
    return this.#caller ??= this.createCaller({ uid: 0, gid: 0, env: new Map(), cwd: "/" });
  }

  /** Number of the process that was started last. */
  get lastPid(): number {
    return this.#nextPid - 1;
  }

  /** What `/proc/N` shows beyond `ps`. */
  detail(pid: number): ProcDetail | undefined {
    const process = this.#table.get(pid);
    if (process === undefined) return undefined;
    const name = process.argv[0] ?? "";
    return {
      env: process.env,
      cwd: process.cwd,
      root: process.root,
      exe: name.startsWith("/") ? name : `/bin/${name}`,
      umask: process.umask,
      groups: process.groups,
      fdNumbers: () => process.fdNumbers(),
      fd: (number) => process.fd(number),
      limit: (limit) => process.getLimit(limit),
      ignored: process.ignoredSignals(),
    };
  }

  #newPid(): number {
    do {
      if (this.#nextPid > 4194304) this.#nextPid = 2;
      this.#nextPid++;
    } while (this.#table.has(this.#nextPid - 1));
    return this.#nextPid - 1;
  }

  #checkRoom(subject: string): void {
    if (this.#table.size >= this.limits.processes) {
      this.audit?.({ kind: "limit", allowed: false, subject, detail: "processes" });
      throw new VfsError("EAGAIN", undefined);
    }
  }

  // -- starting ---------------------------------------------------------------------------------

  /**
   * Starts a run.
   *
   * @param early Gets the run before its program takes the first step.
   * @throws {VfsError} ENOENT and others when the program or the directory cannot be found
   */
  start(options: RunOptions, early?: (started: StartedRun) => void): StartedRun {
    this.#checkRoom(options.argv[0]);
    const run = new Run(options.cpuMs, options.outputBytes);
    const pid = this.#newPid();
    const root = this.namespace.rootPlace;
    const process = new KernelProcess(this, pid, undefined, run, {
      argv: options.argv,
      env: options.env,
      umask: 0o022,
      uid: options.uid,
      gid: options.gid,
      groups: [options.gid],
      pgid: pid,
      sid: pid,
      nice: 0,
      affinity: 2 ** this.system.processors - 1,
      ioPriority: { class: 0, data: 0 },
      root,
      cwd: root,
      tty: options.tty,
    });
    process.fs.changeDir(options.cwd);
    const program = options.program ?? this.#resolve(process, options.argv[0], undefined);
    for (const [number, file] of options.fds) process.setFd(file.retain(), number);
    this.#table.set(pid, process);
    run.alive++;
    if (options.tty !== undefined) options.tty.foreground = pid;
    const ended = new Promise<ExitStatus>((resolve) => this.#ended.set(process, resolve));
    if (options.wallMs !== Infinity) {
      run.cancelTimer = this.host.setTimer(options.wallMs, () => this.endRun(run, "timeout"));
    }
    this.#sliceStart = this.host.monotonicMs();
    const started: StartedRun = { process, run, ended };
    early?.(started);
    this.#begin(process, program);
    return started;
  }

  #resolve(
    process: KernelProcess,
    file: ByteString,
    searchPath: ByteString | undefined,
    textIsScript = false,
  ): MaybePromise<Program> {
    const resolved = this.programs.resolve(
      process,
      process.argv,
      file,
      searchPath,
      textIsScript,
    );
    process.argv = resolved.argv;
    process.comm = resolved.name;
    return resolved.program;
  }

  /** Starts a child. */
  spawn(parent: KernelProcess, argv: readonly ByteString[], options: SpawnOptions): KernelProcess {
    this.#checkRoom(argv[0]);
    const pid = this.#newPid();
    const newGroup = options.newSession || options.pgid === 0;
    const child = new KernelProcess(this, pid, parent, parent.run, {
      argv,
      env: options.env ?? parent.env,
      umask: options.umask ?? parent.umask,
      uid: parent.uid,
      gid: parent.gid,
      groups: parent.groups,
      pgid: newGroup ? pid : options.pgid ?? parent.pgid,
      sid: options.newSession ? pid : parent.sid,
      nice: options.nice ?? parent.nice,
      affinity: parent.affinity,
      ioPriority: parent.ioPriority,
      root: parent.root,
      cwd: parent.cwd,
      tty: options.newSession ? undefined : parent.tty,
    });
    child.inheritLimits(parent);
    for (const signal of parent.ignoredSignals()) {
      if (!options.resetSignals) child.setSignal(signal, "ignore");
    }
    for (const signal of options.ignoreSignals ?? []) child.setSignal(signal, "ignore");
    if (options.program !== undefined) child.comm = parent.comm;
    if (options.lingers) child.lingers = true;
    if (options.cwd !== undefined) child.fs.changeDir(options.cwd);
    const program = options.program ??
      this.#resolve(child, options.file ?? argv[0], options.searchPath, options.file === undefined);
    parent.shareDescriptors(child, options.fds);
    this.#table.set(pid, child);
    child.run.alive++;
    parent.adoptChild(child);
    this.#begin(child, program);
    return child;
  }

  /** Becomes another program in the same process. */
  exec(
    process: KernelProcess,
    argv: readonly ByteString[],
    options: {
      readonly env?: Environment;
      readonly file?: ByteString;
      readonly searchPath?: ByteString;
    },
  ): MaybePromise<number> {
    const before = process.argv;
    const env = process.env;
    process.argv = argv;
    if (options.env !== undefined) process.env = options.env;
    let program: MaybePromise<Program>;
    try {
      program = this.#resolve(
        process,
        options.file ?? argv[0],
        options.searchPath,
        options.file === undefined,
      );
    } catch (error) {
      process.argv = before;
      process.env = env;
      throw error;
    }
    process.closeOnExec();
    process.dropHandlers();
    if (program instanceof Promise) return program.then((loaded) => loaded(process));
    const known = program;
    // Nor must a chain of programs that become each other use up the stack.
    if (this.#depth >= SYNC_DEPTH) return Promise.resolve().then(() => this.#enter(process, known));
    this.#depth++;
    try {
      return known(process);
    } finally {
      this.#depth--;
    }
  }

  /** Runs a new process as far as it gets without waiting. */
  #begin(process: KernelProcess, program: MaybePromise<Program>): void {
    if (program instanceof Promise) {
      this.#watch(process, program.then((loaded) => this.#enter(process, loaded)));
      return;
    }
    if (this.#depth >= SYNC_DEPTH) {
      // A chain of starts must not use up the stack: this one goes on the queue.
      this.#watch(process, Promise.resolve().then(() => this.#enter(process, program)));
      return;
    }
    const before = this.#switchTo(process);
    if (this.#runningSince - this.#sliceStart > SLICE_MS) {
      // Programs that only start others must not keep the event loop from turning.
      this.#switchTo(before);
      this.#watch(process, this.#turnLoop().then(() => this.#enter(process, program)));
      return;
    }
    this.#depth++;
    let result: MaybePromise<number>;
    try {
      result = program(process);
    } catch (error) {
      this.#depth--;
      this.#switchTo(before);
      this.#failed(process, error);
      return;
    }
    this.#depth--;
    this.#switchTo(before);
    if (result instanceof Promise) this.#watch(process, result);
    else this.terminate(process, result & 255, 0);
  }

  #enter(process: KernelProcess, program: Program): MaybePromise<number> {
    process.checkAlive();
    const before = this.#switchTo(process);
    this.#depth++;
    try {
      return program(process);
    } finally {
      this.#depth--;
      this.#switchTo(before);
    }
  }

  #watch(process: KernelProcess, work: Promise<number>): void {
    work.then(
      (code) => this.terminate(process, code & 255, 0),
      (error) => this.#failed(process, error),
    );
  }

  #failed(process: KernelProcess, error: unknown): void {
    if (error instanceof ProcessEnded) {
      // Ended by `exit` or a signal; a program that lets another's end through is a defect.
      if (process.status === undefined) this.terminate(process, error.code, 0);
      return;
    }
    if (process.status !== undefined) return;
    const name = process.argv[0] ?? "";
    let text = "internal error";
    if (isVfsError(error)) text = error.reason;
    else if (error instanceof RangeError && /call stack/i.test(error.message)) {
      text = "nesting too deep";
    } else process.reportInternalError(error);
    try {
      void process.fd(2)?.write(toBytes(`${name}: ${text}\n`), process);
    } catch { /* Nobody can be told: the status says it. */ }
    this.terminate(process, isVfsError(error) ? 1 : 126, 0);
  }

  // -- time -------------------------------------------------------------------------------------

  /** Accounts CPU time and makes another process the running one. */
  #switchTo(process: KernelProcess | undefined): KernelProcess | undefined {
    const now = this.host.monotonicMs();
    const before = this.#running;
    if (before !== undefined) {
      const used = now - this.#runningSince;
      before.cpu += used;
      before.run.cpuMs += used;
    }
    this.#running = process;
    this.#runningSince = now;
    return before;
  }

  /** CPU time of a process up to now. */
  cpuOf(process: KernelProcess): number {
    if (this.#running !== process) return process.cpu;
    return process.cpu + this.host.monotonicMs() - this.#runningSince;
  }

  /** A process begins to wait. */
  pause(process: KernelProcess): void {
    if (this.#running === process) this.#switchTo(undefined);
  }

  /** A wait of a process has ended; its coroutine goes on in a following microtask. */
  resume(process: KernelProcess, settle: () => void): void {
    if (this.host.monotonicMs() - this.#sliceStart > SLICE_MS) {
      // Programs that wake each other must not keep the event loop from turning.
      this.#turnLoop().then(() => {
        if (process.ended) return;
        this.#switchTo(process);
        settle();
      });
      return;
    }
    this.#switchTo(process);
    settle();
  }

  /**
   * The host is asked from an empty stack: a program deep in its own calls must not run out of it
   * in there, where nobody could tell whose fault it was.
   */
  #turnLoop(): Promise<void> {
    return this.#yielding ??= Promise.resolve().then(() => this.host.yield()).then(() => {
      this.#yielding = undefined;
      this.#sliceStart = this.host.monotonicMs();
    });
  }

  /** A process has used up its steps: looks at the time, and takes a turn when it is due. */
  turn(process: KernelProcess): Promise<void> | undefined {
    process.checkAlive();
    process.budget = SLICE_STEPS;
    if (process.stopped) return process.whileStopped();
    const now = this.host.monotonicMs();
    if (now - this.#sliceStart < SLICE_MS) return undefined;
    this.#switchTo(process);
    const run = process.run;
    const limit = process.getLimit("cpuMs");
    if (run.cpuMs > run.cpuLimitMs) {
      this.endRun(run, "cpu");
      process.checkAlive();
    }
    if (limit !== undefined && process.cpu > limit) {
      this.deliver(process, SIG.XCPU);
      process.checkAlive();
    }
    if (now - this.#heapLooked > HEAP_LOOK_MS) {
      this.#heapLooked = now;
      if (this.host.heapShare() > HEAP_MOST) {
        this.endRun(run, "memory");
        process.checkAlive();
      }
    }
    return this.#takeTurn(process);
  }

  #takeTurn(process: KernelProcess): Promise<void> {
    this.pause(process);
    // Never settled for a process that ends meanwhile: it must not run again.
    return new Promise((resolve) => {
      this.#turnLoop().then(() => {
        if (process.ended) return;
        if (process.stopped) {
          void process.whileStopped().then(resolve);
          return;
        }
        this.#switchTo(process);
        process.budget = SLICE_STEPS;
        resolve();
      });
    });
  }

  // -- ending -----------------------------------------------------------------------------------

  /** Ends a process: closes its files, tells its parent, hands its children on. */
  terminate(process: KernelProcess, code: number, signal: number): void {
    if (process.status !== undefined) return;
    if (this.#running === process) this.#switchTo(undefined);
    process.status = Object.freeze({ code, signal });
    process.cancelWaits();
    process.closeAll();
    this.#memory -= process.memory;
    process.memory = 0;
    if (--process.run.alive === 0) process.run.cancelTimer?.();
    const orphans = process.childProcesses.splice(0);
    for (const child of orphans) {
      child.parent = undefined;
      if (child.ended) this.#table.delete(child.pid);
    }
    for (const { pgid } of orphans) if (pgid !== process.pgid) this.#endOrphaned(pgid);
    const parent = process.parent;
    if (parent === undefined || parent.ended) this.#table.delete(process.pid);
    else {
      parent.childChanged.wake();
      this.deliver(parent, SIG.CHLD);
    }
    if (this.#ended.has(process)) {
      this.#table.delete(process.pid);
      if (signal !== 0 || !this.#lingers(process.run)) this.#tell(process);
    } else if (process.lingers && !this.#lingers(process.run)) {
      for (const main of [...this.#ended.keys()]) {
        if (main.ended && main.run === process.run) this.#tell(main);
      }
    }
  }

  /** Whether a run has processes that still have to write what belongs to its output. */
  #lingers(run: Run): boolean {
    for (const process of this.#table.values()) {
      if (process.lingers && !process.ended && process.run === run) return true;
    }
    return false;
  }

  /** Tells whoever started a run of its end. */
  #tell(process: KernelProcess): void {
    const tell = this.#ended.get(process)!;
    this.#ended.delete(process);
    tell(process.status!);
  }

  /** Nobody could continue a stopped group whose last controller ended (POSIX `_exit`). */
  #endOrphaned(pgid: number): void {
    const members = [...this.#table.values()].filter((each) => each.pgid === pgid && !each.ended);
    const controlled = members.some(({ parent }) =>
      parent !== undefined && !parent.ended && parent.pgid !== pgid
    );
    if (controlled || !members.some((each) => each.stopped)) return;
    this.signalGroup(pgid, SIG.HUP);
    this.signalGroup(pgid, SIG.CONT);
  }

  /** A child was waited for. */
  reap(child: KernelProcess): void {
    if (child.reaped) return;
    child.reaped = true;
    this.#table.delete(child.pid);
    const parent = child.parent;
    if (parent !== undefined) {
      parent.childrenCpu += child.cpu + child.childrenCpu;
      parent.dropChild(child);
    }
  }

  /** Ends all of a run for a reason. */
  endRun(run: Run, reason: EndReason): void {
    run.reason ??= reason;
    this.audit?.({ kind: "limit", allowed: false, subject: "run", detail: reason });
    for (const process of [...this.#table.values()]) {
      if (process.run === run) this.terminate(process, 128 + SIG.KILL, SIG.KILL);
    }
  }

  /** Ends everything. */
  close(): void {
    for (const process of [...this.#table.values()]) {
      process.run.cancelTimer?.();
      this.terminate(process, 128 + SIG.KILL, SIG.KILL);
    }
    this.#table.clear();
  }

  // -- signals ----------------------------------------------------------------------------------

  /** Sends a signal as `kill(2)` does. */
  kill(from: KernelProcess, pid: number, signal: number): void {
    if (signal < 0 || signal > 64 || !Number.isInteger(signal)) throw new VfsError("EINVAL");
    const targets: KernelProcess[] = [];
    if (pid > 0) {
      const target = this.#table.get(pid);
      if (target !== undefined) targets.push(target);
    } else {
      const group = pid === 0 ? from.pgid : -pid;
      for (const each of this.#table.values()) {
        if (pid === -1 ? each !== from && each.pid !== 1 : each.pgid === group) targets.push(each);
      }
    }
    if (targets.length === 0) throw new VfsError("ESRCH");
    let sent = 0;
    for (const target of targets) {
      if (from.uid !== 0 && from.uid !== target.uid) continue;
      sent++;
      if (signal !== 0) this.deliver(target, signal);
    }
    if (sent === 0) throw new VfsError("EPERM");
  }

  /** Sends a signal to a whole group: the terminal's keys. */
  signalGroup(pgid: number, signal: number): void {
    for (const each of [...this.#table.values()]) {
      if (each.pgid === pgid) this.deliver(each, signal);
    }
  }

  /** Gives a signal to a process: its handler, or the default action. */
  deliver(process: KernelProcess, signal: number): void {
    if (process.ended) return;
    if (signal === SIG.CONT) this.#continue(process);
    else if (process.stopped && signal !== SIG.KILL) {
      // What is stopped gets its signals when it goes on.
      if (!STOPPING.has(signal)) process.hold(signal);
      return;
    }
    const action = process.getSignal(signal);
    if (action === "ignore") return;
    if (typeof action === "function") {
      action(signal);
      // A program in a tight loop should see it soon.
      process.budget = Math.min(process.budget, 0);
      process.interrupt();
      return;
    }
    if (IGNORED.has(signal)) return;
    if (STOPPING.has(signal)) {
      this.#stop(process, signal);
      return;
    }
    this.terminate(process, 128 + signal, signal);
  }

  #stop(process: KernelProcess, signal: number): void {
    if (process.stopped) return;
    process.stopped = true;
    process.stopSignal = signal;
    process.budget = 0;
    process.parent?.childChanged.wake();
    if (process.parent !== undefined) this.deliver(process.parent, SIG.CHLD);
  }

  #continue(process: KernelProcess): void {
    if (!process.stopped) return;
    process.stopped = false;
    process.unpark();
    process.parent?.childChanged.wake();
    for (const signal of process.takeHeld()) this.deliver(process, signal);
  }

  // -- memory and output ------------------------------------------------------------------------

  /**
   * Charges memory to a process, ending its run when the sandbox's ceiling is reached. Nobody gives
   * back more than it took: a subshell that drops what its parent holds frees nothing, and a process
   * that ended gave everything back then.
   */
  chargeMemory(process: KernelProcess, bytes: number): void {
    if (bytes < 0) bytes = Math.max(bytes, -process.memory);
    else if (process.ended) return process.checkAlive();
    process.memory += bytes;
    this.#memory += bytes;
    if (bytes > 0 && this.#memory > this.limits.memoryBytes) {
      this.endRun(process.run, "memory");
      process.checkAlive();
    }
  }

  /** Whether so many bytes more may be charged. */
  hasMemory(bytes: number): boolean {
    return this.#memory + bytes <= this.limits.memoryBytes;
  }

  // -- files ------------------------------------------------------------------------------------

  /** Makes a pair of pipe ends. */
  makePipe(process: KernelProcess): { read: OpenFile; write: OpenFile } {
    if (process.openFileCount + 2 > this.limits.openFiles) throw new VfsError("EMFILE");
    const pipe = new Pipe(this.files.pool);
    const ino = this.#nextPipe++;
    const read = new PipeReader(pipe, ino);
    const write = new PipeWriter(pipe, ino);
    process.own(read);
    process.own(write);
    return { read, write };
  }

  #makeFile(process: KernelProcess, target: OpenTarget, flags: number): OpenFile {
    process.checkAlive();
    if (process.openFileCount >= this.limits.openFiles) {
      if (target.kind === "file") target.handle.close();
      throw new VfsError("EMFILE", target.path);
    }
    const file = this.#fileOf(process, target, flags);
    if (file instanceof BaseFile && file.owner === undefined) process.own(file);
    return file;
  }

  #fileOf(process: KernelProcess, target: OpenTarget, flags: number): OpenFile {
    switch (target.kind) {
      case "file":
        return new RegularFile(
          target.handle,
          flags,
          target.path,
          this.files,
          () => process.maxFileSize,
          (again) => process.fs.open(target.path, again),
        );
      case "directory":
        // A directory that may not even be looked at may not be opened either.
        target.node.stat();
        return new DirectoryFile(
          target.directory ??
            new OpenDirectory(
              this.namespace,
              process,
              target.place,
              (found, mode) => this.#makeFile(process, found, mode),
            ),
          flags,
          target.path,
        );
      case "open":
        return target.file.retain();
      case "special":
        return openSpecial(this, process, target.node, flags, target.path);
    }
  }

  /** The pipe behind a FIFO's node; it lives as long as somebody has it open. */
  fifo(key: string): Pipe {
    let pipe = this.#fifos.get(key);
    if (pipe === undefined || (pipe.readers === 0 && pipe.writers === 0)) {
      pipe = new Pipe(this.files.pool);
      this.#fifos.set(key, pipe);
    }
    return pipe;
  }

  /** The current place of the root, for views. */
  get rootPlace(): Place {
    return this.namespace.rootPlace;
  }

  /** The name of a signal without `SIG`, or its number. */
  static signalName(signal: number): string {
    return SIGNAL_NAMES[signal] ?? String(signal);
  }
}

/** What a program sees as its process; kept here so that callers need not know the class. */
export type { Process };
