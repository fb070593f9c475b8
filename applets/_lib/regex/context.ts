/**
 * What an assertion (`^ $ \b \< \> \B` and the buffer anchors) sees to its left and right.
 *
 * The automata never look at a neighbouring byte itself, only at its category, so a position is
 * described by two small numbers and every assertion is a lookup in a table.
 *
 * @module
 */

/** Nothing special: any byte that is no word byte (and no newline that anchors). */
export const OTHER = 0;
/** A word byte: letter, digit or underscore. */
export const WORD = 1;
/** A newline at which `^` and `$` match (only with the `newline` option). */
export const NEWLINE = 2;
/** The edge of the text, at which `^` (left) or `$` (right) matches. */
export const EDGE = 3;
/** The left edge of a text that is not the beginning of a line (`REG_NOTBOL`). */
export const EDGE_NOT_LINE = 4;
/** Number of categories. */
export const CATEGORIES = 5;

/** `^` */
export const LINE_FIRST = 0;
/** `$` */
export const LINE_LAST = 1;
/** The anchor `` \` `` */
export const BUF_FIRST = 2;
/** The anchor `\'` */
export const BUF_LAST = 3;
/** `\<`, and one half of `\b` */
export const WORD_FIRST = 4;
/** `\>`, and the other half of `\b` */
export const WORD_LAST = 5;
/** One half of `\B`: between two word bytes */
export const INSIDE_WORD = 6;
/** The other half of `\B`: between two bytes that are not word bytes */
export const INSIDE_OTHER = 7;

const KINDS = 8;

function holdsBetween(kind: number, left: number, right: number): boolean {
  switch (kind) {
    case LINE_FIRST:
      return left === NEWLINE || left === EDGE;
    case LINE_LAST:
      return right === NEWLINE || right === EDGE;
    case BUF_FIRST:
      return left === EDGE || left === EDGE_NOT_LINE;
    case BUF_LAST:
      return right === EDGE;
    case WORD_FIRST:
      return left !== WORD && right === WORD;
    case WORD_LAST:
      return left === WORD && right !== WORD;
    case INSIDE_WORD:
      return left === WORD && right === WORD;
    default:
      return left !== WORD && right !== WORD;
  }
}

const HOLDS = new Uint8Array(KINDS * CATEGORIES * CATEGORIES);
for (let kind = 0; kind < KINDS; kind++) {
  for (let left = 0; left < CATEGORIES; left++) {
    for (let right = 0; right < CATEGORIES; right++) {
      if (holdsBetween(kind, left, right)) {
        HOLDS[(kind * CATEGORIES + left) * CATEGORIES + right] = 1;
      }
    }
  }
}

/** Whether the assertion holds between a left and a right category. */
export function holds(kind: number, left: number, right: number): boolean {
  return HOLDS[(kind * CATEGORIES + left) * CATEGORIES + right] === 1;
}

/** Whether the byte belongs to words: `[A-Za-z0-9_]`, as in the C locale. */
export function isWordByte(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57) ||
    byte === 95;
}
