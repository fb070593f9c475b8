/**
 * Editing a line on a terminal: Emacs keys as in busybox, history, search, completion, and the
 * frequent commands of vi mode (`set -o vi`).
 *
 * @module
 */

import type { OpenFile, Terminal } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { commonPrefix, complete } from "./complete.ts";
import { displayWidth, promptWidth, visiblePrompt } from "./prompt.ts";
import type { Shell } from "./shell.ts";
import { viCommand } from "./vi_keys.ts";

/** How editing a line ended. */
export type EditResult =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "interrupt" }
  | { readonly kind: "end" };

/** Most lines that Tab lists without asking for more. */
const MAX_LISTED = 200;
/** How long the rest of an escape sequence may take, milliseconds; Escape alone means nothing. */
const ESCAPE_MS = 50;

/** Edits one line at a time; keys that were typed ahead stay for the next one. */
export class LineEditor {
  text = "";
  cursor = 0;
  private prompt = "";
  /** Screen row of the cursor, counted from the row of the prompt. */
  private row = 0;
  private pending = "";
  cut = "";
  /** The last key was Tab and left several candidates: the next one lists them. */
  private lists = false;
  private place = 0;
  /** The new line while one of the history is shown. */
  private draft = "";
  private command = false;
  /** Keys of a vi command that is not complete. */
  private typed = "";
  /** The line before the last vi command that changed it. */
  private undone = { text: "", cursor: 0 };

  constructor(
    private readonly sh: Shell,
    private readonly input: OpenFile,
    private readonly tty: Terminal,
  ) {}

  /** Shows the prompt and lets the user edit a line. */
  async read(prompt: string): Promise<EditResult> {
    this.text = "";
    this.cursor = 0;
    this.row = 0;
    this.prompt = prompt;
    this.place = this.sh.shared.history.length;
    this.lists = false;
    this.command = false;
    this.typed = "";
    this.undone = { text: "", cursor: 0 };
    this.tty.setRaw(true, { newlines: true });
    try {
      await this.show(visiblePrompt(prompt));
      return await this.keys();
    } finally {
      this.tty.setRaw(false);
    }
  }

  private async show(text: string): Promise<void> {
    await this.sh.write(1, text);
  }

  private async key(): Promise<string | undefined> {
    if (this.pending === "") {
      const chunk = await this.input.read(1, this.sh.proc.waiter);
      if (chunk === undefined) return undefined;
      this.pending = toByteString(chunk);
      await this.readOn();
    }
    const c = this.pending[0];
    this.pending = this.pending.slice(1);
    return c;
  }

  /** Takes what has come along; behind the end of the line it is for whoever reads next. */
  private async readOn(): Promise<void> {
    for (let last = this.pending; last !== "\n" && last !== "\r";) {
      if (this.input.ready().available === 0) return;
      const chunk = await this.input.read(1, this.sh.proc.waiter);
      if (chunk === undefined) return;
      last = toByteString(chunk);
      this.pending += last;
    }
  }

  private async keys(): Promise<EditResult> {
    for (;;) {
      const c = await this.key();
      if (c === undefined) return { kind: "end" };
      if (c !== "\t") this.lists = false;
      if (c === "\r" || c === "\n") {
        this.cursor = this.text.length;
        await this.refresh();
        await this.show("\r\n");
        return { kind: "line", text: this.text };
      }
      if (c === "\x03") {
        await this.show("^C");
        return { kind: "interrupt" };
      }
      if (c === "\x04" && this.text === "") return { kind: "end" };
      if (this.command) await this.viKey(c);
      else await this.plainKey(c);
    }
  }

  private async plainKey(c: string): Promise<void> {
    switch (c) {
      case "\x01":
        return this.moveTo(0);
      case "\x02":
        return this.moveTo(this.back(this.cursor));
      case "\x05":
        return this.moveTo(this.text.length);
      case "\x06":
        return this.moveTo(this.forward(this.cursor));
      case "\x04":
        return this.remove(this.cursor, this.forward(this.cursor), false);
      case "\b":
      case "\x7f":
        return this.remove(this.back(this.cursor), this.cursor, false);
      case "\t":
        return this.tab();
      case "\x0b":
        return this.remove(this.cursor, this.text.length, true);
      case "\x0c":
        await this.show("\x1b[H\x1b[J" + visiblePrompt(this.prompt));
        this.row = 0;
        return this.refresh();
      case "\x0e":
        return this.recall(1);
      case "\x10":
        return this.recall(-1);
      case "\x12":
        return this.search();
      case "\x15":
        return this.remove(0, this.cursor, true);
      case "\x17":
        return this.remove(this.wordBack(true), this.cursor, true);
      case "\x1b":
        return this.escape();
    }
    if (c >= " ") await this.insert(c + this.typedAhead());
  }

