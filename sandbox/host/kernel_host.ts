/**
 * Time, timers, randomness and turns of the event loop, from the host.
 *
 * @module
 */

/** Longest delay `setTimeout` takes, milliseconds. */
const TIMER_MAX = 2 ** 31 - 1;

/**
 * Calls back after a time that may be longer than `setTimeout` allows.
 *
 * @param milliseconds Delay; `Infinity` never calls back but keeps the process alive.
 * @returns A function that cancels it.
 */
export function setTimer(milliseconds: number, callback: () => void): () => void {
  let id: ReturnType<typeof setTimeout>;
  const arm = (left: number): void => {
    const step = Math.min(left, TIMER_MAX);
    id = setTimeout(() => left > TIMER_MAX ? arm(left - step) : callback(), Math.max(0, step));
  };
  arm(milliseconds);
  return () => clearTimeout(id);
}

/**
 * Lets the event loop turn once.
 *
 * A message to oneself takes microseconds where `setTimeout(0)` takes a millisecond or more. The
 * channel is closed each time, so that nothing keeps the process alive.
 */
export function yieldToHost(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      port2.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

let statistics: (() => { used_heap_size: number; heap_size_limit: number }) | undefined;

/**
 * How much of the isolate's heap is in use, from 0 to 1; 0 until the module that knows has been
 * loaded, which the first call starts.
 */
export function heapShare(): number {
  if (statistics === undefined) {
    statistics = () => ({ used_heap_size: 0, heap_size_limit: 1 });
    void import("node:v8").then(({ getHeapStatistics }) => statistics = getHeapStatistics);
  }
  const { used_heap_size, heap_size_limit } = statistics();
  return used_heap_size / heap_size_limit;
}

/** Monotonic milliseconds with fraction. */
export function monotonicMs(): number {
  return performance.now();
}

/** Milliseconds since the epoch. */
export function wallMs(): number {
  return Date.now();
}

/** Fills at most 65,536 bytes from the host's cryptographic source. */
export function fillRandom(buffer: Uint8Array<ArrayBuffer>): void {
  crypto.getRandomValues(buffer);
}

/** Processors of the host; 1 where that cannot be known. */
export function processorCount(): number {
  return typeof navigator === "object" ? navigator.hardwareConcurrency ?? 1 : 1;
}
