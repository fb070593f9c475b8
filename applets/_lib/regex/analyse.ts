/**
 * What can be said about a pattern without running it: literals that every match contains, and how
 * long matches are. The search for a literal with `indexOf` is many times faster than any automaton.
 *
 * @module
 */

import type { ByteString } from "../../../sandbox/types.ts";
import * as program from "./parse.ts";

/** Facts about all matches of a pattern. */
export interface Facts {
  /** The one text that matches, if the pattern is plain text without groups and anchors. */
  readonly literal: ByteString | undefined;
  /** What each match begins with. */
  readonly prefix: ByteString;
  /** The longest known text that each match contains. */
  readonly required: ByteString;
  /** Length of every match; −1 if they differ. */
  readonly length: number;
}

interface Operand {
  /** The only text that matches, whatever anchors stand around it. */
  readonly exact: ByteString | undefined;
  readonly prefix: ByteString;
  readonly suffix: ByteString;
  readonly best: ByteString;
  readonly min: number;
  readonly max: number;
}

/** Literals need not be longer than this to be good filters. */
const LONG_ENOUGH = 1 << 12;

const NOTHING: Operand = { exact: "", prefix: "", suffix: "", best: "", min: 0, max: 0 };

function longest(...texts: ByteString[]): ByteString {
  return texts.reduce((a, b) => b.length > a.length ? b : a);
}

function concatenate(a: Operand, b: Operand): Operand {
  const exact = a.exact === undefined || b.exact === undefined ? undefined : a.exact + b.exact;
  const tooLong = exact !== undefined && exact.length > LONG_ENOUGH;
  return {
    exact: tooLong ? undefined : exact,
    prefix: a.exact === undefined ? a.prefix : a.exact + b.prefix,
    suffix: b.exact === undefined ? b.suffix : a.suffix + b.exact,
    best: longest(a.best, b.best, a.suffix + b.prefix),
    min: a.min + b.min,
    max: a.max + b.max,
  };
}

function commonPrefix(a: ByteString, b: ByteString): ByteString {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return a.slice(0, i);
}

function commonSuffix(a: ByteString, b: ByteString): ByteString {
  let i = 0;
  while (i < a.length && i < b.length && a[a.length - 1 - i] === b[b.length - 1 - i]) i++;
  return a.slice(a.length - i);
}

function alternate(a: Operand, b: Operand): Operand {
  return {
    exact: a.exact !== undefined && a.exact === b.exact ? a.exact : undefined,
    prefix: commonPrefix(a.prefix, b.prefix),
    suffix: commonSuffix(a.suffix, b.suffix),
    best: a.best === b.best
      ? a.best
      : longest(commonPrefix(a.prefix, b.prefix), commonSuffix(a.suffix, b.suffix)),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

function single(bytes: Uint8Array): Operand {
  let only = -1;
  for (let c = 0; c < 256; c++) {
    if (bytes[c] === 0) continue;
    if (only >= 0) return { exact: undefined, prefix: "", suffix: "", best: "", min: 1, max: 1 };
    only = c;
  }
  if (only < 0) return { exact: undefined, prefix: "", suffix: "", best: "", min: 1, max: 1 };
  const text = String.fromCharCode(only);
  return { exact: text, prefix: text, suffix: text, best: text, min: 1, max: 1 };
}

/** Finds out the facts about a program. */
export function analyse(source: program.Program): Facts {
  const stack: Operand[] = [];
  const singles = source.sets.map(single);
  let plain = source.groups === 0;
  for (const op of source.ops) {
    switch (op & 15) {
      case program.SET:
        stack.push(singles[op >> program.OP_BITS]);
        break;
      case program.ASSERT:
        plain = false;
        stack.push(NOTHING);
        break;
      case program.EMPTY:
      case program.OPEN:
        stack.push(NOTHING);
        break;
      case program.BACKREF:
        stack.push({ exact: undefined, prefix: "", suffix: "", best: "", min: 0, max: Infinity });
        break;
      case program.CLOSE:
      case program.CLOSE_OPTIONAL:
      case program.CAT: {
        const b = stack.pop() as Operand;
        stack.push(concatenate(stack.pop() as Operand, b));
        break;
      }
      case program.ALT: {
        const b = stack.pop() as Operand;
        stack.push(alternate(stack.pop() as Operand, b));
        break;
      }
      default: {
        const { max } = stack.pop() as Operand;
        stack.push({
          exact: undefined,
          prefix: "",
          suffix: "",
          best: "",
          min: 0,
          max: max === 0 ? 0 : Infinity,
        });
      }
    }
  }
  const whole = stack.pop() as Operand;
  const { exact, best, prefix } = whole;
  return {
    literal: plain && exact !== undefined && exact.length > 0 ? exact : undefined,
    prefix,
    required: longest(best, prefix),
    length: whole.min === whole.max ? whole.min : -1,
  };
}
