/**
 * The mount table, and every file system call over it for a given caller.
 *
 * Rights live on the nodes: a read-only mount is a layer whose nodes refuse, and nothing moves or
 * links between mounts (EXDEV), so a weaker right cannot be laundered into a stronger one.
 *
 * @module
 */
import { isVfsError, VfsError } from "../errors.ts";
import {
  type AttrChange,
  type ByteString,
  type Directory,
  type DirEntry,
  type DirNode,
  type FileHandle,
  type FileNode,
  type LinkNode,
  type MountInfo,
  O_ACCMODE,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type OpenFile,
  type Owner,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type SpecialNode,
  type StatFs,
  type VNode,
} from "../types.ts";
import { type Caller, isAllowed, MagicLink } from "./caller.ts";
import { ForkContext, type Layer } from "./layer.ts";
import { MountPoint, type MountRequest } from "./mount_tree.ts";
import { OpenNode } from "./open_node.ts";
import { isWithin, pathIn, pathOf, Place } from "./place.ts";
import {
  checkSearch,
  DEPTH_MAX,
  enter,
  Last,
  resolve,
  type Resolved,
  resolveIfThere,
} from "./resolve.ts";

const S_ISGID = 0o2000;
/** Above the numbers of a host's own devices, so that (device, inode) never means two files. */
const FIRST_DEVICE = 0xf0000;
const S_ISVTX = 0o1000;

/** What an `open` found; the kernel makes an open file description of it. */
export type OpenTarget =
  | {
    readonly kind: "file";
    readonly handle: FileHandle;
    readonly node: FileNode;
    readonly path: ByteString;
  }
  | {
    readonly kind: "directory";
    readonly place: Place;
    readonly node: DirNode;
    readonly path: ByteString;
    /** The directory to hand out, when it was opened through another one. */
    readonly directory?: Directory;
  }
  | { readonly kind: "special"; readonly node: SpecialNode; readonly path: ByteString }
  | { readonly kind: "open"; readonly file: OpenFile; readonly path: ByteString };

/** A directory node that can create a file and give its handle in one step (host directories). */
interface OpeningDir extends DirNode {
  createOpen(
    name: ByteString,
    mode: number,
    access: { readonly read: boolean; readonly write: boolean },
  ): { readonly node: FileNode; readonly handle: FileHandle };
}

/** A tree of mounted layers. */
export class Namespace {
  /** Its root directory. */
  readonly rootPlace: Place;
  readonly #top: MountPoint;
  /** In the order of mounting, as `/proc/mounts` lists them. */
  readonly #order: MountPoint[] = [];
  #nextId = 1;

  /**
   * @param root Layer of `/`.
   * @param request How `/proc/mounts` shows it.
   */
  constructor(root: Layer, request: MountRequest = { source: "rootfs", options: "rw" }) {
    this.#top = new MountPoint(undefined, "", this.#nextId++);
    this.#setLayer(this.#top, root, request);
    this.rootPlace = new Place(root.root, undefined, "", this.#top, this.#top);
  }

  #setLayer(point: MountPoint, layer: Layer, request: MountRequest): void {
    point.layer = layer;
    point.request = request;
    layer.dev ??= FIRST_DEVICE + point.id;
    this.#order.push(point);
  }

