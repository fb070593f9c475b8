/**
 * A host directory as a layer.
 *
 * Threat classes answered here: links (a host path is the root plus resolved components, each of
 * which was seen to be a real directory), races between check and use (lstat, open without
 * truncating, compare device and inode, only then touch), special files (only regular files and
 * directories are ever opened), hard links (a file that also has a name outside is not written),
 * a working directory whose parent is swapped for a link (verified again in each epoch).
 *
 * What remains: another process of the host that swaps a directory for a link and back, more than
 * once and each time between two of our calls, some microseconds apart. Before contents are read or
 * changed it is looked at again, after the file is open. Overlay mounts have no such window for
 * writes at all.
 *
 * @module
 */
import { isVfsError, VfsError } from "../errors.ts";
import {
  type AttrChange,
  type ByteString,
  type DirEntry,
  type DirNode,
  type FileHandle,
  type FileNode,
  type LinkNode,
  type Owner,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Stat,
  type StatFs,
  type VNode,
} from "../types.ts";
import type { HostAccess, HostFile, HostOpen } from "./host_access.ts";
import type { Layer } from "./layer.ts";

/** Options of a host mount. */
export interface HostDirOptions {
  /** Write to files that have several names. Default: refuse with EPERM. */
  readonly hardLinks?: boolean;
  /** Make real links whose targets stay inside the mount. Default: refuse with EPERM. */
  readonly symlinks?: boolean;
  /**
   * Deno granted parts of the tree only: what it does not let us see is walked through blindly, so
   * that a granted part can be reached, and shows nothing of itself.
   */
  readonly partial?: boolean;
  /** Show this owner instead of the host's, and refuse to change it. */
  readonly owner?: Owner;
}

/** Names that one file got through us, at most remembered. */
const MOST_LINKS = 65536;
/** Names of one directory that are believed, at most. */
const MOST_NAMES = 4096;
/** Directories remembered before a sweep. */
const FIRST_SWEEP = 1024;

/** A directory of the host. */
export class HostDirLayer<P> implements Layer {
  readonly typeName = "hostfs";
  readonly root: HostDirNode<P>;
  dev: number | undefined = 0;
  /** Directories by device and inode, so that a rename reaches whoever holds one. */
  readonly #directories = new Map<string, WeakRef<HostDirNode<P>>>();
  #sweepAt = FIRST_SWEEP;
  /** Further names that we ourselves gave to a file, by device and inode. */
  readonly #ownLinks = new Map<string, number>();

  /**
   * @param host The host, seen from the directory.
   * @param options What is allowed on it.
   */
  constructor(readonly host: HostAccess<P>, readonly options: HostDirOptions = {}) {
    let stat: Stat | undefined;
    try {
      stat = host.lstat(host.root);
    } catch (error) {
      if (options.partial !== true || !isVfsError(error, "EACCES")) throw error;
      this.root = new BlindDirNode<P>(this, undefined, "");
      return;
    }
    if (stat === undefined) throw new VfsError("ENOENT");
    if ((stat.mode & S_IFMT) !== S_IFDIR) throw new VfsError("ENOTDIR");
    this.root = new HostDirNode<P>(this, undefined, "", stat.dev, stat.ino);
  }

  /** The host has one state only: copies see the same directory. */
  fork(): Layer {
    return this;
  }

