/**
 * An open directory: a walk resolves it once and then checks one component at a time.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import {
  type ByteString,
  type Directory,
  type DirEntry,
  type DirNode,
  type FollowOption,
  type LinkNode,
  O_ACCMODE,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  type OpenFile,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  type Stat,
  type VNode,
} from "../types.ts";
import { type Caller, ConfinedCaller, MagicLink } from "./caller.ts";
import { linkText, type Namespace, type OpenTarget } from "./namespace.ts";
import { pathIn, pathOf, type Place } from "./place.ts";
import {
  checkName,
  checkSearch,
  enter,
  Last,
  lookupAt,
  PATH_MAX,
  resolve,
  resolveIfThere,
} from "./resolve.ts";

/** Makes an open file description of what an `open` found. */
export type MakeFile = (target: OpenTarget, flags: number) => OpenFile;

/** Takes note of a use: kind is `read`, `write` or `exec`. */
export type NoteUse = (kind: string, path: ByteString, allowed: boolean) => void;

/** Codes that mean the sandbox said no, rather than that the call made no sense. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof VfsError)) return false;
  return error.code === "EACCES" || error.code === "EPERM" || error.code === "EROFS";
}

/** Runs a call and tells the audit stream how it went. */
export function noted<T>(
  audit: NoteUse | undefined,
  kind: string,
  path: ByteString,
  work: () => T,
): T {
  if (audit === undefined) return work();
  try {
    const result = work();
    audit(kind, path, true);
    return result;
  } catch (error) {
    if (isRefusal(error)) audit(kind, path, false);
    throw error;
  }
}

/** Whether `open` with these flags can change something. */
export function opensForWriting(flags: number): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY || (flags & (O_CREAT | O_TRUNC)) !== 0;
}

/** The one implementation of `Directory`. */
export class OpenDirectory implements Directory {
  constructor(
    readonly namespace: Namespace,
    readonly caller: Caller,
    /** The directory itself, whatever happens to its name. */
    readonly place: Place,
    readonly makeFile: MakeFile,
    readonly audit?: NoteUse,
  ) {}

