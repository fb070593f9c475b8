/**
 * Deflate, the encoder of gzip. Source: RFC 1951; the search is that of the well-known hash chains with
 * lazy matching, its numbers for levels 1–9 chosen by measurement.
 * @module
 */

import { type Codec, NO_BYTES } from "./codec.ts";
import { DeflateBlock } from "./deflate_block.ts";

const WINDOW = 0x8000;
const WINDOW_MASK = WINDOW - 1;
const LONGEST = 258;
/** Input that must be at hand to look for the longest match, with room for reads of four bytes. */
const LOOK_AHEAD = LONGEST + 8;
/** Kept when the buffer slides: the window, and a block that may have to be stored as it is. */
const KEPT = WINDOW + 0x10000;
const BUFFER = KEPT + 0x30000;
const HASH_BITS = 15;
/** A match of three bytes pays only if it is near. */
const NEAR = 4096;
/** Positions are forgotten at this point, so that they stay small integers. */
const FORGET = 0x3fff0000;

/** How hard to search. */
interface Effort {
  /** Steps along a chain. */
  readonly chain: number;
  /** A match of this length is taken without looking on. */
  readonly nice: number;
  /** A match of at least this length is not compared with the one a byte later; 0: never compare. */
  readonly lazy: number;
  /** From this length on, a quarter of the steps is enough to look for a better one. */
  readonly good: number;
}

const EFFORTS: readonly Effort[] = [
  { chain: 3, nice: 12, lazy: 0, good: 4 },
  { chain: 6, nice: 20, lazy: 0, good: 4 },
  { chain: 16, nice: 40, lazy: 0, good: 4 },
  { chain: 10, nice: 32, lazy: 6, good: 4 },
  { chain: 20, nice: 48, lazy: 16, good: 8 },
  { chain: 48, nice: 128, lazy: 16, good: 8 },
  { chain: 128, nice: 128, lazy: 32, good: 8 },
  { chain: 512, nice: 258, lazy: 128, good: 32 },
  { chain: 2048, nice: 258, lazy: 258, good: 32 },
];

/** An encoder of one raw deflate stream. */
export class Deflate implements Codec {
  readonly #effort: Effort;
  readonly #buffer = new Uint8Array(BUFFER + 8);
  readonly #view = new DataView(this.#buffer.buffer);
  /** Stream position of `#buffer[0]`. */
  #base = WINDOW;
  /** Index of the next byte to compress. */
  #at = 0;
  /** Index after the last byte at hand. */
  #filled = 0;
  /** Index of the first byte of the block being made; negative once it has slid out. */
  #blockStart = 0;
  #pending: Uint8Array = NO_BYTES;
  #ended = false;
  #finished = false;
  // Hash heads and chains hold stream positions; 0 is before everything.
  readonly #heads = new Int32Array(1 << HASH_BITS);
  readonly #nearHeads = new Int32Array(1 << HASH_BITS);
  readonly #chains = new Int32Array(WINDOW);
  readonly #block = new DeflateBlock();
  // The match found a byte ago, when matching lazily.
  #heldLength = 0;
  #heldDistance = 0;
  #holding = false;

  /** `level` is 1–9 as in gzip. */
  constructor(level = 6) {
    this.#effort = EFFORTS[Math.min(9, Math.max(1, level)) - 1];
  }

  /** See Codec. */
  write(chunk: Uint8Array): void {
    this.#pending = chunk;
  }

  /** See Codec. */
  end(): void {
    this.#ended = true;
  }

