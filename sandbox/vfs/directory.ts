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
  type LinkNode,
  type OpenFile,
  S_IFDIR,
  S_IFLNK,
  type Stat,
  type VNode,
} from "../types.ts";
import { type Caller, MagicLink } from "./caller.ts";
import { linkText, type Namespace, type OpenTarget } from "./namespace.ts";
import { pathOf, type Place } from "./place.ts";
import { checkName, checkSearch, enter, Last, lookupAt, resolve } from "./resolve.ts";

/** Makes an open file description of what an `open` found. */
export type MakeFile = (target: OpenTarget, flags: number) => OpenFile;

/** The one implementation of `Directory`. */
export class OpenDirectory implements Directory {
  constructor(
    readonly namespace: Namespace,
    readonly caller: Caller,
    /** The directory itself, whatever happens to its name. */
    readonly place: Place,
    readonly makeFile: MakeFile,
  ) {}

  entries(): DirEntry[] {
    return this.namespace.entries(this.caller, this.place);
  }

  stat(): Stat {
    return this.place.node.stat();
  }

  #node(name: ByteString): VNode {
    checkName(name);
    if (name === ".") return this.place.node;
    // `..` stops at the caller's root, which is for the resolver to say.
    if (name === "..") return this.namespace.node(this.caller, name, true, this.place);
    checkSearch(this.caller, this.place.node, name);
    const node = lookupAt(this.place, name);
    if (node === undefined) throw new VfsError("ENOENT", name);
    return node;
  }

  lstatAt(name: ByteString): Stat {
    return this.#node(name).stat();
  }

  statAt(name: ByteString): Stat {
    const node = this.#node(name);
    if (node.type !== S_IFLNK) return node.stat();
    return this.namespace.node(this.caller, name, true, this.place).stat();
  }

  readLinkAt(name: ByteString): ByteString {
    return linkText(this.caller, this.#node(name), name);
  }

  directoryAt(name: ByteString, follow = false): OpenDirectory {
    const node = this.#node(name);
    if (node.type === S_IFDIR && name !== "." && name !== "..") {
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
    return new OpenDirectory(this.namespace, this.caller, place, this.makeFile);
  }

  openAt(path: ByteString, flags: number, mode?: number): OpenFile {
    return this.makeFile(this.namespace.open(this.caller, path, flags, mode, this.place), flags);
  }

  makeDirAt(path: ByteString, mode: number): void {
    this.namespace.makeDir(this.caller, path, mode, this.place);
  }

  unlinkAt(name: ByteString): void {
    this.namespace.unlink(this.caller, name, this.place);
  }

  removeDirAt(name: ByteString): void {
    this.namespace.removeDir(this.caller, name, this.place);
  }

  path(): ByteString {
    return pathOf(this.place, this.caller.root);
  }
}
