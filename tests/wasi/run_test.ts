import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Sandbox, type SandboxOptions } from "../../mod.ts";
import { assemble } from "./assemble.ts";
import {
  arguments_,
  command,
  copier,
  environment,
  exiter,
  opener,
  printer,
  sleeper,
} from "./programs.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a module as the file `/bin/tool` of a fresh sandbox. */
async function run(
  module: Uint8Array,
  args: readonly string[] = [],
  options: {
    readonly sandbox?: SandboxOptions;
    readonly stdin?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly prepare?: (sandbox: Sandbox) => Promise<void>;
    readonly cwd?: string;
    readonly timeoutMs?: number;
  } = {},
): Promise<Outcome> {
  await using sandbox = await Sandbox.create(options.sandbox ?? {});
  await sandbox.fs.writeFile("/bin/tool", module, { mode: 0o755 });
  await options.prepare?.(sandbox);
  const { stdin, env, cwd, timeoutMs } = options;
  const result = await sandbox.run(["tool", ...args], { stdin, env, cwd, timeoutMs });
  return { code: result.code, stdout: result.stdoutText, stderr: result.stderrText };
}

const OK: Outcome = { code: 0, stdout: "", stderr: "" };

Deno.test("a module with the execute bit is a program", async () => {
  assertEquals(await run(printer("hello\n")), { ...OK, stdout: "hello\n" });
  assertEquals(await run(exiter(33)), { ...OK, code: 33 });
  assertEquals(await run(exiter(256 + 7)), { ...OK, code: 7 });
  assertEquals(await run(command("")), OK);
  assertEquals(await run(arguments_(), ["a b", "", "\xff"]), {
    ...OK,
    stdout: "tool\0a b\0\0\xff\0",
  });
});

Deno.test("a module sees the environment of its process", async () => {
  const { stdout } = await run(environment(), [], { env: { MINE: "yes" } });
  assertStringIncludes(stdout, "MINE=yes\0");
  assertStringIncludes(stdout, "PATH=");
});

Deno.test("stdin and stdout are the process's", async () => {
  assertEquals(await run(copier(), [], { stdin: "some text\n" }), { ...OK, stdout: "some text\n" });
});

Deno.test("paths: the working directory first, then the root", async () => {
  const prepare = async (sandbox: Sandbox) => {
    await sandbox.fs.mkdir("/work/deep", { recursive: true });
    await sandbox.fs.writeFile("/work/near", "near");
    await sandbox.fs.writeFile("/work/above", "above");
    await sandbox.fs.writeFile("/data", "data");
    await sandbox.fs.mkdir("/top");
    await sandbox.fs.writeFile("/top/far", "far");
  };
  const cwd = "/work/deep";
  // Descriptor 4 is ".", where a C library looks for both `top/far` and `/top/far`.
  assertEquals((await run(opener(4, "../near"), [], { prepare, cwd })).stdout, "near");
  assertEquals((await run(opener(4, "near"), [], { prepare, cwd: "/work" })).stdout, "near");
  assertEquals((await run(opener(4, "top/far"), [], { prepare, cwd })).stdout, "far");
  assertEquals((await run(opener(4, "data"), [], { prepare, cwd })).code, 44);
  assertEquals((await run(opener(3, "data"), [], { prepare, cwd })).stdout, "data");
  assertEquals((await run(opener(3, "../../../data"), [], { prepare, cwd })).stdout, "data");
  assertEquals((await run(opener(3, "/data"), [], { prepare, cwd })).code, 63);
});

Deno.test("traps have one line and status 134", async () => {
  const traps: readonly (readonly [body: string, words: string, extra?: string])[] = [
    ["unreachable", "unreachable instruction"],
    ["(drop (i32.load (i32.const 65533)))", "memory access out of bounds"],
    ["(drop (i32.div_u (i32.const 1) (i32.const 0)))", "integer division by zero"],
    ["(drop (i32.rem_u (i32.const 1) (i32.const 0)))", "integer remainder by zero"],
    ["(drop (i32.div_s (i32.const -2147483648) (i32.const -1)))", "integer overflow"],
    ["(call_indirect (param) (i32.const 7))", "table index out of bounds", "(table 1)"],
    ["(call $deep)", "call stack exhausted", "(func $deep (call $deep) (call $deep))"],
  ];
  for (const [body, words, extra] of traps) {
    assertEquals(await run(command(body, { extra })), {
      code: 134,
      stdout: "",
      stderr: `tool: trap: ${words}\n`,
    }, body);
  }
});

