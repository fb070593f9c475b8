/**
 * The same work by capbox and its peers, in turns: native busybox, capbox as a process and as a
 * library, just-bash, bashkit, and for WebAssembly node:wasi.
 *
 *     deno task compare [--rounds N] [--only REGEX] [--save] [--check]
 *
 * Work is a shell script over a file of 50,000 lines, or a WASI guest. Each subject must first print
 * what native prints; one that does not is shown as `differs` and not timed. Figures are ratios of a
 * subject's wall time to native's (to node:wasi's for guests): first that of the best times of both, which
 * other work on the machine disturbs least, then the range of the ratios within each round.
 *
 * just-bash and bashkit are taken from the `node_modules` folder that `CAPBOX_PEERS` names, else from
 * npm; where neither can be had the table says so. They run as libraries under the same Deno, each in
 * a worker that keeps the time, with their own default limits and the file in their memory.
 *
 * `--save` writes results/compare.json, .svg and .md; `--check` compares with the stored ratios: a row
 * fails when its ratio of best times is more than twice the stored one.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Sandbox } from "../mod.ts";
import { findBusybox } from "../reference/native.ts";
import { nativeSubject } from "../reference/subject.ts";
import { copier } from "../tests/wasi/programs.ts";
import { numberedLines } from "./lines.ts";
import { PEERS, startPeer } from "./peers.ts";

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
const results = `${root}bench/results/`;
/** A row has grown slower when its ratio of best times is above so many times the stored one. */
const TOLERANCE = 2;

/** A script, which finds the file `f` in its directory. */
interface Work {
  readonly name: string;
  readonly script: string;
}

/** Where shells pad numbers in their own ways, the script takes the blanks out. */
const WORKS: readonly Work[] = [
  { name: "echo hi", script: "echo hi" },
  { name: "wc", script: "echo $(wc f)" },
  { name: "grep -c", script: "grep -c '7.*3' f" },
  { name: "sed s///g", script: "sed s/7/X/g f | md5sum" },
  { name: "sort -n", script: "sort -n f | md5sum" },
  { name: "awk sum", script: "awk '{ s += $1 } END { print s, NR }' f" },
  { name: "gzip and gunzip", script: "gzip -c f | gunzip -c | md5sum" },
  {
    name: "a loop, 30,000 turns",
    script: "i=0; s=0; while [ $i -lt 30000 ]; do i=$((i+1)); s=$((s+i%7)); done; echo $s",
  },
  {
    name: "300 short pipelines",
    script:
      "for i in $(seq 300); do echo $i | tr 0-9 a-j | cut -c1; done | sort | uniq -c | sed 's/^ *//'",
  },
  {
    name: "1,000 substitutions",
    script:
      "n=0; for i in $(seq 1000); do x=$(basename /a/b/$i.txt .txt); n=$((n+x)); done; echo $n",
  },
];

/** Does a script and tells what it printed, and how long that took. */
interface Subject {
  readonly name: string;
  run(script: string): Promise<{ readonly text: string; readonly ms: number }>;
}

/** A subject that is timed from here. */
function timed(name: string, run: (script: string) => Promise<string>): Subject {
  return {
    name,
    run: async (script) => {
      const started = performance.now();
      const text = await run(script);
      return { text, ms: performance.now() - started };
    },
  };
}

async function output(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env,
    stdin: "null",
  }).output();
  if (code !== 0) {
    throw new Error(`status ${code}: ${new TextDecoder().decode(stderr).slice(0, 300)}`);
  }
  return new TextDecoder().decode(stdout);
}

interface Row {
  readonly work: string;
  readonly subject: string;
  /** Best time by native's best; then wall time by native's of the same round: least and most. */
  readonly ratio?: readonly [number, number, number];
  /** Milliseconds, least. */
  readonly ms?: number;
  /** Why there is no figure. */
  readonly why?: string;
}

function ratios(own: readonly number[], base: readonly number[]): [number, number, number] {
  const rounds = own.map((ms, round) => ms / base[round]);
  return [Math.min(...own) / Math.min(...base), Math.min(...rounds), Math.max(...rounds)];
}

