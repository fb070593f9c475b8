/**
 * What the parts of the editor share.
 *
 * @module
 */
import type { ByteString, Process } from "../../sandbox/types.ts";
import type { Key, KeyReader } from "../_lib/keys.ts";
import { compile, type Regex, RegexError } from "../_lib/regex/regex.ts";
import { Buffer, CONTEXT } from "./buffer.ts";
import type { View } from "./view.ts";
import { firstNonBlank } from "./words.ts";

/** What a register holds. */
export interface Register {
  readonly text: ByteString;
  /** Whole lines. */
  readonly lines: boolean;
}

/** What `:set` sets. */
export interface Settings {
  autoindent: boolean;
  expandtab: boolean;
  flash: boolean;
  ignorecase: boolean;
  showmatch: boolean;
  tabstop: number;
}

/** Stops the command that is under way; the text was told already. */
export class Abort extends Error {}

/** Name of the register that everything deleted goes to. */
export const DEFAULT_REGISTER = "D";

/** The editor's state, and the calls that all its parts need. */
export class State {
  buffer: Buffer;
  /** Place of the cursor. */
  dot = 0;
  mode: "command" | "insert" | "replace" = "command";
  file: ByteString | undefined;
  /** The file before this one, `#` in commands. */
  alternate: ByteString | undefined;
  readOnly = false;
  readonly registers = new Map<string, Register>();
  register = DEFAULT_REGISTER;
  readonly settings: Settings = {
    autoindent: false,
    expandtab: false,
    flash: false,
    ignorecase: false,
    showmatch: false,
    tabstop: 8,
  };
  /** Last pattern that was looked for, and the way: `/` or `?`. */
  pattern: ByteString | undefined;
  direction: "/" | "?" = "/";
  /** What the last row says until the next key; empty for name and place. */
  message = "";
  bold = false;
  /** Column that `j` and `k` keep to: that of the last time the screen was drawn. */
  column = 0;
  /** No more commands are wanted. */
  over = false;
  /** The input ended before a command ended the editor. */
  inputEnded = false;
  /** Files that were named, and which of them is edited. */
  files: readonly ByteString[] = [];
  fileIndex = 0;
  #replay: Key[] = [];
  /** The last key was typed into the text: name and place are shown again with the next other one. */
  typed = false;
  #status = "";
  #total = 0;
  #totalAt = -1;
  /** Keys of the change that is under way, for `.`. */
  recording: Key[] | undefined;

  constructor(
    readonly process: Process,
    readonly keys: KeyReader,
    readonly view: View,
    readonly print: (text: ByteString) => void,
  ) {
    this.buffer = this.newBuffer("");
  }

  newBuffer(text: ByteString): Buffer {
    return new Buffer(text, (bytes) => this.process.chargeMemory(bytes));
  }

  get text(): ByteString {
    return this.buffer.text;
  }

  /** Says something on the last row. */
  say(message: string): void {
    this.message = message;
    this.bold = false;
  }

  /** Says what is wrong. */
  complain(message: string): void {
    this.message = message;
    this.bold = true;
  }

  bell(): void {
    if (!this.replaying) this.print("\x07");
  }

  /** The command cannot be done. */
  fail(): never {
    this.#replay = [];
    this.bell();
    throw new Abort();
  }

  get replaying(): boolean {
    return this.#replay.length > 0;
  }

  replay(keys: readonly Key[]): void {
    this.#replay = [...keys];
  }

  /** The next key. @throws {Abort} at the end of the input, which ends the editor */
  async key(): Promise<Key> {
    const again = this.#replay.shift();
    if (again !== undefined) return again;
    for (;;) {
      const key = await this.keys.read();
      if (key === undefined) {
        this.over = this.inputEnded = true;
        throw new Abort();
      }
      if (key === "Resize") {
        this.draw();
        continue;
      }
      // As in native an interrupt ends everything, and leads to the beginning of the text.
      if (key === "\x03") this.#interrupt();
      this.recording?.push(key);
      return key;
    }
  }

