/**
 * The forward automaton: finds where the leftmost-longest match ends, or which line has a match.
 *
 * States are sets of nodes, made when they are first needed and kept under a memory cap, so the time
 * is linear in the text whatever the pattern. To find the *leftmost* match in one pass a state keeps
 * its threads in groups ordered by where they began; when a group accepts, the later groups go.
 *
 * Entries of the transition table are: a positive number, the offset of the next state's row; 0, no
 * match can come any more; −1, not computed yet; below −1, the text *before* this byte ends a match,
 * and the row is `-entry - 2`. So the inner loop has one comparison for a byte.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import { BUF_FIRST, CATEGORIES, EDGE, holds, LINE_FIRST, NEWLINE, OTHER, WORD } from "./context.ts";
import { N_ACCEPT, N_ASSERT, N_BACKREF, N_SET, N_SPLIT, type Nfa } from "./nfa.ts";

/** Ask for the end of the leftmost-longest match. */
export const LEFTMOST = 0;
/** Ask only whether there is a match. */
export const ANY = 1;
/** Ask for the first line with a match. */
export const LINES = 2;

/**
 * A hook that is told about work done; it may throw to stop the work. When it says true, a search that
 * can be gone on with later throws {@linkcode PAUSED}.
 */
export type StepHook = (steps: number) => boolean | void;

/** The error of a search that stopped half-way: the next one with the same arguments goes on there. */
export class SearchPaused extends Error {}

/** There is only one. */
export const PAUSED: SearchPaused = new SearchPaused("a search has stopped half-way");

/** Where a search goes on. */
interface Begun {
  readonly text: ByteString;
  readonly from: number;
  readonly end: number;
  readonly resets: number;
  readonly row: number;
  readonly at: number;
  readonly last: number;
}

/** Between two groups of threads in a state. */
const MARK = -1;
const UNKNOWN = -1;
const DEAD = 0;

/** The caps, over which the states are thrown away: rows of the table, and nodes in all states. */
const MOST_CELLS = 1 << 20;
const MOST_SET_NODES = 1 << 19;

/** Bytes between two reports of a search that only reads, and what they count as. */
export const STRETCH: number = 1 << 18;
export const STRETCH_STEPS: number = STRETCH >> 6;

/** After this many jumps to the next prefix, they must have paid. */
const TRIAL_JUMPS = 64;
const WORTH_JUMPING = 12;

interface State {
  readonly nodes: Int32Array;
  /** Category of the byte before. */
  readonly left: number;
  /** A match has been seen: no further thread begins. */
  readonly matched: boolean;
  /** Whether assertions wait in the set for the next byte to be known. */
  readonly pending: boolean;
}

/** Makes a key of numbers below 65536 for a `Map`. */
export function keyOf(numbers: Int32Array | number[], head: number): string {
  let key = String.fromCharCode(head);
  for (let at = 0; at < numbers.length; at += 4096) {
    const part = Uint16Array.from(numbers.slice(at, at + 4096));
    key += String.fromCharCode.apply(null, part as unknown as number[]);
  }
  return key;
}

/** Whether an assertion can hold for some byte after. */
function possible(kind: number, left: number): boolean {
  for (let right = 0; right < CATEGORIES; right++) if (holds(kind, left, right)) return true;
  return false;
}

const byNumber = (a: number, b: number): number => a - b;

/** The lazily built automaton of one pattern for one of the three questions. */
export class ForwardAutomaton {
  readonly #nfa: Nfa;
  readonly #mode: number;
  readonly #prefix: ByteString;
  readonly #onStep: StepHook | undefined;
  /** The byte that ends lines, and its class, −1 unless the mode is LINES. */
  readonly #lineEnd: ByteString;
  readonly #separator: number;
  /** Columns of a row: the classes, and the end of the text. */
  readonly #stride: number;
  readonly #classOf: Uint8Array;
  #table: Int32Array;
  #states: State[] = [];
  #setNodes = 0;
  readonly #numbers = new Map<string, number>();
  /** Rows of the states at the beginning of a text, by category. */
  #begin = new Int32Array(CATEGORIES);
  /**
   * Row of a state whose text can be skipped by `indexOf`: in mode LINES the one with no thread,
   * up to the end of the line; else the one with no thread but a new one, up to the prefix.
   */
  #skip = DEAD;
  #skipping: boolean;
  #jumps = 0;
  #jumped = 0;
  #cachedText: ByteString = "";
  #cachedFrom = 1;
  #cachedAt = 0;
  /** How often the states were thrown away, which makes their rows mean others. */
  #resets = 0;
  /** The hook wants a search to stop. */
  #isDue = false;
  #begun: Begun | undefined;
  // Work space of the set construction.
  readonly #seen: Int32Array;
  #generation = 0;
  readonly #stack: number[] = [];
  /** Whether a match can begin elsewhere than at the beginning of the text. */
  readonly startsInside: boolean;

