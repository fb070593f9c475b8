/**
 * What is in a host directory: files, links, and special files that are seen but never opened.
 *
 * @module
 */
import { isVfsError, VfsError } from "../errors.ts";
import {
  type AttrChange,
  type ByteString,
  type FileHandle,
  type FileNode,
  type LinkNode,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Stat,
  type VNode,
} from "../types.ts";
import type { HostFile, HostOpen, PutOff } from "./host_access.ts";
import type { HostDirNode } from "./host_dir.ts";
import type { HostDirLayer } from "./host_layer.ts";

/** A file, link or special file: known by its directory, its name, and what `lstat` just said. */
export abstract class HostEntryNode<P> implements VNode {
  /** For the namespace: it never opens such a node unless it is a regular file. */
  readonly hostBacked = true;
  readonly type: number;
  /** What was seen of it; of a file that was only made, nothing until somebody asks. */
  #stat: Stat | undefined;
  #epoch: number;
  #changes: number;

  constructor(
    readonly directory: HostDirNode<P>,
    readonly name: ByteString,
    stat: Stat | undefined,
    /** Whether only identity and type are known to be as in `stat`. */
    isOutdated = false,
  ) {
    const { guard } = directory.layer.host;
    this.type = stat === undefined ? S_IFREG : stat.mode & S_IFMT;
    this.#stat = stat;
    this.#epoch = isOutdated || stat === undefined ? -2 : guard.epoch();
    this.#changes = guard.changes;
  }

  get layer(): HostDirLayer<P> {
    return this.directory.layer;
  }

  /** The facts, as of now or of at most two epochs ago and after any change of ours. */
  protected facts(): Stat {
    const { guard } = this.layer.host;
    const epoch = guard.epoch();
    if (epoch - this.#epoch > 1 || guard.changes !== this.#changes || this.#stat === undefined) {
      this.#stat = this.checked();
      this.#epoch = epoch;
      this.#changes = guard.changes;
    }
    return this.#stat;
  }

  /** @internal What was last seen of it, if anything. */
  get known(): Stat | undefined {
    return this.#stat;
  }

  /** Whether these are the facts of the same file. */
  protected isSame(stat: Stat): boolean {
    const known = this.#stat ??= this.checked();
    return stat.ino === known.ino && stat.dev === known.dev;
  }

  /** The facts as of this moment. @throws {VfsError} ENOENT when it is not the same any more. */
  checked(): Stat {
    const stat = this.layer.host.lstat(this.path());
    const known = this.#stat;
    if (
      stat === undefined || (stat.mode & S_IFMT) !== this.type ||
      known !== undefined && (stat.ino !== known.ino || stat.dev !== known.dev)
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
    const { layer, directory } = this;
    const { host } = layer;
    const entered = directory.enter();
    try {
      const path = host.child(entered ?? directory.surePath(), this.name);
      const stat = this.checked();
      if (entered !== undefined && !host.isThere(path, stat.dev, stat.ino)) {
        // A link may be changed, too; then the path above is that of the link itself.
        if (this.type !== S_IFLNK) throw new VfsError("ENOENT");
      }
      layer.checkLinks(stat);
      changeHost(layer, path, stat, change);
    } finally {
      if (entered !== undefined) host.leave?.();
    }
  }
}

/** Applies a change of attributes to a path that was just checked. */
export function changeHost<P>(
  layer: HostDirLayer<P>,
  path: P,
  stat: Stat,
  change: AttrChange,
): void {
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
    const { layer, directory } = this;
    // What is only read is compared with what was looked up, which is cheaper than going there.
    const entered = access.write ? directory.enter() : directory.stay();
    try {
      return this.#open(access, entered);
    } finally {
      if (entered !== undefined) layer.host.leave?.();
    }
  }

  #open(access: HostOpen, entered: P | undefined): FileHandle {
    const { layer, directory } = this;
    // What is only read is known by what was looked up, if the directory is in its place between the
    // look and the opening. Before something is written, and after an alarm, it is looked at again.
    const isQuick = !access.write && layer.looks() === 1;
    const place = entered ?? (isQuick ? directory.surePath() : directory.path());
    const path = layer.host.child(place, this.name);
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
      if ((stat.mode & S_IFMT) !== S_IFREG || !this.isSame(stat)) {
        layer.alarm();
        throw new VfsError("ENOENT");
      }
      if (entered === undefined) {
        if (!isQuick) directory.confirm(path, stat, access.write);
      } else if (access.write && !layer.host.isThere(path, stat.dev, stat.ino)) {
        // A link to it may have come there instead; the directory is the right one for sure.
        layer.alarm();
        throw new VfsError("ENOENT");
      }
      if (access.write) layer.checkLinks(stat);
      return new HostHandle(layer, file, this);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** @internal That very file must be at that path. @throws {VfsError} ENOENT */
  confirm(path: P): void {
    this.directory.confirm(path, this.known ?? this.checked());
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

/** An open file of the host. */
export class HostHandle<P> implements FileHandle, PutOff {
  /** Where a new file should be; until that was looked at nothing is done with the file. */
  #unchecked: P | undefined;

  constructor(
    readonly layer: HostDirLayer<P>,
    readonly file: HostFile,
    readonly node: HostFileNode<P>,
    unchecked?: P,
  ) {
    this.#unchecked = unchecked;
    if (unchecked !== undefined) layer.host.guard.beforeNext(this);
  }

  /** @internal What was put off: something else happens on the host. */
  beforeNext(): void {
    try {
      this.#makeSure();
    } catch (error) {
      // It stays unchecked, so the next call on this file says it.
      if (!isVfsError(error)) throw error;
    }
  }

  /** @throws {VfsError} ENOENT when a new file is not where it should be */
  #makeSure(): void {
    const path = this.#unchecked;
    if (path === undefined) return;
    this.layer.host.guard.noLonger(this);
    this.node.confirm(path);
    this.#unchecked = undefined;
  }

  pread(buffer: Uint8Array, position: number): number {
    this.#makeSure();
    return this.file.pread(buffer, position);
  }

  pwrite(buffer: Uint8Array, position: number): number {
    this.#makeSure();
    this.layer.host.guard.changes++;
    this.file.pwrite(buffer, position);
    return buffer.length;
  }

  pwriteSoon(source: Uint8Array, start: number, end: number, position: number): void {
    this.#makeSure();
    const { file } = this;
    this.layer.host.guard.changes++;
    if (file.pwriteSoon === undefined) file.pwrite(source.subarray(start, end), position);
    else file.pwriteSoon(source, start, end, position);
  }

  writeOut(): void {
    // What is unchecked was not written to.
    if (this.#unchecked === undefined) this.file.writeOut?.();
  }

  size(): number {
    this.#makeSure();
    return this.file.size();
  }

  truncate(size: number): void {
    if (size < 0) throw new VfsError("EINVAL");
    this.#makeSure();
    this.layer.host.guard.changes++;
    this.file.truncate(size);
  }

  stat(): Stat {
    this.#makeSure();
    return this.layer.shown(this.file.stat());
  }

  setAttr(change: AttrChange): void {
    this.#makeSure();
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
    this.#makeSure();
    this.file.sync();
  }

  close(): void {
    if (this.#unchecked !== undefined) this.layer.host.guard.noLonger(this);
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
