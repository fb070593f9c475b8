import { assertEquals } from "@std/assert";
import plugin from "./lint_plugin.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** The rules that refuse the source when it stands at `path`. */
function refusals(path: string, source: string): string[] {
  const found = Deno.lint.runPlugin(plugin, root + path, source);
  return [...new Set(found.map((diagnostic) => diagnostic.id.replace("capbox/", "")))].sort();
}

const planted: [rule: string, path: string, source: string][] = [
  ["no-host", "applets/cat.ts", `Deno.readFileSync("/etc/passwd");`],
  ["no-host", "applets/cat.ts", `const { readFileSync } = Deno; readFileSync("x");`],
  ["no-host", "applets/cat.ts", `const d = globalThis["De" + "no"]; d.exit();`],
  ["no-host", "applets/_lib/x.ts", `console.log(1);`],
  ["no-host", "applets/_lib/x.ts", `export const f = () => fetch("http://x/");`],
  ["no-host", "wasi/x.ts", `const t = setTimeout(() => {}, 1);`],
  ["no-host", "wasi/x.ts", `const t = performance.now();`],
  ["no-host", "sandbox/kernel/x.ts", `const p = { console };`],
  ["no-host", "sandbox/vfs/x.ts", `const p = process as unknown;`],
  ["no-host", "sandbox/vfs/x.ts", `new Worker("x");`],
  ["no-ambient-clock", "applets/date.ts", `const now = Date.now();`],
  ["no-ambient-clock", "applets/date.ts", `const now = new Date();`],
  ["no-ambient-clock", "sandbox/kernel/x.ts", `const now = Date();`],
  ["no-ambient-clock", "applets/shuf.ts", `const r = Math.random();`],
  ["layers", "applets/cat.ts", `import { x } from "./wc.ts"; x();`],
  ["layers", "applets/cat.ts", `import { x } from "./sh/lex.ts"; x();`],
  ["layers", "applets/cat.ts", `import { x } from "../sandbox/kernel/process.ts"; x();`],
  ["layers", "applets/cat.ts", `import { x } from "../sandbox/host/fs.ts"; x();`],
  ["layers", "applets/cat.ts", `import type { X } from "../sandbox/host/fs.ts"; let x: X;`],
  ["layers", "applets/cat.ts", `import { x } from "../mod.ts"; x();`],
  ["layers", "applets/cat.ts", `import fs from "node:fs"; fs;`],
  ["layers", "applets/cat.ts", `const fs = import("node:fs");`],
  ["layers", "applets/cat.ts", `const m = (n: string) => import(n);`],
  ["layers", "applets/cat.ts", `export * from "npm:chalk";`],
  ["layers", "applets/cat.ts", `import { x } from "@std/fs"; x();`],
  ["layers", "applets/_lib/x.ts", `import { x } from "../sh/lex.ts"; x();`],
  ["layers", "applets/cat.ts", `import { x } from "../tests/x.ts"; x();`],
  ["layers", "wasi/x.ts", `import { x } from "../applets/cat.ts"; x();`],
  ["layers", "wasi/x.ts", `import { x } from "../sandbox/vfs/memory.ts"; x();`],
  ["layers", "sandbox/types.ts", `import { x } from "./kernel/x.ts"; x();`],
  ["layers", "sandbox/vfs/x.ts", `import { x } from "../kernel/x.ts"; x();`],
  ["layers", "sandbox/vfs/x.ts", `import { x } from "../host/fs.ts"; x();`],
  ["layers", "sandbox/kernel/x.ts", `import { x } from "../session/x.ts"; x();`],
  ["layers", "sandbox/session/x.ts", `export { x } from "../protocol/x.ts";`],
  ["layers", "sandbox/session/x.ts", `import { x } from "../../applets/registry.ts"; x();`],
  ["layers", "sandbox/nowhere/x.ts", `import { x } from "../types.ts"; x();`],
  ["no-dynamic-regexp", "applets/grep.ts", `export const f = (p: string) => new RegExp(p);`],
  ["no-dynamic-regexp", "applets/grep.ts", "export const f = (p: string) => RegExp(`a${p}`);"],
  ["no-code-from-text", "applets/awk/run.ts", `eval("1");`],
  ["no-code-from-text", "applets/awk/run.ts", `new Function("return 1");`],
  ["no-exit", "sandbox/host/x.ts", `Deno.exit(1);`],
  ["no-exit", "mod.ts", `Deno["exit"](1);`],
  ["no-default-export", "applets/cat.ts", `export default 1;`],
  ["no-dictionary-object", "applets/awk/run.ts", `const vars: Record<string, number> = {};`],
  ["no-dictionary-object", "applets/awk/run.ts", `const v = {} as { [name: string]: number };`],
  ["no-promises", "applets/cat.ts", `// TO` + `DO: later`],
];

Deno.test("each house rule refuses what was planted", () => {
  for (const [rule, path, source] of planted) {
    assertEquals(refusals(path, source).includes(rule), true, `${rule} missed, ${path}: ${source}`);
  }
});

const innocent: [path: string, source: string][] = [
  ["applets/cat.ts", `import { defineApplet } from "./contract.ts"; defineApplet;`],
  ["applets/sh/parse.ts", `import { lex } from "./lex.ts"; lex;`],
  ["applets/sh.ts", `import { lex } from "./sh/lex.ts"; lex;`],
  ["applets/cat.ts", `import { x } from "./_lib/walk.ts"; x;`],
  ["applets/cat.ts", `import { toBytes } from "../sandbox/bytes.ts"; toBytes;`],
  ["wasi/sockets.ts", `import { ipv6Text } from "../sandbox/addresses.ts"; ipv6Text;`],
  ["applets/contract.ts", `import type { P } from "../sandbox/kernel/process.ts"; let p: P;`],
  ["applets/contract.ts", `import { type P } from "../sandbox/kernel/process.ts"; let p: P;`],
  ["applets/_lib/part.ts", `export const load = (name: string) => import("./" + name + ".ts");`],
  ["applets/ps.ts", `export const f = (process: { pid: number }) => process.pid;`],
  ["applets/ps.ts", `import { type performance } from "./contract.ts"; let x = { fetch: 1 };`],
  ["applets/ps.ts", `export const f = (ctx: { fetch(): void; Deno: 1 }) => ctx.fetch();`],
  ["applets/date.ts", `export const f = (ms: number) => new Date(ms).getUTCDay();`],
  ["applets/grep.ts", `export const f = /a+/.test("a") && new RegExp("b");`],
  ["applets/_lib/regex/fast.ts", `export const f = (p: string) => new RegExp(p);`],
  ["applets/x.ts", `const options: Record<string, number> = { a: 1 }; options;`],
  ["sandbox/host/fs.ts", `import fs from "node:fs"; fs; Deno.openSync("x"); Date.now();`],
  ["sandbox/session/x.ts", `import { x } from "../host/fs.ts"; x;`],
  ["sandbox/bytes.ts", `import type { B } from "./types.ts"; let b: B;`],
  ["cli.ts", `import { x } from "./applets/registry.ts"; x; Deno.exit(0); console.log(1);`],
  ["tests/x_test.ts", `import { x } from "../sandbox/host/fs.ts"; x; new RegExp("a" + x);`],
];

Deno.test("the house rules leave good code alone", () => {
  for (const [path, source] of innocent) {
    assertEquals(refusals(path, source), [], `${path}: ${source}`);
  }
});
