/**
 * What a guest needs of the system around it, and how a process of the kernel gives it.
 *
 * @module
 */
import {
  type ByteString,
  type Child,
  type Clock,
  type Environment,
  type MaybePromise,
  type Network,
  type OpenFile,
  type PollItem,
  type Process,
  type Random,
  type SpawnOptions,
  type Waiter,
} from "../sandbox/types.ts";

/** The capabilities of one guest. A `Process` gives all of them; `Wasi` gives them without one. */
export interface System {
  readonly args: readonly ByteString[];
  readonly env: Environment;
  readonly clock: Clock;
  readonly random: Random;
  readonly waiter: Waiter;
  /** Most open descriptors. */
  readonly openFiles: number;
  /** Absent without a network grant. */
  readonly net: Network | undefined;
  /** Milliseconds of CPU time used by the guest. */
  cpuMs(): number;
  /** Counts steps of work; a promise when the time slice is spent. */
  tick(n: number): Promise<void> | undefined;
  /** Waits until one is ready or the time is over. */
  poll(items: readonly PollItem[], timeoutMs: number | undefined): MaybePromise<number[]>;
  /** Blocks the thread, where nothing can suspend. Default: really. */
  readonly block?: (milliseconds: number) => void;
  /** Sends a signal, by Linux's number, to the guest itself. */
  raise(signal: number): void;
  /** Charges bytes of memory; negative gives back. */
  charge(bytes: number): void;
  /** Notes an error that should not happen. */
  report(error: unknown): void;
  /** Calls back when the guest's process has ended. */
  readonly atEnd?: (callback: () => void) => void;
  /** Starts a program, for the process extension. */
  readonly spawn?: (argv: readonly ByteString[], options: SpawnOptions) => Child;
  /** Ends a started program. */
  readonly kill?: (pid: number, signal: number) => void;
  /** A pipe, for the process extension. */
  readonly pipe?: () => { readonly read: OpenFile; readonly write: OpenFile };
  /** Waits for a started program: whether it ended before the time was over. */
  readonly waitChild?: (child: Child, timeoutMs: number | undefined) => Promise<boolean>;
}

/** Descriptors of a process that says nothing about its limit; busybox's `ulimit -n` default. */
const OPEN_FILES = 1024;

/** A process as the system of a guest. */
export function systemOf(process: Process, args: readonly ByteString[]): System {
  return {
    args,
    env: process.env,
    clock: process.clock,
    random: process.random,
    waiter: process.waiter,
    openFiles: process.getLimit("openFiles") ?? OPEN_FILES,
    net: process.net.granted ? process.net : undefined,
    cpuMs: () => process.times().self,
    tick: (n) => process.tick(n),
    poll: (items, timeoutMs) => process.poll(items, timeoutMs),
    raise: (signal) => process.kill(process.pid, signal),
    charge: (bytes) => process.chargeMemory(bytes),
    report: (error) => process.reportInternalError(error),
    atEnd: (callback) => process.atEnd(callback),
    spawn: (argv, options) => process.spawn(argv, options),
    kill: (pid, signal) => process.kill(pid, signal),
    pipe: () => process.pipe(),
    waitChild: (child, timeoutMs) => waitChild(process, child, timeoutMs),
  };
}

async function waitChild(
  process: Process,
  child: Child,
  timeoutMs: number | undefined,
): Promise<boolean> {
  const end = timeoutMs === undefined ? Infinity : process.clock.monotonicMs() + timeoutMs;
  while (child.status === undefined) {
    const left = end - process.clock.monotonicMs();
    if (left <= 0) return false;
    await process.waitAny([process.childChanged], left === Infinity ? undefined : left);
  }
  return true;
}
