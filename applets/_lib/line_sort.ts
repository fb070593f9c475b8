/**
 * Sorting lines that stay where they are: an array of indexes moves, the bytes do not.
 *
 * The order is given as levels; each level sorts the runs that the level before left equal. Bytes
 * are sorted four at a time by radix, numbers by radix over their bits, both stable; only version
 * order needs comparisons. No level recurses by line length, so hostile input cannot overflow the
 * stack.
 *
 * @module
 */
import type { MaybePromise } from "../../sandbox/types.ts";
import type { Steps } from "./steps.ts";

/** Bytes and the lines in them. */
export interface Lines {
  readonly data: Uint8Array;
  readonly start: Uint32Array;
  /** Index after the last byte, the delimiter not included. */
  readonly end: Uint32Array;
  readonly count: number;
}

/** One criterion. Arrays are indexed by line. */
export type Level =
  | {
    readonly kind: "bytes";
    readonly data: Uint8Array;
    readonly start: Uint32Array;
    readonly end: Uint32Array;
    readonly reverse: boolean;
  }
  | {
    readonly kind: "number";
    readonly high: Uint32Array;
    readonly low: Uint32Array;
    readonly reverse: boolean;
  }
  | {
    readonly kind: "compare";
    readonly compare: (a: number, b: number) => number;
    readonly reverse: boolean;
  };

/** Bytes after which others get their turn. */
const STRIDE = 1 << 21;

/** Finds lines that end in a newline or NUL (or in NUL alone). */
export function* splitLines(data: Uint8Array, nulOnly: boolean, tick: Tick): Steps<Lines> {
  const capacity = Math.max(16, data.length >> 5);
  const found: Found = {
    start: new Uint32Array(capacity),
    end: new Uint32Array(capacity),
    count: 0,
    from: 0,
  };
  for (let at = 0; at < data.length; at += STRIDE) {
    if (at > 0) {
      const turn = tick(STRIDE >> 6);
      if (turn !== undefined) yield turn;
    }
    findEnds(found, data, at, Math.min(at + STRIDE, data.length), nulOnly);
  }
  const { from } = found;
  let { start, end, count } = found;
  if (from < data.length) {
    if (count === start.length) {
      const moreStart = new Uint32Array(count + 1);
      moreStart.set(start);
      start = moreStart;
      const moreEnd = new Uint32Array(count + 1);
      moreEnd.set(end);
      end = moreEnd;
    }
    start[count] = from;
    end[count++] = data.length;
  }
  return { data, start, end, count };
}

/** Lines that were found so far. */
interface Found {
  start: Uint32Array;
  end: Uint32Array;
  count: number;
  /** Where the next one begins. */
  from: number;
}

/** Finds the lines that end in a range. */
function findEnds(
  found: Found,
  data: Uint8Array,
  begin: number,
  stop: number,
  nulOnly: boolean,
): void {
  let { start, end, count, from } = found;
  let capacity = start.length;
  for (let i = begin; i < stop; i++) {
    const byte = data[i];
    if (byte > 10 || (byte !== 0 && (nulOnly || byte !== 10))) continue;
    if (count === capacity) {
      capacity *= 2;
      const moreStart = new Uint32Array(capacity);
      moreStart.set(start);
      start = moreStart;
      const moreEnd = new Uint32Array(capacity);
      moreEnd.set(end);
      end = moreEnd;
    }
    start[count] = from;
    end[count++] = i;
    from = i + 1;
  }
  found.start = start;
  found.end = end;
  found.count = count;
  found.from = from;
}

/** Counts work; gives what has to be waited for. */
export type Tick = (steps: number) => Promise<void> | undefined;

/** Compares two byte ranges as `strcmp` does. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = a[aStart + i] - b[bStart + i];
    if (difference !== 0) return difference;
  }
  return (aEnd - aStart) - (bEnd - bStart);
}

/** Compares two lines by one level, `reverse` applied. */
export function compareLevel(level: Level, a: number, b: number): number {
  let result: number;
  if (level.kind === "bytes") {
    const { data, start, end } = level;
    result = compareBytes(data, start[a], end[a], data, start[b], end[b]);
  } else if (level.kind === "number") {
    result = level.high[a] - level.high[b] || level.low[a] - level.low[b];
  } else result = level.compare(a, b);
  return level.reverse ? -result : result;
}

/** A part of the index array that is equal so far. */
interface Task {
  readonly from: number;
  readonly to: number;
  readonly level: number;
  /** Bytes of the level's key that are known to be equal. */
  readonly depth: number;
}

/** From this weight on, a single comparison takes time. */
const HEAVY = 64;

/** Below this, insertion beats radix. */
const SMALL = 24;

