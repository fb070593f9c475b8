/**
 * Postfix program → nondeterministic automaton.
 *
 * The nodes are numbered in the order in which glibc numbers its own (operands before operators),
 * and a node with two ways out tries the one with the smaller number first. That order decides which
 * of several parses of the leftmost-longest match gives the submatches.
 *
 * @module
 */

import type { ByteSet } from "./bracket.ts";
import { isWordByte, NEWLINE, OTHER, WORD, WORD_FIRST } from "./context.ts";
import { RegexError } from "./error.ts";
import * as program from "./parse.ts";

/** Consumes a byte of set `arg`, goes to `next`. */
export const N_SET = 0;
/** Goes to `next`, or to `other`, in this order. */
export const N_SPLIT = 1;
/** Sets the beginning of group `arg`. */
export const N_OPEN = 2;
/** Sets the end of group `arg`. */
export const N_CLOSE = 3;
/** As `N_CLOSE`; an empty further pass through the group gives back the former offsets. */
export const N_CLOSE_OPTIONAL = 4;
/** Goes to `next` if assertion `arg` holds. */
export const N_ASSERT = 5;
/** Consumes what group `arg` matched. */
export const N_BACKREF = 6;
/** The match is complete. */
export const N_ACCEPT = 7;

/** An automaton; node `i` has its parts in the `i`-th places of the arrays. */
export interface Nfa {
  readonly size: number;
  readonly start: number;
  readonly kind: Uint8Array;
  readonly arg: Int32Array;
  readonly next: Int32Array;
  readonly other: Int32Array;
  /** Byte → class; bytes of one class are never told apart. */
  readonly classOf: Uint8Array;
  readonly classes: number;
  /** For each set, its classes: `member[set * classes + class]`. */
  readonly member: Uint8Array;
  /** Category of a class as a neighbour, see `context.ts`. */
  readonly category: Uint8Array;
  /**
   * As `category`, for a neighbour that the match itself consumes. In glibc `^` matches after a
   * consumed newline, and `$` before one, even where newlines are no anchors: `\n^x` matches there,
   * and `^x` alone does not.
   */
  readonly consumed: Uint8Array;
  /** Whether there are assertions, so that categories matter at all. */
  readonly hasAsserts: boolean;
  /** Whether some assertion asks about words. */
  readonly hasWordAsserts: boolean;
  readonly newlineAnchors: boolean;
  /** Whether some way to the end has an assertion after its last byte. */
  readonly acceptsAfterAssert: boolean;
  readonly groups: number;
  readonly alias: readonly number[];
}

/** Builds nodes while dangling exits are kept in lists that run through the exits themselves. */
class Builder {
  readonly kind: number[] = [];
  readonly arg: number[] = [];
  /** Exits: slot `2 * node` is `next`, `2 * node + 1` is `other`. */
  readonly exits: number[] = [];
  // The operand stack: first node (−1: empty operand), first and last dangling exit slot.
  readonly #first: number[] = [];
  readonly #head: number[] = [];
  readonly #tail: number[] = [];

  node(kind: number, arg: number): number {
    if (this.kind.length >= program.MOST_NODES) throw new RegexError("ESIZE");
    this.kind.push(kind);
    this.arg.push(arg);
    this.exits.push(-1, -1);
    return this.kind.length - 1;
  }

  push(first: number, head: number, tail: number): void {
    this.#first.push(first);
    this.#head.push(head);
    this.#tail.push(tail);
  }

  pushNode(kind: number, arg: number): void {
    const node = this.node(kind, arg);
    this.push(node, 2 * node, 2 * node);
  }

  pop(): { first: number; head: number; tail: number } {
    return {
      first: this.#first.pop() as number,
      head: this.#head.pop() as number,
      tail: this.#tail.pop() as number,
    };
  }

  /** Leads all exits of a list to a node. */
  patch(head: number, target: number): void {
    for (let slot = head; slot >= 0;) {
      const following = this.exits[slot];
      this.exits[slot] = target;
      slot = following;
    }
  }

  cat(): void {
    const b = this.pop();
    if (b.first < 0) return;
    const a = this.pop();
    if (a.first < 0) {
      this.push(b.first, b.head, b.tail);
      return;
    }
    this.patch(a.head, b.first);
    this.push(a.first, b.head, b.tail);
  }

  alt(): void {
    const b = this.pop();
    const a = this.pop();
    const node = this.node(N_SPLIT, 0);
    let head = -1;
    let tail = -1;
    for (const side of [{ ...a, slot: 2 * node }, { ...b, slot: 2 * node + 1 }]) {
      // An empty side leaves through the alternation's own exit.
      let from = side.slot;
      let to = side.slot;
      if (side.first >= 0) {
        this.exits[side.slot] = side.first;
        from = side.head;
        to = side.tail;
      }
      if (head < 0) head = from;
      else this.exits[tail] = from;
      tail = to;
    }
    this.push(node, head, tail);
  }

  star(): void {
    const a = this.pop();
    if (a.first < 0) {
      this.push(-1, -1, -1);
      return;
    }
    const node = this.node(N_SPLIT, 0);
    this.patch(a.head, node);
    this.exits[2 * node] = a.first;
    this.push(node, 2 * node + 1, 2 * node + 1);
  }
}