  /** @internal The node for a directory that was just seen. */
  directory(parent: HostDirNode<P>, name: ByteString, stat: Stat): HostDirNode<P> {
    const key = stat.dev + ":" + stat.ino;
    const known = this.#directories.get(key)?.deref();
    if (known !== undefined) {
      known.movedTo(parent, name);
      return known;
    }
    const node = new HostDirNode<P>(this, parent, name, stat.dev, stat.ino);
    this.#directories.set(key, new WeakRef(node));
    if (this.#directories.size > this.#sweepAt) this.#sweep();
    return node;
  }

  #sweep(): void {
    for (const [key, reference] of this.#directories) {
      if (reference.deref() === undefined) this.#directories.delete(key);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#directories.size * 2);
  }

  /** @internal What is known of a directory by its identity. */
  knownDirectory(stat: Stat): HostDirNode<P> | undefined {
    return this.#directories.get(stat.dev + ":" + stat.ino)?.deref();
  }

  /**
   * @internal Hard links: a file with a name that did not come from us may have that name outside
   * of the mount, so neither its contents nor its attributes are changed.
   */
  checkLinks(stat: Stat): void {
    if (stat.nlink <= 1 || this.options.hardLinks === true) return;
    if ((stat.mode & S_IFMT) === S_IFDIR) return;
    const own = this.#ownLinks.get(stat.dev + ":" + stat.ino) ?? 0;
    if (stat.nlink > 1 + own) throw new VfsError("EPERM");
  }

  /** @internal A name was added to a file. */
  linked(stat: Stat): void {
    const key = stat.dev + ":" + stat.ino;
    if (this.#ownLinks.size < MOST_LINKS) {
      this.#ownLinks.set(key, (this.#ownLinks.get(key) ?? 0) + 1);
    }
  }

  /** @internal A name of a file was removed. */
  unlinked(stat: Stat): void {
    if (this.#ownLinks.size === 0) return;
    const key = stat.dev + ":" + stat.ino;
    const own = this.#ownLinks.get(key);
    if (own === undefined) return;
    if (own <= 1 || stat.nlink <= 1) this.#ownLinks.delete(key);
    else this.#ownLinks.set(key, own - 1);
  }

  /** @internal `stat` as guests see it. */
  shown(stat: Stat): Stat {
    const { owner } = this.options;
    return owner === undefined ? stat : { ...stat, uid: owner.uid, gid: owner.gid };
  }
}

/** A file, link or special file: known by its directory, its name, and what `lstat` just said. */
abstract class HostEntryNode<P> implements VNode {
  /** For the namespace: it never opens such a node unless it is a regular file. */
  readonly hostBacked = true;
  #stat: Stat;
  #epoch: number;
  #changes: number;

  constructor(
    readonly directory: HostDirNode<P>,
    readonly name: ByteString,
    stat: Stat,
  ) {
    const { guard } = directory.layer.host;
    this.#stat = stat;
    this.#epoch = guard.epoch();
    this.#changes = guard.changes;
  }

  get type(): number {
    return this.#stat.mode & S_IFMT;
  }

  get layer(): HostDirLayer<P> {
    return this.directory.layer;
  }

  /** The facts, as of now or of at most one epoch ago and before any change of ours. */
  protected facts(): Stat {
    const { guard } = this.layer.host;
    const epoch = guard.epoch();
    if (epoch !== this.#epoch || guard.changes !== this.#changes) {
      this.#stat = this.checked();
      this.#epoch = epoch;
      this.#changes = guard.changes;
    }
    return this.#stat;
  }

  /** Whether these are the facts of the same file. */
  protected isSame(stat: Stat): boolean {
    return stat.ino === this.#stat.ino && stat.dev === this.#stat.dev;
  }

  /** The facts as of this moment. @throws {VfsError} ENOENT when it is not the same any more. */
  checked(): Stat {
    const stat = this.layer.host.lstat(this.path());
    const known = this.#stat;
    if (
      stat === undefined || stat.ino !== known.ino || stat.dev !== known.dev ||
      ((stat.mode ^ known.mode) & S_IFMT) !== 0
    ) throw new VfsError("ENOENT");
    return stat;
  }

  /** Its host path, after making sure that the way to it is still made of directories. */
  path(): P {
    return this.layer.host.child(this.directory.path(), this.name);
  }

  stat(): Stat {
    return this.layer.shown(this.facts());
  }

  /** Whether Deno lets it be changed; mode bits do not tell. */
  mayWrite(): boolean {
    return this.layer.host.mayWrite(this.path());
  }

  setAttr(change: AttrChange): void {
    const path = this.layer.host.child(this.directory.surePath(), this.name);
    const stat = this.checked();
    this.layer.checkLinks(stat);
    changeHost(this.layer, path, stat, change);
  }
}

/** Applies a change of attributes to a path that was just checked. */
function changeHost<P>(layer: HostDirLayer<P>, path: P, stat: Stat, change: AttrChange): void {
  const { host } = layer;
  const isLink = (stat.mode & S_IFMT) === S_IFLNK;
  host.guard.changes++;
  const { uid, gid } = change;
  if (uid !== undefined && uid !== stat.uid || gid !== undefined && gid !== stat.gid) {
    const shown = layer.shown(stat);
    const isSame = (uid ?? shown.uid) === shown.uid && (gid ?? shown.gid) === shown.gid;
    if (layer.options.owner === undefined) {
      host.chown(path, uid ?? stat.uid, gid ?? stat.gid, isLink);
    } else if (!isSame) throw new VfsError("EPERM");
  }
  if (change.mode !== undefined) {
    if (isLink) throw new VfsError("ENOTSUP");
    host.chmod(path, change.mode & 0o7777);
  }
  if (change.atimeNs !== undefined || change.mtimeNs !== undefined) {
    host.setTimes(path, change.atimeNs ?? stat.atimeNs, change.mtimeNs ?? stat.mtimeNs, isLink);
  }
}

/** A regular file of the host. */
export class HostFileNode<P> extends HostEntryNode<P> implements FileNode {
  openFile(access: HostOpen): FileHandle {
    const path = this.path();
    const { layer } = this;
    let file: HostFile;
    try {
      file = layer.host.open(path, access);
    } catch (error) {
      // A link or a special file that came there since the lookup.
      this.checked();
      throw error;
    }
    try {
      const stat = file.stat();
      // What is open must be what was looked up.
      if ((stat.mode & S_IFMT) !== S_IFREG || !this.isSame(stat)) throw new VfsError("ENOENT");
      this.directory.confirm(path, stat, access.write);
      if (access.write) layer.checkLinks(stat);
      return new HostHandle(layer, file, this);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  override setAttr(change: AttrChange): void {
    const { size, ...rest } = change;
    if (size !== undefined) {
      const handle = this.openFile({ read: false, write: true });
      try {
        handle.truncate(size);
      } finally {
        handle.close();
      }
    }
    if (Object.keys(rest).length > 0) super.setAttr(rest);
  }
}

class HostHandle<P> implements FileHandle {
  constructor(
    readonly layer: HostDirLayer<P>,
    readonly file: HostFile,
    readonly node: HostFileNode<P>,
  ) {}

  pread(buffer: Uint8Array, position: number): number {
    return this.file.pread(buffer, position);
  }

  pwrite(buffer: Uint8Array, position: number): number {
    this.layer.host.guard.changes++;
    this.file.pwrite(buffer, position);
    return buffer.length;
  }

  pwriteSoon(source: Uint8Array, start: number, end: number, position: number): void {
    const { file } = this;
    this.layer.host.guard.changes++;
    if (file.pwriteSoon === undefined) file.pwrite(source.subarray(start, end), position);
    else file.pwriteSoon(source, start, end, position);
  }

  writeOut(): void {
    this.file.writeOut?.();
  }

  size(): number {
    return this.file.size();
  }

  truncate(size: number): void {
    if (size < 0) throw new VfsError("EINVAL");
    this.layer.host.guard.changes++;
    this.file.truncate(size);
  }

  stat(): Stat {
    return this.layer.shown(this.file.stat());
  }

  setAttr(change: AttrChange): void {
    const { size, atimeNs, mtimeNs, ...rest } = change;
    if (size !== undefined) this.truncate(size);
    const stat = this.file.stat();
    this.layer.checkLinks(stat);
    if (rest.mode !== undefined || rest.uid !== undefined || rest.gid !== undefined) {
      this.node.setAttr(rest);
    }
    if (atimeNs !== undefined || mtimeNs !== undefined) {
      this.layer.host.guard.changes++;
      this.file.setTimes(atimeNs ?? stat.atimeNs, mtimeNs ?? stat.mtimeNs);
    }
  }

  sync(): void {
    this.file.sync();
  }

  close(): void {
    this.file.close();
  }
}

/** A symbolic link of the host. Its text is walked by the resolver inside the virtual tree. */
export class HostLinkNode<P> extends HostEntryNode<P> implements LinkNode {
  readLink(): ByteString {
    return this.layer.host.readLink(this.path());
  }
}

/** A FIFO, socket or device of the host: seen, never opened. */
export class HostSpecialNode<P> extends HostEntryNode<P> {}

/** A directory of the host. */
export class HostDirNode<P> implements DirNode {
  readonly type: number = S_IFDIR;
  /** For the namespace: nothing special below it is opened. */
  readonly hostBacked = true;
  #path: P | undefined = undefined;
  /** Epoch in which it was last seen to be where it should be. */
  #verified = -1;
  #stat: Stat | undefined = undefined;
  #statEpoch = -1;
  #statChanges = -1;
  /** The last directory found in it, with the epoch: deep absolute paths cost no `lstat`. */
  #lastName: ByteString | undefined = undefined;
  #lastNode: HostDirNode<P> | undefined = undefined;
  #lastEpoch = -1;
  /** What names were found to mean, or that they mean nothing; believed as `#believed` says. */
  readonly #names = new Map<ByteString, VNode | undefined>();
  #namesTurn = -1;
  #namesEpoch = -1;
  #namesChanges = -1;
  /** Whether the last creation in it found nothing of that name. */
  #expectsNew = false;
  /** Whether its identity is known to be that of a directory inside, see `surePath`. */
  #isSure = false;

  constructor(
    readonly layer: HostDirLayer<P>,
    public parent: HostDirNode<P> | undefined,
    public name: ByteString,
    readonly dev: number,
    readonly ino: number,
  ) {}

  /** @internal It was seen under another parent or name. */
  movedTo(parent: HostDirNode<P>, name: ByteString): void {
    if (this.parent === parent && this.name === name) return;
    this.parent = parent;
    this.name = name;
    this.forget();
  }

  /** @internal */
  forget(): void {
    this.#path = undefined;
    this.#verified = -1;
    this.#lastNode = undefined;
    this.#isSure = false;
    this.#names.clear();
  }

  /** @internal It was just seen at that path, and this is what `lstat` said. */
  seen(path: P, stat: Stat, epoch: number): void {
    // A path remembered from before may lead through an old name of a parent.
    this.#path = path;
    this.#stat = stat;
    this.#statEpoch = this.#verified = epoch;
    this.#statChanges = this.layer.host.guard.changes;
  }

  /**
   * Its host path. In a new epoch the whole way is looked at again: each part must still be the
   * same directory and no link.
   */
  path(): P {
    const { host } = this.layer;
    const epoch = host.guard.epoch();
    if (this.#verified === epoch && this.#path !== undefined) return this.#path;
    const path = this.parent === undefined ? host.root : host.child(this.parent.path(), this.name);
    const stat = host.lstat(path);
    if (
      stat === undefined || stat.ino !== this.ino || stat.dev !== this.dev ||
      (stat.mode & S_IFMT) !== S_IFDIR
    ) {
      this.#verified = -1;
      throw new VfsError("ENOENT");
    }
    this.seen(path, stat, epoch);
    return path;
  }

  /** Whether Deno lets it be changed; mode bits do not tell. */
  mayWrite(): boolean {
    return this.layer.host.mayWrite(this.path());
  }

  /**
   * Its host path for a change: looked at again even when that was done in this epoch, since what
   * another process did meanwhile must not turn a change outwards.
   *
   * Once the whole path was seen to be free of links and to lead to this directory, the directory is
   * known to be one of the mount, and later it is enough that the path leads to this very directory:
   * no directory has two names, so whatever links an outsider puts on the way, they lead inside.
   */
  surePath(): P {
    const path = this.path();
    const { host } = this.layer;
    if (this.#isSure || host.isDirect(path)) {
      if (host.isThere(path, this.dev, this.ino)) {
        this.#isSure = true;
        return path;
      }
    }
    this.#verified = -1;
    this.#isSure = false;
    throw new VfsError("ENOENT");
  }

  /**
   * @internal What is open must be here, with no link on the way. Before something is written that
   * is seen twice, since an outsider who swaps a directory for a link and back in the rhythm of our
   * calls gets past one look.
   */
  confirm(path: P, stat: Stat, isWritten: boolean): void {
    const { host } = this.layer;
    this.surePath();
    let isHere = host.isThere(path, stat.dev, stat.ino);
    if (isHere && isWritten) {
      this.surePath();
      isHere = host.isThere(path, stat.dev, stat.ino);
    }
    if (!isHere) throw new VfsError("ENOENT");
  }

  /**
   * Whether `#names` may be believed: nobody else ran since, no change of ours was made that it does
   * not know of, and the epoch is the same. What is not believed is forgotten.
   */
  #believed(epoch: number): boolean {
    const { guard } = this.layer.host;
    const turn = guard.turn();
    if (
      turn === this.#namesTurn && epoch === this.#namesEpoch && guard.changes === this.#namesChanges
    ) return true;
    this.#names.clear();
    this.#namesTurn = turn;
    this.#namesEpoch = epoch;
    this.#namesChanges = guard.changes;
    return false;
  }

  /** Makes a change of one name of this directory, of which the other names know nothing. */
  #change(work: () => void): void {
    const { guard } = this.layer.host;
    const epoch = guard.epoch();
    const isBelieved = this.#believed(epoch);
    guard.changes++;
    const { changes } = guard;
    work();
    // A change of more than this name lets go of the others.
    if (isBelieved && guard.changes === changes && guard.epoch() === epoch) {
      this.#namesChanges = changes;
    }
  }

  stat(): Stat {
    const { host } = this.layer;
    const path = this.path();
    const { guard } = host;
    if (
      this.#stat === undefined || this.#statEpoch !== guard.epoch() ||
      this.#statChanges !== guard.changes
    ) {
      const stat = host.lstat(path);
      if (stat === undefined || stat.ino !== this.ino || stat.dev !== this.dev) {
        throw new VfsError("ENOENT");
      }
      this.seen(path, stat, guard.epoch());
      return this.layer.shown(stat);
    }
    return this.layer.shown(this.#stat);
  }

  setAttr(change: AttrChange): void {
    if (change.size !== undefined) throw new VfsError("EISDIR");
    const path = this.surePath();
    const stat = this.layer.host.lstat(path);
    if (stat === undefined || stat.ino !== this.ino || stat.dev !== this.dev) {
      throw new VfsError("ENOENT");
    }
    changeHost(this.layer, path, stat, change);
  }

  lookup(name: ByteString): VNode | undefined {
    const { layer } = this;
    const { host } = layer;
    const directory = this.path();
    const epoch = host.guard.epoch();
    if (name === this.#lastName && epoch === this.#lastEpoch && this.#lastNode !== undefined) {
      return this.#lastNode;
    }
    if (this.#believed(epoch)) {
      const node = this.#names.get(name);
      if (node !== undefined || this.#names.has(name)) return node;
    }
    let path: P;
    try {
      path = host.child(directory, name);
    } catch {
      // The host cannot have a file of that name.
      return undefined;
    }
    let stat: Stat | undefined;
    try {
      stat = host.lstat(path);
    } catch (error) {
      if (layer.options.partial !== true || !isVfsError(error, "EACCES")) throw error;
      return new BlindDirNode<P>(layer, this, name);
    }
    const node = stat && this.#nodeOf(name, path, stat, epoch);
    if (this.#names.size >= MOST_NAMES) this.#names.clear();
    this.#names.set(name, node);
    return node;
  }

  #nodeOf(name: ByteString, path: P, stat: Stat, epoch: number): VNode {
    switch (stat.mode & S_IFMT) {
      case S_IFDIR: {
        const node = this.layer.directory(this, name, stat);
        node.seen(path, stat, epoch);
        this.#lastName = name;
        this.#lastNode = node;
        this.#lastEpoch = epoch;
        return node;
      }
      case S_IFREG:
        return new HostFileNode<P>(this, name, stat);
      case S_IFLNK:
        return new HostLinkNode<P>(this, name, stat);
      default:
        return new HostSpecialNode<P>(this, name, stat);
    }
  }

  /** @internal The inode number of an entry that was listed, or 0. */
  inodeOf(name: ByteString): number {
    return this.lookup(name)?.stat().ino ?? 0;
  }

  list(): DirEntry[] {
    const entries: DirEntry[] = [];
    const unsure: ByteString[] = [];
    this.layer.host.list(this.surePath(), (name, type) => {
      if (type === undefined) unsure.push(name);
      else entries.push(new ListedEntry(this, name, type));
    });
    // The names must not be those of a directory that a link led to meanwhile.
    this.surePath();
    for (const name of unsure) {
      const node = this.lookup(name);
      if (node !== undefined) entries.push(new ListedEntry(this, name, node.type));
    }
    return entries;
  }

  expectsNew(): boolean {
    return this.#expectsNew;
  }

  /** @internal Creates and opens in one step, so that nothing can come in between. */
  createOpen(
    name: ByteString,
    mode: number,
    access: HostOpen,
  ): { readonly node: FileNode; readonly handle: FileHandle } {
    const { host } = this.layer;
    const path = host.child(this.surePath(), name);
    let file: HostFile | undefined;
    this.#expectsNew = false;
    this.#change(() => {
      this.#names.delete(name);
      file = host.create(path, mode, access);
    });
    this.#expectsNew = true;
    return this.#created(name, path, mode, file as unknown as HostFile);
  }

  /** What was created must be where it should be. */
  #created(
    name: ByteString,
    path: P,
    mode: number,
    file: HostFile,
  ): { readonly node: FileNode; readonly handle: FileHandle } {
    const { host } = this.layer;
    try {
      let stat = file.stat();
      this.confirm(path, stat, true);
      if ((stat.mode & 0o7777) !== mode) {
        // The host's own umask is not the guest's.
        host.chmod(path, mode);
        stat = file.stat();
      }
      const node = new HostFileNode<P>(this, name, stat);
      if (this.#believed(host.guard.epoch())) this.#names.set(name, node);
      return { node, handle: new HostHandle(this.layer, file, node) };
    } catch (error) {
      this.#names.clear();
      file.close();
      throw error;
    }
  }

  createFile(name: ByteString, mode: number, _owner: Owner): FileNode {
    const { node, handle } = this.createOpen(name, mode, { read: false, write: true });
    handle.close();
    return node;
  }

  makeDir(name: ByteString, mode: number, _owner: Owner): DirNode {
    const { layer } = this;
    const { host } = layer;
    const path = host.child(this.surePath(), name);
    host.guard.changes++;
    host.makeDir(path, mode);
    let stat = host.lstat(path);
    if (stat === undefined || (stat.mode & S_IFMT) !== S_IFDIR) throw new VfsError("ENOENT");
    if ((stat.mode & 0o7777) !== mode) {
      host.chmod(path, mode);
      stat = host.lstat(path) ?? stat;
    }
    const node = layer.directory(this, name, stat);
    node.#expectsNew = true;
    node.seen(path, stat, host.guard.epoch());
    return node;
  }

  makeLink(name: ByteString, target: ByteString, _owner: Owner): LinkNode {
    const { host, options } = this.layer;
    if (!host.isWholeHost && (options.symlinks !== true || !this.#staysInside(target))) {
      throw new VfsError("EPERM");
    }
    if (host.isWholeHost && options.symlinks === false) throw new VfsError("EPERM");
    const path = host.child(this.surePath(), name);
    host.guard.changes++;
    host.guard.bump();
    host.symlink(target, path);
    const stat = host.lstat(path);
    if (stat === undefined) throw new VfsError("ENOENT");
    return new HostLinkNode<P>(this, name, stat);
  }

  /**
   * Whether a link with that target, made here, cannot lead out of the mount for whoever follows it
   * on the host: relative, and rising by leading `..` only, at most up to the mount's root.
   */
  #staysInside(target: ByteString): boolean {
    if (target.startsWith("/")) return false;
    let depth = 0;
    for (let at: HostDirNode<P> | undefined = this.parent; at !== undefined; at = at.parent) {
      depth++;
    }
    let isLeading = true;
    for (const part of target.split("/")) {
      if (part === "..") {
        if (!isLeading || --depth < 0) return false;
      } else if (part !== "." && part !== "") isLeading = false;
    }
    return true;
  }

  makeNode(name: ByteString, mode: number, _rdev: number, owner: Owner): VNode {
    if ((mode & S_IFMT) === S_IFREG) return this.createFile(name, mode & 0o7777, owner);
    throw new VfsError("EPERM");
  }

  link(name: ByteString, node: VNode): void {
    const { layer } = this;
    if (!(node instanceof HostEntryNode) || node.layer !== layer) throw new VfsError("EXDEV");
    const { host } = layer;
    const stat = node.checked();
    // A further name for a file whose other names are unknown is refused like a write to it.
    layer.checkLinks(stat);
    const path = host.child(this.surePath(), name);
    host.guard.changes++;
    host.link(node.path() as P, path);
    layer.linked(stat);
  }

  unlink(name: ByteString): void {
    const { host } = this.layer;
    const path = host.child(this.surePath(), name);
    const stat = host.lstat(path);
    if (stat === undefined) throw new VfsError("ENOENT");
    if ((stat.mode & S_IFMT) === S_IFDIR) throw new VfsError("EISDIR");
    this.#change(() => {
      this.#names.delete(name);
      host.remove(path);
      this.#names.set(name, undefined);
    });
    this.layer.unlinked(stat);
  }

  removeDir(name: ByteString): void {
    const { host } = this.layer;
    const path = host.child(this.surePath(), name);
    const stat = host.lstat(path);
    if (stat === undefined) throw new VfsError("ENOENT");
    if ((stat.mode & S_IFMT) !== S_IFDIR) throw new VfsError("ENOTDIR");
    host.guard.changes++;
    host.guard.bump();
    host.remove(path);
  }

  rename(name: ByteString, to: DirNode, toName: ByteString): void {
    const { layer } = this;
    if (!(to instanceof HostDirNode) || to.layer !== layer) throw new VfsError("EXDEV");
    const { host } = layer;
    const from = host.child(this.surePath(), name);
    const target = host.child(to === this ? this.path() : to.surePath() as P, toName);
    // Within one directory, what was just looked up will do: nothing depends on it but bookkeeping.
    const isNear = to === this && this.#believed(host.guard.epoch());
    const near = isNear ? this.#names.get(name) : undefined;
    const isFile = near instanceof HostFileNode;
    const stat = isFile ? near.stat() : host.lstat(from);
    if (stat === undefined) throw new VfsError("ENOENT");
    const type = stat.mode & S_IFMT;
    if (type === S_IFLNK && !host.isWholeHost) {
      // A relative link may lead out of the mount from another place.
      if (to !== this && !(to as HostDirNode<P>).#staysInside(host.readLink(from))) {
        throw new VfsError("EPERM");
      }
    }
    const isVacant = isNear && this.#names.has(toName) && this.#names.get(toName) === undefined;
    const replaced = isVacant ? undefined : host.lstat(target);
    this.#change(() => {
      this.#names.delete(name);
      this.#names.delete(toName);
      // A file that takes the place of a file puts no link where a directory was.
      if (type !== S_IFREG || replaced !== undefined && (replaced.mode & S_IFMT) !== S_IFREG) {
        host.guard.bump();
      }
      host.rename(from, target);
      // Between two names of one file, `rename` does nothing.
      if (replaced?.ino !== stat.ino) this.#names.set(name, undefined);
    });
    if (replaced !== undefined) layer.unlinked(replaced);
    if (type === S_IFDIR) {
      const moved = layer.knownDirectory(stat);
      moved?.movedTo(to as HostDirNode<P>, toName);
      host.guard.bump();
    }
  }

  /** Makes changes of its entries last. */
  sync(): void {
    const file = this.layer.host.open(this.path(), { read: true, write: false });
    try {
      file.sync();
    } finally {
      file.close();
    }
  }

  /** Whether it is gone from where it was. */
  get isRemoved(): boolean {
    try {
      this.path();
      return false;
    } catch (error) {
      if (error instanceof VfsError) return true;
      throw error;
    }
  }

  /** Its parent and name as they are now. */
  whereabouts(): { readonly parent: DirNode; readonly name: ByteString } | undefined {
    return this.parent === undefined ? undefined : { parent: this.parent, name: this.name };
  }

  statFs(): StatFs {
    return this.layer.host.statFs(this.path());
  }
}

/** A listed entry whose inode number is only asked for when somebody wants it. */
class ListedEntry implements DirEntry {
  constructor(
    readonly directory: HostDirNode<unknown>,
    readonly name: ByteString,
    readonly type: number,
  ) {}

  get ino(): number {
    return this.directory.inodeOf(this.name);
  }
}

/**
 * A name that Deno does not let us look at. It may lead to something granted, so it can be walked
 * through; whoever asks about it itself is refused, whether it exists or not.
 */
class BlindDirNode<P> extends HostDirNode<P> {
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
    throw new VfsError("EACCES");
  }

  override setAttr(): void {
    throw new VfsError("EACCES");
  }

  override list(): DirEntry[] {
    throw new VfsError("EACCES");
  }
}