/** Runs all subjects in turns, the first is what the others are compared with. */
async function race(
  work: string,
  script: string,
  subjects: readonly Subject[],
  rounds: number,
): Promise<Row[]> {
  const { text: wanted } = await subjects[0].run(script);
  const good: Subject[] = [];
  const rows: Row[] = [];
  for (const subject of subjects) {
    try {
      const { text } = await subject.run(script);
      if (text === wanted) good.push(subject);
      else rows.push({ work, subject: subject.name, why: "differs" });
    } catch (error) {
      const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
      rows.push({ work, subject: subject.name, why: `fails: ${why.slice(0, 80)}` });
    }
  }
  const times = new Map(good.map((subject) => [subject, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    // Another one begins in each round, so that none always follows the same.
    const order = good.map((_, i) => good[(i + round) % good.length]);
    for (const subject of order) {
      const { text, ms } = await subject.run(script);
      if (text !== wanted) throw new Error(`${subject.name} no longer prints what native prints`);
      times.get(subject)!.push(ms);
    }
  }
  const base = times.get(subjects[0])!;
  for (const subject of good) {
    const own = times.get(subject)!;
    rows.push({
      work,
      subject: subject.name,
      ratio: ratios(own, base),
      ms: Math.min(...own),
    });
  }
  return rows;
}

const NODE_WASI = `
const { WASI } = require("node:wasi"); const fs = require("node:fs");
const wasi = new WASI({ version: "preview1", args: ["copy"], stdin: fs.openSync(process.argv[2]) });
const module = new WebAssembly.Module(fs.readFileSync(process.argv[1]));
wasi.start(new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport }));
`;

/** Guests: capbox beside node:wasi, both as whole processes. */
async function raceGuests(dir: string, rounds: number): Promise<Row[]> {
  Deno.writeFileSync(`${dir}/copy.wasm`, copier(), { mode: 0o755 });
  Deno.writeFileSync(`${dir}/big`, new Uint8Array(32 << 20).fill(97));
  const node = async (input: string) =>
    await output("node", ["--no-warnings", "-e", NODE_WASI, `${dir}/copy.wasm`, input], dir);
  try {
    await node("/dev/null");
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return [{ work: "WASI guest", subject: "node:wasi", why }];
  }
  const cli = ["run", "-A", "--no-config", "--no-lock", `${root}cli.ts`, "--mount", `${dir}:/w:ro`];
  const rows: Row[] = [];
  for (const [work, file] of [["WASI guest, start", "none"], ["WASI guest copies 32 MB", "big"]]) {
    Deno.writeFileSync(`${dir}/none`, new Uint8Array());
    rows.push(
      ...await race(work, file, [
        timed("node:wasi", (input) => node(`${dir}/${input}`)),
        timed(
          "capbox process",
          (input) =>
            output(Deno.execPath(), [...cli, "sh", "-c", `/w/copy.wasm < /w/${input}`], dir),
        ),
      ], rounds),
    );
  }
  return rows;
}

// -----------------------------------------------------------------------------------------------

interface Stored {
  readonly date: string;
  readonly deno: string;
  readonly processors: number;
  readonly native: string;
  readonly rounds: number;
  readonly rows: readonly Row[];
  /** Peers by name: what was run. */
  readonly peers: Readonly<Record<string, string>>;
  /** Peers by name: why they were not. */
  readonly notMeasured: Readonly<Record<string, string>>;
}

const show = (ratio: number): string => ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(2);

/** The table for the README. */
export function markdown(stored: Stored): string {
  const subjects = [...new Set(stored.rows.map(({ subject }) => subject))];
  const works = [...new Set(stored.rows.map(({ work }) => work))];
  const cell = (work: string, subject: string): string => {
    const row = stored.rows.find((each) => each.work === work && each.subject === subject);
    if (row === undefined) return "";
    if (row.ratio === undefined) return row.why ?? "";
    const [best, least, most] = row.ratio;
    return `**${show(best)}** (${show(least)}–${show(most)})`;
  };
  const lines = [
    `| time by native's (node:wasi's for guests) | ${subjects.join(" | ")} |`,
    `| --- |${" --- |".repeat(subjects.length)}`,
    ...works.map((work) =>
      `| ${work} | ${subjects.map((subject) => cell(work, subject)).join(" | ")} |`
    ),
  ];
  const peers = Object.entries(stored.peers).map(([name, about]) => ` ${name}: ${about}.`);
  const missing = Object.keys(stored.notMeasured);
  lines.push(
    "",
    `Best times, and the range of ${stored.rounds} rounds in turns, ${stored.date}, Deno ${stored.deno}, ` +
      `${stored.processors} processors shared with other work, against ${stored.native}.` +
      peers.join("") +
      (missing.length === 0
        ? ""
        : ` Absent, because it could not be had on that machine: ${missing.join(", ")}.`),
  );
  return lines.join("\n").trimEnd() + "\n";
}

/** A chart: a bar for each figure on a logarithmic scale, native is the line. */
export function chart(stored: Stored): string {
  const rows = stored.rows.filter(({ ratio, subject }) =>
    ratio !== undefined && subject !== "native busybox" && subject !== "node:wasi"
  );
  const [left, width, line] = [330, 520, 20];
  const height = rows.length * line + 60;
  const x = (ratio: number): number =>
    left + width * (Math.log10(Math.min(Math.max(ratio, 0.001), 100)) + 3) / 5;
  const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const bars = rows.map(({ work, subject, ratio }, index) => {
    const [best, least, most] = ratio!;
    const y = 40 + index * line;
    const [from, to] = best < 1 ? [x(best), x(1)] : [x(1), x(best)];
    const fill = best < 1 ? "#2a7f62" : "#b3541e";
    return `<text x="${left - 8}" y="${y + 11}" text-anchor="end">${
      escaped(`${work} · ${subject}`)
    }</text>` +
      `<rect x="${from.toFixed(1)}" y="${y}" width="${
        (to - from).toFixed(1)
      }" height="12" fill="${fill}"/>` +
      `<path d="M${x(least).toFixed(1)} ${y + 6}H${x(most).toFixed(1)}" stroke="#333"/>` +
      `<text x="${left + width + 8}" y="${y + 11}">${show(best)}</text>`;
  });
  const ticks = [0.001, 0.01, 0.1, 1, 10, 100].map((tick) =>
    `<path d="M${x(tick)} 34V${height - 16}" stroke="${tick === 1 ? "#000" : "#ccc"}"/>` +
    `<text x="${x(tick)}" y="${height - 4}" text-anchor="middle">${tick}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${
    left + width + 70
  }" height="${height}" ` +
    `font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>` +
    `<text x="${left}" y="18" font-size="13">Time by native's (log scale, less is faster), ${stored.date}</text>` +
    ticks.join("") + bars.join("") + "</svg>\n";
}

/** Rows that have grown slower than the stored ones. */
export function regressions(stored: Stored, rows: readonly Row[]): string[] {
  const lines: string[] = [];
  for (const { work, subject, ratio } of rows) {
    const old = stored.rows.find((row) => row.work === work && row.subject === subject)?.ratio;
    if (old === undefined || ratio === undefined || !subject.startsWith("capbox")) continue;
    if (ratio[0] > TOLERANCE * old[0]) {
      lines.push(`${work}, ${subject}: ${show(ratio[0])}, stored ${show(old[0])}`);
    }
  }
  return lines;
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    string: ["rounds", "only"],
    boolean: ["save", "check"],
  });
  const native = findBusybox();
  if (native === undefined) {
    console.error("compare: NO NATIVE BUSYBOX, and without it there is nothing to compare with");
    return 2;
  }
  const rounds = Number(args.rounds ?? 7);
  const text = numberedLines(50_000);
  const dir = Deno.makeTempDirSync({ prefix: "capbox_compare_" });
  Deno.writeTextFileSync(`${dir}/f`, text);
  // The shell of Debian's busybox finds programs on PATH only, and must not find the host's.
  Deno.mkdirSync(`${dir}/bin`);
  nativeSubject(native).link(`${dir}/bin`);
  const sandbox = await Sandbox.create({
    mounts: [{ host: dir, guest: "/w", mode: "ro" }],
    cwd: "/w",
  });
  const cli = ["run", "-A", "--no-config", "--no-lock", `${root}cli.ts`, "--mount", `${dir}:/w:ro`];
  const subjects: Subject[] = [
    timed(
      "native busybox",
      (script) => output(native.path, ["sh", "-c", script], dir, { PATH: `${dir}/bin` }),
    ),
    timed(
      "capbox process",
      (script) => output(Deno.execPath(), [...cli, "--cwd", "/w", "sh", "-c", script], dir),
    ),
    timed("capbox library", async (script) => {
      const { code, stdoutText, stderrText } = await sandbox.sh(script);
      if (code !== 0) throw new Error(`status ${code}: ${stderrText}`);
      return stdoutText;
    }),
  ];
  const peers: Record<string, string> = {};
  const notMeasured: Record<string, string> = {};
  const closing: (() => void)[] = [() => sandbox.close()];
  for (const name of PEERS) {
    const peer = await startPeer(name, text);
    if (typeof peer === "string") {
      notMeasured[name] = peer;
      console.log(`ABSENT: ${name}: ${peer}`);
      continue;
    }
    peers[name] = peer.about;
    subjects.push({ name, run: (script) => peer.run(script) });
    closing.push(() => peer.close());
  }
  const rows: Row[] = [];
  try {
    const only = new RegExp(args.only ?? "");
    for (const { name, script } of WORKS) {
      if (only.test(name)) rows.push(...await race(name, script, subjects, rounds));
    }
    if (only.test("WASI guest")) rows.push(...await raceGuests(dir, rounds));
  } finally {
    for (const close of closing) close();
    Deno.removeSync(dir, { recursive: true });
  }
  const stored: Stored = {
    date: new Date().toISOString().slice(0, 10),
    deno: Deno.version.deno,
    processors: navigator.hardwareConcurrency,
    native: native.version,
    rounds,
    rows,
    peers,
    notMeasured,
  };
  console.log(markdown(stored));
  let status = rows.some(({ subject, why }) => why !== undefined && subject.startsWith("capbox"))
    ? 1
    : 0;
  if (args.check) {
    const old: Stored = JSON.parse(Deno.readTextFileSync(`${results}compare.json`));
    const slower = regressions(old, rows);
    for (const line of slower) console.log(`SLOWER: ${line}`);
    if (slower.length > 0) status = 1;
  }
  if (args.save) {
    Deno.mkdirSync(results, { recursive: true });
    Deno.writeTextFileSync(`${results}compare.json`, JSON.stringify(stored, null, 1) + "\n");
    Deno.writeTextFileSync(`${results}compare.svg`, chart(stored));
    Deno.writeTextFileSync(`${results}compare.md`, markdown(stored));
  }
  return status;
}

if (import.meta.main) Deno.exit(await main());
