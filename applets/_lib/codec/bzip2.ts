/**
 * The bzip2 encoder. Rotations are sorted by a suffix array of the least rotation (where both orders agree), so
 * no input is slow; the rest is the format's well-known public description.
 * @module
 */

import type { Codec } from "./codec.ts";
import { NO_BYTES } from "./codec.ts";
import { canonicalCodes, huffmanLengths } from "./huffman_lengths.ts";
import { inStretches, leastRotation, suffixArray } from "./suffix_array.ts";
import { crc32be } from "../hash/crc32.ts";

const GROUP = 50;
const LONGEST_CODE = 17;
/** Rounds of assigning groups to tables. */
const ROUNDS = 4;
/** Reference leaves this much of a block unused. */
const SPARE = 19;

/** Memory for each byte of a block while it is sorted. */
const BYTES_PER_BYTE = 20;

/** An encoder of one bzip2 stream. */
export class Bzip2 implements Codec {
  readonly #level: number;
  readonly #block: Uint8Array;
  /** Bytes of the block after run-length coding. */
  #count = 0;
  #crc = -1;
  #combined = 0;
  #run = 0;
  #runByte = -1;
  #pending: Uint8Array = NO_BYTES;
  #ended = false;
  #stage: "header" | "body" | "done" = "header";
  /** The block that is being written, and whether it was full. */
  #writing: Generator<void> | undefined;
  #full = false;

  #out: Uint8Array;
  #length = 0;
  #hold = 0;
  #bits = 0;

