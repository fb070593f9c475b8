import { type Applet, type Context, defineApplet } from "./contract.ts";
import {
  type ByteString,
  type MaybePromise,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  type Stat,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { Copier } from "./_lib/copy_tree.ts";
import { joinPath, lastComponent } from "./_lib/path_text.ts";
import { removeTree } from "./_lib/remove_tree.ts";
import { after, inTurns } from "./_lib/sequence.ts";

/** Renames and moves. Source of behaviour: POSIX mv, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "mv",
  usage: "[-finT] SOURCE DEST\nor: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }",
  about: "Rename SOURCE to DEST, or move SOURCEs into DIRECTORY",
  lostOutput: "ignore",
  options: {
    i: { long: "interactive", help: "Ask before overwriting" },
    f: { long: "force", help: "Never ask" },
    n: { long: "no-clobber", help: "Never overwrite" },
    T: { long: "no-target-directory", excludes: ["t"], help: "DEST is no directory to move into" },
    t: { arg: "DIR", long: "target-directory", excludes: ["T"], help: "Move all SOURCEs into DIR" },
    v: { long: "verbose" },
  },
  run(ctx) {
    const { opts, fs } = ctx;
    const operands = [...ctx.operands];
    if (operands.length < (opts.t === undefined ? 2 : 1) || (opts.T && operands.length !== 2)) {
      ctx.usage();
    }
    const mover = new Mover(ctx as unknown as Context);
    const target = opts.t ?? operands.pop()!;
    if (opts.t === undefined && operands.length === 1) {
      let directory = false;
      try {
        directory = (fs.stat(target).mode & S_IFMT) === S_IFDIR;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        if (error.code !== "ENOENT") {
          const reason = error.code === "ENOTDIR"
            ? "Path has non-directory component"
            : error.reason;
          return ctx.fail(`can't stat '${target}': ${reason}`);
        }
      }
      if (!directory) return mover.move(operands[0], target);
      if (opts.T) {
        const source = fs.tryStat(operands[0], { follow: false });
        if (source === undefined || (source.mode & S_IFMT) !== S_IFDIR) {
          return ctx.fail(`'${target}' is a directory`);
        }
        return mover.move(operands[0], target);
      }
    }
    return inTurns(
      ctx.process,
      operands,
      (source) => mover.move(source, joinPath(target, lastComponent(source))),
    );
  },
});

class Mover {
  readonly #last: string | undefined;

  constructor(private readonly ctx: Context) {
    this.#last = ctx.order.findLast((name) => name === "i" || name === "f" || name === "n");
  }

  move(source: ByteString, target: ByteString): MaybePromise<void> {
    const { ctx } = this;
    let there: Stat | undefined;
    try {
      there = ctx.fs.lstat(target);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code === "ENOTDIR") {
        ctx.warn(`can't stat '${target}': Path has non-directory component`);
        return this.#told(source, target);
      }
    }
    if (there !== undefined) {
      if (this.#last === "n") return this.#told(source, target);
      const ask = this.#last === "i" ||
        (this.#last !== "f" && (there.mode & S_IFMT) !== S_IFLNK && ctx.stdin.isTerminal &&
          !ctx.fs.access(target, 2));
      if (ask) {
        return after(
          ctx.confirm(`mv: overwrite '${target}'? `),
          (yes) => yes ? this.#rename(source, target) : undefined,
        );
      }
    }
    return this.#rename(source, target);
  }

  #told(source: ByteString, target: ByteString): void {
    if (this.ctx.opts.v) void this.ctx.out.print(`'${source}' -> '${target}'\n`);
  }

  #rename(source: ByteString, target: ByteString): MaybePromise<void> {
    try {
      this.ctx.fs.rename(source, target);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code === "EXDEV") return this.#across(source, target);
      this.ctx.warn(`can't rename '${source}': ${error.reason}`);
    }
    this.#told(source, target);
  }

  /** To another file system: a copy, and the original is removed. */
  #across(source: ByteString, target: ByteString): MaybePromise<void> {
    const { ctx } = this;
    const from = ctx.fs.tryStat(source, { follow: false });
    const to = ctx.fs.tryStat(target, { follow: false });
    if (from === undefined) return ctx.warn(`can't rename '${source}': No such file or directory`);
    if (to !== undefined) {
      const fromDirectory = (from.mode & S_IFMT) === S_IFDIR;
      const toDirectory = (to.mode & S_IFMT) === S_IFDIR;
      if (fromDirectory !== toDirectory) {
        return ctx.warn(
          fromDirectory
            ? "can't overwrite non-directory with directory"
            : "can't overwrite directory with non-directory",
        );
      }
      try {
        ctx.fs.unlink(target);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.warn(`can't remove '${target}': ${error.reason}`);
      }
    }
    const copier = new Copier(ctx, { follow: "none", recursive: true, preserve: true });
    return after(copier.copy(source, target), (copied) => {
      if (!copied) {
        ctx.status = 1;
        return;
      }
      const removed = removeTree(ctx, source, { recursive: true, force: true });
      return after(removed, (good) => {
        if (!good) ctx.status = 1;
        else this.#told(source, target);
      });
    });
  }
}
