/**
 * Canonical paths whose last component may be missing, as busybox's `readlink -f` and `realpath`.
 *
 * @module
 */
import { type ByteString, type ProcessFs, S_IFLNK, S_IFMT } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { joinPath, parentText } from "./path_text.ts";

/** Links to nowhere that may follow each other. */
const MAX_LINKS = 40;

/**
 * The canonical path. The last component may be missing where the directory is named too; a bare
 * name that is missing is an error, and a link is followed to where it would lead.
 *
 * @throws {VfsError}
 */
export function canonicalPath(fs: ProcessFs, path: ByteString, depth = 0): ByteString {
  try {
    return fs.realPath(path);
  } catch (error) {
    if (!isVfsError(error) || error.code !== "ENOENT" || path === "" || depth > MAX_LINKS) {
      throw error;
    }
    let end = path.length;
    while (end > 1 && path[end - 1] === "/") end--;
    const plain = path.slice(0, end);
    const found = fs.tryStat(plain, { follow: false });
    if (found !== undefined && (found.mode & S_IFMT) === S_IFLNK) {
      const target = fs.readLink(plain);
      const next = target.startsWith("/") ? target : joinPath(parentText(plain), target);
      return canonicalPath(fs, next, depth + 1);
    }
    const slash = plain.lastIndexOf("/");
    const last = plain.slice(slash + 1);
    if (slash < 0 || last === "." || last === "..") throw error;
    return joinPath(fs.realPath(slash === 0 ? "/" : plain.slice(0, slash)), last);
  }
}