/**
 * Sorts lines by levels.
 *
 * @param count How many lines.
 * @param levels Criteria, the first one first.
 * @param tick Spends budget; a promise pauses the work.
 * @param weight What the comparison of two lines may cost, in that of short ones.
 * @returns Line numbers in order.
 */
export function sortLines(
  count: number,
  levels: readonly Level[],
  tick: Tick,
  weight = 1,
): MaybePromise<Uint32Array> {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return new Sorter(order, levels, tick, weight).run();
}

/** Comparisons after which others get their turn. */
const STRETCH = 4096;

class Sorter {
  readonly #tasks: Task[] = [];
  /** The merge that is going on. */
  #merging: Generator<void> | undefined;
  readonly #spare: Uint32Array;
  readonly #keys: Uint32Array;
  readonly #spareKeys: Uint32Array;

  constructor(
    private readonly order: Uint32Array,
    private readonly levels: readonly Level[],
    private readonly tick: Tick,
    private readonly weight: number,
  ) {
    this.#spare = new Uint32Array(order.length);
    this.#keys = new Uint32Array(order.length);
    this.#spareKeys = new Uint32Array(order.length);
    this.#push(0, order.length, 0, 0);
  }

  run(): MaybePromise<Uint32Array> {
    for (;;) {
      let size = STRETCH;
      if (this.#merging !== undefined) {
        if (this.#merging.next().done === true) this.#merging = undefined;
      } else {
        const task = this.#tasks.pop();
        if (task === undefined) return this.order;
        size = task.to - task.from;
        this.#sort(task);
      }
      const pause = this.tick(size);
      if (pause !== undefined) return pause.then(() => this.run());
    }
  }

  #push(from: number, to: number, level: number, depth: number): void {
    if (to - from > 1 && level < this.levels.length) this.#tasks.push({ from, to, level, depth });
  }

