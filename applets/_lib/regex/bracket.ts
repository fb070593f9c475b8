/**
 * Sets of bytes: bracket expressions, character classes, and the backslash classes of GNU.
 *
 * The rules are those of glibc in the C locale, where a byte is a character: collation order is
 * byte order, and an equivalence class or collating symbol names exactly one byte.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import { isWordByte } from "./context.ts";
import { RegexError } from "./error.ts";

/** A set of bytes: 256 entries, 1 for members. */
export type ByteSet = Uint8Array<ArrayBuffer>;

const LONGEST_NAME = 31;

const isUpper = (c: number): boolean => c >= 65 && c <= 90;
const isLower = (c: number): boolean => c >= 97 && c <= 122;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isAlpha = (c: number): boolean => isUpper(c) || isLower(c);
const isSpace = (c: number): boolean => c === 32 || (c >= 9 && c <= 13);

const CLASSES: ReadonlyMap<string, (c: number) => boolean> = new Map([
  ["alnum", (c: number) => isAlpha(c) || isDigit(c)],
  ["alpha", isAlpha],
  ["blank", (c: number) => c === 32 || c === 9],
  ["cntrl", (c: number) => c < 32 || c === 127],
  ["digit", isDigit],
  ["graph", (c: number) => c > 32 && c < 127],
  ["lower", isLower],
  ["print", (c: number) => c >= 32 && c < 127],
  ["punct", (c: number) => c > 32 && c < 127 && !isAlpha(c) && !isDigit(c)],
  ["space", isSpace],
  ["upper", isUpper],
  ["xdigit", (c: number) => isDigit(c) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70)],
]);

/** The upper-case form of a byte in the C locale. */
export function upperByte(c: number): number {
  return isLower(c) ? c - 32 : c;
}

/** The set of the bytes for which the test holds. */
export function setWhere(test: (c: number) => boolean): ByteSet {
  const set = new Uint8Array(256);
  for (let c = 0; c < 256; c++) if (test(c)) set[c] = 1;
  return set;
}

/** The set of one byte; when case is ignored, of all bytes with that upper-case form. */
export function setOfByte(byte: number, icase: boolean): ByteSet {
  const set = new Uint8Array(256);
  if (!icase) set[byte] = 1;
  else for (let c = 0; c < 256; c++) if (upperByte(c) === byte) set[c] = 1;
  return set;
}

/** The set of `\w \W \s \S`, by letter. */
export function backslashClass(letter: string): ByteSet {
  switch (letter) {
    case "w":
      return setWhere(isWordByte);
    case "W":
      return setWhere((c) => !isWordByte(c));
    case "s":
      return setWhere(isSpace);
    default:
      return setWhere((c) => !isSpace(c));
  }
}

const CLOSE = "]";
const BYTE = 0;
const CLASS = 1;
const EQUIVALENCE = 2;
const SYMBOL = 3;

interface Element {
  readonly kind: number;
  readonly byte: number;
  readonly name: string;
}

/** Reads one bracket expression; used once for each. */
class BracketParser {
  readonly #set = new Uint8Array(256);
  #pos: number;

  constructor(
    /** The pattern, in upper case when case is ignored. */
    readonly pattern: ByteString,
    /** The pattern as it was written: names of classes are not folded. */
    readonly raw: ByteString,
    start: number,
    readonly icase: boolean,
    readonly hatExcludesNewline: boolean,
  ) {
    this.#pos = start;
  }

