/**
 * Numbers to text and back, as native awk does it.
 *
 * Reading is hot: fields are read in place, from the text of a whole chunk, without making a string.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { formatDouble, type NumberFormat, pad } from "../_lib/format_number.ts";

/** Where a number ended: the readers below leave the index after the last char they used here. */
export const parsed: { end: number } = { end: 0 };

/** Powers of ten that a double holds exactly. */
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** The largest number native's integer reader gives. */
const MOST = 18446744073709551615;

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/**
 * Reads a number as native reads constants, strings and fields: `strtod`, but at the very start
 * `0x1A` is a hexadecimal and `011` an octal integer, unless a point or an 8 or 9 follows.
 */
export function parseAwkNumber(text: ByteString, start: number, limit: number): number {
  if (start + 1 < limit && text.charCodeAt(start) === 48) {
    const next = text.charCodeAt(start + 1);
    if ((next >= 48 && next <= 55) || (next | 32) === 0x78) {
      const value = parseInteger(text, start, limit, (next | 32) === 0x78);
      if (value !== undefined) return value;
    }
  }
  return parseDecimal(text, start, limit);
}

function parseInteger(
  text: ByteString,
  start: number,
  limit: number,
  hex: boolean,
): number | undefined {
  const base = hex ? 16 : 8;
  let at = hex ? start + 2 : start + 1;
  const first = at;
  let value = 0;
  for (; at < limit; at++) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit < 0 || digit >= base) break;
    value = value * base + digit;
  }
  if (hex) {
    parsed.end = at === first ? start + 1 : at;
    return value > MOST ? MOST : value;
  }
  const after = at < limit ? text.charCodeAt(at) : 0;
  if (after === 0x2e || after === 0x38 || after === 0x39) return undefined;
  parsed.end = at;
  return value > MOST ? MOST : value;
}

function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** `strtod`: blanks, a sign, digits with point and exponent, `inf`, `nan`, hexadecimal. */
function parseDecimal(text: ByteString, start: number, limit: number): number {
  let at = start;
  let code = 0;
  while (at < limit && isBlank(code = text.charCodeAt(at))) at++;
  let negative = false;
  if (at < limit && (code === 0x2d || code === 0x2b)) {
    negative = code === 0x2d;
    at++;
  }
  const first = at;
  let digits = 0;
  let mantissa = 0;
  let seen = false;
  while (at < limit && (code = text.charCodeAt(at)) >= 48 && code <= 57) {
    if (digits > 0 || code !== 48) digits++;
    mantissa = mantissa * 10 + (code - 48);
    seen = true;
    at++;
  }
  let decimals = 0;
  if (at < limit) {
    code = text.charCodeAt(at);
    if (code === 0x2e) {
      let next = at + 1;
      while (next < limit && (code = text.charCodeAt(next)) >= 48 && code <= 57) {
        if (digits > 0 || code !== 48) digits++;
        mantissa = mantissa * 10 + (code - 48);
        decimals++;
        seen = true;
        next++;
      }
      if (seen) at = next;
    } else if ((code | 32) === 0x78 && at === first + 1 && mantissa === 0) {
      const value = parseHexFloat(text, at + 1, limit);
      if (value !== undefined) return negative ? -value : value;
    }
  }
  if (!seen) return parseWord(text, start, first, limit, negative);
  let plain = digits <= 15 && decimals <= 22;
  if (at < limit && (text.charCodeAt(at) | 32) === 0x65) {
    let next = at + 1;
    if (next < limit && ((code = text.charCodeAt(next)) === 0x2b || code === 0x2d)) next++;
    if (next < limit && (code = text.charCodeAt(next)) >= 48 && code <= 57) {
      plain = false;
      while (next < limit && (code = text.charCodeAt(next)) >= 48 && code <= 57) next++;
      at = next;
    }
  }
  parsed.end = at;
  const value = plain ? mantissa / POWERS[decimals] : Number(text.slice(first, at));
  return negative ? -value : value;
}

