/** The example of the library does what its comments say. */
import { assertEquals } from "@std/assert";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

Deno.test("examples/agent.ts: branches, a limit, a review and a commit", () => {
  const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", "--no-lock", "examples/agent.ts"],
    cwd: root,
    stdin: "null",
  }).outputSync();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(new TextDecoder().decode(stdout).split("\n"), [
    "sed -i s/two/2/ notes: status 0",
    "  modified notes",
    "rm notes; echo three > other: status 0",
    "  deleted notes",
    "  added other",
    "an endless loop: timeout",
    'before: "one\\ntwo\\n"',
    'after:  "one\\n2\\n"',
    "",
  ]);
  assertEquals(code, 0);
});
