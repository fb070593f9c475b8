import { type ByteString, type Terminal } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import { compile, type Regex, RegexError } from "./_lib/regex/regex.ts";
import { inSequence } from "./_lib/sequence.ts";
import { visibleBytes } from "./_lib/visible.ts";
import { toBytes } from "../sandbox/bytes.ts";

/** Longest file that is held for moving about in it. */
const LARGEST = 64 << 20;

/** Shows files screen by screen; a copy where there is no terminal. Source: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "less",
  usage: "[-EFIMmNSRh~] [FILE]...",
  about: "View FILE (or stdin) one screenful at a time",
  options: {
    E: { help: "End at the end of the file" },
    F: { help: "End at once if all fits on the screen" },
    I: { help: "Search without regard to case" },
    M: { help: "Line numbers and percentage in the last line" },
    m: { help: "As -M" },
    N: { help: "Line numbers" },
    S: { help: "Cut long lines" },
    R: { help: "Take colours out of the input" },
    "~": { help: "No ~ behind the end" },
    h: {},
    s: {},
    X: {},
  },
  async run(ctx) {
    const files = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    const terminal = ctx.process.fd(1)?.tty;
    if (terminal === undefined || ctx.process.tty === undefined) {
      await copyAll(ctx, files);
      return;
    }
    for (const path of files) {
      const source = ctx.open(path);
      if (source === undefined) continue;
      const text = await readText(ctx, source);
      const pager = new Pager(ctx, terminal, path, text);
      if (!await pager.run()) return;
    }
  },
});

type PagerContext = Omit<Context, "opts"> & {
  readonly opts: { readonly [name: string]: string | boolean | number | undefined };
};

/** Copies as `cat` does. */
async function copyAll(ctx: PagerContext, files: readonly ByteString[]): Promise<void> {
  await inSequence(files, async (path) => {
    const source = ctx.open(path);
    if (source === undefined) return;
    try {
      for (;;) {
        let chunk = source.read();
        if (chunk instanceof Promise) chunk = await chunk;
        if (chunk === undefined) break;
        const full = ctx.stdout.write(chunk) ?? ctx.tick(1 + (chunk.length >> 6));
        if (full !== undefined) await full;
      }
      source.close();
    } catch (error) {
      if (!isVfsError(error) || error.code === "EPIPE") throw error;
      ctx.fail(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
    }
  });
}

async function readText(ctx: PagerContext, source: Source): Promise<ByteString> {
  const parts: ByteString[] = [];
  let length = 0;
  for (;;) {
    let chunk = source.readReused();
    if (chunk instanceof Promise) chunk = await chunk;
    if (chunk === undefined) break;
    length += chunk.length;
    ctx.process.chargeMemory(chunk.length);
    if (length > LARGEST) break;
    parts.push(toByteString(chunk));
  }
  source.close();
  return parts.join("");
}

/** The screen, and where in the file it is. */
class Pager {
  /** Rows of the screen, and the line of the file that each belongs to. */
  readonly #rows: { readonly text: string; readonly line: number }[] = [];
  #top = 0;
  #pattern: Regex | undefined;
  #message = "";

  constructor(
    private readonly ctx: PagerContext,
    private readonly terminal: Terminal,
    private readonly name: ByteString,
    text: ByteString,
  ) {
    const { opts } = ctx;
    const lines = text.split("\n");
    if (lines[lines.length - 1] === "") lines.pop();
    const width = terminal.columns();
    const show = visibleBytes({ tabs: false, ends: false });
    lines.forEach((raw, index) => {
      // deno-lint-ignore no-control-regex
      const plain = opts.R ? raw.replace(/\x1b\[[0-9;]*m/g, "") : raw;
      let line = expandTabs(toByteString(show(toBytes(plain))));
      if (opts.N) line = `${String(index + 1).padStart(7)} ${line}`;
      if (opts.S || line.length <= width) {
        this.#rows.push({ text: line.slice(0, width), line: index + 1 });
        return;
      }
      for (let at = 0; at < line.length; at += width) {
        this.#rows.push({ text: line.slice(at, at + width), line: index + 1 });
      }
    });
  }

  /** Serves keys; false when the user has had enough. */
  async run(): Promise<boolean> {
    const { ctx, terminal } = this;
    const { opts } = ctx;
    if (opts.F && this.#rows.length < terminal.rows()) {
      for (const { text } of this.#rows) ctx.out.print(`${text}\n`);
      return true;
    }
    terminal.setRaw(true, { isig: true });
    try {
      for (;;) {
        this.#draw();
        const page = terminal.rows() - 1;
        const key = await this.#key();
        this.#message = "";
        switch (key) {
          case "q":
          case "Q":
          case undefined:
            return false;
          case " ":
          case "f":
          case "\x06":
          case "\x1b[6~":
            if (opts.E && this.#top + page >= this.#rows.length) return true;
            this.#move(this.#top + page);
            break;
          case "b":
          case "\x02":
          case "\x1b[5~":
            this.#move(this.#top - page);
            break;
          case "d":
          case "\x04":
            this.#move(this.#top + (page >> 1));
            break;
          case "u":
          case "\x15":
            this.#move(this.#top - (page >> 1));
            break;
          case "j":
          case "e":
          case "\r":
          case "\n":
          case "\x1b[B":
            if (opts.E && this.#top + page >= this.#rows.length) return true;
            this.#move(this.#top + 1);
            break;
          case "k":
          case "y":
          case "\x1b[A":
            this.#move(this.#top - 1);
            break;
          case "g":
          case "<":
          case "\x1b[H":
            this.#move(0);
            break;
          case "G":
          case ">":
          case "\x1b[F":
            this.#move(this.#rows.length);
            break;
          case "/":
          case "?":
            await this.#search(key);
            break;
          case "n":
            this.#find(1);
            break;
          case "N":
            this.#find(-1);
            break;
          case "h":
            this.#message = "space/b page  j/k line  g/G start/end  / search  n/N again  q quit";
            break;
          case ":":
            // `:n` goes to the next file, `:q` ends.
            if (await this.#key() === "n") return true;
            return false;
        }
      }
    } finally {
      terminal.setRaw(false);
      ctx.stdout.print(`\x1b[${terminal.rows()};1H\x1b[K`);
    }
  }

  #move(to: number): void {
    const last = Math.max(0, this.#rows.length - (this.terminal.rows() - 1));
    this.#top = Math.max(0, Math.min(to, last));
  }

  #draw(): void {
    const { ctx, terminal } = this;
    const page = terminal.rows() - 1;
    let screen = "\x1b[H";
    for (let i = 0; i < page; i++) {
      const row = this.#rows[this.#top + i];
      screen += `${row?.text ?? (ctx.opts["~"] ? "" : "~")}\x1b[K\r\n`;
    }
    const end = this.#top + page >= this.#rows.length;
    let status = this.#message;
    if (status === "") {
      const last = this.#rows[Math.min(this.#top + page, this.#rows.length) - 1];
      const percent = this.#rows.length === 0
        ? 100
        : Math.floor(Math.min(this.#top + page, this.#rows.length) * 100 / this.#rows.length);
      const name = this.name === "-" ? "" : this.name;
      status = ctx.opts.M || ctx.opts.m
        ? `${name} lines ${this.#rows[this.#top]?.line ?? 0}-${last?.line ?? 0} ${percent}%`
        : end
        ? "(END)"
        : this.#top === 0
        ? name
        : ":";
    }
    screen += `\x1b[7m${status.slice(0, terminal.columns() - 1)}\x1b[m\x1b[K`;
    ctx.stdout.print(screen);
  }

  /** A key, or the sequence that an arrow sends. */
  async #key(): Promise<string | undefined> {
    const file = this.ctx.process.fd(0)?.tty === undefined
      ? this.ctx.process.fd(2)
      : this.ctx.process.fd(0);
    if (file === undefined) return undefined;
    const one = async (): Promise<string | undefined> => {
      const bytes = await file.read(1, this.ctx.process.waiter);
      return bytes === undefined ? undefined : String.fromCharCode(bytes[0]);
    };
    const first = await one();
    if (first !== "\x1b") return first;
    let text = first;
    while (text.length < 8) {
      const next = await one();
      if (next === undefined) return undefined;
      text += next;
      if (text.length > 2 && /[A-Za-z~]/.test(next)) break;
    }
    return text;
  }

  async #search(direction: string): Promise<void> {
    let text = "";
    for (;;) {
      this.#message = direction + text;
      this.#draw();
      const key = await this.#key();
      if (key === undefined || key === "\x1b") {
        this.#message = "";
        return;
      }
      if (key === "\r" || key === "\n") break;
      if (key === "\x7f" || key === "\b") text = text.slice(0, -1);
      else if (key.length === 1 && key >= " ") text += key;
    }
    this.#message = "";
    try {
      this.#pattern = compile(text, { syntax: "ere", icase: !!this.ctx.opts.I });
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      this.#message = error.message;
      return;
    }
    this.#find(direction === "/" ? 1 : -1);
  }

  #find(step: 1 | -1): void {
    if (this.#pattern === undefined) {
      this.#message = "No previous regular expression";
      return;
    }
    for (let i = this.#top + step; i >= 0 && i < this.#rows.length; i += step) {
      if (this.#pattern.test(this.#rows[i].text)) {
        this.#move(i);
        return;
      }
    }
    this.#message = "Pattern not found";
  }
}

function expandTabs(text: string): string {
  if (!text.includes("\t")) return text;
  let line = "";
  for (const char of text) line += char === "\t" ? " ".repeat(8 - line.length % 8) : char;
  return line;
}
