/**
 * Memory that a part of an applet's work takes, charged to the sandbox and given back when that part is done.
 *
 * @module
 */
import type { Process } from "../../sandbox/types.ts";
import { takeMemory } from "./streams.ts";

/** Charges memory, and remembers how much to give back. */
export class MemoryAccount {
  #bytes = 0;

  /** @param process Who is charged. */
  constructor(
    private readonly process: Pick<Process, "chargeMemory" | "tryChargeMemory">,
  ) {}

  /** Takes memory; a negative count gives some back. @throws when the sandbox has no more. */
  readonly charge = (bytes: number): void => {
    this.process.chargeMemory(bytes);
    this.#bytes += bytes;
  };

  /** The same, but it is only this program that ends: see `takeMemory`. */
  take(bytes: number): void {
    takeMemory(this.process, bytes);
    this.#bytes += bytes;
  }

  /** Gives back all that was taken. */
  release(): void {
    this.process.chargeMemory(-this.#bytes);
    this.#bytes = 0;
  }
}
