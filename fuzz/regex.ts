/**
 * Random regular expressions, compared with native busybox: what `sed` puts into the groups, which
 * lines `grep` prints, and what both say of patterns that are none.
 *
 *     deno run -A fuzz/regex.ts --patterns 10000 --seed 1 --busybox /usr/bin/busybox
 *
 * Many patterns go through one native shell, and each meets all lines of a file, so that a run of ten
 * thousand patterns compares 200,000 pairs.
 *
 * Two kinds of difference are counted apart, because there glibc itself is wrong: patterns with
 * back-references (its match may not even be one: `c((aa*)?)*\1`), and patterns with an anchor together
 * with a repetition or a group (`a(\<b.){0,3}` does not match `ab` for it, though the group may be absent).
 * That it is wrong is shown for each difference by trying everything (regex_judge.ts).
 *
 * @module
 */
import { compile, type Regex, RegexError, type RegexSyntax } from "../applets/_lib/regex/regex.ts";
import { seeded } from "./awk.ts";
import { longestMatch } from "./regex_judge.ts";

/** Gives a number from 0 up to a bound. */
export type Pick = (bound: number) => number;

/** What a comparison found. */
export interface RegexReport {
  /** Pairs of a pattern and a text. */
  readonly pairs: number;
  /** Differences where glibc is known to be wrong, by the reason. */
  readonly known: ReadonlyMap<string, number>;
  /** All others, in words. */
  readonly differences: readonly string[];
}

/** A source of whole numbers with a seed. */
export function picker(seed: number): Pick {
  const random = seeded(seed);
  return (bound) => Math.floor(random() * bound);
}

interface Signs {
  readonly open: string;
  readonly close: string;
  readonly bar: string;
  readonly plus: string;
  readonly question: string;
  readonly brace: string;
  readonly unbrace: string;
}

const EXTENDED: Signs = {
  open: "(",
  close: ")",
  bar: "|",
  plus: "+",
  question: "?",
  brace: "{",
  unbrace: "}",
};
const BASIC: Signs = {
  open: "\\(",
  close: "\\)",
  bar: "\\|",
  plus: "\\+",
  question: "\\?",
  brace: "\\{",
  unbrace: "\\}",
};

const BYTES = ["a", "b", "c", "a", "b", "A", "_"];
const SETS = [
  ...["[ab]", "[^a]", "[a-c]", "[[:alpha:]]", "[^[:space:]b]", "[]a]", "[b-]", "\\w", "\\W"],
  ...["[A-b]", "[[=a=]b]", "[[.a.]-c]", "[[:upper:][:digit:]]", "\\s", "\\S", ".", "\\."],
];
const ANCHORS = ["^", "$", "\\b", "\\B", "\\<", "\\>", "\\`", "\\'"];
const COUNTS = ["0", "1", "2", "0,1", "1,2", "2,3", ",2", "1,", "0,", "2,", "0,3"];
const SCRAPS = [
  ...["a", "b", "*", "+", "?", "{", "}", "(", ")", "|", "\\", "[", "]", "^", "$", ".", "1", "2"],
  ...[
    ",",
    "-",
    "\\(",
    "\\)",
    "\\{",
    "\\}",
    "\\|",
    "[:",
    "[=",
    "[.",
    ".]",
    ":]",
    "=]",
    "alpha",
    "<",
  ],
];

/** Makes a random pattern of a dialect, now and then a mere heap of signs. */
export function generatePattern(pick: Pick, syntax: RegexSyntax): string {
  const signs = syntax === "ere" || syntax === "egrep" ? EXTENDED : BASIC;
  const any = <T>(list: readonly T[]): T => list[pick(list.length)];
  if (pick(8) === 0) return Array.from({ length: 1 + pick(8) }, () => any(SCRAPS)).join("");
  let groups = 0;
  const anchors = pick(4) === 0;
  const references = pick(10) === 0;
  const atom = (depth: number): string => {
    const kind = pick(20);
    if (kind < 9) return any(BYTES);
    if (kind < 12) return any(SETS);
    if (kind < 17 && depth > 0) {
      groups++;
      return signs.open + alternatives(depth - 1) + signs.close;
    }
    if (kind < 18 && anchors) return any(ANCHORS);
    if (kind < 19 && references && groups > 0) return `\\${1 + pick(Math.min(groups, 9))}`;
    return any(["a", "b"]);
  };
  const repeated = (depth: number): string => {
    const operand = atom(depth);
    const kind = pick(14);
    if (kind < 3) return operand + "*";
    if (kind < 4) return operand + signs.plus;
    if (kind < 6) return operand + signs.question;
    if (kind < 7) return operand + signs.brace + any(COUNTS) + signs.unbrace;
    return operand;
  };
  const sequence = (depth: number): string => {
    if (pick(25) === 0) return "";
    return Array.from({ length: 1 + pick(4) }, () => repeated(depth)).join("");
  };
  const alternatives = (depth: number): string => {
    let text = sequence(depth);
    while (pick(4) === 0) text += signs.bar + sequence(depth);
    return text;
  };
  for (;;) {
    groups = 0;
    const pattern = alternatives(3);
    if (pattern.length <= 60 && groups <= 9) return pattern;
  }
}

