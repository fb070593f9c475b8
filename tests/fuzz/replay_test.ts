/** Every input that the fuzzer kept is tried again, against what native answered. */
import { assertEquals } from "@std/assert";
import { keptTargets } from "../../fuzz/corpus.ts";
import { replay } from "../../fuzz/replay.ts";
import { findTarget, targetNames } from "../../fuzz/targets/mod.ts";

Deno.test("the corpus of the fuzzer shows no fault that is not known to be open", async () => {
  const { inputs, lines, open } = await replay(keptTargets());
  console.log(`${inputs} inputs, ${open.length} of them known to differ still`);
  assertEquals(lines, []);
  assertEquals(inputs >= 353, true, `${inputs} inputs`);
});

Deno.test("there are a hundred targets, and most compare with native", async () => {
  const targets = await Promise.all(targetNames().map(findTarget));
  assertEquals(targets.length >= 100, true, `${targets.length}`);
  const compared = targets.filter((target) => "batch" in target || target.command !== undefined);
  assertEquals(compared.length / targets.length > 0.85, true);
});
