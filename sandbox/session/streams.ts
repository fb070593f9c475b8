/**
 * Web streams and byte sinks of the embedding program, as open files of a run.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import { fromText, toBytes } from "../bytes.ts";
import { othersRun } from "../host/held_writes.ts";
import { BytesInput, PullInput, PushOutput } from "../kernel/devices.ts";
import type { BaseFile } from "../kernel/open_file.ts";
import type { Run } from "../kernel/run.ts";

/** What can be given as standard input. Text is sent as UTF-8. */
export type StdinSource =
  | string
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

const NOTHING = new Uint8Array(0);

/** Standard input of a run. */
export function inputOf(source: StdinSource | undefined): BaseFile {
  if (source === undefined) return new BytesInput(NOTHING);
  if (typeof source === "string") return new BytesInput(toBytes(fromText(source)));
  if (source instanceof Uint8Array) return new BytesInput(source);
  if (source instanceof ReadableStream) {
    const reader = source.getReader();
    return new PullInput(
      async () => {
        const { done, value } = await reader.read();
        return done ? undefined : value;
      },
      () => void reader.cancel().catch(() => {}),
    );
  }
  if (typeof source !== "object" || source === null) {
    throw new TypeError("stdin must be text, bytes, a stream, or an iterable of bytes");
  }
  if (Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]();
    return new PullInput(
      async () => {
        const { done, value } = await iterator.next();
        return done ? undefined : value;
      },
      () => void iterator.return?.()?.catch(() => {}),
    );
  }
  const iterator = source[Symbol.iterator]();
  return new PullInput(() => {
    const { done, value } = iterator.next();
    return done ? undefined : value;
  }, () => void iterator.return?.());
}

/** Takes the output of a run as it comes; a promise makes the writer wait. */
export type OutputListener = (chunk: Uint8Array) => void | Promise<void>;

/** Ends a run whose output is too large. */
export type OutputOverrun = () => void;

/**
 * Standard output or error of a run: kept in `chunks`, or given to a listener. The limit of the run
 * counts both.
 */
export function outputTo(
  run: () => Run,
  overrun: OutputOverrun,
  chunks: Uint8Array[],
  listener: OutputListener | undefined,
  closed: () => void = () => {},
): PushOutput {
  return new PushOutput(
    (chunk) => {
      const state = run();
      let part = chunk;
      const over = chunk.length > state.outputLeft;
      if (over) part = chunk.subarray(0, state.outputLeft);
      state.outputLeft -= part.length;
      let waiting: void | Promise<void> = undefined;
      if (part.length > 0) {
        if (listener === undefined) chunks.push(part);
        else {
          othersRun();
          waiting = listener(part);
        }
      }
      if (over) overrun();
      return waiting;
    },
    true,
    closed,
  );
}

/** A queue between a run's output and a `ReadableStream`, with back-pressure. */
export class StreamOutput {
  /** What the embedding program reads. */
  readonly stream: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #room: (() => void) | undefined;
  #ended = false;
  #cancelled = false;

  constructor() {
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#wake(),
      cancel: () => {
        this.#cancelled = true;
        this.#wake();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: 65536 }));
  }

  #wake(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.();
  }

  /** Adds a chunk; the promise settles when there is room again. */
  push(chunk: Uint8Array): void | Promise<void> {
    if (this.#cancelled) throw new VfsError("EPIPE");
    if (this.#ended) return;
    this.#controller.enqueue(chunk);
    if ((this.#controller.desiredSize ?? 0) > 0) return;
    return new Promise((resolve) => this.#room = resolve);
  }

  /** Ends the stream. */
  end(): void {
    if (this.#ended || this.#cancelled) return;
    this.#ended = true;
    this.#controller.close();
    this.#wake();
  }
}

/** A `WritableStream` that a run reads as its standard input. */
export class StreamInput {
  /** What the embedding program writes. */
  readonly stream: WritableStream<Uint8Array>;
  /** The run's side. */
  readonly file: PullInput;
  #chunk: Uint8Array | undefined;
  #wanted: ((chunk: Uint8Array | undefined) => void) | undefined;
  #taken: (() => void) | undefined;
  #ended = false;
  #gone = false;

  constructor() {
    this.stream = new WritableStream<Uint8Array>({
      write: (chunk) => this.#write(chunk),
      close: () => this.#end(),
      abort: () => this.#end(),
    });
    this.file = new PullInput(() => this.pull(), () => this.stop());
  }

  /** Nothing more is wanted: what is written from now on is dropped. */
  stop(): void {
    this.#gone = true;
    this.#taken?.();
  }

  #write(chunk: Uint8Array): void | Promise<void> {
    if (this.#gone || chunk.length === 0) return;
    const wanted = this.#wanted;
    if (wanted !== undefined) {
      this.#wanted = undefined;
      wanted(chunk);
      return;
    }
    this.#chunk = chunk;
    return new Promise((resolve) => this.#taken = resolve);
  }

  #end(): void {
    this.#ended = true;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.(undefined);
  }

  /** The next chunk that is written, or undefined at the end. */
  pull(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunk;
    if (chunk !== undefined) {
      this.#chunk = undefined;
      this.#taken?.();
      this.#taken = undefined;
      return Promise.resolve(chunk);
    }
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#wanted = resolve);
  }
}
