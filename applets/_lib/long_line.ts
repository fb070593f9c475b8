/**
 * One line of input, of any length: what is longer than a chunk is charged to the sandbox.
 *
 * @module
 */
import type { MaybePromise, Process } from "../../sandbox/types.ts";
import { MemoryAccount } from "./memory_account.ts";
import { CHUNK, type Source } from "./streams.ts";

/** Reads a source line by line and no further than the line, so that others may read what follows. */
export class LongLines {
  readonly #memory: MemoryAccount;

  /** @param source What is read. @param process Who is charged. */
  constructor(private readonly source: Source, process: Process) {
    this.#memory = new MemoryAccount(process);
  }

  /**
   * The next line with its delimiter, or undefined at the end. A long one is charged until the line
   * behind it is asked for.
   *
   * @throws {OutOfMemory} when it is longer than there is memory for.
   */
  next(delimiter = 10): MaybePromise<Uint8Array | undefined> {
    this.#memory.release();
    const first = this.source.readUntil(delimiter, CHUNK);
    return first instanceof Promise
      ? first.then((piece) => this.#complete(piece, delimiter))
      : this.#complete(first, delimiter);
  }

  #complete(
    first: Uint8Array | undefined,
    delimiter: number,
  ): MaybePromise<Uint8Array | undefined> {
    if (first === undefined || first.length < CHUNK || first[first.length - 1] === delimiter) {
      return first;
    }
    return this.#rest(first, delimiter);
  }

  async #rest(first: Uint8Array, delimiter: number): Promise<Uint8Array> {
    let line = new Uint8Array(4 * CHUNK);
    line.set(first);
    let length = first.length;
    for (;;) {
      let piece = this.source.readUntil(delimiter, CHUNK);
      if (piece instanceof Promise) piece = await piece;
      if (piece === undefined) break;
      if (length + piece.length > line.length) {
        this.#memory.take(line.length);
        const larger = new Uint8Array(2 * line.length);
        larger.set(line);
        line = larger;
      }
      line.set(piece, length);
      length += piece.length;
      if (piece[piece.length - 1] === delimiter) break;
    }
    return line.subarray(0, length);
  }
}