  /**
   * Mounts a layer. The path is absolute; it is walked as a caller with uid 0 would, so that links
   * on the way lead to where it really is, and directories that do not exist appear as empty ones.
   */
  mount(path: ByteString, layer: Layer, request: MountRequest): void {
    const caller: Caller = {
      uid: 0,
      gid: 0,
      groups: [],
      umask: 0,
      root: this.rootPlace,
      cwd: this.rootPlace,
      pid: 0,
      maxFileSize: undefined,
    };
    const names = this.#mountNames(caller, path);
    let point = this.#top;
    for (const name of names) point = point.child(name, this.#nextId++);
    if (point === this.#top) throw new VfsError("EBUSY", path);
    const before = this.#order.indexOf(point);
    if (before >= 0) this.#order.splice(before, 1);
    this.#setLayer(point, layer, request);
  }

  /** Components of the place a mount path means, those that do not exist included. */
  #mountNames(caller: Caller, path: ByteString): ByteString[] {
    const missing: ByteString[] = [];
    for (let rest = path;;) {
      let found: Resolved | undefined;
      try {
        found = resolve(caller, this.rootPlace, rest === "" ? "/" : rest, Last.FOLLOW);
      } catch (error) {
        if (!(error instanceof VfsError) || error.code !== "ENOENT") throw error;
      }
      if (found?.place !== undefined) {
        const names = missing.reverse();
        for (let at = found.place; at.parent !== undefined; at = at.parent) names.unshift(at.name);
        return names;
      }
      if (found?.node !== undefined) throw new VfsError("ENOTDIR", path);
      // Nothing there: remember the last component and look at what it would be in.
      let end = rest.length;
      while (end > 0 && rest[end - 1] === "/") end--;
      const begin = rest.lastIndexOf("/", end - 1) + 1;
      const name = rest.slice(begin, end);
      if (name === ".." || name === "") throw new VfsError("ENOENT", path);
      if (name !== ".") missing.push(name);
      rest = rest.slice(0, begin);
    }
  }

  /** Takes a mount away. Places already inside it stay usable. */
  unmount(path: ByteString, caller: Caller): void {
    const { place } = resolve(caller, caller.cwd, path, Last.FOLLOW);
    const point = place?.point;
    if (point?.layer === undefined || point.parent === undefined) {
      throw new VfsError("EINVAL", path);
    }
    if (point.children !== undefined && point.children.size > 0) throw new VfsError("EBUSY", path);
    this.#order.splice(this.#order.indexOf(point), 1);
    for (let at = point; at.parent !== undefined; at = at.parent) {
      at.layer = undefined;
      if ((at.children?.size ?? 0) > 0) break;
      at.parent.children?.delete(at.name);
      if (at.parent.layer !== undefined) break;
    }
  }

  /** Lines of `/proc/mounts`. */
  mounts(): MountInfo[] {
    return this.#order.map((point) => ({
      source: point.request?.source ?? "none",
      target: point.path(),
      type: point.layer?.typeName ?? "none",
      options: point.request?.options ?? "rw",
    }));
  }

  /** The mounted layers with their paths. */
  layers(): { readonly path: ByteString; readonly layer: Layer }[] {
    return this.#order.map((point) => ({ path: point.path(), layer: point.layer as Layer }));
  }

  /** The layer mounted at exactly that path, or undefined. */
  layerAt(path: ByteString): Layer | undefined {
    for (const point of this.#order) if (point.path() === path) return point.layer;
    return undefined;
  }

  /**
   * A copy with forked layers: constant time in the size of the data.
   *
   * @param context Clock of the copy, and what is already forked.
   * @param replace Layers to take instead of forking, such as a `/proc` of the copy's own kernel.
   */
  fork(
    context?: ForkContext,
    replace?: (layer: Layer, path: ByteString) => Layer | undefined,
  ): Namespace {
    const shared = context ?? new ForkContext();
    let copy: Namespace | undefined;
    for (const point of this.#order) {
      const layer = point.layer as Layer;
      const forked = replace?.(layer, point.path()) ?? shared.layer(layer);
      const request = point.request as MountRequest;
      if (copy === undefined) copy = new Namespace(forked, request);
      else copy.#adopt(point, forked, request);
    }
    return copy as Namespace;
  }

  #adopt(original: MountPoint, layer: Layer, request: MountRequest): void {
    const names: ByteString[] = [];
    for (let at = original; at.parent !== undefined; at = at.parent) names.unshift(at.name);
    let point = this.#top;
    for (const name of names) point = point.child(name, this.#nextId++);
    this.#setLayer(point, layer, request);
  }

  // -------------------------------------------------------------------------------------------
  // Looking

  /** What a path means: the node there, or undefined where the last component is missing. */
  find(caller: Caller, path: ByteString, follow = true, start: Place = caller.cwd): Resolved {
    return resolve(caller, start, path, follow ? Last.FOLLOW : Last.KEEP);
  }

  /** As `find`; undefined where nothing is there. */
  findNode(caller: Caller, path: ByteString, follow: boolean): VNode | undefined {
    return resolveIfThere(caller, caller.cwd, path, follow ? Last.FOLLOW : Last.KEEP)?.node;
  }

  /** The node at a path. @throws {VfsError} ENOENT when nothing is there. */
  node(caller: Caller, path: ByteString, follow = true, start: Place = caller.cwd): VNode {
    const { node } = resolve(caller, start, path, follow ? Last.FOLLOW : Last.KEEP);
    if (node === undefined) throw new VfsError("ENOENT", path);
    return node;
  }

  /** The directory at a path. @throws {VfsError} ENOTDIR when it is something else. */
  place(caller: Caller, path: ByteString, start: Place = caller.cwd): Place {
    const found = resolve(caller, start, path, Last.FOLLOW);
    if (found.node === undefined) throw new VfsError("ENOENT", path);
    if (found.place === undefined) throw new VfsError("ENOTDIR", path);
    return found.place;
  }

  /** Entries of a directory, with what is mounted in it. Needs the right to read it. */
  entries(caller: Caller, place: Place, path?: ByteString): DirEntry[] {
    if (caller.uid !== 0 && !isAllowed(place.node.stat(), caller, 4)) {
      throw new VfsError("EACCES", path);
    }
    place.node.heldBy?.(caller.pid);
    return listPlace(place);
  }

  /** @throws {VfsError} EINVAL when it is not a link. */
  readLink(caller: Caller, path: ByteString, start: Place = caller.cwd): ByteString {
    return linkText(caller, this.node(caller, path, false, start), path);
  }

  /** Whether the caller has these rights; false also where nothing is there. */
  access(caller: Caller, path: ByteString, rights: number): boolean {
    try {
      const node = this.node(caller, path);
      if (rights === 0) return true;
      if (!isAllowed(node.stat(), caller, rights)) return false;
      if ((rights & 2) === 0 || node.type !== S_IFREG && node.type !== S_IFDIR) return true;
      if ("mayWrite" in node && !(node as { mayWrite(): boolean }).mayWrite()) return false;
      return !isReadOnly(resolve(caller, caller.cwd, path, Last.FOLLOW));
    } catch (error) {
      if (error instanceof VfsError) return false;
      throw error;
    }
  }

  /** Canonical path without links, `.` and `..`. */
  realPath(caller: Caller, path: ByteString, missingLast = false): ByteString {
    const found = resolve(caller, caller.cwd, path, Last.FOLLOW);
    if (found.place !== undefined) return pathOf(found.place, caller.root);
    if (found.node === undefined && !missingLast) throw new VfsError("ENOENT", path);
    return pathIn(found.parent, found.name, caller.root);
  }

  /** The working directory's path as it is now: ENOENT when it was removed. */
  currentDir(caller: Caller): ByteString {
    const moved = relocate(caller.cwd);
    if (moved === caller.cwd || !isWithin(moved, caller.root)) {
      return pathOf(caller.cwd, caller.root);
    }
    caller.cwd = moved;
    return pathOf(moved, caller.root);
  }

  statFs(caller: Caller, path: ByteString): StatFs {
    const found = resolve(caller, caller.cwd, path, Last.FOLLOW);
    if (found.node === undefined) throw new VfsError("ENOENT", path);
    return (found.place ?? found.parent).node.statFs();
  }

  // -------------------------------------------------------------------------------------------
  // Opening

  /**
   * Opens what a path means. Existing files are opened without truncation, then checked, and only
   * then truncated.
   */
  open(
    caller: Caller,
    path: ByteString,
    flags: number,
    mode = 0o666,
    start: Place = caller.cwd,
  ): OpenTarget {
    const create = (flags & O_CREAT) !== 0;
    const exclusive = create && (flags & O_EXCL) !== 0;
    const access = flags & O_ACCMODE;
    const read = access !== O_WRONLY;
    const truncate = (flags & O_TRUNC) !== 0;
    const write = access !== O_RDONLY;
    const follow = !exclusive && (flags & O_NOFOLLOW) === 0;
    const last = follow ? Last.FOLLOW : Last.KEEP;
    let found = resolve(caller, start, path, last, create);
    if (found.node === undefined) {
      if (!create) throw new VfsError("ENOENT", path);
      if (found.slash) throw new VfsError("EISDIR", path);
      try {
        return this.#create(caller, found, path, mode, { read, write });
      } catch (error) {
        // It was not looked up, or it came there since: what then is right depends on what it is.
        if (!isVfsError(error)) throw error;
        found = resolve(caller, start, path, last);
        if (found.node === undefined) {
          return this.#create(caller, found, path, mode, { read, write });
        }
      }
    }
    const { node } = found;
    if (exclusive) throw taken(found, path);
    if (node instanceof OpenNode) return { kind: "open", file: node.file, path };
    const { type } = node;
    if (type === S_IFLNK) throw new VfsError("ELOOP", path);
    const rights = (read ? 4 : 0) | (write || truncate ? 2 : 0);
    if (type === S_IFDIR) {
      if (write || truncate || create) throw isDirectory(found, path);
      if (caller.uid !== 0 && !isAllowed(node.stat(), caller, rights)) {
        throw new VfsError("EACCES", path);
      }
      const place = found.place as Place;
      return {
        kind: "directory",
        place,
        node: place.node,
        path: pathOf(place, caller.shownRoot ?? caller.root),
      };
    }
    if ((flags & O_DIRECTORY) !== 0) throw new VfsError("ENOTDIR", path);
    if (caller.uid !== 0 && !isAllowed(node.stat(), caller, rights)) {
      throw new VfsError("EACCES", path);
    }
    const full = pathIn(found.parent, found.name, caller.shownRoot ?? caller.root);
    if (type !== S_IFREG) {
      if (type === S_IFSOCK) throw new VfsError("ENXIO", path);
      // Nothing on a host mount but regular files and directories is ever opened.
      if ("hostBacked" in node) throw new VfsError("ENXIO", path);
      return { kind: "special", node: node as SpecialNode, path: full };
    }
    const file = node as FileNode;
    const handle = openNode(file, { read, write: write || truncate }, path);
    if (truncate) {
      try {
        // Also what is empty already: a file that is opened so was changed (POSIX open, O_TRUNC).
        handle.truncate(0);
      } catch (error) {
        handle.close();
        throw error;
      }
    }
    return { kind: "file", handle, node: file, path: full };
  }

  #create(
    caller: Caller,
    found: Resolved,
    path: ByteString,
    mode: number,
    access: { readonly read: boolean; readonly write: boolean },
  ): OpenTarget {
    const { parent, name } = found;
    checkChange(caller, parent, path);
    const bits = mode & ~caller.umask & 0o7777;
    const full = pathIn(parent, name, caller.shownRoot ?? caller.root);
    const dir = parent.node;
    try {
      if ("createOpen" in dir) {
        const made = (dir as OpeningDir).createOpen(name, bits, access);
        return { kind: "file", handle: made.handle, node: made.node, path: full };
      }
      const owner = ownerIn(caller, parent.node);
      const node = dir.createFile(name, bits, owner);
      return { kind: "file", handle: node.openFile(access), node, path: full };
    } catch (error) {
      throw withPath(error, path);
    }
  }

  // -------------------------------------------------------------------------------------------
  // Changing names

  makeDir(caller: Caller, path: ByteString, mode: number, start: Place = caller.cwd): void {
    const { parent, name } = this.#vacant(caller, path, start, true);
    const dir = parent.node;
    const owner = ownerIn(caller, dir);
    let bits = mode & ~caller.umask & 0o1777;
    if ((dir.stat().mode & S_ISGID) !== 0) bits |= S_ISGID;
    named(path, () => dir.makeDir(name, bits, owner));
  }

  symlink(caller: Caller, target: ByteString, path: ByteString, start: Place = caller.cwd): void {
    if (target.length === 0) throw new VfsError("ENOENT", path);
    if (target.length > 4095) throw new VfsError("ENAMETOOLONG", path);
    for (let i = 0; i < target.length; i++) {
      if (target.charCodeAt(i) === 0) throw new VfsError("EINVAL", path);
    }
    const { parent, name } = this.#vacant(caller, path, start, false);
    named(path, () => parent.node.makeLink(name, target, ownerIn(caller, parent.node)));
  }

  makeNode(caller: Caller, path: ByteString, mode: number, rdev: number): void {
    const { parent, name } = this.#vacant(caller, path, caller.cwd, false);
    const type = mode & S_IFMT;
    const bits = type | mode & ~caller.umask & 0o7777;
    const owner = ownerIn(caller, parent.node);
    if (type === S_IFREG || type === 0) {
      const made = this.#create(
        caller,
        resolve(caller, caller.cwd, path, Last.KEEP),
        path,
        mode & 0o7777,
        { read: false, write: true },
      );
      if (made.kind === "file") made.handle.close();
      return;
    }
    named(path, () => parent.node.makeNode(name, bits, rdev, owner));
  }

  /** The place and name for a new entry. @throws {VfsError} EEXIST when it is taken. */
  #vacant(caller: Caller, path: ByteString, start: Place, slashAllowed: boolean): Resolved {
    const found = resolve(caller, start, path, Last.ENTRY);
    if (found.kind !== "name" || found.node !== undefined) throw taken(found, path);
    if (found.slash && !slashAllowed) throw new VfsError("ENOENT", path);
    checkChange(caller, found.parent, path);
    return found;
  }

  link(
    caller: Caller,
    from: ByteString,
    to: ByteString,
    follow = false,
    fromStart: Place = caller.cwd,
    toStart: Place = caller.cwd,
    toCaller: Caller = caller,
  ): void {
    const source = resolve(caller, fromStart, from, follow ? Last.FOLLOW : Last.KEEP);
    if (source.node === undefined) throw new VfsError("ENOENT", from);
    const target = resolve(toCaller, toStart, to, Last.ENTRY);
    if (target.kind !== "name" || target.node !== undefined) throw taken(target, to);
    if (source.place !== undefined || source.node instanceof OpenNode) {
      throw new VfsError(source.place === undefined ? "EXDEV" : "EPERM", from);
    }
    if (target.slash) throw new VfsError("ENOENT", to);
    // Read-only laundering: a link never joins two mounts, even of the same host directory.
    if (source.parent.mount !== target.parent.mount) throw new VfsError("EXDEV", to);
    checkChange(caller, target.parent, to);
    const node = source.node;
    named(to, () => target.parent.node.link(target.name, node));
  }

  unlink(caller: Caller, path: ByteString, start: Place = caller.cwd): void {
    const found = resolve(caller, start, path, Last.ENTRY);
    if (found.node === undefined) throw new VfsError("ENOENT", path);
    if (found.kind !== "name" || found.place !== undefined) throw isDirectory(found, path);
    if (found.slash) throw new VfsError("ENOTDIR", path);
    checkDelete(caller, found, path);
    named(path, () => found.parent.node.unlink(found.name));
  }

  removeDir(caller: Caller, path: ByteString, start: Place = caller.cwd): void {
    const found = resolve(caller, start, path, Last.ENTRY);
    if (found.kind === "dot") throw new VfsError("EINVAL", path);
    if (found.kind === "dotdot") throw new VfsError("ENOTEMPTY", path);
    if (found.kind === "root") throw new VfsError("EBUSY", path);
    if (found.node === undefined) throw new VfsError("ENOENT", path);
    checkDelete(caller, found, path);
    if (found.place === undefined) throw new VfsError("ENOTDIR", path);
    named(path, () => found.parent.node.removeDir(found.name));
  }

  rename(
    caller: Caller,
    from: ByteString,
    to: ByteString,
    fromStart: Place = caller.cwd,
    toStart: Place = caller.cwd,
    toCaller: Caller = caller,
  ): void {
    const source = resolve(caller, fromStart, from, Last.ENTRY);
    const target = resolve(toCaller, toStart, to, Last.ENTRY);
    if (source.kind !== "name") throw new VfsError("EBUSY", from);
    if (source.node === undefined) throw new VfsError("ENOENT", from);
    if (target.kind !== "name") throw new VfsError("EBUSY", to);
    if (source.place === undefined) {
      if (source.slash || target.slash) throw new VfsError("ENOTDIR", source.slash ? from : to);
    }
    // Read-only laundering: nothing moves between mounts.
    if (source.parent.mount !== target.parent.mount) throw new VfsError("EXDEV", to);
    checkDelete(caller, source, from);
    if (target.node !== undefined) checkDelete(caller, target, to);
    else checkChange(caller, target.parent, to);
    // The ways that were walked show a move into itself, whatever layer it is. Linux looks at this
    // before it compares the kinds.
    if (source.place !== undefined && leadsThrough(target.parent, source.place)) {
      throw new VfsError("EINVAL", to);
    }
    if (target.place !== undefined && leadsThrough(source.parent, target.place)) {
      throw new VfsError("ENOTEMPTY", to);
    }
    named(
      from,
      () => source.parent.node.rename(source.name, target.parent.node, target.name),
    );
  }

  // -------------------------------------------------------------------------------------------
  // Changing attributes

  /** Changes mode, owner or times, with the checks POSIX asks for. */
  setAttr(
    caller: Caller,
    path: ByteString,
    change: AttrChange,
    follow = true,
    start: Place = caller.cwd,
  ): void {
    const node = this.node(caller, path, follow, start);
    changeAttr(caller, node, change, path);
  }

  truncate(caller: Caller, path: ByteString, size: number): void {
    const node = this.node(caller, path);
    if (node.type === S_IFDIR) throw new VfsError("EISDIR", path);
    if (node.type !== S_IFREG) throw new VfsError("EINVAL", path);
    if (size < 0) throw new VfsError("EINVAL", path);
    if (caller.maxFileSize !== undefined && size > caller.maxFileSize) {
      throw new VfsError("EFBIG", path);
    }
    if (!isAllowed(node.stat(), caller, 2)) throw new VfsError("EACCES", path);
    if (node instanceof OpenNode) return node.file.truncate(size);
    const handle = openNode(node as FileNode, { read: false, write: true }, path);
    try {
      named(path, () => handle.truncate(size));
    } finally {
      handle.close();
    }
  }

  changeDir(caller: Caller, path: ByteString): void {
    const place = this.place(caller, path);
    checkSearch(caller, place.node, path);
    caller.cwd = place;
  }

  /**
   * Makes a directory the caller's root. The working directory goes there too when it lies outside:
   * the classic way out of a `chroot` is a working directory that was left behind.
   */
  changeRoot(caller: Caller, path: ByteString): void {
    if (caller.uid !== 0) throw new VfsError("EPERM", path);
    const place = this.place(caller, path);
    // The new root's own way up ends there, so that `..` cannot leave it.
    caller.root = place;
    if (!isWithin(caller.cwd, place)) caller.cwd = place;
  }
}

