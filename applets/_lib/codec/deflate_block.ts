/**
 * One block of a deflate stream: collects literals and matches, then writes them in the shortest of
 * the three forms. Source: RFC 1951 3.2.3–3.2.7.
 * @module
 */

import { canonicalCodes, huffmanLengths } from "./huffman_lengths.ts";
import { reverseBits } from "./inflate_tables.ts";

/** Symbols of a block; smaller blocks follow changes in the data better, larger ones have fewer headers. */
const CAPACITY = 16384;
const LITERALS = 286;
const DISTANCES = 30;
const END_OF_BLOCK = 256;
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Length 3–258 → its symbol, the count of its extra bits, and its first length. */
const LENGTH_SYMBOL = new Uint16Array(259);
const LENGTH_EXTRA = new Uint8Array(LITERALS);
const LENGTH_BASE = new Uint16Array(LITERALS);
/** Distance − 1 below 256, or 256 + ((distance − 1) >> 7) → its symbol. */
const DISTANCE_SYMBOL = new Uint8Array(512);
const DISTANCE_EXTRA = new Uint8Array(DISTANCES);
const DISTANCE_BASE = new Uint16Array(DISTANCES);
/** The fixed code (RFC 1951 3.2.6). */
const FIXED_LENGTHS = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280)
  .fill(8, 280);
const FIXED_DISTANCE_LENGTHS = new Uint8Array(DISTANCES).fill(5);

function fillTables(): void {
  let length = 3;
  for (let i = 0; i < 28; i++) {
    const extra = i < 8 ? 0 : (i >> 2) - 1;
    LENGTH_EXTRA[257 + i] = extra;
    LENGTH_BASE[257 + i] = length;
    for (let n = 1 << extra; n > 0; n--) LENGTH_SYMBOL[length++] = 257 + i;
  }
  LENGTH_SYMBOL[258] = 285;
  LENGTH_BASE[285] = 258;
  let distance = 1;
  for (let i = 0; i < DISTANCES; i++) {
    const extra = i < 4 ? 0 : (i >> 1) - 1;
    DISTANCE_EXTRA[i] = extra;
    DISTANCE_BASE[i] = distance;
    for (let n = 1 << extra; n > 0; n--, distance++) {
      if (distance <= 256) DISTANCE_SYMBOL[distance - 1] = i;
      else DISTANCE_SYMBOL[256 + ((distance - 1) >> 7)] = i;
    }
  }
}
fillTables();

/** Reversed codes for lengths, ready to be put into the bit stream. */
function streamCodes(lengths: Uint8Array, count: number): Uint32Array {
  const codes = new Uint32Array(count);
  canonicalCodes(lengths, count, codes);
  for (let i = 0; i < count; i++) codes[i] = reverseBits(codes[i], lengths[i]);
  return codes;
}

/** Collects the symbols of a block and writes blocks into an output buffer. */
export class DeflateBlock {
  // A literal is its byte; a match is length << 16 | distance.
  readonly #symbols = new Int32Array(CAPACITY);
  #count = 0;
  /** True when no symbol more may be added. */
  full = false;
  readonly #literalCounts = new Uint32Array(288);
  readonly #distanceCounts = new Uint32Array(DISTANCES);
  // A symbol needs at most 48 bits, or it is stored: 64 KiB and headers.
  readonly #out = new Uint8Array(CAPACITY * 6 + 0x11000);
  #length = 0;
  #hold = 0;
  #bits = 0;

  /** Adds a byte as it is. */
  literal(byte: number): void {
    this.#symbols[this.#count++] = byte;
    this.#literalCounts[byte]++;
    this.full = this.#count === CAPACITY;
  }

  /** Adds a match. */
  match(length: number, distance: number): void {
    this.#symbols[this.#count++] = length << 16 | distance;
    this.#literalCounts[LENGTH_SYMBOL[length]]++;
    const d = distance - 1;
    this.#distanceCounts[DISTANCE_SYMBOL[d < 256 ? d : 256 + (d >> 7)]]++;
    this.full = this.#count === CAPACITY;
  }

  /** Begins a new piece of output. */
  startOutput(): void {
    this.#length = 0;
  }

