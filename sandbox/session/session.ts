/**
 * A sandbox: its files, its kernel, its policy, and the calls that run programs in it.
 *
 * @module
 */
import {
  type AuditEvent,
  type ByteString,
  type EndReason,
  type Environment,
  type ExitStatus,
  type MaybePromise,
  type OpenFile,
  type Process,
  type Program,
  S_IFDIR,
  S_IFMT,
  SIG,
  SIGNAL_NAMES,
  type Terminal,
} from "../types.ts";
import { isVfsError, VfsError } from "../errors.ts";
import { fromText, toByteString, toText } from "../bytes.ts";
import { createClock } from "../caps/clock.ts";
import { createPolicy, type Policy, type PolicyInput } from "../caps/policy.ts";
import { createRandom } from "../caps/random.ts";
import { createDevLayer } from "../vfs/dev.ts";
import { ForkContext, type Layer, Quota } from "../vfs/layer.ts";
import { Namespace } from "../vfs/namespace.ts";
import { OverlayLayer } from "../vfs/overlay.ts";
import { commitOverlay, diffOverlay } from "../vfs/overlay_commit.ts";
import { ProcLayer, type ProcSource } from "../vfs/proc.ts";
import { createRootLayer } from "../vfs/root_template.ts";
import { Kernel, type StartedRun } from "../kernel/kernel.ts";
import type { KernelProcess } from "../kernel/process.ts";
import type { ProgramTable, WasmLoader } from "../kernel/programs.ts";
import {
  fillRandom,
  heapShare,
  monotonicMs,
  processorCount,
  setTimer,
  wallMs,
  yieldToHost,
} from "../host/kernel_host.ts";
import { createMountLayer } from "./mounts.ts";
import { createNetwork } from "./network.ts";
import { othersRun } from "../host/held_writes.ts";
import { hostPlatform } from "../host/platform.ts";
import { moveFreely } from "../host/standing.ts";
import { commandProgram, type HostCommand } from "./commands.ts";
import { SandboxFiles } from "./files.ts";
import { RunResult, signalName } from "./result.ts";
import {
  inputOf,
  type OutputListener,
  outputTo,
  type StdinSource,
  StreamInput,
  StreamOutput,
} from "./streams.ts";

/** What a sandbox needs besides its policy: the programs. `mod.ts` hands in the applets. */
export interface Programs {
  readonly table: ProgramTable;
  readonly wasm?: WasmLoader;
}

/** Options of a sandbox: its policy, and commands of the embedding program. */
export interface SandboxOptions extends PolicyInput {
  /** Functions that become programs on the search path, by name. */
  readonly commands?: Readonly<Record<string, HostCommand>>;
  /**
   * Nothing else in this process uses relative paths of the host while programs run, no Worker and
   * no code that a promise calls either. While a program changes files of a mount the process then
   * goes into their directory, if Deno allows everything (`-A`), so that no other process can put a
   * link in its place; it is back where it was when the turn of the event loop ends. Holds for all
   * sandboxes of the process. Default: false.
   */
  readonly ownsProcess?: boolean;
}

/** Options of one run. */
export interface RunOptions {
  /** Standard input; none is an empty one. */
  readonly stdin?: StdinSource;
  /** Variables added to the sandbox's environment for this run. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directory to start in; it must exist. Default: the sandbox's. */
  readonly cwd?: string;
  /** Wall time, milliseconds; the policy's limit holds as well. */
  readonly timeoutMs?: number;
  /** Most bytes of output; the policy's limit holds as well. */
  readonly maxOutputBytes?: number;
  /**
   * Ends the run when it is aborted, with the reason `"aborted"`. If it was aborted before, nothing
   * starts, and the call throws the signal's reason.
   */
  readonly signal?: AbortSignal;
  /** Takes standard output as it comes, instead of collecting it. A promise makes the writer wait. */
  readonly stdout?: OutputListener;
  /** Takes standard error as it comes. */
  readonly stderr?: OutputListener;
}

/** An argument: text is passed as UTF-8, bytes as they are. */
export type Argument = string | Uint8Array;

