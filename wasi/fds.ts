/**
 * The guest's descriptors: kernel files with the rights that WASI adds, and the calls that concern
 * descriptors themselves (close, renumber, fdstat, prestat).
 *
 * @module
 */
import {
  type ByteString,
  type Directory,
  type DirEntry,
  O_APPEND,
  O_NONBLOCK,
  type OpenFile,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../sandbox/types.ts";
import {
  ALL_FDFLAGS,
  DIRECTORY_RIGHTS,
  FDFLAG,
  FILE_RIGHTS,
  FILETYPE,
  PREOPEN_DIR,
  RIGHT,
  SIZE,
  SOCKET_RIGHTS,
  TERMINAL_RIGHTS,
} from "./abi.ts";
import { ERRNO, fail } from "./errno.ts";
import type { Guest } from "./guest.ts";
import { InertFile } from "./inert_file.ts";
import type { Socket } from "./sockets.ts";

/** What a descriptor refers to. */
export class Descriptor {
  /** Name under which it was handed to the guest, for preopened directories. */
  preopen: ByteString | undefined;
  /** The directory, when it is one. */
  directory: Directory | undefined;
  /** Where a path of several components is looked up when its first one is not here. */
  fallback: Directory | undefined;
  /** Entries with `.` and `..`, as of the last read from the start. */
  listing: DirEntry[] | undefined;
  /** DSYNC, RSYNC and SYNC; the other flags are the file's own. */
  syncFlags = 0;

  constructor(
    /** Undefined only for sockets that are not connected. */
    public file: OpenFile | undefined,
    readonly filetype: number,
    public rights: number,
    public inheriting: number,
    readonly socket?: Socket,
  ) {}

  /** Flags as WASI numbers them. */
  get flags(): number {
    const own = this.file?.flags ?? this.socket?.flags ?? 0;
    return (own & O_APPEND ? FDFLAG.APPEND : 0) | (own & O_NONBLOCK ? FDFLAG.NONBLOCK : 0) |
      this.syncFlags;
  }
}

/** WASI's type for a file type of a mode. Pipes have none: they are not character devices. */
export function filetypeOf(type: number): number {
  switch (type) {
    case S_IFREG:
      return FILETYPE.REGULAR_FILE;
    case S_IFDIR:
      return FILETYPE.DIRECTORY;
    case S_IFLNK:
      return FILETYPE.SYMBOLIC_LINK;
    case S_IFCHR:
      return FILETYPE.CHARACTER_DEVICE;
    case S_IFBLK:
      return FILETYPE.BLOCK_DEVICE;
    case S_IFSOCK:
      return FILETYPE.SOCKET_STREAM;
    default:
      return FILETYPE.UNKNOWN;
  }
}

/** The rights that make sense for a file. */
export function rightsFor(file: OpenFile): number {
  if (file.type === S_IFDIR) return DIRECTORY_RIGHTS;
  if (file.tty !== undefined) return TERMINAL_RIGHTS;
  if (file.type === S_IFSOCK) return SOCKET_RIGHTS;
  return FILE_RIGHTS;
}

/** The descriptors of one guest. */
export class FdTable {
  readonly #slots: (Descriptor | undefined)[] = [];

  /** @param limit Most descriptors at once. */
  constructor(readonly limit: number) {}

  /** @throws {WasiError} BADF */
  get(fd: number): Descriptor {
    const number = fd >>> 0;
    const descriptor = number < this.#slots.length ? this.#slots[number] : undefined;
    return descriptor ?? fail(ERRNO.BADF);
  }

  /** The descriptor with a right. @throws {WasiError} BADF, NOTCAPABLE */
  need(fd: number, rights: number): Descriptor {
    const descriptor = this.get(fd);
    if ((descriptor.rights & rights) !== rights) fail(ERRNO.NOTCAPABLE);
    return descriptor;
  }

  /** The file of a descriptor with a right. @throws {WasiError} BADF, NOTCAPABLE, NOTCONN */
  file(fd: number, rights: number): OpenFile {
    return this.need(fd, rights).file ?? fail(ERRNO.NOTCONN);
  }

  /** The lowest free number. @throws {WasiError} MFILE */
  free(): number {
    let at = this.#slots.indexOf(undefined);
    if (at < 0) at = this.#slots.length;
    if (at >= this.limit) fail(ERRNO.MFILE);
    return at;
  }

  /** Puts a descriptor at the lowest free number. @throws {WasiError} MFILE */
  add(descriptor: Descriptor): number {
    const at = this.free();
    this.#slots[at] = descriptor;
    return at;
  }

  /** Puts a standard stream at its number; the file is retained. */
  setStandard(fd: 0 | 1 | 2, file: OpenFile | undefined): void {
    while (this.#slots.length <= fd) this.#slots.push(undefined);
    if (file === undefined) return;
    file.retain();
    let rights = rightsFor(file);
    if (!file.readable) rights &= ~RIGHT.FD_READ;
    if (!file.writable) rights &= ~RIGHT.FD_WRITE;
    const descriptor = new Descriptor(file, filetypeOf(file.type), rights, 0);
    descriptor.directory = file.directory?.confined();
    this.#slots[fd] = descriptor;
  }

  /** Hands a directory to the guest under a name. */
  preopen(name: ByteString, directory: Directory, options: PreopenOptions = {}): number {
    const mask = ~(options.withhold ?? 0);
    const descriptor = new Descriptor(
      new DirectoryAsFile(directory),
      FILETYPE.DIRECTORY,
      DIRECTORY_RIGHTS & mask,
      (DIRECTORY_RIGHTS | FILE_RIGHTS | SOCKET_RIGHTS) & mask,
    );
    descriptor.preopen = name;
    descriptor.directory = directory;
    descriptor.fallback = options.fallback;
    return this.add(descriptor);
  }

  /** Closes. @throws {WasiError} BADF @throws {VfsError} what held writes met; closed all the same */
  close(fd: number): void {
    const descriptor = this.get(fd);
    this.#slots[fd >>> 0] = undefined;
    try {
      descriptor.file?.writeOut?.();
    } finally {
      release(descriptor);
    }
  }

  /** Moves `from` to the open number `to`. @throws {WasiError} BADF */
  renumber(from: number, to: number): void {
    const source = this.get(from);
    const target = this.get(to);
    if (source === target) return;
    this.#slots[to >>> 0] = source;
    this.#slots[from >>> 0] = undefined;
    // What a number means has changed: it is no longer the directory the guest was handed.
    source.preopen = undefined;
    release(target);
  }

  /** Closes everything. */
  closeAll(): void {
    for (let i = 0; i < this.#slots.length; i++) {
      const descriptor = this.#slots[i];
      this.#slots[i] = undefined;
      if (descriptor !== undefined) release(descriptor);
    }
  }
}

/** How a directory is handed over. */
export interface PreopenOptions {
  /** Rights to leave out, such as `WRITE_RIGHTS`. */
  readonly withhold?: number;
  /** See `Descriptor.fallback`. */
  readonly fallback?: Directory;
}

function release(descriptor: Descriptor): void {
  descriptor.listing = undefined;
  descriptor.file?.release();
  descriptor.socket?.close();
}

/** The part of an open file that a handed-over directory needs. */
class DirectoryAsFile extends InertFile {
  readonly type = S_IFDIR;

  constructor(override readonly directory: Directory) {
    super();
  }

  override read(): never {
    return fail(ERRNO.ISDIR);
  }

  override write(): never {
    return fail(ERRNO.ISDIR);
  }

  override seek(): never {
    return fail(ERRNO.ISDIR);
  }

  override stat(): Stat {
    return this.directory.stat();
  }
}

// -----------------------------------------------------------------------------------------------
// Calls

/** Closes a descriptor. */
export function fd_close(guest: Guest, fd: number): number {
  guest.fds.close(fd);
  return ERRNO.SUCCESS;
}

/** Moves a descriptor over another one, atomically; like `dup2` and `close`. */
export function fd_renumber(guest: Guest, from: number, to: number): number {
  guest.fds.renumber(from, to);
  return ERRNO.SUCCESS;
}

/** Type, flags and rights of a descriptor. */
export function fd_fdstat_get(guest: Guest, fd: number, result: number): number {
  const descriptor = guest.fds.get(fd);
  const { memory } = guest;
  memory.clear(result, SIZE.FDSTAT);
  memory.setU8(result, descriptor.filetype);
  memory.setU16(result + 2, descriptor.flags);
  memory.setU32(result + 8, descriptor.rights);
  memory.setU32(result + 16, descriptor.inheriting);
  return ERRNO.SUCCESS;
}

/** Changes APPEND and NONBLOCK; the flags about synchronisation are taken note of. */
export function fd_fdstat_set_flags(guest: Guest, fd: number, flags: number): number {
  const descriptor = guest.fds.need(fd, RIGHT.FD_FDSTAT_SET_FLAGS);
  if ((flags & ~ALL_FDFLAGS) !== 0) return ERRNO.INVAL;
  const target = descriptor.file ?? descriptor.socket;
  if (target === undefined) return ERRNO.NOTCONN;
  let wanted = target.flags & ~(O_APPEND | O_NONBLOCK);
  if ((flags & FDFLAG.APPEND) !== 0) wanted |= O_APPEND;
  if ((flags & FDFLAG.NONBLOCK) !== 0) wanted |= O_NONBLOCK;
  target.flags = wanted;
  descriptor.syncFlags = flags & (FDFLAG.DSYNC | FDFLAG.RSYNC | FDFLAG.SYNC);
  return ERRNO.SUCCESS;
}

/** Takes rights away. None can be added: NOTCAPABLE. */
export function fd_fdstat_set_rights(
  guest: Guest,
  fd: number,
  base: bigint,
  inheriting: bigint,
): number {
  const descriptor = guest.fds.get(fd);
  const rights = BigInt.asUintN(64, base);
  const inherited = BigInt.asUintN(64, inheriting);
  if ((rights & ~BigInt(descriptor.rights)) !== 0n) return ERRNO.NOTCAPABLE;
  if ((inherited & ~BigInt(descriptor.inheriting)) !== 0n) return ERRNO.NOTCAPABLE;
  descriptor.rights = Number(rights);
  descriptor.inheriting = Number(inherited);
  return ERRNO.SUCCESS;
}

/** What kind of preopened thing a number is; BADF past the last one, which ends the search. */
export function fd_prestat_get(guest: Guest, fd: number, result: number): number {
  const { preopen } = guest.fds.get(fd);
  if (preopen === undefined) return ERRNO.BADF;
  guest.memory.range(result, SIZE.PRESTAT);
  guest.memory.setU32(result, PREOPEN_DIR);
  guest.memory.setU32(result + 4, preopen.length);
  return ERRNO.SUCCESS;
}

/** The name of a preopened directory, without a NUL. */
export function fd_prestat_dir_name(
  guest: Guest,
  fd: number,
  path: number,
  length: number,
): number {
  const { preopen } = guest.fds.get(fd);
  if (preopen === undefined) return ERRNO.BADF;
  if (length >>> 0 < preopen.length) return ERRNO.NAMETOOLONG;
  guest.memory.putText(path, preopen);
  return ERRNO.SUCCESS;
}
