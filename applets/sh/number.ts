/**
 * Numbers as most variables hold them.
 *
 * @module
 */

/** The number a text plainly is (decimal, no leading zero, safe), or NaN. */
export function plainNumber(text: string): number {
  const length = text.length;
  if (length > 15 || length === 0) return NaN;
  let i = 0;
  let c = text.charCodeAt(0);
  const negative = c === 45;
  if (negative) {
    if (length === 1) return NaN;
    c = text.charCodeAt(++i);
  }
  // A leading zero means octal to arithmetic, and "-0" would not print as it was.
  if (c === 48) return length === 1 ? 0 : NaN;
  let n = 0;
  for (; i < length; i++) {
    c = text.charCodeAt(i) - 48;
    if (c < 0 || c > 9) return NaN;
    n = n * 10 + c;
  }
  return negative ? -n : n;
}
