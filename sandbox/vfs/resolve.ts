/**
 * The one walk over the components of a path. Nothing else in capbox joins, normalises or compares
 * paths to decide what may be touched.
 *
 * Threat classes answered here: path traversal (`..` goes back along the way that was taken and
 * stops at the caller's root), links (each target is walked inside the virtual tree, absolute ones
 * from the caller's root), mounts (crossed by name at a place, never by comparing strings).
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type ByteString,
  type DirNode,
  type LinkNode,
  S_IFDIR,
  S_IFLNK,
  type VNode,
} from "../types.ts";
import { type Caller, isAllowed, MagicLink } from "./caller.ts";
import { LeadDir, type MountPoint } from "./mount_tree.ts";
import { isWithin, Place } from "./place.ts";

/** Longest component (`NAME_MAX`). */
export const NAME_MAX = 255;
/** Longest path including its terminator (`PATH_MAX`). */
export const PATH_MAX = 4096;
/** Most links in one walk, as on Linux. */
export const LINK_MAX = 40;

/**
 * Directories in each other that can be entered. No path could name more; a limit keeps everything
 * that walks a tree from running out of stack.
 */
export const DEPTH_MAX = 2048;

/** What to do with a link that is the last component. */
export const enum Last {
  /** Return the link, unless a slash comes after it. */
  KEEP = 0,
  /** Go where it leads. */
  FOLLOW = 1,
  /** Return the link even with a slash after it: for calls that change the entry itself. */
  ENTRY = 2,
}

/** Kind of the last component. */
export type LastKind = "name" | "dot" | "dotdot" | "root";

/** Where a walk ended. */
export class Resolved {
  constructor(
    /** The directory that has, or would have, the last component. */
    readonly parent: Place,
    /** Last component; for `.`, `..` and `/` the name by which the place is known. */
    readonly name: ByteString,
    /** What is there, or undefined. */
    readonly node: VNode | undefined,
    /** The directory, when it is one. */
    readonly place: Place | undefined,
    readonly kind: LastKind,
    /** A slash came after the last component. */
    readonly slash: boolean,
  ) {}
}

/**
 * Walks a path.
 *
 * @param caller Whose root and rights count.
 * @param start Where relative paths begin.
 * @param path Byte string.
 * @param last What to do with a link at the end.
 * @param creates Where the directory expects the last name to be new, it is not looked up: the
 *   creation that follows finds out.
 * @throws {VfsError} ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG, EINVAL
 */
export function resolve(
  caller: Caller,
  start: Place,
  path: ByteString,
  last: Last,
  creates = false,
): Resolved {
  return walk(caller, start, path, last, creates, false)!;
}

/**
 * Walks a path to look whether something is there; undefined when a directory on the way is not, as
 * for most entries of a search path. An error would cost more than the walk.
 *
 * @throws {VfsError} ENOTDIR, ELOOP, EACCES, ENAMETOOLONG, EINVAL
 */
export function resolveIfThere(
  caller: Caller,
  start: Place,
  path: ByteString,
  last: Last,
): Resolved | undefined {
  return walk(caller, start, path, last, false, true);
}

