/**
 * WASI beside native code, `node:wasi` of node, and `node:wasi` of Deno, on the C programs of
 * `bench/wasi/`, in one interleaved run. Times are the best of all rounds, in milliseconds; native
 * ones include the start of a process, all others only instantiation and run of a compiled module.
 *
 *     deno run -A bench/wasi.ts [--rounds N] [--json FILE] [KIND…]
 *
 * The programs are compiled by clang, which is fetched from npm and runs as a guest itself.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Sandbox } from "../mod.ts";
import { fromText } from "../sandbox/bytes.ts";
import { wasmProgram } from "../wasi/run.ts";
import { Clang } from "../tests/wasi/clang.ts";

const root = decodeURIComponent(new URL("./wasi/", import.meta.url).pathname);
const folder = Deno.makeTempDirSync({ prefix: "capbox_bench_" });
const data = `${folder}/data`;
const decoder = new TextDecoder();

/** One measured piece of work. */
interface Work {
  readonly kind: string;
  readonly program: "cpu" | "files";
  readonly args: readonly string[];
  /** Stdin is the file of lines. */
  readonly lines?: boolean;
}

const WORK: readonly Work[] = [
  { kind: "CPU, all", program: "cpu", args: ["a", "6"] },
  { kind: "CPU, sieve", program: "cpu", args: ["s", "10"] },
  { kind: "CPU, matrix", program: "cpu", args: ["m", "20"] },
  { kind: "CPU, recursion", program: "cpu", args: ["f", "5"] },
  { kind: "CPU, hash", program: "cpu", args: ["h", "5"] },
  { kind: "read 100 MB by 64 KiB", program: "files", args: ["large", "/d"] },
  { kind: "200,000 reads of 16 bytes", program: "files", args: ["small-read", "/d", "200000"] },
  { kind: "200,000 writes of 16 bytes", program: "files", args: ["small-write", "/d", "200000"] },
  { kind: "walk over 10,000 files", program: "files", args: ["walk", "/d/tree"] },
  { kind: "3,000 open, rename, unlink", program: "files", args: ["churn", "/d", "3000"] },
  {
    kind: "getline filter, 1,000,000 lines",
    program: "files",
    args: ["filter", "needle"],
    lines: true,
  },
  { kind: "start of a compiled module", program: "files", args: ["none"] },
];

/** Who runs it, and the time it took, or undefined where it is not there. */
type Runner = (work: Work) => Promise<number | undefined>;

const NODE_SCRIPT = `
import { WASI } from "node:wasi";
import { closeSync, openSync, readFileSync } from "node:fs";
const [file, root, input, ...args] = process.argv.slice(2);
const module = await WebAssembly.compile(readFileSync(file));
let best = Infinity;
for (let i = 0; i < 5; i++) {
  const stdin = openSync(input);
  const sink = openSync("/dev/null", "w");
  const start = performance.now();
  const wasi = new WASI({ version: "preview1", args: ["guest", ...args], preopens: { "/d": root },
    returnOnExit: true, stdin, stdout: sink, stderr: sink });
  wasi.start(new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport }));
  best = Math.min(best, performance.now() - start);
  closeSync(stdin);
  closeSync(sink);
}
console.log(best);
`;

