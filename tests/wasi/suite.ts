/**
 * Runs the preview 1 modules of WebAssembly/wasi-testsuite (branch prod/testsuite-all), which is
 * fetched and never committed.
 *
 *     deno run -A tests/wasi/suite.ts --wasi-suite DIR [--layer memory|host] [--unix] [NAME…]
 *
 * Each module runs as a program of a sandbox, with its directories handed over as its `.json` says,
 * and passes when exit status and output are as that file says (doc/specification.md there).
 *
 * @module
 */
import { Sandbox } from "../../mod.ts";
import { fromText } from "../../sandbox/bytes.ts";
import type { Process, Program } from "../../sandbox/types.ts";
import { wasmProgram } from "../../wasi/run.ts";
import { UNLIMITED } from "../kernel/unlimited.ts";

/** Where the files of a test lie. */
export type SuiteLayer = "memory" | "host";

/** How to run the suite. */
export interface SuiteOptions {
  /** The checked-out suite. */
  readonly directory: string;
  readonly layer: SuiteLayer;
  /** Insist on Linux's error numbers where the suite would take others (Rust modules). */
  readonly unix: boolean;
  /** Names of modules to run; all when empty. */
  readonly names?: readonly string[];
}

/** How one module did. */
export interface SuiteResult {
  readonly language: string;
  readonly name: string;
  readonly passed: boolean;
  /** What was wrong. */
  readonly detail: string;
}

