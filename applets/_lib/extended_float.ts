/**
 * The 80-bit floating point numbers of x86, as text.
 *
 * @module
 */

/** Exponent bias and bits of the fraction, the leading bit being stored. */
const BIAS = 16383;
const FRACTION = 63;

/** What `%.DIGITSLe` prints of the number at an offset. */
export function extendedText(view: DataView, at: number, digits: number): string {
  const mantissa = view.getBigUint64(at, true);
  const high = view.getUint16(at + 8, true);
  const sign = high & 0x8000 ? "-" : "";
  const exponent = high & 0x7fff;
  const normal = mantissa >> 63n === 1n;
  // Numbers without their leading bit are invalid on every processor since the 80387.
  if (exponent !== 0 && !normal) return sign + "nan";
  if (exponent === 0x7fff) return sign + (mantissa << 1n & 2n ** 64n - 1n ? "nan" : "inf");
  const zeros = "0".repeat(digits);
  if (mantissa === 0n) return `${sign}0.${zeros}e+00`;
  const power = Math.max(exponent, 1) - BIAS - FRACTION;
  const top = mantissa * (power >= 0 ? 2n ** BigInt(power) : 1n);
  const bottom = power < 0 ? 2n ** BigInt(-power) : 1n;
  // A first guess of the decimal exponent from the lengths, corrected below.
  let decimal = top.toString().length - bottom.toString().length;
  for (;;) {
    const shift = digits - decimal;
    const [a, b] = shift >= 0
      ? [top * 10n ** BigInt(shift), bottom]
      : [top, bottom * 10n ** BigInt(-shift)];
    let value = a / b;
    const rest = (a % b) * 2n;
    if (rest > b || (rest === b && value % 2n === 1n)) value++;
    const text = value.toString();
    if (text.length > digits + 1) decimal++;
    else if (text.length < digits + 1) decimal--;
    else {
      const size = String(Math.abs(decimal)).padStart(2, "0");
      return `${sign}${text[0]}.${text.slice(1)}e${decimal < 0 ? "-" : "+"}${size}`;
    }
  }
}
