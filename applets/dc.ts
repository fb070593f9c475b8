import type { ByteString } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type Options, type Source } from "./contract.ts";
import { ILLEGAL, illegalCharacter, withoutNuls } from "./_lib/calculator_text.ts";
import { LongLines } from "./_lib/long_line.ts";
import { parseOptionsSoFar } from "./_lib/options.ts";
import { type ArithmeticOp, isShort, LongArithmetic } from "./_lib/decimal_steps.ts";
import { LineWriter, unescape } from "./_lib/number_lines.ts";
import { inSteps, type Steps } from "./_lib/steps.ts";
import {
  add,
  compare,
  type Decimal,
  digitCount,
  divide,
  divideWithRemainder,
  formatNumber,
  integerPart,
  MathError,
  multiply,
  negate,
  ONE,
  parseNumber,
  raise,
  subtract,
  whole,
  ZERO,
} from "./_lib/decimal.ts";

const OPTIONS = {
  x: { help: "Registers may have long names, after a blank" },
  e: { arg: "SCRIPT", many: true, help: "Run SCRIPT" },
  f: { arg: "FILE", many: true, help: "Run FILE" },
} as const;

/** A calculator of any precision with a stack. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "dc",
  usage: "[-x] [-eSCRIPT]... [-fFILE]... [FILE]...",
  about: "Calculate with a stack: numbers and [strings] are pushed, and\n" +
    "+ - * / % ^ ~ | v work on its top; p n P f print; d r R c z change and count;\n" +
    "k i o set and K I O tell scale, input base and output base;\n" +
    "sR lR SR LR :R ;R use register R; x runs a string, >R <R =R !>R !<R !=R (and eR) if so",
  shortOnly: true,
  lostOutput: "output error",
  options: OPTIONS,
  raw: true,
  run: (ctx) => new Calculator(ctx).run(),
});

type Value = Decimal | ByteString;

/** Strings that run inside each other before ends of strings are forgotten. */
const DEPTH = 10_000;
const MOST_BASE = 36;
/** Largest exponent, and scale, with which work on short numbers takes no time to speak of. */
const QUICK_EXPONENT = 8n;
const QUICK_SCALE = 1000;

/** A text that runs. */
interface Running {
  readonly text: ByteString;
  at: number;
  /** Up to here there is no bad char. */
  checked: number;
}

/** The program ends. */
class Quit extends Error {}

type DcContext = Context<typeof OPTIONS>;

class Calculator {
  #longNames = false;
  readonly #writer: LineWriter;
  #stdin: LongLines | undefined;
  #stack: Value[] = [];
  #registers = new Map<ByteString, Value[]>();
  #arrays = new Map<ByteString, Map<string, Value>>();
  #scale = 0;
  #ibase = 10;
  #obase = 10;
  /** Whether it is a file or standard input that runs, and not an argument of -e. */
  #byLines = false;
  #running: Running[] = [];
  /** More text of the outermost one, for strings that span lines of standard input. */
  #more: (() => Promise<ByteString | undefined>) | undefined;

  readonly #long: LongArithmetic;

  constructor(private readonly ctx: DcContext) {
    this.#long = new LongArithmetic((steps) => ctx.tick(steps));
    this.#writer = new LineWriter(ctx.out, ctx.env.get("DC_LINE_LENGTH"), 1);
  }

  async run(): Promise<number> {
    const { ctx } = this;
    // Native runs scripts while it reads its options.
    const given = parseOptionsSoFar(OPTIONS, ctx.argv, { shortOnly: true });
    const opts = given.opts as Options<typeof OPTIONS>;
    this.#longNames = opts.x === true;
    try {
      let scripts = 0;
      const files = [...opts.f ?? []];
      const texts = [...opts.e ?? []];
      for (const name of given.order) {
        this.#byLines = false;
        if (name === "e") await this.#run(texts.shift()!);
        else if (name === "f") await this.#file(files.shift()!);
        else continue;
        scripts++;
      }
      if (given.wrong !== undefined) {
        ctx.say(`${ctx.argv[0]}: ${given.wrong.message}\n`);
        return ctx.usage();
      }
      for (const path of given.operands) {
        const turn = ctx.tick(1);
        if (turn !== undefined) await turn;
        await this.#file(path);
      }
      if (scripts === 0 && given.operands.length === 0) await this.#input();
      return 0;
    } catch (error) {
      if (error instanceof Quit) return 0;
      if (error instanceof MathError) {
        ctx.warn(error.message);
        return 1;
      }
      if (!(error instanceof RangeError)) throw error;
      ctx.warn("out of memory");
      return 1;
    }
  }