Deno.test("what cannot be run has one line and status 126", async () => {
  const cases: readonly (readonly [module: Uint8Array, words: string])[] = [
    [new Uint8Array([0, 0x61, 0x73, 0x6d]), "invalid module"],
    [new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 99]), "unexpected end of module"],
    [new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), "component"],
    [assemble(`(memory (export "memory") 1)`), "not a command: it has no _start function"],
    [
      assemble(`(memory (export "memory") 1) (func (export "_start") (result i32) drop)`),
      "invalid module: ",
    ],
    [
      assemble(`(import "env" "system" (func)) (func (export "_start"))`),
      "unknown import: env.system (function)",
    ],
    [
      assemble(`(import "wasi_snapshot_preview1" "__proto__" (func)) (func (export "_start"))`),
      "unknown import: wasi_snapshot_preview1.__proto__ (function)",
    ],
    [
      assemble(`(import "__proto__" "fd_read" (func)) (func (export "_start"))`),
      "unknown import: __proto__.fd_read (function)",
    ],
    [
      assemble(`(import "wasi_snapshot_preview1" "sock_open" (func)) (func (export "_start"))`),
      "unknown import: wasi_snapshot_preview1.sock_open (function)",
    ],
    [
      assemble(`(import "wasmedge_process" "wasmedge_process_run" (func (result i32)))
        (func (export "_start"))`),
      "unknown import: wasmedge_process.wasmedge_process_run (function)",
    ],
    [
      assemble(`(import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
        (func (export "_start"))`),
      "import wasi_snapshot_preview1.fd_close has the wrong signature",
    ],
    [
      assemble(`(import "env" "memory" (memory 1)) (func (export "_start"))`),
      "unknown import: env.memory (memory)",
    ],
  ];
  for (const [module, words] of cases) {
    const { code, stdout, stderr } = await run(module);
    assertEquals([code, stdout], [126, ""], words);
    assert(stderr.startsWith("tool: ") && stderr.includes(words), stderr);
    assertEquals(stderr.trimEnd().includes("\n"), false, stderr);
  }
});

Deno.test("proc_exit cannot be caught, nor outlived", async () => {
  const imports = ["proc_exit", "fd_write"];
  const body = `
    (try (call $proc_exit (i32.const 9)) catch_all (nop))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 5))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`;
  const extra = `(data (i32.const 16) "alive")`;
  assertEquals(await run(command(body, { imports, extra })), { ...OK, code: 9 });
});

Deno.test("an exception that leaves the module is a trap", async () => {
  const module = command("(throw $e)", { extra: "(tag $e (param))" });
  assertEquals(await run(module), {
    code: 134,
    stdout: "",
    stderr: "tool: trap: uncaught exception\n",
  });
});

Deno.test("memory: a maximum that the guest cannot exceed", async () => {
  // Grows a page at a time for as long as it can, then exits with the number of megabytes.
  const grower = command(
    `(block $full (loop $more
       (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
       (br $more)))
     (call $proc_exit (i32.shr_u (memory.size) (i32.const 4)))`,
    { imports: ["proc_exit"] },
  );
  const sandbox = { limits: { memoryBytes: 16 * 1024 * 1024 } };
  const { code, stderr } = await run(grower, [], { sandbox });
  assertEquals(stderr, "");
  assertEquals(code <= 16 && code >= 12, true, `${code}`);
  const greedy = command("", { memory: "4096" });
  const refused = await run(greedy, [], { sandbox });
  assertEquals(refused.code, 126);
  assertStringIncludes(refused.stderr, "needs 268435456 bytes of memory");
});

Deno.test("sleeping uses no CPU and ends with its process", async () => {
  const before = performance.now();
  assertEquals(await run(sleeper(50)), OK);
  const slept = performance.now() - before;
  assert(slept >= 49, `${slept}`);
  const killed = await run(sleeper(60_000), [], { timeoutMs: 50 });
  assert(killed.code !== 0);
  assert(performance.now() - before < 5000);
});

Deno.test("a pipeline of guests has back-pressure and ends", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/bin/copy", copier(), { mode: 0o755 });
  let left = 64;
  let read = 0;
  const result = await sandbox.run(["copy"], {
    stdin: new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new Uint8Array(65536).fill(left));
        else controller.close();
      },
    }),
    stdout: (chunk) => {
      read += chunk.length;
    },
  });
  assertEquals(result.code, 0);
  assertEquals(read, 64 * 65536);
});

Deno.test("what guests write to pipes goes round in a few buffers", async () => {
  await using sandbox = await Sandbox.create({});
  await sandbox.fs.writeFile("/bin/copy", copier(), { mode: 0o755 });
  const { pool } = sandbox.kernel.files;
  const seen = new Set<ArrayBufferLike>();
  let taken = 0;
  const take = pool.take.bind(pool);
  pool.take = () => {
    const buffer = take();
    taken++;
    seen.add(buffer.buffer);
    return buffer;
  };
  const { stdout } = await sandbox.sh("head -c 67108864 /dev/zero | copy | copy | wc -c");
  assertEquals(new TextDecoder().decode(stdout).trim(), "67108864");
  // Three writers of 1,024 chunks each.
  assert(taken >= 3 * 1024, `${taken} taken`);
  assert(seen.size <= 32, `${seen.size} different ones`);
});

Deno.test("many guests at once do not mix", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/bin/copy", copier(), { mode: 0o755 });
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, i) => sandbox.run(["copy"], { stdin: `input ${i}` })),
  );
  results.forEach((result, i) => assertEquals(result.stdoutText, `input ${i}`));
});

Deno.test("the same path with other contents is another program", async () => {
  await using sandbox = await Sandbox.create();
  for (const text of ["one", "two", "six"]) {
    await sandbox.fs.writeFile("/bin/tool", printer(text), { mode: 0o755 });
    assertEquals((await sandbox.run(["tool"])).stdoutText, text);
  }
});
