/**
 * Associative arrays.
 *
 * A hash table of our own, for two reasons. Keys that are fields are looked up where they lie in the
 * text of a chunk, so that counting words makes a string only for new words. And `for (k in a)` of
 * native walks its table in an order that scripts see: 61 chains, the next size when there are more
 * than eight keys a chain, new keys at the head of their chain (found by experiment). The order is
 * worked out from the kept hashes when somebody asks for it.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Value } from "./value.ts";

/** Number of chains of native's table as it grows. */
const SIZES: readonly number[] = [61, 251, 1021, 4093, 16381, 65521];
/** Keys a chain may have on average. */
const LOAD = 8;
/** Slots of a new table; always a power of two. */
const FIRST_SLOTS = 16;
/** An entry that was deleted. */
const GONE = -1;
/** Bytes that an element is taken to hold, for the sandbox's ceiling. */
const ELEMENT_BYTES = 96;
/** Elements that are charged at once. */
const STEP = 1024;

/** From so many elements on it is worth while to make room beforehand. */
const RESERVED = 1 << 15;

/** A variable or an element: a scalar, and an array once it is used as one. */
export class Cell {
  /** The array part, if it ever was used as one. */
  array: AwkArray | undefined = undefined;
  /** For an argument that was never assigned: the caller's variable, should it become an array. */
  origin: Cell | undefined = undefined;

  /** @param value First value. @param key Its key, for an element. */
  constructor(public value: Value, readonly key: ByteString = "") {}

  /** The array part, made when there is none. */
  toArray(meter: MemoryMeter): AwkArray {
    if (this.array !== undefined) return this.array;
    // An untouched argument and its variable at the caller are one array from here on.
    return this.array = this.origin === undefined
      ? new AwkArray(meter)
      : this.origin.toArray(meter);
  }
}

/** Charges bytes to the sandbox; negative gives back. */
export type MemoryMeter = (bytes: number) => void;

/** An associative array. */
export class AwkArray {
  /** Elements in the order they came; undefined where one was deleted. */
  #entries: (Cell | undefined)[] = [];
  /** Native's hash of each entry. */
  #hashes = new Uint32Array(FIRST_SLOTS);
  /** Pairs of hash and entry number + 1; 0 is free, GONE was deleted. */
  #slots = new Int32Array(2 * FIRST_SLOTS);
  #mask = FIRST_SLOTS - 1;
  #count = 0;
  /** Index into SIZES. Native's table never shrinks. */
  #size = 0;
  /** Elements for which room was made. */
  #reserved = 0;
  /** Steps of elements that were charged. */
  #charged = 0;

  /** @param meter Told of memory as it is taken. */
  constructor(private readonly meter: MemoryMeter) {}

  /** Number of elements. */
  get length(): number {
    return this.#count;
  }

  /** Whether the key exists. */
  has(key: ByteString): boolean {
    return this.#find(key, 0, key.length, hash(key, 0, key.length)) >= 0;
  }

  /** The element, created when missing. */
  at(key: ByteString): Cell {
    return this.atRange(key, 0, key.length);
  }

  /** The element whose key is a part of a text. */
  atRange(text: ByteString, start: number, end: number): Cell {
    const code = hash(text, start, end);
    const slot = this.#find(text, start, end, code);
    if (slot >= 0) return this.#entries[this.#slots[slot + 1] - 1]!;
    const whole = start === 0 && end === text.length;
    return this.#insert(compact(whole ? text : text.slice(start, end)), code);
  }

  /** Sets an element. */
  set(key: ByteString, value: Value): void {
    this.at(key).value = value;
  }

