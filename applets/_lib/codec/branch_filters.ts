/**
 * The filters that xz may put behind LZMA2: delta, and the branch converters that turn a program's relative
 * jumps into absolute ones. Source: the public-domain .xz format and LZMA SDK. Only decoding.
 * @module
 */

import { be32, le32 } from "./codec.ts";

/** A filter over a growing stream. It works in place and may leave bytes at the end for the next call. */
export interface BranchFilter {
  /** Converts what it can of `buf[0, end)`; gives how many bytes are final. */
  run(buf: Uint8Array, end: number): number;
}

/** Adds to each byte the one `distance` before it. */
export class Delta implements BranchFilter {
  readonly #history: Uint8Array;
  #at = 0;

  /** `distance` is 1–256. */
  constructor(distance: number) {
    this.#history = new Uint8Array(distance);
  }

  /** See BranchFilter. */
  run(buf: Uint8Array, end: number): number {
    const history = this.#history;
    let at = this.#at;
    for (let i = 0; i < end; i++) {
      buf[i] = history[at] = buf[i] + history[at];
      if (++at === history.length) at = 0;
    }
    this.#at = at;
    return end;
  }
}

/** Converts instructions at multiples of `step`, each at most `size` bytes long. */
class Aligned implements BranchFilter {
  #position: number;

  constructor(
    start: number,
    private readonly step: number,
    private readonly size: number,
    /** Converts the instruction at `i`, whose address is `address`; gives extra bytes to step over. */
    private readonly convert: (buf: Uint8Array, i: number, address: number) => number | void,
  ) {
    this.#position = start;
  }

