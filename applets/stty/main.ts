import { type OpenFile, S_IFCHR, type Terminal, type TerminalModes } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "../contract.ts";
import { numberArgument } from "../_lib/number_argument.ts";
import {
  ALIASES,
  CHARACTERS,
  COMBINATIONS,
  isSet,
  MIN,
  MODES,
  setMode,
  SPEED_MASK,
  SPEEDS,
  TIME,
} from "./modes.ts";

/** Settings with a number, and its range. */
const NUMBERS: ReadonlyMap<string, { readonly min?: number; readonly max: number }> = new Map([
  ["rows", { min: 1, max: 2147483647 }],
  ["cols", { min: 1, max: 2147483647 }],
  ["columns", { min: 1, max: 2147483647 }],
  ["line", { max: 4294967295 }],
  ["min", { max: 255 }],
  ["time", { max: 255 }],
  ["ispeed", { max: 4294967295 }],
  ["ospeed", { max: 4294967295 }],
]);
/** Width that lines are wrapped at where the terminal says none. */
const DEFAULT_WIDTH = 80;
/** Parity, size of characters and whether any come: a pseudo-terminal does not change them. */
const FIXED = 0o660;
const CS8 = 0o60;
const CREAD = 0o200;
/** Characters that Linux keeps. */
const KEPT_CHARACTERS = 19;
const SAVED_FIELDS = 36;

type Ctx = Pick<Context, "fail" | "out" | "warn">;
/** One setting, ready to be done. */
type Step = (modes: TerminalModes, terminal: Terminal, out: Context["out"]) => void;

/** Shows and sets the terminal. Source of behaviour: POSIX stty, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "stty",
  usage: "[-a|g] [-F DEVICE] [SETTING]...",
  about: "Show the settings of the terminal that differ from sane ones, or change them",
  options: {},
  raw: true,
  run(ctx) {
    let all = false;
    let saved = false;
    let device: string | undefined;
    const words: string[] = [];
    const operands = [...ctx.operands];
    for (let word = operands.shift(); word !== undefined; word = operands.shift()) {
      if (/^-[ag]+$/.test(word)) {
        all ||= word.includes("a");
        saved ||= word.includes("g");
      } else if (word.startsWith("-F")) {
        device = word.length > 2 ? word.slice(2) : operands.shift();
        if (device === undefined) return ctx.fail("-F requires an argument");
      } else words.push(word);
    }
    const steps = parseSettings(ctx, words);
    if (all && saved) return ctx.fail("-a and -g are mutually exclusive");
    if ((all || saved) && words.length > 0) {
      return ctx.fail("modes may not be set when -a or -g is used");
    }
    let file: OpenFile | undefined = ctx.process.fd(0);
    const name = device ?? "standard input";
    if (device !== undefined) {
      try {
        file = ctx.openOrThrow(device).file;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't open '${device}': ${error.reason}`);
      }
    }
    const terminal = file?.type === S_IFCHR ? file.tty : undefined;
    if (terminal === undefined) return ctx.fail(`${name}: Inappropriate ioctl for device`);
    const modes = terminal.modes();
    if (saved) ctx.out.print(`${savedForm(modes)}\n`);
    else if (words.length === 0) {
      const width = ctx.process.fd(1)?.tty?.columns() || DEFAULT_WIDTH;
      ctx.out.print(describe(modes, terminal, all, width));
    } else change(ctx, name, terminal, modes, steps);
    return ctx.status;
  },
});

/** Does the settings, and says if the terminal would not have them all. */
function change(
  ctx: Ctx,
  name: string,
  terminal: Terminal,
  before: TerminalModes,
  steps: readonly Step[],
): void {
  const wanted = copyOf(before);
  for (const step of steps) step(wanted, terminal, ctx.out);
  if (savedForm(wanted) === savedForm(before) && wanted.line === before.line) return;
  const done = copyOf(wanted);
  // As a pseudo-terminal of Linux does: parity and size stay as they are.
  done.control = ((done.control & ~FIXED) | CS8 | CREAD) >>> 0;
  done.characters = done.characters.map((code, i) => i < KEPT_CHARACTERS ? code : 0);
  terminal.setModes(done);
  if (savedForm(done) === savedForm(wanted) && !wanted.unequalSpeeds) return;
  const unchanged = savedForm(done) === savedForm(before);
  ctx.fail(
    unchanged && (wanted.control & CS8) !== 0
      ? `${name}: Invalid argument`
      : `${name}: cannot perform all requested operations`,
  );
}

function copyOf(modes: TerminalModes): TerminalModes {
  return { ...modes, characters: [...modes.characters] };
}

/** What the words ask for. Ends the applet at the first wrong one. */
function parseSettings(ctx: Ctx, words: readonly string[]): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    const character = CHARACTERS.find(([name]) => name === word);
    const range = NUMBERS.get(word);
    if (character !== undefined || range !== undefined) {
      const value = words[++i];
      if (value === undefined) return ctx.fail(`${word} requires an argument`);
      if (character !== undefined) {
        const code = characterCode(ctx, value);
        steps.push((modes) => modes.characters[character[1]] = code);
      } else steps.push(numberStep(ctx, word, value, range!));
      continue;
    }
    const off = word.startsWith("-");
    const name = off ? word.slice(1) : word;
    const mode = MODES.find((each) => each.name === (ALIASES.get(name) ?? name));
    if (mode !== undefined && !(off && mode.mask !== undefined)) {
      steps.push((modes) => setMode(modes, mode, !off));
      continue;
    }
    const [on, opposite] = COMBINATIONS.get(name) ?? [];
    const meaning = off ? opposite : on;
    if (name === "sane" && !off) steps.push(makeSane);
    else if (meaning !== undefined) steps.push(...parseSettings(ctx, meaning.split(" ")));
    else if (off) return ctx.fail(`invalid argument '${word}'`);
    else if (word === "size") {
      steps.push((_, terminal, out) => out.print(`${terminal.rows()} ${terminal.columns()}\n`));
    } else if (word === "speed") steps.push((modes, _, out) => out.print(`${speedOf(modes)}\n`));
    else if (/^[0-9a-fA-F]+(:[0-9a-fA-F]+){35}$/.test(word)) steps.push(restore(word));
    else {
      const speed = numberArgument(ctx, word, { max: 4294967295 });
      const code = speedCode(speed);
      if (code === undefined) return ctx.fail(`invalid argument '${word}'`);
      steps.push((modes) => setSpeed(modes, code));
    }
  }
  return steps;
}

