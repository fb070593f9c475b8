/**
 * Commands of the keys outside of typing.
 *
 * @module
 */
import type { Key } from "../_lib/keys.ts";
import { SIG } from "../../sandbox/types.ts";
import { Colon } from "./colon.ts";
import { Typing } from "./insert.ts";
import { Motions, operatorRange } from "./motions.ts";
import { Abort, DEFAULT_REGISTER, type State } from "./state.ts";
import { isSpace } from "./words.ts";

/** Keys that begin a change, which `.` does again. */
const CHANGES = new Set([..."<>~AaCcDdIiJOoPpRrsXx", "Insert"]);
/** Longest count; larger ones are cut, as no text is so long. */
const MOST = 1e7;

/** Does what keys say, one command after the other. */
export class Commands {
  readonly #motions: Motions;
  readonly #typing: Typing;
  readonly colon: Colon;
  /** Keys of the last change, and its count. */
  #last: Key[] | undefined;
  #lastCount = 1;
  #count = 0;
  /** The line where the cursor is as it was when the cursor came there, for `U`. */
  #line = "";
  #lineAt = -1;

  constructor(private readonly state: State) {
    this.#motions = new Motions(state);
    this.#typing = new Typing(state);
    this.colon = new Colon(state);
  }

  /** Serves keys until the editor is left. */
  async run(): Promise<void> {
    const { state } = this;
    for (let first = true; !state.over; first = false) {
      this.#noteLine();
      // At first whatever waits to be read, as native: it may be nothing but the end of the input.
      if (first) state.draw();
      else state.drawIfIdle();
      try {
        const key = await state.key();
        state.message = "";
        await this.#step(key);
      } catch (error) {
        if (!(error instanceof Abort)) throw error;
        this.#count = 0;
      }
      if (state.mode === "command") this.#endRecording();
      state.settleCursor();
      // An empty text gets a line as soon as something was done.
      if (state.text === "") {
        const { modified } = state.buffer;
        state.buffer.insert(0, "\n", "none");
        state.buffer.modified = modified;
      }
      const pause = state.process.tick(50);
      if (pause !== undefined) await pause;
    }
  }

  #noteLine(): void {
    const { buffer, dot } = this.state;
    const start = buffer.lineStart(dot);
    if (start === this.#lineAt) return;
    this.#lineAt = start;
    this.#line = buffer.text.slice(start, buffer.lineEnd(dot) + 1);
  }

