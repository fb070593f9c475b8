/**
 * Runs a command with a time limit, its own process group and no inherited descriptors.
 *
 * @module
 */

/** How a command ended. */
export interface Ended {
  /** Its status; 137 when the limit killed it. */
  readonly code: number;
  /** Whether the limit killed it. */
  readonly timedOut: boolean;
  /** Its standard output, with its standard error when that was joined. */
  readonly output: Uint8Array;
}

/** How to run a command. */
export interface RunOptions {
  /** Where. */
  readonly cwd?: string;
  /** The whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until everything in its process group is killed. */
  readonly limit: number;
  /** A file that grows while there is progress: the limit then counts from its last growth. */
  readonly progress?: string;
  /** Whether standard error goes where standard output goes; otherwise it is dropped. */
  readonly join?: boolean;
}

/**
 * Native ash and some of its tests fail when they inherit descriptors from 3 on. The shells that
 * /bin/sh may be can name one digit only, so what stands higher is closed by one that can.
 */
const closeInherited = `
for fd in /proc/self/fd/*; do
  fd=\${fd##*/}
  case $fd in [0-2]) ;; *) eval "exec $fd>&-" 2>/dev/null ;; esac
done
`;

const closers: readonly (readonly string[])[] = [
  ["busybox", "ash", "-c", closeInherited],
  ["bash", "-c", closeInherited],
  ["sh", "-c", "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-\n"],
];

/** The path of a program, by the PATH of this process: the PATH of a test may name another. */
function which(command: string): string | undefined {
  for (const dir of (Deno.env.get("PATH") ?? "/usr/bin:/bin").split(":")) {
    try {
      if (Deno.statSync(`${dir || "."}/${command}`).isFile) return `${dir || "."}/${command}`;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** The first of them that is installed. */
const closer: readonly string[] = closers
  .map(([command, ...rest]) => [which(command) ?? "", ...rest])
  .find(([path]) => path !== "") ?? ["/bin/sh", ...closers[2].slice(1)];

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return -1;
  }
}

/** Runs a command; kills its whole process group at the limit, and what it left running after. */
export async function runLimited(argv: readonly string[], options: RunOptions): Promise<Ended> {
  const redirect = options.join ? 'exec "$@" 2>&1' : 'exec "$@" 2>/dev/null';
  const script = closer.at(-1) + redirect;
  const child = new Deno.Command(closer[0], {
    args: [...closer.slice(1, -1), script, "sh", ...argv],
    cwd: options.cwd,
    env: options.env,
    clearEnv: options.env !== undefined,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  const killGroup = () => {
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  };
  let timedOut = false;
  let since = performance.now();
  let size = -1;
  const timer = setInterval(() => {
    const grown = options.progress === undefined ? -1 : sizeOf(options.progress);
    if (grown !== size) {
      size = grown;
      since = performance.now();
    }
    if (performance.now() - since < options.limit) return;
    timedOut = true;
    killGroup();
  }, Math.min(250, options.limit));
  const chunks: Uint8Array[] = [];
  const reader = child.stdout.getReader();
  const collected = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      chunks.push(value);
    }
  })();
  const status = await child.status;
  clearInterval(timer);
  // Background jobs that a test left behind hold the pipe open.
  killGroup();
  await collected;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const output = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    output.set(chunk, at);
    at += chunk.length;
  }
  return { code: status.code, timedOut, output };
}

/** Runs `work` on each item, `width` at a time; results stand in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    for (;;) {
      const index = next++;
      if (index >= items.length) return;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
