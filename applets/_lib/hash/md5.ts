/**
 * MD5. Source: RFC 1321.
 * @module
 */

import { BlockHash } from "./block_hash.ts";
import { KernelCode, KernelKind } from "./wasm_kernel.ts";

const SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
/** Which word of the block a step takes: multiplier and offset for each round. */
const ORDER = [[1, 0], [5, 1], [3, 5], [7, 0]];

function build(): KernelCode {
  const code = new KernelCode();
  const vars = Array.from({ length: 4 }, () => code.local32());
  code.loop(() => {
    vars.forEach((local, i) => code.const32(0).load32(i * 4).set(local));
    for (let step = 0; step < 64; step++) {
      const round = step >> 4;
      const [a, b, c, d] = vars.map((_, k) => vars[(k - step + 64) % 4]);
      const [factor, offset] = ORDER[round];
      code.get(a).get(0).load32((step * factor + offset) % 16 * 4).op("i32.add");
      code.const32(Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32)).op("i32.add");
      // `b` comes last from the step before: what does not need it is done first.
      if (round === 0) code.get(c).get(d).op("i32.xor").get(b).op("i32.and").get(d).op("i32.xor");
      else if (round === 1) {
        // The two halves have no bit in common, so that they can be added one by one.
        code.get(d).const32(-1).op("i32.xor").get(c).op("i32.and", "i32.add");
        code.get(d).get(b).op("i32.and");
      } else if (round === 2) code.get(c).get(d).op("i32.xor").get(b).op("i32.xor");
      else code.get(d).const32(-1).op("i32.xor").get(b).op("i32.or").get(c).op("i32.xor");
      code.op("i32.add").const32(SHIFTS[round][step % 4]).op("i32.rotl");
      code.get(b).op("i32.add").set(a);
    }
    code.endBlock(vars);
  });
  return code;
}

const KIND = new KernelKind(build);

/** A running MD5. */
export class Md5 extends BlockHash {
  readonly #kernel = KIND.take();

  /** Starts an empty message. */
  constructor() {
    super(64, 8, true);
    new Uint32Array(this.#kernel.memory.buffer).set([
      ...[0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476],
    ]);
  }

  protected override blocks(data: Uint8Array, from: number, to: number): void {
    this.#kernel.blocks(data, from, to, 64);
  }

  protected override result(): Uint8Array {
    const bytes = this.#kernel.memory.slice(0, 16);
    KIND.give(this.#kernel);
    return bytes;
  }
}
