/** The faults of native that the fuzz of awk passes over are there, and are not ours. */
import { assertEquals } from "@std/assert";
import { FAULTS } from "../../fuzz/awk_known.ts";
import { Sandbox } from "../../mod.ts";
import { findBusybox } from "../../reference/native.ts";

const native = findBusybox();
const STDIN = "a\n";

Deno.test("fuzz: what native gets wrong in awk, ours does not", async () => {
  await using sandbox = await Sandbox.create();
  for (const { example, right } of FAULTS) {
    const { stdoutText, stderrText } = await sandbox.run(["awk", example], { stdin: STDIN });
    assertEquals(stdoutText + stderrText, right, example);
  }
});

Deno.test({
  name: "fuzz: native gets it wrong as said",
  ignore: native === undefined,
  async fn() {
    for (const fault of FAULTS) {
      const child = new Deno.Command(native!.path, {
        args: ["awk", fault.example],
        env: { LC_ALL: "C" },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      // A program that fails does not read.
      await writer.write(new TextEncoder().encode(STDIN)).catch(() => {});
      await writer.close().catch(() => {});
      const { stdout, stderr } = await child.output();
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assertEquals(text, fault.native, fault.what);
    }
  },
});
