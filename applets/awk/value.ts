/**
 * Values of awk, and the rules by which a text is a number.
 *
 * A value is a number, a string, nothing (never assigned), or a text that came from outside and may
 * look like a number: POSIX's numeric strings. The last kind decides only when somebody asks.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { onlyBlanks, parseAwkNumber, parsed } from "./number.ts";

/** Text from input, `getline`, `split`, `ARGV`, `ENVIRON` or `-v`. */
export class InputText {
  #state: 0 | 1 | 2 = 0;
  #number = 0;

  /** @param text The bytes. */
  constructor(readonly text: ByteString) {}

  #decide(): void {
    const { text } = this;
    this.#number = parseAwkNumber(text, 0, text.length);
    this.#state = looksNumeric(text, 0, text.length) ? 1 : 2;
  }

  /** The number at its start. */
  get number(): number {
    if (this.#state === 0) this.#decide();
    return this.#number;
  }

  /** Whether the whole of it is a number. */
  get numeric(): boolean {
    if (this.#state === 0) this.#decide();
    return this.#state === 1;
  }
}

/** A value of awk. */
export type Value = number | ByteString | InputText | undefined;

/** Whether a text is a number and nothing else but blanks around it. Blanks alone are (BusyBox). */
export function looksNumeric(text: ByteString, start: number, end: number): boolean {
  if (start === end) return false;
  const first = text.charCodeAt(start);
  // Most words fail here at once: of all letters only those of inf and nan may begin a number.
  if (first > 57 && (first | 32) !== 0x69 && (first | 32) !== 0x6e) return false;
  parseAwkNumber(text, start, end);
  return onlyBlanks(text, parsed.end, end);
}

/** The number of a value. */
export function toNumber(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "string") return parseAwkNumber(value, 0, value.length);
  return value === undefined ? 0 : value.number;
}

/** Whether a condition holds. */
export function toBool(value: Value): boolean {
  if (typeof value === "number") return value !== 0;
  if (typeof value === "string") return value.length > 0;
  if (value === undefined) return false;
  return value.numeric ? value.number !== 0 : value.text.length > 0;
}

/** Whether a comparison with it may be one of numbers. */
export function isNumeric(value: Value): boolean {
  if (typeof value === "number" || value === undefined) return true;
  return typeof value === "string" ? false : value.numeric;
}

/** Whole numbers in this range are shown with all their digits. */
const INTEGER_LIMIT = 9223372036854775808;

/** The text of a whole number, or undefined when it has a fraction or is too large. */
export function integerText(value: number): ByteString | undefined {
  if (value !== Math.trunc(value) || value >= INTEGER_LIMIT || value < -INTEGER_LIMIT) {
    return undefined;
  }
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

/** A C `int` of a double, as x86 converts: what does not fit becomes the smallest. */
export function toInt32(value: number): number {
  const whole = Math.trunc(value);
  return whole >= -2147483648 && whole <= 2147483647 ? whole | 0 : -2147483648;
}

/**
 * A C `unsigned long` of a double, as native's bit functions see their arguments: the size of a
 * negative one is converted, and then negated. x86 makes 0 of what is too large, 2^63 of NaN.
 */
export function toUint64(value: number): bigint {
  if (value !== value) return 1n << 63n;
  if (Math.abs(value) >= 18446744073709551616) return 0n;
  return BigInt.asUintN(64, BigInt(Math.trunc(value)));
}