/** Entries of a place with what is mounted in it. */
export function listPlace(place: Place): DirEntry[] {
  const entries = place.node.list();
  const children = place.point?.children;
  if (children === undefined || children.size === 0) return entries;
  const shown = entries.filter((entry) => !children.has(entry.name));
  for (const [name, point] of children) {
    const node = point.layer?.root ?? place.node.lookup(name);
    const ino = node?.type === S_IFDIR ? node.stat().ino : 0x4000_0000 + point.id;
    shown.push({ name, type: S_IFDIR, ino });
  }
  return shown;
}

/** The text of a link, as the caller reads it. @throws {VfsError} EINVAL when it is not a link. */
export function linkText(caller: Caller, node: VNode, path: ByteString): ByteString {
  if (node.type !== S_IFLNK) throw new VfsError("EINVAL", path);
  if (node instanceof MagicLink) return node.readLinkFor(caller);
  return (node as LinkNode).readLink();
}

/** Changes attributes after checking the caller's right to. */
export function changeAttr(
  caller: Caller,
  node: VNode,
  change: AttrChange,
  path: ByteString,
): void {
  let wanted = change;
  // Links have no mode of their own on Linux.
  if (change.mode !== undefined && node.type === S_IFLNK) throw new VfsError("ENOTSUP", path);
  if (caller.uid !== 0) {
    const stat = node.stat();
    const isOwner = stat.uid === caller.uid;
    if (change.mode !== undefined && !isOwner) throw new VfsError("EPERM", path);
    if (change.uid !== undefined && change.uid !== stat.uid) throw new VfsError("EPERM", path);
    if (change.gid !== undefined && change.gid !== stat.gid) {
      const mine = change.gid === caller.gid || caller.groups.includes(change.gid);
      if (!isOwner || !mine) throw new VfsError("EPERM", path);
    }
    if ((change.atimeNs ?? change.mtimeNs) !== undefined && !isOwner) {
      if (!isAllowed(stat, caller, 2)) throw new VfsError("EPERM", path);
    }
    if (
      change.mode !== undefined && (change.mode & S_ISGID) !== 0 && (stat.mode & S_IFMT) !== S_IFDIR
    ) {
      const mine = stat.gid === caller.gid || caller.groups.includes(stat.gid);
      if (!mine) wanted = { ...change, mode: change.mode & ~S_ISGID };
    }
  }
  if ((change.uid ?? change.gid) !== undefined && change.mode === undefined) {
    // A change of owner takes the set-id bits away from files (POSIX chown).
    const { mode } = node.stat();
    if ((mode & S_IFMT) === S_IFREG && (mode & 0o6000) !== 0) {
      wanted = { ...wanted, mode: mode & 0o1777 };
    }
  }
  named(path, () => node.setAttr(wanted));
}