/** Digits with an optional point and binary exponent, after `0x`. */
function parseHexFloat(text: ByteString, start: number, limit: number): number | undefined {
  let at = start;
  let value = 0;
  let scale = 0;
  let seen = false;
  let point = false;
  for (; at < limit; at++) {
    const code = text.charCodeAt(at);
    const digit = digitOf(code);
    if (digit >= 0) {
      value = value * 16 + digit;
      if (point) scale -= 4;
      seen = true;
    } else if (code === 0x2e && !point) point = true;
    else break;
  }
  if (!seen) return undefined;
  if (at < limit && (text.charCodeAt(at) | 32) === 0x70) {
    let next = at + 1;
    let code = next < limit ? text.charCodeAt(next) : 0;
    const negative = code === 0x2d;
    if (negative || code === 0x2b) next++;
    const first = next;
    let exponent = 0;
    while (next < limit && (code = text.charCodeAt(next)) >= 48 && code <= 57) {
      exponent = Math.min(exponent * 10 + (code - 48), 99999);
      next++;
    }
    if (next > first) {
      scale += negative ? -exponent : exponent;
      at = next;
    }
  }
  parsed.end = at;
  return value * 2 ** scale;
}

/** `inf`, `infinity`, `nan`, in any case; otherwise no number. */
function parseWord(
  text: ByteString,
  start: number,
  first: number,
  limit: number,
  negative: boolean,
): number {
  const lower = first < limit ? text.charCodeAt(first) | 32 : 0;
  if (lower === 0x69 || lower === 0x6e) {
    const word = text.slice(first, Math.min(limit, first + 8)).toLowerCase();
    if (word.startsWith("inf")) {
      parsed.end = first + (word === "infinity" ? 8 : 3);
      return negative ? -Infinity : Infinity;
    }
    if (word.startsWith("nan")) {
      parsed.end = first + 3;
      return NaN;
    }
  }
  parsed.end = start;
  return 0;
}

/** Whether the text from the end of a number on is blank, so that the whole was a number. */
export function onlyBlanks(text: ByteString, from: number, limit: number): boolean {
  for (let at = from; at < limit; at++) if (!isBlank(text.charCodeAt(at))) return false;
  return true;
}

/** `%.6g`, the way most numbers are shown. */
export function formatShort(value: number): ByteString {
  const size = Math.abs(value);
  if (!(size >= 1e-4 && size < 999999.5)) return formatDouble(value, "g");
  // Between those bounds %g is plain notation, and toPrecision is too. They differ only at exact
  // ties, and such a number's shortest form ends in 5.
  const shortest = String(value);
  if (shortest.length <= 7 || (shortest.length === 8 && size < 1 && size >= 0.1)) {
    // At most six digits: the shortest form is the answer, but for 7 digits without a point.
    if (shortest.includes(".")) return shortest;
  }
  if (shortest.charCodeAt(shortest.length - 1) === 0x35) return formatDouble(value, "g");
  const text = value.toPrecision(6);
  // Zeros before the point stay: from 99999.95 on six digits leave no place behind it.
  if (!text.includes(".")) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 0x30) end--;
  if (text.charCodeAt(end - 1) === 0x2e) end--;
  return text.slice(0, end);
}

/** `%a`, which the shared formatter leaves out. */
export function formatHex(value: number, conversion: string, format: NumberFormat): ByteString {
  if (!Number.isFinite(value)) return formatDouble(value, conversion < "a" ? "G" : "g", format);
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0)
    ? "-"
    : format.plus
    ? "+"
    : format.space
    ? " "
    : "";
  let mantissa = 0n;
  let exponent = 0;
  if (size !== 0) {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, size);
    const raw = view.getBigUint64(0);
    const biased = Number((raw >> 52n) & 0x7ffn);
    mantissa = raw & 0xfffffffffffffn;
    if (biased !== 0) mantissa |= 0x10000000000000n;
    exponent = (biased === 0 ? 1 : biased) - 1023;
  }
  const { precision } = format;
  if (precision !== undefined && precision < 13) {
    const drop = BigInt(4 * (13 - precision));
    const half = 1n << (drop - 1n);
    const rest = mantissa & ((1n << drop) - 1n);
    mantissa >>= drop;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
    mantissa <<= drop;
  }
  const text = mantissa.toString(16).padStart(14, "0");
  let rest = text.slice(1);
  if (precision === undefined) rest = rest.replace(/0+$/, "");
  else rest = rest.slice(0, precision).padEnd(precision, "0");
  const point = rest !== "" || format.alternate ? "." : "";
  const body = `${text[0]}${point}${rest}p${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
  const whole = pad(`${sign}0x`, body, format, !!format.zero);
  return conversion < "a" ? whole.toUpperCase() : whole;
}