function script(command: string, before: readonly string[]): Runner {
  return async (work) => {
    const input = work.lines ? `${data}/lines` : "/dev/null";
    try {
      const { success, stdout } = await new Deno.Command(command, {
        args: [
          ...before,
          `${folder}/run.mjs`,
          `${folder}/${work.program}.wasm`,
          data,
          input,
          ...work.args,
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).output();
      return success ? Number(decoder.decode(stdout)) : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  };
}

const native: Runner = async (work) => {
  const program = `${folder}/${work.program}`;
  const args = work.args.map((word) => word.replace(/^\/d(?=\/|$)/, data));
  let best: number | undefined;
  for (let i = 0; i < 5; i++) {
    const input = work.lines ? `${data}/lines` : "/dev/null";
    const start = performance.now();
    try {
      await new Deno.Command("sh", {
        args: ["-c", 'exec "$0" "$@" < ' + input + " > /dev/null 2>&1", program, ...args],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).output();
    } catch {
      return undefined;
    }
    best = Math.min(best ?? Infinity, performance.now() - start);
  }
  return best;
};

/** Our own runs, in sandboxes that are made once. */
async function ours(layer: "host" | "memory", metered: boolean): Promise<Runner> {
  const sandbox = await Sandbox.create({
    mounts: layer === "host" ? [{ host: data, guest: "/d", mode: "rw" }] : [],
    limits: { memoryBytes: 2 * 1024 ** 3, wallMs: Infinity, cpuMs: Infinity },
  });
  if (layer === "memory") {
    await sandbox.fs.mkdir("/d");
    for (const name of ["large", "lines", "small"]) {
      await sandbox.fs.writeFile(`/d/${name}`, Deno.readFileSync(`${data}/${name}`));
    }
    for (let i = 0; i < 100; i++) {
      await sandbox.fs.mkdir(`/d/tree/${i}`, { recursive: true });
      for (let j = 0; j < 100; j++) await sandbox.fs.writeFile(`/d/tree/${i}/${j}`, "");
    }
  }
  return async (work) => {
    const bytes = Deno.readFileSync(`${folder}/${work.program}.wasm`);
    let best = Infinity;
    const { ended } = sandbox.kernel.start({
      argv: ["bench"],
      env: new Map(),
      cwd: "/",
      uid: 0,
      gid: 0,
      fds: new Map(),
      wallMs: Infinity,
      cpuMs: Infinity,
      outputBytes: Infinity,
      program: async (process) => {
        for (let i = 0; i < 5; i++) {
          const input = process.fs.open(work.lines ? "/d/lines" : "/dev/null", 0);
          const sink = process.fs.open("/dev/null", 2);
          const start = performance.now();
          const child = process.spawn(["guest"], {
            program: (inner) =>
              wasmProgram(bytes, {
                args: ["guest", ...work.args].map(fromText),
                preopens: [{ name: "/d", directory: inner.fs.openDirectory("/d").confined() }],
                metered,
              })(inner),
            fds: new Map([[0, input], [1, sink], [2, sink]]),
          });
          const { code } = await child.wait();
          best = Math.min(best, performance.now() - start);
          if (code !== 0) throw new Error(`${work.kind}: status ${code}`);
          input.release();
          sink.release();
        }
        return 0;
      },
    });
    const { code } = await ended;
    return code === 0 ? best : undefined;
  };
}

async function prepare(): Promise<void> {
  Deno.mkdirSync(`${data}/tree`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/run.mjs`, NODE_SCRIPT);
  const chunk = new Uint8Array(1 << 20).map((_, i) => i * 7);
  const large = Deno.openSync(`${data}/large`, { write: true, create: true });
  for (let i = 0; i < 100; i++) large.writeSync(chunk);
  large.close();
  Deno.writeFileSync(`${data}/small`, new Uint8Array(3_200_000));
  const lines = Array.from(
    { length: 1_000_000 },
    (_, i) => `line number ${i} with some text and a word ${i % 10 === 0 ? "needle" : "hay"}\n`,
  );
  Deno.writeTextFileSync(`${data}/lines`, lines.join(""));
  for (let i = 0; i < 100; i++) {
    Deno.mkdirSync(`${data}/tree/${i}`);
    for (let j = 0; j < 100; j++) Deno.writeTextFileSync(`${data}/tree/${i}/${j}`, "");
  }
  await using clang = await Clang.create();
  for (const name of ["cpu", "files"]) {
    const source = Deno.readTextFileSync(`${root}${name}.c`);
    Deno.writeFileSync(`${folder}/${name}.wasm`, await clang.compile(source));
    try {
      await new Deno.Command("gcc", {
        args: ["-O2", "-o", `${folder}/${name}`, `${root}${name}.c`],
      }).output();
    } catch {
      // Without a compiler there is no native column.
    }
  }
}

const args = parseArgs(Deno.args, { string: ["rounds", "json"] });
const rounds = Number(args.rounds ?? 3);
try {
  await prepare();
  const runners: readonly (readonly [string, Runner])[] = [
    ["native", native],
    ["node", script("node", ["--no-warnings"])],
    ["deno", script(Deno.execPath(), ["run", "-A", "--no-config"])],
    ["ours, host", await ours("host", true)],
    ["ours, memory", await ours("memory", true)],
    ["ours, not counted", await ours("memory", false)],
  ];
  const report: Record<string, Record<string, number | null>> = {};
  console.log(`${"".padEnd(34)}${runners.map(([name]) => name.padStart(18)).join("")}`);
  for (const work of WORK) {
    if (args._.length > 0 && !args._.some((word) => work.kind.includes(String(word)))) continue;
    const best = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      for (const [name, run] of runners) {
        const time = await run(work);
        if (time !== undefined) best.set(name, Math.min(best.get(name) ?? Infinity, time));
      }
    }
    const cells = runners.map(([name]) => best.get(name)?.toFixed(2) ?? "-");
    console.log(`${work.kind.padEnd(34)}${cells.map((cell) => cell.padStart(18)).join("")}`);
    report[work.kind] = Object.fromEntries(runners.map(([name]) => [name, best.get(name) ?? null]));
  }
  if (args.json !== undefined) Deno.writeTextFileSync(args.json, JSON.stringify(report, null, 2));
} finally {
  Deno.removeSync(folder, { recursive: true });
}
