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
  const header = new Uint8Array(SIZE.DIRENT);
  const view = new DataView(header.buffer);
  let used = 0;
  while (used < room && next < entries.length) {
    const entry = entries[next++];
    const ino = inodeOf(directory, entry);
    view.setUint32(0, next, true);
    view.setUint32(8, ino >>> 0, true);
    view.setUint32(12, Math.floor(ino / 4294967296) >>> 0, true);
    view.setUint32(16, entry.name.length, true);
    view.setUint32(20, filetypeOf(entry.type), true);
    const left = room - used;
    if (left < SIZE.DIRENT) {
      memory.put(start + used, header.subarray(0, left));
      used = room;
      break;
    }
    memory.put(start + used, header);
    used += SIZE.DIRENT;
    const name = entry.name.slice(0, room - used);
    memory.putText(start + used, name);
    used += name.length;
  }
  memory.setU32(result, used);
  return ERRNO.SUCCESS;
}
