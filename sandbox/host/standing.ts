/**
 * The working directory of the host's process as a handle of a directory.
 *
 * Deno has no `openat`, and a host path is looked up anew by each call. But a path that begins in
 * the working directory begins in that very directory, wherever it was moved and whatever its name
 * leads to by now. So where the process is capbox's own, it goes into a directory that it works in,
 * makes sure once that it is the right one, and nobody can put another one under its calls.
 *
 * It is back where it was started when the turn of the event loop ends. Till then other threads of the
 * process can notice, a Worker or an asynchronous call of Deno with a relative path, and what a promise
 * calls in the same turn.
 *
 * Deno hands such a path to the system as it is only when it allows everything; otherwise it puts
 * the name of the working directory in front, and nothing would be gained. So this is off unless
 * the embedding program says that no other thread needs the working directory, and Deno was started
 * with `--allow-all`.
 *
 * @module
 */
import { beforeOthersRun } from "./held_writes.ts";

/** Where the process was in this turn of the event loop, or undefined while it is there. */
let home: string | undefined;
/** Whether it may move: asked of Deno when it first has reason to. */
let mayMove: boolean | undefined = false;

/** The directory that the process is in, once it was seen to be that one. */
let here: Identity | undefined;
/** Calls that are under way and rely on where the process is. */
let users = 0;
/** The moment in which it was last seen that nobody else moved the process. */
let seenAt = -1;

interface Identity {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
}

/** Lets the process go where it works, if Deno turns out to allow everything. */
export function moveFreely(): void {
  if (mayMove === false) mayMove = undefined;
}

/** Whether the process moves. */
export function movesFreely(): boolean {
  return mayMove ??= isAllowed();
}

function isAllowed(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    // Nothing less than `--allow-all` lets this be looked at.
    Deno.lstatSync("/proc/self/cwd");
    return true;
  } catch {
    return false;
  }
}

/** Goes back to where the process was, and stays there. */
export function moveNoMore(): void {
  goHome();
  mayMove = false;
}

function goHome(): void {
  here = undefined;
  if (home === undefined) return;
  try {
    Deno.chdir(home);
  } catch { /* It is not there any more. */ }
  home = undefined;
}

function isHere(dev: number, ino: number, moment: number): boolean {
  if (here === undefined || here.ino !== ino || here.dev !== dev) return false;
  if (moment === seenAt) return true;
  seenAt = moment;
  if (isWorkingDirectory(here)) return true;
  here = undefined;
  return false;
}

/**
 * The system tells the path of the directory itself, whatever links and names led there, so it is
 * known to be where it should be, and not only to be what a path leads to.
 */
function isWorkingDirectory({ path, dev, ino }: Identity): boolean {
  try {
    const info = Deno.lstatSync(".");
    return info.ino === ino && info.dev === dev && Deno.cwd() === path;
  } catch {
    return false;
  }
}

/**
 * Goes into a directory, unless it is there. Until {@link leave} it stays there, and relative paths
 * are reached from that very directory.
 *
 * @param path Where it is.
 * @param moment A number for this time: while it is the same, nobody else moves the process.
 * @returns Whether it is there; if not, nothing is to be left.
 */
export function enter(
  path: string,
  dev: number,
  ino: number,
  moment: number,
): boolean {
  if (!movesFreely()) return false;
  if (isHere(dev, ino, moment)) {
    users++;
    return true;
  }
  if (users > 0) return false;
  const goal: Identity = { path, dev, ino };
  here = undefined;
  try {
    if (home === undefined) {
      home = Deno.cwd();
      beforeOthersRun(goHome);
    }
    Deno.chdir(path);
  } catch {
    return false;
  }
  if (!isWorkingDirectory(goal)) return false;
  here = goal;
  seenAt = moment;
  users++;
  return true;
}

/** As `enter`, but goes nowhere. */
export function stay(dev: number, ino: number, moment: number): boolean {
  if (!movesFreely() || !isHere(dev, ino, moment)) return false;
  users++;
  return true;
}

/** A call that relied on the directory is done. */
export function leave(): void {
  users--;
}
