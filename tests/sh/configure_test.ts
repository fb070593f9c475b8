/** The long script of the benchmarks does what it does under native, file for file. */
import { assertEquals } from "@std/assert";
import { COMMANDS, native, ours } from "./configure.ts";

Deno.test("a script of 3,400 lines prints and makes what it does under native", async () => {
  const want = native();
  const got = await ours();
  assertEquals(want.answers.length, COMMANDS.length);
  COMMANDS.forEach((command, i) => {
    assertEquals([command, ...got.answers[i]], [command, ...want.answers[i]]);
  });
  assertEquals(got.tree, want.tree);
});
