/**
 * Printing a script's tree and parsing that again.
 *
 * @module
 */
import { parseAll, print } from "../../applets/sh/print.ts";

/** The tree without line numbers, for comparing. */
function shape(text: string): string {
  return JSON.stringify(parseAll(text), (key, value) => key === "line" ? undefined : value);
}

/** What came of printing and parsing a script again. */
export type RoundTrip =
  | { readonly kind: "same" }
  /** The script is not of the language. */
  | { readonly kind: "refused" }
  | { readonly kind: "different"; readonly printed: string };

/** Prints a script's tree and parses it again. */
export function roundTrip(script: string): RoundTrip {
  let before: string;
  try {
    before = shape(script);
  } catch {
    return { kind: "refused" };
  }
  const printed = print(parseAll(script));
  try {
    if (shape(printed) === before) return { kind: "same" };
  } catch (error) {
    return { kind: "different", printed: `${(error as Error).message}\n${printed}` };
  }
  return { kind: "different", printed };
}

/** What is wrong with printing and parsing a script again; undefined when nothing is. */
export function checkRoundTrip(script: string): string | undefined {
  const result = roundTrip(script);
  return result.kind === "different" ? result.printed : undefined;
}
