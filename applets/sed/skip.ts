/**
 * Finds the lines on which a script does anything at all, so that the others can be passed over in bulk.
 *
 * `sed s/a/b/`, `sed -n /x/p`, `sed 1d`, `sed -n '$='` touch few lines of most inputs. The rest is
 * copied, or dropped, as one range of bytes without ever being looked at line by line.
 *
 * @module
 */
import type { Regex } from "../_lib/regex/regex.ts";
import type { SedInput } from "./input.ts";
import type { Command } from "./script.ts";

/** A command that is not inside a block: what makes it run. */
interface Gate {
  readonly index: number;
  readonly command: Command;
  readonly regex: Regex | undefined;
  /** The next line of the batch that matches, −1 if there is none. */
  at: number;
  end: number;
}

/** After so many lines it must have paid. */
const TRIAL = 512;

/** Looks ahead for one script. */
export class Skipper {
  /** Whether it is worth asking. */
  usable: boolean;
  readonly #gates: Gate[] = [];
  /** Whether the numbers of lines must stay right. */
  readonly #counts: boolean;
  #batch = -1;
  #input: SedInput | undefined;
  #asked = 0;
  #skipped = 0;

  constructor(
    commands: readonly Command[],
    private readonly active: Uint8Array,
    private readonly spent: Uint8Array,
  ) {
    // An `s` without regex depends on what was tried before, on lines that are passed over too.
    this.usable = commands.length > 0 &&
      commands.every(({ substitution }) =>
        substitution?.regex !== undefined || substitution === undefined
      );
    this.#counts = commands.some(({ name, first, second }) =>
      name === "=" || first?.kind === "line" || second !== undefined
    );
    for (let index = 0; index < commands.length;) {
      const command = commands[index];
      const { first, name, negated, substitution } = command;
      const regex = first?.kind === "regex" ? first.regex : substitution?.regex;
      const addressed = first !== undefined && !(first.kind === "line" && first.line === 0);
      if (negated || (!addressed && (name !== "s" || regex === undefined || command.second))) {
        this.usable = false;
      }
      this.#gates.push({ index, command, regex, at: 0, end: -1 });
      // What is in a block runs only if the block does; one without an end is an error to be told.
      if (name === "{" && command.jump < 0) this.usable = false;
      index = name === "{" && command.jump >= 0 ? command.jump : index + 1;
    }
  }

  /**
   * Passes over the lines before the next one that matters, all of the batch if there is none.
   *
   * @returns where the lines that were passed over end; they begin where `input` stood
   */
  skip(input: SedInput): number {
    const { from, to } = input.rest();
    if (this.#batch !== input.batch || this.#input !== input) {
      this.#batch = input.batch;
      this.#input = input;
      for (const gate of this.#gates) {
        gate.at = 0;
        gate.end = -1;
      }
    }
    let target = to;
    for (let i = 0; i < this.#gates.length && target > from; i++) {
      target = Math.min(target, this.#next(this.#gates[i], input, from, to));
    }
    this.#judge(target - from);
    if (target === from) return from;
    input.skipTo(target, this.#counts ? countLines(input.text, from, target) : 1);
    return target;
  }

  /** Gives up when hardly any line can be skipped. */
  #judge(bytes: number): void {
    this.#skipped += bytes;
    if (++this.#asked < TRIAL) return;
    if (this.#skipped < TRIAL * 24) this.usable = false;
    this.#asked = this.#skipped = 0;
  }

  /** Where the next line begins on which the command may run. */
  #next(gate: Gate, input: SedInput, from: number, to: number): number {
    const { index, command: { first, second } } = gate;
    if (this.active[index] === 1) return from;
    if (first?.kind === "last") return lastLine(input.text, from, to);
    if (first?.kind === "line" && first.line > 0) {
      if (second === undefined) {
        if (first.line <= input.number) return to;
      } else if (this.spent[index] === 1) return to;
      return lineAfter(input.text, from, to, first.line - input.number - 1);
    }
    const regex = gate.regex as Regex;
    if (gate.at >= 0 && gate.end < from) {
      gate.at = regex.searchLine(input.text, from, to);
      gate.end = regex.lineEnd;
    }
    return gate.at < 0 ? to : gate.at;
  }
}

function lastLine(text: string, from: number, to: number): number {
  if (to - from < 2) return from;
  return Math.max(from, text.lastIndexOf("\n", to - 2) + 1);
}

/** The beginning of the line that comes so many lines later. */
function lineAfter(text: string, from: number, to: number, lines: number): number {
  let at = from;
  for (let i = 0; i < lines; i++) {
    const newline = text.indexOf("\n", at);
    if (newline < 0 || newline + 1 >= to) return to;
    at = newline + 1;
  }
  return at;
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; count++) {
    const newline = text.indexOf("\n", at);
    if (newline < 0 || newline >= to) return count + 1;
    at = newline + 1;
  }
  return count;
}
