/**
 * The gzip container. Source: RFC 1952; what is an error and what is not was found by running native gunzip.
 * @module
 */

import { type Codec, CodecError, type Decoder, Input, le32 } from "./codec.ts";
import { Deflate } from "./deflate.ts";
import { Inflate } from "./inflate.ts";
import { crc32 } from "../hash/crc32.ts";

const FLAG_HEADER_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;

/** A header with a name or comment longer than this is taken for damage. */
const LONGEST_HEADER = 0x20000;

const enum State {
  Magic,
  Header,
  Body,
  Trailer,
  Done,
}

/**
 * A decoder of gzip files of any number of members. Whatever follows the last member is ignored, unless it
 * begins like another one.
 */
export class Gunzip implements Decoder {
  readonly #input = new Input();
  readonly #inflate = new Inflate(this.#input);
  #state: State = State.Magic;
  #members = 0;
  #crc = 0;
  #length = 0;
  /** Time of the original in the last header, seconds since the epoch; 0 for none. */
  mtime = 0;

  /** See Codec. */
  write(chunk: Uint8Array): void {
    this.#input.add(chunk);
  }

  /** See Codec. */
  end(): void {
    this.#input.ended = true;
  }

  /** See Decoder. */
  rest(): Uint8Array {
    return this.#input.takeAll();
  }

  /** See Codec. */
  read(): Uint8Array | undefined | null {
    const input = this.#input;
    for (;;) {
      switch (this.#state) {
        case State.Magic: {
          if (input.size < 2 && !input.ended) return undefined;
          const found = input.size >= 2 && input.buf[input.pos] === 0x1f &&
            input.buf[input.pos + 1] === 0x8b;
          if (!found) {
            if (this.#members === 0) throw new CodecError("invalid magic");
            this.#state = State.Done;
            break;
          }
          this.#state = State.Header;
          break;
        }
        case State.Header: {
          const size = headerSize(input.buf, input.pos, input.end);
          if (size === 0) {
            if (!input.ended && input.size < LONGEST_HEADER) return undefined;
            throw new CodecError("corrupted data");
          }
          this.mtime = le32(input.buf, input.pos + 4);
          input.pos += size;
          if (this.#members > 0) this.#inflate.reset();
          this.#crc = this.#length = 0;
          this.#state = State.Body;
          break;
        }
        case State.Body: {
          const piece = this.#inflate.read();
          if (piece === undefined) return undefined;
          if (piece === null) {
            this.#state = State.Trailer;
            break;
          }
          this.#crc = crc32(this.#crc, piece);
          this.#length = (this.#length + piece.length) >>> 0;
          return piece;
        }
        case State.Trailer: {
          if (input.size < 8) {
            if (!input.ended) return undefined;
            throw new CodecError("corrupted data");
          }
          if (le32(input.buf, input.pos) !== this.#crc) throw new CodecError("crc error");
          if (le32(input.buf, input.pos + 4) !== this.#length) {
            throw new CodecError("incorrect length");
          }
          input.pos += 8;
          this.#members++;
          this.#state = State.Magic;
          break;
        }
        default:
          return null;
      }
    }
  }
}

/** Size of the member header at `pos`, or 0 if it is not all there. @throws {CodecError} for another method. */
function headerSize(buf: Uint8Array, pos: number, end: number): number {
  let at = pos + 10;
  if (at > end) return 0;
  if (buf[pos + 2] !== 8) throw new CodecError("corrupted data");
  const flags = buf[pos + 3];
  if (flags & FLAG_EXTRA) {
    if (at + 2 > end) return 0;
    at += 2 + (buf[at] | buf[at + 1] << 8);
    if (at > end) return 0;
  }
  for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
    if ((flags & flag) === 0) continue;
    at = buf.indexOf(0, at) + 1;
    if (at === 0 || at > end) return 0;
  }
  if (flags & FLAG_HEADER_CRC) at += 2;
  return at > end ? 0 : at - pos;
}

const enum Stage {
  Header,
  Body,
  Trailer,
  Done,
}

/** An encoder of one gzip member, without name, with the time that is given (seconds, 0 for none). */
export class Gzip implements Codec {
  readonly #deflate: Deflate;
  #stage: Stage = Stage.Header;
  #crc = 0;
  #length = 0;

  /** `level` 1–9; `mtime` in seconds since the epoch. */
  constructor(private readonly level = 6, private readonly mtime = 0) {
    this.#deflate = new Deflate(level);
  }

  /** See Codec. */
  write(chunk: Uint8Array): void {
    this.#crc = crc32(this.#crc, chunk);
    this.#length = (this.#length + chunk.length) >>> 0;
    this.#deflate.write(chunk);
  }

  /** See Codec. */
  end(): void {
    this.#deflate.end();
  }

  /** See Codec. */
  read(): Uint8Array | undefined | null {
    switch (this.#stage) {
      case Stage.Header: {
        this.#stage = Stage.Body;
        const { mtime } = this;
        // Native does not tell of the effort.
        const effort = 0;
        return Uint8Array.of(
          ...[0x1f, 0x8b, 8, 0, mtime, mtime >> 8, mtime >> 16, mtime >> 24, effort, 3],
        );
      }
      case Stage.Body: {
        const piece = this.#deflate.read();
        if (piece !== null) return piece;
        this.#stage = Stage.Trailer;
        const trailer = new Uint8Array(8);
        const view = new DataView(trailer.buffer);
        view.setUint32(0, this.#crc, true);
        view.setUint32(4, this.#length, true);
        return trailer;
      }
      default:
        this.#stage = Stage.Done;
        return null;
    }
  }
}
