/**
 * What a program of a test or a benchmark starts with: user 0, nothing open, no limits. `argv` and
 * `program` are to be added.
 */
export const UNLIMITED = Object.freeze(
  {
    env: new Map<string, string>(),
    cwd: "/",
    uid: 0,
    gid: 0,
    fds: new Map<never, never>(),
    wallMs: Infinity,
    cpuMs: Infinity,
    outputBytes: Infinity,
  } as const,
);
