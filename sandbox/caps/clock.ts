/**
 * Clocks: real, frozen, or running from a given time.
 *
 * @module
 */
import type { Clock } from "../types.ts";

/** What a real clock is made of; the host gives it. */
export interface HostClock {
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** Monotonic milliseconds with fraction. */
  monotonicMs(): number;
}

/** How a sandbox tells time. */
export type ClockSpec = "real" | {
  /** Wall time stands still at this many milliseconds since the epoch. */
  readonly frozenMs: number;
};

/** A clock over the host's, with an offset that the sandbox itself may set. */
class RunningClock implements Clock {
  #offsetNs = 0n;
  #offsetMs = 0;

  constructor(private readonly host: HostClock) {}

  nowMs(): number {
    return this.host.wallMs() + this.#offsetMs;
  }

  nowNs(): bigint {
    // The monotonic fraction gives digits below the millisecond without a second source of time.
    const fraction = this.host.monotonicMs() % 1;
    return BigInt(this.host.wallMs()) * 1_000_000n + BigInt(Math.floor(fraction * 1e6)) +
      this.#offsetNs;
  }

  monotonicMs(): number {
    return this.host.monotonicMs();
  }

  monotonicNs(): bigint {
    return BigInt(Math.round(this.host.monotonicMs() * 1e6));
  }

  set(ns: bigint): void {
    this.#offsetNs = ns - BigInt(this.host.wallMs()) * 1_000_000n;
    this.#offsetMs = Number(this.#offsetNs / 1_000_000n);
  }
}

/** A wall clock that stands still. Monotonic time still runs, else nothing could time out. */
class FrozenClock implements Clock {
  #ns: bigint;

  constructor(ms: number, private readonly host: HostClock) {
    this.#ns = BigInt(Math.round(ms * 1000)) * 1000n;
  }

  nowMs(): number {
    return Number(this.#ns / 1_000_000n);
  }

  nowNs(): bigint {
    return this.#ns;
  }

  monotonicMs(): number {
    return this.host.monotonicMs();
  }

  monotonicNs(): bigint {
    return BigInt(Math.round(this.host.monotonicMs() * 1e6));
  }

  set(ns: bigint): void {
    this.#ns = ns;
  }
}

/** Makes the clock of a sandbox. */
export function createClock(spec: ClockSpec, host: HostClock): Clock {
  return spec === "real" ? new RunningClock(host) : new FrozenClock(spec.frozenMs, host);
}
