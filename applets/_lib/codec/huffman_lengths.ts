/**
 * Lengths of a Huffman code from frequencies, with a ceiling, for the deflate and bzip2 encoders.
 * Source: Moffat and Katajainen, "In-place calculation of minimum-redundancy codes" (1995).
 * @module
 */

/**
 * Sets `lengths[i]` for each of the `count` frequencies (0 stays 0), none above `ceiling`. A single used
 * symbol gets length 1. Returns the highest used symbol, or -1.
 */
export function huffmanLengths(
  frequencies: Uint32Array | Int32Array,
  count: number,
  ceiling: number,
  lengths: Uint8Array,
): number {
  const keys = new Float64Array(count);
  let used = 0;
  let highest = -1;
  for (let i = 0; i < count; i++) {
    lengths[i] = 0;
    if (frequencies[i] !== 0) {
      keys[used++] = frequencies[i] * 1024 + i;
      highest = i;
    }
  }
  if (used <= 1) {
    if (used === 1) lengths[highest] = 1;
    return highest;
  }
  const sorted = keys.subarray(0, used).sort();
  const a = new Float64Array(used);
  const symbols = new Uint16Array(used);
  for (let i = 0; i < used; i++) {
    symbols[i] = sorted[i] % 1024;
    a[i] = Math.floor(sorted[i] / 1024);
  }
  // First pass, left to right: make the tree, leaving parent indexes behind.
  a[0] += a[1];
  let root = 0;
  let leaf = 2;
  for (let next = 1; next < used - 1; next++) {
    if (leaf >= used || a[root] < a[leaf]) {
      a[next] = a[root];
      a[root++] = next;
    } else {
      a[next] = a[leaf++];
    }
    if (leaf >= used || (root < next && a[root] < a[leaf])) {
      a[next] += a[root];
      a[root++] = next;
    } else {
      a[next] += a[leaf++];
    }
  }
  // Second pass, right to left: depths of the inner nodes.
  a[used - 2] = 0;
  for (let next = used - 3; next >= 0; next--) a[next] = a[a[next]] + 1;
  // Third pass: how many leaves stand at each depth; what is too deep is counted at the ceiling.
  const atDepth = new Int32Array(ceiling + 1);
  let available = 1;
  let inner = 0;
  let depth = 0;
  root = used - 2;
  let left = used;
  while (available > 0) {
    while (root >= 0 && a[root] === depth) {
      inner++;
      root--;
    }
    const leaves = available - inner;
    atDepth[Math.min(depth, ceiling)] += leaves;
    left -= leaves;
    available = 2 * inner;
    depth++;
    inner = 0;
  }
  // Cutting codes short over-fills the code space: lengthen others until it fits again.
  let space = 0;
  for (let i = 1; i <= ceiling; i++) space += atDepth[i] * 2 ** (ceiling - i);
  while (space > 2 ** ceiling) {
    let from = ceiling - 1;
    while (atDepth[from] === 0) from--;
    // One leaf of `from` becomes an inner node that holds it and one leaf taken from the ceiling.
    atDepth[from]--;
    atDepth[from + 1] += 2;
    atDepth[ceiling]--;
    space--;
  }
  let at = 0;
  for (let length = ceiling; length > 0; length--) {
    for (let i = atDepth[length]; i > 0; i--) lengths[symbols[at++]] = length;
  }
  return highest;
}

/** Canonical codes for lengths, most significant bit first: shorter codes first, then by symbol. */
export function canonicalCodes(lengths: Uint8Array, count: number, codes: Uint32Array): void {
  const atLength = new Int32Array(33);
  for (let i = 0; i < count; i++) atLength[lengths[i]]++;
  atLength[0] = 0;
  const next = new Int32Array(33);
  for (let n = 1; n < 33; n++) next[n] = (next[n - 1] + atLength[n - 1]) << 1;
  for (let i = 0; i < count; i++) if (lengths[i] !== 0) codes[i] = next[lengths[i]]++;
}
