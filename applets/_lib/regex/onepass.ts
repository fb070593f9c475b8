/**
 * Patterns whose parse is decided by the next byte: one walk finds the match and its submatches.
 *
 * Most patterns of daily use are of this kind: `([0-9]+)-([a-z]*)`, `^[^:]*:(.*)$`. After each byte at
 * most one way through the automaton is open, so there is nothing to choose and nothing to undo. Whether
 * a pattern is of the kind is found out as its table is filled; at the first place where two ways are
 * open the caller goes back to the general automata. It does so too when attempts at many places fail
 * late, so that the time stays linear.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import { PAUSED, type StepHook, STRETCH, STRETCH_STEPS } from "./forward.ts";
import { BUF_LAST, EDGE, holds, LINE_FIRST, LINE_LAST, OTHER } from "./context.ts";
import {
  N_ACCEPT,
  N_ASSERT,
  N_BACKREF,
  N_CLOSE_OPTIONAL,
  N_OPEN,
  N_SET,
  N_SPLIT,
  type Nfa,
} from "./nfa.ts";

/** There is no match. */
export const NO_MATCH = 0;
/** There is one. */
export const MATCH = 1;
/** This matcher cannot say. */
export const UNDECIDED = -1;

const UNKNOWN = -1;
const MOST_CELLS = 1 << 17;
/** The table of a big pattern is not worth its making. */
const MOST_NODES = 2000;

/** How a node is entered: its neighbours decide about anchors. */
const START_EDGE = 0;
const START_INSIDE = 1;

/** Nodes that set offsets, passed on the way to the next byte. */
type Actions = readonly number[];

/** Where a search goes on that was stopped half-way. */
interface Begun {
  readonly text: ByteString;
  readonly from: number;
  readonly end: number;
  readonly at: number;
  readonly allowance: number;
}

/** A way found by `#open`. */
interface Way {
  readonly node: number;
  readonly actions: Actions;
}

/** The matcher of one pattern. */
export class OnePass {
  readonly #nfa: Nfa;
  readonly #stride: number;
  readonly #classOf: Uint8Array;
  /** Entry: 2 × next row, +1 if the text before this byte is a match; next row 0 is none. */
  #table: Int32Array;
  #rows = 1;
  /** Row → the node whose byte was consumed, or −1 − START_…. */
  readonly #origins: number[] = [0];
  readonly #rowOf = new Map<number, number>();
  readonly #actions: (Actions | undefined)[] = [];
  readonly #acceptActions: (Actions | undefined)[] = [];
  readonly #firstEdge = new Uint8Array(256);
  readonly #firstInside = new Uint8Array(256);
  readonly #edgeRow: number;
  readonly #insideRow: number;
  /** Whether a match inside the text is possible at all, and whether one may be empty. */
  #insideOpen = false;
  #emptyEdge = false;
  #emptyInside = false;
  readonly #hasOptional: boolean;
  readonly #former: Int32Array;
  /** False once two ways were open somewhere. */
  usable: boolean;

  #begun: Begun | undefined;

  constructor(nfa: Nfa, private readonly onStep: StepHook | undefined) {
    this.#nfa = nfa;
    this.#stride = nfa.classes + 1;
    this.#classOf = nfa.classOf;
    this.#hasOptional = nfa.kind.includes(N_CLOSE_OPTIONAL);
    this.#former = new Int32Array(2 * nfa.groups + 2);
    this.usable = nfa.size <= MOST_NODES && allSimple(nfa);
    this.#table = new Int32Array(this.usable ? this.#stride * 8 : 0);
    this.#edgeRow = this.usable ? this.#row(-1 - START_EDGE) : 0;
    this.#insideRow = this.usable ? this.#row(-1 - START_INSIDE) : 0;
    if (this.usable) this.#readFirst();
  }

  /** Finds the bytes with which a match can begin. */
  #readFirst(): void {
    const { classes } = this.#nfa;
    for (let column = 0; column <= classes && this.usable; column++) {
      const edge = this.#build(this.#edgeRow, column);
      const inside = this.#build(this.#insideRow, column);
      if (inside !== 0) this.#insideOpen = true;
      if ((edge & 1) === 1) this.#emptyEdge = true;
      if ((inside & 1) === 1) this.#emptyInside = true;
      for (let byte = 0; byte < 256; byte++) {
        if (this.#classOf[byte] !== column) continue;
        if (edge !== 0) this.#firstEdge[byte] = 1;
        if (inside !== 0) this.#firstInside[byte] = 1;
      }
    }
  }

