/**
 * What was found out about the entries of a directory while it was listed, for whoever asks about
 * them next: mostly one after the other in the order of the listing, each once.
 *
 * @module
 */
import type { ByteString, DirEntry, Stat } from "../types.ts";

/** Facts by name, each to be taken once. */
export class ListedFacts {
  #names: ByteString[] = [];
  #stats: Stat[] = [];
  /** Where the next name is expected. */
  #at = 0;
  /** The rest by name, once somebody asked in another order. */
  #rest: Map<ByteString, Stat> | undefined = undefined;

  /** How many are left. */
  get size(): number {
    return this.#rest?.size ?? this.#names.length - this.#at;
  }

  /** Adds the facts of a name that is not there. */
  add(name: ByteString, stat: Stat): void {
    if (this.#rest !== undefined) this.#rest.set(name, stat);
    else {
      this.#names.push(name);
      this.#stats.push(stat);
    }
  }

  /** The facts of a name, which are let go of. */
  take(name: ByteString): Stat | undefined {
    if (this.#rest === undefined) {
      const at = this.#at;
      if (at === this.#names.length) return undefined;
      if (this.#names[at] === name) {
        const stat = this.#stats[at];
        if (at + 1 === this.#names.length) this.clear();
        else this.#at++;
        return stat;
      }
      this.#rest = new Map();
      for (let i = at; i < this.#names.length; i++) this.#rest.set(this.#names[i], this.#stats[i]);
      this.#names = [];
      this.#stats = [];
      this.#at = 0;
    }
    const stat = this.#rest.get(name);
    if (stat !== undefined) this.#rest.delete(name);
    return stat;
  }

  /** Lets go of all. */
  clear(): void {
    if (this.#names.length > 0) {
      this.#names = [];
      this.#stats = [];
      this.#at = 0;
    }
    this.#rest = undefined;
  }
}

/** A listed entry whose inode number is only asked for when somebody wants it. */
export class ListedEntry implements DirEntry {
  constructor(
    readonly directory: { inodeOf(name: ByteString): number },
    readonly name: ByteString,
    readonly type: number,
  ) {}

  get ino(): number {
    return this.directory.inodeOf(this.name);
  }
}
