/**
 * Commands after a colon.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { insertFile, load, writeFile } from "./files.ts";
import { Abort, type Settings, type State } from "./state.ts";
import { substitute } from "./substitute.ts";

/** What `:version` says: the version whose behaviour this is. */
const VERSION = "1.35.0";

/** What `-H` and `:features` list. */
export const FEATURES = "These features are available:\n" + [
  "Pattern searches with / and ?",
  "Last command repeat with .",
  "Line marking with 'x",
  'Named buffers with "x',
  "Some colon mode commands with :",
  'Settable options with ":set"',
  "Signal catching- ^C",
  "Job suspend and resume with ^Z",
  "Adapt to window re-sizes",
].map((line) => `\t${line}\n`).join("");

const FLAGS: readonly (readonly [name: keyof Settings & string, short: string])[] = [
  ["autoindent", "ai"],
  ["expandtab", "et"],
  ["flash", "fl"],
  ["ignorecase", "ic"],
  ["showmatch", "sm"],
];
const MOST_TABSTOP = 32;

/** Lines that a command is about. */
export interface Lines {
  /** Numbers from 1; undefined where no address was given. */
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** Does colon commands. */
export class Colon {
  constructor(private readonly state: State) {}

  /** Does the commands of a file or variable, one on each line. */
  async runAll(script: ByteString): Promise<void> {
    for (const line of script.split("\n")) {
      if (this.state.over) return;
      try {
        await this.run(line);
      } catch (error) {
        if (!(error instanceof Abort)) throw error;
      }
    }
  }

  /** Does a command; a colon may stand before it. */
  async run(line: ByteString): Promise<void> {
    const { state } = this;
    const { buffer } = state;
    const text = line.replace(/^[:\s]+/, "");
    if (text === "" || text[0] === '"') return;
    const { lines, rest } = this.#range(text);
    const command = rest.trimStart();
    const { first, last } = lines;
    if (command === "") {
      const start = buffer.findLine(Math.max(1, last!));
      state.noteContext();
      state.goToLine(start!);
      return;
    }
    if (command[0] === "!") return await this.#shell(command.slice(1));
    if (command[0] === "=") {
      state.say(String(last ?? buffer.countLines(0, buffer.lineEnd(state.dot))));
      return;
    }
    const [, word, args] = /^(\S+)\s*([^]*)$/.exec(command)!;
    const force = word.endsWith("!");
    const name = force ? word.slice(0, -1) : word;
    const is = (full: string): boolean => name !== "" && full.startsWith(name);
    const from = first === undefined ? buffer.lineStart(state.dot) : this.#start(first);
    const to = last === undefined ? buffer.lineEnd(state.dot) + 1 : this.#behind(last);
    if (is("delete") || is("yank")) {
      const cut = state.text.slice(from, to);
      state.yank(cut, true);
      if (!is("delete")) return;
      buffer.remove(from, to, "alone");
      if (from < state.text.length) state.goToLine(from);
      else state.dot = Math.max(0, state.text.length - 1);
    } else if (is("edit")) await this.#edit(args, force);
    else if (is("file")) {
      if (args !== "") state.file = this.#expand(args);
    } else if (is("features")) await this.#show(FEATURES);
    else if (is("list")) {
      const shown = state.text.slice(from, to).replace(/\n$/, "").split("\n").map(visible);
      await this.#show(`\n${shown.join("\n")}\n`);
    } else if (is("next") || is("prev") || is("quit")) await this.#leave(name[0], force);
    else if (is("read")) await this.#read(args, lines);
    else if (is("rewind")) {
      if (state.buffer.modified !== 0 && !force) {
        state.complain(`No write since last change (:${name}! overrides)`);
        return;
      }
      state.fileIndex = 0;
      await this.#open(state.files[0]);
    } else if (is("set")) this.#set(args);
    else if (name[0] === "s") await substitute(state, from, to, command.slice(1));
    else if (is("version")) state.say(VERSION);
    else if (is("write") || name === "wq" || name === "wn" || name === "x") {
      await this.#write(name, args, force, lines);
    } else state.complain(`'${word}' is not implemented`);
  }

  #start(number: number): number {
    return this.state.buffer.findLine(Math.max(1, number))!;
  }

