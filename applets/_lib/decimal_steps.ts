/**
 * The operations of `decimal.ts` on long numbers, in steps, so that others have their turn meanwhile.
 *
 * @module
 */
import {
  bitLength,
  Digits,
  isSmall,
  power,
  product,
  quotient,
  root,
  type Tick,
} from "./big_steps.ts";
import {
  add,
  compare,
  type Decimal,
  digitValue,
  divide,
  integerRoot,
  MathError,
  MAX_BITS,
  MAX_SCALE,
  multiply,
  ONE,
  ten,
  ZERO,
} from "./decimal.ts";
import type { Steps } from "./steps.ts";

/** Up to this scale, powers of ten take no time to speak of. */
const SMALL_SCALE = 1024;

/** Whether plain operations on the number take no time to speak of. */
export function isShort({ value, scale }: Decimal): boolean {
  return scale <= SMALL_SCALE && isSmall(value);
}

/** Operators of `bc` and `dc` that take two numbers and give one. */
export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "^";

/** Decimal arithmetic in steps. */
export class LongArithmetic {
  /** The last large powers of ten. */
  readonly #tens = new Map<number, bigint>();
  readonly #decimals: Digits;

  /** @param tick Counts work; a promise is waited for. */
  constructor(private readonly tick: Tick) {
    this.#decimals = new Digits(10, 1, tick, String, BigInt);
  }

  /** Counts work. */
  *count(steps: number): Steps<void> {
    const waiting = this.tick(steps);
    if (waiting !== undefined) yield waiting;
  }

  /** Product of whole numbers. */
  times(left: bigint, right: bigint): Steps<bigint> {
    return product(left, right, this.tick);
  }

  /** Quotient of whole numbers. */
  *over(left: bigint, right: bigint): Steps<bigint> {
    return (yield* quotient(left, right, this.tick))[0];
  }

  *#ten(exponent: number): Steps<bigint> {
    if (exponent <= SMALL_SCALE) return ten(exponent);
    let known = this.#tens.get(exponent);
    if (known === undefined) {
      known = yield* power(10n, BigInt(exponent), this.tick);
      if (this.#tens.size >= 4) this.#tens.clear();
      this.#tens.set(exponent, known);
    }
    return known;
  }

  /** As `rescale`. */
  *rescale(number: Decimal, scale: number): Steps<Decimal> {
    if (scale === number.scale) return number;
    const by = yield* this.#ten(Math.abs(scale - number.scale));
    const value = scale > number.scale
      ? yield* product(number.value, by, this.tick)
      : (yield* quotient(number.value, by, this.tick))[0];
    return { value, scale };
  }

  /** As `add`. */
  *add(left: Decimal, right: Decimal): Steps<Decimal> {
    if (isShort(left) && isShort(right)) return add(left, right);
    if (left.value === 0n) return right;
    if (right.value === 0n) return left;
    const scale = Math.max(left.scale, right.scale);
    const one = yield* this.rescale(left, scale);
    return { value: one.value + (yield* this.rescale(right, scale)).value, scale };
  }

  /** As `subtract`. */
  subtract(left: Decimal, right: Decimal): Steps<Decimal> {
    return this.add(left, { value: -right.value, scale: right.scale });
  }

  /** As `compare`. */
  *compare(left: Decimal, right: Decimal): Steps<number> {
    if (isShort(left) && isShort(right)) return compare(left, right);
    const { value } = yield* this.subtract(left, right);
    return value < 0n ? -1 : value > 0n ? 1 : 0;
  }

  /** As `multiply`. */
  *multiply(left: Decimal, right: Decimal, scale: number): Steps<Decimal> {
    if (isShort(left) && isShort(right)) return multiply(left, right, scale);
    const value = yield* product(left.value, right.value, this.tick);
    const exact = { value, scale: left.scale + right.scale };
    const wanted = Math.min(exact.scale, Math.max(scale, left.scale, right.scale));
    return yield* this.rescale(exact, wanted);
  }

