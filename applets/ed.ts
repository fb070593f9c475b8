import {
  type ByteString,
  type MaybePromise,
  O_APPEND,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
} from "../sandbox/types.ts";
import { toBytes, toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { LongLines } from "./_lib/long_line.ts";
import { compile, PAUSED, type Regex, RegexError } from "./_lib/regex/regex.ts";

/** Edits text by lines. Source of behaviour: POSIX ed. */
export const applet: Applet = defineApplet({
  name: "ed",
  usage: "[-p PROMPT] [-s] [FILE]",
  about: "Edit a text by lines and commands",
  options: {
    p: { arg: "PROMPT", help: "Prompt for commands" },
    s: { help: "No counts of bytes" },
  },
  maxOperands: 1,
  run: (ctx) => new Editor(ctx).run(),
});

type EdContext = Omit<Context, "opts"> & {
  readonly opts: { readonly [name: string]: string | boolean | undefined };
};

/** A command that cannot be done; the text is what `h` tells. */
class EdError extends Error {}

/** One line; its identity stays when it moves, for marks and `g`. */
interface Line {
  text: ByteString;
}

/** Matches in one line, and lines that are read, after which others get their turn. */
const A_TURN = 1 << 11;

/** What `u` goes back to. */
interface Snapshot {
  readonly lines: Line[];
  readonly texts: ByteString[];
  readonly current: number;
}

class Editor {
  #stdin: LongLines | undefined;
  #lines: Line[] = [];
  /** Number of the current line, from 1; 0 in an empty text. */
  #current = 0;
  #file: ByteString;
  #changed = false;
  #warned = false;
  #pattern: Regex | undefined;
  #replacement: ByteString | undefined;
  #error = "";
  #explains = false;
  #prompts: boolean;
  #undo: Snapshot | undefined;
  #status = 0;
  /** What to wait for before a search goes on that has stopped half-way. */
  #waiting: Promise<void> | undefined;
  #mayPause = false;
  readonly #marks = new Map<string, Line>();
  /** Lines of a global command's text that `a`, `i`, `c` read instead of the input. */
  #queue: ByteString[] | undefined;

  constructor(private readonly ctx: EdContext) {
    this.#file = ctx.operands[0] ?? "";
    this.#prompts = ctx.opts.p !== undefined;
  }

  async run(): Promise<number> {
    const { ctx } = this;
    if (this.#file !== "") {
      try {
        await this.#read(this.#file, 0);
      } catch (error) {
        await this.#fail(error);
      }
      this.#changed = false;
    }
    for (;;) {
      if (this.#prompts) await ctx.out.print((ctx.opts.p as string | undefined) ?? "*");
      await ctx.out.flush();
      const line = await this.#input();
      if (line === undefined) {
        if (!this.#changed || this.#warned) return this.#status;
        this.#warned = true;
        await this.#fail(new EdError("warning: file modified"));
        continue;
      }
      try {
        if (await this.#command(line)) return this.#status;
      } catch (error) {
        await this.#fail(error);
      }
      const pause = ctx.tick(4);
      if (pause !== undefined) await pause;
    }
  }

  async #fail(error: unknown): Promise<void> {
    if (error instanceof EdError || error instanceof RegexError) this.#error = error.message;
    else if (isVfsError(error)) {
      this.#error = error.reason;
      this.ctx.say(`${error.path ?? this.#file}: ${error.reason}\n`);
    } else throw error;
    this.#status = 1;
    await this.ctx.out.print(this.#explains ? `?\n${this.#error}\n` : "?\n");
  }

  async #input(): Promise<ByteString | undefined> {
    if (this.#queue !== undefined) return this.#queue.shift() ?? ".";
    let line = (this.#stdin ??= new LongLines(this.ctx.stdin, this.ctx.process)).next();
    if (line instanceof Promise) line = await line;
    return line === undefined ? undefined : toByteString(line).replace(/\n$/, "");
  }

  /** Does one command; true when it ends the editor. */
  async #command(line: ByteString): Promise<boolean> {
    const parser = new Scanner(line);
    const { addresses, given } = await this.#addresses(parser);
    const name = parser.next() ?? "";
    const last = this.#lines.length;
    if (name !== "q" && name !== "e" && name !== "Q") this.#warned = false;
    /** Addresses with what is taken where none was given. */
    const range = (first: number, second: number, zero = false): readonly [number, number] => {
      const to = given > 0 ? addresses[addresses.length - 1] : second;
      const from = given > 1 ? addresses[addresses.length - 2] : given === 1 ? to : first;
      if (from > to || to > last || from < (zero ? 0 : 1)) throw new EdError("invalid address");
      return [from, to];
    };
    const here = this.#current;
    switch (name) {
      case "": {
        const [, to] = given > 0 ? range(here, here) : range(here + 1, here + 1);
        await this.#print(to, to, "p");
        return false;
      }
      case "p":
      case "l":
      case "n": {
        const [from, to] = range(here, here);
        await this.#print(from, to, name + parser.suffix());
        return false;
      }
      case "=": {
        const [, to] = range(last, last, true);
        await this.ctx.out.print(`${to}\n`);
        return false;
      }
      case "a":
      case "i":
      case "c": {
        const [from, to] = range(here, here, name !== "c");
        const suffix = parser.suffix();
        const texts: ByteString[] = [];
        for (;;) {
          const text = await this.#input();
          if (text === undefined || text === ".") break;
          texts.push(text);
        }
        await this.#save();
        if (name === "c") this.#remove(from, to);
        const at = name === "a" ? to : Math.max(0, from - 1);
        this.#insert(at, texts);
        if (name === "c" && texts.length === 0) this.#current = Math.min(from, this.#lines.length);
        return await this.#shown(suffix);
      }
      case "d": {
        const [from, to] = range(here, here);
        const suffix = parser.suffix();
        await this.#save();
        this.#remove(from, to);
        this.#current = Math.min(from, this.#lines.length);
        return await this.#shown(suffix);
      }
      case "j": {
        const [from, to] = given === 0 ? range(here, here + 1) : range(here, here);
        const suffix = parser.suffix();
        if (from === to) return false;
        await this.#save();
        const joined = this.#lines.slice(from - 1, to).map(({ text }) => text).join("");
        this.#remove(from, to);
        this.#insert(from - 1, [joined]);
        return await this.#shown(suffix);
      }
      case "k": {
        const [, to] = range(here, here);
        const mark = parser.rest();
        if (!/^[a-z]$/.test(mark)) throw new EdError("invalid mark character");
        this.#marks.set(mark, this.#lines[to - 1]);
        return false;
      }
      case "m":
      case "t": {
        const [from, to] = range(here, here);
        const target = await this.#addresses(parser);
        const at = target.given > 0 ? target.addresses[target.addresses.length - 1] : here;
        if (at > last || at < 0 || (name === "m" && at >= from && at < to)) {
          throw new EdError("invalid destination");
        }
        const suffix = parser.suffix();
        await this.#save();
        const moved = this.#lines.slice(from - 1, to);
        if (name === "t") this.#insert(at, moved.map(({ text }) => text));
        else {
          this.#lines.splice(from - 1, moved.length);
          const place = at >= to ? at - moved.length : at;
          this.#lines.splice(place, 0, ...moved);
          this.#current = place + moved.length;
          this.#changed = true;
        }
        return await this.#shown(suffix);
      }
      case "s":
        return await this.#substitute(parser, range(here, here));
      case "g":
      case "v":
        return await this.#global(parser, given === 0 ? [1, last] : range(1, last), name === "g");
      case "u": {
        const undo = this.#undo;
        if (undo === undefined) throw new EdError("nothing to undo");
        await this.#save();
        this.#lines = undo.lines;
        undo.lines.forEach((each, i) => each.text = undo.texts[i]);
        this.#current = undo.current;
        this.#changed = true;
        return await this.#shown(parser.suffix());
      }
      case "r": {
        const [, to] = range(last, last, true);
        const path = this.#fileName(parser);
        await this.#save();
        await this.#read(path, to);
        return false;
      }
      case "e":
      case "E": {
        if (name === "e" && this.#changed && !this.#warned) {
          this.#warned = true;
          throw new EdError("warning: file modified");
        }
        const path = this.#fileName(parser);
        await this.#save();
        this.#lines = [];
        this.#file = path;
        await this.#read(path, 0);
        this.#changed = false;
        return false;
      }
      case "f":
        this.#file = parser.rest().trim() || this.#file;
        await this.ctx.out.print(`${this.#file}\n`);
        return false;
      case "w":
      case "W":
        return await this.#write(parser, name, given > 0 ? range(1, last) : [1, last]);
      case "q":
      case "Q":
        if (name === "q" && this.#changed && !this.#warned) {
          this.#warned = true;
          throw new EdError("warning: file modified");
        }
        return true;
      case "h":
        if (this.#error !== "") await this.ctx.out.print(`${this.#error}\n`);
        return false;
      case "H":
        this.#explains = !this.#explains;
        if (this.#explains && this.#error !== "") await this.ctx.out.print(`${this.#error}\n`);
        return false;
      case "P":
        this.#prompts = !this.#prompts;
        return false;
      case "!": {
        const command = parser.rest();
        await this.ctx.out.flush();
        await this.ctx.process.spawn(["sh", "-c", command]).wait();
        if (!this.ctx.opts.s) await this.ctx.out.print("!\n");
        return false;
      }
      default:
        throw new EdError("unknown command");
    }
  }

  async #addresses(
    parser: Scanner,
  ): Promise<{ readonly addresses: readonly number[]; readonly given: number }> {
    const addresses: number[] = [];
    const before = this.#current;
    let given = 0;
    for (;;) {
      parser.blanks();
      const one = await this.#address(parser);
      parser.blanks();
      const mark = parser.peek();
      if (mark === "," || mark === ";" || mark === "%") {
        parser.next();
        if (mark === "%") {
          addresses.push(1, this.#lines.length);
          given = 2;
          continue;
        }
        // What is missing before a comma is the first line, before a semicolon the current one.
        const first = one ??
          (given > 0 ? addresses[addresses.length - 1] : mark === "," ? 1 : before);
        addresses.push(first);
        if (mark === ";" && one !== undefined) this.#current = first;
        given = Math.max(given + 1, 1);
        parser.blanks();
        const next = await this.#address(parser);
        addresses.push(next ?? (one === undefined ? this.#lines.length : first));
        given = 2;
        if (!",;".includes(parser.peek() ?? "x")) break;
        continue;
      }
      if (one !== undefined) {
        addresses.push(one);
        given = Math.max(given, 1);
      }
      break;
    }
    return { addresses, given };
  }

  async #address(parser: Scanner): Promise<number | undefined> {
    let value: number | undefined;
    const char = parser.peek() ?? "";
    if (char === ".") {
      parser.next();
      value = this.#current;
    } else if (char === "$") {
      parser.next();
      value = this.#lines.length;
    } else if (/[0-9]/.test(char)) value = parser.number();
    else if (char === "'") {
      parser.next();
      const line = this.#marks.get(parser.next() ?? "");
      value = line === undefined ? 0 : this.#lines.indexOf(line) + 1;
      if (value === 0) throw new EdError("invalid address");
    } else if (char === "/" || char === "?") {
      parser.next();
      value = await this.#search(parser.until(char), char === "/" ? 1 : -1);
    }
    for (;;) {
      parser.blanks();
      const sign = parser.peek();
      if (sign === "+" || sign === "-" || sign === "^") {
        parser.next();
        const count = /[0-9]/.test(parser.peek() ?? "") ? parser.number() : 1;
        value = (value ?? this.#current) + (sign === "+" ? count : -count);
      } else if (value !== undefined && /[0-9]/.test(sign ?? "")) value += parser.number();
      else break;
    }
    if (value !== undefined && (value < 0 || value > this.#lines.length)) {
      throw new EdError("invalid address");
    }
    return value;
  }

  #compile(pattern: ByteString): Regex {
    if (pattern !== "") {
      this.#pattern = compile(pattern, {
        syntax: "bre",
        onStep: (steps) => {
          if (!this.#mayPause) return this.ctx.process.waiter.spend(steps >> 3);
          return (this.#waiting ??= this.ctx.tick(steps >> 3)) !== undefined;
        },
      });
    }
    if (this.#pattern === undefined) throw new EdError("no previous pattern");
    return this.#pattern;
  }

  /** Searches, with turns where that takes long: then it is done once more, and goes on. */
  #searching<T>(search: () => T): MaybePromise<T> {
    this.#mayPause = true;
    try {
      return search();
    } catch (error) {
      if (error !== PAUSED) throw error;
    } finally {
      this.#mayPause = false;
    }
    const waiting = this.#waiting!;
    this.#waiting = undefined;
    return waiting.then(() => this.#searching(search));
  }

  async #search(pattern: ByteString, step: 1 | -1): Promise<number> {
    const regex = this.#compile(pattern);
    const count = this.#lines.length;
    for (let i = 1; i <= count; i++) {
      const at = ((this.#current - 1 + step * i) % count + count) % count;
      const { text } = this.#lines[at];
      const found = this.#searching(() => regex.test(text));
      if (found instanceof Promise ? await found : found) return at + 1;
      const pause = this.ctx.tick(1);
      if (pause !== undefined) await pause;
    }
    throw new EdError("no match");
  }

  /** The line with its matches replaced; undefined when there are none. */
  async #replaced(
    text: ByteString,
    regex: Regex,
    replacement: ByteString,
    all: boolean,
    wanted: number,
  ): Promise<ByteString | undefined> {
    let result = "";
    let at = 0;
    let count = 0;
    let done = false;
    for (let from = 0; from <= text.length;) {
      const start = from;
      const search = this.#searching(() => regex.exec(text, start, { base: 0 }));
      const match = search instanceof Promise ? await search : search;
      if (match === null) break;
      const end = match[1];
      if (++count >= wanted) {
        result += text.slice(at, match[0]) + expanded(text, match, replacement);
        at = end;
        done = true;
        if (!all) break;
      }
      // An empty match moves on by one, or it would be found for ever.
      if (end === match[0]) {
        result += done ? text.slice(at, end + 1) : "";
        if (done) at = end + 1;
        from = end + 1;
      } else from = end;
      if (count % A_TURN !== 0) continue;
      // Looking at a char makes one text of the many pieces, so that their number stays small.
      result.charCodeAt(0);
      const pause = this.ctx.tick(A_TURN);
      if (pause !== undefined) await pause;
    }
    return done ? result + text.slice(at) : undefined;
  }

  async #print(from: number, to: number, how: string): Promise<void> {
    const { ctx } = this;
    for (let i = from; i <= to; i++) {
      const { text } = this.#lines[i - 1] ?? { text: "" };
      const shown = how.includes("l") ? `${unambiguous(text)}$` : text;
      const full = ctx.out.print(`${how.includes("n") ? `${i}\t` : ""}${shown}\n`) ?? ctx.tick(1);
      if (full !== undefined) await full;
    }
    this.#current = to;
  }

  /** Prints the current line where a suffix of the command asks for it. */
  async #shown(suffix: string): Promise<boolean> {
    if (suffix !== "") await this.#print(this.#current, this.#current, suffix);
    return false;
  }

  /** Keeps what is there for `u`; of a large text gives what to wait for. */
  #save(): Promise<void> | undefined {
    if (this.#queue !== undefined) return undefined;
    this.#undo = {
      lines: [...this.#lines],
      texts: this.#lines.map(({ text }) => text),
      current: this.#current,
    };
    return this.ctx.tick(this.#lines.length >> 4);
  }

  #insert(at: number, texts: readonly ByteString[]): void {
    const added = texts.map((text) => ({ text }));
    this.#lines = [...this.#lines.slice(0, at), ...added, ...this.#lines.slice(at)];
    this.#current = at + texts.length;
    if (texts.length > 0) this.#changed = true;
  }

  #remove(from: number, to: number): void {
    this.#lines.splice(from - 1, to - from + 1);
    this.#changed = true;
  }

  #fileName(parser: Scanner): ByteString {
    const rest = parser.rest();
    if (rest !== "" && !/^\s/.test(rest)) throw new EdError("unexpected command suffix");
    const name = rest.trim();
    if (name === "" && this.#file === "") throw new EdError("no current filename");
    if (this.#file === "") this.#file = name;
    return name === "" ? this.#file : name;
  }

  async #read(path: ByteString, at: number): Promise<void> {
    const source = this.ctx.openOrThrow(path);
    const text = await source.readAll();
    source.close();
    const lines: ByteString[] = [];
    for (let from = 0; from < text.length;) {
      const newline = text.indexOf("\n", from);
      const end = newline < 0 ? text.length : newline;
      lines.push(text.slice(from, end));
      from = end + 1;
      if (lines.length % A_TURN !== 0) continue;
      const pause = this.ctx.tick(A_TURN >> 4);
      if (pause !== undefined) await pause;
    }
    this.#insert(at, lines);
    const size = text.length + (text === "" || text.endsWith("\n") ? 0 : 1);
    if (!this.ctx.opts.s) await this.ctx.out.print(`${size}\n`);
  }

  async #write(
    parser: Scanner,
    name: string,
    [from, to]: readonly [number, number],
  ): Promise<boolean> {
    const quits = parser.peek() === "q";
    if (quits) parser.next();
    const path = this.#fileName(parser);
    const flags = O_WRONLY | O_CREAT | (name === "W" ? O_APPEND : O_TRUNC);
    const file = this.ctx.fs.open(path, flags, 0o666);
    let size = 0;
    try {
      for (let i = from; i <= to; i += 1024) {
        const chunk = toBytes(
          this.#lines.slice(i - 1, Math.min(to, i + 1023)).map(({ text }) => text + "\n").join(""),
        );
        size += chunk.length;
        await file.write(chunk, this.ctx.process.waiter);
      }
    } finally {
      file.release();
    }
    if (!this.ctx.opts.s) await this.ctx.out.print(`${size}\n`);
    if (from <= 1 && to === this.#lines.length) this.#changed = false;
    return quits;
  }

  async #substitute(parser: Scanner, [from, to]: readonly [number, number]): Promise<boolean> {
    const mark = parser.next();
    if (mark === undefined || mark === " ") throw new EdError("invalid pattern delimiter");
    const regex = this.#compile(parser.until(mark));
    let replacement = parser.until(mark, true);
    // A backslash at the end of the line goes on to the next one, and means its newline.
    while (/(^|[^\\])(\\\\)*\\$/.test(replacement)) {
      replacement = replacement.slice(0, -1) + "\n" + (await this.#input() ?? "");
    }
    if (replacement === "%" && this.#replacement !== undefined) replacement = this.#replacement;
    this.#replacement = replacement;
    const flags = parser.rest();
    if (!/^[gplnI0-9]*$/.test(flags)) throw new EdError("invalid command suffix");
    const all = flags.includes("g");
    const wanted = Number(/[0-9]+/.exec(flags)?.[0] ?? 1);
    await this.#save();
    let hits = 0;
    let found = 0;
    for (let i = from; i <= to + found; i++) {
      const line = this.#lines[i - 1];
      if (line === undefined) break;
      const pause = this.ctx.tick(2);
      if (pause !== undefined) await pause;
      const searched = this.#searching(() => regex.test(line.text));
      if (!(searched instanceof Promise ? await searched : searched)) continue;
      const text = await this.#replaced(line.text, regex, replacement, all, wanted);
      if (text === undefined) continue;
      const [first, ...more] = text.split("\n");
      line.text = first;
      this.#changed = true;
      if (more.length > 0) this.#insert(i, more);
      i += more.length;
      found += more.length;
      this.#current = i;
      hits++;
    }
    if (hits === 0) {
      if (this.#queue !== undefined) return false;
      throw new EdError("no match");
    }
    return await this.#shown(flags.replace(/[^pln]/g, ""));
  }

  async #global(
    parser: Scanner,
    [from, to]: readonly [number, number],
    matching: boolean,
  ): Promise<boolean> {
    if (this.#queue !== undefined) throw new EdError("cannot nest global commands");
    const mark = parser.next();
    if (mark === undefined) throw new EdError("invalid pattern delimiter");
    const regex = this.#compile(parser.until(mark));
    let text = parser.rest();
    // Further commands stand in lines of their own, each but the last with a backslash at its end.
    while (text.endsWith("\\")) text = text.slice(0, -1) + "\n" + (await this.#input() ?? "");
    const commands = text === "" ? ["p"] : text.split("\n");
    const chosen: Line[] = [];
    for (let i = from - 1; i < to; i++) {
      const line = this.#lines[i];
      const found = this.#searching(() => regex.test(line.text));
      if ((found instanceof Promise ? await found : found) === matching) chosen.push(line);
      const pause = this.ctx.tick(1);
      if (pause !== undefined) await pause;
    }
    await this.#save();
    try {
      for (const line of chosen) {
        const at = this.#lines.indexOf(line);
        // It may have been deleted by an earlier round.
        if (at < 0) continue;
        this.#current = at + 1;
        this.#queue = [...commands];
        while (this.#queue.length > 0) await this.#command(this.#queue.shift()!);
        const pause = this.ctx.tick(2 + (at >> 12));
        if (pause !== undefined) await pause;
      }
    } finally {
      this.#queue = undefined;
    }
    return false;
  }
}

/** A command line, read from left to right. */
class Scanner {
  #at = 0;

  constructor(private readonly text: ByteString) {}

  peek(): string | undefined {
    return this.text[this.#at];
  }

  next(): string | undefined {
    return this.text[this.#at++];
  }

  blanks(): void {
    while (this.text[this.#at] === " " || this.text[this.#at] === "\t") this.#at++;
  }

  number(): number {
    const digits = /^[0-9]+/.exec(this.text.slice(this.#at))![0];
    this.#at += digits.length;
    return Number(digits);
  }

  /** Text up to an unescaped mark, which is passed. */
  until(mark: string, replacement = false): ByteString {
    let text = "";
    let bracket = false;
    for (; this.#at < this.text.length; this.#at++) {
      const char = this.text[this.#at];
      if (char === "\\" && this.#at + 1 < this.text.length && !bracket) {
        const next = this.text[++this.#at];
        text += next === mark && !replacement ? next : char + next;
        continue;
      }
      if (!replacement && char === "[" && !bracket) bracket = true;
      else if (char === "]" && bracket && !/\[\^?$/.test(text)) bracket = false;
      if (char === mark && !bracket) {
        this.#at++;
        return text;
      }
      text += char;
    }
    return text;
  }

  /** All that is left. */
  rest(): ByteString {
    const text = this.text.slice(this.#at);
    this.#at = this.text.length;
    return text;
  }

  /** `p`, `l`, `n` after a command. */
  suffix(): string {
    const text = this.rest().trim();
    if (!/^[pln]*$/.test(text)) throw new EdError("invalid command suffix");
    return text;
  }
}

function expanded(text: ByteString, match: Int32Array, replacement: ByteString): ByteString {
  return replacement.replace(/\\([\s\S])|&/g, (whole, char) => {
    if (whole === "&") return text.slice(match[0], match[1]);
    if (char >= "0" && char <= "9") {
      const group = Number(char) * 2;
      return group < match.length && match[group] >= 0
        ? text.slice(match[group], match[group + 1])
        : "";
    }
    return char;
  });
}

const ESCAPES = new Map([
  ["\\", "\\\\"],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["$", "\\$"],
]);

/** The form of `l`. */
function unambiguous(text: ByteString): ByteString {
  return text.replace(
    /[^ -~]|[\\$]/g,
    (char) => ESCAPES.get(char) ?? `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}
