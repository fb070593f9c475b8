/**
 * The decoder of .Z files: LZW with codes that grow. The format's oddity is that codes are written in groups of
 * eight, and a group is filled up before the width changes. Errors and what comes out before them as native.
 * @module
 */

import { CodecError, SteppedDecoder } from "./codec.ts";

const FIRST_WIDTH = 9;
const LARGEST_WIDTH = 16;
const CLEAR = 256;
const PIECE = 0x10000;
/** Native writes in this unit; what does not fill one is lost when an error follows. */
const NATIVE_PIECE = 2048;

/** A decoder of one .Z file. It has no end mark and no check: any cut is a good end. */
export class Uncompress extends SteppedDecoder {
  readonly #prefix = new Uint16Array(1 << LARGEST_WIDTH);
  readonly #suffix = new Uint8Array(1 << LARGEST_WIDTH);
  /** A string can be as long as the table. */
  readonly #out = new Uint8Array(PIECE + (1 << LARGEST_WIDTH));
  #filled = 0;

  #free = 0;
  #width = FIRST_WIDTH;
  #previous = -1;
  #first = 0;
  /** Bits read of the group under way. */
  #groupBits = 0;
  #hold = 0;
  #bits = 0;
  /** Bits to be skipped before the next group. */
  #skip = 0;

  protected override tooShort(): CodecError {
    return new CodecError("short read");
  }

  protected override *steps(): Generator<Uint8Array | undefined, void> {
    const { input } = this;
    yield* this.has(2);
    if (input.size < 2 || input.buf[input.pos] !== 0x1f || input.buf[input.pos + 1] !== 0x9d) {
      throw new CodecError("invalid magic");
    }
    yield* this.need(3);
    const flags = input.buf[input.pos + 2];
    input.pos += 3;
    const largest = flags & 0x1f;
    if (largest < FIRST_WIDTH) throw new CodecError("corrupted data");
    if (largest > LARGEST_WIDTH) {
      throw new CodecError(
        `compressed with ${largest} bits, can only handle ${LARGEST_WIDTH} bits`,
      );
    }
    const blockMode = (flags & 0x80) !== 0;
    for (let i = 0; i < 256; i++) this.#suffix[i] = i;
    this.#free = blockMode ? CLEAR + 1 : CLEAR;
    for (;;) {
      let ok = true;
      while (input.size > 0 && this.#filled < PIECE && ok) ok = this.#codes(largest, blockMode);
      if (!ok) {
        const whole = this.#filled - this.#filled % NATIVE_PIECE;
        if (whole > 0) yield this.#out.subarray(0, whole);
        throw new CodecError("corrupted data");
      }
      if (this.#filled > 0 && (this.#filled >= PIECE || input.ended)) {
        const count = Math.min(this.#filled, PIECE);
        yield this.#out.subarray(0, count);
        this.#out.copyWithin(0, count, this.#filled);
        this.#filled -= count;
        continue;
      }
      if (input.ended) return;
      yield undefined;
    }
  }

  /** Decodes what it can until the input or the room is used up; false for damage. */
  #codes(largest: number, blockMode: boolean): boolean {
    const { input } = this;
    const { buf } = input;
    const end = input.end;
    const prefix = this.#prefix;
    const suffix = this.#suffix;
    const out = this.#out;
    const most = 1 << largest;
    let pos = input.pos;
    let hold = this.#hold;
    let bits = this.#bits;
    let filled = this.#filled;
    let width = this.#width;
    let free = this.#free;
    let previous = this.#previous;
    let first = this.#first;
    let ok = true;
    while (filled < PIECE) {
      while (this.#skip > 0 && bits > 0) {
        const n = Math.min(this.#skip, bits);
        hold >>>= n;
        bits -= n;
        this.#skip -= n;
      }
      while (this.#skip >= 8 && pos < end) {
        pos++;
        this.#skip -= 8;
      }
      if (this.#skip > 0 && pos === end) break;
      while (bits < width && pos < end) {
        hold |= buf[pos++] << bits;
        bits += 8;
      }
      if (this.#skip > 0) continue;
      if (bits < width) break;
      const code = hold & ((1 << width) - 1);
      hold >>>= width;
      bits -= width;
      this.#groupBits = (this.#groupBits + width) % (width * 8);
      if (previous < 0) {
        if (code > 255) {
          ok = false;
          break;
        }
        previous = first = code;
        out[filled++] = code;
        continue;
      }
      if (code === CLEAR && blockMode) {
        free = CLEAR;
        this.#skip = this.#groupBits === 0 ? 0 : width * 8 - this.#groupBits;
        this.#groupBits = 0;
        width = FIRST_WIDTH;
        continue;
      }
      if (code > free || (code === free && free >= most)) {
        ok = false;
        break;
      }
      // The string comes out backwards: measure it first, then fill it in from its end.
      let length = 1;
      let at = code;
      if (code === free) {
        at = previous;
        length = 2;
      }
      for (let walk = at; walk > 255; walk = prefix[walk]) length++;
      let to = filled + length;
      filled = to;
      if (code === free) out[--to] = first;
      for (; at > 255; at = prefix[at]) out[--to] = suffix[at];
      first = at;
      out[--to] = at;
      if (free < most) {
        prefix[free] = previous;
        suffix[free] = first;
        free++;
        // Of files with a largest width of 9 the codes grow to 10 bits all the same, as compress does it.
        if (free === 1 << width && (width < largest || largest === FIRST_WIDTH)) {
          this.#skip = this.#groupBits === 0 ? 0 : width * 8 - this.#groupBits;
          this.#groupBits = 0;
          width++;
        }
      }
      previous = code;
    }
    input.pos = pos;
    this.#hold = hold;
    this.#bits = bits;
    this.#filled = filled;
    this.#width = width;
    this.#free = free;
    this.#previous = previous;
    this.#first = first;
    return ok;
  }
}
