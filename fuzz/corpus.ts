/**
 * Kept inputs: `corpus/TARGET/NAME.json` holds one input and, where native was asked, its answer, so
 * that every input can be replayed on machines without native.
 *
 * @module
 */
import { type Found } from "./engine.ts";
import { type Input, nameOf } from "./input.ts";
import type { Answer } from "./target.ts";

/** A kept input. */
export interface Entry {
  readonly args: readonly string[];
  readonly data: string;
  /** What kind of fault it showed, if it did. */
  readonly note?: string;
  /** Found, and neither mended nor explained yet: a replay fails. */
  readonly open?: true;
  /** Why the difference is no fault of ours, in a line. */
  readonly explained?: string;
  /** What native answered. */
  readonly native?: Answer;
}

const folder = new URL("./corpus/", import.meta.url);

/** Stores a fault; gives its path below `fuzz/`. */
export function store(found: Found): string {
  const path = `corpus/${found.target}/${nameOf(found.input)}.json`;
  const entry: Entry = {
    ...found.input,
    note: found.kind,
    open: true,
    ...(found.native === undefined ? {} : { native: found.native }),
  };
  writeEntry(found.target, nameOf(found.input), entry);
  return path;
}

/** Writes an entry. */
export function writeEntry(target: string, name: string, entry: Entry): void {
  Deno.mkdirSync(new URL(`${target}/`, folder), { recursive: true });
  Deno.writeTextFileSync(
    new URL(`${target}/${name}.json`, folder),
    asciiJson(entry) + "\n",
  );
}

/** JSON of printable ASCII only, so that inputs of any bytes are kept as text. */
function asciiJson(entry: Entry): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(entry, null, 1).replaceAll(/[^\n -~]/g, escaped);
}

/** The targets that have kept inputs. */
export function keptTargets(): string[] {
  return [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory)
    .map((entry) => entry.name).sort();
}

/** The kept inputs of a target, by name. */
export function readEntries(target: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const path = new URL(`${target}/`, folder);
  try {
    for (const { name } of Deno.readDirSync(path)) {
      if (!name.endsWith(".json")) continue;
      entries.set(name.slice(0, -5), JSON.parse(Deno.readTextFileSync(new URL(name, path))));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return entries;
}

/** The input of an entry. */
export function inputOf({ args, data }: Entry): Input {
  return { args, data };
}