  async #file(path: ByteString): Promise<void> {
    let source: Source;
    try {
      source = this.ctx.openOrThrow(path); // `-` is a file of that name.
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.ctx.fail(`can't open '${path}': ${error.reason}`);
    }
    const text = withoutNuls(await readProgram(source));
    this.#byLines = true;
    source.close();
    try {
      await this.#run(text);
    } catch (error) {
      if (!(error instanceof MathError)) throw error;
      const [main] = this.#running;
      const line = main === undefined
        ? 1
        : text.slice(0, Math.max(0, main.at - 1)).split("\n").length;
      throw new MathError(`${path}:${line}: ${error.message}`);
    }
  }

  async #line(): Promise<ByteString | undefined> {
    try {
      let bytes = (this.#stdin ??= new LongLines(this.ctx.stdin, this.ctx.process)).next();
      if (bytes instanceof Promise) bytes = await bytes;
      return bytes === undefined ? undefined : toByteString(bytes);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.ctx.fail(`input error: ${error.reason}`);
    }
  }

  async #input(): Promise<void> {
    this.#more = () => this.#line();
    this.#byLines = true;
    for (;;) {
      const line = await this.#line();
      if (line === undefined) return;
      await this.#run(line);
    }
  }

  // -------------------------------------------------------------------------------------------
  // Stack

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined) throw new MathError("stack has too few elements");
    return value;
  }

  #number(): Decimal {
    return asNumber(this.#pop());
  }

  /** The two topmost numbers, the lower one first; they stay when one is none. */
  #pair(): [Decimal, Decimal] {
    this.#need(2);
    const right = this.#number();
    return [this.#number(), right];
  }

  #need(count: number): void {
    if (this.#stack.length < count) throw new MathError("stack has too few elements");
  }

  #push(value: Value): void {
    this.#stack.push(value);
  }

  #register(name: ByteString): Value[] {
    let values = this.#registers.get(name);
    if (values === undefined) this.#registers.set(name, values = []);
    return values;
  }

  // -------------------------------------------------------------------------------------------
  // Running

  async #run(text: ByteString): Promise<void> {
    this.#running = [{ text, at: 0, checked: 0 }];
    for (let steps = 0; this.#running.length > 0; steps++) {
      const top = this.#running[this.#running.length - 1];
      if (top.at >= top.text.length) {
        this.#running.pop();
        continue;
      }
      if (top.at >= top.checked) this.#check(top);
      if (steps % 16 === 15) {
        const wait = this.ctx.tick(16);
        if (wait !== undefined) await wait;
      }
      const char = top.text[top.at++];
      if (char === "[") await this.#string(top);
      else if (char === "?") await this.#ask();
      else {
        const wait = this.#command(char, top);
        if (wait !== undefined) await wait;
      }
    }
    this.ctx.out.flushNow();
  }

  /**
   * Looks for chars that mean nothing, a line ahead: native reads a line, or a whole string, before it
   * runs any of it.
   */
  #check(top: Running): void {
    const { text } = top;
    const main = this.#running.length === 1;
    let { at } = top;
    if (main) {
      const end = text.indexOf("\n", at);
      const wrong = ILLEGAL.exec(text.slice(at, end < 0 ? undefined : end));
      if (wrong !== null) {
        top.at++; // Into the line, whose number the message shows.
        throw new MathError(illegalCharacter(wrong[0]));
      }
    }
    for (; at < text.length; at++) {
      const char = text[at];
      if (char === "\n" && main) break;
      if (char === "#") {
        const end = text.indexOf("\n", at);
        if (end < 0) break;
        at = end - 1;
      } else if (char === "[") {
        const end = endOfString(text, at + 1);
        // What goes on in the next line is looked at there.
        if (end < 0) break;
        at = end;
      } else if ("sSlL:;<>=".includes(char)) {
        const skip = { text, at: at + 1, checked: 0 };
        if (skip.at < text.length) this.#name(skip);
        if (text[skip.at] === "e" && "<>=".includes(char) && skip.at + 1 < text.length) {
          skip.at++;
          this.#name(skip);
        }
        at = skip.at - 1;
      } else if (char === "e") {
        // It ends what native has read ahead; all before it runs first.
        break;
      } else if (char === "!" && "<>=".includes(text[at + 1] ?? "?")) continue;
      else if (!KNOWN.test(char)) throw badCharacter(char);
    }
    top.checked = at + 1;
  }

  #call(text: ByteString): void {
    const top = this.#running[this.#running.length - 1];
    // A loop by tail calls must not grow for ever.
    if (this.#running.length > DEPTH && top.at >= top.text.length) this.#running.pop();
    if (this.#running.length > 100 * DEPTH) throw new MathError("nesting too deep");
    this.#running.push({ text, at: 0, checked: 0 });
  }

  /** Leaves that many texts; the outermost one ends the program. */
  #leave(count: number): void {
    if (count > this.#running.length) throw new MathError("stack has too few elements");
    if (count === this.#running.length) throw new Quit();
    this.#running.length -= count;
  }

  async #string(top: Running): Promise<void> {
    let text = top.text;
    let at = top.at;
    for (let depth = 1;; at++) {
      if (at >= text.length) {
        const more = this.#running.length === 1 ? await this.#more?.() : undefined;
        if (more === undefined) throw new MathError("unterminated string");
        text += more;
      }
      if (text[at] === "[") depth++;
      else if (text[at] === "]" && --depth === 0) break;
    }
    this.#push(text.slice(top.at, at));
    if (text === top.text) top.at = at + 1;
    else this.#running[this.#running.length - 1] = { text, at: at + 1, checked: at + 1 };
  }

  /** `?`: runs a line of standard input. */
  async #ask(): Promise<void> {
    const line = await this.#line();
    if (line !== undefined) this.#call(line);
  }

  /** The name of a register: the next char, or with `-x` a word behind a blank. */
  #name(top: Running): ByteString {
    if (this.#longNames && /^[ \t\n]$/.test(top.text[top.at] ?? "")) {
      const found = /^\s*([a-z][a-z0-9_]*|\S)/.exec(top.text.slice(top.at));
      if (found === null) this.#badToken(top, top.at);
      top.at += found[0].length;
      return found[1];
    }
    if (top.at >= top.text.length) {
      // Native has lost the command itself where it begins a line of a file.
      const main = this.#byLines && this.#running.length === 1;
      const length = top.text[top.at - 2] === "!" ? 2 : 1;
      const begins = main && /^(?:|\n)$/.test(top.text[top.at - 1 - length] ?? "");
      this.#badToken(top, begins ? top.at : top.at - 1);
    }
    return top.text[top.at++];
  }

  #command(char: string, top: Running): void | Promise<void> {
    if (/[0-9A-F._]/.test(char)) return this.#literal(char, top);
    switch (char) {
      case " ":
      case "\t":
      case "\n":
      case "\r":
      case "\v":
      case "\f":
        return;
      case "#": {
        const end = top.text.indexOf("\n", top.at);
        top.at = end < 0 ? top.text.length : end;
        return;
      }
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "^":
        return this.#arithmetic(char);
      case "~": {
        const [left, right] = this.#pair();
        if (!isShort(left) || !isShort(right) || this.#scale > QUICK_SCALE) {
          const both = this.#long.divideWithRemainder(left, right, this.#scale);
          return this.#later(both, ({ quotient, remainder }) => {
            this.#push(quotient);
            this.#push(remainder);
          });
        }
        const { quotient, remainder } = divideWithRemainder(left, right, this.#scale);
        this.#push(quotient);
        return this.#push(remainder);
      }
      case "|": {
        this.#need(3);
        const modulus = this.#number();
        const exponent = this.#number();
        const power = this.#long.powerModulo(this.#number(), exponent, modulus);
        return this.#later(power, (value) => this.#push(value));
      }
      case "v":
        return this.#later(
          this.#long.squareRoot(this.#number(), this.#scale),
          (value) => this.#push(value),
        );
      case "G":
      case "(":
      case "{": {
        const [left, right] = this.#pair();
        const order = compare(right, left);
        const holds = char === "G" ? order === 0 : char === "(" ? order < 0 : order <= 0;
        return this.#push(holds ? ONE : ZERO);
      }
      case "N":
        return this.#push(this.#number().value === 0n ? ONE : ZERO);
      case "p":
        this.#need(1);
        return this.#show(this.#stack[this.#stack.length - 1]);
      case "n":
        return this.#show(this.#pop());
      case "P":
        return this.#bytes(this.#pop());
      case "f":
        return this.#showAll(this.#stack.length - 1);
      case "c":
        this.#stack = [];
        return;
      case "d":
        this.#need(1);
        return this.#push(this.#stack[this.#stack.length - 1]);
      case "r": {
        this.#need(2);
        const one = this.#pop();
        const two = this.#pop();
        this.#push(one);
        return this.#push(two);
      }
      case "R":
        this.#pop();
        return;
      case "z":
        return this.#push(whole(this.#stack.length));
      case "Z": {
        const value = this.#pop();
        if (typeof value !== "string" && value.value !== 0n && !isShort(value)) {
          return this.#later(this.#long.digitCount(value), (digits) => this.#push(whole(digits)));
        }
        return this.#push(whole(typeof value === "string" ? value.length : lengthOf(value)));
      }
      case "X":
        return this.#push(whole(this.#number().scale));
      case "a":
        return this.#push(charOf(this.#pop()));
      case "k": {
        const value = integerPart(notNegative(this.#number()));
        this.#scale = Number(value > 4294967295n ? 4294967295n : value);
        return;
      }
      case "i":
        this.#ibase = base(this.#number(), MOST_BASE, "bad ibase; must be [2,16]");
        return;
      case "o":
        this.#obase = base(this.#number(), 999, "bad obase; must be [2,999]");
        return;
      case "K":
        return this.#push(whole(this.#scale));
      case "I":
        return this.#push(whole(this.#ibase));
      case "O":
        return this.#push(whole(this.#obase));
      case "s":
      case "S":
      case "l":
      case "L":
      case ":":
      case ";":
        return this.#registerCommand(char, this.#name(top));
      case "x": {
        const value = this.#pop();
        if (typeof value === "string") this.#call(value);
        else this.#push(value);
        return;
      }
      case "<":
      case ">":
      case "=":
        return this.#conditional(char, false, top);
      case "!": {
        const next = top.text[top.at] ?? "";
        if (!/[<>=]/.test(next) || next === "") break;
        top.at++;
        return this.#conditional(next, true, top);
      }
      case "q":
        return this.#leave(Math.min(2, this.#running.length));
      case "Q": {
        const count = integerPart(notNegative(this.#number()));
        if (count > 4294967295n) throw new MathError("stack has too few elements");
        return this.#leave(Number(count));
      }
      case "e":
        return this.#badToken(top, top.at - 1);
    }
    throw badCharacter(char);
  }

  #badToken(top: Running, at: number): never {
    const end = top.text.indexOf("\n", at);
    throw new MathError(`bad token at '${top.text.slice(at, end < 0 ? undefined : end)}'`);
  }

  /** Goes on with what long work gives. */
  #later<R>(steps: Steps<R>, use: (result: R) => void | Promise<void>): void | Promise<void> {
    const result = inSteps(steps);
    return result instanceof Promise ? result.then(use) : use(result);
  }

  #literal(char: string, top: Running): void | Promise<void> {
    let { at } = top;
    const negative = char === "_";
    if (negative) { while (/[ \t\n]/.test(top.text[at] ?? "")) at++; }
    else at--;
    const found = /^(?:[0-9A-F]+\.?[0-9A-F]*|\.[0-9A-F]+)/.exec(top.text.slice(at));
    if (found === null) {
      if (negative) this.#badToken(top, at);
      throw new MathError(`bad character '${char}'`);
    }
    top.at = at + found[0].length;
    const push = (number: Decimal): void => this.#push(negative ? negate(number) : number);
    if (found[0].length > QUICK_SCALE) {
      return this.#later(this.#long.parseNumber(found[0], this.#ibase), push);
    }
    push(parseNumber(found[0], this.#ibase));
  }

  #arithmetic(op: ArithmeticOp): void | Promise<void> {
    const [left, right] = this.#pair();
    const scale = this.#scale;
    const quick = scale <= QUICK_SCALE && isShort(left) && isShort(right) &&
      (op !== "^" || (right.value < QUICK_EXPONENT && right.value > -QUICK_EXPONENT));
    if (!quick) {
      return this.#later(this.#long.binary(op, left, right, scale), (value) => this.#push(value));
    }
    switch (op) {
      case "+":
        return this.#push(add(left, right));
      case "-":
        return this.#push(subtract(left, right));
      case "*":
        return this.#push(multiply(left, right, scale));
      case "/":
        return this.#push(divide(left, right, scale));
      case "%":
        return this.#push(divideWithRemainder(left, right, scale).remainder);
      default:
        return this.#push(raise(left, right, scale));
    }
  }

  #registerCommand(command: string, name: ByteString): void {
    switch (command) {
      case "s": {
        const value = this.#pop();
        const values = this.#register(name);
        values[Math.max(0, values.length - 1)] = value;
        return;
      }
      case "S": {
        const value = this.#pop();
        const values = this.#register(name);
        // Below the first pushed value lies the zero that every register begins with.
        if (values.length === 0) values.push(ZERO);
        values.push(value);
        return;
      }
      case "l": {
        const values = this.#register(name);
        return this.#push(values[values.length - 1] ?? ZERO);
      }
      case "L": {
        const values = this.#register(name);
        if (values.length < 2) throw new MathError("stack has too few elements");
        return this.#push(values.pop()!);
      }
    }
    const key = String(integerPart(notNegative(this.#number())));
    let array = this.#arrays.get(name);
    if (array === undefined) this.#arrays.set(name, array = new Map());
    if (command === ":") array.set(key, this.#pop());
    else this.#push(array.get(key) ?? ZERO);
  }

  /** Runs a register if the comparison holds, else the one behind `e`. */
  #conditional(op: string, negated: boolean, top: Running): void {
    let name: ByteString | undefined = this.#name(top);
    let otherwise: ByteString | undefined;
    if (top.text[top.at] === "e") {
      top.at++;
      otherwise = this.#name(top);
    }
    const [left, right] = this.#pair();
    const order = compare(right, left);
    const holds = op === "<" ? order < 0 : op === ">" ? order > 0 : order === 0;
    if (holds === negated) name = otherwise;
    if (name === undefined) return;
    const values = this.#register(name);
    const value = values[values.length - 1];
    if (typeof value !== "string") throw new MathError("variable is wrong type");
    this.#call(value);
  }

  // -------------------------------------------------------------------------------------------
  // Output

  #show(value: Value): void | Promise<void> {
    if (typeof value !== "string" && !isShort(value)) {
      return this.#later(this.#long.formatNumber(value, this.#obase), (text) => {
        this.#writer.number(text);
        this.#writer.newline();
      });
    }
    // Native writes the first byte of a string, even if that is its end.
    if (typeof value === "string") this.#writer.text(unescape(value) || "\0");
    else this.#writer.number(formatNumber(value, this.#obase));
    this.#writer.newline();
  }

  /** The stack from an index down. */
  #showAll(from: number): void | Promise<void> {
    for (let i = from; i >= 0; i--) {
      const wait = this.#show(this.#stack[i]);
      if (wait !== undefined) return wait.then(() => this.#showAll(i - 1));
    }
  }

  /** `P`: a string as it is; the digits of a number in base 256 as bytes. */
  #bytes(value: Value): void {
    if (typeof value === "string") {
      this.#writer.text(value);
      return;
    }
    notNegative(value);
    const whole = integerPart(value);
    let text = value.value === 0n ? "\0" : "";
    const digits = whole === 0n ? "" : whole.toString(16);
    for (let at = -(digits.length % 2); at < digits.length; at += 2) {
      text += String.fromCharCode(parseInt(digits.slice(Math.max(0, at), at + 2), 16));
    }
    const unit = 10n ** BigInt(value.scale);
    let fraction = value.value % unit;
    for (let power = 1n; power < unit; power *= 256n) {
      fraction *= 256n;
      text += String.fromCharCode(Number(fraction / unit));
      fraction %= unit;
    }
    this.#writer.text(text);
  }
}

