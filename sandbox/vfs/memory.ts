/**
 * The memory layer: a whole file system in persistent records, forked in constant time.
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
  type LinkNode,
  type Owner,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type SpecialNode,
  type Stat,
  type StatFs,
  type VNode,
} from "../types.ts";
import {
  BLOCK,
  DirInode,
  type Extra,
  FileInode,
  type Inode,
  LinkInode,
  SpecialInode,
} from "./inode.ts";
import { InodeTable, newToken, type Token } from "./inode_table.ts";
import { type ForkContext, type Layer, Quota } from "./layer.ts";

/** Options of a memory layer. */
export interface MemoryOptions {
  /** Shared or own quota; unlimited by default. */
  readonly quota?: Quota;
  /** Most bytes of one file; EFBIG above. Default 8 EiB is not reachable, so 2^43 as on ext4. */
  readonly maxFileSize?: number;
  /** Wall time. */
  readonly nowNs: () => bigint;
  /** Mode of the root directory, default 0755. */
  readonly rootMode?: number;
  readonly rootOwner?: Owner;
  /** Type name, default `tmpfs`. */
  readonly typeName?: string;
}

/** Linux's `MAX_LFS_FILESIZE` is larger; ext4 with 4 KiB blocks stops at 2^44 bytes. */
const MAX_FILE = 2 ** 44 - 4096;
const MAX_LINKS = 65000;
const DAY_NS = 86_400_000_000_000n;
/** Time of records that were made before their sandbox: shown as the time it was born. */
const BORN = -1n;
const ROOT_INO = 1;
/** So many small writes take the time of the one before them, see `nearlyNowNs`. */
const NEAR_WRITES = 32;
/** Writes up to this many bytes are small. */
const SMALL_WRITE = 64;
const TMPFS_MAGIC = 0x01021994;

/** A file system held in memory. */
export class MemoryLayer implements Layer {
  readonly typeName: string;
  readonly root: MemoryDir;
  dev: number | undefined = undefined;
  quota: Quota;
  readonly maxFileSize: number;
  readonly #clock: () => bigint;
  /** The time as it was last asked for, which small writes of the same turn take. */
  #recentNs = 0n;
  #recentLeft = 0;
  #forgetsRecent = false;
  /** @internal */
  table: InodeTable<Inode>;
  /** Who may change records in place. */
  #token: Token = newToken();
  #next: number;
  #bornNs: bigint;
  /** Handles open on each inode, so that an unlinked file lives until the last is closed. */
  readonly #open = new Map<number, number>();
  /** Inodes without a name that are still open. */
  readonly #orphans = new Set<number>();

