import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  compile,
  type Regex,
  RegexError,
  type RegexSyntax,
} from "../../applets/_lib/regex/regex.ts";

/** Patterns that take exponential or polynomial time in backtracking engines. */
const PATTERNS: readonly string[] = [
  "(a+)+$",
  "(a|a)*$",
  "(a|aa)+$",
  "(a*)*b",
  "((a*)*)*b",
  "(a|b|ab)*c",
  "(.*a){12}$",
  "(.*)(.*)(.*)(.*)(.*)(.*)x",
  "(a?){40}a{40}",
  "([a-z]+)*=",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "(x+x+)+y",
  "(a|a|a|a|a|a|a|a)*b",
  "(.|a)*(.|a)*(.|a)*b",
  "((((((a*)*)*)*)*)*)*b",
  "(a{1,30}){1,30}b",
  "[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*1",
  "a.*a.*a.*a.*a.*b",
  "(^|a)*(a|$)*b",
  "(\\ba|a)*b",
];

/** The same in the basic dialect, and what only that has: a star behind a bar or at the beginning. */
const BASIC_PATTERNS: readonly string[] = [
  ...PATTERNS.map(basic),
  "*\\(a*\\)*b",
  "\\(*a\\)*\\(a\\|*b\\)*c",
  "\\(^a*\\)*\\(a*$\\)*b",
  "\\(a\\{0,5\\}\\)\\{0,5\\}b",
  "\\(\\(a\\{1,9\\}\\)\\{1,9\\}\\)\\{2\\}b",
  "\\(a\\?\\)\\{40\\}a\\{40\\}b",
  "\\(a\\+\\|a\\?\\)*\\(\\w*\\)*\\>b",
];

/** An extended pattern without escaped signs in the basic dialect. */
function basic(pattern: string): string {
  return pattern.replace(
    /\[[^\]]*\]|\\.|[(){}|+?]/g,
    (sign) => sign.length === 1 ? "\\" + sign : sign,
  );
}

const TEXTS: readonly string[] = ["a", "ab", "xa", "aaab"];

/** Work that a search reports, after the automaton is warm. */
function steps(
  pattern: string,
  syntax: RegexSyntax,
  text: string,
  run: (regex: Regex, text: string) => void,
): number {
  let count = 0;
  const regex = compile(pattern, { syntax, onStep: (n) => void (count += n) });
  run(regex, text.slice(0, 64));
  count = 0;
  run(regex, text);
  return count;
}

const DIALECTS: readonly (readonly [RegexSyntax, readonly string[]])[] = [
  ["ere", PATTERNS],
  ["egrep", PATTERNS],
  ["bre", BASIC_PATTERNS],
  ["grep", BASIC_PATTERNS],
];

for (const [syntax, patterns] of DIALECTS) {
  Deno.test(`regex: no ${syntax} pattern takes more than linear time`, () => {
    for (const pattern of patterns) checkLinear(pattern, syntax);
  });
}

function checkLinear(pattern: string, syntax: RegexSyntax): void {
  for (const unit of TEXTS) {
    const run = (regex: Regex, text: string): void => {
      regex.exec(text);
      regex.test(text);
      regex.searchLine(text, 0);
    };
    const short = steps(pattern, syntax, unit.repeat(2_000), run);
    const long = steps(pattern, syntax, unit.repeat(8_000), run);
    assert(
      long <= 4 * short + 200_000,
      `${pattern} on ${unit}: ${short} steps for 2000 units, ${long} for 8000`,
    );
  }
}

Deno.test("regex: the basic forms match what the extended ones do", () => {
  for (const pattern of PATTERNS) {
    for (const text of ["", "a", "aab", "xxy", "abc", "a1", "b=", "aaaaaaaaaaaaaaab", "xA1a"]) {
      assertEquals(
        compile(basic(pattern), { syntax: "bre" }).exec(text)?.toString(),
        compile(pattern, { syntax: "ere" }).exec(text)?.toString(),
        `${pattern} on ${text}`,
      );
    }
  }
});

Deno.test("regex: a megabyte of hostile text is searched at once", () => {
  const text = "a".repeat(1 << 20);
  const start = performance.now();
  for (const pattern of PATTERNS) compile(pattern, { syntax: "ere" }).exec(text);
  for (const pattern of BASIC_PATTERNS) compile(pattern, { syntax: "bre" }).exec(text);
  const seconds = (performance.now() - start) / 1000;
  assert(seconds < 60, `${seconds} s for ${PATTERNS.length + BASIC_PATTERNS.length} patterns`);
});

