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
import { PAUSED, type StepHook } from "./forward.ts";
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

/** A search that was stopped half-way. */
interface Begun {
  readonly text: ByteString;
  readonly from: number;
  readonly start: number;
  readonly end: number;
  readonly result: Int32Array;
  readonly way: Way;
}

/** How far the ways from one place have been followed. */
interface Way {
  readonly offsets: Int32Array<ArrayBuffer>;
  readonly former: Int32Array<ArrayBuffer>;
  readonly nodes: number[];
  readonly places: number[];
  readonly savedOffsets: Int32Array<ArrayBuffer>[];
  readonly savedFormer: Int32Array<ArrayBuffer>[];
  readonly savedTrails: (Trail | undefined)[];
  readonly trail: Trail | undefined;
  readonly best: number;
  readonly node: number;
  readonly at: number;
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
  /** Steps at which the hook is told again. */
  #report = REPORT;
  #isDue = false;
  #begun: Begun | undefined;
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
    const first = this.#firstBytes;
    const begun = this.goesOn(text, from, end) ? this.#begun : undefined;
    this.#begun = undefined;
    if (begun === undefined) {
      this.#steps = 0;
      this.#report = REPORT;
    } else offsets.set(begun.result);
    this.#isDue = false;
    let way = begun?.way;
    for (let start = begun?.start ?? from; start <= end; start++) {
      if (first !== undefined && way === undefined) {
        if (start === end) return false;
        if (first[text.charCodeAt(start)] === 0) continue;
      }
      if (this.#matchAt(text, from, start, end, edge, offsets, way)) return true;
      way = undefined;
    }
    return false;
  }

  /** Whether this is the search that stopped half-way. */
  goesOn(text: ByteString, from: number, end: number): boolean {
    const begun = this.#begun;
    return begun !== undefined && begun.from === from && begun.end === end && begun.text === text;
  }

  #count(): void {
    if (++this.#steps < this.#report) return;
    this.#report = this.#steps + REPORT;
    if (this.#onStep?.(REPORT) === true) this.#isDue = true;
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
    way: Way | undefined,
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
    const width = 2 * groups + 2;
    if (way === undefined) this.#visited.clear();
    let offsets = way?.offsets ?? new Int32Array(width).fill(-1);
    let former = way?.former ?? new Int32Array(width).fill(-1);
    // The ways not yet taken, each with the offsets of its moment.
    const nodes: number[] = way?.nodes ?? [];
    const places: number[] = way?.places ?? [];
    const savedOffsets: Int32Array<ArrayBuffer>[] = way?.savedOffsets ?? [];
    const savedFormer: Int32Array<ArrayBuffer>[] = way?.savedFormer ?? [];
    const savedTrails: (Trail | undefined)[] = way?.savedTrails ?? [];
    let trail: Trail | undefined = way?.trail;
    let best = way?.best ?? -1;
    let node = way?.node ?? this.#nfa.start;
    let at = way?.at ?? start;
    for (;;) {
      this.#count();
      if (this.#isDue) {
        const stacks = { nodes, places, savedOffsets, savedFormer, savedTrails };
        const going = { ...stacks, offsets, former, trail, best, node, at };
        this.#begun = { text, from, start, end, result: result.slice(), way: going };
        throw PAUSED;
      }
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
      const left = nodes.pop();
      if (left === undefined) break;
      node = left;
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
