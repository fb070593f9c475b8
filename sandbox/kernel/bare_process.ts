/**
 * A process without a kernel: for a program that only reads its input and writes its output.
 *
 * The command line runs such applets this way, because making a sandbox costs more time than they
 * need, and small filters too when Deno grants nothing: then there is no file that they could reach.
 * Nothing but its three streams, its arguments and the time is reachable from here, so there is
 * nothing that a policy could add or take away.
 *
 * @module
 */
import {
  type ByteString,
  type Environment,
  type OpenFile,
  type Process,
  ProcessEnded,
  SIG,
  type SignalAction,
  type WaitQueue,
} from "../types.ts";
import { VfsError } from "../errors.ts";

/** Steps between two turns of the event loop. */
const SLICE_STEPS = 100_000;

/** What a bare process needs of the host. */
export interface BareHost {
  /** By number; undefined where it is closed. */
  readonly files: readonly (OpenFile | undefined)[];
  yield(): Promise<void>;
  fillRandom(buffer: Uint8Array): void;
}

/**
 * Makes a process without a kernel.
 *
 * @param argv Arguments, the program's name first.
 * @param env Environment.
 * @param host Streams and turns of the event loop.
 */
export function createBareProcess(
  argv: readonly ByteString[],
  env: Environment,
  host: BareHost,
): Process {
  let budget = SLICE_STEPS;
  const refuse = (): never => {
    throw new VfsError("ENOSYS");
  };
  // Without a kernel there are no files: whatever is asked for may not be reached.
  const unreachable = (path: ByteString): never => {
    throw new VfsError("EACCES", path);
  };
  const fs = new Proxy({
    tryStat: () => undefined,
    access: () => false,
    currentDir: () => "/",
  }, {
    get: (target, name) => Reflect.has(target, name) ? Reflect.get(target, name) : unreachable,
  });
  const actions = new Map<number, SignalAction>();
  const waiter = {
    waitOn(queue: WaitQueue): Promise<void> {
      return new Promise((resolve) => {
        const wake = (): void => {
          queue.remove(wake);
          resolve();
        };
        queue.add(wake);
      });
    },
    tick(n: number): Promise<void> | undefined {
      if ((budget -= n) > 0) return undefined;
      budget = SLICE_STEPS;
      return host.yield();
    },
    spend(n: number): void {
      budget -= n;
    },
    brokenPipe(): void {
      if (actions.get(SIG.PIPE) !== "ignore") throw new ProcessEnded(1, 128 + SIG.PIPE);
    },
  };
  const bare = {
    pid: 1,
    ppid: 0,
    pgid: 1,
    sid: 1,
    argv,
    env,
    umask: 0o022,
    uid: 0,
    gid: 0,
    groups: [0],
    nice: 0,
    affinity: 1,
    ioPriority: { class: 0, data: 0 },
    fs,
    waiter,
    tty: undefined,
    maxDepth: 1000,
    fd: (number: number) => host.files[number],
    fdNumbers: () => [0, 1, 2],
    isCloseOnExec: () => false,
    tick: waiter.tick,
    setSignal: (signal: number, action: SignalAction) => void actions.set(signal, action),
    getSignal: (signal: number) => actions.get(signal) ?? "default",
    exit(code: number): never {
      throw new ProcessEnded(1, code);
    },
    random: {
      fill: host.fillRandom,
      uint32: refuse,
    },
    chargeMemory: () => {},
    tryChargeMemory: () => true,
    reportInternalError: () => {},
    getLimit: () => undefined,
    times: () => ({ self: 0, children: 0 }),
    children: () => [],
    findProgram: () => undefined,
  };
  // Whatever else a program asks for does not exist here.
  return new Proxy(bare, {
    get: (target, name) => Reflect.has(target, name) ? Reflect.get(target, name) : refuse(),
  }) as unknown as Process;
}
