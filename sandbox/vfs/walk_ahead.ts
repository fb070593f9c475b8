/**
 * Facts about the files of a listed directory, asked of the host some at a time: a walk over a tree
 * lists a directory and then asks about one entry after the other, and what a single question costs
 * besides the host's answer adds up.
 *
 * @module
 */
import { type ByteString, type DirEntry, S_IFREG, type Stat } from "../types.ts";

/** So many files are asked about in one go: a tenth of a millisecond on a local disk. */
const MOST_AHEAD = 32;
/** So many names in a row make a walk. */
const ROW = 2;
/** How far a name is looked for after the one that was expected. */
const MOST_SKIPPED = 16;

/** The place of a walk in a listing, and what was found out about the files that come next. */
export class WalkAhead {
  #entries: readonly DirEntry[] = [];
  /** Where the next name is expected. */
  #at = 0;
  /** How many names came as they were expected. */
  #row = 0;
  /** Facts of the entries `[#from, #until)`. */
  #facts: readonly (Stat | undefined)[] = [];
  #from = 0;
  #until = 0;

  /** A listing was given out. It may be sorted by whoever has it, and tells the order only. */
  start(entries: readonly DirEntry[]): void {
    this.#entries = entries;
    this.#at = this.#row = 0;
    this.forget();
  }

  /** What was found out is believed no more. */
  forget(): void {
    this.#until = 0;
  }

  /** The facts of a name, if it is the next one and they were found out. */
  next(name: ByteString): Stat | undefined {
    const at = this.#at;
    if (at >= this.#until || this.#entries[at].name !== name) return undefined;
    const stat = this.#facts[at - this.#from];
    if (stat === undefined) return undefined;
    if (++this.#at === this.#entries.length) this.start([]);
    return stat;
  }

  /** A name is asked about: whether it is a file that the walk came to. */
  reaches(name: ByteString): boolean {
    const entries = this.#entries;
    let at = this.#at;
    if (at === entries.length) return false;
    if (entries[at].name !== name) {
      this.#row = 0;
      const end = Math.min(at + MOST_SKIPPED, entries.length);
      do at++; while (at < end && entries[at].name !== name);
      if (at >= end) {
        // It is asked about in another order.
        this.start([]);
        return false;
      }
    }
    this.#at = at + 1;
    this.#row++;
    return entries[at].type === S_IFREG;
  }

  /** The facts of the name that was reached. */
  facts(): Stat | undefined {
    const at = this.#at - 1;
    const stat = at < this.#until ? this.#facts[at - this.#from] : undefined;
    if (this.#at === this.#entries.length) this.start([]);
    return stat;
  }

  /**
   * Asks about the files that come next, unless that is done or this is no walk.
   *
   * @param ask Tells the facts of `entries[from, until)`, in their order.
   */
  lookAhead(
    ask: (entries: readonly DirEntry[], from: number, until: number) => (Stat | undefined)[],
  ): void {
    const at = this.#at - 1;
    if (at < this.#until || this.#row < ROW) return;
    const entries = this.#entries;
    const end = Math.min(at + MOST_AHEAD, entries.length);
    let until = at + 1;
    while (until < end && entries[until].type === S_IFREG) until++;
    this.#facts = ask(entries, at, until);
    this.#from = at;
    this.#until = until;
  }
}
