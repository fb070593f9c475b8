/**
 * Shell patterns against whole strings (POSIX fnmatch without flags), in linear time for each star.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

const CLASSES: ReadonlyMap<string, (code: number) => boolean> = new Map([
  ["alpha", (c) => isLower(c) || isUpper(c)],
  ["digit", (c) => isDigit(c)],
  ["alnum", (c) => isLower(c) || isUpper(c) || isDigit(c)],
  ["lower", isLower],
  ["upper", isUpper],
  ["space", (c) => c === 32 || (c >= 9 && c <= 13)],
  ["blank", (c) => c === 32 || c === 9],
  ["punct", (c) => c > 32 && c < 127 && !isLower(c) && !isUpper(c) && !isDigit(c)],
  ["print", (c) => c >= 32 && c < 127],
  ["graph", (c) => c > 32 && c < 127],
  ["cntrl", (c) => c < 32 || c === 127],
  ["xdigit", (c) => isDigit(c) || ((c | 32) >= 0x61 && (c | 32) <= 0x66)],
]);

function isLower(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}
function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}
function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether a byte is of a class by its POSIX name; undefined for a name that is none. */
export function inClass(name: string, code: number): boolean | undefined {
  return CLASSES.get(name)?.(code);
}

/** What a bracket expression that is not closed gives: the bracket stands for itself. */
const UNCLOSED = 0;
/** What one gives that nothing matches, whatever else is in it: a class or a symbol that there is none of. */
const NOTHING = NaN;

/**
 * Tests a byte against the bracket expression at `at`: its end where the byte is of it, the end made
 * negative where it is not, `UNCLOSED` or `NOTHING`. What is wrong in one was found by running native.
 */
function testBracket(pattern: ByteString, at: number, code: number): number {
  const negate = pattern[at + 1] === "!" || pattern[at + 1] === "^";
  const first = negate ? at + 2 : at + 1;
  let found = false;
  for (let p = first; p < pattern.length;) {
    if (pattern[p] === "]" && p > first) return found !== negate ? p + 1 : -p - 1;
    if (pattern[p] === "[" && pattern[p + 1] === ":") {
      const close = pattern.indexOf(":]", p + 2);
      if (close > 0) {
        const member = inClass(pattern.slice(p + 2, close), code);
        // What stands before a class that is none may still match.
        if (member === undefined && (!found || negate)) return NOTHING;
        if (member) found = true;
        p = close + 2;
        continue;
      }
    } else if (pattern[p] === "[" && pattern[p + 1] === "=" && pattern.startsWith("=]", p + 3)) {
      if (pattern.charCodeAt(p + 2) === code) found = true;
      p += 5;
      continue;
    }
    const low = readSymbol(pattern, p);
    if (low === undefined) {
      const close = pattern.indexOf(".]", p + 2);
      if (close < 0 || !found || negate) return NOTHING;
      p = close + 2;
      continue;
    }
    let high = low;
    if (pattern[low.end] === "-" && low.end + 1 < pattern.length && pattern[low.end + 1] !== "]") {
      high = readSymbol(pattern, low.end + 1) ?? low;
      if (high === low) return NOTHING;
    }
    if (code >= low.code && code <= high.code) found = true;
    p = high.end;
  }
  return UNCLOSED;
}

/** A byte, an escaped one, or `[.x.]`; undefined for a symbol that there is none of. */
function readSymbol(pattern: ByteString, at: number): { code: number; end: number } | undefined {
  if (pattern[at] === "[" && pattern[at + 1] === ".") {
    const close = pattern.indexOf(".]", at + 2);
    return close === at + 3 ? { code: pattern.charCodeAt(at + 2), end: close + 2 } : undefined;
  }
  if (pattern[at] === "\\" && at + 1 < pattern.length) at++;
  return { code: pattern.charCodeAt(at), end: at + 1 };
}

/**
 * Whether `text` matches `pattern` from start to end. Only the last star is ever retried, so the
 * time is bounded by the product of the lengths.
 */
export function matchPattern(pattern: ByteString, text: ByteString): boolean {
  return new PatternMatch(pattern, text).run(Infinity)!;
}

/** A match of a pattern with a text that may be interrupted. */
export class PatternMatch {
  #p = 0;
  #t = 0;
  #starPattern = -1;
  #starText = 0;

  constructor(readonly pattern: ByteString, readonly text: ByteString) {}

  /** Goes on for so many steps; whether it matches, or undefined when that is not known yet. */
  run(steps: number): boolean | undefined {
    const { pattern, text } = this;
    let p = this.#p;
    let t = this.#t;
    for (let left = steps; left > 0; left--) {
      let matched = false;
      let next = p + 1;
      const char = pattern[p];
      if (char === "*") {
        this.#starPattern = ++p;
        this.#starText = t;
        continue;
      }
      if (char === undefined) {
        if (t === text.length) return true;
      } else if (t < text.length) {
        const code = text.charCodeAt(t);
        if (char === "?") matched = true;
        else if (char === "[") {
          const end = testBracket(pattern, p, code);
          if (end === UNCLOSED) {
            matched = code === 0x5b;
            left -= pattern.length - p;
          } else {
            matched = end > 0;
            next = end;
            // What nothing matches has an end that is no number.
            left -= Math.abs(end) - p || 1;
          }
        } else if (char === "\\") {
          // One at the end of the pattern matches nothing.
          matched = pattern.charCodeAt(p + 1) === code;
          next = p + 2;
        } else matched = pattern.charCodeAt(p) === code;
      }
      if (matched) {
        p = next;
        t++;
        continue;
      }
      if (this.#starPattern < 0 || this.#starText >= text.length) return false;
      p = this.#starPattern;
      t = ++this.#starText;
    }
    this.#p = p;
    this.#t = t;
    return undefined;
  }
}
