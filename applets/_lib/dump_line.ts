/**
 * Lines of dumps, by tables: what `od`, `hexdump` and `xxd` print for a whole line is put together
 * from text that never changes and from what a table holds for each byte, or pair of bytes.
 *
 * @module
 */
import type { Output } from "./streams.ts";

/** A value in a line: bytes at an offset, and their text, which must be ASCII. */
export interface DumpValue {
  /** Offset of its first byte in the line's data. */
  readonly offset: number;
  /** Bytes it takes. */
  readonly size: number;
  /** Its text. */
  readonly text: (bytes: Uint8Array, at: number) => string;
}

/** Input after which making tables for pairs of bytes pays. */
export const TABLES_FROM = 1 << 18;

/** Bytes of a line that is still made by tables, or in one piece. */
export const WIDEST_LINE = 4096;

/** Bytes of a line above which it could only be meant to fill memory. */
export const WIDEST = 1 << 28;

interface Slot {
  /** Where it stands in the line. */
  readonly column: number;
  readonly offset: number;
  readonly width: number;
  /** The texts of all values, one behind the other. */
  readonly table: Uint8Array;
  readonly pair: boolean;
}

/** Prints lines whose values are one or two bytes long and always take the same number of columns. */
export class DumpLine {
  /** Columns of a line. */
  readonly width: number;
  readonly #fixed: Uint8Array;
  readonly #slots: readonly Slot[];

  private constructor(fixed: readonly number[], slots: readonly Slot[]) {
    this.#fixed = Uint8Array.from(fixed);
    this.#slots = slots;
    this.width = fixed.length;
  }

  /** Prepares a line of texts and values; undefined where tables cannot do it. */
  static of(parts: readonly (string | DumpValue)[]): DumpLine | undefined {
    const fixed: number[] = [];
    const slots: Slot[] = [];
    const tables = new Map<DumpValue["text"], { table: Uint8Array; width: number }>();
    for (const part of parts) {
      if (typeof part === "string") {
        for (let i = 0; i < part.length; i++) fixed.push(part.charCodeAt(i));
        continue;
      }
      if (part.size !== 1 && part.size !== 2) return undefined;
      const made = tables.get(part.text) ?? tableOf(part);
      if (made === undefined) return undefined;
      tables.set(part.text, made);
      const { table, width } = made;
      const { offset, size } = part;
      slots.push({ column: fixed.length, offset, width, table, pair: size === 2 });
      for (let i = 0; i < width; i++) fixed.push(32);
    }
    return new DumpLine(fixed, slots);
  }

  /** Writes the line for the bytes from `start` on; the target has room for it. */
  write(target: Uint8Array, at: number, bytes: Uint8Array, start: number): void {
    target.set(this.#fixed, at);
    const slots = this.#slots;
    for (let i = 0; i < slots.length; i++) {
      const { column, offset, width, table, pair } = slots[i];
      const from = start + offset;
      let entry = (pair ? bytes[from] | bytes[from + 1] << 8 : bytes[from]) * width;
      const end = at + column + width;
      for (let to = at + column; to < end; to++) target[to] = table[entry++];
    }
  }
}

/** The texts of all values; undefined where their lengths differ or one is not ASCII. */
function tableOf({ size, text }: DumpValue): { table: Uint8Array; width: number } | undefined {
  const count = size === 1 ? 256 : 65536;
  const bytes = new Uint8Array(2);
  const width = text(bytes, 0).length;
  const table = new Uint8Array(count * width);
  for (let value = 0; value < count; value++) {
    bytes[0] = value & 0xff;
    bytes[1] = value >>> 8;
    const shown = text(bytes, 0);
    if (shown.length !== width) return undefined;
    for (let i = 0; i < width; i++) {
      const char = shown.charCodeAt(i);
      if (char > 127) return undefined;
      table[value * width + i] = char;
    }
  }
  return { table, width };
}

/** Gathers lines before they are printed, so that each costs no call of its own. */
export class DumpBuffer {
  /** What is gathered: `bytes[0, length)`. */
  bytes: Uint8Array = new Uint8Array(1024);
  length = 0;

  /** @param out Where the lines go. */
  constructor(private readonly out: Output) {}

  /** Makes room for `count` bytes. */
  room(count: number): void | Promise<void> {
    if (this.length + count <= this.bytes.length) return;
    const full = this.flush();
    // Little output stays in the small buffer.
    if (this.bytes.length < 65536) this.bytes = new Uint8Array(65536);
    if (count > this.bytes.length) this.bytes = new Uint8Array(count);
    return full;
  }

  /** Adds a byte string. */
  print(text: string): void | Promise<void> {
    const full = this.room(text.length);
    const { bytes } = this;
    for (let i = 0; i < text.length; i++) bytes[this.length++] = text.charCodeAt(i);
    return full;
  }

  /** Adds a long line in parts, with turns between them. */
  async printParts(
    parts: Iterable<string>,
    tick: (n: number) => Promise<void> | undefined,
  ): Promise<void> {
    for (const part of parts) {
      const waiting = this.print(part) ?? tick(1 + (part.length >> 3));
      if (waiting !== undefined) await waiting;
    }
  }

  /** Adds a number with leading zeros. */
  number(value: number, base: number, digits: number): void | Promise<void> {
    let width = 1;
    for (let rest = Math.floor(value / base); rest > 0; rest = Math.floor(rest / base)) width++;
    width = Math.max(width, digits);
    const full = this.room(width);
    for (let at = this.length + width - 1; at >= this.length; at--) {
      const digit = value % base;
      this.bytes[at] = digit < 10 ? 48 + digit : 87 + digit;
      value = (value - digit) / base;
    }
    this.length += width;
    return full;
  }

  /** Prints what is gathered. */
  flush(): void | Promise<void> {
    const length = this.length;
    this.length = 0;
    return length === 0 ? undefined : this.out.bytes(this.bytes, 0, length);
  }
}

/** Finds blocks that repeat the one before: of a run of them a dump shows one `*`. */
export class Repeats {
  readonly #previous: Uint8Array;
  #has = false;
  #told = false;

  /** @param size Bytes of a block. */
  constructor(private readonly size: number) {
    this.#previous = new Uint8Array(size);
  }

  /** 0 for a block that is to be shown, 1 for the first of a run that is not, 2 for the others. */
  look(bytes: Uint8Array, start: number): 0 | 1 | 2 {
    const { size } = this;
    const previous = this.#previous;
    if (this.#has) {
      let i = 0;
      while (i < size && previous[i] === bytes[start + i]) i++;
      if (i === size) {
        if (this.#told) return 2;
        this.#told = true;
        return 1;
      }
    }
    for (let i = 0; i < size; i++) previous[i] = bytes[start + i];
    this.#has = true;
    this.#told = false;
    return 0;
  }

  /** Whether a shorter block begins a run. */
  begins(bytes: Uint8Array, start: number, length: number): boolean {
    let same = 0;
    while (same < length && this.#previous[same] === bytes[start + same]) same++;
    return this.#has && !this.#told && same === length;
  }
}
