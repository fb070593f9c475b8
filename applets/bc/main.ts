import type { ByteString } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Source } from "../contract.ts";
import { BcError, NeedMore } from "./lex.ts";
import { LineWriter } from "../_lib/number_lines.ts";
import { ILLEGAL, illegalCharacter, withoutNuls } from "../_lib/calculator_text.ts";
import { type Decimal, MathError } from "../_lib/decimal.ts";
import { LongLines } from "../_lib/long_line.ts";
import { Parser } from "./parse.ts";
import { Halt, Machine } from "./run.ts";

const OPTIONS = {
  w: { help: "Warn of what POSIX does not have", long: "warn" },
  v: { long: "version" },
  s: { help: "Refuse what POSIX does not have", long: "standard" },
  q: { help: "Show no banner", long: "quiet" },
  l: { help: "Know s c a l e j, and begin with scale 20", long: "mathlib" },
  i: { long: "interactive" },
} as const;

/** A calculator of any precision. Source of behaviour: POSIX bc, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "bc",
  usage: "[-sqlw] [FILE]...",
  about: "Calculate with numbers of any length; $BC_LINE_LENGTH sets the width of the output",
  lostOutput: "output error",
  options: OPTIONS,
  run: (ctx) => {
    if (!ctx.opts.v) return new Session(ctx).run();
    ctx.out.print("bc 1.35.0\n");
    return 0;
  },
});

/** Opens a program. `-` is a file of that name. */
function openProgram(ctx: Context<typeof OPTIONS>, path: ByteString): Source {
  try {
    return ctx.openOrThrow(path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't open '${path}': ${error.reason}`);
  }
}

/** One run of bc over its files and standard input. */
class Session {
  readonly #machine: Machine;
  #stdin: LongLines | undefined;
  readonly #posix: (message: string, line?: number) => void;
  /** Of the statement at hand: it may have to be read again when more text comes. */
  #warnings: string[] = [];
  /** The file that is read, for messages; none for standard input. */
  #file: { readonly path: ByteString; readonly parser: Parser } | undefined;

  constructor(private readonly ctx: Context<typeof OPTIONS>) {
    this.#posix = (message, at) => {
      const line = this.#file && (at ?? this.#file.parser.lexer.line);
      if (ctx.opts.s) throw new BcError(message, line);
      const where = line === undefined ? "" : `${this.#file!.path}:${line}: `;
      if (ctx.opts.w) this.#warnings.push(where + message);
    };
    const writer = new LineWriter(ctx.out, ctx.env.get("BC_LINE_LENGTH"), 2);
    this.#machine = new Machine({
      writer,
      tick: (steps) => ctx.tick(steps),
      read: (machine) => this.#read(machine),
    }, ctx.opts.l === true);
  }

  /** Says the warnings; they are no failure. */
  #warn(): void {
    for (const message of this.#warnings) this.ctx.say(`${this.ctx.name}: ${message}\n`);
    this.#warnings = [];
  }

  async run(): Promise<number> {
    try {
      for (const path of this.ctx.operands) {
        const source = openProgram(this.ctx, path);
        let text: ByteString;
        try {
          text = await source.readAll();
        } catch (error) {
          if (!isVfsError(error)) throw error;
          throw new BcError(`input error: ${error.reason}`);
        }
        source.close();
        if (!await this.#text(path, text)) return 0;
      }
      await this.#input();
      return this.ctx.status;
    } catch (error) {
      if (error instanceof Halt) return 0;
      if (!(error instanceof BcError) && !(error instanceof MathError)) {
        if (!(error instanceof RangeError) || /call stack/i.test(error.message)) throw error;
        this.ctx.warn("out of memory");
        return 1;
      }
      this.ctx.warn(error.message);
      return 1;
    }
  }

  /** Runs a whole file; false when it says `quit`. */
  async #text(path: ByteString, text: ByteString): Promise<boolean> {
    const parser = new Parser(this.#posix);
    const whole = withoutNuls(text);
    const wrong = ILLEGAL.exec(whole);
    // The lines before a wrong one run.
    const good = wrong === null ? whole.length : whole.lastIndexOf("\n", wrong.index) + 1;
    parser.lexer.text = whole.slice(0, good);
    parser.lexer.ended = wrong === null;
    this.#file = { path, parser };
    try {
      if (!await this.#statements(parser)) return false;
      if (wrong !== null) throw new BcError(illegalCharacter(wrong[0]));
      return true;
    } catch (error) {
      if (error instanceof NeedMore && wrong !== null) {
        throw new BcError(`${path}:${error.line}: ${illegalCharacter(wrong[0])}`);
      }
      if (error instanceof BcError || error instanceof MathError) {
        const line = (error instanceof BcError ? error.line : undefined) ?? parser.line;
        throw new BcError(`${path}:${line}: ${error.message}`);
      }
      throw error;
    }
  }

  /** Runs standard input, line by line as it comes. */
  async #input(): Promise<void> {
    this.#file = undefined;
    const parser = new Parser(this.#posix);
    const { lexer } = parser;
    for (;;) {
      try {
        if (!await this.#statements(parser)) return;
        if (lexer.ended) return;
      } catch (error) {
        if (!(error instanceof NeedMore)) throw error;
      }
      const next = await this.#line();
      if (next === undefined) {
        lexer.ended = true;
        continue;
      }
      const line = withoutNuls(next);
      const wrong = ILLEGAL.exec(line);
      if (wrong !== null) throw new BcError(illegalCharacter(wrong[0]));
      // What was run is not needed any more, and each text that grows is copied when it is read.
      lexer.text = lexer.at === lexer.text.length ? line : lexer.text.slice(lexer.at) + line;
      lexer.at = 0;
    }
  }

  async #line(): Promise<ByteString | undefined> {
    try {
      let bytes = (this.#stdin ??= new LongLines(this.ctx.stdin, this.ctx.process)).next();
      if (bytes instanceof Promise) {
        // Whoever has to answer may be waiting for what was printed.
        this.ctx.out.flushNow();
        bytes = await bytes;
      }
      return bytes === undefined ? undefined : toByteString(bytes);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.ctx.fail(`input error: ${error.reason}`);
    }
  }

  /** Runs statements as far as the text goes; false at `quit`. */
  async #statements(parser: Parser): Promise<boolean> {
    const { lexer } = parser;
    for (;;) {
      if (lexer.at === lexer.text.length && !lexer.ended) return true;
      const { at, line } = lexer;
      let parsed;
      try {
        parsed = parser.next();
      } catch (error) {
        if (error instanceof NeedMore) {
          this.#warnings = [];
          parser.reset(at, line);
        } else this.#warn();
        throw error;
      }
      this.#warn();
      switch (parsed.kind) {
        case "end":
          return true;
        case "quit":
          return false;
        case "function":
          this.#machine.functions.set(parsed.definition.name, parsed.definition);
          break;
        case "code": {
          await this.#machine.run(parsed.code);
          const wait = this.ctx.tick(4);
          if (wait !== undefined) {
            this.ctx.out.flushNow();
            await wait;
          }
        }
      }
    }
  }

  /** `read()`: an expression in the next line of standard input. */
  async #read(machine: Machine): Promise<Decimal> {
    const line = await this.#line();
    const parser = new Parser(this.#posix);
    parser.lexer.text = line ?? "";
    parser.lexer.ended = true;
    const parsed = parser.next();
    if (parsed.kind !== "code") throw new BcError("bad read() expression");
    const last = parsed.code[parsed.code.length - 1];
    if (last?.op !== "show" && last?.op !== "pop") throw new BcError("bad read() expression");
    return machine.evaluate(parsed.code.slice(0, -1));
  }
}
