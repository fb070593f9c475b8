/**
 * The cases of the flag matrix: shapes crossed with the flags native accepts and those we have.
 *
 * @module
 */
import type { OptionTable } from "../../../applets/contract.ts";
import type { Shape } from "./shapes/shape.ts";

/** What native said about one option. */
export type Takes = "none" | "argument" | "optional";

/** Options that an applet of native accepts, by letter or long name. */
export type Accepted = ReadonlyMap<string, Takes>;

/** Kinds of files that every applet which takes a file is given. */
const KINDS = ["nx", "e", "n", "r", "c", "z", "d", "D", "s", "k", "u", "loop", "-", "''", "f nx g"];
/** What a user without rights tries. These run as user 1000, in a tree of that user. */
const UNPRIVILEGED = ["u", "U/f", "W/f"];
const PAIRS_MAX = 90;

/** One case. Those of an ordinary user begin with this mark. */
export const AS_USER = "#user ";

/** The word that calls an applet. Builtins of the shell are called through busybox. */
export function callWord(name: string): string {
  const builtin = new Set([
    ...["[", "[[", "echo", "false", "kill", "printf", "pwd", "test", "true"],
    ...["time", "getopt", "less", "more"],
  ]);
  return builtin.has(name) ? `busybox ${name}` : name;
}

/** Letters and long names of an option table, with what they take. */
export function acceptedByTable(table: OptionTable): Map<string, Takes> {
  const found = new Map<string, Takes>();
  for (const [key, spec] of Object.entries(table)) {
    const takes = spec.arg === undefined ? "none" : spec.optional ? "optional" : "argument";
    const names = typeof spec.long === "string" ? [spec.long] : spec.long ?? [];
    for (const name of [key, ...names]) found.set(name, takes);
  }
  return found;
}

/** Whether words can be put behind it. */
function isPlain(operands: string): boolean {
  return operands !== "" && !/[|;<>]/.test(operands);
}

function sample(shape: Shape, name: string, table: OptionTable): readonly string[] {
  const own = shape.values;
  if (own !== undefined && Object.hasOwn(own, name)) return own[name];
  for (const [key, spec] of Object.entries(table)) {
    const names = typeof spec.long === "string" ? [spec.long] : spec.long ?? [];
    if (names.includes(name) && own !== undefined && Object.hasOwn(own, key)) return own[key];
  }
  return ["2", "x"];
}

/** All cases of one applet, in order and without repetition. */
export function generate(
  name: string,
  shape: Shape,
  accepted: Accepted,
  table: OptionTable,
): string[] {
  const call = callWord(name);
  const input = shape.input ?? "";
  const cases = new Set<string>();
  const add = (...words: string[]): void => {
    const text = words.filter((word) => word !== "").join(" ");
    cases.add(/[<|>]/.test(words.slice(1).join(" ")) || input === "" ? text : `${text} ${input}`);
  };
  const closing = name === "[" ? "]" : name === "[[" ? "]]" : "";

  // Usage errors; the whole of it for the applets whose work cannot be compared.
  const wrong = shape.noBadWords ? [] : ["-@", "--nosuch", "--nosuch=1"];
  for (const word of ["--help", ...wrong]) add(call, word, closing);
  for (const word of shape.more ?? []) add(call, word);
  for (const [option, takes] of accepted) {
    if (takes === "argument") add(call, option.length === 1 ? `-${option}` : `--${option}`);
    if (option.length > 1 && takes === "none") add(call, `--${option}=x`);
  }
  if (shape.usageOnly) return [...cases];

  const operands = shape.ops ?? ["f"];
  const first = operands[0] ?? "";
  if (!shape.notBare) add(call);
  for (const each of operands) add(call, each);
  add(call, "--help", first);
  add(call, first, "-@");
  add(call, "--", first);
  const skipped = new Set(shape.skip ?? []);
  const plain: string[] = [];
  const withValue: [string, string][] = [];
  for (const [option, takes] of accepted) {
    if (skipped.has(option)) continue;
    const dashed = option.length === 1 ? `-${option}` : `--${option}`;
    if (takes === "argument") add(call, first, dashed);
    if (takes !== "argument") {
      for (const each of operands) add(call, dashed, each);
      if (option.length === 1 && takes === "none") plain.push(option);
      // Behind an operand, and behind the end of options.
      if (isPlain(first)) {
        add(call, first, dashed);
        add(call, "--", dashed, first);
      }
      if (!shape.notBare) add(call, dashed);
      if (shape.filter) add(call, dashed, "<f");
    }
    if (takes === "none") continue;
    const values = sample(shape, option, table);
    if (takes === "argument" && values.length > 1) {
      // The last one counts, or both do, or neither is wanted.
      add(call, dashed, values[0], dashed, values[1], first);
      add(call, dashed, values[1], dashed, values[0], first);
    }
    sample(shape, option, table).forEach((value, index) => {
      const joined = option.length === 1 ? `-${option}${value}` : `--${option}=${value}`;
      if (takes === "optional" || index === 0) add(call, joined, first);
      if (takes === "argument") {
        for (const each of index === 0 ? operands : [first]) add(call, dashed, value, each);
      }
      if (index === 0 && option.length === 1) {
        withValue.push([option, takes === "optional" ? joined : `${dashed} ${value}`]);
      }
    });
  }

  const paired = [...(shape.pairs ?? plain.slice(0, 9).join(""))]
    .filter((letter) => plain.includes(letter));
  let pairs = 0;
  for (let distance = 1; distance < paired.length && pairs < PAIRS_MAX; distance++) {
    for (let i = 0; i + distance < paired.length && pairs < PAIRS_MAX; i++, pairs++) {
      add(call, `-${paired[i]}${paired[i + distance]}`, first);
    }
  }
  for (const count of [3, 4, paired.length]) {
    if (paired.length >= count && count >= 3) {
      add(call, `-${paired.slice(0, count).join("")}`, first);
    }
    if (paired.length >= count && count >= 3) add(call, `-${paired.slice(-count).join("")}`, first);
  }
  for (const [option, dashed] of withValue) {
    // A letter and one with its argument in one word.
    for (const letter of paired.slice(0, 3)) {
      add(call, `-${letter}${dashed.slice(1).replace(" ", "")}`, first);
    }

    for (const letter of paired.slice(0, 8)) add(call, `-${letter}`, dashed, first);
    for (const [other, word] of withValue) if (other > option) add(call, dashed, word, first);
  }

  if (shape.file !== "") {
    const place = shape.file ?? "%";
    for (const kind of KINDS) add(call, place.replace("%", kind));
    for (const kind of UNPRIVILEGED) cases.add(`${AS_USER}${call} ${place.replace("%", kind)}`);
  }
  if (shape.filter) { for (const file of ["f", "e", "n", "r", "z", "c"]) add(call, `<${file}`); }
  if (shape.filter) add(call, "<d");
  if (shape.filter) add(call, "<&-");
  if (!/[|;]/.test(first)) {
    add(call, first, ">/dev/full");
    add(call, first, ">&-");
    // A pipe whose reader is gone, without a race: the reading end is closed before the call.
    const piped = [call, first, "<f".includes(input) ? input : ""].filter((word) => word !== "");
    cases.add(`exec 3<>pipe 4>pipe 3<&-; ${piped.join(" ")} >&4`);
  }
  return [...cases];
}
