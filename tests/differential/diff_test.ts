import { assertEquals } from "@std/assert";
import { differences } from "./corpus.ts";

Deno.test("diff: every case gives what native gives", async () => {
  assertEquals(await differences("diff"), []);
});
