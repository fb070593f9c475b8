/**
 * Moves a source through a codec into a sink, at once where nothing has to wait.
 *
 * @module
 */
import type { MaybePromise } from "../../sandbox/types.ts";
import type { Codec } from "./codec/codec.ts";
import type { Ticker } from "./sequence.ts";
import type { Sink, Source } from "./streams.ts";

/** What takes the output: a sink, or a function. A view is valid only until its work is done. */
export type Taker = (piece: Uint8Array) => void | Promise<void>;

/** Steps of work that a byte of output stands for, as a shift: coding costs some 10 ns a byte. */
const WORK_SHIFT = 4;
/** What a stretch of work without output counts as. */
const STRETCH = 4096;

/** Bytes that went in and came out. */
export interface Pumped {
  taken: number;
  given: number;
}

/** A taker that writes to a sink, copying where the sink would keep the codec's buffer. */
export function into(sink: Sink): Taker {
  return (piece) => sink.write(sink.keepsChunks ? piece.slice() : piece);
}

/**
 * Runs `source` through `codec` into `take` until the codec has finished.
 *
 * @throws {CodecError} for damaged input, `VfsError` from reading or writing.
 */
export function pump(
  ticker: Ticker,
  source: Source,
  codec: Codec,
  take: Taker,
  counts: Pumped = { taken: 0, given: 0 },
): MaybePromise<Pumped> {
  for (;;) {
    const piece = codec.read();
    if (piece === null) return counts;
    let waiting: void | Promise<unknown>;
    if (piece !== undefined) {
      counts.given += piece.length;
      const work = piece.length === 0 ? STRETCH : 1 + (piece.length >> WORK_SHIFT);
      const pause = ticker.tick(work);
      if (piece.length === 0) waiting = pause;
      else waiting = pause === undefined ? take(piece) : pause.then(() => take(piece));
    } else {
      // Not `readReused`: a decoder keeps the rest of a chunk until it has the next one.
      const chunk = source.read();
      if (chunk instanceof Promise) {
        waiting = chunk.then((came) => feed(codec, came, counts));
      } else {
        feed(codec, chunk, counts);
        waiting = ticker.tick(1 + ((chunk?.length ?? 0) >> WORK_SHIFT));
      }
    }
    if (waiting !== undefined) {
      return waiting.then(() => pump(ticker, source, codec, take, counts));
    }
  }
}

function feed(codec: Codec, chunk: Uint8Array | undefined, counts: Pumped): void {
  if (chunk === undefined) {
    codec.end();
  } else {
    counts.taken += chunk.length;
    codec.write(chunk);
  }
}
