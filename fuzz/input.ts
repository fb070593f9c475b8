/**
 * Inputs of fuzz targets: arguments and data, both bytes; how they are changed, cut down and kept.
 *
 * @module
 */

/** A source of whole numbers below a bound. */
export type Pick = (bound: number) => number;

/** A generator with a seed (mulberry32). */
export function seeded(seed: number): Pick {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296 * bound);
  };
}

/** One input. Each char of its strings is a byte. */
export interface Input {
  readonly args: readonly string[];
  readonly data: string;
}

/** Bytes as chars. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/** Chars as bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Bytes that break parsers. */
const EDGES = "\0\x01\t\n\r !\"#$%&'()*+,-./0:;<=>?@[\\]^_`{|}~\x7f\x80\xc3\xff";
const NUMBERS = [
  ...["0", "1", "2", "7", "-1", "8", "9", "10", "16", "255", "256", "4096", "65535", "65536"],
  ...["2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808"],
  ...["-9223372036854775808", "1e3", "0x10", "010", "1k", "1.5", ""],
];
const LONGEST_DATA = 300_000;

/** A changed copy of some bytes. `words` are what the target's language is made of. */
export function mutateText(
  source: string,
  pick: Pick,
  words: readonly string[],
  other = "",
): string {
  let text = source;
  for (let changes = 1 + pick(3); changes > 0; changes--) {
    const at = pick(text.length + 1);
    const count = Math.min(text.length - at, 1 + pick(pick(8) === 0 ? 400 : 8));
    const put = (middle: string, cut = 0): void => {
      text = text.slice(0, at) + middle + text.slice(at + cut);
    };
    switch (pick(12)) {
      case 0:
        if (at < text.length) put(String.fromCharCode(text.charCodeAt(at) ^ (1 << pick(8))), 1);
        break;
      case 1:
        put(EDGES[pick(EDGES.length)], pick(2));
        break;
      case 2:
        put(String.fromCharCode(pick(256)), pick(2));
        break;
      case 3:
        put("", count);
        break;
      case 4:
        put(text.slice(at, at + count));
        break;
      case 5:
        put(text.slice(at, at + count).repeat(1 + pick(pick(6) === 0 ? 60 : 4)));
        break;
      case 6:
        put(NUMBERS[pick(NUMBERS.length)], pick(3));
        break;
      case 7: {
        const from = pick(other.length + 1);
        put(other.slice(from, from + 1 + pick(40)), pick(2) * count);
        break;
      }
      case 8: {
        const found = /\d+/.exec(text.slice(at));
        if (found !== null) {
          const start = at + found.index;
          const number = pick(2) === 0
            ? NUMBERS[pick(NUMBERS.length)]
            : String(Number(found[0]) + pick(5) - 2);
          text = text.slice(0, start) + number + text.slice(start + found[0].length);
        }
        break;
      }
      default:
        if (words.length > 0) put(words[pick(words.length)], pick(3) === 0 ? count : 0);
    }
  }
  return text.length > LONGEST_DATA ? text.slice(0, LONGEST_DATA) : text;
}

/** A changed copy of an input; `other` is one to take parts of. NUL cannot be in an argument. */
export function mutateInput(
  input: Input,
  other: Input,
  pick: Pick,
  words: readonly string[],
): Input {
  const args = [...input.args];
  let data = input.data;
  for (let changes = 1 + pick(2); changes > 0; changes--) {
    const at = pick(args.length);
    switch (args.length === 0 ? 9 : pick(10)) {
      case 0:
        args.splice(at, 1);
        break;
      case 1:
        args.splice(pick(args.length + 1), 0, words[pick(words.length)] ?? "-");
        break;
      case 2:
        args.splice(pick(args.length + 1), 0, other.args[pick(other.args.length)] ?? "");
        break;
      case 3: {
        const to = pick(args.length);
        [args[at], args[to]] = [args[to], args[at]];
        break;
      }
      case 4:
      case 5:
      case 6:
        args[at] = mutateText(args[at], pick, words, other.args[pick(other.args.length)]);
        break;
      default:
        data = pick(20) === 0 && args.length > 0
          ? other.data
          : mutateText(data, pick, words, other.data);
    }
  }
  return { args: args.map((arg) => arg.replaceAll("\0", "")), data };
}

/**
 * The smallest input found for which `holds` is still true: arguments and parts of the data are left
 * out as long as that succeeds, halves first.
 */
export async function minimise(
  input: Input,
  holds: (input: Input) => Promise<boolean>,
  most = 400,
): Promise<Input> {
  let best = input;
  let tries = 0;
  const attempt = async (candidate: Input): Promise<boolean> => {
    if (tries >= most) return false;
    tries++;
    if (!await holds(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let before = -1; before !== sizeOf(best) && tries < most;) {
    before = sizeOf(best);
    for (let i = best.args.length - 1; i >= 0; i--) {
      await attempt({ ...best, args: best.args.filter((_, index) => index !== i) });
    }
    await shorten(best.data, (data) => attempt({ ...best, data }));
    for (let i = 0; i < best.args.length; i++) {
      await shorten(
        best.args[i],
        (arg) => attempt({ ...best, args: best.args.map((old, k) => k === i ? arg : old) }),
      );
    }
  }
  return best;
}

function sizeOf(input: Input): number {
  return input.data.length + input.args.reduce((sum, arg) => sum + arg.length + 1, 0);
}

async function shorten(text: string, attempt: (text: string) => Promise<boolean>): Promise<void> {
  let now = text;
  for (let step = Math.ceil(now.length / 2); step >= 1; step = step === 1 ? 0 : step >> 1) {
    for (let at = 0; at < now.length;) {
      const shorter = now.slice(0, at) + now.slice(at + step);
      if (await attempt(shorter)) now = shorter;
      else at += step;
    }
  }
}

/** A short name for an input (FNV-1a over its JSON). */
export function nameOf(input: Input): string {
  const text = JSON.stringify([input.args, input.data]);
  let high = 0x811c9dc5;
  let low = 0xc9dc5118;
  for (let i = 0; i < text.length; i++) {
    high = Math.imul(high ^ text.charCodeAt(i), 0x01000193);
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193) + (high >>> 16);
  }
  return ((high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0"))
    .slice(0, 12);
}
