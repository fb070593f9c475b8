/**
 * SHA-3 (Keccak). Source: FIPS 202.
 * @module
 */

import type { Hash } from "./hash.ts";
import { type Kernel, KernelCode, KernelKind, TABLES } from "./wasm_kernel.ts";

const ROUNDS = 24;
const STATE = 200;

/** The constants of the rounds come from a shift register of eight bits (FIPS 202, 3.2.5). */
function roundConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt((1 << j) - 1);
      register = register << 1 ^ (register >> 7) * 0x171;
    }
    return constant;
  });
}

const kinds = new Map<number, KernelKind>();

/** The kernel that takes in blocks of `rate` bytes. */
function build(rate: number): KernelCode {
  const code = new KernelCode();
  const table = code.local32();
  const lanes = Array.from({ length: 25 }, () => code.local64());
  const moved = Array.from({ length: 25 }, () => code.local64());
  const columns = Array.from({ length: 5 }, () => code.local64());
  const t = code.local64();
  lanes.forEach((lane, i) => code.const32(0).load64(i * 8).set(lane));
  code.loop(() => {
    for (let i = 0; i < rate / 8; i++) {
      code.get(lanes[i]).get(0).load64(i * 8).op("i64.xor").set(lanes[i]);
    }
    code.const32(TABLES).set(table);
    code.loop(() => {
      // θ
      for (let x = 0; x < 5; x++) {
        code.get(lanes[x]);
        for (let y = 1; y < 5; y++) code.get(lanes[x + 5 * y]).op("i64.xor");
        code.set(columns[x]);
      }
      for (let x = 0; x < 5; x++) {
        code.get(columns[(x + 4) % 5]).get(columns[(x + 1) % 5]).const64(1n);
        code.op("i64.rotl", "i64.xor").set(t);
        for (let y = 0; y < 5; y++) {
          code.get(lanes[x + 5 * y]).get(t).op("i64.xor").set(lanes[x + 5 * y]);
        }
      }
      // ρ and π
      code.get(lanes[0]).set(moved[0]);
      let x = 1;
      let y = 0;
      for (let i = 0; i < 24; i++) {
        const turn = (i + 1) * (i + 2) / 2 % 64;
        const to = y + 5 * ((2 * x + 3 * y) % 5);
        code.get(lanes[x + 5 * y]).const64(BigInt(turn)).op("i64.rotl").set(moved[to]);
        [x, y] = [y, (2 * x + 3 * y) % 5];
      }
      // χ and ι
      for (let i = 0; i < 25; i++) {
        const row = i - i % 5;
        code.get(moved[i]).get(moved[row + (i + 1) % 5]).const64(-1n).op("i64.xor");
        code.get(moved[row + (i + 2) % 5]).op("i64.and", "i64.xor");
        if (i === 0) code.get(table).load64(0).op("i64.xor");
        code.set(lanes[i]);
      }
      code.get(table).const32(8).op("i32.add").set(table);
      code.get(table).const32(TABLES + ROUNDS * 8).op("i32.lt_u");
    });
    code.get(0).const32(rate).op("i32.add").set(0);
    code.get(0).get(1).op("i32.lt_u");
  });
  lanes.forEach((lane, i) => code.const32(0).get(lane).store64(i * 8));
  return code;
}

/** A running SHA3-224, 256, 384 or 512, or one of another length that native makes. */
export class Sha3 implements Hash {
  readonly #rate: number;
  readonly #kind: KernelKind;
  readonly #kernel: Kernel;
  readonly #pending: Uint8Array;
  #filled = 0;

  /** `bits` of digest, a multiple of 32. */
  constructor(private readonly bits: number) {
    this.#rate = STATE - bits / 4;
    const rate = this.#rate;
    let kind = kinds.get(rate);
    if (kind === undefined) {
      kinds.set(rate, kind = new KernelKind(() => build(rate), roundConstants));
    }
    this.#kind = kind;
    this.#kernel = kind.take();
    this.#pending = new Uint8Array(rate);
  }

  /** See Hash. */
  update(chunk: Uint8Array): void {
    const rate = this.#rate;
    let from = 0;
    if (this.#filled > 0) {
      from = Math.min(chunk.length, rate - this.#filled);
      this.#pending.set(chunk.subarray(0, from), this.#filled);
      this.#filled += from;
      if (this.#filled < rate) return;
      this.#kernel.blocks(this.#pending, 0, rate, rate);
      this.#filled = 0;
    }
    const to = chunk.length - (chunk.length - from) % rate;
    if (to > from) this.#kernel.blocks(chunk, from, to, rate);
    this.#pending.set(chunk.subarray(to));
    this.#filled = chunk.length - to;
  }

  /** See Hash. */
  digest(): Uint8Array {
    const last = this.#pending;
    last.fill(0, this.#filled);
    last[this.#filled] = 0x06;
    last[this.#rate - 1] |= 0x80;
    this.#kernel.blocks(last, 0, this.#rate, this.#rate);
    const bytes = this.#kernel.memory.slice(0, this.bits / 8);
    this.#kind.give(this.#kernel);
    return bytes;
  }
}