  #behind(number: number): number {
    const { buffer } = this.state;
    return Math.min(buffer.lineEnd(this.#start(number)) + 1, buffer.text.length);
  }

  /** The addresses at the head of a command. @throws {Abort} when there are no such lines */
  #range(text: string): { readonly lines: Lines; readonly rest: string } {
    const { state } = this;
    const { buffer } = state;
    const current = buffer.countLines(0, buffer.lineStart(state.dot) - 1) + 1;
    const total = buffer.lines;
    let first: number | undefined;
    let last: number | undefined;
    let at = 0;
    const invalid = (): never => {
      state.complain("Invalid range");
      throw new Abort();
    };
    if (text[0] === "%") {
      first = 1;
      last = total;
      at = 1;
    } else {
      for (let base = current;;) {
        while (text[at] === " " || text[at] === "\t") at++;
        const { number, end } = this.#address(text, at, base, total);
        at = end;
        while (text[at] === " " || text[at] === "\t") at++;
        const separator = text[at] === "," || text[at] === ";";
        if (number === undefined && !separator && first === undefined && last === undefined) break;
        first = last;
        last = number ?? current;
        if (!separator) break;
        if (text[at] === ";") base = last;
        at++;
      }
      first ??= last;
    }
    if (last !== undefined) {
      if (first! > last || last > total || first! < 0) invalid();
    }
    return { lines: { first, last }, rest: text.slice(at) };
  }

