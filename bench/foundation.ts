/**
 * The ground that everything stands on, beside native busybox in the same run: making, copying and
 * using sandboxes, reading through them, walking trees. `deno task bench` runs it.
 *
 * Each figure against native is the median of pairs A B A B …, since these machines drift.
 */
import { Sandbox } from "../mod.ts";
import { findBusybox } from "../reference/native.ts";

const BIG_BYTES = 64 * 1024 * 1024;
const TREE_FILES = 20_000;
const PAIRS = 7;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Milliseconds that one call takes, as the mean of many. */
async function each(times: number, work: () => unknown): Promise<number> {
  for (let i = 0; i < Math.min(times, 100); i++) await work();
  const start = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (performance.now() - start) / times;
}

function report(name: string, value: string, limit: string): void {
  console.log(`${name.padEnd(44)} ${value.padStart(12)}   ${limit}`);
}

async function sandboxes(): Promise<void> {
  report(
    "create a sandbox",
    `${(await each(500, () => Sandbox.create())).toFixed(3)} ms`,
    "< 1 ms",
  );
  await using sandbox = await Sandbox.create();
  await sandbox.fs.writeFile("/tmp/big", new Uint8Array(50 * 1024 * 1024));
  const fork = await each(500, () => sandbox.fork().close());
  report("fork a sandbox of 50 MB", `${fork.toFixed(3)} ms`, "< 0.1 ms");
  const snapshot = await each(500, () => sandbox.snapshot());
  report("snapshot a sandbox of 50 MB", `${snapshot.toFixed(3)} ms`, "< 0.1 ms");
  const warm = await each(2000, () => sandbox.sh("echo hi"));
  report("sh -c 'echo hi', warm", `${warm.toFixed(3)} ms`, "< 0.05 ms");
}

/** Our time over native's, both for the same command over the same files; above 1 we are faster. */
async function against(
  native: string,
  sandbox: Sandbox,
  directory: string,
  name: string,
  argv: readonly string[],
  limit: string,
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
  report(name, `${median(ratios).toFixed(2)} ×`, limit);
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
    const rows: [string, string[], string][] = [
      ["cat 64 MB", ["cat", "big"], "≥ 1 ×"],
      ["wc 64 MB", ["wc", "big"], "≥ 1 ×"],
      ["wc -l 64 MB", ["wc", "-l", "big"], "≥ 1 ×"],
      ["head -c 60M", ["head", "-c", "60m", "big"], "≥ 1 ×"],
      ["head -n 500000", ["head", "-n", "500000", "big"], "≥ 1 ×"],
      ["ls -R, 20,000 files", ["ls", "-R", "tree"], "≥ 0.5 ×"],
      ["ls -lR, 20,000 files", ["ls", "-lR", "tree"], "≥ 0.5 ×"],
    ];
    for (const [name, argv, limit] of rows) {
      await against(native, sandbox, directory, name, argv, limit);
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

await sandboxes();
const native = findBusybox();
if (native === undefined) console.log("no native busybox: nothing to compare with");
else await files(native.path);
