import type { ByteString } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";

/** Status of `-T`, by which scripts know that quoting is done. */
const ENHANCED = 4;
const CSH = ["csh", "tcsh"];
const SHELLS = ["sh", "bash", ...CSH];

const OPTIONS = {
  o: { arg: "OPTSTRING", long: "options", help: "Short options to know" },
  l: { arg: "LOPT[,...]", many: true, long: "longoptions", help: "Long options to know" },
  q: { long: "quiet", help: "No messages of wrong options" },
  Q: { long: "quiet-output", help: "No output" },
  s: { arg: "SHELL", long: "shell", help: "Quote for this shell" },
  T: { long: "test", help: "End with status 4" },
  u: { long: "unquoted", help: "Do not quote" },
  a: { long: "alternative", help: "Long options may begin with one -" },
  n: { arg: "PROGNAME", long: "name", help: "Name that errors are told under" },
} as const;

/** Parses the options of scripts. Source of behaviour: getopt(1) of util-linux, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "getopt",
  usage: "[OPTIONS] [--] OPTSTRING PARAMS",
  about: 'Parse options for a script:\n\teval set -- "`getopt -o ab: -l long -- "$@"`"',
  lostOutput: "ignore",
  options: OPTIONS,
  posix: true,
  run(ctx) {
    const { opts, operands, out } = ctx;
    const shell = opts.s ?? "bash";
    if (!SHELLS.includes(shell)) ctx.say(`${ctx.name}: unknown shell '${shell}', assuming bash\n`);
    if (opts.T) return ENHANCED;
    const old = ctx.env.has("GETOPT_COMPATIBLE");
    const words = [...operands];
    let short = opts.o;
    // The first argument being no option, it is all that is known: nothing is quoted.
    const compatible = old || (ctx.argv.length > 1 && !ctx.argv[1].startsWith("-"));
    if (compatible && ctx.argv.length > 1) {
      // Everything is as it stands: a `--` is the parameters' own, and `+` has no meaning.
      words.splice(0, words.length, ...ctx.argv.slice(2));
      short = ctx.argv[1].replace(/^[-+]+/, "");
    } else if (short === undefined) {
      if (words.length === 0) return ctx.fail("missing optstring argument");
      short = words.shift()!;
      if (words[0] === "--") words.shift();
    }
    const quote = opts.u || compatible
      ? (text: ByteString): ByteString => text
      : (text: ByteString): ByteString => quoted(text, CSH.includes(shell));
    const complain = (message: string): void => {
      if (!opts.q) ctx.say(`${opts.n ?? "getopt"}: ${message}\n`);
    };
    const result = parseWords(short, opts.l ?? [], words, {
      complain,
      quote,
      alternative: opts.a === true,
      posix: ctx.env.has("POSIXLY_CORRECT"),
    });
    if (!opts.Q) out.print(`${result.text}\n`);
    return result.failed ? 1 : 0;
  },
});

interface ParseRules {
  readonly complain: (message: string) => void;
  readonly quote: (text: ByteString) => ByteString;
  readonly alternative: boolean;
  readonly posix: boolean;
}

/** Whether an option has an argument. */
type Kind = "none" | "required" | "optional";
const KINDS: readonly Kind[] = ["none", "required", "optional"];

/** `ab:c::` and `foo,bar:,baz::` as an option table. */
function tableOf(short: ByteString, long: readonly ByteString[]): Map<string, Kind> {
  const table = new Map<string, Kind>();
  for (const match of short.matchAll(/([^:])(:{0,2})/gs)) {
    table.set(match[1], KINDS[match[2].length]);
  }
  for (const word of long.flatMap((each) => each.split(/[,\s]+/))) {
    const match = /^(.+?)(:{0,2})$/s.exec(word);
    if (match !== null) table.set(`--${match[1]}`, KINDS[match[2].length]);
  }
  return table;
}

