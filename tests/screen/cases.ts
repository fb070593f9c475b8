/**
 * Cases of what programs do with keys: one on each line of `NAME.cases`, keys first, then, after a
 * tab, what differs from the usual as JSON. `<Esc>`, `<CR>`, `<C-f>` and the like name keys.
 *
 * @module
 */
import { KEYS } from "./keys.ts";

/** What a case needs besides its keys. */
export interface CaseOptions {
  /** Text of the file `f`, a char for each byte. */
  readonly text?: string;
  /** The file `f` has so many numbered lines. */
  readonly lines?: number;
  /** The file `f` has one line of so many chars. */
  readonly long?: number;
  /** Arguments, in the shell's syntax; `f` by default. */
  readonly args?: string;
  /** The screen is not compared: it shows bytes that are no text, in which terminals differ. */
  readonly blind?: boolean;
  /** The whole command, in the shell's syntax, instead of the program with its arguments. */
  readonly command?: string;
  /** Shell commands before the program is started. */
  readonly pre?: string;
}

/** A case. */
export interface ScreenCase extends CaseOptions {
  /** Its line, which names it. */
  readonly line: string;
  /** Keys in parts; a pause follows each part, so that an escape key is not the head of a sequence. */
  readonly parts: readonly string[];
}

/** What a program made of a case. */
export interface ScreenAnswer {
  /** Rows of the screen without blanks at their ends. */
  readonly screen: readonly string[];
  readonly cursor: readonly [x: number, y: number];
  /** Exit status, or null if it still ran. */
  readonly status: number | null;
  /** The files afterwards, a char for each byte. `out` is the buffer of a program that still ran. */
  readonly files: { readonly [name: string]: string };
}

/** Size of the terminal. */
export const COLUMNS = 80;
export const ROWS = 12;

/** The file `f` unless a case says otherwise. */
const TEXT = "one two three\n  four five\n\nseven,eight (nine) ten\n\tindented\neleven twelve\n" +
  "foo bar foo baz foo\nlast line\n";

/** Bytes of a line of keys; `\u00e9` is a byte. */
function bytesOf(keys: string): string {
  return keys
    .replace(/<C-(.)>/g, (_, c: string) => String.fromCharCode(c.toUpperCase().charCodeAt(0) ^ 64))
    .replace(/<(\w+)>/g, (word, name: string) => KEYS.get(name) ?? word)
    .replace(/\\u00([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** The cases of a corpus. */
export function readCases(name: string): ScreenCase[] {
  return Deno.readTextFileSync(new URL(`${name}.cases`, import.meta.url)).split("\n")
    .filter((line) => line !== "" && !line.startsWith("# "))
    .map((line) => {
      const [keys, options] = line.split("\t");
      return {
        ...(options === undefined ? {} : JSON.parse(options) as CaseOptions),
        line,
        parts: bytesOf(keys).split(/(?<=\x1b)(?!\[)/).filter((part) => part !== ""),
      };
    });
}

/** The text of the file `f`. */
export function fileText(options: CaseOptions): string {
  if (options.text !== undefined) return options.text;
  if (options.lines !== undefined) {
    return Array.from({ length: options.lines }, (_, i) => `line ${i + 1}\n`).join("");
  }
  if (options.long !== undefined) {
    let text = "";
    for (let i = 1; text.length < options.long; i++) text += `${i} `;
    return `${text.slice(0, options.long)}\nsecond\n`;
  }
  return TEXT;
}

/** Recorded answers of native, by line. */
export type Recorded = { readonly [line: string]: ScreenAnswer };

/** Reads the recorded answers of a corpus. */
export function readRecorded(name: string): Recorded {
  return JSON.parse(Deno.readTextFileSync(new URL(`${name}.native.json`, import.meta.url)));
}
