/**
 * Matching with back-references.
 *
 * A pattern with back-references describes no regular language, so the automata give only an upper
 * bound, and the real answer needs a search. It is bounded in two ways: a configuration (node,
 * position, offsets of the groups that are referred to) is never entered twice, and every step is
 * counted and reported.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import { EDGE, holds, OTHER } from "./context.ts";
import { RegexError } from "./error.ts";
import type { StepHook } from "./forward.ts";
import {
  N_ACCEPT,
  N_ASSERT,
  N_BACKREF,
  N_CLOSE,
  N_CLOSE_OPTIONAL,
  N_OPEN,
  N_SET,
  N_SPLIT,
  type Nfa,
} from "./nfa.ts";

/** Most steps for one call, after which matching gives up. */
const MOST_STEPS = 20_000_000;
/** Most configurations that are remembered; beyond them only the steps are bounded. */
const MOST_REMEMBERED = 1 << 19;
const REPORT = 1 << 12;

/** The nodes that a way has passed since it consumed a byte, the last one first. */
interface Trail {
  readonly node: number;
  readonly before: Trail | undefined;
}

function passed(trail: Trail | undefined, node: number): boolean {
  for (let step = trail; step !== undefined; step = step.before) {
    if (step.node === node) return true;
  }
  return false;
}

/** Searches for matches of one pattern with back-references. */
export class Backtracker {
  readonly #nfa: Nfa;
  readonly #onStep: StepHook | undefined;
  readonly #icase: boolean;
  readonly #referenced: readonly number[];
  /** Bytes that can begin a match; undefined if an empty match is possible. */
  readonly #firstBytes: Uint8Array | undefined;
  #steps = 0;
  #visited = new Set<string>();

  constructor(
    nfa: Nfa,
    referenced: ReadonlySet<number>,
    icase: boolean,
    onStep: StepHook | undefined,
  ) {
    this.#nfa = nfa;
    this.#onStep = onStep;
    this.#icase = icase;
    this.#referenced = [...referenced];
    this.#firstBytes = firstBytes(nfa);
  }

