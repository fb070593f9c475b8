/**
 * Makes files of the members of an archive.
 *
 * Every path goes to the process's own file system calls, so the one resolver decides where it leads. On top
 * of that, links that point out of the directory, and all hard links, are made after everything else: no member can
 * be written through them. Devices and set-id bits are never made. (Threat class: archives.)
 *
 * @module
 */
import {
  type ByteString,
  type MaybePromise,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_TRUNC,
  O_WRONLY,
  type OpenFile,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../../../sandbox/types.ts";
import { isVfsError, type VfsError } from "../../../sandbox/errors.ts";
import { type Context, type OptionTable, Sink } from "../../contract.ts";
import type { Accounts } from "../accounts.ts";
import type { ByteReader } from "./byte_reader.ts";
import { endsInParent, type Member, safeName } from "./member.ts";

/** Set-user-id and set-group-id: an archive is not to be trusted with them. */
const SET_ID = 0o6000;

/** How to extract. */
export interface ExtractOptions {
  /** Remove what has the name before (otherwise an existing file is an error, see `overwrite`). */
  readonly unlinkOld?: boolean;
  /** Write into existing files. */
  readonly overwrite?: boolean;
  /** An existing file that is not older stays, without a word (cpio). */
  readonly keepNewer?: boolean;
  /** Modes as in the archive; otherwise the umask takes its part. */
  readonly exactModes?: boolean;
  /** Give files to the users of the archive, if the process may. */
  readonly owners?: Accounts | "numeric";
  /** Set the modification times of the archive. */
  readonly times?: boolean;
  /** Make missing directories above a member. */
  readonly makeParents?: boolean;
  /** Whether a link error ends the program (tar) or is only told (cpio). */
  readonly linkErrorsEnd?: boolean;
}

interface LateLink {
  readonly name: ByteString;
  readonly target: ByteString;
  readonly hard: boolean;
}

/** Makes files; the messages are native's. */
export class Extractor<T extends OptionTable> {
  readonly #late: LateLink[] = [];
  readonly #mayChown: boolean;

  /** @param ctx The applet. @param options How. */
  constructor(private readonly ctx: Context<T>, private readonly options: ExtractOptions) {
    this.#mayChown = options.owners !== undefined && ctx.process.uid === 0;
  }

  /** Makes one member; reads exactly its data. @throws {AppletExit} for what native dies of. */
  extract(member: Member, data: ByteReader): MaybePromise<void> {
    const { ctx, options } = this;
    const { name } = member;
    const type = member.mode & S_IFMT;
    if (options.makeParents) this.#makeParents(name);
    // A member may name a parent directory, as `..` or `a/..`. It stays as it is.
    if (endsInParent(name) && type === S_IFDIR) return;
    // A file that was added twice is a link to itself the second time.
    if (member.isHardLink && safeName(member.link ?? "") === name) {
      return this.#skip(data, member.size);
    }
    if (type !== S_IFDIR || member.isHardLink) {
      // A file that is not there is the common case: then the attempt to create it is enough.
      const isFile = type === S_IFREG && !member.isHardLink;
      if (options.unlinkOld && !(isFile && this.#tryCreate(member))) this.#unlinkOld(name);
      else if (options.keepNewer && this.#isNewer(member)) {
        return this.#skip(data, member.size);
      }
    }
    if (member.isHardLink) {
      // Unlike native, a hard link never leads out of the directory either.
      this.#late.push({ name, target: safeName(member.link ?? ""), hard: true });
      return this.#skip(data, member.size);
    }
    switch (type) {
      case S_IFREG:
        return this.#file(member, data);
      case S_IFDIR:
        if (this.#makeDir(name, member.mode)) this.#attributes(member);
        return;
      case S_IFLNK:
        return this.#link(member);
      case S_IFIFO:
        return this.#fifo(member);
      default:
        if (type !== S_IFCHR && type !== S_IFBLK && type !== S_IFSOCK) {
          ctx.fail("unrecognized file type");
        }
        ctx.say(`${ctx.name}: can't create node ${name}: Operation not permitted\n`);
        return this.#skip(data, member.size);
    }
  }

  /** Makes the links that had to wait. */
  finish(): void {
    const { ctx } = this;
    for (const { name, target, hard } of this.#late) {
      try {
        if (hard) ctx.fs.link(target, name, { follow: false });
        else ctx.fs.symlink(target, name);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        const message = `can't create ${hard ? "hard" : "sym"}link '${name}' to '${target}'`;
        if (this.options.linkErrorsEnd) ctx.fail(message);
        ctx.warn(message);
      }
    }
  }

  #skip(data: ByteReader, size: number): MaybePromise<void> {
    const skipped = data.skip(size);
    const check = (count: number): void => {
      if (count < size && !data.jumps) this.ctx.fail("short read");
    };
    if (skipped instanceof Promise) return skipped.then(check);
    check(skipped);
  }

  /** The directory that was made sure of last; members of one directory mostly follow each other. */
  #lastParent: ByteString | undefined;

  #makeParents(name: ByteString): void {
    const slash = withoutSlash(name).lastIndexOf("/");
    if (slash <= 0) return;
    const parent = name.slice(0, slash);
    if (parent === this.#lastParent) return;
    this.#lastParent = makeDirectories(this.ctx, parent) ? parent : undefined;
  }

  /** A file that `#tryCreate` has made, for `#file`. */
  #created: OpenFile | undefined;

  #tryCreate(member: Member): boolean {
    try {
      this.#created = this.ctx.fs.open(
        withoutSlash(member.name),
        O_WRONLY | O_CREAT | O_EXCL,
        member.mode & 0o777,
      );
      return true;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return false; // Whatever it was, it is met again below, with native's words.
    }
  }

  #unlinkOld(name: ByteString): void {
    try {
      this.ctx.fs.unlink(withoutSlash(name));
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code === "ENOENT") return;
      this.ctx.fail(`can't remove old file ${name}: ${error.reason}`);
    }
  }

  /** Whether what is there is not older than the member (then it is told and left), removing it otherwise. */
  #isNewer(member: Member): boolean {
    const { ctx } = this;
    let there: Stat;
    try {
      there = ctx.fs.lstat(member.name);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return false;
      return ctx.fail(`can't stat old file: ${error.reason}`);
    }
    if (Number(there.mtimeNs / 1_000_000_000n) >= member.mtime) {
      ctx.say(`${ctx.name}: ${member.name} not created: newer or same age file exists\n`);
      return true;
    }
    this.#unlinkOld(member.name);
    return false;
  }

  #file(member: Member, data: ByteReader): MaybePromise<void> {
    const { ctx, options } = this;
    const name = withoutSlash(member.name);
    // A link that stands there already is never written through.
    const how = options.overwrite ? O_TRUNC | O_NOFOLLOW : O_EXCL;
    let sink: Sink;
    try {
      const file = this.#created ??
        ctx.fs.open(name, O_WRONLY | O_CREAT | how, member.mode & 0o777);
      this.#created = undefined;
      sink = new Sink(file, ctx.process, name, true);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`can't open '${member.name}': ${error.reason}`);
    }
    const finish = (): void => {
      this.#attributes(member, sink);
      sink.close();
    };
    // The applet does not keep the sinks of thousands of members, so each is closed here in every case.
    const abandon = (error: unknown): never => {
      sink.close();
      throw error;
    };
    try {
      const copying = copyData(ctx, data, member.size, sink);
      if (copying instanceof Promise) return copying.then(finish).catch(abandon);
      finish();
    } catch (error) {
      abandon(error);
    }
  }

  #makeDir(name: ByteString, mode: number): boolean {
    try {
      this.ctx.fs.makeDir(name, mode & ~SET_ID & 0o7777);
      return true;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code === "EEXIST" || error.code === "EISDIR") {
        return this.ctx.fs.tryStat(name, { follow: false }) !== undefined;
      }
      this.ctx.say(`${this.ctx.name}: can't make dir ${name}: ${error.reason}\n`);
      return false;
    }
  }

  #link(member: Member): void {
    const { ctx } = this;
    const target = member.link ?? "";
    const name = withoutSlash(member.name);
    if (target.startsWith("/") || target.split("/").includes("..")) {
      this.#late.push({ name, target, hard: false });
      return;
    }
    try {
      ctx.fs.symlink(target, name);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      const message = `can't create symlink '${member.name}' to '${target}': ${error.reason}`;
      if (this.options.linkErrorsEnd) ctx.fail(message);
      ctx.warn(message);
      return;
    }
  }

  #fifo(member: Member): void {
    const { ctx } = this;
    try {
      ctx.fs.makeNode(member.name, S_IFIFO | (member.mode & 0o777));
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.say(`${ctx.name}: can't create node ${member.name}: ${error.reason}\n`);
      return;
    }
    this.#attributes(member);
  }

  #chown(member: Member): void {
    const { owners } = this.options;
    const accounts = owners === "numeric" ? undefined : owners;
    const user = member.userName ? accounts?.user(member.userName) : undefined;
    const group = member.groupName ? accounts?.group(member.groupName) : undefined;
    quietly(() =>
      this.ctx.fs.chown(
        withoutSlash(member.name),
        user?.uid ?? member.uid,
        group?.gid ?? member.gid,
        { follow: false },
      )
    );
  }

  /** Owner, mode and time; what cannot be set stays, without a word as in native. */
  #attributes(member: Member, sink?: Sink): void {
    const { ctx, options } = this;
    const name = withoutSlash(member.name);
    if (this.#mayChown) this.#chown(member);
    const mode = member.mode & ~SET_ID & 0o7777;
    // A new file has its mode already, unless the umask took something away.
    const isNew = sink !== undefined && !options.overwrite;
    if (options.exactModes && !(isNew && (mode & (ctx.process.umask | 0o1000)) === 0)) {
      quietly(() => sink === undefined ? ctx.fs.chmod(name, mode) : sink.file.setAttr({ mode }));
    }
    if (options.times) {
      const ns = BigInt(Math.floor(member.mtime)) * 1_000_000_000n;
      quietly(() =>
        sink === undefined
          ? ctx.fs.setTimes(name, ns, ns)
          : sink.file.setAttr({ atimeNs: ns, mtimeNs: ns })
      );
    }
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
}

