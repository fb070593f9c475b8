import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

Deno.test("jobs: wait, wait -n, signals, and what is said of them, as native", async () => {
  assert(new Set(readCases("jobs")).size >= 130);
  // They sleep most of the time.
  assertEquals(await differences("jobs", 6), []);
});
