/**
 * Decimal numbers of any length, as bc and dc compute with them: a whole number and a scale.
 *
 * Results are cut, never rounded. Source of behaviour: POSIX bc, "Operations", BusyBox 1.35.
 *
 * @module
 */

/** `value` / 10^`scale`. */
export interface Decimal {
  readonly value: bigint;
  readonly scale: number;
}

/** Most decimals; native's own ceiling is larger, memory's is not. */
export const MAX_SCALE = 50_000_000;

/** A failed operation, with native's words. */
export class MathError extends Error {
  /** @param message What stands after the program's name. */
  constructor(override readonly message: string) {
    super(message);
    this.name = "MathError";
  }
}

/** Nothing. */
export const ZERO: Decimal = { value: 0n, scale: 0 };
/** One. */
export const ONE: Decimal = { value: 1n, scale: 0 };

const powers: readonly bigint[] = Array.from({ length: 64 }, (_, i) => 10n ** BigInt(i));

/** A power of ten. */
export function ten(exponent: number): bigint {
  return exponent < powers.length ? powers[exponent] : 10n ** BigInt(exponent);
}

/** A whole number. */
export function whole(value: number | bigint): Decimal {
  return { value: BigInt(value), scale: 0 };
}

/** The same number with another scale; digits are cut. */
export function rescale(number: Decimal, scale: number): Decimal {
  if (scale === number.scale) return number;
  if (scale > number.scale) return { value: number.value * ten(scale - number.scale), scale };
  return { value: number.value / ten(number.scale - scale), scale };
}

/** The part before the point. */
export function integerPart(number: Decimal): bigint {
  return number.scale === 0 ? number.value : number.value / ten(number.scale);
}

