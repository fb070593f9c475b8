/** What the readers of `>(…)` write belongs to the output, also after the shell has ended. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

// As native's output through a pipe, where nothing is lost either.
const CASES: readonly (readonly [script: string, stdout: string])[] = [
  ["echo a > >(sleep 0.1; cat); echo b", "b\na\n"],
  ["echo a > >(sleep 0.1; cat; echo late)", "a\nlate\n"],
  ['exec > >(sed "s/^/> /"); echo a; echo b', "> a\n> b\n"],
  ['x=$(echo a > >(sleep 0.1; cat)); echo "[$x]"', "[a]\n"],
  ["echo a > >(sleep 0.1; cat) | cat; echo b", "a\nb\n"],
  ["f() { echo a > >(sleep 0.1; cat); }; f; echo b", "b\na\n"],
  ["sh -c 'echo a > >(sleep 0.1; cat)'; echo b", "b\na\n"],
  ["echo a | tee >(sleep 0.1; cat) >/dev/null; echo b", "b\na\n"],
];

Deno.test("what >(…) writes late is part of the output", async () => {
  await using sandbox = await Sandbox.create();
  for (const [script, stdout] of CASES) {
    assertEquals((await sandbox.sh(script)).stdoutText, stdout, script);
  }
  const { code } = await sandbox.sh("echo a > >(sleep 0.1; cat >/dev/null); exit 3");
  assertEquals(code, 3);
});

Deno.test("a >(…) without end is ended by the time limit, and a background command is not waited for", async () => {
  await using sandbox = await Sandbox.create();
  const { reason } = await sandbox.sh("echo a > >(sleep 1000)", { timeoutMs: 100 });
  assertEquals(reason, "timeout");
  const { stdoutText } = await sandbox.sh("sleep 1000 & echo now");
  assertEquals(stdoutText, "now\n");
});
