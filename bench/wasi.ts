/**
 * WASI beside native code, `node:wasi` of node, and `node:wasi` of Deno, on the C programs of
 * `bench/wasi/`, in one interleaved run. Times are the best of all rounds, in milliseconds; native
 * ones include the start of a process, all others only instantiation and run of a compiled module.
 * The second line of each kind is CPU time, user and system, of all threads: it says more on a busy
 * machine. "Deno's calls" is what the calls to the host alone take that any implementation in Deno
 * needs, without a guest, a path or a check; "with looks" has one look at the directory before each
 * change, which is the least that notices a directory that was swapped for a link (SECURITY.md).
 * "Ours, moving" is the command line's way when Deno allows everything: the process goes into the
 * directory that it works in (`sandbox/host/standing.ts`), which needs no looks. Where
 * these are known a third line compares them, and us, with node's CPU time: above 1 no program in Deno
 * can be faster than node there.
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
import { moveFreely, moveNoMore } from "../sandbox/host/standing.ts";
import { wasmProgram } from "../wasi/run.ts";
import { UNLIMITED } from "../tests/kernel/unlimited.ts";
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

/** Milliseconds by the clock, and of all processors together where that is known. */
interface Times {
  readonly wall: number;
  readonly cpu?: number;
}

/** Who runs it, and the time it took, or undefined where it is not there. */
type Runner = (work: Work) => Promise<Times | undefined>;