  /** As `divide`. */
  *divide(left: Decimal, right: Decimal, scale: number): Steps<Decimal> {
    if (isShort(left) && isShort(right) && scale <= SMALL_SCALE) return divide(left, right, scale);
    if (right.value === 0n) throw new MathError("divide by zero");
    const shift = right.scale + scale - left.scale;
    const by = yield* this.#ten(Math.abs(shift));
    const over = shift < 0 ? left.value : yield* product(left.value, by, this.tick);
    const under = shift < 0 ? yield* product(right.value, by, this.tick) : right.value;
    return { value: (yield* quotient(over, under, this.tick))[0], scale };
  }

  /** What an operator makes of two numbers. */
  *binary(op: ArithmeticOp, left: Decimal, right: Decimal, scale: number): Steps<Decimal> {
    switch (op) {
      case "+":
        return yield* this.add(left, right);
      case "-":
        return yield* this.subtract(left, right);
      case "*":
        return yield* this.multiply(left, right, scale);
      case "/":
        return yield* this.divide(left, right, scale);
      case "%":
        return (yield* this.divideWithRemainder(left, right, scale)).remainder;
      case "^":
        return yield* this.raise(left, right, scale);
    }
  }

  /** As `divideWithRemainder`. */
  *divideWithRemainder(
    left: Decimal,
    right: Decimal,
    scale: number,
  ): Steps<{ quotient: Decimal; remainder: Decimal }> {
    const whole = yield* this.divide(left, right, scale);
    const value = yield* product(whole.value, right.value, this.tick);
    const rest = yield* this.subtract(left, { value, scale: whole.scale + right.scale });
    const remainder = yield* this.rescale(rest, Math.max(scale + right.scale, left.scale));
    return { quotient: whole, remainder };
  }

  /** As `raise`. */
  *raise(base: Decimal, exponent: Decimal, scale: number): Steps<Decimal> {
    let size = exponent.value;
    if (exponent.scale > 0) {
      const [whole, rest] = yield* quotient(size, yield* this.#ten(exponent.scale), this.tick);
      if (rest !== 0n) throw new MathError("not an integer");
      size = whole;
    }
    if (size === 0n) return ONE;
    if (base.value === 0n) return { value: 0n, scale };
    const negative = size < 0n;
    if (negative) size = -size;
    const magnitude = base.value < 0n ? -base.value : base.value;
    const isOne = magnitude === 1n;
    // Counted in whole digits of base 16, as `raise` does.
    const bits = BigInt(4 * Math.ceil(bitLength(magnitude) / 4) + (base.value < 0n ? 4 : 0));
    if (!isOne && bits * size > BigInt(MAX_BITS)) throw new MathError("overflow");
    if (size * BigInt(base.scale) > BigInt(MAX_SCALE)) throw new MathError("overflow");
    const exact = {
      value: isOne
        ? (size % 2n === 0n ? 1n : base.value)
        : yield* power(base.value, size, this.tick),
      scale: base.scale * Number(size),
    };
    if (negative) return yield* this.divide(ONE, exact, scale);
    return yield* this.rescale(exact, Math.min(exact.scale, Math.max(scale, base.scale)));
  }

  /** As `squareRoot`. */
  *squareRoot(number: Decimal, scale: number): Steps<Decimal> {
    if (number.value < 0n) throw new MathError("negative number");
    const digits = Math.max(scale, number.scale);
    const { value } = yield* this.rescale(number, 2 * digits);
    return { value: yield* root(value, integerRoot, this.tick), scale: digits };
  }

  /** As `powerModulo`. */
  *powerModulo(base: Decimal, exponent: Decimal, modulus: Decimal): Steps<Decimal> {
    if (modulus.value === 0n) throw new MathError("divide by zero");
    for (const each of [base, exponent, modulus]) {
      if (each.scale > 0) throw new MathError("not an integer");
    }
    if (exponent.value < 0n) throw new MathError("negative number");
    let result = 1n;
    let factor = (yield* quotient(base.value, modulus.value, this.tick))[1];
    const bits = exponent.value.toString(2);
    for (let at = bits.length - 1; at >= 0; at--) {
      if (bits[at] === "1") result = yield* this.#times(result, factor, modulus.value);
      if (at > 0) factor = yield* this.#times(factor, factor, modulus.value);
    }
    return { value: result, scale: 0 };
  }

  *#times(left: bigint, right: bigint, modulus: bigint): Steps<bigint> {
    const waiting = this.tick(1);
    if (waiting !== undefined) yield waiting;
    const whole = yield* product(left, right, this.tick);
    return isSmall(whole) ? whole % modulus : (yield* quotient(whole, modulus, this.tick))[1];
  }

