/**
 * Runs the preview1 part of wasi-testsuite from a folder given by path: every `.wasm` beside its
 * optional `.json`, which names arguments, environment, directories, output and exit status.
 *
 * @module
 */

import { copySync, existsSync, walkSync } from "@std/fs";
import type { Outcomes, Verdict } from "./outcome.ts";
import { inParallel, runLimited } from "./run_limited.ts";

/** How to run the suite. */
export interface WasiOptions {
  /** The folder of wasi-testsuite. */
  readonly source: string;
  /** Modules at a time. */
  readonly width: number;
  /** Milliseconds for one module. */
  readonly limit: number;
  /** Where to write what a failing module printed. */
  readonly logs: string;
}

/** What the `.json` of a test says. */
interface Expectation {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly dirs?: readonly string[];
  readonly exit_code?: number;
  readonly stdout?: string;
}

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);

async function runModule(options: WasiOptions, path: string): Promise<Verdict> {
  const json = path.replace(/\.wasm$/, ".json");
  const want: Expectation = existsSync(json) ? JSON.parse(Deno.readTextFileSync(json)) : {};
  const dir = Deno.makeTempDirSync({ prefix: "capbox-wasi-" });
  try {
    Deno.copyFileSync(path, `${dir}/test.wasm`);
    Deno.chmodSync(`${dir}/test.wasm`, 0o755);
    const mounts: string[] = ["--mount", `${dir}/test.wasm:/test.wasm:ro`];
    const preopens: string[] = [];
    Deno.mkdirSync(`${dir}/root`);
    for (const name of want.dirs ?? []) {
      const source = `${path.slice(0, path.lastIndexOf("/"))}/${name}`;
      if (existsSync(source)) copySync(source, `${dir}/root/${name}`);
      else Deno.mkdirSync(`${dir}/root/${name}`, { recursive: true });
      preopens.push("--dir", name);
    }
    mounts.splice(0, mounts.length, "--mount", `${dir}:/w:rw`);
    const env = Object.entries(want.env ?? {}).flatMap(([name, value]) => [
      "--env",
      `${name}=${value}`,
    ]);
    const argv = [
      Deno.execPath(),
      "run",
      "-A",
      "--no-config",
      "--no-lock",
      `${root}cli.ts`,
      ...mounts,
      "--cwd",
      "/w/root",
      "wasi",
      ...preopens,
      ...env,
      "/w/test.wasm",
      ...want.args ?? [],
    ];
    const ended = await runLimited(argv, { limit: options.limit });
    const output = new TextDecoder().decode(ended.output);
    const good = !ended.timedOut && ended.code === (want.exit_code ?? 0) &&
      (want.stdout === undefined || output === want.stdout);
    if (good) return "pass";
    Deno.mkdirSync(options.logs, { recursive: true });
    Deno.writeTextFileSync(
      `${options.logs}/wasi.log`,
      `==== ${path} (status ${ended.code})\n${output}\n`,
      { append: true },
    );
    return ended.timedOut ? "hang" : "fail";
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/** Runs the preview1 modules. */
export async function runWasiSuite(options: WasiOptions): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  const modules = [...walkSync(`${options.source}/tests`, { includeDirs: false, exts: [".wasm"] })]
    .map((entry) => entry.path).filter((path) => path.includes("/testsuite/wasm32-wasip1/"))
    .sort();
  const verdicts = await inParallel(
    modules,
    options.width,
    (path) => runModule(options, path),
  );
  for (const [i, path] of modules.entries()) {
    const [language] = path.slice(`${options.source}/tests/`.length).split("/");
    const group = outcomes.get(language) ?? new Map<string, Verdict>();
    group.set(path.slice(path.lastIndexOf("/") + 1, -".wasm".length), verdicts[i]);
    outcomes.set(language, group);
  }
  return outcomes;
}
