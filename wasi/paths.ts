/**
 * Calls on paths. Each path is resolved by the virtual file system from the directory of its
 * descriptor; nothing here looks into a path but for NUL, a leading slash and its first component.
 *
 * Threat class "path traversal from a guest": a directory that was handed over is confined, so the
 * resolver itself refuses `..` above it, absolute paths and links that leave it.
 *
 * @module
 */
import {
  type ByteString,
  type Directory,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFDIR,
  type Stat,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import {
  ALL_FDFLAGS,
  ALL_OFLAGS,
  ALL_RIGHTS,
  FDFLAG,
  LOOKUP_FOLLOW,
  OFLAG,
  PATH_MAX,
  RIGHT,
} from "./abi.ts";
import { ERRNO, fail } from "./errno.ts";
import { Descriptor, filetypeOf, rightsFor } from "./fds.ts";
import { putStat, putStatUnstable, timesOf } from "./files.ts";
import type { Guest } from "./guest.ts";

/** Permission bits of new files and directories, before the umask. */
const FILE_MODE = 0o666;
const DIRECTORY_MODE = 0o777;

/** Rights that make an open one for writing: what C libraries leave out for O_RDONLY. */
const WRITES = RIGHT.FD_WRITE | RIGHT.FD_ALLOCATE | RIGHT.FD_FILESTAT_SET_SIZE;

/** A path argument. @throws {WasiError} FAULT, NAMETOOLONG, INVAL, PERM */
function pathOf(guest: Guest, pointer: number, length: number): ByteString {
  if (length >>> 0 >= PATH_MAX) {
    guest.memory.range(pointer, length >>> 0);
    fail(ERRNO.NAMETOOLONG);
  }
  const path = guest.memory.text(pointer, length);
  if (path.includes("\0")) fail(ERRNO.INVAL);
  if (path.startsWith("/")) fail(ERRNO.PERM);
  return path;
}

/** The directory of a descriptor with a right. @throws {WasiError} BADF, NOTDIR, NOTCAPABLE */
function directoryOf(guest: Guest, fd: number, rights: number): Descriptor {
  const descriptor = guest.fds.get(fd);
  if (descriptor.directory === undefined) fail(ERRNO.NOTDIR);
  if ((descriptor.rights & rights) !== rights) fail(ERRNO.NOTCAPABLE);
  return descriptor;
}

/** Whether something of that name is there, link or not. */
function has(directory: Directory, name: ByteString): boolean {
  try {
    directory.lstatAt(name);
    return true;
  } catch (error) {
    if (isVfsError(error)) return false;
    throw error;
  }
}

/**
 * The directory that a path starts from.
 *
 * C libraries for WASI cut the leading slash off absolute paths, so that a program started in a
 * working directory asks for `etc/passwd` and `./etc/passwd` in the same way. A descriptor with a
 * fallback (the working directory of a program that the shell started) therefore takes a path of
 * several components from the root when its first one exists there and not here.
 */
function startOf(descriptor: Descriptor, path: ByteString): Directory {
  const here = descriptor.directory as Directory;
  const { fallback } = descriptor;
  if (fallback === undefined) return here;
  const end = path.indexOf("/");
  if (end <= 0 || /^\/*$/.test(path.slice(end))) return here;
  const first = path.slice(0, end);
  if (first === "." || first === "..") return here;
  return has(here, first) || !has(fallback, first) ? here : fallback;
}

/** Runs a call on the directory of a descriptor and a path. */
function at<T>(
  guest: Guest,
  fd: number,
  rights: number,
  pointer: number,
  length: number,
  call: (directory: Directory, path: ByteString) => T,
): T {
  const descriptor = directoryOf(guest, fd, rights);
  const path = pathOf(guest, pointer, length);
  return call(startOf(descriptor, path), path);
}

/** Opens a file or directory. */
export function path_open(
  guest: Guest,
  fd: number,
  lookup: number,
  pointer: number,
  length: number,
  oflags: number,
  rights: bigint,
  inheriting: bigint,
  fdflags: number,
  result: number,
): number {
  const { fds, memory } = guest;
  const parent = fds.get(fd);
  if (parent.directory === undefined) return ERRNO.NOTDIR;
  let needed: number = RIGHT.PATH_OPEN;
  if ((oflags & OFLAG.CREAT) !== 0) needed |= RIGHT.PATH_CREATE_FILE;
  if ((oflags & OFLAG.TRUNC) !== 0) needed |= RIGHT.PATH_FILESTAT_SET_SIZE;
  if ((parent.rights & needed) !== needed) return ERRNO.NOTCAPABLE;
  if ((oflags & ~ALL_OFLAGS) !== 0 || (fdflags & ~ALL_FDFLAGS) !== 0) return ERRNO.INVAL;
  memory.range(result, 4);
  const path = pathOf(guest, pointer, length);
  // Rights only ever narrow on the way down; what the parent cannot pass on is left out.
  const known = BigInt(ALL_RIGHTS);
  const base = Number(rights & known) & parent.inheriting;
  const passed = Number(inheriting & known) & parent.inheriting;

  let flags = O_RDONLY;
  if ((base & WRITES) !== 0) flags = (base & RIGHT.FD_READ) !== 0 ? O_RDWR : O_WRONLY;
  if ((oflags & OFLAG.DIRECTORY) !== 0) {
    if ((oflags & OFLAG.CREAT) !== 0) return ERRNO.INVAL;
    if ((base & RIGHT.FD_WRITE) === 0) flags = O_RDONLY;
    flags |= O_DIRECTORY;
  }
  if ((oflags & OFLAG.CREAT) !== 0) flags |= O_CREAT;
  if ((oflags & OFLAG.EXCL) !== 0) flags |= O_EXCL;
  if ((oflags & OFLAG.TRUNC) !== 0) flags |= O_TRUNC;
  if ((fdflags & FDFLAG.APPEND) !== 0) flags |= O_APPEND;
  if ((fdflags & FDFLAG.NONBLOCK) !== 0) flags |= O_NONBLOCK;
  if ((lookup & LOOKUP_FOLLOW) === 0) flags |= O_NOFOLLOW;

  fds.free();
  const file = startOf(parent, path).openAt(path, flags, FILE_MODE);
  const own = rightsFor(file);
  const descriptor = new Descriptor(file, filetypeOf(file.type), base & own, passed);
  if (file.type === S_IFDIR) descriptor.directory = file.directory;
  descriptor.syncFlags = fdflags & (FDFLAG.DSYNC | FDFLAG.RSYNC | FDFLAG.SYNC);
  memory.setU32(result, fds.add(descriptor));
  return ERRNO.SUCCESS;
}

/** Makes a directory. */
export function path_create_directory(
  guest: Guest,
  fd: number,
  pointer: number,
  length: number,
): number {
  at(
    guest,
    fd,
    RIGHT.PATH_CREATE_DIRECTORY,
    pointer,
    length,
    (directory, path) => directory.makeDirAt(path, DIRECTORY_MODE),
  );
  return ERRNO.SUCCESS;
}

/** Removes an empty directory. */
export function path_remove_directory(
  guest: Guest,
  fd: number,
  pointer: number,
  length: number,
): number {
  at(
    guest,
    fd,
    RIGHT.PATH_REMOVE_DIRECTORY,
    pointer,
    length,
    (directory, path) => directory.removeDirAt(path),
  );
  return ERRNO.SUCCESS;
}

/** Removes a name of something that is no directory. */
export function path_unlink_file(
  guest: Guest,
  fd: number,
  pointer: number,
  length: number,
): number {
  at(
    guest,
    fd,
    RIGHT.PATH_UNLINK_FILE,
    pointer,
    length,
    (directory, path) => directory.unlinkAt(path),
  );
  return ERRNO.SUCCESS;
}

function statAt(guest: Guest, fd: number, lookup: number, pointer: number, length: number): Stat {
  return at(
    guest,
    fd,
    RIGHT.PATH_FILESTAT_GET,
    pointer,
    length,
    (directory, path) =>
      (lookup & LOOKUP_FOLLOW) !== 0 ? directory.statAt(path) : directory.lstatAt(path),
  );
}

/** Status of what a path means. */
export function path_filestat_get(
  guest: Guest,
  fd: number,
  lookup: number,
  pointer: number,
  length: number,
  result: number,
): number {
  putStat(guest.memory, result, statAt(guest, fd, lookup, pointer, length));
  return ERRNO.SUCCESS;
}

/** As `path_filestat_get`, for wasi_unstable. */
export function path_filestat_get_unstable(
  guest: Guest,
  fd: number,
  lookup: number,
  pointer: number,
  length: number,
  result: number,
): number {
  putStatUnstable(guest.memory, result, statAt(guest, fd, lookup, pointer, length));
  return ERRNO.SUCCESS;
}

/** Sets the times of what a path means, or of the link itself. */
export function path_filestat_set_times(
  guest: Guest,
  fd: number,
  lookup: number,
  pointer: number,
  length: number,
  atime: bigint,
  mtime: bigint,
  flags: number,
): number {
  at(guest, fd, RIGHT.PATH_FILESTAT_SET_TIMES, pointer, length, (directory, path) => {
    const { atimeNs, mtimeNs } = timesOf(guest, atime, mtime, flags);
    const follow = (lookup & LOOKUP_FOLLOW) !== 0;
    directory.setTimesAt(path, atimeNs, mtimeNs, { follow });
  });
  return ERRNO.SUCCESS;
}

/** Makes a hard link. Links are never followed: with the flag that asks for it, INVAL. */
export function path_link(
  guest: Guest,
  fromFd: number,
  lookup: number,
  fromPointer: number,
  fromLength: number,
  toFd: number,
  toPointer: number,
  toLength: number,
): number {
  const source = directoryOf(guest, fromFd, RIGHT.PATH_LINK_SOURCE);
  const target = directoryOf(guest, toFd, RIGHT.PATH_LINK_TARGET);
  const from = pathOf(guest, fromPointer, fromLength);
  const to = pathOf(guest, toPointer, toLength);
  if ((lookup & LOOKUP_FOLLOW) !== 0) return ERRNO.INVAL;
  startOf(source, from).linkAt(from, startOf(target, to), to);
  return ERRNO.SUCCESS;
}

/** Renames. */
export function path_rename(
  guest: Guest,
  fromFd: number,
  fromPointer: number,
  fromLength: number,
  toFd: number,
  toPointer: number,
  toLength: number,
): number {
  const source = directoryOf(guest, fromFd, RIGHT.PATH_RENAME_SOURCE);
  const target = directoryOf(guest, toFd, RIGHT.PATH_RENAME_TARGET);
  const from = pathOf(guest, fromPointer, fromLength);
  const to = pathOf(guest, toPointer, toLength);
  startOf(source, from).renameAt(from, startOf(target, to), to);
  return ERRNO.SUCCESS;
}

/** Makes a symbolic link. An absolute target is refused where the directory is a boundary. */
export function path_symlink(
  guest: Guest,
  textPointer: number,
  textLength: number,
  fd: number,
  pointer: number,
  length: number,
): number {
  at(guest, fd, RIGHT.PATH_SYMLINK, pointer, length, (directory, path) => {
    if (textLength >>> 0 >= PATH_MAX) {
      guest.memory.range(textPointer, textLength >>> 0);
      fail(ERRNO.NAMETOOLONG);
    }
    try {
      directory.symlinkAt(guest.memory.text(textPointer, textLength), path);
    } catch (error) {
      // `file/` can never be made; WASI says so as it does for every other call (wasmtime, too).
      if (isVfsError(error, "EEXIST") && path.endsWith("/")) directory.statAt(path);
      throw error;
    }
  });
  return ERRNO.SUCCESS;
}

/** The text of a symbolic link, cut to the buffer. */
export function path_readlink(
  guest: Guest,
  fd: number,
  pointer: number,
  length: number,
  buffer: number,
  size: number,
  result: number,
): number {
  const { memory } = guest;
  const text = at(
    guest,
    fd,
    RIGHT.PATH_READLINK,
    pointer,
    length,
    (directory, path) => directory.readLinkAt(path),
  );
  memory.range(buffer, size >>> 0);
  memory.range(result, 4);
  const part = text.slice(0, size >>> 0);
  memory.putText(buffer, part);
  memory.setU32(result, part.length);
  return ERRNO.SUCCESS;
}
