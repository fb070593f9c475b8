import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("first applets: every case of the corpus gives what native gives", async () => {
  assert(new Set(readCases("base")).size >= 570);
  assertEquals(await differences("base"), []);
});