  parse(): { set: ByteSet; end: number } {
    const { pattern } = this;
    if (this.#pos >= pattern.length) throw new RegexError("BADPAT");
    let negated = false;
    if (pattern[this.#pos] === "^") {
      negated = true;
      this.#pos++;
      if (this.#pos >= pattern.length) throw new RegexError("BADPAT");
    }
    let first = true;
    do {
      this.#item(first);
      first = false;
      if (this.#pos >= pattern.length) throw new RegexError("EBRACK");
    } while (pattern[this.#pos] !== CLOSE);
    const set = this.#set;
    if (negated) {
      if (this.hatExcludesNewline) set[10] = 1;
      for (let c = 0; c < 256; c++) set[c] ^= 1;
    }
    if (!this.icase) return { set, end: this.#pos + 1 };
    return { set: setWhere((c) => set[upperByte(c)] === 1), end: this.#pos + 1 };
  }

  #item(first: boolean): void {
    const { pattern } = this;
    const start = this.#element(first);
    if (start.kind === CLASS || start.kind === EQUIVALENCE) {
      this.#add(start);
      return;
    }
    if (this.#pos >= pattern.length) throw new RegexError("EBRACK");
    if (pattern[this.#pos] === "-") {
      if (this.#pos + 1 >= pattern.length) throw new RegexError("EBRACK");
      if (pattern[this.#pos + 1] !== CLOSE) {
        this.#pos++;
        this.#range(start, this.#element(true));
        return;
      }
      // A hyphen just before the closing bracket stands for itself.
      this.#add(start);
      this.#set[45] = 1;
      this.#pos++;
      return;
    }
    this.#add(start);
  }

  #range(from: Element, to: Element): void {
    if (to.kind === CLASS || to.kind === EQUIVALENCE) throw new RegexError("ERANGE");
    const low = this.#single(from);
    const high = this.#single(to);
    if (low > high) throw new RegexError("ERANGE");
    for (let c = low; c <= high; c++) this.#set[c] = 1;
  }

  #single(element: Element): number {
    if (element.kind === BYTE) return element.byte;
    if (element.name.length !== 1) throw new RegexError("ECOLLATE");
    return element.name.charCodeAt(0);
  }

  #add(element: Element): void {
    if (element.kind !== CLASS) {
      this.#set[this.#single(element)] = 1;
      return;
    }
    let name = element.name;
    if (this.icase && (name === "upper" || name === "lower")) name = "alpha";
    const test = CLASSES.get(name);
    if (test === undefined) throw new RegexError("ECTYPE");
    for (let c = 0; c < 256; c++) if (test(c)) this.#set[c] = 1;
  }

  #element(hyphenIsPlain: boolean): Element {
    const { pattern } = this;
    const char = pattern[this.#pos];
    const next = pattern[this.#pos + 1];
    if (char === "[" && (next === "." || next === ":" || next === "=")) return this.#named(next);
    if (char === "-" && !hyphenIsPlain && next !== undefined && next !== CLOSE) {
      // Only the first and the last place of the list, or the end of a range, may hold a hyphen.
      throw new RegexError("ERANGE");
    }
    this.#pos++;
    return { kind: BYTE, byte: char.charCodeAt(0), name: "" };
  }

  #named(mark: string): Element {
    const source = mark === ":" ? this.raw : this.pattern;
    this.#pos += 2;
    const start = this.#pos;
    if (start >= source.length) throw new RegexError("EBRACK");
    for (;;) {
      if (this.#pos - start > LONGEST_NAME || this.#pos + 1 >= source.length) {
        throw new RegexError("EBRACK");
      }
      if (source[this.#pos] === mark && source[this.#pos + 1] === CLOSE) break;
      this.#pos++;
    }
    const name = source.slice(start, this.#pos);
    this.#pos += 2;
    return { kind: mark === ":" ? CLASS : mark === "=" ? EQUIVALENCE : SYMBOL, byte: 0, name };
  }
}

/**
 * Reads the bracket expression whose `[` stands just before `start`.
 *
 * @returns the set and the position after the closing bracket
 */
export function parseBracket(
  pattern: ByteString,
  raw: ByteString,
  start: number,
  icase: boolean,
  hatExcludesNewline: boolean,
): { set: ByteSet; end: number } {
  return new BracketParser(pattern, raw, start, icase, hatExcludesNewline).parse();
}
