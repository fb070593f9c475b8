/**
 * Finding the lines that hold a text, 16 bytes at a time, in WebAssembly: candidates by two bytes of
 * the text, and around each that is one the ends of its line. Lines that follow each other are one
 * range, so that the caller copies them at once.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { DATA, Kernel, KernelCode, TABLES } from "./hash/wasm_kernel.ts";

/** Longest text that is searched for so. */
const LONGEST = 256;

/** Bytes that are searched at once. */
const STEP = 1 << 16;

/** What a kernel is told, and where it says how far its answer goes: numbers of 32 bits. */
const ANSWER = 0;
const DISTANCE = 4;
const FIRST = 8;
const SECOND = 12;
const NEAR = 16;
const LENGTH = 20;
const SEPARATOR = 24;
const NUL_ENDS = 28;
/** How many lines were found. */
const LINES = 32;
/** Whether the lines are to be moved together at the beginning of the data, and where they end then. */
const GATHERS = 36;
const GATHERED = 40;
/** The text, and behind it what hides the bytes that the last part of 16 has too many. */
const NEEDLE = TABLES;
const HIDDEN = NEEDLE + LONGEST;

/** Behind the data may be read: a text, and the probe of 16 bytes. */
const RANGES = DATA + STEP + 2 * LONGEST;
/** A range is where it begins, where it ends, and how many lines it has. */
const RANGE_SIZE = 12;
/** A line of two bytes and an empty one that is left out make the most ranges. */
const PAGES = Math.ceil((RANGES + (STEP / 3 + 1) * RANGE_SIZE) / 65536);

function build(): KernelCode {
  const code = new KernelCode();
  const at = 0;
  const to = 1;
  const [first, second, separator, part] = Array.from({ length: 4 }, () => code.local128());
  const [distance, near, length, nulEnds, answer, lineEnd, lines, begin] = Array.from(
    { length: 8 },
    () => code.local32(),
  );
  const [mask, candidate, offset, same, zeros, behind, start, end] = Array.from(
    { length: 8 },
    () => code.local32(),
  );
  const setting = (local: number, address: number): KernelCode =>
    code.const32(0).load32(address).set(local);
  const splat = (local: number, address: number): KernelCode =>
    code.const32(0).load32(address).simd("i8x16.splat").set(local);
  splat(first, FIRST);
  splat(second, SECOND);
  splat(separator, SEPARATOR);
  setting(distance, DISTANCE);
  setting(near, NEAR);
  setting(length, LENGTH);
  setting(nulEnds, NUL_ENDS);
  code.const32(RANGES).set(answer);
  code.get(at).set(begin);

  /** Is all of the text at the candidate? */
  const compare = (): void => {
    code.const32(0).set(offset);
    code.loop(() => {
      code.get(candidate).get(offset).op("i32.add").load128(0);
      code.get(offset).load128(NEEDLE).simd("i8x16.eq");
      code.get(offset).load128(HIDDEN).simd("v128.or", "i8x16.all_true").set(same);
      code.get(offset).const32(16).op("i32.add").set(offset);
      code.get(same).get(offset).get(length).op("i32.lt_u", "i32.and");
    });
    code.get(candidate).get(length).op("i32.add").get(to).op("i32.le_u");
    code.get(same).op("i32.and");
  };
  /** `start` is where the line of the candidate begins; a separator stands before the data. */
  const findStart = (): void => {
    code.get(candidate).set(offset);
    code.const32(0).set(zeros).const32(0).set(behind);
    code.loop(() => {
      code.get(behind).get(zeros).op("i32.or").set(behind);
      code.get(offset).const32(16).op("i32.sub").set(offset);
      code.get(offset).load128(0).set(part);
      code.get(part).bytes128(0).simd("i8x16.eq", "i8x16.bitmask").set(zeros);
      code.get(part).get(separator).simd("i8x16.eq", "i8x16.bitmask").set(mask);
      code.get(mask).op("i32.eqz");
    });
    code.const32(32).get(mask).op("i32.clz", "i32.sub").set(start);
    // Of the last block only what stands behind the separator belongs to the line.
    code.get(zeros).get(start).op("i32.shr_u").get(behind).op("i32.or");
    code.get(nulEnds).op("i32.and").set(zeros);
    code.get(start).get(offset).op("i32.add").set(start);
  };
  /** `end` is behind the separator that ends the line; one stands behind the data. */
  const findEnd = (): void => {
    code.get(candidate).get(length).op("i32.add").set(end);
    code.loop(() => {
      code.get(end).load128(0).get(separator).simd("i8x16.eq", "i8x16.bitmask").set(mask);
      code.get(end).const32(16).op("i32.add").set(end);
      code.get(mask).op("i32.eqz");
    });
    code.get(mask).op("i32.ctz").get(end).op("i32.add").const32(15).op("i32.sub").set(end);
  };
  const addLine = (): void => {
    code.get(start).get(lineEnd).op("i32.eq").when(() => {
      code.get(answer).const32(RANGE_SIZE).op("i32.sub").set(answer);
      code.get(answer).get(answer).load32(8).const32(1).op("i32.add").store32(8);
    }, () => {
      code.get(answer).get(start).store32(0);
      code.get(answer).const32(1).store32(8);
    });
    code.get(lines).const32(1).op("i32.add").set(lines);
    code.get(answer).get(end).store32(4);
    code.get(answer).const32(RANGE_SIZE).op("i32.add").set(answer);
    code.get(end).set(lineEnd);
  };
  code.loop(() => {
    code.get(at).get(near).op("i32.add").set(offset);
    code.get(offset).load128(0).get(first).simd("i8x16.eq");
    code.get(offset).get(distance).op("i32.add").load128(0).get(second).simd("i8x16.eq");
    code.simd("v128.and", "i8x16.bitmask").set(mask);
    code.get(mask).when(() => {
      code.get(mask).op("i32.ctz").get(at).op("i32.add").set(candidate);
      code.get(candidate).const32(1).op("i32.add").set(at);
      compare();
      code.when(() => {
        findStart();
        findEnd();
        code.get(end).set(at);
        code.get(zeros).op("i32.eqz").when(addLine);
      });
    }, () => {
      code.get(at).const32(16).op("i32.add").set(at);
    });
    code.get(at).get(to).op("i32.lt_u");
  });
  code.const32(0).get(answer).store32(ANSWER);
  code.const32(0).get(lines).store32(LINES);
  /** Copies bytes from `start` to `offset`, so many at a time, up to `end`. */
  const copy = (step: number, move: () => void): void => {
    code.loop(() => {
      code.get(offset).get(start);
      move();
      code.get(offset).const32(step).op("i32.add").set(offset);
      code.get(start).const32(step).op("i32.add").set(start);
      code.get(start).get(end).op("i32.lt_u");
    });
  };
  const gather = (): void => {
    code.get(begin).set(lineEnd);
    code.const32(RANGES).set(at);
    code.loop(() => {
      code.get(at).load32(0).set(start);
      code.get(at).load32(4).set(end);
      code.get(lineEnd).set(offset);
      code.get(lineEnd).get(end).get(start).op("i32.sub", "i32.add").set(lineEnd);
      // Sixteen at a time write over what follows, which has to be behind what is still to be read.
      code.get(start).get(offset).op("i32.sub").set(distance);
      code.get(distance).when(() => {
        code.get(distance).const32(16).op("i32.lt_u").when(
          () => copy(1, () => code.load8(0).store8(0)),
          () => copy(16, () => code.load128(0).store128(0)),
        );
      });
      code.get(at).const32(RANGE_SIZE).op("i32.add").set(at);
      code.get(at).get(answer).op("i32.lt_u");
    });
  };
  code.const32(0).load32(GATHERS).get(lines).op("i32.eqz", "i32.eqz", "i32.and").when(gather);
  code.const32(0).get(lineEnd).store32(GATHERED);
  return code;
}

