/**
 * Files, links and special files of an overlay: copied up when they are first changed.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type AttrChange,
  type ByteString,
  type FileHandle,
  type FileNode,
  type LinkNode,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type SpecialNode,
  type Stat,
  type VNode,
} from "../types.ts";
import { type MemoryDir, MemoryFile, type MemoryNode } from "./memory.ts";
import type { OverlayDir, OverlayLayer } from "./overlay.ts";

const COPY_CHUNK = 65536;

/** A name that the resolver never lets through, for files that have lost theirs. */
export const NAMELESS = "\0nameless";

/** What tells that a lower file is still the one that was copied. */
export function stampOf(stat: Stat): string {
  return `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}

/** Runs a change of entries that leaves no trace in the directory's times. */
export function keepTimes<T>(dir: MemoryDir, work: () => T): T {
  const { atimeNs, mtimeNs } = dir.stat();
  const result = work();
  dir.setAttr({ atimeNs, mtimeNs });
  return result;
}

/** A node other than a directory. Its upper half may come later. */
export abstract class OverlayEntry implements VNode {
  protected upper: MemoryNode | undefined;
  /** Inode number as shown, the same before and after the copy. */
  readonly ino: number;

  constructor(
    readonly directory: OverlayDir,
    readonly name: ByteString,
    upper: MemoryNode | undefined,
    readonly lower: VNode | undefined,
  ) {
    this.upper = upper;
    const { layer } = directory;
    this.ino = upper !== undefined
      ? layer.upperIno(upper)
      : layer.lowerIno((lower as VNode).stat());
  }

  get layer(): OverlayLayer {
    return this.directory.layer;
  }

  get type(): number {
    return (this.upper ?? this.lower as VNode).type;
  }

  /** The upper half, if there is one by now. */
  current(): MemoryNode | undefined {
    if (this.upper === undefined) {
      const found = this.directory.upperHalf()?.lookup(this.name);
      if (found !== undefined && found.extra?.showIno === this.ino) this.upper = found;
    }
    return this.upper;
  }

  stat(): Stat {
    return this.layer.shown((this.current() ?? this.lower as VNode).stat(), this.ino);
  }

  setAttr(change: AttrChange): void {
    this.copyUp(change.size === 0).setAttr(change);
  }

  /** Whether the name still leads to this file. */
  protected isNamed(): boolean {
    const up = this.directory.upperHalf();
    if (up === undefined) return true;
    const found = up.lookup(this.name);
    if (found !== undefined) return found.extra?.showIno === this.ino;
    return up.hiddenStamp(this.name) === undefined;
  }

  /** The upper half, made now if need be; `empty` when its contents are about to go anyway. */
  copyUp(empty = false): MemoryNode {
    const known = this.current();
    if (known !== undefined) return known;
    const { layer } = this;
    const lower = this.lower as VNode;
    const stat = lower.stat();
    const isNamed = this.isNamed();
    // A file that was removed while open has no place to be copied to but this one.
    const dir = isNamed ? this.directory.ensureUpper() : layer.upper.root;
    const name = isNamed ? this.name : NAMELESS;
    if (!isNamed && dir.lookup(NAMELESS) !== undefined) dir.unlink(NAMELESS);
    const node = keepTimes(dir, () => {
      const made = this.makeCopy(dir, name, stat, empty);
      made.setAttr({ mode: stat.mode, atimeNs: stat.atimeNs, mtimeNs: stat.mtimeNs });
      made.extra = {
        // Names of a hard-linked lower file part here, so they must not share a number.
        showIno: stat.nlink > 1 ? undefined : this.ino,
        stamp: stampOf(stat),
      };
      return made;
    });
    this.upper = node;
    if (node instanceof MemoryFile) layer.copiedUp(this.ino, node);
    return node;
  }

  protected abstract makeCopy(
    dir: MemoryDir,
    name: ByteString,
    stat: Stat,
    empty: boolean,
  ): MemoryNode;
}

/** A regular file. */
export class OverlayFile extends OverlayEntry implements FileNode {
  get programName(): ByteString | undefined {
    return ((this.current() ?? this.lower) as { programName?: ByteString }).programName;
  }

  openFile(access: { readonly read: boolean; readonly write: boolean }): FileHandle {
    const upper = this.current();
    if (upper !== undefined) {
      return new OverlayHandle(this, undefined, (upper as MemoryFile).openFile(access), access);
    }
    // Copied at the first write only: a file that is truncated need not be copied at all.
    const lower = (this.lower as FileNode).openFile({ read: true, write: false });
    return new OverlayHandle(this, lower, undefined, access);
  }

  protected override makeCopy(
    dir: MemoryDir,
    name: ByteString,
    stat: Stat,
    empty: boolean,
  ): MemoryFile {
    const made = dir.createFile(name, stat.mode & 0o7777, stat);
    if (empty) return made;
    try {
      const from = (this.lower as FileNode).openFile({ read: true, write: false });
      const to = made.openFile({ read: false, write: true });
      try {
        copyContents(from, to);
      } finally {
        from.close();
        to.close();
      }
    } catch (error) {
      dir.unlink(name);
      throw error;
    }
    return made;
  }
}

/** Copies all bytes of one file to another. */
export function copyContents(from: FileHandle, to: FileHandle): void {
  const buffer = new Uint8Array(COPY_CHUNK);
  for (let position = 0;;) {
    const count = from.pread(buffer, position);
    if (count === 0) return;
    to.pwrite(count === buffer.length ? buffer : buffer.subarray(0, count), position);
    position += count;
  }
}

class OverlayHandle implements FileHandle {
  #generation: number;

  constructor(
    readonly file: OverlayFile,
    private lower: FileHandle | undefined,
    private upper: FileHandle | undefined,
    readonly access: { readonly read: boolean; readonly write: boolean },
  ) {
    const { layer } = file;
    this.#generation = layer.generation;
    if (lower !== undefined) layer.lowerOpened(file.ino);
  }

  /** What to read from: the copy as soon as somebody made one. */
  #current(): FileHandle {
    if (this.upper !== undefined) return this.upper;
    const { layer, ino } = this.file;
    if (layer.generation !== this.#generation) {
      this.#generation = layer.generation;
      const copy = layer.copyOf(ino);
      if (copy !== undefined) return this.#switch(copy);
    }
    return this.lower as FileHandle;
  }

  #switch(node: MemoryFile): FileHandle {
    const upper = node.openFile(this.access);
    this.lower?.close();
    this.lower = undefined;
    this.file.layer.lowerClosed(this.file.ino);
    return this.upper = upper;
  }

  /** What to write to. */
  #writable(empty = false): FileHandle {
    const current = this.#current();
    if (current === this.upper) return current;
    const { layer } = this.file;
    const node = this.file.copyUp(empty) as MemoryFile;
    const handle = this.#switch(node);
    const { root } = layer.upper;
    // The handle keeps a nameless copy alive.
    if (root.lookup(NAMELESS) !== undefined) keepTimes(root, () => root.unlink(NAMELESS));
    return handle;
  }

  get view(): FileHandle["view"] {
    const current = this.#current();
    if (current.view === undefined) return undefined;
    return (position, max) => (current.view as NonNullable<FileHandle["view"]>)(position, max);
  }

  pread(buffer: Uint8Array, position: number): number {
    return this.#current().pread(buffer, position);
  }

  pwrite(buffer: Uint8Array, position: number): number {
    return this.#writable().pwrite(buffer, position);
  }

  size(): number {
    return this.#current().size();
  }

  truncate(size: number): void {
    this.#writable(size === 0).truncate(size);
  }

  stat(): Stat {
    return this.file.layer.shown(this.#current().stat(), this.file.ino);
  }

  setAttr(change: AttrChange): void {
    this.#writable(change.size === 0).setAttr(change);
  }

  sync(): void {
    this.#current().sync();
  }

  close(): void {
    this.upper?.close();
    if (this.lower !== undefined) {
      this.lower.close();
      this.lower = undefined;
      this.file.layer.lowerClosed(this.file.ino);
    }
  }
}

/** A symbolic link. */
export class OverlayLink extends OverlayEntry implements LinkNode {
  readLink(): ByteString {
    return ((this.current() ?? this.lower) as unknown as LinkNode).readLink();
  }

  protected override makeCopy(dir: MemoryDir, name: ByteString, stat: Stat): MemoryNode {
    return dir.makeLink(name, (this.lower as LinkNode).readLink(), stat);
  }
}

/** A FIFO or device. Those of a host directory are seen but never opened. */
class OverlaySpecial extends OverlayEntry implements SpecialNode {
  protected override makeCopy(dir: MemoryDir, name: ByteString, stat: Stat): MemoryNode {
    // Only a FIFO may pass from the host into the sandbox, where it is a FIFO of its own.
    if ("hostBacked" in this && (stat.mode & S_IFMT) !== S_IFIFO) throw new VfsError("EPERM");
    return dir.makeNode(name, stat.mode, stat.rdev, stat);
  }
}

class OverlayHostSpecial extends OverlaySpecial {
  readonly hostBacked = true;
}

/** The node for what an overlay directory has under a name, other than a directory. */
export function overlayEntry(
  directory: OverlayDir,
  name: ByteString,
  upper: MemoryNode | undefined,
  lower: VNode | undefined,
): OverlayEntry {
  switch ((upper ?? lower as VNode).type) {
    case S_IFREG:
      return new OverlayFile(directory, name, upper, lower);
    case S_IFLNK:
      return new OverlayLink(directory, name, upper, lower);
    default:
      return lower !== undefined && "hostBacked" in lower
        ? new OverlayHostSpecial(directory, name, upper, lower)
        : new OverlaySpecial(directory, name, upper, lower);
  }
}
