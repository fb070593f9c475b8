/**
 * What a fuzz target is.
 *
 * @module
 */
import type { MaybePromise } from "../sandbox/types.ts";
import type { Input, Pick } from "./input.ts";

/** What kind of fault a finding is. */
export type FindingKind = "crash" | "hang" | "growth" | "difference" | "property";

/** A fault, thrown by checks. */
export class Finding extends Error {
  /** @param kind What it is. @param message What happened, for a reader. */
  constructor(readonly kind: FindingKind, message: string) {
    super(message);
  }
}

/** Exit status, standard output, messages up to the usage page; and changed files where asked. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly tree?: readonly string[];
}

/** A command line whose answer native gives too. Its input is the file `in` and standard input. */
export interface Command {
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** More files of its directory, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** A script of ours that makes what plain files cannot be: links, directories, modes. */
  readonly setup?: string;
}

/** A target whose inputs can be changed, cut down and kept. */
export interface Target {
  /** Name, as `--target` takes it. */
  readonly name: string;
  /** What is tried, in a line. */
  readonly about: string;
  /** Where it starts. */
  readonly seeds: readonly Input[];
  /** What its language is made of. */
  readonly words?: readonly string[];
  /** Makes an input by a grammar. */
  readonly generate?: (pick: Pick) => Input;
  /** False for inputs that mean nothing, or that native must not be given. */
  readonly accepts?: (input: Input) => boolean;
  /** Differential: the command line of an input. */
  readonly command?: (input: Input) => Command;
  /** Whether files that the command makes or changes are compared. */
  readonly tree?: boolean;
  /** The input comes as one file, as native's does, and never in pieces. */
  readonly whole?: boolean;
  /** Whether the time for the data may be measured for growth that is not linear. */
  readonly linear?: boolean;
  /**
   * Why a difference is no fault of ours; undefined when it is one. Each reason is stated where the
   * target is declared.
   */
  readonly known?: (input: Input, native: Answer, ours: Answer) => string | undefined;
  /** A check without native. @throws {Finding} or anything else, which is a crash */
  readonly check?: (input: Input, pick: Pick) => MaybePromise<void>;
}

/** A target that makes its own inputs from a number. */
export interface BatchTarget {
  /** Name, as `--target` takes it. */
  readonly name: string;
  /** What is tried, in a line. */
  readonly about: string;
  /** Tries the inputs of a number; gives how many. @throws for a fault */
  readonly batch: (seed: number, native: string | undefined) => MaybePromise<number>;
}
