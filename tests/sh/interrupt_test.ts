/**
 * A shell can be stopped at any point: by a timeout, an `AbortSignal` or a signal. What is measured is
 * how long after the moment it was due. Quiet machines give less than 50 ms for each; the bound leaves
 * room for machines that do a lot besides.
 */
import { assert, assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

/** Milliseconds that a script runs before it is stopped. */
const RUNS = 300;
/** Most milliseconds it may go on after that. */
const LATE = 1000;

const LONG_TEXT = "x=$(head -c 2000000 /dev/zero | tr '\\0' a)";

const SCRIPTS: readonly (readonly [name: string, script: string])[] = [
  ["an empty loop", "while :; do :; done"],
  ["arithmetic", "i=0; while [ $((i+=1)) -gt 0 ]; do x=$((i*7%13)); done"],
  ["functions", "f() { [ $1 -gt 0 ] && f $(($1-1)); }; while :; do f 100; done"],
  ["eval", "while :; do eval 'x=1; y=2'; done"],
  ["substitutions", "while :; do x=$(echo a); done"],
  ["subshells", "while :; do (:); done"],
  ["patterns", `${LONG_TEXT}; while :; do case $x in *b*c*d*) ;; esac; done`],
  ["replacing", `${LONG_TEXT}; while :; do y=\${x//a/bc}; done`],
  ["removing", `${LONG_TEXT}; while :; do y=\${x%%a*b}; y=\${x##*b}; done`],
  ["while read", "yes | while read x; do :; done"],
  ["sort", "while :; do seq 100000 | sort -r >/dev/null; done"],
  ["sleep", "sleep 1000"],
  ["wait", "sleep 1000 & wait"],
  ["traps", "trap : USR1; while kill -USR1 $$; do :; done"],
];

const WAYS = ["timeout", "abort", "signal"] as const;

/** How many milliseconds too late a script ended, and by what. */
async function stopped(script: string, way: typeof WAYS[number]): Promise<[number, string]> {
  await using sandbox = await Sandbox.create();
  const due = performance.now() + RUNS;
  const late = (): number => performance.now() - due;
  if (way === "timeout") {
    const { reason } = await sandbox.sh(script, { timeoutMs: RUNS });
    return [late(), reason];
  }
  if (way === "abort") {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), RUNS);
    const { reason } = await sandbox.sh(script, { signal: controller.signal });
    return [late(), reason];
  }
  const process = await sandbox.spawn(["sh", "-c", script]);
  setTimeout(() => process.kill("SIGTERM"), RUNS);
  const { signal } = await process.status;
  return [late(), signal ?? "none"];
}

const REASONS = { timeout: "timeout", abort: "aborted", signal: "SIGTERM" } as const;

for (const way of WAYS) {
  Deno.test(`a running shell is stopped at once: ${way}`, async () => {
    for (const [name, script] of SCRIPTS) {
      const [late, reason] = await stopped(script, way);
      assertEquals(reason, REASONS[way], name);
      assert(late < LATE, `${name}: ${late.toFixed()} ms late`);
    }
  });
}

Deno.test("background jobs go on while the shell is busy", async () => {
  await using sandbox = await Sandbox.create();
  const { stdoutText } = await sandbox.sh(
    "i=0; while [ $i -lt 5 ]; do sleep 0.02; i=$((i+1)); done >/dev/null && : >done & " +
      "n=0; while [ ! -e done ]; do n=$((n+1)); done; echo $((n > 100))",
    { timeoutMs: 20_000 },
  );
  assertEquals(stdoutText, "1\n");
});
