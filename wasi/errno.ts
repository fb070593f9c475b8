/**
 * Error numbers of WASI, and what the virtual system's errors are in them.
 *
 * @module
 */
import { type ErrorCode, isVfsError } from "../sandbox/errors.ts";

/** `errno` of preview 1; wasi_unstable has the same numbers. */
export const ERRNO = {
  SUCCESS: 0,
  "2BIG": 1,
  ACCES: 2,
  ADDRINUSE: 3,
  ADDRNOTAVAIL: 4,
  AFNOSUPPORT: 5,
  AGAIN: 6,
  ALREADY: 7,
  BADF: 8,
  BADMSG: 9,
  BUSY: 10,
  CANCELED: 11,
  CHILD: 12,
  CONNABORTED: 13,
  CONNREFUSED: 14,
  CONNRESET: 15,
  DEADLK: 16,
  DESTADDRREQ: 17,
  DOM: 18,
  DQUOT: 19,
  EXIST: 20,
  FAULT: 21,
  FBIG: 22,
  HOSTUNREACH: 23,
  IDRM: 24,
  ILSEQ: 25,
  INPROGRESS: 26,
  INTR: 27,
  INVAL: 28,
  IO: 29,
  ISCONN: 30,
  ISDIR: 31,
  LOOP: 32,
  MFILE: 33,
  MLINK: 34,
  MSGSIZE: 35,
  MULTIHOP: 36,
  NAMETOOLONG: 37,
  NETDOWN: 38,
  NETRESET: 39,
  NETUNREACH: 40,
  NFILE: 41,
  NOBUFS: 42,
  NODEV: 43,
  NOENT: 44,
  NOEXEC: 45,
  NOLCK: 46,
  NOLINK: 47,
  NOMEM: 48,
  NOMSG: 49,
  NOPROTOOPT: 50,
  NOSPC: 51,
  NOSYS: 52,
  NOTCONN: 53,
  NOTDIR: 54,
  NOTEMPTY: 55,
  NOTRECOVERABLE: 56,
  NOTSOCK: 57,
  NOTSUP: 58,
  NOTTY: 59,
  NXIO: 60,
  OVERFLOW: 61,
  OWNERDEAD: 62,
  PERM: 63,
  PIPE: 64,
  PROTO: 65,
  PROTONOSUPPORT: 66,
  PROTOTYPE: 67,
  RANGE: 68,
  ROFS: 69,
  SPIPE: 70,
  SRCH: 71,
  STALE: 72,
  TIMEDOUT: 73,
  TXTBSY: 74,
  XDEV: 75,
  NOTCAPABLE: 76,
} as const;
Object.freeze(ERRNO);

/** A number of `ERRNO`. */
export type Errno = number;

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(ERRNO).map(([name, number]) => [number, name]),
);

/** The name of an error number, such as `BADF`, or `errno N`. */
export function errnoName(errno: Errno): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** The codes whose names differ from WASI's by more than the `E`. */
const renamed: ReadonlyMap<ErrorCode, Errno> = new Map<ErrorCode, Errno>([
  ["ENOTBLK", ERRNO.NOTSUP],
  ["ENODATA", ERRNO.NOMSG],
  ["ETIME", ERRNO.TIMEDOUT],
]);

const byName: ReadonlyMap<string, Errno> = new Map(Object.entries(ERRNO));

/** WASI's number for an error of the virtual system. */
export function errnoOfCode(code: ErrorCode): Errno {
  return byName.get(code.slice(1)) ?? renamed.get(code) ?? ERRNO.IO;
}

/**
 * A call that fails with an error number of WASI. No `Error`: nobody reads its stack trace, which
 * would cost more than the whole call.
 */
export class WasiError {
  /** @param errno Number of `ERRNO`. */
  constructor(readonly errno: Errno) {}
}

/** Ends a call with an error number. */
export function fail(errno: Errno): never {
  throw new WasiError(errno);
}

/** The error number of what a call threw, or undefined for what no call should throw. */
export function errnoOf(error: unknown): Errno | undefined {
  if (error instanceof WasiError) return error.errno;
  if (isVfsError(error)) return errnoOfCode(error.code);
  return undefined;
}
