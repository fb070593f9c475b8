/**
 * Submatches: the walk through the automaton over a match whose beginning and end are known.
 *
 * At each fork the walk takes the first way from which the end can still be reached; the backward
 * automaton knows that, so the walk never turns back. Where two parses are possible this gives the
 * offsets that glibc gives, which are not always those of POSIX: in `(a)|b)*` an inner group keeps what
 * it matched in an earlier round.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import { OTHER } from "./context.ts";
import { N_ACCEPT, N_CLOSE, N_CLOSE_OPTIONAL, N_OPEN, N_SET, N_SPLIT, type Nfa } from "./nfa.ts";
import type { ReverseAutomaton } from "./reverse.ts";

/** Keeps the work space of walks over one automaton. */
export class SubmatchWalker {
  readonly #nfa: Nfa;
  readonly #reverse: ReverseAutomaton;
  /** Round in which a node was passed without a byte consumed since. */
  readonly #passed: Int32Array;
  #round = 0;
  readonly #former: Int32Array;
  readonly #hasOptional: boolean;

  constructor(nfa: Nfa, reverse: ReverseAutomaton) {
    this.#nfa = nfa;
    this.#reverse = reverse;
    this.#passed = new Int32Array(nfa.size);
    this.#former = new Int32Array(2 * nfa.groups + 2);
    this.#hasOptional = nfa.kind.includes(N_CLOSE_OPTIONAL);
  }

  /**
   * Fills `offsets` from index 2 on for the match `[start, matchEnd)`, for which the backward
   * automaton has just recorded its states; `edge` is the category of what stands before `from`.
   */
  walk(
    text: ByteString,
    from: number,
    start: number,
    edge: number,
    offsets: Int32Array,
  ): void {
    const { kind, arg, next, other, category, consumed, classOf, hasAsserts, groups, alias } =
      this.#nfa;
    const reverse = this.#reverse;
    const passed = this.#passed;
    const former = this.#former;
    const hasOptional = this.#hasOptional;
    offsets.fill(-1, 2);
    former.fill(-1);
    let round = ++this.#round;
    let at = start;
    let bits: Uint32Array | undefined;
    let node = this.#nfa.start;
    let idle = 0;
    let escape: Map<number, number> | undefined;
    while (kind[node] !== N_ACCEPT) {
      switch (kind[node]) {
        case N_SET:
          at++;
          round = ++this.#round;
          bits = undefined;
          idle = 0;
          escape = undefined;
          node = next[node];
          continue;
        case N_SPLIT: {
          if (bits === undefined) {
            let left = OTHER;
            if (hasAsserts) {
              if (at > start) left = consumed[classOf[text.charCodeAt(at - 1)]];
              else if (at > from) left = category[classOf[text.charCodeAt(at - 1)]];
              else left = edge;
            }
            bits = reverse.reachable(text, at, left);
          }
          if (++idle > 2 * passed.length) escape ??= this.#wayOut(node, bits);
          passed[node] = round;
          if (escape !== undefined) {
            node = escape.get(node) as number;
            continue;
          }
          const a = next[node];
          const b = other[node];
          const aLeads = (bits[a >>> 5] >>> (a & 31)) & 1;
          const bLeads = (bits[b >>> 5] >>> (b & 31)) & 1;
          // A way already taken at this position would go round an empty loop again.
          node = aLeads === 1 && !(bLeads === 1 && passed[a] === round) ? a : b;
          continue;
        }
        case N_OPEN: {
          const pair = 2 * arg[node] + 2;
          offsets[pair] = at;
          offsets[pair + 1] = -1;
          break;
        }
        case N_CLOSE:
        case N_CLOSE_OPTIONAL: {
          const pair = 2 * arg[node] + 2;
          if (offsets[pair] < at) {
            offsets[pair + 1] = at;
            if (hasOptional) former.set(offsets);
          } else if (kind[node] === N_CLOSE_OPTIONAL && former[pair] !== -1) {
            offsets.set(former);
          } else offsets[pair + 1] = at;
          break;
        }
      }
      passed[node] = round;
      node = next[node];
    }
    for (let group = 0; group < groups; group++) {
      const source = alias[group];
      if (source === group) continue;
      offsets[2 * group + 2] = offsets[2 * source + 2];
      offsets[2 * group + 3] = offsets[2 * source + 3];
    }
  }

  /**
   * For nested empty loops in which the rule of the walk would go round for ever (glibc does): the
   * shortest way from a node to one that consumes a byte or accepts, as a map from node to node.
   */
  #wayOut(start: number, bits: Uint32Array): Map<number, number> {
    const { kind, next, other } = this.#nfa;
    const cameFrom = new Map<number, number>([[start, -1]]);
    const queue = [start];
    for (const node of queue) {
      if (kind[node] === N_SET || kind[node] === N_ACCEPT) {
        const way = new Map<number, number>();
        for (let to = node; to !== start;) {
          const from = cameFrom.get(to) as number;
          way.set(from, to);
          to = from;
        }
        return way;
      }
      for (const to of kind[node] === N_SPLIT ? [next[node], other[node]] : [next[node]]) {
        if (cameFrom.has(to) || ((bits[to >>> 5] >>> (to & 31)) & 1) === 0) continue;
        cameFrom.set(to, node);
        queue.push(to);
      }
    }
    throw new Error("the end of the match cannot be reached");
  }
}
