import { assert, assertEquals, assertMatch } from "@std/assert";
import { assemble } from "./assemble.ts";

const cli = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);

/** Prints its arguments, each with a NUL, and ends with their number. */
const ARGUMENTS = `
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 100) (i32.const 1000)))
    (i32.store (i32.const 8) (i32.const 1000))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
    (call $exit (i32.load (i32.const 0))))
`;

/** Ends with the number that its initialisation left in memory. */
const COUNTER = `
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "wizer.initialize") (i32.store (i32.const 8) (i32.const 41)))
  (func (export "other") (i32.store (i32.const 8) (i32.const 42)))
  (func (export "_start") (call $exit (i32.load (i32.const 8))))
`;

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cli.ts` in a folder with the modules. */
async function commandLine(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<Output> {
  const own = folder ?? Deno.makeTempDirSync({ prefix: "capbox-test-" });
  try {
    Deno.writeFileSync(`${own}/arguments.wasm`, assemble(ARGUMENTS));
    Deno.writeFileSync(`${own}/counter.wasm`, assemble(COUNTER));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", "--no-config", cli, ...args],
      cwd: own,
      env: { ...env },
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    if (folder === undefined) Deno.removeSync(own, { recursive: true });
  }
}

Deno.test("run FILE.wasm: the name is the base name, and the status is passed on", async () => {
  const { code, stdout, stderr } = await commandLine(["run", "./arguments.wasm", "a", "b c"]);
  assertEquals([code, stdout, stderr], [3, "arguments.wasm\0a\0b c\0", ""]);
});

Deno.test("run FILE.wasm tells the time of each stage when asked to", async () => {
  const { code, stderr } = await commandLine(["run", "arguments.wasm"], { CAPBOX_DEBUG: "1" });
  assertEquals(code, 1);
  const stages = [...stderr.matchAll(/^arguments\.wasm: (\w+) \d+\.\d ms$/gm)].map((each) =>
    each[1]
  );
  assertEquals(stages, ["load", "parse", "instantiate", "execute"]);
});

Deno.test("run says what is no module and what is not there", async () => {
  const missing = await commandLine(["run", "none.wasm"]);
  assertEquals(missing.code, 126);
  assertEquals(missing.stderr, "wasi: none.wasm: No such file or directory\n");
  const other = await commandLine(["run", "x.txt"]);
  assertEquals(other.code, 1);
  assertMatch(other.stderr, /^capbox: run: x\.txt: not a \.wasm module\n$/);
});

Deno.test("snapshot IN OUT writes the module that starts after its initialisation", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "capbox-test-" });
  try {
    for (const [options, status] of [[[], 41], [["--init-func=other"], 42]] as const) {
      const made = await commandLine(
        ["snapshot", ...options, "counter.wasm", "out.wasm"],
        {},
        folder,
      );
      assertEquals([made.code, made.stderr], [0, ""]);
      assert(Deno.statSync(`${folder}/out.wasm`).size > 0);
      assertEquals((await commandLine(["run", "out.wasm"], {}, folder)).code, status);
    }
    assertEquals((await commandLine(["run", "counter.wasm"], {}, folder)).code, 0);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
