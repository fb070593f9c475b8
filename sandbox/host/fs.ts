/**
 * The host's files. The only module of capbox that gives a path to Deno's file calls.
 *
 * A `HostPath` can be made only here: the root of a mount, and one resolved component after the
 * other. All calls are synchronous, so nothing of ours runs between a check and its use.
 *
 * @module
 */
import { VfsError } from "../errors.ts";
import { type ByteString, S_IFDIR, S_IFLNK, S_IFREG, type Stat, type StatFs } from "../types.ts";
import type { HostAccess, HostFile, HostGuard, HostOpen, PutOff } from "../vfs/host_access.ts";
import { fromHostError, hostErrorCode } from "./errors.ts";
import {
  becomeHolder,
  checkBeforeNext,
  currentHolder,
  currentTurn,
  dropCheck,
  type Holder,
  scheduleRelease,
  settleWrites,
} from "./held_writes.ts";
import { fromHostText, toHostText } from "./names.ts";
import { nodeFs, toSeconds } from "./node_fs.ts";
import { enter, leave, movesFreely, stay } from "./standing.ts";
import { UnseenHost } from "./unseen.ts";

declare const made: unique symbol;

/** An absolute path of the host. */
export type HostPath = string & { readonly [made]: true };

/** The directory that the process is in, see `standing.ts`. */
const HERE = "." as HostPath;

/** How long a verified directory is believed in, milliseconds. */
const EPOCH_MS = 10;
/** The clock is asked in each turn of the event loop and then for one question in so many. */
const EPOCH_CALLS = 8;

class Guard implements HostGuard {
  changes = 0;
  #epoch = 0;
  #since = 0;
  #turn = -1;
  #unasked = 0;

  epoch(): number {
    const turn = currentTurn();
    if (turn === this.#turn && this.#unasked-- > 0) return this.#epoch;
    this.#turn = turn;
    this.#unasked = EPOCH_CALLS;
    // Half the price of a monotonic clock; a step back of the clock only begins a new epoch.
    const now = Date.now();
    const age = now - this.#since;
    if (age >= EPOCH_MS || age < 0) {
      // What may be believed for two epochs must not outlive a long pause.
      this.#epoch += age >= 2 * EPOCH_MS || age < 0 ? 2 : 1;
      this.#since = now;
    }
    return this.#epoch;
  }

  bump(): void {
    this.#epoch++;
    this.changes++;
    this.#since = Date.now();
  }

  beforeNext(check: PutOff): void {
    checkBeforeNext(check);
  }

  noLonger(check: PutOff): void {
    dropCheck(check);
  }

  turn(): number {
    return currentTurn();
  }
}

/** One for the process, since two mounts, or two sandboxes, may show the same directory. */
const guard = new Guard();

/**
 * Times that were set through us, with the nanoseconds that Deno does not give back. They count as
 * long as the host still shows the same millisecond.
 */
interface ExactTimes {
  readonly dev: number;
  readonly atimeMs: number;
  readonly atimeNs: bigint;
  readonly mtimeMs: number;
  readonly mtimeNs: bigint;
}

const exactTimes = new Map<number, ExactTimes>();
const MOST_EXACT = 4096;

/** Times as they were made of milliseconds: files of one tree share most of theirs. */
const TIMES = 4096;
const timeMs = new Float64Array(TIMES).fill(NaN);
const timeNs = new Array<bigint>(TIMES).fill(0n);

function toNs(ms: number): bigint {
  const slot = ms & (TIMES - 1);
  if (timeMs[slot] === ms) return timeNs[slot];
  timeMs[slot] = ms;
  return timeNs[slot] = BigInt(ms) * 1_000_000n;
}

/** `stat` in the sandbox's form. */
function toStat(info: Deno.FileInfo): Stat {
  const ino = info.ino ?? 0;
  const atimeMs = info.atime === null ? 0 : info.atime.getTime();
  const mtimeMs = info.mtime === null ? 0 : info.mtime.getTime();
  const ctimeMs = info.ctime === null ? mtimeMs : info.ctime.getTime();
  let mtimeNs = toNs(mtimeMs);
  const ctimeNs = toNs(ctimeMs);
  let atimeNs = toNs(atimeMs);
  if (exactTimes.size > 0) {
    const exact = exactTimes.get(ino);
    if (exact !== undefined && exact.dev === info.dev) {
      if (exact.atimeMs === atimeMs) atimeNs = exact.atimeNs;
      if (exact.mtimeMs === mtimeMs) mtimeNs = exact.mtimeNs;
    }
  }
  return {
    dev: info.dev,
    ino,
    mode: info.mode ?? typeOf(info) | (info.isDirectory ? 0o755 : 0o644),
    nlink: info.nlink ?? 1,
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
    rdev: info.rdev ?? 0,
    size: info.size,
    blksize: info.blksize ?? 4096,
    blocks: info.blocks ?? Math.ceil(info.size / 512),
    atimeNs,
    mtimeNs,
    ctimeNs,
  };
}

function joined(directory: HostPath, text: string): HostPath {
  return (directory === "/" ? "/" + text : directory + "/" + text) as HostPath;
}

/** Whether a name is one component and the same on the host, as nearly all are. */
function isPlain(name: ByteString): boolean {
  const { length } = name;
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i);
    if (code === 0 || code === 47 || code > 127) return false;
  }
  return length > 2 || length > 0 && name.charCodeAt(0) !== 46;
}

