/**
 * The table of builtins: the 44 names that `help` of BusyBox 1.35 ash lists.
 *
 * @module
 */

import type { Builtin } from "../shell.ts";
import { DIRECTORY } from "./directory.ts";
import { FLOW } from "./flow.ts";
import { IO } from "./io.ts";
import { LOOKUP } from "./lookup.ts";
import { PROCESS } from "./process.ts";
import { VARIABLES } from "./variables.ts";

/** All builtins by name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map([
  ...FLOW,
  ...VARIABLES,
  ...DIRECTORY,
  ...IO,
  ...LOOKUP,
  ...PROCESS,
]);
