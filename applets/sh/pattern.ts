/**
 * Shell patterns (POSIX 2.13) over byte strings: `case`, `${x#p}`, `${x/p/r}`, `[[ == ]]`, and one
 * path component of a glob. Bytes are single characters, as in Debian's busybox, which never calls
 * `setlocale`.
 *
 * A pattern is cut at its stars into pieces of fixed length. Each question is then answered by
 * looking for the pieces in order, so no pattern takes more than (pattern × text) steps.
 *
 * @module
 */

/** Marks the next character of a pattern text as quoted. It is no byte, so no data can forge it. */
export const ESC = "\u0100";
const ESC_CODE = 0x100;

/** What one byte of a text is held against. */
export type Token = number | Uint8Array | null;

/** A run of tokens between stars: a char code, a table of allowed bytes, or null for any byte. */
export class Piece {
  readonly length: number;

  /**
   * @param text The piece as text when it holds no `?` and no bracket.
   * @param tokens The same otherwise.
   */
  constructor(readonly text: string | undefined, readonly tokens: readonly Token[]) {
    this.length = text === undefined ? tokens.length : text.length;
  }

  matchesAt(s: string, at: number): boolean {
    if (at < 0 || at + this.length > s.length) return false;
    if (this.text !== undefined) return s.startsWith(this.text, at);
    const tokens = this.tokens;
    for (let i = 0; i < tokens.length; i++) {
      const t = tokens[i];
      if (t === null) continue;
      const c = s.charCodeAt(at + i);
      if (typeof t === "number" ? t !== c : t[c] === 0) return false;
    }
    return true;
  }

  /** First place at or after `from`, or -1. */
  first(s: string, from: number): number {
    if (this.text !== undefined) return this.text === "" ? from : s.indexOf(this.text, from);
    const last = s.length - this.length;
    for (let i = from; i <= last; i++) if (this.matchesAt(s, i)) return i;
    return -1;
  }

  /** Last place that ends at or before `end`, or -1. */
  last(s: string, end: number): number {
    const start = end - this.length;
    if (start < 0) return -1;
    if (this.text !== undefined) return this.text === "" ? end : s.lastIndexOf(this.text, start);
    for (let i = start; i >= 0; i--) if (this.matchesAt(s, i)) return i;
    return -1;
  }
}

/** From this length on, a text is gone through in turns with others. */
const LONG = 1 << 16;
/** Most characters that may have to be compared at once: those of a pattern with those of a text. */
const MOST = 1 << 24;

/** Length of the longest text with which matching does not take so long that others should have turns. */
export function longestFor(pattern: string): number {
  return pattern.length > LONG ? -1 : Math.min(LONG, MOST / (pattern.length + 1));
}

/** Whether matching takes so long that it is to be done in turns with others. */
export function takesLong(pattern: string, s: string): boolean {
  return s.length > longestFor(pattern);
}

/** A compiled pattern. */
export class Pattern {
  readonly pieces: readonly Piece[];
  /** Texts around the only star, for `*.c` and `a*`. */
  private readonly head: string | undefined;
  private readonly tail: string = "";

  /** @param text With {@link ESC} before quoted characters; an unquoted `\` quotes the next one too. */
  constructor(text: string, parser: PatternParser = new PatternParser(text)) {
    parser.run(Infinity);
    this.pieces = parser.pieces;
    if (this.pieces.length === 2) {
      const [a, b] = this.pieces;
      if (a.text !== undefined && b.text !== undefined) {
        this.head = a.text;
        this.tail = b.text;
      }
    }
  }

  /** The text that alone matches, if there is no pattern character. */
  get literal(): string | undefined {
    return this.pieces.length === 1 ? this.pieces[0].text : undefined;
  }

  /** Whether all of `s` matches. */
  matches(s: string): boolean {
    const { head, tail } = this;
    if (head !== undefined) {
      return s.length >= head.length + tail.length && s.startsWith(head) && s.endsWith(tail);
    }
    const p = this.pieces;
    const n = p.length - 1;
    if (n === 0) return p[0].length === s.length && p[0].matchesAt(s, 0);
    if (!p[0].matchesAt(s, 0)) return false;
    const end = s.length - p[n].length;
    if (!p[n].matchesAt(s, end)) return false;
    let at = p[0].length;
    for (let i = 1; i < n; i++) {
      const found = p[i].first(s, at);
      if (found < 0) return false;
      at = found + p[i].length;
    }
    return at <= end;
  }

  /** End of the shortest or longest match that starts at `start`, or -1. */
  endOfMatch(s: string, start: number, longest: boolean): number {
    const p = this.pieces;
    const n = p.length - 1;
    if (!p[0].matchesAt(s, start)) return -1;
    let at = start + p[0].length;
    if (n === 0) return at;
    for (let i = 1; i < n; i++) {
      const found = p[i].first(s, at);
      if (found < 0) return -1;
      at = found + p[i].length;
    }
    const found = longest ? p[n].last(s, s.length) : p[n].first(s, at);
    return found < at ? -1 : found + p[n].length;
  }

