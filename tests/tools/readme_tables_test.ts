/** The generated parts of the README are those of the sources and the recorded runs. */
import { assertEquals, assertThrows } from "@std/assert";
import { needsOf, readmeParts, renewed } from "./readme_tables.ts";

const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));

Deno.test("the README's tables are current: deno task readme", async () => {
  assertEquals(renewed(readme, await readmeParts()) === readme, true);
});

Deno.test("what an applet needs is read from its sources", async () => {
  const wanted: Record<string, string> = {
    echo: "",
    seq: "",
    true: "",
    cat: "read",
    wc: "read",
    rm: "read write",
    rmdir: "read write",
    cp: "read write",
    tee: "write",
    split: "read write",
    uudecode: "read write",
    wget: "read write net",
    nslookup: "read net",
    env: "runs",
    xargs: "read runs",
    sh: "read write runs",
  };
  for (const [name, want] of Object.entries(wanted)) {
    const needs = await needsOf(name);
    const got = (["read", "write", "net", "runs"] as const).filter((each) => needs[each]).join(" ");
    for (const word of want.split(" ").filter((each) => each !== "")) {
      assertEquals(got.includes(word), true, `${name}: ${got}`);
    }
    if (want === "") assertEquals(got, "", name);
  }
});

Deno.test("an applet that needs nothing runs without any permission beyond its modules", async () => {
  const root = new URL("../../", import.meta.url).pathname;
  for (const argv of [["echo", "a"], ["seq", "2"], ["expr", "1", "+", "1"], ["factor", "6"]]) {
    assertEquals((await needsOf(argv[0])).read, false);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-config", "--no-lock", `--allow-read=${root}`, "cli.ts"]
        .concat(argv),
      cwd: root,
      stdin: "null",
      stdout: "null",
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], argv[0]);
  }
});

Deno.test("a part without its marker is an error", () => {
  assertThrows(() => renewed("text", new Map([["x", "y"]])), Error, "no part x");
  assertEquals(
    renewed("a\n<!-- x -->\nold<!-- /x -->", new Map([["x", "$1"]])),
    "a\n<!-- x -->\n\n$1\n\n<!-- /x -->",
  );
});
