/**
 * Reading, writing and attributes of open files (the `fd_*` calls that are not about directories).
 *
 * @module
 */
import {
  type AttrChange,
  O_APPEND,
  type OpenFile,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../sandbox/types.ts";
import { FDFLAG, FILETYPE, FSTFLAG, RIGHT, SIZE, WHENCE_PREVIEW1, WHENCE_UNSTABLE } from "./abi.ts";
import { ERRNO, fail } from "./errno.ts";
import { type Descriptor, filetypeOf } from "./fds.ts";
import type { Guest } from "./guest.ts";
import { gather, readBuffers, scatter } from "./iovec.ts";
import { type GuestMemory, smallU64 } from "./memory.ts";
import { receive, send } from "./sockets.ts";

/** Bytes that one read takes out of a file that hands out chunks; what is more is a short read. */
const CHUNK_MAX = 1 << 20;
/** Up to here several buffers are written as one chunk: one system call, and one chunk in a pipe. */
const GATHER_MAX = 1 << 16;
/** So much at once goes through a pipe in a buffer of its own; less joins what waits there. */
const GIVE_MIN = 1 << 13;

/** Up to so many buffers are read one by one, without describing them first. */
const DIRECT_MAX = 16;

/** `advice` has six values. */
const ADVICE_MAX = 5;

// -----------------------------------------------------------------------------------------------
// Reading and writing

/** Reads at the position of the file. */
export function fd_read(
  guest: Guest,
  fd: number,
  iovs: number,
  count: number,
  result: number,
): number {
  const descriptor = guest.fds.need(fd, RIGHT.FD_READ);
  const { memory, system } = guest;
  memory.range(result, 4);
  if (descriptor.socket !== undefined) {
    return receive(guest, descriptor, readBuffers(memory, iovs, count), 0, (size) => {
      memory.setU32(result, size);
      return ERRNO.SUCCESS;
    });
  }
  const file = descriptor.file ?? fail(ERRNO.NOTCONN);
  // A regular file goes straight into the guest's memory.
  if (file.readInto !== undefined && count >>> 0 <= DIRECT_MAX) {
    const size = readDirect(guest, file, iovs, count);
    if (size >= 0) {
      memory.setU32(result, size);
      return ERRNO.SUCCESS;
    }
  }
  const buffers = readBuffers(memory, iovs, count);
  if (buffers.total === 0) {
    memory.setU32(result, 0);
    return ERRNO.SUCCESS;
  }
  const chunk = file.readReused(Math.min(buffers.total, CHUNK_MAX), system.waiter);
  return guest.with(chunk, (data) => {
    if (data !== undefined) scatter(memory, buffers, data);
    memory.setU32(result, data?.length ?? 0);
    return ERRNO.SUCCESS;
  });
}

/** Reads into each buffer in turn until one is not filled; -1 when the file has to be read. */
function readDirect(guest: Guest, file: OpenFile, iovs: number, count: number): number {
  const { memory, system } = guest;
  const array = memory.range(iovs, count * SIZE.IOVEC);
  let total = 0;
  for (let at = array; at < array + count * SIZE.IOVEC; at += SIZE.IOVEC) {
    const pointer = memory.u32(at);
    const length = memory.u32(at + 4);
    memory.range(pointer, length);
    if (length === 0) continue;
    const size = file.readInto!(memory.bytes, pointer, pointer + length, system.waiter);
    if (size < 0) return total === 0 ? -1 : total;
    total += size;
    if (size < length) break;
  }
  return total;
}

/** Writes at the position of the file. */
export function fd_write(
  guest: Guest,
  fd: number,
  iovs: number,
  count: number,
  result: number,
): number {
  const descriptor = guest.fds.need(fd, RIGHT.FD_WRITE);
  const { memory, system } = guest;
  memory.range(result, 4);
  if (descriptor.socket !== undefined) {
    return send(guest, descriptor, readBuffers(memory, iovs, count), (size) => {
      memory.setU32(result, size);
      return ERRNO.SUCCESS;
    });
  }
  const file = descriptor.file ?? fail(ERRNO.NOTCONN);
  if (count === 1 && file.writeFrom !== undefined && guest.holdsWrites) {
    const array = memory.range(iovs, SIZE.IOVEC);
    const pointer = memory.u32(array);
    const length = memory.u32(array + 4);
    memory.range(pointer, length);
    const size = file.writeFrom(memory.bytes, pointer, pointer + length, system.waiter);
    if (size >= 0) {
      if (descriptor.syncFlags !== 0) synchronise(descriptor, file);
      memory.setU32(result, size);
      return ERRNO.SUCCESS;
    }
  }
  const buffers = readBuffers(memory, iovs, count);
  const { bounds, total } = buffers;
  const done = (): number => {
    if (descriptor.syncFlags !== 0) synchronise(descriptor, file);
    memory.setU32(result, total);
    return ERRNO.SUCCESS;
  };
  if (total === 0) return done();
  if (
    file.writeFrom !== undefined && guest.holdsWrites && bounds.length > 2 && total <= GATHER_MAX
  ) {
    // What a C library's stdio does: its buffer and the new part, in one call.
    const scratch = guest.scratch(total);
    let at = 0;
    for (let i = 0; i < bounds.length; i += 2) {
      scratch.set(memory.bytes.subarray(bounds[i], bounds[i + 1]), at);
      at += bounds[i + 1] - bounds[i];
    }
    if (file.writeFrom(scratch, 0, total, system.waiter) >= 0) return done();
  }
  if (
    file.type === S_IFIFO && file.give !== undefined && total >= GIVE_MIN && total <= GATHER_MAX
  ) {
    // Buffers of pipes go round; fresh ones would be garbage by the gigabyte.
    const buffer = file.newBuffer?.();
    if (buffer !== undefined && buffer.length >= total) {
      const waits = file.give(gather(memory, buffers, buffer), system.waiter);
      return waits === undefined ? done() : guest.later(waits, done);
    }
  }
  const write = (chunk: Uint8Array): void | Promise<void> => file.write(chunk, system.waiter);
  if (file.keepsChunks || bounds.length > 2 && total <= GATHER_MAX) {
    const waits = write(gather(memory, buffers));
    return waits === undefined ? done() : guest.later(waits, done);
  }
  const next = (from: number): number => {
    for (let i = from; i < bounds.length; i += 2) {
      const waits = write(memory.bytes.subarray(bounds[i], bounds[i + 1]));
      if (waits !== undefined) return guest.later(waits, () => next(i + 2));
    }
    return done();
  };
  return next(0);
}

function synchronise(descriptor: Descriptor, file: OpenFile): void {
  if ((descriptor.syncFlags & (FDFLAG.DSYNC | FDFLAG.SYNC)) !== 0) file.sync();
}

/** A position argument. @throws {WasiError} INVAL for a negative one, as `pread` of Linux */
function positionOf(offset: bigint): number {
  return smallU64(offset) ?? fail(ERRNO.INVAL);
}

/** The file of a positioned call. @throws {WasiError} SPIPE for what has no positions */
function seekable(file: OpenFile): OpenFile {
  if (file.type === S_IFIFO || file.type === S_IFSOCK || file.tty !== undefined) fail(ERRNO.SPIPE);
  if (file.type === S_IFDIR) fail(ERRNO.ISDIR);
  return file;
}

/** Reads at a given position and leaves the file's own alone. */
export function fd_pread(
  guest: Guest,
  fd: number,
  iovs: number,
  count: number,
  offset: bigint,
  result: number,
): number {
  const file = seekable(guest.fds.file(fd, RIGHT.FD_READ));
  const { memory } = guest;
  memory.range(result, 4);
  let position = positionOf(offset);
  const { bounds } = readBuffers(memory, iovs, count);
  const { bytes } = memory;
  let total = 0;
  for (let i = 0; i < bounds.length; i += 2) {
    const buffer = bytes.subarray(bounds[i], bounds[i + 1]);
    const size = file.pread(buffer, position);
    total += size;
    position += size;
    if (size < buffer.length) break;
  }
  memory.setU32(result, total);
  return ERRNO.SUCCESS;
}

/** Writes at a given position; on a file opened with APPEND at its end, as Linux does. */
export function fd_pwrite(
  guest: Guest,
  fd: number,
  iovs: number,
  count: number,
  offset: bigint,
  result: number,
): number {
  const descriptor = guest.fds.need(fd, RIGHT.FD_WRITE);
  const file = seekable(descriptor.file ?? fail(ERRNO.NOTCONN));
  const { memory } = guest;
  memory.range(result, 4);
  let position = positionOf(offset);
  const { bounds, total } = readBuffers(memory, iovs, count);
  if ((file.flags & O_APPEND) !== 0 && file.type === S_IFREG) position = file.stat().size;
  const { bytes } = memory;
  for (let i = 0; i < bounds.length; i += 2) {
    const buffer = bytes.subarray(bounds[i], bounds[i + 1]);
    file.pwrite(buffer, position);
    position += buffer.length;
  }
  if (descriptor.syncFlags !== 0) synchronise(descriptor, file);
  memory.setU32(result, total);
  return ERRNO.SUCCESS;
}

function seek(
  guest: Guest,
  fd: number,
  offset: bigint,
  whence: 0 | 1 | 2 | undefined,
  result: number,
): number {
  // Asking where one is needs less than moving.
  const needed = offset === 0n && whence === 1 ? RIGHT.FD_TELL : RIGHT.FD_SEEK;
  const descriptor = guest.fds.get(fd);
  const file = descriptor.file ?? fail(ERRNO.NOTCONN);
  if (file.type !== S_IFDIR) seekable(file);
  if ((descriptor.rights & needed) === 0) fail(ERRNO.NOTCAPABLE);
  if (whence === undefined) return ERRNO.INVAL;
  const distance = Number(offset);
  if (!Number.isSafeInteger(distance)) return ERRNO.INVAL;
  guest.memory.range(result, 8);
  guest.memory.setU64Number(result, file.seek(distance, whence));
  return ERRNO.SUCCESS;
}

/** Moves the position. */
export function fd_seek(
  guest: Guest,
  fd: number,
  offset: bigint,
  whence: number,
  result: number,
): number {
  return seek(guest, fd, offset, WHENCE_PREVIEW1[whence >>> 0], result);
}

/** As `fd_seek`, with the order of origins that wasi_unstable had. */
export function fd_seek_unstable(
  guest: Guest,
  fd: number,
  offset: bigint,
  whence: number,
  result: number,
): number {
  return seek(guest, fd, offset, WHENCE_UNSTABLE[whence >>> 0], result);
}

/** The position. */
export function fd_tell(guest: Guest, fd: number, result: number): number {
  return seek(guest, fd, 0n, 1, result);
}

// -----------------------------------------------------------------------------------------------
// Durability and space

function sync(guest: Guest, fd: number, right: number): number {
  const file = guest.fds.file(fd, right);
  if (file.type === S_IFREG) file.sync();
  else if (file.type !== S_IFDIR) return ERRNO.INVAL;
  return ERRNO.SUCCESS;
}

/** Makes data and attributes durable. */
export function fd_sync(guest: Guest, fd: number): number {
  return sync(guest, fd, RIGHT.FD_SYNC);
}

/** Makes data durable. */
export function fd_datasync(guest: Guest, fd: number): number {
  return sync(guest, fd, RIGHT.FD_DATASYNC);
}

/** Takes advice on how a file will be used. There is nothing to do with it. */
export function fd_advise(
  guest: Guest,
  fd: number,
  offset: bigint,
  length: bigint,
  advice: number,
): number {
  const file = guest.fds.file(fd, RIGHT.FD_ADVISE);
  if (file.type === S_IFDIR) return ERRNO.BADF;
  seekable(file);
  if (offset < 0n || length < 0n || advice >>> 0 > ADVICE_MAX) return ERRNO.INVAL;
  return ERRNO.SUCCESS;
}

/** Makes sure that a range exists: grows the file, never shrinks it (posix_fallocate). */
export function fd_allocate(guest: Guest, fd: number, offset: bigint, length: bigint): number {
  const file = guest.fds.file(fd, RIGHT.FD_ALLOCATE);
  if (file.type === S_IFDIR) return ERRNO.ISDIR;
  seekable(file);
  if (file.type !== S_IFREG) return ERRNO.NODEV;
  const start = smallU64(offset);
  const size = smallU64(length);
  if (start === undefined || size === undefined) return ERRNO.FBIG;
  if (size === 0) return ERRNO.INVAL;
  const end = start + size;
  if (!Number.isSafeInteger(end)) return ERRNO.FBIG;
  if (!file.writable) return ERRNO.BADF;
  if (end > file.stat().size) file.truncate(end);
  return ERRNO.SUCCESS;
}

// -----------------------------------------------------------------------------------------------
// Attributes

/** A Number as 64 bits: exact for what a Number can count. */
function putU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, value < 4294967296 ? 0 : Math.floor(value / 4294967296) >>> 0, true);
}

