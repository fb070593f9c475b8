/**
 * POSIX regular expressions over bytes, as glibc gives them to BusyBox.
 *
 * Matching takes time linear in the text for every pattern without back-references; with them it is
 * bounded and every step is reported. No pattern reaches JavaScript's `RegExp`, whose matches are not
 * leftmost-longest and whose time can be exponential.
 *
 * The stages: `parse` (text → postfix operators) → `nfa` → `forward` (where does the match end?) →
 * `reverse` (where does it begin?) → `submatch` (what did the groups match?). `analyse` finds literals
 * to look for first; `backtrack` takes over when there are back-references.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import { analyse, type Facts } from "./analyse.ts";
import { Backtracker } from "./backtrack.ts";
import { EDGE, EDGE_NOT_LINE } from "./context.ts";
import { ANY, ForwardAutomaton, LEFTMOST, LINES, PAUSED, type StepHook } from "./forward.ts";
import { buildNfa, type Nfa } from "./nfa.ts";
import { MATCH, OnePass, UNDECIDED } from "./onepass.ts";
import { parsePattern, type Program, type RegexSyntax } from "./parse.ts";
import { ReverseAutomaton } from "./reverse.ts";
import { SubmatchWalker } from "./submatch.ts";

export { REGEX_MESSAGES, RegexError, type RegexErrorCode } from "./error.ts";
export { PAUSED, type StepHook } from "./forward.ts";
export type { RegexSyntax } from "./parse.ts";

/** How to compile a pattern. */
export interface RegexOptions {
  /**
   * The dialect: `bre` and `ere` are those of `regcomp` (sed, awk, expr, find …); `grep` and `egrep`
   * are those of grep, which is laxer about operators out of place and takes a newline for `|`.
   */
  readonly syntax: RegexSyntax;
  /** Ignore the case of ASCII letters (`REG_ICASE`). */
  readonly icase?: boolean;
  /** `.` and `[^…]` exclude newline, `^` and `$` match at newlines (`REG_NEWLINE`). */
  readonly newline?: boolean;
  /** Only the offsets of the whole match are wanted (`REG_NOSUB`). */
  readonly nosub?: boolean;
  /**
   * Is told about work done, in steps; may throw to stop it, or say true: then a search that will take
   * longer throws {@linkcode PAUSED}, and the same call once more goes on with it.
   */
  readonly onStep?: StepHook;
}

/** How to match. */
export interface MatchFlags {
  /** The text does not begin a line: `^` does not match at its beginning (`REG_NOTBOL`). */
  readonly notbol?: boolean;
  /** End of the text to search; without it the end of the string. */
  readonly end?: number;
  /** Only the offsets of the whole match are wanted this time. */
  readonly nosub?: boolean;
  /**
   * Where the text begins. Without it the text begins where the search does, so that `^` and `\b` see
   * nothing before; with it they see the bytes from there on, and `notbol` is about that place.
   */
  readonly base?: number;
}

const NO_FLAGS: MatchFlags = {};

/** A line with more hits of the required literal than one in so many bytes is not searched by it. */
const SPARSE = 48;
const TRIAL_HITS = 256;

/** A pattern for which one pass gave up so often is left to the general automata. */
const MOST_UNDECIDED = 16;

/** Steps after which the hook is told. */
const REPORT = 128;

/** The first line that a search for lines has not looked at. */
interface LinePlace {
  readonly chunk: ByteString;
  readonly from: number;
  readonly end: number;
  readonly begin: number;
}

/** A compiled pattern. Make it with {@linkcode compile}. */
export class Regex {
  /** Number of groups. */
  readonly groups: number;
  /** Whether the pattern has back-references. */
  readonly hasBackReferences: boolean;
  /** The text that the pattern is, if it is plain text and case matters. */
  readonly literal: ByteString | undefined;
  /** A text that each match contains; empty if none is known. */
  readonly required: ByteString;
  /** After `searchLine`: where the line that was found ends (its newline, or the end of the chunk). */
  lineEnd = 0;

