/**
 * The backward automaton: from the known end of a match it finds the beginning, and for each position
 * of the match the nodes from which that end can still be reached.
 *
 * With those sets the parse of the match is a walk without backtracking (`submatch.ts`). States are
 * made lazily and kept under a cap, as in `forward.ts`, with the same table entries; here an entry
 * below −1 says that a match can begin *after* the byte that was just read.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import { EDGE, EDGE_NOT_LINE, holds, OTHER } from "./context.ts";
import { keyOf, type StepHook } from "./forward.ts";
import { N_ACCEPT, N_ASSERT, N_SET, type Nfa } from "./nfa.ts";

const UNKNOWN = -1;
const DEAD = 0;

const MOST_CELLS = 1 << 20;
const MOST_SET_NODES = 1 << 19;

/** Longest stretch of text for which the states are kept at once. */
const LONGEST_STRETCH = 1 << 14;

/** A set of nodes that lead to the end, at one position, when the byte before it is known. */
interface Closed {
  readonly nodes: Int32Array;
  /** One bit for each node. */
  readonly bits: Uint32Array;
}

interface State {
  /** Nodes that have just consumed a byte on the way to the end, or the accepting one. */
  readonly kernel: Int32Array;
  /** Category of the byte after the position. */
  readonly right: number;
  /** No assertion may stand between this position and the end. */
  readonly bare: boolean;
  /** By category of the byte before. */
  readonly closed: (Closed | undefined)[];
}

/** The lazily built backward automaton of one pattern. */
export class ReverseAutomaton {
  readonly #nfa: Nfa;
  readonly #onStep: StepHook | undefined;
  readonly #stride: number;
  #table: Int32Array;
  #states: State[] = [];
  #setNodes = 0;
  readonly #numbers = new Map<string, number>();
  #epoch = 0;
  /** While a stretch is recorded, its states must stay. */
  #held = false;
  // Edges backwards: the predecessors of node n are #from[#first[n] .. #first[n + 1]).
  readonly #first: Int32Array;
  readonly #from: Int32Array;
  readonly #accept: number;
  readonly #seen: Int32Array;
  #generation = 0;
  readonly #stack: number[] = [];
  /** States recorded for positions #base ... */
  #recorded = new Int32Array(256);
  #recordedFrom = 0;
  #recordedTo = -1;
  /** Kernels at the ends of the stretches of a long match, from the last to the first. */
  #checkpoints: { at: number; state: State }[] = [];

  constructor(nfa: Nfa, onStep: StepHook | undefined) {
    this.#nfa = nfa;
    this.#onStep = onStep;
    // The classes, and the two kinds of beginning.
    this.#stride = nfa.classes + 2;
    this.#table = new Int32Array(this.#stride * 16);
    const { size, next, other } = nfa;
    const first = new Int32Array(size + 2);
    for (let i = 0; i < size; i++) {
      if (next[i] >= 0) first[next[i] + 2]++;
      if (other[i] >= 0 && other[i] !== next[i]) first[other[i] + 2]++;
    }
    for (let i = 2; i < first.length; i++) first[i] += first[i - 1];
    const from = new Int32Array(first[size + 1]);
    for (let i = 0; i < size; i++) {
      if (next[i] >= 0) from[first[next[i] + 1]++] = i;
      if (other[i] >= 0 && other[i] !== next[i]) from[first[other[i] + 1]++] = i;
    }
    this.#first = first;
    this.#from = from;
    this.#accept = nfa.kind.indexOf(N_ACCEPT);
    this.#seen = new Int32Array(size);
    this.#reset();
  }