/** Writes a `Stat` as WASI lays it out: device and inode as they are, times exact. */
export function putStat(memory: GuestMemory, result: number, stat: Stat, tty = false): void {
  const at = memory.range(result, SIZE.FILESTAT);
  const { view } = memory;
  putU64(view, at, stat.dev);
  putU64(view, at + 8, stat.ino);
  // The seven bytes after the type are padding.
  putU64(view, at + 16, tty ? FILETYPE.CHARACTER_DEVICE : filetypeOf(stat.mode & S_IFMT));
  putU64(view, at + 24, stat.nlink);
  putU64(view, at + 32, stat.size);
  view.setBigUint64(at + 40, stat.atimeNs, true);
  view.setBigUint64(at + 48, stat.mtimeNs, true);
  view.setBigUint64(at + 56, stat.ctimeNs, true);
}

/** As `putStat`, with the shorter structure of wasi_unstable: the link count is a u32. */
export function putStatUnstable(
  memory: GuestMemory,
  result: number,
  stat: Stat,
  tty = false,
): void {
  memory.clear(result, SIZE.FILESTAT_UNSTABLE);
  memory.setU64Number(result, stat.dev);
  memory.setU64Number(result + 8, stat.ino);
  const filetype = tty ? FILETYPE.CHARACTER_DEVICE : filetypeOf(stat.mode & S_IFMT);
  memory.setU8(result + 16, filetype);
  memory.setU32(result + 20, stat.nlink);
  memory.setU64Number(result + 24, stat.size);
  memory.setU64(result + 32, stat.atimeNs);
  memory.setU64(result + 40, stat.mtimeNs);
  memory.setU64(result + 48, stat.ctimeNs);
}

