/**
 * The sandbox's own tables, as `ps`, `uname`, `free`, `mount` and `/proc` show them.
 *
 * @module
 */
import type { AuditEvent, ByteString, KernelView, MountInfo, ProcessInfo } from "../types.ts";
import { VfsError } from "../errors.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelProcess } from "./process.ts";

/** State of a sandbox that programs can see and partly change. */
export interface SystemState {
  hostname: ByteString;
  readonly domain: ByteString;
  readonly processors: number;
  /** Milliseconds since the epoch. */
  readonly bootMs: number;
  /** Monotonic milliseconds at the start. */
  readonly bootMonotonicMs: number;
  readonly log: ByteString[];
  /** Bytes in the memory file system. */
  readonly fileBytes: () => number;
}

/** Most lines the log keeps. */
const LOG_LINES = 2000;

/**
 * What a process costs by being there: its record, descriptors and the frames that wait. Measured as the
 * growth of the heap by 2,000 sleeping processes.
 */
const PROCESS_BYTES = 9 << 10;

/**
 * Bytes that can be told to be one process's: that cost, its arguments and environment, and what its
 * program has charged (texts it holds, buffers, tables, the memory of a wasm guest). What programs
 * share, and small objects of the engine, belong to nobody.
 */
function memoryOf(process: KernelProcess): number {
  if (process.ended) return 0;
  let bytes = PROCESS_BYTES + process.memory;
  for (const word of process.argv) bytes += word.length + 1;
  for (const [name, value] of process.env) bytes += name.length + value.length + 2;
  return bytes;
}

/** What `ps` shows of a process. */
export function processInfo(kernel: Kernel, process: KernelProcess): ProcessInfo {
  const name = process.comm ?? process.argv[0] ?? "";
  return {
    pid: process.pid,
    ppid: process.ppid,
    pgid: process.pgid,
    sid: process.sid,
    uid: process.uid,
    gid: process.gid,
    name: name.slice(name.lastIndexOf("/") + 1).slice(0, 15),
    argv: process.argv,
    state: process.ended ? "Z" : process.stopped ? "T" : process.waiting ? "S" : "R",
    nice: process.nice,
    cpuMs: kernel.cpuOf(process),
    startMs: process.startMs,
    tty: process.tty?.name,
    memory: memoryOf(process),
    threads: 1,
  };
}

/** The view of one process. It is made whenever one asks, so making it costs next to nothing. */
export class ProcessView implements KernelView {
  readonly #kernel: Kernel;
  readonly #viewer: KernelProcess;
  readonly #system: SystemState;

  constructor(kernel: Kernel, viewer: KernelProcess) {
    this.#kernel = kernel;
    this.#viewer = viewer;
    this.#system = kernel.system;
  }

  #find(pid: number): KernelProcess {
    const found = pid === 0 ? this.#viewer : this.#kernel.processes.get(pid);
    if (found === undefined || found.ended) throw new VfsError("ESRCH");
    return found;
  }

  #change(pid: number): KernelProcess {
    const found = this.#find(pid);
    const { uid } = this.#viewer;
    if (uid !== 0 && uid !== found.uid) throw new VfsError("EPERM");
    return found;
  }

  processes(): ProcessInfo[] {
    return [...this.#kernel.processes.values()].map((each) => processInfo(this.#kernel, each));
  }

  process(pid: number): ProcessInfo | undefined {
    const found = this.#kernel.processes.get(pid);
    return found === undefined ? undefined : processInfo(this.#kernel, found);
  }

  setPriority(pid: number, nice: number): void {
    this.#change(pid).nice = nice;
  }

  setAffinity(pid: number, mask: number): void {
    this.#change(pid).affinity = mask;
  }

  getAffinity(pid: number): number {
    return this.#find(pid).affinity;
  }

  setIoPriority(pid: number, value: { class: number; data: number }): void {
    this.#change(pid).ioPriority = value;
  }

  getIoPriority(pid: number): { class: number; data: number } {
    return this.#find(pid).ioPriority;
  }

  get hostname(): ByteString {
    return this.#system.hostname;
  }

  set hostname(name: ByteString) {
    this.#system.hostname = name;
  }

  get uname(): KernelView["uname"] {
    return {
      sysname: "Linux",
      release: "6.1.0-capbox",
      version: "#1 SMP capbox",
      machine: "x86_64",
      domain: this.#system.domain,
    };
  }

  uptimeMs(): number {
    return this.#kernel.host.monotonicMs() - this.#system.bootMonotonicMs;
  }

  get bootMs(): number {
    return this.#system.bootMs;
  }

  loadAverage(): [number, number, number] {
    let running = 0;
    for (const each of this.#kernel.processes.values()) {
      if (!each.ended && !each.stopped && !each.waiting) running++;
    }
    return [running, running, running];
  }

  memory(): { total: number; used: number; files: number } {
    const files = this.#system.fileBytes();
    const { limits, memory } = this.#kernel;
    return { total: limits.memoryBytes, used: memory + files, files };
  }

  get processors(): number {
    return this.#system.processors;
  }

  mounts(): MountInfo[] {
    return this.#kernel.namespace.mounts();
  }

  programNames(): ByteString[] {
    return [...this.#kernel.programs.table.names()];
  }

  hasProgram(name: ByteString): boolean {
    return this.#kernel.programs.table.has(name);
  }

  get log(): KernelView["log"] {
    const { log } = this.#system;
    return {
      append(line: ByteString): void {
        if (log.length >= LOG_LINES) log.shift();
        log.push(line);
      },
      lines(): readonly ByteString[] {
        return log;
      },
      clear(): void {
        log.length = 0;
      },
    };
  }

  audit(event: AuditEvent): void {
    this.#kernel.audit?.({ ...event, pid: this.#viewer.pid });
  }
}
