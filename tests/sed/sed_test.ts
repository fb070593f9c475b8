import { assert, assertEquals } from "@std/assert";
import { type RunResult, Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";
import { compareBatch } from "../../fuzz/shell_batch.ts";
import { sedBatch } from "../../fuzz/sed.ts";

async function sh(script: string, stdin: string | Uint8Array = ""): Promise<RunResult> {
  await using sandbox = await Sandbox.create();
  return await sandbox.sh(script, { stdin, timeoutMs: 20_000 });
}

Deno.test("sed: /dev/stdout of w has a buffer of its own, written before standard output", async () => {
  assertEquals((await sh("sed 'w /dev/stdout'", "a\nb\n")).stdoutText, "a\nb\na\nb\n");
  assertEquals((await sh("sed -n 'w /dev/stdout'", "a\nb\n")).stdoutText, "a\nb\n");
  const both = "sed -e 's/./X/w /dev/stdout' -e s/X/Y/";
  assertEquals((await sh(both, "a\nb\n")).stdoutText, "X\nX\nY\nY\n");
  assertEquals((await sh("sed 's/a/b/w /dev/stdout'", "a")).stdoutText, "bb");
  assertEquals((await sh("sed -n 's/a/A/w /dev/stderr'", "a\n")).stderrText, "A\n");
});

Deno.test("sed: r takes standard input by its name", async () => {
  assertEquals((await sh("echo x >f; sed 'r /dev/stdin' f", "in\n")).stdoutText, "x\nin\n");
});

Deno.test("sed: q leaves the lines after the next one to other readers", async () => {
  const result = await sh("seq 6 >f; (sed 1q; cat) <f");
  assertEquals(result.stdoutText, "1\n3\n4\n5\n6\n");
});

Deno.test("sed: a closed pipe ends it", async () => {
  assertEquals((await sh("yes | sed p | head -n 3")).stdoutText, "y\ny\ny\n");
  assertEquals((await sh("yes | sed 2q")).stdoutText, "y\ny\n");
});

Deno.test("sed: an endless script can be stopped", async () => {
  await using sandbox = await Sandbox.create();
  const result = await sandbox.sh("echo a | sed ':a;ba'", { timeoutMs: 300 });
  assertEquals(result.reason, "timeout");
  assertEquals((await sandbox.sh("echo b | sed s/b/c/")).stdoutText, "c\n");
});

Deno.test("sed: an endless script of D can be stopped", async () => {
  await using sandbox = await Sandbox.create();
  const result = await sandbox.sh("echo a | sed 'G;D'", { timeoutMs: 300 });
  assertEquals(result.reason, "timeout");
});

Deno.test("sed: a pattern space that grows for ever is out of memory", async () => {
  await using sandbox = await Sandbox.create();
  for (const script of [":a;s/.*/&&/;ba", ":a;G;h;ba", ":a;H;G;ba"]) {
    const { stderrText, code } = await sandbox.sh(`echo a | sed '${script}'`, {
      timeoutMs: 60_000,
    });
    assertEquals([stderrText, code], ["sed: out of memory\n", 1], script);
  }
});

Deno.test("sed: a line of megabytes, all bytes, and chunk edges", async () => {
  const long = "ab".repeat(1_500_000);
  const changed = await sh("sed 's/a/xy/g' | wc -c", long + "\n");
  assertEquals(changed.stdoutText.trim(), String(4_500_001));
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assertEquals((await sh("sed p | sed -n '$!d;p'", all)).stderrText, "");
  assertEquals((await sh("sed ''", all)).stdout, all);
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i}\n`).join("");
  const every = await sh("sed -n '/99$/=' | wc -l", lines);
  assertEquals(every.stdoutText.trim(), "600");
  const joined = await sh("sed -n 'N;s/\\n/ /p' | sed -n '$='", lines);
  assertEquals(joined.stdoutText, "30000\n");
});

Deno.test("sed: pathological patterns and a long hold space stay linear", async () => {
  const start = performance.now();
  const result = await sh(
    "sed -E 's/(a+)+$/X/' | sed -E 's/(x+x+)+y/Z/'",
    "a".repeat(200_000) + "b\n",
  );
  assertEquals(result.stdoutText.length, 200_002);
  await sh("seq 20000 | sed -n 'H;${x;s/\\n/,/g;p}'");
  assert(performance.now() - start < 15_000);
});

Deno.test("sed: what the sandbox forbids is told in native's words", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.sh("mkdir /tmp/d");
  const result = await sandbox.sh("sed 'w /tmp/d' /etc/hostname");
  assertEquals([result.code, result.stderrText], [
    1,
    "sed: can't open '/tmp/d': Is a directory\n",
  ]);
});

const native = findBusybox();

Deno.test({
  name: "sed: random scripts give what native gives",
  ignore: native === undefined,
  async fn() {
    const { files, commands } = sedBatch(90_001);
    const found = await compareBatch(native!.path, files, commands);
    // A script with an empty `s` may differ, see fuzz/sed.ts.
    assertEquals(found.filter(({ command }) => !/s([/,|])\1/.test(command)), []);
  },
});