/** The status of an open file. */
export function statOf(guest: Guest, fd: number): { stat: Stat; tty: boolean } {
  const file = guest.fds.file(fd, RIGHT.FD_FILESTAT_GET);
  return { stat: file.directory?.stat() ?? file.stat(), tty: file.tty !== undefined };
}

/** Status of an open file. */
export function fd_filestat_get(guest: Guest, fd: number, result: number): number {
  const { stat, tty } = statOf(guest, fd);
  putStat(guest.memory, result, stat, tty);
  return ERRNO.SUCCESS;
}

/** As `fd_filestat_get`, for wasi_unstable. */
export function fd_filestat_get_unstable(guest: Guest, fd: number, result: number): number {
  const { stat, tty } = statOf(guest, fd);
  putStatUnstable(guest.memory, result, stat, tty);
  return ERRNO.SUCCESS;
}

/** Sets the size of an open file. */
export function fd_filestat_set_size(guest: Guest, fd: number, size: bigint): number {
  const file = guest.fds.file(fd, RIGHT.FD_FILESTAT_SET_SIZE);
  if (file.type === S_IFDIR) return ERRNO.ISDIR;
  if (file.type !== S_IFREG) return ERRNO.INVAL;
  const bytes = smallU64(size);
  // A size that is negative as a signed number is no size; a large one is too large.
  if (bytes === undefined) return size < 0n ? ERRNO.INVAL : ERRNO.FBIG;
  file.truncate(bytes);
  return ERRNO.SUCCESS;
}

