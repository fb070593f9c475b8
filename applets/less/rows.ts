/**
 * A text as rows of a screen: long lines wrapped or cut, controls to be seen.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** A row: its text, with controls as they are, and the number of its line. */
export interface Row {
  readonly text: ByteString;
  readonly line: number;
}

/** How rows are made of lines. */
export interface RowOptions {
  /** Columns for text. */
  readonly width: number;
  /** Long lines are cut instead of wrapped. */
  readonly cut: boolean;
  /** Colours are taken out. */
  readonly plain: boolean;
}

/** Columns of a tab stop. */
const TAB = 8;

/** Makes rows of a text that comes in pieces. */
export class Rows {
  /** The rows so far; the last one may still grow until the text has ended. */
  readonly rows: Row[] = [{ text: "", line: 1 }];
  #text = "";
  #line = 1;
  #column = 0;
  /** How far an escape sequence is that is being taken out. */
  #escape: "none" | "begun" | "numbers" = "none";

  constructor(private readonly options: RowOptions) {}

  /** Takes more of the text. */
  add(chunk: ByteString): void {
    const { width, cut, plain } = this.options;
    for (let i = 0; i < chunk.length; i++) {
      const char = chunk[i];
      if (this.#escape !== "none") {
        if (this.#skips(char)) continue;
      }
      if (plain && char === "\x1b") {
        this.#escape = "begun";
        continue;
      }
      if (char === "\n") {
        this.#end();
        this.#line++;
        this.rows[this.rows.length - 1] = { text: "", line: this.#line };
        continue;
      }
      if (cut && this.#column >= width) continue;
      if (char === "\b" && this.#text !== "") {
        this.#text = this.#text.slice(0, -1);
        this.#column--;
      } else if (char === "\t") {
        const blanks = Math.min(TAB - this.#column % TAB, width - this.#column);
        this.#text += " ".repeat(blanks);
        this.#column += blanks;
      } else {
        this.#text += char;
        // The bytes after the first one of a UTF-8 sequence take no column.
        if ((char.charCodeAt(0) & 0xc0) !== 0x80) this.#column++;
      }
      // A full row ends at once, so that a line that just fits has an empty one behind it.
      const next = chunk.charCodeAt(i + 1);
      if (!cut && this.#column >= width && !((next & 0xc0) === 0x80)) this.#end();
    }
    this.rows[this.rows.length - 1] = { text: this.#text, line: this.#line };
  }

  /** Whether a char belongs to the escape sequence under way: `ESC [ 31 m`, or the head of another. */
  #skips(char: string): boolean {
    if (this.#escape === "begun" && char === "[") {
      this.#escape = "numbers";
      return true;
    }
    if (this.#escape === "numbers" && /[0-9;]/.test(char)) return true;
    const colour = this.#escape === "numbers" && char === "m";
    this.#escape = "none";
    return colour;
  }

  #end(): void {
    this.rows[this.rows.length - 1] = { text: this.#text, line: this.#line };
    this.#text = "";
    this.#column = 0;
    this.rows.push({ text: "", line: this.#line });
  }
}
