import { assertEquals } from "@std/assert";
import { byFolder, readLcov } from "./coverage.ts";

Deno.test("line coverage is summed by folder", () => {
  const files = readLcov(
    "SF:/p/applets/a.ts\nDA:1,2\nDA:2,0\nend_of_record\nSF:/p/applets/sh/b.ts\nDA:1,1\n" +
      "end_of_record\nSF:/p/tests/c.ts\nDA:1,0\nend_of_record\nSF:/q/applets/d.ts\nDA:1,0\n",
  );
  assertEquals(
    byFolder(files, "/p/", ["applets", "wasi"]),
    new Map([["applets", { found: 3, hit: 2 }], ["wasi", { found: 0, hit: 0 }]]),
  );
});