function parseWords(
  shortText: ByteString,
  longTexts: readonly ByteString[],
  words: readonly ByteString[],
  rules: ParseRules,
): { readonly text: string; readonly failed: boolean } {
  const mode = shortText[0] === "+" || shortText[0] === "-" ? shortText[0] : "";
  const inOrder = mode === "-";
  const stops = mode === "+" || (rules.posix && !inOrder);
  const rest = shortText.slice(mode.length);
  // A colon in front keeps all messages back, as getopt(3) has it.
  const complain = rest[0] === ":" ? () => {} : rules.complain;
  const known = tableOf(rest, longTexts);
  let text = "";
  let failed = false;
  const operands: ByteString[] = [];
  const { quote } = rules;
  let i = 0;
  /** A long option without its dashes; what it takes may be the next word. */
  const long = (prefix: string, option: ByteString): void => {
    const equals = option.indexOf("=");
    const given = equals < 0 ? option : option.slice(0, equals);
    let value = equals < 0 ? undefined : option.slice(equals + 1);
    const names = longNames(known, given);
    const kind = known.get(`--${names[0]}`);
    let wrong: string | undefined;
    if (kind === undefined) wrong = `unrecognized option '${prefix}${option}'`;
    else if (names.some((name) => known.get(`--${name}`) !== kind)) {
      const list = names.map((name) => `'${prefix}${name}'`).join(" ");
      wrong = `option '${prefix}${option}' is ambiguous; possibilities: ${list}`;
    } else if (kind === "none" && value !== undefined) {
      wrong = `option '${prefix}${names[0]}' doesn't allow an argument`;
    } else if (kind === "required" && value === undefined) {
      if (i + 1 < words.length) value = words[++i];
      else wrong = `option '${prefix}${names[0]}' requires an argument`;
    }
    if (wrong === undefined) {
      text += ` --${names[0]}${kind === "none" ? "" : ` ${quote(value ?? "")}`}`;
    } else {
      complain(wrong);
      failed = true;
    }
  };
  // POSIX keeps -W for extensions; `W;` makes `-W foo` another way to say `--foo` (getopt(3)).
  const hasLongW = rest.includes("W;") && longTexts.length > 0;
  for (; i < words.length; i++) {
    const word = words[i];
    if (word === "--") {
      i++;
      break;
    }
    if (word[0] !== "-" || word === "-") {
      if (stops) break;
      if (inOrder) text += ` ${quote(word)}`;
      else operands.push(word);
      continue;
    }
    // Without long options a second dash is a wrong letter.
    const isLong = word.startsWith("--") && longTexts.length > 0 ||
      (rules.alternative && (word.length > 2 || !known.has(word[1])) &&
        longNames(known, word.slice(1)).length > 0);
    if (isLong) {
      const dashes = word.startsWith("--") ? 2 : 1;
      long("-".repeat(dashes), word.slice(dashes));
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at];
      const kind = ":;-".includes(letter) ? undefined : known.get(letter);
      if (kind === undefined) {
        complain(`invalid option -- '${letter}'`);
        failed = true;
        continue;
      }
      if (letter === "W" && hasLongW) {
        if (at + 1 < word.length) long("-W ", word.slice(at + 1));
        else if (i + 1 < words.length) long("-W ", words[++i]);
        else {
          complain("option requires an argument -- 'W'");
          failed = true;
        }
        break;
      }
      if (kind === "none") {
        text += ` -${letter}`;
        continue;
      }
      let value: ByteString | undefined;
      if (at + 1 < word.length) value = word.slice(at + 1);
      else if (kind === "optional") value = "";
      else if (i + 1 < words.length) value = words[++i];
      if (value === undefined) {
        complain(`option requires an argument -- '${letter}'`);
        failed = true;
      } else text += ` -${letter} ${quote(value)}`;
      break;
    }
  }
  operands.push(...words.slice(i));
  text += " --";
  for (const word of operands) text += ` ${quote(word)}`;
  return { text, failed };
}

/** Long names that a word may stand for: itself, or all that it begins. */
function longNames(known: ReadonlyMap<string, Kind>, word: ByteString): string[] {
  const name = word.split("=", 1)[0];
  if (known.has(`--${name}`)) return [name];
  return [...known.keys()].filter((key) => key.length > 2 && key.startsWith(`--${name}`))
    .map((key) => key.slice(2));
}

/** A word in single quotes; csh needs more of its characters kept apart. */
function quoted(text: ByteString, csh: boolean): ByteString {
  if (!csh) return `'${text.replaceAll("'", "'\\''")}'`;
  let result = "";
  for (const char of text) {
    if (char === "'") result += "'\\''";
    else if (char === "!") result += "'\\!'";
    else if (char === "\\") result += "\\\\";
    else if (char === "\n") result += "\\n";
    else if (/\s/.test(char)) result += `'\\${char}'`;
    else result += char;
  }
  return `'${result}'`;
}
