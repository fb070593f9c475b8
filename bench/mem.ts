/**
 * Memory: what an idle sandbox holds, and what a gigabyte through a pipeline adds. Each figure is
 * taken in a process of its own. Fails when a limit is exceeded.
 *
 * `deno task mem [--json FILE]`
 */

import { parseArgs } from "@std/cli/parse-args";
import { Sandbox } from "../mod.ts";

/** Ceiling for an idle sandbox, in bytes. */
const idleLimit = 20_000;
/** Ceiling for what a gigabyte through `cat | cat | cat | wc -c` adds, in bytes. */
const pipeLimit = 32_000_000;

const self = decodeURIComponent(new URL(import.meta.url).pathname);
const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
const config = import.meta.resolve("@std/cli").startsWith("file:") ? "deno.npm.json" : "deno.json";

/** The highest resident size this process had, in bytes; Linux only. */
function peak(): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"));
  return Number(line?.[1] ?? NaN) * 1024;
}

function collect(): void {
  (globalThis as unknown as { gc?: () => void }).gc?.();
}

/** Heap and resident size of one of `count` idle sandboxes. */
async function idle(count: number): Promise<{ heap: number; rss: number }> {
  const warm = await Sandbox.create({});
  await warm.sh("echo hi");
  await warm[Symbol.asyncDispose]();
  collect();
  const before = Deno.memoryUsage();
  const kept: Sandbox[] = [];
  for (let i = 0; i < count; i++) kept.push(await Sandbox.create({}));
  collect();
  const after = Deno.memoryUsage();
  for (const sandbox of kept) await sandbox[Symbol.asyncDispose]();
  return {
    heap: (after.heapUsed + after.external - before.heapUsed - before.external) / count,
    rss: (after.rss - before.rss) / count,
  };
}

/** The peak after `bytes` went through a pipeline. */
async function pipe(bytes: number): Promise<{ peak: number }> {
  await using sandbox = await Sandbox.create({});
  const chunk = new Uint8Array(65536);
  let left = bytes;
  const stdin = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) return controller.close();
      const part = Math.min(left, chunk.length);
      // The same bytes each time: what the pipeline adds is measured, not what its source makes.
      controller.enqueue(chunk.subarray(0, part));
      left -= part;
    },
  });
  const result = await sandbox.sh("cat | cat | cat | wc -c", { stdin });
  const text = new TextDecoder().decode(result.stdout).trim();
  if (text !== String(bytes)) throw new Error(`wc -c printed ${text} for ${bytes} bytes`);
  return { peak: peak() };
}

/** The peak after `bytes` that a program of the sandbox made went through a pipeline. */
async function inner(bytes: number): Promise<{ peak: number }> {
  await using sandbox = await Sandbox.create({});
  const result = await sandbox.sh(`head -c ${bytes} /dev/zero | cat | cat | wc -c`);
  const text = new TextDecoder().decode(result.stdout).trim();
  if (text !== String(bytes)) throw new Error(`wc -c printed ${text} for ${bytes} bytes`);
  return { peak: peak() };
}

async function inChild<T>(...args: string[]): Promise<T> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", "-c", root + config, self, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`measuring ${args.join(" ")} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const args = parseArgs(Deno.args, { string: ["json", "idle", "pipe", "inner"] });
if (args.idle !== undefined) {
  console.log(JSON.stringify(await idle(Number(args.idle))));
} else if (args.pipe !== undefined) {
  console.log(JSON.stringify(await pipe(Number(args.pipe))));
} else if (args.inner !== undefined) {
  console.log(JSON.stringify(await inner(Number(args.inner))));
} else {
  let failed = false;
  const figures: { name: string; bytes: number; limit?: number }[] = [];
  for (const count of [100, 1000]) {
    const { heap, rss } = await inChild<{ heap: number; rss: number }>(`--idle=${count}`);
    figures.push({ name: `heap of one of ${count} idle sandboxes`, bytes: heap, limit: idleLimit });
    figures.push({ name: `resident size of one of ${count}`, bytes: rss });
  }
  if (Deno.build.os === "linux") {
    for (
      const [flag, name] of [
        ["pipe", "1 GiB through cat | cat | cat | wc -c adds"],
        ["inner", "1 GiB of head -c | cat | cat | wc -c adds"],
      ]
    ) {
      const small = await inChild<{ peak: number }>(`--${flag}=${1 << 20}`);
      const large = await inChild<{ peak: number }>(`--${flag}=${1 << 30}`);
      figures.push({ name, bytes: large.peak - small.peak, limit: pipeLimit });
    }
  } else {
    console.log("SKIPPED: the peak resident size can be read on Linux only");
  }
  for (const { name, bytes, limit } of figures) {
    const over = limit !== undefined && bytes > limit;
    failed ||= over;
    console.log(
      `${name.padEnd(44)} ${(bytes / 1000).toFixed(1).padStart(10)} kB` +
        (limit === undefined ? "" : `  limit ${limit / 1000} kB${over ? "  OVER" : ""}`),
    );
  }
  if (args.json !== undefined) {
    Deno.writeTextFileSync(args.json, JSON.stringify(figures, null, 2) + "\n");
  }
  Deno.exit(failed ? 1 : 0);
}
