/**
 * The functions of `bc -l`, in fixed-point arithmetic with digits to spare.
 *
 * Source of behaviour: POSIX bc, "Operations of the Math Library"; what is shown is cut after `scale`
 * digits of a result that was computed with more.
 *
 * @module
 */
import {
  type Decimal,
  integerPart,
  integerRoot,
  MathError,
  negate,
  rescale,
  ten,
} from "./number.ts";

/** Digits beyond those asked for. */
function spare(scale: number): number {
  return Math.ceil(scale * 0.2) + 8;
}

/** A number as a whole one with `digits` decimals. */
function fixed(number: Decimal, digits: number): bigint {
  return rescale(number, digits).value;
}

function shown(value: bigint, digits: number, scale: number): Decimal {
  return rescale({ value, scale: digits }, scale);
}

/** Called now and then with the work done. */
export type Meter = (steps: number) => void;

/** e(x): Taylor's series after halving the argument. */
export function exponential(x: Decimal, scale: number, meter: Meter): Decimal {
  const magnitude = integerPart(x);
  if (magnitude > 1_000_000n) throw new MathError("overflow");
  // A large result has digits before the point too; a small one needs none.
  const extra = magnitude > 0n ? Math.ceil(Number(magnitude) * 0.4343) + 1 : 0;
  if (magnitude < -BigInt(Math.ceil((scale + 20) * 2.4))) return { value: 0n, scale };
  const digits = scale + spare(scale) + 2 * extra + 8;
  let halvings = 0;
  let argument = fixed(x, digits);
  const unit = ten(digits);
  while ((argument < 0n ? -argument : argument) * 16n > unit) {
    argument /= 2n;
    halvings++;
  }
  // Squaring doubles the error each time: a digit more for every three.
  const more = Math.ceil(halvings / 3) + 2;
  const wide = ten(digits + more);
  argument = fixed(x, digits + more) / (1n << BigInt(halvings));
  let term = wide;
  let sum = wide;
  for (let n = 1n; term !== 0n; n++) {
    term = term * argument / wide / n;
    sum += term;
    meter(1);
  }
  for (let i = 0; i < halvings; i++) sum = sum * sum / wide;
  return shown(sum, digits + more, scale);
}

/** Natural logarithm of a positive fixed-point number, by square roots and the series of artanh. */
function logarithm(value: bigint, digits: number, meter: Meter): bigint {
  const unit = ten(digits);
  let doublings = 0n;
  const upper = unit + unit / 10n;
  const lower = unit - unit / 10n;
  // Bring it near one by powers of two first: roots of huge numbers are slow.
  const two = log2Of(digits, meter);
  while (value > 2n * unit) {
    const bits = BigInt((value / unit).toString(2).length - 1);
    value >>= bits;
    doublings += bits;
  }
  while (value < unit / 2n) {
    const bits = BigInt((unit / value).toString(2).length - 1);
    value <<= bits;
    doublings -= bits;
  }
  let roots = 0n;
  while (value > upper || value < lower) {
    value = integerRoot(value * unit);
    roots++;
    meter(4);
  }
  return (artanh2(value, digits, meter) << roots) + doublings * two;
}

/** 2·artanh((v−1)/(v+1)) = ln v. */
function artanh2(value: bigint, digits: number, meter: Meter): bigint {
  const unit = ten(digits);
  const ratio = (value - unit) * unit / (value + unit);
  const square = ratio * ratio / unit;
  let power = ratio;
  let sum = ratio;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = power * square / unit;
    sum += power / n;
    meter(1);
  }
  return 2n * sum;
}

function log2Of(digits: number, meter: Meter): bigint {
  return artanh2(2n * ten(digits), digits, meter);
}

/** l(x). Of what is not positive native gives nearly −10^scale. */
export function naturalLog(x: Decimal, scale: number, meter: Meter): Decimal {
  if (x.value <= 0n) return rescale({ value: 1n - ten(scale), scale: 0 }, scale);
  const digits = Math.max(scale, x.scale) + spare(scale) + 6;
  return shown(logarithm(fixed(x, digits), digits, meter), digits, scale);
}

/** arctan(1/n) for Machin's formula. */
function arctanInverse(n: bigint, unit: bigint, meter: Meter): bigint {
  let power = unit / n;
  let sum = power;
  const square = n * n;
  for (let k = 3n, sign = -1n; power !== 0n; k += 2n, sign = -sign) {
    power /= square;
    sum += sign * (power / k);
    meter(1);
  }
  return sum;
}

/** π with `digits` decimals. */
function pi(digits: number, meter: Meter): bigint {
  const unit = ten(digits + 4);
  const value = 4n * (4n * arctanInverse(5n, unit, meter) - arctanInverse(239n, unit, meter));
  return value / 10000n;
}

/**
 * s(x), and c(x) when `quarter` is set.
 *
 * Whole turns are taken off with a value of π that has a tenth more digits than the scale, as native
 * does: the error that this brings into the sine of large angles is part of its answers.
 */
export function sine(x: Decimal, scale: number, quarter: boolean, meter: Meter): Decimal {
  const known = Math.floor(scale * 1.1) + 2;
  const digits = Math.max(scale + spare(scale), x.scale + 2);
  const unit = ten(digits);
  const exact = pi(digits, meter);
  const rough = pi(known + 2, meter) / 4n / 100n * 4n * ten(digits - known);
  let angle = fixed(x, digits);
  const turns = (angle + (angle < 0n ? -rough : rough) / 2n) / rough;
  angle -= turns * rough;
  if (turns % 2n !== 0n) angle = -angle;
  if (quarter && scale > 0) angle = turns % 2n === 0n ? angle + exact / 2n : exact / 2n + angle;
  if (quarter && scale > 0 && turns % 2n !== 0n) {
    // sin(x + π/2) with x = turns·π + rest, the sign of the rest already turned.
    angle = -(exact / 2n - (angle - exact / 2n));
  }
  if (angle > exact / 2n) angle = exact - angle;
  if (angle < -exact / 2n) angle = -exact - angle;
  const square = angle * angle / unit;
  let term = angle;
  let sum = angle;
  for (let n = 2n; term !== 0n; n += 2n) {
    term = -term * square / unit / (n * (n + 1n));
    sum += term;
    meter(1);
  }
  // What is within the last spare digits of a whole number is that number.
  const half = ten(Math.max(0, digits - scale - Math.ceil(spare(scale) / 2)));
  const near = (sum + (sum < 0n ? -half : half) / 2n) / half * half;
  return shown(near, digits, scale);
}

/** a(x). */
export function arctangent(x: Decimal, scale: number, meter: Meter): Decimal {
  const digits = scale + spare(scale) + 4;
  const unit = ten(digits);
  if (x.value < 0n) return negate(arctangent(negate(x), scale, meter));
  let value = fixed(x, digits);
  const inverted = value > unit;
  if (inverted) value = unit * unit / value;
  // arctan v = 2 arctan(v / (1 + sqrt(1 + v²)))
  let doublings = 0n;
  while (value * 10n > unit) {
    value = value * unit / (unit + integerRoot(unit * unit + value * value));
    doublings++;
    meter(4);
  }
  const square = value * value / unit;
  let power = value;
  let sum = value;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = -power * square / unit;
    sum += power / n;
    meter(1);
  }
  let angle = sum << doublings;
  if (inverted) angle = pi(digits, meter) / 2n - angle;
  return shown(angle, digits, scale);
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
  const digits = scale + spare(scale) + Math.ceil(size * 0.5) + 10;
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
  const result = shown(sum, digits, scale);
  return negative ? negate(result) : result;
}
