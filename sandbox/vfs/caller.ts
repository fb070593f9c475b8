/**
 * Who makes a file system call: identity, root and working directory.
 *
 * @module
 */
import {
  type ByteString,
  type LinkNode,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  type Stat,
  type VNode,
} from "../types.ts";
import type { Place } from "./place.ts";

/** The calling process, as the file system sees it. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly umask: number;
  /** Changed by `chroot`. */
  root: Place;
  /** Changed by `chdir`. */
  cwd: Place;
  readonly pid: number;
  /** Most bytes a file may get by its writes (`ulimit -f`). */
  readonly maxFileSize: number | undefined;
  /** The root is a boundary: what leads out of it fails with EPERM instead of stopping at it. */
  readonly beneath?: boolean;
  /** The root that paths are shown from, when it is not `root`. */
  readonly shownRoot?: Place;
}

/** A caller that cannot leave one directory: what a directory handed to a guest resolves with. */
export class ConfinedCaller implements Caller {
  readonly beneath = true;
  root: Place;
  cwd: Place;

  /** @param caller Whose identity counts. @param place The boundary. */
  constructor(readonly caller: Caller, place: Place) {
    this.root = this.cwd = place;
  }

  /** The root that paths are shown from: a boundary changes what may be reached, not names. */
  get shownRoot(): Place {
    return this.caller.root;
  }

  get uid(): number {
    return this.caller.uid;
  }

  get gid(): number {
    return this.caller.gid;
  }

  get groups(): readonly number[] {
    return this.caller.groups;
  }

  get umask(): number {
    return this.caller.umask;
  }

  get pid(): number {
    return this.caller.pid;
  }

  get maxFileSize(): number | undefined {
    return this.caller.maxFileSize;
  }
}

/**
 * A link of /proc that leads to an object instead of a path, or whose text depends on who reads it.
 */
export abstract class MagicLink implements LinkNode {
  readonly type: number = S_IFLNK;
  abstract stat(): Stat;
  abstract setAttr(): void;
  /** Text for a reader that is not a process. */
  abstract readLink(): ByteString;
  /** Text as that process reads it. */
  abstract readLinkFor(caller: Caller): ByteString;
  /** The object it leads to: a node, a place, or a path to go on with. */
  abstract target(caller: Caller): VNode | Place | ByteString;
}

/**
 * Whether mode bits allow `rights` (4 read, 2 write, 1 execute or search) to a caller. POSIX 4.7:
 * only the first class that fits counts; uid 0 may everything but execute what nobody may.
 */
export function isAllowed(stat: Stat, caller: Caller, rights: number): boolean {
  const { mode } = stat;
  if (caller.uid === 0) {
    return (rights & 1) === 0 || (mode & S_IFMT) === S_IFDIR || (mode & 0o111) !== 0;
  }
  let bits = mode;
  if (stat.uid === caller.uid) bits = mode >> 6;
  else if (stat.gid === caller.gid || caller.groups.includes(stat.gid)) bits = mode >> 3;
  return (bits & rights) === rights;
}
