/**
 * Script text → commands. Source of behaviour: POSIX sed, runs of BusyBox 1.35.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { compile, type Regex, RegexError, type StepHook } from "../_lib/regex/regex.ts";
import type { Steps } from "../_lib/steps.ts";
import {
  type Address,
  type Command,
  type OutputName,
  type Piece,
  type Script,
  SedError,
  type Substitution,
} from "./script.ts";

/** How regular expressions are read. */
export interface ParseOptions {
  readonly extended: boolean;
  readonly onStep?: StepHook;
  /** Counts work; a long script takes turns with others. */
  readonly tick?: (steps: number) => Promise<void> | undefined;
  /** Is told of each file to write as it comes up, even if the script has an error further on. */
  readonly onOutput?: (output: OutputName) => void;
}

const COMMANDS = "{}=:#aibcdDgGhHlnNpPqrstTwxy";
const ONE_ADDRESS = "air";

const ESCAPES: ReadonlyMap<string, string> = new Map([["n", "\n"], ["t", "\t"], ["r", "\r"]]);

const isBlank = (char: string | undefined): boolean =>
  char === " " || char === "\t" || char === "\r" || char === "\v" || char === "\f";
const isDigit = (char: string | undefined): boolean =>
  char !== undefined && char >= "0" && char <= "9";

/** Joins the parts of a script; a part that ends in a backslash goes on in the next one. */
function blocksOf(parts: readonly ByteString[]): ByteString[] {
  const blocks: ByteString[] = [];
  let open = false;
  for (const part of parts) {
    if (open) blocks[blocks.length - 1] += "\n" + part;
    else blocks.push(part);
    const [slashes] = /\\*$/.exec(part) as RegExpExecArray;
    open = slashes.length % 2 === 1;
  }
  return blocks;
}

/** Parses a whole script; used once. */
class Parser {
  #text: ByteString = "";
  #pos = 0;
  readonly #commands: Command[] = [];
  readonly #open: number[] = [];
  readonly #outputs = new Map<ByteString, OutputName>();
  readonly #labels = new Map<ByteString, number>();
  #quiet = false;
  #lastAddress: Regex | undefined;

  constructor(readonly options: ParseOptions) {}

  *parse(parts: readonly ByteString[]): Steps<Script> {
    for (const block of blocksOf(parts)) {
      this.#text = block;
      this.#pos = 0;
      yield* this.#block();
    }
    return {
      commands: this.#commands,
      quiet: this.#quiet,
      lastAddress: this.#lastAddress,
      labels: this.#labels,
    };
  }

