import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("chmod, chown, touch, stat, date, mktemp, id, env: every case gives what native gives", async () => {
  assert(new Set(readCases("attributes")).size >= 230);
  assertEquals(await differences("attributes"), []);
});
