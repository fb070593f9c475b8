/**
 * The screen of less, and its keys.
 *
 * @module
 */
import {
  type ByteString,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_WRONLY,
  type OpenFile,
  type Process,
  S_IFMT,
  S_IFREG,
  type Terminal,
} from "../../sandbox/types.ts";
import { toBytes, toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { Sink } from "../contract.ts";
import type { Key, KeyReader } from "../_lib/keys.ts";
import { compile, type Regex, RegexError } from "../_lib/regex/regex.ts";
import { type Row, Rows } from "./rows.ts";

/** What the command line and `-` set. */
export interface PagerOptions {
  endsAtEnd: boolean;
  endsIfShort: boolean;
  icase: boolean;
  status: boolean;
  numbers: boolean;
  cut: boolean;
  plain: boolean;
  tildes: boolean;
}

/** The calls that the pager needs of its applet. */
export interface PagerContext {
  readonly process: Process;
  readonly stdout: Sink;
  warn(message: ByteString): void;
}

/** Bytes of a file that are held for moving about in it. */
const LARGEST = 256 << 20;
const CHUNK = 65536;
/** Columns of a line number with its blank. */
const NUMBER_WIDTH = 8;
const OPEN = "{([";
const CLOSE = "})]";

/** The user has had enough. */
class Quit extends Error {
  constructor(readonly status: number) {
    super();
  }
}

/** Shows files. */
export class Pager {
  #file: OpenFile | undefined;
  #fileIndex = 0;
  #files: ByteString[];
  #text = "";
  #ended = false;
  #rows = new Rows({ width: 80, cut: false, plain: false });
  #made = "";
  #top = 0;
  #pattern: Regex | undefined;
  #matches: number[] = [];
  #match = 0;
  readonly #marks = new Map<string, number>();

  constructor(
    private readonly ctx: PagerContext,
    private readonly terminal: Terminal,
    private readonly keys: KeyReader,
    files: readonly ByteString[],
    private readonly options: PagerOptions,
  ) {
    this.#files = [...files];
  }

  /** Rows for text. */
  get #page(): number {
    return Math.max(2, this.terminal.rows()) - 1;
  }

  /** Serves keys until the end; gives the exit status. `begin` is called once there is a file. */
  async run(begin: () => void): Promise<number> {
    try {
      if (!this.#open(this.#files[0])) return 1;
      begin();
      await this.#readRows(this.#page + 1);
      if (this.options.endsIfShort && this.#ended && this.#all.length <= this.#page) {
        this.#draw();
        return 0;
      }
      await this.#show();
      for (;;) {
        const key = await this.keys.read();
        if (key === undefined) return 0;
        await this.#command(key);
      }
    } catch (error) {
      if (error instanceof Quit) return error.status;
      throw error;
    } finally {
      this.#close();
    }
  }

  get #all(): readonly Row[] {
    return this.#rows.rows;
  }

  get #name(): ByteString {
    const name = this.#files[this.#fileIndex];
    return name === "-" ? "standard input" : name;
  }

  #close(): void {
    this.#file?.release();
    this.#file = undefined;
    this.ctx.process.chargeMemory(-this.#text.length);
    this.#text = "";
  }

  /** Begins with a file; false when it cannot be opened, which is told. */
  #open(path: ByteString): boolean {
    const { process } = this.ctx;
    let file: OpenFile | undefined;
    try {
      file = path === "-" ? process.fd(0)?.retain() : process.fs.open(path, O_RDONLY);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.ctx.warn(`can't open '${path}': ${error.reason}`);
      return false;
    }
    this.#close();
    this.#file = file;
    this.#ended = file === undefined || file.directory !== undefined;
    this.#top = 0;
    this.#made = "";
    this.#matches = [];
    this.#makeRows();
    return true;
  }

  /** Makes the rows anew if the window or an option has changed. */
  #makeRows(): void {
    const { cut, numbers, plain } = this.options;
    const width = Math.max(1, this.terminal.columns() - (numbers ? NUMBER_WIDTH : 0));
    const key = `${width} ${cut}`;
    if (key === this.#made) return;
    const line = this.#made === "" ? 1 : this.#all[this.#top]?.line ?? 1;
    this.#made = key;
    this.#rows = new Rows({ width, cut, plain });
    this.#rows.add(this.#text);
    const found = this.#all.findIndex((row) => row.line === line);
    this.#top = Math.max(0, Math.min(found, this.#lastTop()));
    if (this.#pattern !== undefined) this.#findMatches();
  }

  /** Reads until there are so many rows, or all are there. */
  async #readRows(count: number): Promise<void> {
    const { process } = this.ctx;
    while (!this.#ended && this.#all.length < count) {
      let chunk: Uint8Array | undefined;
      try {
        const reading = this.#file!.readReused(CHUNK, process.waiter);
        chunk = reading instanceof Promise ? await reading : reading;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        chunk = undefined;
      }
      if (chunk === undefined || this.#text.length > LARGEST) {
        this.#ended = true;
        break;
      }
      process.chargeMemory(chunk.length);
      const text = toByteString(chunk);
      this.#text += text;
      this.#rows.add(text);
      const pause = process.tick(1 + (chunk.length >> 4));
      if (pause !== undefined) await pause;
    }
  }

  /** The last row that can be the first one: the end of the text is then two rows above the bottom. */
  #lastTop(): number {
    return Math.max(0, this.#all.length - (this.#page - 1));
  }

  async #moveTo(top: number): Promise<void> {
    await this.#readRows(top + this.#page + 1);
    this.#top = Math.max(0, Math.min(top, this.#lastTop()));
  }

  // -- the screen -------------------------------------------------------------------------------

  async #show(message?: string): Promise<void> {
    this.#makeRows();
    await this.#readRows(this.#top + this.#page + 1);
    if (this.options.status) await this.#countLines();
    this.#draw();
    if (message === undefined) this.#status();
    else this.#say(message);
    if (this.options.endsAtEnd && this.#atEnd()) throw new Quit(0);
  }

  #draw(): void {
    const page = this.#page;
    let screen = "\x1b[H";
    for (let i = 0; i < page; i++) {
      const row = this.#all[this.#top + i];
      const text = row === undefined ? this.#behindEnd() : this.#line(row, this.#top + i);
      screen += `\x1b[K${text}\r\n`;
    }
    this.ctx.stdout.print(screen);
  }

  #behindEnd(): string {
    if (!this.options.tildes) return "";
    return `${this.options.numbers ? " ".repeat(NUMBER_WIDTH) : ""}~`;
  }

  #line(row: Row, index: number): string {
    let line = "";
    if (this.options.numbers) line = `${String(row.line).padStart(NUMBER_WIDTH - 1)} `;
    const bold = this.#highlights(row, index);
    let reversed = false;
    for (let i = 0; i < row.text.length; i++) {
      const code = row.text.charCodeAt(i);
      const control = code < 32 || code === 127 || code === 0x9b;
      const wanted = control || bold[i] === true;
      if (wanted !== reversed) line += wanted ? "\x1b[7m" : "\x1b[m";
      reversed = wanted;
      line += !control
        ? row.text[i]
        : code === 127
        ? "?"
        : code === 0x9b
        ? "."
        : String.fromCharCode(code | 64);
    }
    return reversed ? `${line}\x1b[m` : line;
  }

  /** The chars of a row that match the pattern. */
  #highlights(row: Row, index: number): boolean[] {
    const bold: boolean[] = [];
    if (this.#pattern === undefined || !this.#matches.includes(index)) return bold;
    for (let at = 0; at <= row.text.length;) {
      const found = this.#pattern.exec(row.text, at, { notbol: at > 0 });
      if (found === null) break;
      for (let i = found[0]; i < found[1]; i++) bold[i] = true;
      at = found[1] > found[0] ? found[1] : found[0] + 1;
    }
    return bold;
  }

  #print(text: string): void {
    this.ctx.stdout.print(`\x1b[${this.terminal.rows()};1H\x1b[K${text}`);
  }

  #say(message: string): void {
    this.#print(`\x1b[7m${message}\x1b[m`);
  }

  #atEnd(): boolean {
    return this.#ended && this.#all.length <= this.#top + this.#page;
  }

  #status(): void {
    if (this.options.status) this.#say(this.#details());
    else if (this.#top > 0) {
      if (this.#atEnd()) this.#say("(END)");
      else this.#print(":");
    } else this.#say(this.#title());
  }

  #title(): string {
    const count = this.#files.length;
    return count > 1 ? `${this.#name} (file ${this.#fileIndex + 1} of ${count})` : this.#name;
  }

  /** Name, lines that are shown, and how far that is. */
  #details(): string {
    const shown = this.#all.slice(this.#top, this.#top + this.#page);
    const total = this.#ended ? this.#text.split("\n").length - 1 : undefined;
    const first = this.#all[this.#top]?.line ?? 1;
    let last = shown[shown.length - 1]?.line ?? 1;
    if (total !== undefined) last = Math.min(last, Math.max(total, first));
    let text = `${this.#title()} lines ${first}-${last}`;
    if (total !== undefined) {
      text += `/${total} `;
      text += this.#atEnd()
        ? "(END)"
        : `${Math.floor((100 * last + (total >> 1)) / Math.max(1, total))}%`;
    }
    const next = this.#files[this.#fileIndex + 1];
    if (this.#atEnd() && next !== undefined) text += ` - next: ${next}`;
    return text;
  }

  /** The lines of a named file are counted; what comes from stdin may never end. */
  async #countLines(): Promise<void> {
    const isFile = this.#files[this.#fileIndex] !== "-" && this.#file !== undefined &&
      (this.#file.stat().mode & S_IFMT) === S_IFREG;
    if (isFile) await this.#readRows(Infinity);
  }

  // -- keys -------------------------------------------------------------------------------------

  async #command(key: Key): Promise<void> {
    const page = this.#page;
    const half = page >> 1;
    switch (key) {
      case "q":
      case "Q":
        throw new Quit(0);
      case "j":
      case "e":
      case "\r":
      case "Down":
        return await this.#go(this.#top + 1);
      case "k":
      case "y":
      case "Up":
        return await this.#go(this.#top - 1);
      case " ":
      case "f":
      case "z":
      case "PageDown":
        return await this.#go(this.#top + page);
      case "b":
      case "w":
      case "PageUp":
        return await this.#go(this.#top - page);
      case "d":
        return await this.#go(this.#top + half);
      case "u":
        return await this.#go(this.#top - half);
      case "g":
      case "p":
      case "<":
      case "%":
      case "Home":
        return await this.#go(0);
      case "G":
      case ">":
      case "End":
        return await this.#go(Infinity);
      case "/":
      case "?":
        return await this.#search(key);
      case "n":
        return await this.#nextMatch(1);
      case "N":
        return await this.#nextMatch(-1);
      case "r":
      case "R":
      case "Resize":
        return await this.#show();
      case ":":
        return await this.#colon();
      case "E":
        return await this.#examine();
      case "=":
        await this.#countLines();
        return this.#say(this.#details());
      case "s":
        return await this.#save();
      case "m":
      case "'":
        return await this.#mark(key);
      case "-":
        return await this.#toggle();
      case "{":
      case "(":
      case "[":
        return await this.#bracket(key, 1);
      case "}":
      case ")":
      case "]":
        return await this.#bracket(key, -1);
    }
    if (/^[0-9]$/.test(key)) return await this.#counted(key);
    if (key.length === 1 || key === "Left" || key === "Right") this.#status();
  }

  async #go(top: number): Promise<void> {
    await this.#moveTo(top);
    await this.#show();
  }

  /** A number, and the key after it. */
  async #counted(first: Key): Promise<void> {
    let digits = first;
    let key: Key | undefined;
    for (;;) {
      this.#print(`:${digits}`);
      key = await this.keys.read();
      if (key === undefined) throw new Quit(0);
      if (!/^[0-9]$/.test(key)) break;
      if (digits.length < 12) digits += key;
    }
    const number = Number(digits);
    switch (key) {
      case "z":
      case "d":
      case "e":
      case " ":
      case "\r":
      case "\n":
      case "Down":
        return await this.#go(this.#top + number);
      case "b":
      case "w":
      case "y":
      case "u":
      case "Up":
        return await this.#go(this.#top - number);
      case "g":
      case "G":
      case "<":
      case ">":
        await this.#readRows(number + this.#page);
        return await this.#go(number - 1);
      case "p":
      case "%":
        await this.#readRows(Infinity);
        return await this.#go(Math.floor(this.#all.length * number / 100));
      case "n":
      case "N":
        if (this.#matches.length === 0) return;
        return await this.#nextMatch(key === "n" ? number : -number);
      case "/":
      case "?":
        return await this.#search(key);
    }
  }

  /** A line that is typed in the last row. */
  async #prompt(question: string): Promise<string | undefined> {
    let text = "";
    for (;;) {
      this.#print(question + text);
      const key = await this.keys.read();
      if (key === undefined) throw new Quit(0);
      if (key === "\r" || key === "\n") return text;
      if (key === "\x1b") return undefined;
      if (key === "\x7f" || key === "\b") text = text.slice(0, -1);
      else if (key.length === 1) text += key;
    }
  }

  // -- searching --------------------------------------------------------------------------------

  async #search(direction: "/" | "?"): Promise<void> {
    const text = await this.#prompt(direction);
    if (text === undefined || text === "") {
      this.#pattern = undefined;
      this.#matches = [];
      return await this.#show();
    }
    try {
      this.#pattern = compile(text, { syntax: "bre", icase: this.options.icase });
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      return this.#say(text === "[" ? "Invalid regular expression" : error.message);
    }
    await this.#readRows(Infinity);
    this.#findMatches();
    if (this.#matches.length === 0) {
      this.#pattern = undefined;
      return this.#say("No matches found");
    }
    const behind = this.#matches.findIndex((row) => row > this.#top);
    if (direction === "/") this.#match = behind < 0 ? this.#matches.length - 1 : behind;
    else {
      this.#match = Math.max(0, (behind < 0 ? this.#matches.length : behind) - 1);
    }
    await this.#go(this.#matches[this.#match]);
  }

  #findMatches(): void {
    this.#matches = [];
    this.#all.forEach((row, i) => {
      if (this.#pattern!.test(row.text)) this.#matches.push(i);
    });
  }

  async #nextMatch(step: number): Promise<void> {
    if (this.#matches.length === 0) return this.#status();
    this.#match = Math.max(0, Math.min(this.#match + step, this.#matches.length - 1));
    await this.#go(this.#matches[this.#match]);
  }

  // -- files ------------------------------------------------------------------------------------

  async #colon(): Promise<void> {
    this.#say(" :");
    const key = await this.keys.read();
    switch (key) {
      case "q":
      case undefined:
        throw new Quit(0);
      case "n":
        return await this.#changeFile(this.#fileIndex + 1);
      case "p":
        return await this.#changeFile(this.#fileIndex - 1);
      case "x":
        return await this.#changeFile(this.#fileIndex === 0 ? -1 : 0);
      case "d":
        // As in native the file is left, and still counts.
        if (this.#files.length < 2) return;
        return await this.#changeFile(
          this.#fileIndex + 1 < this.#files.length ? this.#fileIndex + 1 : this.#fileIndex - 1,
        );
      case "f":
        await this.#countLines();
        return this.#say(this.#details());
      case "e":
        return await this.#examine();
    }
  }

  async #changeFile(index: number): Promise<void> {
    if (index < 0 || index >= this.#files.length) {
      return this.#say(index < 0 ? "No previous file" : "No next file");
    }
    this.#fileIndex = index;
    if (!this.#open(this.#files[index])) throw new Quit(1);
    await this.#show();
  }

  async #examine(): Promise<void> {
    const name = await this.#prompt("Examine: ");
    if (name === undefined || name === "") return this.#status();
    if (this.ctx.process.fs.tryStat(name) === undefined) {
      return this.#say("Cannot read this file");
    }
    this.#files = [name];
    await this.#changeFile(0);
  }

  /** Saves the text in a file that is not there yet. */
  async #save(): Promise<void> {
    const name = await this.#prompt("Log file: ");
    if (name === undefined || name === "") return this.#print("");
    const { process } = this.ctx;
    await this.#readRows(Infinity);
    try {
      const file = process.fs.open(name, O_WRONLY | O_CREAT | O_EXCL, 0o666);
      try {
        const full = file.write(toBytes(this.#text), process.waiter);
        if (full !== undefined) await full;
      } finally {
        file.release();
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#say("Error opening log file");
    }
    this.#say("Done");
  }

  // -- marks, options, brackets -----------------------------------------------------------------

  async #mark(command: "m" | "'"): Promise<void> {
    this.#print(command === "m" ? "Mark: " : "Go to mark: ");
    const name = await this.keys.read();
    if (name === undefined) throw new Quit(0);
    if (command === "m") {
      this.#marks.set(name, this.#top);
      return this.#status();
    }
    const top = this.#marks.get(name);
    if (top === undefined) return this.#status();
    await this.#go(top);
  }

  async #toggle(): Promise<void> {
    this.#print("-");
    const key = await this.keys.read();
    const { options } = this;
    switch (key) {
      case "E":
        options.endsAtEnd = !options.endsAtEnd;
        break;
      case "I":
        options.icase = !options.icase;
        break;
      case "M":
      case "m":
        options.status = !options.status;
        break;
      case "N":
        options.numbers = !options.numbers;
        break;
      case "S":
        options.cut = !options.cut;
        break;
    }
    await this.#show();
  }

  /** Goes to the bracket that belongs to one in the top row, or for `-1` in the bottom row. */
  async #bracket(own: string, step: 1 | -1): Promise<void> {
    const other = step > 0 ? CLOSE[OPEN.indexOf(own)] : OPEN[CLOSE.indexOf(own)];
    const at = step > 0 ? this.#top : this.#top + this.#page - 1;
    if (!(this.#all[at]?.text ?? "").includes(own)) {
      return this.#say(`No bracket in ${step > 0 ? "top" : "bottom"} line`);
    }
    await this.#readRows(Infinity);
    // Downwards only what is on the screen counts, as in native.
    const end = step > 0 ? Math.min(this.#all.length, this.#top + this.#page) : this.#all.length;
    for (let row = at + step; row >= 0 && row < end; row += step) {
      if (!this.#all[row].text.includes(other)) continue;
      return await this.#go(step > 0 ? row - this.#page + 1 : row);
    }
    this.#say("No matching bracket found");
  }
}
