import { assertEquals, assertNotMatch } from "@std/assert";
import {
  appletExports,
  type DenoConfig,
  generate,
  npmConfig,
  standIns,
  withConfig,
} from "./npm_config.ts";

const root = new URL("../../", import.meta.url);

Deno.test("deno.json and deno.npm.json are what `deno task npm-config` makes", async () => {
  for (const [name, text] of await generate()) {
    const isSame = Deno.readTextFileSync(new URL(name, root)) === text;
    assertEquals(isSame, true, `${name} is out of date: run \`deno task npm-config\``);
  }
});

Deno.test("nested deno commands of a task read deno.npm.json too", () => {
  assertEquals(
    withConfig("deno fmt --check && deno lint && deno task ok && deno test", "x.json"),
    "deno fmt -c x.json --check && deno lint -c x.json && deno task -c x.json ok && deno test -c x.json",
  );
  assertEquals(
    withConfig("deno --version && sh run deno", "x.json"),
    "deno --version && sh run deno",
  );
});

Deno.test("each applet module becomes an export, and nothing else does", () => {
  assertEquals(
    appletExports([
      "applets/wc.ts",
      "applets/sh/main.ts",
      "applets/sh/lex.ts",
      "applets/_lib/regex/main.ts",
    ]),
    { "./applets/sh": "./applets/sh/main.ts", "./applets/wc": "./applets/wc.ts" },
  );
});

Deno.test("stand-ins have the name and the least version that deno.json binds", () => {
  const config: DenoConfig = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const bound = new Set<string>();
  for (const name of standIns) {
    const standIn = JSON.parse(
      Deno.readTextFileSync(new URL(`tests/standins/${name}/deno.json`, root)),
    );
    assertEquals(config.imports[standIn.name], `jsr:${standIn.name}@^${standIn.version}`);
    bound.add(standIn.name);
  }
  assertEquals([...bound].sort(), Object.keys(config.imports).sort());
});

Deno.test("deno.npm.json binds the same imports and adds only links, lock and -c", () => {
  const config: DenoConfig = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const { lock: _lock, links: _links, tasks: _tasks, ...rest } = npmConfig(config);
  const { lock: _lock2, tasks: _tasks2, ...own } = config;
  assertEquals(rest, own);
});

Deno.test("deno.npm.lock names no registry host, and no deno.lock is made", () => {
  assertNotMatch(Deno.readTextFileSync(new URL("deno.npm.lock", root)), /https?:/);
  assertEquals(npmConfig(JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)))).links, [
    ...standIns.map((name) => `./tests/standins/${name}`),
  ]);
});
