/**
 * LZO1X blocks. Source: the stream format as the Linux kernel documents it (Documentation/staging/lzo.rst);
 * the search of the compressor is our own.
 * @module
 */

const HASH_BITS = 14;
const NEAR = 0x800;
const MIDDLE = 0x4000;
const FAR = 0xbfff;

/** The most bytes that `count` bytes can become. */
export function lzoWorstSize(count: number): number {
  return count + (count >> 4) + 64 + 3;
}

/**
 * Decompresses `source` into `target`, which it must fill exactly. False if the data make no sense.
 */
export function lzoDecompress(source: Uint8Array, target: Uint8Array): boolean {
  const inEnd = source.length;
  const outEnd = target.length;
  let ip = 0;
  let op = 0;
  // How many literals came with the last instruction: 0–3, or 4 after a run of them.
  let state = 0;
  if (inEnd === 0) return false;
  if (source[0] > 17) {
    let count = source[ip++] - 17;
    if (ip + count > inEnd || op + count > outEnd) return false;
    state = count < 4 ? count : 4;
    while (count-- > 0) target[op++] = source[ip++];
  }
  while (ip < inEnd) {
    const t = source[ip++];
    let length: number;
    let distance: number;
    let trailing: number;
    if (t >= 64) {
      if (ip >= inEnd) return false;
      length = (t >> 5) + 1;
      distance = (source[ip++] << 3) + (t >> 2 & 7) + 1;
      trailing = t & 3;
    } else if (t >= 16) {
      const mask = t >= 32 ? 31 : 7;
      length = t & mask;
      if (length === 0) {
        while (ip < inEnd && source[ip] === 0) {
          length += 255;
          ip++;
          if (length > outEnd) return false;
        }
        if (ip >= inEnd) return false;
        length += mask + source[ip++];
      }
      length += 2;
      if (ip + 2 > inEnd) return false;
      const word = source[ip] | source[ip + 1] << 8;
      ip += 2;
      trailing = word & 3;
      if (t >= 32) {
        distance = (word >> 2) + 1;
      } else {
        distance = MIDDLE + ((t & 8) << 11) + (word >> 2);
        if (distance === MIDDLE) return ip === inEnd && op === outEnd && length === 3;
      }
    } else if (state === 0) {
      let count = t;
      if (count === 0) {
        while (ip < inEnd && source[ip] === 0) {
          count += 255;
          ip++;
          if (count > outEnd) return false;
        }
        if (ip >= inEnd) return false;
        count += 15 + source[ip++];
      }
      count += 3;
      if (ip + count > inEnd || op + count > outEnd) return false;
      if (count > 32) {
        target.set(source.subarray(ip, ip + count), op);
        ip += count;
        op += count;
      } else {
        while (count-- > 0) target[op++] = source[ip++];
      }
      state = 4;
      continue;
    } else {
      if (ip >= inEnd) return false;
      length = state === 4 ? 3 : 2;
      distance = (source[ip++] << 2) + (t >> 2) + (state === 4 ? NEAR + 1 : 1);
      trailing = t & 3;
    }
    let from = op - distance;
    if (from < 0 || op + length > outEnd || ip + trailing > inEnd) return false;
    if (length > 40 && distance >= length) {
      target.copyWithin(op, from, from + length);
      op += length;
    } else {
      while (length-- > 0) target[op++] = target[from++];
    }
    if (op + trailing > outEnd) return false;
    state = trailing;
    while (trailing-- > 0) target[op++] = source[ip++];
  }
  return false;
}

/** A compressor with its table, for any number of blocks. */
export class LzoCompressor {
  readonly #table = new Int32Array(1 << HASH_BITS);

  /** Compresses `source` into `target`, which has room for `lzoWorstSize`. Gives the size. */
  compress(source: Uint8Array, target: Uint8Array): number {
    const table = this.#table.fill(-1);
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    const end = source.length;
    const last = end - 20;
    let op = 0;
    let literals = 0;
    let ip = 0;
    // Data that do not match are passed faster and faster.
    let misses = 0;
    while (ip < last) {
      const word = view.getInt32(ip, true);
      const slot = Math.imul(word, 0x1824429d) >>> (32 - HASH_BITS);
      let from = table[slot];
      table[slot] = ip;
      let distance = ip - from;
      if (from < 0 || distance > FAR || view.getInt32(from, true) !== word) {
        ip += 1 + (misses++ >> 5);
        continue;
      }
      misses = 0;
      while (ip > literals && from > 0 && source[ip - 1] === source[from - 1]) {
        ip--;
        from--;
      }
      let length = 4;
      while (
        ip + length + 4 <= end &&
        view.getInt32(ip + length, true) === view.getInt32(from + length, true)
      ) length += 4;
      while (ip + length < end && source[ip + length] === source[from + length]) length++;
      op = putLiterals(source, literals, ip, target, op);
      ip += length;
      literals = ip;
      if (length <= 8 && distance <= NEAR) {
        distance--;
        target[op++] = (length - 1) << 5 | (distance & 7) << 2;
        target[op++] = distance >> 3;
        continue;
      }
      if (distance <= MIDDLE) {
        distance--;
        op = putLength(length - 2, 31, 32, target, op);
      } else {
        distance -= MIDDLE;
        op = putLength(length - 2, 7, 16 | distance >> 11 & 8, target, op);
      }
      target[op++] = distance << 2;
      target[op++] = distance >> 6;
    }
    op = putLiterals(source, literals, end, target, op);
    target[op++] = 17;
    target[op++] = 0;
    target[op++] = 0;
    return op;
  }
}

/** Writes an instruction with a length that may need more bytes. */
function putLength(
  length: number,
  most: number,
  instruction: number,
  target: Uint8Array,
  op: number,
): number {
  if (length <= most) {
    target[op++] = instruction | length;
    return op;
  }
  target[op++] = instruction;
  length -= most;
  for (; length > 255; length -= 255) target[op++] = 0;
  target[op++] = length;
  return op;
}

function putLiterals(
  source: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  op: number,
): number {
  const count = to - from;
  if (count === 0) return op;
  if (op === 0 && count <= 238) {
    target[op++] = 17 + count;
  } else if (count <= 3) {
    // The two low bits of the last instruction but one byte are kept for this.
    target[op - 2] |= count;
  } else {
    op = putLength(count - 3, 15, 0, target, op);
  }
  if (count > 32) target.set(source.subarray(from, to), op);
  else for (let i = 0; i < count; i++) target[op + i] = source[from + i];
  return op + count;
}
