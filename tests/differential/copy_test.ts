import { assertEquals } from "@std/assert";
import { differences } from "./corpus.ts";

Deno.test("copy: every case gives what native gives", async () => {
  assertEquals(await differences("copy"), []);
});
