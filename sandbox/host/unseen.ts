/**
 * Host files that Deno lets be written but not looked at, as `deno run -R=./in -W=./out` grants
 * `./out`. Deno's own calls on an open file ask for the right to read even to tell its size; the
 * `node:fs` calls on a descriptor do not, so this module uses those, loaded on first use.
 *
 * Deno opens through links and cannot be told not to, and `lstat` is a right to read. So whether a
 * name is a link is found out by calls that never follow one: `lchown` with the identity unchanged
 * renews the change time of the name's own inode, which the open file must then show. Deno tells
 * change times in whole seconds; a file changed just now is asked by `lutimes` and its time of access.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import { S_IFMT, S_IFREG, type Stat } from "../types.ts";
import type { HostFile } from "../vfs/host_access.ts";
import type { UnseenAccess, UnseenEntry, UnseenFile } from "../vfs/unseen.ts";
import { fromHostError, hostErrorCode } from "./errors.ts";
import { nodeFs, toSeconds } from "./node_fs.ts";

/** The part of `node:fs` that is used. */
interface NodeFs {
  readonly constants: Readonly<Record<"O_WRONLY" | "O_CREAT" | "O_EXCL" | "O_NONBLOCK", number>>;
  openSync(path: string, flags: number, mode?: number): number;
  closeSync(fd: number): void;
  fstatSync(fd: number): NodeStat;
  writeSync(fd: number, from: Uint8Array, at: number, length: number, position: number): number;
  ftruncateSync(fd: number, size: number): void;
  fchmodSync(fd: number, mode: number): void;
  fchownSync(fd: number, uid: number, gid: number): void;
  futimesSync(fd: number, atime: number, mtime: number): void;
  lutimesSync(path: string, atime: number, mtime: number): void;
  fsyncSync(fd: number): void;
  lchownSync(path: string, uid: number, gid: number): void;
  rmdirSync(path: string): void;
  mkdirSync(path: string): void;
}

/** `fs.Stats`, which has times in milliseconds. */
interface NodeStat extends Omit<Stat, "atimeNs" | "mtimeNs" | "ctimeNs"> {
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** A file that was not changed for so long, milliseconds, shows a new second when it is. */
const SECOND_MS = 1100;
const SET_ID = 0o6000;

function nanoseconds(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1_000_000n;
}

function toStat(info: NodeStat): Stat {
  return {
    dev: info.dev,
    ino: info.ino,
    mode: info.mode,
    nlink: info.nlink,
    uid: info.uid,
    gid: info.gid,
    rdev: info.rdev,
    size: info.size,
    blksize: info.blksize,
    blocks: info.blocks,
    atimeNs: nanoseconds(info.atimeMs),
    mtimeNs: nanoseconds(info.mtimeMs),
    ctimeNs: nanoseconds(info.ctimeMs),
  };
}

/** Runs a call of the host and gives its error the sandbox's form. */
function host<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromHostError(error);
  }
}

/** A file open for writing only. */
class WriteOnlyFile implements UnseenFile, HostFile {
  constructor(readonly fs: NodeFs, readonly fd: number) {}

  pread(): number {
    throw new VfsError("EACCES");
  }

  pwrite(buffer: Uint8Array, position: number): void {
    host(() => {
      for (let done = 0; done < buffer.length;) {
        const left = buffer.length - done;
        done += this.fs.writeSync(this.fd, buffer, done, left, position + done);
      }
    });
  }

  size(): number {
    return this.stat().size;
  }

  truncate(size: number): void {
    host(() => this.fs.ftruncateSync(this.fd, size));
  }

  stat(): Stat {
    return toStat(host(() => this.fs.fstatSync(this.fd)));
  }

  chmod(mode: number): void {
    host(() => this.fs.fchmodSync(this.fd, mode));
  }

  chown(uid: number, gid: number): void {
    host(() => this.fs.fchownSync(this.fd, uid, gid));
  }

