/**
 * What a sandbox is handed besides files: time, randomness, and the platform's own speed.
 *
 * @module
 */
import type { MaybePromise } from "./basic.ts";

/** Time, as a capability: real, frozen or set. */
export interface Clock {
  /** Wall time, nanoseconds since the epoch. */
  nowNs(): bigint;
  /** Wall time, milliseconds since the epoch. */
  nowMs(): number;
  /** Monotonic time in nanoseconds from an arbitrary start. */
  monotonicNs(): bigint;
  /** Monotonic time in milliseconds, with fraction. */
  monotonicMs(): number;
  /** Sets the sandbox's wall clock; other sandboxes and the host are untouched. */
  set(ns: bigint): void;
}

/** Random bytes, as a capability: cryptographic or seeded. */
export interface Random {
  /** Fills the buffer with random bytes. */
  fill(buffer: Uint8Array): void;
  /** A number in 0 ≤ x < 2^32. */
  uint32(): number;
}

/** Accelerations of the platform. Undefined where loading one is not worth it or not possible. */
export interface Platform {
  /**
   * A native hash by its name (`sha1`, `sha256`, …), or undefined. Loading it takes as long as our own
   * hash takes for some megabytes.
   */
  createHash(name: string): MaybePromise<
    { update(chunk: Uint8Array): void; digest(): Uint8Array } | undefined
  >;
  /** Native raw inflate/deflate/gunzip/gzip streams, or undefined. */
  createCodec(
    name: "gzip" | "gunzip" | "deflate-raw" | "inflate-raw",
    level?: number,
  ):
    | { push(chunk: Uint8Array): MaybePromise<Uint8Array[]>; finish(): MaybePromise<Uint8Array[]> }
    | undefined;
}
