/**
 * The snapshot before preview 1 (`wasi_unstable`): the functions that differ.
 *
 * Its `whence` counts CUR, END, SET; its file status is 56 bytes with a 32-bit link count; its
 * subscriptions are 56 bytes, with an identifier in front of a clock's number.
 *
 * @module
 */
import { fd_filestat_get_unstable, fd_seek_unstable } from "./files.ts";
import { path_filestat_get_unstable } from "./paths.ts";
import { poll_oneoff_unstable } from "./poll.ts";
import type { CallTable } from "./imports.ts";

/** The functions whose arguments or structures changed, by name. */
export const changed: CallTable = Object.freeze({
  fd_filestat_get: fd_filestat_get_unstable,
  fd_seek: fd_seek_unstable,
  path_filestat_get: path_filestat_get_unstable,
  poll_oneoff: poll_oneoff_unstable,
});
