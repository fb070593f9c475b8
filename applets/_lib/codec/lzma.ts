/**
 * The LZMA decoder at the heart of .lzma, .xz and zip's method 14. Source: the LZMA specification that
 * its author put into the public domain.
 *
 * The window is a ring that grows up to the size of the dictionary, so a header that claims a large
 * one costs nothing until that much data has really come out.
 *
 * The loop writes the decoding of a bit out at each of its places: as a function it would have to keep its
 * registers in memory, which halves the speed.
 * @module
 */

const IS_MATCH = 0;
const IS_REP = IS_MATCH + (12 << 4);
const IS_REP_G0 = IS_REP + 12;
const IS_REP_G1 = IS_REP_G0 + 12;
const IS_REP_G2 = IS_REP_G1 + 12;
const IS_REP0_LONG = IS_REP_G2 + 12;
const POS_SLOT = IS_REP0_LONG + (12 << 4);
const POS_SPECIAL = POS_SLOT + (4 << 6);
const ALIGN = POS_SPECIAL + 115;
const MATCH_LENGTHS = ALIGN + 16;
/** Offsets within the models of a length. */
const LENGTH_LOW = 2;
const LENGTH_MID = LENGTH_LOW + (16 << 3);
const LENGTH_HIGH = LENGTH_MID + (16 << 3);
const LENGTH_MODELS = LENGTH_HIGH + 256;
const REP_LENGTHS = MATCH_LENGTHS + LENGTH_MODELS;
const LITERAL = REP_LENGTHS + LENGTH_MODELS;

/** The most input that one symbol can take. */
export const LONGEST_SYMBOL = 20;
/** The ring begins with this size. */
const FIRST_RING = 0x10000;

/** Why the decoder stopped. */
export const enum LzmaStatus {
  /** It reached the limit of output or of input. */
  Limit,
  /** It met the end marker. */
  EndMarker,
  /** The data make no sense. */
  Corrupt,
}

/** Decodes symbols into a ring. Containers feed it input and take its output. */
export class Lzma {
  #dict: Uint8Array;
  /** Next index to write. */
  #at = 0;
  /** Bytes of the dictionary that are valid, not more than its size. */
  #full = 0;
  /** Count of bytes since the dictionary began, as far as its low bits matter. */
  #position = 0;
  /** First index not yet taken. */
  #taken = 0;

  #probs: Uint16Array = new Uint16Array(0);
  #lc = 0;
  #literalMask = 0;
  #posMask = 0;
  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  #range = 0;
  #code = 0;
  /** What is left of a match that met the end of the ring. */
  #length = 0;

  /**
   * @param dictSize Bytes that matches may reach back.
   * @param charge Is told of memory taken.
   */
  constructor(readonly dictSize: number, private readonly charge?: (bytes: number) => void) {
    this.#dict = new Uint8Array(0);
    this.#resize(Math.min(dictSize, FIRST_RING));
  }

