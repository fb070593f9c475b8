/**
 * Numbers at the start of text, as C's `strtod` and `strtoll` read them.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** A number and the index after it; `end` is the start when there was none. */
export interface ParsedNumber {
  readonly value: number;
  readonly end: number;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function hexValue(code: number): number {
  if (isDigit(code)) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Decimal, hexadecimal (`0x1.8p3`), `inf`, `infinity`, `nan`, after spaces and a sign. */
export function strtod(text: ByteString, from = 0): ParsedNumber {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  let sign = 1;
  const first = text[at];
  if (first === "-" || first === "+") {
    if (first === "-") sign = -1;
    at++;
  }
  const code = text.charCodeAt(at) | 0x20;
  if (code === 0x69 || code === 0x6e) {
    const word = text.slice(at, at + 8).toLowerCase();
    if (word.startsWith("infinity")) return { value: sign * Infinity, end: at + 8 };
    if (word.startsWith("inf")) return { value: sign * Infinity, end: at + 3 };
    if (word.startsWith("nan")) return { value: NaN, end: at + 3 };
    return { value: 0, end: from };
  }
  if (text[at] === "0" && (text.charCodeAt(at + 1) | 0x20) === 0x78) {
    const hex = hexFloat(text, at + 2);
    return hex === undefined
      ? { value: sign * 0, end: at + 1 }
      : { value: sign * hex.value, end: hex.end };
  }
  let end = at;
  let digits = 0;
  while (isDigit(text.charCodeAt(end))) {
    end++;
    digits++;
  }
  if (text[end] === ".") {
    let after = end + 1;
    while (isDigit(text.charCodeAt(after))) {
      after++;
      digits++;
    }
    if (digits > 0) end = after;
  }
  if (digits === 0) return { value: 0, end: from };
  if ((text.charCodeAt(end) | 0x20) === 0x65) {
    let after = end + 1;
    if (text[after] === "-" || text[after] === "+") after++;
    if (isDigit(text.charCodeAt(after))) {
      while (isDigit(text.charCodeAt(after))) after++;
      end = after;
    }
  }
  return { value: sign * Number(text.slice(at, end)), end };
}

function hexFloat(text: ByteString, from: number): ParsedNumber | undefined {
  let at = from;
  let mantissa = 0n;
  let digits = 0;
  let exponent = 0;
  let fraction = false;
  for (;; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e && !fraction) {
      fraction = true;
      continue;
    }
    const digit = hexValue(code);
    if (digit < 0) break;
    mantissa = mantissa * 16n + BigInt(digit);
    if (fraction) exponent -= 4;
    digits++;
  }
  if (digits === 0) return undefined;
  if ((text.charCodeAt(at) | 0x20) === 0x70) {
    let end = at + 1;
    const negative = text[end] === "-";
    if (negative || text[end] === "+") end++;
    if (isDigit(text.charCodeAt(end))) {
      let power = 0;
      while (isDigit(text.charCodeAt(end))) {
        power = Math.min(power * 10 + text.charCodeAt(end) - 0x30, 100000);
        end++;
      }
      exponent += negative ? -power : power;
      at = end;
    }
  }
  return { value: Number(mantissa) * 2 ** exponent, end: at };
}

/** A whole number and the index after it. */
export interface ParsedInteger {
  readonly value: bigint;
  readonly end: number;
}

/**
 * An integer after spaces and a sign. Base 0 takes `0x` and a leading `0` as in C.
 *
 * @returns Undefined when there is no digit.
 */
export function strtoll(text: ByteString, base: number, from = 0): ParsedInteger | undefined {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  let negative = false;
  if (text[at] === "-" || text[at] === "+") {
    negative = text[at] === "-";
    at++;
  }
  let radix = base;
  if (
    (base === 0 || base === 16) && text[at] === "0" &&
    (text.charCodeAt(at + 1) | 0x20) === 0x78 && hexValue(text.charCodeAt(at + 2)) >= 0
  ) {
    at += 2;
    radix = 16;
  } else if (base === 0) {
    radix = text[at] === "0" ? 8 : 10;
  }
  const start = at;
  let small = 0;
  let large: bigint | undefined;
  for (;; at++) {
    const digit = hexValue(text.charCodeAt(at));
    if (digit < 0 || digit >= radix) break;
    if (large !== undefined) large = large * BigInt(radix) + BigInt(digit);
    else {
      small = small * radix + digit;
      if (small > 2 ** 48) large = BigInt(small);
    }
  }
  if (at === start) return undefined;
  const value = large ?? BigInt(small);
  return { value: negative ? -value : value, end: at };
}

/** A plain decimal number without sign or suffix, or undefined. */
export function parseDecimal(text: ByteString, max = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text.length === 0) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return value > max ? undefined : value;
}