  /** Start of the shortest or longest match that ends at the end of `s`, or -1. */
  startOfMatch(s: string, longest: boolean): number {
    const p = this.pieces;
    const n = p.length - 1;
    let end = s.length - p[n].length;
    if (!p[n].matchesAt(s, end)) return -1;
    if (n === 0) return end;
    for (let i = n - 1; i > 0; i--) {
      const found = p[i].last(s, end);
      if (found < 0) return -1;
      end = found;
    }
    const found = longest ? p[0].first(s, 0) : p[0].last(s, end);
    return found < 0 || found + p[0].length > end ? -1 : found;
  }

  /** The leftmost match at or after `from`, as long as it can be; its end goes to {@link lastEnd}. */
  find(s: string, from: number): number {
    // If the pieces do not fit after the first place of the first piece, they fit nowhere.
    const start = this.pieces[0].first(s, from);
    if (start < 0) return -1;
    const end = this.endOfMatch(s, start, true);
    this.lastEnd = end;
    return end < 0 ? -1 : start;
  }

  /** End of what {@link find} found. */
  lastEnd = -1;
}

/** Cuts the text of a pattern into pieces, all at once or some characters at a time. */
export class PatternParser {
  readonly pieces: Piece[] = [];
  #at = 0;
  /** Where the text may begin of which the piece consists so far. */
  #text = "";
  /** The piece so far, when it is no text. */
  #tokens: Token[] | undefined;
  readonly #lastClosing: number;
  #isDone = false;

  constructor(private readonly text: string) {
    this.#lastClosing = text.lastIndexOf("]");
  }

  #add(token: Token): void {
    this.#tokens ??= Array.from(this.#text, (c) => c.charCodeAt(0));
    this.#tokens.push(token);
  }

  #addText(s: string): void {
    if (this.#tokens === undefined) this.#text += s;
    else for (let i = 0; i < s.length; i++) this.#tokens.push(s.charCodeAt(i));
  }

  #end(): void {
    this.pieces.push(
      this.#tokens === undefined ? new Piece(this.#text, []) : new Piece(undefined, this.#tokens),
    );
    this.#text = "";
    this.#tokens = undefined;
  }

  /** Goes through about `count` things of the pattern; true at its end. */
  run(count: number): boolean {
    const { text } = this;
    let i = this.#at;
    for (let left = count; i < text.length && left > 0; i++, left--) {
      PLAIN.lastIndex = i;
      if (PLAIN.test(text)) {
        this.#addText(text.slice(i, PLAIN.lastIndex));
        i = PLAIN.lastIndex;
        if (i === text.length) break;
      }
      const c = text.charCodeAt(i);
      switch (c) {
        case ESC_CODE:
          if (++i < text.length) this.#addText(text[i]);
          break;
        case 92: {
          // A backslash that came out of an expansion; it may stand before a marked character.
          let next = i + 1;
          if (text.charCodeAt(next) === ESC_CODE) next++;
          if (next < text.length) {
            this.#addText(text[next]);
            i = next;
          } else this.#add(NOTHING); // As natively, one with nothing behind it matches nothing.
          break;
        }
        case 63:
          this.#add(null);
          break;
        case 42:
          // The pieces between stars are looked for one after another; "**" is "*".
          if (this.#text !== "" || this.#tokens !== undefined || this.pieces.length === 0) {
            this.#end();
          }
          break;
        default: {
          // Most brackets that are never closed are seen so without reading to the end each time.
          const set = this.#lastClosing > i ? bracket(text, i) : undefined;
          if (set === undefined) this.#addText("[");
          else {
            this.#add(set.table);
            i = set.end;
          }
        }
      }
    }
    this.#at = i;
    if (i < text.length) return false;
    if (!this.#isDone) this.#end();
    return this.#isDone = true;
  }
}

