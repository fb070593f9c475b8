/**
 * The host's errors made into the sandbox's own. Only the kind passes, never the host's words: they
 * name host paths.
 *
 * @module
 */
import { type ErrorCode, errorCodeOf, isErrorCode, VfsError } from "../errors.ts";

/** Deno's error classes where they carry no errno. */
const CLASSES: readonly (readonly [new (message?: string) => Error, ErrorCode])[] = [
  [Deno.errors.NotFound, "ENOENT"],
  [Deno.errors.NotCapable, "EACCES"],
  [Deno.errors.PermissionDenied, "EACCES"],
  [Deno.errors.AlreadyExists, "EEXIST"],
  [Deno.errors.NotADirectory, "ENOTDIR"],
  [Deno.errors.IsADirectory, "EISDIR"],
  [Deno.errors.FilesystemLoop, "ELOOP"],
  [Deno.errors.Busy, "EBUSY"],
  [Deno.errors.BadResource, "EBADF"],
  [Deno.errors.BrokenPipe, "EPIPE"],
  [Deno.errors.WouldBlock, "EAGAIN"],
  [Deno.errors.Interrupted, "EINTR"],
  [Deno.errors.NotSupported, "ENOTSUP"],
  [Deno.errors.InvalidData, "EINVAL"],
];

/** The errno that a host error stands for; EIO when it says nothing usable. */
export function hostErrorCode(error: unknown): ErrorCode {
  if (error instanceof VfsError) return error.code;
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code === "string" && isErrorCode(code)) return code;
    for (const [type, meaning] of CLASSES) if (error instanceof type) return meaning;
    // The runtime refuses such names before the system sees them.
    if (error instanceof TypeError) return "EINVAL";
    // Some numbers have neither class nor code in Deno, EFBIG for one.
    const number = Deno.build.os === "linux" ? /\(os error (\d+)\)/.exec(error.message) : null;
    const meaning = number === null ? undefined : errorCodeOf(Number(number[1]));
    if (meaning !== undefined) return meaning;
  }
  return "EIO";
}

/** A fresh error of the sandbox for one of the host. */
export function fromHostError(error: unknown): VfsError {
  return error instanceof VfsError ? error : new VfsError(hostErrorCode(error));
}
