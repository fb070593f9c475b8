/**
 * What an overlay changed, and how those changes get back into the layer below.
 *
 * A commit looks at everything again first. New contents are written to temporary names, synced,
 * and renamed into place, so that a crash leaves each file either old or new.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type ByteString,
  type DirNode,
  type FileNode,
  type LinkNode,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  type Stat,
  type VNode,
} from "../types.ts";
import { DEPTH_MAX } from "./resolve.ts";
import { copyContents, NAMELESS, OverlayDir, type OverlayLayer, stampOf } from "./overlay.ts";

/** One difference between an overlay and what is below it. */
export interface OverlayChange {
  /** Path from the root of the mount, without a leading slash. */
  readonly path: ByteString;
  /** `attributes`: only mode, owner or time differ. */
  readonly kind: "added" | "modified" | "deleted" | "attributes";
  /** `S_IF…` constant; of what was there for `deleted`. */
  readonly type: number;
  /** Bytes of a regular file that was added or modified. */
  readonly size: number;
}

/** What a commit did. */
export interface CommitResult {
  readonly applied: readonly OverlayChange[];
  /**
   * Changes whose lower side is not what it was when the overlay first saw it. Unless the commit was
   * forced, nothing is applied when there are any.
   */
  readonly conflicts: readonly OverlayChange[];
  /** Paths of what the lower layer does not take: devices and FIFOs, links where not allowed. */
  readonly skipped: readonly ByteString[];
}

/** Options of a commit. */
export interface CommitOptions {
  /** Apply although something changed below meanwhile. */
  readonly force?: boolean;
  /** Wall time, to tell the rests of a crashed commit from another one's work. */
  readonly nowNs: () => bigint;
}

interface Item extends OverlayChange {
  readonly parent: OverlayDir;
  readonly name: ByteString;
  /** The lower side changed since. */
  readonly conflict: boolean;
  /** Part of an added directory, which is written as a whole. */
  readonly within: boolean;
}

/** Lists what the overlay changed: directories before what is in them, removals before what replaces them. */
export function diffOverlay(layer: OverlayLayer): OverlayChange[] {
  return collect(layer).map(({ path, kind, type, size }) => ({ path, kind, type, size }));
}

function collect(layer: OverlayLayer): Item[] {
  const items: Item[] = [];
  visit(layer.root, "", items);
  return items;
}

/**
 * Guests decide how deep their trees are. No host path could name what this refuses, and everything
 * after the listing goes no deeper than it.
 *
 * @throws {VfsError} ENAMETOOLONG
 */
function checkDepth(depth: number): void {
  if (depth > DEPTH_MAX) throw new VfsError("ENAMETOOLONG");
}

/** A directory that exists on both sides. */
function visit(dir: OverlayDir, prefix: ByteString, items: Item[], depth = 0): void {
  checkDepth(depth);
  const upper = dir.upperHalf();
  if (upper === undefined) return;
  for (const name of upper.whiteouts()) {
    const lower = dir.lowerLookup(name);
    if (lower !== undefined) items.push(removal(dir, name, prefix, lower));
  }
  for (const { name } of upper.list()) {
    if (name === NAMELESS) continue;
    const node = dir.lookup(name);
    if (node === undefined) continue;
    const lower = dir.lowerLookup(name);
    const path = prefix + name;
    if (node instanceof OverlayDir) {
      const isMerged = lower?.type === S_IFDIR && isSameDir(node, lower as DirNode);
      if (isMerged) {
        if (differ(node.stat(), lower.stat(), false)) {
          items.push(item(dir, name, path, "attributes", node, false, false));
        }
        visit(node, path + "/", items, depth + 1);
      } else {
        if (lower !== undefined) items.push(removal(dir, name, prefix, lower));
        addAll(dir, name, path, node, items, false);
      }
    } else if (lower === undefined) {
      items.push(item(dir, name, path, "added", node, isKnownBefore(upper.lookup(name)), false));
    } else if (lower.type !== node.type) {
      items.push(removal(dir, name, prefix, lower));
      items.push(item(dir, name, path, "added", node, false, false));
    } else {
      const stamp = upper.lookup(name)?.extra?.stamp;
      // Made new here, while the lower one was removed: what is there now must be what was.
      const conflict = stamp !== undefined && stamp !== stampOf(lower.stat());
      if (!hasSameContents(node, lower)) {
        items.push(item(dir, name, path, "modified", node, conflict, false));
      } else if (differ(node.stat(), lower.stat(), true)) {
        items.push(item(dir, name, path, "attributes", node, conflict, false));
      }
    }
  }
}

