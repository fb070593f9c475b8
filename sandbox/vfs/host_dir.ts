/**
 * A directory of a host mount: what its names are found to mean, and how long that is believed.
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
import type { HostFile, HostOpen } from "./host_access.ts";
import {
  changeHost,
  HostEntryNode,
  HostFileNode,
  HostHandle,
  HostLinkNode,
  HostSpecialNode,
} from "./host_entry.ts";
import type { HostDirLayer } from "./host_layer.ts";
import { ListedEntry, ListedFacts } from "./listed_facts.ts";
import { WalkAhead } from "./walk_ahead.ts";

/** Names of one directory that are believed, at most. */
const MOST_NAMES = 4096;
/** Entries of a listing that is kept for a walk, at most. */
const MOST_WALKED = 65536;
/** So often is a directory listed before it is taken for one that somebody swaps. */
const LIST_TRIES = 3;
/** So many stay when they are asked about again and again. */
const FEW_NAMES = 16;
/** A directory of the host. */
export class HostDirNode<P> implements DirNode {
  readonly type: number = S_IFDIR;
  /** For the namespace: nothing special below it is opened. */
  readonly hostBacked = true;
  /** Whether its names cannot be listed or looked at. */
  readonly isBlind: boolean = false;
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
  /** The facts of files that were listed with their numbers; none of them is in `#names`. */
  readonly #listed = new ListedFacts();
  /**
   * The name that was looked up last, believed in the same way: what it is, or only the facts of a
   * file, of which a node is made when somebody asks for one.
   */
  #recentName: ByteString | undefined = undefined;
  #recent: VNode | undefined = undefined;
  #recentStat: Stat | undefined = undefined;
  /**
   * Its entries, believed in the same way, once they are asked for again: a glob in a loop does, and a
   * walk does not.
   */
  #entries: readonly DirEntry[] | "listed once" | undefined = undefined;
  /** Where a walk over its last listing is, with facts that are believed in the same way. */
  readonly #walk = new WalkAhead();
  #namesTurn = -1;
  #namesEpoch = -1;
  #namesChanges = -1;
  /** Whether the last creation in it found nothing of that name. */
  #expectsNew = false;
  /** What mode a file got here in that turn of the event loop: the one that was asked for. */
  #madeMode = -1;
  #madeTurn = -1;
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
    this.#forgetNames();
  }

  #forgetNames(): void {
    this.#entries = undefined;
    this.#names.clear();
    this.#listed.clear();
    this.#walk.forget();
    this.#recentName = this.#recent = this.#recentStat = undefined;
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
    ) this.#gone();
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
   *
   * Below a directory that is known in that way, one look at that directory stands for the look at
   * the whole path: it was in its place after its entry was seen to be a directory and no link, and
   * before the entry is seen again. An outsider would have to swap as often as before.
   */
  surePath(): P {
    const path = this.path();
    const { host } = this.layer;
    const looks = this.layer.looks();
    let isHere = this.#isSure || looks === 1 && this.#isInSureParent() || host.isDirect(path);
    for (let left = looks; isHere && left > 0; left--) {
      isHere = host.isThere(path, this.dev, this.ino);
    }
    if (!isHere) this.#gone();
    this.#isSure = true;
    return path;
  }

  /**
   * @internal A path for changes of its entries, where it can be entered: then no look is needed. What is
   * given is to be left.
   */
  enter(): P | undefined {
    const { host } = this.layer;
    if (host.enter === undefined) return undefined;
    return host.enter(this.path(), this.dev, this.ino);
  }

  /** @internal As `enter`, only if that was the last one to be entered. */
  stay(): P | undefined {
    const { host } = this.layer;
    if (host.stay === undefined) return undefined;
    this.path();
    return host.stay(this.dev, this.ino);
  }

  /** Runs a call with a path by which its entries are reached for a change, looked at if need be. */
  #within<T>(work: (path: P, isEntered: boolean) => T): T {
    const entered = this.enter();
    if (entered === undefined) return work(this.surePath(), false);
    try {
      return work(entered, true);
    } finally {
      this.layer.host.leave?.();
    }
  }

  /** As `lstat` of an entry with that path, from the directory itself where it is entered. */
  #lstat(name: ByteString, path: P): Stat | undefined {
    const { host } = this.layer;
    const entered = host.stay?.(this.dev, this.ino);
    if (entered === undefined) return host.lstat(path);
    try {
      return host.lstat(host.child(entered, name));
    } finally {
      host.leave?.();
    }
  }

  #isInSureParent(): boolean {
    const { parent } = this;
    return parent !== undefined && parent.#isSure && parent.#path !== undefined &&
      this.layer.host.isThere(parent.#path, parent.dev, parent.ino);
  }

  /** It is not where it was. @throws {VfsError} ENOENT */
  #gone(): never {
    this.#verified = -1;
    this.#isSure = false;
    this.layer.alarm();
    throw new VfsError("ENOENT");
  }

  /**
   * @internal What is open must be here, with no link on the way. After an alarm, and before
   * something that exists is written, that is seen more than once, since an outsider who swaps a
   * directory for a link and back in the rhythm of our calls gets past one look.
   */
  confirm(path: P, stat: Stat, isTwice = false): void {
    const { host } = this.layer;
    for (let rounds = isTwice || this.layer.looks() > 1 ? 2 : 1; rounds > 0; rounds--) {
      this.surePath();
      if (!host.isThere(path, stat.dev, stat.ino)) {
        this.layer.alarm();
        throw new VfsError("ENOENT");
      }
    }
  }

  /**
   * Whether `#names` may be believed: nobody else ran since, no change of ours was made that it does
   * not know of, and it is of this epoch or the last. What is not believed is forgotten.
   */
  #believed(epoch: number): boolean {
    const { guard } = this.layer.host;
    const turn = guard.turn();
    if (
      turn === this.#namesTurn && epoch - this.#namesEpoch <= 1 &&
      guard.changes === this.#namesChanges
    ) return true;
    this.#forgetNames();
    this.#namesTurn = turn;
    this.#namesEpoch = epoch;
    this.#namesChanges = guard.changes;
    return false;
  }

  /** Takes a name from what was listed as the one that was looked up last; whether it was there. */
  #takeListed(name: ByteString): boolean {
    const stat = this.#listed.take(name);
    if (stat === undefined) return false;
    this.#recentName = name;
    this.#recent = undefined;
    this.#recentStat = stat;
    return true;
  }

  /** What a name was found to be, once it is known that `#names` is believed. */
  #known(name: ByteString): VNode | undefined {
    return name === this.#recentName ? this.#recentNode() : this.#names.get(name);
  }

  #recentNode(): VNode | undefined {
    const stat = this.#recentStat;
    if (stat !== undefined) {
      this.#recentStat = undefined;
      const isOutdated = this.layer.host.guard.epoch() !== this.#namesEpoch;
      this.#recent = new HostFileNode<P>(this, this.#recentName as ByteString, stat, isOutdated);
    }
    return this.#recent;
  }

  /**
   * Before a change of one name of this directory, of which the other names know nothing. What is
   * given goes to `#changed`; without that, all names are forgotten.
   */
  #changing(name: ByteString): number {
    const { guard } = this.layer.host;
    const isBelieved = this.#believed(guard.epoch());
    const changes = ++guard.changes;
    this.#listed.take(name);
    this.#walk.forget();
    this.#entries =
      this.#recentName =
      this.#recent =
      this.#recentStat =
        undefined;
    return isBelieved ? changes : -1;
  }

  /** The change was made, and nothing else: what the names mean is known as well as before. */
  #changed(changes: number): void {
    // A change of more than this name lets go of the others.
    if (changes === this.layer.host.guard.changes) this.#namesChanges = changes;
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
      if (name === this.#recentName || this.#takeListed(name)) return this.#recentNode();
      if (this.#names.size > 0) {
        const node = this.#names.get(name);
        if (node !== undefined || this.#names.has(name)) {
          // Who walks over a listing asks about each name once; what is kept costs the collector.
          if (this.#names.size > FEW_NAMES) this.#names.delete(name);
          this.#recentName = name;
          this.#recentStat = undefined;
          return this.#recent = node;
        }
      }
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
      stat = this.#lstat(name, path);
    } catch (error) {
      if (layer.options.partial !== true || !isVfsError(error, "EACCES")) throw error;
      return this.unseen(name, path);
    }
    if (stat !== undefined && layer.looks() > 1) this.#lookAgain(path, stat);
    const node = stat && this.#nodeOf(name, path, stat, epoch);
    // Only the last one: a walk over a large tree asks once for each name.
    this.#recentName = name;
    this.#recent = node;
    this.#recentStat = undefined;
    return node;
  }

  /**
   * The facts of a name, undefined where nothing is there: what `lookup` finds, without a node for
   * what a walk only wants to know the size or the date of.
   */
  statOf(name: ByteString): Stat | undefined {
    const { layer } = this;
    const { host } = layer;
    const directory = this.path();
    const epoch = host.guard.epoch();
    if (this.#believed(epoch)) {
      const isRecent = name === this.#recentName || this.#takeListed(name);
      if (isRecent && this.#recentStat !== undefined) return layer.shown(this.#recentStat);
      if (isRecent || this.#names.has(name)) return this.lookup(name)?.stat();
    }
    // What Deno does not let us look at, `lookup` knows.
    if (layer.options.partial === true) return this.lookup(name)?.stat();
    let path: P;
    try {
      path = host.child(directory, name);
    } catch {
      return undefined;
    }
    const stat = this.#lstat(name, path);
    if (stat === undefined) return undefined;
    if (layer.looks() > 1) this.#lookAgain(path, stat);
    this.#recentName = name;
    const isFile = (stat.mode & S_IFMT) === S_IFREG;
    this.#recent = isFile ? undefined : this.#nodeOf(name, path, stat, epoch);
    this.#recentStat = isFile ? stat : undefined;
    return layer.shown(stat);
  }

  nextFacts(name: ByteString): Stat | undefined {
    const { layer } = this;
    const isBelieved = this.#believed(layer.host.guard.epoch());
    const stat = isBelieved && this.#walk.next(name) || this.#askAhead(name);
    if (stat === undefined || (stat.mode & S_IFMT) !== S_IFREG) return undefined;
    this.#recentName = name;
    this.#recent = undefined;
    this.#recentStat = stat;
    return layer.shown(stat);
  }

  /** Asks about the files that a walk comes to, if it came to that name. */
  #askAhead(name: ByteString): Stat | undefined {
    const walk = this.#walk;
    if (!walk.reaches(name)) return undefined;
    const { layer } = this;
    const { host } = layer;
    // In danger each entry is looked at by itself, and more than once.
    if (layer.looks() > 1 || layer.options.partial === true) return undefined;
    const path = this.path();
    walk.lookAhead((entries, from, until) => {
      const entered = host.stay?.(this.dev, this.ino);
      try {
        return host.lstatEach(entered ?? path, entries, from, until);
      } finally {
        if (entered !== undefined) host.leave?.();
      }
    });
    return walk.facts();
  }

  /** In peace, facts about a name are worth no second look; only what is opened or changed is. */
  #lookAgain(path: P, stat: Stat): void {
    if ((stat.mode & S_IFMT) === S_IFLNK) this.surePath();
    else this.confirm(path, stat);
  }

  /** What a name stands for that Deno does not let us look at. */
  protected unseen(name: ByteString, _path: P): VNode | undefined {
    return this.layer.blind(this, name);
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
        // A link where a directory was: whoever put it there may do so again.
        if (name === this.#lastName) this.layer.alarm();
        return new HostLinkNode<P>(this, name, stat);
      default:
        return new HostSpecialNode<P>(this, name, stat);
    }
  }

  /** @internal The inode number of an entry that was listed, or 0. */
  inodeOf(name: ByteString): number {
    const stat = this.nextFacts(name) ?? this.statOf(name);
    if (stat === undefined) return 0;
    if (name !== this.#recentName) return stat.ino;
    // Who reads a directory with these numbers mostly asks about each entry next.
    if (this.#names.size + this.#listed.size >= MOST_NAMES) {
      this.#names.clear();
      this.#listed.clear();
    }
    if (this.#recentStat !== undefined) this.#listed.add(name, this.#recentStat);
    else this.#names.set(name, this.#recent);
    return stat.ino;
  }

  list(): DirEntry[] {
    this.#believed(this.layer.host.guard.epoch());
    const before = this.#entries;
    if (before === undefined) this.#entries = "listed once";
    else if (before !== "listed once") return before.slice();
    let entries: DirEntry[] = [];
    let unsure: ByteString[] = [];
    for (let left = LIST_TRIES;; left--) {
      const read = (path: P): void =>
        this.layer.host.list(path, (name, type) => {
          if (type === undefined) unsure.push(name);
          else entries.push(new ListedEntry(this, name, type));
        });
      if (this.#listEntered(read)) break;
      // In peace it is enough to look afterwards, since a name that was read is looked for as well.
      const path = this.layer.looks() === 1 ? this.path() : this.surePath();
      read(path);
      // The names must not be those of a directory that a link led to meanwhile.
      this.surePath();
      if (this.#has(path, entries)) break;
      this.layer.alarm();
      if (left === 1) this.#gone();
      entries = [];
      unsure = [];
    }
    for (const name of unsure) {
      const node = this.lookup(name);
      if (node !== undefined) entries.push(new ListedEntry(this, name, node.type));
    }
    if (entries.length <= MOST_WALKED) this.#walk.start(entries);
    if (before === "listed once" && entries.length <= MOST_NAMES) this.#entries = entries.slice();
    return entries;
  }

  /** Reads the names of the directory itself, if it can be entered. */
  #listEntered(read: (path: P) => void): boolean {
    const entered = this.enter();
    if (entered === undefined) return false;
    try {
      read(entered);
    } finally {
      this.layer.host.leave?.();
    }
    return true;
  }

  /**
   * Whether names that were listed are here: one of them in peace, and many when somebody swaps
   * directories in the rhythm of our looks. Who removes a file meanwhile only has it listed again.
   * The one is the first, about which a walk asks next.
   */
  #has(path: P, entries: readonly DirEntry[]): boolean {
    const { layer } = this;
    const { host } = layer;
    const { length } = entries;
    const looks = Math.min(layer.looks(), length);
    for (let i = 0; i < looks; i++) {
      const at = looks === length || looks === 1 ? i : (host.guard.epoch() + i) % length;
      const { name } = entries[at];
      try {
        const stat = host.lstat(host.child(path, name));
        if (stat === undefined) return false;
        if (looks === 1 && (stat.mode & S_IFMT) === S_IFREG) {
          this.#recentName = name;
          this.#recent = undefined;
          this.#recentStat = stat;
        }
      } catch (error) {
        // Deno need not let each of them be looked at.
        if (!isVfsError(error, "EACCES")) throw error;
      }
    }
    return true;
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
    const entered = this.enter();
    try {
      const path = host.child(entered ?? this.surePath(), name);
      this.#expectsNew = false;
      const changes = this.#changing(name);
      const file = host.create(path, mode, access);
      this.#names.delete(name);
      this.#changed(changes);
      this.#expectsNew = true;
      return this.#created(name, path, mode, file, entered !== undefined);
    } finally {
      if (entered !== undefined) host.leave?.();
    }
  }

  /**
   * What was created must be where it should be. That is looked at before anything is done with it,
   * or with anything else; not for a file that is only made and closed.
   */
  #created(
    name: ByteString,
    path: P,
    mode: number,
    file: HostFile,
    isEntered: boolean,
  ): { readonly node: FileNode; readonly handle: FileHandle } {
    const { layer } = this;
    const { host } = layer;
    if (isEntered && mode === this.#madeMode && host.guard.turn() === this.#madeTurn) {
      const node = new HostFileNode<P>(this, name, undefined);
      if (this.#believed(host.guard.epoch())) this.#names.set(name, node);
      return { node, handle: new HostHandle(layer, file, node) };
    }
    try {
      let stat = file.stat();
      const isAsAsked = (stat.mode & 0o7777) === mode;
      if (!isAsAsked) {
        if (!isEntered) this.confirm(path, stat);
        else if (!host.isThere(path, stat.dev, stat.ino)) this.#gone();
        // The host's own umask is not the guest's.
        host.chmod(path, mode);
        stat = file.stat();
      }
      this.#madeMode = isAsAsked ? mode : -1;
      this.#madeTurn = host.guard.turn();
      const node = new HostFileNode<P>(this, name, stat);
      if (this.#believed(host.guard.epoch())) this.#names.set(name, node);
      const unchecked = isAsAsked && !isEntered ? path : undefined;
      return { node, handle: new HostHandle(this.layer, file, node, unchecked) };
    } catch (error) {
      this.#forgetNames();
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
    const stat = this.#within((directory) => {
      const path = host.child(directory, name);
      host.guard.changes++;
      host.makeDir(path, mode);
      const made = host.lstat(path);
      if (made === undefined || (made.mode & S_IFMT) !== S_IFDIR) throw new VfsError("ENOENT");
      if ((made.mode & 0o7777) === mode) return made;
      host.chmod(path, mode);
      return host.lstat(path) ?? made;
    });
    const node = layer.directory(this, name, stat);
    node.#expectsNew = true;
    node.seen(host.child(this.path(), name), stat, host.guard.epoch());
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
    const entered = this.enter();
    try {
      this.#unlinkIn(entered ?? this.surePath(), name);
    } finally {
      if (entered !== undefined) this.layer.host.leave?.();
    }
  }

  #unlinkIn(directory: P, name: ByteString): void {
    const { host } = this.layer;
    const path = host.child(directory, name);
    // What was just looked up will do: the name is removed, whatever it leads to by now.
    const near = this.#believed(host.guard.epoch()) ? this.#known(name) : undefined;
    const isEntry = near instanceof HostEntryNode;
    const stat = !isEntry
      ? host.lstat(path)
      : this.layer.hasOwnLinks && near.type === S_IFREG
      ? near.stat()
      : undefined;
    if (!isEntry) {
      if (stat === undefined) throw new VfsError("ENOENT");
      if ((stat.mode & S_IFMT) === S_IFDIR) throw new VfsError("EISDIR");
    }
    const changes = this.#changing(name);
    try {
      host.remove(path);
    } catch (error) {
      this.#missed(isEntry, error);
    }
    this.#names.set(name, undefined);
    this.#changed(changes);
    if (stat !== undefined) this.layer.unlinked(stat);
  }

  /** A change failed; that an entry is missing which was there a moment ago is a reason for alarm. */
  #missed(isKnown: boolean, error: unknown): never {
    if (isKnown && isVfsError(error, "ENOENT")) this.layer.alarm();
    throw error;
  }

  removeDir(name: ByteString): void {
    const { host } = this.layer;
    this.#within((directory) => {
      const path = host.child(directory, name);
      const stat = host.lstat(path);
      if (stat === undefined) throw new VfsError("ENOENT");
      if ((stat.mode & S_IFMT) !== S_IFDIR) throw new VfsError("ENOTDIR");
      host.guard.changes++;
      host.guard.bump();
      host.remove(path);
    });
  }

  rename(name: ByteString, to: DirNode, toName: ByteString): void {
    const { layer } = this;
    if (!(to instanceof HostDirNode) || to.layer !== layer) throw new VfsError("EXDEV");
    // What would be replaced there cannot be seen; a copy is made instead.
    if (to.isBlind) throw new VfsError("EXDEV");
    // Between two directories only one can be entered: what is taken away is from inside for sure.
    const entered = this.enter();
    try {
      this.#renameIn(entered ?? this.surePath(), name, to as HostDirNode<P>, toName);
    } finally {
      if (entered !== undefined) layer.host.leave?.();
    }
  }

  #renameIn(directory: P, name: ByteString, to: HostDirNode<P>, toName: ByteString): void {
    const { layer } = this;
    const { host } = layer;
    const from = host.child(directory, name);
    const target = host.child(to === this ? directory : to.surePath(), toName);
    // Within one directory, what was just looked up will do: nothing depends on it but bookkeeping.
    const isNear = to === this && this.#believed(host.guard.epoch());
    const near = isNear ? this.#known(name) : undefined;
    const isFile = near instanceof HostFileNode;
    const isVacant = isNear &&
      (toName === this.#recentName || this.#names.has(toName)) && this.#known(toName) === undefined;
    const stat = !isFile ? host.lstat(from) : isVacant ? near.known : near.stat();
    if (stat === undefined && !isFile) throw new VfsError("ENOENT");
    const type = stat === undefined ? S_IFREG : stat.mode & S_IFMT;
    if (type === S_IFLNK && !host.isWholeHost) {
      // A relative link may lead out of the mount from another place.
      if (to !== this && !to.#staysInside(host.readLink(from))) {
        throw new VfsError("EPERM");
      }
    }
    const replaced = isVacant ? undefined : host.lstat(target);
    const changes = this.#changing(name);
    this.#listed.take(toName);
    // A file that takes the place of a file puts no link where a directory was.
    if (type !== S_IFREG || replaced !== undefined && (replaced.mode & S_IFMT) !== S_IFREG) {
      host.guard.bump();
    }
    try {
      host.rename(from, target);
    } catch (error) {
      this.#missed(isFile, error);
    }
    // Between two names of one file, `rename` does nothing.
    if (replaced === undefined || replaced.ino !== stat?.ino) {
      this.#names.set(name, undefined);
      if (isFile) this.#names.set(toName, new HostFileNode<P>(this, toName, stat, true));
      else this.#names.delete(toName);
    }
    this.#changed(changes);
    if (replaced !== undefined) layer.unlinked(replaced);
    if (stat !== undefined && type === S_IFDIR) {
      const moved = layer.knownDirectory(stat);
      moved?.movedTo(to, toName);
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
