/**
 * A child Deno for process isolation: which rights it gets, how it is started and ended, and the
 * pipe that it has to its parent.
 *
 * The child gets what the policy needs and what this process was granted itself, whichever is less:
 * starting a child must not widen Deno's own lock.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import type { MountSpec, Policy } from "../caps/policy.ts";
import { type NetRule, parseNetRule } from "../caps/net_policy.ts";
import { fromHostError } from "./errors.ts";
import { othersRun } from "./held_writes.ts";

/** What a child needs to be started. */
export interface ChildPlan {
  /** URL of the module to run. */
  readonly entry: string;
  /** The policy's mounts, with host paths that hold no links. */
  readonly mounts: readonly Required<MountSpec>[];
  /** Host paths that it may read. */
  readonly read: readonly string[];
  /** Host paths that it may write. */
  readonly write: readonly string[];
  /** Hosts that it may connect to or listen on. */
  readonly net: readonly string[];
  /** The only variable that it may see, if any. */
  readonly variable?: string;
  /** Ceiling of the policy for memory, bytes; `Infinity` sets no ceiling of the heap. */
  readonly memoryBytes: number;
}

const MIB = 1024 * 1024;
/** Least heap that a child can work in, MiB: Deno itself, the applets, and a script. */
const LEAST_HEAP_MIB = 64;
/** Bytes of one read from a pipe. */
const CHUNK = 65536;
/** Characters of the child's own complaints that are kept. */
const MOST_COMPLAINT = 8192;
/** Variables that a Deno needs to find its cache and its program; nothing else is handed on. */
const PASSED_ON = ["HOME", "DENO_DIR", "XDG_CACHE_HOME", "PATH", "TZ"];

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** Deno splits its lists at commas and knows no escape, so a comma would grant another path. */
function listItem(item: string): string {
  if (item.includes(",")) {
    throw new TypeError(`process isolation cannot grant a name with a comma: ${item}`);
  }
  return item;
}

/** Whether this process was granted a network rule as a whole. */
function isNetGranted(rule: NetRule): boolean {
  if (isGranted({ name: "net" })) return true;
  // Deno does not take a wildcard in a query: a name that nobody grants by itself stands for all.
  const host = rule.wildcard ? `capbox-wildcard-probe.${rule.host}` : rule.host;
  return isGranted({ name: "net", host: hostAndPort(host, rule.port) });
}

function hostAndPort(host: string, port: number | undefined): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}

/**
 * Works out what a child needs for a policy.
 *
 * @param policy What the sandbox may reach.
 * @param entry URL of the module that the child runs, which stands in the project's own directory.
 * @throws {TypeError} when a grant cannot be said to Deno
 * @throws {VfsError} when a mount cannot be reached from here
 */
export function planChild(policy: Policy, entry: string): ChildPlan {
  const read: string[] = [];
  const write: string[] = [];
  const { protocol, pathname } = new URL(".", entry);
  if (protocol === "file:") {
    // What is imported by a computed name needs the right to be read; all else does not.
    const home = decodeURIComponent(pathname);
    for (const folder of ["applets", "sandbox", "wasi", "mod.ts"]) read.push(home + folder);
  }
  const mounts = policy.mounts.map((mount) => {
    if (!isGranted({ name: "read", path: mount.host })) {
      if (!mount.partial) throw new VfsError("EACCES");
      return mount;
    }
    let host: string;
    try {
      host = Deno.realPathSync(mount.host);
    } catch (error) {
      throw fromHostError(error);
    }
    if (isGranted({ name: "read", path: host })) read.push(host);
    if (mount.mode === "rw" && isGranted({ name: "write", path: host })) write.push(host);
    return Object.freeze({ ...mount, host });
  });
  const net: string[] = [];
  for (const rule of [...policy.net, ...policy.listen].map(parseNetRule)) {
    if (!isNetGranted(rule)) continue;
    net.push((rule.wildcard ? "*." : "") + hostAndPort(rule.host, rule.port));
  }
  return { entry, mounts, read, write, net, memoryBytes: policy.limits.memoryBytes };
}

