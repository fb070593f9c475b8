import { assertEquals, assertThrows } from "@std/assert";
import { compile, RegexError } from "../../applets/_lib/regex/regex.ts";

Deno.test("regex: the text begins at `from`, as for a pointer into a string", () => {
  const begins = compile("^b", { syntax: "ere" });
  assertEquals([...begins.exec("ab", 1)!], [1, 2]);
  assertEquals(begins.exec("ab", 1, { notbol: true }), null);
  // A word boundary does not look at the byte before either: `sed 's/\bb//g'` of native shows it.
  assertEquals([...compile("\\bb", { syntax: "ere" }).exec("ab", 1, { notbol: true })!], [1, 2]);
  assertEquals(compile("\\Bb", { syntax: "ere" }).exec("ab", 1), null);
});

Deno.test("regex: `end` bounds the text", () => {
  const regex = compile("b$", { syntax: "ere" });
  assertEquals([...regex.exec("abbc", 0, { end: 3 })!], [2, 3]);
  assertEquals(regex.exec("abbc"), null);
  assertEquals(regex.test("abbc", 0, { end: 3 }), true);
  const literal = compile("bc", { syntax: "bre" });
  assertEquals(literal.exec("abc", 0, { end: 2 }), null);
  assertEquals(literal.test("a".repeat(500) + "bc", 0, { end: 501 }), false);
  assertEquals([...compile("b[cd]*", { syntax: "bre" }).exec("abccc", 0, { end: 3 })!], [1, 3]);
});

Deno.test("regex: facts for callers that search by themselves", () => {
  const facts = (pattern: string, icase = false): [string | undefined, string] => {
    const regex = compile(pattern, { syntax: "ere", icase });
    return [regex.literal, regex.required];
  };
  assertEquals(facts("foo"), ["foo", "foo"]);
  assertEquals(facts("f\\.o"), ["f.o", "f.o"]);
  assertEquals(facts("foo", true), [undefined, ""]);
  assertEquals(facts("^foo$"), [undefined, "foo"]);
  assertEquals(facts("a.*barbar(x|y)?"), [undefined, "barbar"]);
  assertEquals(facts("(foo|xfoo)z"), [undefined, "fooz"]);
  assertEquals(facts("(foo)*"), [undefined, ""]);
  assertEquals(facts("fo{2}b"), ["foob", "foob"]);
  assertEquals(facts("a|b"), [undefined, ""]);
});

Deno.test("regex: nosub gives the pair of the whole match", () => {
  const regex = compile("(a)(b)", { syntax: "ere", nosub: true });
  assertEquals([...regex.exec("xab")!.slice(0, 2)], [1, 3]);
  assertEquals(regex.groups, 2);
});

Deno.test("regex: an error says what glibc says", () => {
  const error = assertThrows(() => compile("a\\{1", { syntax: "bre" }), RegexError);
  assertEquals([error.code, error.message], ["EBRACE", "Unmatched \\{"]);
});

/** Lines that `searchLine` finds, by the straightforward way. */
function linesOf(pattern: string, text: string, separator: string): string[] {
  const regex = compile(pattern, { syntax: "egrep" });
  const lines = text.split(separator);
  if (lines[lines.length - 1] === "") lines.pop();
  return lines.filter((line) => regex.test(line));
}

Deno.test("regex: searchLine finds the lines that match one by one", () => {
  const text = "foo\nbar\n\nfoobar\nxfoo\nba\nfoo bar\n\n\nlast foo";
  const patterns = [
    "foo",
    "^foo",
    "foo$",
    "^$",
    "^",
    "b.*r",
    "o{2}|ba$",
    "\\bbar\\b",
    "(o)\\1",
    "x*",
    "[^f]o",
    "^f.*r$",
    "t",
    "zzz",
    "^b|x",
    "\\<f",
    "r\\>",
    "a$|^l",
  ];
  for (const [separator, byte] of [["\n", 10], ["\0", 0]] as const) {
    const chunk = text.replaceAll("\n", separator);
    for (const source of [chunk, chunk + separator]) {
      for (const pattern of patterns) {
        const regex = compile(pattern, { syntax: "egrep" });
        const found: string[] = [];
        for (let from = 0; from < source.length;) {
          const start = regex.searchLine(source, from, source.length, byte);
          if (start < 0) break;
          found.push(source.slice(start, regex.lineEnd));
          from = regex.lineEnd + 1;
        }
        assertEquals(found, linesOf(pattern, source, separator), `${pattern} ${byte}`);
      }
    }
  }
});

Deno.test("regex: searchLine stays right when the literal is everywhere", () => {
  const chunk = "foo bar\nfoo\n".repeat(2_000) + "foo bax\n";
  const regex = compile("foo ba[xyz]", { syntax: "egrep" });
  assertEquals(regex.searchLine(chunk, 0), chunk.length - 8);
  assertEquals(regex.lineEnd, chunk.length - 1);
  assertEquals(regex.searchLine(chunk, regex.lineEnd + 1), -1);
});

Deno.test("regex: searchLine does not look beyond `end`", () => {
  const regex = compile("fo+", { syntax: "egrep" });
  assertEquals(regex.searchLine("bar\nfoo\n", 0, 4), -1);
  assertEquals(regex.searchLine("bar\nfoo\n", 4, 6), 4);
  assertEquals(regex.lineEnd, 6);
});

Deno.test("regex: with `base` the search sees what stands before it", () => {
  const boundary = compile("\\bab", { syntax: "grep" });
  assertEquals(boundary.exec("abab", 2, { base: 0 }), null);
  assertEquals([...boundary.exec("ab ab", 2, { base: 0 })!], [3, 5]);
  assertEquals([...compile("(\\Bb)+", { syntax: "egrep" }).exec("abb", 1, { base: 0 })!], [
    1,
    3,
    2,
    3,
  ]);
  assertEquals(compile("^b", { syntax: "grep" }).exec("ab", 1, { base: 0 }), null);
  assertEquals([...compile("^b", { syntax: "grep" }).exec("a\nb", 2, { base: 0 })!], [2, 3]);
  assertEquals([...compile("(x)\\1|^b", { syntax: "egrep" }).exec("b", 0, { base: 0 })!], [
    0,
    1,
    -1,
    -1,
  ]);
});
