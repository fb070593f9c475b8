/** What less, more and stty do with keys and settings, beside what native busybox did with the same keys on a real terminal. */
import { assertEquals } from "@std/assert";
import { differences } from "./replay.ts";

for (const name of ["less", "more", "stty"]) {
  Deno.test(`${name} does what native does`, async () => {
    assertEquals(await differences(name), []);
  });
}
