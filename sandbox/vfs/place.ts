/**
 * A directory as it was reached: what a working directory, a root, and an open directory are.
 *
 * @module
 */
import type { ByteString, DirNode } from "../types.ts";
import type { MountPoint } from "./mount_tree.ts";

/** A directory together with the way to it. `..` goes back along that way, never by name. */
export class Place {
  /** How many directories it is below the root of the namespace. */
  readonly depth: number;
  /** The place that was last entered from here: who walks a tree enters the same one over and over. */
  entered: Place | undefined = undefined;

  constructor(
    readonly node: DirNode,
    /** The directory it is in; undefined at the root of the namespace. */
    readonly parent: Place | undefined,
    /** Its name in `parent`; empty at the root. */
    readonly name: ByteString,
    /** The mount it belongs to. */
    readonly mount: MountPoint,
    /** Its node in the mount tree, when something is mounted at it or below it. */
    readonly point: MountPoint | undefined,
  ) {
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }
}

/** Whether `place` is `root` or was reached through it. */
export function isWithin(place: Place, root: Place): boolean {
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) {
    if (at === root) return true;
  }
  return false;
}

/**
 * The virtual path of a place as a process with that root sees it. Linux marks what is outside of
 * the root with `(unreachable)`, and so do we.
 */
export function pathOf(place: Place, root: Place): ByteString {
  if (place === root) return "/";
  let path = "";
  for (let at: Place | undefined = place; at !== root; at = at.parent) {
    if (at === undefined) return "(unreachable)" + (path === "" ? "/" : path);
    if (at.parent !== undefined) path = "/" + at.name + path;
  }
  return path;
}

/** The path of an entry of a place. */
export function pathIn(place: Place, name: ByteString, root: Place): ByteString {
  const path = pathOf(place, root);
  return path === "/" ? "/" + name : path + "/" + name;
}
