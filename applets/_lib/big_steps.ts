/**
 * Arithmetic on whole numbers of any length, in steps of a few milliseconds.
 *
 * The engine's own operations on BigInts are indivisible, and on millions of digits they take seconds.
 * Below a size they are used as they are; above it a product is split into smaller ones (Karatsuba), a
 * quotient is made of products (Newton's reciprocal), and a text is converted half by half. Shifts, sums and
 * comparisons are linear and stay whole.
 *
 * @module
 */
import type { Steps } from "./steps.ts";

/** Counts work; gives what has to be waited for. */
export type Tick = (steps: number) => Promise<void> | undefined;

/** Up to this many bits the engine multiplies in a few milliseconds. */
const PRODUCT_BITS = 1 << 19;
/** Up to this many it divides, and converts from and to decimals. */
const QUOTIENT_BITS = 1 << 16;
const TEXT_DIGITS = 16_000;
/** Numbers below this are not worth a look: any operation on two of them takes microseconds. */
const SMALL = 1n << 4096n;
const MINUS_SMALL = -SMALL;

/** Any operation on two numbers below this takes a few milliseconds. */
const MEDIUM = 1n << 131072n;
const MINUS_MEDIUM = -MEDIUM;

/** What an operation on such numbers counts as, in bits. */
const MEDIUM_WORK = 1 << 14;
/** Bits of a number that a small one divides in a few milliseconds. */
const MOST_BY_SMALL = 1 << 21;

function isMedium(value: bigint): boolean {
  return value < MEDIUM && value > MINUS_MEDIUM;
}

/** Whether any operation on the number takes no time to speak of. */
export function isSmall(value: bigint): boolean {
  return value < SMALL && value > MINUS_SMALL;
}

/** Number of bits of a number > 0; 1 for 0. */
export function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return 4 * digits.length + 28 - Math.clz32(parseInt(digits[0], 16));
}

function* look(tick: Tick, bits: number): Steps<void> {
  const waiting = tick(1 + (bits >>> 8));
  if (waiting !== undefined) yield waiting;
}

/** Product. */
export function* product(left: bigint, right: bigint, tick: Tick): Steps<bigint> {
  if (isMedium(left) && isMedium(right)) {
    if (!isSmall(left) || !isSmall(right)) yield* look(tick, MEDIUM_WORK);
    return left * right;
  }
  const negative = (left < 0n) !== (right < 0n);
  const a = left < 0n ? -left : left;
  const b = right < 0n ? -right : right;
  const size = yield* magnitudes(a, b, tick);
  return negative ? -size : size;
}

function* magnitudes(a: bigint, b: bigint, tick: Tick): Steps<bigint> {
  const bits = Math.max(bitLength(a), bitLength(b));
  if (bits <= PRODUCT_BITS) {
    yield* look(tick, bits);
    return a * b;
  }
  const half = bits >> 1;
  const shift = BigInt(half);
  const low = BigInt.asUintN(half, a);
  const high = a >> shift;
  if (a === b) {
    const one = yield* magnitudes(low, low, tick);
    const cross = yield* magnitudes(low, high, tick);
    const two = yield* magnitudes(high, high, tick);
    return one + (cross << (shift + 1n)) + (two << (shift * 2n));
  }
  const otherLow = BigInt.asUintN(half, b);
  const otherHigh = b >> shift;
  if (high === 0n || otherHigh === 0n) {
    const first = high === 0n ? low : otherLow;
    const [less, more] = high === 0n ? [otherLow, otherHigh] : [low, high];
    const one = yield* magnitudes(first, less, tick);
    return one + ((yield* magnitudes(first, more, tick)) << shift);
  }
  const one = yield* magnitudes(low, otherLow, tick);
  const two = yield* magnitudes(high, otherHigh, tick);
  const sums = yield* magnitudes(low + high, otherLow + otherHigh, tick);
  return one + ((sums - one - two) << shift) + (two << (shift * 2n));
}

