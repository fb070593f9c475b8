/**
 * The text that is edited, its marks, and what undoes changes.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** How a change is remembered: alone, undone together with the one before it, or not at all. */
export type Undo = "alone" | "chained" | "none";

/** One change, as it is undone. */
interface Change {
  readonly kind: "insert" | "delete";
  readonly at: number;
  readonly text: ByteString;
  readonly chained: boolean;
}

/** Many changes that were made at once, and are undone at once. */
interface Batch {
  readonly kind: "batch";
  readonly before: ByteString;
  readonly count: number;
  readonly first: Edit;
  readonly chained: false;
}

/** What a change did: so many chars more or less at a place. */
export interface Edit {
  readonly kind: "insert" | "delete";
  readonly at: number;
  readonly length: number;
}

/** What undoing did last, for the status line. */
export interface Undone {
  readonly number: number;
  readonly verb: "restored" | "deleted";
  readonly length: number;
  readonly at: number;
}

/** Number of the mark that `''` goes to, and of the one it then leaves. */
export const CONTEXT = 26;

/** The text and its history. */
export class Buffer {
  /** All of it. Lines end in newlines; the last one need not. */
  text: ByteString;
  /** How many changes there are to what was read or written; 0 for none. */
  modified = 0;
  /** Places of the marks a–z, and of the context. As in native they do not move with the text. */
  readonly marks: (number | undefined)[] = [];
  readonly #changes: (Change | Batch)[] = [];
  /** A change that typing still adds to. */
  #typed: Change | undefined;

  /**
   * @param text What is edited.
   * @param charge Is told how many bytes more are held.
   */
  constructor(text: ByteString, private readonly charge: (bytes: number) => void) {
    this.text = text;
    charge(text.length);
  }

  /** Where the line of a place begins. */
  lineStart(at: number): number {
    return at === 0 ? 0 : this.text.lastIndexOf("\n", at - 1) + 1;
  }

  /** Where its newline is, or the end of the text. */
  lineEnd(at: number): number {
    const end = this.text.indexOf("\n", at);
    return end < 0 ? this.text.length : end;
  }

  /** Where the next line begins; the own line of a place in the last one. */
  nextLine(at: number): number {
    const next = this.lineEnd(at) + 1;
    return next < this.text.length ? next : this.lineStart(at);
  }

  /** Where the line before begins; 0 in the first line. */
  previousLine(at: number): number {
    const start = this.lineStart(at);
    return start === 0 ? 0 : this.lineStart(start - 1);
  }

  /** The last char of a line that the cursor can be on. */
  lastOnLine(at: number): number {
    const end = this.lineEnd(at);
    return end > this.lineStart(at) ? end - 1 : end;
  }

  /** Where the last line begins. */
  lastLine(): number {
    return this.lineStart(Math.max(0, this.text.length - 1));
  }

  /** Newlines in `[from, to]`, both included. */
  countLines(from: number, to: number): number {
    let count = 0;
    for (
      let i = this.text.indexOf("\n", from);
      i >= 0 && i <= to;
      i = this.text.indexOf("\n", i + 1)
    ) {
      count++;
    }
    return count;
  }

  /** Lines in all. */
  get lines(): number {
    return this.countLines(0, this.text.length);
  }

  /** Where line `number` (from 1) begins; undefined if there are not so many. */
  findLine(number: number): number | undefined {
    let at = 0;
    for (let i = 1; i < number; i++) {
      const end = this.text.indexOf("\n", at);
      if (end < 0 || end + 1 >= this.text.length) return undefined;
      at = end + 1;
    }
    return at;
  }

  /** Puts text in. */
  insert(at: number, text: ByteString, undo: Undo): void {
    if (text === "") return;
    this.#place(at, text);
    this.#remember({ kind: "insert", at, text, chained: undo === "chained" }, undo);
  }

  /**
   * Takes `[from, to)` out and gives it. A text that would be empty keeps its last newline, if it
   * has one.
   */
  remove(from: number, to: number, undo: Undo): ByteString {
    const all = this.text.slice(from, to);
    const text = all.length === this.text.length && all.endsWith("\n") ? all.slice(0, -1) : all;
    if (text === "") return all;
    this.#take(from, from + text.length);
    this.#remember({ kind: "delete", at: from, text, chained: undo === "chained" }, undo);
    return all;
  }

  /**
   * Makes many changes at once, as one that is undone at once.
   *
   * @param text The text with all of them.
   * @param count How many changes they would be one by one.
   * @param first The first one, of which undoing tells.
   */
  replace(text: ByteString, count: number, first: Edit): void {
    this.settle();
    // The text before is kept.
    this.charge(text.length);
    this.#changes.push({ kind: "batch", before: this.text, count, first, chained: false });
    this.text = text;
    this.modified += count;
  }

  /** Puts a typed char in: what is typed in one place is undone at once. */
  type(at: number, text: ByteString): void {
    this.#place(at, text);
    const typed = this.#typed;
    if (typed?.kind === "insert" && typed.at + typed.text.length === at) {
      this.#typed = { ...typed, text: typed.text + text };
      return;
    }
    this.settle();
    this.modified++;
    this.#typed = { kind: "insert", at, text, chained: false };
  }

  /** Takes out the char before a place, as the backspace key does while typing. */
  typeBack(at: number): void {
    const text = this.text[at - 1];
    this.#take(at - 1, at);
    const typed = this.#typed;
    if (typed?.kind === "delete" && typed.at === at) {
      this.#typed = { ...typed, at: at - 1, text: text + typed.text };
      return;
    }
    this.settle();
    this.modified++;
    this.#typed = { kind: "delete", at: at - 1, text, chained: false };
  }

  /** Ends what was typed as one change. */
  settle(): void {
    if (this.#typed !== undefined) this.#changes.push(this.#typed);
    this.#typed = undefined;
  }

  /** Undoes the last change and those it is chained to. */
  undo(): Undone | undefined {
    this.settle();
    let last: Undone | undefined;
    for (;;) {
      const change = this.#changes.pop();
      if (change === undefined) return last;
      if (change.kind === "batch") {
        const { before, count, first } = change;
        this.charge(-this.text.length);
        this.text = before;
        this.modified -= count;
        const verb = first.kind === "insert" ? "deleted" : "restored";
        return { number: this.modified + 1, verb, length: first.length, at: first.at };
      }
      const { at, text, kind } = change;
      if (kind === "insert") this.#take(at, at + text.length);
      else this.#place(at, text);
      last = {
        number: this.modified--,
        verb: kind === "insert" ? "deleted" : "restored",
        length: text.length,
        at,
      };
      if (!change.chained) return last;
    }
  }

  /** Gives back what is held. */
  release(): void {
    this.charge(-this.text.length);
  }

  #remember(change: Change, undo: Undo): void {
    this.modified++;
    if (undo === "none") return;
    this.settle();
    this.#changes.push(change);
  }

  #place(at: number, text: ByteString): void {
    this.charge(text.length);
    this.text = this.text.slice(0, at) + text + this.text.slice(at);
  }

  #take(from: number, to: number): void {
    this.charge(from - to);
    this.text = this.text.slice(0, from) + this.text.slice(to);
  }
}
