/** Process isolation: as inline, but in a child that has few rights and can be killed. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { type RunOptions, Sandbox, type SandboxOptions, VfsError } from "../../mod.ts";
import { createPolicy } from "../../sandbox/caps/policy.ts";
import { childArguments, planChild, startChild } from "../../sandbox/host/child.ts";
import { RemoteSession } from "../../sandbox/protocol/client.ts";

const ROOT = new URL("../../", import.meta.url);
const ENTRY = new URL("cli.ts", ROOT).href;
const CLI = decodeURIComponent(new URL(ENTRY).pathname);
const HOME = decodeURIComponent(ROOT.pathname);
const decoder = new TextDecoder();

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "capbox_isolation_" }));
  try {
    await Deno.mkdir(`${directory}/in`);
    await Deno.writeTextFile(`${directory}/in/f`, "inside\n");
    await Deno.writeTextFile(`${directory}/outside`, "outside\n");
    await Deno.symlink("../outside", `${directory}/in/link`);
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function remote(options: SandboxOptions = {}): Promise<RemoteSession> {
  return RemoteSession.start(createPolicy(options), ENTRY);
}

function isAlive(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}

/** Runs whose result must be the same at both levels. */
const RUNS: readonly (readonly [string | readonly (string | Uint8Array)[], RunOptions?])[] = [
  ["echo hi; echo err >&2; exit 3"],
  ["cat", { stdin: "text: ä\n" }],
  ["wc -c", { stdin: new Uint8Array(300_000) }],
  ["cat | head -c 5", { stdin: new Uint8Array(2_000_000).fill(65) }],
  ["head -n 1; cat", { stdin: "a\nb\nc\n" }],
  ["yes | head -n 100000 | md5sum"],
  ["head -c 1000000 /dev/zero"],
  ["kill -TERM $$"],
  ["kill -9 $$"],
  ["while :; do :; done", { timeoutMs: 150 }],
  ["sleep 100", { timeoutMs: 100 }],
  ["cat /dev/zero", { maxOutputBytes: 123_457 }],
  ["echo $A-$B; pwd", { env: { A: "1 2", B: "ü" }, cwd: "/tmp" }],
  ["cat /nowhere"],
  ["echo x >/in/f; cat /in/f /in/link"],
  [["printf", "%s|", "a b", "$x", new Uint8Array([255, 0xc3, 1])]],
  [["no-such-program"]],
  [["/etc"]],
  [["cat"], { stdin: [new Uint8Array([1, 2]), new Uint8Array([3])] }],
];

Deno.test("runs give what they give inline", async () => {
  await inDirectory(async (directory) => {
    const options = { mounts: [{ host: `${directory}/in`, guest: "/in" }] };
    await using inline = await Sandbox.create(options);
    await using isolated = await Sandbox.create({ ...options, isolation: "process" });
    for (const [what, run] of RUNS) {
      const argv = typeof what === "string" ? ["sh", "-c", what] : what;
      const want = await inline.run(argv, run);
      const got = await isolated.run(argv, run);
      assertEquals(
        [got.code, got.signal, got.reason, got.stderrText, got.stdout.length],
        [want.code, want.signal, want.reason, want.stderrText, want.stdout.length],
        String(what),
      );
      assertEquals(got.stdout, want.stdout, String(what));
    }
  });
});

Deno.test("wrong runs are refused as inline, and the child goes on", async () => {
  await using sandbox = await Sandbox.create({ isolation: "process" });
  await assertRejects(() => sandbox.run(["echo", "a\0b"]), TypeError);
  await assertRejects(() => sandbox.run([]), TypeError);
  await assertRejects(() => sandbox.run(["true"], { cwd: 5 as unknown as string }), TypeError);
  await assertRejects(() => sandbox.run(["true"], { signal: AbortSignal.abort() }), DOMException);
  assertEquals((await sandbox.sh("echo on")).stdoutText, "on\n");
});

