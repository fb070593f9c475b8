/**
 * Two locks: {Deno allows, denies} × {capability allows, denies}. Only allow × allow works; a refusal
 * is an applet's ordinary error with native's exit code, without prompt and without stack.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const CLI = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);
const CONFIG = decodeURIComponent(new URL("../../deno.npm.json", import.meta.url).pathname);

async function capbox(
  permissions: readonly string[],
  args: readonly string[],
  cwd: string,
): Promise<{ code: number; out: string; err: string }> {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "-c", CONFIG, ...permissions, CLI, ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    out: decoder.decode(output.stdout),
    err: decoder.decode(output.stderr),
  };
}

/** No JavaScript words, stack or host path may show. */
function assertPlain(err: string): void {
  assert(!/\bat .*:\d+:\d+|Deno|NotCapable|undefined|TypeError|--allow/.test(err), err);
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "capbox_locks_" });
  try {
    await Deno.mkdir(`${directory}/in`);
    await Deno.writeTextFile(`${directory}/in/f`, "inside\n");
    await Deno.writeTextFile(`${directory}/outside`, "outside\n");
    await work(await Deno.realPath(directory));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("reading needs both locks", async () => {
  await inDirectory(async (directory) => {
    const mount = ["--mount", `${directory}/in:/in:ro`];
    const none = ["--mount", `${directory}/in:/other:ro`];
    const allowed = [`--allow-read=${directory},${new URL("../../", import.meta.url).pathname}`];
    const denied = [`--allow-read=${new URL("../../", import.meta.url).pathname}`];
    const both = await capbox(allowed, [...mount, "cat", "/in/f"], directory);
    assertEquals([both.code, both.out, both.err], [0, "inside\n", ""]);
    const noCapability = await capbox(allowed, [...none, "cat", "/in/f"], directory);
    assertEquals([noCapability.code, noCapability.out], [1, ""]);
    assertEquals(noCapability.err, "cat: can't open '/in/f': No such file or directory\n");
    const noDeno = await capbox(denied, [...mount, "cat", "/in/f"], directory);
    assert(noDeno.code !== 0);
    assertStringIncludes(noDeno.err, "Permission denied");
    assertPlain(noDeno.err);
    const neither = await capbox(denied, [...none, "cat", "/in/f"], directory);
    assert(neither.code !== 0);
    assertPlain(neither.err);
  });
});

Deno.test("writing needs both locks", async () => {
  await inDirectory(async (directory) => {
    const read = `--allow-read=${directory},${new URL("../../", import.meta.url).pathname}`;
    const rw = ["--mount", `${directory}/in:/in:rw`];
    const ro = ["--mount", `${directory}/in:/in:ro`];
    const write = `--allow-write=${directory}`;
    const both = await capbox([read, write], [...rw, "mkdir", "/in/a"], directory);
    assertEquals([both.code, both.err], [0, ""]);
    const noCapability = await capbox([read, write], [...ro, "mkdir", "/in/b"], directory);
    assertEquals(noCapability.code, 1);
    assertEquals(
      noCapability.err,
      "mkdir: can't create directory '/in/b': Read-only file system\n",
    );
    const noDeno = await capbox([read], [...rw, "mkdir", "/in/c"], directory);
    assertEquals(noDeno.code, 1);
    assertEquals(noDeno.err, "mkdir: can't create directory '/in/c': Permission denied\n");
    const neither = await capbox([read], [...ro, "mkdir", "/in/d"], directory);
    assertEquals(neither.code, 1);
    const names = [...Deno.readDirSync(`${directory}/in`)].map((entry) => entry.name).sort();
    assertEquals(names, ["a", "f"]);
  });
});

Deno.test("a right to a part of the working directory reaches that part only", async () => {
  await inDirectory(async (directory) => {
    const code = new URL("../../", import.meta.url).pathname;
    const scoped = [`--allow-read=in,${code}`, "--allow-write=in"];
    const inside = await capbox(scoped, ["cat", "in/f"], directory);
    assertEquals([inside.code, inside.out], [0, "inside\n"]);
    const outside = await capbox(scoped, ["cat", "outside"], directory);
    assertEquals([outside.code, outside.out], [1, ""]);
    assertEquals(outside.err, "cat: can't open 'outside': Permission denied\n");
    const made = await capbox(scoped, ["mkdir", "in/new"], directory);
    assertEquals([made.code, made.err], [0, ""]);
    const refused = await capbox(scoped, ["mkdir", "new"], directory);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, "Permission denied");
  });
});

Deno.test("variables of the host need both locks", async () => {
  await inDirectory(async (directory) => {
    const code = `--allow-read=${new URL("../../", import.meta.url).pathname}`;
    const show = async (permissions: string[], options: string[]) => {
      const output = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-q",
          "--no-prompt",
          "-c",
          CONFIG,
          code,
          ...permissions,
          CLI,
          ...options,
          "sh",
          "-c",
          'echo "$CAPBOX_TEST_SECRET"',
        ],
        cwd: directory,
        stdin: "null",
        stdout: "piped",
        stderr: "null",
        env: { CAPBOX_TEST_SECRET: "s3cret", NO_COLOR: "1" },
      }).output();
      return new TextDecoder().decode(output.stdout);
    };
    assertEquals(await show(["--allow-env"], ["--env", "CAPBOX_TEST_SECRET"]), "s3cret\n");
    assertEquals(await show([], ["--env", "CAPBOX_TEST_SECRET"]), "\n");
    assertEquals(await show(["--allow-env"], []), "\n");
    assertEquals(await show([], []), "\n");
  });
});

Deno.test("no permission at all is enough for what only reads its input", async () => {
  await inDirectory(async (directory) => {
    const cases: [string[], string][] = [
      [["echo", "hi"], "hi\n"],
      [["printf", "%s-%d\\n", "a", "3"], "a-3\n"],
      [["seq", "3"], "1\n2\n3\n"],
      [["true"], ""],
    ];
    for (const [args, want] of cases) {
      const result = await capbox([], args, directory);
      assertEquals([result.out, result.err, result.code], [want, "", 0], args.join(" "));
    }
    const sorted = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "-c", CONFIG, CLI, "sort"],
      cwd: directory,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = sorted.stdin.getWriter();
    await writer.write(new TextEncoder().encode("b\na\n"));
    await writer.close();
    const { stdout, stderr, code } = await sorted.output();
    const decoder = new TextDecoder();
    assertEquals([decoder.decode(stdout), decoder.decode(stderr), code], ["a\nb\n", "", 0]);
  });
});
