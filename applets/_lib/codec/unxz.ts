/**
 * The decoder of .xz files. Source: the public-domain .xz file format description; what is an error, and
 * what of odd input is silently taken, as native unxz does it. Native has one message for every error.
 * @module
 */

import { type BranchFilter, branchFilter } from "./branch_filters.ts";
import { CodecError, le32, SteppedDecoder } from "./codec.ts";
import { LONGEST_SYMBOL, Lzma, LzmaStatus } from "./lzma.ts";
import { crc32 } from "../hash/crc32.ts";
import { Crc64 } from "../hash/crc64.ts";
import { type Hash } from "../hash/hash.ts";
import { Sha256 } from "../hash/sha256.ts";

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];
const FILTER_LZMA2 = 0x21;
/** Native's limit for the dictionary; a file of `xz -9` just fits. */
const LARGEST_DICTIONARY = 64 << 20;
const PIECE = 0x10000;
/** Sizes of the check field by its id. */
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** The CRC-32 as a Hash, lowest byte first as xz stores it. */
class Crc32 implements Hash {
  #crc = 0;
  update(chunk: Uint8Array): void {
    this.#crc = crc32(this.#crc, chunk);
  }
  digest(): Uint8Array {
    const crc = this.#crc;
    return Uint8Array.of(crc, crc >> 8, crc >> 16, crc >> 24);
  }
}

function makeCheck(id: number): Hash | undefined {
  if (id === 1) return new Crc32();
  if (id === 4) return new Crc64();
  if (id === 10) return new Sha256();
  return undefined;
}

function corrupt(): CodecError {
  return new CodecError("corrupted data");
}

/** Running check over pairs of sizes: blocks as they were met against the index. */
class SizeList {
  count = 0;
  #crc = 0;
  #total = 0;

  add(unpadded: number, uncompressed: number): void {
    const pair = new Uint8Array(new Float64Array([unpadded, uncompressed]).buffer);
    this.#crc = crc32(this.#crc, pair);
    this.#total += unpadded + (-unpadded & 3);
    this.count++;
  }

  equals(other: SizeList): boolean {
    return this.count === other.count && this.#crc === other.#crc && this.#total === other.#total;
  }
}

/** A decoder of .xz files of any number of streams. */
export class Unxz extends SteppedDecoder {
  #lzma: Lzma | undefined;
  #propertiesKnown = false;
  #dictionaryKnown = false;
  /** Bytes read of the block or index under way. */
  #consumed = 0;

  /** `charge` is told of memory taken for the dictionary. */
  constructor(private readonly charge?: (bytes: number) => void) {
    super();
  }

  protected override tooShort(): CodecError {
    return corrupt();
  }

