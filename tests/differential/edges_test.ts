/**
 * Odd operands, numbers, descriptors, signals and files: every case gives what native gives. See the
 * first line of each corpus for what it is about.
 */
import { assert, assertEquals } from "@std/assert";
import { differences, readCases } from "./corpus.ts";

/** Corpora, the cases that each has at least, and how many run at once: some mostly sleep. */
const CORPORA: readonly (readonly [name: string, cases: number, together: number])[] = [
  ["blocks", 150, 1],
  ["daemons", 290, 8],
  ["finding", 25, 1],
  ["lost_output", 360, 1],
  ["packed", 60, 1],
  ["programs", 400, 8],
  ["services", 300, 8],
  ["stamps", 40, 1],
  ["unreadable", 20, 1],
];

for (const [name, cases, together] of CORPORA) {
  Deno.test(`${name}: every case gives what native gives`, async () => {
    assert(new Set(readCases(name)).size >= cases);
    assertEquals(await differences(name, together), []);
  });
}
