/**
 * Matching long texts, or by long patterns, in turns with others.
 *
 * @module
 */

import type { MaybePromise, Process } from "../../../sandbox/types.ts";
import { inSteps, type Steps } from "../../_lib/steps.ts";
import { Pattern, type PatternCache, PatternParser, type Piece } from "../pattern.ts";
import type { Shell } from "../shell.ts";

/** Counts characters that were gone through; a promise when others are to have their turn. */
export type Pause = (characters: number) => Promise<void> | undefined;

/** A step is worth so many characters, as a power of two. */
const STEP_SHIFT = 5;

/** Takes turns as a process. */
export function pauses({ proc }: { readonly proc: Pick<Process, "tick"> }): Pause {
  return (characters) => proc.tick(characters >> STEP_SHIFT);
}

/** Characters of a long text that are looked through at a time. */
const STRETCH = 1 << 16;
/** Characters that are looked through at once for the next of many matches. */
const NEAR = 1 << 10;
/** What a pattern consists of is counted so many at a time. */
const SOME = 1 << 12;

/** The compiled form of a pattern. */
export function* compiled(patterns: PatternCache, text: string, pause: Pause): Steps<Pattern> {
  const known = patterns.find(text);
  if (known !== undefined) return known;
  const parser = new PatternParser(text);
  while (!parser.run(SOME)) {
    const turn = pause(SOME << 2);
    if (turn !== undefined) yield turn;
  }
  const pattern = new Pattern(text, parser);
  patterns.keep(text, pattern);
  return pattern;
}

/** Whether all of `s` matches. */
export function matchesAll(sh: Shell, pattern: string, s: string): MaybePromise<boolean> {
  return inSteps((function* (): Steps<boolean> {
    const pause = pauses(sh);
    return yield* matching(yield* compiled(sh.shared.patterns, pattern, pause), s, pause);
  })());
}

function* matching(pattern: Pattern, s: string, pause: Pause): Steps<boolean> {
  const p = pattern.pieces;
  const n = p.length - 1;
  if (n === 0 || !p[0].matchesAt(s, 0)) return pattern.matches(s);
  const end = s.length - p[n].length;
  if (!p[n].matchesAt(s, end)) return false;
  const at = yield* between(p, s, p[0].length, pause);
  return at >= 0 && at <= end;
}

/** Where the search for the last piece begins, when those between first and last are found. */
function* between(p: readonly Piece[], s: string, from: number, pause: Pause): Steps<number> {
  let at = from;
  for (let i = 1; i < p.length - 1; i++) {
    const found = yield* first(p[i], s, at, pause);
    if (found < 0) return -1;
    at = found + p[i].length;
    const turn = pause(1 << STEP_SHIFT);
    if (turn !== undefined) yield turn;
  }
  return at;
}

/** End of the shortest or longest match that starts at `start`, or -1. */
export function* endOfMatch(
  pattern: Pattern,
  s: string,
  start: number,
  longest: boolean,
  pause: Pause,
): Steps<number> {
  const p = pattern.pieces;
  const n = p.length - 1;
  if (!p[0].matchesAt(s, start)) return -1;
  if (n === 0) return start + p[0].length;
  const at = yield* between(p, s, start + p[0].length, pause);
  if (at < 0) return -1;
  const found = longest ? yield* last(p[n], s, s.length, pause) : yield* first(p[n], s, at, pause);
  return found < at ? -1 : found + p[n].length;
}

/** Start of the shortest or longest match that ends at the end of `s`, or -1. */
export function* startOfMatch(
  pattern: Pattern,
  s: string,
  longest: boolean,
  pause: Pause,
): Steps<number> {
  const p = pattern.pieces;
  const n = p.length - 1;
  let end = s.length - p[n].length;
  if (!p[n].matchesAt(s, end)) return -1;
  if (n === 0) return end;
  for (let i = n - 1; i > 0; i--) {
    const found = yield* last(p[i], s, end, pause);
    if (found < 0) return -1;
    end = found;
    const turn = pause(1 << STEP_SHIFT);
    if (turn !== undefined) yield turn;
  }
  const found = longest ? yield* first(p[0], s, 0, pause) : yield* last(p[0], s, end, pause);
  return found < 0 || found + p[0].length > end ? -1 : found;
}

/** The leftmost match at or after `from`, as long as it can be; its end goes to `lastEnd`. */
export function* find(pattern: Pattern, s: string, from: number, pause: Pause): Steps<number> {
  const start = yield* first(pattern.pieces[0], s, from, pause);
  if (start < 0) return -1;
  const end = yield* endOfMatch(pattern, s, start, true, pause);
  pattern.lastEnd = end;
  return end < 0 ? -1 : start;
}