Deno.test("regex: submatches of a long match need little memory", () => {
  const text = "ab".repeat(500_000) + "c";
  const offsets = compile("(a|b|ab)*(c)", { syntax: "ere" }).exec(text);
  assertEquals([...offsets!], [0, 1_000_001, 999_999, 1_000_000, 1_000_000, 1_000_001]);
});

Deno.test("regex: nesting has no depth limit and needs no stack", () => {
  const depth = 20_000;
  const deep = "(".repeat(depth) + "a" + ")".repeat(depth);
  const offsets = compile(deep, { syntax: "ere" }).exec("ba");
  assertEquals(offsets?.length, 2 * depth + 2);
  assertEquals(offsets?.every((at, i) => at === (i % 2 === 0 ? 1 : 2)), true);
  const open = "(".repeat(1_000_000);
  assertThrows(() => compile(open, { syntax: "ere" }), RegexError);
  assertThrows(() => compile("[".repeat(1_000_000), { syntax: "ere" }), RegexError, "Unmatched");
  assertThrows(() => compile("\\(".repeat(30_000), { syntax: "bre" }), RegexError, "Unmatched (");
});

Deno.test("regex: repetition cannot ask for unbounded memory", () => {
  const syntax: RegexSyntax = "ere";
  for (const pattern of ["x{1000}{1000}", "(((a{100}){100}){100}){100}", "(a{255}){255}{255}"]) {
    assertThrows(() => compile(pattern, { syntax }), RegexError, "Regular expression too big");
  }
  // An exponential number of copies, one doubling for each plus sign.
  let nested = "a";
  for (let i = 0; i < 40; i++) nested = `(${nested})+`;
  assertThrows(() => compile(nested, { syntax }), RegexError, "Regular expression too big");
  assertEquals(compile("a{32767}", { syntax }).exec("a".repeat(100)), null);
  assertEquals([...compile("a{3000}", { syntax }).exec("a".repeat(4_000))!], [0, 3_000]);
});

Deno.test("regex: back-references spend steps, and stop in the end", () => {
  let count = 0;
  const regex = compile("\\(a*\\)*\\(a*\\)*\\1\\2b", {
    syntax: "bre",
    onStep: (n) => void (count += n),
  });
  regex.exec("a".repeat(40));
  assert(count > 0);
  const stop = compile("\\(.*\\)\\(.*\\)\\(.*\\)\\1\\2\\3x", {
    syntax: "bre",
    onStep: () => {
      if (++count > 1000) throw new Error("budget");
    },
  });
  assertThrows(() => stop.exec("ab".repeat(5_000) + "x"), Error, "budget");
});

Deno.test("regex: back-references end by themselves on a line of usual length", () => {
  const MOST = 60_000_000;
  for (
    const [syntax, pattern, found] of [
      ["bre", "\\(a*\\)*\\1b", true],
      ["bre", "\\(a\\{1,3\\}\\)\\{1,9\\}\\1\\1b", false],
      ["grep", "^\\(.*\\)\\1$", false],
      ["grep", "\\(.\\)\\(.\\)\\2\\1x", false],
      ["ere", "(a|aa)+\\1b", false],
      ["egrep", "(aa*)(aa*)\\2\\1b", false],
    ] as const
  ) {
    let count = 0;
    const regex = compile(pattern, {
      syntax,
      onStep: (n) => {
        if ((count += n) > MOST) throw new Error(`${pattern}: ${count} steps`);
      },
    });
    // All letters that they want are there, so that no look for a letter answers.
    assertEquals(regex.test("xb" + "a".repeat(117)), found, pattern);
    assert(count > 0, pattern);
  }
});

Deno.test("regex: many states do not pile up", () => {
  // Each text makes new states; they are dropped at the cap, and the answers stay right.
  const regex = compile("(a|b)*a(a|b){12}c", { syntax: "ere" });
  let seed = 1;
  let text = "";
  for (let i = 0; i < 200_000; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    text += seed >>> 31 === 1 ? "a" : "b";
  }
  assertEquals(regex.exec(text), null);
  const tail = text + "a" + "b".repeat(12) + "c";
  assertEquals([...regex.exec(tail)!], [
    0,
    tail.length,
    200_000 - 1,
    200_000,
    tail.length - 2,
    tail.length - 1,
  ]);
});
