/**
 * The current record and its fields.
 *
 * A record is a part of the text of a chunk; its fields are pairs of offsets, found only as far as
 * somebody asks. Strings are made late. Assigning a field or NF turns the fields into values.
 * Source of behaviour: POSIX awk, "Regular Expressions" and "Variables and Special Variables";
 * BusyBox 1.35.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Regex } from "../_lib/regex/regex.ts";
import { PATTERNS } from "./parts.ts";
import type { AwkArray, Cell } from "./array.ts";
import { AwkError } from "./errors.ts";
import { parseAwkNumber } from "./number.ts";
import { InputText, looksNumeric, type Value } from "./value.ts";

/** How fields are separated. */
export type Splitter =
  /** Runs of blanks, none at the ends. */
  | { readonly kind: "blanks" }
  /** One char, literally. In paragraph mode a newline separates too. */
  | { readonly kind: "char"; readonly code: number; readonly other: number }
  /** Every char is a field. */
  | { readonly kind: "chars" }
  | { readonly kind: "regex"; readonly regex: Regex };

/** Splits on blanks. */
export const BLANKS: Splitter = { kind: "blanks" };

/** Highest field that can be asked for; native has no memory for more. */
export const HIGHEST_FIELD = 50_000_000;

/** Most fields that a record can be made to have; more is "out of memory". */
export const MOST_FIELDS = 5_000_000;

/** The fields of a record of so many bytes are found in steps. */
const LONG_RECORD = 1 << 16;

/** Fields that are found before others get their turn. */
export const FIELDS_A_TURN = 8192;

/** How far a text was cut into fields. */
export interface Cut {
  /** Where the search goes on; behind the end once all fields are found. */
  at: number;
  /** Where the field begins that it is about. */
  start: number;
  /** Number of fields. */
  count: number;
}

/**
 * Cuts a text into fields; offsets go to `starts` and `ends`. True when that is done; otherwise there
 * were `most` of them, and the same call goes on.
 */
