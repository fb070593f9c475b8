import {
  type ByteString,
  type MaybePromise,
  S_IFDIR,
  S_IFMT,
  type Stat,
} from "../sandbox/types.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
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
    d: { arg: "N", numeric: true, help: "Show N levels of directories" },
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
      opts.s ? 0 : opts.d ?? Infinity,
      // -b says what is counted; -h still says how it is shown.
      ctx.order.findLast((name) => "hmk".includes(name)) ?? (opts.b ? "b" : "k"),
    );
    return walker.run(ctx.operands.length === 0 ? ["."] : ctx.operands);
  },
});

/** A directory that is being summed. */
interface Level {
  readonly path: ByteString;
  readonly names: readonly ByteString[];
  next: number;
  total: number;
}

type DuContext = Omit<Context, "opts"> & {
  readonly opts: { readonly [name: string]: string | number | boolean | undefined };
};

class Walker {
  readonly #seen = new Set<string>();
  #device = 0;

  constructor(
    private readonly ctx: DuContext,
    private readonly depth: number,
    private readonly unit: string,
  ) {}

  async run(paths: readonly ByteString[]): Promise<void> {
    const { ctx } = this;
    let sum = 0;
    for (const path of paths) {
      const total = await this.#tree(path);
      sum += total ?? 0;
    }
    if (ctx.opts.c) await this.#show(sum, "total");
  }

  /** Sums a tree without recursing; undefined when the argument is not there. */
  async #tree(root: ByteString): Promise<number | undefined> {
    const { ctx } = this;
    const { opts } = ctx;
    const stat = this.#stat(root, !!(opts.H || opts.L));
    if (stat === undefined) return undefined;
    this.#device = stat.dev;
    const first = this.#enter(root, stat);
    if (first === "again") return 0;
    if (first === undefined) {
      const size = this.#sizeOf(stat);
      if (size !== undefined) await this.#show(size, root);
      return size;
    }
    const stack: Level[] = [first];
    for (;;) {
      const level = stack[stack.length - 1];
      if (level.next === level.names.length) {
        stack.pop();
        if (stack.length <= this.depth) await this.#show(level.total, level.path);
        if (stack.length === 0) return level.total;
        stack[stack.length - 1].total += level.total;
        continue;
      }
      const path = joinPath(level.path, level.names[level.next++]);
      const inner = this.#stat(path, !!opts.L);
      const pause = ctx.tick(8);
      if (pause !== undefined) await pause;
      if (inner === undefined || (opts.x && inner.dev !== this.#device)) continue;
      const child = this.#enter(path, inner);
      if (child === "again") continue;
      if (child !== undefined) {
        stack.push(child);
        continue;
      }
      const size = this.#sizeOf(inner);
      if (size === undefined) continue;
      level.total += size;
      if (opts.a && stack.length <= this.depth) await this.#show(size, path);
    }
  }

  #stat(path: ByteString, follow: boolean): Stat | undefined {
    try {
      return follow ? this.ctx.fs.stat(path) : this.ctx.fs.lstat(path);
    } catch (error) {
      this.ctx.warnError(path, error);
      return undefined;
    }
  }

  /** Starts a directory; undefined for anything else, and "again" for one that was counted before. */
  #enter(path: ByteString, stat: Stat): Level | "again" | undefined {
    if ((stat.mode & S_IFMT) !== S_IFDIR) return undefined;
    const key = `${stat.dev}:${stat.ino}`;
    let names: ByteString[] = [];
    const { opts } = this.ctx;
    // With links followed, a directory could lead back to itself.
    if (this.#seen.has(key) && (opts.L || !opts.l)) return "again";
    this.#seen.add(key);
    try {
      names = this.ctx.fs.readDir(path).map(({ name }) => name);
    } catch (error) {
      this.ctx.warnError(path, error);
    }
    return { path, names, next: 0, total: this.#bytes(stat) };
  }

  #bytes(stat: Stat): number {
    return this.ctx.opts.b ? stat.size : stat.blocks * 512;
  }

  /** Size of a file; undefined for one that was counted under another name. */
  #sizeOf(stat: Stat): number | undefined {
    if (stat.nlink > 1 && !this.ctx.opts.l) {
      const key = `${stat.dev}:${stat.ino}`;
      if (this.#seen.has(key)) return undefined;
      this.#seen.add(key);
    }
    return this.#bytes(stat);
  }

  /** Blocks are rounded up, bytes (-b) to the nearest unit, as native does. */
  #inUnits(count: number): string {
    return String(this.ctx.opts.b ? Math.round(count) : Math.ceil(count));
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
