/**
 * The input of sed: the lines of several files as one sequence, with a look at whether one follows.
 *
 * @module
 */
import type { ByteString, MaybePromise, Process } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { LineChunks } from "../_lib/line_chunks.ts";
import type { Source } from "../_lib/streams.ts";

/** There is a line. */
export const LINE = 1;
/** There is none. */
export const NONE = 0;
/** `fill` must be called, and waited for, before it is known. */
export const UNKNOWN = -1;

/** Lines of a list of files. A line ends at a newline or, as native has it, at a NUL. */
export class SedInput {
  /** The batch that holds the current line. */
  text: ByteString = "";
  /** The same as bytes. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The current line. */
  start = 0;
  /** End of the current line. */
  end = 0;
  /** What ended it: newline, NUL, or nothing. */
  terminator: ByteString = "\n";
  /** Number of the current line. */
  number = 0;
  #chunks: LineChunks | undefined;
  #source: Source | undefined;
  #pos = 0;
  #limit = 0;
  #hasNul = false;
  #index = 0;
  /** Counts the batches. */
  batch = 0;
  /** Number of the last line of the last file that has ended. */
  lastOfFile = -1;

  /**
   * @param paths The files. @param process Who reads.
   * @param open Opens one, or reports that it cannot.
   */
  constructor(
    private readonly paths: readonly ByteString[],
    private readonly process: Process,
    private readonly open: (path: ByteString) => Source | undefined,
  ) {}

  /** Whether a line follows. */
  peek(): number {
    if (this.#pos < this.#limit) return LINE;
    return this.#chunks === undefined && this.#index >= this.paths.length ? NONE : UNKNOWN;
  }

  /** Whether the current line is known to be the last of its file, and the next file is not open. */
  get atFileEnd(): boolean {
    if (this.#pos < this.#limit || this.#index >= this.paths.length) return false;
    return this.#chunks === undefined || this.#chunks.isLast;
  }

  /** Goes to the next line; `peek` has said that there is one. */
  next(): void {
    const { text } = this;
    const limit = this.#limit;
    this.start = this.#pos;
    let end = text.indexOf("\n", this.#pos);
    if (this.#hasNul) {
      const nul = text.indexOf("\0", this.#pos);
      if (nul >= 0 && (end < 0 || nul < end)) end = nul;
    }
    this.number++;
    if (end < 0 || end >= limit) {
      this.end = this.#pos = limit;
      this.terminator = "";
      return;
    }
    this.end = end;
    this.terminator = this.#hasNul && text.charCodeAt(end) === 0 ? "\0" : "\n";
    this.#pos = end + 1;
  }

  /** Where the part of the batch begins that is not yet used, and where it ends. */
  rest(): { readonly from: number; readonly to: number } {
    return { from: this.#pos, to: this.#limit };
  }

  /** Passes over whole lines of the batch. `lines` is how many, where that matters. */
  skipTo(pos: number, lines: number): void {
    this.#pos = pos;
    this.number += lines;
  }

  /** Whether lines of the batch end at newlines only. */
  get plain(): boolean {
    return !this.#hasNul;
  }

  /** Reads on; afterwards `peek` may know. */
  fill(): MaybePromise<void> {
    if (this.#chunks === undefined) {
      const source = this.open(this.paths[this.#index++]);
      if (source === undefined) return this.process.tick(1);
      this.#source = source;
      this.#chunks = new LineChunks(source, this.process);
    }
    let more: MaybePromise<boolean>;
    try {
      more = this.#chunks.next();
    } catch (error) {
      return this.#failed(error);
    }
    if (more instanceof Promise) {
      return more.then((later) => this.#took(later), (error) => this.#failed(error));
    }
    this.#took(more);
  }

  #took(more: boolean): void {
    const chunks = this.#chunks as LineChunks;
    if (!more) {
      this.#close();
      return;
    }
    this.batch++;
    this.text = chunks.text;
    this.bytes = chunks.bytes;
    this.#pos = 0;
    this.#limit = chunks.end;
    this.#hasNul = chunks.text.includes("\0");
  }

  /** A directory or a failing device reads like an empty file. */
  #failed(error: unknown): void {
    if (!isVfsError(error)) throw error;
    this.#close();
  }

  #close(): void {
    this.#chunks?.close();
    this.#source?.close();
    this.#chunks = this.#source = undefined;
    this.#pos = this.#limit = 0;
    this.lastOfFile = this.number;
  }

  /** Reports the files that native would have failed to open by now, as it reads a line ahead. */
  reportNext(): void {
    while (this.atFileEnd) {
      const source = this.open(this.paths[this.#index++]);
      if (source === undefined) continue;
      source.close();
      return;
    }
  }

  /** Ends early: what follows the next line is left to other readers of the same file. */
  stop(): void {
    if (this.#chunks === undefined) return;
    // Native has always read one line ahead.
    if (this.#pos < this.#limit) this.next();
    this.#chunks.giveBack(this.#pos);
    this.#close();
  }
}
