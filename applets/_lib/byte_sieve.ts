/**
 * Leaving out bytes, 16 at a time, in WebAssembly: those of a set, or those of a set that only repeat
 * the byte before them. What is left moves together by a table of where eight bytes go.
 *
 * @module
 */
import { DATA, Kernel, KernelCode } from "./hash/wasm_kernel.ts";

/** Bytes that are looked at in one run. */
const STEP = 1 << 16;

// A byte is in the set if the row of its low half has the bit of its high half; there are 16 halves
// and 8 bits in a row, so that there are two rows.
const LOW_ROWS = 0;
const HIGH_ROWS = 16;
const BIT_OF = 32;
/** The 16 bytes before the data. */
const BEFORE = 48;
const ANSWER = 64;
/** For each choice of eight bytes, where they come from. */
const MOVES = DATA + STEP;
const PAGES = Math.ceil((MOVES + 256 * 8) / 65536);

function build(squeezes: boolean): KernelCode {
  const code = new KernelCode();
  const [lowRows, highRows, bitOf, before, bytes, bit] = Array.from(
    { length: 6 },
    () => code.local128(),
  );
  const [out, kept, half] = Array.from({ length: 3 }, () => code.local32());
  code.const32(0).load128(LOW_ROWS).set(lowRows);
  code.const32(0).load128(HIGH_ROWS).set(highRows);
  code.const32(0).load128(BIT_OF).set(bitOf);
  code.const32(0).load128(BEFORE).set(before);
  code.get(0).set(out);
  code.loop(() => {
    code.get(0).load128(0).set(bytes);
    code.get(bitOf).get(bytes).const32(4).simd("i8x16.shr_u", "i8x16.swizzle").set(bit);
    code.get(highRows).get(bytes).bytes128(15).simd("v128.and", "i8x16.swizzle");
    code.get(lowRows).get(bytes).bytes128(15).simd("v128.and", "i8x16.swizzle");
    code.get(bytes).bytes128(0).simd("i8x16.lt_s", "v128.bitselect");
    code.get(bit).simd("v128.and").get(bit).simd("i8x16.eq");
    if (squeezes) {
      code.get(before).get(bytes).cut128(15).get(bytes).simd("i8x16.eq", "v128.and");
      code.get(bytes).set(before);
    }
    code.simd("i8x16.bitmask").const32(0xffff).op("i32.xor").set(kept);
    code.get(kept).const32(0xffff).op("i32.eq").when(() => {
      code.get(out).get(bytes).store128(0);
      code.get(out).const32(16).op("i32.add").set(out);
    }, () => {
      // What is written reaches no further than what was read.
      for (const first of [0, 8]) {
        code.get(kept).const32(first).op("i32.shr_u").const32(255).op("i32.and").set(half);
        code.get(out).get(bytes).get(half).const32(3).op("i32.shl").load64zero(MOVES);
        code.bytes128(first).simd("i8x16.add", "i8x16.swizzle").firstHalf().store64(0);
        code.get(out).get(half).op("i32.popcnt", "i32.add").set(out);
      }
    });
    code.get(0).const32(16).op("i32.add").set(0);
    code.get(0).get(1).op("i32.lt_u");
  });
  code.const32(0).get(out).store32(ANSWER);
  return code;
}

function makeKernel(squeezes: boolean): Kernel {
  const kernel = new Kernel(build(squeezes).compile(PAGES));
  for (let choice = 0; choice < 256; choice++) {
    let at = MOVES + choice * 8;
    for (let i = 0; i < 8; i++) if ((choice >> i & 1) === 1) kernel.memory[at++] = i;
  }
  return kernel;
}

let remover: Kernel | undefined;
let squeezer: Kernel | undefined;

/** Leaves out the bytes of a set, or only where they repeat the byte before them. */
export class ByteSieve {
  readonly #kernel: Kernel;
  /** The rows, and the bits. */
  readonly #tables = new Uint8Array(48);

  /**
   * @param set For each byte whether it is in the set: 1 or 0.
   * @param squeezes Whether bytes of the set stay where they do not repeat the byte before them.
   */
  constructor(private readonly set: Uint8Array, private readonly squeezes: boolean) {
    this.#kernel = squeezes ? squeezer ??= makeKernel(true) : remover ??= makeKernel(false);
    const tables = this.#tables;
    for (let byte = 0; byte < 256; byte++) {
      const row = (byte < 128 ? LOW_ROWS : HIGH_ROWS) + (byte & 15);
      if (set[byte] === 1) tables[row] |= 1 << (byte >> 4 & 7);
    }
    for (let high = 0; high < 16; high++) tables[BIT_OF + high] = 1 << (high & 7);
  }

  /**
   * What is left of `bytes[from, …)`, of at most 64 KiB of them. Valid until the next call of any sieve.
   *
   * @param last The byte before them, or one that is none.
   */
  apply(bytes: Uint8Array, from: number, last: number): Uint8Array {
    const { memory } = this.#kernel;
    const { set, squeezes } = this;
    const to = Math.min(bytes.length, from + STEP);
    const whole = to - from & ~15;
    let end = DATA;
    if (whole > 0) {
      // Others use the same memory in between.
      memory.set(this.#tables);
      memory[BEFORE + 15] = last < 256 ? last : ~bytes[from];
      memory.set(bytes.subarray(from, from + whole), DATA);
      this.#kernel.run(DATA, DATA + whole);
      end = new Uint32Array(memory.buffer, ANSWER, 1)[0];
    }
    let previous = whole > 0 ? bytes[from + whole - 1] : last;
    for (let at = from + whole; at < to; at++) {
      const byte = bytes[at];
      if (set[byte] === 0 || (squeezes && byte !== previous)) memory[end++] = byte;
      previous = byte;
    }
    return memory.subarray(DATA, end);
  }
}
