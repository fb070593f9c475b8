/** What less does with keys, beside what native busybox did with the same keys on a real terminal. */
import { assertEquals } from "@std/assert";
import { differences } from "./replay.ts";

Deno.test("less does with each key what native does", async () => {
  assertEquals(await differences("less"), []);
});
