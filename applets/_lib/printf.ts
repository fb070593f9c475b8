/**
 * What printf does with a format and its arguments. Source of behaviour: POSIX printf, BusyBox 1.35.
 *
 * @module
 */
import type { ByteString, Process } from "../../sandbox/types.ts";
import { readEscape, unescape } from "./escape.ts";
import { formatDouble, formatInteger, MOST_DIGITS, type NumberFormat } from "./format_number.ts";
import { strtod, strtoll } from "./strtod.ts";

/** Widest field or longest precision; more could only be meant to fill memory. */
const MAX_WIDTH = 0x7fffffff;
const stop = (): Pass => "stop";

/** Parts of a format after which others get their turn. */
const PARTS_A_TURN = 2048;
/** Above this a field is written in pieces. */
const PIECE = 1 << 16;

/** What formatting needs of its caller: an applet's context, or the shell's builtin. */
export interface PrintfHost {
  readonly out: {
    print(text: ByteString): void | Promise<void>;
    byte(value: number): void | Promise<void>;
  };
  warn(message: ByteString): void;
  readonly process: Pick<Process, "tick">;
}

/** What one pass over the format ended with. */
type Pass = "done" | "stop";

/** One run of printf over a format and its arguments. */
export class Formatter {
  #next = 0;
  #status = 0;

  constructor(
    private readonly ctx: PrintfHost,
    private readonly format: ByteString,
    private readonly args: readonly ByteString[],
  ) {}

  /** Writes everything; the exit status. */
  run(): number | Promise<number> {
    for (;;) {
      const before = this.#next;
      const pass = this.#pass();
      if (pass instanceof Promise) return pass.then((end) => this.#goOn(end, before));
      if (pass === "stop" || this.#next === before || this.#next >= this.args.length) {
        return this.#status;
      }
    }
  }

  #goOn(pass: Pass, before: number): number | Promise<number> {
    if (pass === "stop" || this.#next === before || this.#next >= this.args.length) {
      return this.#status;
    }
    return this.run();
  }

  /** The next argument, or undefined when there are no more. */
  #take(): ByteString | undefined {
    return this.args[this.#next++];
  }

  /** Goes through the format once. */
  #pass(from = 0): Pass | Promise<Pass> {
    const { format, ctx } = this;
    let at = from;
    let left = PARTS_A_TURN;
    while (at < format.length) {
      const char = format[at];
      let full: void | Promise<void>;
      if (char === "\\") {
        if (format[at + 1] === "c") return "stop";
        const escape = readEscape(format, at + 1);
        full = ctx.out.byte(escape.code);
        at = escape.end;
      } else if (char !== "%") {
        let end = at + 1;
        while (end < format.length && format[end] !== "%" && format[end] !== "\\") end++;
        full = ctx.out.print(format.slice(at, end));
        at = end;
      } else if (format[at + 1] === "%") {
        full = ctx.out.byte(0x25);
        at += 2;
      } else {
        const next = this.#conversion(at);
        if (next === undefined) return "stop";
        at = next.end;
        full = next.full;
        if (next.stopped === true) return full instanceof Promise ? full.then(stop) : "stop";
      }
      if (!(full instanceof Promise) && --left === 0) {
        left = PARTS_A_TURN;
        full = ctx.process.tick(PARTS_A_TURN);
      }
      if (full instanceof Promise) {
        const rest = at;
        return full.then(() => this.#pass(rest));
      }
    }
    return "done";
  }

