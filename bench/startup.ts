/**
 * What capbox adds to the start of Deno: an empty script and `cli.ts echo hi`, run in turns, beside
 * native busybox. Fails when the ratio of the medians is above the limit.
 *
 * `deno task startup [--rounds N] [--json FILE]`
 */

import { parseArgs } from "@std/cli/parse-args";
import { findBusybox } from "../reference/native.ts";

/** Highest ratio of `cli.ts echo hi` to an empty script. The aim is 5 ms on top. */
const limit = 1.3;

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);

function run(command: string, args: readonly string[], want: string): number {
  const start = performance.now();
  const { success, stdout } = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).outputSync();
  const elapsed = performance.now() - start;
  const got = new TextDecoder().decode(stdout);
  if (!success || got !== want) {
    throw new Error(`${command} ${args.join(" ")} printed ${JSON.stringify(got)}`);
  }
  return elapsed;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

const args = parseArgs(Deno.args, { string: ["rounds", "json"] });
const rounds = Number(args.rounds ?? 30);
const dir = Deno.makeTempDirSync({ prefix: "capbox-startup-" });
let broken = false;
const results = new Map<string, number[]>();
try {
  Deno.writeTextFileSync(`${dir}/empty.ts`, "");
  Deno.writeTextFileSync(
    `${dir}/print.ts`,
    `Deno.stdout.writeSync(new Uint8Array([104, 105, 10]));`,
  );
  const deno = Deno.execPath();
  const flags = ["run", "--no-config", "--no-lock", "--no-prompt"];
  const rivals: [name: string, command: string, args: string[], want: string][] = [
    ["empty script", deno, [...flags, `${dir}/empty.ts`], ""],
    ["script that prints", deno, [...flags, `${dir}/print.ts`], "hi\n"],
    ["cli.ts echo hi", deno, [...flags, `${root}cli.ts`, "echo", "hi"], "hi\n"],
    ["the same with -A", deno, [...flags, "-A", `${root}cli.ts`, "echo", "hi"], "hi\n"],
    [
      "cli.ts sh -c 'echo hi'",
      deno,
      [...flags, "-R", `${root}cli.ts`, "sh", "-c", "echo hi"],
      "hi\n",
    ],
  ];
  const native = findBusybox();
  if (native !== undefined) rivals.push(["busybox echo hi", native.path, ["echo", "hi"], "hi\n"]);
  for (const [name, command, argv, want] of rivals.splice(0)) {
    try {
      run(command, argv, want);
      rivals.push([name, command, argv, want]);
    } catch (error) {
      console.log(`FAILED: ${(error as Error).message}`);
      broken = true;
    }
  }
  // The first two rounds fill the code caches and do not count.
  for (let round = -2; round < rounds; round++) {
    for (const [name, command, argv, want] of rivals) {
      const elapsed = run(command, argv, want);
      if (round < 0) continue;
      if (!results.has(name)) results.set(name, []);
      results.get(name)!.push(elapsed);
    }
  }
} finally {
  Deno.removeSync(dir, { recursive: true });
}

const floor = results.get("empty script")!;
const median = quantile(floor, 0.5);
const rows = [...results].map(([name, values]) => {
  // Paired by round, so that what else the machine does falls on both.
  const over = values.map((value, i) => value - floor[i]);
  return { name, ratio: quantile(values, 0.5) / median, over: quantile(over, 0.5) };
});
for (const { name, ratio, over } of rows) {
  console.log(
    `${name.padEnd(24)} ${ratio.toFixed(3)} × an empty script, ` +
      `${over >= 0 ? "+" : ""}${over.toFixed(1)} ms (median of ${rounds})`,
  );
}
if (args.json !== undefined) {
  Deno.writeTextFileSync(args.json, JSON.stringify({ rounds, rows }, null, 2) + "\n");
}
const ours = rows.find((row) => row.name === "cli.ts echo hi");
const failed = broken || ours === undefined || ours.ratio > limit;
console.log(
  failed
    ? `FAILED: above the limit of ${limit}, or broken`
    : `within the limit of ${limit}; the aim is +5 ms`,
);
Deno.exit(failed ? 1 : 0);
