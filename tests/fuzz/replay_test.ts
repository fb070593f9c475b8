/** Every input that the fuzzer kept is tried again, against what native answered. */
import { assertEquals } from "@std/assert";
import { keptTargets, readEntries } from "../../fuzz/corpus.ts";
import { replay } from "../../fuzz/replay.ts";
import { findTarget, targetNames } from "../../fuzz/targets/mod.ts";

Deno.test("no kept input of the fuzzer differs from native without a reason", async () => {
  const { inputs, lines, explained } = await replay(keptTargets());
  console.log(`${inputs} inputs, ${explained.length} of them differ for a reason that they state`);
  assertEquals(lines, []);
  assertEquals(inputs >= 353, true, `${inputs} inputs`);
});

Deno.test("no kept input of the fuzzer is open, and each reason is a sentence", () => {
  for (const target of keptTargets()) {
    for (const [name, { open, explained }] of readEntries(target)) {
      assertEquals(open, undefined, `${target}/${name} is open`);
      if (explained === undefined) continue;
      assertEquals(explained.length > 30 && explained.includes(" "), true, `${target}/${name}`);
    }
  }
});

Deno.test("there are a hundred targets, and most compare with native", async () => {
  const targets = await Promise.all(targetNames().map(findTarget));
  assertEquals(targets.length >= 100, true, `${targets.length}`);
  const compared = targets.filter((target) => "batch" in target || target.command !== undefined);
  assertEquals(compared.length / targets.length > 0.85, true);
});
