import { assertEquals } from "@std/assert";
import { differences } from "./corpus.ts";

Deno.test("od, hexdump and xxd give what native gives", async () => {
  assertEquals(await differences("dump"), []);
});
