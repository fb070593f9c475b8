import {
  type ByteString,
  type Directory,
  type DirEntry,
  type MaybePromise,
  S_IFDIR,
  S_IFMT,
  type Stat,
} from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";
import { joinPath } from "./_lib/path_text.ts";
import { humanSize } from "./_lib/size.ts";

/** Sums the space that files take. Source of behaviour: POSIX du, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "du",
  usage: "[-aHLdclsxhmk] [FILE]...",
  about: "Show how much space FILEs and what is below them take",
  options: {
    a: { help: "Files too" },
    b: { help: "Sizes in bytes as files tell them" },
    H: { help: "Follow links given as arguments" },
    L: { help: "Follow all links" },
    d: { arg: "N", help: "Show N levels of directories" },
    c: { help: "Show a grand total" },
    l: { help: "Count files as often as they have names" },
    s: { help: "Show a total for each argument only" },
    x: { help: "Stay on one file system" },
    h: { help: "Sizes for people (1K 243M 2G)" },
    m: { help: "Sizes in megabytes" },
    k: { help: "Sizes in kilobytes (default)" },
  },
  run: (ctx) => {
    const { opts } = ctx;
    const walker = new Walker(
      ctx,
      opts.s ? 0 : opts.d === undefined ? Infinity : numberArgument(ctx, opts.d),
      // -b says what is counted; -h still says how it is shown.
      ctx.order.findLast((name) => "hmk".includes(name)) ?? (opts.b ? "b" : "k"),
    );
    return walker.run(ctx.operands.length === 0 ? ["."] : ctx.operands);
  },
});

/** A directory that is being summed. */
interface Level {
  readonly path: ByteString;
  /** Held, so that each entry is looked up as one component; undefined when it cannot be read. */
  readonly directory: Directory | undefined;
  readonly entries: readonly DirEntry[];
  next: number;
  total: number;
}

type DuContext = Omit<Context, "opts"> & {
  readonly opts: { readonly [name: string]: string | boolean | undefined };
};

class Walker {
  readonly #seen = new Set<string>();
  #device = 0;
  readonly #isFollowing: boolean;
  readonly #isApparent: boolean;
  readonly #countsAllLinks: boolean;

  constructor(
    private readonly ctx: DuContext,
    private readonly depth: number,
    private readonly unit: string,
  ) {
    this.#isFollowing = ctx.opts.L === true;
    this.#isApparent = ctx.opts.b === true;
    this.#countsAllLinks = ctx.opts.l === true;
  }

  async run(paths: readonly ByteString[]): Promise<void> {
    const { ctx } = this;
    let sum = 0;
    for (const path of paths) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      const total = await this.#tree(path);
      sum += total ?? 0;
    }
    if (ctx.opts.c) await this.#show(sum, "total");
  }

  /** Sums a tree without recursing; undefined when the argument is not there. */
  async #tree(root: ByteString): Promise<number | undefined> {
    const { ctx } = this;
    const { opts } = ctx;
    const isFollowing = this.#isFollowing;
    const staysHere = opts.x === true;
    const showsFiles = opts.a === true;
    let stat: Stat;
    try {
      stat = opts.H || opts.L ? ctx.fs.stat(root) : ctx.fs.lstat(root);
    } catch (error) {
      ctx.warnError(root, error);
      return undefined;
    }
    this.#device = stat.dev;
    const first = this.#enter(root, stat, undefined, root);
    if (first === "again") return 0;
    if (first === undefined) {
      const size = this.#sizeOf(stat);
      if (size !== undefined) await this.#show(size, root);
      return size;
    }
    const stack: Level[] = [first];
    for (;;) {
      const level = stack[stack.length - 1];
      if (level.next === level.entries.length) {
        stack.pop();
        if (stack.length <= this.depth) await this.#show(level.total, level.path);
        if (stack.length === 0) return level.total;
        stack[stack.length - 1].total += level.total;
        continue;
      }
      const { name } = level.entries[level.next++];
      const directory = level.directory as Directory;
      const pause = ctx.tick(8);
      if (pause !== undefined) await pause;
      let inner: Stat;
      try {
        inner = isFollowing ? directory.statAt(name) : directory.lstatAt(name);
      } catch (error) {
        ctx.warnError(joinPath(level.path, name), error);
        continue;
      }
      if (staysHere && inner.dev !== this.#device) continue;
      if ((inner.mode & S_IFMT) !== S_IFDIR) {
        const size = this.#sizeOf(inner);
        if (size === undefined) continue;
        level.total += size;
        if (showsFiles && stack.length <= this.depth) {
          await this.#show(size, joinPath(level.path, name));
        }
        continue;
      }
      const child = this.#enter(joinPath(level.path, name), inner, directory, name);
      if (child !== undefined && child !== "again") stack.push(child);
    }
  }

  /** Starts a directory; undefined for anything else, and "again" for one that was counted before. */
  #enter(
    path: ByteString,
    stat: Stat,
    parent: Directory | undefined,
    name: ByteString,
  ): Level | "again" | undefined {
    if ((stat.mode & S_IFMT) !== S_IFDIR) return undefined;
    const key = `${stat.dev}:${stat.ino}`;
    const { fs } = this.ctx;
    // With links followed, a directory could lead back to itself.
    if (this.#seen.has(key) && (this.#isFollowing || !this.#countsAllLinks)) return "again";
    this.#seen.add(key);
    let directory: Directory | undefined;
    let entries: readonly DirEntry[] = [];
    try {
      directory = parent === undefined
        ? fs.openDirectory(name)
        : parent.directoryAt(name, this.#isFollowing);
      entries = directory.entries();
    } catch (error) {
      this.ctx.warnError(path, error);
    }
    return { path, directory, entries, next: 0, total: this.#bytes(stat) };
  }

  #bytes(stat: Stat): number {
    return this.#isApparent ? stat.size : stat.blocks * 512;
  }

  /** Size of a file; undefined for one that was counted under another name. */
  #sizeOf(stat: Stat): number | undefined {
    if (stat.nlink > 1 && !this.#countsAllLinks) {
      const key = `${stat.dev}:${stat.ino}`;
      if (this.#seen.has(key)) return undefined;
      this.#seen.add(key);
    }
    return this.#bytes(stat);
  }

  /** Blocks are rounded up, bytes (-b) to the nearest unit, as native does. */
  #inUnits(count: number): string {
    return String(this.#isApparent ? Math.round(count) : Math.ceil(count));
  }

  #show(bytes: number, path: ByteString): MaybePromise<void> {
    const text = this.unit === "h"
      ? humanSize(bytes)
      : this.unit === "b"
      ? String(bytes)
      : this.#inUnits(bytes / (this.unit === "m" ? 1048576 : 1024));
    return this.ctx.out.print(`${text}\t${path}\n`);
  }
}