function walk(
  caller: Caller,
  start: Place,
  path: ByteString,
  last: Last,
  creates: boolean,
  mayMiss: boolean,
): Resolved | undefined {
  const { root } = caller;
  let text = path;
  let length = text.length;
  if (length === 0) throw new VfsError("ENOENT", path);
  if (length >= PATH_MAX) throw new VfsError("ENAMETOOLONG", path);
  let i = 0;
  let place = start;
  // A directory kept open from before a `chroot` is outside of the new root: no way up from there.
  let canRise = root.parent === undefined || isWithin(start, root);
  const beneath = caller.beneath === true;
  if (text.charCodeAt(0) === 47) {
    if (beneath) throw new VfsError("EPERM", path);
    place = root;
    canRise = true;
    i = 1;
  }
  let kind: LastKind = i === 1 ? "root" : "dot";
  let links = 0;
  for (;;) {
    while (i < length && text.charCodeAt(i) === 47) i++;
    if (i === length) {
      return new Resolved(place.parent ?? place, place.name, place.node, place, kind, true);
    }
    const begin = i;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === 47) break;
      if (code === 0) throw new VfsError("EINVAL", path);
      if (code > 255) throw new VfsError("EILSEQ", path);
    }
    const size = i - begin;
    if (text.charCodeAt(begin) === 46) {
      if (size === 1) {
        kind = "dot";
        continue;
      }
      if (size === 2 && text.charCodeAt(begin + 1) === 46) {
        kind = "dotdot";
        // Searching a directory needs its x bit, for `..` as for any other name.
        if (caller.uid !== 0) checkSearch(caller, place.node, path);
        if (place !== root && canRise && place.parent !== undefined) place = place.parent;
        else if (beneath) throw new VfsError("EPERM", path);
        continue;
      }
    }
    if (size > NAME_MAX) throw new VfsError("ENAMETOOLONG", path);
    const name = size === length ? text : text.slice(begin, i);
    let end = i;
    while (end < length && text.charCodeAt(end) === 47) end++;
    const isLast = end === length;
    const slash = end > i;

    if (caller.uid !== 0) checkSearch(caller, place.node, path);
    const point = place.point?.children?.get(name);
    if (creates && isLast && !slash && point === undefined && place.node.expectsNew?.() === true) {
      return new Resolved(place, name, undefined, undefined, "name", false);
    }
    const node = lookupAt(place, name, point);
    if (node === undefined) {
      if (!isLast) {
        if (mayMiss) return undefined;
        throw new VfsError("ENOENT", path);
      }
      return new Resolved(place, name, undefined, undefined, "name", slash);
    }
    const { type } = node;
    if (type === S_IFDIR) {
      const next = enter(place, name, node as DirNode, point);
      if (isLast) return new Resolved(place, name, node, next, "name", slash);
      place = next;
      kind = "name";
      continue;
    }
    if (type !== S_IFLNK) {
      if (slash && (!isLast || last !== Last.ENTRY)) throw new VfsError("ENOTDIR", path);
      return new Resolved(place, name, node, undefined, "name", slash);
    }
    if (isLast && (last === Last.ENTRY || last === Last.KEEP && !slash)) {
      return new Resolved(place, name, node, undefined, "name", slash);
    }
    if (++links > LINK_MAX) throw new VfsError("ELOOP", path);
    let target: ByteString;
    if (node instanceof MagicLink) {
      // A boundary holds for objects that have no path, too.
      if (beneath) throw new VfsError("EPERM", path);
      const goal = node.target(caller);
      if (typeof goal !== "string") {
        if (goal instanceof Place) {
          if (isLast) {
            return new Resolved(goal.parent ?? goal, goal.name, goal.node, goal, "name", slash);
          }
          // What /proc hands out may lie outside of the caller's root (an inherited descriptor).
          canRise = root.parent === undefined || isWithin(goal, root);
          place = goal;
          kind = "name";
          continue;
        }
        if (slash) throw new VfsError("ENOTDIR", path);
        return new Resolved(place, name, goal, undefined, "name", false);
      }
      target = goal;
    } else {
      target = (node as LinkNode).readLink();
    }
    if (target.length === 0) throw new VfsError("ENOENT", path);
    if (target.length >= PATH_MAX) throw new VfsError("ENAMETOOLONG", path);
    // What comes after the link stays, with its slashes, so that `link/` still needs a directory.
    text = i === length ? target : target + text.slice(i);
    length = text.length;
    i = 0;
    kind = "name";
    if (text.charCodeAt(0) === 47) {
      if (beneath) throw new VfsError("EPERM", path);
      place = root;
      canRise = true;
      kind = "root";
    }
  }
}

/** The node of a name in a place: what is mounted there, else what the layer has. */
export function lookupAt(
  place: Place,
  name: ByteString,
  point: MountPoint | undefined = place.point?.children?.get(name),
): VNode | undefined {
  if (point === undefined) return place.node.lookup(name);
  if (point.layer !== undefined) return point.layer.root;
  // The way to a mount point exists whatever the layer below says, and cannot become a link.
  const node = place.node.lookup(name);
  return node?.type === S_IFDIR ? node : new LeadDir(point, place.node.stat().mtimeNs);
}

/** The place of a directory found in a place. */
export function enter(
  place: Place,
  name: ByteString,
  node: DirNode,
  point: MountPoint | undefined = place.point?.children?.get(name),
): Place {
  const mount = point?.layer !== undefined ? point : place.mount;
  const { entered } = place;
  if (
    entered !== undefined && entered.node === node && entered.name === name &&
    entered.point === point && entered.mount === mount
  ) return entered;
  if (place.depth >= DEPTH_MAX) throw new VfsError("ENAMETOOLONG", name);
  return place.entered = new Place(node, place, name, mount, point);
}

/** @throws {VfsError} EACCES unless the caller may search the directory. */
export function checkSearch(caller: Caller, node: VNode, path: ByteString): void {
  if (caller.uid !== 0 && !isAllowed(node.stat(), caller, 1)) throw new VfsError("EACCES", path);
}

/** @throws {VfsError} unless it is one component that can name an entry. */
export function checkName(name: ByteString): void {
  if (name.length === 0) throw new VfsError("ENOENT", name);
  if (name.length > NAME_MAX) throw new VfsError("ENAMETOOLONG", name);
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code === 0 || code === 47) throw new VfsError("EINVAL", name);
    if (code > 255) throw new VfsError("EILSEQ", name);
  }
}
