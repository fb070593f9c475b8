/**
 * Writing tar archives.
 * @module
 */
import {
  type ByteString,
  type Directory,
  type DirEntry,
  type MaybePromise,
  O_RDONLY,
  type OpenFile,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import type { Context, OptionTable } from "../contract.ts";
import { Accounts } from "../_lib/accounts.ts";
import type { ArchiveWriter } from "../_lib/archive/archive_writer.ts";
import { after, deeper, inSequence } from "../_lib/sequence.ts";
import { BLOCK, headerBlocks, type NewHeader } from "./format.ts";

/** How to reach a member: by its path, or by its name in a directory that is held open. */
interface At {
  readonly directory: Directory | undefined;
  readonly name: ByteString;
}

/** How to create. */
export interface CreateOptions {
  readonly follow: boolean;
  readonly recursive: boolean;
  readonly numericOwner: boolean;
  /** Is told of each member. */
  readonly tell?: (name: ByteString) => void;
  /** Makes names safe, telling of it once. */
  readonly safe: (name: ByteString) => ByteString;
  /** The archive itself, which is left out. */
  readonly self?: Stat;
}

/** Adds trees to an archive. */
export class Creator<T extends OptionTable> {
  readonly #accounts: Accounts;
  /** Files with several names: device and inode → the name that came first. */
  readonly #seen = new Map<string, ByteString>();
  readonly #block = new Uint8Array(BLOCK);
  /** Whether something could not be added. */
  failed = false;

  /** @param ctx The applet. @param out The archive. @param options How. */
  constructor(
    private readonly ctx: Context<T>,
    private readonly out: ArchiveWriter,
    private readonly options: CreateOptions,
  ) {
    this.#accounts = new Accounts(ctx.fs);
  }

  #fail(message: ByteString): void {
    this.failed = true;
    this.ctx.say(`${this.ctx.name}: ${message}\n`);
  }

  /** Adds a path and, if it is a directory, what is in it. */
  add(path: ByteString): MaybePromise<void> {
    const { ctx, options } = this;
    let stat: Stat;
    try {
      stat = options.follow ? ctx.fs.stat(path) : ctx.fs.lstat(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#fail(`${path}: ${error.reason}`);
    }
    return this.#add(path, stat, { directory: undefined, name: path }, 0);
  }

  #add(path: ByteString, stat: Stat, at: At, depth: number): MaybePromise<void> {
    const pause = this.ctx.tick(50);
    if (pause !== undefined) return pause.then(() => this.#addNow(path, stat, at, depth));
    return this.#addNow(path, stat, at, depth);
  }

  #addNow(path: ByteString, stat: Stat, at: At, depth: number): MaybePromise<void> {
    const { ctx, options } = this;
    const type = stat.mode & S_IFMT;
    const { self } = options;
    if (self !== undefined && self.dev === stat.dev && self.ino === stat.ino) {
      ctx.say(`${ctx.name}: ${path}: file is the archive; skipping\n`);
      return;
    }
    if (type === S_IFSOCK) {
      ctx.say(`${ctx.name}: ${path}: socket ignored\n`);
      return;
    }
    // As in native, one slash at the end goes before the name is made safe, so `..` itself is kept.
    let name = options.safe(path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path);
    if (name !== "" && type === S_IFDIR) name += "/";
    // What is left of `/` has no name, but what is in it has.
    const written = name === "" ? undefined : this.#member(path, name, stat, at);
    if (type !== S_IFDIR || !options.recursive) return written;
    return after(written, () => deeper(depth, () => this.#children(path, at, depth)));
  }

  /** A walk holds the directory and checks one component for each member, not the whole path. */
  #children(path: ByteString, at: At, depth: number): MaybePromise<void> {
    const { options, ctx } = this;
    let directory: Directory;
    let entries: readonly DirEntry[];
    try {
      directory = at.directory === undefined
        ? ctx.fs.openDirectory(at.name)
        : at.directory.directoryAt(at.name, options.follow);
      entries = directory.entries();
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#fail(`can't open '${path}': ${error.reason}`);
    }
    const base = path.replace(/\/+$/, "") + "/";
    return inSequence(entries, ({ name }) => {
      let stat: Stat;
      try {
        stat = options.follow ? directory.statAt(name) : directory.lstatAt(name);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return this.#fail(`${base}${name}: ${error.reason}`);
      }
      return this.#add(base + name, stat, { directory, name }, depth + 1);
    });
  }

  #member(path: ByteString, name: ByteString, stat: Stat, at: At): MaybePromise<void> {
    const { ctx, options } = this;
    const { directory } = at;
    const type = stat.mode & S_IFMT;
    let link: ByteString | undefined;
    let isHardLink = false;
    if (type !== S_IFDIR && stat.nlink > 1) {
      const id = `${stat.dev}:${stat.ino}`;
      link = this.#seen.get(id);
      isHardLink = link !== undefined;
      if (link === undefined) this.#seen.set(id, name);
    }
    if (!isHardLink && type === S_IFLNK) {
      try {
        link = directory === undefined ? ctx.fs.readLink(at.name) : directory.readLinkAt(at.name);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return this.#fail(`${path}: ${error.reason}`);
      }
    }
    let file: OpenFile | undefined;
    if (!isHardLink && type === S_IFREG) {
      try {
        file = directory === undefined
          ? ctx.fs.open(at.name, O_RDONLY)
          : directory.openAt(at.name, O_RDONLY);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return this.#fail(`can't open '${path}': ${error.reason}`);
      }
    }
    let writing: MaybePromise<void>;
    try {
      options.tell?.(name);
      writing = this.#header({
        name,
        stat,
        userName: this.#accounts.userName(stat.uid) ?? "",
        groupName: this.#accounts.groupName(stat.gid) ?? "",
        ...(link === undefined ? {} : { link }),
        isHardLink,
      });
      if (file !== undefined) {
        const source = file;
        writing = after(writing, () => this.#data(source, stat.size, path));
      }
    } catch (error) {
      file?.release();
      throw error;
    }
    if (writing instanceof Promise) return writing.finally(() => file?.release());
    file?.release();
  }

  #header(header: NewHeader): MaybePromise<void> {
    return inSequence(headerBlocks(header, this.#block), (block) => this.out.write(block));
  }

  /** Writes what the header promised: no more, and no less even if the file shrinks meanwhile. */
  #data(file: OpenFile, size: number, path: ByteString): MaybePromise<void> {
    const { out, ctx } = this;
    let position = 0;
    const go = (): MaybePromise<void> => {
      while (position < size) {
        const room = out.room(size - position);
        if (room instanceof Promise) return room.then(go);
        const count = file.pread(room, position);
        if (count === 0) {
          this.#fail(`short read from ${path}`);
          break;
        }
        position += count;
        const full = out.added(count);
        if (full instanceof Promise) return full.then(go);
        const pause = ctx.tick(1 + (count >> 6));
        if (pause !== undefined) return pause.then(go);
      }
      return out.zeros(size - position + (-size & (BLOCK - 1)));
    };
    return go();
  }

  /** Ends the archive. */
  async finish(): Promise<void> {
    await this.out.zeros(2 * BLOCK);
    await this.out.finish();
  }
}