  /** Makes room for many elements at once, so that the table need not be made anew with most in it. */
  reserve(count: number): void {
    if (count < RESERVED) return;
    for (; this.#charged * STEP < count; this.#charged++) this.meter(STEP * ELEMENT_BYTES);
    this.#reserved = count;
    this.#rebuild(this.#entries.keys());
  }

  /** Removes an element. */
  delete(key: ByteString): void {
    const slot = this.#find(key, 0, key.length, hash(key, 0, key.length));
    if (slot < 0) return;
    this.#entries[this.#slots[slot + 1] - 1] = undefined;
    this.#slots[slot + 1] = GONE;
    this.#count--;
  }

  /** Removes all elements. */
  clear(): void {
    if (this.#entries.length === 0) return;
    this.#entries = [];
    this.#hashes = new Uint32Array(FIRST_SLOTS);
    this.#slots = new Int32Array(2 * FIRST_SLOTS);
    this.#mask = FIRST_SLOTS - 1;
    this.#count = this.#reserved = 0;
    this.meter(-this.#charged * STEP * ELEMENT_BYTES);
    this.#charged = 0;
  }

  /** Index of the slot of a key, or -1. */
  #find(text: ByteString, start: number, end: number, code: number): number {
    const slots = this.#slots;
    const length = end - start;
    for (let at = spread(code) & this.#mask;; at = (at + 1) & this.#mask) {
      const entry = slots[2 * at + 1];
      if (entry === 0) return -1;
      if (entry === GONE || slots[2 * at] !== (code | 0)) continue;
      const { key } = this.#entries[entry - 1]!;
      if (key.length !== length) continue;
      if (length === text.length) {
        if (key === text) return 2 * at;
        continue;
      }
      let i = 0;
      while (i < length && key.charCodeAt(i) === text.charCodeAt(start + i)) i++;
      if (i === length) return 2 * at;
    }
  }

  #insert(key: ByteString, code: number): Cell {
    if (this.#entries.length >= (this.#charged + 1) * STEP) {
      this.meter(STEP * ELEMENT_BYTES);
      this.#charged++;
    }
    this.#count++;
    if (this.#count > SIZES[this.#size] * LOAD && this.#size + 1 < SIZES.length) {
      // Moving to the larger table puts the keys into its chains in the order of a walk.
      const walk = this.#walk();
      this.#size++;
      this.#rebuild(walk);
    } else if (this.#entries.length + 1 > (this.#mask + 1) >> 1) {
      this.#rebuild(this.#entries.keys());
    }
    const cell = new Cell(undefined, key);
    this.#place(cell, code);
    return cell;
  }

  #place(cell: Cell, code: number): void {
    const slots = this.#slots;
    let at = spread(code) & this.#mask;
    while (slots[2 * at + 1] > 0) at = (at + 1) & this.#mask;
    this.#hashes[this.#entries.length] = code;
    this.#entries.push(cell);
    slots[2 * at] = code | 0;
    slots[2 * at + 1] = this.#entries.length;
  }

  /** Makes the table anew with the entries of the given numbers, in that order. */
  #rebuild(order: Iterable<number>): void {
    const entries = this.#entries;
    const hashes = this.#hashes;
    let slots = FIRST_SLOTS;
    while (slots < this.#count * 4 || slots < this.#reserved * 2 + 2) slots *= 2;
    this.#entries = [];
    this.#hashes = new Uint32Array(slots >> 1);
    this.#slots = new Int32Array(2 * slots);
    this.#mask = slots - 1;
    for (const number of order) {
      const cell = entries[number];
      if (cell !== undefined) this.#place(cell, hashes[number]);
    }
  }

  /** Entry numbers in the order of native's walk. */
  #walk(): Uint32Array {
    const chains = SIZES[this.#size];
    const entries = this.#entries;
    const ends = new Uint32Array(chains);
    for (let i = 0; i < entries.length; i++) {
      if (entries[i] !== undefined) ends[this.#hashes[i] % chains]++;
    }
    let total = 0;
    for (let chain = 0; chain < chains; chain++) total = ends[chain] += total;
    const walk = new Uint32Array(total);
    // The newest key of a chain comes first: each chain is filled from its end.
    for (let i = 0; i < entries.length; i++) {
      if (entries[i] !== undefined) walk[--ends[this.#hashes[i] % chains]] = i;
    }
    return walk;
  }

  /** The keys in the order of native's walk. */
  keys(): ByteString[] {
    const walk = this.#walk();
    const keys = new Array<ByteString>(walk.length);
    for (let i = 0; i < walk.length; i++) keys[i] = this.#entries[walk[i]]!.key;
    return keys;
  }
}

/** Native's hash of a key. */
function hash(text: ByteString, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) value = (text.charCodeAt(i) + Math.imul(value, 63)) | 0;
  return value >>> 0;
}

/** Native's hash differs in few bits for short keys; the slots want more. */
function spread(code: number): number {
  const mixed = Math.imul(code ^ (code >>> 15), 0x9e3779b1);
  return mixed ^ (mixed >>> 13);
}

/**
 * A copy that does not keep the chunk it was cut from alive. V8 copies what is shorter than 13
 * chars by itself; joining two pieces makes a flat string.
 */
export function compact(text: ByteString): ByteString {
  if (text.length < 13) return text;
  return [text.slice(0, 6), text.slice(6)].join("");
}
