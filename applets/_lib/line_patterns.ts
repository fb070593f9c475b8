/**
 * A list of patterns, and the lines that match any of them: what grep searches with.
 *
 * The patterns are joined into one automaton, so their number does not slow the search down. Only for
 * lines that the automaton found, and only where it matters, the patterns are tried one by one.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { LineFinder } from "./line_finder.ts";
import { isWordByte } from "./regex/context.ts";
import type { Ticker } from "./sequence.ts";
import type { Steps } from "./steps.ts";
import { compile, PAUSED, type Regex, RegexError, type StepHook } from "./regex/regex.ts";

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

/** Strings are taken apart up to this place. */
const DEEPEST = 200;

/** Bytes from which on a search in bytes is the faster one. */
const WORTH_FINDING = 1 << 15;

/** What no syntax takes for an operator. */
const PLAIN = /^[A-Za-z0-9 _:,;=@%&~"'!#<>/-]+$/;

/** Writes a string as a basic regular expression for itself. */
function quote(text: ByteString): ByteString {
  return text.replace(/[\\.*[\]^$]/g, "\\$&");
}

/** Divides a list into parts of limited size, in the same order. */
function portions(texts: readonly ByteString[]): ByteString[][] {
  const parts: ByteString[][] = [];
  let size = MOST_JOINED;
  for (const text of texts) {
    if (size + text.length >= MOST_JOINED) {
      parts.push([]);
      size = 0;
    }
    parts[parts.length - 1].push(text);
    size += text.length + 1;
  }
  return parts;
}

/**
 * A basic expression for any of `texts[from, to)`, which are sorted, differ, and agree up to `depth`.
 * What they have in common is written once, so that few ways are open at a time. Of a string and a
 * longer one that begins with it only the shorter counts: the question is whether a line has one.
 */
function anyOf(texts: readonly ByteString[], from: number, to: number, depth: number): ByteString {
  const first = texts[from];
  if (to - from === 1) return quote(first.slice(depth));
  const last = texts[to - 1];
  let common = depth;
  while (common < first.length && first[common] === last[common]) common++;
  const head = quote(first.slice(depth, common));
  if (common === first.length) return head;
  if (common - depth > DEEPEST || common > DEEPEST) {
    return `${head}\\(${
      texts.slice(from, to).map((text) => quote(text.slice(common))).join("\\|")
    }\\)`;
  }
  const branches: ByteString[] = [];
  for (let start = from; start < to;) {
    let stop = start + 1;
    while (stop < to && texts[stop][common] === texts[start][common]) stop++;
    branches.push(anyOf(texts, start, stop, common));
    start = stop;
  }
  return `${head}\\(${branches.join("\\|")}\\)`;
}

/** How far the tries of a line have come. */
interface Tried {
  readonly line: number;
  readonly index: number;
  readonly from: number;
}

const NOT_TRIED: Tried = { line: -1, index: 0, from: 0 };

/** Tries in one line after which others get their turn. */
const TRIES_A_TURN = 1 << 12;

/** Finds the lines that match any pattern of a list. */
export class LinePatterns {
  /** After `next`: where the line ends. */
  lineEnd = 0;
  /** Whether a search can be stopped half-way now. */
  mayPause = false;
  /** Where the search for a line goes on that was stopped, or −1. */
  #goOnAt = -1;
  /** Where the patterns were tried that a line is tried with, when that was stopped. */
  #tried: Tried = NOT_TRIED;
  /** Offset in the line at which a pattern is tried. */
  #from = 0;
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
  #bad: number;
  /** Finds a lone plain text in bytes, where no string of them is needed. */
  #finder: LineFinder | undefined;

  /**
   * Must be followed by `compile`.
   *
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
    this.#bad = texts.length;
  }

  /** Compiles the patterns; many of them with turns. */
  *compile(ticker: Ticker): Steps<void> {
    if (!this.options.fixed) this.#bad = yield* this.#compileAll(ticker);
    yield* this.#join(ticker);
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
  *#compileAll(ticker: Ticker): Steps<number> {
    for (let i = 0; i < this.#patterns.length; i++) {
      // Words need no compiling to be known as good.
      if (PLAIN.test(this.#patterns[i].text) && !this.options.icase && i > 0) continue;
      try {
        this.#patterns[i].regex = this.#compile(this.#patterns[i].text);
      } catch (error) {
        if (!(error instanceof RegexError)) throw error;
        return i;
      }
      const waiting = ticker.tick(4 + (this.#patterns[i].text.length >> 3));
      if (waiting !== undefined) yield waiting;
    }
    return this.#patterns.length;
  }

  /** The regex of a pattern that is known to be good. */
  #regexOf(pattern: Pattern): Regex {
    return pattern.regex ??= this.#compile(pattern.text);
  }

  /** Makes the automata: one for all plain strings, one for the others, and back-references alone. */
  *#join(ticker: Ticker): Steps<void> {
    const literals: ByteString[] = [];
    const joined: ByteString[] = [];
    const search = (regex: Regex): void => {
      this.#searchers.push({ regex, at: 0, end: -1 });
    };
    for (let i = 0; i < this.#bad; i++) {
      const { text, regex } = this.#patterns[i];
      const literal = this.options.fixed || regex === undefined ? text : regex.literal;
      if (regex !== undefined && (this.#bad === 1 || regex.hasBackReferences)) {
        // Joined, the references would count the groups of other patterns.
        search(regex);
      } else if (literal !== undefined) literals.push(literal);
      else joined.push(text);
    }
    const whole = literals.sort().filter((text, i) => i === 0 || text !== literals[i - 1]);
    for (const part of portions(whole)) {
      search(compile(anyOf(part, 0, part.length, 0), {
        syntax: "grep",
        icase: this.options.icase,
        nosub: true,
        onStep: this.options.onStep,
      }));
      const waiting = ticker.tick(part.length);
      if (waiting !== undefined) yield waiting;
    }
    // A newline stands for alternation in both syntaxes.
    for (const part of portions(joined)) {
      search(this.#compile(part.join("\n")));
      const waiting = ticker.tick(part.length);
      if (waiting !== undefined) yield waiting;
    }
  }

  /**
   * What finds the matching lines of `bytes[0, end)` without a string of them, where that is possible:
   * for one plain text.
   */
  finderFor(bytes: Uint8Array, end: number): LineFinder | undefined {
    const { fixed, icase, whole, words, separator } = this.options;
    if (this.locate || icase || whole || words || this.#patterns.length > 1) return undefined;
    if (end < WORTH_FINDING) return undefined;
    const [{ text, regex }] = this.#patterns;
    const literal = fixed ? text : regex?.literal;
    if (literal === undefined || !LineFinder.takes(literal, separator)) return undefined;
    this.#finder ??= new LineFinder(literal, separator, fixed && separator !== 0);
    this.#finder.start(bytes, end);
    return this.#finder;
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
   * @throws {SearchPaused} where `onStep` said true while `mayPause`: the same call goes on there
   * @throws {BadPattern} once a line has to be tried with a pattern that is none
   */
  next(chunk: ByteString, from: number, end: number): number {
    let begin = this.#goOnAt < 0 ? from : this.#goOnAt;
    this.#goOnAt = -1;
    for (;;) {
      let start: number;
      try {
        this.mayPause = true;
        start = this.#candidate(chunk, begin, end);
        const tried = this.#bad === this.#patterns.length || start === begin;
        if (start >= 0 && tried && this.#takes(chunk, start)) return start;
      } catch (error) {
        // What was passed over is not looked at again.
        if (error === PAUSED) this.#goOnAt = begin;
        throw error;
      } finally {
        this.mayPause = false;
      }
      if (this.#bad < this.#patterns.length && start !== begin && begin < end) {
        // The first line here has no match, and so the bad pattern would be tried.
        throw new BadPattern(this.#patterns[this.#bad].text);
      }
      if (start < 0) return -1;
      if (this.#bad < this.#patterns.length) {
        throw new BadPattern(this.#patterns[this.#bad].text);
      }
      begin = this.lineEnd + 1;
      if (begin >= end) return -1;
    }
  }

  /** Whether the line that was found, and ends at `lineEnd`, is one. */
  #takes(chunk: ByteString, start: number): boolean {
    const { whole, words } = this.options;
    if (!this.locate && !whole && !words && !this.#hasNul) return true;
    return this.#check(chunk, start, this.lineEnd);
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
    let { line, index, from } = this.#tried;
    this.#tried = NOT_TRIED;
    if (line !== start) index = from = 0;
    for (; index < this.#bad; index++, from = 0) {
      const pattern = this.#patterns[index];
      this.#from = from;
      let found: boolean;
      try {
        found = this.options.fixed
          ? this.#checkFixed(pattern, chunk, start, end)
          : this.#checkRegex(pattern, chunk, start, end);
      } catch (error) {
        if (error === PAUSED) this.#tried = { line: start, index, from: this.#from };
        throw error;
      }
      if (!found) continue;
      this.#matched = pattern;
      return true;
    }
    return false;
  }

  /** Counts tries in a line; they may stop half-way. */
  #try(count: number): void {
    if (count % TRIES_A_TURN === 0 && this.options.onStep?.(TRIES_A_TURN) === true) throw PAUSED;
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
    for (let from = this.#from, tries = 1; from <= line.length; from++) {
      this.#from = from;
      this.#try(tries++);
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
    const regex = this.#regexOf(pattern);
    for (let from = start + this.#from, tries = 1; from <= end;) {
      this.#from = from - start;
      this.#try(tries++);
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