  /** `level` 1–9 is the size of the blocks in units of 100,000 bytes; `charge` is told of memory taken. */
  constructor(level = 9, charge?: (bytes: number) => void) {
    this.#level = Math.min(9, Math.max(1, level));
    const size = this.#level * 100000 - SPARE;
    charge?.(size * BYTES_PER_BYTE);
    this.#block = new Uint8Array(size);
    this.#out = new Uint8Array(size + (size >> 3) + 20000);
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
    if (this.#stage === "done") return null;
    if (this.#writing !== undefined) return this.#goOn();
    const used = this.#collect();
    this.#pending = this.#pending.subarray(used);
    const full = this.#pending.length > 0;
    if (!full && !this.#ended) return undefined;
    this.#length = 0;
    if (this.#stage === "header") {
      this.#stage = "body";
      this.#put(24, 0x425a68);
      this.#put(8, 0x30 + this.#level);
    }
    if (!full) this.#closeRun();
    this.#full = full;
    this.#writing = this.#writeBlock();
    return this.#goOn();
  }

  /** Goes on with a block for a stretch. */
  #goOn(): Uint8Array {
    if (this.#writing!.next().done !== true) return NO_BYTES;
    this.#writing = undefined;
    if (!this.#full) {
      this.#stage = "done";
      this.#put(24, 0x177245);
      this.#put(24, 0x385090);
      this.#put(16, this.#combined >>> 16);
      this.#put(16, this.#combined & 0xffff);
      if (this.#bits > 0) this.#put(8 - this.#bits, 0);
    }
    return this.#out.subarray(0, this.#length);
  }

  #put(count: number, value: number): void {
    this.#hold = this.#hold << count | value;
    this.#bits += count;
    while (this.#bits >= 8) {
      this.#bits -= 8;
      this.#out[this.#length++] = this.#hold >>> this.#bits;
    }
  }

  /** First run-length coding: four equal bytes are followed by a count of more. Gives the bytes taken. */
  #collect(): number {
    const input = this.#pending;
    const block = this.#block;
    // A run in progress may still need five bytes.
    const limit = block.length - 5;
    let count = this.#count;
    let run = this.#run;
    let byte = this.#runByte;
    let i = 0;
    for (; i < input.length && count <= limit; i++) {
      const c = input[i];
      if (c === byte) {
        run++;
        if (run <= 4) block[count++] = c;
        else if (run === 259) {
          block[count++] = 255;
          run = 0;
          byte = -1;
        }
        continue;
      }
      if (run >= 4) block[count++] = run - 4;
      byte = c;
      run = 1;
      block[count++] = c;
    }
    this.#crc = crc32be(this.#crc, input, 0, i);
    this.#count = count;
    this.#run = run;
    this.#runByte = byte;
    if (i < input.length) this.#closeRun();
    return i;
  }

  #closeRun(): void {
    if (this.#run >= 4) this.#block[this.#count++] = this.#run - 4;
    this.#run = 0;
    this.#runByte = -1;
  }

  *#writeBlock(): Generator<void> {
    if (this.#count === 0) return;
    const block = this.#block.subarray(0, this.#count);
    const crc = ~this.#crc;
    this.#combined = (this.#combined << 1 | this.#combined >>> 31) ^ crc;
    this.#crc = -1;
    this.#count = 0;
    this.#put(24, 0x314159);
    this.#put(24, 0x265359);
    this.#put(16, crc >>> 16);
    this.#put(16, crc & 0xffff);
    this.#put(1, 0);
    const { last, start } = yield* sortRotations(block);
    this.#put(24, start);

    const ranks = new Uint8Array(256);
    const isUsed = new Uint8Array(256);
    for (let i = 0; i < block.length; i++) isUsed[block[i]] = 1;
    let used = 0;
    for (let c = 0; c < 256; c++) {
      if (isUsed[c]) {
        ranks[used++] = c;
      }
    }
    this.#putUsed(isUsed);
    const symbols = yield* moveToFront(last, ranks, used);
    yield* this.#putSymbols(symbols, used + 2);
  }

  #putUsed(isUsed: Uint8Array): void {
    let ranges = 0;
    const maps: number[] = [];
    for (let range = 0; range < 16; range++) {
      let map = 0;
      for (let i = 0; i < 16; i++) map = map << 1 | isUsed[range << 4 | i];
      if (map !== 0) maps.push(map);
      ranges = ranges << 1 | (map !== 0 ? 1 : 0);
    }
    this.#put(16, ranges);
    for (const map of maps) this.#put(16, map);
  }

  *#putSymbols(symbols: Uint16Array, alphabet: number): Generator<void> {
    const count = symbols.length;
    const tables = count < 200 ? 2 : count < 600 ? 3 : count < 1200 ? 4 : count < 2400 ? 5 : 6;
    const lengths = firstLengths(symbols, alphabet, tables);
    const selectors = new Uint8Array(Math.ceil(count / GROUP));
    for (let round = 0; round < ROUNDS; round++) {
      const frequencies = Array.from({ length: tables }, () => new Uint32Array(alphabet));
      const choose = (group: number): void => {
        const from = group * GROUP;
        const to = Math.min(count, from + GROUP);
        let best = 0;
        let bestCost = Infinity;
        for (let t = 0; t < tables; t++) {
          const table = lengths[t];
          let cost = 0;
          for (let i = from; i < to; i++) cost += table[symbols[i]];
          if (cost < bestCost) {
            bestCost = cost;
            best = t;
          }
        }
        selectors[group] = best;
        const frequency = frequencies[best];
        for (let i = from; i < to; i++) frequency[symbols[i]]++;
      };
      yield* inStretches(count, (from, to) => {
        const end = to === count ? selectors.length : Math.floor(to / GROUP);
        for (let group = Math.floor(from / GROUP); group < end; group++) choose(group);
      });
      for (let t = 0; t < tables; t++) {
        // Every symbol needs a code in every table, used or not.
        for (let i = 0; i < alphabet; i++) if (frequencies[t][i] === 0) frequencies[t][i] = 1;
        huffmanLengths(frequencies[t], alphabet, LONGEST_CODE, lengths[t]);
      }
    }
    this.#put(3, tables);
    this.#put(15, selectors.length);
    const order = [0, 1, 2, 3, 4, 5];
    for (const selector of selectors) {
      const rank = order.indexOf(selector);
      order.copyWithin(1, 0, rank);
      order[0] = selector;
      for (let i = 0; i < rank; i++) this.#put(1, 1);
      this.#put(1, 0);
    }
    const codes = lengths.map((table) => {
      let length = table[0];
      this.#put(5, length);
      for (let i = 0; i < alphabet; i++) {
        for (; length < table[i]; length++) this.#put(2, 2);
        for (; length > table[i]; length--) this.#put(2, 3);
        this.#put(1, 0);
      }
      const made = new Uint32Array(alphabet);
      canonicalCodes(table, alphabet, made);
      return made;
    });
    this.#putCoded(symbols, selectors, codes, lengths);
  }

