/**
 * Limits of a sandbox: what each is, what is allowed by default, and how they are checked.
 *
 * @module
 */

/** Ceilings of a sandbox. `Infinity` is no limit. */
export interface Limits {
  /** Wall time of one run and of all that it leaves in the background, milliseconds. */
  readonly wallMs: number;
  /** CPU time of one run and of all that it leaves in the background, milliseconds. */
  readonly cpuMs: number;
  /** Bytes of the memory file system, and of buffers that programs hold. */
  readonly memoryBytes: number;
  /** Bytes of stdout and stderr of one run. */
  readonly outputBytes: number;
  /** Open files in one process. */
  readonly openFiles: number;
  /** Processes alive at a time. */
  readonly processes: number;
  /** Nesting of shell functions, parsers and sourced files. */
  readonly depth: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Inodes of the memory file system. */
  readonly inodes: number;
  /** Bytes sent and received over the network. */
  readonly networkBytes: number;
  /** Network connections open at a time. */
  readonly connections: number;
}

/** Limits where nothing is said: roomy for real work, and bounded. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  wallMs: Infinity,
  cpuMs: Infinity,
  memoryBytes: 1024 * 1024 * 1024,
  outputBytes: 256 * 1024 * 1024,
  openFiles: 1024,
  processes: 2048,
  depth: 1000,
  fileBytes: Infinity,
  inodes: 1_000_000,
  networkBytes: 1024 * 1024 * 1024,
  connections: 64,
});

/**
 * Checks and completes limits.
 *
 * @param given What the host asked for.
 * @throws {TypeError} for an unknown name or a value that is not a number ≥ 0.
 */
export function completeLimits(given: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new TypeError(`unknown limit: ${name}`);
    if (typeof value !== "number" || Number.isNaN(value) || value < 0) {
      throw new TypeError(`limit ${name} must be a number of 0 or more`);
    }
  }
  return Object.freeze({ ...DEFAULT_LIMITS, ...given });
}
