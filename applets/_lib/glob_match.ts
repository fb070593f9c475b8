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

/** End of the bracket expression that starts at `at`, or -1 when it is not closed. */
function bracketEnd(pattern: ByteString, at: number): number {
  let end = at + 1;
  if (pattern[end] === "!" || pattern[end] === "^") end++;
  if (pattern[end] === "]") end++;
  while (end < pattern.length && pattern[end] !== "]") {
    if (pattern[end] === "[" && ":.=".includes(pattern[end + 1] ?? "\0")) {
      const close = pattern.indexOf(pattern[end + 1] + "]", end + 2);
      if (close > 0) {
        end = close + 2;
        continue;
      }
    }
    if (pattern[end] === "\\") end++;
    end++;
  }
  return end < pattern.length ? end : -1;
}

function inBracket(pattern: ByteString, at: number, end: number, code: number): boolean {
  let from = at + 1;
  const negate = pattern[from] === "!" || pattern[from] === "^";
  if (negate) from++;
  let found = false;
  while (from < end) {
    if (pattern[from] === "[" && ":.=".includes(pattern[from + 1])) {
      const kind = pattern[from + 1];
      const close = pattern.indexOf(kind + "]", from + 2);
      if (close > 0 && close < end) {
        const name = pattern.slice(from + 2, close);
        if (kind === ":" ? inClass(name, code) : name.charCodeAt(0) === code) found = true;
        from = close + 2;
        continue;
      }
    }
    if (pattern[from] === "\\" && from + 1 < end) from++;
    const low = pattern.charCodeAt(from++);
    let high = low;
    if (pattern[from] === "-" && from + 1 < end) {
      from++;
      if (pattern[from] === "\\" && from + 1 < end) from++;
      high = pattern.charCodeAt(from++);
    }
    if (code >= low && code <= high) found = true;
  }
  return found !== negate;
}

/**
 * Whether `text` matches `pattern` from start to end. Only the last star is ever retried, so the
 * time is bounded by the product of the lengths.
 */
export function matchPattern(pattern: ByteString, text: ByteString): boolean {
  let p = 0;
  let t = 0;
  let starPattern = -1;
  let starText = 0;
  for (;;) {
    let matched = false;
    let next = p + 1;
    const char = pattern[p];
    if (char === "*") {
      starPattern = ++p;
      starText = t;
      continue;
    }
    if (char === undefined) {
      if (t === text.length) return true;
    } else if (t < text.length) {
      const code = text.charCodeAt(t);
      if (char === "?") matched = true;
      else if (char === "[") {
        const end = bracketEnd(pattern, p);
        if (end < 0) matched = code === 0x5b;
        else {
          matched = inBracket(pattern, p, end, code);
          next = end + 1;
        }
      } else if (char === "\\" && p + 1 < pattern.length) {
        matched = pattern.charCodeAt(p + 1) === code;
        next = p + 2;
      } else matched = pattern.charCodeAt(p) === code;
    }
    if (matched) {
      p = next;
      t++;
      continue;
    }
    if (starPattern < 0 || starText >= text.length) return false;
    p = starPattern;
    t = ++starText;
  }
}
