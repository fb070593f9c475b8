/**
 * How long a busy shell keeps on after it was told to stop: by a timeout, an `AbortSignal`, a signal.
 *
 *     deno run -A --no-check bench/interrupt.ts [--only REGEX] [--from NAME] [--runs N] [--json FILE]
 *
 * Each script of `tests/sh/busy_scripts.ts` and `busy_applets.ts` is stopped N times in each way, at moments drawn at
 * random. Two things are measured. `late`: from the last turn that the event loop took before the
 * moment it was due, to the end: never less than the true delay. `gap`: the longest time between two
 * turns of the event loop in the whole run, which bounds the delay of a stop at any moment. `job`: the
 * longest silence of a job beside it that writes a line every 10 ms. The time in which the machine ran
 * something else is taken off all three (`/proc/thread-self/schedstat` says it); the `wall` column is
 * without that. Linux only.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { type RunResult, Sandbox } from "../mod.ts";
import { BUSY_APPLETS } from "../tests/sh/busy_applets.ts";
import { BUSY_WORDS } from "../tests/sh/busy_words.ts";
import { BUSY_SCRIPTS, HOST_DIRECTORY, makeHostDirectory } from "../tests/sh/busy_scripts.ts";

const WAYS = ["timeout", "abort", "signal"] as const;
const REASONS = { timeout: "timeout", abort: "aborted", signal: "SIGTERM" } as const;
/** A run is stopped after so many milliseconds, and up to as many more. */
const RUNS_AT_LEAST = 150;
const RUNS_AND_UP_TO = 500;
/** Above this, a line is marked. */
const BOUND_MS = 50;
/** Above this, a silence of the job is marked. */
const JOB_BOUND_MS = 100;
/** What goes on beside each script. */
const JOB = "while :; do echo x; sleep 0.01; done";

/** Milliseconds for which this thread was ready to run and did not. */
function waitedMs(): number {
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[1]) / 1e6;
}

/** Looks at the clock at each turn of the event loop. */
class Turns {
  longest = 0;
  longestWall = 0;
  #last = performance.now();
  #lastWaited = waitedMs();
  #ended = false;
  #port = new MessageChannel();

