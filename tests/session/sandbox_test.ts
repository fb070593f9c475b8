/** The library: runs, results, streams, files, snapshots, host commands. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Sandbox, VfsError } from "../../mod.ts";

Deno.test("a run gives code, output and reason", async () => {
  await using sandbox = await Sandbox.create();
  const result = await sandbox.run(["cat", "-n"], { stdin: "a\nb\n" });
  assertEquals(result.code, 0);
  assertEquals(result.signal, null);
  assertEquals(result.reason, "exit");
  assertEquals(result.stdoutText, "     1\ta\n     2\tb\n");
  assertEquals(result.stdout.length, 18);
  assertEquals(result.success, true);
});

Deno.test("arguments are never parsed as shell text", async () => {
  await using sandbox = await Sandbox.create();
  for (const word of ["$(id)", "a;b", "a|b", "*", "'", '"', "a b", "\\", "`id`", ">x", "-"]) {
    assertEquals((await sandbox.run(["echo", word])).stdoutText, `${word}\n`);
  }
});

Deno.test("bytes pass through arguments, input and output unchanged", async () => {
  await using sandbox = await Sandbox.create();
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  assertEquals((await sandbox.run(["cat"], { stdin: all })).stdout, all);
  const argument = Uint8Array.of(0xff, 0x80, 0x41);
  assertEquals((await sandbox.run(["echo", "-n", argument])).stdout, argument);
  assertEquals((await sandbox.run(["echo", "grüße"])).stdoutText, "grüße\n");
});

Deno.test("an argument with a NUL is refused, and no arguments at all", async () => {
  await using sandbox = await Sandbox.create();
  await assertRejects(() => sandbox.run(["echo", "a\0b"]), TypeError, "NUL");
  await assertRejects(() => sandbox.run([]), TypeError, "a run needs the name of a program");
  await using inChild = await Sandbox.create({ isolation: "process" });
  await assertRejects(() => inChild.run([]), TypeError, "a run needs the name of a program");
});

Deno.test("an unknown program gives 127 and a message", async () => {
  await using sandbox = await Sandbox.create();
  const result = await sandbox.run(["nosuch"]);
  assertEquals(result.code, 127);
  assertEquals(result.stderrText, "nosuch: applet not found\n");
  assertThrows(() => sandbox.spawn(["nosuch"]), VfsError);
});

Deno.test("thirty-two runs at a time do not mix", async () => {
  await using sandbox = await Sandbox.create();
  const results = await Promise.all(
    Array.from({ length: 32 }, (_, index) => sandbox.run(["cat"], { stdin: `${index}\n` })),
  );
  results.forEach((result, index) => assertEquals(result.stdoutText, `${index}\n`));
});

Deno.test("an abort ends a run that waits", async () => {
  await using sandbox = await Sandbox.create();
  const controller = new AbortController();
  const idle = new ReadableStream<Uint8Array>();
  const running = sandbox.run(["cat"], { stdin: idle, signal: controller.signal });
  const start = performance.now();
  controller.abort();
  const result = await running;
  assertEquals(result.reason, "aborted");
  assertEquals(result.code, 137);
  assert(performance.now() - start < 1000);
  await assertRejects(() => sandbox.run(["true"], { signal: controller.signal }));
});

Deno.test("output goes to a listener with back-pressure", async () => {
  await using sandbox = await Sandbox.create();
  let bytes = 0;
  let busy = 0;
  const result = await sandbox.run(["head", "-c", "1000000", "/dev/zero"], {
    stdout: async (chunk) => {
      assertEquals(++busy, 1);
      await Promise.resolve();
      bytes += chunk.length;
      busy--;
    },
  });
  assertEquals(result.code, 0);
  assertEquals(bytes, 1_000_000);
  assertEquals(result.stdout.length, 0);
});

Deno.test("a spawned program has streams, a status, and can be killed", async () => {
  await using sandbox = await Sandbox.create();
  const process = sandbox.spawn(["cat"]);
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode("hello\n"));
  await writer.close();
  assertEquals(await new Response(process.stdout).text(), "hello\n");
  assertEquals(await process.status, { code: 0, signal: null, reason: "exit" });
  const idle = sandbox.spawn(["cat"]);
  idle.kill("SIGTERM");
  assertEquals(await idle.status, { code: 143, signal: "SIGTERM", reason: "signal" });
  assertThrows(() => idle.kill("NOPE"), TypeError);
  await idle.stdout.cancel();
  await idle.stderr.cancel();
  await process.stderr.cancel();
});

Deno.test("files: read, write, list, attributes, links, removal", async () => {
  await using sandbox = await Sandbox.create();
  const { fs } = sandbox;
  await fs.writeFile("/tmp/a/b/c", "text", { parents: true, mode: 0o640 });
  assertEquals(await fs.readTextFile("/tmp/a/b/c"), "text");
  await fs.writeFile("/tmp/a/b/c", " more", { append: true });
  assertEquals(await fs.readTextFile("/tmp/a/b/c"), "text more");
  assertEquals((await fs.stat("/tmp/a/b/c")).mode & 0o7777, 0o640);
  await fs.symlink("c", "/tmp/a/b/l");
  assertEquals(await fs.readLink("/tmp/a/b/l"), "c");
  assertEquals(await fs.realPath("/tmp/a/b/../b/l"), "/tmp/a/b/c");
  assertEquals((await fs.readDir("/tmp/a/b")).map((entry) => entry.name), ["c", "l"]);
  await fs.rename("/tmp/a/b/c", "/tmp/a/d");
  assertEquals(await fs.exists("/tmp/a/b/l"), false);
  await fs.remove("/tmp/a", { recursive: true });
  assertEquals(await fs.exists("/tmp/a"), false);
  const missing = await assertRejects(() => fs.readFile("/nosuch"), VfsError);
  assertEquals(missing.code, "ENOENT");
});

Deno.test("two sandboxes share nothing", async () => {
  await using one = await Sandbox.create();
  await using two = await Sandbox.create();
  await one.fs.writeFile("/tmp/x", "1");
  assertEquals(await two.fs.exists("/tmp/x"), false);
});

Deno.test("fork and snapshot go on independently", async () => {
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/tmp/x", "before");
  const snapshot = sandbox.snapshot();
  await using copy = sandbox.fork();
  await copy.fs.writeFile("/tmp/x", "copy");
  await sandbox.fs.writeFile("/tmp/x", "after");
  assertEquals(await copy.fs.readTextFile("/tmp/x"), "copy");
  assertEquals(await sandbox.fs.readTextFile("/tmp/x"), "after");
  for (let i = 0; i < 2; i++) {
    await using again = Sandbox.from(snapshot);
    assertEquals(await again.fs.readTextFile("/tmp/x"), "before");
    await again.fs.remove("/tmp/x");
  }
});

Deno.test("a function of the host becomes a program", async () => {
  await using sandbox = await Sandbox.create({
    commands: {
      greet: async (context) => {
        await context.write(`hello ${context.args.join(" ")}: ${await context.readText()}`);
        return context.env.get("CODE") === undefined ? 3 : Number(context.env.get("CODE"));
      },
    },
  });
  const result = await sandbox.run(["greet", "you"], { stdin: "in" });
  assertEquals([result.code, result.stdoutText], [3, "hello you: in"]);
  const other = await sandbox.run(["greet"], { env: { CODE: "7" } });
  assertEquals(other.code, 7);
  assertEquals(await sandbox.fs.exists("/bin/greet"), true);
});

Deno.test("wrong options are named", async () => {
  const bad = [
    [{ limits: { speed: 1 } }, "speed"],
    [{ limits: { wallMs: -1 } }, "wallMs"],
    [{ mounts: [{ host: "/", guest: "x" }] }, "absolute"],
    [{ mounts: [{ host: "/", guest: "/x", mode: "rx" }] }, "rx"],
    [{ net: ["a b"] }, "grant"],
    [{ cwd: "tmp" }, "cwd"],
    [{ isolation: "none" }, "isolation"],
    [{ nonsense: 1 }, "nonsense"],
    [{ env: { "A=B": "" } }, "A=B"],
  ] as const;
  for (const [options, word] of bad) {
    await assertRejects(() => Sandbox.create(options as never), TypeError, word);
  }
});

Deno.test("a closed sandbox refuses, and closing ends what runs", async () => {
  const sandbox = await Sandbox.create();
  const running = sandbox.run(["cat"], { stdin: new ReadableStream() });
  sandbox.close();
  assertEquals((await running).signal, "SIGKILL");
  await assertRejects(() => sandbox.run(["true"]), TypeError, "closed");
  sandbox.close();
});

Deno.test("clock and randomness are capabilities", async () => {
  await using frozen = await Sandbox.create({ clock: { frozenMs: 1_000_000_000_000 }, random: 7 });
  await frozen.fs.writeFile("/tmp/x", "");
  assertEquals((await frozen.fs.stat("/tmp/x")).mtimeNs, 1_000_000_000_000_000_000n);
  const random = () => frozen.fork().run(["head", "-c", "16", "/dev/urandom"]);
  assertEquals((await random()).stdout, (await random()).stdout);
  await using real = await Sandbox.create();
  const one = await real.run(["head", "-c", "16", "/dev/urandom"]);
  const two = await real.run(["head", "-c", "16", "/dev/urandom"]);
  assert(one.stdout.join() !== two.stdout.join());
});

Deno.test("the audit stream tells who used what, whether or not it came to anything", async () => {
  const events: string[] = [];
  // Nobody listens on a port that was just free.
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr as Deno.NetAddr;
  free.close();
  await using sandbox = await Sandbox.create({
    net: [`127.0.0.1:${port}`],
    audit: (event) => events.push(`${event.kind} ${event.subject} ${event.allowed}`),
  });
  await sandbox.run(["cat", "/etc/hostname"]);
  assert(events.includes("read /etc/hostname true"), events.join("\n"));
  events.length = 0;
  const called = await sandbox.run(["wget", "-q", "-O", "-", `http://127.0.0.1:${port}/`]);
  assertEquals(called.code, 1);
  await sandbox.run(["wget", "-q", "-O", "-", "http://127.0.0.1:1/"]);
  assertEquals(events, [`net 127.0.0.1:${port} true`, "net 127.0.0.1:1 false"]);
});

Deno.test("what is no run is refused in words, and a directory that is not there is named", async () => {
  await using sandbox = await Sandbox.create();
  const refused: readonly (readonly [argv: unknown, options: unknown, message: string])[] = [
    ["echo hi", {}, "a run takes a list of arguments; shell text is for sh()"],
    [undefined, {}, "a run takes a list of arguments; shell text is for sh()"],
    [[], {}, "a run needs the name of a program"],
    [["echo", 5], {}, "argument 1 is neither text nor bytes"],
    [["echo"], { timeout: 5 }, "unknown option: timeout"],
    [["echo"], { timeoutMs: -1 }, "timeoutMs must be a number of 0 or more"],
    [["echo"], { maxOutputBytes: "1" }, "maxOutputBytes must be a number of 0 or more"],
    [["cat"], { stdin: 5 }, "stdin must be text, bytes, a stream, or an iterable of bytes"],
  ];
  for (const [argv, options, message] of refused) {
    await assertRejects(() => sandbox.run(argv as string[], options as object), TypeError, message);
  }
  const lost = await sandbox.run(["echo", "hi"], { cwd: "/nope" });
  assertEquals([lost.code, lost.stdoutText, lost.stderrText], [
    126,
    "",
    "echo: can't change directory to '/nope': No such file or directory\n",
  ]);
  const file = await sandbox.run(["echo", "hi"], { cwd: "/etc/passwd" });
  assertEquals(
    file.stderrText,
    "echo: can't change directory to '/etc/passwd': Not a directory\n",
  );
});