  /** One address. */
  #address(
    text: string,
    from: number,
    current: number,
    total: number,
  ): { readonly number: number | undefined; readonly end: number } {
    const { state } = this;
    const { buffer } = state;
    let at = from;
    let number: number | undefined;
    const char = text[at];
    if (char === ".") {
      number = current;
      at++;
    } else if (char === "$") {
      number = total;
      at++;
    } else if (char >= "0" && char <= "9") {
      const digits = /^[0-9]+/.exec(text.slice(at))![0];
      number = Number(digits);
      at += digits.length;
    } else if (char === "'") {
      const name = (text[at + 1] ?? "").toLowerCase();
      const mark = /^[a-z]$/.test(name) ? buffer.marks[name.charCodeAt(0) - 97] : undefined;
      if (mark === undefined) {
        state.complain("Mark not set");
        throw new Abort();
      }
      number = buffer.countLines(0, buffer.lineStart(mark) - 1) + 1;
      at += 2;
    } else if (char === "/" || char === "?") {
      let end = at + 1;
      while (end < text.length && text[end] !== char) end += text[end] === "\\" ? 2 : 1;
      const pattern = text.slice(at + 1, end);
      if (pattern !== "") state.pattern = pattern;
      state.direction = char;
      const start = buffer.findLine(current) ?? 0;
      // The search begins behind the current line, or before it.
      const origin = char === "/" ? buffer.lineEnd(start) : start;
      const found = state.pattern === undefined
        ? undefined
        : state.search(state.pattern, char, origin);
      if (found === undefined) {
        state.complain("Pattern not found");
        throw new Abort();
      }
      number = buffer.countLines(0, buffer.lineStart(found.at) - 1) + 1;
      at = end + 1;
    }
    for (;;) {
      while (text[at] === " " || text[at] === "\t") at++;
      const sign = text[at];
      if (sign !== "+" && sign !== "-") break;
      const digits = /^[0-9]*/.exec(text.slice(at + 1))![0];
      const step = digits === "" ? 1 : Number(digits);
      number = (number ?? current) + (sign === "+" ? step : -step);
      at += 1 + digits.length;
    }
    return { number, end: at };
  }

  /** `%` stands for the file, `#` for the one before. */
  #expand(args: string): string {
    const { state } = this;
    let name = "";
    for (let i = 0; i < args.length; i++) {
      const char = args[i];
      if (char === "\\" && i + 1 < args.length) name += args[++i];
      else if (char !== "%" && char !== "#") name += char;
      else {
        const other = char === "%" ? state.file : state.alternate;
        if (other === undefined) {
          state.complain(`No ${char === "%" ? "current" : "previous"} filename`);
          throw new Abort();
        }
        name += other;
      }
    }
    return name;
  }

  async #edit(args: string, force: boolean): Promise<void> {
    const { state } = this;
    if (state.buffer.modified !== 0 && !force) {
      state.complain("No write since last change (:e! overrides)");
      return;
    }
    const file = args === "" ? state.file : this.#expand(args);
    if (file === undefined) {
      state.complain("No current filename");
      return;
    }
    await load(state, file, { readOnly: this.readOnly, tell: true });
  }

  /** Whether nothing may be written without force (`-R`). */
  readOnly = false;

  async #open(file: ByteString | undefined): Promise<void> {
    await load(this.state, file, { readOnly: this.readOnly, tell: false });
  }

  /** `:q`, `:n`, `:p`. */
  async #leave(letter: string, force: boolean): Promise<void> {
    const { state } = this;
    const left = state.files.length - 1 - state.fileIndex;
    if (!force && state.buffer.modified !== 0) {
      state.complain(`No write since last change (:${letter}! overrides)`);
      return;
    }
    if (letter === "q") {
      if (!force && left > 0) {
        state.complain(`${left} more file(s) to edit`);
        return;
      }
      state.over = true;
      return;
    }
    if (letter === "n" ? left <= 0 : state.fileIndex === 0) {
      state.complain(`No ${letter === "n" ? "more" : "previous"} files to edit`);
      return;
    }
    state.fileIndex += letter === "n" ? 1 : -1;
    await this.#open(state.files[state.fileIndex]);
  }

  async #read(args: string, { last }: Lines): Promise<void> {
    const { state } = this;
    const { buffer } = state;
    const file = args === "" ? state.file : this.#expand(args);
    if (file === undefined) {
      state.complain("No current filename");
      return;
    }
    const at = last === 0
      ? 0
      : last === undefined
      ? Math.min(buffer.lineEnd(state.dot) + 1, state.text.length)
      : this.#behind(last);
    if (!await insertFile(state, file, at)) return;
    state.dot = at < state.text.length ? at : buffer.lastLine();
  }

  async #write(name: string, args: string, force: boolean, { first, last }: Lines): Promise<void> {
    const { state } = this;
    const { buffer } = state;
    const file = args === "" ? state.file : this.#expand(args);
    if (name !== "x" || buffer.modified !== 0) {
      if (file === undefined) {
        state.complain("No current filename");
        return;
      }
      const own = file === state.file;
      if (own && state.readOnly && !force) {
        state.complain(`'${file}' is read only`);
        return;
      }
      if (!own && !force && state.process.fs.tryStat(file) !== undefined) {
        state.complain("File exists (:w! overrides)");
        return;
      }
      const from = first === undefined ? 0 : this.#start(first);
      const to = last === undefined ? state.text.length : this.#behind(last);
      if (!await writeFile(state, file, state.text.slice(from, to))) return;
      state.file ??= file;
      if (file === state.file && to - from === state.text.length) {
        buffer.modified = 0;
        state.recount();
      }
    }
    if (name === "wn") {
      if (state.fileIndex + 1 >= state.files.length) {
        state.over = true;
        return;
      }
      state.fileIndex++;
      await this.#open(state.files[state.fileIndex]);
    } else if (name === "wq" || name === "x") {
      const left = state.files.length - 1 - state.fileIndex;
      if (left > 0 && !force) {
        state.complain(`${left} more file(s) to edit`);
        return;
      }
      state.over = true;
    }
  }

  #set(args: string): void {
    const { state } = this;
    const { settings } = state;
    const words = args.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0 || args === "all") {
      const flags = FLAGS.map(([name]) => `${settings[name] ? "" : "no"}${name} `).join("");
      state.say(`${flags}tabstop=${settings.tabstop}`);
      return;
    }
    for (const word of words) {
      const off = word.startsWith("no");
      const name = off ? word.slice(2) : word;
      const flag = FLAGS.find(([full, short]) => name === full || name === short);
      if (flag !== undefined) {
        (settings as unknown as { [name: string]: boolean })[flag[0]] = !off;
        continue;
      }
      const tabs = /^(?:ts|tabstop)=([0-9]+)$/.exec(word);
      const stop = tabs === null ? 0 : Number(tabs[1]);
      if (stop < 1 || stop > MOST_TABSTOP) state.complain(`bad option: ${word}`);
      else {
        settings.tabstop = stop;
        state.view.forget();
      }
    }
  }

  /** `:!`: a command of the shell, on the terminal as it was. */
  async #shell(command: string): Promise<void> {
    const { state } = this;
    if (command.trim() === "") return;
    const { process } = state;
    state.view.leave();
    process.tty?.setRaw(false);
    try {
      await process.spawn(["sh", "-c", command]).wait();
    } catch (error) {
      if (!isVfsError(error)) throw error;
    }
    process.tty?.setRaw(true);
    await this.#waitForReturn();
  }

  async #show(text: string): Promise<void> {
    this.state.view.leave();
    this.state.print(text.replaceAll("\n", "\r\n"));
    await this.#waitForReturn();
  }

  async #waitForReturn(): Promise<void> {
    const { state } = this;
    state.print("\x1b[7m[Hit return to continue]\x1b[m");
    state.view.forget();
    for (;;) {
      const key = await state.key();
      if (key === "\r" || key === "\n") return;
    }
  }
}

/** A line with its blanks and controls to be seen. */
function visible(line: ByteString): string {
  let shown = "";
  for (const char of line) {
    const code = char.charCodeAt(0);
    shown += code < 32 || code === 127 ? `^${String.fromCharCode(code ^ 64)}` : char;
  }
  return `${shown}$`;
}