let kernel: Kernel | undefined;

const NOTHING = new Uint8Array(0);

/** Signs by how often they are in texts; what is not here is rarer. */
const FREQUENT = " etaoinsrhldcumfpgwybvk0123456789/.,-_:=";

/** Finds lines that hold a text. */
export class LineFinder {
  /** Of the range found last: where it ends, behind the last separator if there is one. */
  rangeEnd = 0;
  /** Of the range found last: how many lines it has. */
  rangeLines = 0;
  /** Of the part given last: how many lines it has. */
  partLines = 0;
  readonly #needle: Uint8Array;
  readonly #settings: Uint32Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Up to here has been searched. */
  #searched = 0;
  /** Offset of the data in what the kernel answered. */
  #shift = 0;
  #ranges: Uint32Array = new Uint32Array(0);
  #nextRange = 0;

  /** Whether a text can be searched for in lines that end with a byte. */
  static takes(text: ByteString, separator: number): boolean {
    return text.length >= 1 && text.length <= LONGEST &&
      !text.includes(String.fromCharCode(separator)) && !text.includes("\0");
  }

  /**
   * @param text What to find.
   * @param separator Byte that ends lines.
   * @param nulEnds Whether a line is searched only up to its first NUL.
   */
  constructor(
    text: ByteString,
    private readonly separator: number,
    private readonly nulEnds: boolean,
  ) {
    this.#needle = Uint8Array.from(text, (char) => char.charCodeAt(0));
    const rank = (at: number): number => {
      const place = FREQUENT.indexOf(text[at]);
      return place < 0 ? FREQUENT.length : place;
    };
    // The rarest two bytes.
    const offsets = Array.from({ length: text.length }, (_, i) => i);
    const [a, b = a] = offsets.sort((x, y) => rank(y) - rank(x) || x - y);
    const near = Math.min(a, b);
    const far = Math.max(a, b);
    this.#settings = Uint32Array.of(
      ...[0, far - near, this.#needle[near], this.#needle[far]],
      ...[near, text.length, separator, nulEnds ? 0xffffffff : 0],
    );
  }