/** How a spawned program ended. */
export interface SpawnStatus {
  /** Status or code. */
  readonly code: number;
  /** Such as `"SIGTERM"`, or null. */
  readonly signal: string | null;
  /** Why it ended. */
  readonly reason: EndReason;
}

/** A program that runs in the background. */
export class SandboxProcess {
  /** Settles when it has ended. */
  readonly status: Promise<SpawnStatus>;
  /** Its standard input. */
  readonly stdin: WritableStream<Uint8Array>;
  /** Its standard output. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Its standard error. */
  readonly stderr: ReadableStream<Uint8Array>;
  readonly #pid: () => number;
  readonly #kill: (signal: number) => void;

  /** @internal */
  constructor(
    pid: () => number,
    streams: {
      stdin: WritableStream<Uint8Array>;
      stdout: ReadableStream<Uint8Array>;
      stderr: ReadableStream<Uint8Array>;
    },
    status: Promise<SpawnStatus>,
    kill: (signal: number) => void,
  ) {
    this.status = status;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.#pid = pid;
    this.#kill = kill;
  }

  /** Process number within the sandbox; 0 until a child process has started it. */
  get pid(): number {
    return this.#pid();
  }

  /**
   * Sends a signal.
   *
   * @param signal Name with or without `SIG`, or number. Default `"SIGTERM"`.
   * @throws {TypeError} for an unknown signal
   */
  kill(signal: string | number = "SIGTERM"): void {
    this.#kill(typeof signal === "number" ? signal : signalNumber(signal));
  }

  /** Kills it if it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill(SIG.KILL);
    await this.status;
  }
}

function signalNumber(name: string): number {
  const plain = name.toUpperCase().replace(/^SIG/, "");
  const at = SIGNAL_NAMES.indexOf(plain);
  if (at <= 0) throw new TypeError(`unknown signal: ${name}`);
  return at;
}

/** State of a sandbox at one moment, from which sandboxes can be made. */
export class Snapshot {
  /** @internal */
  constructor(
    /** @internal */
    readonly namespace: Namespace,
    /** @internal */
    readonly policy: Policy,
    /** @internal */
    readonly commands: ReadonlyMap<string, Program>,
  ) {}
}

/** Where streams of a run come from when they are not captured: the command line's own. */
export interface AttachedFiles {
  readonly stdin: OpenFile;
  readonly stdout: OpenFile;
  readonly stderr: OpenFile;
  readonly tty?: Terminal;
}

/** A sandbox without a fixed set of programs; `mod.ts` adds those. */
export class Session {
  /** The files of the sandbox, for the embedding program. */
  readonly fs: SandboxFiles;
  /** What it may reach; frozen. */
  readonly policy: Policy;
  /** @internal */
  readonly kernel: Kernel;
  readonly #namespace: Namespace;
  readonly #commands: ReadonlyMap<string, Program>;
  readonly #programs: Programs;
  #fsProcess: KernelProcess | undefined;
  #closed = false;
  readonly #env: Environment;
  readonly #network: { readonly close: () => void };

