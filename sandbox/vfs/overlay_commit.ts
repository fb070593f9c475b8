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
import { OverlayDir, type OverlayLayer } from "./overlay.ts";
import { copyContents, NAMELESS, stampOf } from "./overlay_entry.ts";

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
  /** Where it goes. */
  readonly dir: DirNode;
  readonly name: ByteString;
  /** What the overlay has; undefined for a removal. */
  readonly node: VNode | undefined;
  /** The lower side changed since. */
  readonly conflict: boolean;
  /** Part of an added directory, which is written as a whole. */
  readonly within: boolean;
}

/** Lists what the overlay changed: directories before what is in them, removals first. */
export function diffOverlay(layer: OverlayLayer): OverlayChange[] {
  return collect(layer).map(plain);
}

function collect(layer: OverlayLayer): Item[] {
  const items: Item[] = [];
  compare(layer.root, layer.lower.root, "", items, 0);
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

/**
 * A directory that exists on both sides. When the overlay's one is the same directory, only what its
 * upper half has can differ; when it took the other's place, everything can.
 */
function compare(
  dir: OverlayDir,
  lowerDir: DirNode,
  prefix: ByteString,
  items: Item[],
  depth: number,
): void {
  checkDepth(depth);
  const upper = dir.upperHalf();
  const isSame = isSameDir(dir, lowerDir);
  if (isSame && upper === undefined) return;
  const shown = (isSame && upper !== undefined ? upper.list() : dir.list())
    .map((entry) => entry.name)
    .filter((name) => name !== NAMELESS && !name.startsWith(TEMPORARY));
  const present = new Set(shown);
  const gone = isSame && upper !== undefined
    ? upper.whiteouts()
    : lowerDir.list().map((entry) => entry.name).filter((name) =>
      !present.has(name) && !name.startsWith(TEMPORARY)
    );
  for (const name of gone) {
    const lower = lowerDir.lookup(name);
    if (lower === undefined) continue;
    // A directory's stamp changes with every name in it, so only files are compared.
    const stamp = isSame && lower.type !== S_IFDIR ? upper?.hiddenStamp(name) : undefined;
    const conflict = stamp !== undefined && stamp !== stampOf(lower.stat());
    items.push(removal(lowerDir, name, prefix + name, lower, conflict));
  }
  for (const name of shown) {
    const node = dir.lookup(name);
    if (node === undefined) continue;
    const lower = lowerDir.lookup(name);
    const path = prefix + name;
    if (node instanceof OverlayDir) {
      if (lower?.type !== S_IFDIR) {
        if (lower !== undefined) items.push(removal(lowerDir, name, path, lower));
        addAll(lowerDir, name, path, node, items, false, depth + 1);
        continue;
      }
      if (differ(node.stat(), lower.stat(), false)) {
        items.push(item(lowerDir, name, path, "attributes", node, false));
      }
      compare(node, lower as DirNode, path + "/", items, depth + 1);
      continue;
    }
    // In a directory that came from elsewhere, stamps are about what was below it there.
    const stamp = isSame ? upper?.lookup(name)?.extra?.stamp : undefined;
    if (lower === undefined) {
      // A copy of something that is not below any more: somebody removed it there.
      items.push(item(lowerDir, name, path, "added", node, stamp !== undefined));
    } else if (lower.type === S_IFDIR) {
      items.push(removal(lowerDir, name, path, lower));
      items.push(item(lowerDir, name, path, "added", node, false));
    } else {
      const conflict = stamp !== undefined && stamp !== stampOf(lower.stat());
      if (!hasSameContents(node, lower)) {
        items.push(item(lowerDir, name, path, "modified", node, conflict));
      } else if (differ(node.stat(), lower.stat(), true)) {
        items.push(item(lowerDir, name, path, "attributes", node, conflict));
      }
    }
  }
}

function isSameDir(node: OverlayDir, lower: DirNode): boolean {
  const own = node.lowerHalf();
  if (own === undefined) return false;
  if (own === lower) return true;
  const a = own.stat();
  const b = lower.stat();
  return a.ino === b.ino && a.dev === b.dev;
}

function removal(
  dir: DirNode,
  name: ByteString,
  path: ByteString,
  lower: VNode,
  conflict = false,
): Item {
  const { type } = lower;
  return {
    path,
    kind: "deleted",
    type,
    size: 0,
    dir,
    name,
    node: undefined,
    conflict,
    within: false,
  };
}

function item(
  dir: DirNode,
  name: ByteString,
  path: ByteString,
  kind: "added" | "modified" | "attributes",
  node: VNode,
  conflict: boolean,
  within = false,
): Item {
  const { type } = node;
  const size = type === S_IFREG ? node.stat().size : 0;
  return { path, kind, type, size, dir, name, node, conflict, within };
}

function addAll(
  dir: DirNode,
  name: ByteString,
  path: ByteString,
  node: VNode,
  items: Item[],
  within: boolean,
  depth: number,
): void {
  checkDepth(depth);
  items.push(item(dir, name, path, "added", node, false, within));
  if (!(node instanceof OverlayDir)) return;
  for (const entry of node.list()) {
    const child = node.lookup(entry.name);
    if (child === undefined || entry.name.startsWith(TEMPORARY)) continue;
    addAll(dir, entry.name, path + "/" + entry.name, child, items, true, depth + 1);
  }
}

function differ(a: Stat, b: Stat, times: boolean): boolean {
  return a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid ||
    times && a.mtimeNs !== b.mtimeNs;
}

function hasSameContents(a: VNode, b: VNode): boolean {
  if (a.type !== b.type) return false;
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

/** What was moved aside to make room for something of another kind. */
interface Doomed {
  readonly dir: DirNode;
  readonly name: ByteString;
  readonly aside: ByteString;
}

/** Something that the lower layer does not take: it goes back into the emptied overlay. */
interface Skipped {
  readonly path: ByteString;
  readonly stat: Stat;
  readonly target: ByteString | undefined;
}

/**
 * Writes an overlay's changes into its lower layer, and then empties the overlay.
 *
 * New contents come first, each file by renaming a complete copy into place; removals come last. So
 * a failure on the way loses nothing: the overlay is as it was, and a second try goes on. Only where
 * a directory takes the place of something else, or something else that of a directory, there is a
 * moment in which neither has the name.
 *
 * @param layer The overlay. Its lower layer must allow changes.
 * @param options How to treat conflicts.
 * @throws {VfsError} when the lower layer refuses or fails
 */
export function commitOverlay(layer: OverlayLayer, options: CommitOptions): CommitResult {
  const items = collect(layer);
  const conflicts = items.filter((one) => one.conflict);
  if (conflicts.length > 0 && options.force !== true) {
    return { applied: [], conflicts: conflicts.map(plain), skipped: [] };
  }
  const skipped: Skipped[] = [];
  const prepared = prepare(items, options.nowNs(), skipped);
  const left = new Set(skipped.map((one) => one.path));
  const removals = items.filter((one) => one.kind === "deleted" && !left.has(one.path));
  const inTheWay = new Set(removals.map((one) => one.path));
  const doomed: Doomed[] = [];
  try {
    for (const [path, one] of prepared) {
      const { dir, temporary, name } = one;
      if (inTheWay.delete(path)) {
        const aside = freeName(dir, doomed.length + prepared.size);
        replace(dir, temporary, name, aside);
        doomed.push({ dir, name, aside });
      } else dir.rename(temporary, dir, name);
      prepared.delete(path);
      (dir as { sync?: () => void }).sync?.();
    }
    for (const one of items) {
      if (one.kind !== "attributes" || one.node === undefined) continue;
      const lower = one.dir.lookup(one.name);
      if (lower !== undefined) copyAttributes(one.node, lower);
    }
  } catch (error) {
    for (const { dir, temporary } of prepared.values()) removeTree(dir, temporary);
    // What was moved aside may be what the overlay's own contents consist of.
    for (const { dir, name, aside } of doomed.reverse()) {
      removeTree(dir, name);
      dir.rename(aside, dir, name);
    }
    throw error;
  }
  // From here on the lower layer has everything new. What is in the overlay may consist of lower
  // files that are about to go, so it goes first.
  layer.discard();
  restore(layer, skipped);
  for (const one of removals) if (inTheWay.has(one.path)) removeTree(one.dir, one.name);
  for (const { dir, aside } of doomed) removeTree(dir, aside);
  return {
    applied: items.filter((one) => !left.has(one.path)).map(plain),
    conflicts: conflicts.map(plain),
    skipped: [...left],
  };
}

function plain({ path, kind, type, size }: OverlayChange): OverlayChange {
  return { path, kind, type, size };
}

/** Writes all new contents under temporary names. By path, in order. */
function prepare(
  items: readonly Item[],
  nowNs: bigint,
  skipped: Skipped[],
): Map<ByteString, Prepared> {
  const tidied = new Set<DirNode>();
  const prepared = new Map<ByteString, Prepared>();
  try {
    for (const { dir, name, node, path, kind, within } of items) {
      if (within || node === undefined || kind === "attributes") continue;
      if (!tidied.has(dir)) {
        tidied.add(dir);
        removeStale(dir, nowNs);
      }
      const temporary = freeName(dir, prepared.size);
      prepared.set(path, { dir, temporary, name });
      if (!write(dir, temporary, node, path, skipped)) prepared.delete(path);
    }
  } catch (error) {
    for (const { dir, temporary } of prepared.values()) removeTree(dir, temporary);
    throw error;
  }
  return prepared;
}

/** Puts something in the place of what cannot be renamed over. */
function replace(
  dir: DirNode,
  temporary: ByteString,
  name: ByteString,
  aside: ByteString,
): void {
  dir.rename(name, dir, aside);
  try {
    dir.rename(temporary, dir, name);
  } catch (error) {
    dir.rename(aside, dir, name);
    throw error;
  }
}

/** Makes again in the overlay what the lower layer did not take. */
function restore(layer: OverlayLayer, skipped: readonly Skipped[]): void {
  for (const { path, stat, target } of skipped) {
    const names = path.split("/");
    const name = names.pop() as ByteString;
    let dir: VNode | undefined = layer.root;
    for (const one of names) {
      dir = dir instanceof OverlayDir ? dir.lookup(one) : undefined;
    }
    if (!(dir instanceof OverlayDir)) continue;
    const old = dir.lookup(name);
    // A directory that stayed because its replacement was skipped stays.
    if (old?.type === S_IFDIR) continue;
    if (old !== undefined) dir.unlink(name);
    const node = target !== undefined
      ? dir.makeLink(name, target, stat)
      : dir.makeNode(name, stat.mode, stat.rdev, stat);
    node.setAttr({ atimeNs: stat.atimeNs, mtimeNs: stat.mtimeNs });
  }
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

/**
 * Writes a node of the overlay into a lower directory, with everything below it. False when the
 * lower layer does not take such a thing.
 */
function write(
  dir: DirNode,
  name: ByteString,
  node: VNode,
  path: ByteString,
  skipped: Skipped[],
): boolean {
  const stat = node.stat();
  const mode = stat.mode & 0o7777;
  switch (node.type) {
    case S_IFDIR: {
      const made = dir.makeDir(name, mode | 0o700, stat);
      for (const entry of (node as DirNode).list()) {
        // A directory that was moved into what took its place is written into itself.
        if (entry.name.startsWith(TEMPORARY)) continue;
        const child = (node as DirNode).lookup(entry.name);
        if (child !== undefined) write(made, entry.name, child, path + "/" + entry.name, skipped);
      }
      copyAttributes(node, made);
      return true;
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
      return true;
    }
    default: {
      const target = node.type === S_IFLNK ? (node as LinkNode).readLink() : undefined;
      try {
        if (target !== undefined) dir.makeLink(name, target, stat);
        else dir.makeNode(name, stat.mode, stat.rdev, stat);
        return true;
      } catch (error) {
        if (!(error instanceof VfsError) || error.code !== "EPERM") throw error;
        skipped.push({ path, stat, target });
        return false;
      }
    }
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