/**
 * Arguments of the child Deno: rights by name, never a prompt, and no configuration, lock file or
 * package of the directory that it happens to be started in.
 *
 * @throws {TypeError} when a grant cannot be said to Deno
 */
export function childArguments(plan: ChildPlan): string[] {
  const args = ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-check"];
  // Modules that are local need nothing from the network, and an import is a way to send data out.
  if (plan.entry.startsWith("file:")) args.push("--no-remote", "--no-npm");
  const list = (flag: string, items: readonly string[]) => {
    if (items.length > 0) args.push(`--${flag}=${[...new Set(items)].map(listItem).join(",")}`);
  };
  list("allow-read", plan.read);
  list("allow-write", plan.write);
  list("allow-net", plan.net);
  list("allow-env", plan.variable === undefined ? [] : [plan.variable]);
  if (plan.memoryBytes !== Infinity) {
    const heap = Math.max(LEAST_HEAP_MIB, Math.ceil(plan.memoryBytes / MIB));
    args.push(`--v8-flags=--max-old-space-size=${heap}`);
  }
  args.push(plan.entry);
  return args;
}

/** The Deno to start. @throws {TypeError} without the right to run it */
function denoCommand(): string {
  if (Deno.build.standalone) {
    throw new TypeError("process isolation needs Deno: a compiled program cannot drop its rights");
  }
  for (const command of [Deno.execPath(), "deno"]) {
    if (isGranted({ name: "run", command })) return command;
  }
  throw new TypeError(
    `process isolation needs the right to run Deno: --allow-run=${Deno.execPath()}`,
  );
}

function childEnvironment(): Record<string, string> {
  const env: Record<string, string> = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  for (const variable of PASSED_ON) {
    const value = isGranted({ name: "env", variable }) ? Deno.env.get(variable) : undefined;
    if (value !== undefined) env[variable] = value;
  }
  return env;
}

/** How a child ended. */
export interface ChildEnd {
  /** Its heap was full. */
  readonly outOfMemory: boolean;
  /** What it said on its own stderr; names host paths, so it is for the embedding program alone. */
  readonly complaint: string;
}

/** A child with a pipe in each direction. */
export interface ChildPipe {
  /** Number of the host's process. */
  readonly pid: number;
  /** Settles when it has ended and all it sent was taken. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Sends; the promise settles when there is room for more. Never rejects. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it at once. */
  kill(): void;
  /** Keep this process alive for it, or do not. */
  hold(alive: boolean): void;
}

/**
 * Starts a child.
 *
 * @param plan Its rights.
 * @param args Its arguments.
 * @param receive Takes what it sends; its failure ends the child.
 * @throws {TypeError} without the right to run Deno
 * @throws {VfsError} when the host refuses
 */
export function startChild(
  plan: ChildPlan,
  args: readonly string[],
  receive: (chunk: Uint8Array) => void,
): ChildPipe {
  const command = denoCommand();
  const ownArguments = childArguments(plan);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args: [...ownArguments, ...args],
      clearEnv: true,
      env: childEnvironment(),
      cwd: Deno.build.os === "windows" ? undefined : "/",
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw fromHostError(error);
  }
  let dead = false;
  const kill = (): void => {
    if (dead) return;
    try {
      child.kill("SIGKILL");
    } catch { /* It has ended by itself. */ }
  };
  const writer = child.stdin.getWriter();
  // Whoever waits for room learns of the end by `ended`.
  writer.closed.catch(() => {});
  return {
    pid: child.pid,
    ended: end(),
    write: (bytes) => writer.write(bytes).catch(() => {}),
    kill,
    hold: (alive) => {
      if (dead) return;
      if (alive) child.ref();
      else child.unref();
    },
  };

  async function end(): Promise<ChildEnd> {
    const [, complaint, status] = await Promise.all([
      takeOutput(),
      takeComplaint(child.stderr),
      child.status,
    ]);
    dead = true;
    await writer.close().catch(() => {});
    // V8 ends a process whose heap is full by a trap, and says so.
    const outOfMemory = status.signal !== null && /out of memory|heap limit/i.test(complaint);
    return { outOfMemory, complaint };
  }

  async function takeOutput(): Promise<void> {
    try {
      for await (const chunk of child.stdout) receive(chunk);
    } catch {
      kill();
    }
  }
}

