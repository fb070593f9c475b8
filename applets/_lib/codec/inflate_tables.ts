/**
 * Huffman tables for inflate: one primary table indexed by the next bits, and sub-tables behind it for
 * the rare longer codes. Source: RFC 1951.
 *
 * An entry is one number. Negative: a literal, its byte in bits 8–15. Otherwise bits 16–30 hold the base
 * of a length or distance, bits 4–7 the count of its extra bits, bits 8–10 the flags below. Bits 0–3
 * are always the length of the code, except in a link to a sub-table, where bits 4–7 are the sub-table's width.
 * @module
 */

/** Entry flag: go to the sub-table at the entry's base. */
export const SUBTABLE = 0x100;
/** Entry flag: end of block. */
export const END_OF_BLOCK = 0x200;
/** Entry flag: no symbol has this code. */
export const INVALID = 0x400;

/** Width of the primary table of literals and lengths. */
export const LITERAL_BITS = 11;
/** Width of the primary table of distances. */
export const DISTANCE_BITS = 9;
/** Width of the table of code lengths; no sub-tables, codes have at most 7 bits. */
export const CODE_LENGTH_BITS = 7;

// Every sub-table holds at least two codes: at most 144 of 16 entries for 288 literals and lengths, and
// at most 16 of 64 entries for 32 distances.
/** Room for a table of literals and lengths. */
export const LITERAL_ROOM: number = 2048 + 144 * 16;
/** Room for a table of distances. */
export const DISTANCE_ROOM: number = 512 + 16 * 64;

const LENGTH_BASE = [
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31],
  ...[35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258],
];
const LENGTH_EXTRA = [
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
  ...[3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
];

function makeLiteralSymbols(): Int32Array {
  const symbols = new Int32Array(288).fill(INVALID);
  for (let i = 0; i < 256; i++) symbols[i] = 0x80000000 | i << 8;
  symbols[256] = END_OF_BLOCK;
  for (let i = 0; i < 29; i++) symbols[257 + i] = LENGTH_BASE[i] << 16 | LENGTH_EXTRA[i] << 4;
  return symbols;
}

function makeDistanceSymbols(): Int32Array {
  const symbols = new Int32Array(32).fill(INVALID);
  let base = 1;
  for (let i = 0; i < 30; i++) {
    const extra = i < 4 ? 0 : (i >> 1) - 1;
    symbols[i] = base << 16 | extra << 4;
    base += 1 << extra;
  }
  return symbols;
}

function makeCodeLengthSymbols(): Int32Array {
  return Int32Array.from({ length: 19 }, (_, i) => i << 16);
}

/** What each literal or length symbol becomes in a table. */
export const LITERAL_SYMBOLS: Int32Array = makeLiteralSymbols();
/** What each distance symbol becomes in a table. */
export const DISTANCE_SYMBOLS: Int32Array = makeDistanceSymbols();
/** What each code-length symbol becomes in a table. */
export const CODE_LENGTH_SYMBOLS: Int32Array = makeCodeLengthSymbols();

const counts = new Int32Array(16);
const nextCode = new Int32Array(16);

/** Reverses the low `length` bits of a code: deflate packs codes with their first bit lowest. */
export function reverseBits(code: number, length: number): number {
  let r = 0;
  for (let i = 0; i < length; i++) {
    r = r << 1 | code & 1;
    code >>= 1;
  }
  return r;
}

/**
 * Builds the table for `count` code lengths. Returns false for an over-subscribed code, and for an
 * incomplete one unless it has at most one code of one bit (RFC 1951 3.2.7 allows that for distances).
 */
export function buildTable(
  table: Int32Array,
  width: number,
  lengths: Uint8Array,
  count: number,
  symbols: Int32Array,
): boolean {
  counts.fill(0);
  for (let i = 0; i < count; i++) counts[lengths[i]]++;
  const used = count - counts[0];
  counts[0] = 0;
  let left = 1;
  let longest = 0;
  let code = 0;
  for (let n = 1; n < 16; n++) {
    left = (left << 1) - counts[n];
    if (left < 0) return false;
    code = (code + counts[n - 1]) << 1;
    nextCode[n] = code;
    if (counts[n] !== 0) longest = n;
  }
  const primary = 1 << width;
  if (left > 0) {
    if (used > 1 || longest > 1) return false;
    table.fill(INVALID | 1, 0, primary);
  }
  let free = primary;
  // Sub-tables are laid out in the order in which their codes come; each is as wide as its longest code needs.
  if (longest > width) table.fill(0, 0, primary);
  for (let i = 0; i < count; i++) {
    const length = lengths[i];
    if (length === 0) continue;
    const reversed = reverseBits(nextCode[length]++, length);
    const entry = symbols[i] | length;
    if (length <= width) {
      for (let at = reversed; at < primary; at += 1 << length) table[at] = entry;
      continue;
    }
    const low = reversed & (primary - 1);
    let link = table[low];
    if (link === 0) {
      const bits = longest - width;
      link = free << 16 | SUBTABLE | bits << 4;
      table[low] = link;
      free += 1 << bits;
    }
    const start = link >> 16;
    const size = 1 << (link >> 4 & 15);
    for (let at = reversed >> width; at < size; at += 1 << (length - width)) {
      table[start + at] = entry;
    }
  }
  return true;
}