Deno.test("files give what they give inline", async () => {
  const transcript = async (isolation: "inline" | "process"): Promise<unknown[]> => {
    await using sandbox = await Sandbox.create({ isolation, clock: { frozenMs: 1e12 } });
    const { fs } = sandbox;
    const seen: unknown[] = [];
    const note = async (work: () => Promise<unknown>) => {
      try {
        seen.push(await work());
      } catch (error) {
        assert(error instanceof VfsError, String(error));
        seen.push([error.code, error.path, error.message]);
      }
    };
    const big = new Uint8Array(1_000_003).map((_, index) => index);
    await note(() => fs.writeFile("/tmp/a/b/ü", big, { parents: true, mode: 0o640 }));
    await note(() => fs.writeFile("/tmp/a/b/ü", "tail", { append: true }));
    await note(() => fs.writeFile("/tmp/a/none/x", big));
    await note(() => fs.writeFile("/tmp/empty", ""));
    await note(() => fs.readFile("/tmp/a/b/ü"));
    await note(() => fs.readFile("/tmp/a/b/ü", 100));
    await note(() => fs.readTextFile("/tmp/empty"));
    await note(() => fs.readFile("/tmp"));
    await note(() => fs.mkdir("/tmp/d/e", { recursive: true }));
    await note(() => fs.mkdir("/tmp/d"));
    await note(() => fs.symlink("../a", "/tmp/d/link"));
    await note(() => fs.link("/tmp/empty", "/tmp/d/hard"));
    await note(() => fs.readLink("/tmp/d/link"));
    await note(() => fs.realPath("/tmp/d/link/b"));
    await note(() => fs.chmod("/tmp/empty", 0o600));
    await note(() => fs.setTimes("/tmp/empty", 1n, 1234567890123456789n));
    await note(() => fs.stat("/tmp/d/hard"));
    await note(() => fs.lstat("/tmp/d/link"));
    await note(() => fs.readDir("/tmp/d"));
    await note(() => fs.rename("/tmp/d/hard", "/tmp/moved"));
    await note(() => fs.exists("/tmp/d/hard"));
    await note(() => fs.remove("/tmp/a"));
    await note(() => fs.remove("/tmp/a", { recursive: true }));
    await note(() => fs.exists("/tmp/a"));
    return seen;
  };
  assertEquals(await transcript("process"), await transcript("inline"));
});

Deno.test("a spawned program has streams in both directions, and can be killed", async () => {
  await using sandbox = await Sandbox.create({ isolation: "process" });
  const echo = sandbox.spawn(["cat"]);
  const writer = echo.stdin.getWriter();
  const reader = echo.stdout.getReader();
  for (const word of ["one", "two"]) {
    await writer.write(new TextEncoder().encode(word));
    assertEquals(decoder.decode((await reader.read()).value), word);
  }
  assert(echo.pid > 0);
  await writer.close();
  assertEquals((await reader.read()).done, true);
  assertEquals(await echo.status, { code: 0, signal: null, reason: "exit" });
  await echo.stderr.cancel();

  await using waiting = sandbox.spawn(["sleep", "100"]);
  waiting.kill("TERM");
  assertEquals(await waiting.status, { code: 143, signal: "SIGTERM", reason: "signal" });

  const missing = sandbox.spawn(["no-such-program"]);
  assertEquals((await missing.status).code, 127);
  assertEquals(await new Response(missing.stderr).text(), "no-such-program: applet not found\n");
  assertEquals(await new Response(missing.stdout).text(), "");

  const endless = sandbox.spawn(["yes"]);
  const first = endless.stdout.getReader();
  await first.read();
  await first.cancel();
  assertEquals((await endless.status).signal, "SIGPIPE");
});

Deno.test("an overlay keeps changes in the child and tells of them", async () => {
  await inDirectory(async (directory) => {
    await using sandbox = await Sandbox.create({
      isolation: "process",
      mounts: [{ host: `${directory}/in`, guest: "/in", mode: "overlay" }],
    });
    await sandbox.sh("echo new >/in/g; rm /in/f");
    assertEquals(await sandbox.diff("/in"), [
      { path: "f", kind: "deleted" },
      { path: "g", kind: "added" },
    ]);
    await assertRejects(() => sandbox.diff("/tmp"), TypeError);
    assertEquals(await Deno.readTextFile(`${directory}/in/f`), "inside\n");
  });
});

