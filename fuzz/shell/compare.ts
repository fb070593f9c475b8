/**
 * Whether both sides did the same with a script, and the shortest script that still differs.
 *
 * @module
 */
import { EXPLANATIONS, seenWithout, withoutIt } from "./known.ts";
import type { Lane } from "./native.ts";
import { runOurs } from "./ours.ts";
import type { Outcome, Trial } from "./trial.ts";

/** What came of a comparison. */
export type Verdict =
  | { readonly kind: "same" | "order" | "unstable" | "company" | "crash" | "endless" }
  | {
    readonly kind: "known";
    readonly fault: string;
    readonly ours: Outcome;
    readonly native: Outcome;
  }
  | { readonly kind: "different"; readonly ours: Outcome; readonly native: Outcome };

/** What the kinds of verdicts mean. */
export const VERDICTS: Readonly<Record<Verdict["kind"], string>> = {
  same: "status, output and messages are the same, byte for byte",
  order: "the same, but processes beside each other wrote in another order",
  unstable: "native alone, three times, does not agree with itself",
  company: "the same when run alone; native was disturbed in its batch",
  crash: "native dies of a fault of its memory",
  endless: "native alone does not end in 12 seconds",
  known: "explained: without what is blamed, both do the same",
  different: "different",
};

function sorted(text: string, between: string): string {
  return text.split(between).sort().join(between);
}

