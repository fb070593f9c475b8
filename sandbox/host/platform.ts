/**
 * Accelerations of the platform that change no result.
 *
 * @module
 */
import type { Platform } from "../types.ts";

/** What this platform offers. */
export const hostPlatform: Platform = {
  createHash: () => undefined,
  createCodec: () => undefined,
};
