/**
 * Work in turns with others, for the shell.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { inSteps, type Steps } from "../../_lib/steps.ts";
import type { Shell } from "../shell.ts";

/** Takes steps, unless nobody can wait for them: then a promise that is never kept. */
export function paced<T>(sh: Shell, steps: () => Steps<T>): MaybePromise<T> {
  return sh.hurries ? new Promise<never>(() => {}) : inSteps(steps());
}