  /** The output since `startOutput`, whole bytes only. */
  takeOutput(): Uint8Array {
    return this.#out.subarray(0, this.#length);
  }

  /** The output since `startOutput` with its last bits filled up. */
  finish(): Uint8Array {
    this.#align();
    return this.takeOutput();
  }

  /** Writes the block; `source` is its input if it is still there and so might be stored. */
  flush(source: Uint8Array | undefined, last: boolean): void {
    this.#literalCounts[END_OF_BLOCK] = 1;
    const lengths = new Uint8Array(288 + DISTANCES);
    const literals = huffmanLengths(this.#literalCounts, LITERALS, 15, lengths) + 1;
    const distanceLengths = new Uint8Array(DISTANCES);
    const distances = Math.max(
      1,
      huffmanLengths(this.#distanceCounts, DISTANCES, 15, distanceLengths) + 1,
    );
    if (distances === 1 && distanceLengths[0] === 0) distanceLengths[0] = 1;

    const header = makeHeader(lengths, literals, distanceLengths, distances);
    const dynamicBits = header.bits + this.#cost(lengths, distanceLengths);
    const fixedBits = this.#cost(FIXED_LENGTHS, FIXED_DISTANCE_LENGTHS);
    const storedBits = source === undefined || source.length > 0x20000
      ? Infinity
      : source.length * 8 + Math.ceil(source.length / 0xffff) * 40 + 40;
    const lastBit = last ? 1 : 0;
    if (storedBits <= Math.min(fixedBits, dynamicBits)) {
      this.#stored(source!, lastBit);
    } else if (fixedBits <= dynamicBits) {
      this.#put(lastBit | 1 << 1, 3);
      this.#body(FIXED_LENGTHS, FIXED_DISTANCE_LENGTHS);
    } else {
      this.#put(lastBit | 2 << 1, 3);
      this.#putHeader(header);
      this.#body(lengths, distanceLengths);
    }
    this.#count = 0;
    this.full = false;
    this.#literalCounts.fill(0);
    this.#distanceCounts.fill(0);
  }

  #cost(lengths: Uint8Array, distanceLengths: Uint8Array): number {
    let bits = 0;
    for (let i = 0; i < LITERALS; i++) {
      bits += this.#literalCounts[i] * (lengths[i] + LENGTH_EXTRA[i]);
    }
    for (let i = 0; i < DISTANCES; i++) {
      bits += this.#distanceCounts[i] * (distanceLengths[i] + DISTANCE_EXTRA[i]);
    }
    return bits;
  }

  #put(value: number, count: number): void {
    this.#hold |= value << this.#bits;
    this.#bits += count;
    while (this.#bits >= 8) {
      this.#out[this.#length++] = this.#hold;
      this.#hold >>>= 8;
      this.#bits -= 8;
    }
  }

  #align(): void {
    if (this.#bits > 0) this.#put(0, 8 - this.#bits);
  }

