/**
 * Random grep command lines, compared with native busybox.
 *
 *     deno run -A fuzz/grep.ts --count 10000 --seed 1 --busybox /usr/bin/busybox
 *
 * `-o` with `-v` is left out: native crashes on it.
 *
 * @module
 */
import { generatePattern, type Pick, picker } from "./regex.ts";
import { fuzzFromArguments, type Known, quoted } from "./shell_batch.ts";

const FLAGS = "HhnlLcoqvsiwxFEz".split("");
const WORDS = ["foo", "bar", "foobar", "foo_", "o", "a", "b", "ab", "", "foo.", "-foo", "FOO"];

function generateInput(pick: Pick): string {
  const parts = ["foo", "bar", " ", "a", "b", "_", "-", "o", "FOO", ".", "\t"];
  let text = "";
  for (let lines = pick(12); lines > 0; lines--) {
    text += Array.from({ length: pick(6) }, () => parts[pick(parts.length)]).join("");
    text += pick(25) === 0 ? "\0" : "\n";
  }
  return pick(5) === 0 ? text.slice(0, -1) : text;
}

/** Makes a command line. */
export function generateCommand(pick: Pick): string {
  const any = <T>(list: readonly T[]): T => list[pick(list.length)];
  const flags = new Set(Array.from({ length: pick(4) }, () => any(FLAGS)));
  if (flags.has("v")) flags.delete("o");
  const name = any(["grep", "grep", "grep", "egrep", "fgrep"]);
  const extended = flags.has("E") || name === "egrep";
  const pattern = (): string =>
    pick(2) === 0 ? any(WORDS) : generatePattern(pick, extended ? "egrep" : "grep");
  const words = [name, ...[...flags].map((flag) => `-${flag}`)];
  for (const flag of ["A", "B", "C", "m"]) if (pick(8) === 0) words.push(`-${flag} ${pick(4)}`);
  const patterns = Array.from({ length: pick(4) === 0 ? 1 + pick(3) : 1 }, pattern);
  if (patterns.length > 1 || pick(3) === 0) {
    for (const each of patterns) words.push(`-e ${quoted(each)}`);
  } else if (pick(6) === 0) words.push("-f pats");
  else words.push(`-- ${quoted(patterns[0])}`);
  words.push(any(["one", "one", "one two", "two one none", "<one", "- two <one", "one two one"]));
  return words.join(" ");
}

/** A batch of commands over two files. */
export function grepBatch(seed: number): {
  files: Record<string, string>;
  commands: string[];
} {
  const pick = picker(seed);
  const files = {
    one: generateInput(pick),
    two: generateInput(pick),
    pats: ["foo\n", "bar\nb\n", "", "\n", "o\n\nfoo"][pick(5)],
  };
  return { files, commands: Array.from({ length: 250 }, () => generateCommand(pick)) };
}

/**
 * Native keeps lines of a former file in the ring of -B, and prints them with wrong numbers or too late.
 */
const known: Known = ({ command }) =>
  / -[BC] [1-9]/.test(command) && /(one|two)\S* .*(one|two)/.test(command)
    ? "-B shows lines of a former file"
    : undefined;

if (import.meta.main) await fuzzFromArguments(grepBatch, known);