Deno.test("audit events come to the parent", async () => {
  const subjects: string[] = [];
  await using sandbox = await Sandbox.create({
    isolation: "process",
    audit: (event) => subjects.push(`${event.kind} ${event.subject}`),
  });
  await sandbox.sh("cat /etc/passwd >/dev/null");
  assert(subjects.some((each) => each.endsWith("/etc/passwd")), subjects.join());
});

Deno.test("what cannot go to a child says so", async () => {
  await assertRejects(
    () => Sandbox.create({ isolation: "process", commands: { x: () => 0 } }),
    TypeError,
    "commands",
  );
  await assertRejects(
    () => Sandbox.create({ isolation: "process", mounts: [{ host: "/nowhere", guest: "/x" }] }),
    VfsError,
    "No such file",
  );
  const sandbox = await Sandbox.create({ isolation: "process" });
  assertThrows(() => sandbox.fork(), TypeError, "fork");
  assertThrows(() => sandbox.snapshot(), TypeError, "snapshot");
  await assertRejects(() => sandbox.commit("/"), TypeError, "commit");
  await sandbox[Symbol.asyncDispose]();
  await assertRejects(() => sandbox.run(["true"]), TypeError, "closed");
});

Deno.test("the child's rights are those of the policy, and no others", async () => {
  await inDirectory((directory) => {
    Deno.mkdirSync(`${directory}/rw`);
    Deno.symlinkSync("in", `${directory}/alias`);
    const plan = planChild(
      createPolicy({
        mounts: [
          { host: `${directory}/alias`, guest: "/a" },
          { host: `${directory}/rw`, guest: "/b", mode: "rw" },
          { host: `${directory}/in`, guest: "/c", mode: "overlay" },
        ],
        net: ["example.com:443", "*.example.org:80", "https://[2001:db8::1]/x", "10.0.0.1:*"],
        listen: ["127.0.0.1:8080"],
        limits: { memoryBytes: 200 * 1024 * 1024 },
      }),
      ENTRY,
    );
    assertEquals(childArguments(plan), [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--no-check",
      "--no-remote",
      "--no-npm",
      `--allow-read=${HOME}applets,${HOME}sandbox,${HOME}wasi,${HOME}mod.ts,` +
      `${directory}/in,${directory}/rw`,
      `--allow-write=${directory}/rw`,
      "--allow-net=example.com:443,*.example.org:80,[2001:db8::1]:443,10.0.0.1," +
      "127.0.0.1:8080",
      "--v8-flags=--max-old-space-size=200",
      ENTRY,
    ]);
    const least = planChild(createPolicy({ limits: { memoryBytes: Infinity } }), ENTRY);
    assert(
      !childArguments(least).some((each) => /allow-(write|net|env|run|ffi|sys|all)/.test(each)),
    );
    return Promise.resolve();
  });
});

Deno.test("a comma in a name cannot grant a second path or host", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/in,`);
    const mounts = [{ host: `${directory}/in,`, guest: "/x" }];
    await assertRejects(() => Sandbox.create({ isolation: "process", mounts }), TypeError, "comma");
    const policy = createPolicy({ net: ["a.example,b.example:1"] });
    assertThrows(() => childArguments(planChild(policy, ENTRY)), TypeError, "comma");
  });
});

Deno.test("a file outside the mounts cannot be read in the child, even by Deno itself", async () => {
  await inDirectory(async (directory) => {
    const probe = `${directory}/probe.ts`;
    await Deno.writeTextFile(
      probe,
      `const tries = [
        () => Deno.readTextFileSync(${JSON.stringify(`${directory}/in/f`)}),
        () => Deno.readTextFileSync(${JSON.stringify(`${directory}/outside`)}),
        () => Deno.writeTextFileSync(${JSON.stringify(`${directory}/in/f`)}, "x"),
        () => Deno.readTextFileSync("/etc/passwd"),
        () => Deno.env.get("HOME"),
        () => Deno.env.toObject(),
        () => new Deno.Command("true").outputSync(),
        () => Deno.connect({ port: 1 }),
        () => import("https://example.com/" + "x.ts"),
        () => import(${JSON.stringify(`${directory}/outside`)}.slice(0) + ".ts"),
      ];
      const said = [];
      for (const each of tries) {
        try {
          said.push(await each());
        } catch (error) {
          said.push(error.name);
        }
      }
      console.log(JSON.stringify(said));`,
    );
    const plan = planChild(
      createPolicy({ mounts: [{ host: `${directory}/in`, guest: "/in" }] }),
      ENTRY,
    );
    let said = "";
    const child = startChild({ ...plan, entry: new URL(`file://${probe}`).href }, [], (chunk) => {
      said += decoder.decode(chunk);
    });
    const { complaint } = await child.ended;
    assert(said !== "", complaint);
    const no = "NotCapable";
    assertEquals(JSON.parse(said), [
      "inside\n",
      no,
      no,
      no,
      no,
      no,
      no,
      no,
      "TypeError",
      "TypeError",
    ]);
  });
});

