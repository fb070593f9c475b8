/**
 * Associative arrays.
 *
 * `for (k in a)` of native walks a hash table; scripts see that order, so it is reproduced: the
 * table has 61 chains, grows to the next size when it holds more than eight keys a chain, and new
 * keys stand at the head of their chain. Found by experiment; reads and writes go to a `Map`, and
 * the order is worked out when somebody asks for it.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Value } from "./value.ts";

/** Number of chains of native's table as it grows. */
const SIZES: readonly number[] = [61, 251, 1021, 4093, 16381, 65521];
/** Keys a chain may have on average. */
const LOAD = 8;

/** A variable or an element: a scalar, and an array once it is used as one. */
export class Cell {
  /** The array part, if it ever was used as one. */
  array: AwkArray | undefined = undefined;
  /** For an argument that was never assigned: the caller's variable, should it become an array. */
  origin: Cell | undefined = undefined;

  /** @param value First value. */
  constructor(public value: Value) {}

  /** The array part, made when there is none. */
  toArray(): AwkArray {
    if (this.array !== undefined) return this.array;
    // An untouched argument and its variable at the caller are one array from here on.
    return this.array = this.origin === undefined ? new AwkArray() : this.origin.toArray();
  }
}

/** An associative array. */
export class AwkArray {
  #cells = new Map<ByteString, Cell>();
  /** Index into SIZES. Native's table never shrinks. */
  #size = 0;

  /** Number of elements. */
  get length(): number {
    return this.#cells.size;
  }

  /** Whether the key exists. */
  has(key: ByteString): boolean {
    return this.#cells.has(key);
  }

  /** The element, created when missing. */
  at(key: ByteString): Cell {
    const cell = this.#cells.get(key);
    return cell === undefined ? this.#insert(key) : cell;
  }

  /** Sets an element. */
  set(key: ByteString, value: Value): void {
    this.at(key).value = value;
  }

  /** Removes an element. */
  delete(key: ByteString): void {
    this.#cells.delete(key);
  }

  /** Removes all elements. */
  clear(): void {
    this.#cells.clear();
  }

  #insert(key: ByteString): Cell {
    const count = this.#cells.size + 1;
    if (count > SIZES[this.#size] * LOAD && this.#size + 1 < SIZES.length) {
      // Moving to the larger table puts the keys into its chains in the order of a walk.
      const walk = this.keys();
      const cells = new Map<ByteString, Cell>();
      for (const name of walk) cells.set(name, this.#cells.get(name)!);
      this.#cells = cells;
      this.#size++;
    }
    const cell = new Cell(undefined);
    this.#cells.set(compact(key), cell);
    return cell;
  }

  /** The keys in the order of native's walk. */
  keys(): ByteString[] {
    const chains = SIZES[this.#size];
    const count = this.#cells.size;
    const hashes = new Uint16Array(count);
    const starts = new Uint32Array(chains + 1);
    let at = 0;
    for (const key of this.#cells.keys()) {
      const chain = hash(key) % chains;
      hashes[at++] = chain;
      starts[chain + 1]++;
    }
    for (let chain = 0; chain < chains; chain++) starts[chain + 1] += starts[chain];
    // The newest key of a chain comes first: fill each chain from its end.
    const ends = starts.slice(1);
    const walk = new Array<ByteString>(count);
    at = 0;
    for (const key of this.#cells.keys()) walk[--ends[hashes[at++]]] = key;
    return walk;
  }
}

/** Native's hash of a key. */
function hash(key: ByteString): number {
  let value = 0;
  for (let i = 0; i < key.length; i++) value = (key.charCodeAt(i) + Math.imul(value, 63)) >>> 0;
  return value;
}

/**
 * A copy that does not keep the chunk it was cut from alive. V8 copies what is shorter than 13
 * chars by itself; joining two pieces makes a flat string.
 */
export function compact(text: ByteString): ByteString {
  if (text.length < 13) return text;
  return [text.slice(0, 6), text.slice(6)].join("");
}