  #row(origin: number): number {
    let row = this.#rowOf.get(origin);
    if (row !== undefined) return row;
    row = this.#rows++;
    if (this.#rows * this.#stride > MOST_CELLS) this.usable = false;
    if ((row + 1) * this.#stride > this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table.fill(UNKNOWN, row * this.#stride, (row + 1) * this.#stride);
    this.#rowOf.set(origin, row);
    this.#origins[row] = origin;
    return row;
  }

  /**
   * The ways from a node that are open before a byte of a class: to nodes that consume it, and to
   * acceptance. Undefined if a node can be reached twice, so that it is not clear what was passed.
   */
  #open(origin: number, column: number, right: number): Way[] | undefined {
    const { kind, arg, next, other, member, classes, start } = this.#nfa;
    const left = origin === -1 - START_EDGE ? EDGE : OTHER;
    const node = origin < 0 ? start : next[origin];
    const ways: Way[] = [];
    const seen = new Set<number>();
    const stack: Way[] = [{ node, actions: [] }];
    while (stack.length > 0) {
      const { node: n, actions } = stack.pop() as Way;
      if (seen.has(n)) return undefined;
      seen.add(n);
      switch (kind[n]) {
        case N_SET:
          if (column < classes && member[arg[n] * classes + column] === 1) {
            ways.push({ node: n, actions });
          }
          break;
        case N_ACCEPT:
          ways.push({ node: n, actions });
          break;
        case N_SPLIT:
          stack.push({ node: other[n], actions }, { node: next[n], actions });
          break;
        case N_ASSERT:
          // Behind a consumed newline it would depend on the byte.
          if (arg[n] === LINE_FIRST && origin >= 0) return undefined;
          if (holds(arg[n], left, right)) stack.push({ node: next[n], actions });
          break;
        default:
          stack.push({ node: next[n], actions: [...actions, n] });
      }
    }
    return ways;
  }

