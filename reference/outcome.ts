/**
 * Results of a suite: one outcome per case, kept as names and verdicts only.
 *
 * @module
 */

/** What became of a case. */
export type Verdict = "pass" | "fail" | "hang" | "skip";

/** Verdict per case name, per applet or folder. */
export type Outcomes = Map<string, Map<string, Verdict>>;

/** A recorded run, as JSON. */
export interface RecordedRun {
  /** Which program. */
  readonly subject: string;
  /** What it said of itself. */
  readonly version: string;
  /** Which suite, and how it was driven. */
  readonly suite: string;
  /** Names of the cases by applet and verdict. */
  readonly applets: Readonly<Record<string, Partial<Record<Verdict, readonly string[]>>>>;
}

/** Adds an outcome; a name that occurs again gets a number. */
export function addOutcome(into: Map<string, Verdict>, name: string, verdict: Verdict): void {
  let unique = name;
  for (let count = 2; into.has(unique); count++) unique = `${name} #${count}`;
  into.set(unique, verdict);
}

/** A run as it is recorded. */
export function toRecord(
  run: { subject: string; version: string; suite: string; outcomes: Outcomes },
): RecordedRun {
  const applets: Record<string, Partial<Record<Verdict, string[]>>> = {};
  for (const [applet, cases] of [...run.outcomes].sort(([a], [b]) => a < b ? -1 : 1)) {
    const row: Partial<Record<Verdict, string[]>> = {};
    for (const [name, verdict] of cases) (row[verdict] ??= []).push(name);
    applets[applet] = row;
  }
  return { subject: run.subject, version: run.version, suite: run.suite, applets };
}

/** The outcomes of a recorded run. */
export function fromRecord(record: RecordedRun): Outcomes {
  const outcomes: Outcomes = new Map();
  for (const [applet, row] of Object.entries(record.applets)) {
    const cases = new Map<string, Verdict>();
    for (const [verdict, names] of Object.entries(row)) {
      for (const name of names) cases.set(name, verdict as Verdict);
    }
    outcomes.set(applet, cases);
  }
  return outcomes;
}

function count(cases: ReadonlyMap<string, Verdict> | undefined, verdict: Verdict): number {
  return [...cases?.values() ?? []].filter((found) => found === verdict).length;
}

/** A table with a line per applet; beside another run's passes when one is given. */
export function table(outcomes: Outcomes, beside?: Outcomes): string {
  const lines: string[] = [];
  const row = (name: string, cells: readonly (number | string)[]) =>
    lines.push(name.padEnd(26) + cells.map((cell) => String(cell || ".").padStart(7)).join(""));
  row("", ["pass", "fail", "hang", "skip", ...beside === undefined ? [] : ["native"]]);
  const totals = [0, 0, 0, 0, 0];
  for (const [applet, cases] of [...outcomes].sort(([a], [b]) => a < b ? -1 : 1)) {
    const cells = (["pass", "fail", "hang", "skip"] as const).map((verdict) =>
      count(cases, verdict)
    );
    if (beside !== undefined) cells.push(count(beside.get(applet), "pass"));
    cells.forEach((cell, i) => totals[i] += cell);
    row(applet, cells);
  }
  row("total", beside === undefined ? totals.slice(0, 4) : totals);
  return lines.join("\n");
}

/** The cases that pass in `reference` and not in `ours`, as `applet: name`. */
export function lost(reference: Outcomes, ours: Outcomes): string[] {
  const names: string[] = [];
  for (const [applet, cases] of reference) {
    for (const [name, verdict] of cases) {
      const mine = ours.get(applet)?.get(name);
      if (verdict === "pass" && mine !== "pass") {
        names.push(`${applet}: ${name} (${mine ?? "not reached"})`);
      }
    }
  }
  return names.sort();
}
