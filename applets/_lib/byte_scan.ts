/**
 * Looking at bytes 16 at a time, in WebAssembly: counting lines and words, and translating. Ten times
 * as fast as a loop over bytes, and of no use below a few kilobytes.
 *
 * The kernels work on a copy, which costs little beside what reading the bytes costs, so one small
 * memory serves all. They run without pause: nobody else can use that memory in between.
 *
 * @module
 */
import { DATA, Kernel, KernelCode } from "./hash/wasm_kernel.ts";

/** Bytes below which the loops in TypeScript are as good. */
export const WORTH_SCANNING = 4096;

/** Bytes that the counting kernel takes at once. */
const BLOCK = 64;

/** Where the counting kernel keeps its figures. */
const LINES = 0;
const WORDS = 4;
const IN_WORD = 8;
const ZEROS = 16;

function buildCounter(): KernelCode {
  const code = new KernelCode();
  const v = code.local128();
  const newlines = code.local64();
  const spaces = code.local64();
  const visible = code.local64();
  const zeros = code.local64();
  const others = code.local64();
  const behind = code.local64();
  const sum = code.local64();
  const add = (address: number, count: () => void): void => {
    code.const32(0).const32(0).load32(address);
    count();
    code.op("i32.wrap_i64", "i32.add").store32(address);
  };
  code.loop(() => {
    for (const mask of [newlines, spaces, visible, zeros]) code.const64(0n).set(mask);
    for (let part = 0; part < 4; part++) {
      code.get(0).load128(part * 16).set(v);
      const mark = (mask: number, test: () => void): void => {
        code.get(mask);
        test();
        code.simd("i8x16.bitmask").op("i64.extend_i32_u");
        code.const64(BigInt(part * 16)).op("i64.shl", "i64.or").set(mask);
      };
      mark(newlines, () => code.get(v).bytes128(10).simd("i8x16.eq"));
      mark(zeros, () => code.get(v).bytes128(0).simd("i8x16.eq"));
      mark(spaces, () => {
        code.get(v).bytes128(32).simd("i8x16.eq");
        code.get(v).bytes128(9).simd("i8x16.sub").bytes128(4).simd("i8x16.le_u", "v128.or");
      });
      mark(visible, () => {
        code.get(v).bytes128(33).simd("i8x16.sub").bytes128(93).simd("i8x16.le_u");
      });
    }
    // What is neither goes on with the word or the gap before it: a carry runs through it.
    code.get(visible).get(spaces).op("i64.or").const64(-1n).op("i64.xor").set(others);
    code.get(visible).const64(1n).op("i64.shl").const32(0).load64(IN_WORD).op("i64.or").set(behind);
    code.get(behind).get(others).op("i64.and").get(others).op("i64.add").set(sum);
    add(LINES, () => code.get(newlines).op("i64.popcnt"));
    add(WORDS, () => {
      code.get(sum).get(behind).op("i64.or").get(others).const64(-1n).op("i64.xor", "i64.and");
      code.get(spaces).op("i64.and", "i64.popcnt");
    });
    code.const32(0).get(visible).const64(63n).op("i64.shr_u");
    code.get(sum).get(others).op("i64.lt_u", "i64.extend_i32_u", "i64.or").store64(IN_WORD);
    code.const32(0).const32(0).load64(ZEROS).get(zeros).op("i64.or").store64(ZEROS);
    code.get(0).const32(BLOCK).op("i32.add").set(0);
    code.get(0).get(1).op("i32.lt_u");
  });
  return code;
}

let counter: { readonly kernel: Kernel; readonly figures: Uint32Array } | undefined;

/** What is in some bytes. */
export interface Scan {
  /** Newlines. */
  readonly lines: number;
  /** Words that a space ended. */
  readonly words: number;
  /** Whether the last bytes belong to a word that goes on. */
  readonly inWord: boolean;
  /** Whether there is a NUL. */
  readonly hasNul: boolean;
  /** How many bytes were looked at: a few at the end are left out. */
  readonly length: number;
}

