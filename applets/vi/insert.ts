/**
 * Keys while text is typed.
 *
 * @module
 */
import type { Key } from "../_lib/keys.ts";
import type { State } from "./state.ts";
import { partnerOf } from "./words.ts";

/** How long the bracket that belongs to a typed one is shown (`showmatch`). */
const MATCH_MS = 500;

/** Blanks at the beginning of the line of a place, up to it. */
function indentBefore(state: State, at: number): string {
  const start = state.buffer.lineStart(at);
  return /^[ \t]*/.exec(state.text.slice(start, at))![0];
}

/** Typing: what each key does, and what typing began with. */
export class Typing {
  /** Blanks that were put in by themselves, while nothing was typed behind them. */
  #indent = "";

  constructor(private readonly state: State) {}

  begin(mode: "insert" | "replace"): void {
    this.state.mode = mode;
    this.#indent = "";
  }

  /** Opens a line that begins at `at` (its newline is there), indented as the line of `like`. */
  indentAs(indent: string): void {
    const { state } = this;
    if (!state.settings.autoindent || indent === "") return;
    const text = state.settings.expandtab ? expand(indent, state.settings.tabstop) : indent;
    state.buffer.insert(state.dot, text, "chained");
    state.dot += text.length;
    this.#indent = text;
  }

  /** Back to commands. */
  end(): void {
    const { state } = this;
    state.buffer.settle();
    this.#dropIndent();
    state.mode = "command";
    if (state.dot > state.buffer.lineStart(state.dot)) state.dot--;
  }

  /** Takes an indentation away behind which nothing was typed. */
  #dropIndent(): void {
    const { state } = this;
    const length = this.#indent.length;
    this.#indent = "";
    if (length === 0 || state.dot - state.buffer.lineStart(state.dot) !== length) return;
    state.buffer.remove(state.dot - length, state.dot, "chained");
    state.dot -= length;
  }

  /** Does what a key does; false when it is one that moves. */
  async key(key: Key): Promise<boolean> {
    const { state } = this;
    const { buffer } = state;
    switch (key) {
      case "\x1b":
        this.end();
        return true;
      case "Insert":
        state.mode = state.mode === "insert" ? "replace" : "insert";
        return true;
      case "Delete":
        buffer.settle();
        if (state.text[state.dot] !== "\n") buffer.remove(state.dot, state.dot + 1, "alone");
        return true;
    }
    if (key.length > 1) {
      buffer.settle();
      this.#indent = "";
      return false;
    }
    const replaces = state.mode === "replace" && state.dot < buffer.lineEnd(state.dot);
    if (replaces) buffer.remove(state.dot, state.dot + 1, "alone");
    switch (key) {
      case "\x7f":
      case "\b":
        if (state.dot > 0) {
          buffer.typeBack(state.dot);
          state.dot--;
          this.#indent = this.#indent.slice(0, -1);
        }
        return true;
      case "\x04":
        this.#outdent();
        return true;
      case "\r":
      case "\n":
        this.#newLine();
        return true;
      case "\t":
        if (state.settings.expandtab) {
          const column = state.view.column(buffer, state.dot);
          const plain = state.text[state.dot] === "\t" ? this.#columnOf(state.dot) : column;
          const { tabstop } = state.settings;
          for (let i = plain % tabstop; i < tabstop; i++) this.#put(" ", replaces);
          return true;
        }
        break;
      case "\x16":
        this.#put(await literal(state), replaces);
        return true;
    }
    this.#put(key, replaces);
    if (state.settings.showmatch && ")]}".includes(key)) await this.#showMatch();
    return true;
  }

  #columnOf(at: number): number {
    const start = this.state.buffer.lineStart(at);
    return expand(this.state.text.slice(start, at), this.state.settings.tabstop).length;
  }

  #put(text: string, chained: boolean): void {
    const { state } = this;
    if (chained) state.buffer.insert(state.dot, text, "chained");
    else state.buffer.type(state.dot, text);
    state.dot += text.length;
    this.#indent = "";
  }

  #newLine(): void {
    const { state } = this;
    const { buffer } = state;
    const indent = indentBefore(state, state.dot);
    const own = this.#indent;
    if (own !== "" && state.dot - buffer.lineStart(state.dot) === own.length) {
      buffer.settle();
      buffer.remove(state.dot - own.length, state.dot, "chained");
      state.dot -= own.length;
    }
    // A new line is undone apart from what was typed before it.
    buffer.settle();
    buffer.type(state.dot, "\n");
    state.dot++;
    this.#indent = "";
    if (state.settings.autoindent && indent !== "") {
      const text = state.settings.expandtab ? expand(indent, state.settings.tabstop) : indent;
      buffer.type(state.dot, text);
      state.dot += text.length;
      this.#indent = text;
    }
  }

  /** `^D`: one step less of indentation, where nothing else is before the cursor. */
  #outdent(): void {
    const { state } = this;
    const indent = indentBefore(state, state.dot);
    const start = state.buffer.lineStart(state.dot);
    if (indent === "" || indent.length !== state.dot - start) return;
    const column = expand(indent, state.settings.tabstop).length;
    const { tabstop } = state.settings;
    const wanted = Math.floor((column - 1) / tabstop) * tabstop;
    while (state.dot > start && this.#columnOf(state.dot) > wanted) {
      state.buffer.typeBack(state.dot);
      state.dot--;
    }
    this.#indent = this.#indent === "" ? "" : state.text.slice(start, state.dot);
  }

  async #showMatch(): Promise<void> {
    const { state } = this;
    const partner = partnerOf(state.text, state.dot - 1);
    if (partner === undefined) {
      state.bell();
      return;
    }
    if (state.replaying || state.keys.hasMore) return;
    const { dot } = state;
    state.dot = partner;
    state.draw();
    await state.keys.waits(MATCH_MS);
    state.dot = dot;
  }
}

/** The key after `^V`, as it is. */
async function literal(state: State): Promise<string> {
  const key = await state.key();
  return key.length === 1 ? key : "";
}

/** Tabs as blanks. */
function expand(text: string, tabstop: number): string {
  let line = "";
  for (const char of text) {
    line += char === "\t" ? " ".repeat(tabstop - line.length % tabstop) : char;
  }
  return line;
}
