/**
 * Numbers given as arguments, with busybox's messages when they are none.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Suffixes } from "./size.ts";

/** What a bad number is reported to. */
export interface NumberHost {
  readonly fail: (message: ByteString) => never;
}

/** Rules of a number. */
export interface NumberRules {
  /** Smallest; default 0. */
  readonly min?: number;
  /** Largest, default that of a signed 64-bit integer. Larger ones are out of its range. */
  readonly max?: number;
  /** The largest as a message shows it, where `max` is not exact. */
  readonly maxText?: string;
  /** Suffixes that multiply it. */
  readonly suffixes?: Suffixes;
  /** `0x` and a leading `0` as in C. */
  readonly anyBase?: boolean;
}

/** Suffixes of truncate: `kB` 1000, `k` 1024 and so on. */
export const SIZE_SUFFIXES: Suffixes = new Map([
  ...["kB", "KB", "kD"].map((suffix) => [suffix, 1000] as const),
  ...["k", "K"].map((suffix) => [suffix, 1024] as const),
  ["MB", 1e6],
  ["MD", 1e6],
  ["M", 1024 ** 2],
  ["GB", 1e9],
  ["GD", 1e9],
  ["G", 1024 ** 3],
]);

/** Suffixes of dd, which has `c` 1, `w` 2 and `b` 512 besides. */
export const COPY_SUFFIXES: Suffixes = new Map([["c", 1], ["w", 2], ["b", 512], ...SIZE_SUFFIXES]);

/** Suffixes of df and fallocate: `KB` 1000, `K` and `KiB` 1024 and so on. */
export const BINARY_SUFFIXES: Suffixes = new Map(
  ["k", "m", "g"].flatMap((small, index) => {
    const large = small.toUpperCase();
    const factor = 1024 ** (index + 1);
    return [
      ...[small, large, `${small}iB`, `${large}iB`].map((suffix) => [suffix, factor] as const),
      [`${large}B`, 1000 ** (index + 1)] as const,
    ];
  }),
);

/** Suffixes of hexdump: `b` 512, `k` 1024, `m` 1024 times that. */
export const BLOCK_SUFFIXES: Suffixes = new Map([["b", 512], ["k", 1024], ["m", 1024 ** 2]]);

const LARGEST = 2n ** 63n - 1n;

/**
 * A whole number of an argument.
 *
 * @returns The number; one above 2^53 is rounded.
 */
export function numberArgument(
  ctx: NumberHost,
  text: ByteString,
  rules: NumberRules = {},
): number {
  const pattern = rules.anyBase
    ? /^(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)([a-zA-Z]*)$/
    : /^(-?)([0-9]+)([a-zA-Z]*)$/;
  const match = pattern.exec(text);
  const { min = 0 } = rules;
  if (match === null || (match[1] !== "" && min >= 0)) return ctx.fail(`invalid number '${text}'`);
  const factor = match[3] === "" ? 1 : rules.suffixes?.get(match[3]);
  if (factor === undefined) return ctx.fail(`invalid number '${text}'`);
  const digits = rules.anyBase && /^0[0-7]+$/.test(match[2]) ? `0o${match[2].slice(1)}` : match[2];
  let value = BigInt(digits) * BigInt(factor);
  if (value >= 2n ** 64n) return ctx.fail(`invalid number '${text}'`);
  if (match[1] !== "") value = -value;
  const largest = rules.max === undefined ? LARGEST : BigInt(rules.max);
  if (value < BigInt(min) || value > largest) {
    return ctx.fail(`number ${text} is not in ${min}..${rules.maxText ?? largest} range`);
  }
  return Number(value);
}
