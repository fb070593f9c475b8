/**
 * The functions of `bc -l`: Taylor's series after the argument was made small.
 *
 * The digits that are carried beyond `scale`, and that each step is cut rather than rounded, show in
 * the last digit of some results. They were found by comparing with native, so that all digits agree.
 * Source of behaviour: POSIX bc, "Operations of the Math Library".
 *
 * @module
 */
import {
  add,
  compare,
  type Decimal,
  divide,
  integerPart,
  MathError,
  multiply,
  negate,
  ONE,
  rescale,
  squareRoot,
  subtract,
  ten,
  whole,
} from "../_lib/decimal.ts";

/** Called now and then with the work done. */
export type Meter = (steps: number) => void;

/** Largest argument of e, which would have half a million digits. */
const LARGEST_EXPONENT = 1_000_000n;

/** A decimal such as .2. */
function tenths(value: number): Decimal {
  return { value: BigInt(value), scale: 1 };
}

const FIFTH = tenths(2);
const HALF = tenths(5);
const TWO = whole(2);

function absolute(x: Decimal): Decimal {
  return x.value < 0n ? negate(x) : x;
}

/**
 * first + Σ (first·factorⁱ)/nᵢ, each power and each quotient cut to `scale` digits, until a term is 0.
 *
 * @param divisor nᵢ of the i-th term, from 1.
 */
function series(
  first: Decimal,
  factor: Decimal,
  scale: number,
  divisor: (i: bigint) => bigint,
  meter: Meter,
): Decimal {
  let sum = first;
  let power = first;
  for (let i = 1n;; i++) {
    power = multiply(power, factor, scale);
    const term = divide(power, { value: divisor(i), scale: 0 }, scale);
    if (term.value === 0n) return sum;
    sum = add(sum, term);
    meter(2);
  }
}

/** e(x): the argument is halved until it is at most 1, and the result squared as often. */
export function exponential(x: Decimal, scale: number, meter: Meter): Decimal {
  let argument = absolute(x);
  if (integerPart(argument) > LARGEST_EXPONENT) throw new MathError("overflow");
  const whole44 = multiply({ value: 44n, scale: 2 }, argument, scale);
  const digits = Number(integerPart(add(whole(scale + 6), whole44)));
  let halvings = 0;
  for (let carried = argument.scale + 1; compare(argument, ONE) > 0; carried++) {
    argument = divide(argument, TWO, carried);
    halvings++;
  }
  let factorial = 1n;
  let sum = add(argument, ONE);
  let power = argument;
  for (let i = 2n;; i++) {
    power = multiply(power, argument, digits);
    factorial *= i;
    const term = divide(power, { value: factorial, scale: 0 }, digits);
    if (term.value === 0n) break;
    sum = add(sum, term);
    meter(2);
  }
  for (; halvings > 0; halvings--) {
    sum = multiply(sum, sum, digits);
    meter(4);
  }
  return x.value < 0n ? divide(ONE, sum, scale) : divide(sum, ONE, scale);
}

/** l(x), by square roots until the argument is near 1. Of what is not positive: nearly −10^scale. */
export function naturalLog(x: Decimal, scale: number, meter: Meter): Decimal {
  if (x.value <= 0n) return rescale({ value: 1n - ten(scale), scale: 0 }, scale);
  const digits = scale + 6;
  let argument = x;
  let factor = 2n;
  while (compare(argument, TWO) >= 0 || compare(argument, HALF) <= 0) {
    argument = squareRoot(argument, digits);
    factor *= 2n;
    meter(4);
  }
  const ratio = divide(subtract(argument, ONE), add(argument, ONE), digits);
  const square = multiply(ratio, ratio, digits);
  const sum = series(ratio, square, digits, (i) => 2n * i + 1n, meter);
  return divide({ value: sum.value * factor, scale: sum.scale }, ONE, scale);
}

/** a(x): arctan .2 is taken off until the argument is at most .2. */
export function arctangent(x: Decimal, scale: number, meter: Meter): Decimal {
  let argument = absolute(x);
  const step = compare(argument, FIFTH) > 0 ? arctangent(FIFTH, scale + 5, meter) : ONE;
  const digits = scale + 3;
  let steps = 0n;
  while (compare(argument, FIFTH) > 0) {
    const under = add(ONE, multiply(FIFTH, argument, digits));
    argument = divide(subtract(argument, FIFTH), under, digits);
    steps++;
  }
  const square = negate(multiply(argument, argument, digits));
  const sum = series(argument, square, digits, (i) => 2n * i + 1n, meter);
  const angle = divide(add({ value: step.value * steps, scale: step.scale }, sum), ONE, scale);
  return x.value < 0n ? negate(angle) : angle;
}

/**
 * s(x), or c(x) as s(x + π/2) with a fifth more digits. Half turns are taken off with a π that has a
 * tenth more digits than the scale.
 */
export function sine(x: Decimal, scale: number, quarter: boolean, meter: Meter): Decimal {
  if (quarter) {
    const digits = Math.floor(scale * 1.2);
    const right = multiply(TWO, arctangent(ONE, digits, meter), digits);
    return divide(sine(add(right, x), digits, false, meter), ONE, scale);
  }
  if (x.value < 0n) return negate(sine(negate(x), scale, false, meter));
  const known = Math.floor(scale * 1.1) + 2;
  const eighth = arctangent(ONE, known, meter);
  const turns = divide(add(divide(x, eighth, 0), TWO), whole(4), 0).value;
  let angle = subtract(x, { value: 4n * turns * eighth.value, scale: eighth.scale });
  if (turns % 2n !== 0n) angle = negate(angle);
  const digits = scale + 2;
  const square = negate(multiply(angle, angle, digits));
  let sum = angle;
  let term = angle;
  for (let i = 3n; term.value !== 0n; i += 2n) {
    term = multiply(term, divide(square, { value: i * (i - 1n), scale: 0 }, digits), digits);
    sum = add(sum, term);
    meter(2);
  }
  return divide(sum, ONE, scale);
}

/** A number as a whole one with `digits` decimals. */
function fixed(number: Decimal, digits: number): bigint {
  return rescale(number, digits).value;
}

/** j(n, x): the Bessel function of whole order. */
export function bessel(order: Decimal, x: Decimal, scale: number, meter: Meter): Decimal {
  let n = integerPart(order);
  let negative = false;
  if (n < 0n) {
    n = -n;
    negative = n % 2n === 1n;
  }
  if (n > 1_000_000n) throw new MathError("overflow");
  // The terms grow up to e^|x| before they fall: that many digits cancel.
  const size = Number(integerPart(x) < 0n ? -integerPart(x) : integerPart(x));
  if (size > 1_000_000) throw new MathError("overflow");
  const digits = scale + Math.ceil(scale * 0.2) + 8 + Math.ceil(size * 0.5) + 10;
  const unit = ten(digits);
  const half = fixed(x, digits) / 2n;
  let term = unit;
  for (let k = 1n; k <= n; k++) {
    term = term * half / unit / k;
    meter(1);
  }
  const square = half * half / unit;
  let sum = term;
  for (let k = 1n; term !== 0n; k++) {
    term = -term * square / unit / (k * (k + n));
    sum += term;
    meter(1);
  }
  const result = rescale({ value: sum, scale: digits }, scale);
  return negative ? negate(result) : result;
}