const NOTHING = new Uint8Array(256);
/** Ordinary characters of a pattern. */
const PLAIN = /[^\u0100\\?*[]+/y;

/** Parses the bracket expression at `start`; undefined when it is not closed. */
function bracket(text: string, start: number): { table: Uint8Array; end: number } | undefined {
  const table = new Uint8Array(256);
  let into = table;
  let i = start + 1;
  let negate = false;
  const c0 = text.charCodeAt(i);
  if (c0 === 33 || c0 === 94) {
    negate = true;
    i++;
  }
  let first = true;
  // As natively, what stands before a class that is none may still match, and nothing behind it.
  const end = (): void => {
    if (negate) into.fill(1);
    into = new Uint8Array(256);
  };
  for (;; first = false) {
    if (i >= text.length) return undefined;
    let c = text.charCodeAt(i);
    if (c === 93 && !first) break;
    if (c === 91) {
      const kind = text.charCodeAt(i + 1);
      if (kind === 58 || kind === 61 || kind === 46) {
        const close = text.indexOf(String.fromCharCode(kind) + "]", i + 2);
        if (close >= 0) {
          const name = text.slice(i + 2, close);
          if (kind === 58) {
            if (!addClass(into, name)) end();
            i = close + 2;
            continue;
          }
          if (name.length === 1) {
            c = name.charCodeAt(0);
            i = close + 2;
            i = addRange(text, into, c, i);
            continue;
          }
          if (kind === 46) {
            end();
            i = close + 2;
            continue;
          }
        }
      }
    } else if (c === ESC_CODE || c === 92) {
      if (c === 92 && text.charCodeAt(i + 1) === ESC_CODE) i++;
      if (i + 1 < text.length) c = text.charCodeAt(++i);
    }
    i = addRange(text, into, c, i + 1);
  }
  if (negate) { for (let k = 0; k < 256; k++) table[k] ^= 1; }
  return { table, end: i };
}

/** Adds `c`, or the range that begins with it; returns where to go on. */
function addRange(text: string, table: Uint8Array, c: number, next: number): number {
  let i = next;
  if (text.charCodeAt(i) !== 45 || i + 1 >= text.length || text.charCodeAt(i + 1) === 93) {
    if (c < 256) table[c] = 1;
    return i;
  }
  i++;
  let to = text.charCodeAt(i);
  if ((to === ESC_CODE || to === 92) && i + 1 < text.length) to = text.charCodeAt(++i);
  else if (to === 91 && text[i + 1] === "." && text.slice(i + 3, i + 5) === ".]") {
    to = text.charCodeAt(i + 2);
    i += 4;
  }
  for (let k = c; k <= to && k < 256; k++) table[k] = 1;
  return i + 1;
}

const CLASSES: ReadonlyMap<string, (c: number) => boolean> = new Map<
  string,
  (c: number) => boolean
>([
  ["alpha", isAlpha],
  ["digit", isDigit],
  ["alnum", (c) => isAlpha(c) || isDigit(c)],
  ["upper", (c) => c >= 65 && c <= 90],
  ["lower", (c) => c >= 97 && c <= 122],
  ["space", (c) => c === 32 || (c >= 9 && c <= 13)],
  ["blank", (c) => c === 32 || c === 9],
  ["punct", (c) => c > 32 && c < 127 && !isAlpha(c) && !isDigit(c)],
  ["print", (c) => c >= 32 && c < 127],
  ["graph", (c) => c > 32 && c < 127],
  ["cntrl", (c) => c < 32 || c === 127],
  ["xdigit", (c) => isDigit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102)],
]);

function isAlpha(c: number): boolean {
  return (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function addClass(table: Uint8Array, name: string): boolean {
  const test = CLASSES.get(name);
  if (test === undefined) return false;
  for (let c = 0; c < 128; c++) if (test(c)) table[c] = 1;
  return true;
}

const MAX_CACHED = 256;

/** Compiled patterns by text. */
export class PatternCache {
  private readonly known = new Map<string, Pattern>();

  /** The compiled form of a marked text. */
  get(text: string): Pattern {
    let p = this.known.get(text);
    if (p !== undefined) return p;
    p = new Pattern(text);
    this.keep(text, p);
    return p;
  }

  /** The same, if it is there. */
  find(text: string): Pattern | undefined {
    return this.known.get(text);
  }

  /** Keeps a pattern that was compiled elsewhere. */
  keep(text: string, p: Pattern): void {
    if (this.known.size >= MAX_CACHED) this.known.clear();
    this.known.set(text, p);
  }
}

/** Marks every character of `s` that patterns or word splitting would treat specially. */
export function escapePattern(s: string): string {
  return /[*?[\]\\!^-]/.test(s) ? s.replace(/[*?[\]\\!^-]/g, ESC + "$&") : s;
}

/** Takes the marks out again. */
export function unescapePattern(s: string): string {
  return s.includes(ESC) ? s.replaceAll(ESC, "") : s;
}

/** Whether a marked text has an active pattern character. */
export function hasMagic(text: string): boolean {
  let isOpen = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    // What an expansion left before a character quotes it as well.
    if (c === 92 && text.charCodeAt(i + 1) === ESC_CODE) i += 2;
    else if (c === ESC_CODE || c === 92) i++;
    else if (c === 42 || c === 63) return true;
    // A bracket that is never closed is an ordinary character.
    else if (c === 91) isOpen = true;
    else if (c === 93 && isOpen) return true;
  }
  return false;
}
