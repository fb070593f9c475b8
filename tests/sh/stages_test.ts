/** The pure stages of the shell by themselves: tables, and the limits of nesting. */
import { assertEquals, assertThrows } from "@std/assert";
import { ShellSyntaxError } from "../../applets/sh/ast.ts";
import { compileArith } from "../../applets/sh/arith.ts";
import { Splitter } from "../../applets/sh/fields.ts";
import { parseAll } from "../../applets/sh/print.ts";
import { Pattern } from "../../applets/sh/pattern.ts";
import { ScriptMaker } from "../../fuzz/shell/grammar/script.ts";
import { checkRoundTrip } from "../../fuzz/shell/round_trip.ts";
import { groups } from "./cases.ts";

Deno.test("printing a tree and parsing it again gives the same tree", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const script = new ScriptMaker(seed).script();
    assertEquals(checkRoundTrip(script), undefined, script);
  }
  for (const group of groups()) {
    for (const script of group.scripts) assertEquals(checkRoundTrip(script), undefined, script);
  }
});

Deno.test("syntax errors have busybox's words and their line", () => {
  const table: readonly (readonly [string, string, number])[] = [
    ["done", 'unexpected "done"', 1],
    ["a\nif", 'unexpected end of file (expecting "then")', 2],
    ["echo 'a\nb", "unterminated quoted string", 2],
    ["echo ${x", "missing '}'", 1],
    ["echo $((1", "missing '))'", 1],
    ["for 1x in a; do :; done", "bad for loop variable", 1],
    ["cat <<<x", "unexpected redirection", 1],
    ["a=(1 2)", 'unexpected "("', 1],
    ["for ((;;)); do :; done", "bad for loop variable", 1],
  ];
  for (const [script, message, line] of table) {
    const error = assertThrows(() => parseAll(script), ShellSyntaxError);
    assertEquals([error.message, error.line], ["syntax error: " + message, line], script);
  }
});

Deno.test("deep nesting is refused with a message, never with a stack error", () => {
  const deep = 10_000;
  const nested: readonly string[] = [
    "(".repeat(deep) + ":" + ")".repeat(deep),
    "{ ".repeat(deep) + ":" + "; }".repeat(deep),
    "echo " + "$(echo ".repeat(deep) + ")".repeat(deep),
    "echo " + '"$(echo '.repeat(deep) + ')"'.repeat(deep),
    "echo " + "${x:-".repeat(deep) + "}".repeat(deep),
    "echo $((" + "(".repeat(deep) + "1" + ")".repeat(deep) + "))",
    "if ".repeat(deep) + ":" + "; then :; fi".repeat(deep),
    "! ".repeat(deep) + ":",
    "a && ".repeat(deep) + "b",
    "a | ".repeat(deep) + "b",
    "if a; then b; " + "elif a; then b; ".repeat(deep) + "fi",
    "f() ".repeat(deep) + "{ :; }",
    "cat <<A\n" + "$(cat <<A\n".repeat(deep),
    "case a in a) ".repeat(deep) + " esac".repeat(deep),
  ];
  for (const script of nested) {
    try {
      parseAll(script);
    } catch (error) {
      assertEquals((error as Error).name, "ShellSyntaxError", script.slice(0, 40));
    }
  }
});

Deno.test("arithmetic is exact in 64 bits", () => {
  const none = { readNumber: () => 0, writeNumber: () => {} };
  const table: readonly (readonly [string, string])[] = [
    ["9223372036854775807+1", "-9223372036854775808"],
    ["3037000500*3037000500", "-9223372036709301616"],
    ["9007199254740993*3", "27021597764222979"],
    ["-9223372036854775807-1", "-9223372036854775808"],
    ["1<<63>>63", "-1"],
    ["2**64-1", "-1"],
    ["-7/2", "-3"],
    ["-7%3", "-1"],
    ["9007199254740991+9007199254740991", "18014398509481982"],
    ["4503599627370497*2/2", "4503599627370497"],
    ["64#@_", "4031"],
    ["~0", "-1"],
  ];
  for (const [text, want] of table) assertEquals(String(compileArith(text)(none)), want, text);
  const long = "1" + "+1".repeat(100_000);
  assertEquals(compileArith(long)(none), 100_001);
  assertThrows(() => compileArith("(".repeat(100_000)), Error);
});

Deno.test("patterns take no exponential time", () => {
  const text = "a".repeat(20_000);
  const pattern = new Pattern("*a".repeat(40) + "*b");
  assertEquals(pattern.matches(text), false);
  assertEquals(pattern.find(text, 0), -1);
  assertEquals(pattern.startOfMatch(text, true), -1);
  assertEquals(new Pattern("a*a*a*").endOfMatch(text, 0, true), 20_000);
  assertEquals(new Pattern("a*a*a*").endOfMatch(text, 0, false), 3);
});

Deno.test("fields are split as POSIX has it", () => {
  const split = (ifs: string | undefined, text: string): string[] => {
    const out: string[] = [];
    new Splitter(ifs).split(text, [0, text.length], out);
    return out;
  };
  assertEquals(split(undefined, "  a b\tc\n"), ["a", "b", "c"]);
  assertEquals(split(":", ":a::b:"), ["", "a", "", "b"]);
  assertEquals(split(" :", " a : b "), ["a", "b"]);
  assertEquals(split("", " a "), [" a "]);
});
