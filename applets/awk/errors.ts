/**
 * Failures of an awk program, with native's wording.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** Ends the program with `awk: MESSAGE` and status 1. */
export class AwkError extends Error {
  /** @param message What stands after `awk: `. */
  constructor(override readonly message: ByteString) {
    super(message);
    this.name = "AwkError";
  }
}

/** Messages native prints after `SOURCE:LINE: `. */
export const MSG = {
  token: "Unexpected token",
  string: "Unexpected end of string",
  divide: "Division by zero",
  fewArgs: "Too few arguments",
  manyArgs: "Too many arguments",
  notArray: "Not an array",
  syntax: "Possible syntax error",
  undefinedFunction: "Call to undefined function",
  duplicateFunction: "Duplicate function",
  negativeField: "Access to negative field",
  negativeNf: "NF set to negative value",
  emptySequence: "Empty sequence",
  breakOutside: "'break' not in a loop",
  continueOutside: "'continue' not in a loop",
  format: "Invalid format specifier",
  starFormat: "%*x formats are not supported",
  depth: "nesting too deep",
} as const;

/** Builds the error of a place in a program. */
export function errorAt(source: ByteString, line: number, message: string): AwkError {
  return new AwkError(`${source}:${line}: ${message}`);
}
