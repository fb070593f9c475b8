import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { parseWasiCommand } from "../../wasi/command.ts";
import { assemble } from "./assemble.ts";
import { arguments_, command, environment, opener, printer } from "./programs.ts";

async function wasi(
  module: Uint8Array,
  argv: readonly string[],
): Promise<readonly [code: number, stdout: string, stderr: string]> {
  await using sandbox = await Sandbox.create({ env: { SECRET: "s3" } });
  await sandbox.fs.mkdir("/home/data", { recursive: true });
  await sandbox.fs.writeFile("/home/data/f", "contents");
  await sandbox.fs.writeFile("/home/tool.wasm", module);
  const result = await sandbox.run(["wasi", ...argv], { cwd: "/home" });
  return [result.code, result.stdoutText, result.stderrText];
}

Deno.test("wasi hands over nothing that was not named", async () => {
  assertEquals(await wasi(printer("hi"), ["tool.wasm"]), [0, "hi", ""]);
  assertEquals(await wasi(environment(), ["tool.wasm"]), [0, "", ""]);
  assertEquals((await wasi(opener(3, "f"), ["tool.wasm"]))[0], 8); // BADF
});

Deno.test("wasi options", async () => {
  const [, variables] = await wasi(environment(), ["--env", "A=1", "--env=SECRET", "tool.wasm"]);
  assertEquals(variables, "A=1\0SECRET=s3\0");
  const dir = ["--dir", "data::/d", "tool.wasm"];
  assertEquals(await wasi(opener(3, "f"), dir), [0, "contents", ""]);
  assertEquals((await wasi(opener(3, "../tool.wasm"), dir))[0], 63); // PERM
  assertEquals((await wasi(opener(3, "n", 1), ["--dir=data::/d:ro", "tool.wasm"]))[0], 76);
  assertEquals((await wasi(opener(3, "f"), ["--dir=data:ro", "tool.wasm"]))[1], "contents");
  assertEquals(await wasi(arguments_(), ["run", "--", "tool.wasm", "--dir", "x"]), [
    0,
    "tool.wasm\0--dir\0x\0",
    "",
  ]);
});

Deno.test("wasi --invoke calls a function with numbers", async () => {
  const module = assemble(`
    (memory (export "memory") 1)
    (func (export "add") (param i32 i64) (result i64)
      (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
    (func (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))
    (func (export "nothing"))
  `);
  assertEquals(await wasi(module, ["--invoke", "add", "tool.wasm", "-2", "44"]), [0, "42\n", ""]);
  assertEquals(await wasi(module, ["--invoke=half", "tool.wasm", "5"]), [0, "2.5\n", ""]);
  assertEquals(await wasi(module, ["--invoke", "nothing", "tool.wasm"]), [0, "", ""]);
  for (
    const [args, words] of [
      [["--invoke", "none", "tool.wasm"], "no function: none"],
      [["--invoke", "add", "tool.wasm", "1"], "takes 2 arguments, not 1"],
      [["--invoke", "add", "tool.wasm", "x", "1"], "not a number: x"],
      [["tool.wasm"], "no _start function"],
    ] as const
  ) {
    const [code, , stderr] = await wasi(module, args);
    assertEquals(code, 126);
    assertStringIncludes(stderr, words);
  }
});

Deno.test("wasi says what is missing", async () => {
  const [code, , stderr] = await wasi(printer(""), ["none.wasm"]);
  assertEquals([code, stderr], [126, "wasi: none.wasm: No such file or directory\n"]);
  const [status, , text] = await wasi(printer(""), ["--dir", "nowhere", "tool.wasm"]);
  assertEquals([status, text], [126, "wasi: nowhere: No such file or directory\n"]);
  const [usage, , help] = await wasi(printer(""), ["--frob"]);
  assertEquals(usage, 2);
  assertStringIncludes(help, "wasi: unrecognized option '--frob'\nUsage: wasi");
});

Deno.test("wasi command lines that are refused", () => {
  for (
    const args of [
      [],
      ["--dir"],
      ["--dir", "", "m"],
      ["--dir", "::x", "m"],
      ["--env", "=1", "m"],
      ["--listen", "host", "m"],
      ["--listen", "host:99999", "m"],
      ["-x", "m"],
    ]
  ) assertThrows(() => parseWasiCommand(args), Error);
  assertEquals(parseWasiCommand(["--help"]), undefined);
  const line = parseWasiCommand([
    "--allow-command",
    "git=status,log",
    "--allow-command=ls",
    "m",
    "-x",
  ]);
  assertEquals(
    line?.commands,
    new Map<string, true | string[]>([["git", ["status", "log"]], ["ls", true]]),
  );
  assertEquals(line?.args, ["-x"]);
});

Deno.test("a file is no directory to hand over", async () => {
  const [code, , stderr] = await wasi(printer(""), ["--dir", "tool.wasm", "tool.wasm"]);
  assertEquals([code, stderr], [126, "wasi: tool.wasm: Not a directory\n"]);
});

Deno.test("wasi --listen hands over a listening socket", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const module = command(
    `(if (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 0)) (then (call $proc_exit (i32.const 1))))
     (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 1000))
     (drop (call $sock_recv (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 0)
       (i32.const 12) (i32.const 16)))
     (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 20)))`,
    { imports: ["sock_accept", "sock_recv", "fd_write", "proc_exit"] },
  );
  const listen = `127.0.0.1:${port}`;
  await using sandbox = await Sandbox.create({ listen: [listen] });
  await sandbox.fs.writeFile("/m.wasm", module);
  const running = sandbox.run(["wasi", "--listen", listen, "/m.wasm"]);
  for (let tries = 0;; tries++) {
    try {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(new TextEncoder().encode("over the wire"));
      break;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  const result = await running;
  assertEquals([result.code, result.stdoutText, result.stderrText], [0, "over the wire", ""]);
  const refused = await sandbox.run(["wasi", "--listen", "127.0.0.1:1", "/m.wasm"]);
  assertEquals(refused.code, 126);
});
