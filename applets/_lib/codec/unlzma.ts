/**
 * The decoder of .lzma files ("LZMA alone"). Source: the public-domain LZMA specification; errors as native.
 * @module
 */

import { CodecError, le32, SteppedDecoder } from "./codec.ts";
import { LONGEST_SYMBOL, Lzma, LzmaStatus } from "./lzma.ts";

const HEADER = 13;
/** Pieces of output. */
const PIECE = 0x10000;
/** A header may ask for 4 GiB; matches that really reach farther back than this are refused. */
const LARGEST_DICTIONARY = 128 << 20;
const SMALLEST_DICTIONARY = 4096;

/** A decoder of one .lzma file; what follows it is ignored. */
export class Unlzma extends SteppedDecoder {
  /** `charge` is told of memory taken for the dictionary. */
  constructor(private readonly charge?: (bytes: number) => void) {
    super();
  }

  protected override tooShort(): CodecError {
    return new CodecError("unexpected EOF");
  }

  protected override *steps(): Generator<Uint8Array | undefined, void> {
    const { input } = this;
    if (!(yield* this.has(HEADER))) throw new CodecError("bad lzma header");
    const { buf, pos } = input;
    const properties = buf[pos];
    const dictionary = le32(buf, pos + 1);
    const low = le32(buf, pos + 5);
    const high = le32(buf, pos + 9);
    input.pos += HEADER;
    const size = low === 0xffffffff && high === low ? Infinity : high * 2 ** 32 + low;
    const lzma = new Lzma(
      Math.max(SMALLEST_DICTIONARY, Math.min(dictionary, LARGEST_DICTIONARY, size)),
      this.charge,
    );
    if (!lzma.setProperties(properties)) throw new CodecError("bad lzma header");
    yield* this.#body(lzma, size);
  }

  *#body(lzma: Lzma, size: number): Generator<Uint8Array | undefined, void> {
    const { input } = this;
    yield* this.need(5);
    // Native does not look at the first byte, which is always zero in what an encoder made.
    lzma.startRange(input.buf, input.pos);
    input.pos += 5;
    let left = size;
    while (left > 0) {
      const room = lzma.room();
      if (room === 0) {
        // As native: nothing comes out before a dictionary is full or the end is reached.
        yield* pieces(lzma.take());
        continue;
      }
      const posLimit = input.ended ? input.end : input.end - LONGEST_SYMBOL - 1;
      if (posLimit < input.pos) {
        if (input.ended) throw this.tooShort();
        yield undefined;
        continue;
      }
      const before = lzma.untaken;
      const status = lzma.decode(input.buf, input.pos, posLimit, Math.min(room, left));
      if (status === LzmaStatus.Corrupt) throw new CodecError("corrupted data");
      left -= lzma.untaken - before;
      input.pos = lzma.inputPos;
      if (input.pos > input.end) throw this.tooShort();
      if (status === LzmaStatus.EndMarker) break;
    }
    yield* pieces(lzma.take());
  }
}

/** Cuts a large view into pieces that suit a pipe. */
function* pieces(all: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < all.length; at += PIECE) yield all.subarray(at, at + PIECE);
}
