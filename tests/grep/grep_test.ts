import { assert, assertEquals } from "@std/assert";
import { type RunResult, Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";
import { compareBatch } from "../../fuzz/shell_batch.ts";
import { grepBatch } from "../../fuzz/grep.ts";

async function sh(script: string, stdin: string | Uint8Array = ""): Promise<RunResult> {
  await using sandbox = await Sandbox.create();
  return await sandbox.sh(script, { stdin, timeoutMs: 20_000 });
}

Deno.test("grep: long lines, all bytes, and chunk edges", async () => {
  const long = "x".repeat(3_000_000) + "needle" + "y".repeat(100);
  assertEquals((await sh("grep needle | wc -c", long)).stdoutText.trim(), String(long.length + 1));
  assertEquals((await sh("grep -o 'n[a-z]*e'", long)).stdoutText, "needle\n");
  assertEquals((await sh("grep -c '[^x]'", long + "\n" + "x".repeat(1_000_000))).stdoutText, "1\n");
  const bytes = Uint8Array.from({ length: 512 }, (_, i) => i >> 1);
  assertEquals((await sh("grep -a ''", bytes)).stdout.length, bytes.length + 1);
  const lines = Array.from({ length: 80_000 }, (_, i) => `line ${i}\n`).join("");
  assertEquals((await sh("grep -c '99$'", lines)).stdoutText, "800\n");
  assertEquals((await sh("grep -n 'line 79999'", lines)).stdoutText, "80000:line 79999\n");
  assertEquals((await sh("grep -B2 -A1 -n 'line 40000$'", lines)).stdoutText.split("\n"), [
    "39999-line 39998",
    "40000-line 39999",
    "40001:line 40000",
    "40002-line 40001",
    "",
  ]);
});

Deno.test("grep: context lines cross from chunk to chunk", async () => {
  const filler = "z".repeat(997);
  const lines = Array.from({ length: 2_000 }, (_, i) => `${i} ${filler}\n`).join("");
  const result = await sh("grep -B3 -A3 '^1[0-9]*00 ' | cut -d' ' -f1 | tr '\\n' ' '", lines);
  const want = [100, 1000, 1100, 1200, 1300, 1400, 1500, 1600, 1700, 1800, 1900]
    .map((n) => [-3, -2, -1, 0, 1, 2, 3].map((d) => n + d).join(" "))
    .join(" -- ");
  assertEquals(result.stdoutText.trim(), want);
});

Deno.test("grep: stops early, and a closed pipe ends it", async () => {
  assertEquals((await sh("yes | grep -q y; echo $?")).stdoutText, "0\n");
  assertEquals((await sh("yes | grep -m2 y")).stdoutText, "y\ny\n");
  assertEquals((await sh("yes | grep y | head -n 2")).stdoutText, "y\ny\n");
});

Deno.test("grep: ten thousand patterns are one search", async () => {
  const patterns = Array.from({ length: 10_000 }, (_, i) => `word${i}x`).join("\n");
  const text = Array.from({ length: 20_000 }, (_, i) => `a word${i}x b\n`).join("");
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/tmp/patterns", patterns);
  const start = performance.now();
  for (const flags of ["-F", "", "-E", "-Fi"]) {
    const result = await sandbox.sh(`grep -c ${flags} -f /tmp/patterns`, { stdin: text });
    assertEquals(result.stdoutText, "10000\n", flags);
  }
  assert(performance.now() - start < 20_000);
});

Deno.test("grep: hostile patterns and lines cost linear time", async () => {
  const line = "a".repeat(300_000) + "\n";
  const start = performance.now();
  for (const pattern of ["(a+)+b", "(a|a)*b", "(.*)*b", "(a?){30}a{30}b", "^(a*)*$"]) {
    const result = await sh(`grep -cE '${pattern}'`, line);
    assertEquals(result.stdoutText, pattern === "^(a*)*$" ? "1\n" : "0\n");
  }
  assert(performance.now() - start < 15_000);
});

const native = findBusybox();

Deno.test({
  name: "grep: random command lines give what native gives",
  ignore: native === undefined,
  async fn() {
    const { files, commands } = grepBatch(90_001);
    const found = await compareBatch(native!.path, files, commands);
    // Native's ring of lines before a match goes wrong from the second file on.
    assertEquals(found.filter(({ command }) => !/ -[BC] [1-9]/.test(command)), []);
  },
});
