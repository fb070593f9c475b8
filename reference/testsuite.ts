/**
 * Runs BusyBox's `testsuite/` from a source folder given by path. Nothing of it is kept here.
 *
 * Each `APPLET.tests` and each old-style case runs in a fresh copy of the folder. The function
 * `testing` of the suite is replaced by one of ours that reports to a file, so that a case that
 * hangs is known by its number and left out when the file is run again.
 *
 * Two modes. Outer: native ash drives, and the applets of the program under test stand first in
 * PATH. Inner: the program's own shell drives, inside its sandbox.
 *
 * @module
 */

import { copySync, existsSync, walkSync } from "@std/fs";
import { addOutcome, type Outcomes, type Verdict } from "./outcome.ts";
import { type Ended, inParallel, runLimited } from "./run_limited.ts";
import type { Native } from "./native.ts";
import type { Subject } from "./subject.ts";
import { programMarker } from "../sandbox/vfs/root_template.ts";

/** How to run the suite. */
export interface SuiteOptions {
  /** The folder that holds `testsuite/` and `shell/`. */
  readonly source: string;
  /** The program under test. */
  readonly subject: Subject;
  /** Drives in outer mode. */
  readonly native: Native | undefined;
  /** Who drives. */
  readonly mode: "outer" | "inner";
  /** Only these applets, or folders of ash_test. */
  readonly only?: ReadonlySet<string>;
  /** Files at a time. */
  readonly width: number;
  /** Milliseconds for one case. */
  readonly limit: number;
  /** Where to write what a failing case printed. */
  readonly logs: string;
  /** A folder that holds a link for each applet, and a `.config` with every option. */
  readonly bin: string;
}

/** Makes the folder of links that all files share. */
export function makeBin(subject: Subject, source: string): string {
  const dir = Deno.makeTempDirSync({ prefix: "capbox-bin-" });
  subject.link(dir);
  Deno.writeTextFileSync(`${dir}/.config`, configText(allOptions(source)));
  return dir;
}

function configText(names: readonly string[]): string {
  return names.map((name) => `CONFIG_${name}=y\n`).join("");
}

/** Not about an applet. */
const notApplets: ReadonlySet<string> = new Set(["all_sourcecode"]);

/** Our own `testing`, with the protocol of the suite: name, command, result, file, stdin. */
const harness = `
. ./testing_upstream.sh
capbox_case=0
testing() {
  NAME=$1
  [ -n "$1" ] || NAME=$2
  capbox_case=$((capbox_case + 1))
  case ":$CAPBOX_HUNG:" in *":$capbox_case:"*)
    printf 'HANG %s\\n' "$NAME" >>"$CAPBOX_LOG"
    return 124 ;;
  esac
  if [ -n "$SKIP" ]; then
    printf 'SKIP %s\\n' "$NAME" >>"$CAPBOX_LOG"
    return 0
  fi
  printf 'BEGIN %s %s\\n' "$capbox_case" "$NAME" >>"$CAPBOX_LOG"
  $ECHO -ne "$3" >expected
  $ECHO -ne "$4" >input
  $ECHO -ne "$5" | eval "$2" >actual
  RETVAL=$?
  if $CAPBOX_DRIVER cmp expected actual >/dev/null 2>&1; then
    printf 'PASS %s\\n' "$NAME" >>"$CAPBOX_LOG"
  else
    FAILCOUNT=$((FAILCOUNT + 1))
    printf 'FAIL %s\\n' "$NAME" >>"$CAPBOX_LOG"
    {
      printf '==== %s: %s\\n' "\${0##*/}" "$NAME"
      printf '%s\\n' "$2"
      $CAPBOX_DRIVER diff -u expected actual
    } >>"$CAPBOX_DETAILS" 2>&1
  fi
  $CAPBOX_DRIVER rm -f input expected actual
  return $RETVAL
}
`;

/** Every option that the suite asks about, switched on: no case is left out for a build's sake. */
export function allOptions(source: string): string[] {
  const names = new Set<string>();
  for (const { path } of walkSync(source, { includeDirs: false })) {
    if (!/\.(tests|sh|right)$|\/[a-z0-9-]+$/.test(path)) continue;
    const text = new TextDecoder("latin1").decode(Deno.readFileSync(path));
    for (const [, name] of text.matchAll(/\bCONFIG_([A-Z][A-Z0-9_]*)/g)) names.add(name);
    for (const [, list] of text.matchAll(/\boptional\s+((?:[A-Z][A-Z0-9_]*\s+)+)/g)) {
      for (const name of list.trim().split(/\s+/)) names.add(name);
    }
  }
  return [...names].sort();
}

