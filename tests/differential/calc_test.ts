import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("expr, factor, cal, bc, dc: every case of the corpus gives what native gives", async () => {
  assert(new Set(readCases("calc")).size >= 2000);
  assertEquals(await differences("calc"), []);
});
