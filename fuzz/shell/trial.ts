/**
 * One random script: how it is run, and what it did.
 *
 * @module
 */
import { ScriptMaker } from "./grammar/script.ts";

/** A script and how it is run. The seed alone says all of it. */
export interface Trial {
  readonly seed: number;
  readonly script: string;
  /** Run from a file, and otherwise as the argument of `-c`. */
  readonly isFile: boolean;
  /** In a UTF-8 locale, and otherwise in C. */
  readonly isUtf8: boolean;
}

/** The trial of a seed. */
export function trialOf(seed: number): Trial {
  return {
    seed,
    script: new ScriptMaker(seed).script(),
    isFile: seed % 2 === 0,
    isUtf8: seed % 4 > 1,
  };
}

/** What a script did. */
export interface Outcome {
  /** The exit status; empty where the script did not come to its end. */
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Most seconds a script may take; what native does not do in that time is tried again alone. */
export const SECONDS = 4;

/** The working directory of a script of a batch; its own text may be `../s`. */
export function directoryOf(index: number): string {
  return `/tmp/w/${index}/u/v`;
}

/** What the environment of a script is made from. */
export const ENVIRONMENT = {
  PATH: "/bin",
  HOME: "/root",
  USER: "root",
  SHELL: "/bin/sh",
} as const;

/** The locale of a trial. */
export function localeOf(trial: Trial): string {
  return trial.isUtf8 ? "C.UTF-8" : "C";
}

/** Messages up to the first usage page, which is in our own words. */
export function withoutUsage(stderr: string): string {
  const page = stderr.search(/^(BusyBox|capbox) v/m);
  return page < 0 ? stderr : stderr.slice(0, page);
}
