import { assertEquals } from "@std/assert";
import { partUses } from "../tools/applet_table.ts";
import { moduleGraph, withImports } from "../tools/module_graph.ts";
import { appletFiles } from "../tools/npm_config.ts";
import { LOADERS } from "../../applets/static_list.ts";

const root = new URL("../../", import.meta.url);
const config = new URL(
  import.meta.resolve("@std/assert").startsWith("file:") ? "deno.npm.json" : "deno.json",
  root,
).pathname;
const uses = partUses();

/** Programs that need parts, and what they print: stdout, then stderr. */
const programs: readonly [program: string, printed: string][] = [
  [`awk 'BEGIN { print 1 + 1, length("abc") }'`, "2 3\n"],
  [`echo xay | awk '{ gsub(/[aeiou]/, "<&>"); print }'`, "x<a>y\n"],
  [`echo a12b | awk -F '[0-9]+' '{ print $2 }'`, "b\n"],
  [`echo a12b | awk '{ print $2 }' 'FS=[0-9]+' -`, "b\n"],
  [`awk 'BEGIN { printf "%05.1f|%x\\n", 3.14159, 255 }'`, "003.1|ff\n"],
  [`awk -v OFMT=%.2f 'BEGIN { print 3.14159 }'`, "3.14\n"],
  [
    `awk 'BEGIN { print strftime("%Y-%m-%d", 86400), mktime("1970 1 2 0 0 0") }'`,
    "1970-01-02 86400\n",
  ],
  [`awk 'function f(n) { return n < 2 ? 1 : n * f(n - 1) } BEGIN { print f(5) }'`, "120\n"],
  [`echo a b | awk '{ while ((getline line < "/etc/hostname") > 0) n++; print $2, n }'`, "b 1\n"],
  ["HOME=/tmp; cd ~; pwd; x=~root; echo $x; cat <(echo beside)", "/tmp\n/root\nbeside\n"],
  ["PS4='+$((1 + 1)): '; set -x; echo ${#PS4}", "13\n+2: echo 13\n"],
  ["echo 'echo in' | sh; x=a.b; echo ${x%.b} $((2 ** 5))", "in\na 32\n"],
  ["echo a b | { read x y; echo $y; }", "b\n"],
  ["printf '%05.1f|%x\\n' 3.14159 255; x=$(printf %s a b); echo $x", "003.1|ff\nab\n"],
  ["[ -d / -a ! -f /nowhere ] && echo yes; test 5 -gt 3 -o 1 = 2 && echo 2", "yes\n2\n"],
  ["[[ abc =~ ^a.c$ ]] && echo yes; [[ abc =~ ^b ]] || echo no", "yes\nno\n"],
  ["sleep 9 & kill $!; wait $!; echo $?", "143\nTerminated\n"],
  ["sh -c 'kill -9 $$'; echo $?", "137\nKilled\n"],
  ["trap 'echo bye' EXIT; trap", "trap -- 'echo bye' EXIT\nbye\n"],
  ["command -v cd; type echo", "cd\necho is a shell builtin\n"],
  ["set -- -a -b x; while getopts ab: o; do echo $o$OPTARG; done; umask", "a\nbx\n0022\n"],
  ["alias e=echo; alias; export A=1; export -p | grep A=", "e='echo'\nexport A='1'\n"],
  ["echo 'exit 3' | sh -i > /dev/null 2>&1; echo $?", "3\n"],
];

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function deno(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Bundles as who ships the library would. */
async function bundle(entry: string, to: string): Promise<void> {
  const made = await deno(["bundle", "-q", "-c", config, "--minify", "-o", to, entry]);
  assertEquals(made.code, 0, made.err);
}

/** The address of a module, as it stands in a source text. */
function url(path: string): string {
  return JSON.stringify(new URL(path, root).href);
}

/** Works in a directory that is gone afterwards. */
async function inScratch(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = Deno.makeTempDirSync({ prefix: "capbox-parts-" });
  try {
    await work(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

Deno.test("nothing brings a part along that it loads when it is needed", async () => {
  const graph = await moduleGraph("applets/static_list.ts");
  const early: string[] = [];
  for (const entry of [...appletFiles(), ...uses.map(({ path }) => `applets/${path}`)]) {
    const loaded = withImports(graph, entry);
    for (const { from, path } of uses) {
      const part = `applets/${path}`;
      if (part === entry || !loaded.has(`applets/${from}`) || !loaded.has(part)) continue;
      // A part may bring another one of the same applet along.
      if (uses.some((use) => `applets/${use.path}` === entry)) continue;
      early.push(`${entry} brings ${part}`);
    }
  }
  assertEquals(early, []);
});

Deno.test("only the tables import a part or an applet by a literal import()", async () => {
  const graph = await moduleGraph("applets/static_list.ts");
  const found = [...graph].filter(([, { later }]) => later.length > 0).map(([path]) => path);
  assertEquals(found.sort(), ["applets/at_hand.ts", "applets/static_list.ts"]);
});

Deno.test("the table for bundles has every part, and each loads", async () => {
  for (const { path } of uses) {
    const module = await LOADERS.get(path)?.() as Record<string, unknown> | undefined;
    assertEquals(module === undefined || Object.keys(module).length === 0, false, path);
  }
});

Deno.test("a bundle of the library has all parts, without any right", () =>
  inScratch(async (dir) => {
    Deno.writeTextFileSync(
      `${dir}/entry.ts`,
      `import { Sandbox } from ${url("mod.ts")};
import { useLoaders } from ${url("applets/registry.ts")};
import { LOADERS } from ${url("applets/static_list.ts")};
useLoaders(LOADERS);
const results = [];
for (const program of JSON.parse(Deno.args[0])) {
  await using sandbox = await Sandbox.create();
  const { stdoutText, stderrText } = await sandbox.sh(program);
  results.push(stdoutText + stderrText);
}
console.log(JSON.stringify(results));
`,
    );
    await bundle(`${dir}/entry.ts`, `${dir}/out.js`);
    const words = JSON.stringify(programs.map(([program]) => program));
    const ran = await deno(["run", "--no-config", "--no-prompt", `${dir}/out.js`, words]);
    assertEquals(ran.err, "");
    assertEquals(JSON.parse(ran.out), programs.map(([, printed]) => printed));
  }));

Deno.test("from a server, parts load without any right to read", async () => {
  const dir = Deno.makeTempDirSync({ prefix: "capbox-parts-" });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    try {
      const path = `.${new URL(request.url).pathname}`;
      return new Response(Deno.readTextFileSync(new URL(path, root)), {
        headers: { "content-type": "application/typescript" },
      });
    } catch {
      return new Response(null, { status: 404 });
    }
  });
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    const flags = [
      "--no-config",
      "--no-lock",
      "--no-prompt",
      "--no-check",
      `--allow-import=${host}`,
    ];
    const results: string[] = [];
    for (const [program] of programs) {
      const { out, err } = await deno(
        ["run", "-q", ...flags, `http://${host}/cli.ts`, "sh", "-c", program],
        { DENO_DIR: `${dir}/cache` },
      );
      results.push(out + err);
    }
    assertEquals(results, programs.map(([, printed]) => printed));
  } finally {
    await server.shutdown();
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("the shell and awk start with less than 100 kB each", () =>
  inScratch(async (dir) => {
    for (const name of ["sh", "awk"]) {
      await bundle(new URL(`applets/${name}/main.ts`, root).pathname, `${dir}/${name}.js`);
      const { size } = Deno.statSync(`${dir}/${name}.js`);
      assertEquals(size < 100_000, true, `${name}: ${size} bytes; deno task size tells more`);
    }
  }));

Deno.test("a part that must not be read is refused in words, and nothing is asked", () =>
  inScratch(async (dir) => {
    Deno.writeTextFileSync(
      `${dir}/entry.ts`,
      `import { Sandbox } from ${url("mod.ts")};
import ${url("applets/sh/main.ts")};
import ${url("applets/awk/main.ts")};
await using sandbox = await Sandbox.create();
const { stdoutText, stderrText } = await sandbox.sh(Deno.args[0]);
console.log(stdoutText + stderrText);
`,
    );
    const program = "printf x; echo $?; awk 'BEGIN { print 1 }'; awk /x/ /dev/null; echo $?";
    const flags = ["--no-config", "--no-lock", "--no-prompt", "--no-check"];
    const { out } = await deno(["run", ...flags, `${dir}/entry.ts`, program]);
    assertEquals(
      out,
      "1\n1\n1\nsh: printf: line 0: Permission denied\n" +
        "awk: awk/patterns.ts: Permission denied\n\n",
    );
  }));

Deno.test("a program that is ended while it waits for a part does not go on", () =>
  inScratch(async (dir) => {
    Deno.writeTextFileSync(
      `${dir}/entry.ts`,
      `import { Sandbox } from ${url("mod.ts")};
import { useLoaders } from ${url("applets/registry.ts")};
const late = (path) => async () => {
  await new Promise((resolve) => setTimeout(resolve, 400));
  return await import(${url("applets/")} + path);
};
const slow = ["sh/builtins/printf.ts", "sh/expand_arith.ts", "awk/patterns.ts"];
useLoaders(new Map(slow.map((path) => [path, late(path)])));
await using sandbox = await Sandbox.create();
await sandbox.sh("true; awk 1 /dev/null");
const programs = [
  "printf x; echo more >/tmp/a",
  "echo >/tmp/b$((1 + 1))",
  "awk 'BEGIN { print 1 ~ 1 >\\"/tmp/c\\" }'",
];
const reasons = [];
for (const program of programs) reasons.push((await sandbox.sh(program, { timeoutMs: 100 })).reason);
await new Promise((resolve) => setTimeout(resolve, 900));
console.log(JSON.stringify([reasons, (await sandbox.sh("ls /tmp")).stdoutText]));
`,
    );
    const flags = ["--no-config", "--no-lock", "--no-prompt", "--no-check", "-R"];
    const { out, err } = await deno(["run", ...flags, `${dir}/entry.ts`]);
    assertEquals(err, "");
    assertEquals(JSON.parse(out), [["timeout", "timeout", "timeout"], ""]);
  }));
