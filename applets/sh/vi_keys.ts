/**
 * Commands of the line editor's vi mode (POSIX sh, "vi Line Editing Command Mode"), as functions
 * from a line to a line. Native ash takes `set -o vi` and has no such mode.
 *
 * @module
 */

/** A line that is edited. */
export interface ViLine {
  readonly text: string;
  readonly cursor: number;
  /** What was deleted or copied last. */
  readonly cut: string;
}

/** What a command does besides changing the line. */
export interface ViResult {
  readonly line: ViLine;
  /** Input mode begins. */
  readonly inserts?: boolean;
  /** So many lines up (negative) or down in the history. */
  readonly history?: number;
  /** Take back the last change. */
  readonly undo?: boolean;
}

/** A command that is complete. */
interface Command {
  readonly count: number;
  /** `d`, `c`, `y`, or nothing. */
  readonly operator: string;
  readonly key: string;
  /** The character that `f F t T r` take. */
  readonly argument: string;
}

const WITH_ARGUMENT = "fFtTr";

/** The command that the keys are, or undefined when more of them must come. */
function parse(keys: string): Command | undefined {
  const match = /^([1-9][0-9]*)?([dcy])?([1-9][0-9]*)?([^]?)([^]?)$/.exec(keys);
  if (match === null) return { count: 1, operator: "", key: "", argument: "" };
  const [, first, operator = "", second, key, argument] = match;
  if (key === "" || (WITH_ARGUMENT.includes(key) && argument === "")) return undefined;
  return { count: Number(first ?? 1) * Number(second ?? 1), operator, key, argument };
}

/** What kind of character: blank, word, or other; with `big`, blank or not. */
function kind(c: string, big: boolean): number {
  if (c === " " || c === "\t") return 0;
  return big || /[A-Za-z0-9_\x80-\xff]/.test(c) ? 1 : 2;
}

/** A range that a motion covers, and where the cursor would go; undefined when it cannot move. */
interface Span {
  readonly to: number;
  /** The character at the further end belongs to the range. */
  readonly inclusive?: boolean;
}

function nextWord(text: string, from: number, big: boolean): number {
  let at = from;
  const start = at < text.length ? kind(text[at], big) : 0;
  while (at < text.length && start !== 0 && kind(text[at], big) === start) at++;
  while (at < text.length && kind(text[at], big) === 0) at++;
  return at;
}

function endOfWord(text: string, from: number, big: boolean): number {
  let at = from + 1;
  while (at < text.length && kind(text[at], big) === 0) at++;
  if (at >= text.length) return text.length - 1;
  const start = kind(text[at], big);
  while (at + 1 < text.length && kind(text[at + 1], big) === start) at++;
  return at;
}

function wordBefore(text: string, from: number, big: boolean): number {
  let at = from;
  while (at > 0 && kind(text[at - 1], big) === 0) at--;
  const start = at > 0 ? kind(text[at - 1], big) : 0;
  while (at > 0 && kind(text[at - 1], big) === start) at--;
  return at;
}

function find(text: string, from: number, { key, argument, count }: Command): Span | undefined {
  const forward = key === "f" || key === "t";
  let at = from;
  for (let i = 0; i < count; i++) {
    at = forward
      ? text.indexOf(argument, at + 1)
      : at === 0
      ? -1
      : text.lastIndexOf(argument, at - 1);
    if (at < 0) return undefined;
  }
  if (key === "t") at--;
  if (key === "T") at++;
  return { to: at, inclusive: forward };
}

function motion({ text, cursor }: ViLine, command: Command): Span | undefined {
  const { key, count } = command;
  const repeat = (step: (at: number) => number): number => {
    let at = cursor;
    for (let i = 0; i < Math.min(count, text.length + 1); i++) at = step(at);
    return at;
  };
  switch (key) {
    case "h":
    case "\b":
    case "\x7f":
      return { to: Math.max(0, cursor - count) };
    case "l":
    case " ":
      return { to: Math.min(text.length, cursor + count) };
    case "0":
    case "|":
      return { to: key === "0" ? 0 : Math.min(text.length, count - 1) };
    case "^":
      return { to: text.length - text.trimStart().length };
    case "$":
      return { to: text.length };
    case "w":
    case "W":
      return { to: repeat((at) => nextWord(text, at, key === "W")) };
    case "e":
    case "E":
      return { to: Math.max(0, repeat((at) => endOfWord(text, at, key === "E"))), inclusive: true };
    case "b":
    case "B":
      return { to: repeat((at) => wordBefore(text, at, key === "B")) };
    case "f":
    case "F":
    case "t":
    case "T":
      return find(text, cursor, command);
  }
  return undefined;
}