  /** Ordinary characters that have come along with this one: pasted text is drawn once. */
  private typedAhead(): string {
    let n = 0;
    while (n < this.pending.length && this.pending[n] >= " " && this.pending[n] !== "\x7f") n++;
    const run = this.pending.slice(0, n);
    this.pending = this.pending.slice(n);
    return run;
  }

  private async escape(): Promise<void> {
    if (this.pending === "" && !await this.moreComes()) {
      if (!this.sh.flags.vi || this.command) return;
      this.command = true;
      return this.moveTo(this.back(this.cursor));
    }
    const c = await this.key();
    if (c === "[" || c === "O") return this.sequence();
    switch (c) {
      case "b":
        return this.moveTo(this.wordBack(false));
      case "f":
        return this.moveTo(this.wordForward());
      case "d":
        return this.remove(this.cursor, this.wordForward(), true);
      case "\x7f":
        return this.remove(this.wordBack(false), this.cursor, true);
    }
  }

  /** Whether a key follows so soon that it belongs to the escape before it. */
  private async moreComes(): Promise<boolean> {
    const ready = await this.sh.proc.poll([{ file: this.input, read: true }], ESCAPE_MS);
    return ready.length > 0;
  }

  private async sequence(): Promise<void> {
    let text = "";
    for (;;) {
      const c = await this.key();
      if (c === undefined) return;
      text += c;
      if (c >= "@" && c <= "~") break;
    }
    switch (text) {
      case "A":
        return this.recall(-1);
      case "B":
        return this.recall(1);
      case "C":
        return this.moveTo(this.forward(this.cursor));
      case "D":
        return this.moveTo(this.back(this.cursor));
      case "1;5C":
      case "5C":
        return this.moveTo(this.wordForward());
      case "1;5D":
      case "5D":
        return this.moveTo(this.wordBack(false));
      case "H":
      case "1~":
      case "7~":
        return this.moveTo(0);
      case "F":
      case "4~":
      case "8~":
        return this.moveTo(this.text.length);
      case "3~":
        return this.remove(this.cursor, this.forward(this.cursor), false);
    }
  }

  // -- vi commands ------------------------------------------------------------------------------

  private async viKey(c: string): Promise<void> {
    if (c === "\x12") return this.search();
    if (c === "\x1b") {
      // Arrow keys work here too; Escape gives up what was begun.
      this.typed = "";
      return this.escape();
    }
    this.typed += c;
    const result = viCommand(this, this.typed);
    if (result === undefined) return;
    this.typed = "";
    if (result.history !== undefined) {
      const step = Math.sign(result.history);
      for (let i = 0; i < Math.abs(result.history) && this.canRecall(step); i++) {
        await this.recall(step);
      }
      return this.moveTo(0);
    }
    const { line } = result;
    if (result.undo) {
      const { text, cursor } = this.undone;
      this.undone = { text: this.text, cursor: this.cursor };
      this.text = text;
      this.cursor = cursor;
    } else {
      if (line.text !== this.text) this.undone = { text: this.text, cursor: this.cursor };
      this.text = line.text;
      this.cursor = line.cursor;
      this.cut = line.cut;
    }
    if (result.inserts) this.command = false;
    return this.refresh();
  }

  // -- the text ---------------------------------------------------------------------------------

  private back(at: number): number {
    let i = at - 1;
    while (i > 0 && (this.text.charCodeAt(i) & 0xc0) === 0x80) i--;
    return Math.max(i, 0);
  }

  private forward(at: number): number {
    let i = at + 1;
    while (i < this.text.length && (this.text.charCodeAt(i) & 0xc0) === 0x80) i++;
    return Math.min(i, this.text.length);
  }

  private wordBack(blanks: boolean): number {
    const inside = (c: string): boolean => blanks ? c !== " " : /[A-Za-z0-9_\x80-\xff]/.test(c);
    let i = this.cursor;
    while (i > 0 && !inside(this.text[i - 1])) i--;
    while (i > 0 && inside(this.text[i - 1])) i--;
    return i;
  }

  private wordForward(): number {
    const inside = (c: string): boolean => /[A-Za-z0-9_\x80-\xff]/.test(c);
    let i = this.cursor;
    while (i < this.text.length && !inside(this.text[i])) i++;
    while (i < this.text.length && inside(this.text[i])) i++;
    return i;
  }

  private async insert(s: string): Promise<void> {
    const atEnd = this.cursor === this.text.length;
    this.text = this.text.slice(0, this.cursor) + s + this.text.slice(this.cursor);
    this.cursor += s.length;
    const column = promptWidth(this.prompt) + displayWidth(this.text);
    // Adding at the end of a line that does not wrap needs no more than writing it.
    if (atEnd && column < this.tty.columns()) await this.show(s);
    else await this.refresh();
  }

  private remove(from: number, to: number, keep: boolean): Promise<void> {
    if (from === to) return Promise.resolve();
    if (keep) this.cut = this.text.slice(from, to);
    this.text = this.text.slice(0, from) + this.text.slice(to);
    this.cursor = from;
    return this.refresh();
  }

