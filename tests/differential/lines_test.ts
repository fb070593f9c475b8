import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("nl, rev, tac, paste, fold, expand, unexpand, cmp: every case gives what native gives", async () => {
  assert(new Set(readCases("lines")).size >= 340);
  assertEquals(await differences("lines"), []);
});
