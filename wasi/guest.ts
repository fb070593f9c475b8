/**
 * One running guest: its memory, descriptors and system, and how its calls wait and end.
 *
 * A call gives an error number at once, or {@link WAIT} after leaving a promise in `pending`, or
 * {@link TRAP} when the guest must not run on. The shim of `shim.ts` acts on the last two inside
 * wasm, where waiting is free for calls that do not need it and a trap cannot be caught.
 *
 * @module
 */
import { type MaybePromise, ProcessEnded } from "../sandbox/types.ts";
import { ERRNO, type Errno, errnoOf } from "./errno.ts";
import { FdTable } from "./fds.ts";
import { GuestMemory } from "./memory.ts";
import type { ProcessExtension } from "./process_extension.ts";
import type { System } from "./system.ts";

/** "The answer comes later": `pending` holds it. No error number is negative. */
export const WAIT = -1;
/** "Trap now": `outcome` says why. */
export const TRAP = -2;

/** Why a guest ended inside a call. */
export type Outcome =
  | { readonly kind: "exit"; readonly code: number }
  /** The kernel ended the process; the error must reach it. */
  | { readonly kind: "ended"; readonly error: unknown }
  | { readonly kind: "trap"; readonly reason: string };

/** State of one instance. */
export class Guest {
  readonly memory: GuestMemory = new GuestMemory();
  readonly fds: FdTable;
  /** The answer of the call that waits. */
  pending: Promise<number> | undefined;
  outcome: Outcome | undefined;
  /** Whether a call may suspend the guest; see unsuspended.ts for when not. */
  suspends = true;
  /**
   * Whether small writes may be held back: only where the guest lets others run after each slice of
   * time, which ends the hold.
   */
  holdsWrites = false;
  /** The process extension, where it is allowed. */
  process: ProcessExtension | undefined;
  /** Bytes of memory charged so far. */
  #charged = 0;

  /** Takes the answer of a suspended call. */
  #resume: ((answer: number) => void) | undefined;

  constructor(readonly system: System) {
    this.fds = new FdTable(system.openFiles);
    system.atEnd?.(() => this.#abandon());
  }

  /**
   * The process has ended, so what the guest waits for will never come. A suspended stack is not
   * freed until it goes on, so it goes on: into a trap, before a single instruction of the guest.
   */
  #abandon(): void {
    this.end({ kind: "ended", error: new ProcessEnded(0, 0) });
    this.#resume?.(TRAP);
    this.#resume = undefined;
  }

  #scratch: Uint8Array = new Uint8Array(4096);

  /** A buffer of at least that size, for use within one call. */
  scratch(size: number): Uint8Array {
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size);
    return this.#scratch;
  }

  /** Ends the guest from within a call. */
  end(outcome: Outcome): number {
    this.outcome ??= outcome;
    return TRAP;
  }

  /** Takes a call's error: its number, or the end of the guest. */
  caught(error: unknown): number {
    const errno = errnoOf(error);
    if (errno !== undefined) return errno;
    if (error instanceof ProcessEnded) return this.end({ kind: "ended", error });
    if (error instanceof RangeError) {
      // Deep recursion of the guest that ran out of stack inside one of our calls.
      return this.end({ kind: "trap", reason: "call stack exhausted" });
    }
    this.system.report(error);
    return ERRNO.IO;
  }

  /** Finishes a call when its promise has settled. */
  later<T>(promise: Promise<T>, then: (value: T) => number): number {
    this.pending = promise.then(
      (value) => {
        try {
          const result = then(value);
          return result === WAIT ? this.pending as Promise<number> : result;
        } catch (error) {
          return this.caught(error);
        }
      },
      (error) => this.caught(error),
    );
    return WAIT;
  }

  /** The answer that was left to wait for. */
  settled(): Promise<number> {
    const { pending } = this;
    this.pending = undefined;
    if (pending === undefined) return Promise.resolve(ERRNO.IO);
    return new Promise((resolve) => {
      this.#resume = resolve;
      pending.then((answer) => {
        this.#resume = undefined;
        resolve(answer);
      });
    });
  }

  /** What a call answers that would have to wait where nothing can suspend. */
  unsettled(): number {
    this.pending?.catch(() => {});
    this.pending = undefined;
    return this.outcome === undefined ? ERRNO.AGAIN : TRAP;
  }

  /** Goes on with a value now, or when it is there. */
  with<T>(value: MaybePromise<T>, then: (value: T) => Errno): number {
    return value instanceof Promise ? this.later(value, then) : then(value);
  }

  /** Charges what the memory has grown by. */
  chargeMemory(): void {
    const size = this.memory.size;
    if (size === this.#charged) return;
    const growth = size - this.#charged;
    this.#charged = size;
    this.system.charge(growth);
  }

  /** Gives everything back. */
  close(): void {
    this.fds.closeAll();
    // What an ended process was charged has been given back already.
    if (this.outcome?.kind !== "ended") this.system.charge(-this.#charged);
    this.#charged = 0;
  }
}