/** Type bits where the host gives no mode (Windows). */
function typeOf(info: Deno.FileInfo): number {
  return info.isSymlink ? S_IFLNK : info.isDirectory ? S_IFDIR : S_IFREG;
}

function rememberTimes(info: Deno.FileInfo, atimeNs: bigint, mtimeNs: bigint): void {
  const { ino } = info;
  if (ino === null) return;
  exactTimes.delete(ino);
  // What has whole milliseconds is read back as it is, unless the host rounded.
  exactTimes.set(ino, {
    dev: info.dev,
    atimeMs: info.atime?.getTime() ?? 0,
    atimeNs,
    mtimeMs: info.mtime?.getTime() ?? 0,
    mtimeNs,
  });
  if (exactTimes.size > MOST_EXACT) {
    for (const oldest of exactTimes.keys()) {
      exactTimes.delete(oldest);
      break;
    }
  }
}

/** The part of `node:fs` that is used. */
interface NodeFs {
  lutimesSync(path: string, atime: number, mtime: number): void;
  lchownSync(path: string, uid: number, gid: number): void;
  statfsSync(path: string): {
    type: number;
    bsize: number;
    blocks: number;
    bfree: number;
    bavail: number;
    files: number;
    ffree: number;
  };
}

/** Writes of at most this many bytes may be held back, up to `HELD_MAX` together. */
const SMALL_WRITE = 512;
const HELD_MAX = 8192;
/** So many small writes in a row go to the host at once before the first is held back. */
const DIRECT_WRITES = 8;

class DenoFile implements HostFile, Holder {
  /** Where the host's own position is, so that reading on needs no seek. */
  #position = 0;
  /** Small writes that were not given to the host yet, see `held_writes.ts`. */
  #held: Uint8Array | undefined;
  #heldAt = 0;
  #heldSize = 0;
  /** Small writes in a row, and where the last one ended. */
  #row = 0;
  #rowEnd = -1;
  /** What the host said of held writes. */
  #failure: VfsError | undefined;

  constructor(readonly file: Deno.FsFile) {}

