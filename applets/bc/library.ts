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
  type Decimal,
  divide,
  integerPart,
  MathError,
  multiply,
  negate,
  ONE,
  rescale,
  ten,
  whole,
} from "../_lib/decimal.ts";
import { isShort, type LongArithmetic } from "../_lib/decimal_steps.ts";
import type { Steps } from "../_lib/steps.ts";

/** Largest argument of e, which would have half a million digits. */
const LARGEST_EXPONENT = 1_000_000n;

/** A decimal such as .2. */
function tenths(value: number): Decimal {
  return { value: BigInt(value), scale: 1 };
}

const FIFTH = tenths(2);
const HALF = tenths(5);
const TWO = whole(2);

/** Whether the plain operations do for all that comes of a number. */
function isQuick(x: Decimal, scale: number): boolean {
  return scale <= 1000 && isShort(x);
}

function absolute(x: Decimal): Decimal {
  return x.value < 0n ? negate(x) : x;
}

/**
 * first + Σ (first·factorⁱ)/nᵢ, each power and each quotient cut to `scale` digits, until a term is 0.
 *
 * @param divisor nᵢ of the i-th term, from 1.
 */
function* series(
  first: Decimal,
  factor: Decimal,
  scale: number,
  divisor: (i: bigint) => bigint,
  by: LongArithmetic,
): Steps<Decimal> {
  let sum = first;
  let power = first;
  const quick = isQuick(first, scale) && isShort(factor);
  for (let i = 1n;; i++) {
    const under = { value: divisor(i), scale: 0 };
    power = quick ? multiply(power, factor, scale) : yield* by.multiply(power, factor, scale);
    const term = quick ? divide(power, under, scale) : yield* by.divide(power, under, scale);
    if (term.value === 0n) return sum;
    sum = quick ? add(sum, term) : yield* by.add(sum, term);
    if ((i & 15n) === 0n) yield* by.count(32);
  }
}

/** e(x): the argument is halved until it is at most 1, and the result squared as often. */
export function* exponential(x: Decimal, scale: number, by: LongArithmetic): Steps<Decimal> {
  let argument = absolute(x);
  if (integerPart(argument) > LARGEST_EXPONENT) throw new MathError("overflow");
  const whole44 = yield* by.multiply({ value: 44n, scale: 2 }, argument, scale);
  const digits = Number(integerPart(yield* by.add(whole(scale + 6), whole44)));
  let halvings = 0;
  for (let carried = argument.scale + 1; (yield* by.compare(argument, ONE)) > 0; carried++) {
    argument = yield* by.divide(argument, TWO, carried);
    halvings++;
  }
  let factorial = 1n;
  let sum = yield* by.add(argument, ONE);
  let power = argument;
  const quick = isQuick(argument, digits);
  for (let i = 2n;; i++) {
    factorial *= i;
    const under = { value: factorial, scale: 0 };
    power = quick ? multiply(power, argument, digits) : yield* by.multiply(power, argument, digits);
    const term = quick ? divide(power, under, digits) : yield* by.divide(power, under, digits);
    if (term.value === 0n) break;
    sum = quick ? add(sum, term) : yield* by.add(sum, term);
    if ((i & 15n) === 0n) yield* by.count(32);
  }
  for (; halvings > 0; halvings--) {
    sum = yield* by.multiply(sum, sum, digits);
    yield* by.count(4);
  }
  return x.value < 0n ? (yield* by.divide(ONE, sum, scale)) : (yield* by.divide(sum, ONE, scale));
}

/** l(x), by square roots until the argument is near 1. Of what is not positive: nearly −10^scale. */
export function* naturalLog(x: Decimal, scale: number, by: LongArithmetic): Steps<Decimal> {
  if (x.value <= 0n) return rescale({ value: 1n - ten(scale), scale: 0 }, scale);
  const digits = scale + 6;
  let argument = x;
  let factor = 2n;
  while ((yield* by.compare(argument, TWO)) >= 0 || (yield* by.compare(argument, HALF)) <= 0) {
    argument = yield* by.squareRoot(argument, digits);
    factor *= 2n;
    yield* by.count(4);
  }
  const ratio = yield* by.divide(
    yield* by.subtract(argument, ONE),
    yield* by.add(argument, ONE),
    digits,
  );
  const square = yield* by.multiply(ratio, ratio, digits);
  const sum = yield* series(ratio, square, digits, (i) => 2n * i + 1n, by);
  return (yield* by.divide({ value: sum.value * factor, scale: sum.scale }, ONE, scale));
}

