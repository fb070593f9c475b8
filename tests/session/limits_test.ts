/** Every limit ends what exceeds it, says which one it was, and leaves the sandbox usable. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Limits, type RunOptions, type RunResult, Sandbox } from "../../mod.ts";

async function within(
  limits: Partial<Limits>,
  script: string,
  options: RunOptions = {},
): Promise<RunResult> {
  await using sandbox = await Sandbox.create({ limits });
  const start = performance.now();
  const result = await sandbox.sh(script, options);
  assert(performance.now() - start < 5000, `${script} took too long`);
  const next = await sandbox.sh("echo alive");
  assertEquals(next.stdoutText, "alive\n", `after ${script}: ${next.stderrText}`);
  return result;
}

Deno.test("wall time ends a tight loop", async () => {
  const result = await within({}, "while :; do :; done", { timeoutMs: 200 });
  assertEquals([result.reason, result.code], ["timeout", 137]);
});

Deno.test("wall time ends a wait", async () => {
  const result = await within({ wallMs: 100 }, "sleep 100");
  assertEquals(result.reason, "timeout");
});

Deno.test("wall time ends a pipeline that never stops", async () => {
  const result = await within({}, "cat /dev/zero | cat >/dev/null", { timeoutMs: 200 });
  assertEquals(result.reason, "timeout");
});

Deno.test("wall time ends what was left in the background", async () => {
  await using sandbox = await Sandbox.create({ limits: { wallMs: 300 } });
  const result = await sandbox.sh("while :; do :; done & sleep 100 & echo started");
  assertEquals([result.reason, result.stdoutText], ["exit", "started\n"]);
  const count = async () =>
    (await sandbox.sh("ps | grep -c '[w]hile\\|[s]leep\\|[s]h -c wh'")).stdoutText;
  assert(Number(await count()) >= 2, await count());
  await new Promise((resolve) => setTimeout(resolve, 500));
  assertEquals(await count(), "0\n");
});

Deno.test("a killed shell holds nothing that it had redirected", async () => {
  const script = `
    { echo $$ >/dev/null; sh -c 'echo $$ >/tmp/pid; while :; do sleep 0.01; done >/tmp/x'; } | cat &
    while [ ! -s /tmp/pid ]; do sleep 0.01; done
    kill $(cat /tmp/pid); wait; echo over`;
  const result = await within({}, script, { timeoutMs: 4000 });
  assertEquals([result.reason, result.stdoutText], ["exit", "over\n"]);
});

Deno.test("CPU time ends a tight loop", async () => {
  const result = await within({ cpuMs: 100 }, "while :; do :; done");
  assertEquals(result.reason, "cpu");
});

Deno.test("unlimited output ends at the limit, and the part before it is there", async () => {
  const result = await within({ outputBytes: 100_000 }, "cat /dev/zero");
  assertEquals(result.reason, "output");
  assertEquals(result.stdout.length, 100_000);
});

Deno.test("the words of an expansion count as memory", async () => {
  const scripts = [
    'set -- a; while :; do set -- "$@" "$@"; done',
    'x=a; while :; do x="$x $x"; set -- $x; done',
    'x=a; while :; do x="$x $x"; for i in $x; do break; done; done',
  ];
  for (const script of scripts) {
    const result = await within({ memoryBytes: 32 << 20 }, script, { timeoutMs: 4000 });
    assertEquals([result.reason, result.code], ["memory", 137], script);
  }
});

Deno.test("a width that could only be meant to fill memory is refused", async () => {
  for (const command of ["od -w2000000000", "xxd -c 2000000000", "nl -w 2000000000"]) {
    const { code, stderrText } = await within({}, `echo x | ${command}`, { timeoutMs: 4000 });
    assertEquals([code, stderrText], [1, `${command.split(" ")[0]}: out of memory\n`]);
  }
});

Deno.test("a wide line is printed in pieces", async () => {
  const commands = ["expand -t 100000000 | head -c 10", "xxd -c 50000000 | tail -c 3"];
  for (const command of commands) {
    const result = await within({ memoryBytes: 64 << 20 }, `printf '\\t' | ${command}`, {
      timeoutMs: 4500,
    });
    assertEquals(result.reason, "exit", result.stderrText);
  }
});

Deno.test("a file that outgrows the memory gets ENOSPC", async () => {
  const result = await within(
    { memoryBytes: 1 << 20 },
    "head -c 100000000 /dev/zero | cat >/tmp/big; echo $?; rm /tmp/big; echo x >/tmp/y && cat /tmp/y",
  );
  assertMatch(result.stderrText, /No space left on device/);
  assertEquals(result.stdoutText, "1\nx\n");
});

Deno.test("a file may not outgrow its own limit", async () => {
  const result = await within(
    { fileBytes: 1000 },
    "head -c 900 /dev/zero >/tmp/a; echo $?; head -c 1100 /dev/zero | cat >/tmp/b; echo $?",
  );
  assertEquals(result.stdoutText, "0\n1\n");
  assertMatch(result.stderrText, /File too large/);
});

Deno.test("a fork bomb ends", async () => {
  const result = await within(
    { processes: 50, depth: 200 },
    "f() { f | f & }; f; wait; echo done",
    { timeoutMs: 3000 },
  );
  assert(result.reason === "exit" || result.reason === "timeout", result.reason);
});

Deno.test("processes beyond the limit are refused", async () => {
  const result = await within(
    { processes: 10 },
    "i=0; while [ $i -lt 20 ]; do sleep 5 & i=$((i+1)); done; echo not reached",
    { timeoutMs: 2000 },
  );
  assertMatch(result.stderrText, /can't fork|Resource temporarily unavailable/);
});

Deno.test("descriptors beyond the limit are refused", async () => {
  const result = await within(
    { openFiles: 16 },
    "exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null 9</dev/null; " +
      "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do :; done; cat /dev/null /etc/hostname && echo fine",
  );
  assertEquals(result.code, 0);
});

Deno.test("endless recursion of a function ends with an error", async () => {
  const result = await within({}, "f() { f; }; f; echo $?", { timeoutMs: 4000 });
  assert(result.code !== 0 || result.stdoutText !== "0\n");
  assert(!/RangeError|stack|undefined/i.test(result.stderrText), result.stderrText);
});

Deno.test("a thousand stages of a pipeline work", async () => {
  const script = "echo x" + " | cat".repeat(999);
  const result = await within({ processes: 2000 }, script);
  assertEquals([result.stdoutText, result.code], ["x\n", 0]);
});

Deno.test("a producer ends when its reader has gone", async () => {
  const result = await within({}, "yes | head -n 1", { timeoutMs: 3000 });
  assertEquals([result.stdoutText, result.reason], ["y\n", "exit"]);
});

Deno.test("what a killed program held is given back once", async () => {
  await using sandbox = await Sandbox.create({ limits: { memoryBytes: 16 << 20 } });
  const used = async () => {
    const shown = await sandbox.run(["sed", "-n", "s/^Active: *//p", "/proc/meminfo"]);
    return shown.stdoutText;
  };
  assertEquals(await used(), "0 kB\n");
  for (let round = 0; round < 3; round++) {
    const filled = await sandbox.run(["awk", "BEGIN { while (1) a[n++] = n }"]);
    assertEquals(filled.reason, "memory");
    assertEquals(await used(), "0 kB\n");
  }
});

Deno.test("a heap that is nearly full ends who runs, not the embedding program", async () => {
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  const reason = async (megabytes: number): Promise<string> => {
    const flags = ["--no-check", "--v8-flags=--max-old-space-size=600"];
    const args = ["run", "-A", "-c", `${root}deno.npm.json`, ...flags];
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [...args, `${root}tests/session/full_heap.ts`, String(megabytes)],
    }).output();
    return new TextDecoder().decode(stdout);
  };
  assertEquals(await reason(100), "timeout true\n");
  assertEquals(await reason(500), "memory true\n");
});
