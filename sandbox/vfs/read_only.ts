/**
 * A layer whose every change is refused. Rights live on the nodes: a caller that forgets to ask
 * gets EROFS all the same.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type ByteString,
  type DirEntry,
  type DirNode,
  type FileHandle,
  type FileNode,
  type LinkNode,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  type Stat,
  type StatFs,
  type VNode,
} from "../types.ts";
import { FixedDir } from "./fixed_dir.ts";
import type { ForkContext, Layer } from "./layer.ts";

/** Another layer, without the right to change it. */
export class ReadOnlyLayer implements Layer {
  readonly readOnly = true;
  readonly root: DirNode;

  constructor(readonly inner: Layer) {
    this.root = new ReadOnlyDir(inner.root);
  }

  get typeName(): string {
    return this.inner.typeName;
  }

  get dev(): number | undefined {
    return this.inner.dev;
  }

  set dev(value: number | undefined) {
    this.inner.dev = value;
  }

  fork(context?: ForkContext): Layer {
    const inner = context === undefined ? this.inner.fork() : context.layer(this.inner);
    return inner === this.inner ? this : new ReadOnlyLayer(inner);
  }

  bytesUsed(): number {
    return this.inner.bytesUsed?.() ?? 0;
  }
}

function wrap(node: VNode): VNode {
  switch (node.type) {
    case S_IFDIR:
      return new ReadOnlyDir(node as DirNode);
    case S_IFREG:
      return new ReadOnlyFile(node as FileNode);
    case S_IFLNK:
      return new ReadOnlyLink(node as LinkNode);
    default:
      // Devices and FIFOs are written on read-only file systems too: what changes is not in them.
      return "hostBacked" in node ? new ReadOnlyHostNode(node) : node;
  }
}

abstract class ReadOnlyNode implements VNode {
  constructor(protected readonly inner: VNode) {}

  get type(): number {
    return this.inner.type;
  }

  stat(): Stat {
    return this.inner.stat();
  }

  setAttr(): void {
    throw new VfsError("EROFS");
  }
}

class ReadOnlyHostNode extends ReadOnlyNode {
  readonly hostBacked = true;
}

class ReadOnlyLink extends ReadOnlyNode implements LinkNode {
  readLink(): ByteString {
    return (this.inner as LinkNode).readLink();
  }
}

class ReadOnlyFile extends ReadOnlyNode implements FileNode {
  /** Forwarded, for programs in a read-only `/bin`. */
  get programName(): ByteString | undefined {
    return (this.inner as { programName?: ByteString }).programName;
  }

  openFile(access: { readonly read: boolean; readonly write: boolean }): FileHandle {
    if (access.write) throw new VfsError("EROFS");
    return new ReadOnlyHandle((this.inner as FileNode).openFile(access));
  }
}

class ReadOnlyHandle implements FileHandle {
  readonly view?: (position: number, max: number) => Uint8Array;

  constructor(readonly inner: FileHandle) {
    if (inner.view !== undefined) {
      this.view = (position, max) => (inner.view as NonNullable<typeof inner.view>)(position, max);
    }
  }

  pread(buffer: Uint8Array, position: number): number {
    return this.inner.pread(buffer, position);
  }

  pwrite(): number {
    throw new VfsError("EBADF");
  }

  size(): number {
    return this.inner.size();
  }

  truncate(): void {
    throw new VfsError("EINVAL");
  }

  stat(): Stat {
    return this.inner.stat();
  }

  setAttr(): void {
    throw new VfsError("EROFS");
  }

  sync(): void {
    this.inner.sync();
  }

  close(): void {
    this.inner.close();
  }
}

class ReadOnlyDir extends FixedDir {
  constructor(readonly inner: DirNode) {
    super("EROFS");
  }

  override stat(): Stat {
    return this.inner.stat();
  }

  override lookup(name: ByteString): VNode | undefined {
    const node = this.inner.lookup(name);
    return node === undefined ? undefined : wrap(node);
  }

  statOf(name: ByteString): Stat | undefined {
    const { inner } = this;
    return inner.statOf === undefined ? inner.lookup(name)?.stat() : inner.statOf(name);
  }

  nextFacts(name: ByteString): Stat | undefined {
    return this.inner.nextFacts?.(name);
  }

  override list(): DirEntry[] {
    return this.inner.list();
  }

  override statFs(): StatFs {
    return { ...this.inner.statFs(), readOnly: true };
  }
}
