/**
 * Reading lines in bulk, or one by one from several sources in step.
 *
 * @module
 */
import type { MaybePromise, Process } from "../../sandbox/types.ts";
import { LineChunks } from "./line_chunks.ts";
import { lineEnd } from "./long_output.ts";
import type { Source } from "./streams.ts";

/** Gives all batches of whole lines of a source to `use`. */
export function eachBatch(
  process: Process,
  source: Source,
  use: (lines: LineChunks) => void | Promise<void>,
  separator = 10,
): MaybePromise<void> {
  const lines = new LineChunks(source, process, separator);
  const handle = (more: boolean): MaybePromise<boolean> => {
    if (!more) {
      lines.close();
      return false;
    }
    const waiting = use(lines) ?? process.tick(1 + (lines.end >> 6));
    return waiting === undefined ? true : waiting.then(() => true);
  };
  const loop = (): MaybePromise<void> => {
    for (;;) {
      const more = lines.next();
      const go = more instanceof Promise ? more.then(handle) : handle(more);
      if (go instanceof Promise) return go.then((on) => on ? loop() : undefined);
      if (!go) return;
    }
  };
  return loop();
}

/** Lines of one source, one after the other, as ranges of bytes. NUL ends a line as newline does. */
export class LineReader {
  /** The bytes the line is in; valid until the next call. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the line begins. */
  start = 0;
  /** Where it ends, without its separator. */
  end = 0;
  /** Whether its separator was there. */
  terminated = false;
  readonly #lines: LineChunks;
  #next = 0;
  #done = false;

  /** @param source What is read. @param process Who reads. @param nul Whether NUL ends lines. */
  constructor(source: Source, process: Process, private readonly nul = true) {
    this.#lines = new LineChunks(source, process);
  }

  /** Goes to the next line; false when there is none. */
  next(): MaybePromise<boolean> {
    if (this.#next < this.#lines.end) return this.#take();
    if (this.#done) return false;
    const more = this.#lines.next();
    return more instanceof Promise ? more.then((got) => this.#batch(got)) : this.#batch(more);
  }

  #batch(more: boolean): boolean {
    this.#next = 0;
    if (!more) {
      this.#done = true;
      this.#lines.close();
      this.#lines.end = 0;
      return false;
    }
    return this.#take();
  }

  #take(): boolean {
    const { bytes, end } = this.#lines;
    this.start = this.#next;
    const stop = lineEnd(bytes, this.start, end, this.nul);
    this.bytes = bytes;
    this.end = stop;
    this.terminated = stop < end;
    this.#next = stop + 1;
    return true;
  }
}
