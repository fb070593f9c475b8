import { assertEquals } from "@std/assert";
import { byFolder, isTypesOnly, readLcov, unreached } from "./coverage.ts";

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

Deno.test("a module that no test loads counts with all its lines of code", () => {
  assertEquals(
    unreached("/** Doc.\n * More.\n */\nconst a = 1; // one\n\n// two\nf(a);\n").found,
    2,
  );
});

Deno.test("a module of types alone has no lines that a test could reach", async () => {
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  assertEquals(await isTypesOnly(`${root}sandbox/types/process.ts`), true);
  assertEquals(await isTypesOnly(`${root}sandbox/types.ts`), false);
  assertEquals(await isTypesOnly(`${root}sandbox/errors.ts`), false);
});