  /** Takes the lines `bytes[0, end)` to be searched. They must not change before the last `next`. */
  start(bytes: Uint8Array, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.#searched = this.rangeEnd = 0;
    this.#nextRange = this.#ranges.length;
  }

  /** The next range of lines that all hold the text: where it begins, or −1. */
  next(): number {
    while (this.#nextRange === this.#ranges.length) {
      const from = this.#searched;
      if (from >= this.#end) return -1;
      const stop = this.#stepEnd(from);
      if (stop <= from) {
        if (this.#searchLong(from)) return from;
        continue;
      }
      this.#searched = stop;
      this.#ranges = this.#search(from, stop);
      this.#nextRange = 0;
      this.#shift = from - DATA;
    }
    const at = this.#nextRange;
    this.#nextRange = at + 3;
    this.rangeEnd = Math.min(this.#ranges[at + 1] + this.#shift, this.#end);
    this.rangeLines = this.#ranges[at + 2];
    return this.#ranges[at] + this.#shift;
  }

  /**
   * The lines that hold the text among the next ones, one behind the other and each with its separator,
   * or undefined at the end; some parts are empty. Valid until the next call of any finder.
   *
   * @param counts Only `partLines` is asked for.
   */
  nextPart(counts: boolean): Uint8Array | undefined {
    const from = this.#searched;
    if (from >= this.#end) return undefined;
    const stop = this.#stepEnd(from);
    if (stop <= from) {
      this.partLines = this.#searchLong(from) ? 1 : 0;
      if (counts || this.partLines === 0) return NOTHING;
      const line = this.#bytes.subarray(from, this.#searched);
      if (line[line.length - 1] === this.separator) return line;
      const whole = new Uint8Array(line.length + 1);
      whole.set(line);
      whole[line.length] = this.separator;
      return whole;
    }
    this.#searched = stop;
    const numbers = this.#run(from, stop, !counts);
    this.partLines = numbers[LINES / 4];
    if (counts || this.partLines === 0) return NOTHING;
    return kernel!.memory.subarray(DATA, numbers[GATHERED / 4]);
  }

  /** The end of the lines that can be searched at once, or `from` where one is too long for that. */
  #stepEnd(from: number): number {
    const most = from + STEP;
    if (most >= this.#end) return this.#end;
    const last = this.#bytes.subarray(from, most).lastIndexOf(this.separator);
    return from + last + 1;
  }

  #search(from: number, to: number): Uint32Array {
    const numbers = this.#run(from, to, false);
    return numbers.slice(RANGES / 4, numbers[ANSWER / 4] / 4);
  }

  /** Lets the kernel search whole lines; gives its memory as numbers. */
  #run(from: number, to: number, gathers: boolean): Uint32Array {
    kernel ??= new Kernel(build().compile(PAGES));
    const { memory } = kernel;
    const size = to - from;
    const numbers = new Uint32Array(memory.buffer);
    // Others use the same memory in between.
    numbers.set(this.#settings);
    memory.set(this.#needle, NEEDLE);
    memory.fill(0, HIDDEN, HIDDEN + this.#needle.length);
    memory.fill(255, HIDDEN + this.#needle.length, HIDDEN + LONGEST);
    memory.set(this.#bytes.subarray(from, to), DATA);
    memory[DATA - 1] = memory[DATA + size] = this.separator;
    numbers[GATHERS / 4] = gathers ? 1 : 0;
    kernel.run(DATA, DATA + size);
    return numbers;
  }

  /** Searches one line that is longer than a step, in parts. */
  #searchLong(from: number): boolean {
    const bytes = this.#bytes;
    const found = bytes.indexOf(this.separator, from);
    const lineEnd = found < 0 || found >= this.#end ? this.#end : found;
    let stop = lineEnd;
    if (this.nulEnds) {
      const nul = bytes.indexOf(0, from);
      if (nul >= 0 && nul < stop) stop = nul;
    }
    this.#searched = Math.min(lineEnd + 1, this.#end);
    // What lies over the edge of a part is found in the next one.
    for (let at = from; at < stop; at += STEP - LONGEST) {
      if (this.#search(at, Math.min(at + STEP, stop)).length === 0) continue;
      this.rangeEnd = this.#searched;
      this.rangeLines = 1;
      return true;
    }
    return false;
  }
}