interface Specification {
  readonly args?: readonly string[];
  readonly dirs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** The three sets of modules, and how many there are of each. */
export const SUITE_SETS: readonly (readonly [language: string, count: number])[] = [
  ["assemblyscript", 12],
  ["c", 14],
  ["rust", 46],
];

function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    // Left over from runs of other runtimes; the suite's own runner removes them, too.
    if (entry.name.endsWith(".cleanup")) continue;
    if (entry.isDirectory) copyTree(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else Deno.copyFileSync(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}

async function copyIn(sandbox: Sandbox, from: string, to: string): Promise<void> {
  await sandbox.fs.mkdir(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.name.endsWith(".cleanup")) continue;
    if (entry.isDirectory) await copyIn(sandbox, `${from}/${entry.name}`, `${to}/${entry.name}`);
    else {
      await sandbox.fs.writeFile(`${to}/${entry.name}`, Deno.readFileSync(`${from}/${entry.name}`));
    }
  }
}

function specificationOf(path: string): Specification {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** Runs one module. */
export async function runCase(
  folder: string,
  name: string,
  options: Pick<SuiteOptions, "layer" | "unix">,
): Promise<string> {
  const specification = specificationOf(`${folder}/${name}.json`);
  const bytes = Deno.readFileSync(`${folder}/${name}.wasm`);
  const directories = specification.dirs ?? [];
  const host = options.layer === "host" ? Deno.makeTempDirSync({ prefix: "wasi_suite_" }) : "";
  const guest = "/box";
  try {
    if (host !== "") {
      for (const each of directories) copyTree(`${folder}/${each}`, `${host}/${each}`);
    }
    const program: Program = (process: Process) =>
      wasmProgram(bytes, {
        args: [`${name}.wasm`, ...specification.args ?? []].map(fromText),
        preopens: directories.map((each) => ({
          name: fromText(each),
          directory: process.fs.openDirectory(`${guest}/${each}`).confined(),
        })),
      })(process);
    await using sandbox = await Sandbox.create({
      mounts: host === "" ? [] : [
        { host, guest, mode: "rw", symlinks: true, hardLinks: true },
      ],
      limits: { wallMs: 20_000 },
      commands: { guest: () => 0 },
    });
    if (host === "") {
      for (const each of directories) {
        await copyIn(sandbox, `${folder}/${each}`, `${guest}/${each}`);
      }
    }
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    const env = new Map(
      Object.entries(specification.env ?? {}).map((
        [key, value],
      ) => [fromText(key), fromText(value)]),
    );
    if (options.unix) env.set("ERRNO_MODE_UNIX", "1");
    const { started, done } = start(sandbox, program, env, out, err);
    const status = await started;
    done();
    const text = (chunks: Uint8Array[]): string =>
      chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
    const expected = specification.exit_code ?? 0;
    const problems: string[] = [];
    if (status !== expected) problems.push(`exit status ${status}, not ${expected}`);
    if (specification.stdout !== undefined && text(out) !== specification.stdout) {
      problems.push(`stdout ${JSON.stringify(text(out))}`);
    }
    if (specification.stderr !== undefined && text(err) !== specification.stderr) {
      problems.push(`stderr ${JSON.stringify(text(err))}`);
    }
    if (problems.length > 0 && err.length > 0) problems.push(text(err).trim());
    return problems.join("; ");
  } finally {
    if (host !== "") Deno.removeSync(host, { recursive: true });
  }
}

/** Starts a program that is no file, with captured streams. */
function start(
  sandbox: Sandbox,
  program: Program,
  env: ReadonlyMap<string, string>,
  out: Uint8Array[],
  err: Uint8Array[],
): { started: Promise<number>; done: () => void } {
  const run: Program = async (process) => {
    const pipes = [process.pipe(), process.pipe()];
    const stdin = process.fs.open("/dev/null", 0);
    const child = process.spawn(["guest"], {
      program,
      env,
      fds: new Map([[0, stdin], [1, pipes[0].write], [2, pipes[1].write]]),
    });
    const drain = async (at: 0 | 1, into: Uint8Array[]): Promise<void> => {
      pipes[at].write.release();
      for (;;) {
        const chunk = await pipes[at].read.read(65536, process.waiter);
        if (chunk === undefined) return;
        into.push(chunk);
      }
    };
    await Promise.all([drain(0, out), drain(1, err)]);
    return (await child.wait()).code;
  };
  const ended = sandbox.kernel.start({
    argv: ["suite"],
    ...UNLIMITED,
    env,
    wallMs: 20_000,
    program: run,
  }).ended;
  return { started: ended.then((status) => status.code), done: () => {} };
}

/** Runs the suite. */
export async function runSuite(options: SuiteOptions): Promise<SuiteResult[]> {
  const results: SuiteResult[] = [];
  for (const [language] of SUITE_SETS) {
    const folder = `${options.directory}/tests/${language}/testsuite/wasm32-wasip1`;
    const names = [...Deno.readDirSync(folder)].map((entry) => entry.name)
      .filter((name) => name.endsWith(".wasm"))
      .map((name) => name.slice(0, -5))
      .sort();
    for (const name of names) {
      if (options.names?.length && !options.names.includes(name)) continue;
      let detail: string;
      try {
        const unix = options.unix && language === "rust";
        detail = await runCase(folder, name, { layer: options.layer, unix });
      } catch (error) {
        detail = `${error instanceof Error ? error.stack : error}`;
      }
      results.push({ language, name, passed: detail === "", detail });
    }
  }
  return results;
}

if (import.meta.main) {
  const names: string[] = [];
  let directory = "";
  let layers: SuiteLayer[] = ["memory", "host"];
  let unix = false;
  for (let i = 0; i < Deno.args.length; i++) {
    const word = Deno.args[i];
    if (word === "--wasi-suite") directory = Deno.args[++i];
    else if (word === "--layer") layers = [Deno.args[++i] as SuiteLayer];
    else if (word === "--unix") unix = true;
    else names.push(word);
  }
  let failures = 0;
  for (const layer of layers) {
    const results = await runSuite({ directory, layer, unix, names });
    for (const { language, name, passed, detail } of results) {
      if (!passed) console.log(`${layer}: ${language}/${name}: ${detail}`);
    }
    const passed = results.filter((each) => each.passed).length;
    failures += results.length - passed;
    console.log(`${layer}${unix ? " (Linux errnos)" : ""}: ${passed} of ${results.length} passed`);
  }
  Deno.exit(failures === 0 ? 0 : 1);
}