  #reset(): void {
    this.#states = [{ kernel: new Int32Array(0), right: OTHER, bare: false, closed: [] }];
    this.#setNodes = 0;
    this.#numbers.clear();
    this.#table.fill(DEAD, 0, this.#stride);
    this.#epoch++;
  }

  #intern(kernel: Int32Array, right: number, bare: boolean): number {
    if (kernel.length === 0) return DEAD;
    const key = keyOf(kernel, 2 * right + (bare ? 1 : 0));
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const row = this.#states.length * this.#stride;
    if (row + this.#stride > this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table.fill(UNKNOWN, row, row + this.#stride);
    this.#states.push({ kernel, right, bare, closed: [] });
    this.#setNodes += kernel.length;
    this.#numbers.set(key, row);
    return row;
  }

  /** All nodes that lead to the end from the state's position, given the byte before. */
  #close(state: State, left: number): Closed {
    const known = state.closed[left];
    if (known !== undefined) return known;
    const { kind, arg, size } = this.#nfa;
    const first = this.#first;
    const from = this.#from;
    const seen = this.#seen;
    const generation = ++this.#generation;
    const stack = this.#stack;
    const nodes: number[] = [];
    const bits = new Uint32Array((size + 31) >>> 5);
    for (const node of state.kernel) {
      seen[node] = generation;
      stack.push(node);
    }
    while (stack.length > 0) {
      const node = stack.pop() as number;
      nodes.push(node);
      bits[node >>> 5] |= 1 << (node & 31);
      for (let i = first[node]; i < first[node + 1]; i++) {
        const before = from[i];
        if (kind[before] === N_SET || seen[before] === generation) continue;
        if (
          kind[before] === N_ASSERT &&
          (state.bare || !holds(arg[before], left, state.right))
        ) continue;
        seen[before] = generation;
        stack.push(before);
      }
    }
    const closed = { nodes: Int32Array.from(nodes), bits };
    state.closed[left] = closed;
    this.#setNodes += nodes.length + bits.length;
    this.#onStep?.(nodes.length + 8);
    return closed;
  }

  #build(row: number, column: number): number {
    const { classes, category, consumed, kind, arg, member, start, hasAsserts } = this.#nfa;
    const state = this.#states[row / this.#stride];
    let left = OTHER;
    if (column < classes) left = category[column];
    else if (hasAsserts) left = column === classes ? EDGE : EDGE_NOT_LINE;
    const { bits } = this.#close(state, left);
    const begins = (bits[start >>> 5] >>> (start & 31) & 1) === 1;
    let target = DEAD;
    let stays = true;
    if (column < classes) {
      const { nodes } = this.#close(state, consumed[column]);
      const generation = ++this.#generation;
      const seen = this.#seen;
      const kernel: number[] = [];
      for (const node of nodes) {
        for (let i = this.#first[node]; i < this.#first[node + 1]; i++) {
          const before = this.#from[i];
          if (kind[before] !== N_SET || seen[before] === generation) continue;
          seen[before] = generation;
          if (member[arg[before] * classes + column] === 1) kernel.push(before);
        }
      }
      if (
        !this.#held &&
        (this.#states.length * this.#stride > MOST_CELLS || this.#setNodes > MOST_SET_NODES)
      ) {
        this.#reset();
        stays = false;
      }
      target = this.#intern(Int32Array.from(kernel).sort(), consumed[column], false);
    }
    const entry = begins ? -target - 2 : target;
    if (stays) this.#table[row + column] = entry;
    return entry;
  }

  #endRow(right: number, bare: boolean): number {
    return this.#intern(Int32Array.of(this.#accept), right, bare);
  }

  /** Category of the byte at a position of `text[.., end)`, for a node to its left. */
  #rightOf(text: ByteString, at: number, end: number): number {
    if (!this.#nfa.hasAsserts) return OTHER;
    return at < end ? this.#nfa.category[this.#nfa.classOf[text.charCodeAt(at)]] : EDGE;
  }

  /**
   * Finds where the longest match that ends at `matchEnd` begins, at `from` or later; `end` is the
   * end of the text, and `left` the category of what stands before `from`. When `record` is set, the states are kept for `reachable`. With `bare` only
   * those ways count that end without an assertion.
   */
  findStart(
    text: ByteString,
    from: number,
    matchEnd: number,
    end: number,
    left: number,
    record: boolean,
    bare = false,
  ): number {
    const { classOf, classes } = this.#nfa;
    this.#checkpoints = [];
    let row = this.#endRow(this.#rightOf(text, matchEnd, end), bare);
    const epoch = this.#epoch;
    const stretch = record && matchEnd - from < LONGEST_STRETCH ? matchEnd - from : -1;
    if (stretch >= this.#recorded.length) {
      this.#recorded = new Int32Array(Math.min(2 * stretch + 1, LONGEST_STRETCH));
    }
    const recorded = this.#recorded;
    const keep = stretch >= 0;
    if (keep) recorded[stretch] = row;
    let table = this.#table;
    let found = -1;
    let i = matchEnd;
    while (i > from) {
      let entry = table[row + classOf[text.charCodeAt(i - 1)]];
      if (entry <= DEAD) {
        if (entry === UNKNOWN) {
          entry = this.#build(row, classOf[text.charCodeAt(i - 1)]);
          table = this.#table;
        }
        if (entry < UNKNOWN) {
          found = i;
          entry = -entry - 2;
        }
        if (entry === DEAD) break;
      }
      row = entry;
      i--;
      if (keep) recorded[i - from] = row;
    }
    if (i === from) {
      let column = classes;
      if (left === EDGE_NOT_LINE) column++;
      else if (left !== EDGE) column = classOf[text.charCodeAt(from - 1)];
      let entry = table[row + column];
      if (entry === UNKNOWN) entry = this.#build(row, column);
      if (entry < UNKNOWN) found = from;
    }
    if (record) {
      if (keep && epoch === this.#epoch) {
        this.#recordedFrom = from;
        this.#recordedTo = matchEnd;
      } else if (found >= 0) this.#plan(text, found, matchEnd, end, bare);
    }
    return found;
  }

  /** Divides a long match into stretches, each with the kernel at its end. */
  #plan(
    text: ByteString,
    start: number,
    matchEnd: number,
    end: number,
    bare: boolean,
  ): void {
    const { classOf } = this.#nfa;
    // The recorded states of a stretch are kept whatever they take, so big sets get short ones.
    const length = Math.max(64, Math.min(LONGEST_STRETCH - 1, (1 << 21) / this.#nfa.size | 0));
    let row = this.#endRow(this.#rightOf(text, matchEnd, end), bare);
    this.#recordedTo = -1;
    for (let i = matchEnd;; i--) {
      if ((matchEnd - i) % length === 0) {
        this.#checkpoints.push({ at: i, state: this.#states[row / this.#stride] });
      }
      if (i === start) break;
      const column = classOf[text.charCodeAt(i - 1)];
      let entry = this.#table[row + column];
      if (entry === UNKNOWN) entry = this.#build(row, column);
      row = entry < UNKNOWN ? -entry - 2 : entry;
    }
    this.#checkpoints.push({ at: start, state: this.#states[0] });
  }

  /** Records the states of the stretch that contains a position, from its end backwards. */
  #recordStretch(text: ByteString, at: number): void {
    const { classOf } = this.#nfa;
    let index = this.#checkpoints.length - 2;
    while (index > 0 && this.#checkpoints[index].at < at) index--;
    const { at: to, state } = this.#checkpoints[index];
    const from = this.#checkpoints[index + 1].at;
    if (this.#setNodes > MOST_SET_NODES) this.#reset();
    if (this.#recorded.length <= to - from) this.#recorded = new Int32Array(LONGEST_STRETCH);
    this.#held = true;
    try {
      let row = this.#intern(state.kernel, state.right, state.bare);
      this.#recorded[to - from] = row;
      for (let i = to; i > from; i--) {
        const column = classOf[text.charCodeAt(i - 1)];
        let entry = this.#table[row + column];
        if (entry === UNKNOWN) entry = this.#build(row, column);
        row = entry < UNKNOWN ? -entry - 2 : entry;
        this.#recorded[i - 1 - from] = row;
      }
    } finally {
      this.#held = false;
    }
    this.#recordedFrom = from;
    this.#recordedTo = to;
  }

  /**
   * The nodes from which the end of the last recorded match can be reached at a position, as bits.
   * `left` is the category of the byte before. Positions are asked for in rising order.
   */
  reachable(text: ByteString, at: number, left: number): Uint32Array {
    if (at > this.#recordedTo || at < this.#recordedFrom) this.#recordStretch(text, at);
    const row = this.#recorded[at - this.#recordedFrom];
    return this.#close(this.#states[row / this.#stride], left).bits;
  }
}
