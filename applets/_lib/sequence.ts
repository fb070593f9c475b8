/**
 * Doing things one after the other, at once where nothing has to wait.
 *
 * An `async` function always costs a turn of the event loop, even over a file whose reads never
 * wait. These helpers stay synchronous until the first promise shows up and go on behind it.
 *
 * @module
 */
import type { MaybePromise, OpenFile, Process } from "../../sandbox/types.ts";
import { isVfsError, type VfsError } from "../../sandbox/errors.ts";
import type { Sink, Source } from "./streams.ts";

/** The process part that a loop over input needs: `tick`, so that endless input can be stopped. */
export type Ticker = Pick<Process, "tick">;

/** Calls `next` with the value, now or when it is there. */
export function after<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Levels of a tree that are walked on one JavaScript stack. */
const LEVELS = 256;

/**
 * Walks one level deeper into a tree. A tree may be as deep as its names allow, which is more than
 * the stack holds, so every now and then the walk goes on with an empty one.
 */
export function deeper<T>(depth: number, work: () => MaybePromise<T>): MaybePromise<T> {
  return depth > 0 && depth % LEVELS === 0 ? Promise.resolve().then(work) : work();
}

/** Does `work` for each item in turn. It may give `false` to stop. */
export function inSequence<T>(
  items: readonly T[],
  work: (item: T, index: number) => MaybePromise<void | boolean>,
  from = 0,
): MaybePromise<void> {
  for (let i = from; i < items.length; i++) {
    const result = work(items[i], i);
    if (result instanceof Promise) {
      return result.then((go) => go === false ? undefined : inSequence(items, work, i + 1));
    }
    if (result === false) return;
  }
}

/**
 * As `inSequence`, for what there may be a million of, as operands are: each counts as a step of work,
 * so that others get their turns between them.
 */
export function inTurns<T>(
  ticker: Ticker,
  items: readonly T[],
  work: (item: T, index: number) => MaybePromise<void | boolean>,
): MaybePromise<void> {
  for (let i = 0; i < items.length; i++) {
    const result = work(items[i], i);
    if (result === false) return;
    const waiting = result instanceof Promise ? result : ticker.tick(1);
    if (waiting !== undefined) return inTurnsLater(ticker, items, work, i + 1, waiting);
  }
}

async function inTurnsLater<T>(
  ticker: Ticker,
  items: readonly T[],
  work: (item: T, index: number) => MaybePromise<void | boolean>,
  from: number,
  first: Promise<void | boolean>,
): Promise<void> {
  if (await first === false) return;
  for (let i = from; i < items.length; i++) {
    let result = work(items[i], i);
    if (result instanceof Promise) result = await result;
    if (result === false) return;
    const turn = ticker.tick(1);
    if (turn !== undefined) await turn;
  }
}

/** Does `work`; a `VfsError` from it, now or later, goes to `failed`. */
export function attempt(
  work: () => MaybePromise<void>,
  failed: (error: VfsError) => void,
): MaybePromise<void> {
  const handle = (error: unknown): void => {
    if (!isVfsError(error)) throw error;
    failed(error);
  };
  try {
    const result = work();
    if (result instanceof Promise) return result.catch(handle);
  } catch (error) {
    handle(error);
  }
}

/** What `eachChunk` calls: `false` stops the reading, a promise is awaited. */
export type ChunkUser = (chunk: Uint8Array) => void | boolean | Promise<void | boolean>;

/**
 * Gives all chunks of a source to `use`. A chunk is valid only until `use` is done, unless
 * `keep` is set.
 */
export function eachChunk(
  ticker: Ticker,
  source: Source,
  use: ChunkUser,
  keep = false,
): MaybePromise<void> {
  for (;;) {
    const chunk = keep ? source.read() : source.readReused();
    if (chunk instanceof Promise) return eachChunkLater(ticker, source, use, keep, chunk);
    if (chunk === undefined) return;
    const pause = ticker.tick(1 + (chunk.length >> 6));
    const result = pause === undefined ? use(chunk) : pause.then(() => use(chunk));
    if (result instanceof Promise) {
      return eachChunkLater(ticker, source, use, keep, undefined, result);
    }
    if (result === false) return;
  }
}

async function eachChunkLater(
  ticker: Ticker,
  source: Source,
  use: ChunkUser,
  keep: boolean,
  coming: MaybePromise<Uint8Array | undefined> | undefined,
  using?: Promise<void | boolean>,
): Promise<void> {
  if (using !== undefined && await using === false) return;
  for (;;) {
    let chunk = coming ?? (keep ? source.read() : source.readReused());
    coming = undefined;
    if (chunk instanceof Promise) chunk = await chunk;
    if (chunk === undefined) return;
    const pause = ticker.tick(1 + (chunk.length >> 6));
    if (pause !== undefined) await pause;
    let result = use(chunk);
    if (result instanceof Promise) result = await result;
    if (result === false) return;
  }
}

/** Copies a source to a sink, chunk by chunk, without looking at the bytes. */
export function copyStream(ticker: Ticker, source: Source, sink: Sink): MaybePromise<void> {
  return eachChunk(ticker, source, (chunk) => sink.give(chunk), sink.keepsChunks);
}

/** Size of what is left to read where it is known: regular files. */
export function remainingSize(file: OpenFile): number | undefined {
  const stat = file.stat();
  return (stat.mode & 0o170000) === 0o100000 ? stat.size : undefined;
}
