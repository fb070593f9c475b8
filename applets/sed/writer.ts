/**
 * Output of sed: a last line without newline stays without, until something else is printed.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Output } from "../_lib/streams.ts";

/** One output file, or standard output. */
export class Writer {
  /** What ended the line printed last. */
  #last: ByteString = "\n";

  /** @param out Where it goes. */
  constructor(readonly out: Output) {}

  /** Completes the line before, if it has no newline; a NUL that ended it is enough. */
  #complete(): void {
    if (this.#last === "") void this.out.byte(10);
  }

  /** At the end of the input native completes even a line that a NUL has ended. */
  completeAll(): void {
    if (this.#last === "\0") this.#last = "";
  }

  /** Prints a line that does not complete the one before: numbers of lines. */
  bare(text: ByteString): void {
    void this.out.print(text + "\n");
  }

  /** Prints a text and what ends it. */
  line(text: ByteString, terminator: ByteString): void {
    if (this.#last !== "\n") this.#complete();
    void this.out.print(text);
    if (terminator !== "") void this.out.byte(terminator === "\n" ? 10 : 0);
    this.#last = terminator;
  }

  /** Prints a range of bytes and what ends it. */
  range(bytes: Uint8Array, start: number, end: number, terminator: ByteString): void {
    if (this.#last !== "\n") this.#complete();
    void this.out.bytes(bytes, start, end);
    if (terminator !== "") void this.out.byte(terminator === "\n" ? 10 : 0);
    this.#last = terminator;
  }

  /** More of the same text follows the range just printed, or its end is taken care of. */
  continued(): void {
    this.#last = "\n";
  }
}
