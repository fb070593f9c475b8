/** The engine beside a matcher that tries everything and shares only the parser. */
import { assert, assertEquals } from "@std/assert";
import { compile, type Regex, RegexError } from "../../applets/_lib/regex/regex.ts";
import { generatePattern, generateText, picker } from "../../fuzz/regex.ts";
import { longestMatch } from "../../fuzz/regex_judge.ts";

Deno.test("regex: the first match, the longest there, as trying everything finds it", () => {
  const pick = picker(2026);
  let pairs = 0;
  while (pairs < 20_000) {
    const syntax = (["bre", "ere", "grep", "egrep"] as const)[pick(4)];
    const pattern = generatePattern(pick, syntax);
    const icase = pick(6) === 0;
    if (/\\[1-9]/.test(pattern)) continue;
    let regex: Regex;
    try {
      regex = compile(pattern, { syntax, icase });
    } catch (error) {
      assert(error instanceof RegexError);
      continue;
    }
    for (let i = 0; i < 5; i++, pairs++) {
      const text = generateText(pick);
      const want = longestMatch(pattern, syntax, icase, text);
      const found = regex.exec(text);
      assertEquals(
        found === null ? undefined : [found[0], found[1]],
        want && [...want],
        `${pattern} on ${text}`,
      );
    }
  }
});