/** Whether a place is that directory or was reached through it, inside of one mount. */
function leadsThrough(place: Place, directory: Place): boolean {
  const stat = directory.node.stat();
  for (let at: Place | undefined = place; at?.mount === directory.mount; at = at.parent) {
    const other = at.node.stat();
    if (other.ino === stat.ino && other.dev === stat.dev) return true;
  }
  return false;
}

function isReadOnly(found: Resolved): boolean {
  return (found.place ?? found.parent).mount.layer?.readOnly === true;
}

function openNode(
  node: FileNode,
  access: { readonly read: boolean; readonly write: boolean },
  path: ByteString,
): FileHandle {
  try {
    return node.openFile(access);
  } catch (error) {
    throw withPath(error, path);
  }
}

/**
 * EEXIST, for a name that is taken; or EACCES where Deno does not let us see whether it is.
 *
 * @throws {VfsError} what `stat` of it says
 */
function taken(found: Resolved, path: ByteString): VfsError {
  named(path, () => found.node?.stat());
  return new VfsError("EEXIST", path);
}

/** EISDIR, with the same reservation. */
function isDirectory(found: Resolved, path: ByteString): VfsError {
  named(path, () => found.node?.stat());
  return new VfsError("EISDIR", path);
}

/** The right to make or remove an entry of a directory. */
function checkChange(caller: Caller, parent: Place, path: ByteString): void {
  if (caller.uid !== 0 && !isAllowed(parent.node.stat(), caller, 3)) {
    throw new VfsError("EACCES", path);
  }
}

