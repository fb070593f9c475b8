/**
 * The shell beside native ash, in one interleaved run: loops, substitutions, small commands, text,
 * and a long script of the kind that autoconf writes.
 *
 *     deno task bench-shell [--rounds N] [--only TEXT,TEXT…] [--json FILE]
 *
 * Each workload is one script file that both run in a directory of their own; native finds busybox
 * under the names of all applets in PATH. Two ratios are shown, both of native's time to ours in the
 * same round, median and range. `warm`: the script runs in a sandbox of a program that has run it
 * several times. `process`: a whole `deno run cli.ts sh FILE`, whose start-up native does not have.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Sandbox } from "../mod.ts";
import { findBusybox } from "../reference/native.ts";

/** One script, with the ratio that it must reach. */
interface Workload {
  readonly name: string;
  readonly floor: number;
  readonly script: string;
}

/** Runs of ours before those that count: so many the compiler takes to be done. */
const WARM_UPS = 4;

const WORKLOADS: readonly Workload[] = [
  {
    name: "counting loop to 10^6",
    floor: 4,
    script: `i=0; while [ $i -lt 1000000 ]; do i=$((i + 1)); done; echo $i`,
  },
  {
    name: 'x=$(echo "$line" | cut) × 5,000',
    floor: 50,
    script: `n=0
while read line; do x=$(echo "$line" | cut -d: -f1); n=$((n + \${#x})); done <passwd
echo $n $x`,
  },
  {
    name: "$(basename …) × 10,000",
    floor: 50,
    script: `i=0
while [ $i -lt 10000 ]; do b=$(basename "/usr/lib/pkg/file$i.txt" .txt); i=$((i + 1)); done
echo $b`,
  },
  { name: "configure, 3,400 lines", floor: 5, script: "" },
  {
    name: "function calls × 200,000",
    floor: 2,
    script: `add () { local a=$1; total=$((total + a * $2)); return 0; }
total=0; i=0
while [ $i -lt 200000 ]; do add $i 3 && i=$((i + 1)); done
echo $total`,
  },
  {
    name: "recursive fib 20",
    floor: 2,
    script: `fib () {
  if [ $1 -lt 2 ]; then result=$1; return; fi
  local n=$1 first
  fib $((n - 1)); first=$result
  fib $((n - 2)); result=$((first + result))
}
fib 20; echo $result`,
  },
  {
    name: "string building × 100,000",
    floor: 2,
    script: `s=; i=0
while [ $i -lt 100000 ]; do
  s="$s<$i>"
  case $i in *000) s=\${s#*>}; last=\${s##*<}; s="\${s%<*}<\${last%>}>";; esac
  if [ \${#s} -gt 4000 ]; then s=; fi
  i=$((i + 1))
done
echo "\${#s} \${s%%>*}"`,
  },
  {
    name: "one string to 60,000 characters",
    floor: 2,
    script: `s=; i=0
while [ $i -lt 20000 ]; do s="\${s}abc"; i=$((i + 1)); done
echo \${#s}`,
  },
  {
    name: "case and patterns × 100,000",
    floor: 2,
    script: `i=0; a=0; b=0; c=0; d=0
while [ $i -lt 100000 ]; do
  case file$i.txt in
    *[!a-z0-9.]*) d=$((d + 1));;
    file*00.txt) a=$((a + 1));;
    file?[13579]*.txt | *7?.*) b=$((b + 1));;
    *.c | *.h) d=$((d + 1));;
    *) c=$((c + 1));;
  esac
  i=$((i + 1))
done
echo $a $b $c $d`,
  },
  {
    name: "globs, 1,000 files of its own × 200",
    floor: 2,
    script: `mkdir own; i=0; n=0
while [ $i -lt 1000 ]; do : >own/file$i.txt; i=$((i + 1)); done
i=0
while [ $i -lt 200 ]; do
  for f in own/*[05].t?t; do n=$((n + 1)); done
  i=$((i + 1))
done
echo $n $f`,
  },
  {
    // Deno.readDirSync alone takes longer than all that native does: a loop as tight as this one lists
    // the directory once in a while only.
    name: "globs, 1,000 files on disk × 200",
    floor: 1,
    script: `i=0; n=0
while [ $i -lt 200 ]; do
  for f in tree/*[05].t?t; do n=$((n + 1)); done
  i=$((i + 1))
done
echo $n $f`,
  },
  {
    name: "here-documents × 20,000",
    floor: 2,
    script: `i=0; n=0
while [ $i -lt 20000 ]; do
  { read a; read b c; } <<END
line $i of $n
second $((i * 2)) $a
END
  n=$((n + \${#c}))
  i=$((i + 1))
done
echo "$n $a"`,
  },
  {
    name: "cat with here-documents × 2,000",
    floor: 2,
    script: `i=0
while [ $i -lt 2000 ]; do
  cat <<END
This is number $i, \${x:-nothing} else
	$(( i % 7 )) of seven
END
  i=$((i + 1))
done | tail -n 1`,
  },
  {
    name: "while read over 10 MB",
    floor: 2,
    script: `n=0; k=0
while read -r name rest; do
  n=$((n + 1))
  [ "$name" = key7 ] && k=$((k + 1))
done <lines
echo $n $k "$rest"`,
  },
  {
    name: "while IFS=: read, 6 fields, 10 MB",
    floor: 2,
    script: `n=0
while IFS=: read -r a b c d e f; do n=$((n + c)); done <table
echo $n "$a" "$f"`,
  },
  {
    name: "pipelines of builtins × 2,000",
    floor: 2,
    script: `i=0
while [ $i -lt 2000 ]; do echo "a$i b" | while read x y; do echo $y; done | { read z; }; i=$((i + 1)); done
echo done`,
  },
  {
    name: "sed, grep, expr, tr × 500",
    floor: 5,
    script: `i=0
while [ $i -lt 500 ]; do
  v=$(echo "name-$i.tar.gz" | sed 's/\\.tar\\.gz$//; s/-/_/g')
  if echo "$v" | grep '9$' >/dev/null; then n=$(expr "\${n:-0}" + 1); fi
  u=$(echo "$v" | tr a-z A-Z)
  i=$((i + 1))
done
echo "$n $u"`,
  },
];

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))];
}