/** CPU time of this process so far, in milliseconds. */
function cpuMs(): number {
  const { process } = globalThis as unknown as {
    process: { cpuUsage(): { user: number; system: number } };
  };
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The best of several runs, of each time by itself. */
class Best {
  wall = Infinity;
  cpu = Infinity;

  add(times: Times): void {
    this.wall = Math.min(this.wall, times.wall);
    this.cpu = Math.min(this.cpu, times.cpu ?? Infinity);
  }

  /** Measures one piece of work that does not wait. */
  measure(work: () => void): void {
    const cpu = cpuMs();
    const start = performance.now();
    work();
    const wall = performance.now() - start;
    this.add({ wall, cpu: cpuMs() - cpu });
  }

  get times(): Times {
    return { wall: this.wall, cpu: this.cpu === Infinity ? undefined : this.cpu };
  }
}

/** Each runs at least five times and for so long, so that nobody is measured cold. */
const ENOUGH_MS = 500;

/** Counts the runs of one piece of work in one round. */
function* runs(): Generator<number> {
  const until = performance.now() + ENOUGH_MS;
  for (let i = 0; i < 5 || i < 40 && performance.now() < until; i++) yield i;
}

const NODE_SCRIPT = `
const ENOUGH_MS = ${ENOUGH_MS};
import { WASI } from "node:wasi";
import { closeSync, openSync, readFileSync } from "node:fs";
const [file, root, input, ...args] = process.argv.slice(2);
const module = await WebAssembly.compile(readFileSync(file));
let wall = Infinity, cpu = Infinity;
const until = performance.now() + ENOUGH_MS;
for (let i = 0; i < 5 || i < 40 && performance.now() < until; i++) {
  const stdin = openSync(input);
  const sink = openSync("/dev/null", "w");
  const used = process.cpuUsage();
  const start = performance.now();
  const wasi = new WASI({ version: "preview1", args: ["guest", ...args], preopens: { "/d": root },
    returnOnExit: true, stdin, stdout: sink, stderr: sink });
  wasi.start(new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport }));
  wall = Math.min(wall, performance.now() - start);
  const { user, system } = process.cpuUsage(used);
  cpu = Math.min(cpu, (user + system) / 1000);
  closeSync(stdin);
  closeSync(sink);
}
console.log(JSON.stringify({ wall, cpu }));
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
      return success ? JSON.parse(decoder.decode(stdout)) as Times : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  };
}

const native: Runner = async (work) => {
  const program = `${folder}/${work.program}`;
  const args = work.args.map((word) => word.replace(/^\/d(?=\/|$)/, data));
  const best = new Best();
  for (const _ of runs()) {
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
    best.add({ wall: performance.now() - start });
  }
  return best.times;
};

/** The calls to the host alone, for the kinds of work that are little else. */
function hostCalls(looks: boolean): Runner {
  return (work) => {
    const best = new Best();
    const look = looks ? () => Deno.lstatSync(data) : () => {};
    for (const _ of runs()) {
      if (work.args[0] === "walk") best.measure(() => walkTree(`${data}/tree`));
      else if (work.args[0] !== "churn") return Promise.resolve(undefined);
      else {
        best.measure(() => {
          for (let count = Number(work.args[2]); count > 0; count--) {
            look();
            Deno.openSync(`${data}/churn`, { write: true, createNew: true }).close();
            look();
            Deno.renameSync(`${data}/churn`, `${data}/renamed`);
            look();
            Deno.removeSync(`${data}/renamed`);
          }
        });
      }
    }
    return Promise.resolve(best.times);
  };
}

function walkTree(path: string): number {
  let sum = 0;
  for (const { name } of [...Deno.readDirSync(path)]) {
    const info = Deno.lstatSync(`${path}/${name}`);
    sum += info.ino ?? 0;
    if (info.isDirectory) sum += walkTree(`${path}/${name}`);
  }
  return sum;
}

/** Our own runs, in sandboxes that are made once. */
async function ours(
  layer: "host" | "memory",
  metered: boolean,
  isMoving = false,
): Promise<Runner> {
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
    const best = new Best();
    if (isMoving) moveFreely();
    const { ended } = sandbox.kernel.start({
      argv: ["bench"],
      ...UNLIMITED,
      program: async (process) => {
        for (const _ of runs()) {
          const input = process.fs.open(work.lines ? "/d/lines" : "/dev/null", 0);
          const sink = process.fs.open("/dev/null", 2);
          const cpu = cpuMs();
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
          const wall = performance.now() - start;
          best.add({ wall, cpu: cpuMs() - cpu });
          if (code !== 0) throw new Error(`${work.kind}: status ${code}`);
          input.release();
          sink.release();
        }
        return 0;
      },
    });
    const { code } = await ended;
    moveNoMore();
    return code === 0 ? best.times : undefined;
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
    ["ours, moving", await ours("host", true, true)],
    ["ours, memory", await ours("memory", true)],
    ["not counted", await ours("memory", false)],
    ["Deno's calls", hostCalls(false)],
    ["with looks", hostCalls(true)],
  ];
  const report: Record<string, Record<string, Times | null>> = {};
  const line = (head: string, cells: readonly (number | undefined)[]): void =>
    console.log(
      head.padEnd(33) + cells.map((cell) => (cell?.toFixed(2) ?? "-").padStart(15)).join(""),
    );
  console.log("".padEnd(33) + runners.map(([name]) => name.padStart(15)).join(""));
  for (const work of WORK) {
    if (args._.length > 0 && !args._.some((word) => work.kind.includes(String(word)))) continue;
    const best = new Map<string, Best>();
    for (let round = 0; round < rounds; round++) {
      // Who comes later finds more that was just removed, of which ext4 takes its time: so in turns.
      const first = round % runners.length;
      for (const [name, run] of [...runners.slice(first), ...runners.slice(0, first)]) {
        const times = await run(work);
        if (times === undefined) continue;
        let sum = best.get(name);
        if (sum === undefined) best.set(name, sum = new Best());
        sum.add(times);
      }
    }
    const all = runners.map(([name]) => best.get(name)?.times);
    line(work.kind, all.map((times) => times?.wall));
    line("  CPU time", all.map((times) => times?.cpu));
    const cpu = (name: string): number | undefined => best.get(name)?.times.cpu;
    const node = cpu("node");
    if (node !== undefined && cpu("Deno's calls") !== undefined) {
      const parts = ["Deno's calls", "with looks", "ours, host", "ours, moving"].map((name) =>
        `${name} ${((cpu(name) ?? NaN) / node).toFixed(2)}`
      );
      console.log(`  CPU time by node's: ${parts.join(", ")}`);
    }
    report[work.kind] = Object.fromEntries(runners.map(([name], i) => [name, all[i] ?? null]));
  }
  if (args.json !== undefined) Deno.writeTextFileSync(args.json, JSON.stringify(report, null, 2));
} finally {
  Deno.removeSync(folder, { recursive: true });
}
