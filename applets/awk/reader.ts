/**
 * Input, record by record.
 *
 * Chunks become text once; a record is a pair of offsets into it. What is left over at the end of a
 * chunk is joined with the next one only when its end has been found, so that a record of many
 * chunks costs no more than its length.
 *
 * @module
 */
import type { ByteString, MaybePromise, Process } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { MemoryAccount } from "../_lib/memory_account.ts";
import type { Regex } from "../_lib/regex/regex.ts";
import type { Source } from "../_lib/streams.ts";

/** How records end. */
export type RecordEnd =
  | { readonly kind: "char"; readonly char: ByteString }
  /** Blank lines (`RS = ""`). */
  | { readonly kind: "paragraph" }
  | { readonly kind: "regex"; readonly regex: Regex };

/** Bytes asked for at once. */
const CHUNK = 262144;

/** Text that is held without being charged. */
const LONG = 1 << 20;

/** Reads records of one stream. */
export class RecordReader {
  /** The text in which the record lies. */
  text: ByteString = "";
  /** Its first char. */
  start = 0;
  /** The char after its last. */
  end = 0;
  /** What ended it, as offsets. */
  terminatorEnd = 0;
  /** Where the next record begins. */
  #at = 0;
  #ended = false;
  /** Newlines were skipped, and no record has come since. */
  #blank = false;
  /** Whether the text holds a NUL: native's strings end there. */
  #nul = false;

  /** What is charged for the text. */
  readonly #memory: MemoryAccount;
  #charged = 0;

  /** @param source Where the bytes come from. @param process Who is charged for long records. */
  constructor(readonly source: Source, process: Process) {
    this.#memory = new MemoryAccount(process);
  }

  /** Goes to the next record. False at the end. */
  next(end: RecordEnd): MaybePromise<boolean> {
    if (end.kind === "char" && !this.#nul) {
      const at = this.text.indexOf(end.char, this.#at);
      if (at >= 0) {
        this.start = this.#at;
        this.end = at;
        this.terminatorEnd = this.#at = at + 1;
        return true;
      }
    }
    return this.#slowly(end);
  }

  #slowly(end: RecordEnd): MaybePromise<boolean> {
    for (;;) {
      if (this.#seek(end)) return true;
      if (this.#ended) return this.#last(end);
      const filled = this.#fill(end);
      if (filled !== undefined) return filled.then(() => this.#slowly(end));
    }
  }

  /** Looks for a whole record in the text. */
  #seek(end: RecordEnd): boolean {
    const { text } = this;
    let from = this.#at;
    let stop: number;
    let after: number;
    if (end.kind === "char") {
      stop = text.indexOf(end.char, from);
      if (this.#nul) {
        // For native a NUL ends a record too.
        const nul = text.indexOf("\0", from);
        if (nul >= 0 && (stop < 0 || nul < stop)) stop = nul;
      }
      if (stop < 0) return false;
      after = stop + 1;
    } else if (end.kind === "paragraph") {
      while (text.charCodeAt(from) === 10) from++;
      if (from > this.#at) this.#blank = true;
      this.#at = from;
      stop = text.indexOf("\n\n", from);
      if (stop < 0) return false;
      after = stop + 2;
      while (text.charCodeAt(after) === 10) after++;
      // More newlines may come with the next chunk.
      if (after === text.length && !this.#ended) return false;
    } else {
      const found = this.#match(end.regex, from);
      if (found === undefined) return false;
      [stop, after] = found;
    }
    this.#blank = false;
    this.start = from;
    this.end = stop;
    this.terminatorEnd = this.#at = after;
    if (this.#nul) this.#cutAtNul();
    return true;
  }

  #match(regex: Regex, from: number): [number, number] | undefined {
    for (let at = from; at < this.text.length;) {
      const match = regex.exec(this.text, at);
      if (match === null) return undefined;
      const [start, stop] = match;
      // A match at the end of the text may go on in the next chunk.
      if (stop === this.text.length && !this.#ended) return undefined;
      // An empty separator with nothing before it would give empty records for ever.
      if (stop > at) return [start, stop];
      at++;
    }
    return undefined;
  }

  /** The record that nothing ends. */
  #last(end: RecordEnd): boolean {
    const stop = this.text.length;
    if (this.#at >= stop) {
      // Input of nothing but newlines is one empty record to native.
      if (end.kind !== "paragraph" || !this.#blank) return false;
    }
    this.#blank = false;
    this.start = this.#at;
    // A single newline at the very end of the last paragraph belongs to it, as in native.
    this.end = this.terminatorEnd = this.#at = stop;
    if (this.#nul) this.#cutAtNul();
    return true;
  }

  #cutAtNul(): void {
    const nul = this.text.indexOf("\0", this.start);
    if (nul >= 0 && nul < this.end) this.end = nul;
  }

  /** Reads on, until the end of a record may have come. */
  #fill(end: RecordEnd): Promise<void> | undefined {
    const pieces = [this.text.slice(this.#at)];
    const missing = pieces[0].length;
    let added = 0;
    const take = (chunk: Uint8Array | undefined): boolean => {
      if (chunk === undefined) {
        this.#ended = true;
        return true;
      }
      const piece = toByteString(chunk);
      pieces.push(piece);
      added += piece.length;
      if (missing + added > this.#charged + LONG) {
        this.#memory.take(missing + added);
        this.#charged += missing + added;
      }
      if (end.kind === "char") return piece.includes(end.char) || piece.includes("\0");
      // Searching again from the start of the record must stay rare: the text doubles first.
      return added >= missing;
    };
    const finish = (): void => {
      this.text = pieces.length === 2 ? pieces[0] + pieces[1] : pieces.join("");
      this.#at = 0;
      this.#nul = this.text.includes("\0");
      if (this.#charged > 2 * this.text.length) {
        this.#memory.release();
        this.#charged = 0;
      }
    };
    for (;;) {
      const chunk = this.source.readReused(CHUNK);
      if (chunk instanceof Promise) return this.#fillLater(chunk, take, finish);
      if (take(chunk)) break;
    }
    finish();
    return undefined;
  }

  async #fillLater(
    first: Promise<Uint8Array | undefined>,
    take: (chunk: Uint8Array | undefined) => boolean,
    finish: () => void,
  ): Promise<void> {
    let chunk = await first;
    while (!take(chunk)) {
      const next = this.source.readReused(CHUNK);
      chunk = next instanceof Promise ? await next : next;
    }
    finish();
  }
}