  /** One conversion from its `%`; undefined when it is wrong or `%b` said to stop. */
  #conversion(
    start: number,
  ): { end: number; full: void | Promise<void>; stopped?: boolean } | undefined {
    const { format } = this;
    let at = start + 1;
    if (format[at] === "b") {
      const { text, stopped } = unescape(this.#take() ?? "", true, true);
      const full = this.ctx.out.print(text);
      return { end: at + 1, full, stopped };
    }
    const flags = { left: false, zero: false, plus: false, space: false, alternate: false };
    for (;; at++) {
      const flag = format[at];
      if (flag === "-") flags.left = true;
      else if (flag === "0") flags.zero = true;
      else if (flag === "+") flags.plus = true;
      else if (flag === " ") flags.space = true;
      else if (flag === "#") flags.alternate = true;
      else break;
    }
    let width: number | undefined;
    let precision: number | undefined;
    if (format[at] === "*") {
      width = this.#starArgument();
      if (width < 0) {
        flags.left = true;
        width = -width;
      }
      at++;
    } else {
      const from = at;
      while (isDigit(format, at)) at++;
      if (at > from) width = Number(format.slice(from, at));
    }
    if (format[at] === ".") {
      at++;
      if (format[at] === "*") {
        precision = this.#starArgument();
        if (precision < 0) precision = undefined;
        at++;
      } else {
        const from = at;
        while (isDigit(format, at)) at++;
        precision = Number(format.slice(from, at) || "0");
      }
    }
    const modifiersFrom = at;
    while (at < format.length && "hlLz".includes(format[at])) at++;
    const letter = format[at];
    if (
      letter === undefined || !"cdiouxXsfeEgG".includes(letter) ||
      (width ?? 0) > MAX_WIDTH || (precision ?? 0) > MAX_WIDTH
    ) {
      this.ctx.warn(`${format.slice(start, modifiersFrom)}${format.slice(at)}: invalid format`);
      this.#status = 1;
      return undefined;
    }
    const spec: NumberFormat = { ...flags, width, precision };
    return { end: at + 1, full: this.#convert(letter, spec) };
  }

  #convert(letter: string, spec: NumberFormat): void | Promise<void> {
    const argument = this.#take();
    if (letter === "s" || letter === "c") {
      let text = argument ?? "";
      if (letter === "c") text = text === "" ? "\0" : text[0];
      else if (spec.precision !== undefined) text = text.slice(0, spec.precision);
      return this.#padded(text, spec);
    }
    if ("feEgG".includes(letter)) {
      const value = this.#double(argument ?? "");
      return this.#sized(letter, spec, (small) => formatDouble(value, letter, small));
    }
    const value = this.#integer(argument ?? "", letter === "d" || letter === "i");
    return this.#sized(letter, spec, (small) => formatInteger(value, letter, small));
  }

  /** Writes a number; a huge width or precision is written in pieces. */
  #sized(
    letter: string,
    spec: NumberFormat,
    make: (spec: NumberFormat) => ByteString,
  ): void | Promise<void> {
    const width = spec.width ?? 0;
    const { precision = 0 } = spec;
    if (width <= PIECE && precision <= PIECE) return this.ctx.out.print(make(spec));
    const most = Math.min(precision, MOST_DIGITS);
    const small = spec.precision === undefined ? spec : { ...spec, precision: most };
    const body = make({ ...small, width: 0 });
    const sign = /^[-+ ]?(0[xX](?=[0-9a-fA-F]))?/.exec(body)![0].length;
    // Where the zeros stand that the precision asks for beyond what there is of a number.
    const isDouble = "feEgG".includes(letter);
    let at = sign;
    let zeros = precision - most;
    if (isDouble) {
      const exponent = /[eE]/.exec(body);
      at = exponent === null ? body.length : exponent.index;
      const kept = letter === "g" || letter === "G" ? spec.alternate === true : true;
      if (!kept || !/[0-9]/.test(body)) zeros = 0;
    }
    const missing = Math.max(0, width - body.length - zeros);
    const filled = spec.zero && !spec.left && /[0-9]/.test(body) &&
      (isDouble || spec.precision === undefined);
    const before = spec.left ? 0 : missing;
    const head = (): void | Promise<void> =>
      filled
        ? then(this.ctx.out.print(body.slice(0, sign)), () => this.#fill("0", before, ""))
        : then(this.#fill(" ", before, ""), () => this.ctx.out.print(body.slice(0, sign)));
    return then(
      then(head(), () => this.ctx.out.print(body.slice(sign, at))),
      () =>
        then(
          this.#fill("0", zeros, body.slice(at)),
          () => spec.left ? this.#fill(" ", missing, "") : undefined,
        ),
    );
  }

  #padded(text: ByteString, spec: NumberFormat): void | Promise<void> {
    const missing = (spec.width ?? 0) - text.length;
    if (missing <= 0) return this.ctx.out.print(text);
    if (!spec.left) return this.#fill(" ", missing, text);
    void this.ctx.out.print(text);
    return this.#fill(" ", missing, "");
  }

  #fill(char: ByteString, count: number, rest: ByteString): void | Promise<void> {
    let left = count;
    while (left > PIECE) {
      const full = this.ctx.out.print(char.repeat(PIECE));
      left -= PIECE;
      if (full !== undefined) return full.then(() => this.#fill(char, left, rest));
      const pause = this.ctx.process.tick(PIECE >> 4);
      if (pause !== undefined) return pause.then(() => this.#fill(char, left, rest));
    }
    return this.ctx.out.print(char.repeat(left) + rest);
  }

  #starArgument(): number {
    const text = this.#take();
    if (text === undefined) return 0;
    // Decimal only: neither `0x5` nor `'a` is a width.
    if (!/^-?[0-9]+$/.test(text)) {
      // Said, but no failure.
      this.ctx.warn(`invalid number '${text}'`);
      return 0;
    }
    return Number(BigInt.asIntN(32, BigInt(text)));
  }

  #invalid(text: ByteString): void {
    this.ctx.warn(`invalid number '${text}'`);
    this.#status = 1;
  }

  #integer(text: ByteString, signed: boolean): bigint {
    if (text[0] === '"' || text[0] === "'") return BigInt(text.length > 1 ? text.charCodeAt(1) : 0);
    const parsed = strtoll(text, 0);
    const value = parsed?.value ?? 0n;
    const inRange = signed
      ? value >= -(2n ** 63n) && value < 2n ** 63n
      : value > -(2n ** 64n) && value < 2n ** 64n;
    if (parsed === undefined || parsed.end !== text.length || !inRange) {
      this.#invalid(text.replace(/^[ \t-\r]+/, ""));
      return 0n;
    }
    return value;
  }

  #double(text: ByteString): number {
    // Unlike an empty integer, this is no error to native.
    if (text === "") return 0;
    if (text[0] === '"' || text[0] === "'") return text.length > 1 ? text.charCodeAt(1) : 0;
    const parsed = strtod(text);
    // What overflows or underflows a double is refused as strtod's ERANGE.
    const size = Math.abs(parsed.value);
    const outOfRange = /^[^a-z]*[1-9]/i.test(text) &&
      (size === Infinity || size < 2.2250738585072014e-308);
    const bad = parsed.end !== text.length;
    if (bad || outOfRange) this.#invalid(text);
    if (bad) return 0;
    return parsed.value;
  }
}

/** Goes on when something is written. */
function then(
  done: void | Promise<void>,
  next: () => void | Promise<void>,
): void | Promise<void> {
  return done instanceof Promise ? done.then(next) : next();
}

function isDigit(text: ByteString, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}
