import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { PROCESS_EXTENSION, PROCESS_SIGNATURES } from "../../wasi/abi.ts";
import { type CommandRules, isCommandAllowed } from "../../wasi/process_extension.ts";
import { wasmProgram } from "../../wasi/run.ts";
import { assemble, importText } from "./harness.ts";
import { copier, environment } from "./programs.ts";
import { UNLIMITED } from "../kernel/unlimited.ts";

const PREFIX = "wasmedge_process_";

const extensionImports = [...PROCESS_SIGNATURES].map(([name, { params, result }]) =>
  `(import "${PROCESS_EXTENSION}" "${name}" (func $${name.slice(PREFIX.length)} (param ${
    [...params].map(() => "i32").join(" ")
  }) ${result ? "(result i32)" : ""}))`
).join("\n");

/** A guest that prints the stdout it got, then exits with the sum of run() and the exit code. */
function guest(body: string, data: readonly string[] = []): Uint8Array {
  let at = 256;
  const texts = data.map((text) => {
    const field = `(data (i32.const ${at}) ${JSON.stringify(text)})`;
    at += 64;
    return field;
  });
  return assemble(`
    ${extensionImports}
    ${importText("fd_write", "proc_exit")}
    (memory (export "memory") 4)
    ${texts.join("\n")}
    (func $print (param $fd i32) (param $length i32)
      (i32.store (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 4) (local.get $length))
      (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func $report (param $ran i32)
      (call $get_stdout (i32.const 65536))
      (call $print (i32.const 1) (call $get_stdout_len))
      (call $get_stderr (i32.const 65536))
      (call $print (i32.const 2) (call $get_stderr_len))
      (call $proc_exit (i32.add (call $get_exit_code) (i32.mul (local.get $ran) (i32.const 100)))))
    (func (export "_start") ${body})`);
}

async function run(
  module: Uint8Array,
  commands: CommandRules,
): Promise<readonly [code: number, stdout: string, stderr: string]> {
  await using sandbox = await Sandbox.create({
    commands: {
      guest: async (context) => {
        await context.write("hello");
        await context.writeError("E".repeat(70_000));
        return 7;
      },
    },
  });
  await sandbox.fs.writeFile("/bin/copy", copier(), { mode: 0o755 });
  await sandbox.fs.writeFile("/bin/env-dump", environment(), { mode: 0o755 });
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const started = sandbox.kernel.start({
    argv: ["test"],
    ...UNLIMITED,
    env: new Map([["OUTER", "1"]]),
    wallMs: 20_000,
    program: async (process) => {
      const pipes = [process.pipe(), process.pipe()];
      const child = process.spawn(["ext"], {
        program: wasmProgram(module, { commands, preopens: [] }),
        fds: new Map([[0, process.fs.open("/dev/null", 0)], [1, pipes[0].write], [
          2,
          pipes[1].write,
        ]]),
      });
      const drain = async (at: number, into: Uint8Array[]): Promise<void> => {
        pipes[at].write.release();
        for (;;) {
          const chunk = await pipes[at].read.read(65536, process.waiter);
          if (chunk === undefined) return;
          into.push(chunk);
        }
      };
      await Promise.all([drain(0, out), drain(1, err)]);
      return (await child.wait()).code;
    },
  });
  const { code } = await started.ended;
  const text = (chunks: Uint8Array[]) => chunks.map((c) => new TextDecoder().decode(c)).join("");
  return [code, text(out), text(err)];
}

const name = (at: number, length: number) =>
  `(call $set_prog_name (i32.const ${at}) (i32.const ${length}))`;

Deno.test("an allowed program runs; both outputs are drained together", async () => {
  const module = guest(`${name(256, 5)} (call $report (call $run))`, ["guest"]);
  const [code, stdout, stderr] = await run(module, new Map([["guest", true]]));
  assertEquals([code, stdout, stderr.length], [7, "hello", 70_000]);
});

