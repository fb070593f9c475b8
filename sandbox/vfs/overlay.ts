/**
 * An overlay: a lower layer that is never changed, and a memory layer in front that takes every
 * change. The default way for an agent to work on a host directory: review, commit or throw away.
 *
 * All state is in the upper memory layer (removed names, opaque and renamed directories are marks
 * on its records), so a fork costs what a fork of the memory layer costs.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type AttrChange,
  type ByteString,
  type DirEntry,
  type DirNode,
  type FileNode,
  type LinkNode,
  type Owner,
  S_IFDIR,
  type Stat,
  type StatFs,
  type VNode,
} from "../types.ts";
import type { ForkContext, Layer, Quota } from "./layer.ts";
import { MemoryDir, type MemoryFile, MemoryLayer, type MemoryNode } from "./memory.ts";
import {
  keepTimes,
  NAMELESS,
  OverlayEntry,
  overlayEntry,
  OverlayFile,
  OverlayLink,
  stampOf,
} from "./overlay_entry.ts";

/** Options of an overlay. */
export interface OverlayOptions {
  /** What copies and new files are charged to. */
  readonly quota?: Quota;
  readonly nowNs: () => bigint;
  readonly maxFileSize?: number;
}

/** Inode numbers of each lower device below this, for so many devices, are kept; others are new. */
const INO_SPAN = 2 ** 44;
const MOST_DEVICES = 64;

/** A layer over another one. */
export class OverlayLayer implements Layer {
  readonly typeName = "overlay";
  readonly root: OverlayDir;
  dev: number | undefined = undefined;
  /** The half that takes the changes. */
  readonly upper: MemoryLayer;
  /** @internal Grows whenever something gets an upper half, or all lose theirs. */
  generation = 0;
  readonly #directories = new Map<number, WeakRef<OverlayDir>>();
  #sweepAt = 1024;
  /** Devices of the lower layer, by which their inodes are kept apart. */
  readonly #devices = new Map<number, number>();
  /** Numbers for inodes of the lower layer that cannot keep theirs. */
  readonly #numbers = new Map<string, number>();
  /** Handles open on lower files, and where those files went when they were copied up. */
  readonly #lowerOpen = new Map<number, number>();
  readonly #switched = new Map<number, MemoryFile>();

  /**
   * @param lower What shows through.
   * @param options Quota and clock; `upper` continues an earlier one (a fork).
   */
  constructor(readonly lower: Layer, options: OverlayOptions, upper?: MemoryLayer) {
    const stat = lower.root.stat();
    this.#devices.set(stat.dev, 0);
    if (upper === undefined) {
      this.upper = new MemoryLayer({ ...options, rootMode: stat.mode & 0o7777, rootOwner: stat });
      this.markRoot(stat);
    } else this.upper = upper;
    this.root = new OverlayDir(this, undefined, "", this.upper.root, lower.root);
  }

  /** @internal The upper root stands for the lower one from the start. */
  markRoot(stat: Stat): void {
    const { root } = this.upper;
    root.setAttr({
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
      atimeNs: stat.atimeNs,
      mtimeNs: stat.mtimeNs,
    });
    root.extra = { showIno: this.lowerIno(stat), stamp: stampOf(stat) };
  }

