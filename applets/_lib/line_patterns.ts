/**
 * A list of patterns, and the lines that match any of them: what grep searches with.
 *
 * The patterns are joined into one automaton, so their number does not slow the search down. Only for
 * lines that the automaton found, and only where it matters, the patterns are tried one by one.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { isWordByte } from "./regex/context.ts";
import { compile, type Regex, RegexError, type StepHook } from "./regex/regex.ts";

/** How the patterns are to be understood. */
export interface PatternOptions {
  /** Extended regular expressions. */
  readonly extended: boolean;
  /** Plain strings; takes precedence. */
  readonly fixed: boolean;
  readonly icase: boolean;
  /** Whole lines only. */
  readonly whole: boolean;
  /** Whole words only. */
  readonly words: boolean;
  /** Byte that ends lines. */
  readonly separator: number;
  readonly onStep?: StepHook;
}

/** A pattern could not be compiled. */
export class BadPattern extends Error {
  /** @param pattern The pattern as it was given. */
  constructor(readonly pattern: ByteString) {
    super("bad regex");
  }
}

/** One pattern; its own regex is compiled when it is needed. */
interface Pattern {
  readonly text: ByteString;
  regex: Regex | undefined;
}

/** An automaton for some of the patterns, and the next line that it found. */
interface Searcher {
  readonly regex: Regex;
  /** Beginning of the line; −1 if there is none up to the end of the chunk. */
  at: number;
  end: number;
}

/** Patterns of more bytes than this are spread over several automata. */
const MOST_JOINED = 1 << 15;

/** Writes a string as a basic regular expression for itself. */
function quote(text: ByteString): ByteString {
  return text.replace(/[\\.*[\]^$]/g, "\\$&");
}

/** Finds the lines that match any pattern of a list. */
export class LinePatterns {
  /** After `next`: where the line ends. */
  lineEnd = 0;
  /** After `next` with `locate`: the first match in the line, and the pattern that made it. */
  matchStart = 0;
  /** End of that match. */
  matchEnd = 0;
  readonly #searchers: Searcher[] = [];
  readonly #patterns: readonly Pattern[];
  #matched: Pattern | undefined;
  /** Lines of the chunk hold NULs, where fixed strings end to be searched. */
  #hasNul = false;
  /** Index of the first pattern that cannot be compiled; lines that get as far raise the error. */
  readonly #bad: number;

  /**
   * @param texts The patterns in the order in which they are tried.
   * @param options How to understand them.
   * @param locate Whether `matchStart` is wanted.
   */
  constructor(
    texts: readonly ByteString[],
    private readonly options: PatternOptions,
    private readonly locate: boolean,
  ) {
    this.#patterns = texts.map((text) => ({ text, regex: undefined }));
    this.#bad = options.fixed ? texts.length : this.#compileAll();
    this.#join();
  }

