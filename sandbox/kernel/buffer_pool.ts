/**
 * Buffers that go round: from a reader of files through pipes to whoever reads them last, and back.
 *
 * A chunk passes through pipes by reference. Left to the garbage collector, a gigabyte of chunks
 * grows the process by a hundred megabytes before it is collected. A buffer comes back here when its
 * last reader is done, if it was handed on exclusively all the way (`give`) and never shared
 * (`write`, which may give one chunk to several receivers).
 *
 * @module
 */

/** Bytes of each buffer. */
export const POOL_BUFFER = 65536;
/** Buffers that wait for use at most. */
const MOST_FREE = 32;

/** The buffers of one kernel, so that no bytes stray into another sandbox. */
export class BufferPool {
  readonly #free: Uint8Array[] = [];
  /** Buffers of this pool, and whether somebody may share them. */
  readonly #shared = new WeakMap<ArrayBufferLike, boolean>();

  /** A buffer whose contents are arbitrary. It belongs to the caller alone. */
  take(): Uint8Array {
    const buffer = this.#free.pop() ?? new Uint8Array(POOL_BUFFER);
    this.#shared.set(buffer.buffer, false);
    return buffer;
  }

  /** The chunk was given to somebody who keeps it, and the giver may keep it too. */
  share(chunk: Uint8Array): void {
    const { buffer } = chunk;
    if (buffer.byteLength === POOL_BUFFER && this.#shared.has(buffer)) {
      this.#shared.set(buffer, true);
    }
  }

  /** The only holder of the chunk is done with it. */
  recycle(chunk: Uint8Array): void {
    const { buffer } = chunk;
    if (buffer.byteLength !== POOL_BUFFER || this.#shared.get(buffer) !== false) return;
    // From now on it is free: a second return of the same buffer must not add it twice.
    this.#shared.set(buffer, true);
    if (this.#free.length < MOST_FREE) this.#free.push(new Uint8Array(buffer));
  }
}
