/**
 * Keys of `sort`: from `-k` text to levels of `line_sort.ts`.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { type Level, type Lines, NumberKeys, type Tick } from "./line_sort.ts";
import type { Steps } from "./steps.ts";
import { strtod } from "./strtod.ts";
import { compareVersions } from "./version_order.ts";

/** How a key is compared. */
export interface SortFlags {
  b: boolean;
  d: boolean;
  f: boolean;
  i: boolean;
  r: boolean;
  order: "n" | "g" | "M" | "V" | "none" | undefined;
}

/** One `-k`. Fields count from 1; `toField` 0 is the end of the line; chars of 0 are not given. */
export interface SortKey {
  readonly fromField: number;
  readonly fromChar: number;
  readonly toField: number;
  readonly toChar: number;
  readonly flags: SortFlags;
}

/** A wrong `-k`. */
export class KeyError extends Error {}

function number(text: ByteString, at: number): { value: number; end: number } | undefined {
  let end = at;
  while (end < text.length && text.charCodeAt(end) - 0x30 >>> 0 <= 9) end++;
  if (end === at) return undefined;
  const value = Number(text.slice(at, end));
  if (value > 0x7fffffff) throw new KeyError("bad field specification");
  return { value, end };
}

/**
 * Reads `N[.C][opts][,M[.C][opts]]`. A key with options of its own takes none of the global ones.
 *
 * @throws {KeyError}
 */
