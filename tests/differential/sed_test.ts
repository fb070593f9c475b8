import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("sed: every case of the corpus gives what native gives", async () => {
  assert(new Set(readCases("sed")).size >= 400);
  assertEquals(await differences("sed"), []);
});
