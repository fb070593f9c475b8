import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("cut, uniq, tr: every case of the corpus gives what native gives", async () => {
  assert(new Set(readCases("filters")).size >= 160);
  assertEquals(await differences("filters"), []);
});