/** Files that the scripts read. */
function fill(dir: string): void {
  let text = "";
  for (let i = 0; i < 5000; i++) text += `user${i}:x:${i}:100:User ${i}:/home/user${i}:/bin/sh\n`;
  Deno.writeTextFileSync(`${dir}/passwd`, text);
  const lines: string[] = [];
  for (let size = 0, i = 0; size < 10 * 1024 * 1024; i++) {
    const line = `key${i % 100} some words of the line with number ${i} in it\n`;
    lines.push(line);
    size += line.length;
  }
  Deno.writeTextFileSync(`${dir}/lines`, lines.join(""));
  lines.length = 0;
  for (let size = 0, i = 0; size < 10 * 1024 * 1024; i++) {
    const line = `user${i}:x:${i % 1000}:100:A User With Number ${i}:/home/user${i}:/bin/sh\n`;
    lines.push(line);
    size += line.length;
  }
  Deno.writeTextFileSync(`${dir}/table`, lines.join(""));
  Deno.mkdirSync(`${dir}/tree`);
  for (let i = 0; i < 1000; i++) Deno.writeTextFileSync(`${dir}/tree/file${i}.txt`, "");
}

/** The first line that is not as native's. */
function firstDifference(ours: string, theirs: string): string {
  const lines = ours.split("\n");
  const wanted = theirs.split("\n");
  const at = lines.findIndex((line, i) => line !== wanted[i]);
  return `line ${at + 1} is ${JSON.stringify(lines[at])}, native's ${JSON.stringify(wanted[at])}`;
}

interface Row {
  readonly name: string;
  readonly floor: number;
  readonly nativeMs: number;
  readonly warm: readonly [median: number, min: number, max: number];
  readonly process: readonly [median: number, min: number, max: number];
}

function spread(values: readonly number[]): [number, number, number] {
  return [quantile(values, 0.5), Math.min(...values), Math.max(...values)].map((value) =>
    Number(value.toFixed(2))
  ) as [number, number, number];
}

const args = parseArgs(Deno.args, { string: ["rounds", "json", "only"] });
const rounds = Number(args.rounds ?? 5);
const only = args.only?.split(",");
const native = findBusybox();
if (native === undefined) throw new Error("there is no native busybox to compare with");
const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
const folder = Deno.makeTempDirSync({ prefix: "capbox-bench-" });
const rows: Row[] = [];

/** Keeps what was measured so far. */
function save(): void {
  if (args.json === undefined) return;

  const result = {
    date: new Date().toISOString().slice(0, 10),
    deno: Deno.version.deno,
    native: native?.version,
    rounds,
    rows,
  };
  Deno.writeTextFileSync(args.json, JSON.stringify(result, null, 2) + "\n");
}

