/**
 * The bzip2 decoder. The format is documented by its well-known public description (block sorting with
 * move-to-front, run lengths, and up to six Huffman tables); error numbers and what comes out before an
 * error were found by running native bunzip2.
 * @module
 */

import { CodecError, SteppedDecoder } from "./codec.ts";
import { crc32be } from "../hash/crc32.ts";

/** Output goes out in pieces of this size. */
const PIECE = 0x10000;
/** Native writes in this unit; what does not fill one is lost when an error follows. */
const NATIVE_PIECE = 4096;
const LONGEST_CODE = 20;
/** Symbols that share one choice of table. */
const GROUP = 50;
/** Width of the first lookup of a code. */
const TABLE_BITS = 11;
/** A group of symbols takes at most 50 × 20 bits; with this much input it needs no checks. */
const GROUP_BYTES = 130;

/** Damaged data: number as native prints it. */
const NOT_BZIP = "bunzip error -2";
const TOO_SHORT = "bunzip error -3";
const DAMAGED = "bunzip error -5";
const OBSOLETE = "bunzip error -7";

/** One Huffman table: a direct lookup for short codes, limits for the long ones. */
class HuffmanTable {
  // Entry: symbol << 5 | length, or 0 for a longer code.
  readonly direct = new Int32Array(1 << TABLE_BITS);
  /** For each length, the first code (left-aligned to 20 bits) that is longer. */
  readonly limits = new Int32Array(LONGEST_CODE + 2);
  /** For each length, what to subtract from a code to get an index into `symbols`. */
  readonly bases = new Int32Array(LONGEST_CODE + 1);
  readonly symbols = new Uint16Array(258);
  longest = 0;

  build(lengths: Uint8Array, count: number): void {
    const atLength = new Int32Array(LONGEST_CODE + 2);
    for (let i = 0; i < count; i++) atLength[lengths[i]]++;
    const starts = new Int32Array(LONGEST_CODE + 2);
    for (let n = 1; n <= LONGEST_CODE; n++) starts[n + 1] = starts[n] + atLength[n];
    const next = starts.slice();
    for (let i = 0; i < count; i++) this.symbols[next[lengths[i]]++] = i;
    let code = 0;
    this.longest = 0;
    for (let n = 1; n <= LONGEST_CODE; n++) {
      this.bases[n] = code - starts[n];
      code += atLength[n];
      this.limits[n] = code << (LONGEST_CODE - n);
      code <<= 1;
      if (atLength[n] !== 0) this.longest = n;
    }
    this.direct.fill(0);
    for (let n = 1; n <= TABLE_BITS; n++) {
      for (let i = 0; i < atLength[n]; i++) {
        const at = (starts[n] + i + this.bases[n]) << (TABLE_BITS - n);
        const end = at + (1 << (TABLE_BITS - n));
        // An over-subscribed code runs over the table; its surplus codes can never be read.
        this.direct.fill(this.symbols[starts[n] + i] << 5 | n, at, end);
      }
    }
  }
}

/** A decoder of bzip2 files of any number of streams; what follows the last one is ignored. */
export class Bunzip2 extends SteppedDecoder {
  // Bits are taken from the top: `#bits` valid ones, right-aligned in `#hold`.
  #hold = 0;
  #bits = 0;

  // The block being decoded.
  #blockSize = 0;
  #block: Int32Array = new Int32Array(0);
  #tables: HuffmanTable[] = [];
  #selectors = new Uint8Array(0x8000);
  #selectorCount = 0;
  readonly #byteOfRank = new Uint8Array(256);
  #used = 0;

  // Progress within the symbols of the block.
  #count = 0;
  #group = 0;
  #inGroup = 0;
  #runLength = 0;
  #runWeight = 0;
  #table: HuffmanTable | undefined;

  // Progress within the output of the block.
  #left = 0;
  #cursor = 0;
  #previous = -1;
  #same = 0;
  #copies = 0;

  readonly #out = new Uint8Array(PIECE);
  #filled = 0;

  /** `charge` is told of memory taken. */
  constructor(private readonly charge?: (bytes: number) => void) {
    super();
  }

