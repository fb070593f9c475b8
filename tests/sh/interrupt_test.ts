/**
 * A shell can be stopped at any point: by a timeout, an `AbortSignal` or a signal. What is measured is
 * how long after the moment it was due, without the time in which this thread was ready and the machine
 * ran something else (where the system tells that). `bench/interrupt.ts` gives the true figures; the
 * bound here leaves room for collections of garbage and code that is compiled meanwhile. It is far below
 * what a loop that never takes a turn would give.
 */
import { assert, assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";
import { BUSY_SCRIPTS, HOST_DIRECTORY, makeHostDirectory } from "./busy_scripts.ts";

/** Milliseconds that a script runs before it is stopped. */
const RUNS = 150;
/** Most milliseconds it may go on after that. */
const LATE = 1500;
/** The same for scripts of which one step takes long, as they say. */
const LATE_STRETCH = 5000;

const WAYS = ["timeout", "abort", "signal"] as const;

/** Milliseconds for which this thread was ready to run and did not; 0 where nobody tells. */
function waitedMs(): number {
  if (Deno.build.os !== "linux") return 0;
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[1]) / 1e6;
}

const REASONS = { timeout: "timeout", abort: "aborted", signal: "SIGTERM" } as const;

/** How many milliseconds too late a script ended, and by what. */
async function stopped(
  base: Sandbox,
  script: string,
  way: typeof WAYS[number],
): Promise<[number, string]> {
  await using sandbox = base.fork();
  const due = performance.now() + RUNS;
  const waited = waitedMs();
  const late = (): number => performance.now() - due - (waitedMs() - waited);
  if (way === "timeout") {
    const { reason } = await sandbox.sh(script, { timeoutMs: RUNS });
    return [late(), reason];
  }
  if (way === "abort") {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), RUNS);
    const { reason } = await sandbox.sh(script, { signal: controller.signal });
    clearTimeout(timer);
    return [late(), reason];
  }
  const process = sandbox.spawn(["sh", "-c", script]);
  void process.stdout.pipeTo(new WritableStream());
  void process.stderr.pipeTo(new WritableStream());
  const timer = setTimeout(() => process.kill("SIGTERM"), RUNS);
  const { signal } = await process.status;
  clearTimeout(timer);
  return [late(), signal ?? "none"];
}

for (const [index, way] of WAYS.entries()) {
  // Each script in one of the ways: the ways differ in who asks, not in when the script can hear.
  Deno.test(`a running shell is stopped at once: ${way}`, async () => {
    const host = Deno.makeTempDirSync();
    try {
      makeHostDirectory(host);
      await using base = await Sandbox.create({
        mounts: [{ host, guest: HOST_DIRECTORY, mode: "ro" }],
        cwd: "/tmp",
      });
      for (let i = index; i < BUSY_SCRIPTS.length; i += WAYS.length) {
        const { name, script, stretch } = BUSY_SCRIPTS[i];
        const [late, reason] = await stopped(base, script, way);
        assertEquals(reason, REASONS[way], name);
        const bound = stretch === undefined ? LATE : LATE_STRETCH;
        assert(late < bound, `${name}: ${late.toFixed()} ms late`);
      }
    } finally {
      Deno.removeSync(host, { recursive: true });
    }
  });
}

/** What keeps the shell busy while a background job is to go on. */
const BUSY_NAMES = [
  "while, empty",
  "functions without end",
  "eval of a long text",
  "arithmetic of a long expression",
  "case with brackets",
  "replacing by a pattern",
  "splitting",
  "globs with links around",
  "[[ =~ ]] with a bad pattern",
  "sort, large",
  "awk, a loop",
  "a long script to parse",
];

Deno.test("background jobs go on, whatever keeps the shell busy", async () => {
  for (const name of BUSY_NAMES) {
    const { script } = BUSY_SCRIPTS.find((each) => each.name === name)!;
    await using sandbox = await Sandbox.create({ cwd: "/tmp" });
    // It ends after a second job has seen ten ticks of the first, or not at all.
    const { stdoutText, reason } = await sandbox.sh(
      "(while sleep 0.01; do echo x; done >/tmp/ticks) & " +
        "(until [ $(wc -l </tmp/ticks) -ge 10 ]; do sleep 0.02; done 2>/dev/null; " +
        `echo ten; kill -KILL $$) & ${script}`,
      { timeoutMs: 30_000 },
    );
    assertEquals([name, stdoutText, reason], [name, "ten\n", "signal"]);
  }
});

Deno.test("a printf whose reader does not read waits, and ends with its run", async () => {
  await using sandbox = await Sandbox.create({ cwd: "/tmp" });
  const format = "f=$(head -c 200000 /dev/zero | tr '\\0' a | sed 's/a/%%/g')";
  for (const command of [`printf "$f"`, `/bin/printf "$f"`, `printf '%b' "$f$f\\c"`]) {
    const { reason } = await sandbox.sh(`${format}; ${command} | sleep 100`, { timeoutMs: 1000 });
    assertEquals([command, reason], [command, "timeout"]);
  }
});