/** Counts in `bytes[from, to)`. A word is as `wc` has it; `inWord` says whether one goes on here. */
export function scanBytes(bytes: Uint8Array, from: number, to: number, inWord: boolean): Scan {
  if (counter === undefined) {
    const kernel = new Kernel(buildCounter().compile());
    counter = { kernel, figures: new Uint32Array(kernel.memory.buffer, 0, 8) };
  }
  const { kernel, figures } = counter;
  figures.fill(0);
  figures[IN_WORD / 4] = inWord ? 1 : 0;
  const length = (to - from) - (to - from) % BLOCK;
  if (length > 0) kernel.blocks(bytes, from, from + length, BLOCK);
  return {
    lines: figures[LINES / 4],
    words: figures[WORDS / 4],
    inWord: figures[IN_WORD / 4] !== 0,
    hasNul: figures[ZEROS / 4] !== 0 || figures[ZEROS / 4 + 1] !== 0,
    length,
  };
}

/** Whether there is a NUL in `bytes[from, to)`. */
export function hasNul(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  if (to - from >= WORTH_SCANNING) {
    const scan = scanBytes(bytes, from, to, false);
    if (scan.hasNul) return true;
    at += scan.length;
  }
  while (at < to) if (bytes[at++] === 0) return true;
  return false;
}

/** Ranges that a translating kernel knows at most. */
const MOST_RANGES = 8;

/** Bytes that it translates at once: a whole chunk, so that whole chunks are written. */
const TRANSLATED = 1 << 16;

function buildTranslator(count: number): KernelCode {
  const code = new KernelCode();
  const before = code.local128();
  const after = code.local128();
  const ranges = Array.from(
    { length: count },
    () => [code.local128(), code.local128(), code.local128()],
  );
  ranges.flat().forEach((local, i) => {
    code.const32(0).load32(i * 4).simd("i8x16.splat").set(local);
  });
  code.loop(() => {
    code.get(0).load128(0).set(before);
    code.get(before).set(after);
    for (const [start, width, step] of ranges) {
      code.get(after).get(before).get(start).simd("i8x16.sub").get(width).simd("i8x16.le_u");
      code.get(step).simd("v128.and", "i8x16.add").set(after);
    }
    code.get(0).get(after).store128(0);
    code.get(0).const32(16).op("i32.add").set(0);
    code.get(0).get(1).op("i32.lt_u");
  });
  return code;
}

/** Kernels by the number of ranges. */
const translators: Kernel[] = [];

/** Changes bytes by a table that moves a few ranges of them, as `a-z` to `A-Z`. */
export class ByteTranslator {
  readonly #kernel: Kernel;

  private constructor(private readonly ranges: Uint32Array) {
    const count = ranges.length / 3;
    const pages = Math.ceil((DATA + TRANSLATED) / 65536);
    this.#kernel = translators[count] ??= new Kernel(buildTranslator(count).compile(pages));
  }

  /** A translator for a table of 256 bytes; undefined where it moves too many ranges. */
  static of(map: Uint8Array): ByteTranslator | undefined {
    const ranges: number[] = [];
    for (let start = 0; start < 256;) {
      const step = (map[start] - start) & 255;
      let end = start + 1;
      while (end < 256 && ((map[end] - end) & 255) === step) end++;
      if (step !== 0) ranges.push(start, end - 1 - start, step);
      start = end;
    }
    return ranges.length > 3 * MOST_RANGES
      ? undefined
      : new ByteTranslator(Uint32Array.from(ranges));
  }

  /**
   * Translates `bytes` from an offset on, as many as there is room for; a few at the very end may be
   * left. The answer is valid until the next call of any translator.
   */
  apply(bytes: Uint8Array, from: number): Uint8Array {
    const { memory } = this.#kernel;
    // Others use the same memory in between.
    new Uint32Array(memory.buffer).set(this.ranges);
    const count = Math.min(TRANSLATED, bytes.length - from) & ~15;
    if (count > 0) {
      memory.set(bytes.subarray(from, from + count), DATA);
      this.#kernel.run(DATA, DATA + count);
    }
    return memory.subarray(DATA, DATA + count);
  }
}
