import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ModuleError, Wasi, WasiTrap } from "../../wasi/mod.ts";
import { Sandbox } from "../../mod.ts";
import { assemble } from "./assemble.ts";
import { importText } from "./harness.ts";
import { arguments_, command, copier, environment, exiter, opener, sleeper } from "./programs.ts";

const decoder = new TextDecoder();

Deno.test("Wasi runs a command with what it was given", async () => {
  const out: string[] = [];
  const options = { stdout: (chunk: Uint8Array) => void out.push(decoder.decode(chunk)) };
  assertEquals(await new Wasi({ ...options, args: ["a", "b"] }).run(arguments_()), 0);
  assertEquals(await new Wasi({ ...options, env: { X: "ü" } }).run(environment()), 0);
  assertEquals(await new Wasi({ ...options, stdin: new Uint8Array([104, 105]) }).run(copier()), 0);
  assertEquals(out, ["a\0b\0", "X=ü\0", "hi"]);
  assertEquals(await new Wasi().run(exiter(5)), 5);
});

Deno.test("Wasi streams input and waits for output", async () => {
  let left = 5;
  let taken = 0;
  const wasi = new Wasi({
    stdin: () => left-- > 0 ? Promise.resolve(new Uint8Array(1000)) : undefined,
    stdout: async (chunk) => {
      await Promise.resolve();
      taken += chunk.length;
    },
  });
  assertEquals(await wasi.run(copier()), 0);
  assertEquals(taken, 5000);
});

Deno.test("Wasi hands over directories of a sandbox", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/tmp/f", "text");
  const process = sandbox.kernel.createCaller({ uid: 0, gid: 0, env: new Map(), cwd: "/" });
  const directory = process.fs.openDirectory("/tmp");
  const out: string[] = [];
  const stdout = (chunk: Uint8Array) => void out.push(decoder.decode(chunk));
  assertEquals(await new Wasi({ stdout, preopens: { "/": directory } }).run(opener(3, "f")), 0);
  assertEquals(out, ["text"]);
  assertEquals(
    await new Wasi({ preopens: { "/": directory } }).run(opener(3, "../etc/passwd")),
    63,
  );
  const readOnly = { preopens: { "/": { directory, readOnly: true } } };
  assertEquals(await new Wasi(readOnly).run(opener(3, "new", 1)), 76);
});

Deno.test("Wasi tells traps and modules that cannot run", async () => {
  const trap = await assertRejects(() => new Wasi().run(command("unreachable")), WasiTrap);
  assertEquals([trap.message, trap.code], ["trap: unreachable instruction", 134]);
  await assertRejects(() => new Wasi().run(new Uint8Array(9)), ModuleError);
  const wasi = new Wasi();
  await wasi.run(exiter(0));
  await assertRejects(() => wasi.run(exiter(0)), TypeError);
});

Deno.test("Wasi without a sandbox sleeps with what it was given", async () => {
  const slept: number[] = [];
  const sleep = (ms: number) => {
    slept.push(Math.round(ms));
    return Promise.resolve();
  };
  assertEquals(await new Wasi({ sleep, clock: () => 0 }).run(sleeper(1234)), 0);
  assertEquals(slept, [1234]);
});

Deno.test("reactors: functions of the guest are called from here", async () => {
  const module = assemble(`
    ${importText("fd_read")}
    (memory (export "memory") 1)
    (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.const 40)))
    (func (export "add") (param i32) (result i32) (i32.add (global.get $ready) (local.get 0)))
    (func (export "read") (result i32)
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 10))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.load (i32.const 8)))
    (func (export "fail") unreachable)`);
  let chunks = 1;
  using wasi = new Wasi({
    stdin: () => chunks-- > 0 ? Promise.resolve(new Uint8Array(7)) : undefined,
  });
  const instance = await wasi.instantiate(module);
  assertEquals((instance.exports.add as (n: number) => number)(2), 42);
  assertEquals(await wasi.call(instance, "read"), 7);
  await assertRejects(() => wasi.call(instance, "fail"), WasiTrap);
  await assertRejects(() => wasi.call(instance, "none"), ModuleError);
});

Deno.test("modules with imports of their own", () => {
  const module = assemble(`
    (import "env" "twice" (func $twice (param i32) (result i32)))
    ${importText("proc_exit")}
    (memory (export "memory") 1)
    (func (export "_start") (call $proc_exit (call $twice (i32.const 21))))`);
  const wasi = new Wasi();
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), {
    ...wasi.imports(),
    env: { twice: (n: number) => n * 2 },
  });
  assertEquals(wasi.start(instance), 42);
  assertThrows(
    () => new Wasi().initialize(new WebAssembly.Instance(new WebAssembly.Module(assemble("")))),
    ModuleError,
  );
});
