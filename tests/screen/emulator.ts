/**
 * A terminal's screen, as far as busybox's programs use it: what tmux would show of the same bytes.
 *
 * @module
 */

/** The screen of a terminal. */
export class Emulator {
  #rows: string[][] = [];
  #x = 0;
  #y = 0;
  /** Text was written into the last column; the next char goes to a new row. */
  #full = false;
  #main: { rows: string[][]; x: number; y: number } | undefined;
  #pending = "";

  constructor(private width: number, private height: number) {
    this.#clear();
  }

  #clear(): void {
    this.#rows = Array.from({ length: this.height }, () => []);
  }

  /** Another size; what does not fit is lost. */
  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.#rows.length = Math.min(this.#rows.length, height);
    while (this.#rows.length < height) this.#rows.push([]);
    for (const row of this.#rows) row.length = Math.min(row.length, width);
    this.#x = Math.min(this.#x, width - 1);
    this.#y = Math.min(this.#y, height - 1);
  }

  /** Rows without blanks at their ends. */
  get lines(): string[] {
    return this.#rows.map((row) => Array.from(row, (cell) => cell ?? " ").join("").trimEnd());
  }

  get cursor(): [number, number] {
    return [Math.min(this.#x, this.width - 1), this.#y];
  }

  /** Writes bytes, one for each char. */
  write(bytes: string): void {
    const text = this.#pending + bytes;
    this.#pending = "";
    for (let i = 0; i < text.length;) {
      if (text[i] !== "\x1b") {
        i += this.#put(text, i);
        continue;
      }
      const sequence = /^\x1b(?:\[([?0-9;]*)([@-~])|[^[])/.exec(text.slice(i));
      if (sequence === null) {
        this.#pending = text.slice(i);
        return;
      }
      i += sequence[0].length;
      if (sequence[2] !== undefined) this.#control(sequence[1], sequence[2]);
    }
  }

  /** Shows the char at a place of the text; gives how many bytes it took. */
  #put(text: string, at: number): number {
    const char = text[at];
    const code = char.charCodeAt(0);
    if (char === "\n") this.#down();
    else if (char === "\r") this.#x = 0;
    else if (char === "\b") this.#x = Math.max(0, this.#x - 1);
    else if (char === "\t") this.#x = Math.min(this.width - 1, (this.#x >> 3) * 8 + 8);
    if (code < 32 || code === 127) {
      this.#full = false;
      return 1;
    }
    if (code < 128) {
      this.#cell(char);
      return 1;
    }
    // UTF-8; bytes that are none show nothing, as in tmux.
    const length = code >= 0xf0 ? 4 : code >= 0xe0 ? 3 : 2;
    const bytes = Uint8Array.from(text.slice(at, at + length), (each) => each.charCodeAt(0));
    try {
      const decoded = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      this.#cell(decoded);
      return length;
    } catch {
      return 1;
    }
  }

  #cell(char: string): void {
    if (this.#full) {
      this.#x = 0;
      this.#down();
      this.#full = false;
    }
    const row = this.#rows[this.#y];
    while (row.length < this.#x) row.push(" ");
    row[this.#x] = char;
    if (this.#x === this.width - 1) this.#full = true;
    else this.#x++;
  }

  #down(): void {
    if (this.#y < this.height - 1) this.#y++;
    else {
      this.#rows.shift();
      this.#rows.push([]);
    }
  }

  #control(parameters: string, final: string): void {
    const numbers = parameters.replace("?", "").split(";").map((word) => Number(word || 0));
    const first = Math.max(1, numbers[0]);
    this.#full = false;
    switch (final) {
      case "H":
        this.#y = Math.min(this.height, first) - 1;
        this.#x = Math.min(this.width, Math.max(1, numbers[1] ?? 1)) - 1;
        return;
      case "J":
        if (numbers[0] === 2) this.#clear();
        else {
          this.#rows[this.#y].length = Math.min(this.#rows[this.#y].length, this.#x);
          for (let y = this.#y + 1; y < this.height; y++) this.#rows[y] = [];
        }
        return;
      case "K":
        this.#rows[this.#y].length = Math.min(this.#rows[this.#y].length, this.#x);
        return;
      case "A":
        this.#y = Math.max(0, this.#y - first);
        return;
      case "B":
        this.#y = Math.min(this.height - 1, this.#y + first);
        return;
      case "C":
        this.#x = Math.min(this.width - 1, this.#x + first);
        return;
      case "D":
        this.#x = Math.max(0, this.#x - first);
        return;
      case "h":
        if (parameters === "?1049") {
          this.#main = { rows: this.#rows, x: this.#x, y: this.#y };
          this.#clear();
        }
        return;
      case "l":
        if (parameters === "?1049" && this.#main !== undefined) {
          this.#rows = this.#main.rows;
          this.#x = this.#main.x;
          this.#y = this.#main.y;
          this.#main = undefined;
        }
        return;
    }
  }
}