  #interrupt(): never {
    this.buffer.settle();
    this.mode = "command";
    this.recording = undefined;
    this.dot = 0;
    this.view.top = 0;
    this.view.forget();
    throw new Abort();
  }

  /** A line that is typed after `first` on the last row; empty when it was given up. */
  async prompt(first: string): Promise<ByteString> {
    let line = first;
    while (line !== "") {
      if (!this.replaying) this.view.prompt(line);
      const key = await this.key();
      if (key === "\r" || key === "\n" || key === "\x1b") break;
      if (key === "\x7f" || key === "\b") line = line.slice(0, -1);
      else if (key.length === 1) line += key;
    }
    return line;
  }

  /** Draws the screen unless more keys are there already. */
  drawIfIdle(): void {
    if (!this.replaying && !this.keys.hasMore) this.draw();
  }

  draw(): void {
    const { buffer, view } = this;
    const { message } = this;
    if (message !== "") this.#status = message;
    else if (!this.typed) this.#status = this.#place();
    const status = this.#status.slice(0, view.columns - 1);
    view.draw(buffer, this.dot, this.settings.tabstop, status, message !== "" && this.bold);
    if (this.column !== Infinity) this.column = view.column(buffer, this.dot);
    this.message = "";
  }

  /** Mode, name of the file and line. */
  #place(): string {
    const { buffer, dot } = this;
    if (this.#totalAt !== buffer.modified) {
      this.#total = buffer.lines;
      this.#totalAt = buffer.modified;
    }
    const mode = this.mode === "command" ? "-" : this.mode === "insert" ? "I" : "R";
    const line = this.#total === 0 ? 0 : buffer.countLines(0, buffer.lineEnd(dot));
    const percent = this.#total === 0 ? 100 : Math.floor(100 * line / this.#total);
    const flags = `${this.readOnly ? " [Readonly]" : ""}${
      buffer.modified !== 0 ? " [Modified]" : ""
    }`;
    return `${mode} ${this.file ?? "No file"}${flags} ${line}/${this.#total} ${percent}%`;
  }

  /** The total is counted anew: another text is edited. */
  recount(): void {
    this.#total = this.buffer.lines;
    this.#totalAt = this.buffer.modified;
  }

  /** Keeps the cursor on a char: not behind the text, nor on a newline unless the line is empty. */
  settleCursor(): void {
    const { buffer } = this;
    this.dot = Math.min(this.dot, buffer.text.length);
    if (this.mode !== "command") return;
    this.dot = Math.max(0, Math.min(this.dot, buffer.text.length - 1));
    this.dot = Math.min(this.dot, buffer.lastOnLine(this.dot));
  }

  /** Moves to the first char of a line that is no blank. */
  goToLine(start: number): void {
    this.dot = firstNonBlank(this.text, start);
  }

  /** Notes where the cursor is, for `''`. */
  noteContext(): void {
    this.buffer.marks[CONTEXT] = this.dot;
  }

  /** Fills the current register. */
  yank(text: ByteString, lines: boolean): void {
    this.registers.set(this.register, { text, lines });
  }

  /** Says what was deleted, yanked or put. */
  tellRegister(verb: string, text: ByteString, times = 1): void {
    const lines = text.split("\n").length - 1;
    this.say(
      `${verb} ${lines * times} lines (${text.length * times} chars) from [${this.register}]`,
    );
  }

  /** A compiled pattern. @throws {RegexError} */
  regex(pattern: ByteString): Regex {
    return compile(pattern, {
      syntax: "bre",
      newline: true,
      icase: this.settings.ignorecase,
      onStep: (steps) => this.process.waiter.spend(steps),
    });
  }

  /** Where the pattern is found next in a direction, going round at most once. */
  search(
    pattern: ByteString,
    direction: "/" | "?",
    from: number,
  ): { readonly at: number; readonly wrapped: boolean } | undefined {
    let regex: Regex;
    try {
      regex = this.regex(pattern);
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      this.complain(`bad search pattern '${pattern}': ${error.message}`);
      throw new Abort();
    }
    const { text } = this;
    if (direction === "/") {
      const found = regex.exec(text, Math.min(from + 1, text.length), { base: 0, nosub: true });
      if (found !== null && found[0] < text.length) return { at: found[0], wrapped: false };
      const round = regex.exec(text, 0, { nosub: true });
      return round === null || round[0] > from ? undefined : { at: round[0], wrapped: true };
    }
    // At the beginning of the text the search begins with it, as in native.
    const before = from === 0 ? 1 : from;
    const last = this.#lastMatch(regex, 0, before);
    if (last !== undefined) return { at: last, wrapped: false };
    const round = this.#lastMatch(regex, before, text.length);
    return round === undefined ? undefined : { at: round, wrapped: true };
  }

  /** The last match that begins in `[from, to)`. */
  #lastMatch(regex: Regex, from: number, to: number): number | undefined {
    const { text, buffer } = this;
    // Line by line from the end: a match begins and ends in one line.
    for (let start = buffer.lineStart(Math.max(from, to - 1));;) {
      let last: number | undefined;
      for (let at = Math.max(start, from); at < to;) {
        const end = buffer.lineEnd(at);
        const found = regex.exec(text, at, { base: start, end, nosub: true });
        if (found === null || found[0] >= to) break;
        last = found[0];
        at = found[0] + 1;
        if (found[0] >= end) break;
      }
      if (last !== undefined) return last;
      if (start <= from) return undefined;
      start = buffer.lineStart(start - 1);
    }
  }
}
