import { assertEquals } from "@std/assert";
import { moduleGraph, withImports } from "../tools/module_graph.ts";

// Each module of the graph of cli.ts costs every start 0.03 ms, and one that is evaluated 0.1 ms.

Deno.test("cli.ts itself imports the table of small filters and nothing else", async () => {
  const graph = await moduleGraph("cli.ts");
  assertEquals([...withImports(graph, "cli.ts")].sort(), ["applets/at_hand.ts", "cli.ts"]);
});

Deno.test("the graph of cli.ts holds small filters and no sandbox, shell or awk", async () => {
  const graph = await moduleGraph("cli.ts");
  const all = new Set<string>();
  const visit = (path: string): void => {
    if (all.has(path)) return;
    all.add(path);
    const { now, later } = graph.get(path)!;
    for (const next of [...now, ...later]) visit(next);
  };
  visit("cli.ts");
  const heavy = [...all].filter((path) =>
    /^mod\.ts$|^applets\/(?!_lib\/)[a-z]+\/|^wasi\/|^sandbox\/(?:vfs|protocol)\/|regex|kernel\/kernel\.ts/
      .test(path)
  );
  assertEquals(heavy, []);
  assertEquals(all.size <= 56, true, `${all.size} modules`);
});

Deno.test("echo runs with few modules", async () => {
  const graph = await moduleGraph("cli.ts");
  const loaded = new Set([
    ...withImports(graph, "cli.ts"),
    ...withImports(graph, "sandbox/host/bare_run.ts"),
    ...withImports(graph, "applets/echo.ts"),
  ]);
  assertEquals(loaded.size <= 14, true, [...loaded].sort().join("\n"));
});

Deno.test("what needs no sandbox runs without any right", async () => {
  const cli = new URL("../../cli.ts", import.meta.url).href;
  const run = async (args: readonly string[], input = ""): Promise<string> => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-lock", "--no-prompt", cli, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
    const { stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return decoder.decode(stdout) + decoder.decode(stderr);
  };
  assertEquals(await run(["echo", "-e", "a\\tb"]), "a\tb\n");
  assertEquals(await run(["printf", "%03d\\n", "7"]), "007\n");
  assertEquals(await run(["seq", "2"]), "1\n2\n");
  assertEquals(await run(["basename", "/a/b.c", ".c"]), "b\n");
  assertEquals(await run(["sort", "-rn"], "9\n10\n"), "10\n9\n");
  assertEquals(await run(["head", "-n", "1"], "a\nb\n"), "a\n");
  assertEquals(await run(["tail", "-n", "1"], "a\nb\n"), "b\n");
  assertEquals(await run(["wc", "-l"], "a\nb\n"), "2\n");
  assertEquals(await run(["cat", "-n"], "a\n"), "     1\ta\n");
});
