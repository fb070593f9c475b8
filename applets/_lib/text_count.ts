/**
 * Counting lines, words, characters and the longest line of a stream.
 *
 * @module
 */

import { scanBytes, WORTH_SCANNING } from "./byte_scan.ts";

/** Figures by the option letters of `wc`. */
export interface Counts {
  l: number;
  w: number;
  /** Characters under UTF-8. */
  m: number;
  c: number;
  L: number;
}

/** All zero. */
export function newCounts(): Counts {
  return { l: 0, w: 0, m: 0, c: 0, L: 0 };
}

/** Adds one file's figures to a total. */
export function addCounts(total: Counts, more: Counts): void {
  total.l += more.l;
  total.w += more.w;
  total.m += more.m;
  total.c += more.c;
  total.L = Math.max(total.L, more.L);
}

/** Counts what is asked for and nothing else. */
export class Counter {
  readonly #counts = newCounts();
  readonly #needLines: boolean;
  readonly #needWords: boolean;
  readonly #needChars: boolean;
  readonly #needLength: boolean;
  #inWord = 0;
  #column = 0;

  /** @param columns Option letters. @param utf8 Whether `m` counts characters. */
  constructor(columns: readonly string[], utf8: boolean) {
    this.#needLines = columns.includes("l");
    this.#needWords = columns.includes("w");
    this.#needChars = utf8 && columns.includes("m");
    this.#needLength = columns.includes("L");
  }

  /** Counts a chunk. */
  add(chunk: Uint8Array): void {
    const counts = this.#counts;
    counts.c += chunk.length;
    if (this.#needWords) this.#words(chunk);
    else if (this.#needLines) counts.l += countNewlines(chunk);
    if (this.#needChars) counts.m += countCharacters(chunk);
    if (this.#needLength) this.#lengths(chunk);
  }

  /** The figures, once all chunks were given. */
  finish(): Counts {
    this.#endLine();
    if (this.#needWords) this.#counts.w += this.#inWord;
    return this.#counts;
  }

  #endLine(): void {
    if (this.#column > this.#counts.L) this.#counts.L = this.#column;
    this.#column = 0;
  }

  // A word holds at least one printable byte; what is neither printable nor space does not end it.
  #words(chunk: Uint8Array): void {
    let lines = 0;
    let words = 0;
    let inWord = this.#inWord;
    let i = 0;
    if (chunk.length >= WORTH_SCANNING) {
      const scan = scanBytes(chunk, 0, chunk.length, inWord === 1);
      ({ lines, words, length: i } = scan);
      inWord = scan.inWord ? 1 : 0;
    }
    for (; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte > 32) {
        if (byte < 127) inWord = 1;
      } else if (byte === 32 || (byte >= 9 && byte <= 13)) {
        words += inWord;
        inWord = 0;
        if (byte === 10) lines++;
      }
    }
    this.#counts.l += lines;
    this.#counts.w += words;
    this.#inWord = inWord;
  }

  #lengths(chunk: Uint8Array): void {
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte >= 32) {
        if (byte < 127) this.#column++;
      } else if (byte === 9) this.#column = (this.#column | 7) + 1;
      else if (byte === 10 || byte === 12 || byte === 13) this.#endLine();
    }
  }
}

/** Newlines of a chunk. */
export function countNewlines(chunk: Uint8Array): number {
  let lines = 0;
  let i = 0;
  if (chunk.length >= WORTH_SCANNING) {
    ({ lines, length: i } = scanBytes(chunk, 0, chunk.length, false));
  }
  for (; i < chunk.length; i++) if (chunk[i] === 10) lines++;
  return lines;
}

/** Bytes that are no continuation of a UTF-8 sequence. */
function countCharacters(chunk: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < chunk.length; i++) if ((chunk[i] & 0xc0) !== 0x80) count++;
  return count;
}
