/**
 * The table of builtins: the 44 names that `help` of BusyBox 1.35 ash lists. Those that most scripts
 * do without are in parts, which are loaded at the first call.
 *
 * @module
 */

import type { MaybePromise } from "../../../sandbox/types.ts";
import { loadParts, type Part } from "../../_lib/part.ts";
import { DIRECTORY, LOOKUP, PRINTF, PROCESS, READ, SETTINGS, SOURCE, TESTS } from "../parts.ts";
import type { Builtin } from "../shell.ts";
import { echo } from "./echo.ts";
import { FLOW } from "./flow.ts";
import { VARIABLES } from "./variables.ts";

type Entry = readonly [name: string, run: Builtin];

/** Builtins of a part. Before the first call of one it is loaded, and only that call waits. */
function inPart(part: Part<{ readonly BUILTINS: readonly Entry[] }>, names: string): Entry[] {
  return names.split(" ").map((name): Entry => {
    let run: Builtin | undefined;
    return [name, (sh, argv) => {
      if (run !== undefined) return run(sh, argv);
      const call = (): MaybePromise<number> => {
        run = part.loaded!.BUILTINS.find((entry) => entry[0] === name)![1];
        return run(sh, argv);
      };
      const loading = loadParts(sh.proc, [part]);
      return loading === undefined ? call() : loading.then(call);
    }];
  });
}

/** All builtins by name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map([
  ...FLOW,
  ...VARIABLES,
  ["echo", echo],
  ...inPart(DIRECTORY, "cd chdir pwd"),
  ...inPart(SOURCE, ". source"),
  ...inPart(READ, "read"),
  ...inPart(PRINTF, "printf"),
  ...inPart(TESTS, "test [ [["),
  ...inPart(LOOKUP, "command type hash help history exec"),
  ...inPart(PROCESS, "kill wait jobs fg bg trap"),
  ...inPart(SETTINGS, "getopts let alias unalias umask ulimit times readonly local"),
]);