Deno.test("without the right to run Deno, creation fails and nothing is asked", async () => {
  const script = `import { Sandbox } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};
    try { await Sandbox.create({ isolation: "process" }); } catch (e) { console.log(e.name, e.message); }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", `--ext=ts`, script],
    stdin: "null",
    stderr: "null",
  }).output();
  // `eval` has all rights: there it works, and prints nothing.
  assertEquals(decoder.decode(stdout), "");
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/try.ts`, script);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-check", `--allow-read=${HOME}`, `${directory}/try.ts`],
      stdin: "null",
      stderr: "null",
    }).output();
    assertStringIncludes(decoder.decode(stdout), "TypeError process isolation needs the right");
  });
});

Deno.test("a child gets no more than its parent has", async () => {
  await inDirectory(async (directory) => {
    const script = `import { Sandbox } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};
      await using sandbox = await Sandbox.create({
        isolation: "process",
        mounts: [{ host: ${JSON.stringify(`${directory}/in`)}, guest: "/in", mode: "rw" }],
      });
      const { stderrText, code } = await sandbox.sh("cat /in/f >/dev/null && echo x >/in/f");
      console.log(code, stderrText);`;
    await Deno.writeTextFile(`${directory}/try.ts`, script);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-config",
        "--no-check",
        `--allow-read=${HOME},${directory}/in`,
        `--allow-run=${Deno.execPath()}`,
        `${directory}/try.ts`,
      ],
      stdin: "null",
      stderr: "null",
    }).output();
    assertStringIncludes(decoder.decode(stdout), "can't create /in/f: Permission denied");
    assertEquals(await Deno.readTextFile(`${directory}/in/f`), "inside\n");
  });
});

Deno.test("an abort ends a run, and the sandbox goes on with its files", async () => {
  await using sandbox = await Sandbox.create({ isolation: "process" });
  await sandbox.fs.writeFile("/tmp/kept", "kept");
  const controller = new AbortController();
  const running = sandbox.sh("while :; do :; done", { signal: controller.signal });
  controller.abort();
  assertEquals((await running).reason, "aborted");
  assertEquals(await sandbox.fs.readTextFile("/tmp/kept"), "kept");
});

Deno.test("a child whose event loop stands still is killed at the limit", async () => {
  const session = await remote();
  const pid = session.childPid!;
  const other = session.run(["sleep", "100"], {});
  const stuck = session.run(["sleep", "100"], { timeoutMs: 200 });
  await session.run(["true"], {});
  Deno.kill(pid, "SIGSTOP");
  const start = performance.now();
  assertEquals([(await stuck).reason, (await stuck).code], ["timeout", 137]);
  assert(performance.now() - start < 2000);
  assertEquals((await other).reason, "internal-error");
  assertEquals((await session.run(["echo", "fresh"], {})).stdoutText, "fresh\n");
  const controller = new AbortController();
  const aborted = session.run(["sleep", "100"], { signal: controller.signal });
  await session.run(["true"], {});
  Deno.kill(session.childPid!, "SIGSTOP");
  controller.abort();
  assertEquals((await aborted).reason, "aborted");
  await session.dispose();
});

