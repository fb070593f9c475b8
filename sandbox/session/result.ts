/**
 * What a run gives back.
 *
 * @module
 */
import { type EndReason, type ExitStatus, SIGNAL_NAMES } from "../types.ts";
import { concatBytes } from "../bytes.ts";

const decoder = new TextDecoder();

/** The result of a run. */
export class RunResult {
  /** Exit code 0–255; 128 + signal number for one that a signal ended. */
  readonly code: number;
  /** Name of the signal that ended it, such as `"SIGKILL"`, or null. */
  readonly signal: string | null;
  /** Why it ended: `"exit"`, `"signal"`, or the limit that was reached. */
  readonly reason: EndReason;
  #out: readonly Uint8Array[];
  #err: readonly Uint8Array[];

  /**
   * Made by the session when the program has ended.
   *
   * @param status How it ended.
   * @param reason The limit reached, if one was.
   */
  constructor(
    status: ExitStatus,
    reason: EndReason | undefined,
    stdout: readonly Uint8Array[],
    stderr: readonly Uint8Array[],
  ) {
    this.code = status.code;
    this.signal = status.signal === 0 ? null : signalName(status.signal);
    this.reason = reason ?? (status.signal === 0 ? "exit" : "signal");
    this.#out = stdout;
    this.#err = stderr;
  }

  /** Bytes of standard output that were captured. Joined when first asked for. */
  get stdout(): Uint8Array {
    if (this.#out.length !== 1) this.#out = [concatBytes(this.#out)];
    return this.#out[0];
  }

  /** Bytes of standard error that were captured. */
  get stderr(): Uint8Array {
    if (this.#err.length !== 1) this.#err = [concatBytes(this.#err)];
    return this.#err[0];
  }

  /** Standard output as UTF-8 text; what is not UTF-8 becomes U+FFFD. */
  get stdoutText(): string {
    return decoder.decode(this.stdout);
  }

  /** Standard error as UTF-8 text. */
  get stderrText(): string {
    return decoder.decode(this.stderr);
  }

  /** Whether it exited with code 0. */
  get success(): boolean {
    return this.code === 0;
  }
}

/** `SIG` and the name of a signal. */
export function signalName(signal: number): string {
  return `SIG${SIGNAL_NAMES[signal] ?? signal}`;
}
