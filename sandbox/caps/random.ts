/**
 * Randomness: the host's cryptographic source, or a seeded one for runs that must repeat.
 *
 * @module
 */
import type { Random } from "../types.ts";

/** Largest request of `crypto.getRandomValues`, bytes. */
const HOST_REQUEST_MAX = 65536;

/** Fills buffers from the host in the steps it allows. */
class HostRandom implements Random {
  readonly #word = new Uint32Array(1);

  constructor(private readonly fillFromHost: (buffer: Uint8Array<ArrayBuffer>) => void) {}

  fill(buffer: Uint8Array): void {
    for (let at = 0; at < buffer.length; at += HOST_REQUEST_MAX) {
      this.fillFromHost(
        buffer.subarray(at, at + HOST_REQUEST_MAX) as Uint8Array<ArrayBuffer>,
      );
    }
  }

  uint32(): number {
    this.fillFromHost(new Uint8Array(this.#word.buffer));
    return this.#word[0];
  }
}

/** sfc32 (Chris Doty-Humphrey's Small Fast Counting generator), seeded through splitmix32. */
class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    let state = seed >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let t = state ^ (state >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return t ^ (t >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next() ^ Math.floor(seed / 4294967296);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  uint32(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  fill(buffer: Uint8Array): void {
    for (let i = 0; i < buffer.length;) {
      let word = this.uint32();
      for (let k = 0; k < 4 && i < buffer.length; k++, word >>>= 8) buffer[i++] = word;
    }
  }
}

/**
 * Makes the random source of a sandbox.
 *
 * @param seed A number for a repeatable sequence, or undefined for the host's.
 * @param fillFromHost The host's cryptographic source.
 */
export function createRandom(
  seed: number | undefined,
  fillFromHost: (buffer: Uint8Array<ArrayBuffer>) => void,
): Random {
  return seed === undefined ? new HostRandom(fillFromHost) : new SeededRandom(seed);
}
