/**
 * The state of a running awk program: variables, the current record, streams, and the rules that
 * turn values into text.
 *
 * @module
 */
import type { ByteString, MaybePromise, Process } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { formatDouble } from "../_lib/format_number.ts";
import type { Regex } from "../_lib/regex/regex.ts";
import type { Source } from "../_lib/streams.ts";
import type { Zone } from "../_lib/time.ts";
import { Cell, type MemoryMeter } from "./array.ts";
import { AwkError, errorAt, MSG } from "./errors.ts";
import type { Format } from "./format.ts";
import { unescapeText } from "./lex.ts";
import { formatShort } from "./number.ts";
import { DATES, FORMATS, PATTERNS } from "./parts.ts";
import { RandomNumbers } from "./random.ts";
import { type RecordEnd, RecordReader } from "./reader.ts";
import { BLANKS, MOST_FIELDS, Record, type Splitter } from "./record.ts";
import { NF_SLOT } from "./resolve.ts";
import type { Streams } from "./streams.ts";
import { InputText, integerText, toBool, toNumber, type Value } from "./value.ts";

/** Steps between two looks at the clock. */
const SLICE = 2048;
/** Up to this length, reading a text costs no more than a step. */
const SHORT = 256;
/** Compiled regular expressions that are kept. */
const REGEX_CACHE = 500;
/** Calls inside calls. Native's stack ends after some tens of thousands. */
export const MAX_CALLS = 20_000;

/** How input files are opened; stdin is known from outside. */
export interface Opener {
  /** Standard input. */
  readonly stdin: Source;
  /** Opens a file. @throws {VfsError} */
  open(path: ByteString): Source;
}

/** Ends a function body from inside an expression: `next` or `exit` in a function. */
export class Control extends Error {
  /** @param code A statement outcome. */
  constructor(readonly code: number) {
    super("control");
  }
}

/** What a running program works on. */
export class Runtime {
  readonly globals: Cell[] = [];
  /** Parameters of the function that runs. */
  frame: Cell[] = [];
  /** Calls inside calls. */
  depth = 0;
  /** Value of the last `return`. */
  result: Value = "";
  /** Exit status, once `exit` was given one. */
  exitCode = 0;
  readonly record: Record;
  readonly random = new RandomNumbers();
  convfmt: ByteString = "%.6g";
  ofmt: ByteString = "%.6g";
  ofs: ByteString = " ";
  ors: ByteString = "\n";
  subsep: ByteString = "\x1c";
  ignoreCase = false;
  recordEnd: RecordEnd = { kind: "char", char: "\n" };
  /** A wait that somebody who can should make: a full pipe, or the end of a time slice. */
  pending: Promise<void> | undefined;
  /** A search may stop half-way. */
  mayPause = false;
  #steps = SLICE;
  #memory = 0;
  #regexes = new Map<ByteString, Regex>();
  #formats = new Map<ByteString, Format>();
  #input: RecordReader | undefined;
  #inputSource: Source | undefined;
  #nextArgument = 1;
  #sawFile = false;
  #inputDone = false;
  #zone: Zone | undefined;
  /** The main loop has come to the end: from then on `getline` fails. */
  ended = false;
  /** Whether RT has to be kept. */
  wantsRt = false;
  readonly #names: ReadonlyMap<ByteString, number>;

  constructor(
    readonly process: Process,
    readonly streams: Streams,
    private readonly opener: Opener,
    names: ReadonlyMap<ByteString, number>,
    /** Name and line for errors that no node of the tree names. */
    readonly source: ByteString,
  ) {
    this.#names = names;
    for (let i = 0; i < names.size; i++) this.globals.push(new Cell(undefined));
    this.record = new Record((value) => this.text(value), (value) => this.shown(value));
    const initial: readonly (readonly [string, Value])[] = [
      ["FS", " "],
      ["OFS", " "],
      ["RS", "\n"],
      ["ORS", "\n"],
      ["SUBSEP", "\x1c"],
      ["CONVFMT", "%.6g"],
      ["OFMT", "%.6g"],
      ["NR", 0],
      ["FNR", 0],
      ["ARGIND", 0],
      ["ERRNO", 0],
      ["IGNORECASE", 0],
    ];
    for (const [name, value] of initial) this.named(name).value = value;
  }

