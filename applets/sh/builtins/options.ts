/**
 * Options of builtins, as ash reads them: letters in clusters, `--` ends them, anything unknown is
 * `illegal option -X`.
 *
 * @module
 */

import { ShellError } from "../errors.ts";

/** Parsed options: letter to argument (`""` for flags), and where the operands begin. */
export interface BuiltinOptions {
  readonly given: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/**
 * Reads options from `argv`.
 *
 * @param allowed Letters; one followed by `:` takes an argument.
 * @throws {ShellError}
 */
export function readOptions(argv: readonly string[], allowed: string): BuiltinOptions {
  const given = new Map<string, string>();
  let i = 1;
  for (; i < argv.length; i++) {
    const word = argv[i];
    if (word.length < 2 || word[0] !== "-") break;
    if (word === "--") {
      i++;
      break;
    }
    for (let k = 1; k < word.length; k++) {
      const letter = word[k];
      const at = letter === ":" ? -1 : allowed.indexOf(letter);
      if (at < 0) throw new ShellError(`illegal option -${letter}`);
      if (allowed[at + 1] !== ":") {
        given.set(letter, "");
        continue;
      }
      let arg = word.slice(k + 1);
      if (arg === "") {
        if (++i >= argv.length) throw new ShellError(`no arg for -${letter} option`);
        arg = argv[i];
      }
      given.set(letter, arg);
      break;
    }
  }
  return { given, operands: argv.slice(i) };
}

/** A non-negative decimal number. @throws {ShellError} `Illegal number: X` */
export function wholeNumber(text: string): number {
  if (!/^[0-9]+$/.test(text) || Number(text) > 2147483647) {
    throw new ShellError(`Illegal number: ${text}`);
  }
  return Number(text);
}
