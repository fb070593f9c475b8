/**
 * The screen of vi: which part of the text it shows, and how.
 *
 * @module
 */
import type { ByteString, Terminal } from "../../sandbox/types.ts";
import type { Buffer } from "./buffer.ts";

/** Shows a text on a terminal; the last row is for messages. */
export class View {
  /** Where the first line that is shown begins. */
  top = 0;
  /** Columns that are out of sight to the left. */
  #left = 0;
  /** What the rows of the terminal show now. */
  #shown: string[] = [];
  #size = "";
  #tabStop = 8;

  constructor(
    private readonly terminal: Terminal,
    private readonly print: (text: ByteString) => void,
  ) {}

  /** Rows for text. */
  get rows(): number {
    return Math.max(1, this.terminal.rows() - 1);
  }

  get columns(): number {
    return Math.max(2, this.terminal.columns());
  }

  /** Where the last line that fits begins. */
  bottom(buffer: Buffer): number {
    let at = this.top;
    for (let i = 1; i < this.rows; i++) at = buffer.nextLine(at);
    return at;
  }

  /** Draws everything anew the next time. */
  forget(): void {
    this.#shown = [];
  }

  /** Takes the whole screen. What has no size to tell is asked where its last corner is, as native does. */
  open(hasSize: boolean): void {
    this.print(`\x1b[?1049h${hasSize ? "" : "\x1b[999;999H\x1b[6n"}`);
    this.forget();
  }

  /** Gives the screen back. */
  close(): void {
    this.print(`\x1b[${this.terminal.rows()};1H\x1b[K\x1b[?1049l`);
  }

  /** Leaves the rows as they are and goes to the last one, for other programs' output. */
  leave(): void {
    this.print(`\x1b[${this.terminal.rows()};1H\x1b[K`);
    this.forget();
  }

  /** Shows the text with the cursor at `dot`, and the last row. */
  draw(buffer: Buffer, dot: number, tabStop: number, status: string, bold: boolean): void {
    this.#tabStop = tabStop;
    this.#follow(buffer, dot);
    let text = "";
    const size = `${this.columns} ${this.rows}`;
    if (size !== this.#size || this.#shown.length === 0) {
      text += "\x1b[H\x1b[J";
      this.#shown = new Array(this.rows).fill("");
      this.#size = size;
    }
    const column = this.column(buffer, dot);
    if (column < this.#left) this.#left = column;
    if (column >= this.#left + this.columns) this.#left = column - this.columns + 1;
    let at = this.top;
    let cursorRow = 0;
    let ended = buffer.text === "";
    for (let row = 0; row < this.rows; row++) {
      const end = buffer.lineEnd(at);
      // The sign is at the left edge of the text, not of the screen.
      let line = this.#left === 0 ? "~" : "";
      if (!ended) {
        if (dot >= at) cursorRow = row;
        line = this.#line(buffer.text.slice(at, end));
        ended = end + 1 >= buffer.text.length;
        at = end + 1;
      }
      if (line !== this.#shown[row]) {
        // Clearing behind a full row would clear its last column.
        const clears = this.#shown[row] !== "" && line.length < this.columns;
        text += `\x1b[${row + 1};1H${line}${clears ? "\x1b[K" : ""}`;
      }
      this.#shown[row] = line;
    }
    const last = bold ? `\x1b[7m${status}\x1b[m` : status;
    const cursor = `\x1b[${cursorRow + 1};${column - this.#left + 1}H`;
    if (last !== this.#shown[this.rows]) text += `${cursor}\x1b[${this.rows + 1};1H\x1b[K${last}`;
    this.#shown[this.rows] = last;
    this.print(text + cursor);
  }

  /** Shows only the last row, with the cursor behind its text: a line that is typed. */
  prompt(text: string): void {
    this.print(`\x1b[${this.rows + 1};1H\x1b[K${text.slice(0, this.columns - 1)}`);
    this.#shown[this.rows] = "\0";
  }

  /** Moves the window so that it holds the cursor. */
  #follow(buffer: Buffer, dot: number): void {
    const start = buffer.lineStart(dot);
    const half = this.rows >> 1;
    this.top = buffer.lineStart(Math.min(this.top, buffer.text.length));
    if (dot < this.top) {
      if (buffer.countLines(dot, buffer.lineEnd(this.top)) > half) {
        this.#center(buffer, start, half);
      } else this.top = start;
      return;
    }
    const bottom = this.bottom(buffer);
    if (dot <= buffer.lineEnd(bottom)) return;
    if (buffer.countLines(bottom, buffer.lineEnd(dot)) > half) this.#center(buffer, start, half);
    else {for (let i = buffer.countLines(bottom, start - 1); i > 0; i--) {
        this.top = buffer.nextLine(this.top);
      }}
  }

  #center(buffer: Buffer, start: number, half: number): void {
    this.top = start;
    for (let i = 0; i < half; i++) this.top = buffer.previousLine(this.top);
  }

  /** Moves the window by lines; false when the end of the text was in the way. */
  scroll(buffer: Buffer, lines: number): boolean {
    for (let i = 0; i < lines; i++) {
      const next = buffer.nextLine(this.top);
      if (next === this.top) return false;
      this.top = next;
    }
    for (let i = 0; i > lines; i--) this.top = buffer.previousLine(this.top);
    return true;
  }

  /** Column of a place: the last one of a tab or another char that takes more than one. */
  column(buffer: Buffer, at: number): number {
    if (buffer.text === "") return 1;
    let column = 0;
    const { text } = buffer;
    for (let i = buffer.lineStart(at); i < at; i++) {
      column = this.#after(column, text.charCodeAt(i));
    }
    const own = text.charCodeAt(at);
    return own === 10 || Number.isNaN(own) ? column : this.#after(column, own) - 1;
  }

  /** The place in the line of `at` that is at a column or before it. */
  placeAtColumn(buffer: Buffer, at: number, column: number): number {
    let i = buffer.lineStart(at);
    const last = buffer.lastOnLine(at);
    for (let next = 0; i < last; i++) {
      next = this.#after(next, buffer.text.charCodeAt(i));
      if (next > column) break;
    }
    return i;
  }

  #after(column: number, code: number): number {
    if (code === 9) return column + this.#tabStop - column % this.#tabStop;
    return column + (code < 32 || code === 127 ? 2 : 1);
  }

  /** A line as it is shown. */
  #line(text: ByteString): string {
    const end = this.#left + this.columns;
    let shown = "";
    for (let i = 0; i < text.length && shown.length < end; i++) {
      const code = text.charCodeAt(i);
      if (code === 9) shown += " ".repeat(this.#after(shown.length, 9) - shown.length);
      else if (code < 32 || code === 127) shown += `^${String.fromCharCode(code ^ 64)}`;
      // This byte alone is the head of a control sequence of terminals.
      else shown += code === 0x9b ? "." : text[i];
    }
    return shown.slice(this.#left, end);
  }
}