export function parseKey(text: ByteString, global: SortFlags): SortKey {
  const positions = [0, 0, 0, 0];
  let flags: SortFlags | undefined;
  let at = 0;
  for (let side = 0; side < 2; side++) {
    if (side === 1) {
      if (text[at] !== ",") break;
      at++;
    }
    for (let part = 0; part < 2; part++) {
      if (part === 1) {
        if (text[at] !== ".") break;
        at++;
      }
      const found = number(text, at);
      if (found === undefined) {
        // Native takes `-k ''` and `-k 1,`.
        if (part === 0 && at === text.length) break;
        throw new KeyError("bad field specification");
      }
      if (found.value === 0) {
        throw new KeyError("bad field specification");
      }
      positions[side * 2 + part] = found.value;
      at = found.end;
    }
    for (; at < text.length && text[at] !== ","; at++) {
      const letter = text[at];
      flags ??= { b: false, d: false, f: false, i: false, r: false, order: undefined };
      if (letter === "b" || letter === "d" || letter === "f" || letter === "i" || letter === "r") {
        flags[letter] = true;
      } else if (letter === "n" || letter === "g" || letter === "M") {
        flags.order = flags.order === undefined || flags.order === letter ? letter : "none";
      } else if ("cszuV".includes(letter)) {
        // Options of the whole sort, which native takes here and then knows no order for.
        flags.order = "none";
      } else throw new KeyError("unknown key option");
    }
  }
  if (at < text.length) throw new KeyError("bad field specification");
  return {
    fromField: positions[0] || 1,
    fromChar: positions[1],
    toField: positions[2],
    toChar: positions[3],
    flags: flags ?? global,
  };
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/** Index where field `field` (from 1) begins. */
function fieldStart(
  data: Uint8Array,
  from: number,
  end: number,
  field: number,
  separator: number | undefined,
): number {
  let at = from;
  for (let i = 1; i < field; i++) {
    at = fieldEnd(data, at, end, separator);
    if (separator !== undefined && at < end) at++;
  }
  return at;
}

/** Index after the field that begins at `at`. */
function fieldEnd(
  data: Uint8Array,
  at: number,
  end: number,
  separator: number | undefined,
): number {
  if (separator !== undefined) {
    while (at < end && data[at] !== separator) at++;
    return at;
  }
  while (at < end && isBlank(data[at])) at++;
  while (at < end && !isBlank(data[at])) at++;
  return at;
}

/** Work after which others get their turn: bytes that are read, and so much more for each line. */
const A_TURN = 1 << 18;
const A_LINE = 64;

/** Start and end of a key in each line. */
function* keyRanges(
  lines: Lines,
  key: SortKey,
  separator: number | undefined,
  tick: Tick,
): Steps<{ start: Uint32Array; end: Uint32Array }> {
  const { count } = lines;
  const start = new Uint32Array(count);
  const end = new Uint32Array(count);
  for (let line = 0; line < count;) {
    line = findKeys(lines, key, separator, start, end, line);
    const turn = tick(A_TURN >> 6);
    if (turn !== undefined) yield turn;
  }
  return { start, end };
}

/** The keys of some lines; gives the first line that is left. */
function findKeys(
  lines: Lines,
  key: SortKey,
  separator: number | undefined,
  start: Uint32Array,
  end: Uint32Array,
  first: number,
): number {
  const { data, count } = lines;
  let left = A_TURN;
  let line = first;
  for (; line < count && left > 0; line++) {
    const from = lines.start[line];
    const stop = lines.end[line];
    left -= A_LINE + stop - from;
    let keyStart = fieldStart(data, from, stop, key.fromField, separator);
    let keyEnd = stop;
    if (key.toField > 0) {
      // With a char at the end native counts it from the start of the line, whatever the field.
      if (key.toChar > 0) keyEnd = Math.min(from + key.toChar, stop);
      else {
        keyEnd = fieldStart(data, from, stop, key.toField, separator);
        keyEnd = fieldEnd(data, keyEnd, stop, separator);
      }
    }
    if (key.flags.b) { while (keyStart < stop && isBlank(data[keyStart])) keyStart++; }
    if (key.fromChar > 0) keyStart = Math.min(keyStart + key.fromChar - 1, stop);
    start[line] = keyStart;
    end[line] = Math.max(keyStart, keyEnd);
  }
  return line;
}

/**
 * The levels of a sort without the last one that looks at whole lines.
 *
 * @param lines Lines.
 * @param keys Keys; none means the whole line with the global flags.
 * @param global Global flags.
 * @param separator Byte of `-t`.
 */
export function* keyLevels(
  lines: Lines,
  keys: readonly SortKey[],
  global: SortFlags,
  separator: number | undefined,
  tick: Tick,
): Steps<Level[]> {
  const all = keys.length > 0
    ? keys
    : [{ fromField: 1, fromChar: 0, toField: 0, toChar: 0, flags: global }];
  const levels: Level[] = [];
  for (const key of all) {
    const whole = key.fromField === 1 && key.fromChar === 0 && key.toField === 0 && !key.flags.b;
    const range = whole ? lines : yield* keyRanges(lines, key, separator, tick);
    levels.push(yield* levelOf(lines, range, key.flags, tick));
  }
  return levels;
}

function* levelOf(
  lines: Lines,
  range: { start: Uint32Array; end: Uint32Array },
  flags: SortFlags,
  tick: Tick,
): Steps<Level> {
  const { data, count } = lines;
  const { start, end } = range;
  const reverse = flags.r;
  if (flags.order === "n" || flags.order === "g" || flags.order === "M") {
    const keys = new NumberKeys(count);
    for (let line = 0; line < count;) {
      line = readNumbers(keys, lines, range, flags.order, line);
      const turn = tick(A_TURN >> 6);
      if (turn !== undefined) yield turn;
    }
    return { kind: "number", high: keys.high, low: keys.low, reverse };
  }
  if (flags.order === "V") {
    return {
      kind: "compare",
      reverse,
      compare: (a, b) => compareVersions(data, start[a], end[a], data, start[b], end[b]),
    };
  }
  if (flags.d || flags.f || flags.i) return yield* transformed(lines, range, flags, tick);
  return { kind: "bytes", data, start, end, reverse };
}

/** The numbers of some lines; gives the first line that is left. */
function readNumbers(
  keys: NumberKeys,
  { data, count }: Lines,
  { start, end }: { start: Uint32Array; end: Uint32Array },
  order: SortFlags["order"],
  first: number,
): number {
  let left = A_TURN;
  let line = first;
  for (; line < count && left > 0; line++) {
    left -= A_LINE + end[line] - start[line];
    if (order === "M") keys.set(line, monthOf(data, start[line], end[line]));
    else setNumber(keys, line, data, start[line], end[line], order === "g");
  }
  return line;
}

/** A copy of the keys with case folded and ignored bytes left out. */
function* transformed(
  lines: Lines,
  range: { start: Uint32Array; end: Uint32Array },
  flags: SortFlags,
  tick: Tick,
): Steps<Level> {
  const table = new Int16Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const letter = (byte | 32) >= 0x61 && (byte | 32) <= 0x7a;
    const digit = byte >= 0x30 && byte <= 0x39;
    let to = byte;
    if (flags.i && (byte < 32 || byte > 126)) to = -1;
    if (flags.d && !letter && !digit && !isBlank(byte)) to = -1;
    if (flags.f && byte >= 0x61 && byte <= 0x7a) to = to < 0 ? to : byte - 32;
    table[byte] = to;
  }
  const data = new Uint8Array(lines.data.length);
  const start = new Uint32Array(lines.count);
  const end = new Uint32Array(lines.count);
  let at = 0;
  let work = 0;
  // Keys of one line may overlap with nothing but themselves, so the copy is never longer.
  for (let line = 0; line < lines.count; line++) {
    start[line] = at;
    if ((work += A_LINE + range.end[line] - range.start[line]) > A_TURN) {
      const turn = tick(work >> 6);
      if (turn !== undefined) yield turn;
      work = 0;
    }
    for (let i = range.start[line]; i < range.end[line]; i++) {
      const to = table[lines.data[i]];
      if (to >= 0) data[at++] = to;
    }
    end[line] = at;
  }
  return { kind: "bytes", data, start, end, reverse: flags.r };
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function monthOf(data: Uint8Array, start: number, end: number): number {
  return MONTHS.indexOf(toByteString(data, start, Math.min(end, start + 3)).toLowerCase()) + 1;
}

/** Powers of ten that are exact doubles. */
const POWERS = Array.from({ length: 16 }, (_, i) => 10 ** i);

function setNumber(
  keys: NumberKeys,
  line: number,
  data: Uint8Array,
  start: number,
  end: number,
  general: boolean,
): void {
  let at = start;
  while (at < end && isBlank(data[at])) at++;
  let negative = false;
  if (at < end && (data[at] === 0x2d || data[at] === 0x2b)) negative = data[at++] === 0x2d;
  // Up to 15 digits with a point are exact without the general parser.
  let value = 0;
  let digits = 0;
  let decimals = 0;
  let point = false;
  for (; at < end; at++) {
    const byte = data[at];
    const digit = byte - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
      if (point) decimals++;
    } else if (byte === 0x2e && !point) point = true;
    else break;
  }
  const next = at < end ? data[at] | 32 : 0;
  const plain = digits > 0 && digits <= 15 && next !== 0x65 && next !== 0x78;
  if (plain) {
    if (decimals > 0) value /= POWERS[decimals];
    keys.set(line, negative ? -value : value);
    return;
  }
  const text = toByteString(data, start, end);
  const parsed = strtod(text);
  if (general && parsed.end === 0) keys.setRank(line, 0);
  else if (!general && Number.isNaN(parsed.value)) keys.setLast(line);
  else keys.set(line, parsed.value);
}
