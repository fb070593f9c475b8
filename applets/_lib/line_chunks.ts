/**
 * Input in batches of whole lines, as one string and as the bytes it was made from.
 *
 * Searching a big string and copying ranges of bytes is many times faster than making a string for
 * each line (DESIGN.md §11). A line longer than a batch makes the batch grow.
 *
 * @module
 */
import { type ByteString, type MaybePromise, type Process, S_IFREG } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { hasNul } from "./byte_scan.ts";
import type { Source } from "./streams.ts";
import { takeMemory } from "./streams.ts";

/** Bytes of a batch, and of the first ones: small input must not pay for a big buffer. */
const BATCH = 1 << 18;
const FIRST = 1 << 10;
const SECOND = 1 << 14;
/** Bytes that are read at once into the buffer of a long line. */
const MOST = 1 << 22;

/** Reads a source as batches of lines. */
export class LineChunks {
  #text: ByteString | undefined = "";
  /** The same bytes, at the same offsets. Valid until the next batch. */
  bytes: Uint8Array;
  /** Length of the batch. */
  end = 0;
  #filled = 0;
  /** Up to here there is no separator behind `end`. */
  #scanned = 0;
  #atEnd = false;

  /**
   * @param source What is read.
   * @param process Who reads.
   * @param separator Byte that ends lines.
   * @param nulEnds Whether a NUL ends a line as well, as where native reads lines as C strings; it
   *   becomes a separator.
   */
  constructor(
    private readonly source: Source,
    private readonly process: Process,
    private readonly separator: number = 10,
    private readonly nulEnds: boolean = false,
  ) {
    this.bytes = new Uint8Array(FIRST);
  }

  /**
   * The lines of the batch, each with its separator; only the very last may lack it. Made when it is
   * asked for.
   */
  get text(): ByteString {
    return this.#text ??= toByteString(this.bytes, 0, this.end);
  }

  /** Whether the input has ended, so that this batch is the last. */
  get isLast(): boolean {
    return this.#atEnd && this.end === this.#filled;
  }

  /** Fetches the next batch; false at the end of the input. */
  next(): MaybePromise<boolean> {
    if (this.end > 0) {
      const full = this.#filled === this.bytes.length;
      this.bytes.copyWithin(0, this.end, this.#filled);
      this.#filled -= this.end;
      this.#scanned = 0;
      this.end = 0;
      // Little input that comes in pieces stays in the small buffer.
      if (full && this.bytes.length < BATCH && !this.#atEnd) this.#grow();
    }
    for (;;) {
      if (this.#atEnd) return this.#finish(this.#filled);
      const got = this.#fill();
      if (got instanceof Promise) return this.#nextLater(got);
      if (this.#cut(got)) return true;
      const turn = this.process.tick(1);
      if (turn !== undefined) {
        return this.#nextLater(turn.then(() => this.#atEnd ? 0 : this.#fill()));
      }
    }
  }

  async #nextLater(coming: Promise<number>): Promise<boolean> {
    let got: MaybePromise<number> = coming;
    for (;;) {
      if (got instanceof Promise) got = await got;
      if (this.#cut(got)) return true;
      if (this.#atEnd) return this.#finish(this.#filled);
      const turn = this.process.tick(1);
      if (turn !== undefined) await turn;
      got = this.#fill();
    }
  }

  /** Leaves the input after an offset of the batch to the next reader, where it can be repositioned. */
  giveBack(from: number): void {
    if (this.#filled > from && this.source.file.type === S_IFREG) {
      this.source.file.seek(from - this.#filled, 1);
    }
  }

  /** Gives back the memory that a long line took. */
  close(): void {
    if (this.bytes.length > BATCH) this.process.chargeMemory(2 * (BATCH - this.bytes.length));
    this.bytes = this.bytes.subarray(0, 0);
    this.#text = "";
  }

  /** Reads once; gives the number of bytes, 0 at the end. */
  #fill(): MaybePromise<number> {
    if (this.#filled === this.bytes.length) this.#grow();
    const { file } = this.source;
    const { waiter } = this.process;
    const end = Math.min(this.bytes.length, this.#filled + MOST);
    const count = file.readInto?.(this.bytes, this.#filled, end, waiter) ?? -1;
    if (count >= 0) return this.#took(count);
    const chunk = this.source.readReused(end - this.#filled);
    if (chunk instanceof Promise) return chunk.then((later) => this.#copy(later));
    return this.#copy(chunk);
  }

  #copy(chunk: Uint8Array | undefined): number {
    if (chunk === undefined) return this.#took(0);
    this.bytes.set(chunk, this.#filled);
    return this.#took(chunk.length);
  }

  #took(count: number): number {
    if (count === 0) this.#atEnd = true;
    const from = this.#filled;
    this.#filled += count;
    const { bytes } = this;
    if (this.nulEnds && hasNul(bytes, from, this.#filled)) {
      for (
        let at = bytes.indexOf(0, from);
        at >= 0 && at < this.#filled;
        at = bytes.indexOf(0, at)
      ) {
        bytes[at] = this.separator;
      }
    }
    return count;
  }

  #grow(): void {
    const { length } = this.bytes;
    const size = length < SECOND ? SECOND : length < BATCH ? BATCH : length * 2;
    // The bytes, and the text that is made of them.
    if (size > BATCH) takeMemory(this.process, 2 * (size - Math.max(length, BATCH)));
    const larger = new Uint8Array(size);
    larger.set(this.bytes.subarray(0, this.#filled));
    this.bytes = larger;
  }

  /** Makes a batch of the whole lines that are there, if any. */
  #cut(got: number): boolean {
    if (got === 0) return false;
    // A regular file fills the buffer first; a pipe is served as it comes.
    if (this.#filled < this.bytes.length && this.source.file.type === S_IFREG) return false;
    const unseen = this.bytes.subarray(this.#scanned, this.#filled);
    const last = unseen.lastIndexOf(this.separator);
    if (last < 0) {
      this.#scanned = this.#filled;
      return false;
    }
    return this.#finish(this.#scanned + last + 1);
  }

  #finish(end: number): boolean {
    this.end = end;
    this.#text = end === 0 ? "" : undefined;
    return end > 0;
  }
}
