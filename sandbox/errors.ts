/**
 * Errors of the virtual system: errno codes with Linux's numbers and the C library's wording.
 *
 * Host errors are never passed on; the host layer makes one of these from them, so that a message
 * can only hold what the sandbox may know.
 *
 * @module
 */

/** Code → [number on Linux, text of `strerror`] (glibc). */
const TABLE: Readonly<Record<ErrorCode, readonly [number, string]>> = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  ESRCH: [3, "No such process"],
  EINTR: [4, "Interrupted system call"],
  EIO: [5, "Input/output error"],
  ENXIO: [6, "No such device or address"],
  E2BIG: [7, "Argument list too long"],
  ENOEXEC: [8, "Exec format error"],
  EBADF: [9, "Bad file descriptor"],
  ECHILD: [10, "No child processes"],
  EAGAIN: [11, "Resource temporarily unavailable"],
  ENOMEM: [12, "Cannot allocate memory"],
  EACCES: [13, "Permission denied"],
  EFAULT: [14, "Bad address"],
  ENOTBLK: [15, "Block device required"],
  EBUSY: [16, "Device or resource busy"],
  EEXIST: [17, "File exists"],
  EXDEV: [18, "Invalid cross-device link"],
  ENODEV: [19, "No such device"],
  ENOTDIR: [20, "Not a directory"],
  EISDIR: [21, "Is a directory"],
  EINVAL: [22, "Invalid argument"],
  ENFILE: [23, "Too many open files in system"],
  EMFILE: [24, "Too many open files"],
  ENOTTY: [25, "Inappropriate ioctl for device"],
  ETXTBSY: [26, "Text file busy"],
  EFBIG: [27, "File too large"],
  ENOSPC: [28, "No space left on device"],
  ESPIPE: [29, "Illegal seek"],
  EROFS: [30, "Read-only file system"],
  EMLINK: [31, "Too many links"],
  EPIPE: [32, "Broken pipe"],
  EDOM: [33, "Numerical argument out of domain"],
  ERANGE: [34, "Numerical result out of range"],
  EDEADLK: [35, "Resource deadlock avoided"],
  ENAMETOOLONG: [36, "File name too long"],
  ENOLCK: [37, "No locks available"],
  ENOSYS: [38, "Function not implemented"],
  ENOTEMPTY: [39, "Directory not empty"],
  ELOOP: [40, "Too many levels of symbolic links"],
  ENODATA: [61, "No data available"],
  ETIME: [62, "Timer expired"],
  EPROTO: [71, "Protocol error"],
  EOVERFLOW: [75, "Value too large for defined data type"],
  EILSEQ: [84, "Invalid or incomplete multibyte or wide character"],
  ENOTSOCK: [88, "Socket operation on non-socket"],
  EDESTADDRREQ: [89, "Destination address required"],
  EMSGSIZE: [90, "Message too long"],
  EPROTOTYPE: [91, "Protocol wrong type for socket"],
  ENOPROTOOPT: [92, "Protocol not available"],
  EPROTONOSUPPORT: [93, "Protocol not supported"],
  ENOTSUP: [95, "Operation not supported"],
  EAFNOSUPPORT: [97, "Address family not supported by protocol"],
  EADDRINUSE: [98, "Address already in use"],
  EADDRNOTAVAIL: [99, "Cannot assign requested address"],
  ENETDOWN: [100, "Network is down"],
  ENETUNREACH: [101, "Network is unreachable"],
  ECONNABORTED: [103, "Software caused connection abort"],
  ECONNRESET: [104, "Connection reset by peer"],
  ENOBUFS: [105, "No buffer space available"],
  EISCONN: [106, "Transport endpoint is already connected"],
  ENOTCONN: [107, "Transport endpoint is not connected"],
  ETIMEDOUT: [110, "Connection timed out"],
  ECONNREFUSED: [111, "Connection refused"],
  EHOSTUNREACH: [113, "No route to host"],
  EALREADY: [114, "Operation already in progress"],
  EINPROGRESS: [115, "Operation now in progress"],
  ESTALE: [116, "Stale file handle"],
  EDQUOT: [122, "Disk quota exceeded"],
  ECANCELED: [125, "Operation canceled"],
};

