/**
 * Output of sed: a last line without newline stays without, until something else is printed.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Output } from "../_lib/streams.ts";

/** What the writer asks of the input. */
export interface InputState {
  /** Number of the current line. */
  readonly number: number;
  /** Number of the last line of the last file that has ended. */
  readonly lastOfFile: number;
}

/** One output file, or standard output. */
export class Writer {
  /** What ended the line printed last. */
  #last: ByteString = "\n";

  /** Number of the input line when that was printed. */
  #line = 0;

  /** @param out Where it goes. @param input Gives the input as it stands. */
  constructor(readonly out: Output, private readonly input: () => InputState) {}

  /**
   * Completes the line before, if it has no newline. A NUL that ended it is enough, unless the line was
   * the last of its file.
   */
  #complete(): void {
    if (this.#last !== "" && this.input().lastOfFile !== this.#line) return;
    void this.out.byte(10);
    this.#last = "\n";
  }

  #ended(terminator: ByteString, empty: boolean): void {
    // Nothing at all has been printed, and so nothing needs to be completed.
    if (empty && terminator === "") return;
    this.#last = terminator;
    if (terminator === "\n") return;
    if (terminator === "\0") void this.out.byte(0);
    this.#line = this.input().number;
  }

  /** Prints a line that does not complete the one before: numbers of lines. */
  bare(text: ByteString): void {
    void this.out.print(text + "\n");
  }

  /** Prints a text and what ends it. */
  line(text: ByteString, terminator: ByteString): void {
    if (this.#last !== "\n") this.#complete();
    void this.out.print(text);
    if (terminator === "\n") void this.out.byte(10);
    this.#ended(terminator, text === "");
  }

  /** Prints a range of bytes and what ends it. */
  range(bytes: Uint8Array, start: number, end: number, terminator: ByteString): void {
    this.begin();
    this.finish(bytes, start, end, terminator);
  }

  /** Before the parts of a line go to `out` directly; `finish` prints the last one. */
  begin(): void {
    if (this.#last !== "\n") this.#complete();
  }

  /** Prints the last part of a line and what ends it. */
  finish(
    bytes: Uint8Array,
    start: number,
    end: number,
    terminator: ByteString,
    empty: boolean = end === start,
  ): void {
    // The newline stands behind the range already.
    const whole = terminator === "\n" && bytes[end] === 10;
    if (whole || end > start) void this.out.bytes(bytes, start, whole ? end + 1 : end);
    if (terminator === "\n" && !whole) void this.out.byte(10);
    this.#ended(terminator, empty);
  }

  /** Prints whole lines of the input; only the last may lack its newline. */
  lines(bytes: Uint8Array, start: number, end: number): void {
    if (this.#last !== "\n") this.#complete();
    void this.out.bytes(bytes, start, end);
    this.#ended(bytes[end - 1] === 10 ? "\n" : "", false);
  }

  /** More of the same text follows the range just printed, or its end is taken care of. */
  continued(): void {
    this.#last = "\n";
  }
}
