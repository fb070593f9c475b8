/**
 * Stand-in for JSR's `@std/cli`: npm's `deno-std` with types.
 *
 * @module
 */

export * from "./parse_args.ts";