/** Runs a program that must succeed; its output and milliseconds. */
function timed(command: string, argv: readonly string[], cwd: string): [string, number] {
  const start = performance.now();
  const output = new Deno.Command(command, {
    args: [...argv],
    cwd,
    env: { PATH: `${folder}/bin`, LC_ALL: "C", HOME: folder, DENO_DIR: denoDir },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).outputSync();
  const ms = performance.now() - start;
  const decoder = new TextDecoder();
  const text = decoder.decode(output.stdout) + decoder.decode(output.stderr);
  if (output.code !== 0) throw new Error(`${command} ${argv.join(" ")}: ${text}`);
  return [text, ms];
}
const home = Deno.env.get("HOME") ?? "/";
const denoDir = Deno.env.get("DENO_DIR") ??
  `${Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`}/deno`;

try {
  Deno.mkdirSync(`${folder}/bin`);
  for (const name of [...native.applets, "busybox"]) {
    Deno.symlinkSync(Deno.realPathSync(native.path), `${folder}/bin/${name}`);
  }
  const data = `${folder}/data`;
  Deno.mkdirSync(data);
  fill(data);
  let run = 0;
  for (const { name, floor, script } of WORKLOADS) {
    if (only !== undefined && !only.some((part) => name.includes(part))) continue;
    const text = script === ""
      ? Deno.readTextFileSync(new URL("./fixtures/configure.sh", import.meta.url))
      : script;
    const file = `${folder}/script.sh`;
    Deno.writeTextFileSync(file, text + "\n");
    const nativeMs: number[] = [];
    const warm: number[] = [];
    const process: number[] = [];
    // In the first rounds caches are filled and code is compiled; native runs once in them.
    for (let round = -WARM_UPS; round < rounds; round++) {
      // Each run has its own directory, with the same files; ours does not write to the disk.
      const cwd = `${folder}/run${run++}`;
      Deno.mkdirSync(cwd);
      for (const each of ["passwd", "lines", "table"]) {
        Deno.linkSync(`${data}/${each}`, `${cwd}/${each}`);
      }
      Deno.symlinkSync(`${data}/tree`, `${cwd}/tree`);
      Deno.copyFileSync(file, `${cwd}/script.sh`);
      await using sandbox = await Sandbox.create({
        mounts: [{ host: cwd, guest: "/run", mode: "overlay" }, {
          host: data,
          guest: data,
          mode: "ro",
        }],
        limits: { wallMs: 600_000, cpuMs: 600_000 },
      });
      let start = performance.now();
      const ours = await sandbox.run(["sh", "./script.sh"], { cwd: "/run" });
      const warmMs = performance.now() - start;
      if (round < -1) {
        Deno.removeSync(cwd, { recursive: true });
        continue;
      }
      start = performance.now();
      const flags = ["run", "-A", "--no-config", "--no-lock", `${root}cli.ts`];
      const mounts = ["--mount", `${cwd}:/run:overlay`, "--mount", `${data}:${data}:ro`];
      const [alone, processMs] = timed(
        Deno.execPath(),
        [...flags, ...mounts, "--cwd", "/run", "sh", "./script.sh"],
        cwd,
      );
      const [theirs, ms] = timed(native.path, ["ash", "./script.sh"], cwd);
      const text = ours.stdoutText + ours.stderrText;
      if (text !== theirs || alone !== theirs) {
        throw new Error(`${name}: ${firstDifference(text === theirs ? alone : text, theirs)}`);
      }
      Deno.removeSync(cwd, { recursive: true });
      if (round < 0) continue;
      nativeMs.push(ms);
      warm.push(ms / warmMs);
      process.push(ms / processMs);
    }
    const row: Row = {
      name,
      floor,
      nativeMs: Math.round(quantile(nativeMs, 0.5)),
      warm: spread(warm),
      process: spread(process),
    };
    rows.push(row);
    save();
    const show = ([median, min, max]: readonly number[]) =>
      `${median.toFixed(1).padStart(6)} × (${min.toFixed(1)}–${max.toFixed(1)})`.padEnd(26);
    console.log(
      `${name.padEnd(34)} warm ${show(row.warm)} process ${show(row.process)}` +
        ` native ${String(row.nativeMs).padStart(6)} ms  wants ${floor} ×` +
        `${row.warm[0] < floor ? "  BELOW" : ""}`,
    );
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
