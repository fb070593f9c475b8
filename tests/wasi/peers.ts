/**
 * How many of wasi-testsuite's preview 1 modules pass elsewhere: `node:wasi` in node, `node:wasi` in
 * Deno, and `@bjorn3/browser_wasi_shim`. Each module runs in a process of its own.
 *
 *     deno run -A tests/wasi/peers.ts --wasi-suite DIR
 *
 * @module
 */
import { packageFolder } from "./packages.ts";
import { runSuite, SUITE_SETS } from "./suite.ts";

/** Runs one module with `node:wasi`. Arguments: file, JSON of what it gets. */
const NODE_WASI = `
import { WASI } from "node:wasi";
import { readFileSync } from "node:fs";
const [file, json] = process.argv.slice(2);
const { args, env, dirs } = JSON.parse(json);
const wasi = new WASI({ version: "preview1", args, env, preopens: dirs, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(file));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
process.exitCode = wasi.start(instance);
`;

/** Runs one module with browser_wasi_shim, whose files are in memory. */
const SHIM = `
import * as shim from "file://SHIM_FOLDER/dist/index.js";
import { readdirSync, readFileSync } from "node:fs";
import { writeSync } from "node:fs";
const [file, json] = process.argv.slice(2);
const { args, env, dirs } = JSON.parse(json);
const load = (path) => new Map(readdirSync(path, { withFileTypes: true }).map((entry) => [
  entry.name,
  entry.isDirectory()
    ? new shim.Directory(load(path + "/" + entry.name))
    : new shim.File(readFileSync(path + "/" + entry.name)),
]));
const fds = [
  new shim.OpenFile(new shim.File([])),
  new shim.ConsoleStdout((bytes) => writeSync(1, bytes)),
  new shim.ConsoleStdout((bytes) => writeSync(2, bytes)),
  ...Object.entries(dirs).map(([name, path]) => new shim.PreopenDirectory(name, load(path))),
];
const environment = Object.entries(env).map(([name, value]) => name + "=" + value);
const wasi = new shim.WASI(args, environment, fds, { debug: false });
const module = await WebAssembly.compile(readFileSync(file));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
process.exitCode = wasi.start(instance);
`;

interface Specification {
  readonly args?: readonly string[];
  readonly dirs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly exit_code?: number;
  readonly stdout?: string;
}

function copy(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.name.endsWith(".cleanup")) continue;
    if (entry.isDirectory) copy(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else Deno.copyFileSync(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}

/** Runs the suite with a command that takes a file and what it gets. */
async function passes(
  suite: string,
  command: string,
  before: readonly string[],
): Promise<{ passed: number; failed: string[] }> {
  let passed = 0;
  const failed: string[] = [];
  for (const [language] of SUITE_SETS) {
    const folder = `${suite}/tests/${language}/testsuite/wasm32-wasip1`;
    for (const entry of Deno.readDirSync(folder)) {
      if (!entry.name.endsWith(".wasm")) continue;
      const name = entry.name.slice(0, -5);
      let specification: Specification = {};
      try {
        specification = JSON.parse(Deno.readTextFileSync(`${folder}/${name}.json`));
      } catch {
        // Defaults.
      }
      const box = Deno.makeTempDirSync({ prefix: "capbox_peer_" });
      try {
        const dirs: Record<string, string> = {};
        for (const each of specification.dirs ?? []) {
          copy(`${folder}/${each}`, `${box}/${each}`);
          dirs[each] = `${box}/${each}`;
        }
        const args = [entry.name, ...specification.args ?? []];
        const gets = JSON.stringify({ args, env: specification.env ?? {}, dirs });
        const child = new Deno.Command(command, {
          args: [...before, `${folder}/${entry.name}`, gets],
          // Of `/dev/null` Linux says that it cannot be waited for, which poll_oneoff_stdio does.
          stdin: "piped",
          stdout: "piped",
          stderr: "piped",
          signal: AbortSignal.timeout(10_000),
        }).spawn();
        const output = await child.output();
        await child.stdin.close().catch(() => {});
        const stdout = new TextDecoder().decode(output.stdout);
        const isRight = output.code === (specification.exit_code ?? 0) &&
          (specification.stdout === undefined || specification.stdout === stdout);
        if (isRight) passed++;
        else failed.push(`${language}/${name}`);
      } finally {
        Deno.removeSync(box, { recursive: true });
      }
    }
  }
  return { passed, failed };
}

if (import.meta.main) {
  const suite = Deno.args[Deno.args.indexOf("--wasi-suite") + 1];
  const scripts = Deno.makeTempDirSync({ prefix: "capbox_peers_" });
  try {
    const shim = await packageFolder("@bjorn3/browser_wasi_shim");
    Deno.writeTextFileSync(`${scripts}/wasi.mjs`, NODE_WASI);
    Deno.writeTextFileSync(`${scripts}/shim.mjs`, SHIM.replace("SHIM_FOLDER", shim));
    for (const layer of ["memory", "host"] as const) {
      const results = await runSuite({ directory: suite, layer, unix: false });
      const passed = results.filter((each) => each.passed).length;
      console.log(`capbox, ${layer}: ${passed} of ${results.length}`);
    }
    const peers = [
      ["node:wasi in node", "node", ["--no-warnings", `${scripts}/wasi.mjs`]],
      ["node:wasi in Deno", Deno.execPath(), ["run", "-A", "--no-config", `${scripts}/wasi.mjs`]],
      ["browser_wasi_shim", "node", ["--no-warnings", `${scripts}/shim.mjs`]],
    ] as const;
    for (const [name, command, before] of peers) {
      const { passed, failed } = await passes(suite, command, before);
      console.log(`${name}: ${passed} of 72; not ${failed.sort().join(", ")}`);
    }
  } finally {
    Deno.removeSync(scripts, { recursive: true });
  }
}
