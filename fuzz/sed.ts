/**
 * Random sed scripts, compared with native busybox.
 *
 *     deno run -A fuzz/sed.ts --count 10000 --seed 1 --busybox /usr/bin/busybox
 *
 * Scripts end by themselves: labels stand behind the branches to them, and `D` only where nothing puts
 * a newline back.
 *
 * @module
 */
import { type Pick, picker } from "./regex.ts";
import { fuzzFromArguments, quoted } from "./shell_batch.ts";

const PATTERNS = [
  ...[
    "a",
    "b",
    "ab",
    "a*",
    "b\\+",
    "^a",
    "b$",
    "^$",
    ".",
    "[ab]",
    "[^a]*",
    "a\\|b",
    "\\(a\\)\\(b*\\)",
  ],
  ...[
    "\\(.\\)\\1",
    "\\n",
    "x*",
    "\\bb",
    "a.b",
    "^.",
    "\\(^\\|b\\)a",
    "[[:space:]]",
    "c\\{2\\}",
    "\\.",
  ],
  ...["foo", "\\t", "[/]", "a\\/b", "", "", "$", "^", "\\<", "\\>", "\\w*", "b*$"],
];
const REPLACEMENTS = [
  ...[
    "X",
    "",
    "[&]",
    "\\&",
    "\\n",
    "&&",
    "a",
    "\\t",
    "\\\\",
    "x\\/y",
    "\\q",
    "b&",
    "-",
    "aab",
    "\\0",
  ],
];
const TEXTS = ["x", " x  y", "\\  x", "a\\nb", "", "x;p", "\\tx", "x\\", "a b c"];
const SIMPLE = "pppdNNnnhHgGxPDq=l".split("");

/** Makes a script. */
export function generateScript(pick: Pick): string {
  const any = <T>(list: readonly T[]): T => list[pick(list.length)];
  const mayRestart = pick(3) === 0;
  let labels = 0;
  // Native opens a file that two commands write to twice, and so loses part of it.
  let outputs = 0;
  const outputFile = (): string => `out${outputs++}`;
  const address = (): string => {
    switch (pick(6)) {
      case 0:
        return String(pick(7));
      case 1:
        return "$";
      case 2:
        return `\\,${any(PATTERNS)},`;
      default:
        return `/${any(PATTERNS)}/`;
    }
  };
  const addresses = (one: boolean): string => {
    const kind = pick(10);
    let text = "";
    if (kind < 4) text = address();
    else if (kind < 7 && !one) text = `${address()},${pick(4) === 0 ? `+${pick(4)}` : address()}`;
    if (text !== "" && pick(6) === 0) text += any(["!", " ! ", " !"]);
    return text + (pick(8) === 0 ? " " : "");
  };
  const substitution = (): string => {
    const delimiter = any(["/", "/", "/", ",", "|"]);
    const flags = any([
      "",
      "",
      "",
      "g",
      "g",
      "p",
      "2",
      "3",
      "gp",
      "I",
      "2p",
      "2g",
      "w out",
      "pw out",
    ]);
    let to = any(REPLACEMENTS);
    if (mayRestart && to === "\\n") to = "n";
    return `s${delimiter}${any(PATTERNS)}${delimiter}${to}${delimiter}${
      flags.replace("out", outputFile)
    }`;
  };
  const command = (depth: number): string => {
    const kind = pick(24);
    if (kind < 8) return addresses(false) + substitution();
    if (kind < 15) {
      let name = any(SIMPLE);
      if (mayRestart && name === "G") name = "g";
      if (!mayRestart && name === "D") name = "d";
      return addresses(name === "q") + name;
    }
    if (kind < 17 && depth > 0) {
      const inner = Array.from({ length: 1 + pick(3) }, () => command(depth - 1));
      return `${addresses(false)}{${inner.join("\n")}\n}`;
    }
    if (kind < 19) {
      const name = any(["a", "i", "c", "c"]);
      return addresses(name !== "c") + name + any([" ", "\\\n", "", "\\"]) + any(TEXTS);
    }
    if (kind < 20) {
      return `${addresses(false)}y/${any(["abc/xyz", "ab/ba", "a/\\n", "b\\//xy", "a/"])}/`;
    }
    if (kind < 21) return `${addresses(false)}${any(["b", "t", "T"])} l${++labels}`;
    if (kind < 22) return `${addresses(true)}r ${any(["in", "two", "none"])}`;
    if (kind < 23) return `${addresses(false)}w ${outputFile()}`;
    return any([
      "#c",
      "",
      ";",
      "}",
      "k",
      "1,p",
      ":",
      "#n",
      "{",
      "p p",
      "b",
      "t",
      "T",
      "//p",
      "s//y/",
    ]);
  };
  const lines: string[] = [];
  const count = 1 + pick(5);
  for (let i = 0; i < count; i++) lines.push(command(2));
  for (let label = 1; label <= labels; label++) {
    if (pick(20) > 0) lines.splice(lines.length - pick(1), 0, `:l${label}`);
  }
  if (pick(3) === 0) lines.push(command(0));
  const text = lines.join("\n");
  // A label that ended up before its branch could make an endless loop.
  return text;
}

function generateInput(pick: Pick): string {
  const count = pick(7);
  const bytes = ["a", "b", "c", "a", "b", " ", ".", "/", "foo", "A", "\t"];
  let text = "";
  for (let i = 0; i < count; i++) {
    text += Array.from({ length: pick(7) }, () => bytes[pick(bytes.length)]).join("") + "\n";
  }
  return pick(5) === 0 ? text.slice(0, -1) : text;
}

/** A batch of commands over two files. */
export function sedBatch(seed: number): {
  files: Record<string, string>;
  commands: string[];
} {
  const pick = picker(seed);
  const files = { in: generateInput(pick), two: generateInput(pick) };
  const commands = Array.from({ length: 250 }, () => {
    const flags = [" ", " ", " -n ", " -E "][pick(4)];
    const operands = ["in", "in", "in two", "two in", "<in", "in none two"][pick(6)];
    return `sed${flags}${
      quoted(generateScript(pick))
    } ${operands} 2>err; echo $?; cat err out0 out1; rm -f out*`;
  });
  return { files, commands };
}

if (import.meta.main) await fuzzFromArguments(sedBatch);