  /** The cell of a global variable that exists. */
  named(name: string): Cell {
    return this.globals[this.#names.get(name)!];
  }

  // -------------------------------------------------------------------------------------------
  // Text of values

  /** A number as text, by CONVFMT. */
  numberText(value: number): ByteString {
    if (value === (value | 0)) return String(value | 0);
    return integerText(value) ?? this.#byFormat(this.convfmt, value);
  }

  #byFormat(format: ByteString, value: number): ByteString {
    if (format === "") return "";
    if (format === "%.6g") return formatShort(value);
    const simple = /^%\.([0-9]{1,3})([efg])$/.exec(format);
    if (simple !== null) {
      return formatDouble(value, simple[2], { precision: Number(simple[1]) });
    }
    // Native looks at the last char only: it tells whether an int or a double is handed over.
    if (!/[dioxXueEfFgGaA]$/.test(format)) throw errorAt(this.source, 1, MSG.format);
    const { formatValues } = FORMATS.loaded!;
    return formatValues(this.format(format), (index) => index === 0 ? value : 0, () => "");
  }

  /** A value as text. */
  text(value: Value): ByteString {
    if (typeof value === "string") return value;
    if (typeof value === "number") return this.numberText(value);
    return value === undefined ? "" : value.text;
  }

  /** A value as `print` shows it: numbers by OFMT. */
  shown(value: Value): ByteString {
    if (typeof value === "number") {
      if (value === (value | 0)) return String(value | 0);
      return integerText(value) ?? this.#byFormat(this.ofmt, value);
    }
    return this.text(value);
  }