  /**
   * Finds the leftmost match in `text[from, end)`, and of those that begin there the longest.
   * `edge` is the category of what stands before `from`. Fills `offsets`; gives false if there is
   * no match.
   */
  search(
    text: ByteString,
    from: number,
    end: number,
    edge: number,
    offsets: Int32Array,
  ): boolean {
    this.#steps = 0;
    const first = this.#firstBytes;
    for (let start = from; start <= end; start++) {
      if (first !== undefined) {
        if (start === end) return false;
        if (first[text.charCodeAt(start)] === 0) continue;
      }
      if (this.#matchAt(text, from, start, end, edge, offsets)) return true;
    }
    return false;
  }

  #count(): void {
    if (++this.#steps % REPORT !== 0) return;
    this.#onStep?.(REPORT);
    if (this.#steps > MOST_STEPS) throw new RegexError("ESPACE");
  }

  /** Whether the configuration is new; it is remembered. */
  #enter(node: number, at: number, offsets: Int32Array): boolean {
    let key = "";
    for (const group of this.#referenced) {
      key += `${offsets[2 * group + 2]},${offsets[2 * group + 3]},`;
    }
    key += `${node},${at}`;
    if (this.#visited.has(key)) return false;
    if (this.#visited.size < MOST_REMEMBERED) this.#visited.add(key);
    return true;
  }

  #matchAt(
    text: ByteString,
    from: number,
    start: number,
    end: number,
    edge: number,
    result: Int32Array,
  ): boolean {
    const {
      kind,
      arg,
      next,
      other,
      member,
      classes,
      classOf,
      category,
      consumed,
      hasAsserts,
      groups,
      alias,
    } = this.#nfa;
    this.#visited.clear();
    const width = 2 * groups + 2;
    let offsets = new Int32Array(width).fill(-1);
    let former = new Int32Array(width).fill(-1);
    // The ways not yet taken, each with the offsets of its moment.
    const nodes: number[] = [];
    const places: number[] = [];
    const savedOffsets: Int32Array<ArrayBuffer>[] = [];
    const savedFormer: Int32Array<ArrayBuffer>[] = [];
    const savedTrails: (Trail | undefined)[] = [];
    let trail: Trail | undefined;
    let best = -1;
    let node = this.#nfa.start;
    let at = start;
    for (;;) {
      this.#count();
      let alive = true;
      switch (kind[node]) {
        case N_SET:
          alive = at < end && member[arg[node] * classes + classOf[text.charCodeAt(at)]] === 1;
          at++;
          node = next[node];
          trail = undefined;
          break;
        case N_SPLIT:
          // The second time round an empty loop leaves it, as in the walk of `submatch.ts`.
          if (passed(trail, next[node])) {
            alive = !passed(trail, other[node]);
            trail = { node, before: trail };
            node = other[node];
            break;
          }
          if (!this.#enter(node, at, offsets)) {
            alive = false;
            break;
          }
          nodes.push(other[node]);
          places.push(at);
          savedOffsets.push(offsets.slice());
          savedFormer.push(former);
          trail = { node, before: trail };
          savedTrails.push(trail);
          node = next[node];
          break;
        case N_OPEN:
          trail = { node, before: trail };
          offsets[2 * arg[node] + 2] = at;
          offsets[2 * arg[node] + 3] = -1;
          node = next[node];
          break;
        case N_CLOSE:
        case N_CLOSE_OPTIONAL: {
          const pair = 2 * arg[node] + 2;
          if (offsets[pair] < at) {
            offsets[pair + 1] = at;
            former = offsets.slice();
          } else if (kind[node] === N_CLOSE_OPTIONAL && former[pair] !== -1) {
            offsets = former.slice();
          } else offsets[pair + 1] = at;
          trail = { node, before: trail };
          node = next[node];
          break;
        }
        case N_ASSERT: {
          let left = OTHER;
          let right = OTHER;
          if (hasAsserts) {
            left = edge;
            if (at > start) left = consumed[classOf[text.charCodeAt(at - 1)]];
            else if (at > from) left = category[classOf[text.charCodeAt(at - 1)]];
            right = at < end ? category[classOf[text.charCodeAt(at)]] : EDGE;
          }
          alive = holds(arg[node], left, right);
          node = next[node];
          break;
        }
        case N_BACKREF: {
          const begin = offsets[2 * arg[node] + 2];
          const stop = offsets[2 * arg[node] + 3];
          alive = begin >= 0 && stop >= begin && at + stop - begin <= end &&
            this.#same(text, begin, at, stop - begin);
          if (stop > begin) trail = undefined;
          at += stop - begin;
          node = next[node];
          break;
        }
        default:
          if (at > best) {
            best = at;
            result.set(offsets);
          }
          // Nothing can be longer than a match that reaches the end of the text.
          if (best === end) nodes.length = 0;
          alive = false;
      }
      if (alive) continue;
      const way = nodes.pop();
      if (way === undefined) break;
      node = way;
      at = places.pop() as number;
      offsets = savedOffsets.pop() as Int32Array<ArrayBuffer>;
      former = savedFormer.pop() as Int32Array<ArrayBuffer>;
      trail = savedTrails.pop();
    }
    if (best < 0) return false;
    result[0] = start;
    result[1] = best;
    for (let group = 0; group < groups; group++) {
      result[2 * group + 2] = result[2 * alias[group] + 2];
      result[2 * group + 3] = result[2 * alias[group] + 3];
    }
    return true;
  }

  #same(text: ByteString, a: number, b: number, length: number): boolean {
    this.#steps += length >>> 3;
    for (let i = 0; i < length; i++) {
      let x = text.charCodeAt(a + i);
      let y = text.charCodeAt(b + i);
      if (x === y) continue;
      if (!this.#icase) return false;
      if (x >= 97 && x <= 122) x -= 32;
      if (y >= 97 && y <= 122) y -= 32;
      if (x !== y) return false;
    }
    return true;
  }
}

/** The bytes with which a match can begin, or undefined if it can begin without one. */
function firstBytes(nfa: Nfa): Uint8Array | undefined {
  const { kind, next, other, arg, member, classes, classOf } = nfa;
  const seen = new Uint8Array(nfa.size);
  const stack = [nfa.start];
  const reached = new Uint8Array(classes);
  while (stack.length > 0) {
    const node = stack.pop() as number;
    if (seen[node] === 1) continue;
    seen[node] = 1;
    if (kind[node] === N_ACCEPT || kind[node] === N_BACKREF) return undefined;
    if (kind[node] === N_SET) {
      for (let c = 0; c < classes; c++) reached[c] |= member[arg[node] * classes + c];
      continue;
    }
    stack.push(next[node]);
    if (kind[node] === N_SPLIT) stack.push(other[node]);
  }
  const bytes = new Uint8Array(256);
  for (let c = 0; c < 256; c++) bytes[c] = reached[classOf[c]];
  return bytes;
}