  #seek(position: number): void {
    if (position !== this.#position) {
      this.file.seekSync(position, Deno.SeekMode.Start);
      this.#position = position;
    }
  }

  pread(buffer: Uint8Array, position: number): number {
    settleWrites();
    try {
      this.#seek(position);
      const count = this.file.readSync(buffer) ?? 0;
      this.#position += count;
      return count;
    } catch (error) {
      this.#position = -1;
      throw fromHostError(error);
    }
  }

  pwrite(buffer: Uint8Array, position: number): void {
    settleWrites();
    this.#fail();
    this.#put(buffer, position);
  }

  #put(buffer: Uint8Array, position: number): void {
    try {
      this.#seek(position);
      for (let done = 0; done < buffer.length;) {
        const count = this.file.writeSync(done === 0 ? buffer : buffer.subarray(done));
        done += count;
        this.#position += count;
      }
    } catch (error) {
      this.#position = -1;
      throw fromHostError(error);
    }
  }

  pwriteSoon(source: Uint8Array, start: number, end: number, position: number): void {
    const size = end - start;
    if (size > SMALL_WRITE) return this.pwrite(source.subarray(start, end), position);
    this.#fail();
    if (currentHolder() !== this || position !== this.#rowEnd) {
      settleWrites();
      becomeHolder(this);
      this.#row = 0;
    }
    this.#rowEnd = position + size;
    if (this.#row < DIRECT_WRITES) {
      this.#row++;
      return this.#put(source.subarray(start, end), position);
    }
    if (this.#heldSize + size > HELD_MAX) {
      this.letGo();
      this.#fail();
    }
    const held = this.#held ??= new Uint8Array(HELD_MAX);
    if (this.#heldSize === 0) {
      this.#heldAt = position;
      scheduleRelease();
    }
    let at = this.#heldSize;
    // For a few bytes a loop is faster than making a view of the guest's memory.
    if (size <= 32) { for (let i = start; i < end; i++) held[at++] = source[i]; }
    else held.set(source.subarray(start, end), at);
    this.#heldSize += size;
  }

  letGo(): void {
    const size = this.#heldSize;
    if (size === 0) return;
    this.#heldSize = 0;
    try {
      this.#put((this.#held as Uint8Array).subarray(0, size), this.#heldAt);
    } catch (error) {
      if (!(error instanceof VfsError)) throw error;
      this.#failure = error;
    }
  }

  writeOut(): void {
    settleWrites();
    this.#fail();
  }

  /** Tells once what held writes met. @throws {VfsError} */
  #fail(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    throw failure;
  }

  size(): number {
    settleWrites();
    try {
      // Cheaper than `fstat`, and an append that follows is in the right place already.
      return this.#position = this.file.seekSync(0, Deno.SeekMode.End);
    } catch (error) {
      this.#position = -1;
      throw fromHostError(error);
    }
  }

  truncate(size: number): void {
    settleWrites();
    try {
      this.file.truncateSync(size);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  stat(): Stat {
    settleWrites();
    try {
      return toStat(this.file.statSync());
    } catch (error) {
      throw fromHostError(error);
    }
  }

  setTimes(atimeNs: bigint, mtimeNs: bigint): void {
    settleWrites();
    try {
      this.file.utimeSync(toSeconds(atimeNs), toSeconds(mtimeNs));
      rememberTimes(this.file.statSync(), atimeNs, mtimeNs);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  sync(): void {
    this.writeOut();
    try {
      this.file.syncSync();
    } catch (error) {
      // Some file systems have nothing to sync; that is no failure.
      if (hostErrorCode(error) !== "EINVAL") throw fromHostError(error);
    }
  }

  close(): void {
    settleWrites();
    this.file.close();
  }
}

type Right = "read" | "write";

/** One tree of the host, with the rights that Deno granted. */
export class DenoFs implements HostAccess<HostPath> {
  readonly guard: HostGuard = guard;
  readonly root: HostPath;
  readonly isWholeHost: boolean;
  readonly unseen: UnseenHost<HostPath> = new UnseenHost((path) => this.#need("write", path));
  readonly #granted: Record<Right, boolean>;
  /** Whether the root itself has no links in it: not known where Deno granted only parts. */
  readonly #isCanonical: boolean;
  /** Paths asked about one by one, where the root as a whole was not granted. */
  readonly #asked: Record<Right, Map<string, boolean>> = { read: new Map(), write: new Map() };

  private constructor(root: HostPath, isCanonical: boolean) {
    this.root = root;
    this.#isCanonical = isCanonical;
    this.isWholeHost = root === "/";
    this.#granted = { read: isGranted("read", root), write: isGranted("write", root) };
  }

  /**
   * The tree below a directory. Links in `path` itself are the embedding program's own and are
   * resolved once, here.
   *
   * @param path Host path in the host's own form.
   * @param partial Take a tree of which Deno granted parts only; links in `path` stay unresolved.
   * @throws {VfsError} ENOENT, ENOTDIR, or EACCES when Deno was given no right to read it
   */
  static open(path: string, partial = false): DenoFs {
    if (path.includes("\0")) throw new VfsError("EINVAL");
    // Asking first: a call without the right would open a prompt on a terminal.
    if (!isGranted("read", path)) {
      if (!partial) throw new VfsError("EACCES");
      return new DenoFs(absolute(path), false);
    }
    let real: string;
    try {
      real = Deno.realPathSync(path);
    } catch (error) {
      throw fromHostError(error);
    }
    return new DenoFs(real as HostPath, true);
  }

  /** Whether Deno lets a directory be read with all that is in it. */
  static isReadable(path: string): boolean {
    if (path.includes("\0")) return false;
    const { state, partial } = Deno.permissions.querySync({ name: "read", path });
    return state === "granted" && !partial;
  }

  /** Whether Deno lets a path be written but not looked at. */
  static isWriteOnly(path: string): boolean {
    return !path.includes("\0") && !isGranted("read", path) && isGranted("write", path);
  }

  /** Whether Deno lets this tree be changed at its root. */
  get isWritable(): boolean {
    return this.#granted.write;
  }

  mayWrite(path: HostPath): boolean {
    return this.#has("write", path);
  }

  /** @throws {VfsError} EACCES when Deno would refuse, or ask somebody at the terminal. */
  #need(right: Right, path: HostPath): void {
    if (!this.#has(right, path)) throw new VfsError("EACCES");
  }

  #has(right: Right, path: HostPath): boolean {
    if (this.#granted[right]) return true;
    const asked = this.#asked[right];
    let answer = asked.get(path);
    if (answer === undefined) {
      if (asked.size >= 4096) asked.clear();
      asked.set(path, answer = isGranted(right, path));
    }
    return answer;
  }

  child(directory: HostPath, name: ByteString): HostPath {
    if (isPlain(name)) return joined(directory, name);
    const text = toHostText(name);
    if (text === "" || text === "." || text === "..") throw new VfsError("EINVAL");
    if (text.includes("\0") || text.includes("/")) throw new VfsError("EINVAL");
    return joined(directory, text);
  }

  lstat(path: HostPath): Stat | undefined {
    settleWrites();
    this.#need("read", path);
    try {
      return toStat(Deno.lstatSync(path));
    } catch (error) {
      const code = hostErrorCode(error);
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw new VfsError(code);
    }
  }

  lstatEach(
    directory: HostPath,
    entries: readonly { readonly name: ByteString }[],
    from: number,
    until: number,
  ): (Stat | undefined)[] {
    settleWrites();
    const facts: (Stat | undefined)[] = [];
    for (let i = from; i < until; i++) {
      const { name } = entries[i];
      try {
        const path = this.child(directory, name);
        this.#need("read", path);
        facts.push(toStat(Deno.lstatSync(path)));
      } catch {
        // Whoever asks about that one alone is told what is wrong.
        facts.push(undefined);
      }
    }
    return facts;
  }

  isThere(path: HostPath, dev: number, ino: number): boolean {
    settleWrites();
    this.#need("read", path);
    try {
      const info = Deno.lstatSync(path);
      return info.ino === ino && info.dev === dev && !info.isSymlink;
    } catch (error) {
      const code = hostErrorCode(error);
      if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return false;
      throw new VfsError(code);
    }
  }

  enter(path: HostPath, dev: number, ino: number): HostPath | undefined {
    if (!movesFreely()) return undefined;
    // What was put off is done before, since it may be about another directory.
    settleWrites();
    return enter(path, dev, ino, guard.epoch()) ? HERE : undefined;
  }

  stay(dev: number, ino: number): HostPath | undefined {
    if (!movesFreely()) return undefined;
    settleWrites();
    return stay(dev, ino, guard.epoch()) ? HERE : undefined;
  }

  leave(): void {
    leave();
  }

  isDirect(path: HostPath): boolean {
    settleWrites();
    if (!this.#isCanonical) return true;
    this.#need("read", path);
    try {
      return Deno.realPathSync(path) === path;
    } catch (error) {
      const code = hostErrorCode(error);
      if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return false;
      throw new VfsError(code);
    }
  }

  list(path: HostPath, each: (name: ByteString, type: number | undefined) => void): void {
    settleWrites();
    this.#need("read", path);
    try {
      for (const entry of Deno.readDirSync(path)) {
        const { name } = entry;
        const type = entry.isFile
          ? S_IFREG
          : entry.isDirectory
          ? S_IFDIR
          : entry.isSymlink
          ? S_IFLNK
          : undefined;
        const bytes = fromHostText(name);
        // A name that somebody else made and that is not UTF-8 comes with U+FFFD in it and cannot be
        // reached, nor one where raw octets stand for a character. The lookup that an unknown type
        // asks for finds that out, and the entry is left out.
        const isReached = bytes === name || !name.includes("\ufffd") && toHostText(bytes) === name;
        each(bytes, isReached ? type : undefined);
      }
    } catch (error) {
      throw fromHostError(error);
    }
  }

  open(path: HostPath, access: HostOpen): HostFile {
    settleWrites();
    if (access.read) this.#need("read", path);
    if (access.write) this.#need("write", path);
    try {
      return new DenoFile(
        Deno.openSync(path, { read: access.read || !access.write, write: access.write }),
      );
    } catch (error) {
      throw fromHostError(error);
    }
  }

  create(path: HostPath, mode: number, access: HostOpen): HostFile {
    settleWrites();
    this.#need("write", path);
    if (access.read) this.#need("read", path);
    try {
      return new DenoFile(
        Deno.openSync(path, { read: access.read, write: true, createNew: true, mode }),
      );
    } catch (error) {
      throw fromHostError(error);
    }
  }

  makeDir(path: HostPath, mode: number): void {
    settleWrites();
    this.#need("write", path);
    try {
      Deno.mkdirSync(path, { mode });
    } catch (error) {
      throw fromHostError(error);
    }
  }

  remove(path: HostPath): void {
    settleWrites();
    this.#need("write", path);
    try {
      Deno.removeSync(path);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  rename(from: HostPath, to: HostPath): void {
    settleWrites();
    this.#need("read", from);
    this.#need("write", from);
    this.#need("write", to);
    try {
      Deno.renameSync(from, to);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  link(from: HostPath, to: HostPath): void {
    settleWrites();
    for (const path of [from, to]) {
      this.#need("read", path);
      this.#need("write", path);
    }
    try {
      Deno.linkSync(from, to);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  symlink(target: ByteString, path: HostPath): void {
    settleWrites();
    // Deno makes links only with unscoped rights to read and write.
    if (!isGranted("read") || !isGranted("write")) throw new VfsError("EPERM");
    try {
      Deno.symlinkSync(toHostText(target), path);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  readLink(path: HostPath): ByteString {
    settleWrites();
    this.#need("read", path);
    try {
      return fromHostText(Deno.readLinkSync(path));
    } catch (error) {
      throw fromHostError(error);
    }
  }

  chmod(path: HostPath, mode: number): void {
    settleWrites();
    this.#need("write", path);
    try {
      Deno.chmodSync(path, mode);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  chown(path: HostPath, uid: number, gid: number, isLink: boolean): void {
    settleWrites();
    this.#need("write", path);
    try {
      if (isLink) nodeFs<NodeFs>().lchownSync(path, uid, gid);
      else Deno.chownSync(path, uid, gid);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  setTimes(path: HostPath, atimeNs: bigint, mtimeNs: bigint, isLink: boolean): void {
    settleWrites();
    this.#need("write", path);
    try {
      if (isLink) nodeFs<NodeFs>().lutimesSync(path, toSeconds(atimeNs), toSeconds(mtimeNs));
      else Deno.utimeSync(path, toSeconds(atimeNs), toSeconds(mtimeNs));
      if (this.#has("read", path)) rememberTimes(Deno.lstatSync(path), atimeNs, mtimeNs);
    } catch (error) {
      throw fromHostError(error);
    }
  }

  statFs(path: HostPath): StatFs {
    settleWrites();
    this.#need("read", path);
    try {
      const facts = nodeFs<NodeFs>().statfsSync(path);
      return {
        typeName: "hostfs",
        type: facts.type,
        bsize: facts.bsize,
        blocks: facts.blocks,
        bfree: facts.bfree,
        bavail: facts.bavail,
        files: facts.files,
        ffree: facts.ffree,
        namelen: 255,
        fsid: 0,
        readOnly: !this.isWritable,
      };
    } catch (error) {
      throw fromHostError(error);
    }
  }
}

/** A path from the host's root, for one that cannot be looked at: so without `..`. */
function absolute(path: string): HostPath {
  const parts = (path.startsWith("/") ? path : Deno.cwd() + "/" + path).split("/")
    .filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new VfsError("EACCES");
  return "/" + parts.join("/") as HostPath;
}

/** Whether Deno has granted a right already, without asking anybody. */
function isGranted(name: Right, path?: string): boolean {
  return Deno.permissions.querySync(path === undefined ? { name } : { name, path }).state ===
    "granted";
}