/** A copy of something that is not below any more: somebody removed it there. */
function isKnownBefore(
  node: { readonly extra?: { readonly stamp?: string } } | undefined,
): boolean {
  return node?.extra?.stamp !== undefined;
}

function isSameDir(node: OverlayDir, lower: DirNode): boolean {
  const own = node.lowerHalf();
  if (own === undefined) return false;
  const a = own.stat();
  const b = lower.stat();
  return a.ino === b.ino && a.dev === b.dev;
}

function removal(dir: OverlayDir, name: ByteString, prefix: ByteString, lower: VNode): Item {
  return {
    path: prefix + name,
    kind: "deleted",
    type: lower.type,
    size: 0,
    parent: dir,
    name,
    conflict: false,
    within: false,
  };
}

function item(
  parent: OverlayDir,
  name: ByteString,
  path: ByteString,
  kind: "added" | "modified" | "attributes",
  node: VNode,
  conflict: boolean,
  within: boolean,
): Item {
  const { type } = node;
  const size = type === S_IFREG ? node.stat().size : 0;
  return { path, kind, type, size, parent, name, conflict, within };
}

function addAll(
  parent: OverlayDir,
  name: ByteString,
  path: ByteString,
  node: VNode,
  items: Item[],
  within: boolean,
  depth = 0,
): void {
  checkDepth(depth);
  items.push(item(parent, name, path, "added", node, false, within));
  if (!(node instanceof OverlayDir)) return;
  for (const entry of node.list()) {
    const child = node.lookup(entry.name);
    if (child === undefined) continue;
    addAll(node, entry.name, path + "/" + entry.name, child, items, true, depth + 1);
  }
}

function differ(a: Stat, b: Stat, times: boolean): boolean {
  return a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid ||
    times && a.mtimeNs !== b.mtimeNs;
}

function hasSameContents(a: VNode, b: VNode): boolean {
  if (a.type === S_IFLNK) return (a as LinkNode).readLink() === (b as LinkNode).readLink();
  if (a.type !== S_IFREG) return true;
  if (a.stat().size !== b.stat().size) return false;
  const one = (a as FileNode).openFile({ read: true, write: false });
  try {
    const two = (b as FileNode).openFile({ read: true, write: false });
    try {
      const left = new Uint8Array(65536);
      const right = new Uint8Array(65536);
      for (let position = 0;;) {
        const count = one.pread(left, position);
        if (count !== two.pread(right.subarray(0, count), position)) return false;
        if (count === 0) return true;
        for (let i = 0; i < count; i++) if (left[i] !== right[i]) return false;
        position += count;
      }
    } finally {
      two.close();
    }
  } finally {
    one.close();
  }
}

// -----------------------------------------------------------------------------------------------
// Commit

const TEMPORARY = ".capbox-commit-";
/** A temporary name this old belongs to a commit that was killed. */
const STALE_NS = 600_000_000_000n;
const FILE_ACCESS = { read: false, write: true } as const;

/** What was prepared under a temporary name and waits to be renamed. */
interface Prepared {
  readonly dir: DirNode;
  readonly temporary: ByteString;
  readonly name: ByteString;
}

/**
 * Writes an overlay's changes into its lower layer, and then empties the overlay.
 *
 * @param layer The overlay. Its lower layer must allow changes.
 * @param options How to treat conflicts.
 * @throws {VfsError} when the lower layer refuses; nothing was changed then unless it refused midway
 */
export function commitOverlay(layer: OverlayLayer, options: CommitOptions): CommitResult {
  const items = collect(layer);
  const conflicts = items.filter((one) => one.conflict);
  if (conflicts.length > 0 && options.force !== true) {
    return { applied: [], conflicts: conflicts.map(plain), skipped: [] };
  }
  const tidied = new Set<DirNode>();
  const prepared: Prepared[] = [];
  const skipped: ByteString[] = [];
  try {
    // New contents first: what they are made of may lie below something that is to be removed.
    for (const one of items) {
      if (one.within || one.kind === "deleted" || one.kind === "attributes") continue;
      const dir = lowerDir(one);
      if (!tidied.has(dir)) {
        tidied.add(dir);
        removeStale(dir, options.nowNs());
      }
      const node = one.parent.lookup(one.name);
      if (node === undefined) continue;
      const temporary = freeName(dir, prepared.length);
      prepared.push({ dir, temporary, name: one.name });
      write(dir, temporary, node, one.path, skipped);
    }
  } catch (error) {
    for (const { dir, temporary } of prepared) removeTree(dir, temporary);
    throw error;
  }
  const left = new Set(skipped);
  try {
    for (const one of items) {
      // What would have been replaced by something that was skipped stays.
      if (one.kind === "deleted" && !left.has(one.path)) removeTree(lowerDir(one), one.name);
    }
    for (const { dir, temporary, name } of prepared) {
      // What was skipped has no temporary name.
      if (dir.lookup(temporary) === undefined) continue;
      dir.rename(temporary, dir, name);
      (dir as { sync?: () => void }).sync?.();
    }
  } catch (error) {
    for (const { dir, temporary } of prepared) removeTree(dir, temporary);
    throw error;
  }
  for (const one of items) {
    if (one.kind !== "attributes") continue;
    const lower = lowerDir(one).lookup(one.name);
    const node = one.parent.lookup(one.name);
    if (lower !== undefined && node !== undefined) copyAttributes(node, lower);
  }
  // What was skipped lives on in the overlay, and the rest of it does no harm.
  if (skipped.length === 0) layer.discard();
  return {
    applied: items.filter((one) => !left.has(one.path)).map(plain),
    conflicts: conflicts.map(plain),
    skipped,
  };
}

