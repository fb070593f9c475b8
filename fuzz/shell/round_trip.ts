/**
 * Printing a script's tree and parsing that again.
 *
 * @module
 */
import { Parser } from "../../applets/sh/parse.ts";
import { print } from "../../applets/sh/print.ts";

/** The tree without line numbers, for comparing. */
function shape(text: string): string {
  return JSON.stringify(new Parser(text).all(), (key, value) => key === "line" ? undefined : value);
}

/** Whether all here-documents end with their delimiters. */
function isEnded(tree: string): boolean {
  let all = true;
  JSON.parse(tree, (_, value) => {
    if (value?.op !== "<<") return value;
    const last = value.word.parts.at(-1);
    if (last !== undefined && !(last.t === "quo" && /(?:^|\n)$/.test(last.s))) all = false;
    return value;
  });
  return all;
}

/** What came of printing and parsing a script again. */
export type RoundTrip =
  | { readonly kind: "same" }
  /** The script is not of the language. */
  | { readonly kind: "refused" }
  /** The end of the script cut a here-document off within a line, which can stand nowhere else. */
  | { readonly kind: "cut" }
  | { readonly kind: "different"; readonly printed: string };

/** Prints a script's tree and parses it again. */
export function roundTrip(script: string): RoundTrip {
  let before: string;
  try {
    before = shape(script);
  } catch {
    return { kind: "refused" };
  }
  if (/"delim"/.test(before) && !isEnded(before)) return { kind: "cut" };
  const printed = print(new Parser(script).all());
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