  constructor() {
    this.#port.port1.onmessage = () => {
      if (this.#ended) return;
      this.look();
      setTimeout(() => this.#ended || this.#port.port2.postMessage(0), 1);
    };
    this.#port.port2.postMessage(0);
  }

  /** Ends the stretch that began with the last look. */
  look(): void {
    const now = performance.now();
    const waited = waitedMs();
    const wall = now - this.#last;
    this.longestWall = Math.max(this.longestWall, wall);
    this.longest = Math.max(this.longest, wall - (waited - this.#lastWaited));
    this.#last = now;
    this.#lastWaited = waited;
  }

  /** Milliseconds since the last turn, with and without what others took. */
  since(): { readonly wall: number; readonly own: number } {
    const wall = performance.now() - this.#last;
    return { wall, own: wall - (waitedMs() - this.#lastWaited) };
  }

  end(): void {
    this.#ended = true;
    this.#port.port1.close();
    this.#port.port2.close();
  }
}

/** A job that goes on beside the script, and how long it did not. */
class Job {
  longest = 0;
  readonly #process: ReturnType<Sandbox["spawn"]>;
  #last = performance.now();
  #lastWaited = waitedMs();

  constructor(sandbox: Sandbox) {
    this.#process = sandbox.spawn(["sh", "-c", JOB]);
    void this.#process.stdout.pipeTo(new WritableStream({ write: () => this.look() })).catch(
      () => {},
    );
    void this.#process.stderr.pipeTo(new WritableStream()).catch(() => {});
  }

  look(): void {
    const now = performance.now();
    const waited = waitedMs();
    this.longest = Math.max(this.longest, now - this.#last - (waited - this.#lastWaited));
    this.#last = now;
    this.#lastWaited = waited;
  }

  async end(): Promise<void> {
    this.look();
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }
}

interface Figures {
  late: number;
  gap: number;
  job: number;
  wall: number;
  wrong: string;
}

async function stop(
  base: Sandbox,
  script: string,
  way: typeof WAYS[number],
  after: number,
  figures: Figures,
): Promise<void> {
  await using sandbox = base.fork();
  const job = new Job(sandbox);
  const turns = new Turns();
  const due = performance.now() + after;
  let ended: string;
  if (way === "signal") {
    const process = sandbox.spawn(["sh", "-c", script]);
    void process.stdout.pipeTo(new WritableStream()).catch(() => {});
    void process.stderr.pipeTo(new WritableStream()).catch(() => {});
    setTimeout(() => process.kill("SIGTERM"), after);
    const status = await process.status;
    ended = status.signal ?? `${status.reason} ${status.code}`;
  } else {
    const controller = new AbortController();
    if (way === "abort") setTimeout(() => controller.abort(), after);
    const result: RunResult = await sandbox.sh(script, {
      signal: controller.signal,
      timeoutMs: way === "timeout" ? after : undefined,
      stdout: () => {},
      stderr: () => {},
    });
    ended = result.reason;
    if (ended === "exit") ended += ` ${result.code} ${result.stderrText.slice(0, 100)}`;
  }
  const { own } = turns.since();
  const late = performance.now() - due;
  turns.look();
  turns.end();
  await job.end();
  figures.job = Math.max(figures.job, job.longest);
  figures.late = Math.max(figures.late, Math.min(late, own));
  figures.gap = Math.max(figures.gap, turns.longest);
  figures.wall = Math.max(figures.wall, late);
  if (ended !== REASONS[way]) figures.wrong = ended;
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["only", "runs", "json", "from"] });
  const runs = Number(args.runs ?? 2);
  const directory = Deno.makeTempDirSync({ prefix: "capbox_busy_" });
  makeHostDirectory(directory);
  const rows: (Figures & { name: string })[] = [];
  try {
    await using base = await Sandbox.create({
      mounts: [{ host: directory, guest: HOST_DIRECTORY, mode: "ro" }],
      cwd: "/tmp",
    });
    // What is loaded when it is first used is loaded now.
    const first: Figures = { late: 0, gap: 0, job: 0, wall: 0, wrong: "" };
    for (const way of WAYS) await stop(base, BUSY_SCRIPTS[0].script, way, RUNS_AT_LEAST, first);
    console.log("   late    gap    job   wall  script");
    let begun = false;
    for (const { name, script, setup } of [...BUSY_SCRIPTS, ...BUSY_APPLETS, ...BUSY_WORDS]) {
      if (args.only !== undefined && !new RegExp(args.only).test(name)) continue;
      if (args.from !== undefined && !begun && name !== args.from) continue;
      begun = true;
      await using made = base.fork();
      if (setup !== undefined) {
        const { reason, stderrText } = await made.sh(setup, { timeoutMs: 60_000 });
        if (reason !== "exit" || stderrText !== "") console.log(`setup: ${reason} ${stderrText}`);
      }
      const figures: Figures = { late: 0, gap: 0, job: 0, wall: 0, wrong: "" };
      for (let i = 0; i < runs; i++) {
        for (const way of WAYS) {
          const after = RUNS_AT_LEAST + Math.random() * RUNS_AND_UP_TO;
          await stop(made, script, way, after, figures);
        }
      }
      const above = Math.max(figures.late, figures.gap) > BOUND_MS || figures.job > JOB_BOUND_MS;
      const mark = above ? "  ABOVE" : "";
      const [late, gap, job, wall] = [figures.late, figures.gap, figures.job, figures.wall]
        .map((each) => each.toFixed(1).padStart(6));
      console.log(
        `${late} ${gap} ${job} ${wall}  ${name}${mark}${
          figures.wrong && `  ended by ${figures.wrong}`
        }`,
      );
      rows.push({ name, ...figures });
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
  const worst = (key: "late" | "gap" | "job"): string =>
    Math.max(...rows.map((row) => row[key])).toFixed(1);
  console.log(
    `${rows.length} scripts, worst late ${worst("late")} ms, worst gap ${worst("gap")} ms, ` +
      `worst silence of a job ${worst("job")} ms`,
  );
  if (args.json !== undefined) {
    Deno.writeTextFileSync(args.json, JSON.stringify(rows, undefined, 1) + "\n");
  }
}
