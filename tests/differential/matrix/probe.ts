/**
 * Finds the options of native's applets by asking: its errors name what it knows.
 *
 * @module
 */
import type { Jail } from "../jail.ts";

import type { Takes } from "./generate.ts";
import { runConfined } from "./native.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Asks for every letter, and for every prefix of one letter and of known long names. */
const SCRIPT = `[ $$ = 1 ] || exit 99
ulimit -c 0
ulimit -f 16384
mkdir -p /tmp/probe && cd /tmp/probe || exit 98
while read -r applet words; do
  for word in $words; do
    case $applet in
      ash | cttyhack | free | ftpget | ftpput | httpd | logread | less | more | nc | nologin | sh | tail | telnet | tftp | top | watch | wget | yes)
        timeout 0.1 busybox $applet $word </dev/null >/dev/null 2>/tmp/err ;;
      *) (ulimit -t 2; exec busybox $applet $word) </dev/null >/dev/null 2>/tmp/err ;;
    esac
    line=
    read -r line < /tmp/err
    printf '%s\\t%s\\t%s\\n' "$applet" "$word" "$line"
    kill -9 -1 2>/dev/null
  done
done < /tmp/list > /tmp/answers
cd /tmp; rm -rf /tmp/probe
`;

/** Options that native accepts, by applet. \`known\` are long names to try beside. */
export function probe(
  jail: Jail,
  names: readonly string[],
  known: ReadonlyMap<string, ReadonlyMap<string, Takes>>,
): Map<string, Map<string, Takes>> {
  const found = new Map(names.map((name) => [name, new Map<string, Takes>()]));
  const ask = (list: ReadonlyMap<string, readonly string[]>): Map<string, Map<string, string>> => {
    const tmp = `${jail.root}/tmp`;
    Deno.writeTextFileSync(`${tmp}/probe.sh`, SCRIPT);
    const lines = [...list].map(([name, words]) => `${name} ${words.join(" ")}\n`);
    Deno.writeTextFileSync(`${tmp}/list`, lines.join(""));
    runConfined(jail, "/tmp/probe.sh", false);
    const answers = new Map<string, Map<string, string>>();
    for (const line of Deno.readTextFileSync(`${tmp}/answers`).split("\n")) {
      const [applet, word, text] = line.split("\t");
      if (text === undefined) continue;
      let words = answers.get(applet);
      if (words === undefined) answers.set(applet, words = new Map());
      words.set(word, text);
    }
    return answers;
  };
  const first = ask(
    new Map(names.map((name) => {
      const letters = [...LETTERS].map((letter) => `-${letter}`);
      const prefixes = [...LETTERS.slice(0, 26)].map((letter) => `--${letter}`);
      return [name, ["-@", "--qqqq", ...letters, ...prefixes]];
    })),
  );
  const longer = new Map<string, string[]>();
  for (const name of names) {
    const answers = first.get(name) ?? new Map<string, string>();
    const options = found.get(name)!;
    const parses = (answers.get("-@") ?? "").includes("nvalid option");
    const words = new Set<string>();
    for (const [word, text] of answers) {
      if (word === "-@" || word === "--qqqq") continue;
      if (!word.startsWith("--")) {
        if (!parses || text.includes("nvalid option")) continue;
        const own = known.get(name)?.get(word.slice(1));
        const needs = text.includes("requires an argument");
        options.set(word.slice(1), needs ? "argument" : own === "optional" ? own : "none");
      } else if (parses && !text.includes("unrecognized") && !text.includes("nvalid option")) {
        for (const match of text.matchAll(/'--([a-z0-9-]+)'/g)) words.add(match[1]);
        words.add(word.slice(2));
        for (const long of known.get(name)?.keys() ?? []) {
          if (long.length > 1 && long.startsWith(word.slice(2))) words.add(long);
        }
      }
    }
    if (words.size > 0) {
      longer.set(name, [...words].flatMap((word) => [`--${word}`, `--${word}=x`]));
    }
  }
  const second = ask(longer);
  for (const [name, answers] of second) {
    const options = found.get(name)!;
    for (const [word, text] of answers) {
      const bare = word.replace(/^--|=x$/g, "");
      const exact = /'--([a-z0-9-]+)'/.exec(text)?.[1];
      if (text.includes("unrecognized") || text.includes("ambiguous")) continue;
      if (word.endsWith("=x")) {
        if (text.includes("allow an arg")) options.set(exact ?? bare, "none");
      } else if (text.includes("requires an arg")) options.set(exact ?? bare, "argument");
      else if (known.get(name)?.has(bare)) options.set(bare, known.get(name)!.get(bare)!);
    }
  }
  return found;
}
