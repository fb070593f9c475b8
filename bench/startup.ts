/**
 * What capbox adds to the start of Deno: an empty script and `cli.ts echo hi`, run in turns, beside
 * native busybox. Fails when the ratio of the shortest times is above the limit: what else the machine
 * does makes any run longer and none shorter, and with it medians differ by more than what is to be seen.
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

/** Clock ticks in a second, as /proc counts (Linux has 100 everywhere). */
const TICKS = 100;

/** Milliseconds of processor that ended children have used so far; undefined where nobody tells. */
function childrenMs(): number | undefined {
  try {
    // The name, in parentheses, may hold anything; then come state, parent, …, utime, stime, cutime, cstime.
    const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1].split(" ");
    return (Number(fields[13]) + Number(fields[14])) * 1000 / TICKS;
  } catch {
    return undefined;
  }
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
/** Processor time of all rounds; a single one is too short for the ticks in which it is told. */
const used = new Map<string, number>();
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
      const before = childrenMs();
      const elapsed = run(command, argv, want);
      if (round < 0) continue;
      if (before !== undefined) used.set(name, (used.get(name) ?? 0) + childrenMs()! - before);
      if (!results.has(name)) results.set(name, []);
      results.get(name)!.push(elapsed);
    }
  }
} finally {
  Deno.removeSync(dir, { recursive: true });
}

const floor = results.get("empty script")!;
const floorUsed = used.get("empty script");
const rows = [...results].map(([name, values]) => {
  // Paired by round, so that what else the machine does falls on both.
  const over = values.map((value, i) => value - floor[i]);
  const cpuOver = floorUsed === undefined ? undefined : (used.get(name)! - floorUsed) / rounds;
  const ratio = Math.min(...values) / Math.min(...floor);
  return { name, ratio, cpuOver, over: quantile(over, 0.5) };
});
const signed = (ms: number): string => `${ms >= 0 ? "+" : ""}${ms.toFixed(1)} ms`;
for (const { name, ratio, cpuOver, over } of rows) {
  const cpu = cpuOver === undefined ? "" : `, processor ${signed(cpuOver)}`;
  console.log(
    `${name.padEnd(24)} ${ratio.toFixed(3)} × an empty script at best, ` +
      `${signed(over)} in the middle of ${rounds}${cpu}`,
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
