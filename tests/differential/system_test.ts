import { assertEquals } from "@std/assert";
import { differences } from "./corpus.ts";

Deno.test("applets of the system give what native gives", async () => {
  assertEquals(await differences("system"), []);
});
