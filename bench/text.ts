/**
 * Throughput of the text applets on a large file like a log, beside native busybox: both in turns, as
 * whole runs and without what the same command takes on an empty file. Before anything is timed both
 * must print the same for a part of the file. Where there is bash, which tells it to the millisecond,
 * the processor time of both as well: on a machine that does other things too it is the steadier
 * figure. Then the memory that the streaming ones add, read from /proc (Linux only).
 *
 * `deno task bench-text [--mb 100] [--rounds 3] [--only REGEX] [--json FILE]`
 *
 * Fails when a command is slower than native without start-up, when the geometric mean is below the
 * aim, or when one adds too much memory.
 */

import { parseArgs } from "@std/cli/parse-args";
import { findBusybox } from "../reference/native.ts";

/** Least ratio of native's time to ours for each command, without start-up. */
const leastRatio = 1;
/** Least geometric mean of them. */
const leastMean = 3;
/** What a streaming command may add to its memory at start. */
const memoryLimit = 100_000_000;

/** A command; `F` stands for the file's name. */
interface Row {
  readonly name: string;
  readonly argv: readonly string[];
  /** Which file; the log when nothing is said, none for the ones that only count. */
  readonly file?: "log" | "runs" | "none";
  /** Whether its memory must not grow with the input. */
  readonly streams?: boolean;
  /** Part of the file, for those whose output is many times as long. */
  readonly share?: number;
}

const ROWS: readonly Row[] = [
  { name: "grep -F", argv: ["grep", "-F", "connection refused", "F"], streams: true },
  {
    name: "grep class + star",
    argv: ["grep", "time=[0-9]*99ms .*users/[0-9]*7 ", "F"],
    streams: true,
  },
  {
    name: "grep -E alternation",
    argv: ["grep", "-E", "(ERROR|FATAL|timeout) |status=50[0-4]", "F"],
    streams: true,
  },
  { name: "grep -i", argv: ["grep", "-i", "connection REFUSED", "F"], streams: true },
  { name: "grep -v -c", argv: ["grep", "-vc", "INFO", "F"], streams: true },
  { name: "grep -o -E", argv: ["grep", "-oE", "req=[0-9a-f]+", "F"], streams: true },
  { name: "sed s///g", argv: ["sed", "s/status=/code:/g", "F"], streams: true },
  {
    name: "sed s with groups",
    argv: ["sed", "-E", "s/([a-z]+)=([0-9]+)/\\2 \\1/", "F"],
    streams: true,
  },
  { name: "sed -n p range", argv: ["sed", "-n", "/worker-7 /,/ERROR/p", "F"], streams: true },
  { name: "cut -d -f", argv: ["cut", "-d", " ", "-f", "2,5-7", "F"], streams: true },
  { name: "cut -c", argv: ["cut", "-c", "1-10,25-60", "F"], streams: true },
  { name: "tr", argv: ["tr", "a-z", "A-Z"], streams: true },
  { name: "tr -d", argv: ["tr", "-d", "0-9"], streams: true },
  { name: "sort", argv: ["sort", "F"] },
  { name: "sort -n -k", argv: ["sort", "-n", "-k", "4", "F"] },
  { name: "sort -t -k -r", argv: ["sort", "-t", "=", "-k", "3,3", "-r", "F"] },
  { name: "uniq -c", argv: ["uniq", "-c", "F"], file: "runs", streams: true },
  { name: "wc", argv: ["wc", "F"], streams: true },
  { name: "wc -l", argv: ["wc", "-l", "F"], streams: true },
  { name: "head -n", argv: ["head", "-n", "900000", "F"], streams: true },
  { name: "tail -n", argv: ["tail", "-n", "1000", "F"], streams: true },
  { name: "awk sum", argv: ["awk", "{ s += $4 } END { print s }", "F"], streams: true },
  {
    name: "awk -F= print",
    argv: ["awk", "-F=", "/ERROR/ { print $2, NF }", "F"],
    streams: true,
  },
  {
    name: "awk word count",
    argv: [
      "awk",
      "{ for (i = 1; i <= NF; i++) n[$i]++ } END { for (w in n) c++; print c }",
      "F",
    ],
    file: "runs",
  },
  {
    name: "awk 10^7 loop",
    argv: ["awk", "BEGIN { for (i = 0; i < 10000000; i++) s += i % 7; print s }"],
    file: "none",
  },
  { name: "md5sum", argv: ["md5sum", "F"], streams: true },
  { name: "sha1sum", argv: ["sha1sum", "F"], streams: true },
  { name: "sha256sum", argv: ["sha256sum", "F"], streams: true },
  { name: "sha512sum", argv: ["sha512sum", "F"], streams: true },
  { name: "od", argv: ["od", "F"], share: 0.3, streams: true },
  { name: "od -A x -t x1", argv: ["od", "-A", "x", "-t", "x1", "F"], share: 0.3, streams: true },
  { name: "hexdump -C", argv: ["hexdump", "-C", "F"], share: 0.3, streams: true },
  { name: "xxd", argv: ["xxd", "F"], share: 0.3, streams: true },
];

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
const encoder = new TextEncoder();

