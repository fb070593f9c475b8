/**
 * Commands that move the cursor.
 *
 * @module
 */
import type { Key } from "../_lib/keys.ts";
import { CONTEXT } from "./buffer.ts";
import type { State } from "./state.ts";
import {
  lastPlace,
  matchingBracket,
  nextParagraph,
  nextWord,
  previousParagraph,
  previousWord,
  wordEnd,
} from "./words.ts";

/** A search within a line, for `;` and `,`. */
interface Find {
  readonly command: "f" | "F" | "t" | "T";
  readonly char: string;
}

/** Moves the cursor. */
export class Motions {
  #find: Find | undefined;
  /** The motion belongs to an operator: `l` gets behind the last char of a line. */
  operating = false;

  constructor(private readonly state: State) {}

  /**
   * Does what a key does if it moves; false for other keys.
   *
   * @param count The number before the key, 0 if there was none.
   * @throws {Abort} when there is nowhere to go
   */
  async move(key: Key, count: number): Promise<boolean> {
    const { state } = this;
    const { buffer, view } = state;
    const times = count || 1;
    switch (key) {
      case "h":
      case "\b":
      case "\x7f":
      case "Left":
        for (let i = 0; i < times && state.dot > buffer.lineStart(state.dot); i++) state.dot--;
        return true;
      case "l":
      case " ":
      case "Right":
        this.#right(times);
        return true;
      case "j":
      case "\n":
      case "Down":
        this.#vertical(times);
        return true;
      case "k":
      case "Up":
        this.#vertical(-times);
        return true;
      case "\r":
      case "+":
        this.#lines(times);
        state.goToLine(buffer.lineStart(state.dot));
        return true;
      case "-":
        this.#lines(-times);
        state.goToLine(buffer.lineStart(state.dot));
        return true;
      case "0":
      case "Home":
        state.dot = buffer.lineStart(state.dot);
        return true;
      case "^":
        state.goToLine(buffer.lineStart(state.dot));
        return true;
      case "$":
      case "End":
        for (let i = 1; i < times; i++) state.dot = buffer.nextLine(state.dot);
        state.dot = state.mode === "command"
          ? buffer.lastOnLine(state.dot)
          : buffer.lineEnd(state.dot);
        state.column = Infinity;
        return true;
      case "|":
        state.dot = view.placeAtColumn(buffer, state.dot, times - 1);
        return true;
      case "w":
      case "W":
        for (let i = 0; i < times; i++) state.dot = nextWord(state.text, state.dot, key === "W");
        return true;
      case "e":
      case "E":
        for (let i = 0; i < times; i++) state.dot = wordEnd(state.text, state.dot, key === "E");
        return true;
      case "b":
      case "B":
        for (let i = 0; i < times; i++) {
          state.dot = previousWord(state.text, state.dot, key === "B");
        }
        return true;
      case "G": {
        const to = count === 0 ? buffer.lastLine() : buffer.findLine(count);
        state.noteContext();
        state.goToLine(to ?? buffer.lastLine());
        return true;
      }
      case "g": {
        const second = await state.key();
        if (second !== "g") {
          buffer.settle();
          state.complain(`'g${second}' is not implemented`);
          return true;
        }
        state.noteContext();
        state.goToLine(buffer.findLine(times) ?? buffer.lastLine());
        return true;
      }
      case "H":
      case "L":
        this.#onScreen(key, times);
        return true;
      case "M":
        state.dot = view.top;
        for (let i = 0; i < view.rows >> 1; i++) state.dot = buffer.nextLine(state.dot);
        state.goToLine(state.dot);
        return true;
      case "}":
        for (let i = 0; i < times; i++) state.dot = nextParagraph(state.text, state.dot);
        return true;
      case "{":
        for (let i = 0; i < times; i++) state.dot = previousParagraph(state.text, state.dot);
        return true;
      case "%": {
        const partner = matchingBracket(state.text, state.dot);
        if (partner === undefined) return state.fail();
        state.dot = partner;
        return true;
      }
      case "f":
      case "F":
      case "t":
      case "T": {
        const char = await state.key();
        if (char.length !== 1 || char === "\x1b") state.fail();
        this.#find = { command: key, char };
        this.#within(this.#find, times);
        return true;
      }
      case ";":
      case ",":
        if (this.#find === undefined) return state.fail();
        this.#within(key === ";" ? this.#find : reversed(this.#find), times);
        return true;
      case "/":
      case "?":
        await this.#search(key, times);
        return true;
      case "n":
      case "N": {
        if (state.pattern === undefined) {
          state.complain("No previous search");
          return true;
        }
        const other = state.direction === "/" ? "?" : "/";
        this.#searchFor(state.pattern, key === "n" ? state.direction : other, times);
        return true;
      }
      case "'": {
        const name = (await state.key()).toLowerCase();
        if (name === "'") {
          const mark = buffer.marks[CONTEXT];
          if (mark === undefined) return true;
          state.noteContext();
          state.goToLine(buffer.lineStart(Math.min(mark, state.text.length - 1)));
          return true;
        }
        const mark = /^[a-z]$/.test(name) ? buffer.marks[name.charCodeAt(0) - 97] : undefined;
        if (mark === undefined) return state.fail();
        state.noteContext();
        state.goToLine(buffer.lineStart(mark));
        return true;
      }
    }
    return this.#scroll(key);
  }

  /** Keys that move the window, and the cursor only if it would be left behind. */
  #scroll(key: Key): boolean {
    const { state } = this;
    const { view, buffer } = state;
    const steps: { readonly [key: string]: number } = {
      "\x06": view.rows - 1,
      "PageDown": view.rows - 1,
      "\x02": 1 - view.rows,
      "PageUp": 1 - view.rows,
      "\x04": view.rows >> 1,
      "\x15": -(view.rows >> 1),
      "\x05": 1,
      "\x19": -1,
    };
    if (!Object.hasOwn(steps, key)) return false;
    if (!view.scroll(buffer, steps[key])) {
      state.dot = buffer.lineEnd(state.text.length - 1);
      return true;
    }
    if (state.dot < view.top) state.goToLine(view.top);
    const bottom = view.bottom(buffer);
    if (state.dot > buffer.lineEnd(bottom)) state.dot = bottom;
    return true;
  }

