/**
 * Option parsing as glibc's `getopt_long` does it, which native busybox uses, and usage pages.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { Applet, AppletSpec, OptionSpec, OptionTable } from "../contract.ts";

/** The first line of a usage page; comparisons with native stop here. */
export const BANNER = "BusyBox v1.35.0 compatible (capbox v0.1.0) multi-call binary.";

/** The usage of an applet that has no page. */
export const NO_HELP = "\0";

/** Ends an applet with a status. */
export class AppletExit extends Error {
  /**
   * Ends with this status.
   *
   * @param status Exit status.
   */
  constructor(readonly status: number) {
    super("exit");
    this.name = "AppletExit";
  }
}

/**
 * A wrong option. The message is getopt's, without the program's name; it is empty for options that
 * exclude one another, where native shows its usage page only.
 */
export class OptionError extends Error {}

/** A wrong argument of an option; native shows no usage page for it. */
export class OptionValueError extends OptionError {}

/** What parsing gives. */
export interface ParsedOptions {
  readonly opts: Record<string, unknown>;
  readonly operands: readonly ByteString[];
  readonly order: readonly string[];
  /** What was wrong with the option behind those of `order`; nothing was read behind it. */
  readonly wrong: OptionError | undefined;
}

/** Long name → key of the option table; made once for each table. */
const longNames = new WeakMap<OptionTable, Map<string, string>>();

function longNamesOf(table: OptionTable): Map<string, string> {
  let names = longNames.get(table);
  if (names === undefined) {
    names = new Map();
    for (const key of keysInOrder(table)) {
      const long = table[key].long;
      if (key.length > 1) names.set(key, key);
      if (typeof long === "string") names.set(long, key);
      else if (long !== undefined) { for (const name of long) names.set(name, key); }
    }
    longNames.set(table, names);
  }
  return names;
}

/** The keys as native has them. */
function keysInOrder(table: OptionTable): string[] {
  const all = Object.keys(table);
  const keys = all.filter((key) => table[key].after === undefined);
  for (const key of all) {
    const { after } = table[key];
    if (after !== undefined) keys.splice(keys.indexOf(after) + 1, 0, key);
  }
  return keys;
}

/** Rules: `posix` stops at the first operand, `numberOption` takes `-NUM`. */
type Rules = Pick<AppletSpec<OptionTable>, "posix" | "shortOnly" | "numberOption" | "plusOption">;

/**
 * Parses arguments against an option table.
 *
 * @param table Options of the applet.
 * @param argv All arguments, `argv[0]` first.
 * @param rules How.
 * @throws {OptionError} with getopt's message.
 */
export function parseOptions(
  table: OptionTable,
  argv: readonly ByteString[],
  rules: Rules,
): ParsedOptions {
  const parsed = parseOptionsSoFar(table, argv, rules);
  if (parsed.wrong !== undefined) throw parsed.wrong;
  return parsed;
}

/** As `parseOptions`, but with what stands before a wrong option, and what is wrong. */
export function parseOptionsSoFar(
  table: OptionTable,
  argv: readonly ByteString[],
  rules: Rules,
): ParsedOptions {
  // Keys are the letters and names of the table; without a prototype, nothing else is found.
  const opts: Record<string, unknown> = Object.create(null);
  const operands: ByteString[] = [];
  const order: string[] = [];

  const set = (key: string, option: OptionSpec, value: ByteString | undefined): void => {
    if (option.excludes?.some((other) => Object.hasOwn(opts, other))) throw new OptionError("");
    if (value === undefined && option.arg !== undefined && opts[key] !== undefined) {
      // A value that is left out now does not take the place of one that was given before.
    } else if (option.numeric) opts[key] = value === undefined ? NaN : optionNumber(value);
    else if (option.many) ((opts[key] ??= []) as ByteString[]).push(value ?? "");
    else if (option.arg !== undefined) opts[key] = value ?? "";
    else if (option.count) opts[key] = ((opts[key] as number | undefined) ?? 0) + 1;
    else opts[key] = true;
    order.push(key);
  };

  let i = 1;
  let wrong: OptionError | undefined;
  try {
    for (; i < argv.length; i++) {
      const word = argv[i];
      if (
        i === 1 && rules.plusOption !== undefined && word[0] === "+" && isDigit(word.charCodeAt(1))
      ) {
        set(rules.plusOption, table[rules.plusOption], word);
        continue;
      }
      if (word.length < 2 || word.charCodeAt(0) !== 0x2d) {
        if (rules.posix) break;
        operands.push(word);
        continue;
      }
      if (word === "--") {
        i++;
        break;
      }
      if (word.charCodeAt(1) === 0x2d && !rules.shortOnly) {
        i += parseLong(table, argv, i, set);
        continue;
      }
      if (i === 1 && rules.numberOption !== undefined && isDigit(word.charCodeAt(1))) {
        // Only the first argument may have this old form, and all of it is the number.
        set(rules.numberOption, table[rules.numberOption], word.slice(1));
        continue;
      }
      i += parseCluster(table, argv, i, 1, set);
    }
    for (; i < argv.length; i++) operands.push(argv[i]);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    wrong = error;
  }
  return { opts, operands, order, wrong };
}