  #stored(source: Uint8Array, lastBit: number): void {
    let at = 0;
    do {
      const count = Math.min(0xffff, source.length - at);
      const last = at + count === source.length ? lastBit : 0;
      this.#put(last, 3);
      this.#align();
      this.#put(count, 16);
      this.#put(count ^ 0xffff, 16);
      this.#out.set(source.subarray(at, at + count), this.#length);
      this.#length += count;
      at += count;
    } while (at < source.length);
  }

  #putHeader(header: Header): void {
    this.#put(header.literals - 257, 5);
    this.#put(header.distances - 1, 5);
    this.#put(header.codeLengths - 4, 4);
    for (let i = 0; i < header.codeLengths; i++) this.#put(header.lengths[CODE_LENGTH_ORDER[i]], 3);
    const codes = streamCodes(header.lengths, 19);
    for (const run of header.runs) {
      const symbol = run & 31;
      this.#put(codes[symbol], header.lengths[symbol]);
      if (symbol >= 16) this.#put(run >> 5, RUN_EXTRA[symbol - 16]);
    }
  }

  /** The hot loop of writing; at most 15 bits are left over between symbols. */
  #body(lengths: Uint8Array, distanceLengths: Uint8Array): void {
    const codes = streamCodes(lengths, 288);
    const distanceCodes = streamCodes(distanceLengths, DISTANCES);
    const symbols = this.#symbols;
    const count = this.#count;
    const out = this.#out;
    let length = this.#length;
    let hold = this.#hold;
    let bits = this.#bits;
    for (let i = 0; i < count; i++) {
      const item = symbols[i];
      if (item < 0x10000) {
        hold |= codes[item] << bits;
        bits += lengths[item];
      } else {
        const n = item >> 16;
        const symbol = LENGTH_SYMBOL[n];
        hold |= codes[symbol] << bits;
        bits += lengths[symbol];
        if (bits >= 16) {
          out[length++] = hold;
          out[length++] = hold >> 8;
          hold >>>= 16;
          bits -= 16;
        }
        hold |= (n - LENGTH_BASE[symbol]) << bits;
        bits += LENGTH_EXTRA[symbol];
        if (bits >= 16) {
          out[length++] = hold;
          out[length++] = hold >> 8;
          hold >>>= 16;
          bits -= 16;
        }
        const distance = (item & 0xffff) - 1;
        const d = DISTANCE_SYMBOL[distance < 256 ? distance : 256 + (distance >> 7)];
        hold |= distanceCodes[d] << bits;
        bits += distanceLengths[d];
        if (bits >= 16) {
          out[length++] = hold;
          out[length++] = hold >> 8;
          hold >>>= 16;
          bits -= 16;
        }
        hold |= (distance + 1 - DISTANCE_BASE[d]) << bits;
        bits += DISTANCE_EXTRA[d];
      }
      if (bits >= 16) {
        out[length++] = hold;
        out[length++] = hold >> 8;
        hold >>>= 16;
        bits -= 16;
      }
    }
    this.#length = length;
    this.#hold = hold;
    this.#bits = bits;
    this.#put(codes[END_OF_BLOCK], lengths[END_OF_BLOCK]);
  }
}

const RUN_EXTRA = [2, 3, 7];

/** The description of a dynamic block's codes. */
interface Header {
  readonly literals: number;
  readonly distances: number;
  /** How many lengths of the code-length code are sent. */
  readonly codeLengths: number;
  readonly lengths: Uint8Array;
  /** Symbol | extra << 5. */
  readonly runs: readonly number[];
  readonly bits: number;
}

function makeHeader(
  lengths: Uint8Array,
  literals: number,
  distanceLengths: Uint8Array,
  distances: number,
): Header {
  const all = new Uint8Array(literals + distances);
  all.set(lengths.subarray(0, literals));
  all.set(distanceLengths.subarray(0, distances), literals);
  const runs: number[] = [];
  const counts = new Uint32Array(19);
  for (let i = 0; i < all.length;) {
    const value = all[i];
    let n = 1;
    while (i + n < all.length && all[i + n] === value) n++;
    i += n;
    if (value !== 0) {
      runs.push(value);
      counts[value]++;
      n--;
    }
    while (n > 0) {
      let symbol = value;
      let taken = 1;
      if (value === 0 && n >= 3) {
        taken = Math.min(n, 138);
        symbol = taken >= 11 ? 18 | (taken - 11) << 5 : 17 | (taken - 3) << 5;
      } else if (value !== 0 && n >= 3) {
        taken = Math.min(n, 6);
        symbol = 16 | (taken - 3) << 5;
      }
      runs.push(symbol);
      counts[symbol & 31]++;
      n -= taken;
    }
  }
  const codeLengthLengths = new Uint8Array(19);
  huffmanLengths(counts, 19, 7, codeLengthLengths);
  let codeLengths = 19;
  while (codeLengths > 4 && codeLengthLengths[CODE_LENGTH_ORDER[codeLengths - 1]] === 0) {
    codeLengths--;
  }
  let bits = 14 + codeLengths * 3;
  for (const run of runs) {
    const symbol = run & 31;
    bits += codeLengthLengths[symbol] + (symbol >= 16 ? RUN_EXTRA[symbol - 16] : 0);
  }
  return { literals, distances, codeLengths, lengths: codeLengthLengths, runs, bits };
}