/** Reads all, keeps the beginning. */
async function takeComplaint(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of stream) {
      const room = MOST_COMPLAINT - text.length;
      if (room > 0) text += decoder.decode(chunk.subarray(0, room), { stream: true });
    }
  } catch { /* What was read so far must do. */ }
  return text;
}

/** The child's side of the pipe. */
export interface ParentPipe {
  /** The next bytes, or undefined when the parent has gone. */
  read(): Promise<Uint8Array | undefined>;
  /** Sends all bytes, in order. Blocks for the moment that the parent needs to take them. */
  write(bytes: Uint8Array): void;
}

/** Opens the pipe to the parent, which is stdin and stdout. */
export function openParentPipe(): ParentPipe {
  let waiting: Promise<void> | undefined;
  const later = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
  };
  const enqueue = (bytes: Uint8Array): void => {
    // A parent that does not read any more is gone; the end of stdin says so.
    const mine = (waiting ?? Promise.resolve()).then(() => later(bytes)).catch(() => {});
    waiting = mine;
    void mine.then(() => {
      if (waiting === mine) waiting = undefined;
    });
  };
  return {
    async read(): Promise<Uint8Array | undefined> {
      const buffer = new Uint8Array(CHUNK);
      const count = await Deno.stdin.read(buffer);
      return count === null ? undefined : buffer.subarray(0, count);
    },
    write(bytes: Uint8Array): void {
      othersRun();
      if (waiting !== undefined) return enqueue(bytes);
      for (let at = 0; at < bytes.length;) {
        try {
          at += Deno.stdout.writeSync(at === 0 ? bytes : bytes.subarray(at));
        } catch (error) {
          if (error instanceof Deno.errors.WouldBlock) enqueue(bytes.slice(at));
          return;
        }
      }
    },
  };
}

/** How a child on the host's own streams ended. */
export interface AttachedEnd {
  /** Exit status, 128 + signal number for one that a signal ended. */
  readonly code: number;
  /** The limit that ended it from outside, if one did. */
  readonly reason: "timeout" | "memory" | undefined;
}

/** Signals that are handed on to a child which has the command line's streams. */
const HANDED_ON: readonly Deno.Signal[] = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"];

/**
 * Runs a child on this process's own stdin, stdout and stderr, and waits for its end.
 *
 * @param plan Its rights.
 * @param args Its arguments.
 * @param value Value of the plan's one variable.
 * @param killAfterMs When it is ended from outside; `Infinity` for never.
 * @throws {TypeError} without the right to run Deno
 * @throws {VfsError} when the host refuses
 */
export async function runAttached(
  plan: ChildPlan,
  args: readonly string[],
  value: string,
  killAfterMs: number,
): Promise<AttachedEnd> {
  const command = denoCommand();
  const env = childEnvironment();
  if (plan.variable !== undefined) env[plan.variable] = value;
  const ownArguments = childArguments(plan);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args: [...ownArguments, ...args],
      clearEnv: true,
      env,
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    throw fromHostError(error);
  }
  if (Deno.build.os !== "windows") {
    // A terminal sends its signals to the whole group: then the child has them already.
    const terminal = [Deno.stdin, Deno.stdout, Deno.stderr].some((each) => each.isTerminal());
    for (const name of HANDED_ON) {
      const known = terminal && (name === "SIGINT" || name === "SIGQUIT");
      Deno.addSignalListener(name, () => {
        if (!known) tryKill(child, name);
      });
    }
  }
  let late = false;
  const timer = killAfterMs === Infinity ? undefined : setTimeout(() => {
    late = true;
    tryKill(child, "SIGKILL");
  }, Math.min(killAfterMs, 2 ** 31 - 1));
  const status = await child.status;
  clearTimeout(timer);
  if (late) return { code: status.code, reason: "timeout" };
  const trapped = status.signal === "SIGTRAP" || status.signal === "SIGABRT";
  return { code: status.code, reason: trapped ? "memory" : undefined };
}

function tryKill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch { /* It has ended by itself. */ }
}