  #syntax(): "grep" | "egrep" {
    return this.options.extended && !this.options.fixed ? "egrep" : "grep";
  }

  #compile(pattern: ByteString): Regex {
    return compile(pattern, {
      syntax: this.#syntax(),
      icase: this.options.icase,
      nosub: true,
      onStep: this.options.onStep,
    });
  }

  /** Compiles the patterns up to the first bad one and gives its index. */
  #compileAll(): number {
    for (let i = 0; i < this.#patterns.length; i++) {
      try {
        this.#patterns[i].regex = this.#compile(this.#patterns[i].text);
      } catch (error) {
        if (!(error instanceof RegexError)) throw error;
        return i;
      }
    }
    return this.#patterns.length;
  }

  /** Joins the patterns; a newline stands for alternation in both syntaxes. */
  #join(): void {
    let joined: ByteString[] = [];
    let size = 0;
    const flush = (): void => {
      if (joined.length === 0) return;
      this.#searchers.push({ regex: this.#compile(joined.join("\n")), at: 0, end: -1 });
      joined = [];
      size = 0;
    };
    for (let i = 0; i < this.#bad; i++) {
      const { text, regex } = this.#patterns[i];
      if (regex !== undefined && (regex.hasBackReferences || this.#bad === 1)) {
        // Joined, the references would count the groups of other patterns.
        this.#searchers.push({ regex, at: 0, end: -1 });
        continue;
      }
      const source = this.options.fixed ? quote(text) : text;
      if (size + source.length > MOST_JOINED) flush();
      joined.push(source);
      size += source.length + 1;
    }
    flush();
  }

  /** Must be called before the lines of another chunk are searched. */
  startChunk(chunk: ByteString): void {
    this.#hasNul = this.options.fixed && this.options.separator !== 0 && chunk.includes("\0");
    for (const searcher of this.#searchers) {
      searcher.at = 0;
      searcher.end = -1;
    }
  }

  /**
   * Finds the next matching line of `chunk[from, end)`; `from` begins a line.
   *
   * @returns where the line begins, or −1
   * @throws {BadPattern} once a line has to be tried with a pattern that is none
   */
  next(chunk: ByteString, from: number, end: number): number {
    let begin = from;
    for (;;) {
      const start = this.#candidate(chunk, begin, end);
      if (this.#bad < this.#patterns.length && start !== begin && begin < end) {
        // The first line here has no match, and so the bad pattern would be tried.
        throw new BadPattern(this.#patterns[this.#bad].text);
      }
      if (start < 0) return -1;
      const { whole, words } = this.options;
      if (!this.locate && !whole && !words && !this.#hasNul) return start;
      if (this.#check(chunk, start, this.lineEnd)) return start;
      if (this.#bad < this.#patterns.length) {
        throw new BadPattern(this.#patterns[this.#bad].text);
      }
      begin = this.lineEnd + 1;
      if (begin >= end) return -1;
    }
  }

  /** The next line that some searcher found. */
  #candidate(chunk: ByteString, from: number, end: number): number {
    let best = -1;
    for (const searcher of this.#searchers) {
      if (searcher.end < from && searcher.at >= 0) {
        searcher.at = searcher.regex.searchLine(chunk, from, end, this.options.separator);
        searcher.end = searcher.regex.lineEnd;
      }
      if (searcher.at < 0 || (best >= 0 && searcher.at >= best)) continue;
      best = searcher.at;
      this.lineEnd = searcher.end;
    }
    return best;
  }

  /** Tries the patterns one by one on a line. */
  #check(chunk: ByteString, start: number, end: number): boolean {
    for (let i = 0; i < this.#bad; i++) {
      const pattern = this.#patterns[i];
      const found = this.options.fixed
        ? this.#checkFixed(pattern, chunk, start, end)
        : this.#checkRegex(pattern, chunk, start, end);
      if (!found) continue;
      this.#matched = pattern;
      return true;
    }
    return false;
  }

  #checkFixed(pattern: Pattern, chunk: ByteString, start: number, lineEnd: number): boolean {
    const { whole, words, icase } = this.options;
    const { text } = pattern;
    // Native searches a C string, which ends at the first NUL.
    const nul = chunk.indexOf("\0", start);
    const end = nul >= 0 && nul < lineEnd ? nul : lineEnd;
    if (icase && pattern.regex === undefined) pattern.regex = this.#compile(quote(text));
    const line = chunk.slice(start, end);
    if (text === "" && words && !whole) return true;
    for (let from = 0; from <= line.length; from++) {
      let at: number;
      if (pattern.regex === undefined) at = line.indexOf(text, from);
      else at = pattern.regex.exec(line, from)?.[0] ?? -1;
      if (at < 0) return false;
      const stop = at + text.length;
      this.matchStart = start + at;
      this.matchEnd = start + stop;
      if (whole) return at === 0 && stop === line.length;
      if (!words) return true;
      if (isWord(line, at, stop)) return true;
      from = at;
    }
    return false;
  }

  #checkRegex(pattern: Pattern, chunk: ByteString, start: number, end: number): boolean {
    const { whole, words } = this.options;
    const regex = pattern.regex as Regex;
    for (let from = start; from <= end;) {
      const range = regex.exec(chunk, from, { base: start, end });
      if (range === null) return false;
      const at = range[0];
      const stop = range[1];
      this.matchStart = at;
      this.matchEnd = stop;
      // A NUL counts as the end of the line here, as in the C string that native compares.
      if (whole) return at === start && (stop === end || chunk.charCodeAt(stop) === 0);
      if (!words) return true;
      const before = at > start && isWordByte(chunk.charCodeAt(at - 1));
      const behind = stop < end && isWordByte(chunk.charCodeAt(stop));
      if (!before && !behind) return true;
      if (at === stop) return false;
      from = stop;
    }
    return false;
  }

  /** With fixed patterns: the one that matched the line last found. */
  get matchedText(): ByteString {
    return this.#matched?.text ?? "";
  }

  /**
   * Finds the match that follows the last one in the same line, by the same pattern.
   * Sets `matchStart` and `matchEnd`.
   */
  nextInLine(chunk: ByteString, lineStart: number, from: number, lineEnd: number): boolean {
    const range = this.#matched?.regex?.exec(chunk, from, { base: lineStart, end: lineEnd });
    if (range === undefined || range === null) return false;
    this.matchStart = range[0];
    this.matchEnd = range[1];
    return true;
  }
}

function isWord(line: ByteString, start: number, end: number): boolean {
  return !(start > 0 && isWordByte(line.charCodeAt(start - 1))) &&
    !(end < line.length && isWordByte(line.charCodeAt(end)));
}
