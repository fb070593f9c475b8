/**
 * Importers of the applets that only read their input and write their output: with literal
 * specifiers, so that they load without any permission, and fast.
 *
 * Each module here costs every start of the command line about 0.03 ms, so the large ones (the shell,
 * awk, sed, grep, archives) are not among them: those need the right to read capbox's own modules
 * where these are local files.
 *
 * @module
 */
import type { AppletModule } from "./registry.ts";

/** Module path → importer. */
export const AT_HAND: ReadonlyMap<string, () => Promise<AppletModule>> = new Map([
  ["basename.ts", () => import("./basename.ts")],
  ["cat.ts", () => import("./cat.ts")],
  ["dirname.ts", () => import("./dirname.ts")],
  ["echo.ts", () => import("./echo.ts")],
  ["false.ts", () => import("./false.ts")],
  ["head.ts", () => import("./head.ts")],
  ["printf.ts", () => import("./printf.ts")],
  ["seq.ts", () => import("./seq.ts")],
  ["sort.ts", () => import("./sort.ts")],
  ["tail.ts", () => import("./tail.ts")],
  ["tee.ts", () => import("./tee.ts")],
  ["true.ts", () => import("./true.ts")],
  ["wc.ts", () => import("./wc.ts")],
  ["yes.ts", () => import("./yes.ts")],
]);
