/**
 * Random shell scripts: printed and parsed again they must give the same tree, and run they must do
 * what native busybox ash does: standard output, standard error and status, byte for byte.
 *
 * Native runs batches in jails (tests/differential/jail.ts), so this needs root on Linux. See
 * `--help`; `shell/` has the parts.
 *
 * @module
 */
import { isCut, judge, shrink, type Verdict, VERDICTS } from "./shell/compare.ts";
import { constructsOf } from "./shell/constructs.ts";
import { PRELUDE } from "./shell/grammar/script.ts";
import { Answers, Lane } from "./shell/native.ts";
import { runOurs } from "./shell/ours.ts";
import { roundTrip } from "./shell/round_trip.ts";
import { type Outcome, type Trial, trialOf } from "./shell/trial.ts";

const USAGE = `usage: deno run -A fuzz/shell.ts [OPTION…]

  --count N      so many scripts (1000)
  --at N         number of the first script (1000003)
  --seeds A,B    these scripts only
  --batch N      so many in one jail (250)
  --lanes N      so many jails beside each other (3)
  --answers DIR  keep native's answers there, and do not run what is there already
  --most N       end after so many differences (20)
  --shrink       make what differs as short as can be
  --show-known   show also what is explained by a fault of native
  --constructs   count what of the language the scripts use
  --trip-only    print and parse again only; needs no native busybox
  --json FILE    write the counts there
  --help         this text
`;

/** What the command line asks for. */
interface Options {
  readonly seeds: readonly number[];
  readonly batch: number;
  readonly lanes: number;
  readonly most: number;
  readonly answers: string | undefined;
  readonly json: string | undefined;
  readonly flags: ReadonlySet<string>;
}

/** Reads the command line. @throws {RangeError} when it is not understood */
function readOptions(args: readonly string[]): Options {
  const numbers = new Map(
    [["count", 1000], ["at", 1_000_003], ["batch", 250], ["lanes", 3], ["most", 20]],
  );
  const texts = new Map<string, string>();
  const flags = new Set<string>();
  for (let at = 0; at < args.length; at++) {
    const [option, ...rest] = args[at].split("=");
    const name = option.startsWith("--") ? option.slice(2) : "";
    if (["shrink", "show-known", "constructs", "trip-only", "help"].includes(name)) {
      flags.add(name);
      continue;
    }
    const isNumber = numbers.has(name);
    if (!isNumber && !["seeds", "answers", "json"].includes(name)) {
      throw new RangeError(`unknown argument ${args[at]}`);
    }
    const value = rest.length > 0 ? rest.join("=") : args[++at];
    if (value === undefined) throw new RangeError(`--${name} needs a value`);
    if (!isNumber) texts.set(name, value);
    else if (/^[1-9][0-9]{0,9}$/.test(value)) numbers.set(name, Number(value));
    else throw new RangeError(`--${name} needs a number from 1, not ${value}`);
  }
  const number = (name: string): number => numbers.get(name)!;
  const listed = texts.get("seeds");
  if (listed !== undefined && !/^[0-9]+(,[0-9]+)*$/.test(listed)) {
    throw new RangeError(`--seeds needs numbers, not ${listed}`);
  }
  return {
    seeds: listed?.split(",").map(Number) ??
      Array.from({ length: number("count") }, (_, i) => number("at") + i),
    batch: number("batch"),
    lanes: number("lanes"),
    most: number("most"),
    answers: texts.get("answers"),
    json: texts.get("json"),
    flags,
  };
}

function shown(outcome: Outcome): string {
  return `[${outcome.status}] ${JSON.stringify(outcome.stdout)} ${JSON.stringify(outcome.stderr)}`;
}

/** Counts by name. */
class Tally {
  readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Most frequent first. */
  list(): [string, number][] {
    return [...this.counts].sort((a, b) => b[1] - a[1]);
  }
}