  #putCoded(
    symbols: Uint16Array,
    selectors: Uint8Array,
    codes: readonly Uint32Array[],
    lengths: readonly Uint8Array[],
  ): void {
    const out = this.#out;
    let at = this.#length;
    let hold = this.#hold;
    let bits = this.#bits;
    for (let group = 0; group < selectors.length; group++) {
      const code = codes[selectors[group]];
      const length = lengths[selectors[group]];
      const to = Math.min(symbols.length, (group + 1) * GROUP);
      for (let i = group * GROUP; i < to; i++) {
        const symbol = symbols[i];
        hold = hold << length[symbol] | code[symbol];
        bits += length[symbol];
        while (bits >= 8) {
          bits -= 8;
          out[at++] = hold >>> bits;
        }
      }
    }
    this.#length = at;
    this.#hold = hold;
    this.#bits = bits;
  }
}

/** The last column of the sorted rotations of the block, and the row of the block itself. */
function* sortRotations(
  block: Uint8Array,
): Generator<void, { last: Uint8Array; start: number }> {
  const n = block.length;
  const least = leastRotation(block);
  const rotated = new Uint8Array(n);
  rotated.set(block.subarray(least));
  rotated.set(block.subarray(0, least), n - least);
  const sa = new Int32Array(n);
  yield;
  yield* suffixArray(rotated, 256, sa);
  const last = new Uint8Array(n);
  const wanted = least === 0 ? 0 : n - least;
  let start = 0;
  yield* inStretches(n, (from, to) => {
    for (let i = from; i < to; i++) {
      const at = sa[i];
      if (at === wanted) start = i;
      last[i] = rotated[at === 0 ? n - 1 : at - 1];
    }
  });
  return { last, start };
}

/** Move-to-front, and the second run-length coding of its zeros; the end of the block is added. */
function* moveToFront(
  last: Uint8Array,
  ranks: Uint8Array,
  used: number,
): Generator<void, Uint16Array> {
  const symbols = new Uint16Array(last.length + 1);
  let count = 0;
  let zeros = 0;
  const closeZeros = (): void => {
    // Bijective base 2 with the digits 1 (symbol 0) and 2 (symbol 1).
    while (zeros > 0) {
      symbols[count++] = zeros & 1 ? 0 : 1;
      zeros = (zeros - 1) >> 1;
    }
  };
  yield* inStretches(last.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const c = last[i];
      if (ranks[0] === c) {
        zeros++;
        continue;
      }
      if (zeros > 0) closeZeros();
      let rank = 1;
      let moved = ranks[0];
      for (;; rank++) {
        const next = ranks[rank];
        ranks[rank] = moved;
        if (next === c) break;
        moved = next;
      }
      ranks[0] = c;
      symbols[count++] = rank + 1;
    }
  });
  closeZeros();
  symbols[count++] = used + 1;
  return symbols.subarray(0, count);
}

/** Tables to begin with: each favours a range of symbols with an equal share of the block. */
function firstLengths(symbols: Uint16Array, alphabet: number, tables: number): Uint8Array[] {
  const frequency = new Uint32Array(alphabet);
  for (let i = 0; i < symbols.length; i++) frequency[symbols[i]]++;
  const lengths: Uint8Array[] = [];
  let from = 0;
  let left = symbols.length;
  for (let t = 0; t < tables; t++) {
    const share = left / (tables - t);
    let sum = 0;
    let to = from;
    while (to < alphabet && (sum < share || to === from)) sum += frequency[to++];
    lengths.push(new Uint8Array(alphabet).fill(15).fill(0, from, to));
    left -= sum;
    from = to;
  }
  return lengths;
}
