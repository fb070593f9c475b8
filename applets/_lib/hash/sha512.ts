/**
 * SHA-512. Source: FIPS 180-4.
 * @module
 */

import { BlockHash } from "./block_hash.ts";
import { KernelCode, KernelKind, rootsOfPrimes, TABLES } from "./wasm_kernel.ts";

const ROUNDS = 80;

function build(): KernelCode {
  const code = new KernelCode();
  const table = code.local32();
  const vars = Array.from({ length: 8 }, () => code.local64());
  const words = Array.from({ length: 16 }, () => code.local64());
  const t = code.local64();
  const rotated = (local: number, n: bigint): KernelCode =>
    code.get(local).const64(n).op("i64.rotr");
  code.loop(() => {
    vars.forEach((local, i) => code.const32(0).load64(i * 8).set(local));
    words.forEach((local, i) => code.get(0).load64(i * 8).swap64(t).set(local));
    code.const32(TABLES).set(table);
    code.loop(() => {
      for (let i = 0; i < 16; i++) {
        const [a, b, c, d, e, f, g, h] = vars.map((_, k) => vars[(k - i + 16) % 8]);
        const w = words[i];
        code.get(h).get(w).op("i64.add").get(table).load64(i * 8).op("i64.add");
        rotated(e, 14n);
        rotated(e, 18n).op("i64.xor");
        rotated(e, 41n).op("i64.xor", "i64.add");
        code.get(g).get(f).get(g).op("i64.xor").get(e).op("i64.and", "i64.xor", "i64.add").set(t);
        code.get(d).get(t).op("i64.add").set(d);
        code.get(t);
        rotated(a, 28n);
        rotated(a, 34n).op("i64.xor");
        rotated(a, 39n).op("i64.xor", "i64.add");
        code.get(a).get(b).op("i64.and").get(c).get(a).get(b).op("i64.or", "i64.and");
        code.op("i64.or", "i64.add").set(h);
        // The word for the round sixteen later.
        const x = words[(i + 1) % 16];
        const y = words[(i + 14) % 16];
        code.get(w).get(words[(i + 9) % 16]).op("i64.add");
        rotated(x, 1n);
        rotated(x, 8n).op("i64.xor").get(x).const64(7n).op("i64.shr_u", "i64.xor", "i64.add");
        rotated(y, 19n);
        rotated(y, 61n).op("i64.xor").get(y).const64(6n).op("i64.shr_u", "i64.xor", "i64.add");
        code.set(w);
      }
      code.get(table).const32(16 * 8).op("i32.add").set(table);
      code.get(table).const32(TABLES + ROUNDS * 8).op("i32.lt_u");
    });
    vars.forEach((local, i) => {
      code.const32(0).const32(0).load64(i * 8).get(local).op("i64.add").store64(i * 8);
    });
    code.get(0).const32(128).op("i32.add").set(0);
    code.get(0).get(1).op("i32.lt_u");
  });
  return code;
}

/** What the state begins with. */
const START = rootsOfPrimes(2, 8, 64);
const KIND = new KernelKind(build, () => rootsOfPrimes(3, ROUNDS, 64));

/** A running SHA-512. */
export class Sha512 extends BlockHash {
  readonly #kernel = KIND.take();

  /** Starts an empty message. */
  constructor() {
    super(128, 16, false);
    new BigUint64Array(this.#kernel.memory.buffer).set(START);
  }

  protected override blocks(data: Uint8Array, from: number, to: number): void {
    this.#kernel.blocks(data, from, to, 128);
  }

  protected override result(): Uint8Array {
    // Words are little-endian in memory, big-endian in the digest.
    const bytes = new Uint8Array(64);
    const { memory } = this.#kernel;
    for (let i = 0; i < 64; i++) bytes[i] = memory[i ^ 7];
    KIND.give(this.#kernel);
    return bytes;
  }
}
