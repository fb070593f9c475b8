import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("cp, mv, rm, ln, rmdir, readlink, realpath: every case gives what native gives", async () => {
  assert(new Set(readCases("files")).size >= 270);
  assertEquals(await differences("files"), []);
});