  readonly #nfa: Nfa;
  readonly #facts: Facts;
  readonly #wantsGroups: boolean;
  readonly #onStep: StepHook | undefined;
  readonly #backtracker: Backtracker | undefined;
  readonly #offsets: Int32Array;
  #leftmost: ForwardAutomaton | undefined;
  #any: ForwardAutomaton | undefined;
  #lines: ForwardAutomaton | undefined;
  #linesSeparator = -1;
  #reverse: ReverseAutomaton | undefined;
  #walker: SubmatchWalker | undefined;
  #onePass: OnePass | undefined;
  #usesOnePass = true;
  #undecided = 0;
  #work = 0;
  /** Where `searchLine` goes on that stopped half-way. */
  #line: LinePlace | undefined;
  #useLiteral: boolean;
  #hits = 0;
  #hitBytes = 0;

  /** Builds the matcher of a parsed pattern. */
  constructor(program: Program, options: RegexOptions) {
    this.#nfa = buildNfa(program);
    this.#facts = analyse(program);
    this.#onStep = options.onStep;
    this.#wantsGroups = options.nosub !== true && program.groups > 0;
    this.groups = program.groups;
    this.hasBackReferences = program.hasBackref;
    this.literal = this.#facts.literal;
    this.required = this.#facts.required;
    this.#useLiteral = this.required.length > 1;
    this.#offsets = new Int32Array(2 * program.groups + 2);
    if (program.hasBackref) {
      this.#backtracker = new Backtracker(
        this.#nfa,
        program.referenced,
        options.icase === true,
        options.onStep,
      );
    }
  }

  /**
   * Finds the leftmost match at `from` or later, and the longest of those that begin there.
   *
   * As with a pointer into a C string, the text begins at `from` unless `base` says otherwise: what
   * stands before it is not looked at, not even by `\b`, and `^` matches there unless `notbol` is set.
   *
   * @returns pairs of offsets, −1 where a group took no part; with `nosub` only the first pair is
   * meaningful. The array belongs to the regex and is overwritten by the next call.
   */
  exec(text: ByteString, from = 0, flags: MatchFlags = NO_FLAGS): Int32Array | null {
    const end = flags.end ?? text.length;
    const left = this.#before(text, from, flags);
    const offsets = this.#offsets;
    const { literal, length } = this.#facts;
    if (literal !== undefined) {
      const at = indexWithin(text, literal, from, end);
      if (at < 0) return null;
      offsets[0] = at;
      offsets[1] = at + literal.length;
      return offsets;
    }
    if (this.#backtracker !== undefined) {
      return this.#backtrack(text, from, end, left) ? offsets : null;
    }
    if (this.#usesOnePass && this.#leftmost?.hasBegun !== true) {
      const onePass = this.#onePass ??= new OnePass(this.#nfa, this.#onStep);
      if (onePass.usable) {
        const groups = this.#wantsGroups && flags.nosub !== true;
        const state = onePass.search(text, from, end, left, groups, offsets);
        if (state !== UNDECIDED) {
          this.#count((state === MATCH ? offsets[1] : end) - from);
          return state === MATCH ? offsets : null;
        }
      }
      if (!onePass.usable || ++this.#undecided > MOST_UNDECIDED) this.#usesOnePass = false;
    }
    const forward = this.#leftmost ??= new ForwardAutomaton(
      this.#nfa,
      LEFTMOST,
      this.#facts.prefix,
      10,
      this.#onStep,
    );
    const matchEnd = forward.search(text, from, end, left);
    this.#count((matchEnd < 0 ? end : matchEnd) - from);
    if (matchEnd < 0) return null;
    let start: number;
    if (this.#wantsGroups && flags.nosub !== true) {
      const reverse = this.#reverse ??= new ReverseAutomaton(this.#nfa, this.#onStep);
      start = reverse.findStart(text, from, matchEnd, end, left, true);
      // Where both kinds of parse exist, glibc takes one that has no assertion at its end.
      if (
        this.#nfa.acceptsAfterAssert &&
        reverse.findStart(text, from, matchEnd, end, left, true, true) !== start
      ) reverse.findStart(text, from, matchEnd, end, left, true);
      const walker = this.#walker ??= new SubmatchWalker(this.#nfa, reverse);
      walker.walk(text, from, start, left, offsets);
    } else if (length >= 0) start = matchEnd - length;
    else if (!forward.startsInside) start = from;
    else {
      const reverse = this.#reverse ??= new ReverseAutomaton(this.#nfa, this.#onStep);
      start = reverse.findStart(text, from, matchEnd, end, left, false);
    }
    offsets[0] = start;
    offsets[1] = matchEnd;
    return offsets;
  }

  /** Whether there is a match at `from` or later; the text begins at `from`, as for `exec`. */
  test(text: ByteString, from = 0, flags: MatchFlags = NO_FLAGS): boolean {
    const end = flags.end ?? text.length;
    const { literal } = this.#facts;
    if (literal !== undefined) return indexWithin(text, literal, from, end) >= 0;
    const left = this.#before(text, from, flags);
    if (this.#backtracker !== undefined) return this.#backtrack(text, from, end, left);
    if (this.#onStep !== undefined) this.#count(end - from);
    return this.#anyAutomaton().search(text, from, end, left) >= 0;
  }

  /** A search with back-references, where the automaton says that there may be a match. */
  #backtrack(text: ByteString, from: number, end: number, left: number): boolean {
    const backtracker = this.#backtracker!;
    if (!backtracker.goesOn(text, from, end)) {
      this.#count(end - from);
      if (this.#anyAutomaton().search(text, from, end, left) < 0) return false;
    }
    return backtracker.search(text, from, end, left, this.#offsets);
  }

  /**
   * Finds the first line with a match in `chunk[from, end)`, where `from` begins a line and `end` ends
   * one (behind its separator or not). The separator is a byte, newline unless another one is given.
   *
   * @returns the offset at which the line begins, or −1; `lineEnd` tells where it ends
   */
  searchLine(chunk: ByteString, from: number, end = chunk.length, separator = 10): number {
    this.#onStep?.(1 + ((end - from) >>> 6));
    const mark = separator === 10 ? "\n" : String.fromCharCode(separator);
    // A separator at the end closes the last line, and does not begin another one.
    const stop = end > from && chunk.charCodeAt(end - 1) === separator ? end - 1 : end;
    const line = this.#line;
    this.#line = undefined;
    const same = line !== undefined && line.from === from && line.end === end;
    let begin = same && line.chunk === chunk ? line.begin : from;
    try {
      while (begin < end) {
        const start = this.#useLiteral
          ? this.#literalLine(chunk, begin, stop, mark)
          : this.#automatonLine(chunk, begin, stop, separator, mark);
        if (start < 0) return -1;
        if (
          this.#backtracker === undefined ||
          this.#backtracker.search(chunk, start, this.lineEnd, EDGE, this.#offsets)
        ) return start;
        begin = this.lineEnd + 1;
      }
    } catch (error) {
      if (error === PAUSED) this.#line = { chunk, from, end, begin };
      throw error;
    }
    return -1;
  }

  /** Drops what was kept of the last text, so that a big chunk can be collected. */
  forget(): void {
    this.#leftmost?.forget();
    this.#any?.forget();
  }

  /** Counts a search; the hook is told of many short ones together. */
  #count(length: number): void {
    if (this.#onStep === undefined) return;
    this.#work += 1 + (length >>> 6);
    if (this.#work < REPORT) return;
    this.#onStep(this.#work);
    this.#work = 0;
  }

  /** The category of what stands before the place where a search begins. */
  #before(text: ByteString, from: number, flags: MatchFlags): number {
    if (flags.base !== undefined && from > flags.base) {
      return this.#nfa.category[this.#nfa.classOf[text.charCodeAt(from - 1)]];
    }
    return flags.notbol === true ? EDGE_NOT_LINE : EDGE;
  }

  #anyAutomaton(): ForwardAutomaton {
    return this.#any ??= new ForwardAutomaton(
      this.#nfa,
      ANY,
      this.#facts.prefix,
      10,
      this.#onStep,
    );
  }

  #automatonLine(
    chunk: ByteString,
    from: number,
    end: number,
    separator: number,
    mark: ByteString,
  ): number {
    if (this.#lines === undefined || this.#linesSeparator !== separator) {
      this.#lines = new ForwardAutomaton(this.#nfa, LINES, "", separator, this.#onStep);
      this.#linesSeparator = separator;
    }
    const at = this.#lines.searchLines(chunk, from, end);
    return at < 0 ? -1 : this.#lineAround(chunk, from, at, end, mark);
  }

  /** Sets `lineEnd` and gives the beginning of the line that contains an offset. */
  #lineAround(
    chunk: ByteString,
    from: number,
    at: number,
    end: number,
    mark: ByteString,
  ): number {
    const start = at > from ? Math.max(from, chunk.lastIndexOf(mark, at - 1) + 1) : from;
    // The separator that closes the chunk is reported as an offset too.
    const stop = at < end ? chunk.indexOf(mark, at) : end;
    this.lineEnd = stop < 0 || stop > end ? end : stop;
    return start;
  }

  #literalLine(chunk: ByteString, from: number, end: number, mark: ByteString): number {
    const { required } = this;
    let begin = from;
    while (begin < end) {
      const at = chunk.indexOf(required, begin);
      if (at < 0 || at + required.length > end) return -1;
      const start = this.#lineAround(chunk, begin, at, end, mark);
      this.#hitBytes += this.lineEnd - begin;
      if (this.literal !== undefined) return start;
      if (++this.#hits >= TRIAL_HITS) {
        // When nearly every line has the literal, the automaton alone is faster.
        if (this.#hitBytes < this.#hits * SPARSE) this.#useLiteral = false;
        this.#hits = this.#hitBytes = 0;
      }
      if (this.#anyAutomaton().search(chunk, start, this.lineEnd, EDGE) >= 0) return start;
      begin = this.lineEnd + 1;
    }
    return -1;
  }
}