  #right(times: number): void {
    const { state } = this;
    const last = state.mode === "command" && !this.operating
      ? state.buffer.lastOnLine(state.dot)
      : state.buffer.lineEnd(state.dot);
    state.dot = Math.min(state.dot + times, Math.max(last, state.dot));
  }

  /** Goes by lines to their beginnings. @throws {Abort} when there are not so many */
  #lines(count: number): void {
    const { state } = this;
    const { buffer } = state;
    let at = buffer.lineStart(state.dot);
    for (let i = 0; i < Math.abs(count); i++) {
      const next = count > 0 ? buffer.nextLine(at) : buffer.previousLine(at);
      if (next === at) state.fail();
      at = next;
    }
    state.dot = at;
  }

  /** Goes up or down in the column where the cursor was last seen. */
  #vertical(count: number): void {
    const { state } = this;
    this.#lines(count);
    state.dot = state.column === Infinity
      ? state.buffer.lastOnLine(state.dot)
      : state.view.placeAtColumn(state.buffer, state.dot, state.column);
  }

  #onScreen(key: "H" | "L", times: number): void {
    const { state } = this;
    const { buffer, view } = state;
    let at = key === "H" ? view.top : view.bottom(buffer);
    for (let i = 1; i < times; i++) {
      at = key === "H" ? buffer.nextLine(at) : buffer.previousLine(at);
    }
    state.goToLine(buffer.lineStart(at));
  }

  /** Looks for a char in the line. */
  #within({ command, char }: Find, times: number): void {
    const { state } = this;
    const { buffer, text, dot } = state;
    const forwards = command === "f" || command === "t";
    const start = buffer.lineStart(dot);
    const end = buffer.lineEnd(dot);
    let at = dot;
    for (let i = 0; i < times; i++) {
      if (forwards) {
        at = text.indexOf(char, at + 1);
        if (at < 0 || at >= end) state.fail();
      } else {
        at = at === 0 ? -1 : text.lastIndexOf(char, at - 1);
        if (at < start) state.fail();
      }
    }
    state.dot = command === "t" ? at - 1 : command === "T" ? at + 1 : at;
  }

  async #search(direction: "/" | "?", times: number): Promise<void> {
    const { state } = this;
    const line = await state.prompt(direction);
    if (line === "") state.fail();
    if (line.length > 1) state.pattern = line.slice(1);
    state.direction = direction;
    if (state.pattern === undefined) {
      state.complain("No previous search");
      return;
    }
    this.#searchFor(state.pattern, direction, times);
  }

  #searchFor(pattern: string, direction: "/" | "?", times: number): void {
    const { state } = this;
    let at = state.dot;
    let wrapped = false;
    for (let i = 0; i < times; i++) {
      const found = state.search(pattern, direction, at);
      if (found === undefined) {
        state.complain("Pattern not found");
        return;
      }
      at = found.at;
      wrapped ||= found.wrapped;
    }
    if (wrapped) {
      state.complain(
        direction === "/"
          ? "search hit BOTTOM, continuing at TOP"
          : "search hit TOP, continuing at BOTTOM",
      );
    }
    state.noteContext();
    state.dot = at;
  }
}

