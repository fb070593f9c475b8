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
 * changed it is looked at again, after the file is open; once something was out of place, often.
 * SECURITY.md has the figures. Overlay mounts have no such window for writes at all.
 *
 * @module
 */
import { isVfsError, VfsError } from "../errors.ts";
import { type ByteString, type Owner, S_IFDIR, S_IFMT, type Stat } from "../types.ts";
import { BlindDirNode } from "./blind_dir.ts";
import type { HostAccess } from "./host_access.ts";
import { HostDirNode } from "./host_dir.ts";
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
/**
 * How long, and how often, to look again after something was not where it had been: together the
 * looks take longer than an outsider takes to swap a directory and back.
 */
const ALARM_EPOCHS = 100;
const ALARMED_LOOKS = 32;
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
      this.root = this.blind(undefined, "");
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

  /** @internal The node for a directory that Deno does not let us look at. */
  blind(parent: HostDirNode<P> | undefined, name: ByteString): HostDirNode<P> {
    return new BlindDirNode<P>(this, parent, name);
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

  #alarmedUntil = 0;

  /** @internal Something was not where it had been seen: for a while each look is made of many. */
  alarm(): void {
    this.#alarmedUntil = this.host.guard.epoch() + ALARM_EPOCHS;
  }

  /** @internal How often to look before a directory is believed to be in its place. */
  looks(): number {
    const until = this.#alarmedUntil;
    return until !== 0 && this.host.guard.epoch() < until ? ALARMED_LOOKS : 1;
  }

  /** @internal Whether any file got a further name through us. */
  get hasOwnLinks(): boolean {
    return this.#ownLinks.size > 0;
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
