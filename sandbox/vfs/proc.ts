/**
 * `/proc`: the sandbox's own processes and figures in the kernel's text formats (Linux proc(5)).
 * Nothing in it comes from the host.
 *
 * @module
 */
import { toBytes } from "../bytes.ts";
import { VfsError } from "../errors.ts";
import {
  type ByteString,
  type DirEntry,
  type Environment,
  type FileHandle,
  type FileNode,
  type KernelView,
  type LimitName,
  type OpenFile,
  type ProcessInfo,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  type Stat,
  type StatFs,
  type VNode,
} from "../types.ts";
import { type Caller, MagicLink } from "./caller.ts";
import { OpenDirectory } from "./directory.ts";
import { emptyStatFs, FixedDir } from "./fixed_dir.ts";
import type { Layer } from "./layer.ts";
import { OpenNode } from "./open_node.ts";
import { isWithin, pathOf, type Place } from "./place.ts";
import { PROCESS_FILES, SYSTEM_FILES } from "./proc_text.ts";

/** What the kernel tells of one process beyond `ProcessInfo`. */
export interface ProcDetail {
  readonly env: Environment;
  readonly cwd: Place;
  readonly root: Place;
  /** Path of the program. */
  readonly exe: ByteString;
  readonly umask: number;
  readonly groups: readonly number[];
  /** Open descriptors. */
  fdNumbers(): readonly number[];
  fd(number: number): OpenFile | undefined;
  limit(name: LimitName): number | undefined;
  /** Signals that are ignored and caught, by number. */
  readonly ignored?: readonly number[];
  readonly caught?: readonly number[];
}

/** Where `/proc` gets everything from. */
export interface ProcSource {
  readonly kernel: KernelView;
  nowNs(): bigint;
  /** Undefined when there is no such process. */
  detail(pid: number): ProcDetail | undefined;
  /** Number of the process started last. */
  lastPid(): number;
}

/** The layer for `/proc`. A forked sandbox gets a new one over its own kernel. */
export class ProcLayer implements Layer {
  readonly typeName = "proc";
  readonly root: FixedDir;
  dev: number | undefined = undefined;

  constructor(readonly source: ProcSource) {
    this.root = new ProcRoot(this);
  }

  fork(): Layer {
    return this;
  }

  /** @internal */
  stat(ino: number, mode: number, owner?: ProcessInfo): Stat {
    const time = this.source.nowNs();
    return {
      dev: this.dev ?? 5,
      ino,
      mode,
      nlink: (mode & S_IFDIR) === S_IFDIR ? 2 : 1,
      uid: owner?.uid ?? 0,
      gid: owner?.gid ?? 0,
      rdev: 0,
      size: 0,
      blksize: 1024,
      blocks: 0,
      atimeNs: time,
      mtimeNs: time,
      ctimeNs: time,
    };
  }
}

/** A file whose text is made when it is opened. */
class TextFile implements FileNode {
  readonly type = S_IFREG;

  constructor(
    readonly layer: ProcLayer,
    readonly ino: number,
    readonly mode: number,
    readonly text: () => ByteString,
    readonly owner?: ProcessInfo,
  ) {}

  stat(): Stat {
    return this.layer.stat(this.ino, S_IFREG | this.mode, this.owner);
  }

  setAttr(): void {
    throw new VfsError("EPERM");
  }

  openFile(access: { readonly write: boolean }): FileHandle {
    if (access.write) throw new VfsError("EACCES");
    return new TextHandle(this, toBytes(this.text()));
  }
}

class TextHandle implements FileHandle {
  constructor(readonly node: TextFile, readonly bytes: Uint8Array) {}

  pread(buffer: Uint8Array, position: number): number {
    const part = this.bytes.subarray(position, position + buffer.length);
    buffer.set(part);
    return part.length;
  }

  view(position: number, max: number): Uint8Array {
    return this.bytes.subarray(position, position + max);
  }

  pwrite(): number {
    throw new VfsError("EBADF");
  }

  size(): number {
    return this.bytes.length;
  }

  truncate(): void {
    throw new VfsError("EINVAL");
  }

  stat(): Stat {
    return this.node.stat();
  }

  setAttr(): void {
    this.node.setAttr();
  }

  sync(): void {}

  close(): void {}
}

/** A link whose text depends on who reads it. */
class TextLink extends MagicLink {
  constructor(
    readonly layer: ProcLayer,
    readonly ino: number,
    readonly text: (caller: Caller | undefined) => ByteString,
    readonly owner?: ProcessInfo,
    readonly bits = 0o777,
  ) {
    super();
  }

  override stat(): Stat {
    return this.layer.stat(this.ino, S_IFLNK | this.bits, this.owner);
  }

  override setAttr(): void {
    throw new VfsError("EPERM");
  }

  override readLink(): ByteString {
    return this.text(undefined);
  }

  override readLinkFor(caller: Caller): ByteString {
    return this.text(caller);
  }

  override target(caller: Caller): ByteString {
    return this.text(caller);
  }
}

