/**
 * Field splitting (POSIX 2.6.5) and the text that is built before it.
 *
 * An expanded word is one string in "marked form": {@link ESC} stands before quoted characters that
 * patterns would treat specially, {@link MARK} where quotes were that hold nothing, {@link BREAK}
 * between the fields of `"$@"`. None of the marks is a byte, so data cannot forge them. Ranges that
 * came from unquoted expansions are noted, because only those are split.
 *
 * @module
 */

import { ESC, escapePattern } from "./pattern.ts";

/** An empty quoted string was here. */
export const MARK = "\u0101";
/** A field ends here. */
export const BREAK = "\u0102";

/** Between the parameters of an unquoted `$@`: acts like white space of IFS, whatever IFS is. */
export const SEPARATOR = "\u0103";
const SEPARATOR_CODE = 0x103;

/** How characters of IFS act. */
export class Splitter {
  /** 1 for IFS white space, 2 for other IFS characters. */
  readonly #kinds = new Uint8Array(256);
  readonly #none: boolean;
  readonly #plainSpace: boolean;
  /** 1 for characters that splitting or globbing looks at. */
  readonly #special = new Uint8Array(256);
  /** Some digit or the minus sign is a separator. */
  readonly splitsNumbers: boolean;

  constructor(
    /** Value of IFS, or undefined when unset. */
    readonly ifs: string | undefined,
  ) {
    const chars = ifs ?? " \t\n";
    for (let i = 0; i < chars.length; i++) {
      const c = chars.charCodeAt(i);
      this.#kinds[c] = c === 32 || c === 9 || c === 10 ? 1 : 2;
    }
    for (let c = 0; c < 256; c++) {
      if (this.#kinds[c] !== 0 || c === 42 || c === 63 || c === 91) this.#special[c] = 1;
    }
    this.splitsNumbers = /[-0-9]/.test(chars);
    this.#none = chars.length === 0;
    this.#plainSpace = chars.length === 3 && /^[ \t\n]+$/.test(chars) && new Set(chars).size === 3;
  }

  /** What joins the parts of `"$*"`. */
  get joiner(): string {
    return this.ifs === undefined ? " " : this.ifs.slice(0, 1);
  }

  /** Kind of a character code. */
  kind(c: number): number {
    return c < 256 ? this.#kinds[c] : c === SEPARATOR_CODE ? 1 : 0;
  }

  /** Whether `s` holds nothing that splitting or globbing would act on. */
  isPlain(s: string): boolean {
    const special = this.#special;
    for (let i = 0; i < s.length; i++) if (special[s.charCodeAt(i)] !== 0) return false;
    return true;
  }

  /** Whether `s` holds any character of IFS. */
  splits(s: string): boolean {
    if (this.#none) return false;
    if (this.#plainSpace) return /[ \t\n]/.test(s);
    for (let i = 0; i < s.length; i++) if (this.#kinds[s.charCodeAt(i)] !== 0) return true;
    return false;
  }

  /** Cuts a marked text into fields, which stay in marked form. */
  split(text: string, ranges: readonly number[], out: string[]): void {
    if (!text.includes(BREAK)) {
      this.#splitPiece(text, 0, ranges, out);
      return;
    }
    let at = 0;
    for (;;) {
      const end = text.indexOf(BREAK, at);
      this.#splitPiece(end < 0 ? text.slice(at) : text.slice(at, end), at, ranges, out);
      if (end < 0) return;
      at = end + 1;
    }
  }

  #splitPiece(s: string, base: number, ranges: readonly number[], out: string[]): void {
    let start = 0;
    if (!this.#none || s.includes(SEPARATOR)) {
      for (let r = 0; r < ranges.length; r += 2) {
        const from = Math.max(ranges[r] - base, 0);
        // Adjacent ranges are scanned as one, so that a delimiter between two values counts once.
        let to = ranges[r + 1] - base;
        while (r + 2 < ranges.length && ranges[r + 2] - base === to) {
          r += 2;
          to = ranges[r + 1] - base;
        }
        if (to > s.length) to = s.length;
        let p = from;
        while (p < to) {
          const kind = this.kind(s.charCodeAt(p));
          if (kind === 0) {
            p++;
            continue;
          }
          if (kind === 1 && p === start) {
            // White space before a field is nothing.
            start = ++p;
            continue;
          }
          out.push(s.slice(start, p));
          p++;
          // After white space one other delimiter, with white space around it, belongs to it.
          let seen = kind === 2;
          while (p < to) {
            const k = this.kind(s.charCodeAt(p));
            if (k === 0 || (k === 2 && seen)) break;
            if (k === 2) seen = true;
            p++;
          }
          start = p;
        }
      }
    }
    if (start < s.length) out.push(s.slice(start));
  }
}

/** Builds one word in marked form. */
export class WordBuilder {
  text = "";
  /** Start and end of each splittable range, in pairs. */
  readonly ranges: number[] = [];

  /** Unquoted text of the script: active, not split. */
  literal(s: string): void {
    this.text += s;
  }

  /** Quoted text. */
  quoted(s: string): void {
    this.text += s === "" ? MARK : escapePattern(s);
  }

  /** The value of an unquoted expansion. */
  value(s: string): void {
    if (s === "") return;
    const at = this.text.length;
    this.text += s;
    this.ranges.push(at, this.text.length);
  }

  /** Text that is neither split nor a pattern, and leaves no field when empty. */
  plain(s: string): void {
    this.text += escapePattern(s);
  }

  breakField(): void {
    this.text += BREAK;
  }
}

/** Takes all marks out of a field. */
export function unmark(field: string): string {
  for (let i = 0; i < field.length; i++) {
    if (field.charCodeAt(i) > 255) {
      return field.replaceAll(ESC, "").replaceAll(MARK, "");
    }
  }
  return field;
}
