import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("find and xargs: every case gives what native gives", async () => {
  assert(new Set(readCases("search")).size >= 170);
  assertEquals(await differences("search"), []);
});