/** Power with an exponent ≥ 0. */
export function* power(base: bigint, exponent: bigint, tick: Tick): Steps<bigint> {
  // Twos are shifted in at the end.
  let odd = base;
  let twos = 0n;
  while (odd !== 0n && BigInt.asUintN(16, odd) === 0n) {
    odd >>= 16n;
    twos += 16n;
  }
  while (odd !== 0n && BigInt.asUintN(1, odd) === 0n) {
    odd >>= 1n;
    twos++;
  }
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = yield* product(result, result, tick);
    if (bit === "1") result = yield* product(result, odd, tick);
  }
  return result << (twos * exponent);
}

/** A number to divide by many times. */
export interface Divisor {
  /** The number, shifted so that it has `bits` bits. */
  readonly value: bigint;
  readonly shift: bigint;
  readonly bits: number;
  /** 2^(2·bits) / value, if it takes products to divide. */
  readonly reciprocal: bigint | undefined;
}

/** Prepares a number > 0 to be divided by. */
export function* divisorOf(number: bigint, tick: Tick): Steps<Divisor> {
  const length = bitLength(number);
  if (length <= QUOTIENT_BITS) {
    return { value: number, shift: 0n, bits: QUOTIENT_BITS, reciprocal: undefined };
  }
  const bits = 4 * Math.ceil(length / 4);
  const shift = BigInt(bits - length);
  const value = number << shift;
  return { value, shift, bits, reciprocal: yield* reciprocalOf(value, bits, tick) };
}

/** 2^(2·bits) / divisor, whole, for a divisor of just so many bits. */
function* reciprocalOf(divisor: bigint, bits: number, tick: Tick): Steps<bigint> {
  if (bits <= QUOTIENT_BITS) {
    yield* look(tick, bits);
    return (1n << BigInt(2 * bits)) / divisor;
  }
  // Newton's step from one of half the digits leaves an error of a few units.
  const half = (bits >> 1) + 3;
  const cut = bits - half;
  const short = yield* reciprocalOf(divisor >> BigInt(cut), half, tick);
  const square = yield* product(short, short, tick);
  const taken = (yield* product(square, divisor, tick)) >> BigInt(2 * half);
  let guess = (short << BigInt(cut + 1)) - taken;
  let rest = (1n << BigInt(2 * bits)) - (yield* product(guess, divisor, tick));
  for (; rest < 0n; rest += divisor) guess--;
  for (; rest >= divisor; rest -= divisor) guess++;
  return guess;
}

/** Quotient and remainder of a number ≥ 0, block by block. */
export function* divideBy(number: bigint, by: Divisor, tick: Tick): Steps<[bigint, bigint]> {
  const { value, shift, bits, reciprocal } = by;
  const digits = (number << shift).toString(16);
  const width = bits / 4;
  const quotients: string[] = [];
  let rest = 0n;
  for (let from = 0, to = digits.length % width || width; from < digits.length;) {
    const block = BigInt("0x" + digits.slice(from, to));
    const part = rest === 0n ? block : (rest << BigInt(bits)) + block;
    let quotient: bigint;
    if (part < value) {
      quotient = 0n;
      rest = part;
    } else if (reciprocal === undefined) {
      yield* look(tick, bits);
      quotient = part / value;
      rest = part % value;
    } else {
      const top = yield* product(part >> BigInt(bits - 1), reciprocal, tick);
      quotient = top >> BigInt(bits + 1);
      rest = part - (yield* product(quotient, value, tick));
      for (; rest >= value; rest -= value) quotient++;
      for (; rest < 0n; rest += value) quotient--;
    }
    quotients.push(quotient.toString(16).padStart(width, "0"));
    from = to;
    to += width;
  }
  return [BigInt("0x" + quotients.join("")), rest >> shift];
}

