/**
 * Random scripts in a sandbox.
 *
 * @module
 */
import { bytesOf, latin1 } from "../input.ts";
import { Sandbox } from "../../mod.ts";
import {
  directoryOf,
  ENVIRONMENT,
  localeOf,
  type Outcome,
  SECONDS,
  type Trial,
  withoutUsage,
} from "./trial.ts";

/** Runs what is wanted of a batch in one sandbox, in the directories that native has. */
export async function runOurs(
  trials: readonly Trial[],
  isWanted: (index: number) => boolean = () => true,
): Promise<Outcome[]> {
  await using sandbox = await Sandbox.create({ env: ENVIRONMENT });
  await sandbox.run(["mkdir", "-p", ...trials.map((_, index) => `${directoryOf(index)}/d`)]);
  await sandbox.run(["mkdir", "/lib", "/lib64"]);
  const outcomes: Outcome[] = [];
  for (const [index, trial] of trials.entries()) {
    if (!isWanted(index)) {
      outcomes.push({ status: "", stdout: "", stderr: "" });
      continue;
    }
    const cwd = directoryOf(index);
    const bytes = bytesOf(trial.script);
    if (trial.isFile) await sandbox.fs.writeFile(`${cwd}/../s`, bytes);
    const { code, stdout, stderr, reason } = await sandbox.run(
      trial.isFile ? ["ash", "../s"] : ["ash", "-c", bytes],
      { cwd, stdin: "", env: { LC_ALL: localeOf(trial) }, timeoutMs: 3 * SECONDS * 1000 },
    );
    outcomes.push({
      status: reason === "exit" || reason === "signal" ? String(code) : `${reason} ${code}`,
      stdout: latin1(stdout),
      stderr: withoutUsage(latin1(stderr)),
    });
  }
  return outcomes;
}
