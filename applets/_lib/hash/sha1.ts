/**
 * SHA-1. Source: FIPS 180-4.
 * @module
 */

import { BlockHash } from "./block_hash.ts";
import { KernelCode, KernelKind } from "./wasm_kernel.ts";

const K = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

function build(): KernelCode {
  const code = new KernelCode();
  const vars = Array.from({ length: 5 }, () => code.local32());
  const words = Array.from({ length: 16 }, () => code.local32());
  const spare = code.local32();
  code.loop(() => {
    vars.forEach((local, i) => code.const32(0).load32(i * 4).set(local));
    words.forEach((local, i) => code.get(0).load32(i * 4).swap32(spare).set(local));
    for (let step = 0; step < 80; step++) {
      const [a, b, c, d, e] = vars.map((_, k) => vars[(k - step + 80) % 5]);
      const w = words[step % 16];
      if (step >= 16) {
        code.get(w).get(words[(step + 2) % 16]).op("i32.xor");
        code.get(words[(step + 8) % 16]).op("i32.xor");
        code.get(words[(step + 13) % 16]).op("i32.xor").const32(1).op("i32.rotl").set(w);
      }
      const round = Math.floor(step / 20);
      code.get(e).get(a).const32(5).op("i32.rotl", "i32.add").get(w).op("i32.add");
      code.const32(K[round]).op("i32.add");
      if (round === 0) code.get(d).get(c).get(d).op("i32.xor").get(b).op("i32.and", "i32.xor");
      else if (round === 2) {
        code.get(b).get(c).op("i32.and").get(d).get(b).get(c).op("i32.or", "i32.and", "i32.or");
      } else code.get(b).get(c).get(d).op("i32.xor", "i32.xor");
      code.op("i32.add").set(e);
      code.get(b).const32(30).op("i32.rotl").set(b);
    }
    code.endBlock(vars);
  });
  return code;
}

const KIND = new KernelKind(build);

/** A running SHA-1. */
export class Sha1 extends BlockHash {
  readonly #kernel = KIND.take();

  /** Starts an empty message. */
  constructor() {
    super(64, 8, false);
    new Uint32Array(this.#kernel.memory.buffer).set([
      ...[0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
    ]);
  }

  protected override blocks(data: Uint8Array, from: number, to: number): void {
    this.#kernel.blocks(data, from, to, 64);
  }

  protected override result(): Uint8Array {
    const bytes = new Uint8Array(20);
    for (let i = 0; i < 20; i++) bytes[i] = this.#kernel.memory[i ^ 3];
    KIND.give(this.#kernel);
    return bytes;
  }
}
