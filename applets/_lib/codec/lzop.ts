/**
 * The lzop container. Field layout and error numbers were found by running native lzop over files with each
 * byte changed.
 * @module
 */

import { be32, type Codec, CodecError, SteppedDecoder } from "./codec.ts";
import { LzoCompressor, lzoDecompress, lzoWorstSize } from "./lzo.ts";
import { crc32 } from "../hash/crc32.ts";
import { adler32 } from "../hash/checksums.ts";

const MAGIC = [0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a];
const VERSION = 0x1010;
const LIBRARY_VERSION = 0x2030;
const OLDEST = 0x0940;
const BLOCK = 256 * 1024;
const LARGEST_BLOCK = 64 * 1024 * 1024;
/** One byte of input cannot become more than this. */
const MOST_PER_BYTE = 256;
const PIECE = 0x10000;

const ADLER_DATA = 1;
const ADLER_COMPRESSED = 2;
const EXTRA_FIELD = 0x40;
const CRC_DATA = 0x100;
const CRC_COMPRESSED = 0x200;
const FILTER = 0x800;
const CRC_HEADER = 0x1000;
const RESERVED = 0xfc000;
const UNIX = 0x03000000;

/** Which sums lzop keeps. */
export interface LzopSums {
  /** Of the data (default true). */
  readonly data?: boolean;
  /** Of the compressed blocks too (default false). */
  readonly compressed?: boolean;
}

/** A decoder of one lzop file; what follows is ignored. */
export class LzopDecoder extends SteppedDecoder {
  /** `verify` false ignores the check sums; `charge` is told of memory taken. */
  constructor(
    private readonly verify = true,
    private readonly charge?: (bytes: number) => void,
  ) {
    super();
  }

  protected override tooShort(): CodecError {
    return new CodecError("short read");
  }

