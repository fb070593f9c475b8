/**
 * The preview1 part of wasi-testsuite, from a folder given by path, as outcomes of this runner. The
 * work is done by `tests/wasi/suite.ts`, in process, on the memory layer and on host mounts.
 *
 * @module
 */

import { runSuite, type SuiteLayer } from "../tests/wasi/suite.ts";
import type { Outcomes, Verdict } from "./outcome.ts";

/** Runs the preview1 modules on both layers; a group is `LANGUAGE on LAYER`. */
export async function runWasiSuite(directory: string): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  for (const layer of ["memory", "host"] satisfies SuiteLayer[]) {
    for (const result of await runSuite({ directory, layer, unix: false })) {
      const name = `${result.language} on ${layer}`;
      const group = outcomes.get(name) ?? new Map<string, Verdict>();
      group.set(result.name, result.passed ? "pass" : "fail");
      if (!result.passed) console.log(`${name}: ${result.name}: ${result.detail}`);
      outcomes.set(name, group);
    }
  }
  return outcomes;
}