Deno.test("what is not on the list is refused", async () => {
  const module = guest(`${name(256, 5)} (call $report (call $run))`, ["guest"]);
  // run() gave -1, and the status is that of "found but not allowed".
  assertEquals(await run(module, new Map()), [(126 - 100) & 255, "", "guest: Permission denied\n"]);
  const missing = guest(`${name(256, 4)} (call $report (call $run))`, ["none"]);
  const [code, , stderr] = await run(missing, new Map([["none", true]]));
  assertEquals([code, stderr], [(127 - 100) & 255, "none: No such file or directory\n"]);
});

Deno.test("input and environment are applied, and forgotten after the run", async () => {
  const stdin = guest(
    `${name(256, 4)}
     (call $add_stdin (i32.const 320) (i32.const 6)) (call $add_stdin (i32.const 384) (i32.const 5))
     (call $report (call $run))`,
    ["copy", "first ", "again"],
  );
  assertEquals(await run(stdin, new Map([["copy", true]])), [0, "first again", ""]);
  const env = guest(
    `${name(256, 8)}
     (call $add_env (i32.const 320) (i32.const 1) (i32.const 384) (i32.const 5))
     (call $report (call $run))`,
    ["env-dump", "A", "value"],
  );
  // Nothing is inherited: what the guest's own process has is not the guest's to pass on. PWD is
  // what every module that is started as a program has.
  assertEquals(await run(env, new Map([["env-dump", true]])), [0, "A=value\0PWD=/\0", ""]);
  const twice = guest(
    `${name(256, 4)} (call $add_stdin (i32.const 320) (i32.const 5))
     (drop (call $run)) ${name(256, 4)} (call $report (call $run))`,
    ["copy", "first"],
  );
  assertEquals(await run(twice, new Map([["copy", true]])), [0, "", ""]);
});

Deno.test("a timeout ends the program", async () => {
  const module = guest(
    `${name(256, 5)} (call $add_arg (i32.const 320) (i32.const 2))
     (call $set_timeout (i32.const 50)) (call $report (call $run))`,
    ["sleep", "20"],
  );
  const before = performance.now();
  const [code] = await run(module, new Map([["sleep", true]]));
  assertEquals(code, (137 - 100) & 255);
  assertEquals(performance.now() - before < 5000, true);
});

Deno.test("pointers are checked with their lengths", async () => {
  const rules = new Map([["guest", true as const]]);
  for (
    const body of [
      name(262140, 5),
      name(16, -1),
      "(call $add_arg (i32.const 262143) (i32.const 2))",
      "(call $add_stdin (i32.const -4) (i32.const 8))",
      "(call $add_env (i32.const 0) (i32.const 1) (i32.const 262143) (i32.const 9))",
      `${name(256, 5)} (drop (call $run)) (call $get_stdout (i32.const 262140))`,
      `${name(256, 5)} (drop (call $run)) (call $get_stderr (i32.const 262143))`,
    ]
  ) {
    const [code, , stderr] = await run(guest(body, ["guest"]), rules);
    assertEquals(code, 134, body);
    assertEquals(/^ext: trap: wasmedge_process_\w+: bad argument\n$/.test(stderr), true, stderr);
  }
});

Deno.test("the rules for commands", () => {
  const rules: CommandRules = new Map<string, true | readonly string[]>([
    ["any", true],
    ["git", ["status", "log"]],
    ["star", ["*"]],
    ["none", []],
  ]);
  const cases: readonly (readonly [boolean, ...string[]])[] = [
    [true, "any"],
    [true, "any", "x"],
    [true, "git", "status"],
    [true, "git", "log", "-p"],
    [false, "git"],
    [false, "git", "push"],
    [false, "git", "-c", "status"],
    [false, "Git", "status"],
    [false, "./git", "status"],
    [false, "/usr/bin/git", "status"],
    [true, "star", "x"],
    [false, "star"],
    [false, "none", "x"],
    [false, "unlisted"],
    [false, "__proto__", "x"],
  ];
  for (const [want, command, ...args] of cases) {
    assertEquals(isCommandAllowed(rules, command, args), want, `${command} ${args}`);
  }
});