/** `/proc/N/fd/M`: leads to the open file itself. */
class FdLink extends MagicLink {
  constructor(
    readonly layer: ProcLayer,
    readonly ino: number,
    readonly file: OpenFile,
    readonly owner: ProcessInfo,
  ) {
    super();
  }

  override stat(): Stat {
    const rights = (this.file.readable ? 0o500 : 0o100) | (this.file.writable ? 0o300 : 0);
    return this.layer.stat(this.ino, S_IFLNK | rights, this.owner);
  }

  override setAttr(): void {
    throw new VfsError("EPERM");
  }

  override readLink(): ByteString {
    const { file } = this;
    if (file.path !== undefined) return file.path;
    const { ino } = file.stat();
    if (file.type === S_IFIFO) return "pipe:[" + ino + "]";
    if (file.type === S_IFSOCK) return "socket:[" + ino + "]";
    return file.tty?.name ?? "anon_inode:[" + ino + "]";
  }

  override readLinkFor(caller: Caller): ByteString {
    checkOwner(caller, this.owner);
    const { directory } = this.file;
    return directory instanceof OpenDirectory
      ? pathOf(directory.place, caller.root)
      : this.readLink();
  }

  override target(caller: Caller): VNode | Place {
    checkOwner(caller, this.owner);
    const { directory } = this.file;
    if (directory instanceof OpenDirectory) {
      // A directory from before a `chroot` must not become a way out of it.
      if (!isWithin(directory.place, caller.root)) throw new VfsError("EACCES");
      return directory.place;
    }
    return new OpenNode(this.file);
  }
}

/** Open files and environments are for their owner and for uid 0, as Linux has it. */
function checkOwner(caller: Caller, owner: ProcessInfo): void {
  if (caller.uid !== 0 && caller.uid !== owner.uid) throw new VfsError("EACCES");
}

/** A directory with a table of entries. */
abstract class ProcDir extends FixedDir {
  constructor(readonly layer: ProcLayer, readonly ino: number, readonly owner?: ProcessInfo) {
    super("EPERM");
  }

  /** Mode bits; a process's descriptors are for its owner only. */
  protected get bits(): number {
    return 0o555;
  }

  override stat(): Stat {
    return this.layer.stat(this.ino, S_IFDIR | this.bits, this.owner);
  }

  override statFs(): StatFs {
    return emptyStatFs("proc", 0x9fa0);
  }

  /** Linux has no such thing as a new name here. */
  override createFile(): FileNode {
    throw new VfsError("ENOENT");
  }
}

/** Inode numbers: the root, fixed files from 2, `/proc/sys` from 512, process N from N × 2^16. */
const INO_SYS = 512;
const INO_STEP = 0x1_0000;
const INO_FD = 256;

class ProcRoot extends ProcDir {
  constructor(layer: ProcLayer) {
    super(layer, 1);
  }

  override lookup(name: ByteString): VNode | undefined {
    const { layer } = this;
    const { source } = layer;
    if (name === "self" || name === "thread-self") {
      return new TextLink(
        layer,
        name === "self" ? 2 : 3,
        (caller) => caller === undefined ? "" : "" + caller.pid,
      );
    }
    if (name === "mounts") return new TextLink(layer, 4, () => "self/mounts");
    if (name === "sys") return new SysDir(layer, INO_SYS, SYS_TREE);
    const index = SYSTEM_FILES.findIndex((entry) => entry.name === name);
    if (index >= 0) {
      return new TextFile(layer, 8 + index, 0o444, () => SYSTEM_FILES[index].text(source));
    }
    const pid = pidOf(name);
    if (pid === undefined) return undefined;
    const info = source.kernel.process(pid);
    return info === undefined ? undefined : new ProcessDir(layer, info);
  }

  override list(): DirEntry[] {
    const entries: DirEntry[] = this.layer.source.kernel.processes().map((info) => ({
      name: "" + info.pid,
      type: S_IFDIR,
      ino: info.pid * INO_STEP,
    }));
    SYSTEM_FILES.forEach((file, index) => {
      entries.push({ name: file.name, type: S_IFREG, ino: 8 + index });
    });
    entries.push(
      { name: "self", type: S_IFLNK, ino: 2 },
      { name: "thread-self", type: S_IFLNK, ino: 3 },
      { name: "mounts", type: S_IFLNK, ino: 4 },
      { name: "sys", type: S_IFDIR, ino: INO_SYS },
    );
    return entries;
  }
}