/** As {@link find}, but looks only so far ahead; -2 when there may be a match behind that. */
export function findNear(pattern: Pattern, s: string, from: number): number {
  const [piece] = pattern.pieces;
  if (pattern.pieces.length > 1 || piece.length > NEAR) return -2;
  const found = piece.first(s.slice(from, from + NEAR + piece.length), 0);
  if (found < 0) return -2;
  pattern.lastEnd = from + found + piece.length;
  return from + found;
}

/** First place of a piece at or after `from`, or -1. */
function* first(piece: Piece, s: string, from: number, pause: Pause): Steps<number> {
  if (piece.text === "") return from;
  const end = s.length - piece.length;
  if (piece.text !== undefined && piece.length > NEAR) {
    return yield* firstLong(piece, s, from, pause);
  }
  const stretch = placesAtOnce(piece);
  for (let at = from; at <= end; at += stretch) {
    // What is looked through is cut off behind the last place of this stretch.
    const part = s.slice(at, Math.min(end, at + stretch - 1) + piece.length);
    const found = piece.first(part, 0);
    if (found >= 0) return at + found;
    const turn = pause(STRETCH);
    if (turn !== undefined) yield turn;
  }
  return -1;
}

/** Last place of a piece that ends at or before `end`, or -1. */
function* last(piece: Piece, s: string, end: number, pause: Pause): Steps<number> {
  if (end < piece.length) return -1;
  if (piece.text === "") return end;
  if (piece.text !== undefined && piece.length > NEAR) return yield* lastLong(piece, s, end, pause);
  const stretch = placesAtOnce(piece);
  for (let at = end - piece.length; at >= 0; at -= stretch) {
    const from = Math.max(0, at - stretch + 1);
    const found = piece.last(s.slice(from, at + piece.length), at + piece.length - from);
    if (found >= 0) return from + found;
    const turn = pause(STRETCH);
    if (turn !== undefined) yield turn;
  }
  return -1;
}

/** At so many places a piece can be tried at once, even if each time its end tells that it does not fit. */
function placesAtOnce(piece: Piece): number {
  const worst = piece.text === undefined ? piece.length : piece.length >> 4;
  return Math.max(1, Math.ceil(STRETCH / Math.max(1, worst >> 3)));
}

/**
 * For each beginning of a piece, how long the beginning is that also ends it (Knuth, Morris, Pratt): so
 * even a long piece is found in as many steps as it and the text have characters.
 */
const borders = new WeakMap<Piece, { forward?: Int32Array; backward?: Int32Array }>();

/** @param step 1 to read from the front, -1 from the back. */
function* bordersOf(piece: Piece, step: 1 | -1, pause: Pause): Steps<Int32Array> {
  let both = borders.get(piece);
  if (both === undefined) borders.set(piece, both = {});
  const key = step === 1 ? "forward" : "backward";
  const known = both[key];
  if (known !== undefined) return known;
  const text = piece.text!;
  const base = step === 1 ? 0 : text.length - 1;
  const table = new Int32Array(text.length);
  for (let i = 1, k = 0; i < text.length; i++) {
    const c = text.charCodeAt(base + step * i);
    while (k > 0 && c !== text.charCodeAt(base + step * k)) k = table[k - 1];
    if (c === text.charCodeAt(base + step * k)) k++;
    table[i] = k;
    if ((i & (SOME - 1)) !== 0) continue;
    const turn = pause(SOME);
    if (turn !== undefined) yield turn;
  }
  return both[key] = table;
}

function* firstLong(piece: Piece, s: string, from: number, pause: Pause): Steps<number> {
  if (piece.length > s.length - from) return -1;
  const text = piece.text!;
  const table = yield* bordersOf(piece, 1, pause);
  for (let i = from, k = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    while (k > 0 && c !== text.charCodeAt(k)) k = table[k - 1];
    if (c === text.charCodeAt(k)) k++;
    if (k === text.length) return i - k + 1;
    if ((i & (SOME - 1)) !== 0) continue;
    const turn = pause(SOME);
    if (turn !== undefined) yield turn;
  }
  return -1;
}

function* lastLong(piece: Piece, s: string, end: number, pause: Pause): Steps<number> {
  const text = piece.text!;
  const top = text.length - 1;
  const table = yield* bordersOf(piece, -1, pause);
  for (let i = end - 1, k = 0; i >= 0; i--) {
    const c = s.charCodeAt(i);
    while (k > 0 && c !== text.charCodeAt(top - k)) k = table[k - 1];
    if (c === text.charCodeAt(top - k)) k++;
    if (k === text.length) return i;
    if ((i & (SOME - 1)) !== 0) continue;
    const turn = pause(SOME);
    if (turn !== undefined) yield turn;
  }
  return -1;
}
