/**
 * Paths as text only: what `basename`, `dirname` and targets in a directory need. Nothing here
 * decides what a path refers to; that is the resolver's.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** Text after the last slash, trailing slashes removed first; `/` for slashes only. */
export function lastComponent(path: ByteString): ByteString {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  if (end === 1 && path[0] === "/") return "/";
  return path.slice(path.lastIndexOf("/", end - 1) + 1, end);
}

/** Text before the last component, as POSIX `dirname`, and `//` kept for `//a` as glibc does. */
export function parentText(path: ByteString): ByteString {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  const slash = path.lastIndexOf("/", end - 1);
  if (slash < 0 || path === "") return ".";
  let stop = slash;
  while (stop > 0 && path[stop - 1] === "/") stop--;
  if (stop === 0) return path.startsWith("//") && path[2] !== "/" ? "//" : "/";
  return path.slice(0, stop);
}

/** `directory/name` with exactly one slash added where there is none. */
export function joinPath(directory: ByteString, name: ByteString): ByteString {
  let at = 0;
  while (name[at] === "/") at++;
  return directory.endsWith("/") ? directory + name.slice(at) : `${directory}/${name.slice(at)}`;
}
