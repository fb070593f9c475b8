import { assertEquals } from "@std/assert";
import { differences } from "./corpus.ts";

Deno.test("patch: every case gives what native gives", async () => {
  assertEquals(await differences("patch"), []);
});
