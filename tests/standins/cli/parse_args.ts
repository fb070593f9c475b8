/**
 * Stand-in for `@std/cli/parse-args`.
 *
 * @module
 */

import { parseArgs as std } from "npm:deno-std@1.4.0/cli/parse_args.js";

/** How `parseArgs` reads flags. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
> {
  /** Flags without a value. */
  boolean?: readonly B[];
  /** Flags with a text value. */
  string?: readonly S[];
  /** Flags that may be given several times; their value is an array. */
  collect?: readonly C[];
  /** Boolean flags that `--no-NAME` clears. */
  negatable?: readonly string[];
  /** Other names of a flag. */
  alias?: Record<string, string | readonly string[]>;
  /** Values of flags that are absent. */
  default?: Record<string, unknown>;
  /** Whether everything from the first operand on is operands. */
  stopEarly?: boolean;
  /** Whether what follows `--` is kept apart. */
  "--"?: boolean;
  /** Called for flags that are not declared; false drops them. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The flags that `parseArgs` found, typed by their declaration. */
export type Args<B extends string, S extends string, C extends string> =
  & { [K in B]: boolean }
  & { [K in Exclude<S, C>]?: string }
  & { [K in C]: string[] }
  & { _: (string | number)[]; "--"?: string[] };

/** Takes command line arguments apart. */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
>(args: readonly string[], options?: ParseOptions<B, S, C>): Args<B, S, C> {
  return std(args, options) as Args<B, S, C>;
}
