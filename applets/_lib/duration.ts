/**
 * Durations such as `1.5m`, as `sleep`, `timeout` and `watch` take them.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

const UNITS = new Map([["", 1], ["s", 1], ["m", 60], ["h", 3600], ["d", 86400]]);
/** Whole numbers from here on are none to native. */
const TOO_LARGE = 2n ** 64n;

/** What a bad duration is reported to. */
export interface DurationHost {
  readonly fail: (message: ByteString) => never;
  readonly usage: () => never;
}

/** Milliseconds of a decimal number with an optional unit `s`, `m`, `h` or `d`. */
export function parseDuration(host: DurationHost, text: ByteString): number {
  const number = /^[0-9.]*/.exec(text)![0];
  const unit = UNITS.get(text.slice(number.length));
  const fraction = text.includes(".");
  if (fraction && number !== "" && !/^(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/.test(number)) {
    return host.usage();
  }
  if (unit === undefined || number === "" || (!fraction && BigInt(number) >= TOO_LARGE)) {
    // Of a fraction native shows a 1 with what is behind it.
    return host.fail(`invalid number '${fraction ? `1${text.slice(number.length)}` : text}'`);
  }
  return Number(number) * 1000 * unit;
}
