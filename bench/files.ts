/**
 * Trees and archives beside native busybox, in one interleaved run: "running" is a warm sandbox on a
 * writable host mount against a native process, "whole" is `deno run -A cli.ts …` against it.
 *
 *     deno run -A bench/files.ts [--rounds N] [--json FILE] [--no-whole] [ROW…]
 *
 * A ratio above 1 means that we are faster; it is the median over the rounds of native's time
 * divided by ours, with the best and the worst round beside it. Below `du` stands what the two calls
 * of Deno cost that any walk needs, in a bare loop without a sandbox: no row can be faster than that.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Sandbox } from "../mod.ts";
import { findBusybox } from "../reference/native.ts";

/** Files of the large tree, and of the one that is copied and packed. */
const WALK_FILES = 20_000;
const COPY_FILES = 2_000;
const BIG_BYTES = 32 * 1024 * 1024;

const cli = decodeURIComponent(new URL("../cli.ts", import.meta.url).pathname);
const config = decodeURIComponent(new URL("../deno.npm.json", import.meta.url).pathname);
const folder = Deno.makeTempDirSync({ prefix: "capbox_bench_" });

/** One command, compared. */
interface Row {
  readonly name: string;
  readonly argv: readonly string[];
  /** Smallest ratio that is asked for. */
  readonly least: number;
  /** Folders and files that a run makes, removed before each. */
  readonly makes?: readonly string[];
  /** Taken from this file on standard input. */
  readonly stdin?: string;
  /** Folders that must be there, and empty, before each. */
  readonly empty?: readonly string[];
  /** Native is too slow to be run in each round. */
  readonly slow?: boolean;
  /** A tree that is walked by Deno's calls alone in each round, for comparison. */
  readonly bare?: string;
}

const ROWS: readonly Row[] = [
  { name: "find, 20,000 files", argv: ["find", "walk"], least: 0.5 },
  {
    name: "find -type f -size, 20,000 files",
    argv: ["find", "walk", "-type", "f", "-size", "+1"],
    least: 0.5,
  },
  { name: "ls -R, 20,000 files", argv: ["ls", "-R", "walk"], least: 0.5 },
  { name: "ls -lR, 20,000 files", argv: ["ls", "-lR", "walk"], least: 0.5 },
  { name: "du, 20,000 files", argv: ["du", "walk"], least: 0.5, bare: "walk" },
  { name: "cp -r, 2,000 files", argv: ["cp", "-r", "tree", "copy"], makes: ["copy"], least: 0.5 },
  {
    name: "tar c, 2,000 files",
    argv: ["tar", "cf", "made.tar", "tree"],
    makes: ["made.tar"],
    least: 0.5,
  },
  { name: "tar t, 2,000 files", argv: ["tar", "tf", "tree.tar"], least: 0.5 },
  {
    name: "tar x, 2,000 files",
    argv: ["tar", "xf", "tree.tar", "-C", "out"],
    empty: ["out"],
    least: 0.5,
  },
  { name: "rm -r, 2,000 files", argv: ["rm", "-r", "gone"], makes: ["gone"], least: 0.5 },
  { name: "gzip -c, 32 MB", argv: ["gzip", "-c"], stdin: "text", least: 1 },
  { name: "gunzip -c, 32 MB", argv: ["gunzip", "-c"], stdin: "text.gz", least: 1 },
  { name: "bzip2 -c, 4 MB", argv: ["bzip2", "-c"], stdin: "small", least: 0.5 },
  { name: "bunzip2 -c, 32 MB", argv: ["bunzip2", "-c"], stdin: "text.bz2", least: 0.5 },
  { name: "xz -dc, 32 MB", argv: ["xz", "-dc"], stdin: "text.xz", least: 0.5 },
  {
    name: "find -exec grep ;, 2,000 files",
    argv: ["find", "tree", "-type", "f", "-exec", "grep", "-c", "needle", "{}", ";"],
    least: 10,
    slow: true,
  },
  {
    name: "xargs -P4, 8 sleeps of 0.1 s",
    argv: ["xargs", "-P4", "-n1", "sleep"],
    stdin: "sleeps",
    least: 0.9,
  },
];

