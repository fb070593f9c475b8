/**
 * Line coverage of what is shipped, by folder; fails when one is below the floor, or when a test fails.
 *
 * `deno task coverage [--floor PERCENT] [--keep] [--from DIR] [TEST FOLDERS…]`
 *
 * With --from no test is run: DIR holds what a run of the tests with DENO_COVERAGE_DIR=DIR left there.
 */

import { parseArgs } from "@std/cli/parse-args";
import { walkSync } from "@std/fs";

/** Share of lines that tests must reach in each of applets/, sandbox/ and wasi/, in percent. */
const defaultFloor = 90;

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const config = import.meta.resolve("@std/cli").startsWith("file:") ? "deno.npm.json" : "deno.json";

/** Lines found and lines reached. */
interface Tally {
  found: number;
  hit: number;
}

/** Runs the tests; false when one failed. What they start counts too, where they pass the environment on. */
async function runTests(args: readonly string[], dir: string): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { DENO_COVERAGE_DIR: dir },
    stdin: "null",
  }).spawn().status;
  return success;
}

async function makeLcov(dir: string): Promise<string> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "--lcov", dir],
    cwd: root,
    stdin: "null",
    stderr: "null", // Modules that tests wrote and removed again.
  }).output();
  if (!success) throw new Error("deno coverage failed");
  return new TextDecoder().decode(stdout);
}

/** Lines per file, from the LCOV format: `SF:` names a file, `DA:line,count` a line of it. */
export function readLcov(text: string): Map<string, Tally> {
  const files = new Map<string, Tally>();
  let tally: Tally = { found: 0, hit: 0 };
  for (const line of text.split("\n")) {
    if (line.startsWith("SF:")) {
      tally = { found: 0, hit: 0 };
      files.set(line.slice(3), tally);
    } else if (line.startsWith("DA:")) {
      tally.found++;
      if (Number(line.slice(line.indexOf(",") + 1).split(",")[0]) > 0) tally.hit++;
    }
  }
  return files;
}

/** Lines of a module that no test loaded: those that hold more than a comment. */
export function unreached(source: string): Tally {
  const code = source.replace(/\/\*[^]*?\*\//g, "").split("\n")
    .filter((line) => !/^\s*(\/\/.*)?$/.test(line));
  return { found: code.length, hit: 0 };
}

/** Whether a module declares types only: nothing of it is left to run, and no test can reach it. */
export async function isTypesOnly(path: string): Promise<boolean> {
  return Object.keys(await import(`file://${path}`)).length === 0;
}

/** The tallies of all files below each folder. */
export function byFolder(
  files: ReadonlyMap<string, Tally>,
  base: string,
  folders: readonly string[],
): Map<string, Tally> {
  const sums = new Map<string, Tally>(folders.map((folder) => [folder, { found: 0, hit: 0 }]));
  for (const [path, tally] of files) {
    if (!path.startsWith(base)) continue;
    const sum = sums.get(path.slice(base.length).split("/")[0]);
    if (sum === undefined) continue;
    sum.found += tally.found;
    sum.hit += tally.hit;
  }
  return sums;
}

function percent({ found, hit }: Tally): number {
  return found === 0 ? 100 : 100 * hit / found;
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, { string: ["floor", "from"], boolean: ["keep"] });
  const floor = Number(args.floor ?? defaultFloor);
  const dir = args.from ?? `${root}coverage`;
  let passed = true;
  if (args.from === undefined) {
    await Deno.remove(dir, { recursive: true }).catch(() => {});
    const tests = args._.length > 0 ? args._.map(String) : ["tests/"];
    passed = await runTests(["test", "-A", "--no-check", "-q", "-c", config, ...tests], dir);
  }
  const lcov = await makeLcov(dir);
  if (!args.keep && args.from === undefined) await Deno.remove(dir, { recursive: true });
  const files = readLcov(lcov);
  for (const folder of ["applets", "sandbox", "wasi"]) {
    for (const { path } of walkSync(root + folder, { includeDirs: false, exts: [".ts"] })) {
      if (files.has(path) || await isTypesOnly(path)) continue;
      files.set(path, unreached(Deno.readTextFileSync(path)));
    }
  }
  const sums = byFolder(files, root, ["applets", "sandbox", "wasi"]);
  const all: Tally = { found: 0, hit: 0 };
  const worst = [...files].filter(([path]) =>
    /^(applets|sandbox|wasi)\//.test(path.slice(root.length))
  )
    .sort((a, b) => percent(a[1]) - percent(b[1])).slice(0, 15);
  console.log("least covered:");
  for (const [path, tally] of worst) {
    console.log(`  ${percent(tally).toFixed(1).padStart(5)} %  ${path.slice(root.length)}`);
  }
  for (const [folder, tally] of sums) {
    all.found += tally.found;
    all.hit += tally.hit;
    console.log(`${folder.padEnd(10)} ${percent(tally).toFixed(1)} % of ${tally.found} lines`);
  }
  console.log(`${"all".padEnd(10)} ${percent(all).toFixed(1)} % of ${all.found}, floor ${floor} %`);
  const low = [...sums].filter(([, tally]) => percent(tally) < floor).map(([folder]) => folder);
  if (low.length > 0) console.log(`below the floor: ${low.join(", ")}`);
  if (!passed) console.log("tests failed");
  return low.length > 0 || !passed ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