  constructor(
    nfa: Nfa,
    mode: number,
    prefix: ByteString,
    separator: number,
    onStep: StepHook | undefined,
  ) {
    this.#nfa = nfa;
    this.#mode = mode;
    this.#onStep = onStep;
    this.#stride = nfa.classes + 1;
    this.#classOf = nfa.classOf;
    this.#lineEnd = String.fromCharCode(separator);
    this.#separator = mode === LINES ? nfa.classOf[separator] : -1;
    this.#seen = new Int32Array(nfa.size);
    this.#table = new Int32Array(this.#stride * 16);
    const lefts = [OTHER];
    if (nfa.hasWordAsserts) lefts.push(WORD);
    if (nfa.hasAsserts && nfa.newlineAnchors) lefts.push(NEWLINE);
    this.startsInside = lefts.some((left) => {
      const found: number[] = [];
      this.#generation++;
      this.#follow(nfa.start, left, found);
      return found.length > 0;
    });
    // Skipping leaves the byte before unread, which is right only where its category is no matter.
    this.#prefix = prefix;
    this.#skipping = prefix.length > 0 && lefts.length === 1 && mode !== LINES;
    this.#reset();
  }

  #reset(): void {
    this.#resets++;
    this.#states = [];
    this.#setNodes = 0;
    this.#numbers.clear();
    this.#begin.fill(-1);
    this.#states.push({ nodes: new Int32Array(0), left: OTHER, matched: true, pending: false });
    this.#table.fill(DEAD, 0, this.#stride);
    if (this.#mode === LINES) {
      this.#skip = this.startsInside ? DEAD : this.#intern([], OTHER, false);
    } else this.#skip = this.#skipping ? this.#startState(OTHER) : DEAD;
  }

  /** Adds the nodes reached from `node` without a byte, as far as the byte before decides. */
  #follow(node: number, left: number, out: number[]): void {
    const { kind, next, other, arg } = this.#nfa;
    const seen = this.#seen;
    const generation = this.#generation;
    const stack = this.#stack;
    stack.push(node);
    while (stack.length > 0) {
      const n = stack.pop() as number;
      if (seen[n] === generation) continue;
      seen[n] = generation;
      switch (kind[n]) {
        case N_SET:
        case N_ACCEPT:
          out.push(n);
          break;
        case N_BACKREF:
          // An upper bound: a reference may stand for any bytes at all.
          out.push(n);
          stack.push(next[n]);
          break;
        case N_SPLIT:
          stack.push(other[n], next[n]);
          break;
        case N_ASSERT:
          if (arg[n] === LINE_FIRST || arg[n] === BUF_FIRST) {
            if (holds(arg[n], left, OTHER)) stack.push(next[n]);
          } else if (possible(arg[n], left)) out.push(n);
          break;
        default:
          stack.push(next[n]);
      }
    }
  }

  /** As `#follow`, when the byte after is known too: no assertion stays. */
  #followBetween(node: number, left: number, right: number, out: number[]): void {
    const { kind, next, other, arg } = this.#nfa;
    const seen = this.#seen;
    const generation = this.#generation;
    const stack = this.#stack;
    stack.push(node);
    while (stack.length > 0) {
      const n = stack.pop() as number;
      if (seen[n] === generation) continue;
      seen[n] = generation;
      switch (kind[n]) {
        case N_SET:
        case N_ACCEPT:
          out.push(n);
          break;
        case N_BACKREF:
          out.push(n);
          stack.push(next[n]);
          break;
        case N_SPLIT:
          stack.push(other[n], next[n]);
          break;
        case N_ASSERT:
          if (holds(arg[n], left, right)) stack.push(next[n]);
          break;
        default:
          stack.push(next[n]);
      }
    }
  }

  #startState(left: number): number {
    const nodes: number[] = [];
    this.#generation++;
    this.#follow(this.#nfa.start, left, nodes);
    return this.#intern(nodes.sort(byNumber), left, false);
  }

  /** The row of the state at the beginning of a text. */
  #beginRow(left: number): number {
    const category = this.#nfa.hasAsserts ? left : OTHER;
    const known = this.#begin[category];
    if (known >= 0) return known;
    const row = this.#startState(category);
    this.#begin[category] = row;
    return row;
  }

  #intern(nodes: number[], before: number, matched: boolean): number {
    let left = before;
    if (nodes.length === 0 && (matched || !this.startsInside)) {
      if (this.#mode !== LINES) return DEAD;
      // Nothing can match in the rest of the line.
      left = OTHER;
    }
    const key = keyOf(nodes, left * 2 + (matched ? 1 : 0));
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const row = this.#states.length * this.#stride;
    if (row + this.#stride > this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table.fill(UNKNOWN, row, row + this.#stride);
    const { kind } = this.#nfa;
    const pending = nodes.some((node) => node >= 0 && kind[node] === N_ASSERT);
    this.#states.push({ nodes: Int32Array.from(nodes), left, matched, pending });
    this.#setNodes += nodes.length;
    this.#numbers.set(key, row);
    return row;
  }

  /** The threads of a state once the category of the next byte is known. */
  #resolve(state: State, right: number): Int32Array | number[] {
    if (!state.pending) return state.nodes;
    const { kind, arg, next } = this.#nfa;
    const out: number[] = [];
    this.#generation++;
    for (const node of state.nodes) {
      if (node === MARK) out.push(MARK);
      else if (kind[node] !== N_ASSERT) this.#followBetween(node, state.left, right, out);
      else if (holds(arg[node], state.left, right)) {
        this.#followBetween(next[node], state.left, right, out);
      }
    }
    return out;
  }

  /** Computes one entry of the table. */
  #build(row: number, column: number): number {
    const nfa = this.#nfa;
    const { kind, arg, next, member, classes } = nfa;
    const state = this.#states[row / this.#stride];
    if (this.#onStep?.(state.nodes.length + 8) === true) this.#isDue = true;
    const lineEnd = column === classes || column === this.#separator;
    const right = lineEnd ? EDGE : nfa.category[column];
    let threads = this.#resolve(state, right);
    let matched = state.matched;
    let accepted = false;
    let groups = Infinity;
    for (let i = 0, before = 0; i < threads.length; i++) {
      if (threads[i] === MARK) before++;
      else if (kind[threads[i]] === N_ACCEPT) {
        accepted = true;
        matched = true;
        // Threads that began later than this one can no longer win.
        groups = before;
        break;
      }
    }
    if (!lineEnd && nfa.consumed[column] !== right) {
      threads = this.#resolve(state, nfa.consumed[column]);
    }
    let target = DEAD;
    if (this.#mode !== LEFTMOST && accepted) target = DEAD;
    else if (column === this.#separator) target = this.#beginRow(EDGE);
    else if (column !== classes) {
      const left = nfa.category[column];
      const consumed = nfa.consumed[column];
      const out: number[] = [];
      let group: number[] = [];
      this.#generation++;
      const flush = (): void => {
        if (group.length === 0) return;
        if (out.length > 0) out.push(MARK);
        group.sort(byNumber);
        for (let i = 0; i < group.length; i++) out.push(group[i]);
        group = [];
      };
      for (let i = 0, before = 0; i < threads.length; i++) {
        const node = threads[i];
        if (node === MARK) {
          if (++before > groups) break;
          if (this.#mode === LEFTMOST) flush();
        } else if (kind[node] === N_SET) {
          if (member[arg[node] * classes + column] === 1) this.#follow(next[node], consumed, group);
        } else if (kind[node] === N_BACKREF) this.#follow(node, consumed, group);
      }
      if (!matched) {
        if (this.#mode === LEFTMOST) flush();
        this.#follow(nfa.start, left, group);
      }
      flush();
      if (
        this.#states.length * this.#stride > MOST_CELLS || this.#setNodes > MOST_SET_NODES
      ) {
        this.#reset();
        target = this.#intern(out, left, matched);
        return accepted ? -target - 2 : target;
      }
      target = this.#intern(out, left, matched);
    }
    const entry = accepted ? -target - 2 : target;
    this.#table[row + column] = entry;
    return entry;
  }

  /** Where the prefix comes next; remembered, because one text is searched again and again. */
  #nextPrefix(text: ByteString, from: number): number {
    if (from >= this.#cachedFrom && from <= this.#cachedAt && this.#cachedText === text) {
      return this.#cachedAt;
    }
    const at = text.indexOf(this.#prefix, from);
    this.#cachedText = text;
    this.#cachedFrom = from;
    this.#cachedAt = at < 0 ? text.length : at;
    return this.#cachedAt;
  }

  /** Forgets the text that the search for the prefix remembers, so that it can be collected. */
  forget(): void {
    this.#begun = undefined;
    this.#cachedText = "";
    this.#cachedFrom = 1;
    this.#cachedAt = 0;
  }

  /** Whether a search was stopped half-way. */
  get hasBegun(): boolean {
    return this.#begun !== undefined;
  }

  /** How far a search goes before the hook is told. */
  #stop(at: number, end: number): number {
    return this.#onStep === undefined || end - at <= STRETCH ? end : at + STRETCH;
  }

  /** Stops a search half-way. */
  #pause(
    text: ByteString,
    from: number,
    end: number,
    row: number,
    at: number,
    last: number,
  ): never {
    this.#isDue = false;
    this.#begun = { text, from, end, resets: this.#resets, row, at, last };
    throw PAUSED;
  }

  /** Where a search that was stopped goes on, if it is the one that begins now. */
  #goOn(text: ByteString, from: number, end: number): Begun | undefined {
    const begun = this.#begun;
    if (begun === undefined) return undefined;
    this.#begun = undefined;
    const same = begun.from === from && begun.end === end && begun.resets === this.#resets;
    return same && begun.text === text ? begun : undefined;
  }

  /**
   * Searches `text[from, end)`; `left` is the category of what stands before it.
   *
   * @returns in mode LEFTMOST the end of the leftmost-longest match, in mode ANY a number ≥ 0 if
   * there is a match; −1 if there is none
   */
  search(text: ByteString, from: number, end: number, left: number): number {
    const classOf = this.#classOf;
    let row = this.#beginRow(left);
    if (row === DEAD) return -1;
    let table = this.#table;
    let skip = this.#skip;
    let last = -1;
    let i = from;
    this.#isDue = false;
    const begun = this.#begun === undefined ? undefined : this.#goOn(text, from, end);
    if (begun !== undefined) ({ row, at: i, last } = begun);
    else if (skip !== DEAD && row === skip) {
      i = this.#nextPrefix(text, i);
      if (i + this.#prefix.length > end) return -1;
    }
    for (let stop = this.#stop(i, end);; stop = this.#stop(i, end)) {
      while (i < stop) {
        let entry = table[row + classOf[text.charCodeAt(i)]];
        if (entry > skip) {
          row = entry;
          i++;
          continue;
        }
        if (entry === UNKNOWN) {
          entry = this.#build(row, classOf[text.charCodeAt(i)]);
          table = this.#table;
          skip = this.#skip;
        }
        if (entry < UNKNOWN) {
          if (this.#mode === ANY) return i;
          last = i;
          entry = -entry - 2;
        }
        if (entry === DEAD) return last;
        row = entry;
        i++;
        if (row === skip) {
          const at = this.#nextPrefix(text, i);
          if (at + this.#prefix.length > end) return last;
          this.#jumped += at - i;
          if (++this.#jumps >= TRIAL_JUMPS) {
            if (this.#jumped < this.#jumps * WORTH_JUMPING) {
              this.#skipping = false;
              skip = this.#skip = DEAD;
            }
            this.#jumps = this.#jumped = 0;
          }
          i = at;
        }
        if (this.#isDue) this.#pause(text, from, end, row, i, last);
      }
      if (i >= end) break;
      if (this.#onStep!(STRETCH_STEPS) === true) this.#pause(text, from, end, row, i, last);
    }
    let entry = table[row + this.#stride - 1];
    if (entry === UNKNOWN) entry = this.#build(row, this.#stride - 1);
    return entry < UNKNOWN ? end : last;
  }

  /**
   * Searches whole lines of `text[from, end)`; `from` is the beginning of a line.
   *
   * @returns an offset inside the first line with a match, or at its end; −1 if there is none
   */
  searchLines(text: ByteString, from: number, end: number): number {
    const classOf = this.#classOf;
    let row = this.#beginRow(EDGE);
    let table = this.#table;
    let skip = this.#skip;
    let i = from;
    this.#isDue = false;
    const begun = this.#begun === undefined ? undefined : this.#goOn(text, from, end);
    if (begun !== undefined) ({ row, at: i } = begun);
    for (let stop = this.#stop(i, end);; stop = this.#stop(i, end)) {
      while (i < stop) {
        let entry = table[row + classOf[text.charCodeAt(i)]];
        if (entry > skip) {
          row = entry;
          i++;
          continue;
        }
        if (entry === UNKNOWN) {
          entry = this.#build(row, classOf[text.charCodeAt(i)]);
          table = this.#table;
          skip = this.#skip;
        }
        if (entry < UNKNOWN) return i;
        row = entry;
        i++;
        if (row === skip) {
          i = text.indexOf(this.#lineEnd, i);
          if (i < 0 || i >= end) return -1;
        }
        if (this.#isDue) this.#pause(text, from, end, row, i, -1);
      }
      if (i >= end) break;
      if (this.#onStep!(STRETCH_STEPS) === true) this.#pause(text, from, end, row, i, -1);
    }
    let entry = table[row + this.#stride - 1];
    if (entry === UNKNOWN) entry = this.#build(row, this.#stride - 1);
    return entry < UNKNOWN ? end : -1;
  }
}
