/**
 * CRC-64 of xz (ECMA-182, reflected), as two 32-bit halves.
 * @module
 */

import type { Hash } from "./hash.ts";

/** Tables for four bytes a round: low and high halves by turns. */
let tables: Int32Array | undefined;

function makeTables(): Int32Array {
  const t = new Int32Array(4 * 512);
  for (let i = 0; i < 256; i++) {
    let low = i;
    let high = 0;
    for (let k = 0; k < 8; k++) {
      const odd = -(low & 1);
      low = (low >>> 1 | high << 31) ^ (odd & 0xd7870f42);
      high = (high >>> 1) ^ (odd & 0xc96c5795);
    }
    t[i << 1] = low;
    t[i << 1 | 1] = high;
  }
  for (let i = 512; i < 4 * 512; i += 2) {
    const low = t[i - 512];
    const high = t[i - 511];
    const index = (low & 255) << 1;
    t[i] = (low >>> 8 | high << 24) ^ t[index];
    t[i + 1] = (high >>> 8) ^ t[index + 1];
  }
  return t;
}

/** A running CRC-64. */
export class Crc64 implements Hash {
  #low = -1;
  #high = -1;

  /** See Hash. */
  update(chunk: Uint8Array): void {
    const t = tables ??= makeTables();
    let low = this.#low;
    let high = this.#high;
    let p = 0;
    const last = chunk.length - 4;
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (; p <= last; p += 4) {
      const a = low ^ view.getInt32(p, true);
      const i = 1536 + ((a & 255) << 1);
      const j = 1024 + ((a >>> 8 & 255) << 1);
      const k = 512 + ((a >>> 16 & 255) << 1);
      const m = a >>> 24 << 1;
      low = high ^ t[i] ^ t[j] ^ t[k] ^ t[m];
      high = t[i + 1] ^ t[j + 1] ^ t[k + 1] ^ t[m + 1];
    }
    for (; p < chunk.length; p++) {
      const i = ((low ^ chunk[p]) & 255) << 1;
      low = (low >>> 8 | high << 24) ^ t[i];
      high = (high >>> 8) ^ t[i + 1];
    }
    this.#low = low;
    this.#high = high;
  }

  /** The eight bytes as xz stores them, lowest first. */
  digest(): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, ~this.#low, true);
    view.setInt32(4, ~this.#high, true);
    return bytes;
  }
}
