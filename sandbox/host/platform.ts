/**
 * Accelerations of the platform that change no result.
 *
 * @module
 */
import type { Platform } from "../types.ts";

interface HostHash {
  update(chunk: Uint8Array): void;
  digest(): Uint8Array;
}

/** Hashes that a caller may ask for; others are made by our own code. */
const HASHES: ReadonlySet<string> = new Set(["sha1", "sha256", "sha512"]);

/** What makes a hash, once it is loaded; undefined where there is none. */
let loaded: ((name: string) => HostHash) | undefined;
let loading: Promise<void> | undefined;

/**
 * Loading `node:crypto` takes 30 ms, so it waits until a hash is asked for. It has the processor's own
 * instructions: SHA-256 is 8 times and SHA-1 5 times as fast as without.
 */
function load(): Promise<void> {
  return loading ??= import("node:crypto").then(
    ({ createHash }) => void (loaded = (name) => createHash(name)),
    () => {}, // A host without it makes do with our own code.
  );
}

/** What this platform offers. */
export const hostPlatform: Platform = {
  createHash: (name) => {
    if (!HASHES.has(name)) return undefined;
    return loaded?.(name) ?? load().then(() => loaded?.(name));
  },
  createCodec: () => undefined,
};