  #resize(size: number): void {
    this.charge?.(size - this.#dict.length);
    const larger = new Uint8Array(size);
    larger.set(this.#dict);
    this.#dict = larger;
  }

  /** Gives its memory back. */
  free(): void {
    this.charge?.(-this.#dict.length);
    this.#dict = new Uint8Array(0);
  }

  /** Sets the parameters from their byte; false if it makes no sense (or not for LZMA2). */
  setProperties(byte: number, forLzma2 = false): boolean {
    if (byte >= 225) return false;
    const lc = byte % 9;
    const lp = Math.floor(byte / 9) % 5;
    const pb = Math.floor(byte / 45);
    if (forLzma2 && lc + lp > 4) return false;
    this.#lc = lc;
    this.#literalMask = (1 << lp) - 1;
    this.#posMask = (1 << pb) - 1;
    const size = LITERAL + (0x300 << (lc + lp));
    if (this.#probs.length !== size) this.#probs = new Uint16Array(size);
    this.resetState();
    return true;
  }

  /** Forgets what was learnt, as at the start. */
  resetState(): void {
    this.#probs.fill(1024);
    this.#state =
      this.#rep0 =
      this.#rep1 =
      this.#rep2 =
      this.#rep3 =
        0;
  }

  /** Empties the dictionary; its output has been taken. */
  resetDictionary(): void {
    this.#full =
      this.#position =
      this.#at =
      this.#taken =
        0;
  }

  /** Starts the range coder with the five bytes at `pos`; false if they cannot be a start. */
  startRange(buf: Uint8Array, pos: number): boolean {
    this.#range = -1;
    this.#code = buf[pos + 1] << 24 | buf[pos + 2] << 16 | buf[pos + 3] << 8 | buf[pos + 4];
    this.#length = 0;
    return buf[pos] === 0;
  }

  /** Whether the range coder stands where an encoder would have left it. */
  get rangeFinished(): boolean {
    return this.#code === 0;
  }

  /** Input was read up to here when `decode` returned. */
  inputPos = 0;

  /** The output made since the last call; a view into the ring. */
  take(): Uint8Array {
    const piece = this.#dict.subarray(this.#taken, this.#at);
    this.#taken = this.#at;
    return piece;
  }

  /** Bytes made and not taken. */
  get untaken(): number {
    return this.#at - this.#taken;
  }

  /** Room in the ring before its end, where output must be taken; makes some by growing or wrapping. */
  room(): number {
    const size = this.#dict.length;
    if (this.#at < size) return size - this.#at;
    if (size < this.dictSize) {
      this.#resize(Math.min(size * 2, this.dictSize));
      return this.#dict.length - this.#at;
    }
    if (this.#taken < this.#at) return 0;
    this.#at = this.#taken = 0;
    return size;
  }

  /** Copies bytes into the dictionary as they are. The caller has asked for `room`. */
  putRaw(bytes: Uint8Array): void {
    this.#dict.set(bytes, this.#at);
    this.#at += bytes.length;
    this.#position = (this.#position + bytes.length) | 0;
    this.#full = Math.min(this.#full + bytes.length, this.#dict.length);
  }

  /**
   * Decodes at most `count` bytes (not more than `room`), starting symbols only at or before `posLimit`. It
   * may read up to LONGEST_SYMBOL bytes behind that; bytes behind the buffer read as zero.
   */
  decode(buf: Uint8Array, pos: number, posLimit: number, count: number): LzmaStatus {
    const dict = this.#dict;
    const size = dict.length;
    const probs = this.#probs;
    const lc = this.#lc;
    const literalMask = this.#literalMask;
    const posMask = this.#posMask;
    const full = this.#full;
    let at = this.#at;
    const limit = at + count;
    // A distance is good below `reach + at`: what was valid before and what is made now.
    const reach = full - at;
    let position = this.#position;
    let state = this.#state;
    let rep0 = this.#rep0;
    let rep1 = this.#rep1;
    let rep2 = this.#rep2;
    let rep3 = this.#rep3;
    let range = this.#range;
    let code = this.#code;
    let length = this.#length;
    let prob = 0;
    let bound = 0;
    let status = LzmaStatus.Limit;
    while (length > 0 && at < limit) {
      const from = at - rep0 - 1;
      dict[at++] = dict[from < 0 ? from + size : from];
      length--;
    }
    while (at < limit && pos <= posLimit) {
      const posState = position & posMask;
      let index = IS_MATCH + (state << 4) + posState;
      if (range >>> 24 === 0) {
        range <<= 8;
        code = code << 8 | buf[pos++];
      }
      prob = probs[index];
      bound = Math.imul(range >>> 11, prob);
      if (code >>> 0 < bound >>> 0) {
        range = bound;
        probs[index] = prob + ((2048 - prob) >> 5);
        const previous = at > 0 ? dict[at - 1] : full === 0 ? 0 : dict[size - 1];
        const literal = LITERAL +
          0x300 * (((position & literalMask) << lc) + (previous >> (8 - lc)));
        let symbol = 1;
        if (state >= 7) {
          // After a match the byte at its distance helps to guess, as long as the bits agree.
          const from = at - rep0 - 1;
          let matched: number = dict[from < 0 ? from + size : from];
          do {
            matched <<= 1;
            const matchBit = matched & 0x100;
            index = literal + 0x100 + matchBit + symbol;
            if (range >>> 24 === 0) {
              range <<= 8;
              code = code << 8 | buf[pos++];
            }
            prob = probs[index];
            bound = Math.imul(range >>> 11, prob);
            if (code >>> 0 < bound >>> 0) {
              range = bound;
              probs[index] = prob + ((2048 - prob) >> 5);
              symbol <<= 1;
              if (matchBit !== 0) break;
            } else {
              range = (range - bound) | 0;
              code = (code - bound) | 0;
              probs[index] = prob - (prob >> 5);
              symbol = symbol << 1 | 1;
              if (matchBit === 0) break;
            }
          } while (symbol < 0x100);
        }
        while (symbol < 0x100) {
          index = literal + symbol;
          if (range >>> 24 === 0) {
            range <<= 8;
            code = code << 8 | buf[pos++];
          }
          prob = probs[index];
          bound = Math.imul(range >>> 11, prob);
          if (code >>> 0 < bound >>> 0) {
            range = bound;
            probs[index] = prob + ((2048 - prob) >> 5);
            symbol <<= 1;
          } else {
            range = (range - bound) | 0;
            code = (code - bound) | 0;
            probs[index] = prob - (prob >> 5);
            symbol = symbol << 1 | 1;
          }
        }
        dict[at++] = symbol;
        position++;
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      } else {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        probs[index] = prob - (prob >> 5);
        let lengths: number;
        index = IS_REP + state;
        if (range >>> 24 === 0) {
          range <<= 8;
          code = code << 8 | buf[pos++];
        }
        prob = probs[index];
        bound = Math.imul(range >>> 11, prob);
        if (code >>> 0 < bound >>> 0) {
          range = bound;
          probs[index] = prob + ((2048 - prob) >> 5);
          rep3 = rep2;
          rep2 = rep1;
          rep1 = rep0;
          state = state < 7 ? 7 : 10;
          lengths = MATCH_LENGTHS;
        } else {
          range = (range - bound) | 0;
          code = (code - bound) | 0;
          probs[index] = prob - (prob >> 5);
          index = IS_REP_G0 + state;
          if (range >>> 24 === 0) {
            range <<= 8;
            code = code << 8 | buf[pos++];
          }
          prob = probs[index];
          bound = Math.imul(range >>> 11, prob);
          if (code >>> 0 < bound >>> 0) {
            range = bound;
            probs[index] = prob + ((2048 - prob) >> 5);
            index = IS_REP0_LONG + (state << 4) + posState;
            if (range >>> 24 === 0) {
              range <<= 8;
              code = code << 8 | buf[pos++];
            }
            prob = probs[index];
            bound = Math.imul(range >>> 11, prob);
            if (code >>> 0 < bound >>> 0) {
              range = bound;
              probs[index] = prob + ((2048 - prob) >> 5);
              if (rep0 >= reach + at || rep0 >= size) return LzmaStatus.Corrupt;
              state = state < 7 ? 9 : 11;
              const from = at - rep0 - 1;
              dict[at++] = dict[from < 0 ? from + size : from];
              position++;
              continue;
            } else {
              range = (range - bound) | 0;
              code = (code - bound) | 0;
              probs[index] = prob - (prob >> 5);
            }
          } else {
            range = (range - bound) | 0;
            code = (code - bound) | 0;
            probs[index] = prob - (prob >> 5);
            let distance: number;
            index = IS_REP_G1 + state;
            if (range >>> 24 === 0) {
              range <<= 8;
              code = code << 8 | buf[pos++];
            }
            prob = probs[index];
            bound = Math.imul(range >>> 11, prob);
            if (code >>> 0 < bound >>> 0) {
              range = bound;
              probs[index] = prob + ((2048 - prob) >> 5);
              distance = rep1;
            } else {
              range = (range - bound) | 0;
              code = (code - bound) | 0;
              probs[index] = prob - (prob >> 5);
              index = IS_REP_G2 + state;
              if (range >>> 24 === 0) {
                range <<= 8;
                code = code << 8 | buf[pos++];
              }
              prob = probs[index];
              bound = Math.imul(range >>> 11, prob);
              if (code >>> 0 < bound >>> 0) {
                range = bound;
                probs[index] = prob + ((2048 - prob) >> 5);
                distance = rep2;
              } else {
                range = (range - bound) | 0;
                code = (code - bound) | 0;
                probs[index] = prob - (prob >> 5);
                distance = rep3;
                rep3 = rep2;
              }
              rep2 = rep1;
            }
            rep1 = rep0;
            rep0 = distance;
          }
          state = state < 7 ? 8 : 11;
          lengths = REP_LENGTHS;
        }
        let treeStart: number;
        let treeBits = 3;
        let least: number;
        index = lengths;
        if (range >>> 24 === 0) {
          range <<= 8;
          code = code << 8 | buf[pos++];
        }
        prob = probs[index];
        bound = Math.imul(range >>> 11, prob);
        if (code >>> 0 < bound >>> 0) {
          range = bound;
          probs[index] = prob + ((2048 - prob) >> 5);
          treeStart = lengths + LENGTH_LOW + (posState << 3);
          least = 2;
        } else {
          range = (range - bound) | 0;
          code = (code - bound) | 0;
          probs[index] = prob - (prob >> 5);
          index = lengths + 1;
          if (range >>> 24 === 0) {
            range <<= 8;
            code = code << 8 | buf[pos++];
          }
          prob = probs[index];
          bound = Math.imul(range >>> 11, prob);
          if (code >>> 0 < bound >>> 0) {
            range = bound;
            probs[index] = prob + ((2048 - prob) >> 5);
            treeStart = lengths + LENGTH_MID + (posState << 3);
            least = 10;
          } else {
            range = (range - bound) | 0;
            code = (code - bound) | 0;
            probs[index] = prob - (prob >> 5);
            treeStart = lengths + LENGTH_HIGH;
            treeBits = 8;
            least = 18;
          }
        }
        let symbol = 1;
        for (let i = treeBits; i > 0; i--) {
          index = treeStart + symbol;
          if (range >>> 24 === 0) {
            range <<= 8;
            code = code << 8 | buf[pos++];
          }
          prob = probs[index];
          bound = Math.imul(range >>> 11, prob);
          if (code >>> 0 < bound >>> 0) {
            range = bound;
            probs[index] = prob + ((2048 - prob) >> 5);
            symbol <<= 1;
          } else {
            range = (range - bound) | 0;
            code = (code - bound) | 0;
            probs[index] = prob - (prob >> 5);
            symbol = symbol << 1 | 1;
          }
        }
        length = symbol - (1 << treeBits) + least;
        if (lengths === MATCH_LENGTHS) {
          treeStart = POS_SLOT + (Math.min(length - 2, 3) << 6);
          symbol = 1;
          do {
            index = treeStart + symbol;
            if (range >>> 24 === 0) {
              range <<= 8;
              code = code << 8 | buf[pos++];
            }
            prob = probs[index];
            bound = Math.imul(range >>> 11, prob);
            if (code >>> 0 < bound >>> 0) {
              range = bound;
              probs[index] = prob + ((2048 - prob) >> 5);
              symbol <<= 1;
            } else {
              range = (range - bound) | 0;
              code = (code - bound) | 0;
              probs[index] = prob - (prob >> 5);
              symbol = symbol << 1 | 1;
            }
          } while (symbol < 64);
          const slot = symbol - 64;
          rep0 = slot;
          if (slot >= 4) {
            let extra = (slot >> 1) - 1;
            rep0 = 2 | slot & 1;
            if (slot < 14) {
              rep0 <<= extra;
              treeStart = POS_SPECIAL + rep0 - slot - 1;
            } else {
              // Middle bits come with even odds, the last four from a tree of their own.
              for (let i = extra - 4; i > 0; i--) {
                if (range >>> 24 === 0) {
                  range <<= 8;
                  code = code << 8 | buf[pos++];
                }
                range >>>= 1;
                if (code >>> 0 < range >>> 0) {
                  rep0 <<= 1;
                } else {
                  code = (code - range) | 0;
                  rep0 = rep0 << 1 | 1;
                }
              }
              rep0 <<= 4;
              treeStart = ALIGN;
              extra = 4;
            }
            symbol = 1;
            for (let i = 0; i < extra; i++) {
              index = treeStart + symbol;
              if (range >>> 24 === 0) {
                range <<= 8;
                code = code << 8 | buf[pos++];
              }
              prob = probs[index];
              bound = Math.imul(range >>> 11, prob);
              if (code >>> 0 < bound >>> 0) {
                range = bound;
                probs[index] = prob + ((2048 - prob) >> 5);
                symbol <<= 1;
              } else {
                range = (range - bound) | 0;
                code = (code - bound) | 0;
                probs[index] = prob - (prob >> 5);
                symbol = symbol << 1 | 1;
                rep0 += 1 << i;
              }
            }
            if (rep0 === -1) {
              status = LzmaStatus.EndMarker;
              break;
            }
          }
        }
        if (rep0 >>> 0 >= reach + at || rep0 >>> 0 >= size) return LzmaStatus.Corrupt;
      }
      // Both sides may wrap around the ring; the output is cut at `limit`.
      position += length;
      let count = Math.min(length, limit - at);
      length -= count;
      let from = at - rep0 - 1;
      if (from < 0) from += size;
      if (from + count <= size) {
        do dict[at++] = dict[from++]; while (--count > 0);
      } else {
        do {
          dict[at++] = dict[from++];
          if (from === size) from = 0;
        } while (--count > 0);
      }
    }
    this.#full = Math.min(size, reach + at);
    this.#at = at;
    this.#position = position | 0;
    this.#state = state;
    this.#rep0 = rep0;
    this.#rep1 = rep1;
    this.#rep2 = rep2;
    this.#rep3 = rep3;
    this.#range = range;
    this.#code = code;
    this.#length = length;
    this.inputPos = pos;
    return status;
  }

  /** Whether a match is only half copied: a chunk or file must not end here. */
  get inMatch(): boolean {
    return this.#length > 0;
  }

  /**
   * An encoder may leave the range coder one byte short; reads that byte so that `rangeFinished` tells.
   * Gives the position after it.
   */
  normalize(buf: Uint8Array, pos: number): number {
    if (this.#range >>> 24 === 0) {
      this.#range <<= 8;
      this.#code = this.#code << 8 | buf[pos++];
    }
    return pos;
  }
}
