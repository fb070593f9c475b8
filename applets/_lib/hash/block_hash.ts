/**
 * What the digests of the MD4 family share: cutting the message into blocks, and its padding.
 * @module
 */

import type { Hash } from "./hash.ts";

/** A digest over fixed blocks with a length at the end. */
export abstract class BlockHash implements Hash {
  readonly #pending: Uint8Array;
  #filled = 0;
  #length = 0;

  /**
   * @param blockSize Bytes of a block.
   * @param lengthSize Bytes of the length at the end of the padding.
   * @param littleEndian Byte order of the length.
   */
  constructor(
    private readonly blockSize: number,
    private readonly lengthSize: number,
    private readonly littleEndian: boolean,
  ) {
    this.#pending = new Uint8Array(blockSize);
  }

  /** Takes in the whole blocks of `data[from, to)`. */
  protected abstract blocks(data: Uint8Array, from: number, to: number): void;

  /** The digest, once the padding is in. */
  protected abstract result(): Uint8Array;

  /** See Hash. */
  update(chunk: Uint8Array): void {
    this.#length += chunk.length;
    const { blockSize } = this;
    let from = 0;
    if (this.#filled > 0) {
      from = Math.min(chunk.length, blockSize - this.#filled);
      this.#pending.set(chunk.subarray(0, from), this.#filled);
      this.#filled += from;
      if (this.#filled < blockSize) return;
      this.blocks(this.#pending, 0, blockSize);
      this.#filled = 0;
    }
    const to = chunk.length - (chunk.length - from) % blockSize;
    if (to > from) this.blocks(chunk, from, to);
    if (to < chunk.length) {
      this.#pending.set(chunk.subarray(to));
      this.#filled = chunk.length - to;
    }
  }

  /** See Hash. */
  digest(): Uint8Array {
    const { blockSize } = this;
    const bits = this.#length * 8;
    const low = bits % 2 ** 32;
    const high = Math.floor(bits / 2 ** 32);
    const room = this.#filled < blockSize - this.lengthSize ? blockSize : 2 * blockSize;
    const tail = new Uint8Array(room);
    tail.set(this.#pending.subarray(0, this.#filled));
    tail[this.#filled] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(room - (this.littleEndian ? 8 : 4), low, this.littleEndian);
    view.setUint32(room - (this.littleEndian ? 4 : 8), high, this.littleEndian);
    this.blocks(tail, 0, room);
    return this.result();
  }
}
