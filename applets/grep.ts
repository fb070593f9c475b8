import { type Applet, type Context, defineApplet, NO_HELP, type Source } from "./contract.ts";
import { type ByteString, type MaybePromise, S_IFDIR, S_IFLNK, S_IFMT } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { LineChunks } from "./_lib/line_chunks.ts";
import type { LineFinder } from "./_lib/line_finder.ts";
import { BadPattern, LinePatterns } from "./_lib/line_patterns.ts";
import { PAUSED } from "./_lib/regex/regex.ts";
import { countNewlines } from "./_lib/text_count.ts";
import { after, inTurns } from "./_lib/sequence.ts";
import { inSteps } from "./_lib/steps.ts";

const USAGE =
  "[-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...";

/**
 * Prints the lines of FILEs that match patterns. Source of behaviour: POSIX grep, BusyBox 1.35.
 *
 * Native uses GNU's own pattern syntaxes here (newline is an alternative, misplaced operators are
 * taken literally), reads patterns last to first, and compiles one only when a line gets to it.
 */
export const applet: Applet = defineApplet({
  name: "grep",
  aliases: ["egrep", "fgrep"],
  usage: { grep: USAGE, egrep: NO_HELP, fgrep: NO_HELP },
  about: "Print the lines of FILEs, or of stdin, that match a pattern",
  usageStatus: 2,
  lostOutput: "ignore",
  options: {
    H: { help: "Print the file name before each line" },
    h: { help: "Print no file names" },
    n: { help: "Print the line number before each line" },
    l: { help: "Print only the names of files with a match" },
    L: { help: "Print only the names of files without a match" },
    c: { help: "Print only how many lines match" },
    o: { help: "Print only the matching parts, each on a line" },
    q: { help: "Print nothing; stop at the first match with status 0" },
    v: { help: "Take the lines that do not match" },
    s: { help: "No messages about files that cannot be opened" },
    r: { help: "Search directories with all below them" },
    R: { help: "As -r, following symbolic links" },
    i: { help: "Ignore case" },
    w: { help: "Match whole words only" },
    x: { help: "Match whole lines only" },
    F: { help: "Patterns are plain strings" },
    E: { help: "Patterns are extended regular expressions" },
    z: { help: "Lines end with NUL" },
    m: { arg: "N", numeric: true, help: "Stop a file after N lines" },
    A: { arg: "N", numeric: true, help: "Print N lines after each match too" },
    B: { arg: "N", numeric: true, help: "Print N lines before each match too" },
    C: { arg: "N", numeric: true, help: "As -A N -B N" },
    e: { arg: "PATTERN", many: true, help: "A pattern; may be given again" },
    f: { arg: "FILE", many: true, help: "Patterns from FILE, one in each line" },
    a: {},
    I: {},
    color: { arg: "WHEN", optional: true },
  },
  needs: ["read"],
  run(ctx) {
    return new Grep(ctx).run();
  },
});

type Options =
  & Record<
    | "H"
    | "h"
    | "n"
    | "l"
    | "L"
    | "c"
    | "o"
    | "q"
    | "v"
    | "s"
    | "r"
    | "R"
    | "i"
    | "w"
    | "x"
    | "F"
    | "E"
    | "z",
    true | undefined
  >
  & Record<"m" | "A" | "B" | "C", number | undefined>
  & Record<"e" | "f", readonly ByteString[] | undefined>;

/** A line kept to be printed before a later match. */
interface KeptLine {
  readonly number: number;
  readonly text: ByteString;
}

/** Bytes whose lines are counted in another way. */
const LARGE = 512;

/** Matches of -o after which others get their turn. */
const MATCHES_A_TURN = 1 << 11;

/** A result is known before the input is used up. */
const STOP = Symbol("stop");