/** A line of the log. */
function logLine(random: (bound: number) => number, number: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const seconds = Math.floor(number / 40);
  const time = `2026-03-${two(1 + Math.floor(seconds / 86400) % 28)}T` +
    `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:` +
    `${two(seconds % 60)}.${String(random(1000)).padStart(3, "0")}`;
  const kind = random(100);
  const level = kind < 80 ? "INFO " : kind < 92 ? "DEBUG" : kind < 98 ? "WARN " : "ERROR";
  const verb = ["GET", "GET", "GET", "POST", "PUT", "DELETE"][random(6)];
  const path = ["api/v1/users/", "api/v1/orders/", "static/img/", "search?q="][random(4)];
  const text = [
    ...["done", "cache miss", "retry with backoff", "Connection Refused by peer"],
    ...["connection refused", "slow query", "timeout while reading", "done", "done"],
  ][level === "ERROR" ? 3 + random(4) : random(3)];
  return `${time} ${level} worker-${random(32)} ${random(100000)} ` +
    `[req=${random(2 ** 31).toString(16)}] ${verb} /${path}${random(9000)} ` +
    `status=${[200, 200, 200, 201, 304, 404, 500, 503][random(8)]} time=${
      random(2000)
    }ms ${text}\n`;
}

/** A line that is found again, a few times in a row or much later. */
function runLine(random: (bound: number) => number): string {
  const line = `${["login", "logout", "view", "buy"][random(4)]} user${random(500)} from 10.0.` +
    `${random(4)}.${random(250)} ok\n`;
  return line.repeat(1 + random(5));
}