  /** A parsed `printf` format. */
  format(text: ByteString): Format {
    let format = this.#formats.get(text);
    if (format === undefined) {
      if (this.#formats.size > REGEX_CACHE) this.#formats.clear();
      this.#formats.set(text, format = FORMATS.loaded!.parseFormat(text));
    }
    return format;
  }

  /** Compares as text, by bytes. */
  compareText(left: ByteString, right: ByteString): number {
    if (this.ignoreCase) {
      left = lowerCase(left);
      right = lowerCase(right);
    }
    if (left.length > SHORT && right.length > SHORT) this.work(left.length >> 8);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** Compares two values: as numbers when both look like ones. NaN when that is unordered. */
  compare(left: Value, right: Value): number {
    if (typeof left === "number" && typeof right === "number") return order(left, right);
    if (isNumericValue(left) && isNumericValue(right)) {
      return order(toNumber(left), toNumber(right));
    }
    return this.compareText(this.text(left), this.text(right));
  }

  // -------------------------------------------------------------------------------------------
  // Variables with a meaning

  /** Called after such a variable was assigned. */
  assigned(name: string): void {
    const { value } = this.named(name);
    switch (name) {
      case "FS":
        this.record.setSplitter(this.splitter(value));
        return;
      case "OFS":
        this.ofs = this.text(value);
        return;
      case "ORS":
        this.ors = this.text(value);
        return;
      case "RS":
        this.#setRecordEnd(this.text(value));
        return;
      case "SUBSEP":
        this.subsep = this.text(value);
        return;
      case "CONVFMT":
        this.convfmt = this.text(value);
        return;
      case "OFMT":
        this.ofmt = this.text(value);
        return;
      case "IGNORECASE":
        this.ignoreCase = toBool(value);
        this.record.setSplitter(this.splitter(this.named("FS").value));
        return;
    }
  }

  #setRecordEnd(text: ByteString): void {
    if (text === "") this.recordEnd = { kind: "paragraph" };
    else if (text.length === 1) this.recordEnd = { kind: "char", char: text };
    else this.recordEnd = { kind: "regex", regex: this.regex(text) };
    this.record.setSplitter(this.splitter(this.named("FS").value));
  }

  /** How a separator string, or FS, cuts fields. */
  splitter(value: Value): Splitter {
    return this.splitterOf(this.text(value), this.recordEnd.kind === "paragraph");
  }

  /** @param lines Whether a newline separates too. */
  splitterOf(text: ByteString, lines: boolean): Splitter {
    if (text === " ") return BLANKS;
    if (text === "") return { kind: "chars" };
    if (text.length > 1) return { kind: "regex", regex: this.regex(text) };
    const code = text.charCodeAt(0);
    const other = lines ? 10 : this.ignoreCase ? otherCase(code) : code;
    return { kind: "char", code, other };
  }

  // -------------------------------------------------------------------------------------------
  // Regular expressions

  /** A regular expression that must be one. @throws {AwkError} */
  regex(source: ByteString): Regex {
    return this.#regex(source, false);
  }

  /** One from a string: what is no extended expression is tried as a basic one (BusyBox). */
  looseRegex(source: ByteString): Regex {
    return this.#regex(source, true);
  }

  #regex(source: ByteString, loose: boolean): Regex {
    const key = (this.ignoreCase ? "i" : "c") + source;
    const known = this.#regexes.get(key);
    if (known !== undefined) return known;
    const { compilePattern } = PATTERNS.loaded!;
    const regex = compilePattern(source, loose, this.ignoreCase, (steps) => {
      this.work(steps);
      return this.mayPause && this.pending !== undefined;
    });
    if (this.#regexes.size >= REGEX_CACHE) this.#regexes.clear();
    this.#regexes.set(key, regex);
    return regex;
  }

  // -------------------------------------------------------------------------------------------
  // Time

  /** Counts work. What has to be waited for is left in `pending`. */
  work(steps: number): void {
    this.#steps -= steps;
    if (this.#steps > 0) return;
    const spent = SLICE - this.#steps;
    this.#steps = SLICE;
    const wait = this.process.tick(spent);
    if (wait !== undefined) this.pending = wait;
  }

  /** Searches, with turns where that takes long: then it is done once more, and goes on. */
  searching<T>(search: () => T): MaybePromise<T> {
    this.mayPause = true;
    try {
      return search();
    } catch (error) {
      if (error !== PATTERNS.loaded!.PAUSED) throw error;
    } finally {
      this.mayPause = false;
    }
    return this.turn()!.then(() => this.searching(search));
  }

  /** Counts the work of reading a long text through. */
  reads(text: ByteString): ByteString {
    if (text.length > SHORT) this.work(text.length >> 4);
    return text;
  }

  /** Called at the end of each turn of a loop: what to wait for, if anything. */
  turn(): Promise<void> | undefined {
    if ((this.#steps -= this.record.weight) <= 0) this.work(0);
    if (this.pending === undefined) return undefined;
    const wait = this.pending;
    this.pending = undefined;
    return wait;
  }

  /** Charges memory to the sandbox. */
  readonly meter: MemoryMeter = (bytes) => {
    this.#memory += bytes;
    this.process.chargeMemory(bytes);
  };

  /** Gives back what was charged. */
  release(): void {
    if (this.#memory !== 0) this.process.chargeMemory(-this.#memory);
    this.#memory = 0;
  }

  /** The time zone of the process. */
  get zone(): Zone {
    return this.#zone ??= DATES.loaded!.timeZone(this.process);
  }

  // -------------------------------------------------------------------------------------------
  // Main input

  /** Does what a `var=value` argument says; false when it is none. */
  assignArgument(argument: ByteString): boolean {
    const equals = argument.indexOf("=");
    if (equals < 1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(argument.slice(0, equals))) return false;
    this.assignText(argument.slice(0, equals), argument.slice(equals + 1));
    return true;
  }

  /** Assigns a variable from outside, taking escapes. */
  assignText(name: ByteString, text: ByteString): void {
    const slot = this.#names.get(name);
    const value = new InputText(unescapeText(text));
    if (slot === undefined) return; // The program never looks at it.
    if (slot === NF_SLOT) this.setFieldCount(value);
    else {
      this.globals[slot].value = value;
      this.assigned(name);
    }
  }

  /** Assigns NF. */
  setFieldCount(value: Value): void {
    const count = Math.trunc(toNumber(value));
    if (count < 0) throw errorAt(this.source, 1, MSG.negativeNf);
    if (count > MOST_FIELDS) throw new AwkError("out of memory");
    this.record.setFieldCount(count || 0, value, this.ofs);
  }

  /**
   * Goes to the next record of the main input, which `input` then holds.
   *
   * @param across Goes on to the next file. `getline` does not: it tells the end of each file once.
   */
  nextInput(across: boolean): MaybePromise<boolean> {
    for (;;) {
      if (this.#input === undefined) {
        if (!this.#openNext()) return false;
      }
      let more: MaybePromise<boolean>;
      try {
        more = this.#input!.next(this.recordEnd);
      } catch (error) {
        throw this.#readError(error);
      }
      if (more instanceof Promise) return this.#nextLater(more, across);
      if (more) {
        this.#counted();
        return true;
      }
      this.skipFile();
      if (!across) return false;
    }
  }

  async #nextLater(waiting: Promise<boolean>, across: boolean): Promise<boolean> {
    let more: boolean;
    try {
      more = await waiting;
    } catch (error) {
      throw this.#readError(error);
    }
    if (more) {
      this.#counted();
      return true;
    }
    this.skipFile();
    return across && this.nextInput(across);
  }

  #readError(error: unknown): unknown {
    return isVfsError(error) ? errorAt(this.source, 1, error.reason) : error;
  }

  #counted(): void {
    const nr = this.globals[1];
    const fnr = this.globals[2];
    nr.value = toNumber(nr.value) + 1;
    fnr.value = toNumber(fnr.value) + 1;
    if (this.wantsRt) {
      const input = this.#input!;
      this.named("RT").value = input.text.slice(input.end, input.terminatorEnd);
    }
  }

  /** The reader that found the record. */
  get input(): RecordReader {
    return this.#input!;
  }

  /** Leaves the current file (`nextfile`). */
  skipFile(): void {
    if (this.#input === undefined) return;
    if (this.#inputSource !== this.opener.stdin) this.#inputSource!.close();
    this.#input = undefined;
  }

  #openNext(): boolean {
    if (this.#inputDone) return false;
    const argv = this.named("ARGV").toArray(this.meter);
    for (;;) {
      const count = toNumber(this.named("ARGC").value);
      if (this.#nextArgument >= count) break;
      const key = String(this.#nextArgument++);
      const argument = argv.has(key) ? this.text(argv.at(key).value) : "";
      this.named("ARGIND").value = this.#nextArgument - 1;
      if (argument === "" || this.assignArgument(argument)) continue;
      this.#openFile(argument);
      return true;
    }
    this.#inputDone = true;
    if (this.#sawFile) return false;
    this.#openFile("-");
    return true;
  }

  #openFile(name: ByteString): void {
    this.#sawFile = true;
    try {
      this.#inputSource = name === "-" ? this.opener.stdin : this.opener.open(name);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      throw new AwkError(`${name}: ${error.reason}`);
    }
    this.#input = new RecordReader(this.#inputSource, this.process);
    this.named("FILENAME").value = new InputText(name);
    this.globals[2].value = 0;
  }
}

function isNumericValue(value: Value): boolean {
  if (typeof value === "number" || value === undefined) return true;
  return typeof value === "string" ? false : value.numeric;
}

/** Native subtracts, so that an infinity is not equal to itself. */
function order(left: number, right: number): number {
  return left - right;
}

/** Lower case of ASCII letters only, as in the C locale. */
export function lowerCase(text: ByteString): ByteString {
  const lower = text.toLowerCase();
  return isAsciiOnly(text) ? lower : text.replace(/[A-Z]/g, (char) => char.toLowerCase());
}

/** Upper case of ASCII letters only. */
export function upperCase(text: ByteString): ByteString {
  return isAsciiOnly(text)
    ? text.toUpperCase()
    : text.replace(/[a-z]/g, (char) => char.toUpperCase());
}

function isAsciiOnly(text: ByteString): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

function otherCase(code: number): number {
  const lower = code | 32;
  return lower >= 97 && lower <= 122 ? code ^ 32 : code;
}