/** `indexOf` up to an end. */
function indexWithin(text: ByteString, literal: ByteString, from: number, end: number): number {
  // A search that may run far beyond the end is made in a copy of the part.
  const part = text.length - end > 64 ? text.slice(from, end) : undefined;
  if (part !== undefined) {
    const at = part.indexOf(literal);
    return at < 0 ? -1 : at + from;
  }
  const at = text.indexOf(literal, from);
  return at < 0 || at + literal.length > end ? -1 : at;
}

/**
 * Compiles a pattern. Throws {@linkcode RegexError} with glibc's words.
 *
 * @example Leftmost-longest
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const regex = compile("a|ab|abc", { syntax: "ere" });
 * assertEquals([...regex.exec("xabcd")!], [1, 4]);
 * ```
 */
export function compile(pattern: ByteString, options: RegexOptions): Regex {
  const program = parsePattern(
    pattern,
    options.syntax,
    options.icase === true,
    options.newline === true,
  );
  return new Regex(program, options);
}

/** Instead of a match: others come first, and the same search once more goes on. */
export const INTERRUPTED: Int32Array = new Int32Array(0);

/** As `regex.exec`, but gives {@linkcode INTERRUPTED} where that throws {@linkcode PAUSED}. */
export function execInTurns(
  regex: Regex,
  text: ByteString,
  at: number,
  flags: MatchFlags | undefined,
): Int32Array | null {
  try {
    return regex.exec(text, at, flags);
  } catch (error) {
    if (error !== PAUSED) throw error;
    return INTERRUPTED;
  }
}
