/**
 * Traps: what signals, the end of the shell and failed commands run (POSIX trap; `ERR` as in
 * BusyBox 1.35).
 *
 * @module
 */

import { type MaybePromise, type Process, SIG } from "../../sandbox/types.ts";
import { JOB_VIEW, PROCESS } from "./parts.ts";
import { type Shell, SKIP_NONE } from "./shell.ts";

/** Number of the `EXIT` pseudo-signal. */
export const TRAP_EXIT = 0;
/** Number that stands for `ERR`, behind all real signals. */
export const TRAP_ERR = 65;

/** The traps of one shell. */
export class Traps {
  private readonly actions = new Map<number, string>();
  /** What `trap` lists in a subshell that has set none itself. */
  private inherited: ReadonlyMap<number, string> | undefined;
  /** Signals that wait for their actions. */
  readonly pending: number[] = [];
  /** The `ERR` action is under way. */
  running = false;
  /** Signals that were ignored when the shell started; they cannot be trapped. */
  constructor(private readonly sh: Shell) {}

  /** The traps of a new subshell: ignored signals stay ignored, the others are reset. */
  forSubshell(child: Shell): Traps {
    const copy = new Traps(child);
    for (const [n, text] of this.actions) if (text === "") copy.actions.set(n, text);
    copy.exiting = this.exiting;
    return copy;
  }

  /** Whether a trap for signal `n` is set. */
  has(n: number): boolean {
    return this.actions.has(n);
  }

  /** The action of signal `n`. */
  action(n: number): string | undefined {
    return this.actions.get(n);
  }

  /** Sets an action; undefined is the default one. */
  set(n: number, action: string | undefined): void {
    if (this.inherited !== undefined) this.inherited = undefined;
    if (action === undefined) this.actions.delete(n);
    else this.actions.set(n, action);
    if (n === TRAP_EXIT || n === TRAP_ERR) return;
    this.apply(n, this.sh.proc);
  }

  /** What an interactive shell does with a signal that has no action; `interactive.ts` sets it. */
  byDefault: ((n: number) => Parameters<Process["setSignal"]>[1]) | undefined;

  /** Makes the action of a signal that of the process. */
  apply(n: number, proc: Process): void {
    if (n === SIG.KILL || n === SIG.STOP) return;
    const action = this.actions.get(n);
    if (action === undefined) {
      const own = this.sh.flags.interactive ? this.byDefault?.(n) : undefined;
      proc.setSignal(n, own ?? "default");
    } else if (action === "") proc.setSignal(n, "ignore");
    else proc.setSignal(n, (signal) => this.take(signal));
  }

  /** A signal arrived. */
  take(signal: number): void {
    if (!this.pending.includes(signal)) this.pending.push(signal);
    this.sh.interrupts = this.pending.length;
  }

  /** The first signal that waits for its action, or 0. */
  get waiting(): number {
    return this.pending[0] ?? 0;
  }

  /** Whether any action is set that a program in place of the shell would lose. */
  get any(): boolean {
    for (const text of this.actions.values()) if (text !== "") return true;
    return false;
  }

  /** The traps that `$(trap)` lists are those of the shell around it. */
  inheritList(from: Traps): void {
    this.inherited = new Map(from.actions);
  }

  /** Runs the actions of the signals that arrived, keeping `$?`. */
  runPending(status: number): MaybePromise<number> {
    const sh = this.sh;
    while (this.pending.length > 0) {
      const n = this.pending.shift()!;
      sh.interrupts = this.pending.length;
      const action = this.actions.get(n);
      // ^C without a trap ends what an interactive shell is doing.
      if (action === undefined && n === SIG.INT) JOB_VIEW.loaded?.interruptedJob(sh);
      if (action === undefined || action === "") continue;
      // What has set an action has loaded the part.
      const done = PROCESS.loaded!.runAction(sh, action, status);
      if (done !== undefined) {
        return done.then(() => sh.skip !== SKIP_NONE ? sh.status : this.runPending(status));
      }
      if (sh.skip !== SKIP_NONE) return sh.status;
    }
    return status;
  }

  /** Runs the `ERR` action for a failed command. */
  runError(status: number): MaybePromise<number> {
    const action = this.actions.get(TRAP_ERR);
    return action === undefined || action === "" || this.running
      ? status
      : PROCESS.loaded!.runErrorAction(this.sh, action, status);
  }

  /** Takes the `ERR` action out, which does not act in functions. */
  takeError(): string | undefined {
    const action = this.actions.get(TRAP_ERR);
    if (action !== undefined) this.actions.delete(TRAP_ERR);
    return action;
  }

  /** Puts the `ERR` action back at the end of a function, unless that has set its own. */
  giveError(action: string): void {
    if (!this.actions.has(TRAP_ERR)) this.actions.set(TRAP_ERR, action);
  }

  /**
   * Takes the `EXIT` action out, to be run once. As natively, a subshell that such an action starts
   * never runs its own.
   */
  takeExit(): string | undefined {
    const action = this.actions.get(TRAP_EXIT);
    this.actions.delete(TRAP_EXIT);
    return this.exiting ? undefined : action;
  }

  /** An `EXIT` action is running, of this shell or of one around it. */
  exiting = false;

  /** What `trap` without arguments lists. */
  get listed(): ReadonlyMap<number, string> {
    return this.inherited ?? this.actions;
  }
}