/** One run of grep. */
class Grep {
  readonly #opts: Options;
  readonly #out: Context["out"];
  #patterns!: LinePatterns;
  #invert: boolean;
  readonly #separator: number;
  readonly #lineEnd: ByteString;
  /** Lines of context. */
  #after = 0;
  #before = 0;
  #mostMatches = Infinity;
  #showNames = false;
  #matchedAny = false;
  #failedOpen = false;
  #printedAny = false;
  // The state of one file.
  #name: ByteString = "";
  #prefixed = false;
  /** Selected lines are only counted or copied: where each of them ends is all one. */
  #takesRanges = false;
  #number = 0;
  #matches = 0;
  #afterLeft = 0;
  /** Number of the line printed last in this file, and in any file. */
  #lastPrinted = 0;
  #lastOfAll = 0;
  #kept: KeptLine[] = [];
  /** Up to here the lines of the chunk have been printed or need not be. */
  #settled = 0;
  /** The first line that was not looked at, and what to wait for, where a search was stopped half-way. */
  #searched = 0;
  #waiting: Promise<void> | undefined;
  /** The line of which the matches were not all printed, then. */
  #partly: { readonly start: number; readonly end: number } | undefined;
  #lines: LineChunks | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(private readonly ctx: Context) {
    this.#opts = ctx.opts as unknown as Options;
    this.#out = ctx.out;
    this.#invert = this.#opts.v === true;
    this.#separator = this.#opts.z ? 0 : 10;
    this.#lineEnd = this.#opts.z ? "\0" : "\n";
  }

  run(): MaybePromise<number> {
    const { ctx } = this;
    this.#readNumbers();
    const operands = ctx.operands.slice();
    const { e = [], f = [] } = this.#opts;
    const lists: ByteString[] = [...e];
    if (e.length + f.length === 0) lists.push(operands.shift() ?? ctx.usage());
    return after(
      this.#patternFiles(f, lists),
      () => after(this.#compile(lists), () => this.#searchAll(operands)),
    );
  }

  /** `-A`, `-B`, `-C` and `-m`; of context options given again the last one counts. */
  #readNumbers(): void {
    const { ctx } = this;
    for (const name of ctx.order) {
      if (name !== "A" && name !== "B" && name !== "C" && name !== "m") continue;
      const count = this.#opts[name]!;
      if (name === "m") this.#mostMatches = count;
      if (name === "A" || name === "C") this.#after = count;
      if (name === "B" || name === "C") this.#before = count;
    }
  }

  #patternFiles(paths: readonly ByteString[], lists: ByteString[]): MaybePromise<void> {
    return inTurns(this.ctx.process, paths, async (path) => {
      let source: Source;
      try {
        source = path === "-" ? this.ctx.stdin : this.ctx.openOrThrow(path);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return this.ctx.fail(`${path}: ${error.reason}`, 2);
      }
      const text = await source.readAll();
      source.close();
      // A newline at the end of the file begins no further pattern, and an empty file holds none.
      if (text !== "") lists.push(text.endsWith("\n") ? text.slice(0, -1) : text);
    });
  }

  #compile(lists: readonly ByteString[]): MaybePromise<void> {
    const { opts, name, process } = this.ctx as Context & { opts: Options };
    const texts = lists.flatMap((list) => list.split("\n")).reverse();
    if (texts.length === 0) {
      // No pattern at all: native inverts one that it takes to match everything.
      this.#invert = !this.#invert;
      texts.push(opts.x ? ".*" : "");
    }
    this.#patterns = new LinePatterns(
      texts,
      {
        extended: opts.E === true || name === "egrep",
        fixed: opts.F === true || name === "fgrep",
        icase: opts.i === true,
        whole: opts.x === true,
        words: opts.w === true,
        separator: this.#separator,
        onStep: (steps) => {
          if (this.#patterns?.mayPause !== true) return process.waiter.spend(steps >> 3);
          return (this.#waiting ??= process.tick(steps >> 3)) !== undefined;
        },
      },
      opts.o === true && !this.#invert,
    );
    return inSteps(this.#patterns.compile(process));
  }

  #searchAll(operands: readonly ByteString[]): MaybePromise<number> {
    const { order } = this.ctx;
    const names = order.findLast((name) => name === "H" || name === "h");
    this.#showNames = names === undefined ? operands.length > 1 : names === "H";
    const paths = operands.length === 0 ? ["-"] : operands;
    const done = this.#catching(() =>
      inTurns(this.ctx.process, paths, (path) => this.#searchPath(path, names))
    );
    return after(done, (stopped) => {
      if (stopped) return 0;
      if (this.#failedOpen) return 2;
      return this.#matchedAny ? 0 : 1;
    });
  }

  /** Runs until the end, or until `STOP` is thrown: then the result is true. */
  #catching(work: () => MaybePromise<void>): MaybePromise<boolean> {
    const handle = (error: unknown): boolean => {
      if (error === STOP) return true;
      if (error instanceof BadPattern) this.ctx.fail(`bad regex '${error.pattern}'`, 2);
      throw error;
    };
    try {
      const result = work();
      if (result instanceof Promise) return result.then(() => false, handle);
      return false;
    } catch (error) {
      return handle(error);
    }
  }

  #searchPath(path: ByteString, names: string | undefined): MaybePromise<void> {
    const { r, R } = this.#opts;
    if (path !== "-" && (r || R)) {
      const stat = this.ctx.fs.tryStat(path);
      if (stat !== undefined && (stat.mode & S_IFMT) === S_IFDIR) {
        const showNames = this.#showNames;
        this.#showNames = names !== "h";
        return after(this.#searchTree(path), () => {
          this.#showNames = showNames;
        });
      }
    }
    return this.#searchFile(path);
  }

  #searchTree(path: ByteString): MaybePromise<void> {
    let entries;
    try {
      entries = this.ctx.fs.readDir(path);
    } catch (error) {
      this.#cannotOpen(path, error);
      return;
    }
    const base = path.endsWith("/") ? path : `${path}/`;
    return inTurns(this.ctx.process, entries, (entry) => {
      const below = base + entry.name;
      let { type } = entry;
      if (type === S_IFLNK) {
        const stat = this.ctx.fs.tryStat(below);
        if (stat !== undefined) type = stat.mode & S_IFMT;
        // Below the operand, -r searches files behind links and no directories.
        if (type === S_IFDIR && !this.#opts.R) return;
      }
      return type === S_IFDIR ? this.#searchTree(below) : this.#searchFile(below);
    });
  }

  #cannotOpen(path: ByteString, error: unknown): void {
    if (!isVfsError(error)) throw error;
    this.#failedOpen = true;
    if (!this.#opts.s) this.ctx.warn(`${path}: ${error.reason}`);
  }

  #searchFile(path: ByteString): MaybePromise<void> {
    let source: Source;
    try {
      source = path === "-" ? this.ctx.stdin : this.ctx.openOrThrow(path);
    } catch (error) {
      this.#cannotOpen(path, error);
      return;
    }
    this.#name = path === "-" ? "(standard input)" : path;
    this.#prefixed = this.#showNames || this.#opts.n === true;
    const { q, l, L, o } = this.#opts;
    this.#takesRanges = !q && !l && !L && !o && !this.#prefixed &&
      this.#before + this.#after === 0 && this.#mostMatches === Infinity;
    this.#number =
      this.#matches =
      this.#afterLeft =
      this.#lastPrinted =
        0;
    this.#kept = [];
    const chunks = new LineChunks(source, this.ctx.process, this.#separator);
    return after(this.#readLines(chunks), () => {
      chunks.close();
      source.close();
      return this.#endFile();
    });
  }

  /** Reads all batches; a directory or a failing device is like an empty file, as for native. */
  #readLines(chunks: LineChunks): MaybePromise<void> {
    for (;;) {
      let more: MaybePromise<boolean>;
      try {
        more = chunks.next();
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return;
      }
      if (more instanceof Promise) return this.#readLinesLater(chunks, more);
      if (!more) return;
      const ended = this.#search(chunks);
      if (ended instanceof Promise) {
        return this.#readLinesLater(chunks, ended.then((end) => end ? false : undefined));
      }
      if (ended) return;
      const pause = this.ctx.tick(1 + (chunks.end >> 6)) ?? this.#out.pending();
      if (pause !== undefined) return this.#readLinesLater(chunks, pause.then(() => undefined));
    }
  }

  async #readLinesLater(
    chunks: LineChunks,
    coming: Promise<boolean | undefined>,
  ): Promise<void> {
    let more: boolean | undefined = await coming.catch((error) => {
      if (isVfsError(error)) return false;
      throw error;
    });
    for (;;) {
      if (more === undefined) {
        try {
          more = await chunks.next();
        } catch (error) {
          if (!isVfsError(error)) throw error;
          return;
        }
      }
      if (!more) return;
      const ended = this.#search(chunks);
      if (ended instanceof Promise ? await ended : ended) return;
      more = undefined;
      await (this.ctx.tick(1 + (chunks.end >> 6)) ?? this.#out.pending());
    }
  }

  #endFile(): MaybePromise<void> {
    const { c, l, L } = this.#opts;
    const matched = this.#matches > 0;
    // -l and -L leave a file at its first match, before the count would be printed.
    if (c && !((l || L) && matched)) {
      const name = this.#showNames ? `${this.#name}:` : "";
      void this.#out.print(`${name}${this.#matches}\n`);
    }
    if ((l && matched) || (L && !matched)) void this.#out.print(`${this.#name}\n`);
    // With -l or -L, success means that a name was printed.
    if (L ? !matched || l : matched) this.#matchedAny = true;
    return this.#out.pending();
  }

  /** The batch as a string, made when it is needed. */
  get #chunk(): ByteString {
    return this.#lines?.text ?? "";
  }

  /** Searches a batch of lines; true when the rest of the file does not matter. */
  #search(chunks: LineChunks): MaybePromise<boolean> {
    try {
      return this.#searchChunk(chunks, undefined);
    } catch (error) {
      if (error !== PAUSED) throw error;
      return this.#searchLater(chunks);
    }
  }

  async #searchLater(chunks: LineChunks): Promise<boolean> {
    for (;;) {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      await (this.#out.pending() ?? waiting);
      try {
        return this.#searchChunk(chunks, this.#searched);
      } catch (error) {
        if (error !== PAUSED) throw error;
      }
    }
  }

  /** Searches a batch, or goes on where a search was stopped half-way. */
  #searchChunk(chunks: LineChunks, stoppedAt: number | undefined): boolean {
    const patterns = this.#patterns;
    // With -m 0 only the first line is looked at, and not printed if it matches.
    const end = this.#mostMatches > 0 ? chunks.end : this.#firstLineEnd(chunks);
    const bytes = this.#bytes = chunks.bytes;
    this.#lines = chunks;
    if (stoppedAt === undefined) this.#settled = 0;
    const finder = patterns.finderFor(bytes, end);
    const invert = this.#invert;
    if (finder !== undefined && this.#takesRanges && !invert) {
      this.#takeFound(finder);
      return false;
    }
    const text = finder === undefined ? chunks.text : "";
    if (finder === undefined && stoppedAt === undefined) patterns.startChunk(text);
    let from = stoppedAt ?? 0;
    if (this.#partly !== undefined) {
      const line = this.#partly;
      this.#partly = undefined;
      this.#printMatches(line.start, line.end);
      if (this.#matches >= this.#mostMatches && this.#afterLeft === 0) return true;
      from = Math.min(line.end + 1, end);
    }
    while (from < end) {
      this.#searched = from;
      const start = finder === undefined ? patterns.next(text, from, end) : finder.next();
      const gapEnd = start < 0 ? end : start;
      if (gapEnd > from && (invert ? this.#take(from, gapEnd) : this.#pass(from, gapEnd))) {
        return true;
      }
      if (start < 0) break;
      from = finder === undefined ? Math.min(patterns.lineEnd + 1, end) : finder.rangeEnd;
      if (invert ? this.#pass(start, from) : this.#take(start, from)) return true;
    }
    if (this.#before > 0) this.#keepLines(end);
    return this.#mostMatches === 0;
  }

  #firstLineEnd(chunks: LineChunks): number {
    const stop = chunks.text.indexOf(this.#lineEnd);
    return stop < 0 ? chunks.end : stop + 1;
  }

  /** All lines of a batch that a finder finds, where `#takesRanges`. */
  #takeFound(finder: LineFinder): void {
    const counts = this.#opts.c === true;
    for (;;) {
      const part = finder.nextPart(counts);
      if (part === undefined) return;
      this.#matches += finder.partLines;
      if (part.length > 0) void this.#out.bytes(part);
    }
  }

  /** Lines that are not selected: they count, and may follow a match as context. */
  #pass(from: number, end: number): boolean {
    let at = from;
    while (this.#afterLeft > 0 && at < end) {
      const stop = this.#endOfLine(at, end);
      this.#number++;
      // Native prints these lines as C strings.
      const nul = this.#separator === 0 ? -1 : this.#chunk.indexOf("\0", at);
      this.#printLine(at, nul >= 0 && nul < stop ? nul : stop, this.#number, "-");
      this.#settled = stop + 1;
      at = stop + 1;
      if (--this.#afterLeft === 0 && this.#matches >= this.#mostMatches) return true;
    }
    if (at < end && (this.#opts.n || this.#after + this.#before > 0)) {
      this.#number += this.#count(at, end);
    }
    return false;
  }

  /** Selected lines. */
  #take(from: number, end: number): boolean {
    const { q, l, L, c } = this.#opts;
    const plain = !q && !l && !L && !c && this.#mostMatches > 0;
    if (this.#matches >= Math.max(1, this.#mostMatches)) return true;
    if (q) throw STOP;
    if (l || L) {
      this.#matches++;
      return true;
    }
    if (this.#takesRanges) {
      // Whole ranges at once: counting, or copying.
      if (c) this.#matches += this.#count(from, end);
      else {
        this.#matches++;
        this.#printRange(from, end);
      }
      return false;
    }
    for (let at = from; at < end;) {
      const stop = this.#endOfLine(at, end);
      this.#number++;
      this.#matches++;
      this.#afterLeft = plain ? this.#after : 0;
      if (plain) this.#printMatch(at, stop);
      at = stop + 1;
      if (this.#matches < this.#mostMatches) continue;
      // The lines after the last match are still printed, up to the next match.
      if (this.#afterLeft === 0 || at < end) return true;
    }
    return false;
  }

  #endOfLine(at: number, end: number): number {
    const stop = this.#chunk.indexOf(this.#lineEnd, at);
    return stop < 0 || stop > end ? end : stop;
  }

  /** Counts the lines of a range; the last one may lack its separator. */
  #count(from: number, end: number): number {
    const bytes = this.#bytes;
    const separator = this.#separator;
    let count = bytes[end - 1] === separator ? 0 : 1;
    if (separator === 10 && end - from >= LARGE) {
      return count + countNewlines(bytes.subarray(from, end));
    }
    for (let at = from; at < end; at++) if (bytes[at] === separator) count++;
    return count;
  }

  #printRange(from: number, end: number): void {
    void this.#out.bytes(this.#bytes, from, end);
    // The last line of the input may lack what ends it.
    if (this.#bytes[end - 1] !== this.#separator) void this.#out.byte(this.#separator);
  }

  #printMatch(start: number, end: number): void {
    if (this.#before > 0) this.#printBefore(start);
    const { o, F } = this.#opts;
    if (!o) {
      this.#printLine(start, end, this.#number, ":");
      return;
    }
    this.#settled = end + 1;
    const patterns = this.#patterns;
    if (this.#invert) return;
    if (F || this.ctx.name === "fgrep") {
      // Native prints the pattern, once.
      this.#mark(this.#number);
      void this.#out.print(`${this.#prefix(":")}${patterns.matchedText}${this.#lineEnd}`);
      return;
    }
    this.#printMatches(start, end);
  }

  /** The match at hand and those that follow it in the line. */
  #printMatches(start: number, end: number): void {
    const patterns = this.#patterns;
    for (let left = MATCHES_A_TURN;; left--) {
      if (left === 0) {
        this.#waiting ??= this.#out.pending() ?? this.ctx.tick(MATCHES_A_TURN);
        if (this.#waiting !== undefined) {
          this.#partly = { start, end };
          throw PAUSED;
        }
        left = MATCHES_A_TURN;
      }
      const { matchStart, matchEnd } = patterns;
      if (matchEnd > matchStart) {
        this.#mark(this.#number);
        if (this.#prefixed) void this.#out.print(this.#prefix(":"));
        void this.#out.bytes(this.#bytes, matchStart, matchEnd);
        void this.#out.byte(this.#separator);
      }
      // Native stops at a NUL behind a match, the end of its C string.
      if (this.#separator !== 0 && this.#chunk.charCodeAt(matchEnd) === 0) return;
      const next = matchEnd === matchStart ? matchEnd + 1 : matchEnd;
      if (matchEnd >= end || next > end) return;
      if (!patterns.nextInLine(this.#chunk, start, next, end)) return;
    }
  }

  /** Prints the lines of context before the selected line that begins at an offset. */
  #printBefore(start: number): void {
    let missing = Math.min(this.#before, this.#number - 1 - this.#lastPrinted);
    const starts: number[] = [];
    let at = start;
    while (missing > 0 && at > this.#settled) {
      at = at < 2 ? 0 : this.#chunk.lastIndexOf(this.#lineEnd, at - 2) + 1;
      starts.push(at);
      missing--;
    }
    const kept = missing > 0 && this.#settled === 0 ? this.#kept.slice(-missing) : [];
    for (const line of kept) {
      this.#mark(line.number);
      void this.#out.print(this.#prefix("-", line.number) + line.text + this.#lineEnd);
    }
    for (let i = starts.length - 1; i >= 0; i--) {
      const stop = this.#endOfLine(starts[i], start);
      this.#printLine(starts[i], stop, this.#number - 1 - i, "-");
    }
    this.#kept = [];
  }

  /** Keeps the last lines of a chunk that were not printed. */
  #keepLines(end: number): void {
    const fresh: KeptLine[] = [];
    let number = this.#number;
    let at = end;
    while (fresh.length < this.#before && at > this.#settled) {
      const stop = this.#bytes[at - 1] === this.#separator ? at - 1 : at;
      at = stop === 0 ? 0 : this.#chunk.lastIndexOf(this.#lineEnd, stop - 1) + 1;
      fresh.push({ number: number--, text: this.#chunk.slice(at, stop) });
    }
    fresh.reverse();
    const older = this.#settled === 0 ? this.#kept : [];
    this.#kept = [...older, ...fresh].slice(-this.#before);
  }

  /**
   * Notes that a line is printed, after a separator where lines were left out. Native compares the
   * numbers of lines only, across files too, and so parts two matches of -o in one line.
   */
  #mark(number: number): void {
    const gap = number !== this.#lastOfAll + 1;
    if (gap && this.#printedAny && this.#before + this.#after > 0) void this.#out.print("--\n");
    this.#printedAny = true;
    this.#lastPrinted = this.#lastOfAll = number;
  }

  #prefix(mark: ByteString, number: number = this.#number): ByteString {
    let text = this.#showNames ? this.#name + mark : "";
    if (this.#opts.n) text += number + mark;
    return text;
  }

  #printLine(start: number, end: number, number: number, mark: ByteString): void {
    this.#mark(number);
    if (this.#prefixed) void this.#out.print(this.#prefix(mark, number));
    void this.#out.bytes(this.#bytes, start, end);
    void this.#out.byte(this.#separator);
    this.#settled = end + 1;
  }
}