/** Whether processes of a script run beside each other, as the grammar writes that. */
function isConcurrent(script: string): boolean {
  return /\s\|\s|[^<>&]&(?![>&\d-])|[<>]\(/.test(script);
}

/**
 * How two outcomes compare. Where processes run beside each other the order in which they write their
 * messages is nobody's, nor where the pieces of their traces come.
 */
function compare(script: string, ours: Outcome, native: Outcome): "same" | "order" | "different" {
  if (ours.status !== native.status) return "different";
  if (ours.stdout === native.stdout && ours.stderr === native.stderr) return "same";
  if (!isConcurrent(script)) return "different";
  const between = /set -[a-z]*x|set -o xtrace|sh -[a-z]*x/.test(script) ? "" : "\n";
  if (sorted(ours.stderr, between) !== sorted(native.stderr, between)) return "different";
  if (ours.stdout === native.stdout) return "order";
  // Messages and traces may go to standard output.
  return /2>|>&/.test(script) && sorted(ours.stdout, between) === sorted(native.stdout, between)
    ? "order"
    : "different";
}

function equal(a: Outcome, b: Outcome): boolean {
  return a.status === b.status && a.stdout === b.stdout && a.stderr === b.stderr;
}

/** Longest time in seconds for native when it is asked again. */
const AGAIN_SECONDS = 12;

/** How often native is asked again. */
const TURNS = 3;

/** An outcome that does not say in which directory of its batch the script ran. */
function anywhere(outcome: Outcome): Outcome {
  const same = (text: string): string => text.replaceAll(/\/tmp\/w\/\d+/g, "/tmp/w/N");
  return { ...outcome, stdout: same(outcome.stdout), stderr: same(outcome.stderr) };
}

/** Judges a batch, in which `ours` has nothing for what native did not end; what differs is tried again without the others, natively three times. */
export async function judge(
  lane: Lane,
  trials: readonly Trial[],
  ours: readonly Outcome[],
  native: readonly Outcome[],
): Promise<Verdict[]> {
  const verdicts = trials.map(({ script }, index): Verdict["kind"] =>
    isCut(native[index]) ? "different" : compare(script, ours[index], native[index])
  );
  const differing = trials.flatMap((trial, index) =>
    verdicts[index] !== "different"
      ? []
      // What was killed is given more time, but only once.
      : [{ index, trial, turns: isCut(native[index]) ? 1 : TURNS }]
  );
  if (differing.length === 0) return verdicts.map(plain);
  const theirs = await lane.run(
    differing.flatMap(({ trial, turns }) => Array<Trial>(turns).fill(trial)),
    AGAIN_SECONDS,
  );
  let at = 0;
  const again = differing.map((one) => ({
    ...one,
    outcomes: theirs.slice(at, at += one.turns).map(anywhere),
  }));
  // What has no end there would have none here.
  const ended = again.filter(({ outcomes }) => !outcomes.some(isCut));
  const mine = await runOurs(ended.map(({ trial }) => trial));
  const results = verdicts.map(plain);
  for (const { index, outcomes } of again) {
    if (outcomes.some(isCut)) {
      results[index] = plain(outcomes.some(({ status }) => status === "139") ? "crash" : "endless");
    }
  }
  ended.forEach(({ index, trial, outcomes }, which) => {
    results[index] = judgeAgain(trial, anywhere(mine[which]), outcomes);
  });
  return explain(lane, trials, results);
}

/** Whether native was killed, or died of itself. */
export function isCut(outcome: Outcome): boolean {
  return outcome.status === "" || outcome.status === "137" || outcome.status === "139";
}

function plain(kind: Verdict["kind"]): Verdict {
  return { kind } as Verdict;
}

function judgeAgain(trial: Trial, ours: Outcome, turns: readonly Outcome[]): Verdict {
  const native = turns[0];
  if (!turns.every((turn) => equal(turn, native))) return { kind: "unstable" };
  const kind = compare(trial.script, ours, native);
  if (kind === "order") return { kind };
  if (kind === "same") return { kind: "company" };
  return { kind: "different", ours, native };
}

/** Tries all explanations on what differs, all natively in one batch. */
async function explain(
  lane: Lane,
  trials: readonly Trial[],
  verdicts: Verdict[],
): Promise<Verdict[]> {
  const attempts = trials.flatMap((trial, index) =>
    verdicts[index].kind !== "different" ? [] : EXPLANATIONS.flatMap((explanation) => {
      const changed = withoutIt(trial, explanation);
      return changed === undefined ? [] : [{ index, explanation, changed }];
    })
  );
  if (attempts.length === 0) return verdicts;
  const changed = attempts.map((attempt) => attempt.changed);
  const native = await lane.run(changed, AGAIN_SECONDS);
  const ours = await runOurs(changed, (which) => !isCut(native[which]));
  attempts.forEach(({ index, explanation }, which) => {
    const verdict = verdicts[index];
    if (verdict.kind !== "different" || isCut(native[which])) return;
    const [mine, theirs] = [ours[which], native[which]].map((outcome) =>
      seenWithout(outcome, explanation)
    );
    if (compare(changed[which].script, mine, theirs) === "different") return;
    verdicts[index] = { ...verdict, kind: "known", fault: explanation.what };
  });
  return verdicts;
}

/** In what two outcomes differ. */
function kindOf(ours: Outcome, native: Outcome): string {
  if (ours.status !== native.status) return `status ${native.status}`;
  return ours.stdout !== native.stdout ? "stdout" : "stderr";
}

/** How many shorter scripts are tried in one batch. */
const WIDTH = 24;

/**
 * The shortest script found that still differs in the same way: in its status, or only in what it
 * printed, or only in its messages.
 */
export async function shrink(lane: Lane, trial: Trial, ours: Outcome, native: Outcome): Promise<{
  readonly script: string;
  readonly ours: Outcome;
  readonly native: Outcome;
}> {
  const kind = kindOf(ours, native);
  let best = { script: trial.script, ours, native };
  for (let size = best.script.length >> 1, rounds = 0; size >= 1 && rounds < 80; rounds++) {
    const starts: number[] = [];
    for (let at = 0; at < best.script.length; at += Math.max(1, size >> 1)) starts.push(at);
    let shorter: typeof best | undefined;
    // Not all places at once: the first that does is taken.
    for (let from = 0; from < starts.length && shorter === undefined; from += WIDTH) {
      const trials = starts.slice(from, from + WIDTH)
        .map((at) => best.script.slice(0, at) + best.script.slice(at + size))
        .filter((script) => script !== "")
        .map((script): Trial => ({ ...trial, script }));
      const [theirs, mine] = [await lane.run(trials), await runOurs(trials)];
      for (let i = 0; i < trials.length && shorter === undefined; i++) {
        if (/^(?:137|139|)$/.test(theirs[i].status)) continue;
        if (compare(trials[i].script, mine[i], theirs[i]) !== "different") continue;
        if (kindOf(mine[i], theirs[i]) !== kind) continue;
        shorter = { script: trials[i].script, ours: mine[i], native: theirs[i] };
      }
    }
    if (shorter !== undefined) best = shorter;
    else size >>= 1;
  }
  return best;
}
