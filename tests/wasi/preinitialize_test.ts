import { assertEquals, assertStringIncludes } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { nonZeroRanges } from "../../wasi/preinitialize.ts";
import { assemble } from "./assemble.ts";
import { importText } from "./harness.ts";

/** Counts in memory and in globals; `_start` exits with the sum. */
const COUNTER = `
  ${importText("proc_exit", "fd_write")}
  (memory (export "memory") 1 20)
  (data (i32.const 100) "old")
  (global $a (mut i32) (i32.const 1)) (global $b (mut i64) (i64.const 2))
  (global $c (mut f64) (f64.const 0.5)) (global $fixed i32 (i32.const 3))
  (func (export "wizer.initialize")
    (local $n i32)
    (drop (memory.grow (i32.const 2)))
    (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 10)))
    (i32.store8 (i32.const 150000) (i32.const 20))
    (i32.store8 (i32.const 100) (i32.const 0))
    (global.set $a (i32.const 5)) (global.set $b (i64.const -7)) (global.set $c (f64.const 2.5)))
  (func (export "other") (i32.store (i32.const 4) (i32.const 99)))
  (func (export "sum") (result i32)
    (i32.add (i32.add (i32.load (i32.const 4)) (i32.load8_u (i32.const 150000)))
      (i32.add (global.get $a) (i32.wrap_i64 (global.get $b)))))
  (func (export "_start") (call $proc_exit (i32.add (i32.mul (memory.size) (i32.const 50))
    (i32.add (i32.add (i32.load (i32.const 4)) (i32.load8_u (i32.const 150000)))
      (i32.add (global.get $a) (i32.wrap_i64 (global.get $b)))))))`;

async function snapshot(
  module: Uint8Array,
  ...options: readonly string[]
): Promise<{ code: number; stderr: string; output?: Uint8Array; status?: number }> {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/tmp/in.wasm", module);
  const made = await sandbox.run(["wasi", "snapshot", ...options, "/tmp/in.wasm", "/tmp/out.wasm"]);
  if (made.code !== 0) return { code: made.code, stderr: made.stderrText };
  const output = await sandbox.fs.readFile("/tmp/out.wasm");
  const { code } = await sandbox.run(["/tmp/out.wasm"]);
  return { code: 0, stderr: made.stderrText, output, status: code };
}

Deno.test("a snapshot starts with memory, size and globals as the initialisation left them", async () => {
  const { output, status, stderr } = await snapshot(assemble(COUNTER));
  assertEquals([status, stderr], [3 * 50 + 10 + 20 + 5 - 7, ""]);
  const module = new WebAssembly.Module(output as Uint8Array<ArrayBuffer>);
  const names = WebAssembly.Module.exports(module).map((each) => each.name).sort();
  // The initialisation cannot be run twice, and nothing was left to look at the state with.
  assertEquals(names, ["_start", "memory", "other", "sum"]);
});

Deno.test("a snapshot can be taken of a snapshot, with another function", async () => {
  const first = await snapshot(assemble(COUNTER));
  const second = await snapshot(first.output as Uint8Array, "--init-func=other");
  assertEquals(second.status, (3 * 50 + 99 + 20 + 5 - 7) & 255);
});

Deno.test("snapshots that cannot be taken", async () => {
  const cases: readonly (readonly [Uint8Array, readonly string[], string])[] = [
    [assemble(COUNTER), ["--init-func=none"], "no function: none"],
    [assemble(`(func (export "wizer.initialize"))`), [], "needs exactly one memory of its own"],
    [
      assemble(`(memory (export "memory") 1) (func (export "wizer.initialize") unreachable)`),
      [],
      "trap: unreachable instruction",
    ],
    [
      assemble(`${importText("proc_exit")} (memory (export "memory") 1)
        (func (export "wizer.initialize") (call $proc_exit (i32.const 4)))`),
      [],
      "proc_exit(4)",
    ],
    [new Uint8Array([0, 0x61, 0x73, 0x6d, 9]), [], "invalid module"],
  ];
  for (const [module, options, words] of cases) {
    const { code, stderr } = await snapshot(module, ...options);
    assertEquals(code, 126);
    assertStringIncludes(stderr, words);
  }
});

Deno.test("gaps of less than four zeros are written", () => {
  const memory = new Uint8Array(64);
  for (const at of [1, 2, 5, 9, 14, 40, 63]) memory[at] = at;
  assertEquals(nonZeroRanges(memory), [[1, 10], [14, 15], [40, 41], [63, 64]]);
  assertEquals(nonZeroRanges(memory, 6), [[1, 15], [40, 41], [63, 64]]);
  assertEquals(nonZeroRanges(new Uint8Array(64)), []);
});
