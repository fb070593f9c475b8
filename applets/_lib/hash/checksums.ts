/**
 * The small sums: Adler-32 (RFC 1950), POSIX cksum, and the two of `sum`.
 * @module
 */

import { crc32, crc32be } from "./crc32.ts";
import type { Hash } from "./hash.ts";

/** Continues an Adler-32 over `buf[from, to)`; it starts at 1. Unsigned. */
export function adler32(sum: number, buf: Uint8Array, from = 0, to: number = buf.length): number {
  let a = sum & 0xffff;
  let b = sum >>> 16;
  for (let p = from; p < to;) {
    // So many bytes cannot overflow 32 bits (zlib's well-known 5552, made smaller for signed numbers).
    const end = Math.min(to, p + 3800);
    for (; p < end; p++) {
      a += buf[p];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return (b << 16 | a) >>> 0;
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** CRC-32 as a Hash, highest byte first. */
export class Crc32 implements Hash {
  #crc = 0;
  /** See Hash. */
  update(chunk: Uint8Array): void {
    this.#crc = crc32(this.#crc, chunk);
  }
  /** See Hash. */
  digest(): Uint8Array {
    return word(this.#crc);
  }
}

/** POSIX cksum: the big-endian CRC over the data and then their length. */
export class Cksum implements Hash {
  #crc = 0;
  /** Bytes so far. */
  length = 0;
  /** See Hash. */
  update(chunk: Uint8Array): void {
    this.#crc = crc32be(this.#crc, chunk);
    this.length += chunk.length;
  }
  /** See Hash. */
  digest(): Uint8Array {
    const bytes: number[] = [];
    for (let n = this.length; n > 0; n = Math.floor(n / 256)) bytes.push(n % 256);
    return word(~crc32be(this.#crc, Uint8Array.from(bytes)));
  }
}

/** The BSD sum: a rotating 16-bit sum. */
export class BsdSum {
  /** The sum so far. */
  value = 0;
  /** Bytes so far. */
  length = 0;
  /** Takes more bytes in. */
  update(chunk: Uint8Array): void {
    let sum = this.value;
    for (let i = 0; i < chunk.length; i++) {
      sum = ((sum >>> 1 | sum << 15) + chunk[i]) & 0xffff;
    }
    this.value = sum;
    this.length += chunk.length;
  }
}

/** The System V sum: all bytes added, folded to 16 bits at the end. */
export class SysvSum {
  #sum = 0;
  /** Bytes so far. */
  length = 0;
  /** Takes more bytes in. */
  update(chunk: Uint8Array): void {
    let sum = 0;
    for (let i = 0; i < chunk.length; i++) sum += chunk[i];
    this.#sum = (this.#sum + sum) % 2 ** 32;
    this.length += chunk.length;
  }
  /** The folded sum. */
  get value(): number {
    const folded = this.#sum % 65536 + Math.floor(this.#sum / 65536);
    return folded % 65536 + Math.floor(folded / 65536);
  }
}