  fork(context?: ForkContext): OverlayLayer {
    const lower = context === undefined ? this.lower.fork() : context.layer(this.lower);
    const upper = this.upper.fork(context);
    const copy = new OverlayLayer(lower, { nowNs: upper.nowNs }, upper);
    copy.dev = this.dev;
    for (const [device, index] of this.#devices) copy.#devices.set(device, index);
    for (const [key, ino] of this.#numbers) copy.#numbers.set(key, ino);
    return copy;
  }

  bytesUsed(): number {
    return this.upper.bytesUsed();
  }

  /** @internal Even numbers are lower inodes, odd ones upper. */
  lowerIno(stat: Stat): number {
    let index = this.#devices.get(stat.dev);
    if (index === undefined) this.#devices.set(stat.dev, index = this.#devices.size);
    if (index < MOST_DEVICES && stat.ino < INO_SPAN) return (index * INO_SPAN + stat.ino) * 2;
    const key = stat.dev + ":" + stat.ino;
    let ino = this.#numbers.get(key);
    if (ino === undefined) {
      this.#numbers.set(key, ino = (MOST_DEVICES * INO_SPAN + this.#numbers.size + 1) * 2);
    }
    return ino;
  }

  /** @internal */
  upperIno(node: MemoryNode): number {
    return node.extra?.showIno ?? node.ino * 2 + 1;
  }

  /** @internal `stat` as guests see it. */
  shown(stat: Stat, ino: number, merged = false): Stat {
    // As with Linux's overlay, a merged directory does not count its sub-directories.
    return { ...stat, dev: this.dev ?? 1, ino, nlink: merged ? 1 : stat.nlink };
  }

  /** @internal The one node for a directory. */
  directory(
    parent: OverlayDir,
    name: ByteString,
    upper: MemoryDir | undefined,
    lower: DirNode | undefined,
  ): OverlayDir {
    const ino = upper !== undefined
      ? this.upperIno(upper)
      : this.lowerIno((lower as DirNode).stat());
    const known = this.#directories.get(ino)?.deref();
    if (known !== undefined) {
      known.foundAt(parent, name, upper, lower);
      return known;
    }
    const node = new OverlayDir(this, parent, name, upper, lower);
    this.#directories.set(ino, new WeakRef(node));
    if (this.#directories.size > this.#sweepAt) {
      for (const [key, reference] of this.#directories) {
        if (reference.deref() === undefined) this.#directories.delete(key);
      }
      this.#sweepAt = Math.max(1024, this.#directories.size * 2);
    }
    return node;
  }

  /** @internal */
  lowerOpened(ino: number): void {
    this.#lowerOpen.set(ino, (this.#lowerOpen.get(ino) ?? 0) + 1);
  }

  /** @internal */
  lowerClosed(ino: number): void {
    const count = this.#lowerOpen.get(ino) ?? 0;
    if (count > 1) this.#lowerOpen.set(ino, count - 1);
    else {
      this.#lowerOpen.delete(ino);
      this.#switched.delete(ino);
    }
  }

  /** @internal A file was copied up: handles on the lower one go over to the copy. */
  copiedUp(ino: number, node: MemoryFile): void {
    this.generation++;
    if (this.#lowerOpen.has(ino)) this.#switched.set(ino, node);
  }

  /** @internal The copy of a lower file that is open. */
  copyOf(ino: number): MemoryFile | undefined {
    return this.#switched.get(ino);
  }

  /**
   * Throws every change away. Files that are open keep their contents until they are closed, but
   * no longer have a name.
   */
  discard(): void {
    for (const reference of this.#directories.values()) reference.deref()?.reset();
    this.#directories.clear();
    this.#switched.clear();
    clear(this.upper.root);
    this.generation++;
    this.markRoot(this.lower.root.stat());
  }
}

/** Removes everything below a memory directory, marks of removed names included. */
function clear(root: MemoryDir): void {
  // A list instead of a recursion: guests decide how deep it is.
  const found: { readonly parent: MemoryDir; readonly name: ByteString }[] = [];
  const directories = [root];
  for (let i = 0; i < directories.length; i++) {
    const dir = directories[i];
    for (const { name, type } of dir.list()) {
      if (type === S_IFDIR) {
        directories.push(dir.lookup(name) as MemoryDir);
        found.push({ parent: dir, name });
      } else dir.unlink(name);
    }
    dir.forgetWhiteouts();
  }
  for (let i = found.length - 1; i >= 0; i--) found[i].parent.removeDir(found[i].name);
}

/** A directory: what the upper half has, and what of the lower half it does not hide. */
export class OverlayDir implements DirNode {
  readonly type: number = S_IFDIR;
  /** Inode number as shown. */
  readonly ino: number;
  #upper: MemoryDir | undefined;
  #lower: DirNode | undefined;
  #generation: number;
  /** What it was when its name was removed. */
  #gone: Stat | undefined = undefined;

  constructor(
    readonly layer: OverlayLayer,
    public parent: OverlayDir | undefined,
    public name: ByteString,
    upper: MemoryDir | undefined,
    lower: DirNode | undefined,
  ) {
    this.#upper = upper;
    this.#lower = lower;
    this.#generation = layer.generation;
    this.ino = upper !== undefined
      ? layer.upperIno(upper)
      : layer.lowerIno((lower as DirNode).stat());
  }

  /** @internal A lookup found it there. */
  foundAt(
    parent: OverlayDir,
    name: ByteString,
    upper: MemoryDir | undefined,
    lower: DirNode | undefined,
  ): void {
    this.parent = parent;
    this.name = name;
    this.#upper = upper ?? this.#upper;
    this.#lower = lower;
  }

  /** @internal The upper half is about to be thrown away: what had its place there is gone. */
  reset(): void {
    const extra = this.#upper?.extra;
    if (this.#lower === undefined || extra?.redirect !== undefined) this.removed();
    this.#upper = undefined;
  }

  /** Its upper half, if there is one by now. */
  upperHalf(): MemoryDir | undefined {
    const { layer } = this;
    if (this.#upper === undefined && layer.generation !== this.#generation) {
      this.#generation = layer.generation;
      const found = this.parent?.upperHalf()?.lookup(this.name);
      if (found instanceof MemoryDir && layer.upperIno(found) === this.ino) this.#upper = found;
    }
    return this.#upper;
  }

  /** Its lower half, unless hidden or not there. */
  lowerHalf(): DirNode | undefined {
    return this.#lower;
  }

  /** Where the lower half is, as components from the lower root. */
  lowerPath(): readonly ByteString[] {
    const redirect = this.#upper?.extra?.redirect;
    if (redirect !== undefined) return redirect;
    return this.parent === undefined ? [] : [...this.parent.lowerPath(), this.name];
  }

  /** The upper half, made now if need be. */
  ensureUpper(): MemoryDir {
    const known = this.upperHalf();
    if (known !== undefined) {
      if (known.isRemoved) throw new VfsError("ENOENT");
      return known;
    }
    const { parent, layer } = this;
    if (parent === undefined || this.#lower === undefined) throw new VfsError("ENOENT");
    const stat = this.#lower.stat();
    const above = parent.ensureUpper();
    // Removed, or replaced by something else, while somebody still holds it.
    if (above.hiddenStamp(this.name) !== undefined || above.lookup(this.name) !== undefined) {
      throw new VfsError("ENOENT");
    }
    const node = keepTimes(above, () => {
      const made = above.makeDir(this.name, stat.mode & 0o7777, stat);
      made.setAttr({ atimeNs: stat.atimeNs, mtimeNs: stat.mtimeNs });
      made.extra = { showIno: this.ino, stamp: stampOf(stat) };
      return made;
    });
    layer.generation++;
    return this.#upper = node;
  }

  stat(): Stat {
    if (this.#gone !== undefined) return this.#gone;
    const upper = this.upperHalf();
    const merged = upper !== undefined && this.#lower !== undefined;
    return this.layer.shown((upper ?? this.#lower as DirNode).stat(), this.ino, merged);
  }

  setAttr(change: AttrChange): void {
    this.ensureUpper().setAttr(change);
  }

  /** What the lower half has under a name. */
  lowerLookup(name: ByteString): VNode | undefined {
    try {
      return this.#lower?.lookup(name);
    } catch (error) {
      // The lower directory went away behind our back: what is in front of it stays usable.
      if (error instanceof VfsError && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  lookup(name: ByteString): VNode | undefined {
    const upper = this.upperHalf();
    if (upper !== undefined) {
      const node = upper.lookup(name);
      if (node instanceof MemoryDir) return this.#directory(name, node);
      if (node !== undefined) return overlayEntry(this, name, node, undefined);
      if (upper.hiddenStamp(name) !== undefined) return undefined;
    }
    const lower = this.lowerLookup(name);
    if (lower === undefined) return undefined;
    if (lower.type === S_IFDIR) {
      return this.layer.directory(this, name, undefined, lower as DirNode);
    }
    return overlayEntry(this, name, undefined, lower);
  }

  #directory(name: ByteString, upper: MemoryDir): OverlayDir {
    const { extra } = upper;
    let lower: VNode | undefined;
    if (extra?.redirect !== undefined) lower = this.#follow(extra.redirect);
    else if (extra?.opaque !== true) lower = this.lowerLookup(name);
    const dir = lower?.type === S_IFDIR ? lower as DirNode : undefined;
    return this.layer.directory(this, name, upper, dir);
  }

  /** The lower half of a renamed directory. */
  #follow(path: readonly ByteString[]): VNode | undefined {
    let node: VNode | undefined = this.layer.lower.root;
    for (const name of path) {
      if (node?.type !== S_IFDIR) return undefined;
      node = (node as DirNode).lookup(name);
    }
    return node;
  }

  list(): DirEntry[] {
    const upper = this.upperHalf();
    const entries: DirEntry[] = [];
    if (upper !== undefined) {
      for (const { name, type } of upper.list()) {
        if (name !== NAMELESS) entries.push(new OverlayListed(this, name, type));
      }
    }
    if (this.#lower === undefined) return entries;
    for (const { name, type } of this.#lower.list()) {
      if (upper === undefined || !upper.has(name) && upper.hiddenStamp(name) === undefined) {
        entries.push(new OverlayListed(this, name, type));
      }
    }
    return entries;
  }

  /** What a commit will compare: the lower file that is hidden by what is put there now. */
  #stampAt(name: ByteString): string | undefined {
    const hidden = this.upperHalf()?.hiddenStamp(name);
    if (hidden !== undefined) return hidden;
    const lower = this.lowerLookup(name);
    return lower === undefined ? undefined : stampOf(lower.stat());
  }

  #checkFree(name: ByteString): void {
    if (this.lookup(name) !== undefined) throw new VfsError("EEXIST");
  }

  createFile(name: ByteString, mode: number, owner: Owner): FileNode {
    this.#checkFree(name);
    const made = this.ensureUpper().createFile(name, mode, owner);
    const stamp = this.#stampAt(name);
    if (stamp !== undefined) made.extra = { stamp };
    return new OverlayFile(this, name, made, undefined);
  }

  makeDir(name: ByteString, mode: number, owner: Owner): DirNode {
    this.#checkFree(name);
    const made = this.ensureUpper().makeDir(name, mode, owner);
    // Whatever the lower half has, or will have, under that name is not part of it.
    made.extra = { opaque: true };
    return this.layer.directory(this, name, made, undefined);
  }

  makeLink(name: ByteString, target: ByteString, owner: Owner): LinkNode {
    this.#checkFree(name);
    return new OverlayLink(
      this,
      name,
      this.ensureUpper().makeLink(name, target, owner),
      undefined,
    );
  }

  makeNode(name: ByteString, mode: number, rdev: number, owner: Owner): VNode {
    this.#checkFree(name);
    const made = this.ensureUpper().makeNode(name, mode, rdev, owner);
    return overlayEntry(this, name, made, undefined);
  }

  link(name: ByteString, node: VNode): void {
    if (!(node instanceof OverlayEntry) || node.layer !== this.layer) throw new VfsError("EXDEV");
    this.#checkFree(name);
    const copy = node.copyUp();
    this.ensureUpper().link(name, copy);
    // It stands in two places now, and a stamp is about one.
    if (copy.extra?.stamp !== undefined) copy.extra = { ...copy.extra, stamp: undefined };
  }

  unlink(name: ByteString): void {
    const node = this.lookup(name);
    if (node === undefined) throw new VfsError("ENOENT");
    if (node.type === S_IFDIR) throw new VfsError("EISDIR");
    const upper = this.ensureUpper();
    if (upper.lookup(name) !== undefined) upper.unlink(name);
    this.#hide(upper, name);
  }

  /** Leaves a mark where the lower half has something of that name. */
  #hide(upper: MemoryDir, name: ByteString): void {
    const lower = this.lowerLookup(name);
    if (lower !== undefined) upper.whiteOut(name, stampOf(lower.stat()));
  }

  removeDir(name: ByteString): void {
    const node = this.lookup(name);
    if (node === undefined) throw new VfsError("ENOENT");
    if (!(node instanceof OverlayDir)) throw new VfsError("ENOTDIR");
    if (node.list().length > 0) throw new VfsError("ENOTEMPTY");
    const upper = this.ensureUpper();
    if (upper.lookup(name) !== undefined) upper.removeDir(name);
    this.#hide(upper, name);
    node.removed();
  }

  /** @internal Its name is gone. */
  removed(): void {
    this.#gone ??= { ...this.stat(), nlink: 0 };
    this.#lower = undefined;
  }

  rename(name: ByteString, to: DirNode, toName: ByteString): void {
    if (!(to instanceof OverlayDir) || to.layer !== this.layer) throw new VfsError("EXDEV");
    const source = this.lookup(name);
    if (source === undefined) throw new VfsError("ENOENT");
    const target = to.lookup(toName);
    if (source instanceof OverlayDir) {
      for (let at: OverlayDir | undefined = to; at !== undefined; at = at.parent) {
        if (at === source) throw new VfsError("EINVAL");
      }
    }
    if (target !== undefined) {
      if (target.stat().ino === source.stat().ino) return;
      const targetIsDir = target.type === S_IFDIR;
      if (source.type === S_IFDIR && !targetIsDir) throw new VfsError("ENOTDIR");
      if (source.type !== S_IFDIR && targetIsDir) throw new VfsError("EISDIR");
      if (targetIsDir && (target as OverlayDir).list().length > 0) throw new VfsError("ENOTEMPTY");
    }
    // Everything that can fail for lack of room comes before anything is taken away.
    const node = source instanceof OverlayDir
      ? source.ensureUpper()
      : (source as OverlayEntry).copyUp();
    const fromUpper = this.ensureUpper();
    const toUpper = to.ensureUpper();
    if (source instanceof OverlayDir) {
      // The lower half stays where it is; the record remembers where that was.
      node.extra = source.#lower === undefined
        ? { ...node.extra, opaque: true }
        : { ...node.extra, redirect: source.lowerPath() };
    } else node.extra = { ...node.extra, stamp: to.#stampAt(toName) };
    if (target instanceof OverlayDir) to.removeDir(toName);
    else if (target !== undefined) to.unlink(toName);
    fromUpper.rename(name, toUpper, toName);
    this.#hide(fromUpper, name);
    if (source instanceof OverlayDir) {
      source.parent = to;
      source.name = toName;
    }
    this.layer.generation++;
  }

  /** Whether it is gone from where it was. */
  get isRemoved(): boolean {
    const upper = this.upperHalf();
    if (this.#gone !== undefined) return true;
    if (upper !== undefined) return upper.isRemoved;
    return this.parent?.lookup(this.name) !== this;
  }

  /** Its parent and name as they are now. */
  whereabouts(): { readonly parent: DirNode; readonly name: ByteString } | undefined {
    return this.parent === undefined ? undefined : { parent: this.parent, name: this.name };
  }

  statFs(): StatFs {
    return { ...this.layer.upper.statFs(), typeName: "overlay", type: 0x794c7630 };
  }
}

/** A listed entry whose inode number is looked up only when somebody wants it. */
class OverlayListed implements DirEntry {
  readonly #directory: OverlayDir;

  constructor(directory: OverlayDir, readonly name: ByteString, readonly type: number) {
    this.#directory = directory;
  }

  get ino(): number {
    return this.#directory.lookup(this.name)?.stat().ino ?? 0;
  }
}