function reversed({ command, char }: Find): Find {
  const lower = command.toLowerCase() as "f" | "t";
  return { command: command === lower ? lower.toUpperCase() as "F" | "T" : lower, char };
}

/** What an operator works on. */
export interface Range {
  /** First place. */
  readonly from: number;
  /** Behind the last place. */
  readonly to: number;
  /** Whole lines. */
  readonly lines: boolean;
}

const LINE_MOTIONS = "GgHL+-jk'\r\n";
const CHAR_MOTIONS = "WBEwbefFtT/?|{}%nN^$0hl \b\x7f";
/** Motions whose last char is not taken. */
const EXCLUSIVE = "^0bBFThlnN/?|wW \b\x7f";

/**
 * Reads the motion after an operator and says what it covers.
 *
 * @param operator The operator's key; typed twice it means lines.
 * @throws {Abort} when it is no motion, or leads nowhere
 */
export async function operatorRange(
  state: State,
  motions: Motions,
  operator: string,
  count: number,
): Promise<Range> {
  let key = await state.key();
  let own = 0;
  while (/^[1-9]$/.test(key) || (own > 0 && key === "0")) {
    own = own * 10 + Number(key);
    key = await state.key();
  }
  const times = own === 0 ? count : count === 0 ? own : own * count;
  const { buffer } = state;
  const start = state.dot;
  if (key === operator) {
    let last = buffer.lineStart(start);
    for (let i = 1; i < times; i++) {
      const next = buffer.nextLine(last);
      if (next === last) state.fail();
      last = next;
    }
    return { from: buffer.lineStart(start), to: behindLine(state, last), lines: true };
  }
  if (key.length !== 1) state.fail();
  if (LINE_MOTIONS.includes(key)) {
    await motions.move(key, times);
    const [low, high] = start < state.dot ? [start, state.dot] : [state.dot, start];
    return { from: buffer.lineStart(low), to: behindLine(state, high), lines: true };
  }
  if (!CHAR_MOTIONS.includes(key)) state.fail();
  motions.operating = true;
  try {
    await motions.move(key, times);
  } finally {
    motions.operating = false;
  }
  // At the last char there is no word to go to, and it is taken all the same.
  if (state.dot === start && !"wWeE".includes(key)) state.fail();
  return charRange(state, start, state.dot, key, operator);
}

function behindLine(state: State, at: number): number {
  return Math.min(state.buffer.lineEnd(at) + 1, state.text.length);
}

/** Chars between two places, as the motion takes them. */
function charRange(
  state: State,
  start: number,
  end: number,
  key: string,
  operator: string,
): Range {
  const { buffer, text } = state;
  const [from, last] = start <= end ? [start, end] : [end, start];
  if (from === last) {
    if (text[from] === "\n" && !"wW".includes(key)) state.fail();
    return { from, to: from + 1, lines: false };
  }
  if (key === "{" || key === "}") {
    const atEnd = last >= text.length - 1 || last >= lastPlace(text);
    if (from === buffer.lineStart(from) && (text[last] === "\n" || atEnd)) {
      const to = atEnd ? last : last - 1;
      return { from, to: behindLine(state, to), lines: true };
    }
    let to = atEnd ? last : last - 1;
    if (!atEnd && to > from && from !== buffer.lineStart(from)) to--;
    return { from, to: to + 1, lines: false };
  }
  if (!EXCLUSIVE.includes(key)) return { from, to: last + 1, lines: false };
  let to = last;
  // As in native, going back to an empty line takes nothing.
  if (key === "b" && text.slice(from, to) === "\n") state.fail();
  if (key === "w" || key === "W") {
    // The last word of the text is taken whole; else the blanks of a line's end stay.
    if (last === lastPlace(text) && text[last] !== "\n") {
      return { from, to: last + 1, lines: false };
    }
    let back = to;
    while (back > from + 1 && " \t\n".includes(text[back - 1])) back--;
    const newline = text.slice(back, to).indexOf("\n");
    if (operator === "c") to = back;
    else if (newline >= 0) to = back + newline;
  }
  return { from, to, lines: false };
}