  /** Runs a change, and takes note of it under its whole path. */
  #noted<T>(kind: string, path: ByteString, work: () => T): T {
    const { audit, caller, place } = this;
    if (audit === undefined) return work();
    return noted(audit, kind, pathIn(place, path, caller.shownRoot ?? caller.root), work);
  }

  entries(): DirEntry[] {
    return this.namespace.entries(this.caller, this.place);
  }

  stat(): Stat {
    return this.place.node.stat();
  }

  #node(name: ByteString): VNode {
    // One component is looked up directly: a walk over a tree does little else.
    if (name === "." || name === ".." || name.includes("/")) {
      return this.namespace.node(this.caller, name, false, this.place);
    }
    checkName(name);
    checkSearch(this.caller, this.place.node, name);
    const node = lookupAt(this.place, name);
    if (node === undefined) throw new VfsError("ENOENT", name);
    return node;
  }

  lstatAt(path: ByteString): Stat {
    return this.#factsOf(path) ?? this.#node(path).stat();
  }

  statAt(path: ByteString): Stat {
    const stat = this.#factsOf(path);
    if (stat !== undefined && (stat.mode & S_IFMT) !== S_IFLNK) return stat;
    return this.namespace.node(this.caller, path, true, this.place).stat();
  }

  /**
   * The facts of what a path names, the last link not followed, where its directory has them without
   * a node being made. Undefined where the common way has to find out.
   */
  #factsOf(path: ByteString): Stat | undefined {
    const { caller } = this;
    let { place } = this;
    let name = path;
    let at = path.length - 1;
    while (at >= 0 && path.charCodeAt(at) !== 47) at--;
    if (at < 0) {
      const ahead = place.point?.children === undefined ? place.node.nextFacts?.(path) : undefined;
      if (ahead !== undefined) {
        checkSearch(caller, place.node, path);
        return ahead;
      }
    } else {
      if (at === 0 || at === path.length - 1 || path.length >= PATH_MAX) return undefined;
      const found = resolveIfThere(caller, place, path.slice(0, at), Last.FOLLOW)?.place;
      if (found === undefined) return undefined;
      place = found;
      name = path.slice(at + 1);
    }
    if (name === "." || name === "..") return undefined;
    checkName(name);
    const { node, point } = place;
    checkSearch(caller, node, name);
    if (node.statOf === undefined || point?.children?.has(name) === true) {
      return lookupAt(place, name)?.stat();
    }
    return node.statOf(name);
  }

  readLinkAt(name: ByteString): ByteString {
    return linkText(this.caller, this.#node(name), name);
  }

  directoryAt(name: ByteString, follow = false): OpenDirectory {
    const node = this.#node(name);
    if (node.type === S_IFDIR && name !== "." && name !== ".." && !name.includes("/")) {
      return this.#open(enter(this.place, name, node as DirNode));
    }
    if (node.type === S_IFLNK && !follow) {
      throw new VfsError(this.#leadsToDirectory(node, name) ? "ELOOP" : "ENOTDIR", name);
    }
    return this.#open(this.namespace.place(this.caller, name, this.place));
  }

  #leadsToDirectory(node: VNode, name: ByteString): boolean {
    if (node instanceof MagicLink) return true;
    if ((node as LinkNode).readLink() === "") return false;
    try {
      return resolve(this.caller, this.place, name, Last.FOLLOW).place !== undefined;
    } catch (error) {
      if (error instanceof VfsError) return false;
      throw error;
    }
  }

  #open(place: Place): OpenDirectory {
    const { caller } = this;
    const own = caller instanceof ConfinedCaller
      ? new ConfinedCaller(caller.caller, place)
      : caller;
    return new OpenDirectory(this.namespace, own, place, this.makeFile, this.audit);
  }

  openAt(path: ByteString, flags: number, mode?: number): OpenFile {
    const open = (): OpenFile => {
      const target = this.namespace.open(this.caller, path, flags, mode, this.place);
      if (target.kind !== "directory") return this.makeFile(target, flags);
      return this.makeFile({ ...target, directory: this.#open(target.place) }, flags);
    };
    if (this.audit === undefined) return open();
    return this.#noted(opensForWriting(flags) ? "write" : "read", path, open);
  }

  makeDirAt(path: ByteString, mode: number): void {
    this.#noted(
      "write",
      path,
      () => this.namespace.makeDir(this.caller, path, mode, this.place),
    );
  }

  unlinkAt(name: ByteString): void {
    this.#noted("write", name, () => this.namespace.unlink(this.caller, name, this.place));
  }

  removeDirAt(name: ByteString): void {
    this.#noted("write", name, () => this.namespace.removeDir(this.caller, name, this.place));
  }

  renameAt(from: ByteString, to: Directory, toPath: ByteString): void {
    const other = this.#partner(to, toPath);
    const { caller, place } = this;
    other.#noted(
      "write",
      toPath,
      () => this.namespace.rename(caller, from, toPath, place, other.place, other.caller),
    );
  }

  linkAt(from: ByteString, to: Directory, toPath: ByteString): void {
    const other = this.#partner(to, toPath);
    const { caller, place } = this;
    other.#noted(
      "write",
      toPath,
      () => this.namespace.link(caller, from, toPath, false, place, other.place, other.caller),
    );
  }

  /** The other directory of a call with two, which must see the same tree. */
  #partner(to: Directory, path: ByteString): OpenDirectory {
    if (to instanceof OpenDirectory && to.namespace === this.namespace) return to;
    throw new VfsError("EXDEV", path);
  }

  symlinkAt(target: ByteString, path: ByteString): void {
    this.#noted("write", path, () => {
      // A link that could never be followed here would only be a trap for others.
      if (this.caller.beneath === true && target.startsWith("/")) throw new VfsError("EPERM", path);
      this.namespace.symlink(this.caller, target, path, this.place);
    });
  }

  setTimesAt(
    path: ByteString,
    atimeNs: bigint | undefined,
    mtimeNs: bigint | undefined,
    option?: FollowOption,
  ): void {
    const follow = option?.follow ?? true;
    this.#noted(
      "write",
      path,
      () => this.namespace.setAttr(this.caller, path, { atimeNs, mtimeNs }, follow, this.place),
    );
  }

  confined(): OpenDirectory {
    const caller = this.caller instanceof ConfinedCaller ? this.caller.caller : this.caller;
    const own = new ConfinedCaller(caller, this.place);
    return new OpenDirectory(this.namespace, own, this.place, this.makeFile, this.audit);
  }

  path(): ByteString {
    const { caller } = this;
    return pathOf(this.place, caller.shownRoot ?? caller.root);
  }
}