  /** @internal Use `create`. */
  protected constructor(
    policy: Policy,
    commands: ReadonlyMap<string, Program>,
    programs: Programs,
    from: Namespace | undefined,
  ) {
    this.policy = policy;
    this.#commands = commands;
    this.#programs = programs;
    const clock = createClock(policy.clock, { wallMs, monotonicMs });
    const random = createRandom(policy.seed, fillRandom);
    const nowNs = () => clock.nowNs();
    const audit = policy.audit;
    const table = commands.size === 0 ? programs.table : withCommands(programs.table, commands);
    let kernel: Kernel | undefined = undefined;
    const quota = new Quota({
      maxBytes: policy.limits.memoryBytes,
      maxInodes: policy.limits.inodes,
    });
    const source: ProcSource = {
      get kernel() {
        return kernel!.viewOf(kernel!.caller);
      },
      nowNs,
      detail: (pid) => kernel!.detail(pid),
      lastPid: () => kernel!.lastPid,
    };
    const context = new ForkContext(nowNs);
    if (from === undefined) {
      const root = createRootLayer(
        {
          programs: table.names(),
          hostname: fromText(policy.hostname),
        },
        context,
        quota,
      );
      this.#namespace = new Namespace(root);
      const hostRoot = policy.mounts.find((mount) => mount.guest === "/");
      if (hostRoot !== undefined) {
        const mounted = createMountLayer(hostRoot, quota, nowNs);
        this.#namespace = new Namespace(mounted.layer, mounted.request);
      }
      this.#namespace.mount("/dev", createDevLayer(context), { source: "devtmpfs", options: "rw" });
      this.#namespace.mount("/proc", new ProcLayer(source), { source: "proc", options: "rw" });
      for (const mount of policy.mounts) {
        if (mount.guest === "/") continue;
        const mounted = createMountLayer(mount, quota, nowNs);
        this.#namespace.mount(fromText(mount.guest), mounted.layer, mounted.request);
      }
    } else {
      this.#namespace = from.fork(
        context,
        (layer: Layer) => layer instanceof ProcLayer ? new ProcLayer(source) : undefined,
      );
    }
    const env = new Map<ByteString, ByteString>();
    for (const [name, value] of policy.env) env.set(fromText(name), fromText(value));
    this.#env = env;
    const namespace = this.#namespace;
    const network = this.#network = createNetwork(policy, audit);
    kernel = new Kernel({
      host: { setTimer, yield: yieldToHost, monotonicMs, heapShare },
      namespace,
      programs: table,
      wasm: programs.wasm,
      limits: policy.limits,
      clock,
      random,
      platform: hostPlatform,
      network: network.of,
      audit,
      system: {
        hostname: fromText(policy.hostname),
        domain: "(none)",
        processors: processorCount(),
        bootMs: clock.nowMs(),
        bootMonotonicMs: monotonicMs(),
        log: [],
        fileBytes: () => quota.bytes,
      },
    });
    this.kernel = kernel;
    this.fs = new SandboxFiles(() => this.#fsCaller());
  }

