/**
 * What a sed script is once it is parsed: a flat list of commands.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Regex } from "../_lib/regex/regex.ts";

/** A script cannot be parsed, or cannot go on. The message has no program name. */
export class SedError extends Error {}

/** An address: a line by number, the last line, or lines that match. */
export type Address =
  | { readonly kind: "line"; readonly line: number }
  | { readonly kind: "last" }
  | { readonly kind: "regex"; readonly regex: Regex }
  /** So many lines after the first address; only as second address. */
  | { readonly kind: "count"; readonly count: number };

/** Where `w` writes; there is one for each path. */
export interface OutputName {
  readonly path: ByteString;
}

/** A part of a replacement: text, or the number of a group. */
export type Piece = ByteString | number;

/** The `s` command. */
export interface Substitution {
  /** Without it: the one that a first address or another `s` used last. */
  readonly regex: Regex | undefined;
  readonly pieces: readonly Piece[];
  /** Whether some piece is a group other than the whole match. */
  readonly usesGroups: boolean;
  /** Which match to replace; 0 is all. */
  readonly which: number;
  readonly print: boolean;
  readonly output: OutputName | undefined;
}

/** One command. */
export interface Command {
  /** Its letter. */
  readonly name: string;
  readonly first: Address | undefined;
  readonly second: Address | undefined;
  readonly negated: boolean;
  /** Text of `a`, `i`, `c`; path of `r`; label of `b`, `t`, `T`, `:`. */
  readonly text: ByteString;
  readonly output: OutputName | undefined;
  readonly substitution: Substitution | undefined;
  /** `y`: byte → byte. */
  readonly map: Uint8Array | undefined;
  /** Index of the command behind the matching `}`, for `{`; −1 if there is none. */
  jump: number;
}

/** A parsed script. */
export interface Script {
  readonly commands: readonly Command[];
  /** The script has a comment that begins with `n`. */
  readonly quiet: boolean;
  /** The last regex that is an address: what an `s` without regex means before another is used. */
  readonly lastAddress: Regex | undefined;
  /** Index of each label. */
  readonly labels: ReadonlyMap<ByteString, number>;
}