/** A symbolic errno, such as `"ENOENT"`. */
export type ErrorCode =
  | "EPERM"
  | "ENOENT"
  | "ESRCH"
  | "EINTR"
  | "EIO"
  | "ENXIO"
  | "E2BIG"
  | "ENOEXEC"
  | "EBADF"
  | "ECHILD"
  | "EAGAIN"
  | "ENOMEM"
  | "EACCES"
  | "EFAULT"
  | "ENOTBLK"
  | "EBUSY"
  | "EEXIST"
  | "EXDEV"
  | "ENODEV"
  | "ENOTDIR"
  | "EISDIR"
  | "EINVAL"
  | "ENFILE"
  | "EMFILE"
  | "ENOTTY"
  | "ETXTBSY"
  | "EFBIG"
  | "ENOSPC"
  | "ESPIPE"
  | "EROFS"
  | "EMLINK"
  | "EPIPE"
  | "EDOM"
  | "ERANGE"
  | "EDEADLK"
  | "ENAMETOOLONG"
  | "ENOLCK"
  | "ENOSYS"
  | "ENOTEMPTY"
  | "ELOOP"
  | "ENODATA"
  | "ETIME"
  | "EPROTO"
  | "EOVERFLOW"
  | "EILSEQ"
  | "ENOTSOCK"
  | "EDESTADDRREQ"
  | "EMSGSIZE"
  | "EPROTOTYPE"
  | "ENOPROTOOPT"
  | "EPROTONOSUPPORT"
  | "ENOTSUP"
  | "EAFNOSUPPORT"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "ENETDOWN"
  | "ENETUNREACH"
  | "ECONNABORTED"
  | "ECONNRESET"
  | "ENOBUFS"
  | "EISCONN"
  | "ENOTCONN"
  | "ETIMEDOUT"
  | "ECONNREFUSED"
  | "EHOSTUNREACH"
  | "EALREADY"
  | "EINPROGRESS"
  | "ESTALE"
  | "EDQUOT"
  | "ECANCELED";

/**
 * The C library's text for an error code.
 *
 * @param code Symbolic errno.
 * @returns Text as glibc's `strerror` gives it.
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { strerror } from "@capbox/capbox/sandbox";
 * assertEquals(strerror("ENOENT"), "No such file or directory");
 * ```
 */
export function strerror(code: ErrorCode): string {
  return TABLE[code][1];
}

/**
 * Linux's number for an error code.
 *
 * @param code Symbolic errno.
 * @returns Positive number.
 */
export function errnoNumber(code: ErrorCode): number {
  return TABLE[code][0];
}

/** The error code with a number of Linux's, if there is one. */
export function errorCodeOf(errno: number): ErrorCode | undefined {
  for (const [code, [number]] of Object.entries(TABLE)) {
    if (number === errno) return code as ErrorCode;
  }
  return undefined;
}

/** Whether a word names an error code of this table. */
export function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(TABLE, word);
}

/**
 * A failed call of the virtual system.
 *
 * `detail` replaces the C library's words where a bare code would hide what to do, such as the
 * network grant that is missing.
 */
export class VfsError extends Error {
  /** Symbolic errno: decide by this. */
  readonly code: ErrorCode;
  /** The virtual path or other subject, if one is known. */
  readonly path: string | undefined;

  /**
   * Makes an error.
   *
   * @param code Symbolic errno.
   * @param path Virtual path, never a host path.
   * @param detail Words to show instead of `strerror(code)`.
   */
  constructor(code: ErrorCode, path?: string, detail?: string) {
    super(detail ?? TABLE[code][1]);
    this.name = "VfsError";
    this.code = code;
    this.path = path;
  }

  /** What to print after `NAME: PATH: `. */
  get reason(): string {
    return this.message;
  }
}

/** Whether `error` is a `VfsError`, of that code when one is given. */
export function isVfsError(error: unknown, code?: ErrorCode): error is VfsError {
  return error instanceof VfsError && (code === undefined || error.code === code);
}
