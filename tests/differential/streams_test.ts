import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("streams that are full, closed, directories or one for both outputs: every case gives what native gives", async () => {
  assert(new Set(readCases("streams")).size >= 173);
  assertEquals(await differences("streams"), []);
});
