/**
 * The policy of a sandbox: what it may reach. Everything is denied unless it is named here.
 *
 * @module
 */
import { completeLimits, type Limits } from "./limits.ts";
import type { ClockSpec } from "./clock.ts";
import type { AuditEvent } from "../types.ts";

/** How a host directory appears in the sandbox. */
export type MountMode = "ro" | "rw" | "overlay";

/** A host directory handed in. */
export interface MountSpec {
  /** Path on the host. */
  readonly host: string;
  /** Absolute path in the sandbox. */
  readonly guest: string;
  /** `ro` refuses changes, `overlay` keeps them in memory, `rw` writes through. Default `ro`. */
  readonly mode?: MountMode;
  /**
   * Allow real symbolic links to be made on the host (`rw` only). Off by default, since whoever
   * follows them on the host leaves the mount.
   */
  readonly symlinks?: boolean;
  /**
   * Take a directory of which Deno granted parts only, as `deno run -R=./in` does. What Deno does
   * not grant stays unseen. Off by default: then the whole directory must be granted.
   */
  readonly partial?: boolean;
  /** Allow writing to files with several hard links (`rw` only). Off by default. */
  readonly hardLinks?: boolean;
}

/** A network grant, such as `example.com:443`, `*.example.com:443`, `127.0.0.1:8080`, `host:*`. */
export type NetGrant = string;

/** How strongly a sandbox is kept apart. */
export type Isolation = "inline" | "process";

/** What a sandbox is made of. All fields are optional; an empty policy reaches nothing. */
export interface PolicyInput {
  /** Directories of the host and where they appear. */
  readonly mounts?: readonly MountSpec[];
  /** Variables, or names to pass on from the host's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Hosts that may be reached. */
  readonly net?: readonly NetGrant[];
  /** Addresses that may be listened on, such as `127.0.0.1:8080`. */
  readonly listen?: readonly NetGrant[];
  /** Limits. */
  readonly limits?: Partial<Limits>;
  /** Real time, or a frozen one. */
  readonly clock?: ClockSpec;
  /** A seed for repeatable randomness, or `"real"`. */
  readonly random?: "real" | number;
  /** Is told of each use of a capability. */
  readonly audit?: (event: AuditEvent) => void;
  /** How far apart from the host program. */
  readonly isolation?: Isolation;
  /** Working directory of the first process. Default `/`. */
  readonly cwd?: string;
  /** Name that the sandbox gives itself. */
  readonly hostname?: string;
  /** User that programs run as. */
  readonly uid?: number;
  /** Group that programs run as. */
  readonly gid?: number;
}

/** A checked policy; frozen. */
export interface Policy {
  /** Directories of the host and where they appear. */
  readonly mounts: readonly Required<MountSpec>[];
  /** The whole environment. */
  readonly env: ReadonlyMap<string, string>;
  /** Hosts that may be reached. */
  readonly net: readonly NetGrant[];
  /** Addresses that may be listened on. */
  readonly listen: readonly NetGrant[];
  /** Limits. */
  readonly limits: Limits;
  /** Real time, or a frozen one. */
  readonly clock: ClockSpec;
  /** Seed of the randomness; undefined for real randomness. */
  readonly seed: number | undefined;
  /** Is told of each use of a capability. */
  readonly audit: ((event: AuditEvent) => void) | undefined;
  /** How far apart from the host program. */
  readonly isolation: Isolation;
  /** Working directory. */
  readonly cwd: string;
  /** Name that the sandbox gives itself. */
  readonly hostname: string;
  /** User that programs run as. */
  readonly uid: number;
  /** Group that programs run as. */
  readonly gid: number;
}

const FIELDS = new Set([
  "mounts",
  "env",
  "net",
  "listen",
  "limits",
  "clock",
  "random",
  "audit",
  "isolation",
  "cwd",
  "hostname",
  "uid",
  "gid",
  "commands",
]);