/**
 * The times to set.
 *
 * @throws {WasiError} INVAL when a time is both given and "now", or a flag is unknown
 */
export function timesOf(
  guest: Guest,
  atime: bigint,
  mtime: bigint,
  flags: number,
): { readonly atimeNs: bigint | undefined; readonly mtimeNs: bigint | undefined } {
  const both = (pair: number): boolean => (flags & pair) === pair;
  if (both(FSTFLAG.ATIM | FSTFLAG.ATIM_NOW) || both(FSTFLAG.MTIM | FSTFLAG.MTIM_NOW)) {
    fail(ERRNO.INVAL);
  }
  if ((flags & ~15) !== 0) fail(ERRNO.INVAL);
  const now = (flags & (FSTFLAG.ATIM_NOW | FSTFLAG.MTIM_NOW)) !== 0
    ? guest.system.clock.nowNs()
    : undefined;
  const pick = (given: number, current: number, time: bigint): bigint | undefined =>
    (flags & given) !== 0 ? BigInt.asUintN(64, time) : (flags & current) !== 0 ? now : undefined;
  return {
    atimeNs: pick(FSTFLAG.ATIM, FSTFLAG.ATIM_NOW, atime),
    mtimeNs: pick(FSTFLAG.MTIM, FSTFLAG.MTIM_NOW, mtime),
  };
}

/** Sets the times of an open file. */
export function fd_filestat_set_times(
  guest: Guest,
  fd: number,
  atime: bigint,
  mtime: bigint,
  flags: number,
): number {
  const descriptor = guest.fds.need(fd, RIGHT.FD_FILESTAT_SET_TIMES);
  const file = descriptor.file ?? fail(ERRNO.NOTCONN);
  const times: AttrChange = timesOf(guest, atime, mtime, flags);
  if (times.atimeNs === undefined && times.mtimeNs === undefined) return ERRNO.SUCCESS;
  const { directory } = descriptor;
  if (directory !== undefined) directory.setTimesAt(".", times.atimeNs, times.mtimeNs);
  else file.setAttr(times);
  return ERRNO.SUCCESS;
}
