/**
 * The oldest crypt(3): DES (FIPS 46-3), 25 times over, its expansion changed by the salt.
 *
 * @module
 */

const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Tables of FIPS 46-3; bits count from 1. */
const PC1 = [
  [57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3],
  [60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37],
  [29, 21, 13, 5, 28, 20, 12, 4],
].flat();
const PC2 = [
  [14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2],
  [41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32],
].flat();
const SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
const P = [
  [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10],
  [2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25],
].flat();
const BOXES = [
  "e4d12fb83a6c5907" + "0f74e2d1a6cb9538" + "41e8d62bfc973a50" + "fc8249175b3ea06d",
  "f18e6b34972dc05a" + "3d47f28ec01a69b5" + "0e7ba4d158c6932f" + "d8a13f42b67c05e9",
  "a09e63f51dc7b428" + "d709346a285ecbf1" + "d6498f30b12c5ae7" + "1ad069874fe3b52c",
  "7de3069a1285bc4f" + "d8b56f03472c1ae9" + "a690cb7df13e5284" + "3f06a1d8945bc72e",
  "2c417ab6853fd0e9" + "eb2c47d150fa3986" + "421bad78f9c5630e" + "b8c71e2d6f09a453",
  "c1af92680d34e75b" + "af427c9561de0b38" + "9ef528c3704a1db6" + "432c95fabe17608d",
  "4b2ef08d3c975a61" + "d0b7491ae35c2f86" + "14bdc37eaf680592" + "6bd814a7950fe23c",
  "d2846fb1a93e50c7" + "1fd8a374c56b0e92" + "7b419ce206adf358" + "21e74a8dfc90356b",
];

/** The hash of a password; undefined for a salt that is none. */
export function desCrypt(password: Uint8Array, setting: string): string | undefined {
  const first = ALPHABET.indexOf(setting[0] ?? "?");
  const second = ALPHABET.indexOf(setting[1] ?? "?");
  if (first < 0 || second < 0) return undefined;
  const salt = first | second << 6;
  const key: number[] = [];
  for (let i = 0; i < 8; i++) {
    const byte = password[i] ?? 0;
    if (byte === 0) {
      while (key.length < 64) key.push(0);
      break;
    }
    for (let bit = 6; bit >= 0; bit--) key.push(byte >> bit & 1);
    key.push(0);
  }
  const rounds = keySchedule(key);
  let left = new Array<number>(32).fill(0);
  let right = new Array<number>(32).fill(0);
  // The initial and final permutations of successive runs undo each other; the block is all zero.
  for (let run = 0; run < 25; run++) {
    for (const round of rounds) {
      const mixed = feistel(right, round, salt);
      const next = left.map((bit, i) => bit ^ mixed[i]);
      left = right;
      right = next;
    }
    [left, right] = [right, left];
  }
  const block = [...left, ...right];
  const bits: number[] = [];
  // The final permutation: bit 8 of each half's columns in turn.
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 4; column++) {
      bits.push(block[32 + 8 * column + 7 - row], block[8 * column + 7 - row]);
    }
  }
  let text = setting.slice(0, 2);
  bits.push(0, 0);
  for (let i = 0; i < 66; i += 6) {
    let value = 0;
    for (let j = 0; j < 6; j++) value = value << 1 | bits[i + j];
    text += ALPHABET[value];
  }
  return text;
}

function keySchedule(key: readonly number[]): number[][] {
  // PC1 is given in the order of its two halves, C then D.
  const c: number[] = [];
  const d: number[] = [];
  for (let i = 0; i < 28; i++) {
    c.push(key[PC1[i] - 1]);
    d.push(key[PC1[28 + i] - 1]);
  }
  return SHIFTS.map((shift) => {
    c.push(...c.splice(0, shift));
    d.push(...d.splice(0, shift));
    const both = [...c, ...d];
    return PC2.map((bit) => both[bit - 1]);
  });
}

function feistel(half: readonly number[], round: readonly number[], salt: number): number[] {
  const expanded: number[] = [];
  for (let group = 0; group < 8; group++) {
    for (let i = -1; i < 5; i++) expanded.push(half[(group * 4 + i + 32) % 32]);
  }
  // Each bit of the salt exchanges a bit of the first half of the expansion with its partner.
  for (let i = 0; i < 12; i++) {
    if (salt >> i & 1) {
      const bit = expanded[i];
      expanded[i] = expanded[i + 24];
      expanded[i + 24] = bit;
    }
  }
  const substituted: number[] = [];
  for (let box = 0; box < 8; box++) {
    const b = expanded.slice(box * 6, box * 6 + 6).map((bit, i) => bit ^ round[box * 6 + i]);
    const row = b[0] << 1 | b[5];
    const column = b[1] << 3 | b[2] << 2 | b[3] << 1 | b[4];
    const value = parseInt(BOXES[box][row * 16 + column], 16);
    for (let i = 3; i >= 0; i--) substituted.push(value >> i & 1);
  }
  return P.map((bit) => substituted[bit - 1]);
}