  #build(row: number, column: number): number {
    const { kind, classes, category, consumed } = this.#nfa;
    const origin = this.#origins[row];
    const right = column === classes ? EDGE : category[column];
    let ways = this.#open(origin, column, right);
    if (column < classes && consumed[column] !== right) {
      // A newline that the match goes on with is seen by `$`, one that follows it is not.
      const accepting = ways?.filter(({ node }) => kind[node] === N_ACCEPT);
      const going = this.#open(origin, column, consumed[column]);
      ways = accepting === undefined || going === undefined
        ? undefined
        : [...accepting, ...going.filter(({ node }) => kind[node] !== N_ACCEPT)];
    }
    if (ways === undefined) {
      this.usable = false;
      return 0;
    }
    const cell = row * this.#stride + column;
    let entry = 0;
    for (const { node, actions } of ways) {
      if (kind[node] === N_ACCEPT) {
        entry |= 1;
        this.#acceptActions[cell] = actions;
      } else if (entry > 1) {
        this.usable = false;
        return 0;
      } else {
        this.#actions[cell] = actions.length === 0 ? undefined : actions;
        entry |= 2 * this.#row(node);
      }
    }
    this.#table[cell] = entry;
    return entry;
  }

  /**
   * Searches `text[from, end)`; `left` is the category of what stands before it.
   *
   * @returns MATCH (offsets are set, those of groups if `groups`), NO_MATCH or UNDECIDED
   */
  search(
    text: ByteString,
    from: number,
    end: number,
    left: number,
    groups: boolean,
    offsets: Int32Array,
  ): number {
    const classOf = this.#classOf;
    const stride = this.#stride;
    let table = this.#table;
    let edge = left === EDGE;
    let allowance = 4 * (end - from) + 256;
    let start = from;
    if (this.#begun !== undefined) {
      const { text: former, from: begin, end: last, at, allowance: left } = this.#begun;
      this.#begun = undefined;
      if (begin === from && last === end && former === text) {
        start = at;
        allowance = left;
        edge = false;
      }
    }
    let stop = this.onStep === undefined || end - start <= STRETCH ? end : start + STRETCH;
    for (; start <= end; start++) {
      if (start >= stop && start < end) {
        stop = Math.min(start + STRETCH, end);
        if (this.onStep!(STRETCH_STEPS) === true) {
          this.#begun = { text, from, end, at: start, allowance };
          throw PAUSED;
        }
      }
      if (!edge) {
        if (!this.#insideOpen) return NO_MATCH;
        if (!this.#emptyInside) {
          const first = this.#firstInside;
          while (start < stop && first[text.charCodeAt(start)] === 0) start++;
          if (start === end) return NO_MATCH;
          if (start >= stop) {
            start--;
            continue;
          }
        }
      } else if (!this.#emptyEdge) {
        if (start === end) return NO_MATCH;
        if (this.#firstEdge[text.charCodeAt(start)] === 0) {
          edge = false;
          continue;
        }
      }
      const first = edge ? this.#edgeRow : this.#insideRow;
      let row = first;
      let last = -1;
      let i = start;
      for (;;) {
        const column = i < end ? classOf[text.charCodeAt(i)] : stride - 1;
        let entry = table[row * stride + column];
        if (entry === UNKNOWN) {
          entry = this.#build(row, column);
          if (!this.usable) return UNDECIDED;
          table = this.#table;
        }
        if ((entry & 1) === 1) last = i;
        row = entry >> 1;
        if (row === 0) break;
        i++;
      }
      if (last >= 0) {
        offsets[0] = start;
        offsets[1] = last;
        if (groups) this.#fill(text, first, start, last, end, offsets);
        return MATCH;
      }
      allowance -= i - start + 1;
      if (allowance < 0) return UNDECIDED;
      if (i - start >= STRETCH && this.onStep?.(STRETCH_STEPS) === true) {
        this.#begun = { text, from, end, at: start + 1, allowance };
        throw PAUSED;
      }
      edge = false;
    }
    return NO_MATCH;
  }

  /** Goes through a known match again and sets the offsets of the groups. */
  #fill(
    text: ByteString,
    first: number,
    start: number,
    stop: number,
    end: number,
    offsets: Int32Array,
  ): void {
    const classOf = this.#classOf;
    const stride = this.#stride;
    const table = this.#table;
    const actions = this.#actions;
    offsets.fill(-1, 2);
    if (this.#hasOptional) this.#former.fill(-1);
    let row = first;
    for (let i = start; i < stop; i++) {
      const cell = row * stride + classOf[text.charCodeAt(i)];
      const list = actions[cell];
      if (list !== undefined) this.#act(list, i, offsets);
      row = table[cell] >> 1;
    }
    const cell = row * stride + (stop < end ? classOf[text.charCodeAt(stop)] : stride - 1);
    const list = this.#acceptActions[cell];
    if (list !== undefined) this.#act(list, stop, offsets);
    const { alias, groups } = this.#nfa;
    for (let group = 0; group < groups; group++) {
      const source = alias[group];
      if (source === group) continue;
      offsets[2 * group + 2] = offsets[2 * source + 2];
      offsets[2 * group + 3] = offsets[2 * source + 3];
    }
  }

  /** Sets offsets as the walk in `submatch.ts` does. */
  #act(list: Actions, at: number, offsets: Int32Array): void {
    const { kind, arg } = this.#nfa;
    const former = this.#former;
    for (let i = 0; i < list.length; i++) {
      const node = list[i];
      const pair = 2 * arg[node] + 2;
      if (kind[node] === N_OPEN) {
        offsets[pair] = at;
        offsets[pair + 1] = -1;
      } else if (offsets[pair] < at) {
        offsets[pair + 1] = at;
        if (this.#hasOptional) { for (let j = 2; j < offsets.length; j++) former[j] = offsets[j]; }
      } else if (kind[node] === N_CLOSE_OPTIONAL && former[pair] !== -1) {
        for (let j = 2; j < offsets.length; j++) offsets[j] = former[j];
      } else offsets[pair + 1] = at;
    }
  }
}

/** Whether only anchors of the line and the buffer occur, and no back-references. */
function allSimple(nfa: Nfa): boolean {
  const { kind, arg, size } = nfa;
  for (let i = 0; i < size; i++) {
    if (kind[i] === N_BACKREF) return false;
    if (kind[i] !== N_ASSERT) continue;
    // Where `^` matches at newlines inside the text, the byte before decides, which is not kept.
    if (arg[i] === LINE_FIRST && nfa.newlineAnchors) return false;
    if (arg[i] !== LINE_LAST && arg[i] !== BUF_LAST && arg[i] !== LINE_FIRST) return false;
  }
  return true;
}