function build(ops: readonly number[]): { builder: Builder; start: number } {
  const builder = new Builder();
  for (let i = 0; i < ops.length; i++) {
    const arg = ops[i] >> program.OP_BITS;
    switch (ops[i] & 15) {
      case program.EMPTY:
        builder.push(-1, -1, -1);
        break;
      case program.SET:
        builder.pushNode(N_SET, arg);
        break;
      case program.ASSERT:
        builder.pushNode(N_ASSERT, arg);
        break;
      case program.BACKREF:
        builder.pushNode(N_BACKREF, arg);
        break;
      case program.OPEN:
        builder.pushNode(N_OPEN, arg);
        break;
      case program.CLOSE:
      case program.CLOSE_OPTIONAL: {
        const optional = (ops[i] & 15) === program.CLOSE_OPTIONAL;
        builder.cat();
        builder.pushNode(optional ? N_CLOSE_OPTIONAL : N_CLOSE, arg);
        builder.cat();
        break;
      }
      case program.CAT:
        builder.cat();
        break;
      case program.ALT:
        builder.alt();
        break;
      default:
        builder.star();
    }
  }
  builder.pushNode(N_ACCEPT, 0);
  builder.cat();
  return { builder, start: builder.pop().first };
}

/** Divides the bytes into classes that no set, and no asked-for category, tells apart. */
function divide(
  sets: readonly ByteSet[],
  words: boolean,
): { classOf: Uint8Array; classes: number } {
  const classOf = new Uint8Array(256);
  let classes = 1;
  const refine = (inside: (byte: number) => boolean): void => {
    const renamed = new Map<number, number>();
    const outside = new Set<number>();
    for (let byte = 0; byte < 256; byte++) if (!inside(byte)) outside.add(classOf[byte]);
    for (let byte = 0; byte < 256; byte++) {
      const old = classOf[byte];
      if (!inside(byte) || !outside.has(old)) continue;
      let name = renamed.get(old);
      if (name === undefined) {
        name = classes++;
        renamed.set(old, name);
      }
      classOf[byte] = name;
    }
  };
  for (const set of sets) {
    if (classes === 256) break;
    refine((byte) => set[byte] === 1);
  }
  // Newline and NUL end lines in the line searcher.
  refine((byte) => byte === 10);
  refine((byte) => byte === 0);
  if (words) refine(isWordByte);
  return { classOf, classes };
}

/** Whether the accepting node can be reached from an assertion without a byte. */
function acceptsAfterAssert(kind: Uint8Array, next: Int32Array, other: Int32Array): boolean {
  const seen = new Uint8Array(kind.length);
  const stack: number[] = [];
  for (let i = 0; i < kind.length; i++) if (kind[i] === N_ASSERT) stack.push(next[i]);
  while (stack.length > 0) {
    const node = stack.pop() as number;
    if (seen[node] === 1 || kind[node] === N_SET) continue;
    seen[node] = 1;
    if (kind[node] === N_ACCEPT) return true;
    stack.push(next[node]);
    if (kind[node] === N_SPLIT) stack.push(other[node]);
  }
  return false;
}

/** Builds the automaton of a program. Throws {@linkcode RegexError} if it is too big. */
export function buildNfa(source: program.Program): Nfa {
  const { builder, start } = build(source.ops);
  const size = builder.kind.length;
  const next = new Int32Array(size);
  const other = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const a = builder.exits[2 * i];
    const b = builder.exits[2 * i + 1];
    const split = builder.kind[i] === N_SPLIT;
    next[i] = split ? Math.min(a, b) : a;
    other[i] = split ? Math.max(a, b) : -1;
  }
  const kind = Uint8Array.from(builder.kind);
  const arg = Int32Array.from(builder.arg);
  let hasAsserts = false;
  let hasWordAsserts = false;
  for (let i = 0; i < size; i++) {
    if (kind[i] !== N_ASSERT) continue;
    hasAsserts = true;
    if (arg[i] >= WORD_FIRST) hasWordAsserts = true;
  }
  const { classOf, classes } = divide(source.sets, hasWordAsserts);
  const member = new Uint8Array(source.sets.length * classes);
  const category = new Uint8Array(classes).fill(OTHER);
  const consumed = new Uint8Array(classes).fill(OTHER);
  for (let byte = 0; byte < 256; byte++) {
    const name = classOf[byte];
    source.sets.forEach((set, i) => member[i * classes + name] = set[byte]);
    if (hasWordAsserts && isWordByte(byte)) category[name] = consumed[name] = WORD;
    if (!hasAsserts || byte !== 10) continue;
    consumed[name] = NEWLINE;
    if (source.newlineAnchors) category[name] = NEWLINE;
  }
  return {
    size,
    start,
    kind,
    arg,
    next,
    other,
    classOf,
    classes,
    member,
    category,
    consumed,
    hasAsserts,
    hasWordAsserts,
    newlineAnchors: source.newlineAnchors,
    acceptsAfterAssert: hasAsserts && acceptsAfterAssert(kind, next, other),
    groups: source.groups,
    alias: source.alias,
  };
}