  *#take(count: number): Generator<undefined, Uint8Array> {
    yield* this.need(count);
    const { input } = this;
    return input.buf.subarray(input.pos, input.pos += count);
  }

  *#word(): Generator<undefined, number> {
    return be32(yield* this.#take(4), 0);
  }

  protected override *steps(): Generator<Uint8Array | undefined, void> {
    const magic = yield* this.#take(MAGIC.length);
    if (MAGIC.some((byte, i) => magic[i] !== byte)) throw new CodecError("bad magic number");
    const flags = yield* this.#header();
    let target = new Uint8Array(0);
    for (;;) {
      const size = yield* this.#word();
      if (size === 0) return;
      if (size === 0xffffffff) throw new CodecError("this file is a split lzop file");
      if (size > LARGEST_BLOCK) throw new CodecError("corrupted data");
      const compressed = yield* this.#word();
      if (compressed === 0 || compressed > size) throw new CodecError("corrupted data");
      let adler: number | undefined;
      let crc: number | undefined;
      let adlerCompressed: number | undefined;
      let crcCompressed: number | undefined;
      if (flags & ADLER_DATA) adler = yield* this.#word();
      if (flags & CRC_DATA) crc = yield* this.#word();
      if (compressed < size) {
        if (flags & ADLER_COMPRESSED) adlerCompressed = yield* this.#word();
        if (flags & CRC_COMPRESSED) crcCompressed = yield* this.#word();
      }
      const data = yield* this.#take(compressed);
      this.#check(data, adlerCompressed, crcCompressed);
      let plain = data;
      if (compressed < size) {
        if (size > compressed * MOST_PER_BYTE + BLOCK) throw new CodecError("corrupted data");
        if (target.length < size) {
          this.charge?.(size - target.length);
          target = new Uint8Array(size);
        }
        plain = target.subarray(0, size);
        if (!lzoDecompress(data, plain)) throw new CodecError("corrupted data");
      }
      this.#check(plain, adler, crc);
      for (let at = 0; at < size; at += PIECE) yield plain.subarray(at, at + PIECE);
    }
  }

  #check(data: Uint8Array, adler: number | undefined, crc: number | undefined): void {
    if (!this.verify) return;
    const good = (adler === undefined || adler32(1, data) === adler) &&
      (crc === undefined || crc32(0, data) === crc);
    if (!good) throw new CodecError("checksum error");
  }

  /** Reads the header; gives its flags. */
  *#header(): Generator<undefined, number> {
    const failed = (code: number): CodecError => new CodecError(`header_error ${code}`);
    let adler = 1;
    let crc = 0;
    const field = function* (take: Generator<undefined, Uint8Array>): Generator<undefined, number> {
      const bytes = yield* take;
      adler = adler32(adler, bytes);
      crc = crc32(crc, bytes);
      let value = 0;
      for (const byte of bytes) value = value * 256 + byte;
      return value;
    };
    const version = yield* field(this.#take(2));
    if (version < OLDEST) throw failed(3);
    yield* field(this.#take(2));
    const needed = yield* field(this.#take(2));
    if (needed < OLDEST) throw failed(3);
    if (needed > VERSION) throw failed(16);
    const method = yield* field(this.#take(1));
    const level = yield* field(this.#take(1));
    const flags = yield* field(this.#take(4));
    if (flags & FILTER) throw failed(16);
    for (let i = 0; i < 3; i++) yield* field(this.#take(4)); // mode and time
    const name = yield* field(this.#take(1));
    if (name > 0) yield* field(this.#take(name));
    const wanted = yield* this.#word();
    if (method === 0) throw failed(14);
    if (method > 3) throw failed(-1);
    if (level > 9) throw failed(15);
    if (flags & RESERVED) throw failed(-13);
    if (wanted !== (flags & CRC_HEADER ? crc : adler)) throw failed(2);
    if (flags & EXTRA_FIELD) {
      adler = 1;
      crc = 0;
      const length = yield* field(this.#take(4));
      if (length > LARGEST_BLOCK) throw failed(3);
      if (length > 0) yield* field(this.#take(length));
      if ((yield* this.#word()) !== (flags & CRC_HEADER ? crc : adler)) throw failed(3);
    }
    return flags;
  }
}

/** An encoder of lzop files. */
export class LzopEncoder implements Codec {
  readonly #block = new Uint8Array(BLOCK);
  readonly #out = new Uint8Array(lzoWorstSize(BLOCK) + 32);
  readonly #view = new DataView(this.#out.buffer);
  readonly #compressor = new LzoCompressor();
  readonly #flags: number;
  #filled = 0;
  #pending = new Uint8Array(0);
  #ended = false;
  #stage: "header" | "body" | "done" = "header";

  /** `level` 1–6 goes into the header; `mode` and `mtime` (seconds) are those of the file, or 0. */
  constructor(
    private readonly level = 3,
    sums: LzopSums = {},
    private readonly mode = 0,
    private readonly mtime = 0,
  ) {
    this.#flags = UNIX | (sums.data === false ? 0 : ADLER_DATA) |
      (sums.data !== false && sums.compressed ? ADLER_COMPRESSED : 0);
  }

  /** See Codec. */
  write(chunk: Uint8Array): void {
    this.#pending = chunk as Uint8Array<ArrayBuffer>;
  }

  /** See Codec. */
  end(): void {
    this.#ended = true;
  }

  /** See Codec. */
  read(): Uint8Array | undefined | null {
    if (this.#stage === "header") {
      this.#stage = "body";
      return this.#header();
    }
    if (this.#stage === "done") return null;
    const count = Math.min(this.#pending.length, BLOCK - this.#filled);
    this.#block.set(this.#pending.subarray(0, count), this.#filled);
    this.#filled += count;
    this.#pending = this.#pending.subarray(count);
    if (this.#filled === BLOCK || (this.#ended && this.#filled > 0)) return this.#compress();
    if (!this.#ended) return undefined;
    this.#stage = "done";
    return new Uint8Array(4);
  }

  #header(): Uint8Array {
    const bytes = new Uint8Array(MAGIC.length + 29);
    const view = new DataView(bytes.buffer);
    bytes.set(MAGIC);
    view.setUint16(9, VERSION);
    view.setUint16(11, LIBRARY_VERSION);
    view.setUint16(13, OLDEST);
    // Method 1 is LZO1X-1, 2 its variant for level 1; the decoder is the same.
    bytes[15] = this.level === 1 ? 2 : 1;
    bytes[16] = this.level === 1 ? 1 : 5;
    view.setUint32(17, this.#flags);
    view.setUint32(21, this.mode);
    view.setUint32(25, this.mtime);
    view.setUint32(29, Math.floor(this.mtime / 2 ** 32));
    view.setUint32(34, adler32(1, bytes, 9, 34));
    return bytes;
  }

  #compress(): Uint8Array {
    const plain = this.#block.subarray(0, this.#filled);
    this.#filled = 0;
    const out = this.#out;
    const view = this.#view;
    const { length } = plain;
    let at = 8;
    if (this.#flags & ADLER_DATA) {
      view.setUint32(at, adler32(1, plain));
      at += 4;
    }
    const body = at + (this.#flags & ADLER_COMPRESSED ? 4 : 0);
    let size = this.#compressor.compress(plain, out.subarray(body));
    view.setUint32(0, length);
    if (size < length) {
      if (this.#flags & ADLER_COMPRESSED) view.setUint32(at, adler32(1, out, body, body + size));
      at = body;
    } else {
      out.set(plain, at);
      size = length;
    }
    view.setUint32(4, size);
    return out.subarray(0, at + size);
  }
}
