import { type ByteString, S_IFMT, S_IFREG } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Source } from "./contract.ts";
import { keyboard, KeyReader } from "./_lib/keys.ts";

const HELP = "(Enter:next line Space:next page Q:quit R:show the rest)";
const TAB = 8;

/** Shows files screen by screen, forwards only. Source of behaviour: POSIX more, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "more",
  usage: "[FILE]...",
  about: "View FILE (or stdin) one screenful at a time",
  options: { d: {}, f: {}, l: {}, s: {}, u: {} },
  async run(ctx) {
    const { process } = ctx;
    const files: readonly ByteString[] = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    const terminal = process.fd(1)?.tty;
    const keys = terminal === undefined ? undefined : keyboard(process);
    if (terminal === undefined || keys === undefined) return await copyAll(ctx, files);
    const pager = new Pager(ctx, new KeyReader(process, keys, terminal));
    terminal.setRaw(true, { isig: true });
    try {
      for (const path of files) {
        let source: Source;
        try {
          source = path === "-" ? ctx.stdin : ctx.openOrThrow(path);
        } catch (error) {
          if (!isVfsError(error)) throw error;
          ctx.say(`more: ${path}: ${error.reason}\r\n`);
          continue;
        }
        if (!await pager.show(source)) break;
        source.close();
      }
    } finally {
      terminal.setRaw(false);
      if (keys !== process.fd(0)) keys.release();
    }
    return 0;
  },
});

/** Copies as `cat` does. */
async function copyAll(
  ctx: Pick<Context, "open" | "stdout" | "tick" | "warn" | "status" | "wasWriting">,
  files: readonly ByteString[],
): Promise<number> {
  for (const path of files) {
    const turn = ctx.tick(1);
    if (turn !== undefined) await turn;
    const source = ctx.open(path);
    if (source === undefined) continue;
    try {
      for (;;) {
        let chunk = source.read();
        if (chunk instanceof Promise) chunk = await chunk;
        if (chunk === undefined) break;
        const full = ctx.stdout.write(chunk) ?? ctx.tick(1 + (chunk.length >> 6));
        if (full !== undefined) await full;
      }
    } catch (error) {
      if (!isVfsError(error) || error.code === "EPIPE") throw error;
      ctx.warn(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
    }
    source.close();
  }
  return ctx.status;
}

/** Shows text, and asks when the screen is full. */
class Pager {
  /** Rows that may still be shown; after `R` there is no end. */
  #room = 0;
  #rest = false;

  constructor(private readonly ctx: Context, private readonly keys: KeyReader) {}

  get #terminal(): { columns(): number; rows(): number } {
    return this.ctx.process.fd(1)!.tty!;
  }

  /** Shows a file; false when the user has had enough. */
  async show(source: Source): Promise<boolean> {
    const { ctx } = this;
    const stat = source.file.stat();
    const size = (stat.mode & S_IFMT) === S_IFREG ? stat.size : 0;
    this.#room = this.#terminal.rows() - 1;
    let column = 0;
    let offset = 0;
    for (;;) {
      let chunk: Uint8Array | undefined;
      try {
        const reading = source.readReused();
        chunk = reading instanceof Promise ? await reading : reading;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return true; // Native does not tell what it cannot read here.
      }
      if (chunk === undefined) return true;
      const text = toByteString(chunk);
      const width = this.#terminal.columns();
      let shown = "";
      for (let i = 0; i < text.length; i++) {
        if (this.#room <= 0 && !this.#rest) {
          ctx.stdout.print(shown);
          shown = "";
          if (!await this.#ask(offset + i + 1, size)) return false;
        }
        const char = text[i];
        if (char === "\n") {
          shown += "\r\n";
          column = 0;
          this.#room--;
          continue;
        }
        const blanks = char === "\t" ? TAB - column % TAB : 0;
        shown += blanks > 0 ? " ".repeat(blanks) : char;
        column += blanks || 1;
        if (column >= width) {
          column = 0;
          this.#room--;
        }
      }
      offset += text.length;
      ctx.stdout.print(shown);
      const pause = ctx.stdout.drained() ?? ctx.tick(1 + (text.length >> 4));
      if (pause !== undefined) await pause;
    }
  }

  /** Asks how to go on; false for not at all. */
  async #ask(offset: number, size: number): Promise<boolean> {
    const { stdout } = this.ctx;
    // As in native, a hundredth of the size is a whole number.
    const percent = Math.floor(offset / Math.max(1, Math.floor(size / 100)));
    let prompt = `--More-- ${size > 0 ? `(${percent}% of ${size} bytes)` : ""}`;
    for (;;) {
      stdout.print(prompt);
      const key = await this.keys.read();
      stdout.print(`\r${" ".repeat(prompt.length)}\r`);
      switch (key) {
        case undefined:
        case "q":
        case "Q":
          return false;
        case " ":
          this.#room = this.#terminal.rows() - 1;
          return true;
        case "\r":
        case "\n":
          this.#room = 1;
          return true;
        case "r":
        case "R":
          this.#rest = true;
          return true;
      }
      prompt = HELP;
    }
  }
}
