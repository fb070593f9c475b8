/**
 * What parent and child say to each other, and the checks of what was said: each message is read
 * field by field into fresh values, and a field that is not as it must be ends the connection.
 *
 * @module
 */
import type { AuditEvent, EndReason, Stat } from "../types.ts";
import { type ErrorCode, isErrorCode, VfsError } from "../errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../caps/limits.ts";
import type { MountMode, MountSpec, Policy, PolicyInput } from "../caps/policy.ts";
import { ProtocolError } from "./frames.ts";

/** The fields of a message or of a part of one. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;

  /** @param values As `decodeControl` gives them. */
  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  /** The fields of an object. @throws {ProtocolError} unless it is one */
  static of(value: unknown): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) wrong("an object");
    return new Fields(new Map(Object.entries(value as object)));
  }

  /** Whether the field is there. */
  has(name: string): boolean {
    return this.#values.get(name) !== undefined;
  }

  /** A text. */
  text(name: string): string {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : wrong(name);
  }

  /** A text, or undefined when the field is not there. */
  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  /** A number from `least` to `most`. */
  number(name: string, least: number, most: number): number {
    const value = this.#values.get(name);
    if (typeof value !== "number" || !(value >= least && value <= most)) wrong(name);
    return value as number;
  }

  /** A whole number from `least` to `most`. */
  integer(name: string, least: number = 0, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(name, least, most);
    return Number.isInteger(value) ? value : wrong(name);
  }

  /** A whole number written as text, for what a `number` cannot hold. */
  bigint(name: string): bigint {
    const text = this.text(name);
    return /^-?[0-9]{1,30}$/.test(text) ? BigInt(text) : wrong(name);
  }

  /** True or false. */
  boolean(name: string): boolean {
    const value = this.#values.get(name);
    return typeof value === "boolean" ? value : wrong(name);
  }

  /** A list of texts. */
  texts(name: string): string[] {
    return this.list(name).map((each) => typeof each === "string" ? each : wrong(name));
  }

  /** A list of anything. */
  list(name: string): readonly unknown[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value : wrong(name);
  }

  /** Pairs of texts. */
  pairs(name: string): [string, string][] {
    return this.list(name).map((each) => {
      if (!Array.isArray(each) || each.length !== 2) wrong(name);
      const [first, second] = each as unknown[];
      return typeof first === "string" && typeof second === "string"
        ? [first, second]
        : wrong(name);
    });
  }

  /** Fields of a part. */
  part(name: string): Fields {
    return Fields.of(this.#values.get(name));
  }
}

function wrong(what: string): never {
  throw new ProtocolError(`bad message: ${what}`);
}

/** The policy as a message. JSON has no `Infinity`, so limits without an end are left out. */
export function policyMessage(
  policy: Policy,
  mounts: readonly Required<MountSpec>[],
): Record<string, unknown> {
  const limits = Object.entries(policy.limits).filter(([, value]) => value !== Infinity);
  return {
    op: "init",
    mounts,
    env: [...policy.env],
    net: policy.net,
    listen: policy.listen,
    limits: Object.fromEntries(limits),
    frozenMs: policy.clock === "real" ? undefined : policy.clock.frozenMs,
    seed: policy.seed,
    audit: policy.audit !== undefined,
    cwd: policy.cwd,
    hostname: policy.hostname,
    uid: policy.uid,
    gid: policy.gid,
  };
}

/** Reads a policy. @throws {ProtocolError} when a field is wrong */
export function readPolicyMessage(
  message: Fields,
  audit: (event: AuditEvent) => void,
): PolicyInput {
  const given = message.part("limits");
  const limits = new Map<keyof Limits, number>();
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    limits.set(name, given.has(name) ? given.number(name, 0, Number.MAX_VALUE) : Infinity);
  }
  return {
    mounts: message.list("mounts").map(readMount),
    env: Object.fromEntries(message.pairs("env")),
    net: message.texts("net"),
    listen: message.texts("listen"),
    limits: Object.fromEntries(limits),
    clock: message.has("frozenMs")
      ? { frozenMs: message.number("frozenMs", -Number.MAX_VALUE, Number.MAX_VALUE) }
      : "real",
    random: message.has("seed") ? message.integer("seed", Number.MIN_SAFE_INTEGER) : "real",
    audit: message.boolean("audit") ? audit : undefined,
    cwd: message.text("cwd"),
    hostname: message.text("hostname"),
    uid: message.integer("uid"),
    gid: message.integer("gid"),
  };
}

function readMount(value: unknown): MountSpec {
  const mount = Fields.of(value);
  const mode = mount.text("mode");
  if (mode !== "ro" && mode !== "rw" && mode !== "overlay") wrong("mode");
  return {
    host: mount.text("host"),
    guest: mount.text("guest"),
    mode: mode as MountMode,
    symlinks: mount.boolean("symlinks"),
    hardLinks: mount.boolean("hardLinks"),
    partial: mount.boolean("partial"),
  };
}

/** An error as a message. Only our own kinds pass; another one is an I/O error. */
export function errorMessage(error: unknown): Record<string, unknown> {
  if (error instanceof VfsError) {
    return { op: "error", code: error.code, path: error.path, text: error.message };
  }
  if (error instanceof TypeError) return { op: "error", text: error.message };
  return { op: "error", code: "EIO" };
}

/** The error that a message tells of. */
export function readErrorMessage(message: Fields): Error {
  const text = message.optionalText("text");
  if (!message.has("code")) return new TypeError(text);
  return new VfsError(readCode(message.text("code")), message.optionalText("path"), text);
}

/** An error code. @throws {ProtocolError} for an unknown one */
export function readCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : wrong("code");
}

const REASONS: ReadonlySet<string> = new Set<EndReason>([
  "exit",
  "signal",
  "timeout",
  "cpu",
  "memory",
  "output",
  "aborted",
  "internal-error",
]);

/** Why a run ended, or undefined when its status says it all. */
export function readReason(message: Fields): EndReason | undefined {
  const reason = message.optionalText("reason");
  if (reason !== undefined && !REASONS.has(reason)) wrong("reason");
  return reason as EndReason | undefined;
}

/** Reads an event. */
export function readAuditEvent(event: Fields): AuditEvent {
  return {
    kind: event.text("kind"),
    allowed: event.boolean("allowed"),
    pid: event.has("pid") ? event.integer("pid") : undefined,
    subject: event.text("subject"),
    detail: event.optionalText("detail"),
  };
}

/** Attributes of a file as a message: times do not fit a `number`. */
export function statMessage(stat: Stat): Record<string, unknown> {
  return {
    ...stat,
    atimeNs: `${stat.atimeNs}`,
    mtimeNs: `${stat.mtimeNs}`,
    ctimeNs: `${stat.ctimeNs}`,
  };
}

/** Reads attributes of a file. */
export function readStatMessage(stat: Fields): Stat {
  return {
    dev: stat.integer("dev"),
    ino: stat.integer("ino"),
    mode: stat.integer("mode"),
    nlink: stat.integer("nlink"),
    uid: stat.integer("uid"),
    gid: stat.integer("gid"),
    rdev: stat.integer("rdev"),
    size: stat.integer("size"),
    blksize: stat.integer("blksize"),
    blocks: stat.integer("blocks"),
    atimeNs: stat.bigint("atimeNs"),
    mtimeNs: stat.bigint("mtimeNs"),
    ctimeNs: stat.bigint("ctimeNs"),
  };
}
