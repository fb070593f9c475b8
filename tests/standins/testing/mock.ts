/**
 * Stand-in for `@std/testing/mock`.
 *
 * @module
 */

/** One call of a spy. */
export interface SpyCall<A extends unknown[], R> {
  /** What it was called with. */
  args: A;
  /** What it returned. */
  returned?: R;
  /** What it threw. */
  error?: unknown;
}

/** A function that remembers its calls. */
export interface Spy<A extends unknown[], R> {
  (...args: A): R;
  /** The calls so far. */
  calls: SpyCall<A, R>[];
}

/** Wraps a function so that its calls are remembered. */
export function spy<A extends unknown[], R = undefined>(fn?: (...args: A) => R): Spy<A, R> {
  const calls: SpyCall<A, R>[] = [];
  const wrapped = (...args: A): R => {
    const call: SpyCall<A, R> = { args };
    calls.push(call);
    try {
      call.returned = fn?.(...args);
      return call.returned as R;
    } catch (error) {
      call.error = error;
      throw error;
    }
  };
  return Object.assign(wrapped, { calls });
}

/** Fails unless the spy was called that many times. */
export function assertSpyCalls<A extends unknown[], R>(of: Spy<A, R>, expected: number): void {
  if (of.calls.length !== expected) {
    throw new Error(`Expected ${expected} calls of the spy, saw ${of.calls.length}`);
  }
}