  setTimes(atimeNs: bigint, mtimeNs: bigint): void {
    host(() => this.fs.futimesSync(this.fd, toSeconds(atimeNs), toSeconds(mtimeNs)));
  }

  sync(): void {
    host(() => this.fs.fsyncSync(this.fd));
  }

  close(): void {
    this.fs.closeSync(this.fd);
  }
}

/** Files whose names are known to be no links, at most remembered. */
const MOST_KNOWN = 4096;

/** See the module. */
export class UnseenHost<P extends string> implements UnseenAccess<P> {
  /** Files that were created here or seen to be no links: device and inode by path. */
  readonly #known = new Map<P, string>();

  /** @param need Throws EACCES unless Deno has granted the right to write a path. */
  constructor(readonly need: (path: P) => void) {}

  look(path: P): UnseenEntry {
    this.need(path);
    let file: WriteOnlyFile;
    try {
      file = this.#open(path, 0);
    } catch (error) {
      const code = hostErrorCode(error);
      // Also for a link to nothing: creating over it fails, since that is done with O_EXCL.
      if (code === "ENOENT" || code === "ENOTDIR") return "nothing";
      return code === "EISDIR" ? "directory" : "other";
    }
    try {
      return this.#isItself(file, path) ? file.stat() : "other";
    } finally {
      file.close();
    }
  }

  isDirectory(path: P): boolean {
    this.need(path);
    const fs = nodeFs<NodeFs>();
    try {
      // Of a link, and of anything but an empty directory, this removes nothing.
      fs.rmdirSync(path);
    } catch (error) {
      return hostErrorCode(error) === "ENOTEMPTY";
    }
    host(() => fs.mkdirSync(path));
    return true;
  }

  open(path: P): UnseenFile {
    this.need(path);
    const file = host(() => this.#open(path, 0));
    try {
      if (this.#isItself(file, path)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
    throw new VfsError("EACCES");
  }

  create(path: P, mode: number): UnseenFile {
    this.need(path);
    const { O_CREAT, O_EXCL } = nodeFs<NodeFs>().constants;
    const file = host(() => this.#open(path, O_CREAT | O_EXCL, mode));
    try {
      const stat = file.stat();
      if ((stat.mode & 0o7777) !== mode) file.chmod(mode);
      this.#remember(path, stat);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Does not wait for the other end of a FIFO. */
  #open(path: P, flags: number, mode?: number): WriteOnlyFile {
    const fs = nodeFs<NodeFs>();
    const { O_WRONLY, O_NONBLOCK } = fs.constants;
    return new WriteOnlyFile(fs, fs.openSync(path, O_WRONLY | O_NONBLOCK | flags, mode));
  }
  #remember(path: P, { dev, ino }: { readonly dev: number; readonly ino: number }): void {
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(path, dev + ":" + ino);
  }

  /**
   * Whether an open regular file is what the name itself stands for, and not what a link leads to.
   * Of a file with a set-id bit that is not asked, since `lchown` would take the bit away.
   */
  #isItself(file: WriteOnlyFile, path: P): boolean {
    const { fs, fd } = file;
    const info = host(() => fs.fstatSync(fd));
    const { mode, atimeMs, mtimeMs, ctimeMs } = info;
    if ((mode & S_IFMT) !== S_IFREG) return false;
    if (this.#known.get(path) === info.dev + ":" + info.ino) return true;
    if ((mode & SET_ID) !== 0) return false;
    const age = Date.now() - ctimeMs;
    try {
      if (age > SECOND_MS) {
        fs.lchownSync(path, info.uid, info.gid);
        if (fs.fstatSync(fd).ctimeMs === ctimeMs) return false;
      } else {
        fs.lutimesSync(path, (atimeMs + SECOND_MS) / 1000, mtimeMs / 1000);
        if (fs.fstatSync(fd).atimeMs === atimeMs) return false;
        fs.futimesSync(fd, atimeMs / 1000, mtimeMs / 1000);
      }
    } catch {
      return false;
    }
    this.#remember(path, info);
    return true;
  }
}
