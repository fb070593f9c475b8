/**
 * Reads the table of regular expression cases.
 *
 * @module
 */

import { compile, type RegexSyntax } from "../../applets/_lib/regex/regex.ts";
import { REGEX_MESSAGES, RegexError } from "../../applets/_lib/regex/error.ts";

/** One case of `table.txt`. */
export interface Row {
  readonly line: number;
  readonly flags: string;
  readonly pattern: string;
  readonly text: string;
  /** Offsets, `NOMATCH` or the name of an error. */
  readonly want: string;
}

const SYNTAXES: Readonly<Record<string, RegexSyntax>> = {
  B: "bre",
  E: "ere",
  G: "grep",
  X: "egrep",
};

function unescape(field: string): string {
  if (field === "NULL") return "";
  return field.replace(/\\(x[0-9a-f]{2}|.)/g, (_, code: string) => {
    if (code[0] === "x") return String.fromCharCode(parseInt(code.slice(1), 16));
    return code === "n" ? "\n" : code === "t" ? "\t" : code;
  });
}

/** All cases of the table. */
export function readTable(): Row[] {
  const rows: Row[] = [];
  const source = Deno.readTextFileSync(new URL("./table.txt", import.meta.url));
  source.split("\n").forEach((line, index) => {
    if (line === "" || line.startsWith("# ") || line === "#") return;
    const [flags, pattern, text, want] = line.split("\t");
    rows.push({
      line: index + 1,
      flags,
      pattern: unescape(pattern),
      text: unescape(text),
      want,
    });
  });
  return rows;
}

/** What our engine says to a case, in the form of the table. */
export function answer(row: Row): string {
  const { flags } = row;
  try {
    const regex = compile(row.pattern, {
      syntax: SYNTAXES[flags[0]],
      icase: flags.includes("i"),
      newline: flags.includes("n"),
    });
    const offsets = regex.exec(row.text, 0, { notbol: flags.includes("b") });
    if (offsets === null) return "NOMATCH";
    let result = "";
    for (let i = 0; i < offsets.length; i += 2) {
      result += offsets[i] < 0 ? "(?,?)" : `(${offsets[i]},${offsets[i + 1]})`;
    }
    return result;
  } catch (error) {
    if (error instanceof RegexError) {
      if (error.message !== REGEX_MESSAGES[error.code]) return error.message;
      return error.code;
    }
    throw error;
  }
}