/** Quotient, cut towards zero, and the remainder, whose sign is the left number's. */
export function* quotient(left: bigint, right: bigint, tick: Tick): Steps<[bigint, bigint]> {
  if (isMedium(left) || (isSmall(right) && bitLength(left) < MOST_BY_SMALL)) {
    if (!isSmall(left)) yield* look(tick, MEDIUM_WORK);
    return [left / right, left % right];
  }
  const by = yield* divisorOf(right < 0n ? -right : right, tick);
  const [whole, rest] = yield* divideBy(left < 0n ? -left : left, by, tick);
  return [(left < 0n) === (right < 0n) ? whole : -whole, left < 0n ? -rest : rest];
}

/** Whole square root of a number ≥ 0. `plain` is how short ones are done. */
export function* root(
  value: bigint,
  plain: (value: bigint) => bigint,
  tick: Tick,
): Steps<bigint> {
  const bits = bitLength(value);
  if (bits <= QUOTIENT_BITS >> 2) {
    yield* look(tick, bits);
    return plain(value);
  }
  // One step of Newton's from the root of the upper half of the digits.
  const half = BigInt(bits >> 2);
  const above = ((yield* root(value >> (2n * half), plain, tick)) + 1n) << half;
  let guess = (above + (yield* quotient(value, above, tick))[0]) >> 1n;
  let rest = value - (yield* product(guess, guess, tick));
  while (rest < 0n) {
    rest += 2n * guess - 1n;
    guess--;
  }
  while (rest >= 2n * guess + 1n) {
    rest -= 2n * guess + 1n;
    guess++;
  }
  return guess;
}

/** Converts to and from digits of one base, half by half. */
export class Digits {
  /** radix^(leaf·2ⁱ). */
  readonly #powers: bigint[] = [];
  readonly #divisors: Divisor[] = [];
  readonly #leaf: number;

  /**
   * @param write The digits of a number of which there are at most `leaf`.
   * @param read The number of at most so many digits.
   */
  constructor(
    private readonly radix: number,
    private readonly width: number,
    private readonly tick: Tick,
    private readonly write: (value: bigint) => string,
    private readonly read: (digits: string) => bigint,
  ) {
    this.#leaf = radix === 10 ? TEXT_DIGITS : 1000;
  }

  *#power(level: number): Steps<bigint> {
    while (this.#powers.length <= level) {
      const last = this.#powers[this.#powers.length - 1];
      this.#powers.push(
        last === undefined
          ? yield* power(BigInt(this.radix), BigInt(this.#leaf), this.tick)
          : yield* product(last, last, this.tick),
      );
    }
    return this.#powers[level];
  }

  /** The digits of a number ≥ 0, each `width` chars, without zeros in front. */
  *of(value: bigint): Steps<string> {
    let level = -1;
    while ((yield* this.#power(level + 1)) <= value) level++;
    const text = yield* this.#of(value, level);
    let from = 0;
    while (from < text.length - 1 && text.charCodeAt(from) === 48) from++;
    return text.slice(from - (from % this.width));
  }

  *#of(value: bigint, level: number): Steps<string> {
    if (level < 0) {
      yield* look(this.tick, this.#leaf * 4);
      return this.write(value).padStart(this.#leaf * this.width, "0");
    }
    let by = this.#divisors[level];
    if (by === undefined) {
      const number = yield* this.#power(level);
      by = this.#divisors[level] = yield* divisorOf(number, this.tick);
    }
    const [high, low] = yield* divideBy(value, by, this.tick);
    return (yield* this.#of(high, level - 1)) + (yield* this.#of(low, level - 1));
  }

  /** The number that digits stand for; each is one char. */
  *from(digits: string): Steps<bigint> {
    if (digits.length <= this.#leaf) {
      yield* look(this.tick, digits.length * 4);
      return this.read(digits);
    }
    let level = 0;
    while (this.#leaf * 2 ** (level + 1) < digits.length) level++;
    const cut = digits.length - this.#leaf * 2 ** level;
    const high = yield* this.from(digits.slice(0, cut));
    const scaled = yield* product(high, yield* this.#power(level), this.tick);
    return scaled + (yield* this.from(digits.slice(cut)));
  }
}
