/**
 * The built-in functions, given their arguments.
 *
 * Source of behaviour: POSIX awk "Arithmetic Functions" and "String Functions", the GNU extensions
 * that BusyBox has, BusyBox 1.35 by experiment.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { toInt32, toUint64 } from "./value.ts";

/** `substr`: positions are cut to whole numbers, not rounded, and the length counts from 1 at least. */
export function substring(text: ByteString, from: number, length: number | undefined): ByteString {
  let start = toInt32(from - 1);
  if (start < 0) start = 0;
  if (length === undefined) return text.slice(start);
  const count = toInt32(length);
  return count <= 0 ? "" : text.slice(start, start + count);
}

/** `%`: native multiplies the whole quotient back, so that `1 % 0.1` is 0. */
export function remainder(left: number, right: number): number {
  return left - wholePart(left / right) * right;
}

/** `int`. */
export function wholePart(value: number): number {
  if (!(Math.abs(value) < 9223372036854775808)) return -9223372036854775808;
  return Math.trunc(value) + 0;
}

/** Largest operand for which 32-bit operators give what 64-bit ones would. */
const SMALL = 0x7fffffff;

/** The bit functions of two arguments, on 64-bit unsigned numbers. */
export function bitOperation(name: string, left: number, right: number): number {
  const a = Math.trunc(left);
  const b = Math.trunc(right);
  if (a >= 0 && b >= 0 && a <= SMALL && b <= SMALL) {
    switch (name) {
      case "and":
        return a & b;
      case "or":
        return a | b;
      case "xor":
        return a ^ b;
      case "rshift":
        if (b < 32) return a >>> b;
    }
  }
  const x = toUint64(left);
  const y = toUint64(right);
  switch (name) {
    case "and":
      return Number(x & y);
    case "or":
      return Number(x | y);
    case "xor":
      return Number(x ^ y);
    case "lshift":
      return Number(BigInt.asUintN(64, x << (y & 63n)));
    default:
      return Number(x >> (y & 63n));
  }
}

/** `compl`. */
export function complement(value: number): number {
  return Number(BigInt.asUintN(64, ~toUint64(value)));
}

/** `^` as C's `pow`, which knows more about ones than JavaScript. */
export function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}