Deno.test("a child that is killed ends its runs, and the next run starts a fresh one", async () => {
  const session = await remote();
  await session.files.writeFile("/tmp/lost", "x");
  const cancelled = Promise.withResolvers<void>();
  const stdin = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() });
  const early = Promise.withResolvers<string>();
  const running = session.run(["sh", "-c", "echo early; cat"], {
    stdin,
    stdout: (chunk) => early.resolve(decoder.decode(chunk)),
  });
  const spawned = session.spawn(["cat"], {});
  assertEquals(await early.promise, "early\n");
  Deno.kill(session.childPid!, "SIGKILL");
  const result = await running;
  assertEquals([result.code, result.reason], [137, "internal-error"]);
  assertEquals((await spawned.status).reason, "internal-error");
  assertEquals(await new Response(spawned.stdout).text(), "");
  assertEquals(await new Response(spawned.stderr).text(), "");
  await spawned.stdin.close();
  await cancelled.promise;
  assertEquals(await session.files.exists("/tmp/lost"), false);
  assertEquals((await session.run(["echo", "fresh"], {})).stdoutText, "fresh\n");
  await session.dispose();
});

Deno.test("a heap that is full is told from other ends", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(
      `${directory}/fill.ts`,
      "const all: object[] = []; for (;;) all.push({ x: [all.length] });",
    );
    const plan = planChild(createPolicy({ limits: { memoryBytes: 1 } }), ENTRY);
    const entry = new URL(`file://${directory}/fill.ts`).href;
    const { outOfMemory } = await startChild({ ...plan, entry }, [], () => {}).ended;
    assertEquals(outOfMemory, true);
  });
});

Deno.test("closing leaves no process, whatever runs", async () => {
  const session = await remote();
  const pid = session.childPid!;
  const running = session.run(["cat"], { stdin: new ReadableStream() });
  await session.run(["true"], {});
  assert(isAlive(pid));
  await session.dispose();
  assertEquals(isAlive(pid), false);
  assertEquals([(await running).code, (await running).reason], [137, "signal"]);
});

Deno.test("an idle sandbox does not keep its program alive, and its child goes with it", async () => {
  await inDirectory(async (directory) => {
    const modules = new URL("sandbox/", ROOT).href;
    await Deno.writeTextFile(
      `${directory}/leave.ts`,
      `import { RemoteSession } from "${modules}protocol/client.ts";
      import { createPolicy } from "${modules}caps/policy.ts";
      const session = await RemoteSession.start(createPolicy(), "${ENTRY}");
      await session.run(["true"], {});
      console.log(session.childPid);`,
    );
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", "--no-check", `${directory}/leave.ts`],
      stdin: "null",
    }).output();
    const pid = Number(decoder.decode(stdout));
    assert(pid > 0);
    for (let tries = 0; isAlive(pid) && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(isAlive(pid), false);
  });
});