  /** As `digitCount`. */
  *digitCount(number: Decimal): Steps<number> {
    if (number.value === 0n) return number.scale === 0 ? 1 : number.scale;
    return (yield* this.#decimals.of(number.value < 0n ? -number.value : number.value)).length;
  }

  /** As `parseNumber`. */
  *parseNumber(text: string, base: number): Steps<Decimal> {
    const point = text.indexOf(".");
    const before = point < 0 ? text : text.slice(0, point);
    const after = point < 0 ? "" : text.slice(point + 1);
    const digits = this.#reader(base);
    const over = yield* power(BigInt(base), BigInt(after.length), this.tick);
    const whole = yield* digits.from(before + after);
    if (whole === 0n) return ZERO;
    if (base === 10) return { value: whole, scale: after.length };
    const scaled = yield* product(whole, yield* this.#ten(after.length), this.tick);
    return { value: (yield* quotient(scaled, over, this.tick))[0], scale: after.length };
  }

  /** Reads digits of a base; those too large for it count as its largest one. */
  #reader(base: number): Digits {
    const radix = BigInt(base);
    const read = (digits: string): bigint => {
      let value = 0n;
      for (const char of digits) {
        value = value * radix + BigInt(Math.min(digitValue(char), base - 1));
      }
      return value;
    };
    const plain = (digits: string): bigint =>
      base === 10 && !/[^0-9]/.test(digits) ? BigInt(digits || "0") : read(digits);
    return new Digits(base, 1, this.tick, String, plain);
  }

  /** As `formatNumber`. */
  *formatNumber(number: Decimal, base: number): Steps<string> {
    const { value, scale } = number;
    if (value === 0n) return "0";
    const sign = value < 0n ? "-" : "";
    const size = value < 0n ? -value : value;
    if (base === 10) {
      const digits = (yield* this.#decimals.of(size)).padStart(scale, "0");
      if (scale === 0) return sign + digits;
      const at = digits.length - scale;
      return `${sign}${digits.slice(0, at)}.${digits.slice(at)}`;
    }
    const unit = yield* this.#ten(scale);
    const [before, rest] = yield* quotient(size, unit, this.tick);
    // As many digits as it takes to be as exact as the decimals.
    const count = yield* this.#placesFor(unit, base, scale);
    const over = yield* power(BigInt(base), BigInt(count), this.tick);
    const [after] = yield* quotient(yield* product(rest, over, this.tick), unit, this.tick);
    const width = base <= 16 ? 1 : String(base - 1).length;
    const digits = new Digits(
      base,
      width,
      this.tick,
      (part) => groupsOf(part, base, width),
      BigInt,
    );
    const whole = before === 0n ? "" : yield* digits.of(before);
    const decimals = count === 0 ? "" : (yield* digits.of(after)).padStart(count * width, "0");
    if (base <= 16) return sign + whole + (scale > 0 ? `.${decimals}` : "");
    const wholes = spaced(whole, width);
    return sign + wholes + (scale > 0 ? `.${spaced(decimals, width).slice(1)}` : "");
  }

  /** The least number of digits for which base^digits reaches 10^scale. */
  *#placesFor(unit: bigint, base: number, scale: number): Steps<number> {
    let count = Math.max(0, Math.ceil(scale * Math.LN10 / Math.log(base)) - 1);
    let reached = yield* power(BigInt(base), BigInt(count), this.tick);
    for (; reached < unit; count++) reached *= BigInt(base);
    return count;
  }
}

/** A space in front of each group of so many chars. */
function spaced(text: string, width: number): string {
  const groups: string[] = [];
  for (let at = 0; at < text.length; at += width) groups.push(text.slice(at, at + width));
  return groups.map((group) => ` ${group}`).join("");
}

/** The digits of a number in a base, each as many chars wide as the largest. */
function groupsOf(value: bigint, base: number, width: number): string {
  if (base <= 16) return value.toString(base).toUpperCase();
  const radix = BigInt(base);
  const groups: string[] = [];
  for (let left = value; left > 0n; left /= radix) {
    groups.push(String(left % radix).padStart(width, "0"));
  }
  return groups.reverse().join("");
}
