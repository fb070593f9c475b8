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

/** How far a text has been split. */
export class SplitState {
  /** Where the field began that it is in. */
  start = 0;
  at = 0;
  /** Where the piece ends that it is in, which the next parameter of `"$@"` follows; -1 before it is known. */
  end = -1;
  /** Index of the range that it is in. */
  range = 0;
  /** What kind of delimiters stand before, 0 in a field. */
  kind = 0;
  /** 1 behind a `"$@"`: as natively, in the next value each delimiter stands alone. */
  single = 0;

  /** Goes back to the beginning. */
  begin(): this {
    this.start =
      this.at =
      this.range =
      this.kind =
      this.single =
        0;
    this.end = -1;
    return this;
  }
}

/** How characters of IFS act. */
export class Splitter {
  /** 1 for IFS white space, 2 for other IFS characters. */
  readonly #kinds = new Uint8Array(256);
  readonly #none: boolean;
  readonly #plainSpace: boolean;
  /** 1 for characters that splitting or globbing looks at. */
  readonly #special = new Uint8Array(256);
  /** For what is split at once. */
  readonly #state = new SplitState();
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

  /**
   * Cuts a marked text into fields, which stay in marked form.
   *
   * @param state Where to begin, and then where it has come to.
   * @param most Characters to go through, about.
   * @returns Whether all of it is done.
   */
  split(
    text: string,
    ranges: readonly number[],
    out: string[],
    state: SplitState = this.#state.begin(),
    most: number = Infinity,
  ): boolean {
    const stop = state.at + most;
    for (;;) {
      if (state.end < 0) {
        const end = text.indexOf(BREAK, state.start);
        state.end = end < 0 ? text.length : end;
        state.at = state.start;
      }
      if (!this.#splitPiece(text, ranges, out, state, stop)) return false;
      if (state.end === text.length) return true;
      state.start = state.at = state.end + 1;
      state.end = -1;
      state.single = 1;
      if (state.at >= stop) return false;
    }
  }

  #splitPiece(
    s: string,
    ranges: readonly number[],
    out: string[],
    state: SplitState,
    stop: number,
  ): boolean {
    const { end } = state;
    let { start, at, range, kind: before } = state;
    if (!this.#none || s.includes(SEPARATOR)) {
      while (range < ranges.length) {
        at = Math.max(at, ranges[range]);
        if (at >= end) break;
        // Delimiters of two values that stand side by side have nothing to do with each other.
        const to = ranges[range + 1];
        const last = Math.min(to, end);
        const bound = Math.min(last, stop);
        while (at < bound) {
          let kind = 0;
          if (before !== 0) {
            // After white space one other delimiter, with white space around it, belongs to it.
            for (; at < bound; at++) {
              kind = this.kind(s.charCodeAt(at));
              if (kind === 0 || kind + before === 4) {
                before = 0;
                break;
              }
              if (kind === 2) before = 2;
            }
            start = at;
            continue;
          }
          for (; at < bound; at++) {
            kind = this.kind(s.charCodeAt(at));
            if (kind !== 0) break;
          }
          if (at === bound) break;
          // White space before a field is nothing.
          if (kind === 2 || at !== start) {
            out.push(s.slice(start, at));
            if (state.single === 0) before = kind;
          }
          start = ++at;
        }
        if (at < last) {
          state.start = start;
          state.at = at;
          state.range = range;
          state.kind = before;
          return false;
        }
        before = 0;
        if (to > end) break;
        state.single = to === ranges[range] ? 1 : 0;
        range += 2;
      }
    }
    if (start < end) out.push(s.slice(start, end));
    state.range = range;
    state.kind = 0;
    return true;
  }
}

/** Builds one word in marked form. */
export class WordBuilder {
  text = "";
  /** Start and end of each splittable range, in pairs; an empty one is a `"$@"` of one field. */
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

  /** Quoted text that is in marked form already. */
  marked(s: string): void {
    this.text += s;
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