/** The right to remove or replace this entry: sticky directories, and mount points, are special. */
function checkDelete(caller: Caller, found: Resolved, path: ByteString): void {
  if (found.parent.point?.children?.has(found.name)) throw new VfsError("EBUSY", path);
  if (caller.uid === 0) return;
  const dir = found.parent.node.stat();
  if (!isAllowed(dir, caller, 3)) throw new VfsError("EACCES", path);
  if ((dir.mode & S_ISVTX) !== 0 && dir.uid !== caller.uid) {
    if (found.node?.stat().uid !== caller.uid) throw new VfsError("EPERM", path);
  }
}

/** New entries belong to the caller, and to the group of a directory with the set-group-id bit. */
function ownerIn(caller: Caller, dir: DirNode): Owner {
  const stat = dir.stat();
  return { uid: caller.uid, gid: (stat.mode & S_ISGID) !== 0 ? stat.gid : caller.gid };
}

function withPath(error: unknown, path: ByteString): unknown {
  if (error instanceof VfsError && error.path === undefined) {
    return new VfsError(error.code, path, error.message);
  }
  return error;
}

function named<T>(path: ByteString, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withPath(error, path);
  }
}

/** A directory that knows where it is now, whatever happened to its name. */
interface MovableDir extends DirNode {
  readonly ino: number;
  readonly isRemoved: boolean;
  whereabouts(): { readonly parent: DirNode; readonly name: ByteString } | undefined;
}

