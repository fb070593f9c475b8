/**
 * Suffix arrays in linear time by induced sorting. Source: Nong, Zhang and Chan, "Two efficient algorithms for
 * linear time suffix array construction" (2011).
 * @module
 */

/** Places that are looked at in one stretch: a few milliseconds. */
const STRETCH = 1 << 16;

/** Does work on `count` things in stretches. */
export function* inStretches(
  count: number,
  work: (from: number, to: number) => void,
): Generator<void> {
  for (let from = 0; from < count; from += STRETCH) {
    work(from, Math.min(count, from + STRETCH));
    yield;
  }
}

/**
 * Sorts the suffixes of `text`, whose symbols are below `symbols`, into `sa` (as long as the text). A suffix that
 * is the beginning of another comes before it. Comes back to its caller after each stretch of the work.
 */
export function* suffixArray(
  text: Uint8Array | Int32Array,
  symbols: number,
  sa: Int32Array,
): Generator<void> {
  const n = text.length;
  if (n === 0) return;
  if (n === 1) {
    sa[0] = 0;
    return;
  }
  // Type S (1): smaller than the suffix after it. Type L (0): larger.
  const types = new Uint8Array(n);
  const startOfL = new Int32Array(symbols + 1);
  const startOfS = new Int32Array(symbols + 1);
  for (let i = n - 2, next = text[n - 1], type = 0; i >= 0; i--) {
    const c = text[i];
    if (c !== next) type = c < next ? 1 : 0;
    types[i] = type;
    next = c;
  }
  yield;
  for (let i = 0; i < n; i++) {
    if (types[i] === 0) startOfS[text[i]]++;
    else startOfL[text[i] + 1]++;
  }
  yield;
  for (let c = 0; c < symbols; c++) {
    startOfS[c] += startOfL[c];
    startOfL[c + 1] += startOfS[c];
  }
  const bucket = new Int32Array(symbols + 1);

  const induceL = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const at = sa[i] - 1;
      if (at >= 0 && types[at] === 0) sa[bucket[text[at]]++] = at;
    }
  };
  /** From the end: the first place is the last one of `sa`. */
  const induceS = (from: number, to: number): void => {
    for (let i = n - 1 - from, end = n - 1 - to; i > end; i--) {
      const at = sa[i] - 1;
      if (at >= 0 && types[at] === 1) sa[--bucket[text[at] + 1]] = at;
    }
  };
  function* induce(leftmost: Int32Array): Generator<void> {
    sa.fill(-1);
    bucket.set(startOfS);
    yield* inStretches(leftmost.length, (from, to) => {
      for (let i = from; i < to; i++) sa[bucket[text[leftmost[i]]]++] = leftmost[i];
    });
    bucket.set(startOfL);
    sa[bucket[text[n - 1]]++] = n - 1;
    yield* inStretches(n, induceL);
    bucket.set(startOfL);
    yield* inStretches(n, induceS);
  }

  // Leftmost S suffixes: an S after an L.
  const rankOf = new Int32Array(n).fill(-1);
  let count = 0;
  for (let i = 1; i < n; i++) if (types[i - 1] === 0 && types[i] === 1) rankOf[i] = count++;
  const leftmost = new Int32Array(count);
  for (let i = 1, k = 0; i < n; i++) if (rankOf[i] >= 0) leftmost[k++] = i;
  yield;
  yield* induce(leftmost);
  if (count === 0) return;

  // Name the pieces between them in their order; if two are equal, the names are sorted first.
  const sorted = new Int32Array(count);
  for (let i = 0, k = 0; i < n; i++) if (rankOf[sa[i]] >= 0) sorted[k++] = sa[i];
  yield;
  const names = new Int32Array(count);
  let name = 0;
  const compare = (from: number, to: number): void => {
    for (let i = Math.max(1, from); i < to; i++) nameNext(i);
  };
  const nameNext = (i: number): void => {
    let left = sorted[i - 1];
    let right = sorted[i];
    const leftRank = rankOf[left];
    const rightRank = rankOf[right];
    const leftEnd = leftRank + 1 < count ? leftmost[leftRank + 1] : n;
    const rightEnd = rightRank + 1 < count ? leftmost[rightRank + 1] : n;
    let same = leftEnd - left === rightEnd - right;
    if (same) {
      while (left < leftEnd && text[left] === text[right]) {
        left++;
        right++;
      }
      same = left !== n && right !== n && text[left] === text[right];
    }
    if (!same) name++;
    names[rightRank] = name;
  };
  yield* inStretches(count, compare);
  if (name + 1 < count) {
    const order = new Int32Array(count);
    yield* suffixArray(names, name + 1, order);
    for (let i = 0; i < count; i++) sorted[i] = leftmost[order[i]];
    yield;
  }
  yield* induce(sorted);
}

/** Where the least of all rotations begins; a text and its rotations have the same sorted rotations. */
export function leastRotation(text: Uint8Array): number {
  const n = text.length;
  let i = 0;
  let j = 1;
  let k = 0;
  while (i < n && j < n && k < n) {
    let a = i + k;
    let b = j + k;
    if (a >= n) a -= n;
    if (b >= n) b -= n;
    const difference = text[a] - text[b];
    if (difference === 0) {
      k++;
      continue;
    }
    if (difference > 0) i += k + 1;
    else j += k + 1;
    if (i === j) j++;
    k = 0;
  }
  return Math.min(i, j);
}
