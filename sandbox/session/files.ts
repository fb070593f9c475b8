/**
 * The files of a sandbox, for the embedding program.
 *
 * Calls go through the sandbox's own resolver with the sandbox's own rights: the host sees exactly
 * what a script would see. Paths are text; they are taken as UTF-8.
 *
 * @module
 */
import {
  O_APPEND,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type Process,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  type Stat,
} from "../types.ts";
import { othersRun } from "../host/held_writes.ts";
import { isVfsError } from "../errors.ts";
import { fromText, toBytes, toText } from "../bytes.ts";

/** One entry of a directory. */
export interface FileEntry {
  /** Its name. */
  readonly name: string;
  /** Whether it is a regular file. */
  readonly isFile: boolean;
  /** Whether it is a directory. */
  readonly isDirectory: boolean;
  /** Whether it is a symbolic link. */
  readonly isSymlink: boolean;
}

/** Options of `writeFile`. */
export interface WriteFileOptions {
  /** Permission bits before the umask. Default 0o666. */
  readonly mode?: number;
  /** Add to the end instead of replacing. */
  readonly append?: boolean;
  /** Create missing parent directories. */
  readonly parents?: boolean;
}

const S_IFREG = 0o100000;
/** Largest file `readFile` reads when nothing is said, bytes. */
const READ_MAX = 1024 * 1024 * 1024;

/** The file system of a sandbox. All methods reject with `VfsError`. */
export class SandboxFiles {
  readonly #process: () => Process;

  /** @internal */
  constructor(process: () => Process) {
    this.#process = process;
  }

  #do<T>(work: (fs: Process["fs"]) => T): Promise<T> {
    // The embedding program ran until now, and may have changed what is mounted.
    othersRun();
    try {
      return Promise.resolve(work(this.#process().fs));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Reads a whole file. @param maxBytes EFBIG above it; default 1 GiB. */
  readFile(path: string, maxBytes: number = READ_MAX): Promise<Uint8Array> {
    return this.#do((fs) => fs.readFile(fromText(path), maxBytes));
  }

  /** Reads a whole file as UTF-8 text. */
  async readTextFile(path: string, maxBytes: number = READ_MAX): Promise<string> {
    return new TextDecoder().decode(await this.readFile(path, maxBytes));
  }

  /** Writes a whole file, creating it or replacing its contents. Text is written as UTF-8. */
  writeFile(
    path: string,
    data: string | Uint8Array,
    options: WriteFileOptions = {},
  ): Promise<void> {
    return this.#do((fs) => {
      const target = fromText(path);
      if (options.parents) makeParents(fs, target);
      const bytes = typeof data === "string" ? toBytes(fromText(data)) : data;
      const flags = O_WRONLY | O_CREAT | (options.append ? O_APPEND : O_TRUNC);
      const file = fs.open(target, flags, options.mode ?? 0o666);
      try {
        file.pwrite(bytes, options.append ? file.stat().size : 0);
      } finally {
        file.release();
      }
    });
  }

  /** Makes a directory. */
  mkdir(
    path: string,
    options: { readonly recursive?: boolean; readonly mode?: number } = {},
  ): Promise<void> {
    return this.#do((fs) => {
      const target = fromText(path);
      if (options.recursive) {
        makeParents(fs, target);
        if (fs.tryStat(target) !== undefined) return;
      }
      fs.makeDir(target, options.mode ?? 0o777);
    });
  }

  /** Entries of a directory, sorted by name. */
  readDir(path: string): Promise<FileEntry[]> {
    return this.#do((fs) =>
      fs.readDir(fromText(path)).map((entry) => ({
        name: toText(entry.name),
        isFile: entry.type === S_IFREG,
        isDirectory: entry.type === S_IFDIR,
        isSymlink: entry.type === S_IFLNK,
      })).sort((a, b) => a.name < b.name ? -1 : 1)
    );
  }

  /** Attributes, following a link in the last place. */
  stat(path: string): Promise<Stat> {
    return this.#do((fs) => fs.stat(fromText(path)));
  }

  /** Attributes of a link itself. */
  lstat(path: string): Promise<Stat> {
    return this.#do((fs) => fs.lstat(fromText(path)));
  }

  /** Whether something is there. */
  exists(path: string): Promise<boolean> {
    return this.#do((fs) => fs.tryStat(fromText(path)) !== undefined);
  }

  /** Removes a file or an empty directory, or a whole tree when `recursive`. */
  remove(path: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    return this.#do((fs) => {
      const target = fromText(path);
      if ((fs.lstat(target).mode & S_IFMT) !== S_IFDIR) fs.unlink(target);
      else if (options.recursive) removeTree(fs, target);
      else fs.removeDir(target);
    });
  }

  /** Renames, replacing what is there as POSIX allows. */
  rename(from: string, to: string): Promise<void> {
    return this.#do((fs) => fs.rename(fromText(from), fromText(to)));
  }

  /** Makes a symbolic link. */
  symlink(target: string, path: string): Promise<void> {
    return this.#do((fs) => fs.symlink(fromText(target), fromText(path)));
  }

  /** Makes a hard link. */
  link(from: string, to: string): Promise<void> {
    return this.#do((fs) => fs.link(fromText(from), fromText(to)));
  }

  /** What a symbolic link says. */
  readLink(path: string): Promise<string> {
    return this.#do((fs) => toText(fs.readLink(fromText(path))));
  }

  /** Canonical path. */
  realPath(path: string): Promise<string> {
    return this.#do((fs) => toText(fs.realPath(fromText(path))));
  }

  /** Sets permission bits. */
  chmod(path: string, mode: number): Promise<void> {
    return this.#do((fs) => fs.chmod(fromText(path), mode));
  }

  /** Sets times, nanoseconds since the epoch. */
  setTimes(path: string, atimeNs: bigint, mtimeNs: bigint): Promise<void> {
    return this.#do((fs) => fs.setTimes(fromText(path), atimeNs, mtimeNs));
  }
}

/** Makes all directories above a path. */
function makeParents(fs: Process["fs"], path: string): void {
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
    const parent = path.slice(0, at);
    if (fs.tryStat(parent) !== undefined) continue;
    try {
      fs.makeDir(parent, 0o777);
    } catch (error) {
      if (!isVfsError(error, "EEXIST")) throw error;
    }
  }
}

/** Removes a tree without recursion, so that depth cannot overflow the stack. */
function removeTree(fs: Process["fs"], path: string): void {
  const pending = [path];
  while (pending.length > 0) {
    const directory = pending[pending.length - 1];
    const before = pending.length;
    for (const entry of fs.readDir(directory)) {
      const child = `${directory}/${entry.name}`;
      if (entry.type === S_IFDIR) pending.push(child);
      else fs.unlink(child);
    }
    if (pending.length === before) {
      fs.removeDir(directory);
      pending.pop();
    }
  }
}
