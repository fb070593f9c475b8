/**
 * All targets by name.
 *
 * @module
 */
import type { BatchTarget, Target } from "../target.ts";
import { APPLET_TARGETS, appletTarget } from "./applets.ts";
import { FORMAT_TARGETS } from "./formats.ts";
import { BATCH_TARGETS, LANGUAGE_TARGETS } from "./languages.ts";

const FIXED: readonly (Target | BatchTarget)[] = [
  ...FORMAT_TARGETS,
  ...LANGUAGE_TARGETS,
  ...BATCH_TARGETS,
];

/** Names of all targets, sorted. */
export function targetNames(): string[] {
  return [...FIXED.map(({ name }) => name), ...APPLET_TARGETS].sort();
}

/** The target of a name. @throws {TypeError} for an unknown one */
export async function findTarget(name: string): Promise<Target | BatchTarget> {
  const fixed = FIXED.find((target) => target.name === name);
  if (fixed !== undefined) return fixed;
  if (!APPLET_TARGETS.includes(name)) throw new TypeError(`no target ${name}`);
  return await appletTarget(name);
}