/** Text with the redundancy of a log. */
function logText(size: number): Uint8Array<ArrayBuffer> {
  const words = ["install", "docs", "index", "search", "login", "assets", "needle", "about", "api"];
  const lines: string[] = [];
  let seed = 12345;
  const next = (limit: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % limit;
  };
  for (let length = 0; length < size;) {
    const line = `203.0.${next(256)}.${next(256)} - - [12/Mar/2025:${next(24)}:${next(60)}] "GET /${
      words[next(9)]
    }/${words[next(9)]}/${next(100000)} HTTP/1.1" ${next(4) === 0 ? 404 : 200} ${next(50000)}`;
    lines.push(line);
    length += line.length + 1;
  }
  return new TextEncoder().encode(lines.join("\n")).subarray(0, size);
}

function prepare(native: string): void {
  for (let i = 0; i < WALK_FILES; i++) {
    const at = `${folder}/walk/${i % 20}/${Math.floor(i / 20) % 20}`;
    if (i < 400) Deno.mkdirSync(at, { recursive: true });
    Deno.writeTextFileSync(`${at}/file${i}`, "");
  }
  const text = logText(BIG_BYTES);
  for (let i = 0; i < COPY_FILES; i++) {
    const at = `${folder}/tree/${i % 10}/${Math.floor(i / 10) % 10}`;
    if (i < 100) Deno.mkdirSync(at, { recursive: true });
    Deno.writeFileSync(`${at}/file${i}`, text.subarray(i * 37, i * 37 + i % 50 * 150));
  }
  Deno.writeFileSync(`${folder}/text`, text);
  Deno.writeFileSync(`${folder}/small`, text.subarray(0, 4 << 20));
  Deno.writeTextFileSync(`${folder}/sleeps`, "0.1\n".repeat(8));
  // Debian's busybox packs bzip2 and gzip; xz comes from its own program, and without it has no row.
  const pack = (script: string): void => {
    new Deno.Command("sh", { args: ["-c", script, native], cwd: folder, stderr: "null" })
      .outputSync();
  };
  pack('"$0" gzip -c text > text.gz');
  pack('"$0" bzip2 -c text > text.bz2');
  pack("xz -c text > text.xz || rm -f text.xz");
  pack('"$0" tar cf tree.tar tree');
}

