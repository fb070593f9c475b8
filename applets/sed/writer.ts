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

  /**
   * @param out Where it goes.
   * @param inputEnded Whether the input is known to have ended, see `#complete`.
   */
  constructor(readonly out: Output, private readonly inputEnded: () => boolean) {}

  /**
   * Completes the line before, if it has no newline. A NUL that ended it is enough, except at the end
   * of the input: so native decides, by the line that it has read ahead.
   */
  #complete(): void {
    if (this.#last === "\n" || (this.#last === "\0" && !this.inputEnded())) return;
    void this.out.byte(10);
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
