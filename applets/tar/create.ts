/**
 * Writing tar archives.
 * @module
 */
import {
  type ByteString,
  type Directory,
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
import { type Context, type OptionTable, Source } from "../contract.ts";
import { Accounts } from "../_lib/accounts.ts";
import type { ArchiveWriter } from "../_lib/archive/archive_writer.ts";
import { BLOCK, headerBlocks } from "./format.ts";

/** How to reach a member: by its path, or by its name in a directory that is held open. */
interface Access {
  readonly directory: () => Directory;
  readonly open: () => OpenFile;
  readonly readLink: () => ByteString;
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
  async add(path: ByteString): Promise<void> {
    const { ctx, options } = this;
    let stat: Stat;
    try {
      stat = options.follow ? ctx.fs.stat(path) : ctx.fs.lstat(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#fail(`${path}: ${error.reason}`);
    }
    const { fs } = ctx;
    await this.#add(path, stat, {
      directory: () => fs.openDirectory(path),
      open: () => fs.open(path, O_RDONLY),
      readLink: () => fs.readLink(path),
    });
  }

  async #add(path: ByteString, stat: Stat, access: Access): Promise<void> {
    const { ctx, options } = this;
    const pause = ctx.tick(50);
    if (pause !== undefined) await pause;
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
    // What is left of `/` has no name, but what is in it has.
    if (name !== "") {
      if (type === S_IFDIR) name += "/";
      await this.#member(path, name, stat, access);
    }
    if (type === S_IFDIR && options.recursive) await this.#children(path, access);
  }

  /** A walk holds the directory and checks one component for each member, not the whole path. */
  async #children(path: ByteString, access: Access): Promise<void> {
    const { options } = this;
    let directory: Directory;
    let names: ByteString[];
    try {
      directory = access.directory();
      names = directory.entries().map((entry) => entry.name);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.#fail(`can't open '${path}': ${error.reason}`);
    }
    const base = path.replace(/\/+$/, "") + "/";
    for (const each of names) {
      let stat: Stat;
      try {
        stat = options.follow ? directory.statAt(each) : directory.lstatAt(each);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        this.#fail(`${base}${each}: ${error.reason}`);
        continue;
      }
      await this.#add(base + each, stat, {
        directory: () => directory.directoryAt(each, options.follow),
        open: () => directory.openAt(each, O_RDONLY),
        readLink: () => directory.readLinkAt(each),
      });
    }
  }

  async #member(path: ByteString, name: ByteString, stat: Stat, access: Access): Promise<void> {
    const { ctx, options } = this;
    const type = stat.mode & S_IFMT;
    let link: ByteString | undefined;
    let isHardLink = false;
    let source: Source | undefined;
    if (type !== S_IFDIR && stat.nlink > 1) {
      const id = `${stat.dev}:${stat.ino}`;
      link = this.#seen.get(id);
      isHardLink = link !== undefined;
      if (link === undefined) this.#seen.set(id, name);
    }
    if (!isHardLink && type === S_IFLNK) {
      try {
        link = access.readLink();
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return this.#fail(`${path}: ${error.reason}`);
      }
    }
    if (!isHardLink && type === S_IFREG) {
      try {
        source = new Source(access.open(), ctx.process, path, true);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return this.#fail(`can't open '${path}': ${error.reason}`);
      }
    }
    try {
      options.tell?.(name);
      const blocks = headerBlocks({
        name,
        stat,
        userName: this.#accounts.userName(stat.uid) ?? "",
        groupName: this.#accounts.groupName(stat.gid) ?? "",
        ...(link === undefined ? {} : { link }),
        isHardLink,
      });
      for (const block of blocks) {
        const waiting = this.out.write(block);
        if (waiting !== undefined) await waiting;
      }
      if (source !== undefined) await this.#data(source, stat.size, path);
    } finally {
      source?.close();
    }
  }

  /** Writes what the header promised: no more, and no less even if the file shrinks meanwhile. */
  async #data(source: Source, size: number, path: ByteString): Promise<void> {
    const { out } = this;
    let left = size;
    while (left > 0) {
      const reading = source.readReused();
      const chunk = reading instanceof Promise ? await reading : reading;
      if (chunk === undefined) {
        this.#fail(`short read from ${path}`);
        break;
      }
      const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      const pause = this.ctx.tick(1 + (part.length >> 6));
      if (pause !== undefined) await pause;
      const waiting = out.write(part);
      if (waiting !== undefined) await waiting;
    }
    await out.zeros(left + (-size & (BLOCK - 1)));
  }

  /** Ends the archive. */
  async finish(): Promise<void> {
    await this.out.zeros(2 * BLOCK);
    await this.out.finish();
  }
}