  #sort(task: Task): void {
    const level = this.levels[task.level];
    if (task.to - task.from <= SMALL) {
      if (this.weight >= HEAVY) this.#merging = this.#insertionInTurns(task);
      else this.#insertion(task);
    } else if (level.kind === "bytes") this.#bytes(task, level);
    else if (level.kind === "number") this.#numbers(task, level);
    else this.#merging = this.#merge(task, level);
  }

  /** Sorts a short run by this level and all that follow. */
  #insertion(task: Task): void {
    const { order, levels } = this;
    for (let i = task.from + 1; i < task.to; i++) {
      const line = order[i];
      let at = i;
      while (at > task.from && this.#compareFrom(task.level, order[at - 1], line, levels) > 0) {
        order[at] = order[at - 1];
        at--;
      }
      order[at] = line;
    }
  }

  /** The same for long lines. */
  *#insertionInTurns(task: Task): Generator<void> {
    const { order, levels } = this;
    for (let i = task.from + 1; i < task.to; i++) {
      for (let at = i; at > task.from; at--) {
        yield;
        const line = order[at];
        if (this.#compareFrom(task.level, order[at - 1], line, levels) <= 0) break;
        order[at] = order[at - 1];
        order[at - 1] = line;
      }
    }
  }

  #compareFrom(from: number, a: number, b: number, levels: readonly Level[]): number {
    for (let i = from; i < levels.length; i++) {
      const result = compareLevel(levels[i], a, b);
      if (result !== 0) return result;
    }
    return 0;
  }

  #bytes(task: Task, level: Level & { kind: "bytes" }): void {
    const { order } = this;
    const keys = this.#keys;
    const { data, start, end, reverse } = level;
    const { from, to, depth } = task;
    const flip = reverse ? 0xffffffff : 0;
    let different = 0;
    let first = 0;
    for (let i = from; i < to; i++) {
      const line = order[i];
      const at = start[line] + depth;
      const left = end[line] - at;
      let key: number;
      if (left >= 4) {
        key = data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3];
      } else if (left <= 0) key = 0;
      else {
        key = data[at] << 24;
        if (left > 1) key |= data[at + 1] << 16;
        if (left > 2) key |= data[at + 2] << 8;
      }
      key = (key ^ flip) >>> 0;
      if (i === from) first = key;
      different |= key ^ first;
      keys[i] = key;
    }
    if (different !== 0) this.#radix(from, to, different);
    this.#runs(from, to, (runFrom, runTo) => {
      // A zero byte in the key means that the line ended: no line holds NUL.
      const ended = ((keys[runFrom] ^ flip) & 0xff) === 0;
      if (ended) this.#push(runFrom, runTo, task.level + 1, 0);
      else this.#push(runFrom, runTo, task.level, depth + 4);
    });
  }

  /** Stable radix sort of `keys` and `order` in a range; bits that are all equal are skipped. */
  #radix(from: number, to: number, different: number): void {
    const wide = to - from >= 1 << 16;
    const bits = wide ? 16 : 8;
    const size = 1 << bits;
    const mask = size - 1;
    const counts = new Uint32Array(size);
    const { order } = this;
    const keys = this.#keys;
    const spare = this.#spare;
    const spareKeys = this.#spareKeys;
    for (let shift = 0; shift < 32; shift += bits) {
      if ((different >>> shift & mask) === 0) continue;
      counts.fill(0);
      for (let i = from; i < to; i++) counts[keys[i] >>> shift & mask]++;
      let sum = from;
      for (let i = 0; i < size; i++) {
        const count = counts[i];
        counts[i] = sum;
        sum += count;
      }
      for (let i = from; i < to; i++) {
        const key = keys[i];
        const at = counts[key >>> shift & mask]++;
        spareKeys[at] = key;
        spare[at] = order[i];
      }
      if (to - from === order.length) {
        order.set(spare);
        keys.set(spareKeys);
      } else {
        for (let i = from; i < to; i++) {
          order[i] = spare[i];
          keys[i] = spareKeys[i];
        }
      }
    }
  }

  /** Calls `use` for each run of equal keys longer than one. */
  #runs(from: number, to: number, use: (from: number, to: number) => void): void {
    const keys = this.#keys;
    let runFrom = from;
    for (let i = from + 1; i <= to; i++) {
      if (i < to && keys[i] === keys[runFrom]) continue;
      if (i - runFrom > 1) use(runFrom, i);
      runFrom = i;
    }
  }

  #numbers(task: Task, level: Level & { kind: "number" }): void {
    const { from, to } = task;
    const flip = level.reverse ? 0xffffffff : 0;
    // Depth 0 sorts by the high half, depth 1 by the low half where the high one is equal.
    const half = task.depth === 0 ? level.high : level.low;
    const keys = this.#keys;
    let different = 0;
    for (let i = from; i < to; i++) {
      keys[i] = (half[this.order[i]] ^ flip) >>> 0;
      different |= keys[i] ^ keys[from];
    }
    if (different !== 0) this.#radix(from, to, different);
    this.#runs(from, to, (runFrom, runTo) => {
      if (task.depth === 0) this.#push(runFrom, runTo, task.level, 1);
      else this.#push(runFrom, runTo, task.level + 1, 0);
    });
  }

  /** Bottom-up merge sort by comparisons. */
  *#merge(task: Task, level: Level): Generator<void> {
    let room = STRETCH;
    const { weight } = this;
    const { from, to } = task;
    let source = this.order;
    let target = this.#spare;
    for (let width = 1; width < to - from; width *= 2) {
      for (let left = from; left < to; left += 2 * width) {
        const middle = Math.min(left + width, to);
        const right = Math.min(left + 2 * width, to);
        let a = left;
        let b = middle;
        for (let i = left; i < right; i++) {
          target[i] = a < middle && (b >= right || compareLevel(level, source[a], source[b]) <= 0)
            ? source[a++]
            : source[b++];
          if ((room -= weight) <= 0) {
            room = STRETCH;
            yield;
          }
        }
      }
      [source, target] = [target, source];
    }
    if (source !== this.order) this.order.set(source.subarray(from, to), from);
    const keys = this.#keys;
    keys[from] = 0;
    for (let i = from + 1; i < to; i++) {
      keys[i] = keys[i - 1] +
        (compareLevel(level, this.order[i - 1], this.order[i]) === 0 ? 0 : 1);
      if ((room -= weight) <= 0) {
        room = STRETCH;
        yield;
      }
    }
    this.#runs(from, to, (runFrom, runTo) => this.#push(runFrom, runTo, task.level + 1, 0));
  }
}

/** Makes number arrays whose unsigned order is the order of the doubles. */
export class NumberKeys {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly #double = new Float64Array(1);
  readonly #words = new Uint32Array(this.#double.buffer);

  /** @param count How many lines. */
  constructor(count: number) {
    this.high = new Uint32Array(count);
    this.low = new Uint32Array(count);
  }

  /** Sets the key of a line. NaN sorts before all numbers. */
  set(line: number, value: number): void {
    if (value !== value) {
      this.setRank(line, 1);
      return;
    }
    this.#double[0] = value === 0 ? 0 : value;
    const high = this.#words[1];
    if (high >>> 31 === 1) {
      this.high[line] = ~high;
      this.low[line] = ~this.#words[0];
    } else {
      this.high[line] = high ^ 0x80000000;
      this.low[line] = this.#words[0];
    }
  }

  /** Gives a line a place before all numbers: 0 or 1. */
  setRank(line: number, rank: 0 | 1): void {
    this.high[line] = rank;
    this.low[line] = 0;
  }

  /** Gives a line a place after all numbers. */
  setLast(line: number): void {
    this.high[line] = 0xffffffff;
  }
}