function numberStep(
  ctx: Ctx,
  word: string,
  text: string,
  range: { readonly min?: number; readonly max: number },
): Step {
  const value = numberArgument(ctx, text, range);
  switch (word) {
    case "rows":
      return (_, terminal) => terminal.setSize(undefined, value);
    case "cols":
    case "columns":
      return (_, terminal) => terminal.setSize(value, undefined);
    case "line":
      return (modes) => modes.line = value & 255;
    case "min":
      return (modes) => modes.characters[MIN] = value;
    case "time":
      return (modes) => modes.characters[TIME] = value;
    default: {
      const code = speedCode(value);
      if (code === undefined) return ctx.fail(`invalid argument '${text}'`);
      // Linux keeps one speed for both ways, so that one alone cannot be had.
      return (modes) => {
        modes.unequalSpeeds = speedOf(modes) !== value;
        setSpeed(modes, code);
      };
    }
  }
}

/** `^X`, `undef`, a char, or a number. */
function characterCode(ctx: Ctx, text: string): number {
  if (text === "" || text === "undef" || text === "^-") return 0;
  if (text.length === 1) return text.charCodeAt(0);
  if (text[0] === "^") {
    return text[1] === "?" ? 127 : text.charCodeAt(1) & 0x1f;
  }
  return numberArgument(ctx, text, { max: 255 });
}

function makeSane(modes: TerminalModes): void {
  for (const mode of MODES) {
    if (mode.sane !== undefined) setMode(modes, mode, mode.sane);
  }
  for (const [, index, sane] of CHARACTERS) modes.characters[index] = sane;
  modes.characters[MIN] = 1;
  modes.characters[TIME] = 0;
}

function speedCode(speed: number): number | undefined {
  return SPEEDS.find(([each]) => each === speed)?.[1];
}

function speedOf(modes: TerminalModes): number {
  return SPEEDS.find(([, code]) => code === (modes.control & SPEED_MASK))?.[0] ?? 0;
}

function setSpeed(modes: TerminalModes, code: number): void {
  modes.control = ((modes.control & ~SPEED_MASK) | code) >>> 0;
  // Speed 0 hangs up, which a pseudo-terminal does not do.
  if (code === 0) modes.unequalSpeeds = true;
}

/** The form that `-g` prints and that is taken as a setting. */
function savedForm({ input, output, control, local, characters }: TerminalModes): string {
  const codes = Array.from({ length: SAVED_FIELDS - 4 }, (_, i) => characters[i] ?? 0);
  return [input, output, control, local, ...codes].map((value) => value.toString(16)).join(":");
}

function restore(word: string): Step {
  const [input, output, control, local, ...codes] = word.split(":").map((hex) => parseInt(hex, 16));
  return (modes) => {
    Object.assign(modes, { input, output, control, local });
    codes.forEach((code, i) => modes.characters[i] = code & 255);
  };
}

/** The settings in words; without `all` only what is not sane, and all characters. */
function describe(
  modes: TerminalModes,
  terminal: Terminal,
  all: boolean,
  width: number,
): string {
  const page = new Page(width);
  page.add(`speed ${speedOf(modes)} baud;`);
  if (all) {
    page.add(`rows ${terminal.rows()};`);
    page.add(`columns ${terminal.columns()};`);
  }
  page.add(`line = ${modes.line};`);
  page.end();
  for (const [name, index] of CHARACTERS) {
    page.add(`${name} = ${characterText(modes.characters[index])};`);
  }
  page.add(`min = ${modes.characters[MIN]}; time = ${modes.characters[TIME]};`);
  page.end();
  for (const field of ["control", "input", "output", "local"] as const) {
    for (const mode of MODES) {
      if (mode.field !== field) continue;
      const on = isSet(modes, mode);
      if (mode.mask !== undefined) {
        if (on && (all || (field === "output" && mode.sane !== true))) page.add(mode.name);
      } else if (all || (mode.sane !== undefined && mode.sane !== on)) {
        page.add(`${on ? "" : "-"}${mode.name}`);
      }
    }
    page.end();
  }
  return page.text;
}

function characterText(code: number): string {
  if (code === 0) return "<undef>";
  // As in native, these two are not made visible.
  if (code === 9 || code === 10) return String.fromCharCode(code);
  if (code >= 128) return `M-${characterText(code - 128).replace("<undef>", "^@")}`;
  return code < 32 || code === 127
    ? `^${String.fromCharCode(code ^ 64)}`
    : String.fromCharCode(code);
}

/** Words on lines that are no wider than the terminal. */
class Page {
  text = "";
  #column = 0;

  constructor(private readonly width: number) {}

  add(word: string): void {
    if (this.#column > 0 && this.#column + 1 + word.length >= this.width) this.end();
    this.text += this.#column > 0 ? ` ${word}` : word;
    this.#column += word.length + (this.#column > 0 ? 1 : 0);
  }

  end(): void {
    if (this.#column > 0) this.text += "\n";
    this.#column = 0;
  }
}
