/**
 * Copying files and trees, for cp, mv across file systems, and install.
 *
 * Source of behaviour: POSIX cp, BusyBox 1.35.
 *
 * @module
 */
import {
  type ByteString,
  type Directory,
  type DirEntry,
  type MaybePromise,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type OpenFile,
  type ProcessFs,
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
import { after, attempt, copyStream, deeper, inSequence } from "./sequence.ts";
import { Sink, Source } from "./streams.ts";

/** What of an applet's context copying needs. */
export type CopyContext = Pick<
  Context,
  | "process"
  | "fs"
  | "out"
  | "name"
  | "warn"
  | "confirm"
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

/**
 * A name in an open directory, or a path. Below the arguments a walk names single components, so
 * that nothing is resolved twice and a directory that is swapped meanwhile leads nowhere else.
 */
class Place {
  constructor(
    private readonly fs: ProcessFs,
    private readonly directory: Directory | undefined,
    private readonly name: ByteString,
    /** As it is shown. */
    readonly path: ByteString,
    /** Levels below the argument. */
    readonly depth = 0,
  ) {}

  /** The place of a name in this directory, once it is open. */
  below(directory: Directory, name: ByteString): Place {
    return new Place(this.fs, directory, name, joinPath(this.path, name), this.depth + 1);
  }

  stat(follow: boolean): Stat {
    const { directory, name, fs } = this;
    if (directory === undefined) return follow ? fs.stat(name) : fs.lstat(name);
    return follow ? directory.statAt(name) : directory.lstatAt(name);
  }

  open(flags: number, mode?: number): OpenFile {
    return this.directory === undefined
      ? this.fs.open(this.name, flags, mode)
      : this.directory.openAt(this.name, flags, mode);
  }

  asDirectory(): Directory {
    return this.directory === undefined
      ? this.fs.openDirectory(this.name)
      : this.directory.directoryAt(this.name, true);
  }

  makeDir(mode: number): void {
    if (this.directory === undefined) this.fs.makeDir(this.name, mode);
    else this.directory.makeDirAt(this.name, mode);
  }

  unlink(): void {
    if (this.directory === undefined) this.fs.unlink(this.name);
    else this.directory.unlinkAt(this.name);
  }

  readLink(): ByteString {
    return this.directory === undefined
      ? this.fs.readLink(this.name)
      : this.directory.readLinkAt(this.name);
  }

  symlink(target: ByteString): void {
    if (this.directory === undefined) this.fs.symlink(target, this.name);
    else this.directory.symlinkAt(target, this.name);
  }
}

/** Copies; remembers across calls what it made and which files had several names. */
export class Copier {
  /** Device and inode of directories that were copied to: they are never copied themselves. */
  readonly #entered = new Set<string>();
  /** Device and inode of a file with several names → its first copy. */
  readonly #linked = new Map<string, ByteString>();

  /** @param ctx Who copies. @param options How. */
  constructor(private readonly ctx: CopyContext, private readonly options: CopyOptions) {}

  /** Copies one file or tree; false when something failed, which has been told. */
  copy(source: ByteString, target: ByteString): MaybePromise<boolean> {
    const { fs } = this.ctx;
    return this.#copy(
      new Place(fs, undefined, source, source),
      new Place(fs, undefined, target, target),
      true,
    );
  }

  /** @param isNew The directory of the target was made just now, so that nothing is in it. */
  #copy(source: Place, target: Place, top: boolean, isNew = false): MaybePromise<boolean> {
    const { options } = this;
    const follow = options.follow === "all" || (options.follow === "top" && top);
    let from: Stat | undefined;
    let to: Stat | undefined;
    try {
      from = source.stat(follow);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      // A link is made without looking at what it is to point to.
      if (options.link === undefined || error.code !== "ENOENT") {
        return this.#failed(`can't stat '${source.path}': ${error.reason}`);
      }
    }
    try {
      if (!isNew) to = target.stat(false);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code !== "ENOENT") {
        return this.#failed(`can't stat '${target.path}': ${error.reason}`);
      }
    }
    if (from !== undefined && to !== undefined && from.dev === to.dev && from.ino === to.ino) {
      return this.#failed(`'${source.path}' and '${target.path}' are the same file`);
    }
    const type = from === undefined ? S_IFREG : from.mode & S_IFMT;
    if (from !== undefined && type === S_IFDIR) {
      return deeper(source.depth, () => this.#directory(source, target, from, to));
    }
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

  #told(source: Place, target: Place): void {
    if (!this.options.verbose) return;
    void this.ctx.out.print(`'${source.path}' -> '${target.path}'\n`);
  }

  /** Whether the destination may be written: asks where asked to. */
  #mayReplace(
    target: Place,
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
    return ctx.confirm(`${ctx.name}: overwrite '${target.path}'? `);
  }

  /** Takes away what stands in the way, where that is allowed. */
  #clear(target: Place, to: Stat | undefined): void {
    if (to !== undefined && (this.options.force || this.options.interactive)) {
      target.unlink();
    }
  }

  #link(source: Place, target: Place, to: Stat | undefined): boolean {
    const { fs } = this.ctx;
    try {
      this.#clear(target, to);
      if (this.options.link === "hard") fs.link(source.path, target.path);
      else target.symlink(source.path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't create '${target.path}': ${error.reason}`);
    }
    // Native is silent about links with -v too.
    return true;
  }

  #directory(
    source: Place,
    target: Place,
    from: Stat,
    to: Stat | undefined,
  ): MaybePromise<boolean> {
    const { ctx, options } = this;
    const { fs } = ctx;
    if (!options.recursive) return this.#failed(`omitting directory '${source.path}'`);
    let made = false;
    if (this.#entered.has(`${from.dev}:${from.ino}`)) {
      return this.#failed(`recursion detected, omitting directory '${source.path}'`);
    }
    try {
      if (to !== undefined && (to.mode & S_IFMT) !== S_IFDIR) {
        const found = fs.tryStat(target.path);
        if (found === undefined || (found.mode & S_IFMT) !== S_IFDIR) {
          return this.#failed(`target '${target.path}' is not a directory`);
        }
      }
      if (to === undefined) {
        // Its own user can always write it while it is being filled.
        target.makeDir((from.mode & 0o7777 & ~ctx.process.umask) | 0o700);
        made = true;
      }
      const stat = target.stat(true);
      this.#entered.add(`${stat.dev}:${stat.ino}`);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't create directory '${target.path}': ${error.reason}`);
    }
    let inner: Directory;
    let outer: Directory;
    let entries: DirEntry[];
    try {
      inner = source.asDirectory();
      entries = inner.entries();
      outer = target.asDirectory();
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't open '${source.path}': ${error.reason}`);
    }
    let good = true;
    const copied = inSequence(entries, ({ name }) => {
      const copying = after(
        this.#copy(
          source.below(inner, name),
          target.below(outer, name),
          false,
          made,
        ),
        (went) => {
          if (!went) good = false;
        },
      );
      const pause = ctx.process.tick(16);
      return pause === undefined ? copying : Promise.all([pause, copying]).then(() => {});
    });
    return after(copied, () => {
      if (options.preserve) this.#preserve(target.path, from);
      else if (made) {
        try {
          fs.chmod(target.path, from.mode & 0o7777 & ~ctx.process.umask);
        } catch (error) {
          if (!isVfsError(error)) throw error;
          good = this.#failed(`can't preserve permissions of '${target.path}': ${error.reason}`);
        }
      }
      this.#told(source, target);
      return good;
    });
  }

  #file(
    source: Place,
    target: Place,
    from: Stat,
    to: Stat | undefined,
  ): MaybePromise<boolean> {
    const { ctx, options } = this;
    const { fs } = ctx;
    // Names of one file stay so where no link is followed at all, as native.
    if (options.follow === "none" && from.nlink > 1) {
      const key = `${from.dev}:${from.ino}`;
      const first = this.#linked.get(key);
      if (first !== undefined) {
        try {
          if (to !== undefined) target.unlink();
          fs.link(first, target.path);
          this.#told(source, target);
          return true;
        } catch (error) {
          // Where links cannot be made a copy will do.
          if (!isVfsError(error)) throw error;
        }
      } else this.#linked.set(key, target.path);
    }
    let good = true;
    let input: Source;
    try {
      input = new Source(source.open(O_RDONLY), ctx.process, source.path, true);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't open '${source.path}': ${error.reason}`);
    }
    let file: OpenFile;
    const flags = O_WRONLY | O_CREAT | O_TRUNC;
    const mode = (from.mode & S_IFMT) === S_IFREG ? from.mode & 0o7777 : 0o666;
    try {
      // Who was asked gets a new file, with the mode of its source.
      if (to !== undefined && options.interactive) target.unlink();
      file = target.open(flags, mode);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      try {
        if (to === undefined || !options.force) throw error;
        target.unlink();
        file = target.open(flags, mode);
      } catch (last) {
        if (!isVfsError(last)) throw last;
        input.close();
        return this.#failed(`can't create '${target.path}': ${last.reason}`);
      }
    }
    const sink = new Sink(file, ctx.process, target.path, true);
    if (options.clone) {
      input.close();
      sink.close();
      return this.#failed(
        `failed to clone '${target.path}' from '${source.path}': Operation not supported`,
      );
    }
    const close = (): void => {
      input.close();
      sink.close();
    };
    let copying: MaybePromise<void>;
    try {
      copying = attempt(() => copyStream(ctx.process, input, sink), (error) => {
        good = this.#failed(
          `${error.code === "EISDIR" ? "read" : "write"} error: ${error.reason}`,
        );
      });
      if (copying instanceof Promise) {
        copying = copying.catch((error) => {
          close();
          throw error;
        });
      }
    } catch (error) {
      close();
      throw error;
    }
    return after(copying, () => {
      close();
      if (options.preserve) this.#preserve(target.path, from);
      if (good) this.#told(source, target);
      return good;
    });
  }

  /** Links, FIFOs and devices are made anew. */
  #special(source: Place, target: Place, from: Stat, to: Stat | undefined): boolean {
    const { fs } = this.ctx;
    const type = from.mode & S_IFMT;
    try {
      this.#clear(target, to);
      if (type === S_IFLNK) target.symlink(source.readLink());
      else {
        const device = type === S_IFCHR || type === S_IFBLK;
        fs.makeNode(target.path, from.mode, device ? from.rdev : 0);
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#failed(`can't create '${target.path}': ${error.reason}`);
    }
    if (this.options.preserve) this.#preserve(target.path, from);
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
