/**
 * Reading an archive: so many bytes, or as many as there are, with what is left over kept for the next call.
 *
 * @module
 */
import type { MaybePromise } from "../../../sandbox/types.ts";
import { S_IFREG } from "../../../sandbox/types.ts";
import { type Codec, NO_BYTES } from "../codec/codec.ts";
import type { Ticker } from "../sequence.ts";
import type { Source } from "../streams.ts";

/** Gives the next chunk, valid until the next call, or undefined at the end. */
export type Pull = () => MaybePromise<Uint8Array | undefined>;

/** The chunks of a source, each valid until the next. */
export function plain(source: Source): Pull {
  return () => source.readReused();
}

/** The chunks of a source, to be kept: for pieces that go to a decoder. */
export function kept(source: Source): Pull {
  return () => source.read();
}

/** The chunks that a codec makes of a source. Damage is thrown as `CodecError`. */
export function decoded(ticker: Ticker, source: Source, codec: Codec): Pull {
  const pull = (): MaybePromise<Uint8Array | undefined> => {
    for (;;) {
      const piece = codec.read();
      if (piece === null) return undefined;
      if (piece !== undefined) {
        const pause = ticker.tick(1 + (piece.length >> 4));
        if (piece.length > 0) return pause === undefined ? piece : pause.then(() => piece);
        if (pause !== undefined) return pause.then(pull);
        continue;
      }
      // Not `readReused`: a decoder keeps the rest of a chunk until it has the next one.
      const chunk = source.read();
      if (chunk instanceof Promise) {
        return chunk.then((came) => {
          feed(codec, came);
          return pull();
        });
      }
      feed(codec, chunk);
    }
  };
  return pull;
}

function feed(codec: Codec, chunk: Uint8Array | undefined): void {
  if (chunk === undefined) codec.end();
  else codec.write(chunk);
}

/** Reads from a `Pull`. One call at a time; a returned view is valid until the next call. */
export class ByteReader {
  #chunk: Uint8Array = NO_BYTES;
  #at = 0;
  #ended = false;
  /** Bytes read or skipped so far. */
  position = 0;

  /**
   * @param pull Where the bytes come from.
   * @param seekable The source itself, if skipping may seek in it.
   */
  constructor(private readonly pull: Pull, private readonly seekable?: Source) {}

  /** Whether skipping jumps in a file, and so may land behind its end unnoticed, as native's does. */
  get jumps(): boolean {
    return this.seekable !== undefined && this.seekable.file.type === S_IFREG;
  }

  /** Up to `count` bytes; fewer only at the end. */
  take(count: number): MaybePromise<Uint8Array> {
    if (this.#chunk.length - this.#at >= count) {
      this.position += count;
      return this.#chunk.subarray(this.#at, this.#at += count);
    }
    const gathered = new Uint8Array(count);
    return this.#gather(gathered, 0);
  }

  #gather(target: Uint8Array, filled: number): MaybePromise<Uint8Array> {
    while (filled < target.length) {
      const piece = this.piece(target.length - filled);
      if (piece instanceof Promise) {
        return piece.then((came) => {
          if (came === undefined) return target.subarray(0, filled);
          target.set(came, filled);
          return this.#gather(target, filled + came.length);
        });
      }
      if (piece === undefined) break;
      target.set(piece, filled);
      filled += piece.length;
    }
    return filled === target.length ? target : target.subarray(0, filled);
  }

  /** Some bytes, at most `max`; undefined at the end. */
  piece(max: number): MaybePromise<Uint8Array | undefined> {
    const left = this.#chunk.length - this.#at;
    if (left > 0) {
      const count = Math.min(left, max);
      this.position += count;
      return this.#chunk.subarray(this.#at, this.#at += count);
    }
    if (this.#ended) return undefined;
    const chunk = this.pull();
    if (chunk instanceof Promise) {
      return chunk.then((came) => this.#came(came) ? this.piece(max) : undefined);
    }
    return this.#came(chunk) ? this.piece(max) : undefined;
  }

  #came(chunk: Uint8Array | undefined): boolean {
    this.#chunk = chunk ?? NO_BYTES;
    this.#at = 0;
    this.#ended = chunk === undefined;
    return !this.#ended;
  }

  /** Steps over `count` bytes; gives how many there were. */
  skip(count: number): MaybePromise<number> {
    const left = this.#chunk.length - this.#at;
    if (count <= left) {
      this.#at += count;
      this.position += count;
      return count;
    }
    const { seekable } = this;
    if (seekable !== undefined && this.jumps && !this.#ended) {
      // A regular file knows its end, so nothing is claimed that is not there.
      const here = seekable.file.seek(0, 1);
      const step = Math.min(count - left, Math.max(0, seekable.file.stat().size - here));
      seekable.file.seek(step, 1);
      this.#chunk = NO_BYTES;
      this.#at = 0;
      this.position += left + step;
      return left + step;
    }
    return this.#stepOver(count, 0);
  }

  #stepOver(count: number, done: number): MaybePromise<number> {
    while (done < count) {
      const piece = this.piece(count - done);
      if (piece instanceof Promise) {
        return piece.then((came) =>
          came === undefined ? done : this.#stepOver(count, done + came.length)
        );
      }
      if (piece === undefined) break;
      done += piece.length;
    }
    return done;
  }
}
