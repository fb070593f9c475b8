import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("the shell: what fuzzing found gives what native gives", async () => {
  assert(new Set(readCases("shell")).size >= 1000);
  assertEquals(await differences("shell"), []);
});