/** Largest number that an option takes. */
const LARGEST = 0x7fff_ffff;

/** The number of an option. @throws {OptionValueError} */
function optionNumber(text: ByteString): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (value <= LARGEST) return value;
  throw new OptionValueError(
    value <= 0xffff_ffff
      ? `number ${text} is not in 0..${LARGEST} range`
      : `invalid number '${text}'`,
  );
}

type Setter = (key: string, option: OptionSpec, value: ByteString | undefined) => void;

/** Parses the letters of one word; gives how many further words were used. */
function parseCluster(
  table: OptionTable,
  argv: readonly ByteString[],
  index: number,
  from: number,
  set: Setter,
): number {
  const word = argv[index];
  for (let at = from; at < word.length; at++) {
    const letter = word[at];
    const option = Object.hasOwn(table, letter) ? table[letter] : undefined;
    if (option === undefined) throw new OptionError(`invalid option -- '${letter}'`);
    if (option.arg === undefined) {
      set(letter, option, undefined);
      continue;
    }
    if (at + 1 < word.length) {
      set(letter, option, word.slice(at + 1));
      return 0;
    }
    if (option.optional === true) {
      set(letter, option, undefined);
      return 0;
    }
    if (index + 1 >= argv.length) {
      throw new OptionError(`option requires an argument -- '${letter}'`);
    }
    set(letter, option, argv[index + 1]);
    return 1;
  }
  return 0;
}

/** Parses one `--name[=value]`; gives how many further words were used. */
function parseLong(
  table: OptionTable,
  argv: readonly ByteString[],
  index: number,
  set: Setter,
): number {
  const word = argv[index];
  const equals = word.indexOf("=");
  const given = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const names = longNamesOf(table);
  let name: string | undefined = names.has(given) ? given : undefined;
  if (name === undefined) {
    const [first, ...others] = [...names.keys()].filter((each) => each.startsWith(given));
    if (first === undefined) throw new OptionError(`unrecognized option '${word}'`);
    // Another name of the first one's option is no other possibility.
    const list = others.filter((each) => names.get(each) !== names.get(first));
    if (list.length > 0) {
      const all = [first, ...list].map((each) => `'--${each}'`).join(" ");
      throw new OptionError(`option '${word}' is ambiguous; possibilities: ${all}`);
    }
    name = first;
  }
  const key = names.get(name)!;
  const option = table[key];
  if (option.arg === undefined) {
    if (equals >= 0) throw new OptionError(`option '--${name}' doesn't allow an argument`);
    set(key, option, undefined);
    return 0;
  }
  if (equals >= 0) {
    set(key, option, word.slice(equals + 1));
    return 0;
  }
  if (option.optional) {
    set(key, option, undefined);
    return 0;
  }
  if (index + 1 >= argv.length) throw new OptionError(`option '--${name}' requires an argument`);
  set(key, option, argv[index + 1]);
  return 1;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The usage page of an applet under one of its names. */
export function usagePage(applet: Applet, name: ByteString): ByteString {
  const usage = typeof applet.usage === "string" ? applet.usage : applet.usage[name] ?? "";
  if (usage === NO_HELP) return `${BANNER}\n\nNo help available\n`;
  const about = typeof applet.about === "string" ? applet.about : applet.about[name] ?? "";
  let page = `${BANNER}\n\nUsage: ${name}${usage === "" ? "" : " " + usage}\n`;
  if (about !== "") page += `\n${about}\n`;
  const lines: string[] = [];
  for (const key of Object.keys(applet.options)) {
    const spec = applet.options[key];
    if (spec.help === undefined) continue;
    const label = key.length === 1 ? `-${key}` : `--${key}`;
    const arg = spec.arg === undefined
      ? ""
      : spec.optional === true
      ? `[${spec.arg}]`
      : ` ${spec.arg}`;
    lines.push(`\t${label}${arg}\t${spec.help}\n`);
  }
  if (lines.length > 0) page += "\n" + lines.join("");
  return page;
}
