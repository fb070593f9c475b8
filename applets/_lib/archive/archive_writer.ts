/**
 * The output side of an archive: small headers are gathered, and everything may go through a codec.
 *
 * @module
 */
import type { MaybePromise } from "../../../sandbox/types.ts";
import type { Codec } from "../codec/codec.ts";
import type { Ticker } from "../sequence.ts";
import type { Sink } from "../streams.ts";

const ROOM = 0x10000;
/** What a stretch of packing without output counts as. */
const PACKING = 4096;
const ZEROS = new Uint8Array(1024);

/** Writes bytes to a sink, compressed if there is a codec. One call at a time. */
export class ArchiveWriter {
  #buffer = new Uint8Array(ROOM);
  #filled = 0;

  /** @param sink Where it goes. @param codec What packs it. @param ticker Counts the packing. */
  constructor(
    private readonly sink: Sink,
    private readonly codec?: Codec,
    private readonly ticker?: Ticker,
  ) {}

  /** Adds bytes, copying them. */
  write(bytes: Uint8Array): MaybePromise<void> {
    let at = 0;
    while (at < bytes.length) {
      const count = Math.min(ROOM - this.#filled, bytes.length - at);
      this.#buffer.set(
        at === 0 && count === bytes.length ? bytes : bytes.subarray(at, at + count),
        this.#filled,
      );
      this.#filled += count;
      at += count;
      if (this.#filled === ROOM) {
        const waiting = this.#flush();
        if (waiting !== undefined) {
          const rest = bytes.slice(at);
          return waiting.then(() => this.write(rest));
        }
      }
    }
  }

  /** Adds zero bytes. */
  zeros(count: number): MaybePromise<void> {
    return this.write(count <= ZEROS.length ? ZEROS.subarray(0, count) : new Uint8Array(count));
  }

  /**
   * Room for so many bytes, or for as many as there ever is at once; what is put there counts when
   * `added` is told of it. A small file is read into it without a buffer of its own.
   */
  room(wanted: number): MaybePromise<Uint8Array> {
    if (ROOM - this.#filled < Math.min(wanted, ROOM / 2)) {
      const waiting = this.#flush();
      if (waiting !== undefined) return waiting.then(() => this.room(wanted));
    }
    return this.#buffer.subarray(this.#filled, Math.min(ROOM, this.#filled + wanted));
  }

  /** Counts bytes that were put into the room. */
  added(count: number): MaybePromise<void> {
    this.#filled += count;
    if (this.#filled === ROOM) return this.#flush();
  }

  /** Writes out all that is left. */
  finish(): MaybePromise<void> {
    const waiting = this.#flush();
    const end = (): MaybePromise<void> => {
      this.codec?.end();
      return this.#drain();
    };
    return waiting === undefined ? end() : waiting.then(end);
  }

  #flush(): void | Promise<void> {
    const full = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    if (full.length === 0) return;
    if (this.codec === undefined) return this.#send(full);
    this.codec.write(full);
    return this.#drain() as void | Promise<void>;
  }

  #send(bytes: Uint8Array): void | Promise<void> {
    return this.sink.write(this.sink.keepsChunks ? bytes.slice() : bytes);
  }

  /** Writes what the codec has until it wants more. */
  #drain(): MaybePromise<void> {
    const { codec } = this;
    if (codec === undefined) return;
    for (;;) {
      const piece = codec.read();
      if (piece === undefined || piece === null) return;
      const waiting = piece.length > 0 ? this.#send(piece) : this.ticker?.tick(PACKING);
      if (waiting !== undefined) return waiting.then(() => this.#drain());
    }
  }
}
