/**
 * Copying files and trees, for cp, mv across file systems, and install.
 *
 * Source of behaviour: POSIX cp, BusyBox 1.35.
 *
 * @module
 */
import {
  type ByteString,
  type MaybePromise,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type OpenFile,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Stat,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { Context } from "../contract.ts";
import { joinPath } from "./path_text.ts";
import { after, attempt, copyStream, inSequence } from "./sequence.ts";

/** What of an applet's context copying needs. */
export type CopyContext = Pick<
  Context,
  | "process"
  | "fs"
  | "out"
  | "name"
  | "warn"
  | "confirm"
  | "openOrThrow"
  | "sinkOf"
>;

/** How to copy. */
export interface CopyOptions {
  /** Which links are followed: all, those given as arguments, or none. */
  readonly follow: "all" | "top" | "none";
  readonly recursive?: boolean;
  /** Keep times, owner and mode. */
  readonly preserve?: boolean;
  /** Remove a destination that is in the way. */
  readonly force?: boolean;
  /** Ask before a destination is replaced. */
  readonly interactive?: boolean;
  /** Leave destinations that exist alone. */
  readonly keep?: boolean;
  /** Make links instead of copies. */
  readonly link?: "hard" | "symbolic";
  /** Copy only what is newer. */
  readonly update?: boolean;
  /** Print what is copied. */
  readonly verbose?: boolean;
  /** Fail where the blocks cannot be shared, which they never can here. */
  readonly clone?: boolean;
}

/** Copies; remembers across calls what it made and which files had several names. */
export class Copier {
  /** Device and inode of directories that were made: never copied into themselves. */
  readonly #made = new Set<string>();
  /** Device and inode of a file with several names → its first copy. */
  readonly #linked = new Map<string, ByteString>();

  /** @param ctx Who copies. @param options How. */
  constructor(private readonly ctx: CopyContext, private readonly options: CopyOptions) {}

  /** Copies one file or tree; false when something failed, which has been told. */
  copy(source: ByteString, target: ByteString, top = true): MaybePromise<boolean> {
    const { ctx, options } = this;
    const { fs } = ctx;
    const follow = options.follow === "all" || (options.follow === "top" && top);
    let from: Stat | undefined;
    let to: Stat | undefined;
    try {
      from = follow ? fs.stat(source) : fs.lstat(source);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      // A link is made without looking at what it is to point to.
      if (options.link === undefined || error.code !== "ENOENT") {
        return this.#failed(`can't stat '${source}': ${error.reason}`);
      }
    }
    try {
      to = fs.lstat(target);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code !== "ENOENT") return this.#failed(`can't stat '${target}': ${error.reason}`);
    }
    if (from !== undefined && to !== undefined && from.dev === to.dev && from.ino === to.ino) {
      return this.#failed(`'${source}' and '${target}' are the same file`);
    }
    const type = from === undefined ? S_IFREG : from.mode & S_IFMT;
    if (from !== undefined && type === S_IFDIR) return this.#directory(source, target, from, to);
    return after(this.#mayReplace(target, from, to), (go) => {
      if (!go) return true;
      if (options.link !== undefined) return this.#link(source, target, to);
      return type === S_IFREG || !options.recursive && type !== S_IFLNK
        ? this.#file(source, target, from!, to)
        : this.#special(source, target, from!, to);
    });
  }

  #failed(message: ByteString): boolean {
    this.ctx.warn(message);
    return false;
  }

  #told(source: ByteString, target: ByteString): void {
    if (this.options.verbose) void this.ctx.out.print(`'${source}' -> '${target}'\n`);
  }

  /** Whether the destination may be written: asks where asked to. */
  #mayReplace(
    target: ByteString,
    from: Stat | undefined,
    to: Stat | undefined,
  ): MaybePromise<boolean> {
    if (to === undefined) return true;
    const { ctx, options } = this;
    if (options.keep) return false;
    if (
      options.update && from !== undefined &&
      to.mtimeNs / 1_000_000_000n >= from.mtimeNs / 1_000_000_000n
    ) return false;
    if (!options.interactive) return true;
    return ctx.confirm(`${ctx.name}: overwrite '${target}'? `);
  }

  /** Takes away what stands in the way, where that is allowed. */
  #clear(target: ByteString, to: Stat | undefined): void {
    if (to !== undefined && (this.options.force || this.options.interactive)) {
      this.ctx.fs.unlink(target);
    }
  }

  #link(source: ByteString, target: ByteString, to: Stat | undefined): boolean {
    const { fs } = this.ctx;
    try {
      this.#clear(target, to);
      if (this.options.link === "hard") fs.link(source, target);
      else fs.symlink(source, target);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't create '${target}': ${error.reason}`);
    }
    this.#told(source, target);
    return true;
  }

  #directory(
    source: ByteString,
    target: ByteString,
    from: Stat,
    to: Stat | undefined,
  ): MaybePromise<boolean> {
    const { ctx, options } = this;
    const { fs } = ctx;
    if (!options.recursive) return this.#failed(`omitting directory '${source}'`);
    let made = false;
    if (this.#made.has(`${from.dev}:${from.ino}`)) {
      return this.#failed(`recursion detected, omitting directory '${source}'`);
    }
    try {
      if (to !== undefined && (to.mode & S_IFMT) !== S_IFDIR) {
        const found = fs.tryStat(target);
        if (found === undefined || (found.mode & S_IFMT) !== S_IFDIR) {
          return this.#failed(`target '${target}' is not a directory`);
        }
      }
      if (to === undefined) {
        // Its own user can always write it while it is being filled.
        fs.makeDir(target, (from.mode & 0o7777 & ~ctx.process.umask) | 0o700);
        made = true;
        const stat = fs.stat(target);
        this.#made.add(`${stat.dev}:${stat.ino}`);
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't create directory '${target}': ${error.reason}`);
    }
    let names: ByteString[];
    try {
      names = fs.readDir(source).map((entry) => entry.name);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't open '${source}': ${error.reason}`);
    }
    let good = true;
    const copied = inSequence(names, (name) => {
      const copying = after(
        this.copy(joinPath(source, name), joinPath(target, name), false),
        (went) => {
          if (!went) good = false;
        },
      );
      const pause = ctx.process.tick(16);
      return pause === undefined ? copying : Promise.all([pause, copying]).then(() => {});
    });
    return after(copied, () => {
      if (options.preserve) this.#preserve(target, from);
      else if (made) {
        try {
          fs.chmod(target, from.mode & 0o7777 & ~ctx.process.umask);
        } catch (error) {
          if (!isVfsError(error)) throw error;
          good = this.#failed(`can't preserve permissions of '${target}': ${error.reason}`);
        }
      }
      this.#told(source, target);
      return good;
    });
  }

  #file(
    source: ByteString,
    target: ByteString,
    from: Stat,
    to: Stat | undefined,
  ): MaybePromise<boolean> {
    const { ctx, options } = this;
    const { fs } = ctx;
    if (options.recursive && from.nlink > 1) {
      const key = `${from.dev}:${from.ino}`;
      const first = this.#linked.get(key);
      if (first !== undefined) {
        try {
          if (to !== undefined) fs.unlink(target);
          fs.link(first, target);
          this.#told(source, target);
          return true;
        } catch (error) {
          // Where links cannot be made a copy will do.
          if (!isVfsError(error)) throw error;
        }
      } else this.#linked.set(key, target);
    }
    let good = true;
    let input;
    try {
      input = ctx.openOrThrow(source);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't open '${source}': ${error.reason}`);
    }
    let file: OpenFile;
    const flags = O_WRONLY | O_CREAT | O_TRUNC;
    const mode = (from.mode & S_IFMT) === S_IFREG ? from.mode & 0o7777 : 0o666;
    try {
      // Who was asked gets a new file, with the mode of its source.
      if (to !== undefined && options.interactive) fs.unlink(target);
      file = fs.open(target, flags, mode);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      try {
        if (to === undefined || !options.force) throw error;
        fs.unlink(target);
        file = fs.open(target, flags, mode);
      } catch (last) {
        if (!isVfsError(last)) throw last;
        input.close();
        return this.#failed(`can't create '${target}': ${last.reason}`);
      }
    }
    const sink = ctx.sinkOf(file, target);
    if (options.clone) {
      input.close();
      sink.close();
      return this.#failed(`failed to clone '${target}' from '${source}': Operation not supported`);
    }
    const copying = attempt(() => copyStream(ctx.process, input, sink), (error) => {
      good = this.#failed(
        `${error.code === "EISDIR" ? "read" : "write"} error: ${error.reason}`,
      );
    });
    return after(copying, () => {
      input.close();
      sink.close();
      if (options.preserve) this.#preserve(target, from);
      if (good) this.#told(source, target);
      return good;
    });
  }

  /** Links, FIFOs and devices are made anew. */
  #special(source: ByteString, target: ByteString, from: Stat, to: Stat | undefined): boolean {
    const { fs } = this.ctx;
    const type = from.mode & S_IFMT;
    try {
      this.#clear(target, to);
      if (type === S_IFLNK) fs.symlink(fs.readLink(source), target);
      else {
        const device = type === S_IFCHR || type === S_IFBLK;
        fs.makeNode(target, from.mode, device ? from.rdev : 0);
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't create '${target}': ${error.reason}`);
    }
    if (this.options.preserve) this.#preserve(target, from);
    this.#told(source, target);
    return true;
  }

  #preserve(target: ByteString, from: Stat): void {
    const { ctx } = this;
    const { fs } = ctx;
    const isLink = (from.mode & S_IFMT) === S_IFLNK;
    const followed = { follow: !isLink };
    const step = (what: string, work: () => void): boolean => {
      try {
        work();
        return true;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        // A copy that cannot be given away is a copy none the less (native says so and goes on).
        void ctx.out.flush();
        const { status } = ctx as { status?: number };
        ctx.warn(`can't preserve ${what} of '${target}': ${error.reason}`);
        (ctx as { status?: number }).status = status;
        return false;
      }
    };
    step("times", () => fs.setTimes(target, from.atimeNs, from.mtimeNs, followed));
    const owner = fs.lstat(target);
    let mode = from.mode & 0o7777;
    if (owner.uid !== from.uid || owner.gid !== from.gid) {
      if (!step("ownership", () => fs.chown(target, from.uid, from.gid, followed))) {
        mode &= ~0o6000;
      }
    }
    if (!isLink) step("permissions", () => fs.chmod(target, mode));
  }
}