/** The number that a name means, written as the kernel writes it. */
function pidOf(name: ByteString): number | undefined {
  if (name.length === 0 || name.length > 9) return undefined;
  let value = 0;
  for (let i = 0; i < name.length; i++) {
    const digit = name.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9 || i === 0 && digit === 0 && name.length > 1) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

class ProcessDir extends ProcDir {
  constructor(layer: ProcLayer, readonly info: ProcessInfo) {
    super(layer, info.pid * INO_STEP, info);
  }

  override lookup(name: ByteString): VNode | undefined {
    const { layer, info, ino } = this;
    const { source } = layer;
    const detail = source.detail(info.pid);
    if (detail === undefined) return undefined;
    switch (name) {
      case "fd":
        return new FdDir(layer, ino + 1, info, detail);
      case "cwd":
        return new TextLink(layer, ino + 2, (caller) => reachable(detail.cwd, caller, info), info);
      case "root":
        return new TextLink(layer, ino + 3, (caller) => reachable(detail.root, caller, info), info);
      case "exe":
        return new TextLink(layer, ino + 4, () => detail.exe, info);
    }
    const index = PROCESS_FILES.findIndex((entry) => entry.name === name);
    if (index < 0) return undefined;
    const file = PROCESS_FILES[index];
    return new TextFile(
      layer,
      ino + 8 + index,
      file.mode,
      () => file.text(source, source.kernel.process(info.pid) ?? info, detail),
      info,
    );
  }

  override list(): DirEntry[] {
    const { ino } = this;
    const entries: DirEntry[] = PROCESS_FILES.map((file, index) => ({
      name: file.name,
      type: S_IFREG,
      ino: ino + 8 + index,
    }));
    entries.push(
      { name: "fd", type: S_IFDIR, ino: ino + 1 },
      { name: "cwd", type: S_IFLNK, ino: ino + 2 },
      { name: "root", type: S_IFLNK, ino: ino + 3 },
      { name: "exe", type: S_IFLNK, ino: ino + 4 },
    );
    return entries;
  }
}

/**
 * The path of a process's directory as the reader could reach it. It is text and goes through the
 * resolver like any other, so it gives no way out of a `chroot`.
 */
function reachable(place: Place, caller: Caller | undefined, owner: ProcessInfo): ByteString {
  if (caller === undefined) return "/";
  checkOwner(caller, owner);
  if (!isWithin(place, caller.root)) throw new VfsError("EACCES");
  return pathOf(place, caller.root);
}

/**
 * The descriptors of a process. A process that lists its own sees one more, that of the listing: the
 * lowest that is free, as `opendir` would take it.
 */
class FdDir extends ProcDir {
  #held: number | undefined;

  constructor(
    layer: ProcLayer,
    ino: number,
    readonly info: ProcessInfo,
    readonly detail: ProcDetail,
  ) {
    super(layer, ino, info);
  }

  protected override get bits(): number {
    return 0o500;
  }

  heldBy(pid: number): void {
    this.#held = undefined;
    if (pid !== this.info.pid) return;
    const taken = new Set(this.detail.fdNumbers());
    let free = 0;
    while (taken.has(free)) free++;
    const most = this.detail.limit("openFiles");
    if (most === undefined || free < most) this.#held = free;
  }

  override lookup(name: ByteString): VNode | undefined {
    const number = pidOf(name);
    if (number === undefined) return undefined;
    const ino = this.ino + INO_FD + number;
    const file = this.detail.fd(number);
    if (file !== undefined) return new FdLink(this.layer, ino, file, this.info);
    if (number !== this.#held) return undefined;
    const path = "/proc/" + this.info.pid + "/fd";
    return new TextLink(this.layer, ino, () => path, this.info, 0o500);
  }

  override list(): DirEntry[] {
    const numbers = [...this.detail.fdNumbers()];
    if (this.#held !== undefined) numbers.push(this.#held);
    return numbers.sort((a, b) => a - b).map((number) => ({
      name: "" + number,
      type: S_IFLNK,
      ino: this.ino + INO_FD + number,
    }));
  }
}

type SysTree = readonly (readonly [
  name: ByteString,
  value: SysTree | ((source: ProcSource) => ByteString),
])[];

const SYS_TREE: SysTree = [
  ["fs", [["file-max", () => "65536\n"], ["pipe-max-size", () => "65536\n"]]],
  ["kernel", [
    ["hostname", ({ kernel }) => kernel.hostname + "\n"],
    ["domainname", ({ kernel }) => kernel.uname.domain + "\n"],
    ["osrelease", ({ kernel }) => kernel.uname.release + "\n"],
    ["ostype", ({ kernel }) => kernel.uname.sysname + "\n"],
    ["version", ({ kernel }) => kernel.uname.version + "\n"],
    ["ngroups_max", () => "65536\n"],
    ["pid_max", () => "32768\n"],
  ]],
  ["vm", [["overcommit_memory", () => "0\n"], ["swappiness", () => "60\n"]]],
];

class SysDir extends ProcDir {
  constructor(layer: ProcLayer, ino: number, readonly tree: SysTree) {
    super(layer, ino);
  }

  override lookup(name: ByteString): VNode | undefined {
    const index = this.tree.findIndex((entry) => entry[0] === name);
    if (index < 0) return undefined;
    const value = this.tree[index][1];
    const ino = this.#ino(index);
    return typeof value === "function"
      ? new TextFile(this.layer, ino, 0o444, () => value(this.layer.source))
      : new SysDir(this.layer, ino, value);
  }

  #ino(index: number): number {
    return this.ino === INO_SYS ? INO_SYS + 64 * (index + 1) : this.ino + 1 + index;
  }

  override list(): DirEntry[] {
    return this.tree.map(([name, value], index) => ({
      name,
      type: typeof value === "function" ? S_IFREG : S_IFDIR,
      ino: this.#ino(index),
    }));
  }
}
