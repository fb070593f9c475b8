/**
 * The working directory of the host's process as a handle of a directory.
 *
 * Deno has no `openat`, and a host path is looked up anew by each call. But a path that begins in
 * the working directory begins in that very directory, wherever it was moved and whatever its name
 * leads to by now. So where the process is capbox's own, it goes into a directory that it works in,
 * makes sure once that it is the right one, and nobody can put another one under its calls.
 *
 * It is back where it was started before anybody else gets to run: only other threads of the process
 * can notice, a Worker, or an asynchronous call of Deno with a relative path.
 *
 * Deno hands such a path to the system as it is only when it allows everything; otherwise it puts
 * the name of the working directory in front, and nothing would be gained. So this is off unless
 * the embedding program says that no other thread needs the working directory, and Deno was started
 * with `--allow-all`.
 *
 * @module
 */
import { beforeOthersRun } from "./held_writes.ts";

/** Where the process was when it began to move, or undefined while it stays where it is. */
let home: string | undefined;

/** The directory that the process is in, once it was seen to be that one. */
let here: Identity | undefined;
/** The one that was asked for last: going there pays off for who asks again. */
let wanted: Identity | undefined;
/** Calls that are under way and rely on where the process is. */
let users = 0;
/** The moment in which it was last seen that nobody else moved the process. */
let seenAt = -1;

interface Identity {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
}

/**
 * Lets the process go where it works.
 *
 * @returns Whether Deno allows it.
 */
export function moveFreely(): boolean {
  if (home !== undefined) return true;
  if (Deno.build.os !== "linux") return false;
  try {
    // Nothing less than `--allow-all` lets this be looked at.
    Deno.lstatSync("/proc/self/cwd");
    home = Deno.cwd();
  } catch {
    return false;
  }
  return true;
}

/** Goes back to where the process was, and stays there. */
export function moveNoMore(): void {
  goHome();
  home = undefined;
}

function goHome(): void {
  here = wanted = undefined;
  if (home !== undefined) Deno.chdir(home);
}

/** Whether the process may move at all. */
export function movesFreely(): boolean {
  return home !== undefined;
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
 * @param atOnce Go there even for one call.
 * @param moment A number for this time: while it is the same, nobody else moves the process.
 * @returns Whether it is there; if not, nothing is to be left.
 */
export function enter(
  path: string,
  dev: number,
  ino: number,
  atOnce: boolean,
  moment: number,
): boolean {
  if (home === undefined) return false;
  if (isHere(dev, ino, moment)) {
    users++;
    return true;
  }
  if (users > 0) return false;
  const goal: Identity = { path, dev, ino };
  if (!atOnce && (wanted?.ino !== ino || wanted.dev !== dev)) {
    wanted = goal;
    return false;
  }
  here = undefined;
  beforeOthersRun(goHome);
  try {
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
  if (home === undefined || !isHere(dev, ino, moment)) return false;
  users++;
  return true;
}

/** A call that relied on the directory is done. */
export function leave(): void {
  users--;
}