/** −1, 0 or 1. */
export function compare(left: Decimal, right: Decimal): number {
  const difference = subtract(left, right).value;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Sum. Nothing added leaves the other number with its own scale (BusyBox). */
export function add(left: Decimal, right: Decimal): Decimal {
  if (left.value === 0n) return right;
  if (right.value === 0n) return left;
  const scale = Math.max(left.scale, right.scale);
  return { value: rescale(left, scale).value + rescale(right, scale).value, scale };
}

/** Difference. */
export function subtract(left: Decimal, right: Decimal): Decimal {
  return add(left, negate(right));
}

/** The other sign. */
export function negate(number: Decimal): Decimal {
  return { value: -number.value, scale: number.scale };
}

/** Product: as exact as the operands are, but no longer than `scale` asks for. */
export function multiply(left: Decimal, right: Decimal, scale: number): Decimal {
  const exact = { value: left.value * right.value, scale: left.scale + right.scale };
  return rescale(exact, Math.min(exact.scale, Math.max(scale, left.scale, right.scale)));
}

/** Quotient, cut to `scale` digits. */
export function divide(left: Decimal, right: Decimal, scale: number): Decimal {
  if (right.value === 0n) throw new MathError("divide by zero");
  const shift = right.scale + scale - left.scale;
  const value = shift >= 0
    ? left.value * ten(shift) / right.value
    : left.value / (right.value * ten(-shift));
  return { value, scale };
}

/** Quotient and remainder: `left - quotient * right`, where the quotient has `scale` digits. */
export function divideWithRemainder(
  left: Decimal,
  right: Decimal,
  scale: number,
): { quotient: Decimal; remainder: Decimal } {
  const quotient = divide(left, right, scale);
  const product = { value: quotient.value * right.value, scale: quotient.scale + right.scale };
  const remainder = rescale(
    subtract(left, product),
    Math.max(scale + right.scale, left.scale),
  );
  return { quotient, remainder };
}

/** Bits that a power may have: what would not fit into memory is refused at once. */
export const MAX_BITS: number = 1 << 30;

/** Power with a whole exponent. */
export function raise(base: Decimal, exponent: Decimal, scale: number): Decimal {
  if (exponent.scale > 0 && exponent.value % ten(exponent.scale) !== 0n) {
    throw new MathError("not an integer");
  }
  const power = integerPart(exponent);
  if (power === 0n) return ONE;
  if (base.value === 0n) return { value: 0n, scale };
  const size = power < 0n ? -power : power;
  const small = base.value === 1n || base.value === -1n;
  if (!small && BigInt(base.value.toString(16).length * 4) * size > BigInt(MAX_BITS)) {
    throw new MathError("overflow");
  }
  if (size * BigInt(base.scale) > BigInt(MAX_SCALE)) throw new MathError("overflow");
  const count = Number(size);
  const exact = {
    value: small ? (size % 2n === 0n ? 1n : base.value) : base.value ** size,
    scale: base.scale * count,
  };
  if (power < 0n) return divide(ONE, exact, scale);
  return rescale(exact, Math.min(exact.scale, Math.max(scale, base.scale)));
}

/** Whole square root. */
export function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  // Newton's method from above, beginning with a power of two that is not too small.
  let root = 1n << BigInt((value.toString(16).length * 4 + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Square root, with at least as many digits as the number has. */
export function squareRoot(number: Decimal, scale: number): Decimal {
  if (number.value < 0n) throw new MathError("negative number");
  const digits = Math.max(scale, number.scale);
  return { value: integerRoot(rescale(number, 2 * digits).value), scale: digits };
}

/** Digits of a number, those before the point without leading zeros. */
export function digitCount(number: Decimal): number {
  if (number.value === 0n) return number.scale === 0 ? 1 : number.scale;
  return String(number.value < 0n ? -number.value : number.value).length;
}

/** Power by repeated squaring. */
export function powerModulo(base: Decimal, exponent: Decimal, modulus: Decimal): Decimal {
  if (modulus.value === 0n) throw new MathError("divide by zero");
  for (const each of [base, exponent, modulus]) {
    if (each.scale > 0) throw new MathError("not an integer");
  }
  if (exponent.value < 0n) throw new MathError("negative number");
  let result = 1n;
  let factor = base.value % modulus.value;
  for (let power = exponent.value; power > 0n; power >>= 1n) {
    if ((power & 1n) === 1n) result = result * factor % modulus.value;
    factor = factor * factor % modulus.value;
  }
  return { value: result, scale: 0 };
}

// ---------------------------------------------------------------------------------------------
// Text

/** What a digit stands for: `0`–`9`, `A`–`F`. */
export function digitValue(char: string): number {
  const code = char.charCodeAt(0);
  return code <= 57 ? code - 48 : code - 55;
}

/**
 * A number as it is written, in an input base. Digits too large for the base count as its largest
 * one, unless the number is a single digit.
 */
export function parseNumber(text: string, base: number): Decimal {
  const number = readNumber(text, base);
  // Nothing has no decimals, however it is written.
  return number.value === 0n ? ZERO : number;
}

function readNumber(text: string, base: number): Decimal {
  const point = text.indexOf(".");
  const before = point < 0 ? text : text.slice(0, point);
  const after = point < 0 ? "" : text.slice(point + 1);
  if (point < 0 && /^0*[0-9A-Z]$/.test(text)) return whole(digitValue(text[text.length - 1]));
  if (base === 10 && !/[A-Z]/.test(text)) {
    return { value: BigInt(before + after === "" ? "0" : before + after), scale: after.length };
  }
  const radix = BigInt(base);
  const most = base - 1;
  let value = 0n;
  for (const char of before) value = value * radix + BigInt(Math.min(digitValue(char), most));
  let fraction = 0n;
  let over = 1n;
  for (const char of after) {
    fraction = fraction * radix + BigInt(Math.min(digitValue(char), most));
    over *= radix;
  }
  const shift = ten(after.length);
  return { value: value * shift + fraction * shift / over, scale: after.length };
}

/** The text of a number in an output base. Bases above 16 write each digit as a decimal group. */
export function formatNumber(number: Decimal, base: number): string {
  const { value, scale } = number;
  if (value === 0n) return "0";
  const sign = value < 0n ? "-" : "";
  const size = value < 0n ? -value : value;
  if (base === 10) {
    const digits = String(size).padStart(scale, "0");
    if (scale === 0) return sign + digits;
    const at = digits.length - scale;
    return `${sign}${digits.slice(0, at)}.${digits.slice(at)}`;
  }
  const unit = ten(scale);
  const before = size / unit;
  let rest = size % unit;
  // As many digits as it takes to be as exact as the decimals.
  const radix = BigInt(base);
  const after: number[] = [];
  for (let power = 1n; power < unit; power *= radix) {
    rest *= radix;
    after.push(Number(rest / unit));
    rest %= unit;
  }
  if (base <= 16) {
    const whole = before === 0n ? "" : before.toString(base).toUpperCase();
    const decimals = after.map((digit) => digit.toString(16).toUpperCase()).join("");
    return sign + whole + (scale > 0 ? `.${decimals}` : "");
  }
  const width = String(base - 1).length;
  const groups: string[] = [];
  for (let left = before; left > 0n; left /= radix) groups.push(String(left % radix));
  const whole = groups.reverse().map((group) => ` ${group.padStart(width, "0")}`).join("");
  const decimals = after.map((digit) => String(digit).padStart(width, "0")).join(" ");
  return sign + whole + (scale > 0 ? `.${decimals}` : "");
}
