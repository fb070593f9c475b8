/**
 * `node:fs`, for the few calls on files that exist nowhere else in Deno.
 *
 * @module
 */

/** The module, with the calls that `T` names. Loaded on first use, which costs 30 ms. */
export function nodeFs<T>(): T {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): T };
  };
  return process.getBuiltinModule("node:fs");
}

/** Seconds with a fraction, as `utime` takes them. Rounded down, so that milliseconds stay. */
export function toSeconds(ns: bigint): number {
  return Number(ns / 1000n) / 1e6;
}