  run(buf: Uint8Array, end: number): number {
    let i = 0;
    while (i + this.size <= end) {
      const extra = this.convert(buf, i, (this.#position + i) | 0);
      i += this.step + (extra ?? 0);
    }
    this.#position = (this.#position + i) | 0;
    return i;
  }
}

function put32le(buf: Uint8Array, i: number, value: number): void {
  buf[i] = value;
  buf[i + 1] = value >> 8;
  buf[i + 2] = value >> 16;
  buf[i + 3] = value >> 24;
}

function put32be(buf: Uint8Array, i: number, value: number): void {
  buf[i] = value >> 24;
  buf[i + 1] = value >> 16;
  buf[i + 2] = value >> 8;
  buf[i + 3] = value;
}

function powerPc(buf: Uint8Array, i: number, address: number): void {
  const word = be32(buf, i);
  if ((word & 0xfc000003) >>> 0 !== 0x48000001) return;
  put32be(buf, i, 0x48000001 | ((word & 0x03fffffc) - address) & 0x03fffffc);
}

function arm(buf: Uint8Array, i: number, address: number): void {
  if (buf[i + 3] !== 0xeb) return;
  const target = (buf[i] | buf[i + 1] << 8 | buf[i + 2] << 16) << 2;
  const relative = (target - (address + 8)) >> 2;
  buf[i] = relative;
  buf[i + 1] = relative >> 8;
  buf[i + 2] = relative >> 16;
}

function armThumb(buf: Uint8Array, i: number, address: number): number | void {
  if ((buf[i + 1] & 0xf8) !== 0xf0 || (buf[i + 3] & 0xf8) !== 0xf8) return;
  const target = ((buf[i + 1] & 7) << 19 | buf[i] << 11 | (buf[i + 3] & 7) << 8 | buf[i + 2]) << 1;
  const relative = (target - (address + 4)) >> 1;
  buf[i + 1] = 0xf0 | relative >> 19 & 7;
  buf[i] = relative >> 11;
  buf[i + 3] = 0xf8 | relative >> 8 & 7;
  buf[i + 2] = relative;
  return 2;
}

function arm64(buf: Uint8Array, i: number, address: number): void {
  const word = le32(buf, i);
  if (word >>> 26 === 0x25) {
    const relative = word - (address >>> 2);
    put32le(buf, i, 0x94000000 | relative & 0x03ffffff);
    return;
  }
  if ((word & 0x9f000000) >>> 0 !== 0x90000000) return;
  // ADRP: only targets within ±512 MiB were converted.
  const source = word >>> 29 & 3 | word >>> 3 & 0x001ffffc;
  if (((source + 0x00020000) & 0x001c0000) !== 0) return;
  const relative = source - (address >>> 12);
  put32le(
    buf,
    i,
    word & 0x9000001f | (relative & 3) << 29 | (relative & 0x0003fffc) << 3 |
      (0 - (relative & 0x00020000)) & 0x00e00000,
  );
}

function sparc(buf: Uint8Array, i: number, address: number): void {
  const word = be32(buf, i);
  if (word >>> 22 !== 0x100 && word >>> 22 !== 0x1ff) return;
  let relative = ((word << 2) - address) >> 2;
  relative = (0 - (relative >> 22 & 1)) << 22 & 0x3fffffff | 0x40000000 | relative & 0x3fffff;
  put32be(buf, i, relative);
}

/** Which of the three slots of an IA-64 bundle hold a branch, by its template. */
const IA64_SLOTS = [
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[4, 4, 6, 6, 0, 0, 7, 7, 4, 4, 0, 0, 4, 4, 0, 0],
];

function ia64(buf: Uint8Array, i: number, address: number): void {
  const mask = IA64_SLOTS[buf[i] & 0x1f];
  for (let slot = 0, bit = 5; slot < 3; slot++, bit += 41) {
    if ((mask >> slot & 1) === 0) continue;
    const at = i + (bit >> 3);
    const shift = bit & 7;
    let instruction = 0n;
    for (let k = 0; k < 6; k++) instruction |= BigInt(buf[at + k]) << BigInt(8 * k);
    let normal = instruction >> BigInt(shift);
    if ((normal >> 37n & 15n) !== 5n || (normal >> 9n & 7n) !== 0n) continue;
    const target = Number(normal >> 13n & 0xfffffn) | Number(normal >> 36n & 1n) << 20;
    const relative = BigInt(((target << 4) - address) >>> 4);
    normal &= ~(0x8fffffn << 13n);
    normal |= (relative & 0xfffffn) << 13n | (relative & 0x100000n) << 16n;
    instruction &= (1n << BigInt(shift)) - 1n;
    instruction |= normal << BigInt(shift);
    for (let k = 0; k < 6; k++) buf[at + k] = Number(instruction >> BigInt(8 * k) & 255n);
  }
}

/** CALL and JMP of x86: instructions have no alignment, so history decides what is an operand. */
class X86 implements BranchFilter {
  #position: number;
  #previousMask = 0;

  constructor(start: number) {
    this.#position = start;
  }

  run(buf: Uint8Array, end: number): number {
    if (end <= 4) return 0;
    const last = end - 4;
    let previousMask = this.#previousMask;
    let previousAt = -1;
    let i = 0;
    for (; i < last; i++) {
      if ((buf[i] & 0xfe) !== 0xe8) continue;
      const gap = i - previousAt;
      if (gap > 3) {
        previousMask = 0;
      } else {
        previousMask = previousMask << (gap - 1) & 7;
        if (previousMask !== 0) {
          const byte = buf[i + 4 - MASK_TO_BIT[previousMask]];
          if (!MASK_ALLOWED[previousMask] || byte === 0 || byte === 0xff) {
            previousAt = i;
            previousMask = previousMask << 1 | 1;
            continue;
          }
        }
      }
      previousAt = i;
      if (buf[i + 4] === 0 || buf[i + 4] === 0xff) {
        let source = le32(buf, i + 1) | 0;
        let target: number;
        for (;;) {
          target = (source - (this.#position + i + 5)) | 0;
          if (previousMask === 0) break;
          const shift = MASK_TO_BIT[previousMask] * 8;
          const byte = target >>> (24 - shift) & 255;
          if (byte !== 0 && byte !== 255) break;
          source = target ^ ((1 << (32 - shift)) - 1);
        }
        target = target & 0x01ffffff;
        target |= 0 - (target & 0x01000000);
        put32le(buf, i + 1, target);
        i += 4;
        previousMask = 0;
      } else {
        previousMask = previousMask << 1 | 1;
      }
    }
    const gap = i - previousAt;
    this.#previousMask = gap > 3 ? 0 : previousMask << (gap - 1);
    this.#position = (this.#position + i) | 0;
    return i;
  }
}

const MASK_ALLOWED = [true, true, true, false, true, false, false, false];
const MASK_TO_BIT = [0, 1, 2, 2, 3, 3, 3, 3];

/**
 * The filter of an id from a block header, or undefined if there is none or its properties make no sense.
 * `start` is the address of the first byte.
 */
export function branchFilter(id: number, properties: Uint8Array): BranchFilter | undefined {
  if (id === 3) return properties.length === 1 ? new Delta(properties[0] + 1) : undefined;
  if (properties.length !== 0 && properties.length !== 4) return undefined;
  const start = properties.length === 4 ? le32(properties, 0) : 0;
  switch (id) {
    case 4:
      return new X86(start);
    case 5:
      return new Aligned(start, 4, 4, powerPc);
    case 6:
      return new Aligned(start, 16, 16, ia64);
    case 7:
      return new Aligned(start, 4, 4, arm);
    case 8:
      return new Aligned(start, 2, 4, armThumb);
    case 9:
      return new Aligned(start, 4, 4, sparc);
    case 10:
      return new Aligned(start, 4, 4, arm64);
    default:
      return undefined;
  }
}