  /** @param options Quota, clock and looks. */
  constructor(options: MemoryOptions) {
    this.typeName = options.typeName ?? "tmpfs";
    this.quota = options.quota ?? new Quota();
    this.maxFileSize = Math.min(options.maxFileSize ?? MAX_FILE, MAX_FILE);
    this.#clock = options.nowNs;
    this.#bornNs = this.nowNs();
    this.table = InodeTable.empty<Inode>(this.#token);
    const owner = options.rootOwner ?? { uid: 0, gid: 0 };
    const root = new DirInode(
      this.#token,
      ROOT_INO,
      options.rootMode ?? 0o755,
      owner.uid,
      owner.gid,
      this.#bornNs,
      ROOT_INO,
    );
    this.table.set(ROOT_INO, root, this.#token);
    this.#next = ROOT_INO + 1;
    this.root = new MemoryDir(this, ROOT_INO, root);
  }

  /**
   * A copy that shares every record until one side writes it.
   *
   * @param context Clock and quota of the copy.
   * @param born Also makes the copy's time of birth now, for records of a template.
   */
  fork(context?: ForkContext, born = false): MemoryLayer {
    const copy = new MemoryLayer({
      quota: context === undefined ? this.quota.fork() : context.quota(this.quota),
      maxFileSize: this.maxFileSize,
      nowNs: context?.nowNs ?? this.#clock,
      typeName: this.typeName,
    });
    // Both sides lose the right to change in place what they now share.
    this.#token = newToken();
    copy.table = this.table.fork();
    copy.#next = this.#next;
    copy.dev = this.dev;
    if (!born) copy.#bornNs = this.#bornNs;
    // Files that lived only through the original's open handles do not exist in the copy.
    for (const ino of this.#orphans) copy.#remove(ino);
    return copy;
  }

  /** Wall time. */
  nowNs(): bigint {
    return this.#recentNs = this.#clock();
  }

  /**
   * Wall time for one of many small writes: that of the last change, for so many in a turn of the
   * event loop. Asking the clock takes longer than such a write.
   */
  nearlyNowNs(): bigint {
    if (--this.#recentLeft >= 0) return this.#recentNs;
    if (!this.#forgetsRecent) {
      this.#forgetsRecent = true;
      Promise.resolve().then(() => {
        this.#forgetsRecent = false;
        this.#recentLeft = 0;
      });
    }
    this.#recentLeft = NEAR_WRITES;
    return this.nowNs();
  }

  /** Bytes of contents held. */
  bytesUsed(): number {
    return this.quota.bytes;
  }

  /**
   * Puts programs' files into an empty directory, free of charge, when it is first looked into.
   * Their inode numbers are set aside now and do not depend on when that is.
   */
  addLazily(
    dir: MemoryDir,
    names: readonly ByteString[],
    contents: (name: ByteString) => Uint8Array,
  ): void {
    this.edit<DirInode>(dir).lazy = { base: this.#next, names, contents };
    this.#next += names.length;
  }

  /** Makes the files that were only announced so far. */
  fill(dir: MemoryDir): DirInode {
    const inode = this.edit<DirInode>(dir);
    const { lazy } = inode;
    if (lazy === undefined) return inode;
    inode.lazy = undefined;
    const names = inode.ownNames();
    for (let i = 0; i < lazy.names.length; i++) {
      const name = lazy.names[i];
      const file = new FileInode(this.#token, lazy.base + i, 0o755, 0, 0, BORN);
      file.fill(lazy.contents(name));
      file.extra = { program: name };
      this.table.set(file.ino, file, this.#token);
      names.set(name, file.ino);
    }
    return inode;
  }

  /** Gives every present record the time of birth of whichever fork shows it. */
  freezeTimes(): void {
    for (let ino = ROOT_INO; ino < this.#next; ino++) {
      const inode = this.table.get(ino);
      if (inode !== undefined) inode.atimeNs = inode.mtimeNs = inode.ctimeNs = BORN;
    }
  }

  /** @internal The record, changeable in place. */
  edit<R extends Inode>(node: { readonly ino: number; last: Inode }): R {
    const inode = this.table.get(node.ino);
    if (inode === undefined) {
      // A removed directory that somebody still holds: changes go nowhere.
      return node.last = node.last.copy(this.#token), node.last as R;
    }
    if (inode.owner === this.#token) return inode as R;
    const copy = inode.copy(this.#token);
    this.table.set(node.ino, copy, this.#token);
    return node.last = copy, copy as R;
  }

  /** @internal Whether a record of this layer is not shared with a fork. */
  mayChange(inode: Inode): boolean {
    return inode.owner === this.#token;
  }

  #editIno<R extends Inode>(ino: number): R {
    const inode = this.table.get(ino) as Inode;
    if (inode.owner === this.#token) return inode as R;
    const copy = inode.copy(this.#token);
    this.table.set(ino, copy, this.#token);
    return copy as R;
  }

  /** @internal The node of a record. */
  nodeOf(inode: Inode): MemoryNode {
    switch (inode.mode & S_IFMT) {
      case S_IFDIR:
        return new MemoryDir(this, inode.ino, inode);
      case S_IFREG:
        return new MemoryFile(this, inode.ino, inode);
      case S_IFLNK:
        return new MemoryLink(this, inode.ino, inode);
      default:
        return new MemorySpecial(this, inode.ino, inode);
    }
  }

  /** @internal Adds a new inode under a name. */
  add<R extends Inode>(
    dir: MemoryDir,
    name: ByteString,
    bytes: number,
    make: (token: Token, ino: number, nowNs: bigint) => R,
  ): R {
    if (dir.isRemoved) throw new VfsError("ENOENT");
    if (dir.has(name)) throw new VfsError("EEXIST");
    this.quota.chargeInodes(1);
    try {
      this.quota.chargeBytes(bytes);
    } catch (error) {
      this.quota.chargeInodes(-1);
      throw error;
    }
    const now = this.nowNs();
    const inode = make(this.#token, this.#next++, now);
    this.table.set(inode.ino, inode, this.#token);
    const parent = this.edit<DirInode>(dir);
    parent.ownNames().set(name, inode.ino);
    if (inode instanceof DirInode) parent.nlink++;
    parent.mtimeNs = parent.ctimeNs = now;
    return inode;
  }

  /** @internal Takes one link from an inode. */
  dropLink(ino: number, now: bigint): void {
    const inode = this.#editIno(ino);
    inode.ctimeNs = now;
    if (inode instanceof DirInode) inode.nlink = 0;
    else if (--inode.nlink > 0) return this.quota.chargeInodes(-1);
    if (this.#open.has(ino)) this.#orphans.add(ino);
    else this.#remove(ino);
  }

  #remove(ino: number): void {
    const inode = this.table.get(ino);
    if (inode === undefined) return;
    this.quota.chargeInodes(-1);
    if (inode instanceof FileInode) this.quota.chargeBytes(-inode.charged());
    else if (inode instanceof LinkInode) this.quota.chargeBytes(-inode.target.length);
    this.table.delete(ino, this.#token);
  }

  /** @internal One more handle. */
  opened(ino: number): void {
    this.#open.set(ino, (this.#open.get(ino) ?? 0) + 1);
  }

  /** @internal One handle fewer. */
  closed(ino: number): void {
    const count = this.#open.get(ino) as number;
    if (count > 1) this.#open.set(ino, count - 1);
    else {
      this.#open.delete(ino);
      if (this.#orphans.delete(ino)) this.#remove(ino);
    }
  }

  /** @internal Notes an access as `relatime` does: when it is news, or a day old. */
  touchAccess(node: MemoryNode): void {
    const inode = node.inode();
    const access = inode.atimeNs;
    if (access > inode.mtimeNs && access > inode.ctimeNs) {
      if (this.nowNs() - access < DAY_NS) return;
    }
    const now = this.nowNs();
    if (now !== access && access !== BORN) this.edit(node).atimeNs = now;
  }

  /** @internal `stat` of a record. */
  statOf(inode: Inode): Stat {
    let size = 0;
    let blocks = 0;
    let rdev = 0;
    if (inode instanceof FileInode) {
      size = inode.size;
      blocks = Math.ceil(inode.charged() / 4096) * 8;
    } else if (inode instanceof LinkInode) size = inode.target.length;
    else if (inode instanceof DirInode) {
      size = (2 + inode.names.size + (inode.lazy?.names.length ?? 0)) * 20;
    } else if (inode instanceof SpecialInode) rdev = inode.rdev;
    const born = this.#bornNs;
    return {
      dev: this.dev ?? 1,
      ino: inode.extra?.showIno ?? inode.ino,
      mode: inode.mode,
      nlink: inode.nlink,
      uid: inode.uid,
      gid: inode.gid,
      rdev,
      size,
      blksize: 4096,
      blocks,
      atimeNs: inode.atimeNs === BORN ? born : inode.atimeNs,
      mtimeNs: inode.mtimeNs === BORN ? born : inode.mtimeNs,
      ctimeNs: inode.ctimeNs === BORN ? born : inode.ctimeNs,
    };
  }

  /** @internal */
  statFs(): StatFs {
    const { maxBytes, maxInodes, bytes, inodes } = this.quota;
    const blocks = maxBytes === Infinity ? 2 ** 32 : Math.ceil(maxBytes / 4096);
    const files = maxInodes === Infinity ? 2 ** 32 : maxInodes;
    const free = Math.max(0, blocks - Math.ceil(bytes / 4096));
    return {
      typeName: this.typeName,
      type: TMPFS_MAGIC,
      bsize: 4096,
      blocks,
      bfree: free,
      bavail: free,
      files,
      ffree: Math.max(0, files - inodes),
      namelen: 255,
      fsid: this.dev ?? 1,
      readOnly: false,
    };
  }
}

/** A node of the memory layer. */
export abstract class MemoryNode implements VNode {
  constructor(
    readonly layer: MemoryLayer,
    readonly ino: number,
    /** The record when last seen; what a removed directory still shows. */
    public last: Inode,
  ) {}

  /** @internal The record as it is now, not to be changed. */
  inode(): Inode {
    return this.layer.table.get(this.ino) ?? this.last;
  }

  get type(): number {
    return this.last.mode & S_IFMT;
  }

  stat(): Stat {
    return this.layer.statOf(this.inode());
  }

  /** What other layers keep with the inode. */
  get extra(): Extra | undefined {
    return this.inode().extra;
  }

  set extra(value: Extra | undefined) {
    this.layer.edit(this).extra = value;
  }

  setAttr(change: AttrChange): void {
    if (change.size !== undefined) this.setSize(change.size);
    const inode = this.layer.edit(this);
    if (change.mode !== undefined) inode.mode = inode.mode & S_IFMT | change.mode & 0o7777;
    if (change.uid !== undefined) inode.uid = change.uid;
    if (change.gid !== undefined) inode.gid = change.gid;
    if (change.atimeNs !== undefined) inode.atimeNs = change.atimeNs;
    if (change.mtimeNs !== undefined) inode.mtimeNs = change.mtimeNs;
    inode.ctimeNs = this.layer.nowNs();
  }

  protected setSize(_size: number): void {
    throw new VfsError(this.type === S_IFDIR ? "EISDIR" : "EINVAL");
  }
}

/** A regular file of the memory layer. */
export class MemoryFile extends MemoryNode implements FileNode {
  openFile(access: { readonly read: boolean; readonly write: boolean }): FileHandle {
    return new MemoryHandle(this, access.write);
  }

  /** Name of the program that executing this file starts, if it is a built-in one. */
  get programName(): ByteString | undefined {
    return this.inode().extra?.program;
  }

  /** @internal */
  override setSize(size: number): void {
    if (size < 0) throw new VfsError("EINVAL");
    if (size > this.layer.maxFileSize) throw new VfsError("EFBIG");
    const file = this.changing();
    file.truncate(size, this.layer.quota);
    file.mtimeNs = file.ctimeNs = this.layer.nowNs();
  }

  /** @internal The record, about to get other contents. */
  changing(): FileInode {
    // A record that may be changed in place is the one in the table; looking it up takes longer.
    const { last } = this;
    const file = this.layer.mayChange(last) ? last as FileInode : this.layer.edit<FileInode>(this);
    if (file.extra?.program !== undefined) file.extra = { ...file.extra, program: undefined };
    return file;
  }
}

class MemoryHandle implements FileHandle {
  #closed = false;
  #accessed = false;

  constructor(readonly node: MemoryFile, readonly writable: boolean) {
    node.layer.opened(node.ino);
  }

  #file(): FileInode {
    return this.node.inode() as FileInode;
  }

  #touch(): void {
    if (this.#accessed) return;
    this.#accessed = true;
    this.node.layer.touchAccess(this.node);
  }

  pread(buffer: Uint8Array, position: number): number {
    this.#touch();
    return this.#file().read(buffer, position);
  }

  view(position: number, max: number): Uint8Array {
    this.#touch();
    return this.#file().view(position, max);
  }

  pwrite(buffer: Uint8Array, position: number): number {
    const { layer } = this.node;
    if (position + buffer.length > layer.maxFileSize) {
      const room = layer.maxFileSize - position;
      if (room > 0) this.pwrite(buffer.subarray(0, room), position);
      throw new VfsError("EFBIG");
    }
    const file = this.node.changing();
    file.write(buffer, position, layer.quota);
    file.mtimeNs = file.ctimeNs = layer.nowNs();
    return buffer.length;
  }

  /** Nothing is held back here; a small part is copied without a view of the source being made. */
  pwriteSoon(source: Uint8Array, start: number, end: number, position: number): void {
    const { layer } = this.node;
    if (end - start <= SMALL_WRITE && position + end - start <= layer.maxFileSize) {
      const file = this.node.changing();
      if (file.writeSmall(source, start, end, position, layer.quota)) {
        file.mtimeNs = file.ctimeNs = layer.nearlyNowNs();
        return;
      }
    }
    this.pwrite(source.subarray(start, end), position);
  }

  size(): number {
    return this.#file().size;
  }

  truncate(size: number): void {
    this.node.setSize(size);
  }

  stat(): Stat {
    return this.node.stat();
  }

  setAttr(change: AttrChange): void {
    this.node.setAttr(change);
  }

  sync(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.node.layer.closed(this.node.ino);
  }
}

/** A symbolic link of the memory layer. */
export class MemoryLink extends MemoryNode implements LinkNode {
  readLink(): ByteString {
    return (this.inode() as LinkInode).target;
  }
}

/** A FIFO, device or socket of the memory layer; the kernel gives it its behaviour. */
export class MemorySpecial extends MemoryNode implements SpecialNode {
  /** Major and minor number, as `stat` shows them. */
  get rdev(): number {
    return (this.inode() as SpecialInode).rdev;
  }
}

/** A directory of the memory layer. */
export class MemoryDir extends MemoryNode implements DirNode {
  #dir(): DirInode {
    const dir = this.inode() as DirInode;
    return dir.lazy === undefined ? dir : this.layer.fill(this);
  }

  lookup(name: ByteString): MemoryNode | undefined {
    const ino = this.#dir().names.get(name);
    if (ino === undefined) return undefined;
    return this.layer.nodeOf(this.layer.table.get(ino) as Inode);
  }

  list(): DirEntry[] {
    const { layer } = this;
    layer.touchAccess(this);
    const entries: DirEntry[] = [];
    for (const [name, ino] of this.#dir().names) {
      const inode = layer.table.get(ino) as Inode;
      entries.push({ name, type: inode.mode & S_IFMT, ino: inode.extra?.showIno ?? ino });
    }
    return entries;
  }

  createFile(name: ByteString, mode: number, owner: Owner): MemoryFile {
    const inode = this.layer.add(
      this,
      name,
      0,
      (token, ino, now) => new FileInode(token, ino, mode, owner.uid, owner.gid, now),
    );
    return new MemoryFile(this.layer, inode.ino, inode);
  }

  makeDir(name: ByteString, mode: number, owner: Owner): MemoryDir {
    const inode = this.layer.add(
      this,
      name,
      0,
      (token, ino, now) => new DirInode(token, ino, mode, owner.uid, owner.gid, now, this.ino),
    );
    return new MemoryDir(this.layer, inode.ino, inode);
  }

  makeLink(name: ByteString, target: ByteString, owner: Owner): MemoryLink {
    const inode = this.layer.add(
      this,
      name,
      target.length,
      (token, ino, now) => new LinkInode(token, ino, owner.uid, owner.gid, now, target),
    );
    return new MemoryLink(this.layer, inode.ino, inode);
  }

  makeNode(name: ByteString, mode: number, rdev: number, owner: Owner): MemoryNode {
    const type = mode & S_IFMT;
    if (type === S_IFREG || type === 0) return this.createFile(name, mode, owner);
    if (type === S_IFDIR || type === S_IFLNK) throw new VfsError("EINVAL");
    const device = type === S_IFCHR || type === S_IFBLK ? rdev : 0;
    const inode = this.layer.add(
      this,
      name,
      0,
      (token, ino, now) =>
        new SpecialInode(token, ino, type | mode & 0o7777, owner.uid, owner.gid, now, device),
    );
    return new MemorySpecial(this.layer, inode.ino, inode);
  }

  link(name: ByteString, node: VNode): void {
    const { layer } = this;
    if (!(node instanceof MemoryNode) || node.layer !== layer) throw new VfsError("EXDEV");
    if (node.type === S_IFDIR) throw new VfsError("EPERM");
    if (layer.table.get(this.ino) === undefined) throw new VfsError("ENOENT");
    if (this.#dir().names.get(name)) throw new VfsError("EEXIST");
    const known = layer.table.get(node.ino);
    // A file without any name left cannot get one again.
    if (known === undefined || known.nlink === 0) throw new VfsError("ENOENT");
    if (known.nlink >= MAX_LINKS) throw new VfsError("EMLINK");
    layer.quota.chargeInodes(1);
    const now = layer.nowNs();
    const inode = layer.edit(node);
    inode.nlink++;
    inode.ctimeNs = now;
    const dir = layer.edit<DirInode>(this);
    dir.ownNames().set(name, node.ino);
    dir.mtimeNs = dir.ctimeNs = now;
  }

  unlink(name: ByteString): void {
    const ino = this.#dir().names.get(name);
    if (!ino) throw new VfsError("ENOENT");
    if (this.layer.table.get(ino) instanceof DirInode) throw new VfsError("EISDIR");
    this.#drop(name, ino);
  }

  removeDir(name: ByteString): void {
    const ino = this.#dir().names.get(name);
    if (!ino) throw new VfsError("ENOENT");
    const inode = this.layer.table.get(ino);
    if (!(inode instanceof DirInode)) throw new VfsError("ENOTDIR");
    if (inode.names.size > 0) throw new VfsError("ENOTEMPTY");
    this.#drop(name, ino);
  }

  #drop(name: ByteString, ino: number): void {
    const now = this.layer.nowNs();
    const dir = this.layer.edit<DirInode>(this);
    dir.ownNames().delete(name);
    dir.mtimeNs = dir.ctimeNs = now;
    if (this.layer.table.get(ino) instanceof DirInode) dir.nlink--;
    this.layer.dropLink(ino, now);
  }

  rename(name: ByteString, to: DirNode, toName: ByteString): void {
    const { layer } = this;
    if (!(to instanceof MemoryDir) || to.layer !== layer) throw new VfsError("EXDEV");
    const ino = this.#dir().names.get(name);
    if (!ino) throw new VfsError("ENOENT");
    if (layer.table.get(to.ino) === undefined) throw new VfsError("ENOENT");
    const inode = layer.table.get(ino) as Inode;
    const isDir = inode instanceof DirInode;
    if (isDir && to.isInside(ino)) throw new VfsError("EINVAL");
    const replaced = to.#dir().names.get(toName);
    if (replaced === ino) return;
    if (replaced) {
      const other = layer.table.get(replaced) as Inode;
      if (other instanceof DirInode) {
        if (!isDir) throw new VfsError("EISDIR");
        if (other.names.size > 0) throw new VfsError("ENOTEMPTY");
        to.removeDir(toName);
      } else {
        if (isDir) throw new VfsError("ENOTDIR");
        to.unlink(toName);
      }
    }
    const now = layer.nowNs();
    const from = layer.edit<DirInode>(this);
    from.ownNames().delete(name);
    from.mtimeNs = from.ctimeNs = now;
    const target = layer.edit<DirInode>(to);
    target.ownNames().set(toName, ino);
    target.mtimeNs = target.ctimeNs = now;
    const moved = layer.edit(layer.nodeOf(inode));
    moved.ctimeNs = now;
    if (moved instanceof DirInode) {
      from.nlink--;
      target.nlink++;
      moved.parent = to.ino;
    }
  }

  /** Whether this directory is `ino` or somewhere below it. */
  isInside(ino: number): boolean {
    for (let at = this.ino;;) {
      if (at === ino) return true;
      const dir = this.layer.table.get(at) as DirInode | undefined;
      if (dir === undefined || dir.parent === at) return false;
      at = dir.parent;
    }
  }

  /** Whether it was removed from its parent. */
  get isRemoved(): boolean {
    return this.layer.table.get(this.ino) === undefined;
  }

  /** Its parent and name as they are now; undefined for the root and for removed ones. */
  whereabouts(): { readonly parent: MemoryDir; readonly name: ByteString } | undefined {
    const dir = this.layer.table.get(this.ino) as DirInode | undefined;
    if (dir === undefined || dir.parent === this.ino) return undefined;
    const parent = this.layer.table.get(dir.parent) as DirInode;
    for (const [name, ino] of parent.names) {
      if (ino === this.ino) {
        return { parent: new MemoryDir(this.layer, parent.ino, parent), name };
      }
    }
    return undefined;
  }

  // -------------------------------------------------------------------------------------------
  // For the overlay, whose upper half this is

  /**
   * Hides a name, whatever the lower layer has under it.
   *
   * @param stamp What the lower layer has, as of now; an earlier one is kept.
   */
  whiteOut(name: ByteString, stamp: string): void {
    const now = this.layer.nowNs();
    const dir = this.layer.edit<DirInode>(this);
    if (dir.removed?.has(name) !== true) dir.ownRemoved().set(name, stamp);
    dir.mtimeNs = dir.ctimeNs = now;
  }

  /** The stamp of a hidden name, or undefined when it is not hidden. */
  hiddenStamp(name: ByteString): string | undefined {
    return this.#dir().removed?.get(name);
  }

  /** Hides nothing any more. */
  forgetWhiteouts(): void {
    if (this.#dir().removed !== undefined) this.layer.edit<DirInode>(this).removed = undefined;
  }

  /** Whether it has that name itself. */
  has(name: ByteString): boolean {
    return this.#dir().names.has(name);
  }

  /** Hidden names that are not used again. */
  whiteouts(): ByteString[] {
    const { names, removed } = this.#dir();
    return removed === undefined ? [] : [...removed.keys()].filter((name) => !names.has(name));
  }

  statFs(): StatFs {
    return this.layer.statFs();
  }
}

/** Size of a view that costs no copy, at most. */
export const VIEW_MAX = BLOCK;