Deno.test("200 MB go through in bounded memory", async () => {
  const session = await remote();
  const chunk = new Uint8Array(65536).fill(97);
  let produced = 0;
  const stdin = new ReadableStream<Uint8Array>({
    pull(controller): void {
      if (produced === 200 * 1024 * 1024) return controller.close();
      produced += chunk.length;
      controller.enqueue(chunk);
    },
  });
  const before = Deno.memoryUsage().rss;
  let consumed = 0;
  let peak = 0;
  let childPeak = 0;
  const result = await session.run(["cat"], {
    stdin,
    stdout: (part): void | Promise<void> => {
      consumed += part.length;
      if (consumed % (8 * 1024 * 1024) === 0) {
        peak = Math.max(peak, Deno.memoryUsage().rss);
        // A consumer that takes its time makes everybody before it wait.
        assert(produced - consumed < 4 * 1024 * 1024, `${produced - consumed} under way`);
        const status = Deno.readTextFileSync(`/proc/${session.childPid}/status`);
        childPeak = Number(/VmHWM:\s+(\d+)/.exec(status)![1]) * 1024;
        return new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  });
  assertEquals([result.code, consumed], [0, 200 * 1024 * 1024]);
  assert(peak - before < 100 * 1024 * 1024, `parent grew by ${peak - before}`);
  assert(childPeak < 250 * 1024 * 1024, `child reached ${childPeak}`);
  await session.dispose();
});

async function cli(
  args: readonly string[],
  cwd: string,
  stdin = "",
): Promise<{ code: number; out: string; err: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", "--no-check", CLI, "--isolate", "process", ...args],
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("the command line runs a program in a child with the same streams", async () => {
  await inDirectory(async (directory) => {
    const script = 'cat; cat f ../outside; echo "$A"; pwd; exit 7';
    const inside = `${directory}/in`;
    assertEquals(await cli(["--env", "A=b  c", "sh", "-c", script], inside, "typed\n"), {
      code: 7,
      out: `typed\ninside\nb  c\n${inside}\n`,
      err: "cat: can't open '../outside': No such file or directory\n",
    });
    const secret = await cli([
      "sh",
      "-c",
      "env | grep -c CAPBOX; grep -c CAPBOX /proc/self/environ",
    ], inside);
    assertEquals(secret.out, "0\n0\n");
    const written = await cli(["--mount", ".:/w:rw", "sh", "-c", "echo x >/w/new"], inside);
    assertEquals([written.code, written.err], [0, ""]);
    assertEquals(await Deno.readTextFile(`${inside}/new`), "x\n");
    const audit = `${directory}/audit`;
    const late = await cli(
      ["--timeout", "0.2", "--audit", audit, "sh", "-c", "echo a; while :; do :; done"],
      inside,
    );
    assertEquals(late, { code: 137, out: "a\n", err: "capbox: ended by the limit: timeout\n" });
    assertStringIncludes(await Deno.readTextFile(audit), '"detail":"timeout"');
  });
});

Deno.test("a child that does not keep to the protocol is killed, and its runs end", async () => {
  await inDirectory(async (directory) => {
    // A stand-in for a child that was taken over: it says it is ready, then floods its parent.
    const hostile = (flood: string) =>
      `const say = (kind, channel, id, body) => {
        const frame = new Uint8Array(10 + body.length);
        const view = new DataView(frame.buffer);
        frame.set([kind, channel]);
        view.setUint32(2, id);
        view.setUint32(6, body.length);
        frame.set(body, 10);
        Deno.stdout.writeSync(frame);
      };
      const text = (message) => new TextEncoder().encode(JSON.stringify(message));
      say(1, 0, 0, text({ op: "ready" }));
      for (let seen = ""; !seen.includes('"op":"run"');) {
        const buffer = new Uint8Array(100000);
        const count = await Deno.stdin.read(buffer);
        if (count === null) Deno.exit();
        seen += new TextDecoder().decode(buffer.subarray(0, count));
      }
      for (let i = 0; i < 1000; i++) { ${flood} }
      await new Promise((resolve) => setTimeout(resolve, 60000));`;
    const floods = [
      "say(2, 1, 1, new Uint8Array(65536));",
      "say(9, 1, 1, new Uint8Array(1));",
      "say(1, 0, 1, text({ op: 'exit', code: 'x' }));",
      "say(1, 0, 1, text({ op: 'exit', code: 0, signal: 0, reason: '__proto__' }));",
      "say(1, 0, 0, text({ op: 'ready' }));",
      "say(4, 0, 1, new Uint8Array(4).fill(255));",
      "say(3, 7, 1, new Uint8Array(0));",
    ];
    for (const flood of floods) {
      const path = `${directory}/hostile.ts`;
      await Deno.writeTextFile(path, `// deno-lint-ignore-file\n${hostile(flood)}\nexport {};\n`);
      const session = await RemoteSession.start(createPolicy(), new URL(`file://${path}`).href);
      // A listener that takes its time: what comes without leave for it would pile up.
      const stdout = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
      const result = await session.run(["echo"], { stdout });
      assertEquals(result.reason, "internal-error", flood);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await session.dispose();
    }
  });
});