export function splitText(
  text: ByteString,
  to: number,
  splitter: Splitter,
  starts: number[],
  ends: number[],
  cut: Cut,
  most = Infinity,
): boolean {
  let { at, start, count } = cut;
  if (at >= to) return true;
  let left = most;
  switch (splitter.kind) {
    case "blanks":
      while (left-- > 0) {
        while (at < to && isBlank(text.charCodeAt(at))) at++;
        if (at >= to) break;
        starts[count] = at;
        while (at < to && !isBlank(text.charCodeAt(at))) at++;
        ends[count++] = at;
      }
      break;
    case "char": {
      const { code, other } = splitter;
      while (at < to) {
        const char = text.charCodeAt(at++);
        if (char !== code && char !== other) continue;
        starts[count] = start;
        ends[count++] = at - 1;
        start = at;
        if (--left === 0) break;
      }
      break;
    }
    case "chars":
      for (; at < to && left > 0; left--) {
        starts[count] = at;
        ends[count++] = ++at;
      }
      break;
    case "regex": {
      const { regex } = splitter;
      const flags = { end: to };
      for (; at < to && left > 0; left--) {
        let match: Int32Array | null;
        try {
          match = regex.exec(text, at, flags);
        } catch (error) {
          if (error !== PATTERNS.loaded!.PAUSED) throw error;
          // It has stopped half-way, and goes on when it is asked for once more.
          break;
        }
        if (match === null) {
          at = to;
        } else if (match[1] === at) {
          // An empty separator counts only where something stands before it (BusyBox).
          at++;
        } else {
          starts[count] = start;
          ends[count++] = match[0];
          start = at = match[1];
        }
      }
    }
  }
  const done = at >= to;
  if (done && (splitter.kind === "char" || splitter.kind === "regex")) {
    starts[count] = start;
    ends[count++] = to;
  }
  cut.at = at;
  cut.start = start;
  cut.count = count;
  return done;
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** The current record. */
export class Record {
  /** What a turn of a loop counts as, in which this record may be looked at. */
  weight = 1;
  #text: ByteString = "";
  #start = 0;
  #end = 0;
  /** `$0` as a value; undefined when it is the text between the offsets and nobody asked. */
  #whole: Value = "";
  #hasWhole = true;
  /** Offsets of the fields found so far. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #found = 0;
  /** Where the search for more fields goes on; -1 when all are found. */
  #next = -1;
  /** Fields as values, once one was assigned; null for one that is still what the text has. */
  #values: (Value | null)[] | undefined;
  /** `$0` has to be put together from the fields, with this between them. */
  #joinWith: ByteString | undefined;
  /** NF as it was assigned; undefined when it is the number of fields. */
  #nf: Value = undefined;
  #splitter: Splitter = BLANKS;
  /** The highest field that was ever there or asked for. */
  #touched = 0;
  /** Fields up to this one were emptied since: they are empty strings, not unassigned (BusyBox). */
  #cleared = 0;

  /**
   * @param show Text of a value inside `$0`.
   * @param print Text of a value that is printed.
   */
  constructor(
    private readonly show: (value: Value) => ByteString,
    private readonly print: (value: Value) => ByteString,
  ) {}

  /** Makes a part of a text the record. */
  take(text: ByteString, start: number, end: number): void {
    if (this.keepsFields || (this.#next >= 0 && this.#found > 0 && this.#touched < this.highest)) {
      this.#leave();
    }
    this.#text = text;
    this.#start = start;
    this.#end = end;
    this.#hasWhole = false;
    this.weight = 1 + ((end - start) >> 12);
    this.#restart();
  }

  /** Assigns `$0`. */
  assign(value: Value): void {
    if (this.keepsFields || (this.#next >= 0 && this.#found > 0 && this.#touched < this.highest)) {
      this.#leave();
    }
    const text = this.show(value);
    this.#text = text;
    this.#start = 0;
    this.#end = text.length;
    this.#whole = value;
    this.#hasWhole = true;
    this.#restart();
  }

  /** Whether the fields of this record were asked for. */
  isSplit(): boolean {
    return this.#values !== undefined || this.#found > 0 || this.#next !== this.#start;
  }

  /** Keeps the fields of a record that is replaced, for `goBack`; or finds how many count. */
  #leave(): void {
    if (!this.keepsFields) this.#find(this.highest);
    else if (this.isSplit()) this.#left = this.#toValues().map((_, i) => this.#valueAt(i));
  }

  #restart(): void {
    this.changes++;
    const used = this.#values === undefined ? this.#found : this.#values.length;
    if (used > this.#touched) this.#touched = used;
    this.#cleared = this.#touched;
    this.#found = 0;
    this.#next = this.#start;
    this.#values = undefined;
    this.#joinWith = undefined;
    this.#nf = undefined;
  }

  /** Another FS, which counts from the next record on: the fields of this one are found now. */
  setSplitter(splitter: Splitter): void {
    if (this.#next >= 0 && this.#values === undefined) this.#findAll();
    this.#splitter = splitter;
  }

  // -------------------------------------------------------------------------------------------
  // Fields as offsets

  #findAll(): void {
    if (this.#splitter.kind === "blanks") {
      this.#find(Infinity);
      return;
    }
    const cut: Cut = { at: this.#start, start: this.#start, count: 0 };
    splitText(this.#text, this.#end, this.#splitter, this.#starts, this.#ends, cut);
    this.#found = cut.count;
    this.#next = -1;
  }

  /** Whether fields are better found before the rules run, where that can be done in steps. */
  get splitsAhead(): boolean {
    if (this.#end - this.#start < LONG_RECORD || this.keepsFields) return false;
    const { kind } = this.#splitter;
    const all = kind === "regex" || kind === "chars" ? this.highest > 0 : this.highest === Infinity;
    return this.ahead ?? all;
  }

  /** Finds the fields of a new record; gives up control now and then. */
  *inSteps(): Generator<void, void> {
    const { kind } = this.#splitter;
    if (kind === "blanks" || kind === "char") {
      while (this.#next >= 0) {
        this.#find(this.#found + FIELDS_A_TURN);
        yield;
      }
      return;
    }
    const cut: Cut = { at: this.#start, start: this.#start, count: 0 };
    const starts = this.#starts;
    const ends = this.#ends;
    while (!splitText(this.#text, this.#end, this.#splitter, starts, ends, cut, FIELDS_A_TURN)) {
      yield;
    }
    this.#found = cut.count;
    this.#next = -1;
  }

  /** Finds fields until there are `count`, or to the end. */
  #find(count: number): void {
    let at = this.#next;
    if (at < 0) return;
    const { kind } = this.#splitter;
    if (kind !== "blanks" && kind !== "char") {
      this.#findAll();
      return;
    }
    const text = this.#text;
    const to = this.#end;
    const starts = this.#starts;
    const ends = this.#ends;
    let found = this.#found;
    if (this.#splitter.kind === "char") {
      const { code, other } = this.#splitter;
      // A record that is empty has no field; one that ends in a separator has an empty last one.
      if (at === to && found === 0) at = -1;
      while (at >= 0 && found < count) {
        starts[found] = at;
        let char = 0;
        while (at < to && (char = text.charCodeAt(at)) !== code && char !== other) at++;
        ends[found++] = at;
        at = at < to ? at + 1 : -1;
      }
    } else {
      while (found < count) {
        let code = 0;
        while (at < to && ((code = text.charCodeAt(at)) === 32 || (code >= 9 && code <= 13))) at++;
        if (at >= to) {
          at = -1;
          break;
        }
        starts[found] = at;
        while (at < to && (code = text.charCodeAt(at)) !== 32 && (code < 9 || code > 13)) at++;
        ends[found++] = at;
      }
    }
    this.#found = found;
    this.#next = at;
  }

  /** Whether field `index` (from 1) lies in the text; then `fieldStart` and `fieldEnd` hold. */
  #inText(index: number): boolean {
    if (index > this.#found) this.#find(index);
    return index <= this.#found;
  }

  // -------------------------------------------------------------------------------------------
  // Reading

  /** A field behind the last one. */
  #missing(index: number): Value {
    if (index <= this.#cleared) return "";
    if (index > this.#touched) this.#touched = index;
    return undefined;
  }

  /** A field, or `$0` for 0. */
  get(index: number): Value {
    if (index === 0) return this.whole();
    if (this.#values !== undefined) {
      return index <= this.#values.length ? this.#valueAt(index - 1) : this.#missing(index);
    }
    if (!this.#inText(index)) return this.#missing(index);
    return new InputText(this.#text.slice(this.#starts[index - 1], this.#ends[index - 1]));
  }

  /** A field's number. */
  number(index: number): number {
    if (this.#values === undefined && index > 0) {
      if (!this.#inText(index)) {
        this.#missing(index);
        return 0;
      }
      return parseAwkNumber(this.#text, this.#starts[index - 1], this.#ends[index - 1]);
    }
    if (index === 0 && !this.#hasWhole && this.#joinWith === undefined) {
      return parseAwkNumber(this.#text, this.#start, this.#end);
    }
    const value = this.get(index);
    if (typeof value === "number") return value;
    if (typeof value === "string") return parseAwkNumber(value, 0, value.length);
    return value === undefined ? 0 : value.number;
  }

  /** A field's text. */
  string(index: number): ByteString {
    if (this.#values === undefined && index > 0) {
      if (!this.#inText(index)) {
        this.#missing(index);
        return "";
      }
      return this.#text.slice(this.#starts[index - 1], this.#ends[index - 1]);
    }
    if (index === 0 && !this.#hasWhole && this.#joinWith === undefined) {
      return this.#text.slice(this.#start, this.#end);
    }
    return this.show(this.get(index));
  }

  /** Gives a field's text to `write` without making a string, where it lies in the chunk. */
  emit(
    index: number,
    write: {
      range(text: ByteString, start: number, end: number): void;
      text(text: ByteString): void;
    },
  ): void {
    if (index === 0) {
      if (!this.#hasWhole && this.#joinWith === undefined) {
        write.range(this.#text, this.#start, this.#end);
        return;
      }
    } else if (this.#values === undefined) {
      if (this.#inText(index)) {
        write.range(this.#text, this.#starts[index - 1], this.#ends[index - 1]);
      } else this.#missing(index);
      return;
    }
    write.text(this.print(this.get(index)));
  }

  /** The element of an array whose key is a field, found where the field lies in its chunk. */
  elementOf(array: AwkArray, index: number): Cell {
    if (index > 0 && this.#values === undefined && this.#inText(index)) {
      return array.atRange(this.#text, this.#starts[index - 1], this.#ends[index - 1]);
    }
    return array.at(this.string(index));
  }

  /** A field's length in bytes. */
  length(index: number): number {
    if (index === 0) {
      if (!this.#hasWhole && this.#joinWith === undefined) return this.#end - this.#start;
    } else if (this.#values === undefined) {
      return this.#inText(index) ? this.#ends[index - 1] - this.#starts[index - 1] : 0;
    }
    return this.show(this.get(index)).length;
  }

  /**
   * Compares a field with a number, when it looks like one: negative, 0, positive or NaN; undefined
   * when the comparison is one of strings.
   */
  compareNumber(index: number, number: number): number | undefined {
    if (this.#values !== undefined || index === 0) {
      const value = this.get(index);
      if (value === undefined) return 0 - number;
      if (typeof value === "number") return value - number;
      if (typeof value === "string" || !value.numeric) return undefined;
      return value.number - number;
    }
    if (!this.#inText(index)) return this.#missing(index) === undefined ? 0 - number : undefined;
    const start = this.#starts[index - 1];
    const end = this.#ends[index - 1];
    if (!looksNumeric(this.#text, start, end)) return undefined;
    return parseAwkNumber(this.#text, start, end) - number;
  }

  /** Whether a regular expression matches `$0`. */
  matches(regex: Regex): boolean {
    if (!this.#hasWhole && this.#joinWith === undefined) {
      if (regex.literal !== undefined && regex.literal !== "") return this.#holds(regex.literal);
      this.#flags.end = this.#end;
      return regex.test(this.#text, this.#start, this.#flags);
    }
    return regex.test(this.show(this.whole()));
  }

  /** Where plain text was found last: the records before it need not be searched at all. */
  #holds(literal: ByteString): boolean {
    if (this.#hitText !== this.#text || this.#hitLiteral !== literal || this.#hit < this.#start) {
      const at = this.#text.indexOf(literal, this.#start);
      this.#hit = at < 0 ? Infinity : at;
      this.#hitText = this.#text;
      this.#hitLiteral = literal;
    }
    return this.#hit + literal.length <= this.#end;
  }

  #hit = Infinity;
  #hitText: ByteString | undefined;
  #hitLiteral = "";
  readonly #flags = { end: 0 };
  /** How often the record was replaced. */
  changes = 0;
  /** The program replaces the record while it works out what to assign to a field. */
  keepsFields = false;
  /**
   * The highest field that the program names; infinite where it works that out. How many fields up to
   * this one the longest record had decides whether a field behind the last one is empty or unassigned.
   */
  highest = 0;
  /** Whether the program wants the fields of a record found at once, or must not have that. */
  ahead: boolean | undefined;
  /** Fields of a former record. */
  #left: Value[] | undefined;

  /** `$0`. */
  whole(): Value {
    if (this.#joinWith !== undefined) this.#join();
    if (!this.#hasWhole) {
      this.#whole = new InputText(this.#text.slice(this.#start, this.#end));
      this.#hasWhole = true;
    }
    return this.#whole;
  }

  /** A field as a value, which is made when it is asked for. */
  #valueAt(i: number): Value {
    const value = this.#values![i];
    if (value !== null) return value;
    return this.#values![i] = new InputText(this.#text.slice(this.#starts[i], this.#ends[i]));
  }

  #join(): void {
    const values = this.#values!;
    const text = this.#text;
    const starts = this.#starts;
    const ends = this.#ends;
    const separator = this.#joinWith!;
    const code = separator.length === 1 ? separator.charCodeAt(0) : -1;
    const merges = this.#splitter.kind === "char" ? this.#splitter.code === code : code === 32;
    const parts = new Array<ByteString>(values.length);
    let count = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value !== null) {
        parts[count++] = this.show(value);
        continue;
      }
      // What stands in the text with this very separator between is taken as it is.
      const start = starts[i];
      while (
        merges && i + 1 < values.length && values[i + 1] === null &&
        starts[i + 1] === ends[i] + 1 &&
        text.charCodeAt(ends[i]) === code
      ) i++;
      parts[count++] = text.slice(start, ends[i]);
    }
    if (count < parts.length) parts.length = count;
    // What was put together is a plain string, never a number that came from outside.
    this.#whole = parts.join(separator);
    this.#hasWhole = true;
    this.#joinWith = undefined;
  }

  /** NF. */
  fieldCount(): Value {
    if (this.#nf !== undefined) return this.#nf;
    if (this.#values !== undefined) return this.#values.length;
    if (this.#next >= 0) this.#find(Infinity);
    return this.#found;
  }

  // -------------------------------------------------------------------------------------------
  // Writing

  /** The fields as values. */
  #toValues(): (Value | null)[] {
    if (this.#values !== undefined) return this.#values;
    if (this.#next >= 0) this.#find(Infinity);
    const values = new Array<Value | null>(this.#found);
    for (let i = 0; i < values.length; i++) values[i] = null;
    return this.#values = values;
  }

  /** Assigns a field; `separator` is OFS, with which `$0` will be put together. */
  set(index: number, value: Value, separator: ByteString): void {
    if (index === 0) {
      this.assign(value);
      return;
    }
    if (index > MOST_FIELDS) throw new AwkError("out of memory");
    const values = this.#toValues();
    // An emptied NF counts no fields; those before the assigned one are still there.
    if (this.#nf === "" && values.length > index) values.length = index;
    while (values.length < index) values.push(this.#missing(values.length + 1));
    values[index - 1] = value;
    if (this.#nf !== undefined) this.#nf = undefined;
    this.#clearBehind(values.length);
    this.#joinWith = separator;
  }

  /** An assignment empties all fields behind the last that were ever there or asked for (BusyBox). */
  #clearBehind(count: number): void {
    if (count > this.#touched) this.#touched = count;
    this.#cleared = this.#touched;
  }

  /**
   * Brings back the fields of the former record, unless somebody asked for those of the new one. For
   * what is assigned to a field that was looked up before the record was replaced: native still has
   * the old fields then, and puts `$0` together from them.
   */
  goBack(): void {
    if (this.#left === undefined || this.isSplit()) return;
    this.#values = this.#left;
    this.#left = undefined;
  }

  /**
   * Empties a field behind the back of `$0`, which stays as it is until it is put together again; or
   * `$0` behind the back of fields that were asked for.
   */
  empty(index: number): void {
    if (index === 0) {
      if (!this.isSplit()) {
        this.assign("");
        return;
      }
      this.#toValues();
      this.#whole = "";
      this.#hasWhole = true;
      this.#joinWith = undefined;
      return;
    }
    const values = this.#toValues();
    if (index > values.length) return;
    // What is asked for as a whole from now on is the text from before.
    this.whole();
    values[index - 1] = "";
  }

  /** Empties NF behind the back of the fields and `$0`, which stay as they are. */
  emptyFieldCount(): void {
    this.fieldCount();
    this.#nf = "";
  }

  /** Assigns NF: fields are dropped or added, and `$0` put together. */
  setFieldCount(count: number, value: Value, separator: ByteString): void {
    const values = this.#toValues();
    while (values.length < count) values.push(this.#missing(values.length + 1));
    this.#clearBehind(values.length);
    values.length = count;
    this.#nf = value;
    this.#joinWith = separator;
  }
}
