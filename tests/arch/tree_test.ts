import { assertEquals } from "@std/assert";
import { existsSync, walkSync } from "@std/fs";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Everything that may stand at the top of the repository. */
const top: ReadonlySet<string> = new Set([
  ".ci",
  ".git",
  ".gitattributes",
  ".gitignore",
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "SECURITY.md",
  "applets",
  "bench",
  "cli.ts",
  "deno.json",
  "deno.npm.json",
  "deno.npm.lock",
  "docs",
  "examples",
  "fuzz",
  "mod.ts",
  "reference",
  "sandbox",
  "tests",
  "wasi",
]);

/** Made by tasks or tools, and ignored by git. */
const passing: ReadonlySet<string> = new Set(["coverage", "node_modules", "deno.lock"]);

function modules(...folders: string[]): string[] {
  return folders.filter((folder) => existsSync(root + folder)).flatMap((folder) =>
    [...walkSync(root + folder, { includeDirs: false, exts: [".ts"] })]
      .map((entry) => entry.path.slice(root.length))
  );
}

Deno.test("the top level holds what the architecture names, and no more", () => {
  const strange = [...Deno.readDirSync(root)].map((entry) => entry.name)
    .filter((name) => !top.has(name) && !passing.has(name));
  assertEquals(strange, []);
});

Deno.test("modules are named in snake_case and after an idea", () => {
  const bad = modules("applets", "wasi", "sandbox", "tests", "fuzz", "bench", "reference")
    .filter((path) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      return !/^[a-z0-9][a-z0-9_]*(\.d|\.bench)?\.ts$/.test(name) ||
        /^(utils?|helpers?|misc)\./.test(name);
    });
  assertEquals(bad, []);
});

Deno.test("the product is TypeScript: no wasm, no JavaScript", () => {
  const found = ["applets", "wasi", "sandbox"].filter((folder) => existsSync(root + folder))
    .flatMap((folder) =>
      [...walkSync(root + folder, { includeDirs: false })].map((entry) => entry.path)
    )
    .filter((path) => /\.(wasm|js|mjs|cjs|jsx|tsx)$/.test(path));
  assertEquals(found, []);
});

Deno.test("there is no package.json beside deno.json, and no native code is loaded", () => {
  assertEquals(existsSync(`${root}package.json`), false);
  const loads = modules("applets", "wasi", "sandbox").filter((path) =>
    /\bdlopen\b|\.node"/.test(Deno.readTextFileSync(root + path))
  );
  assertEquals(loads, []);
});
