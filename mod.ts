/**
 * capbox: a BusyBox userland, an ash shell and a WASI runtime inside a capability sandbox.
 *
 * A {@link Sandbox} has its own files, processes, clock and users. It reaches nothing of the host
 * but what its options name, and Deno's own permissions still hold outside of that.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Sandbox } from "@capbox/capbox";
 *
 * await using sandbox = await Sandbox.create();
 * const result = await sandbox.sh("printf '%s\\n' b a | sort | head -n 1");
 * assertEquals(result.stdoutText, "a\n");
 * assertEquals(result.code, 0);
 * ```
 *
 * @module
 */
import * as applets from "./applets/program_table.ts";
import type { ProgramTable } from "./sandbox/kernel/programs.ts";
import type { Policy } from "./sandbox/caps/policy.ts";
import type { RemoteSession } from "./sandbox/protocol/client.ts";
import { loadWasiCommand, loadWasm } from "./wasi/loader.ts";
import type { RunResult } from "./sandbox/session/result.ts";
import type { SandboxFiles } from "./sandbox/session/files.ts";
import {
  type Argument,
  type CommitReport,
  type OverlayChange,
  prepare,
  type Programs,
  type RunOptions,
  type SandboxOptions,
  type SandboxProcess,
  Session,
  Snapshot,
} from "./sandbox/session/session.ts";

/** The applets, and the command that runs wasm modules. */
const table: ProgramTable = {
  names: () => [...applets.names(), "wasi"],
  has: (name) => name === "wasi" || applets.has(name),
  load: (name) => name === "wasi" ? loadWasiCommand() : applets.load(name),
};

const PROGRAMS: Programs = { table, wasm: loadWasm };

/**
 * A sandbox with all applets.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Sandbox } from "@capbox/capbox";
 *
 * await using sandbox = await Sandbox.create({ limits: { wallMs: 2000 } });
 * await sandbox.fs.writeFile("/tmp/in", "1\n2\n");
 * const copy = sandbox.fork();
 * await copy.run(["rm", "/tmp/in"]);
 * assertEquals(await sandbox.fs.exists("/tmp/in"), true);
 * copy.close();
 * ```
 */
export class Sandbox extends Session {
  /**
   * Makes a sandbox.
   *
   * With `isolation: "process"`, its programs run in a child Deno which has only the permissions that
   * mounts and network grants need, and which is killed when it does not keep a limit of time. It
   * needs `--allow-run` for Deno itself, and has no `commands`, `snapshot`, `fork` and `commit`. If
   * the child dies, all its runs end with the reason `"memory"` or `"internal-error"` (`"timeout"` or
   * `"aborted"` for the one that it was killed for) and the next call starts a fresh one, without
   * what stood in memory layers and overlays.
   *
   * @param options What it may reach and how much it may use; nothing by default.
   * @throws {TypeError} naming the option that is wrong, or the right that is missing
   * @throws {VfsError} when a mount cannot be reached
   */
  static create(options: SandboxOptions = {}): Promise<Sandbox> {
    try {
      const { policy, commands } = prepare(options);
      if (policy.isolation === "process") {
        if (commands.size > 0) {
          throw new TypeError("commands of the host need isolation: inline");
        }
        return createIsolated(policy);
      }
      return Promise.resolve(new Sandbox(policy, commands, PROGRAMS, undefined));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Makes a sandbox that goes on from a snapshot. The snapshot can be used again. */
  static from(snapshot: Snapshot): Sandbox {
    return new Sandbox(snapshot.policy, snapshot.commands, PROGRAMS, snapshot.namespace);
  }

  /**
   * Keeps the state of all files, in constant time. Running programs are not part of it.
   */
  snapshot(): Snapshot {
    return this.state();
  }

  /** An independent copy with the same files and policy, in constant time. */
  fork(): Sandbox {
    return Sandbox.from(this.state());
  }
}

/** A sandbox whose programs run in a child process. What cannot go there says so. */
class IsolatedSandbox extends Sandbox {
  override readonly fs: SandboxFiles;
  readonly #remote: RemoteSession;

  constructor(policy: Policy, remote: RemoteSession) {
    super(policy, new Map(), PROGRAMS, undefined);
    // Nothing may run on this side.
    super.close();
    this.#remote = remote;
    this.fs = remote.files;
  }

  override run(argv: readonly Argument[], options: RunOptions = {}): Promise<RunResult> {
    return this.#remote.run(argv, options);
  }

  override spawn(
    argv: readonly Argument[],
    options: Omit<RunOptions, "stdin" | "stdout" | "stderr"> = {},
  ): SandboxProcess {
    return this.#remote.spawn(argv, options);
  }

  override diff(guest: string): Promise<OverlayChange[]> {
    return this.#remote.diff(guest);
  }

  override commit(): Promise<CommitReport> {
    return Promise.reject(unavailable("commit"));
  }

  override snapshot(): Snapshot {
    throw unavailable("snapshot");
  }

  override fork(): Sandbox {
    throw unavailable("fork");
  }

  override get memoryBytes(): number {
    return this.#remote.memoryBytes;
  }

  override close(): void {
    this.#remote.close();
  }

  override [Symbol.asyncDispose](): Promise<void> {
    return this.#remote.dispose();
  }
}

function unavailable(what: string): TypeError {
  return new TypeError(`${what} is not available under process isolation`);
}

/** A computed specifier: with a literal one, every start of a sandbox would load the module. */
const CLIENT = "./sandbox/protocol/client.ts";

async function createIsolated(policy: Policy): Promise<Sandbox> {
  const { RemoteSession } = await (import(CLIENT) as Promise<
    typeof import("./sandbox/protocol/client.ts")
  >);
  const entry = new URL("./cli.ts", import.meta.url).href;
  return new IsolatedSandbox(policy, await RemoteSession.start(policy, entry));
}

export { Session, Snapshot };
export { SandboxProcess } from "./sandbox/session/session.ts";
export type {
  Argument,
  CommitReport,
  OverlayChange,
  RunOptions,
  SandboxOptions,
  SpawnStatus,
} from "./sandbox/session/session.ts";
export { CommandContext, type HostCommand } from "./sandbox/session/commands.ts";
export { type FileEntry, SandboxFiles, type WriteFileOptions } from "./sandbox/session/files.ts";
export { RunResult } from "./sandbox/session/result.ts";
export type { OutputListener, StdinSource } from "./sandbox/session/streams.ts";
export type {
  Isolation,
  MountMode,
  MountSpec,
  NetGrant,
  PolicyInput,
} from "./sandbox/caps/policy.ts";
export type { Limits } from "./sandbox/caps/limits.ts";
export type { ClockSpec } from "./sandbox/caps/clock.ts";
export type { AuditEvent, EndReason, MaybePromise, Process, Stat } from "./sandbox/types.ts";
export { type ErrorCode, VfsError } from "./sandbox/errors.ts";