  private moveTo(at: number): Promise<void> {
    if (at === this.cursor) return Promise.resolve();
    this.cursor = at;
    return this.refresh();
  }

  private replace(text: string): Promise<void> {
    this.text = text;
    this.cursor = text.length;
    return this.refresh();
  }

  /** Draws prompt and line again and puts the cursor where it belongs. */
  private async refresh(): Promise<void> {
    const columns = Math.max(this.tty.columns(), 2);
    const width = promptWidth(this.prompt);
    const prompt = visiblePrompt(this.prompt);
    const lastLine = prompt.slice(prompt.lastIndexOf("\n") + 1);
    const end = width + displayWidth(this.text);
    const at = width + displayWidth(this.text.slice(0, this.cursor));
    let out = this.row > 0 ? `\x1b[${this.row}A\r` : "\r";
    out += "\x1b[J" + lastLine + this.text;
    // A full last row leaves the cursor behind it; a newline brings it to the next row.
    if (end > 0 && end % columns === 0) out += "\r\n";
    const endRow = Math.floor(end / columns);
    const row = Math.floor(at / columns);
    if (endRow > row) out += `\x1b[${endRow - row}A`;
    out += "\r";
    if (at % columns > 0) out += `\x1b[${at % columns}C`;
    this.row = row;
    await this.show(out);
  }

  // -- history ----------------------------------------------------------------------------------

  private canRecall(step: number): boolean {
    const to = this.place + step;
    return to >= 0 && to <= this.sh.shared.history.length;
  }

  private recall(step: number): Promise<void> {
    const history = this.sh.shared.history;
    const to = this.place + step;
    if (to < 0 || to > history.length) return this.show("\x07");
    // A line of the history that was changed stays so.
    if (this.place === history.length) this.draft = this.text;
    else history[this.place] = this.text;
    this.place = to;
    return this.replace(to === history.length ? this.draft : history[to]);
  }

  /** Reverse search: characters narrow it, ^R goes further back, other keys take what was found. */
  private async search(): Promise<void> {
    const history = this.sh.shared.history;
    const prompt = this.prompt;
    const before = this.text;
    let wanted = "";
    let at = history.length;
    const look = (from: number): void => {
      for (let i = from; i >= 0; i--) {
        if (history[i].includes(wanted)) {
          at = i;
          this.text = history[i];
          this.cursor = history[i].indexOf(wanted);
          return;
        }
      }
    };
    for (;;) {
      this.prompt = `(reverse-i-search)'${wanted}': `;
      await this.refresh();
      const c = await this.key();
      if (c === undefined || c === "\x07" || c === "\x03") {
        this.text = before;
        this.cursor = before.length;
        break;
      }
      if (c === "\x12") look(at - 1);
      else if (c === "\x7f" || c === "\b") {
        wanted = wanted.slice(0, -1);
        look(history.length - 1);
      } else if (c >= " ") {
        wanted += c;
        look(Math.min(at, history.length - 1));
      } else {
        this.pending = c + this.pending;
        break;
      }
    }
    this.prompt = prompt;
    await this.refresh();
  }

  // -- completion -------------------------------------------------------------------------------

  private async tab(): Promise<void> {
    const { start, words } = complete(this.sh, this.text, this.cursor);
    if (this.lists) return await this.list(words);
    if (words.length === 0) return this.show("\x07");
    // One candidate is taken; of several, what they have in common, and the next Tab lists them.
    this.lists = words.length > 1;
    const prefix = commonPrefix(words);
    if (prefix.length <= this.cursor - start && words.length > 1) return this.show("\x07");
    const rest = this.text.slice(this.cursor);
    this.text = this.text.slice(0, start) + prefix + rest;
    this.cursor = start + prefix.length;
    return this.refresh();
  }

  /** Shows the last components of the candidates, in columns. */
  private async list(words: readonly string[]): Promise<void> {
    const names = words.slice(0, MAX_LISTED).map((word) => {
      const plain = word.replace(/ $/, "").replaceAll(/\\(.)/g, "$1");
      return plain.slice(plain.lastIndexOf("/", plain.length - 2) + 1);
    });
    const width = Math.max(...names.map(displayWidth), 0) + 2;
    const columns = Math.max(Math.floor(this.tty.columns() / width), 1);
    const rows = Math.ceil(names.length / columns);
    let out = "\r\n";
    for (let row = 0; row < rows; row++) {
      let line = "";
      for (let i = row; i < names.length; i += rows) {
        line += names[i] + " ".repeat(width - displayWidth(names[i]));
      }
      out += line.trimEnd() + "\r\n";
    }
    if (words.length > MAX_LISTED) out += `(${words.length - MAX_LISTED} more)\r\n`;
    await this.show(out + visiblePrompt(this.prompt));
    this.row = 0;
    await this.refresh();
  }
}