  protected override tooShort(): CodecError {
    return new CodecError(TOO_SHORT);
  }

  protected override *steps(): Generator<Uint8Array | undefined, void> {
    try {
      yield* this.#decode();
    } catch (error) {
      const whole = this.#filled - this.#filled % NATIVE_PIECE;
      if (error instanceof CodecError && whole > 0) yield this.#out.subarray(0, whole);
      throw error;
    }
  }

  /** Whether `n` bits (at most 24) can be taken. */
  #has(n: number): boolean {
    const { input } = this;
    while (this.#bits < n) {
      if (input.pos === input.end) {
        if (input.ended) throw this.tooShort();
        return false;
      }
      this.#hold = this.#hold << 8 | input.buf[input.pos++];
      this.#bits += 8;
    }
    return true;
  }

  #take(n: number): number {
    this.#bits -= n;
    return this.#hold >>> this.#bits & ((1 << n) - 1);
  }

  *#decode(): Generator<Uint8Array | undefined, void> {
    const { input } = this;
    for (let stream = 0;; stream++) {
      // Streams follow each other at byte edges; the bit register holds whole unread bytes by now.
      yield* this.has(2);
      const { buf, pos } = input;
      const found = input.size >= 1 && buf[pos] === 0x42 &&
        input.size >= 2 && buf[pos + 1] === 0x5a;
      if (!found) {
        if (stream === 0) throw new CodecError("invalid magic");
        return;
      }
      input.pos += 2;
      while (!this.#has(16)) yield undefined;
      const h = this.#take(8);
      const level = this.#take(8) - 0x30;
      if (h !== 0x68 || level < 1 || level > 9) throw new CodecError(NOT_BZIP);
      this.#blockSize = level * 100000;
      if (this.#block.length < this.#blockSize) {
        this.charge?.((this.#blockSize - this.#block.length) * 4);
        this.#block = new Int32Array(this.#blockSize);
      }
      this.#filled = 0;
      yield* this.#stream();
    }
  }

  *#stream(): Generator<Uint8Array | undefined, void> {
    const { input } = this;
    let combined = 0;
    for (;;) {
      while (!this.#has(24)) yield undefined;
      const magic = this.#take(24);
      while (!this.#has(24)) yield undefined;
      const magicRest = this.#take(24);
      while (!this.#has(16)) yield undefined;
      const crcHigh = this.#take(16);
      while (!this.#has(16)) yield undefined;
      const wanted = crcHigh << 16 | this.#take(16);
      if (magic === 0x177245 && magicRest === 0x385090) {
        if (this.#filled > 0) yield this.#out.subarray(0, this.#filled);
        this.#filled = 0;
        if (wanted !== combined) throw new CodecError("CRC error");
        this.#alignToByte();
        return;
      }
      if (magic !== 0x314159 || magicRest !== 0x265359) throw new CodecError(NOT_BZIP);
      yield* this.#blockHeader();
      while (!this.#symbols()) {
        if (input.ended) throw this.tooShort();
        yield undefined;
      }
      this.#unsort();
      let crc = -1;
      while (this.#left > 0 || this.#copies > 0) {
        const from = this.#filled;
        this.#expand();
        crc = crc32be(crc, this.#out, from, this.#filled);
        if (this.#filled === PIECE) {
          yield this.#out;
          this.#filled = 0;
        }
      }
      if (~crc !== wanted) throw new CodecError("CRC error");
      combined = (combined << 1 | combined >>> 31) ^ wanted;
    }
  }

  #alignToByte(): void {
    this.#bits -= this.#bits & 7;
    const bytes = new Uint8Array(this.#bits >> 3);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#take(8);
    this.input.unread(bytes);
  }

  *#blockHeader(): Generator<undefined, void> {
    while (!this.#has(1)) yield undefined;
    if (this.#take(1) === 1) throw new CodecError(OBSOLETE);
    while (!this.#has(24)) yield undefined;
    this.#cursor = this.#take(24);
    if (this.#cursor >= this.#blockSize) throw new CodecError(DAMAGED);

    // Which bytes are used: a map of 16 ranges, then a map for each range that is not empty.
    while (!this.#has(16)) yield undefined;
    const ranges = this.#take(16);
    this.#used = 0;
    for (let range = 0; range < 16; range++) {
      if ((ranges & 0x8000 >> range) === 0) continue;
      while (!this.#has(16)) yield undefined;
      const map = this.#take(16);
      for (let i = 0; i < 16; i++) {
        if (map & 0x8000 >> i) this.#byteOfRank[this.#used++] = range << 4 | i;
      }
    }

    while (!this.#has(18)) yield undefined;
    const tableCount = this.#take(3);
    this.#selectorCount = this.#take(15);
    if (tableCount < 2 || tableCount > 6) throw new CodecError(DAMAGED);
    if (this.#selectorCount === 0) throw new CodecError(DAMAGED);
    const order = [0, 1, 2, 3, 4, 5];
    for (let i = 0; i < this.#selectorCount; i++) {
      let rank = 0;
      for (;;) {
        while (!this.#has(1)) yield undefined;
        if (this.#take(1) === 0) break;
        if (++rank >= tableCount) throw new CodecError(DAMAGED);
      }
      const table = order[rank];
      order.copyWithin(1, 0, rank);
      order[0] = table;
      this.#selectors[i] = table;
    }

    const symbolCount = this.#used + 2;
    const lengths = new Uint8Array(258);
    for (let t = 0; t < tableCount; t++) {
      while (!this.#has(5)) yield undefined;
      let length = this.#take(5);
      for (let i = 0; i < symbolCount; i++) {
        for (;;) {
          if (length < 1 || length > LONGEST_CODE) throw new CodecError(DAMAGED);
          while (!this.#has(2)) yield undefined;
          if (this.#take(1) === 0) {
            this.#bits++;
            this.#take(1);
            break;
          }
          length += this.#take(1) === 0 ? 1 : -1;
        }
        lengths[i] = length;
      }
      (this.#tables[t] ??= new HuffmanTable()).build(lengths, symbolCount);
    }
    this.#count =
      this.#group =
      this.#inGroup =
      this.#runLength =
        0;
    this.#runWeight = 1;
    this.#counts.fill(0);
    for (let i = 0; i < 256; i++) this.#ranks[i] = i;
  }

  readonly #counts = new Int32Array(257);
  readonly #ranks = new Uint8Array(256);

  /** Decodes symbols into the block as far as input goes; true at the end of the block. */
  #symbols(): boolean {
    const { input } = this;
    const block = this.#block;
    const blockSize = this.#blockSize;
    const ranks = this.#ranks;
    const counts = this.#counts;
    const byteOfRank = this.#byteOfRank;
    const endOfBlock = this.#used + 1;
    let count = this.#count;
    let runLength = this.#runLength;
    let runWeight = this.#runWeight;
    for (;;) {
      if (this.#inGroup === 0) {
        if (this.#group === this.#selectorCount) throw new CodecError(DAMAGED);
        this.#table = this.#tables[this.#selectors[this.#group++]];
        this.#inGroup = GROUP;
      }
      const { direct, limits, bases, symbols, longest } = this.#table!;
      // With little input at hand symbols are decoded one by one, and a code may be cut off.
      const careful = input.size < GROUP_BYTES;
      const { buf } = input;
      let inGroup = this.#inGroup;
      let { pos } = input;
      let hold = this.#hold;
      let bits = this.#bits;
      let symbol = 0;
      let ended = false;
      let starved = false;
      while (inGroup > 0) {
        if (careful) {
          while (bits <= 24 && pos < input.end) {
            hold = hold << 8 | buf[pos++];
            bits += 8;
          }
        } else if (bits < LONGEST_CODE) {
          hold = hold << 8 | buf[pos];
          bits += 8;
          if (bits <= 24) {
            hold = hold << 8 | buf[pos + 1];
            bits += 8;
            pos += 2;
            if (bits <= 24) {
              hold = hold << 8 | buf[pos++];
              bits += 8;
            }
          } else {
            pos++;
          }
        }
        // Missing bits count as zeros until it is known that the code needs them.
        const next = bits >= LONGEST_CODE
          ? hold >>> (bits - LONGEST_CODE) & 0xfffff
          : hold << (LONGEST_CODE - bits) & 0xfffff;
        const entry = direct[next >>> (LONGEST_CODE - TABLE_BITS)];
        let length = entry & 31;
        if (length !== 0) {
          symbol = entry >> 5;
        } else {
          length = TABLE_BITS + 1;
          while (length <= longest && next >= limits[length]) length++;
          if (length <= longest) {
            symbol = symbols[(next >>> (LONGEST_CODE - length)) - bases[length]];
          }
        }
        if (length > bits) {
          starved = true;
          break;
        }
        if (length > longest) throw new CodecError(DAMAGED);
        bits -= length;
        inGroup--;
        if (symbol <= 1) {
          // Bijective base 2: RUNA adds the weight once, RUNB twice.
          if (runWeight > blockSize) throw new CodecError(DAMAGED);
          runLength += runWeight << symbol;
          runWeight <<= 1;
          continue;
        }
        if (runLength > 0) {
          if (count + runLength > blockSize) throw new CodecError(DAMAGED);
          const byte = byteOfRank[ranks[0]];
          counts[byte] += runLength;
          block.fill(byte, count, count += runLength);
          runLength = 0;
          runWeight = 1;
        }
        if (symbol >= endOfBlock) {
          ended = true;
          break;
        }
        if (count >= blockSize) throw new CodecError(DAMAGED);
        const at = symbol - 1;
        const rank = ranks[at];
        if (at < 24) { for (let i = at; i > 0; i--) ranks[i] = ranks[i - 1]; }
        else ranks.copyWithin(1, 0, at);
        ranks[0] = rank;
        const byte = byteOfRank[rank];
        counts[byte]++;
        block[count++] = byte;
      }
      input.pos = pos;
      this.#hold = hold;
      this.#bits = bits;
      this.#inGroup = inGroup;
      if (ended || starved) {
        this.#count = count;
        this.#runLength = runLength;
        this.#runWeight = runWeight;
        if (starved) return false;
        if (this.#cursor >= count) throw new CodecError(DAMAGED);
        return true;
      }
    }
  }

  /** Turns the last column of the sorted rotations into a linked list through the text. */
  #unsort(): void {
    const block = this.#block;
    const count = this.#count;
    const starts = this.#counts;
    let sum = 0;
    for (let i = 0; i < 256; i++) {
      const n = starts[i];
      starts[i] = sum;
      sum += n;
    }
    for (let i = 0; i < count; i++) block[starts[block[i] & 255]++] |= i << 8;
    this.#cursor = block[this.#cursor] >>> 8;
    this.#left = count;
    this.#previous = -1;
    this.#same = 0;
    this.#copies = 0;
  }

  /** Follows the list and undoes the first run-length coding until the piece is full or the block is out. */
  #expand(): void {
    const block = this.#block;
    const out = this.#out;
    let at = this.#filled;
    let left = this.#left;
    let cursor = this.#cursor;
    let previous = this.#previous;
    let same = this.#same;
    let copies = this.#copies;
    for (;;) {
      if (copies > 0) {
        const count = Math.min(copies, PIECE - at);
        out.fill(previous, at, at += count);
        copies -= count;
        if (copies > 0) break;
      }
      // As many bytes as surely fit; a run of four makes the loop stop to read its count.
      let round = Math.min(left, PIECE - at);
      if (round === 0 && !(same === 4 && left > 0)) break;
      if (same === 4) {
        const entry = block[cursor];
        cursor = entry >>> 8;
        left--;
        copies = entry & 255;
        same = 0;
        continue;
      }
      left -= round;
      while (round > 0) {
        const entry = block[cursor];
        cursor = entry >>> 8;
        const byte = entry & 255;
        out[at++] = byte;
        round--;
        if (byte !== previous) {
          previous = byte;
          same = 1;
        } else if (++same === 4) {
          break;
        }
      }
      left += round;
    }
    this.#filled = at;
    this.#left = left;
    this.#cursor = cursor;
    this.#previous = previous;
    this.#same = same;
    this.#copies = copies;
  }
}