/** Environment of a sandbox to which none was given. */
const DEFAULT_ENV: readonly (readonly [string, string])[] = [
  ["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  ["HOME", "/root"],
  ["USER", "root"],
  ["SHELL", "/bin/sh"],
];

/**
 * Checks a policy and fills in what was not said.
 *
 * @param input What the embedding program asks for. It is copied; later changes have no effect.
 * @throws {TypeError} naming the field that is wrong
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { createPolicy } from "@capbox/capbox/sandbox";
 * assertEquals(createPolicy({}).net, []);
 * assertThrows(() => createPolicy({ mounts: [{ host: "/x", guest: "relative" }] }), TypeError);
 * ```
 */
export function createPolicy(input: PolicyInput = {}): Policy {
  checkShape(input);
  for (const name of Object.keys(input)) {
    if (!FIELDS.has(name)) throw new TypeError(`unknown option: ${name}`);
  }
  const env = new Map<string, string>(DEFAULT_ENV);
  for (const [name, value] of Object.entries(input.env ?? {})) {
    if (name === "" || name.includes("=") || name.includes("\0")) {
      throw new TypeError(`bad variable name: ${JSON.stringify(name)}`);
    }
    if (typeof value !== "string" || value.includes("\0")) {
      throw new TypeError(`bad value of variable ${name}`);
    }
    env.set(name, value);
  }
  const random = input.random ?? "real";
  if (random !== "real" && !Number.isSafeInteger(random)) {
    throw new TypeError('random must be "real" or an integer seed');
  }
  const isolation = input.isolation ?? "inline";
  if (isolation !== "inline" && isolation !== "process") {
    throw new TypeError(`unknown isolation: ${isolation}`);
  }
  const cwd = input.cwd ?? "/";
  if (!cwd.startsWith("/") || cwd.includes("\0")) {
    throw new TypeError("cwd must be an absolute path");
  }
  return Object.freeze({
    mounts: Object.freeze((input.mounts ?? []).map(checkMount)),
    env,
    net: Object.freeze([...(input.net ?? [])]),
    listen: Object.freeze([...(input.listen ?? [])]),
    limits: completeLimits(input.limits),
    clock: checkClock(input.clock ?? "real"),
    seed: random === "real" ? undefined : random,
    audit: input.audit,
    isolation,
    cwd,
    hostname: input.hostname ?? "capbox",
    uid: checkId("uid", input.uid),
    gid: checkId("gid", input.gid),
  });
}

/**
 * Whether the fields are of the kinds they are declared with. A policy may come from a file, and
 * `"net": "a.b"` or `"symlinks": "no"` must not be taken for something that it is not.
 */
function checkShape(input: PolicyInput): void {
  const isObject = (value: unknown): boolean =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(input)) throw new TypeError("a policy must be an object");
  for (const name of ["env", "limits"] as const) {
    if (input[name] !== undefined && !isObject(input[name])) {
      throw new TypeError(`${name} must be an object`);
    }
  }
  for (const name of ["mounts", "net", "listen"] as const) {
    if (input[name] !== undefined && !Array.isArray(input[name])) {
      throw new TypeError(`${name} must be a list`);
    }
  }
  for (const grant of [...input.net ?? [], ...input.listen ?? []] as unknown[]) {
    if (typeof grant !== "string") throw new TypeError("a network grant must be text");
  }
  for (const mount of (input.mounts ?? []) as unknown[]) {
    if (!isObject(mount)) throw new TypeError("a mount must be an object");
    for (const name of ["symlinks", "hardLinks", "partial"]) {
      const value = (mount as Record<string, unknown>)[name];
      if (value !== undefined && typeof value !== "boolean") {
        throw new TypeError(`mount: ${name} must be true or false`);
      }
    }
  }
  for (const name of ["cwd", "hostname"] as const) {
    if (input[name] !== undefined && typeof input[name] !== "string") {
      throw new TypeError(`${name} must be text`);
    }
  }
  if (input.audit !== undefined && typeof input.audit !== "function") {
    throw new TypeError("audit must be a function");
  }
}

function checkMount(mount: MountSpec): Required<MountSpec> {
  const mode = mount.mode ?? "ro";
  if (typeof mount.host !== "string" || mount.host === "" || mount.host.includes("\0")) {
    throw new TypeError("a mount needs a host path");
  }
  if (
    typeof mount.guest !== "string" || !mount.guest.startsWith("/") || mount.guest.includes("\0")
  ) {
    throw new TypeError(`mount: the guest path must be absolute: ${mount.guest}`);
  }
  if (mode !== "ro" && mode !== "rw" && mode !== "overlay") {
    throw new TypeError(`mount: unknown mode: ${mode}`);
  }
  return Object.freeze({
    host: mount.host,
    guest: mount.guest,
    mode,
    symlinks: mount.symlinks ?? false,
    hardLinks: mount.hardLinks ?? false,
    partial: mount.partial ?? false,
  });
}

function checkClock(clock: ClockSpec): ClockSpec {
  if (clock === "real") return clock;
  if (typeof clock?.frozenMs !== "number" || !Number.isFinite(clock.frozenMs)) {
    throw new TypeError('clock must be "real" or { frozenMs }');
  }
  return Object.freeze({ frozenMs: clock.frozenMs });
}

function checkId(name: string, value = 0): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_fffe) {
    throw new TypeError(`${name} must be an integer of 0 or more`);
  }
  return value;
}
