/**
 * The applets as the kernel looks programs up.
 *
 * @module
 */
import type { MaybePromise, Program } from "../sandbox/types.ts";
import * as registry from "./registry.ts";

/** Names of all applets, sorted. */
export function names(): readonly string[] {
  return registry.names();
}

/** Whether there is an applet of that name. */
export function has(name: string): boolean {
  return registry.has(name);
}

/** The program of an applet, at once when its module was loaded before. */
export function load(name: string): MaybePromise<Program> {
  const loaded = registry.loaded(name);
  if (loaded !== undefined) return loaded.program;
  return registry.load(name).then((applet) => applet.program);
}