  #endRecording(): void {
    const { state } = this;
    if (state.recording === undefined) return;
    this.#last = state.recording;
    state.recording = undefined;
  }

  async #step(key: Key): Promise<void> {
    const { state } = this;
    state.typed = state.mode !== "command" && key.length === 1 && key !== "\x1b";
    if (state.mode !== "command") {
      if (!await this.#typing.key(key)) await this.#motions.move(key, 0);
      return;
    }
    if (key >= "1" && key <= "9" || (key === "0" && this.#count > 0)) {
      this.#count = Math.min(this.#count * 10 + Number(key), MOST);
      return;
    }
    const count = this.#count;
    this.#count = 0;
    if (key === ".") {
      if (this.#last === undefined) return;
      if (count > 0) this.#lastCount = count;
      state.replay([...String(this.#lastCount), ...this.#last]);
      return;
    }
    if (key === '"') {
      const name = (await state.key()).toLowerCase();
      if (!/^[a-z]$/.test(name)) state.fail();
      state.register = name;
      this.#count = count;
      return;
    }
    if (CHANGES.has(key) && !state.replaying) {
      state.recording = [key];
      this.#lastCount = count || 1;
    }
    const { register } = state;
    if (key !== "j" && key !== "k" && key !== "\n" && key !== "Up" && key !== "Down") {
      if (state.column === Infinity) state.column = state.view.column(state.buffer, state.dot);
    }
    try {
      await this.#command(key, count);
    } finally {
      if (register !== DEFAULT_REGISTER) state.register = DEFAULT_REGISTER;
    }
  }

  async #command(key: Key, count: number): Promise<void> {
    const { state } = this;
    const { buffer, view } = state;
    const times = count || 1;
    switch (key) {
      case "\x1b":
        state.bell();
        return;
      case "\x07":
        return;
      case "\x0c":
      case "\x12":
        view.forget();
        return;
      case "\x1a":
        await this.#suspend();
        return;
      case ":": {
        const line = await state.prompt(":");
        await this.colon.run(line);
        return;
      }
      case "m": {
        const name = (await state.key()).toLowerCase();
        if (!/^[a-z]$/.test(name)) state.fail();
        buffer.marks[name.charCodeAt(0) - 97] = state.dot;
        return;
      }
      case "z":
        await this.#placeWindow();
        return;
      case "Z":
        if (await state.key() !== "Z") state.fail();
        await this.colon.run(buffer.modified !== 0 ? ":x" : ":q");
        return;
      case "u":
        this.#undo();
        return;
      case "U":
        this.#undoLine();
        return;
      case "i":
      case "Insert":
        this.#type("insert");
        return;
      case "a":
        if (state.text[state.dot] !== "\n" && state.dot < state.text.length) state.dot++;
        this.#type("insert");
        return;
      case "I":
        state.goToLine(buffer.lineStart(state.dot));
        this.#type("insert");
        return;
      case "A":
        state.dot = buffer.lineEnd(state.dot);
        this.#type("insert");
        return;
      case "R":
        this.#type("replace");
        return;
      case "o":
      case "O":
        this.#openLine(key);
        return;
      case "x":
      case "X":
      case "Delete":
      case "s":
        this.#deleteChars(key, times);
        return;
      case "C":
      case "D": {
        const end = buffer.lineEnd(state.dot);
        if (end > state.dot) state.yank(buffer.remove(state.dot, end, "alone"), false);
        if (key === "C") this.#type("insert");
        return;
      }
      case "r":
        await this.#replaceChars(times);
        return;
      case "~":
        this.#switchCase(times);
        return;
      case "J":
        this.#join(times);
        return;
      case "p":
      case "P":
        this.#put(key, times);
        return;
      case "Y":
        this.#yankLines(times);
        return;
      case "d":
      case "c":
      case "y":
        await this.#operate(key, count);
        return;
      case "<":
      case ">":
        await this.#shift(key, count);
        return;
    }
    if (await this.#motions.move(key, count)) return;
    if (key.length > 1) {
      state.bell();
      return;
    }
    const code = key.charCodeAt(0);
    const shown = code < 32 || code === 127 ? `^${String.fromCharCode(code ^ 64)}` : key;
    state.complain(`'${shown}' is not implemented`);
  }

  #type(mode: "insert" | "replace"): void {
    this.#typing.begin(mode);
  }

  async #suspend(): Promise<void> {
    const { state } = this;
    const { process } = state;
    state.view.close();
    process.tty?.setRaw(false);
    process.kill(process.pid, SIG.TSTP);
    const stopped = process.tick(1_000_000);
    if (stopped !== undefined) await stopped;
    process.tty?.setRaw(true);
    state.view.open(true);
  }

  async #placeWindow(): Promise<void> {
    const { state } = this;
    const { view, buffer } = state;
    const key = await state.key();
    view.top = buffer.lineStart(state.dot);
    view.scroll(buffer, key === "." ? -(view.rows >> 1) : key === "-" ? 1 - view.rows : 0);
  }

  #undo(): void {
    const { state } = this;
    const undone = state.buffer.undo();
    if (undone === undefined) {
      state.complain("Already at oldest change");
      return;
    }
    const { number, verb, length, at } = undone;
    state.dot = at;
    state.say(`Undo [${number}] ${verb} ${length} chars at position ${at}`);
  }

  #undoLine(): void {
    const { state } = this;
    const { buffer } = state;
    if (this.#line === "") return;
    const start = buffer.lineStart(state.dot);
    const removed = buffer.remove(start, buffer.lineEnd(state.dot) + 1, "alone");
    buffer.insert(start, this.#line, removed === "" ? "alone" : "chained");
    state.goToLine(start);
    state.tellRegister("Undo", this.#line);
  }

  #openLine(key: "o" | "O"): void {
    const { state } = this;
    const { buffer } = state;
    const start = buffer.lineStart(state.dot);
    const indent = /^[ \t]*/.exec(state.text.slice(start, buffer.lineEnd(start)))![0];
    if (key === "o") {
      state.dot = buffer.lineEnd(state.dot);
      buffer.insert(state.dot, "\n", "alone");
      state.dot = Math.min(state.dot + 1, state.text.length);
      // Behind a text without a final newline the new line needs none.
      if (state.dot === state.text.length && state.dot > 1) {
        buffer.insert(state.dot, "\n", "chained");
      }
    } else {
      buffer.insert(start, "\n", "alone");
      state.dot = start;
    }
    this.#type("insert");
    this.#typing.indentAs(indent);
  }

  #deleteChars(key: string, times: number): void {
    const { state } = this;
    const { buffer } = state;
    for (let i = 0; i < times; i++) {
      const at = key === "X" ? state.dot - 1 : state.dot;
      const start = buffer.lineStart(state.dot);
      if (at < start || at >= state.text.length || state.text[at] === "\n") break;
      // The register has the char that went last.
      state.yank(buffer.remove(at, at + 1, i === 0 ? "alone" : "chained"), false);
      if (key === "X") state.dot--;
      else if (key !== "s" && state.text[state.dot] === "\n" && state.dot > start && key === "x") {
        if (i + 1 < times) break;
        state.dot--;
      }
    }
    if (key !== "s") return;
    // As in native, `.` repeats only the deletion, and typing goes on from the keys.
    if (state.recording !== undefined) {
      this.#last = state.recording;
      state.recording = undefined;
    }
    this.#type("insert");
  }

  async #replaceChars(times: number): Promise<void> {
    const { state } = this;
    const { buffer } = state;
    const end = buffer.lineEnd(state.dot);
    let key = await state.key();
    if (key === "\x16") key = await state.key();
    else if (key === "\x1b" || key.length > 1) state.fail();
    if (state.dot + times > end) state.fail();
    const text = key === "\r" ? "\n" : key;
    for (let i = 0; i < times; i++) {
      buffer.remove(state.dot, state.dot + 1, i === 0 ? "alone" : "chained");
      buffer.insert(state.dot, text, "chained");
      state.dot++;
    }
    if (text !== "\n") state.dot--;
  }

  #switchCase(times: number): void {
    const { state } = this;
    const { buffer } = state;
    let undo: "alone" | "chained" = "alone";
    for (let i = 0; i < times; i++) {
      const char = state.text[state.dot] ?? "\n";
      if (char === "\n") break;
      const lower = char.toLowerCase();
      const other = /[a-zA-Z]/.test(char) ? (lower === char ? char.toUpperCase() : lower) : char;
      if (other !== char) {
        buffer.remove(state.dot, state.dot + 1, undo);
        buffer.insert(state.dot, other, "chained");
        undo = "chained";
      }
      if (state.dot >= buffer.lastOnLine(state.dot)) break;
      state.dot++;
    }
  }

  #join(times: number): void {
    const { state } = this;
    const { buffer } = state;
    for (let i = 0; i < times; i++) {
      const end = buffer.lineEnd(state.dot);
      state.dot = end;
      if (end + 1 >= state.text.length) break;
      buffer.remove(end, end + 1, "alone");
      buffer.insert(end, " ", "chained");
      state.dot = end + 1;
      while (" \t".includes(state.text[state.dot] ?? "\n")) {
        buffer.remove(state.dot, state.dot + 1, "chained");
      }
    }
  }

  #put(key: "p" | "P", times: number): void {
    const { state } = this;
    const { buffer } = state;
    const held = state.registers.get(state.register);
    if (held === undefined) {
      state.complain(`Nothing in register ${state.register}`);
      return;
    }
    const text = held.text.repeat(Math.min(times, Math.ceil(MOST / Math.max(1, held.text.length))));
    let at = state.dot;
    let undo: "alone" | "chained" = "alone";
    if (held.lines) {
      at = key === "P" ? buffer.lineStart(state.dot) : buffer.lineEnd(state.dot) + 1;
      if (at > state.text.length) {
        buffer.insert(state.text.length, "\n", undo);
        undo = "chained";
        at = state.text.length;
      }
    } else if (key === "p" && state.text[at] !== "\n" && at < state.text.length) at++;
    buffer.insert(at, text, undo);
    state.tellRegister("Put", held.text, times);
    if (held.lines) state.goToLine(at);
    else if (text.includes("\n")) state.dot = at;
    else {
      state.dot = at + text.length - 1;
      while (state.text[state.dot] !== "\n" && isSpace(state.text[state.dot] ?? "\n")) state.dot++;
    }
  }

  #yankLines(times: number): void {
    const { state } = this;
    const { buffer } = state;
    let last = state.dot;
    for (let i = 1; i < times; i++) last = buffer.nextLine(last);
    const text = state.text.slice(buffer.lineStart(state.dot), buffer.lineEnd(last) + 1);
    state.yank(text, true);
    state.tellRegister("Yank", text);
  }

  /** `d`, `c` and `y` with a motion. */
  async #operate(key: "d" | "c" | "y", count: number): Promise<void> {
    const { state } = this;
    const { buffer } = state;
    const before = state.dot;
    const range = await operatorRange(state, this.#motions, key, count);
    const text = state.text.slice(range.from, range.to);
    state.message = "";
    if (key === "y") {
      state.yank(text, range.lines);
      state.tellRegister("Yank", text);
      state.dot = range.lines && range.from <= before && before < range.to && state.dot >= before
        ? before
        : range.from;
      return;
    }
    state.yank(text, range.lines);
    buffer.remove(range.from, range.to, "alone");
    state.dot = range.from;
    if (key === "d") {
      if (range.lines) {
        if (state.dot >= state.text.length) state.dot = buffer.lastLine();
        state.goToLine(buffer.lineStart(state.dot));
      }
      state.tellRegister("Delete", text);
      return;
    }
    if (range.lines && state.text !== "\n") buffer.insert(state.dot, "\n", "chained");
    this.#type("insert");
  }

  async #shift(key: "<" | ">", count: number): Promise<void> {
    const { state } = this;
    const { buffer } = state;
    const { tabstop, expandtab } = state.settings;
    const before = state.dot;
    const range = await operatorRange(state, this.#motions, key, count);
    state.message = "";
    const lines = buffer.countLines(range.from, range.to - 1) || 1;
    const line = buffer.countLines(range.from, before - 1);
    let undo: "alone" | "chained" = "alone";
    let at = buffer.lineStart(range.from);
    let own = at;
    for (let i = 0; i < lines; i++) {
      if (i === line) own = at;
      if (key === ">") {
        if (state.text[at] !== "\n") {
          buffer.insert(at, expandtab ? " ".repeat(tabstop) : "\t", undo);
          undo = "chained";
        }
      } else {
        let blanks = 0;
        if (state.text[at] === "\t") blanks = 1;
        else while (blanks < tabstop && state.text[at + blanks] === " ") blanks++;
        for (; blanks > 0; blanks--) {
          buffer.remove(at, at + 1, undo);
          undo = "chained";
        }
      }
      at = buffer.lineEnd(at) + 1;
      if (at >= state.text.length) break;
    }
    state.goToLine(own);
  }
}