function exists(name: string): boolean {
  try {
    Deno.lstatSync(`${folder}/${name}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Lists a tree and asks for the facts of all that is in it. */
function bareWalk(path: string): number {
  let blocks = 0;
  for (const { name } of Deno.readDirSync(path)) {
    const inner = `${path}/${name}`;
    const info = Deno.lstatSync(inner);
    blocks += info.blocks ?? 0;
    if (info.isDirectory) blocks += bareWalk(inner);
  }
  return blocks;
}

function before(row: Row): void {
  for (const name of [...row.makes ?? [], ...row.empty ?? []]) {
    if (exists(name)) Deno.removeSync(`${folder}/${name}`, { recursive: true });
  }
  for (const name of row.empty ?? []) Deno.mkdirSync(`${folder}/${name}`);
  if (row.argv[0] === "rm") {
    const args = ["-r", "tree", row.argv[2]];
    new Deno.Command("cp", { args, cwd: folder }).outputSync();
  }
}

/** Runs a process with its output counted by the shell, and gives its time and the number. */
async function processRun(
  command: string,
  args: readonly string[],
  row: Row,
): Promise<readonly [ms: number, bytes: number]> {
  before(row);
  const start = performance.now();
  const script = `exec "$0" "$@" < ${row.stdin ?? "/dev/null"} > output`;
  const { stderr } = await new Deno.Command("sh", {
    args: ["-c", script, command, ...args],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const elapsed = performance.now() - start;
  if (stderr.length > 0) throw new Error(`${row.name}: ${new TextDecoder().decode(stderr)}`);
  return [elapsed, Deno.statSync(`${folder}/output`).size];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function ratioText(theirs: readonly number[], ours: readonly number[]): string {
  const ratios = theirs.map((time, i) => time / ours[i]);
  if (ratios.length === 0) return "-";
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${
    Math.max(...ratios).toFixed(2)
  })`;
}

const args = parseArgs(Deno.args, { string: ["rounds", "json"], boolean: ["no-whole"] });
const rounds = Number(args.rounds ?? 5);
const native = findBusybox()?.path;
if (native === undefined) {
  console.log("no native busybox: nothing to compare with");
  Deno.exit(0);
}
try {
  prepare(native);
  await using sandbox = await Sandbox.create({
    mounts: [{ host: folder, guest: "/b", mode: "rw" }],
    limits: { outputBytes: 1 << 30, wallMs: Infinity, cpuMs: Infinity, memoryBytes: 1 << 30 },
  });
  const report: Record<string, unknown> = {};
  console.log(
    `${"".padEnd(36)}${"native ms".padStart(10)}${"ours ms".padStart(10)}   ${
      "running".padEnd(20)
    }${"whole".padEnd(20)}wanted`,
  );
  for (const row of ROWS) {
    if (args._.length > 0 && !args._.some((word) => row.name.includes(String(word)))) continue;
    if (row.stdin !== undefined && !exists(row.stdin)) {
      console.log(`${row.name.padEnd(36)} not measured: no program made its input`);
      continue;
    }
    const theirs: number[] = [];
    const ours: number[] = [];
    const whole: number[] = [];
    const bare: number[] = [];
    const script = [...row.argv.map((word) => `'${word}'`), `< ${row.stdin ?? "/dev/null"}`, ">"]
      .join(" ") + " output";
    for (let round = 0; round <= (row.slow === true ? 1 : rounds); round++) {
      const [nativeMs, nativeBytes] = await processRun(native, row.argv, row);
      before(row);
      const start = performance.now();
      const { code, stderrText } = await sandbox.sh(script, { cwd: "/b" });
      const ourMs = performance.now() - start;
      if (code !== 0 && row.argv[0] !== "find" || stderrText !== "") {
        throw new Error(`${row.name}: status ${code}: ${stderrText}`);
      }
      const ourBytes = Deno.statSync(`${folder}/output`).size;
      const isPacked = row.argv[0] === "gzip" || row.argv[0] === "bzip2";
      if (!isPacked && ourBytes !== nativeBytes) {
        throw new Error(`${row.name}: ${ourBytes} bytes, native ${nativeBytes}`);
      }
      let wholeMs = NaN;
      if (!args["no-whole"]) {
        const flags = ["run", "-A", "-q", "--no-lock", "-c", config, cli, ...row.argv];
        [wholeMs] = await processRun(Deno.execPath(), flags, row);
      }
      let bareMs = NaN;
      if (row.bare !== undefined) {
        const bareStart = performance.now();
        bareWalk(`${folder}/${row.bare}`);
        bareMs = performance.now() - bareStart;
      }
      if (round === 0) continue;
      bare.push(bareMs);
      theirs.push(nativeMs);
      ours.push(ourMs);
      whole.push(wholeMs);
    }
    const running = ratioText(theirs, ours);
    const all = args["no-whole"] ? "-" : ratioText(theirs, whole);
    console.log(
      `${row.name.padEnd(36)}${median(theirs).toFixed(1).padStart(10)}${
        median(ours).toFixed(1).padStart(10)
      }   ${running.padEnd(20)}${all.padEnd(20)}≥ ${row.least}`,
    );
    if (row.bare !== undefined) {
      console.log(
        `${"  Deno's calls alone".padEnd(46)}${median(bare).toFixed(1).padStart(10)}   ${
          ratioText(theirs, bare)
        }`,
      );
    }
    report[row.name] = { native: theirs, ours, whole };
  }
  if (args.json !== undefined) Deno.writeTextFileSync(args.json, JSON.stringify(report, null, 2));
} finally {
  Deno.removeSync(folder, { recursive: true });
}
