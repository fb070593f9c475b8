/**
 * Reading directories.
 *
 * @module
 */
import { type Directory, type DirEntry, S_IFDIR } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { RIGHT, SIZE } from "./abi.ts";
import { ERRNO, fail } from "./errno.ts";
import { filetypeOf } from "./fds.ts";
import type { Guest } from "./guest.ts";
import { smallU64 } from "./memory.ts";

/** The inode number of an entry that a layer listed without one, or 0 when it has gone. */
function inodeOf(directory: Directory, entry: DirEntry): number {
  const { ino } = entry;
  if (ino !== 0) return ino;
  try {
    return directory.lstatAt(entry.name).ino;
  } catch (error) {
    if (isVfsError(error)) return 0;
    throw error;
  }
}

/** Writes the fixed part of an entry to where there is room for it. */
function putEntry(
  view: DataView,
  at: number,
  next: number,
  ino: number,
  length: number,
  type: number,
): void {
  view.setUint32(at, next, true);
  view.setUint32(at + 4, 0, true);
  view.setUint32(at + 8, ino >>> 0, true);
  view.setUint32(at + 12, Math.floor(ino / 4294967296) >>> 0, true);
  view.setUint32(at + 16, length, true);
  view.setUint32(at + 20, filetypeOf(type), true);
}

/**
 * Entries from a cookie on, as many as fit; the last one is cut when the buffer ends within it.
 *
 * A cookie is the index of the next entry in the listing that was made when the guest last read
 * from the start. So cookies can be used again, and no entry is lost or doubled when the guest
 * removes entries while it reads.
 */
export function fd_readdir(
  guest: Guest,
  fd: number,
  buffer: number,
  size: number,
  cookie: bigint,
  result: number,
): number {
  const descriptor = guest.fds.need(fd, RIGHT.FD_READDIR);
  const { directory } = descriptor;
  if (directory === undefined) return ERRNO.NOTDIR;
  const { memory } = guest;
  const room = size >>> 0;
  const start = memory.range(buffer, room);
  memory.range(result, 4);
  let next = smallU64(cookie) ?? fail(ERRNO.INVAL);
  if (next === 0 || descriptor.listing === undefined) {
    const { ino } = directory.stat();
    // A boundary has no outside: its `..` is itself, as that of a root directory.
    descriptor.listing = [
      { name: ".", type: S_IFDIR, ino },
      { name: "..", type: S_IFDIR, ino },
      ...directory.entries(),
    ];
  }
  const entries = descriptor.listing;
  let used = 0;
  while (used < room && next < entries.length) {
    const entry = entries[next++];
    const ino = inodeOf(directory, entry);
    const { name } = entry;
    const left = room - used;
    if (left < SIZE.DIRENT) {
      const header = new Uint8Array(SIZE.DIRENT);
      putEntry(new DataView(header.buffer), 0, next, ino, name.length, entry.type);
      memory.put(start + used, header.subarray(0, left));
      used = room;
      break;
    }
    putEntry(memory.view, start + used, next, ino, name.length, entry.type);
    used += SIZE.DIRENT;
    const part = name.length <= room - used ? name : name.slice(0, room - used);
    memory.putText(start + used, part);
    used += part.length;
  }
  memory.setU32(result, used);
  return ERRNO.SUCCESS;
}
