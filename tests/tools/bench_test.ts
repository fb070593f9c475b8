import { assertEquals } from "@std/assert";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const config = import.meta.resolve("@std/assert").startsWith("file:")
  ? "deno.npm.json"
  : "deno.json";

Deno.test("deno bench runs, and its JSON has a figure for each benchmark", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "bench",
        "-A",
        "--no-check",
        "-c",
        root + config,
        "--json",
        "--filter",
        "/^(fork|a program)/",
      ],
      `${root}bench/sandbox.bench.ts`,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  const { benches } = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly benches: readonly {
      readonly name: string;
      readonly results: readonly { readonly ok?: { readonly avg: number } }[];
    }[];
  };
  const measured = benches.map(({ name, results }) => [name, (results[0].ok?.avg ?? 0) > 0]);
  assertEquals(measured, [
    ["fork a sandbox that holds 50 MB", true],
    ["a program: echo hi", true],
  ]);
});
