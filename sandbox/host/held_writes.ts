/**
 * Small writes of one open file that are held back for a moment, so that a guest which writes 16
 * bytes at a time does not cost a call to the host each time.
 *
 * At most one file of the process has such writes, and everything that could tell the difference
 * writes them out first: every other call on a file of the host, from any sandbox; output to the
 * host's streams, to the embedding program and to the network; `close`, `sync`, and the end of the
 * turn of the event loop, which comes at the latest when a slice of time is used up. What the host
 * says of them (ENOSPC) is told by the next write, `sync` or `close` of that file.
 *
 * The same turns bound how long a name that was looked up is believed to be what it was.
 *
 * @module
 */
import type { PutOff } from "../vfs/host_access.ts";

/** A file that can hold writes back. */
export interface Holder {
  /** Writes out what is held; keeps the error for its own next call. */
  letGo(): void;
}

/** The file that is being written to in small steps; it may hold something. */
let holder: Holder | undefined;
let isScheduled = false;
let turn = 0;

/** The file that took the last small write, if nothing else happened since. */
export function currentHolder(): Holder | undefined {
  return holder;
}

/** Makes a file the one with small writes; another one's are written out. */
export function becomeHolder(file: Holder): void {
  if (holder !== file) holder?.letGo();
  holder = file;
}

/** From here on the holder holds something: it ends with this turn of the event loop. */
export function scheduleRelease(): void {
  if (isScheduled) return;
  isScheduled = true;
  queueMicrotask(() => {
    isScheduled = false;
    othersRun();
  });
}

/** A number for this turn of the event loop: while it stays, nothing but our callers ran. */
export function currentTurn(): number {
  scheduleRelease();
  return turn;
}

/** Somebody else gets to run, or to see what was done: nothing is held back or believed any more. */
export function othersRun(): void {
  turn++;
  settleWrites();
  const end = turnEnd;
  if (end !== undefined) {
    turnEnd = undefined;
    end();
  }
}

let turnEnd: (() => void) | undefined;

/** Calls back once before others run. There is one such call for the process. */
export function beforeOthersRun(call: () => void): void {
  turnEnd = call;
  scheduleRelease();
}

/** A check that was put off until something else is done on the host. */
let putOff: PutOff | undefined;

/**
 * Runs a check before the next call on the host's files, and at the latest when this turn ends. One
 * can wait; a second one lets the first one run.
 */
export function checkBeforeNext(check: PutOff): void {
  settleWrites();
  putOff = check;
  scheduleRelease();
}

/** That check is not needed any more, or was made. */
export function dropCheck(check: PutOff): void {
  if (putOff === check) putOff = undefined;
}

/**
 * Writes out what is held back anywhere, after the check that was put off. To be called before
 * anything that others can notice.
 */
export function settleWrites(): void {
  const check = putOff;
  if (check !== undefined) {
    putOff = undefined;
    check.beforeNext();
  }
  const file = holder;
  if (file === undefined) return;
  holder = undefined;
  file.letGo();
}