function isMovable(node: DirNode): node is MovableDir {
  return "whereabouts" in node;
}

/** The place as it is now, after renames of directories. @throws {VfsError} ENOENT */
function relocate(place: Place): Place {
  const { node, parent } = place;
  if (parent === undefined) return place;
  if (place.point?.layer === undefined) {
    if (isMovable(node) && isMovable(parent.node)) {
      if (node.isRemoved) throw new VfsError("ENOENT");
      const where = node.whereabouts();
      if (where !== undefined && isMovable(where.parent)) {
        if (where.name !== place.name || where.parent.ino !== parent.node.ino) {
          return rebuild(place, node);
        }
      }
    } else if (place.point === undefined) {
      if (parent.node.lookup(place.name)?.type !== S_IFDIR) throw new VfsError("ENOENT");
    }
  }
  const above = relocate(parent);
  return above === parent ? place : new Place(node, above, place.name, place.mount, place.point);
}

/** Builds the way to a moved directory anew from the root of its mount. */
function rebuild(place: Place, node: MovableDir): Place {
  let root: Place = place;
  while (root.parent !== undefined && root.point?.layer === undefined) root = root.parent;
  const way: { readonly node: DirNode; readonly name: ByteString }[] = [];
  for (let at: DirNode = node; isMovable(at);) {
    const where = at.whereabouts();
    if (where === undefined) break;
    if (way.length >= DEPTH_MAX) throw new VfsError("ENAMETOOLONG");
    way.push({ node: at, name: where.name });
    at = where.parent;
  }
  let built = relocate(root);
  for (let i = way.length - 1; i >= 0; i--) built = enter(built, way[i].name, way[i].node);
  return built;
}
