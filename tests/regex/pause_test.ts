/** A search that the hook stops half-way gives, when it is gone on with, what it gives in one piece. */
import { assert, assertEquals } from "@std/assert";
import { compile, PAUSED, type RegexSyntax } from "../../applets/_lib/regex/regex.ts";

/** Calls again and again until the answer is there; counts how often it was not. */
function finish<T>(call: () => T): [T, number] {
  for (let pauses = 0;; pauses++) {
    assert(pauses < 1_000_000, "it does not come to an end");
    try {
      return [call(), pauses];
    } catch (error) {
      if (error !== PAUSED) throw error;
    }
  }
}

/** Letters a, b and a few others, the same ones each time. */
function letters(count: number, rare: string): string {
  let text = "";
  let state = 12345;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const at = state >>> 16;
    text += at % 97 === 0 ? rare : at % 2 === 0 ? "a" : "b";
  }
  return text;
}

const CASES: readonly [RegexSyntax, string, string][] = [
  ["ere", "a.{12}b.{12}c", letters(20_000, "d")],
  ["ere", "a.{8}b.{8}c", letters(20_000, "c")],
  ["ere", "(a|b)*a(a|b){10}c", letters(5_000, "c")],
  ["ere", "(a|ab)(c|bcd)(d*)$", letters(5_000, "c") + "abcd"],
  ["bre", "\\(a*\\)\\(b*\\)\\1\\2c", letters(3_000, "d") + "aabaabc"],
  ["bre", "\\(.*\\)c\\1x", letters(300, "c")],
  ["bre", "\\(a\\{3,\\}\\)\\(b*\\)\\1", letters(3_000, "c")],
  ["bre", "\\(.\\)\\1\\(.\\)\\2d", letters(5_000, "d")],
  ["ere", "^(.+)\\1$", "abcabd".repeat(40) + "abcabd".repeat(40)],
];

Deno.test("a search that is stopped after each step gives the same", () => {
  let stopped = 0;
  for (const [syntax, pattern, text] of CASES) {
    const plain = compile(pattern, { syntax });
    const halting = compile(pattern, { syntax, onStep: () => true });
    for (const from of [0, 7]) {
      const want = plain.exec(text, from);
      const [got, pauses] = finish(() => halting.exec(text, from));
      stopped += pauses;
      assertEquals([pattern, got && [...got]], [pattern, want && [...want]]);
      assertEquals(finish(() => halting.test(text, from))[0], plain.test(text, from), pattern);
    }
  }
  assert(stopped > 100, `${stopped} pauses`);
});

Deno.test("a search for lines that is stopped after each step finds the same lines", () => {
  let stopped = 0;
  for (const [syntax, pattern, text] of CASES) {
    const chunk = text.replaceAll("aab", "a\nb") + "\n";
    const plain = compile(pattern, { syntax });
    const halting = compile(pattern, { syntax, onStep: () => true });
    const lines = (regex: typeof plain): number[] => {
      const found: number[] = [];
      for (let from = 0; from < chunk.length;) {
        const [at, pauses] = finish(() => regex.searchLine(chunk, from));
        stopped += pauses;
        if (at < 0) break;
        found.push(at, regex.lineEnd);
        from = regex.lineEnd + 1;
      }
      return found;
    };
    assertEquals([pattern, lines(halting)], [pattern, lines(plain)]);
  }
  assert(stopped > 100, `${stopped} pauses`);
});

Deno.test("a search that was stopped is forgotten when another one comes", () => {
  const text = letters(20_000, "c");
  const halting = compile("a.{8}b.{8}c", { syntax: "ere", onStep: () => true });
  const plain = compile("a.{8}b.{8}c", { syntax: "ere" });
  try {
    halting.exec(text);
  } catch (error) {
    if (error !== PAUSED) throw error;
  }
  const other = text.slice(100);
  const [got] = finish(() => halting.exec(other));
  assertEquals(got && [...got], [...plain.exec(other)!]);
});
