/**
 * `printf` of awk.
 *
 * Native hands each piece of the format, up to the letter of a conversion, to the C library. Whatever
 * stands between `%` and the first letter belongs to the piece; a format without a letter after its
 * `%` is printed as it is. Source of behaviour: POSIX awk "Output Statements", BusyBox 1.35, glibc.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { formatDouble, formatInteger, type NumberFormat, pad } from "../_lib/format_number.ts";
import { MSG } from "./errors.ts";
import { formatHex } from "./number.ts";
import { isNumeric, toInt32, toNumber, type Value } from "./value.ts";

/** One conversion. */
interface Conversion {
  /** Empty for what is none: it takes a value all the same and is printed as it stands. */
  readonly letter: string;
  readonly format: NumberFormat;
  /** Neither flags nor width nor precision. */
  readonly plain: boolean;
  /** Printed instead when there is no letter. */
  readonly raw?: ByteString;
}

/** A parsed format: literal text, conversions, and what is wrong with it, if anything. */
export interface Format {
  readonly pieces: readonly (ByteString | Conversion)[];
  /** Message of the error that reaching the end of the pieces raises. */
  readonly problem: string | undefined;
}

const LETTERS = "dioxXucsfeEgGaAF";

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Parses a format. */
export function parseFormat(text: ByteString): Format {
  const pieces: (ByteString | Conversion)[] = [];
  let literal = "";
  let at = 0;
  for (;;) {
    const percent = text.indexOf("%", at);
    if (percent < 0) {
      literal += text.slice(at);
      break;
    }
    literal += text.slice(at, percent);
    if (text.charCodeAt(percent + 1) === 0x25) {
      literal += "%";
      at = percent + 2;
      continue;
    }
    let end = percent + 1;
    while (end < text.length && !isLetter(text.charCodeAt(end))) {
      if (text.charCodeAt(end) === 0x2a) return { pieces, problem: MSG.starFormat };
      end++;
    }
    if (end === text.length) {
      literal += text.slice(percent);
      break;
    }
    if (!LETTERS.includes(text[end])) return { pieces, problem: MSG.format };
    if (literal !== "") pieces.push(literal);
    literal = "";
    const before = pieces.length;
    addConversions(text.slice(percent, end + 1), pieces);
    // Each letter takes a value, even if the library sees no conversion: `% %s`.
    const taken = pieces.slice(before).some((piece) => typeof piece !== "string");
    if (!taken) pieces.push({ letter: "", format: {}, plain: true, raw: "" });
    at = end + 1;
  }
  if (literal !== "") pieces.push(literal);
  return { pieces, problem: undefined };
}

/** What the C library makes of a piece that ends in a letter; it may hold more than one `%`. */
function addConversions(piece: ByteString, pieces: (ByteString | Conversion)[]): void {
  let at = 0;
  while (at < piece.length) {
    const percent = piece.indexOf("%", at);
    if (percent < 0) {
      pieces.push(piece.slice(at));
      return;
    }
    if (percent > at) pieces.push(piece.slice(at, percent));
    at = percent + 1;
    let left = false, plus = false, space = false, alternate = false, zero = false;
    for (;; at++) {
      const flag = piece[at];
      if (flag === "-") left = true;
      else if (flag === "+") plus = true;
      else if (flag === " ") space = true;
      else if (flag === "#") alternate = true;
      else if (flag === "0") zero = true;
      else if (flag !== "'") break;
    }
    let width = 0;
    for (; piece[at] >= "0" && piece[at] <= "9"; at++) width = width * 10 + Number(piece[at]);
    let precision: number | undefined;
    if (piece[at] === ".") {
      precision = 0;
      at++;
      for (; piece[at] >= "0" && piece[at] <= "9"; at++) {
        precision = precision * 10 + Number(piece[at]);
      }
    }
    const letter = piece[at] ?? "";
    if (letter === "%") {
      pieces.push("%");
      at++;
    } else if (letter !== "" && LETTERS.includes(letter)) {
      pieces.push({
        letter,
        format: { left, plus, space, alternate, zero: zero && !left, width, precision },
        plain: at === percent + 1,
      });
      at++;
    } else {
      // Not a conversion of C: the library prints it back, a bare point with its zero.
      const dot = piece.indexOf(".", percent);
      const head = piece.slice(percent, at);
      const raw = dot >= 0 && dot === at - 1 ? head + "0" : head;
      pieces.push({ letter: "", format: {}, plain: true, raw });
    }
  }
}

/** How many values a format takes. */
export function countConversions(format: Format): number {
  let count = 0;
  for (const piece of format.pieces) if (typeof piece !== "string") count++;
  return count;
}

/**
 * Formats values.
 *
 * @param arg Gives the value of an index; it is asked once for each conversion, in order.
 * @param show Gives the text of a value for `%s`.
 */
export function formatValues(
  format: Format,
  arg: (index: number) => Value,
  show: (value: Value) => ByteString,
): ByteString {
  let result = "";
  let next = 0;
  for (const piece of format.pieces) {
    if (typeof piece === "string") result += piece;
    else result += convert(piece, arg(next++), show);
  }
  return result;
}

function convert(
  { letter, format, plain, raw }: Conversion,
  value: Value,
  show: (value: Value) => ByteString,
): ByteString {
  switch (letter) {
    case "":
      return raw!;
    case "s": {
      const text = show(value);
      if (plain) return text;
      return padText(
        format,
        format.precision === undefined ? text : text.slice(0, format.precision),
      );
    }
    case "d":
    case "i": {
      const number = toInt32(toNumber(value));
      return plain ? String(number) : formatInteger(BigInt(number), "d", format);
    }
    case "u":
    case "o":
    case "x":
    case "X":
      return formatUnsigned(letter, toInt32(toNumber(value)) >>> 0, format);
    case "c": {
      const char = isNumeric(value)
        ? String.fromCharCode(toInt32(toNumber(value)) & 255)
        : show(value).slice(0, 1) || "\0";
      return plain ? char : padText(format, char);
    }
    case "a":
    case "A":
      return formatHex(toNumber(value), letter, format);
    default:
      return formatDouble(toNumber(value), letter, format);
  }
}

function padText(format: NumberFormat, text: ByteString): ByteString {
  return pad("", text, format, false);
}

function formatUnsigned(letter: string, value: number, format: NumberFormat): ByteString {
  return formatInteger(BigInt(value), letter, format);
}
