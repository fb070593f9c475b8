/**
 * The ground that everything stands on, beside native busybox in the same run: making, copying and
 * using sandboxes, reading through them, walking trees. `deno task bench` runs it, and fails when a
 * figure is beyond its limit.
 *
 * Each figure against native is the median of pairs A B A B …, since these machines drift; a time is
 * the best of some batches.
 */
import { Sandbox } from "../mod.ts";
import { findBusybox } from "../reference/native.ts";

const BIG_BYTES = 64 * 1024 * 1024;
const TREE_FILES = 20_000;
const PAIRS = 7;
const BATCHES = 5;
/** What was beyond its limit. */
const beyond: string[] = [];

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Milliseconds that one call takes: the mean of many, and of some such means the least. */
async function each(times: number, work: () => unknown): Promise<number> {
  let best = Infinity;
  for (let batch = 0; batch <= BATCHES; batch++) {
    const start = performance.now();
    for (let i = 0; i < times; i++) await work();
    // The first batch warms up.
    if (batch > 0) best = Math.min(best, (performance.now() - start) / times);
  }
  return best;
}

function show(name: string, value: string, limit: string, isWithin: boolean): void {
  console.log(`${name.padEnd(44)} ${value.padStart(12)}   ${limit}${isWithin ? "" : "  BEYOND"}`);
  if (!isWithin) beyond.push(name);
}

async function takes(
  name: string,
  most: number,
  times: number,
  work: () => unknown,
): Promise<void> {
  const ms = await each(times, work);
  show(name, `${ms.toFixed(4)} ms`, `< ${most} ms`, ms < most);
}

async function sandboxes(): Promise<void> {
  await takes("create a sandbox", 1, 100, () => Sandbox.create());
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/tmp/big", new Uint8Array(50 * 1024 * 1024));
  await takes("fork a sandbox of 50 MB", 0.1, 100, () => sandbox.fork().close());
  await takes("snapshot a sandbox of 50 MB", 0.1, 100, () => sandbox.snapshot());
  await takes("echo hi, as one program", 0.1, 500, () => sandbox.run(["echo", "hi"]));
  await takes("sh -c 'echo hi', warm", 0.05, 500, () => sandbox.sh("echo hi"));
}

/** Our time over native's, both for the same command over the same files; above 1 we are faster. */
async function against(
  native: string,
  sandbox: Sandbox,
  directory: string,
  name: string,
  argv: readonly string[],
  least: number,
): Promise<void> {
  const ratios: number[] = [];
  for (let pair = 0; pair <= PAIRS; pair++) {
    let start = performance.now();
    const theirs = new Deno.Command(native, {
      args: [...argv],
      cwd: directory,
      stdout: "piped",
      stderr: "null",
    }).outputSync();
    const nativeMs = performance.now() - start;
    start = performance.now();
    let bytes = 0;
    const ours = await sandbox.run(argv, {
      cwd: "/bench",
      stdout: (chunk) => {
        bytes += chunk.length;
      },
    });
    const ourMs = performance.now() - start;
    if (ours.code !== theirs.code || bytes !== theirs.stdout.length) {
      throw new Error(`${argv.join(" ")}: results differ: ${ours.stderrText}`);
    }
    if (pair > 0) ratios.push(nativeMs / ourMs);
  }
  const ratio = median(ratios);
  show(name, `${ratio.toFixed(2)} ×`, `≥ ${least} ×`, ratio >= least);
}

async function files(native: string): Promise<void> {
  const directory = Deno.makeTempDirSync({ prefix: "capbox_bench_" });
  try {
    const line = '203.0.113.9 - - [12/Mar/2025:09:00:01] "GET /docs/install HTTP/1.1" 200 5120\n';
    const text = new TextEncoder().encode(line.repeat(Math.ceil(BIG_BYTES / line.length)));
    Deno.writeFileSync(`${directory}/big`, text.subarray(0, BIG_BYTES));
    for (let i = 0; i < TREE_FILES; i++) {
      const at = `${directory}/tree/${i % 20}/${Math.floor(i / 20) % 20}`;
      if (i < 400) Deno.mkdirSync(at, { recursive: true });
      Deno.writeTextFileSync(`${at}/file${i}`, "");
    }
    await using sandbox = await Sandbox.create({
      mounts: [{ host: directory, guest: "/bench", mode: "ro" }],
      limits: { outputBytes: 1 << 30 },
    });
    const rows: [string, string[], number][] = [
      ["cat 64 MB", ["cat", "big"], 1],
      ["wc 64 MB", ["wc", "big"], 1],
      ["wc -l 64 MB", ["wc", "-l", "big"], 1],
      ["head -c 60M", ["head", "-c", "60m", "big"], 1],
      ["head -n 500000", ["head", "-n", "500000", "big"], 1],
      ["ls -R, 20,000 files", ["ls", "-R", "tree"], 0.5],
      ["ls -lR, 20,000 files", ["ls", "-lR", "tree"], 0.5],
    ];
    for (const [name, argv, least] of rows) {
      await against(native, sandbox, directory, name, argv, least);
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

await sandboxes();
const native = findBusybox();
if (native === undefined) console.log("no native busybox: nothing to compare with");
else await files(native.path);
if (beyond.length > 0) {
  console.log(`FAILED: beyond the limit: ${beyond.join("; ")}`);
  Deno.exit(1);
}
