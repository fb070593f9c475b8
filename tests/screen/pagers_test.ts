/** What less and more do with keys, beside what native busybox did with the same keys on a real terminal. */
import { assertEquals } from "@std/assert";
import { differences } from "./replay.ts";

for (const name of ["less", "more"]) {
  Deno.test(`${name} does with each key what native does`, async () => {
    assertEquals(await differences(name), []);
  });
}