function toggleCase(c: string): string {
  return c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase();
}

/** In command mode the cursor stands on a character. */
function onText(text: string, cursor: number): number {
  return Math.max(0, Math.min(cursor, text.length - 1));
}

function operate(line: ViLine, command: Command): ViResult {
  const { operator, key } = command;
  const { text, cursor } = line;
  let from = 0;
  let to = text.length;
  if (key !== operator) {
    // Changing a word leaves the blanks behind it.
    const changed = operator === "c" && (key === "w" || key === "W") && cursor < text.length &&
      kind(text[cursor], false) !== 0;
    const span = motion(line, changed ? { ...command, key: key === "w" ? "e" : "E" } : command);
    if (span === undefined) return { line };
    from = Math.min(cursor, span.to);
    to = Math.max(cursor, span.to) + (span.inclusive ? 1 : 0);
    // A word of one character ends where it begins.
    if (changed && command.count === 1 && nextWordIsHere(text, cursor, key === "W")) {
      to = cursor + 1;
    }
  }
  const cut = text.slice(from, to);
  if (operator === "y") return { line: { text, cursor: key === "y" ? cursor : from, cut } };
  const rest = text.slice(0, from) + text.slice(to);
  if (operator === "c") return { line: { text: rest, cursor: from, cut }, inserts: true };
  return { line: { text: rest, cursor: onText(rest, from), cut } };
}

/** Whether the word at `at` ends there. */
function nextWordIsHere(text: string, at: number, big: boolean): boolean {
  return at + 1 >= text.length || kind(text[at + 1], big) !== kind(text[at], big);
}

/** Does what the keys say, or gives undefined when more keys belong to the command. */
export function viCommand(line: ViLine, keys: string): ViResult | undefined {
  const command = parse(keys);
  if (command === undefined) return undefined;
  if (command.operator !== "") return operate(line, command);
  const { key, count, argument } = command;
  const { text, cursor, cut } = line;
  const insertAt = (at: number): ViResult => ({ line: { ...line, cursor: at }, inserts: true });
  const as = (operator: string, motionKey: string): ViResult =>
    operate(line, { ...command, operator, key: motionKey });
  switch (key) {
    case "i":
      return insertAt(cursor);
    case "I":
      return insertAt(0);
    case "a":
      return insertAt(Math.min(text.length, cursor + 1));
    case "A":
      return insertAt(text.length);
    case "x":
      return as("d", "l");
    case "X":
      return as("d", "h");
    case "D":
      return as("d", "$");
    case "C":
      return as("c", "$");
    case "Y":
      return as("y", "$");
    case "s":
      return as("c", "l");
    case "S":
      return as("c", "c");
    case "p":
    case "P": {
      if (cut === "") return { line };
      const at = key === "p" ? Math.min(text.length, cursor + 1) : cursor;
      const put = cut.repeat(Math.min(count, 1000));
      const whole = text.slice(0, at) + put + text.slice(at);
      return { line: { text: whole, cursor: at + put.length - 1, cut } };
    }
    case "r": {
      if (cursor + count > text.length) return { line };
      const whole = text.slice(0, cursor) + argument.repeat(count) + text.slice(cursor + count);
      return { line: { text: whole, cursor: cursor + count - 1, cut } };
    }
    case "~": {
      const end = Math.min(text.length, cursor + count);
      const changed = [...text.slice(cursor, end)].map(toggleCase).join("");
      const whole = text.slice(0, cursor) + changed + text.slice(end);
      return { line: { text: whole, cursor: onText(whole, end), cut } };
    }
    case "u":
      return { line, undo: true };
    case "k":
    case "-":
      return { line, history: -count };
    case "j":
    case "+":
      return { line, history: count };
  }
  const span = motion(line, command);
  return { line: span === undefined ? line : { ...line, cursor: onText(text, span.to) } };
}
