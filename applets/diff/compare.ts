/**
 * Which lines of two files correspond: the algorithm of Hunt and McIlroy (Bell Laboratories, 1976),
 * with the limit on tries that makes `diff` choose as BSD's does.
 *
 * @module
 */
import type { Ticker } from "../_lib/sequence.ts";

/** A change: lines `[fromA, toA)` of the first file became `[fromB, toB)` of the second. */
export interface Change {
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

/** Lines that are looked at before others get their turn. */
export const LINES_A_TURN = 4096;

/** Fewest tries of a line with many equals. */
const TRIES = 256;

/**
 * Finds the changes between two sequences of line numbers, equal numbers being equal lines.
 *
 * @param minimal Try everything (`-d`).
 */
export async function compareLines(
  ticker: Ticker,
  a: Int32Array,
  b: Int32Array,
  minimal: boolean,
): Promise<Change[]> {
  let prefix = 0;
  const shorter = Math.min(a.length, b.length);
  while (prefix < shorter && a[prefix] === b[prefix]) prefix++;
  let suffix = 0;
  while (
    suffix < shorter - prefix && a[a.length - 1 - suffix] === b[b.length - 1 - suffix]
  ) suffix++;
  const endA = a.length - suffix;
  const endB = b.length - suffix;
  const pairs = await correspond(
    ticker,
    a.subarray(prefix, endA),
    b.subarray(prefix, endB),
    minimal,
  );
  const changes: Change[] = [];
  let atA = prefix;
  let atB = prefix;
  const upTo = (x: number, y: number): void => {
    if (x > atA || y > atB) changes.push({ fromA: atA, toA: x, fromB: atB, toB: y });
    atA = x + 1;
    atB = y + 1;
  };
  for (const [x, y] of pairs) upTo(prefix + x, prefix + y);
  upTo(endA, endB);
  return changes;
}

/** Pairs of corresponding lines in order. */
async function correspond(
  ticker: Ticker,
  a: Int32Array,
  b: Int32Array,
  minimal: boolean,
): Promise<[number, number][]> {
  const places = new Map<number, number[]>();
  for (let j = 0; j < b.length; j++) {
    const list = places.get(b[j]);
    if (list === undefined) places.set(b[j], [j]);
    else list.push(j);
    if (j % LINES_A_TURN === 0) {
      const pause = ticker.tick(LINES_A_TURN);
      if (pause !== undefined) await pause;
    }
  }
  const bound = minimal ? Infinity : Math.max(TRIES, Math.floor(Math.sqrt(a.length)));
  // A candidate is a pair of lines and the candidate before it in the longest chain to it.
  const lineA: number[] = [-1];
  const lineB: number[] = [-1];
  const before: number[] = [-1];
  /** For each length, the candidate that ends a chain of it earliest in `b`. */
  const ends: number[] = [0];
  let longest = 0;
  let work = 0;
  for (let i = 0; i < a.length; i++) {
    const list = places.get(a[i]);
    if (++work > 4096) {
      work = 0;
      const pause = ticker.tick(1024);
      if (pause !== undefined) await pause;
    }
    if (list === undefined) continue;
    let oldLength = 0;
    let oldEnd = ends[0];
    let tries = 0;
    for (let k = 0; k < list.length && tries < bound; k++) {
      const y = list[k];
      work++;
      if (y <= lineB[oldEnd]) continue;
      const length = searchLength(ends, lineB, longest, y);
      if (length !== oldLength + 1) oldEnd = ends[length - 1];
      if (length <= longest) {
        if (lineB[ends[length]] <= y) continue;
        const replaced = ends[length];
        ends[length] = lineA.length;
        lineA.push(i);
        lineB.push(y);
        before.push(oldEnd);
        oldEnd = replaced;
        oldLength = length;
        tries++;
      } else {
        ends[length] = lineA.length;
        lineA.push(i);
        lineB.push(y);
        before.push(oldEnd);
        longest++;
        break;
      }
    }
  }
  const pairs: [number, number][] = [];
  for (let at = ends[longest]; at > 0; at = before[at]) pairs.push([lineA[at], lineB[at]]);
  return pairs.reverse();
}

/** The length of chain that a line `y` of `b` would end. */
function searchLength(
  ends: readonly number[],
  lineB: readonly number[],
  longest: number,
  y: number,
): number {
  if (lineB[ends[longest]] < y) return longest + 1;
  let low = 0;
  let high = longest + 1;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    const line = lineB[ends[middle]];
    if (line > y) high = middle;
    else if (line < y) low = middle;
    else return middle;
  }
  return low + 1;
}
