/**
 * Random regular expressions in awk, compared with native busybox: literal, in a string and from the
 * environment; in `~`, match, sub, gsub, gensub and split, as FS and as RS, over the same twenty lines.
 *
 *     deno run -A fuzz/regex_awk.ts --count 10000 --seed 1 --busybox /usr/bin/busybox
 *
 * @module
 */
import { compile } from "../applets/_lib/regex/regex.ts";
import { generatePattern, generateText, type Pick, picker, wrongInGlibc } from "./regex.ts";
import { fuzzFromArguments, type Known, quoted } from "./shell_batch.ts";

const LINES = 20;

/** What is done with a pattern. Its groups are shown where awk can show them. */
const PROGRAMS: readonly string[] = [
  "{ print $0 ~ P }",
  "{ print match($0, P), RSTART, RLENGTH }",
  '{ n = sub(P, "<&>"); print n, $0 }',
  '{ n = gsub(P, "<&>"); print n, $0 }',
  '{ n = gsub(P, "[\\\\&&]", $1); print n, $0, NF }',
  '{ print gensub(P, "<\\\\0>[\\\\1][\\\\2][\\\\3]", "g") }',
  '{ print gensub(P, "<&>[\\\\1]", 2) }',
  '{ n = split($0, a, P); printf "%d", n; for (i = 1; i <= n; i++) printf ":%s", a[i]; print "" }',
  '$0 ~ P, $0 !~ P { print NR ":" $0 }',
];
const SEPARATED: readonly string[] = [
  'BEGIN { FS = P } { printf "%d", NF; for (i = 1; i <= NF; i++) printf ":%s", $i; print "" }',
  'BEGIN { RS = P } { print NR ":" $0 "|" RT "|" }',
  'BEGIN { RS = P } { printf "%d", NF; for (i = 1; i <= NF; i++) printf ":%s", $i; print "" }',
  'BEGIN { RS = P; FS = "a" } { print NF; $2 = "x" } 1',
];

/** Makes a command over the file `texts`. */
export function generateAwk(pick: Pick): string {
  const any = <T>(list: readonly T[]): T => list[pick(list.length)];
  let pattern = generatePattern(pick, "ere");
  if (pick(40) === 0) {
    pattern = any(["", " ", "|", "\\|", "\t", "\\", "\\.", "[ ]", "\\n", "\n", "^"]);
  }
  const isSeparator = pick(4) === 0;
  const program = any(isSeparator ? SEPARATED : PROGRAMS);
  // Between records that nothing separates native finds no end.
  if (program.includes("RS = P")) {
    while (takesNothing(pattern)) pattern = generatePattern(pick, "ere");
  }
  const seen = `: ${quoted(pattern)}; `;
  const flag = pick(8) === 0 ? "-v IGNORECASE=1 " : "";
  const how = pick(isSeparator ? 2 : 3);
  const named = (text: string): string => program.replaceAll("P", () => text);
  if (how === 0) {
    return `${seen}P=${quoted(pattern)} awk ${flag}${quoted(named('ENVIRON["P"]'))} texts`;
  }
  if (how === 1) {
    const text = pattern.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
    return `${seen}awk ${flag}${quoted(named(`"${text}"`))} texts`;
  }
  const literal = pattern.replaceAll("/", "\\/").replaceAll("\n", "\\n");
  return `${seen}awk ${flag}${quoted(named(`/${literal}/`))} texts`;
}

/** Whether an empty text is a match. */
function takesNothing(pattern: string): boolean {
  try {
    return compile(pattern, { syntax: "ere" }).test("");
  } catch {
    return false;
  }
}

/** A batch of commands over a file. */
export function awkBatch(seed: number): {
  files: Record<string, string>;
  commands: string[];
} {
  const pick = picker(seed);
  const texts = Array.from({ length: LINES }, () => generateText(pick));
  const files = { texts: texts.join("\n") + (pick(4) === 0 ? "" : "\n") };
  return { files, commands: Array.from({ length: 250 }, () => generateAwk(pick)) };
}

const known: Known = ({ command }) => {
  const pattern = /^: '((?:[^']|'\\'')*)'; /.exec(command)![1].replaceAll("'\\''", "'");
  return wrongInGlibc(pattern);
};

if (import.meta.main) await fuzzFromArguments(awkBatch, known);