  /** See Codec. */
  read(): Uint8Array | undefined | null {
    if (this.#finished) return null;
    this.#block.startOutput();
    for (;;) {
      this.#fill();
      const starved = this.#filled - this.#at <= LOOK_AHEAD;
      if (starved && !this.#ended) return undefined;
      const last = this.#ended && this.#pending.length === 0;
      if (this.#effort.lazy === 0) this.#greedy(last);
      else this.#lazy(last);
      const done = last && this.#at === this.#filled;
      if (done || this.#block.full) {
        if (done && this.#holding) {
          this.#block.literal(this.#buffer[this.#at - 1]);
          this.#holding = false;
        }
        // A byte that is held back belongs to the next block.
        const end = this.#at - (this.#holding ? 1 : 0);
        const source = this.#blockStart >= 0
          ? this.#buffer.subarray(this.#blockStart, end)
          : undefined;
        this.#block.flush(source, done);
        this.#blockStart = end;
        if (done) {
          this.#finished = true;
          return this.#block.finish();
        }
        return this.#block.takeOutput();
      }
    }
  }

  /** Moves pending input into the buffer, sliding it when it is full. */
  #fill(): void {
    if (this.#pending.length === 0) return;
    if (this.#filled === BUFFER && this.#at >= BUFFER - LOOK_AHEAD) {
      const shift = this.#at - KEPT;
      this.#buffer.copyWithin(0, shift, this.#filled);
      this.#at -= shift;
      this.#filled -= shift;
      this.#blockStart -= shift;
      this.#base += shift;
      if (this.#base > FORGET) {
        this.#heads.fill(0);
        this.#nearHeads.fill(0);
        this.#base = WINDOW;
      }
    }
    const count = Math.min(this.#pending.length, BUFFER - this.#filled);
    this.#buffer.set(this.#pending.subarray(0, count), this.#filled);
    this.#filled += count;
    this.#pending = this.#pending.subarray(count);
  }

  /** Levels 1–3: takes what it finds. */
  #greedy(last: boolean): void {
    const { chain, nice } = this.#effort;
    const buffer = this.#buffer;
    const view = this.#view;
    const heads = this.#heads;
    const chains = this.#chains;
    const block = this.#block;
    const base = this.#base;
    const filled = this.#filled;
    const stop = last ? filled : filled - LOOK_AHEAD;
    let at = this.#at;
    while (at < stop && !block.full) {
      const longest = Math.min(LONGEST, filled - at);
      let length = 3;
      let distance = 0;
      if (longest >= 4) {
        const word = view.getInt32(at, true);
        const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
        const position = base + at;
        let candidate = heads[hash];
        chains[position & WINDOW_MASK] = candidate;
        heads[hash] = position;
        const oldest = Math.max(position - WINDOW, base - 1);
        for (let left = chain; candidate > oldest && left > 0; left--) {
          const from = candidate - base;
          if (
            buffer[from + length] === buffer[at + length] && view.getInt32(from, true) === word
          ) {
            let n = 4;
            while (
              n + 4 <= longest && view.getInt32(from + n, true) === view.getInt32(at + n, true)
            ) n += 4;
            while (n < longest && buffer[from + n] === buffer[at + n]) n++;
            if (n > length) {
              length = n;
              distance = position - candidate;
              if (n >= nice || n === longest) break;
            }
          }
          candidate = chains[candidate & WINDOW_MASK];
        }
      }
      if (distance === 0) {
        block.literal(buffer[at++]);
        continue;
      }
      block.match(length, distance);
      const end = at + length;
      // Inside a long match only every other byte is noted; that is where the time goes.
      const step = length > 32 ? 2 : 1;
      const lastNote = Math.min(end, filled - 3);
      for (let note = at + 1; note < lastNote; note += step) {
        const hash = Math.imul(view.getInt32(note, true), 0x9e3779b1) >>> (32 - HASH_BITS);
        chains[(base + note) & WINDOW_MASK] = heads[hash];
        heads[hash] = base + note;
      }
      at = end;
    }
    this.#at = at;
  }

  /** Levels 4–9: a match waits one byte for a better one. */
  #lazy(last: boolean): void {
    const { chain, nice, lazy, good } = this.#effort;
    const buffer = this.#buffer;
    const view = this.#view;
    const heads = this.#heads;
    const nearHeads = this.#nearHeads;
    const chains = this.#chains;
    const block = this.#block;
    const base = this.#base;
    const filled = this.#filled;
    const stop = last ? filled : filled - LOOK_AHEAD;
    let at = this.#at;
    let heldLength = this.#heldLength;
    let heldDistance = this.#heldDistance;
    let holding = this.#holding;
    while (at < stop && !block.full) {
      const longest = Math.min(LONGEST, filled - at);
      let length = heldLength > 2 ? heldLength : 2;
      let distance = 0;
      if (longest >= 4) {
        const word = view.getInt32(at, true);
        const position = base + at;
        const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
        const nearHash = Math.imul(word << 8, 0x9e3779b1) >>> (32 - HASH_BITS);
        let candidate = heads[hash];
        const near = nearHeads[nearHash];
        chains[position & WINDOW_MASK] = candidate;
        heads[hash] = position;
        nearHeads[nearHash] = position;
        if (heldLength < lazy) {
          const oldest = Math.max(position - WINDOW, base - 1);
          if (length === 2 && near > oldest && position - near < NEAR) {
            if (((view.getInt32(near - base, true) ^ word) & 0xffffff) === 0) {
              length = 3;
              distance = position - near;
            }
          }
          let left = heldLength >= good ? chain >> 2 : chain;
          for (; candidate > oldest && left > 0; left--) {
            const from = candidate - base;
            if (
              buffer[from + length] === buffer[at + length] && view.getInt32(from, true) === word
            ) {
              let n = 4;
              while (
                n + 4 <= longest && view.getInt32(from + n, true) === view.getInt32(at + n, true)
              ) n += 4;
              while (n < longest && buffer[from + n] === buffer[at + n]) n++;
              if (n > length) {
                length = n;
                distance = position - candidate;
                if (n >= nice || n === longest) break;
              }
            }
            candidate = chains[candidate & WINDOW_MASK];
          }
        }
      }
      if (holding && heldLength > 2 && distance === 0) {
        // The match a byte ago stays the better one.
        block.match(heldLength, heldDistance);
        const end = at + heldLength - 1;
        const lastNote = Math.min(end, filled - 3);
        for (let note = at + 1; note < lastNote; note++) {
          const word = view.getInt32(note, true);
          const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
          chains[(base + note) & WINDOW_MASK] = heads[hash];
          heads[hash] = base + note;
          nearHeads[Math.imul(word << 8, 0x9e3779b1) >>> (32 - HASH_BITS)] = base + note;
        }
        at = end;
        holding = false;
        heldLength = 0;
        continue;
      }
      if (holding) block.literal(buffer[at - 1]);
      heldLength = distance === 0 ? 0 : length;
      heldDistance = distance;
      holding = true;
      at++;
    }
    this.#at = at;
    this.#heldLength = heldLength;
    this.#heldDistance = heldDistance;
    this.#holding = holding;
  }
}
