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
    memory: process.memory,
    threads: 1,
  };
}

/** Makes the view for a process. */
export function createView(kernel: Kernel, viewer: KernelProcess): KernelView {
  const find = (pid: number): KernelProcess => {
    const found = pid === 0 ? viewer : kernel.processes.get(pid);
    if (found === undefined || found.ended) throw new VfsError("ESRCH");
    return found;
  };
  const change = (pid: number): KernelProcess => {
    const found = find(pid);
    if (viewer.uid !== 0 && viewer.uid !== found.uid) throw new VfsError("EPERM");
    return found;
  };
  const system = kernel.system;
  return {
    processes(): ProcessInfo[] {
      return [...kernel.processes.values()].map((each) => processInfo(kernel, each));
    },
    process(pid: number): ProcessInfo | undefined {
      const found = kernel.processes.get(pid);
      return found === undefined ? undefined : processInfo(kernel, found);
    },
    setPriority(pid: number, nice: number): void {
      change(pid).nice = nice;
    },
    setAffinity(pid: number, mask: number): void {
      change(pid).affinity = mask;
    },
    getAffinity(pid: number): number {
      return find(pid).affinity;
    },
    setIoPriority(pid: number, value: { class: number; data: number }): void {
      change(pid).ioPriority = value;
    },
    getIoPriority(pid: number): { class: number; data: number } {
      return find(pid).ioPriority;
    },
    get hostname(): ByteString {
      return system.hostname;
    },
    set hostname(name: ByteString) {
      system.hostname = name;
    },
    uname: {
      sysname: "Linux",
      release: "6.1.0-capbox",
      version: "#1 SMP capbox",
      machine: "x86_64",
      domain: system.domain,
    },
    uptimeMs(): number {
      return kernel.host.monotonicMs() - system.bootMonotonicMs;
    },
    bootMs: system.bootMs,
    loadAverage(): [number, number, number] {
      let running = 0;
      for (const each of kernel.processes.values()) {
        if (!each.ended && !each.stopped && !each.waiting) running++;
      }
      return [running, running, running];
    },
    memory(): { total: number; used: number; files: number } {
      const files = system.fileBytes();
      return { total: kernel.limits.memoryBytes, used: kernel.memory + files, files };
    },
    processors: system.processors,
    mounts(): MountInfo[] {
      return kernel.namespace.mounts();
    },
    programNames(): ByteString[] {
      return [...kernel.programs.table.names()];
    },
    hasProgram(name: ByteString): boolean {
      return kernel.programs.table.has(name);
    },
    log: {
      append(line: ByteString): void {
        if (system.log.length >= LOG_LINES) system.log.shift();
        system.log.push(line);
      },
      lines(): readonly ByteString[] {
        return system.log;
      },
      clear(): void {
        system.log.length = 0;
      },
    },
    audit(event: AuditEvent): void {
      kernel.audit?.({ ...event, pid: viewer.pid });
    },
  };
}
