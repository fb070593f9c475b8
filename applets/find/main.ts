import { type Applet, type Context, defineApplet } from "../contract.ts";
import {
  type ByteString,
  type Directory,
  type DirEntry,
  type MaybePromise,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  type Stat,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { lastComponent } from "../_lib/path_text.ts";
import { after, deeper, inSequence, inTurns } from "../_lib/sequence.ts";
import { evaluate, type Found, parseExpression, type Plan, Quit } from "./expression.ts";

/** Searches for files. Source of behaviour: POSIX find, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "find",
  usage: "[-HL] [PATH]... [OPTIONS] [ACTIONS]",
  about: "Search directories for files and do something with them.\n" +
    "\n" +
    "\t-L,-follow\tFollow links\n" +
    "\t-H\t\tFollow links given as PATHs\n" +
    "\t-xdev\t\tStay on the file system of the PATH\n" +
    "\t-maxdepth N\tGo down N levels at most\n" +
    "\t-mindepth N\tLeave out the first N levels\n" +
    "\t-depth\t\tContents before their directory\n" +
    "\n" +
    "Tests: -name -iname -path -ipath -regex PATTERN, -type [fdlbcsp], -executable,\n" +
    "-perm [+-]MODE, -mtime -atime -ctime [+-]DAYS, -mmin -amin -cmin [+-]MINUTES,\n" +
    "-newer -samefile FILE, -inum N, -user -group NAME, -size [+-]N[bck], -links [+-]N, -empty\n" +
    "Actions: -print -print0 -prune -quit -delete, -exec CMD ARG ; and -exec CMD ARG {} +\n" +
    "Operators: ( ) ! -a -o",
  lostOutput: "ignore",
  options: { H: {}, L: {} },
  raw: true,
  run(ctx) {
    const words = ctx.operands;
    let at = 0;
    let follow: "all" | "top" | "none" = "none";
    for (; /^-[HLP]+$/.test(words[at] ?? ""); at++) {
      // -P has no effect, and -L is stronger than -H, in any order.
      if (words[at].includes("L")) follow = "all";
      else if (words[at].includes("H") && follow === "none") follow = "top";
    }
    if (words[at] === "--") at++;
    const from = at;
    while (at < words.length && !/^(-|[(!]$)/.test(words[at])) at++;
    const paths = at === from ? ["."] : words.slice(from, at);
    const plan = parseExpression(ctx as unknown as Context, words.slice(at));
    if (plan.follow) follow = "all";
    const walk = new Walk(ctx as unknown as Context, plan, follow);
    return walk.run(paths);
  },
});

/** Where something stands: a name in an open directory, or a path. */
interface Place {
  readonly directory: Directory | undefined;
  readonly name: ByteString;
}

class Item implements Found {
  pruned = false;
  #stat: Stat | undefined;
  #self: Directory | undefined;

  constructor(
    private readonly ctx: Context,
    readonly path: ByteString,
    readonly name: ByteString,
    readonly type: number,
    private readonly place: Place,
    private readonly follow: boolean,
    stat: Stat | undefined,
  ) {
    this.#stat = stat;
  }

  stat(): Stat {
    return this.#stat ??= statOf(this.ctx, this.place, this.follow);
  }

  /** The directory itself, opened once. @throws {VfsError} */
  open(): Directory {
    const { directory, name } = this.place;
    return this.#self ??= directory === undefined
      ? this.ctx.fs.openDirectory(name)
      : directory.directoryAt(name, this.follow);
  }

  entries(): DirEntry[] {
    return this.open().entries();
  }

  remove(): void {
    const { directory, name } = this.place;
    if (this.type === S_IFDIR) {
      if (directory === undefined) this.ctx.fs.removeDir(name);
      else directory.removeDirAt(name);
    } else if (directory === undefined) this.ctx.fs.unlink(name);
    else directory.unlinkAt(name);
  }
}

function statOf(ctx: Context, place: Place, follow: boolean): Stat {
  const { directory, name } = place;
  if (!follow) return directory === undefined ? ctx.fs.lstat(name) : directory.lstatAt(name);
  try {
    return directory === undefined ? ctx.fs.stat(name) : directory.statAt(name);
  } catch (error) {
    // A link to nowhere is shown as the link it is.
    if (!isVfsError(error) || error.code !== "ENOENT") throw error;
    return directory === undefined ? ctx.fs.lstat(name) : directory.lstatAt(name);
  }
}

class Walk {
  #device = -1;

  constructor(
    private readonly ctx: Context,
    private readonly plan: Plan,
    private readonly follow: "all" | "top" | "none",
  ) {}

  run(paths: readonly ByteString[]): MaybePromise<void> {
    const finish = (): MaybePromise<void> => inSequence(this.plan.commands, (each) => each.flush());
    const quit = (error: unknown): void => {
      if (!(error instanceof Quit)) throw error;
    };
    let walking: MaybePromise<void>;
    try {
      walking = inTurns(this.ctx.process, paths, (path) => this.#root(path));
    } catch (error) {
      quit(error);
      walking = undefined;
    }
    return after(walking instanceof Promise ? walking.catch(quit) : walking, finish);
  }

  #root(path: ByteString): MaybePromise<void> {
    const { ctx } = this;
    const place = { directory: undefined, name: path };
    const follow = this.follow !== "none";
    let item: Item;
    try {
      const stat = statOf(ctx, place, follow);
      this.#device = stat.dev;
      item = new Item(
        ctx,
        path,
        lastComponent(path),
        stat.mode & S_IFMT,
        place,
        follow,
        stat,
      );
    } catch (error) {
      ctx.warnError(path, error);
      return;
    }
    return this.#visit(item, 0, undefined);
  }

  #visit(item: Item, depth: number, above: Ancestors | undefined): MaybePromise<void> {
    const { plan } = this;
    if (item.type !== S_IFDIR) return this.#apply(item, depth);
    if (plan.depthFirst) {
      return after(this.#descend(item, depth, above), () => this.#apply(item, depth));
    }
    const applied = this.#apply(item, depth);
    if (applied instanceof Promise) {
      return applied.then(() => item.pruned ? undefined : this.#descend(item, depth, above));
    }
    return item.pruned ? undefined : this.#descend(item, depth, above);
  }

  /** Tests one file and does what is to be done. */
  #apply(item: Item, depth: number): MaybePromise<void> {
    const { ctx, plan } = this;
    if (depth < plan.minDepth) return;
    let holds: MaybePromise<boolean>;
    try {
      holds = evaluate(plan.alternatives, item);
    } catch (error) {
      // It went away between its name and its details.
      ctx.warnError(item.path, error);
      return;
    }
    if (holds instanceof Promise) {
      return holds.then((held) => {
        if (held && !plan.acts) void ctx.out.print(item.path + "\n");
      });
    }
    if (holds && !plan.acts) void ctx.out.print(item.path + "\n");
  }

  #descend(item: Item, depth: number, above: Ancestors | undefined): MaybePromise<void> {
    if (depth >= this.plan.maxDepth) return;
    return deeper(depth, () => this.#enter(item, depth, above));
  }

  #enter(item: Item, depth: number, above: Ancestors | undefined): MaybePromise<void> {
    const { ctx, plan } = this;
    let directory: Directory;
    let entries: DirEntry[];
    let here = above;
    try {
      if (plan.oneFileSystem && depth > 0 && item.stat().dev !== this.#device) return;
      if (this.follow === "all") {
        const { dev, ino } = item.stat();
        for (let each = above; each !== undefined; each = each.above) {
          if (each.dev !== dev || each.ino !== ino) continue;
          ctx.warn(`${item.path}: Too many levels of symbolic links`);
          return;
        }
        here = { dev, ino, above };
      }
      directory = item.open();
      entries = directory.entries();
    } catch (error) {
      ctx.warnError(item.path, error);
      return;
    }
    const prefix = item.path.endsWith("/") ? item.path : item.path + "/";
    const visited = inSequence(entries, (entry) => {
      const { name } = entry;
      let { type } = entry;
      const place = { directory, name };
      let stat: Stat | undefined;
      const follow = this.follow === "all" && (type === S_IFLNK || type === 0);
      try {
        if (follow || type === 0) {
          stat = statOf(ctx, place, follow);
          type = stat.mode & S_IFMT;
        }
      } catch (error) {
        ctx.warnError(prefix + name, error);
        return;
      }
      const done = this.#visit(
        new Item(ctx, prefix + name, name, type, place, this.follow === "all", stat),
        depth + 1,
        here,
      );
      // What is asked of an entry may take long: a pattern with references, say.
      const turn = ctx.process.tick(1);
      return turn === undefined ? done : after(done, () => turn);
    });
    const pause = ctx.out.pending() ?? ctx.process.tick(4 + entries.length);
    return pause === undefined ? visited : after(visited, () => pause);
  }
}

/** Directories that lead to one, to notice links that go round in circles. */
interface Ancestors {
  readonly dev: number;
  readonly ino: number;
  readonly above: Ancestors | undefined;
}