  /** Takes `count` bytes that were waited for. */
  #take(count: number): Uint8Array {
    const { input } = this;
    const bytes = input.buf.subarray(input.pos, input.pos += count);
    this.#consumed += count;
    return bytes;
  }

  *#byte(): Generator<undefined, number> {
    yield* this.need(1);
    return this.#take(1)[0];
  }

  /** A number of up to 63 bits in groups of seven, lowest first. */
  *#number(): Generator<undefined, number> {
    let value = 0;
    for (let i = 0; i < 9; i++) {
      const byte = yield* this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        if (byte === 0 && i > 0) throw corrupt();
        return value;
      }
    }
    throw corrupt();
  }

  protected override *steps(): Generator<Uint8Array | undefined, void> {
    const { input } = this;
    for (;;) {
      // Native skips zeros between streams, fails if the file ends in them, and takes anything else
      // that does not begin like a stream for the end: even a file that is not xz at all.
      let skipped = false;
      for (;;) {
        if (!(yield* this.has(1))) {
          if (skipped) throw corrupt();
          return;
        }
        if (input.buf[input.pos] !== 0) break;
        input.pos++;
        skipped = true;
      }
      if (input.buf[input.pos] !== MAGIC[0]) return;
      yield* this.need(12);
      yield* this.#stream(this.#take(12));
    }
  }

  *#stream(header: Uint8Array): Generator<Uint8Array | undefined, void> {
    if (MAGIC.some((byte, i) => header[i] !== byte)) throw corrupt();
    if (header[6] !== 0 || header[7] > 15) throw corrupt();
    const flags = header[7];
    if (le32(header, 8) !== crc32(0, header, 6, 8)) throw corrupt();
    const blocks = new SizeList();
    for (;;) {
      this.#consumed = 0;
      const first = yield* this.#byte();
      if (first === 0) break;
      yield* this.#block(first, flags, blocks);
    }
    yield* this.#index(blocks, flags);
  }

  *#block(first: number, check: number, blocks: SizeList): Generator<Uint8Array | undefined, void> {
    const headerSize = (first + 1) * 4;
    yield* this.need(headerSize - 1);
    const header = new Uint8Array(headerSize);
    header[0] = first;
    header.set(this.#take(headerSize - 1), 1);
    const body = headerSize - 4;
    if (le32(header, body) !== crc32(0, header, 0, body)) throw corrupt();
    const flags = header[1];
    if (flags & 0x3c) throw corrupt();
    let at = 2;
    const number = (): number => {
      let value = 0;
      for (let i = 0; i < 9 && at < body; i++) {
        const byte = header[at++];
        value += (byte & 0x7f) * 2 ** (7 * i);
        if (byte < 0x80) return value;
      }
      throw corrupt();
    };
    const compressed = flags & 0x40 ? number() : undefined;
    const uncompressed = flags & 0x80 ? number() : undefined;
    const filters: BranchFilter[] = [];
    const filterCount = (flags & 3) + 1;
    let dictionary = 0;
    for (let i = 0; i < filterCount; i++) {
      const id = number();
      const size = number();
      if (at + size > body) throw corrupt();
      const properties = header.subarray(at, at += size);
      if (i === filterCount - 1) {
        if (id !== FILTER_LZMA2 || size !== 1 || properties[0] > 40) throw corrupt();
        const bits = properties[0];
        dictionary = bits === 40 ? 2 ** 32 - 1 : (2 | bits & 1) * 2 ** ((bits >> 1) + 11);
      } else {
        const filter = branchFilter(id, properties);
        if (filter === undefined) throw corrupt();
        filters.unshift(filter);
      }
    }
    for (; at < body; at++) if (header[at] !== 0) throw corrupt();
    if (dictionary > LARGEST_DICTIONARY) throw corrupt();

    const hash = makeCheck(check);
    let made = 0;
    const dataStart = this.#consumed;
    const unfiltered = this.#lzma2(dictionary);
    const pieces = filters.length === 0 ? unfiltered : filtered(unfiltered, filters);
    for (const piece of pieces) {
      if (piece !== undefined) {
        hash?.update(piece);
        made += piece.length;
      }
      yield piece;
    }
    if (uncompressed !== undefined && made !== uncompressed) throw corrupt();
    if (compressed !== undefined && this.#consumed - dataStart !== compressed) throw corrupt();
    const unpadded = this.#consumed + CHECK_SIZES[check];
    while (this.#consumed & 3) if ((yield* this.#byte()) !== 0) throw corrupt();
    yield* this.need(CHECK_SIZES[check]);
    const stored = this.#take(CHECK_SIZES[check]);
    if (hash !== undefined && hash.digest().some((byte, i) => stored[i] !== byte)) throw corrupt();
    blocks.add(unpadded, made);
  }

  *#index(blocks: SizeList, flags: number): Generator<Uint8Array | undefined, void> {
    // The check sum runs over bytes that may come in many chunks.
    let crc = crc32(0, Uint8Array.of(0));
    const listed = new SizeList();
    const record = function* (numbers: Generator<undefined, number>): Generator<undefined, number> {
      const value = yield* numbers;
      crc = crc32(crc, encodeNumber(value));
      return value;
    };
    const count = yield* record(this.#number());
    if (count !== blocks.count) throw corrupt();
    for (let i = 0; i < count; i++) {
      const unpadded = yield* record(this.#number());
      listed.add(unpadded, yield* record(this.#number()));
    }
    if (!listed.equals(blocks)) throw corrupt();
    while (this.#consumed & 3) {
      if ((yield* this.#byte()) !== 0) throw corrupt();
      crc = crc32(crc, Uint8Array.of(0));
    }
    const size = this.#consumed;
    yield* this.need(4 + 12);
    const tail = this.#take(16);
    if (le32(tail, 0) !== crc) throw corrupt();
    if (le32(tail, 4) !== crc32(0, tail, 8, 14)) throw corrupt();
    if ((le32(tail, 8) + 1) * 4 !== size + 4) throw corrupt();
    if (tail[12] !== 0 || tail[13] !== flags || tail[14] !== 0x59 || tail[15] !== 0x5a) {
      throw corrupt();
    }
  }

  *#lzma2(dictionary: number): Generator<Uint8Array | undefined, void> {
    const { input } = this;
    let lzma = this.#lzma;
    // Like native, one size of dictionary serves all blocks of the file if it can.
    if (lzma === undefined || lzma.dictSize !== dictionary) {
      lzma?.free();
      lzma = this.#lzma = new Lzma(dictionary, this.charge);
    }
    this.#dictionaryKnown = this.#propertiesKnown = false;
    for (;;) {
      const control = yield* this.#byte();
      if (control === 0) return;
      if (control >= 0xe0 || control === 1) {
        lzma.resetDictionary();
        this.#dictionaryKnown = true;
      } else if (!this.#dictionaryKnown) {
        throw corrupt();
      }
      if (control < 0x80) {
        if (control > 2) throw corrupt();
        yield* this.need(2);
        const head = this.#take(2);
        let left = (head[0] << 8 | head[1]) + 1;
        while (left > 0) {
          yield* this.need(1);
          const count = Math.min(left, input.size, lzma.room());
          lzma.putRaw(this.#take(count));
          left -= count;
          yield lzma.take();
        }
        continue;
      }
      yield* this.need(control >= 0xc0 ? 5 : 4);
      const head = this.#take(4);
      const left = ((control & 0x1f) << 16 | head[0] << 8 | head[1]) + 1;
      const compressed = (head[2] << 8 | head[3]) + 1;
      if (control >= 0xc0) {
        if (!lzma.setProperties(this.#take(1)[0], true)) throw corrupt();
        this.#propertiesKnown = true;
      } else if (!this.#propertiesKnown) {
        throw corrupt();
      } else if (control >= 0xa0) {
        lzma.resetState();
      }
      yield* this.#chunk(lzma, left, compressed);
    }
  }

  *#chunk(lzma: Lzma, left: number, compressed: number): Generator<Uint8Array | undefined, void> {
    const { input } = this;
    if (compressed < 5) throw corrupt();
    yield* this.need(5);
    if (!lzma.startRange(input.buf, input.pos)) throw corrupt();
    this.#take(5);
    compressed -= 5;
    while (left > 0) {
      const whole = input.size >= compressed;
      const posLimit = whole ? input.pos + compressed : input.end - LONGEST_SYMBOL - 1;
      if (posLimit < input.pos) {
        if (input.ended) throw corrupt();
        yield undefined;
        continue;
      }
      const status = lzma.decode(
        input.buf,
        input.pos,
        posLimit,
        Math.min(left, lzma.room(), PIECE),
      );
      if (status !== LzmaStatus.Limit) throw corrupt();
      const used = lzma.inputPos - input.pos;
      if (used > compressed) throw corrupt();
      input.pos += used;
      this.#consumed += used;
      compressed -= used;
      left -= lzma.untaken;
      if (lzma.untaken > 0) yield lzma.take();
    }
    const used = lzma.normalize(input.buf, input.pos) - input.pos;
    if (used !== compressed || lzma.inMatch || !lzma.rangeFinished) throw corrupt();
    input.pos += used;
    this.#consumed += used;
  }
}

function encodeNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  while (value >= 0x80) {
    bytes.push(value % 0x80 | 0x80);
    value = Math.floor(value / 0x80);
  }
  bytes.push(value);
  return Uint8Array.from(bytes);
}

/** Sends pieces through the filters, each of which may hold some bytes back until the next piece or the end. */
function* filtered(
  pieces: Iterable<Uint8Array | undefined>,
  filters: readonly BranchFilter[],
): Generator<Uint8Array | undefined, void> {
  const held: Uint8Array[] = filters.map(() => new Uint8Array(0));
  const push = (piece: Uint8Array, last: boolean): Uint8Array => {
    filters.forEach((filter, i) => {
      const joined = new Uint8Array(held[i].length + piece.length);
      joined.set(held[i]);
      joined.set(piece, held[i].length);
      // At the end what a filter cannot convert is final as it is.
      const done = filter.run(joined, joined.length);
      held[i] = last ? new Uint8Array(0) : joined.subarray(done);
      piece = last ? joined : joined.subarray(0, done);
    });
    return piece;
  };
  for (const piece of pieces) {
    if (piece === undefined) {
      yield undefined;
      continue;
    }
    const final = push(piece, false);
    if (final.length > 0) yield final;
  }
  const rest = push(new Uint8Array(0), true);
  if (rest.length > 0) yield rest;
}