/** Makes a line of text that the patterns are likely to match. */
export function generateText(pick: Pick): string {
  const bytes = [...BYTES, " ", "-", "."];
  return Array.from({ length: pick(10) }, () => bytes[pick(bytes.length)]).join("");
}

/** Why glibc may be wrong about a pattern; undefined when it is right. */
export function wrongInGlibc(pattern: string): string | undefined {
  if (/\\[1-9]/.test(pattern)) return "back-references: what glibc finds need not be a match";
  const anchored = /\\[bB<>`']|[\^$]/.test(pattern.replace(/\[\]?[^\]]*\]/g, ""));
  return anchored && /[*+?{(|]/.test(pattern)
    ? "an anchor together with a repetition or a group"
    : undefined;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The delimiter of `s`, which occurs in no pattern. */
const DELIMITER = "\x01";

function replacement(groups: number): string {
  let text = "<&>";
  for (let group = 1; group <= Math.min(groups, 9); group++) text += `[\\${group}]`;
  return text;
}

/** What sed should print for a text. */
function substituted(regex: Regex, text: string): string {
  const match = regex.exec(text);
  if (match === null) return text;
  let result = `${text.slice(0, match[0])}<${text.slice(match[0], match[1])}>`;
  for (let group = 1; group <= Math.min(regex.groups, 9); group++) {
    const from = match[2 * group];
    result += `[${from < 0 ? "" : text.slice(from, match[2 * group + 1])}]`;
  }
  return result + text.slice(match[1]);
}

/** Whether sed would not see the delimiter behind a pattern: an open bracket or a last backslash. */
function takesDelimiter(pattern: string): boolean {
  let bracket = -1;
  for (let i = 0; i < pattern.length; i++) {
    if (bracket >= 0) {
      const first = i === bracket + 1 || (i === bracket + 2 && pattern[i - 1] === "^");
      if (pattern[i] === "]" && !first) bracket = -1;
    } else if (pattern[i] === "[") bracket = i;
    if (pattern[i] === "\\" && (bracket < 0 || pattern[i + 1] === "\\")) {
      if (++i >= pattern.length) return true;
    }
  }
  return bracket >= 0;
}

interface Trial {
  readonly syntax: RegexSyntax;
  readonly pattern: string;
  readonly icase: boolean;
  readonly command: string;
  readonly want: string;
}

/** A trial, or undefined where sed itself changes the pattern before it is compiled. */
function trial(pick: Pick, texts: readonly string[]): Trial | undefined {
  const syntax = (["bre", "ere", "ere", "grep", "egrep"] as const)[pick(5)];
  const pattern = generatePattern(pick, syntax);
  const icase = pick(6) === 0;
  let regex: Regex | undefined;
  let message = "";
  try {
    regex = compile(pattern, { syntax, icase });
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    message = error.message;
  }
  if (syntax === "grep" || syntax === "egrep") {
    const flags = `${syntax === "egrep" ? "-E" : ""} ${icase ? "-i" : ""}`;
    const command = `grep -n ${flags} -e ${quoted(pattern)} texts`;
    let want = "";
    if (regex === undefined) want = `grep: bad regex '${pattern}'\n2\n`;
    else {
      const numbers = texts.flatMap((text, index) => regex.test(text) ? [index] : []);
      want = numbers.map((index) => `${index + 1}:${texts[index]}\n`).join("") +
        `${numbers.length > 0 ? 0 : 1}\n`;
    }
    return { syntax, pattern, icase, command, want };
  }
  if (pattern === "" || takesDelimiter(pattern)) return undefined;
  const script =
    `s${DELIMITER}${pattern}${DELIMITER}${replacement(regex?.groups ?? 0)}${DELIMITER}` +
    (icase ? "I" : "");
  const command = `sed ${syntax === "ere" ? "-E" : ""} ${quoted(script)} texts`;
  const want = regex === undefined
    ? `sed: bad regex '${pattern}': ${message}\n1\n`
    : texts.map((text) => substituted(regex, text) + "\n").join("") + "0\n";
  return { syntax, pattern, icase, command, want };
}

/** Where a line of sed's output says that a match lies. */
function spanIn(line: string): readonly [from: number, to: number] | undefined {
  const from = line.indexOf("<");
  return from < 0 ? undefined : [from, line.indexOf(">") - 1];
}

/**
 * Why a difference is a fault of glibc, shown by trying everything: its match is none, or not the
 * longest, and ours is; undefined where that is not so. Where both sides found the same match and the
 * pattern has a back-reference, what the groups hold is not judged.
 */
function proven(
  { pattern, syntax, icase, command, want }: Trial,
  texts: readonly string[],
  native: string,
): string | undefined {
  const reason = wrongInGlibc(pattern);
  if (reason === undefined) return undefined;
  const lists = command.startsWith("grep");
  const theirs = native.split("\n");
  const ours = want.split("\n");
  if (!lists && theirs.length !== ours.length) return undefined;
  let onlyGroups = false;
  for (let i = 0; i < texts.length; i++) {
    const shown = (lines: readonly string[]): string =>
      lists ? String(lines.includes(`${i + 1}:${texts[i]}`)) : lines[i];
    if (shown(theirs) === shown(ours)) continue;
    const right = longestMatch(pattern, syntax, icase, texts[i]);
    const agrees = (lines: readonly string[]): boolean =>
      lists
        ? (right !== undefined) === (shown(lines) === "true")
        : String(spanIn(lines[i])) === String(right);
    if (!agrees(ours)) return undefined;
    if (agrees(theirs)) {
      if (!/\\[1-9]/.test(pattern)) return undefined;
      onlyGroups = true;
    }
  }
  return onlyGroups ? "groups beside a back-reference" : reason;
}

const BATCH = 250;
const TEXTS = 20;
const MARK = "\x02";

/** Compares so many random patterns with native. */
export async function compareWithNative(
  busybox: string,
  seed: number,
  patterns: number,
  show?: (known: string) => void,
): Promise<RegexReport> {
  const pick = picker(seed);
  const dir = await Deno.makeTempDir();
  const differences: string[] = [];
  const known = new Map<string, number>();
  let pairs = 0;
  for (let done = 0; done < patterns;) {
    const texts = Array.from({ length: TEXTS }, () => generateText(pick));
    await Deno.writeTextFile(`${dir}/texts`, texts.map((text) => text + "\n").join(""));
    const trials: Trial[] = [];
    while (trials.length < BATCH) {
      const next = trial(pick, texts);
      if (next !== undefined) trials.push(next);
    }
    done += trials.length;
    pairs += trials.length * TEXTS;
    const script = "ulimit -t 5\n" +
      trials.map(({ command }) => `"$1" ${command} 2>&1; echo $?; printf '${MARK}'\n`).join("");
    await Deno.writeTextFile(`${dir}/script`, script);
    const { stdout } = await new Deno.Command(busybox, {
      args: ["sh", `${dir}/script`, busybox],
      cwd: dir,
      env: { LC_ALL: "C" },
      stdin: "null",
    }).output();
    const answers = new TextDecoder().decode(stdout).split(MARK);
    trials.forEach(({ pattern, syntax, icase, want }, index) => {
      const native = answers[index];
      if (native === want) return;
      // Some nested empty loops never end in glibc; they are killed.
      const reason = native?.endsWith("137\n")
        ? "native did not end and was killed"
        : proven(trials[index], texts, native ?? "");
      const text = `${syntax}${icase ? " icase" : ""} ${JSON.stringify(pattern)}\n` +
        `  texts  ${JSON.stringify(texts)}\n` +
        `  native ${JSON.stringify(native)}\n  ours   ${JSON.stringify(want)}`;
      if (reason === undefined) differences.push(text);
      else {
        known.set(reason, (known.get(reason) ?? 0) + 1);
        show?.(`${reason}: ${text}`);
      }
    });
  }
  await Deno.remove(dir, { recursive: true });
  return { pairs, known, differences };
}

if (import.meta.main) {
  const option = (name: string, fallback: string): string => {
    const index = Deno.args.indexOf(`--${name}`);
    return index < 0 ? fallback : Deno.args[index + 1];
  };
  const report = await compareWithNative(
    option("busybox", "/usr/bin/busybox"),
    Number(option("seed", "1")),
    Number(option("patterns", "1000")),
    Deno.args.includes("--all") ? console.log : undefined,
  );
  for (const difference of report.differences) console.log(difference);
  console.log(`${report.pairs} pairs, ${report.differences.length} differences`);
  for (const [reason, times] of report.known) console.log(`known, ${times} times: ${reason}`);
  if (report.differences.length > 0) Deno.exit(1);
}
