/**
 * CRC-32: the reflected one of gzip, zip, xz and lzop (polynomial 0xEDB88320), and the big-endian one of
 * bzip2 and POSIX cksum (polynomial 0x04C11DB7). Sixteen bytes a round with sixteen tables.
 * @module
 */

function reflectedTables(): Int32Array {
  const t = new Int32Array(16 * 256);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (-(c & 1) & 0xedb88320);
    t[i] = c;
  }
  for (let i = 256; i < 16 * 256; i++) t[i] = (t[i - 256] >>> 8) ^ t[t[i - 256] & 255];
  return t;
}

function forwardTables(): Int32Array {
  const t = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let c = i << 24;
    for (let k = 0; k < 8; k++) c = (c << 1) ^ ((c >> 31) & 0x04c11db7);
    t[i] = c;
  }
  for (let i = 256; i < 8 * 256; i++) t[i] = (t[i - 256] << 8) ^ t[t[i - 256] >>> 24];
  return t;
}

// The tables are made on first use, so that loading an applet that may need them costs nothing.
let reflected: Int32Array | undefined;
let forward: Int32Array | undefined;

/**
 * Continues the reflected CRC-32 over `buf[from, to)`. `crc` is the finished value so far (0 at first),
 * and so is the result: no final xor is left to the caller. Unsigned.
 */
export function crc32(crc: number, buf: Uint8Array, from = 0, to: number = buf.length): number {
  const t = reflected ??= reflectedTables();
  let c = ~crc;
  let p = from;
  const last = to - 16;
  if (p <= last) {
    const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    for (; p <= last; p += 16) {
      const a = c ^ view.getInt32(p, true);
      const b = view.getInt32(p + 4, true);
      const d = view.getInt32(p + 8, true);
      const e = view.getInt32(p + 12, true);
      c = t[0xf00 | a & 255] ^ t[0xe00 | a >>> 8 & 255] ^ t[0xd00 | a >>> 16 & 255] ^
        t[0xc00 | a >>> 24] ^ t[0xb00 | b & 255] ^ t[0xa00 | b >>> 8 & 255] ^
        t[0x900 | b >>> 16 & 255] ^ t[0x800 | b >>> 24] ^ t[0x700 | d & 255] ^
        t[0x600 | d >>> 8 & 255] ^ t[0x500 | d >>> 16 & 255] ^ t[0x400 | d >>> 24] ^
        t[0x300 | e & 255] ^ t[0x200 | e >>> 8 & 255] ^ t[0x100 | e >>> 16 & 255] ^ t[e >>> 24];
    }
  }
  for (; p < to; p++) c = t[(c ^ buf[p]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

/**
 * Continues the big-endian CRC-32 over `buf[from, to)` on the raw register: bzip2 starts it at ~0 and
 * inverts it at the end, cksum starts at 0. Signed register in and out.
 */
export function crc32be(crc: number, buf: Uint8Array, from = 0, to: number = buf.length): number {
  const t = forward ??= forwardTables();
  let c = crc | 0;
  let p = from;
  const last = to - 8;
  if (p <= last) {
    const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    for (; p <= last; p += 8) {
      const a = c ^ view.getInt32(p);
      const b = view.getInt32(p + 4);
      c = t[0x700 | a >>> 24] ^ t[0x600 | a >>> 16 & 255] ^ t[0x500 | a >>> 8 & 255] ^
        t[0x400 | a & 255] ^ t[0x300 | b >>> 24] ^ t[0x200 | b >>> 16 & 255] ^
        t[0x100 | b >>> 8 & 255] ^ t[b & 255];
    }
  }
  for (; p < to; p++) c = t[(c >>> 24) ^ buf[p]] ^ (c << 8);
  return c;
}