/** A run over many scripts. */
class Run {
  private readonly verdicts = new Tally();
  private readonly faults = new Tally();
  private readonly trips = new Tally();
  private readonly constructs = new Tally();
  /** Scripts that native did not bring to a stable end, by kind. */
  private readonly seedsOf = new Map<string, number[]>();
  private bad = 0;
  private done = 0;
  private readonly started = performance.now();
  /** Batches are judged one at a time, while other lanes run natively. */
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly options: Options) {}

  async all(): Promise<number> {
    const { seeds, batch, lanes } = this.options;
    const batches: Trial[][] = [];
    for (let at = 0; at < seeds.length; at += batch) {
      batches.push(seeds.slice(at, at + batch).map(trialOf));
    }
    const queue = batches.values();
    await Promise.all(
      Array.from({ length: Math.min(lanes, batches.length) }, () => this.lane(queue)),
    );
    this.report();
    return this.bad > 0 ? 1 : 0;
  }

  private async lane(queue: Iterable<Trial[]>): Promise<void> {
    if (this.options.flags.has("trip-only")) {
      for (const trials of queue) trials.forEach((trial) => this.trip(trial));
      return;
    }
    const { answers } = this.options;
    const store = answers === undefined ? undefined : new Answers(answers);
    using lane = Lane.open();
    for (const trials of queue) {
      if (this.bad >= this.options.most) break;
      let native = await store?.find(trials);
      if (native === undefined) {
        native = await lane.run(trials);
        await store?.keep(trials, native);
      }
      const answered = native;
      const mine = this.turn.then(() => this.judgeBatch(lane, trials, answered));
      this.turn = mine;
      await mine;
    }
  }

  private async judgeBatch(lane: Lane, trials: readonly Trial[], native: readonly Outcome[]) {
    for (const trial of trials) this.trip(trial);
    const ours = await runOurs(trials, (index) => !isCut(native[index]));
    const verdicts = await judge(lane, trials, ours, native);
    for (const [index, verdict] of verdicts.entries()) {
      this.verdicts.add(verdict.kind);
      await this.tell(lane, trials[index], verdict);
    }
    this.done += trials.length;
    const seconds = (performance.now() - this.started) / 1000;
    const rate = (this.done / seconds).toFixed(0);
    console.error(`${this.done} scripts, ${rate}/s, ${this.bad} bad`);
  }

  private trip(trial: Trial): void {
    const result = roundTrip(trial.script);
    this.trips.add(result.kind);
    if (this.options.flags.has("constructs")) {
      for (const name of constructsOf(trial.script.replace(PRELUDE, ""))) this.constructs.add(name);
    }
    if (result.kind !== "different") return;
    this.bad++;
    console.log(
      `=== ${trial.seed} round trip\n${trial.script.replace(PRELUDE, "")}--- printed\n` +
        result.printed,
    );
  }

  private async tell(lane: Lane, trial: Trial, verdict: Verdict): Promise<void> {
    const { flags } = this.options;
    if (verdict.kind === "same" || verdict.kind === "order") return;
    this.seedsOf.set(verdict.kind, [...this.seedsOf.get(verdict.kind) ?? [], trial.seed]);
    if (verdict.kind === "known") this.faults.add(verdict.fault);
    if (verdict.kind === "different") this.bad++;
    else if (verdict.kind !== "known" || !flags.has("show-known")) return;
    const { script, ours, native } = flags.has("shrink")
      ? await shrink(lane, trial, verdict.ours, verdict.native)
      : { ...verdict, script: trial.script };
    const how = `${trial.isFile ? "file" : "-c"} ${trial.isUtf8 ? "UTF-8" : "C"}`;
    console.log(
      `=== ${trial.seed} ${how}${verdict.kind === "known" ? " known: " + verdict.fault : ""}\n` +
        `${script.replace(PRELUDE, "")}\n<<< ours   ${shown(ours)}\n>>> native ${shown(native)}`,
    );
  }

  private report(): void {
    const seconds = (performance.now() - this.started) / 1000;
    const lines: string[] = [];
    if (this.verdicts.counts.size > 0) {
      lines.push(
        `${this.done} scripts in ${seconds.toFixed(0)} s, ${(this.done / seconds).toFixed(0)}/s`,
      );
    }
    for (const [kind, count] of this.verdicts.list()) {
      lines.push(`${String(count).padStart(7)} ${kind}: ${VERDICTS[kind as Verdict["kind"]]}`);
      if (kind === "known") {
        for (const [what, cases] of this.faults.list()) {
          lines.push(`${String(cases).padStart(12)} ${what}`);
        }
      }
      const seeds = this.seedsOf.get(kind);
      if (seeds !== undefined) lines.push(`        ${seeds.slice(0, 40).join(" ")}`);
    }
    lines.push("round trips: " + this.trips.list().map(([k, n]) => `${n} ${k}`).join(", "));
    for (const [name, count] of this.constructs.list()) {
      lines.push(`${String(count).padStart(7)} ${name}`);
    }
    console.log(lines.join("\n"));
    if (this.options.json === undefined) return;
    const counts = (tally: Tally): Record<string, number> => Object.fromEntries(tally.list());
    Deno.writeTextFileSync(
      this.options.json,
      JSON.stringify(
        {
          scripts: this.done,
          seconds,
          verdicts: counts(this.verdicts),
          faults: counts(this.faults),
          roundTrips: counts(this.trips),
          constructs: counts(this.constructs),
          seeds: Object.fromEntries(this.seedsOf),
        },
        undefined,
        1,
      ),
    );
  }
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options.flags.has("help")) console.log(USAGE);
    else Deno.exit(await new Run(options).all());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(`shell.ts: ${error.message}\n${USAGE}`);
    Deno.exit(1);
  }
}