  *#block(): Steps<void> {
    for (;;) {
      while (
        this.#pos < this.#text.length &&
        (isBlank(this.#text[this.#pos]) || this.#text[this.#pos] === "\n" ||
          this.#text[this.#pos] === ";")
      ) this.#pos++;
      if (this.#pos >= this.#text.length) return;
      const from = this.#pos;
      this.#command();
      const waiting = this.options.tick?.(4 + ((this.#pos - from) >> 3));
      if (waiting !== undefined) yield waiting;
    }
  }

  #skipBlanks(): void {
    while (isBlank(this.#text[this.#pos])) this.#pos++;
  }

  #restOfLine(): ByteString {
    const end = this.#text.indexOf("\n", this.#pos);
    const rest = this.#text.slice(this.#pos, end < 0 ? undefined : end);
    this.#pos = end < 0 ? this.#text.length : end;
    return rest;
  }

  #command(): void {
    const first = this.#address(false);
    let second: Address | undefined;
    if (this.#text[this.#pos] === ",") {
      this.#pos++;
      second = this.#address(true);
      if (second === undefined) throw new SedError("no address after comma");
      // For native a second address of zero is none.
      if (second.kind === "line" && second.line === 0) second = undefined;
    }
    this.#skipBlanks();
    let negated = false;
    if (this.#text[this.#pos] === "!") {
      negated = true;
      this.#pos++;
      this.#skipBlanks();
    }
    const name = this.#text[this.#pos];
    if (name === undefined || name === "\n") throw new SedError("missing command");
    this.#pos++;
    if (!COMMANDS.includes(name) || (name === "#" && first !== undefined)) {
      throw new SedError(`unsupported command ${name}`);
    }
    if (second !== undefined && ONE_ADDRESS.includes(name)) {
      throw new SedError(`command '${name}' uses only one address`);
    }
    const command = {
      name,
      first,
      second,
      negated,
      text: "",
      output: undefined as OutputName | undefined,
      substitution: undefined as Substitution | undefined,
      map: undefined as Uint8Array | undefined,
      jump: -1,
    };
    switch (name) {
      case "#":
        // Native looks no further than at the first letter.
        if (this.#restOfLine().startsWith("n")) this.#quiet = true;
        return;
      case "}": {
        const open = this.#open.pop();
        if (open !== undefined) this.#commands[open].jump = this.#commands.length;
        return;
      }
      case "{":
        this.#open.push(this.#commands.length);
        break;
      case "a":
      case "i":
      case "c":
        command.text = this.#textArgument();
        break;
      case ":":
      case "b":
      case "t":
      case "T":
        this.#skipBlanks();
        command.text = this.#label();
        if (name === ":") {
          if (!this.#labels.has(command.text)) {
            this.#labels.set(command.text, this.#commands.length);
          }
          return;
        }
        break;
      case "r":
        command.text = this.#fileName();
        break;
      case "w":
        command.output = this.#output();
        break;
      case "s":
        command.substitution = this.#substitution(first);
        break;
      case "y":
        command.map = this.#map();
        break;
    }
    this.#commands.push(command);
  }

  #label(): ByteString {
    const start = this.#pos;
    while (this.#pos < this.#text.length && !/[\s;]/.test(this.#text[this.#pos])) this.#pos++;
    return this.#text.slice(start, this.#pos);
  }

  #number(): number {
    const start = this.#pos;
    while (isDigit(this.#text[this.#pos])) this.#pos++;
    // Native keeps the low 32 bits of what fits into 64.
    const value = BigInt(this.#text.slice(start, this.#pos));
    return Number(BigInt.asIntN(32, value < 2n ** 64n ? value : 2n ** 64n - 1n));
  }

  #address(second: boolean): Address | undefined {
    const char = this.#text[this.#pos];
    if (isDigit(char)) {
      const line = this.#number();
      return line === -1 ? { kind: "last" } : { kind: "line", line };
    }
    if (char === "$") {
      this.#pos++;
      return { kind: "last" };
    }
    if (second && char === "+" && isDigit(this.#text[this.#pos + 1])) {
      this.#pos++;
      return { kind: "count", count: this.#number() };
    }
    if (char === "/" || char === "\\") {
      this.#pos += char === "/" ? 1 : 2;
      const delimiter = this.#text[this.#pos - 1];
      const pattern = this.#pattern(delimiter ?? "");
      // An empty one repeats the address before it in the script, whatever was used last.
      this.#lastAddress = this.#compile(pattern, false) ?? this.#lastAddress;
      if (this.#lastAddress === undefined) throw new SedError("no previous regexp");
      return { kind: "regex", regex: this.#lastAddress };
    }
    return undefined;
  }

  /**
   * Reads a regular expression up to its delimiter, with `\n`, `\t` and `\r` made bytes. The backslash
   * before a delimiter stays: `s|a\|b|x|` is an alternation.
   */
  #pattern(delimiter: string): ByteString {
    const text = this.#text;
    let pattern = "";
    let bracket = -1;
    for (let i = this.#pos; i < text.length; i++) {
      const char = text[i];
      if (bracket >= 0) {
        if (char === "]" && !(i === bracket + 1 || (i === bracket + 2 && text[i - 1] === "^"))) {
          bracket = -1;
        }
      } else if (char === delimiter) {
        this.#pos = i + 1;
        return pattern;
      } else if (char === "[") bracket = i;
      else if (char === "\n") break;
      if (char !== "\\" || i + 1 >= text.length) {
        pattern += char;
        continue;
      }
      const next = text[i + 1];
      const escape = ESCAPES.get(next);
      if (escape !== undefined) {
        pattern += escape;
        i++;
      } else if (bracket < 0) {
        pattern += char + next;
        i++;
      } else if (next === "\\") {
        // Two in brackets stand for themselves, and the second one escapes nothing.
        pattern += "\\\\";
        i++;
      } else pattern += char;
    }
    throw new SedError(`unmatched '${delimiter}'`);
  }

  #compile(pattern: ByteString, icase: boolean): Regex | undefined {
    if (pattern === "") return undefined;
    try {
      return compile(pattern, {
        syntax: this.options.extended ? "ere" : "bre",
        icase,
        onStep: this.options.onStep,
      });
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      throw new SedError(`bad regex '${pattern}': ${error.message}`);
    }
  }

  /** Reads text up to the delimiter, leaving its escapes as they are. */
  #delimited(delimiter: string): ByteString {
    const text = this.#text;
    for (let i = this.#pos; i < text.length; i++) {
      if (text[i] === "\\") i++;
      else if (text[i] === delimiter) {
        const part = text.slice(this.#pos, i);
        this.#pos = i + 1;
        return part;
      } else if (text[i] === "\n") break;
    }
    throw new SedError(`unmatched '${delimiter}'`);
  }

  #delimiter(): string {
    const delimiter = this.#text[this.#pos];
    if (delimiter === undefined || delimiter === "\n") {
      throw new SedError("bad format in substitution expression");
    }
    this.#pos++;
    if (delimiter === "\\") throw new SedError("unmatched '\\'");
    return delimiter;
  }

  #substitution(address: Address | undefined): Substitution {
    const delimiter = this.#delimiter();
    const pattern = this.#pattern(delimiter);
    const pieces = replacementPieces(this.#delimited(delimiter));
    let which = 1;
    let print = false;
    let icase = false;
    let output: OutputName | undefined;
    flags: for (;;) {
      const char = this.#text[this.#pos];
      if (isDigit(char)) {
        const start = this.#pos;
        while (isDigit(this.#text[this.#pos])) this.#pos++;
        // An anchored pattern matches once, and native does not count for it.
        if (pattern[0] !== "^") {
          which = Number(BigInt.asUintN(32, BigInt(this.#text.slice(start, this.#pos))));
        }
        continue;
      }
      if (isBlank(char)) {
        this.#pos++;
        continue;
      }
      switch (char) {
        case "g":
          which = 0;
          break;
        case "p":
          print = true;
          break;
        case "i":
        case "I":
          icase = true;
          break;
        case "w":
          this.#pos++;
          output = this.#output();
          break flags;
        case "#":
          this.#restOfLine();
          break flags;
        case undefined:
        case ";":
        case "\n":
        case "}":
          break flags;
        default:
          throw new SedError("bad option in substitution expression");
      }
      this.#pos++;
    }
    const usesGroups = pieces.some((piece) => typeof piece === "number" && piece > 0);
    const own = address?.kind === "regex" ? address.regex : undefined;
    const regex = this.#compile(pattern, icase) ?? own;
    return { regex, pieces, usesGroups, which, print, output };
  }

  #map(): Uint8Array {
    const delimiter = this.#delimiter();
    const from = mapBytes(this.#delimited(delimiter), delimiter);
    const to = mapBytes(this.#delimited(delimiter), delimiter);
    const map = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    // Of a byte that stands twice the first counts; bytes without a partner stay.
    for (let i = Math.min(from.length, to.length) - 1; i >= 0; i--) {
      map[from.charCodeAt(i)] = to.charCodeAt(i);
    }
    return map;
  }

  /** The text of `a`, `i` and `c`, with the newline at its end. */
  #textArgument(): ByteString {
    const text = this.#text;
    this.#skipBlanks();
    if (text[this.#pos] === "\\") {
      this.#pos++;
      let next = this.#pos;
      while (isBlank(text[next])) next++;
      // Blanks in front of the text itself count, behind the backslash they do not.
      if (text[next] === "\n") this.#pos = next + 1;
      else if (text.slice(next) === "\\") this.#pos = text.length;
    }
    let result = "";
    let from = this.#pos;
    for (; this.#pos < text.length; this.#pos++) {
      const code = text.charCodeAt(this.#pos);
      if (code === 10) break;
      if (code !== 0x5c) continue;
      const next = text[this.#pos + 1];
      result += text.slice(from, this.#pos++);
      result += next === undefined ? "\n" : ESCAPES.get(next) ?? next;
      from = this.#pos + 1;
    }
    return result + text.slice(from, this.#pos) + "\n";
  }

  #fileName(): ByteString {
    this.#skipBlanks();
    const path = this.#restOfLine();
    if (path === "") throw new SedError("empty filename");
    return path;
  }

  #output(): OutputName {
    const path = this.#fileName();
    let output = this.#outputs.get(path);
    if (output === undefined) {
      output = { path };
      this.#outputs.set(path, output);
      this.options.onOutput?.(output);
    }
    return output;
  }
}

function replacementPieces(text: ByteString): Piece[] {
  const pieces: Piece[] = [];
  let plain = "";
  const group = (number: number): void => {
    if (plain !== "") pieces.push(plain);
    plain = "";
    pieces.push(number);
  };
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 0x26 && (code !== 0x5c || i + 1 >= text.length)) continue;
    plain += text.slice(from, i);
    if (code === 0x26) group(0);
    else {
      const next = text[++i];
      if (isDigit(next)) group(Number(next));
      else plain += ESCAPES.get(next) ?? next;
    }
    from = i + 1;
  }
  plain += text.slice(from);
  if (plain !== "") pieces.push(plain);
  return pieces;
}

/** The bytes of one side of `y`: only `\\`, the delimiter and `\n \t \r` are escapes. */
function mapBytes(text: ByteString, delimiter: string): ByteString {
  let bytes = "";
  let from = 0;
  for (let i = text.indexOf("\\"); i >= 0 && i + 1 < text.length; i = text.indexOf("\\", i + 1)) {
    const next = text[i + 1];
    bytes += text.slice(from, i);
    const escape = next === "\\" || next === delimiter || next === "\n" ? next : ESCAPES.get(next);
    if (escape === undefined) bytes += "\\";
    else {
      bytes += escape;
      i++;
    }
    from = i + 1;
  }
  return bytes + text.slice(from);
}

/**
 * Parses the parts of a script, one for each `-e` and `-f`.
 *
 * @throws {SedError}
 */
export function parseScript(parts: readonly ByteString[], options: ParseOptions): Steps<Script> {
  return new Parser(options).parse(parts);
}
