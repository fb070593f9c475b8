/**
 * Directories of a host mount that Deno does not let us look at.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type AttrChange,
  type ByteString,
  type DirEntry,
  type DirNode,
  type FileHandle,
  type FileNode,
  S_IFDIR,
  type Stat,
  type VNode,
} from "../types.ts";
import type { HostOpen } from "./host_access.ts";
import { HostDirNode } from "./host_dir.ts";
import type { HostDirLayer } from "./host_layer.ts";
import {
  NOTHING_TOLD,
  type UnseenFile,
  UnseenFileNode,
  UnseenHandle,
  UnseenOther,
} from "./unseen.ts";

/** Inode numbers of directories that cannot be looked at, far from those of the host. */
let unseenInodes = 2 ** 44;

/**
 * A name that Deno does not let us look at. It may lead to something granted, so it can be walked
 * through; whoever asks about it itself is refused, whether it exists or not.
 *
 * Where Deno lets it be written, it is what a directory without the right to read is in POSIX, one
 * of mode `-wx`: names in it can be created, written and removed, but not listed or read. Links are
 * never followed: `UnseenAccess` tells them apart.
 */
export class BlindDirNode<P> extends HostDirNode<P> {
  override readonly isBlind = true;
  /** Directories below that were made here or seen to be no links. */
  readonly #directories = new Map<ByteString, BlindDirNode<P>>();
  readonly #inode = unseenInodes++;

  constructor(layer: HostDirLayer<P>, parent: HostDirNode<P> | undefined, name: ByteString) {
    super(layer, parent, name, 0, 0);
  }

  override path(): P {
    const { host } = this.layer;
    return this.parent === undefined ? host.root : host.child(this.parent.path(), this.name);
  }

  override surePath(): P {
    return this.path();
  }

  override stat(): Stat {
    if (!this.mayWrite()) throw new VfsError("EACCES");
    return this.layer.shown({
      ...NOTHING_TOLD,
      ino: this.#inode,
      mode: S_IFDIR | 0o333,
      nlink: 2,
    });
  }

  /** Of a directory that may be written, mode and times can be set, though not seen. */
  override setAttr(change: AttrChange): void {
    const { host } = this.layer;
    const { mode, atimeNs, mtimeNs } = change;
    const path = this.path();
    if (!this.mayWrite() || change.uid !== undefined || change.gid !== undefined) {
      throw new VfsError("EACCES");
    }
    host.guard.changes++;
    if (mode !== undefined) host.chmod(path, mode & 0o7777);
    if (atimeNs !== undefined && mtimeNs !== undefined) {
      host.setTimes(path, atimeNs, mtimeNs, false);
    }
  }

  override list(): DirEntry[] {
    throw new VfsError("EACCES");
  }

  protected override unseen(name: ByteString, path: P): VNode | undefined {
    const { layer } = this;
    const { host } = layer;
    const known = this.#directories.get(name);
    if (known !== undefined) return known;
    if (host.unseen === undefined || !host.mayWrite(path)) return super.unseen(name, path);
    const entry = host.unseen.look(path);
    if (entry === "nothing") return undefined;
    if (typeof entry !== "string") return new UnseenFileNode(this, name, layer.shown(entry));
    // The top of what was granted is what its granter named, link or not.
    const isDirectory = entry === "directory" &&
      (!host.mayWrite(this.path()) || host.unseen.isDirectory(path));
    return isDirectory ? this.#directory(name) : new UnseenOther();
  }

  #directory(name: ByteString): BlindDirNode<P> {
    const node = new BlindDirNode<P>(this.layer, this, name);
    this.#directories.set(name, node);
    return node;
  }

  /** @internal Opens a file of that name for writing. */
  openUnseen(name: ByteString): UnseenFile {
    const { host } = this.layer;
    if (host.unseen === undefined) throw new VfsError("EACCES");
    host.guard.changes++;
    return host.unseen.open(host.child(this.path(), name));
  }

  override createOpen(
    name: ByteString,
    mode: number,
    access: HostOpen,
  ): { readonly node: FileNode; readonly handle: FileHandle } {
    const { host } = this.layer;
    if (host.unseen === undefined || access.read) throw new VfsError("EACCES");
    host.guard.changes++;
    const file = host.unseen.create(host.child(this.path(), name), mode);
    try {
      const node = new UnseenFileNode(this, name, this.layer.shown(file.stat()));
      return { node, handle: new UnseenHandle(file) };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  override makeDir(name: ByteString, mode: number): DirNode {
    const { host } = this.layer;
    host.guard.changes++;
    host.makeDir(host.child(this.path(), name), mode);
    return this.#directory(name);
  }

  override unlink(name: ByteString): void {
    const { host } = this.layer;
    const node = this.lookup(name);
    if (node === undefined) throw new VfsError("ENOENT");
    if (node.type === S_IFDIR) throw new VfsError("EISDIR");
    host.guard.changes++;
    host.remove(host.child(this.path(), name));
  }

  override removeDir(name: ByteString): void {
    const { host } = this.layer;
    const node = this.lookup(name);
    if (node === undefined) throw new VfsError("ENOENT");
    if (node.type !== S_IFDIR) throw new VfsError("ENOTDIR");
    host.guard.changes++;
    host.remove(host.child(this.path(), name));
    this.#directories.delete(name);
  }

  override rename(): void {
    throw new VfsError("EACCES");
  }

  /** @internal */
  checkLinks(stat: Stat): void {
    this.layer.checkLinks(stat);
  }
}