/** The same numbers on every machine. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

function makeFile(path: string, size: number, line: (number: number) => string): void {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  let number = 0;
  for (let made = 0; made < size;) {
    let block = "";
    while (block.length < 1 << 20 && made + block.length < size) block += line(number++);
    made += file.writeSync(encoder.encode(block));
  }
}

/** Whether there is a shell that tells processor times to the millisecond. */
const hasBash = ((): boolean => {
  try {
    return new Deno.Command("bash", { args: ["-c", ":"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
})();

interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

const args = parseArgs(Deno.args, {
  string: ["mb", "rounds", "json", "only"],
  boolean: ["no-memory"],
});
const size = Number(args.mb ?? 100) * 1_000_000;
const rounds = Number(args.rounds ?? 3);
const only = new RegExp(args.only ?? "");
const native = findBusybox();
if (native === undefined) throw new Error("there is no native busybox to compare with");
const dir = Deno.makeTempDirSync({ prefix: "capbox-text-" });

const programs: { readonly native: Program; readonly ours: Program } = {
  native: { command: native.path, args: [] },
  ours: {
    command: Deno.execPath(),
    args: ["run", "--no-config", "--no-lock", "--no-prompt", "-R", `${root}cli.ts`],
  },
};

/**
 * A command over a file; `tr` has no operand for one and reads it from standard input.
 *
 * @param alone Whether nothing but the command is to run in the process.
 */
function commandOf(program: Program, row: Row, file: string, alone = false): Deno.Command {
  const argv = row.argv.map((word) => word === "F" ? file : word);
  const fromFile = row.file !== "none" && !row.argv.includes("F");
  const line = [program.command, ...program.args, ...argv];
  // A shell connects standard input.
  const input = fromFile ? ` <${file}` : "";
  const script = hasBash && !alone
    ? `"$@"${input} >out; code=$?; times >times; exit $code`
    : `exec "$@"${input} >out`;
  return new Deno.Command(hasBash ? "bash" : "/bin/sh", {
    args: ["-c", script, "sh", ...line],
    cwd: dir,
    env: { LC_ALL: "C" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  });
}

/** Milliseconds of one run: on the clock, and of the processors if that can be told. */
interface Taken {
  readonly wall: number;
  readonly cpu: number | undefined;
}

function time(program: Program, row: Row, file: string): Taken {
  const command = commandOf(program, row, file);
  const start = performance.now();
  const { code } = command.outputSync();
  const wall = performance.now() - start;
  if (code > 1) throw new Error(`${row.name} ended with ${code}`);
  if (!hasBash) return { wall, cpu: undefined };
  // The second line is about the children: user and system time.
  const [, line = ""] = Deno.readTextFileSync(`${dir}/times`).split("\n");
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  return { wall, cpu: parts.reduce((sum, part) => sum + +part[1] * 60_000 + +part[2] * 1000, 0) };
}

/** The highest resident size of one run, looked at every few milliseconds. */
async function peak(program: Program, row: Row, file: string): Promise<number> {
  const child = commandOf(program, row, file, true).spawn();
  let highest = 0;
  let ended = false;
  const status = child.status.finally(() => ended = true);
  while (!ended) {
    try {
      const text = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      highest = Math.max(highest, Number(/VmHWM:\s+(\d+) kB/.exec(text)?.[1] ?? 0) * 1024);
    } catch {
      // It ended while it was looked at.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await status;
  return highest;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Milliseconds of a command, of whole runs and of those on an empty file. */
interface Times {
  readonly whole: number;
  readonly start: number;
}

/** How a command compares. */
interface Figures {
  readonly name: string;
  readonly native: { readonly least: Times; readonly median: Times };
  readonly ours: { readonly least: Times; readonly median: Times };
  /**
   * Native's time by ours, as whole runs. The ratios are those of the least times, because whatever
   * else the machine does only adds to them.
   */
  readonly whole: number;
  /** The same without what both take on an empty file. */
  readonly running: number;
  /** The same of the medians. */
  readonly median: number;
  /** The same of the least processor times. */
  readonly cpu?: number;
  /** Bytes that ours adds to what it holds on an empty file. */
  readonly memory?: number;
}

const seeds = { log: numbers(4711), runs: numbers(42) };
const figures: Figures[] = [];
const problems: string[] = [];
try {
  makeFile(`${dir}/log`, size, (number) => logLine(seeds.log, number));
  makeFile(`${dir}/runs`, size, () => runLine(seeds.runs));
  makeFile(`${dir}/part.log`, 1_000_000, (number) => logLine(seeds.log, number));
  makeFile(`${dir}/part.runs`, 1_000_000, () => runLine(seeds.runs));
  Deno.writeTextFileSync(`${dir}/empty`, "");
  for (const row of ROWS) {
    if (!only.test(row.name)) continue;
    const kind = row.file === "runs" ? "runs" : "log";
    const outputs = [programs.native, programs.ours].map((program) => {
      time(program, row, row.file === "none" ? "empty" : `part.${kind}`);
      return Deno.readTextFileSync(`${dir}/out`);
    });
    if (outputs[0] !== outputs[1]) {
      problems.push(`${row.name}: does not print what native prints`);
      continue;
    }
    let file: string = kind;
    if (row.share !== undefined) {
      file = `${kind}.${row.share}`;
      try {
        Deno.lstatSync(`${dir}/${file}`);
      } catch {
        Deno.copyFileSync(`${dir}/${kind}`, `${dir}/${file}`);
        Deno.truncateSync(`${dir}/${file}`, Math.floor(size * row.share));
      }
    }
    // What a loop without input takes to start is what an empty program takes.
    const idle = row.file === "none" ? { ...row, argv: ["awk", "BEGIN { }"] } : row;
    const times = { native: [] as Taken[], ours: [] as Taken[] };
    const starts = { native: [] as Taken[], ours: [] as Taken[] };
    for (let round = 0; round < rounds; round++) {
      for (const who of ["native", "ours"] as const) {
        starts[who].push(time(programs[who], idle, "empty"));
        times[who].push(time(programs[who], row, file));
      }
    }
    const walls = (list: readonly Taken[]): number[] => list.map(({ wall }) => wall);
    const figure = (who: "native" | "ours"): Figures["native"] => ({
      least: { whole: Math.min(...walls(times[who])), start: Math.min(...walls(starts[who])) },
      median: { whole: median(walls(times[who])), start: median(walls(starts[who])) },
    });
    const leastCpu = (list: readonly Taken[]): number => Math.min(...list.map(({ cpu }) => cpu!));
    const cpuOf = (who: "native" | "ours"): number =>
      Math.max(1, leastCpu(times[who]) - leastCpu(starts[who]));
    const cpu = hasBash ? cpuOf("native") / cpuOf("ours") : undefined;
    const [theirs, ours] = [figure("native"), figure("ours")];
    const spent = ({ whole, start }: Times): number => Math.max(1, whole - start);
    const whole = theirs.least.whole / ours.least.whole;
    const running = spent(theirs.least) / spent(ours.least);
    let memory: number | undefined;
    if (row.streams && Deno.build.os === "linux" && !args["no-memory"]) {
      memory = await peak(programs.ours, row, file) - await peak(programs.ours, row, "empty");
    }
    figures.push({
      name: row.name,
      native: theirs,
      ours,
      whole,
      running,
      median: spent(theirs.median) / spent(ours.median),
      cpu,
      memory,
    });
    const ms = (value: number): string => value.toFixed(0).padStart(6);
    console.log(
      `${row.name.padEnd(20)} native ${ms(theirs.least.whole)} ms, ours ${
        ms(ours.least.whole)
      } ms ` +
        `(start ${ms(ours.least.start)}): ${whole.toFixed(2).padStart(6)}× whole, ` +
        `${running.toFixed(2).padStart(6)}× running` +
        (cpu === undefined ? "" : `, ${cpu.toFixed(2).padStart(5)}× of the processor`) +
        (memory === undefined ? "" : `, +${(memory / 1e6).toFixed(0)} MB`),
    );
    if (running < leastRatio) problems.push(`${row.name}: ${running.toFixed(2)}× native`);
    if (memory !== undefined && memory > memoryLimit) {
      problems.push(`${row.name}: adds ${(memory / 1e6).toFixed(0)} MB`);
    }
  }
} finally {
  Deno.removeSync(dir, { recursive: true });
}

/** Where ours takes a few milliseconds only, the ratio says nothing, and counts as this at most. */
const mostRatio = 20;

const mean = (value: (figure: Figures) => number): number =>
  Math.exp(
    figures.reduce((sum, figure) => sum + Math.log(Math.min(mostRatio, value(figure))), 0) /
      figures.length,
  );
const means = { whole: mean((figure) => figure.whole), running: mean((figure) => figure.running) };
console.log(
  `geometric mean of ${figures.length}: ${means.whole.toFixed(2)}× whole, ` +
    `${means.running.toFixed(2)}× running`,
);
if (args.only === undefined && means.running < leastMean) {
  problems.push(`the geometric mean is below ${leastMean}`);
}
if (args.json !== undefined) {
  Deno.writeTextFileSync(
    args.json,
    JSON.stringify({ native: native.version, bytes: size, rounds, means, figures }, null, 2) + "\n",
  );
}
for (const problem of problems) console.log(`FAILED: ${problem}`);
Deno.exit(problems.length > 0 ? 1 : 0);