/** A file's name has no slash at its end, whatever the archive says. */
function withoutSlash(name: ByteString): ByteString {
  let end = name.length;
  while (end > 1 && name.charCodeAt(end - 1) === 0x2f) end--;
  return end === name.length ? name : name.slice(0, end);
}

/** Makes a directory and all above it; says what native says when that fails. */
export function makeDirectories<T extends OptionTable>(ctx: Context<T>, path: ByteString): boolean {
  const there = ctx.fs.tryStat(path);
  if (there !== undefined && (there.mode & S_IFMT) === S_IFDIR) return true;
  let end = 0;
  for (;;) {
    end = path.indexOf("/", end + 1);
    const part = end < 0 ? path : path.slice(0, end);
    try {
      ctx.fs.makeDir(part, 0o777);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      const stat = error.code === "EEXIST" ? ctx.fs.tryStat(part) : undefined;
      if (stat === undefined || (stat.mode & S_IFMT) !== S_IFDIR) {
        ctx.warn(`can't create directory '${part}': ${error.reason}`);
        return false;
      }
    }
    if (end < 0) return true;
  }
}

/** Copies `size` bytes of an archive to a sink. */
export function copyData<T extends OptionTable>(
  ctx: Context<T>,
  data: ByteReader,
  size: number,
  sink: Sink,
): MaybePromise<void> {
  let left = size;
  while (left > 0) {
    const piece = data.piece(left);
    if (piece instanceof Promise) {
      return piece.then((came) => {
        if (came === undefined) ctx.fail("short read");
        return afterWrite(
          put(ctx, sink, came!),
          () => copyData(ctx, data, left - came!.length, sink),
        );
      });
    }
    if (piece === undefined) ctx.fail("short read");
    left -= piece!.length;
    const pause = ctx.tick(1 + (piece!.length >> 6));
    const waiting = pause === undefined
      ? put(ctx, sink, piece!)
      : pause.then(() => put(ctx, sink, piece!));
    if (waiting !== undefined) {
      const rest = left;
      return waiting.then(() => copyData(ctx, data, rest, sink));
    }
  }
}

function afterWrite(
  waiting: void | Promise<void>,
  next: () => MaybePromise<void>,
): MaybePromise<void> {
  return waiting === undefined ? next() : waiting.then(next);
}

function put<T extends OptionTable>(
  ctx: Context<T>,
  sink: Sink,
  piece: Uint8Array,
): void | Promise<void> {
  const failed = (error: unknown): never => {
    if (!isVfsError(error) || error.code === "EPIPE") throw error;
    return ctx.fail(`write error: ${(error as VfsError).reason}`);
  };
  try {
    const waiting = sink.write(sink.keepsChunks ? piece.slice() : piece);
    return waiting?.catch(failed);
  } catch (error) {
    failed(error);
  }
}
