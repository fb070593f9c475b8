/**
 * Numbers as C's `printf` writes them, exactly: ties are rounded to even on the binary value, which
 * `toFixed` does not do.
 *
 * @module
 */

/** Flags, width and precision of one conversion. */
export interface NumberFormat {
  readonly left?: boolean;
  readonly zero?: boolean;
  readonly plus?: boolean;
  readonly space?: boolean;
  readonly alternate?: boolean;
  readonly width?: number;
  /** Undefined: the default of the conversion. */
  readonly precision?: number;
}

/** More digits behind the first no double has: zeros follow. */
export const MOST_DIGITS = 1100;

/** A finite double as mantissa × 2^exponent. */
function decompose(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}

/** numerator / denominator to the nearest whole number, ties to even. */
function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator - quotient * denominator) * 2n;
  if (twice > denominator || (twice === denominator && (quotient & 1n) === 1n)) {
    return quotient + 1n;
  }
  return quotient;
}

/** `value` ≥ 0 with `digits` decimals. */
export function fixed(value: number, digits: number): string {
  if (digits > MOST_DIGITS) return fixed(value, MOST_DIGITS) + "0".repeat(digits - MOST_DIGITS);
  if (value < 1e21 && digits < 100) {
    // toFixed is exact but for ties, which show as a 5 at the next place.
    const next = value.toFixed(digits + 1);
    if (next.charCodeAt(next.length - 1) !== 0x35) return value.toFixed(digits);
  }
  const { mantissa, exponent } = decompose(value);
  const scaled = mantissa * 10n ** BigInt(digits);
  const whole = exponent >= 0
    ? scaled << BigInt(exponent)
    : divideToEven(scaled, 1n << BigInt(-exponent));
  let text = String(whole);
  if (digits === 0) return text;
  text = text.padStart(digits + 1, "0");
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Digits (one before the point, `digits` after, no point) and decimal exponent of `value` ≥ 0. */
function scientificParts(value: number, digits: number): { text: string; exponent: number } {
  if (value === 0) return { text: "0".repeat(digits + 1), exponent: 0 };
  if (digits > MOST_DIGITS) {
    const { text, exponent } = scientificParts(value, MOST_DIGITS);
    return { text: text + "0".repeat(digits - MOST_DIGITS), exponent };
  }
  if (digits < 100) {
    const next = value.toExponential(digits + 1 <= 100 ? digits + 1 : 100);
    const mark = next.indexOf("e");
    if (next.charCodeAt(mark - 1) !== 0x35) {
      const plain = value.toExponential(digits);
      const at = plain.indexOf("e");
      return {
        text: plain.slice(0, at).replace(".", ""),
        exponent: Number(plain.slice(at + 1)),
      };
    }
  }
  const parts = decompose(value);
  let exponent = Number(value.toExponential(20).split("e")[1]);
  for (;;) {
    let numerator = parts.mantissa;
    let denominator = 1n;
    if (parts.exponent >= 0) numerator <<= BigInt(parts.exponent);
    else denominator <<= BigInt(-parts.exponent);
    const power = digits - exponent;
    if (power >= 0) numerator *= 10n ** BigInt(power);
    else denominator *= 10n ** BigInt(-power);
    const text = String(divideToEven(numerator, denominator));
    if (text.length === digits + 1) return { text, exponent };
    exponent += text.length > digits + 1 ? 1 : -1;
  }
}

function exponentText(exponent: number): string {
  const size = Math.abs(exponent);
  return `${exponent < 0 ? "-" : "+"}${size < 10 ? "0" : ""}${size}`;
}

function scientific(value: number, digits: number, alternate: boolean): string {
  const { text, exponent } = scientificParts(value, digits);
  const point = digits > 0 || alternate ? "." : "";
  return `${text[0]}${point}${text.slice(1)}e${exponentText(exponent)}`;
}

function general(value: number, precision: number, alternate: boolean): string {
  const most = alternate ? precision : Math.min(precision, MOST_DIGITS);
  const digits = most === 0 ? 1 : most;
  const { text, exponent } = scientificParts(value, digits - 1);
  if (exponent < -4 || exponent >= digits) {
    let mantissa = text.slice(1);
    if (!alternate) mantissa = mantissa.replace(/0+$/, "");
    const point = mantissa !== "" || alternate ? "." : "";
    return `${text[0]}${point}${mantissa}e${exponentText(exponent)}`;
  }
  let result = fixed(value, digits - 1 - exponent);
  if (alternate) return result.includes(".") ? result : result + ".";
  if (result.includes(".")) result = result.replace(/\.?0+$/, "");
  return result;
}

/** Adds sign or prefix and pads to the width. */
export function pad(prefix: string, body: string, format: NumberFormat, zero: boolean): string {
  const width = format.width ?? 0;
  const missing = width - prefix.length - body.length;
  if (missing <= 0) return prefix + body;
  if (format.left) return prefix + body + " ".repeat(missing);
  if (zero) return prefix + "0".repeat(missing) + body;
  return " ".repeat(missing) + prefix + body;
}

/**
 * A double by `%e`, `%f`, `%g` or `%a` and their capitals.
 *
 * @param value Number.
 * @param conversion One of `e f g E F G`.
 * @param format Flags.
 */
export function formatDouble(value: number, conversion: string, format: NumberFormat = {}): string {
  const lower = conversion.toLowerCase();
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? "-" : format.plus ? "+" : format.space ? " " : "";
  let body: string;
  let zero = !!format.zero;
  if (!Number.isFinite(value)) {
    body = Number.isNaN(value) ? "nan" : "inf";
    zero = false;
  } else {
    const size = Math.abs(value);
    const precision = format.precision ?? 6;
    const alternate = !!format.alternate;
    if (lower === "f") {
      body = fixed(size, precision);
      if (alternate && precision === 0) body += ".";
    } else if (lower === "e") body = scientific(size, precision, alternate);
    else body = general(size, precision, alternate);
  }
  if (lower !== conversion) body = body.toUpperCase();
  return pad(sign, body, format, zero);
}

/**
 * An integer by `%d`, `%u`, `%o`, `%x` or `%X`. Unsigned conversions of negative numbers wrap at 64
 * bits.
 */
export function formatInteger(
  value: bigint,
  conversion: string,
  format: NumberFormat = {},
): string {
  let prefix = "";
  let body: string;
  if (conversion === "d" || conversion === "i") {
    prefix = value < 0n ? "-" : format.plus ? "+" : format.space ? " " : "";
    body = String(value < 0n ? -value : value);
  } else {
    const unsigned = BigInt.asUintN(64, value);
    if (conversion === "o") {
      body = unsigned.toString(8);
      if (format.alternate && body[0] !== "0") body = "0" + body;
    } else if (conversion === "x" || conversion === "X") {
      body = unsigned.toString(16);
      if (format.alternate && unsigned !== 0n) prefix = "0x";
      if (conversion === "X") {
        body = body.toUpperCase();
        prefix = prefix.toUpperCase();
      }
    } else body = String(unsigned);
  }
  if (format.precision !== undefined) {
    if (format.precision === 0 && value === 0n) {
      body = conversion === "o" && format.alternate ? "0" : "";
    }
    body = body.padStart(format.precision, "0");
  }
  return pad(prefix, body, format, !!format.zero && format.precision === undefined);
}
