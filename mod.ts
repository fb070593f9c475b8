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
import { loadWasiCommand, loadWasm } from "./wasi/loader.ts";
import {
  prepare,
  type Programs,
  type SandboxOptions,
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
   * @param options What it may reach and how much it may use; nothing by default.
   * @throws {TypeError} naming the option that is wrong
   */
  static create(options: SandboxOptions = {}): Promise<Sandbox> {
    try {
      const { policy, commands } = prepare(options);
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
