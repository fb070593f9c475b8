import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("bytes: NUL, bad UTF-8, CRLF, no last newline: as native through every text applet", async () => {
  assert(new Set(readCases("bytes")).size >= 500);
  assertEquals(await differences("bytes"), []);
});