/** a(x): arctan .2 is taken off until the argument is at most .2. */
export function* arctangent(x: Decimal, scale: number, by: LongArithmetic): Steps<Decimal> {
  let argument = absolute(x);
  const step = (yield* by.compare(argument, FIFTH)) > 0
    ? (yield* arctangent(FIFTH, scale + 5, by))
    : ONE;
  const digits = scale + 3;
  let steps = 0n;
  while ((yield* by.compare(argument, FIFTH)) > 0) {
    const under = yield* by.add(ONE, yield* by.multiply(FIFTH, argument, digits));
    argument = yield* by.divide(yield* by.subtract(argument, FIFTH), under, digits);
    steps++;
  }
  const square = negate(yield* by.multiply(argument, argument, digits));
  const sum = yield* series(argument, square, digits, (i) => 2n * i + 1n, by);
  const angle = yield* by.divide(
    yield* by.add({ value: step.value * steps, scale: step.scale }, sum),
    ONE,
    scale,
  );
  return x.value < 0n ? negate(angle) : angle;
}

/**
 * s(x), or c(x) as s(x + π/2) with a fifth more digits. Half turns are taken off with a π that has a
 * tenth more digits than the scale.
 */
export function* sine(
  x: Decimal,
  scale: number,
  quarter: boolean,
  by: LongArithmetic,
): Steps<Decimal> {
  if (quarter) {
    const digits = Math.floor(scale * 1.2);
    const right = yield* by.multiply(TWO, yield* arctangent(ONE, digits, by), digits);
    return (yield* by.divide(yield* sine(yield* by.add(right, x), digits, false, by), ONE, scale));
  }
  if (x.value < 0n) return negate(yield* sine(negate(x), scale, false, by));
  const known = Math.floor(scale * 1.1) + 2;
  const eighth = yield* arctangent(ONE, known, by);
  const turns =
    (yield* by.divide(yield* by.add(yield* by.divide(x, eighth, 0), TWO), whole(4), 0)).value;
  let angle = yield* by.subtract(x, { value: 4n * turns * eighth.value, scale: eighth.scale });
  if (turns % 2n !== 0n) angle = negate(angle);
  const digits = scale + 2;
  const square = negate(yield* by.multiply(angle, angle, digits));
  let sum = angle;
  let term = angle;
  const quick = isQuick(angle, digits) && isShort(square);
  for (let i = 3n; term.value !== 0n; i += 2n) {
    const under = { value: i * (i - 1n), scale: 0 };
    const factor = quick ? divide(square, under, digits) : yield* by.divide(square, under, digits);
    term = quick ? multiply(term, factor, digits) : yield* by.multiply(term, factor, digits);
    sum = quick ? add(sum, term) : yield* by.add(sum, term);
    if ((i & 31n) === 31n) yield* by.count(32);
  }
  return (yield* by.divide(sum, ONE, scale));
}

/** A number as a whole one with `digits` decimals. */
function fixed(number: Decimal, digits: number): bigint {
  return rescale(number, digits).value;
}

/** j(n, x): the Bessel function of whole order. */
export function* bessel(
  order: Decimal,
  x: Decimal,
  scale: number,
  by: LongArithmetic,
): Steps<Decimal> {
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
    term = yield* by.over(yield* by.times(term, half), unit * k);
    yield* by.count(1);
  }
  const square = half * half / unit;
  let sum = term;
  for (let k = 1n; term !== 0n; k++) {
    term = yield* by.over(-(yield* by.times(term, square)), unit * k * (k + n));
    sum += term;
    yield* by.count(1);
  }
  const result = rescale({ value: sum, scale: digits }, scale);
  return negative ? negate(result) : result;
}
