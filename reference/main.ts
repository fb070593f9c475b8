/**
 * Runs the suites of others against native busybox and against capbox, from sources given by path.
 *
 *     deno task reference --busybox-src DIR [--subject native|capbox] [--mode outer|inner]
 *         [--only NAME,NAME…] [--suite testsuite|ash_test] [--limit SECONDS] [--width N]
 *         [--native PATH] [--json FILE] [--record]
 *     deno task reference --wasi-suite DIR
 *
 * `DIR` holds BusyBox's `testsuite/` and `shell/ash_test/` of the tag 1_35_0. Without --subject,
 * capbox runs and native's recorded results stand beside. `--record` renews what is recorded of the
 * subject in reference/results/, from which the table of the README is made. What failing cases printed is kept in reference/out/.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { existsSync } from "@std/fs";
import { runAshTest } from "./ash_test.ts";
import { findBusybox, type Native, oracleVersion, unpackDebian } from "./native.ts";
import { fromRecord, lost, type Outcomes, table, toRecord } from "./outcome.ts";
import { capboxSubject, nativeSubject, type Subject } from "./subject.ts";
import { makeBin, runTestsuite, type SuiteOptions } from "./testsuite.ts";
import { runWasiSuite } from "./wasi_suite.ts";

const here = decodeURIComponent(new URL("./", import.meta.url).pathname);

const args = parseArgs(Deno.args, {
  string: [
    "busybox-src",
    "wasi-suite",
    "subject",
    "mode",
    "only",
    "suite",
    "limit",
    "width",
    "native",
    "json",
  ],
  boolean: ["record", "help"],
});

function fail(message: string): never {
  console.error(`reference: ${message}`);
  Deno.exit(2);
}

function recordedPath(suite: string): string {
  return `${here}results/native_${suite}.json`;
}

function recorded(suite: string): Outcomes | undefined {
  const path = recordedPath(suite);
  return existsSync(path) ? fromRecord(JSON.parse(Deno.readTextFileSync(path))) : undefined;
}

function writeJson(path: string, value: unknown): void {
  Deno.writeTextFileSync(path, JSON.stringify(value, null, 1) + "\n");
}

function getNative(): Native | undefined {
  const native = findBusybox(args.native) ?? unpackDebian();
  if (native === undefined) {
    console.error("reference: NO NATIVE BUSYBOX on this machine, and Debian's was not to be had");
  } else {
    console.log(`native: ${native.path}, ${native.version}, ${native.applets.length} applets`);
    if (!native.version.includes(`v${oracleVersion} `)) {
      console.log(`note: the oracle is ${oracleVersion}; expect drift from the recorded results`);
    }
  }
  return native;
}

/** Every run of this call, for `--json`. */
const runs: unknown[] = [];

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Reports a run; returns the number of cases that native passes and this run does not. */
function report(suite: string, subject: Subject, mode: string, outcomes: Outcomes): number {
  const beside = recorded(suite);
  const isNative = subject.name === "native";
  console.log(`\n${suite}, ${subject.name}, ${mode} (${subject.version})`);
  console.log(table(outcomes, beside));
  const run = toRecord({ subject: subject.name, version: subject.version, suite, outcomes });
  runs.push({ ...run, mode });
  if (args.json !== undefined) writeJson(args.json, runs);
  if (args.record && (args.only === undefined || !isNative)) {
    Deno.mkdirSync(`${here}results`, { recursive: true });
    if (isNative) {
      writeJson(recordedPath(suite), run);
      return 0;
    }
    const path = `${here}results/capbox_${mode}_${suite}.json`;
    // A run of some applets renews what is recorded of them.
    const before = args.only === undefined ? {} : JSON.parse(Deno.readTextFileSync(path)).applets;
    writeJson(path, { date: today(), ...run, applets: { ...before, ...run.applets } });
  }
  if (beside === undefined) return 0;
  const ran: Outcomes = args.only === undefined
    ? beside
    : new Map([...beside].filter(([applet]) => args.only!.split(",").includes(applet)));
  const missing = lost(ran, outcomes);
  console.log(
    missing.length === 0
      ? `\nevery case that native passes, passes`
      : `\n${missing.length} cases that native passes do not pass:\n${missing.join("\n")}`,
  );
  return missing.length;
}

async function runBusyboxSuites(source: string): Promise<number> {
  if (!existsSync(`${source}/testsuite/testing.sh`)) fail(`${source} has no testsuite/testing.sh`);
  const native = getNative();
  const subjectName = args.subject ?? "capbox";
  let subject: Subject;
  if (subjectName === "capbox") subject = capboxSubject(native?.path);
  else if (subjectName === "native" && native !== undefined) subject = nativeSubject(native);
  else fail(`no such subject here: ${subjectName}`);
  const mode = args.mode ?? (native === undefined ? "inner" : "outer");
  if (mode !== "outer" && mode !== "inner") fail(`no such mode: ${mode}`);
  const logs = `${here}out/${subject.name}_${mode}`;
  if (existsSync(logs)) Deno.removeSync(logs, { recursive: true });
  const options: SuiteOptions = {
    source,
    subject,
    native,
    mode,
    only: args.only === undefined ? undefined : new Set(args.only.split(",")),
    width: Number(args.width ?? 2),
    limit: Number(args.limit ?? 30) * 1000,
    logs,
    bin: makeBin(subject, source),
  };
  let missing = 0;
  if (args.suite !== "ash_test") {
    missing += report("testsuite", subject, mode, await runTestsuite(options));
  }
  if (args.suite !== "testsuite") {
    missing += report("ash_test", subject, mode, await runAshTest(options));
  }
  Deno.removeSync(options.bin, { recursive: true });
  return missing;
}

async function runWasi(source: string): Promise<number> {
  const outcomes = await runWasiSuite(source);
  console.log(`\nwasi-testsuite, preview1`);
  console.log(table(outcomes));
  const run = toRecord({
    subject: "capbox",
    version: `Deno ${Deno.version.deno}`,
    suite: "wasi-testsuite",
    outcomes,
  });
  runs.push(run);
  if (args.json !== undefined) writeJson(args.json, runs);
  if (args.record) writeJson(`${here}results/capbox_wasi.json`, { date: today(), ...run });
  let bad = 0;
  for (const [group, cases] of outcomes) {
    for (const [name, verdict] of cases) {
      if (verdict === "pass") continue;
      bad++;
      console.log(`${group}: ${name} (${verdict})`);
    }
  }
  return bad;
}

if (args.help || args["busybox-src"] === undefined && args["wasi-suite"] === undefined) {
  fail("usage: deno task reference --busybox-src DIR | --wasi-suite DIR; see reference/main.ts");
}
let bad = 0;
if (args["busybox-src"] !== undefined) bad += await runBusyboxSuites(args["busybox-src"]);
if (args["wasi-suite"] !== undefined) bad += await runWasi(args["wasi-suite"]);
Deno.exit(bad === 0 ? 0 : 1);