function plain({ path, kind, type, size }: Item): OverlayChange {
  return { path, kind, type, size };
}

function lowerDir(one: Item): DirNode {
  const dir = one.parent.lowerHalf();
  if (dir === undefined) throw new VfsError("ENOENT", one.path);
  return dir;
}

function freeName(dir: DirNode, from: number): ByteString {
  for (let number = from;; number++) {
    const name = TEMPORARY + number.toString(36);
    if (dir.lookup(name) === undefined) return name;
  }
}

function removeStale(dir: DirNode, nowNs: bigint): void {
  for (const { name } of dir.list()) {
    if (!name.startsWith(TEMPORARY)) continue;
    const node = dir.lookup(name);
    if (node !== undefined && nowNs - node.stat().mtimeNs > STALE_NS) removeTree(dir, name);
  }
}

/** Removes an entry with all that is in it; a missing one is fine. */
function removeTree(dir: DirNode, name: ByteString): void {
  const node = dir.lookup(name);
  if (node === undefined) return;
  if (node.type !== S_IFDIR) return dir.unlink(name);
  for (const entry of (node as DirNode).list()) removeTree(node as DirNode, entry.name);
  dir.removeDir(name);
}

/** Writes a node of the overlay into a lower directory, with everything below it. */
function write(
  dir: DirNode,
  name: ByteString,
  node: VNode,
  path: ByteString,
  skipped: ByteString[],
): void {
  const stat = node.stat();
  const mode = stat.mode & 0o7777;
  switch (node.type) {
    case S_IFDIR: {
      const made = dir.makeDir(name, mode | 0o700, stat);
      for (const entry of (node as DirNode).list()) {
        const child = (node as DirNode).lookup(entry.name);
        if (child !== undefined) {
          write(made, entry.name, child, path + "/" + entry.name, skipped);
        }
      }
      copyAttributes(node, made);
      return;
    }
    case S_IFLNK: {
      const target = (node as LinkNode).readLink();
      return unlessRefused(() => dir.makeLink(name, target, stat), path, skipped);
    }
    case S_IFREG: {
      const made = dir.createFile(name, mode | 0o600, stat);
      const to = made.openFile(FILE_ACCESS);
      try {
        const from = (node as FileNode).openFile({ read: true, write: false });
        try {
          copyContents(from, to);
        } finally {
          from.close();
        }
        to.sync();
      } finally {
        to.close();
      }
      copyAttributes(node, made);
      return;
    }
    default:
      unlessRefused(() => dir.makeNode(name, stat.mode, stat.rdev, stat), path, skipped);
  }
}

function unlessRefused(work: () => void, path: ByteString, skipped: ByteString[]): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof VfsError) || error.code !== "EPERM") throw error;
    skipped.push(path);
  }
}

/** Mode and times as the overlay has them; the owner where the lower layer lets us. */
function copyAttributes(from: VNode, to: VNode): void {
  const stat = from.stat();
  const now = to.stat();
  if (stat.uid !== now.uid || stat.gid !== now.gid) {
    try {
      to.setAttr({ uid: stat.uid, gid: stat.gid });
    } catch (error) {
      // As `cp -p` by somebody who is not root: the rest is still copied.
      if (!(error instanceof VfsError)) throw error;
    }
  }
  if (to.type === S_IFLNK) return;
  // What runs with another's rights is never handed out to the host.
  const mode = stat.mode & (to.type === S_IFDIR ? 0o7777 : 0o1777);
  to.setAttr({ mode, atimeNs: stat.atimeNs, mtimeNs: stat.mtimeNs });
}
