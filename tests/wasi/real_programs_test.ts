import { assertEquals } from "@std/assert";
import {
  checkCompiler,
  checkOldCompiler,
  checkProgram,
  checkReactor,
  REAL_PROGRAMS,
} from "./real_programs.ts";

// They are 400 MB to fetch, so they run where a folder with them is named.
const ignore = Deno.env.get("CAPBOX_WASI_PACKAGES") === undefined;

for (const program of REAL_PROGRAMS) {
  Deno.test({
    name: `real program: ${program.name}`,
    ignore,
    fn: async () => assertEquals(await checkProgram(program), ""),
  });
}

Deno.test({
  name: "clang 8 compiles, links, and what it made runs",
  ignore,
  fn: async () => assertEquals(await checkOldCompiler(), ""),
});

Deno.test({
  name: "clang 22 compiles C and C++, and what it made runs",
  ignore,
  fn: async () => assertEquals(await checkCompiler(), ""),
});

Deno.test({
  name: "ruby 3.4 as a reactor",
  ignore,
  fn: async () => assertEquals(await checkReactor(), ""),
});
