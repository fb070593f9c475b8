/**
 * The shell on a terminal: what it shows beside what native showed for the same keys, and what
 * native does not have, vi mode and the search of the history.
 */
import { assertEquals } from "@std/assert";
import { viCommand, type ViLine } from "../../applets/sh/vi_keys.ts";
import { hasTmux } from "../screen/tmux.ts";
import { differences, makeFiles, ours, readCases } from "./interactive.ts";

const tmux = hasTmux();
const inCi = Deno.env.get("CI") === "true";
if (!tmux) {
  console.warn(
    "\n*** NO tmux: the shell's tests on a terminal are NOT RUN. Install tmux to run them. ***\n",
  );
}
// Where checks are made for good, tmux is installed first: then its absence is a failure.
const ignore = !tmux && !inCi;

Deno.test({
  name: "with the same keys a terminal shows what native's shell shows",
  ignore,
  fn: async () => assertEquals(await differences(readCases()), []),
});

/** The last line of the screen after keys that end without Enter. */
async function lineAfter(keys: string): Promise<string> {
  const directory = Deno.makeTempDirSync({ prefix: "capbox_vi_" });
  try {
    makeFiles(directory);
    const { lines } = await ours(keys, directory);
    return lines[lines.length - 1];
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

Deno.test({
  name: "set -o vi: Escape leads to commands, i, a and A back to typing",
  ignore,
  fn: async () => {
    const vi = "set -o vi<CR>";
    const wanted = [
      [`${vi}echo abc<Esc>0iX<CR>`, "/tmp/w #"],
      [`${vi}echo abc def<Esc>bbiX`, "/tmp/w # echo Xabc def"],
      [`${vi}echo abc def<Esc>0dwu`, "/tmp/w # echo abc def"],
      [`${vi}echo one<CR>echo two<CR><Esc>kk`, "/tmp/w # echo one"],
      [`${vi}echo abc<Esc>3h2x<Left>x`, "/tmp/w # echbc"],
    ] as const;
    const got = await Promise.all(wanted.map(([keys]) => lineAfter(keys)));
    assertEquals(got, wanted.map(([, line]) => line));
  },
});

Deno.test({
  name: "^R searches the history backwards; Enter runs what was found, ^G gives up",
  ignore,
  fn: async () => {
    const past = "echo one<CR>echo two<CR>echo three<CR>";
    const wanted = [
      [`${past}<C-r>tw`, "(reverse-i-search)'tw': echo two"],
      [`${past}<C-r>o<C-r><C-r>`, "(reverse-i-search)'o': echo one"],
      [`${past}<C-r>tw<End>X`, "/tmp/w # echo twoX"],
      [`${past}keep<C-r>tw<C-g>`, "/tmp/w # keep"],
    ] as const;
    const got = await Promise.all(wanted.map(([keys]) => lineAfter(keys)));
    assertEquals(got, wanted.map(([, line]) => line));
  },
});

/** The line after commands that are typed with the cursor on the last character. */
function after(text: string, keys: string): string {
  let line: ViLine = { text, cursor: Math.max(0, text.length - 1), cut: "" };
  let typed = "";
  for (const key of keys) {
    typed += key;
    const result = viCommand(line, typed);
    if (result === undefined) continue;
    typed = "";
    line = result.line;
    if (result.inserts) return `${line.text.slice(0, line.cursor)}|${line.text.slice(line.cursor)}`;
  }
  const { text: now, cursor } = line;
  return now === "" ? "[]" : `${now.slice(0, cursor)}[${now[cursor]}]${now.slice(cursor + 1)}`;
}

Deno.test("vi commands do what POSIX says of them", () => {
  const table: readonly (readonly [text: string, keys: string, wanted: string])[] = [
    ["echo abc", "", "echo ab[c]"],
    ["echo abc", "hh", "echo [a]bc"],
    ["echo abc", "2h", "echo [a]bc"],
    ["echo abc", "99h", "[e]cho abc"],
    ["echo abc", "0l", "e[c]ho abc"],
    ["  echo", "^", "  [e]cho"],
    ["echo abc", "0$", "echo ab[c]"],
    ["echo abc", "3|", "ec[h]o abc"],
    ["echo abc-def x", "0w", "echo [a]bc-def x"],
    ["echo abc-def x", "0ww", "echo abc[-]def x"],
    ["echo abc-def x", "0WW", "echo abc-def [x]"],
    ["echo abc-def x", "0e", "ech[o] abc-def x"],
    ["echo abc-def x", "03e", "echo abc[-]def x"],
    ["echo abc-def x", "02E", "echo abc-de[f] x"],
    ["echo abc-def x", "b", "echo abc-[d]ef x"],
    ["echo abc-def x", "BB", "[e]cho abc-def x"],
    ["echo abcabc", "0fa", "echo [a]bcabc"],
    ["echo abcabc", "02fa", "echo abc[a]bc"],
    ["echo abcabc", "0tb", "echo [a]bcabc"],
    ["echo abcabc", "Fc", "echo ab[c]abc"],
    ["echo abcabc", "Te", "e[c]ho abcabc"],
    ["echo abcabc", "0fz", "[e]cho abcabc"],
    ["echo abc", "x", "echo a[b]"],
    ["echo abc", "0x", "[c]ho abc"],
    ["echo abc", "03x", "[o] abc"],
    ["echo abc", "X", "echo a[c]"],
    ["a", "x", "[]"],
    ["", "x", "[]"],
    ["echo abc", "D", "echo a[b]"],
    ["echo abc def", "bD", "echo abc[ ]"],
    ["echo abc def", "bC", "echo abc |"],
    ["echo abc", "dd", "[]"],
    ["echo abc", "cc", "|"],
    ["echo abc", "S", "|"],
    ["echo abc", "0s", "|cho abc"],
    ["echo abc def", "0dw", "[a]bc def"],
    ["echo abc def", "02dw", "[d]ef"],
    ["echo abc def", "0d2w", "[d]ef"],
    ["echo abc def", "0de", "[ ]abc def"],
    ["echo abc def", "db", "echo abc [f]"],
    ["echo abc def", "d0", "[f]"],
    ["echo abc def", "0wd$", "echo[ ]"],
    ["echo abc def", "0dta", "[a]bc def"],
    ["echo abc def", "0cw", "| abc def"],
    ["echo a b", "0wcw", "echo | b"],
    ["echo abc def", "0cW", "| abc def"],
    ["echo abc", "0xp", "c[e]ho abc"],
    ["echo abc", "0xP", "[e]cho abc"],
    ["echo abc", "0yw$p", "echo abcecho[ ]"],
    ["echo abc", "0ywP", "echo[ ]echo abc"],
    ["echo abc", "yyP", "echo abecho ab[c]c"],
    ["ab", "0x3p", "baa[a]"],
    ["echo abc", "0rX", "[X]cho abc"],
    ["echo abc", "03rX", "XX[X]o abc"],
    ["echo abc", "3rX", "echo ab[c]"],
    ["echo abc", "~", "echo ab[C]"],
    ["echo abc", "04~", "ECHO[ ]abc"],
    ["echo abc", "i", "echo ab|c"],
    ["echo abc", "a", "echo abc|"],
    ["echo abc", "I", "|echo abc"],
    ["echo abc", "0A", "echo abc|"],
    ["echo abc", "Q", "echo ab[c]"],
    ["echo abc", "dQ", "echo ab[c]"],
  ];
  assertEquals(
    table.map(([text, keys]) => [text, keys, after(text, keys)]),
    table.map((row) => [...row]),
  );
});
