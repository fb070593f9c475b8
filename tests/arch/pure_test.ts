import { assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync, walkSync } from "@std/fs";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Folders and files that know nothing of their host. */
const pure = [
  "applets",
  "wasi",
  "sandbox/types.ts",
  "sandbox/errors.ts",
  "sandbox/bytes.ts",
  "sandbox/addresses.ts",
  "sandbox/vfs",
  "sandbox/caps",
  "sandbox/kernel",
];

async function check(files: readonly string[]): Promise<{ success: boolean; text: string }> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", `${root}tests/arch/pure.json`, ...files],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { success, text: new TextDecoder().decode(stderr).replace(/^Check .*\n/gm, "") };
}

Deno.test("applets, wasi and the pure layers type-check with the language alone", async () => {
  const files = pure.map((path) => root + path).filter((path) => existsSync(path)).flatMap((path) =>
    path.endsWith(".ts") ? [path] : [...walkSync(path, { includeDirs: false, exts: [".ts"] })]
      .map((entry) => entry.path)
  );
  const { success, text } = await check(files);
  assertEquals(success, true, text);
});

Deno.test("the type-check refuses what an applet must not touch", async () => {
  const dir = Deno.makeTempDirSync();
  try {
    const forbidden = [
      `Deno.readFileSync("/etc/passwd")`,
      `fetch("http://localhost/")`,
      `process.exit(1)`,
      `console.log(1)`,
      `setTimeout(() => {}, 1)`,
      `performance.now()`,
      `crypto.getRandomValues(new Uint8Array(1))`,
      `new Worker("x")`,
      `window.name`,
    ];
    Deno.writeTextFileSync(
      `${dir}/planted.ts`,
      forbidden.map((text, i) => `export const x${i}: unknown = ${text};\n`).join(""),
    );
    const { success, text } = await check([`${dir}/planted.ts`]);
    assertEquals(success, false);
    for (const i of forbidden.keys()) assertStringIncludes(text, `planted.ts:${i + 1}:`);

    Deno.writeTextFileSync(
      `${dir}/allowed.ts`,
      `export const x: unknown = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        new TextEncoder().encode(atob(btoa("a"))),
      );
      export const y: WebAssembly.Module = new WebAssembly.Module(new Uint8Array([0]));
      export const z: string = Uint8Array.fromBase64("YQ==").toBase64();
      export const w: unknown = WebAssembly.promising && WebAssembly.Suspending;\n`,
    );
    assertEquals(await check([`${dir}/allowed.ts`]), { success: true, text: "" });
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