  /** A process that never runs: it stands for the embedding program in file system calls. */
  #fsCaller(): Process {
    this.#checkOpen();
    return this.#fsProcess ??= this.kernel.createCaller({
      uid: this.policy.uid,
      gid: this.policy.gid,
      env: this.#env,
      cwd: fromText(this.policy.cwd),
    });
  }

  #checkOpen(): void {
    if (this.#closed) throw new TypeError("the sandbox is closed");
  }

  /**
   * Runs a program and waits for its end.
   *
   * @param argv The program and its arguments. They are never parsed as shell text.
   * @param options Input, environment, limits, streaming.
   * @returns Exit code, output, and why it ended. A program that is not found gives code 127.
   * @throws {TypeError} for an empty `argv`, a NUL in an argument, or a closed sandbox
   */
  async run(argv: readonly Argument[], options: RunOptions = {}): Promise<RunResult> {
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    const started = this.#start(argv, options, stdout, stderr);
    if (!(started instanceof RunResult)) {
      const stop = this.#abortOn(options.signal, started);
      const status = await started.ended;
      stop();
      return new RunResult(status, started.run.reason, stdout, stderr);
    }
    return started;
  }

  /**
   * Runs a shell script and waits for its end.
   *
   * @param script Text of the script, for `sh -c`.
   * @param options As for `run`; `args` become `$1`, `$2`, ….
   */
  sh(
    script: string,
    options: RunOptions & { readonly args?: readonly Argument[] } = {},
  ): Promise<RunResult> {
    return this.run(["sh", "-c", script, "sh", ...(options.args ?? [])], options);
  }

  /**
   * Starts a program in the background, with streams.
   *
   * @param argv The program and its arguments.
   * @throws {VfsError} ENOENT when there is no such program. Under process isolation that is known
   *   later: then it ends with code 127, as `run` does
   */
  spawn(
    argv: readonly Argument[],
    options: Omit<RunOptions, "stdin" | "stdout" | "stderr"> = {},
  ): SandboxProcess {
    const input = new StreamInput();
    const output = new StreamOutput();
    const error = new StreamOutput();
    let started: StartedRun | undefined = undefined;
    const overrun = () => this.#overrun(started!);
    const stdout = outputTo(
      () => started!.run,
      overrun,
      [],
      (chunk) => output.push(chunk),
      () => output.end(),
    );
    const stderr = outputTo(
      () => started!.run,
      overrun,
      [],
      (chunk) => error.push(chunk),
      () => error.end(),
    );
    const files = new Map<number, OpenFile>([[0, input.file], [1, stdout], [2, stderr]]);
    started = this.#launch(argv, options, files, undefined, (run) => started = run);
    for (const file of files.values()) file.release();
    const stop = this.#abortOn(options.signal, started);
    const { process, run } = started;
    const status = started.ended.then((end): SpawnStatus => {
      stop();
      return {
        code: end.code,
        signal: end.signal === 0 ? null : signalName(end.signal),
        reason: run.reason ?? (end.signal === 0 ? "exit" : "signal"),
      };
    });
    return new SandboxProcess(
      () => process.pid,
      { stdin: input.stream, stdout: output.stream, stderr: error.stream },
      status,
      (signal) => {
        if (!process.ended) this.kernel.deliver(process, signal);
      },
    );
  }

  /** @internal Runs with files of the caller's own, for the command line. */
  attachByName(
    argv: readonly Argument[],
    options: RunOptions,
    files: AttachedFiles,
    umask?: number,
  ): StartedRun {
    const fds = new Map<number, OpenFile>([
      [0, files.stdin],
      [1, files.stdout],
      [2, files.stderr],
    ]);
    const name = argumentBytes(argv[0]);
    const { table } = this.kernel.programs;
    // As with busybox, a bare name is an applet, whatever the search path says.
    const program = !name.includes("/") && table.has(name) ? table.load(name) : undefined;
    const early = ({ process }: StartedRun): void => {
      if (umask !== undefined) process.umask = umask;
    };
    return this.#launch(argv, options, fds, files.tty, early, program);
  }

  /** @internal Runs with files of the caller's own, for the connection to a parent process. */
  attach(
    argv: readonly Argument[],
    options: RunOptions,
    fds: ReadonlyMap<number, OpenFile>,
    early: (run: StartedRun) => void,
  ): StartedRun {
    return this.#launch(argv, options, fds, undefined, early);
  }

  #start(
    argv: readonly Argument[],
    options: RunOptions,
    out: Uint8Array[],
    err: Uint8Array[],
  ): StartedRun | RunResult {
    let started: StartedRun | undefined = undefined;
    const overrun = () => this.#overrun(started!);
    const run = () => started!.run;
    const fds = new Map<number, OpenFile>([
      [0, inputOf(options.stdin)],
      [1, outputTo(run, overrun, out, options.stdout)],
      [2, outputTo(run, overrun, err, options.stderr)],
    ]);
    try {
      started = this.#launch(argv, options, fds, undefined, (early) => started = early);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return notStarted(argv[0], this.#lostDirectory(options.cwd) ?? error, out, err);
    } finally {
      for (const file of fds.values()) file.release();
    }
    return started;
  }

  /** What is wrong with the directory to start in, which is told rather than that nothing is found there. */
  #lostDirectory(wanted: string | undefined): VfsError | undefined {
    const cwd = wanted ?? this.policy.cwd;
    try {
      const { fs } = this.#fsCaller();
      if ((fs.stat(fromText(cwd)).mode & S_IFMT) === S_IFDIR) return undefined;
      throw new VfsError("ENOTDIR");
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return new VfsError("ENOTDIR", cwd, `can't change directory to '${cwd}': ${error.reason}`);
    }
  }

  #launch(
    argv: readonly Argument[],
    options: RunOptions,
    fds: ReadonlyMap<number, OpenFile>,
    tty?: Terminal,
    early?: (run: StartedRun) => void,
    program?: MaybePromise<Program>,
  ): StartedRun {
    this.#checkOpen();
    checkRunOptions(options);
    options.signal?.throwIfAborted();
    // The embedding program ran until now, and may have changed what is mounted.
    othersRun();
    const { limits } = this.policy;
    return this.kernel.start({
      argv: checkedArgv(argv),
      env: this.#environment(options.env),
      cwd: fromText(options.cwd ?? this.policy.cwd),
      uid: this.policy.uid,
      gid: this.policy.gid,
      fds,
      wallMs: Math.min(options.timeoutMs ?? Infinity, limits.wallMs),
      cpuMs: limits.cpuMs,
      outputBytes: Math.min(options.maxOutputBytes ?? Infinity, limits.outputBytes),
      tty,
      program,
    }, early);
  }

  #environment(extra: Readonly<Record<string, string>> | undefined): Environment {
    if (extra === undefined) return this.#env;
    const env = new Map(this.#env);
    for (const [name, value] of Object.entries(extra)) {
      if (name === "" || /[=\0]/.test(name) || typeof value !== "string" || value.includes("\0")) {
        throw new TypeError(`bad variable: ${JSON.stringify(name)}`);
      }
      env.set(fromText(name), fromText(value));
    }
    return env;
  }

  #overrun(started: StartedRun): void {
    this.kernel.endRun(started.run, "output");
  }

  /** Ends the run when the signal is aborted; the result takes the listener away. */
  #abortOn(signal: AbortSignal | undefined, started: StartedRun): () => void {
    if (signal === undefined) return () => {};
    const abort = () => this.kernel.endRun(started.run, "aborted");
    signal.addEventListener("abort", abort, { once: true });
    return () => signal.removeEventListener("abort", abort);
  }

  /** @internal State from which another sandbox can go on. */
  protected state(): Snapshot {
    this.#checkOpen();
    return new Snapshot(this.#namespace.fork(), this.policy, this.#commands);
  }

  /** @internal The parts a copy is made of. */
  protected get parts(): Programs {
    return this.#programs;
  }

  /**
   * What programs have changed in an overlay mount.
   *
   * @param guest Where it is mounted.
   * @throws {TypeError} when no overlay is mounted there
   */
  diff(guest: string): Promise<OverlayChange[]> {
    try {
      return Promise.resolve(diffOverlay(overlayAt(this.#namespace, guest)).map(changeText));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Writes the changes of an overlay mount back to the host: each file as a temporary one that is
   * renamed. Needs Deno's right to write. Nothing is applied while the host's side of a changed file
   * is not what it was, unless `force` is set. Not available under process isolation, where the
   * child has no right to write there.
   *
   * @param guest Where it is mounted.
   * @throws {TypeError} when no overlay is mounted there
   * @throws {VfsError} when the host refuses
   */
  commit(guest: string, options: { readonly force?: boolean } = {}): Promise<CommitReport> {
    try {
      return Promise.resolve(this.#commit(guest, options.force));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #commit(guest: string, force: boolean | undefined): CommitReport {
    this.#checkOpen();
    const { clock } = this.kernel;
    const result = commitOverlay(overlayAt(this.#namespace, guest), {
      force,
      nowNs: () => clock.nowNs(),
    });
    return {
      applied: result.applied.map(changeText),
      conflicts: result.conflicts.map(changeText),
      skipped: result.skipped.map(toText),
    };
  }

  /** Memory held by the sandbox's files and programs, bytes. */
  get memoryBytes(): number {
    return this.kernel.memory + this.kernel.system.fileBytes();
  }

  /** Ends all programs. What was not committed is gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.kernel.close();
    this.#network.close();
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** A change that an overlay holds. */
export interface OverlayChange {
  /** Path below the mount, without a leading slash. */
  readonly path: string;
  /** `attributes` when only mode, owner or times differ. */
  readonly kind: "added" | "modified" | "deleted" | "attributes";
}

/** What a commit did. */
export interface CommitReport {
  /** Changes that the host now has. */
  readonly applied: readonly OverlayChange[];
  /** Changes whose host side was changed by somebody else meanwhile. */
  readonly conflicts: readonly OverlayChange[];
  /** Paths of what the host does not take, such as FIFOs. */
  readonly skipped: readonly string[];
}

function changeText(change: { path: ByteString; kind: OverlayChange["kind"] }): OverlayChange {
  return { path: toText(change.path), kind: change.kind };
}

function overlayAt(namespace: Namespace, guest: string): OverlayLayer {
  const layer = namespace.layerAt(fromText(guest));
  if (!(layer instanceof OverlayLayer)) throw new TypeError(`not an overlay mount: ${guest}`);
  return layer;
}

/** The result for a program that could not be started: as a shell would say it. */
export function notStarted(
  name: Argument,
  error: VfsError,
  out: Uint8Array[],
  err: Uint8Array[],
): RunResult {
  const found = error.code !== "ENOENT";
  const text = found
    ? `${toText(argumentBytes(name))}: ${error.reason}\n`
    : `${toText(argumentBytes(name))}: applet not found\n`;
  err.push(new TextEncoder().encode(text));
  const status: ExitStatus = { code: found ? 126 : 127, signal: 0 };
  return new RunResult(status, undefined, out, err);
}

function argumentBytes(argument: Argument): ByteString {
  return typeof argument === "string" ? fromText(argument) : toByteString(argument);
}

const RUN_OPTIONS: readonly string[] = [
  ...["stdin", "env", "cwd", "timeoutMs", "maxOutputBytes", "signal", "stdout", "stderr", "args"],
];

/** Refuses what is no option of a run, and numbers that are none. @throws {TypeError} */
export function checkRunOptions(options: RunOptions): void {
  for (const name of Object.keys(options)) {
    if (!RUN_OPTIONS.includes(name)) throw new TypeError(`unknown option: ${name}`);
  }
  for (const name of ["timeoutMs", "maxOutputBytes"] as const) {
    const value: unknown = options[name];
    if (value !== undefined && !(typeof value === "number" && value >= 0)) {
      throw new TypeError(`${name} must be a number of 0 or more`);
    }
  }
}

/** The arguments of a run as the kernel takes them. @throws {TypeError} */
export function checkedArgv(argv: readonly Argument[]): ByteString[] {
  if (!Array.isArray(argv)) {
    throw new TypeError("a run takes a list of arguments; shell text is for sh()");
  }
  const bytes = argv.map((argument: unknown, index) => {
    if (typeof argument === "string" || argument instanceof Uint8Array) {
      return argumentBytes(argument);
    }
    throw new TypeError(`argument ${index} is neither text nor bytes`);
  });
  if (bytes.length === 0) throw new TypeError("a run needs the name of a program");
  const index = bytes.findIndex((argument) => argument.includes("\0"));
  if (index >= 0) throw new TypeError(`argument ${index} holds a NUL`);
  return bytes;
}

/** The programs of a table and the commands of the embedding program, which come first. */
function withCommands(table: ProgramTable, commands: ReadonlyMap<string, Program>): ProgramTable {
  return {
    names: () => [...new Set([...table.names(), ...commands.keys()])].sort(),
    has: (name) => commands.has(name) || table.has(name),
    load: (name) => commands.get(name) ?? table.load(name),
  };
}

/** Checks options and makes programs of the commands. */
export function prepare(
  options: SandboxOptions,
): { policy: Policy; commands: ReadonlyMap<string, Program> } {
  const commands = new Map<string, Program>();
  for (const [name, command] of Object.entries(options.commands ?? {})) {
    if (name === "" || name.includes("/") || name.includes("\0")) {
      throw new TypeError(`bad command name: ${JSON.stringify(name)}`);
    }
    if (typeof command !== "function") throw new TypeError(`command ${name} must be a function`);
    commands.set(fromText(name), commandProgram(command));
  }
  const { ownsProcess, ...policy } = options;
  if (ownsProcess === true) moveFreely();
  return { policy: createPolicy(policy), commands };
}

/** @internal */
export type { AuditEvent };