/** One file of the suite, or one old-style case. */
interface Job {
  readonly applet: string;
  readonly file: string;
  readonly oldStyle: boolean;
}

function findJobs(options: SuiteOptions): Job[] {
  const jobs: Job[] = [];
  const dir = `${options.source}/testsuite`;
  const wanted = (applet: string) =>
    !notApplets.has(applet) && (options.only === undefined || options.only.has(applet)) &&
    (applet === "busybox" || options.subject.applets.includes(applet));
  for (const entry of Deno.readDirSync(dir)) {
    if (entry.isFile && entry.name.endsWith(".tests")) {
      const applet = entry.name.slice(0, -".tests".length);
      if (wanted(applet)) jobs.push({ applet, file: entry.name, oldStyle: false });
    } else if (entry.isDirectory && wanted(entry.name)) {
      for (const { name } of Deno.readDirSync(`${dir}/${entry.name}`)) {
        if (/^[.#]|~$/.test(name)) continue;
        jobs.push({ applet: entry.name, file: `${entry.name}/${name}`, oldStyle: true });
      }
    }
  }
  return jobs.sort((a, b) => a.applet + a.file < b.applet + b.file ? -1 : 1);
}

/** A copy of the suite in which one file runs. */
interface Bench {
  readonly dir: string;
  readonly env: Map<string, string>;
  run(args: readonly string[], cwd: string, progress?: string): Promise<Ended>;
  close(): void;
}

function openBench(options: SuiteOptions, names: readonly string[]): Bench {
  const { subject, mode, native } = options;
  const dir = Deno.makeTempDirSync({ prefix: "capbox-suite-" });
  copySync(`${options.source}/testsuite`, `${dir}/testsuite`);
  Deno.renameSync(`${dir}/testsuite/testing.sh`, `${dir}/testsuite/testing_upstream.sh`);
  Deno.writeTextFileSync(`${dir}/testsuite/testing.sh`, harness);
  Deno.mkdirSync(`${dir}/tmp`);
  Deno.mkdirSync(`${dir}/out`);
  const at = (path: string) => mode === "inner" ? subject.guest(dir, path) : `${dir}/${path}`;
  const usesLinks = mode === "outer" || subject.bin === undefined;
  const bin = usesLinks ? options.bin : at("bin");
  if (!usesLinks) {
    Deno.mkdirSync(`${dir}/bin`);
    Deno.writeTextFileSync(`${dir}/bin/.config`, configText(names));
    // Some cases copy the program and call it by other names.
    Deno.writeTextFileSync(`${dir}/bin/busybox`, programMarker("busybox"));
    Deno.chmodSync(`${dir}/bin/busybox`, 0o755);
  }
  const env = new Map([
    ["ECHO", "echo"],
    ["OPTIONFLAGS", `:${names.join(":")}:`],
    ["VERBOSE", ""],
    ["bindir", bin],
    ["tsdir", at("testsuite")],
    ["HOME", at("tmp")],
    ["CAPBOX_LOG", at("out/log")],
    ["CAPBOX_DETAILS", at("out/details")],
    ["CAPBOX_DRIVER", ""],
    ["CAPBOX_HUNG", ""],
  ]);
  if (mode === "outer") {
    if (native === undefined) throw new Error("outer mode needs native busybox to drive");
    env.set("CAPBOX_DRIVER", native.path);
    env.set("PATH", `${bin}:${dir}/testsuite:${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`);
    env.set("SHELL", `${bin}/sh`);
    // A case of pidof looks for the name of its script, so the scripts are run by name, under
    // native ash whatever /bin/sh is here.
    Deno.mkdirSync(`${dir}/driver`);
    Deno.symlinkSync(Deno.realPathSync(native.path), `${dir}/driver/sh`);
    for (const { path } of walkSync(`${dir}/testsuite`, { includeDirs: false, exts: ["tests"] })) {
      const text = Deno.readFileSync(path);
      const line = new TextEncoder().encode(`#!${dir}/driver/sh`);
      const end = text.indexOf(10);
      const renewed = new Uint8Array(line.length + text.length - end);
      renewed.set(line);
      renewed.set(text.subarray(end), line.length);
      Deno.writeFileSync(path, renewed);
    }
    return {
      dir,
      env,
      run: (args, cwd, progress) => {
        const argv = args[0] === "sh" ? [`${dir}/driver/sh`, ...args.slice(1)] : [...args];
        const all = Object.fromEntries(env);
        return runLimited(argv, { cwd: `${dir}/${cwd}`, env: all, limit: options.limit, progress });
      },
      close: () => Deno.removeSync(dir, { recursive: true }),
    };
  }
  if (subject.bin === undefined) {
    env.set("PATH", `${bin}:${dir}/testsuite:/usr/bin:/bin`);
    env.set("SHELL", `${bin}/sh`);
  } else {
    env.set("PATH", `${subject.bin}:${at("testsuite")}:${bin}`);
    env.set("SHELL", "/bin/sh");
  }
  return {
    dir,
    env,
    run: (args, cwd, progress) => {
      // By name, as above: in the sandbox `/bin/sh` is its own shell.
      const byName = subject.bin === undefined ? [] : ["-c", 'exec "$0" "$@"'];
      const words = args[0] === "sh" ? args.slice(1) : [...byName, ...args];
      const argv = [...subject.shell(dir, cwd, env), ...words];
      return runLimited(argv, { limit: options.limit, progress });
    },
    close: () => Deno.removeSync(dir, { recursive: true }),
  };
}

function readLines(path: string): string[] {
  if (!existsSync(path)) return [];
  return new TextDecoder("latin1").decode(Deno.readFileSync(path)).split("\n");
}

function keepDetails(options: SuiteOptions, job: Job, details: string): void {
  if (!existsSync(details)) return;
  Deno.mkdirSync(options.logs, { recursive: true });
  const target = `${options.logs}/${job.applet}.log`;
  Deno.writeFileSync(target, Deno.readFileSync(details), { append: true });
}

/** Runs a file again and again until no case of it hangs any more. */
async function runFile(
  options: SuiteOptions,
  names: readonly string[],
  job: Job,
): Promise<Map<string, Verdict>> {
  const hung: number[] = [];
  for (;;) {
    const bench = openBench(options, names);
    try {
      bench.env.set("CAPBOX_HUNG", hung.join(":"));
      const script = options.mode === "inner"
        ? `./${job.file}`
        : `${bench.dir}/testsuite/${job.file}`;
      const log = `${bench.dir}/out/log`;
      const { timedOut, output } = await bench.run([script], "testsuite", log);
      const lines = readLines(log);
      keepDetails(options, job, `${bench.dir}/out/details`);
      const last = lines.findLast((line) => line !== "") ?? "";
      const open = /^BEGIN (\d+) /.exec(last);
      if (timedOut && open !== null && hung.length < 20) {
        hung.push(Number(open[1]));
        continue;
      }
      const verdicts = new Map<string, Verdict>();
      for (const line of lines) {
        const match = /^(PASS|FAIL|SKIP|HANG) (.*)$/.exec(line);
        if (match === null) continue;
        addOutcome(verdicts, match[2], match[1].toLowerCase() as Verdict);
      }
      // Some files judge for themselves and print what they found.
      for (const line of new TextDecoder("latin1").decode(output).split("\n")) {
        const match = /^(PASS|FAIL|SKIPPED|UNTESTED): (.*)$/.exec(line);
        if (match === null) continue;
        const verdict = match[1] === "PASS" ? "pass" : match[1] === "FAIL" ? "fail" : "skip";
        addOutcome(verdicts, match[2], verdict);
      }
      if (timedOut) addOutcome(verdicts, `(the file ${job.file})`, "hang");
      return verdicts;
    } finally {
      bench.close();
    }
  }
}

async function runOldStyle(
  options: SuiteOptions,
  names: readonly string[],
  job: Job,
): Promise<Verdict> {
  const bench = openBench(options, names);
  try {
    const cwd = `testsuite/.tmpdir.${job.applet}`;
    Deno.mkdirSync(`${bench.dir}/${cwd}`);
    bench.env.set("d", bench.env.get("tsdir")!);
    const script = `${bench.env.get("tsdir")}/${job.file}`;
    const { timedOut, code } = await bench.run(["sh", "-x", "-e", script], cwd);
    return timedOut ? "hang" : code === 0 ? "pass" : "fail";
  } finally {
    bench.close();
  }
}

/** Runs `testsuite/`. */
export async function runTestsuite(options: SuiteOptions): Promise<Outcomes> {
  const names = allOptions(options.source);
  const outcomes: Outcomes = new Map();
  const jobs = findJobs(options);
  const results = await inParallel(jobs, options.width, async (job) => {
    if (!job.oldStyle) return await runFile(options, names, job);
    const verdict = await runOldStyle(options, names, job);
    return new Map([[job.file.slice(job.applet.length + 1), verdict]]);
  });
  for (const [i, job] of jobs.entries()) {
    const cases = outcomes.get(job.applet) ?? new Map<string, Verdict>();
    for (const [name, verdict] of results[i]) addOutcome(cases, name, verdict);
    outcomes.set(job.applet, cases);
  }
  return outcomes;
}
