/**
 * Runs a peer in a worker of its own: what it does to its globals stays there, and the clock runs
 * where the work is done.
 *
 * @module
 */

/** What a worker is told first. */
export interface PeerStart {
  /** The module to import. */
  readonly specifier: string;
  /** The text of `/w/f`. */
  readonly text: string;
}

/** What a worker answers. */
export interface PeerAnswer {
  /** What was printed, or of how the shell came to be: nothing. */
  readonly text: string;
  /** How long it took. */
  readonly ms: number;
  /** What went wrong. */
  readonly error?: string;
}

/** What the packages offer, as far as it is used. All have a class of this name. */
interface PeerShell {
  exec?(script: string): Promise<{ stdout: string }>;
  execute?(script: string): Promise<{ stdout: string }>;
}
interface PeerModule {
  readonly Bash: new (options: object) => PeerShell;
}

/** The part of a worker's global that is used. */
interface Port {
  onmessage: ((event: { readonly data: PeerStart | string }) => void) | null;
  postMessage(answer: PeerAnswer): void;
}

/** Limits of bashkit that the work would meet otherwise; others do not know these names. */
const ROOMY = {
  maxCommands: 2 ** 31 - 1,
  maxLoopIterations: 2 ** 31 - 1,
  maxMemory: 2 ** 30,
  maxInputBytes: 2 ** 30,
  timeoutMs: 600_000,
};

if (import.meta.main) {
  const port = globalThis as unknown as Port;
  // A peer may tell with each script what of Deno it cannot guard; that is no part of the work.
  console.debug =
    console.info =
    console.warn =
    console.error =
      () => {};
  let shell: PeerShell | undefined;
  const start = async ({ specifier, text }: PeerStart): Promise<string> => {
    const { Bash } = await import(specifier) as PeerModule;
    shell = new Bash({ files: { "/w/f": text }, cwd: "/w", ...ROOMY });
    return "";
  };
  const run = async (script: string): Promise<string> => {
    const { stdout } = await (shell!.exec ?? shell!.execute)!.call(shell, `cd /w\n${script}`);
    return stdout;
  };
  port.onmessage = async ({ data }) => {
    const started = performance.now();
    try {
      const text = await (typeof data === "string" ? run(data) : start(data));
      port.postMessage({ text, ms: performance.now() - started });
    } catch (error) {
      const { message } = error instanceof Error ? error : new Error(String(error));
      port.postMessage({ text: "", ms: 0, error: message });
    }
  };
}
