/** The runner of BusyBox's suites: records, comparison, limits. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  addOutcome,
  fromRecord,
  lost,
  table,
  toRecord,
  type Verdict,
} from "../../reference/outcome.ts";
import { inParallel, runLimited } from "../../reference/run_limited.ts";

const results = new URL("../../reference/results/", import.meta.url);

function readRecord(name: string) {
  return JSON.parse(Deno.readTextFileSync(new URL(name, results)));
}

Deno.test("a recorded run comes back as it was", () => {
  for (const name of ["native_ash_test.json", "native_testsuite.json"]) {
    const record = readRecord(name);
    const { subject, version, suite } = record;
    assertEquals(toRecord({ subject, version, suite, outcomes: fromRecord(record) }), record);
  }
});

Deno.test("native's recorded results are those of the oracle: 330 of 333 shell scripts", () => {
  const shell = readRecord("native_ash_test.json");
  assertStringIncludes(shell.version, "v1.35.0 ");
  const all = [...fromRecord(shell)].flatMap(([folder, cases]) =>
    [...cases].map(([name, verdict]) => ({ name: `${folder}/${name}`, verdict }))
  );
  assertEquals(all.length, 333);
  // there native differs from what the suite expects, and so do we.
  assertEquals(all.filter(({ verdict }) => verdict !== "pass").map(({ name }) => name).sort(), [
    "ash-heredoc/heredoc_backslash1",
    "ash-heredoc/heredoc_bkslash_newline2",
    "ash-quoting/bkslash_in_varexp",
  ]);
  const counts = new Map([...fromRecord(readRecord("native_testsuite.json"))].map((
    [applet, cases],
  ) => [applet, [...cases.values()].filter((verdict) => verdict === "pass").length]));
  for (const [applet, count] of [["awk", 63], ["sed", 89], ["grep", 51], ["tar", 24]] as const) {
    assertEquals([applet, counts.get(applet)], [applet, count]);
  }
});

Deno.test("a case that native passes and we fail, skip or never reach is lost", () => {
  const cases = (entries: [string, Verdict][]) => new Map(entries);
  const native = new Map([["cat", cases([["a", "pass"], ["b", "pass"], ["c", "fail"]])]]);
  const same = new Map([["cat", cases([["a", "pass"], ["b", "pass"], ["c", "fail"]])]]);
  const ours = new Map([["cat", cases([["a", "hang"]])]]);
  assertEquals(lost(native, same), []);
  assertEquals(lost(native, ours), ["cat: a (hang)", "cat: b (not reached)"]);
  assertEquals(table(ours, native).split("\n").at(-1)!.trim().split(/\s+/), [
    "total",
    ".",
    ".",
    "1",
    ".",
    "2",
  ]);
});

Deno.test("a name that occurs twice keeps both verdicts", () => {
  const cases = new Map<string, Verdict>();
  addOutcome(cases, "x", "pass");
  addOutcome(cases, "x", "fail");
  assertEquals([...cases], [["x", "pass"], ["x #2", "fail"]]);
});

Deno.test("a command is killed with its children at the limit, and inherits no descriptors", async () => {
  const script = "sleep 60 & sleep 60";
  const start = performance.now();
  const ended = await runLimited(["/bin/sh", "-c", script], { limit: 300 });
  assertEquals(ended.timedOut, true);
  assertEquals(performance.now() - start < 10_000, true);

  // What a child left running does not hold the result up.
  const left = await runLimited(["/bin/sh", "-c", "sleep 60 & echo out"], { limit: 5_000 });
  assertEquals([left.timedOut, new TextDecoder().decode(left.output)], [false, "out\n"]);

  const { output } = await runLimited(["/bin/sh", "-c", "echo no >&2; echo yes"], { limit: 5_000 });
  assertEquals(new TextDecoder().decode(output), "yes\n");
});

Deno.test("results stand in the order of the items, whatever their time", async () => {
  const delays = [30, 1, 20, 2];
  const got = await inParallel(delays, 2, async (delay) => {
    await new Promise((done) => setTimeout(done, delay));
    return delay;
  });
  assertEquals(got, delays);
});