function asNumber(value: Value): Decimal {
  if (typeof value === "string") throw new MathError("variable is wrong type");
  return value;
}

function notNegative(value: Decimal): Decimal {
  if (value.value < 0n) throw new MathError("negative number");
  return value;
}

async function readProgram(source: Source): Promise<ByteString> {
  try {
    return await source.readAll();
  } catch (error) {
    if (!isVfsError(error)) throw error;
    throw new MathError(`input error: ${error.reason}`);
  }
}

/** Chars that are commands, digits or blanks. */
const KNOWN = /^[-0-9A-F._+*/%^~|vG({NpnPfcdrRzZXakioKIOxqQe? \t\n\r\v\f]$/;

function badCharacter(char: string): MathError {
  return new MathError(`bad character '${char}'`);
}

/** Index of the bracket that closes a string, or -1. */
function endOfString(text: ByteString, start: number): number {
  for (let at = start, depth = 1; at < text.length; at++) {
    if (text[at] === "[") depth++;
    else if (text[at] === "]" && --depth === 0) return at;
  }
  return -1;
}

/** Digits of a number; zero has one, whatever its scale. */
function lengthOf(value: Decimal): number {
  return value.value === 0n ? 1 : digitCount(value);
}

/** `a`: the char of a code, or the first of a string. */
function charOf(value: Value): ByteString {
  if (typeof value === "string") return value.slice(0, 1);
  return String.fromCharCode(Number(integerPart(notNegative(value)) % 256n));
}

function base(value: Decimal, most: number, message: string): number {
  const number = integerPart(value);
  if (number < 2n || number > BigInt(most)) throw new MathError(message);
  return Number(number);
}
