/**
 * Constants of the WASI preview 1 binary interface (`wasi_snapshot_preview1.witx`).
 *
 * A leaf module: names, numbers and offsets, and nothing that acts.
 *
 * @module
 */

/** Import module of preview 1. */
export const PREVIEW1 = "wasi_snapshot_preview1";
/** Import module of the snapshot before it. */
export const UNSTABLE = "wasi_unstable";
/** Import module of the process extension. */
export const PROCESS_EXTENSION = "wasmedge_process";

/** Rights of a descriptor (`rights`), as the low bits of a u64; all known rights fit a Number. */
export const RIGHT = Object.freeze({
  FD_DATASYNC: 2 ** 0,
  FD_READ: 2 ** 1,
  FD_SEEK: 2 ** 2,
  FD_FDSTAT_SET_FLAGS: 2 ** 3,
  FD_SYNC: 2 ** 4,
  FD_TELL: 2 ** 5,
  FD_WRITE: 2 ** 6,
  FD_ADVISE: 2 ** 7,
  FD_ALLOCATE: 2 ** 8,
  PATH_CREATE_DIRECTORY: 2 ** 9,
  PATH_CREATE_FILE: 2 ** 10,
  PATH_LINK_SOURCE: 2 ** 11,
  PATH_LINK_TARGET: 2 ** 12,
  PATH_OPEN: 2 ** 13,
  FD_READDIR: 2 ** 14,
  PATH_READLINK: 2 ** 15,
  PATH_RENAME_SOURCE: 2 ** 16,
  PATH_RENAME_TARGET: 2 ** 17,
  PATH_FILESTAT_GET: 2 ** 18,
  PATH_FILESTAT_SET_SIZE: 2 ** 19,
  PATH_FILESTAT_SET_TIMES: 2 ** 20,
  FD_FILESTAT_GET: 2 ** 21,
  FD_FILESTAT_SET_SIZE: 2 ** 22,
  FD_FILESTAT_SET_TIMES: 2 ** 23,
  PATH_SYMLINK: 2 ** 24,
  PATH_REMOVE_DIRECTORY: 2 ** 25,
  PATH_UNLINK_FILE: 2 ** 26,
  POLL_FD_READWRITE: 2 ** 27,
  SOCK_SHUTDOWN: 2 ** 28,
  SOCK_ACCEPT: 2 ** 29,
});

/** Every right there is: 30 bits, so a set of rights is a small integer. */
export const ALL_RIGHTS: number = 2 ** 30 - 1;

/** What can be done with a directory itself. No read, write or seek: those would be EISDIR. */
export const DIRECTORY_RIGHTS: number = RIGHT.FD_FDSTAT_SET_FLAGS | RIGHT.FD_SYNC |
  RIGHT.FD_DATASYNC | RIGHT.FD_ADVISE | RIGHT.PATH_CREATE_DIRECTORY | RIGHT.PATH_CREATE_FILE |
  RIGHT.PATH_LINK_SOURCE | RIGHT.PATH_LINK_TARGET | RIGHT.PATH_OPEN | RIGHT.FD_READDIR |
  RIGHT.PATH_READLINK | RIGHT.PATH_RENAME_SOURCE | RIGHT.PATH_RENAME_TARGET |
  RIGHT.PATH_FILESTAT_GET | RIGHT.PATH_FILESTAT_SET_SIZE | RIGHT.PATH_FILESTAT_SET_TIMES |
  RIGHT.FD_FILESTAT_GET | RIGHT.FD_FILESTAT_SET_TIMES | RIGHT.PATH_SYMLINK |
  RIGHT.PATH_REMOVE_DIRECTORY | RIGHT.PATH_UNLINK_FILE | RIGHT.POLL_FD_READWRITE;

/** What can be done with a regular file. */
export const FILE_RIGHTS: number = RIGHT.FD_DATASYNC | RIGHT.FD_READ | RIGHT.FD_SEEK |
  RIGHT.FD_FDSTAT_SET_FLAGS | RIGHT.FD_SYNC | RIGHT.FD_TELL | RIGHT.FD_WRITE | RIGHT.FD_ADVISE |
  RIGHT.FD_ALLOCATE | RIGHT.FD_FILESTAT_GET | RIGHT.FD_FILESTAT_SET_SIZE |
  RIGHT.FD_FILESTAT_SET_TIMES | RIGHT.POLL_FD_READWRITE;

/** What can be done with a terminal: `isatty` of C libraries tests that seek and tell are absent. */
export const TERMINAL_RIGHTS: number = RIGHT.FD_READ | RIGHT.FD_WRITE | RIGHT.FD_FDSTAT_SET_FLAGS |
  RIGHT.FD_FILESTAT_GET | RIGHT.FD_DATASYNC | RIGHT.FD_SYNC | RIGHT.POLL_FD_READWRITE;

/** What can be done with a socket. */
export const SOCKET_RIGHTS: number = RIGHT.FD_READ | RIGHT.FD_WRITE | RIGHT.FD_FDSTAT_SET_FLAGS |
  RIGHT.FD_FILESTAT_GET | RIGHT.POLL_FD_READWRITE | RIGHT.SOCK_SHUTDOWN | RIGHT.SOCK_ACCEPT;

/** What a read-only preopen lacks. A hard link or a rename out of it could be written through. */
export const WRITE_RIGHTS: number = RIGHT.FD_DATASYNC | RIGHT.FD_WRITE | RIGHT.FD_ALLOCATE |
  RIGHT.PATH_CREATE_DIRECTORY | RIGHT.PATH_CREATE_FILE | RIGHT.PATH_LINK_SOURCE |
  RIGHT.PATH_LINK_TARGET | RIGHT.PATH_RENAME_SOURCE | RIGHT.PATH_RENAME_TARGET |
  RIGHT.PATH_FILESTAT_SET_SIZE | RIGHT.PATH_FILESTAT_SET_TIMES | RIGHT.FD_FILESTAT_SET_SIZE |
  RIGHT.FD_FILESTAT_SET_TIMES | RIGHT.PATH_SYMLINK | RIGHT.PATH_REMOVE_DIRECTORY |
  RIGHT.PATH_UNLINK_FILE;

/** `filetype`. */
export const FILETYPE = Object.freeze({
  UNKNOWN: 0,
  BLOCK_DEVICE: 1,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR_FILE: 4,
  SOCKET_DGRAM: 5,
  SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
});

/** `fdflags`. */
export const FDFLAG = Object.freeze({ APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 });
/** All of `fdflags`. */
export const ALL_FDFLAGS = 31;

/** `oflags` of path_open. */
export const OFLAG = Object.freeze({ CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 });
/** All of `oflags`. */
export const ALL_OFLAGS = 15;

/** `lookupflags`: follow a link in the last component. */
export const LOOKUP_FOLLOW = 1;

/** `fstflags`. */
export const FSTFLAG = Object.freeze({ ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 });

/** `clockid`. */
export const CLOCK = Object.freeze({ REALTIME: 0, MONOTONIC: 1, PROCESS_CPU: 2, THREAD_CPU: 3 });

/** `eventtype`. */
export const EVENT = Object.freeze({ CLOCK: 0, FD_READ: 1, FD_WRITE: 2 });

/** `subclockflags`: the timeout is a point in time. */
export const CLOCK_ABSTIME = 1;
/** `eventrwflags`: the other end has gone. */
export const EVENT_HANGUP = 1;

/** `preopentype`. */
export const PREOPEN_DIR = 0;

/** `riflags`. */
export const RIFLAG = Object.freeze({ PEEK: 1, WAITALL: 2 });
/** `sdflags`. */
export const SDFLAG = Object.freeze({ RD: 1, WR: 2 });

/** Sizes of structures in bytes. */
export const SIZE = Object.freeze({
  IOVEC: 8,
  FDSTAT: 24,
  FILESTAT: 64,
  FILESTAT_UNSTABLE: 56,
  PRESTAT: 8,
  DIRENT: 24,
  SUBSCRIPTION: 48,
  SUBSCRIPTION_UNSTABLE: 56,
  EVENT: 32,
});

/** `lseek` order of preview 1: SET, CUR, END. The numbers are those of `OpenFile.seek`. */
export const WHENCE_PREVIEW1: readonly (0 | 1 | 2)[] = Object.freeze([0, 1, 2] as const);
/** `lseek` order of wasi_unstable: CUR, END, SET. */
export const WHENCE_UNSTABLE: readonly (0 | 1 | 2)[] = Object.freeze([1, 2, 0] as const);

/** Most buffers of one call that are served; POSIX's IOV_MAX of Linux. More is a short count. */
export const IOV_MAX = 1024;
/** Longest path, POSIX's PATH_MAX of Linux. */
export const PATH_MAX = 4096;
/** Bytes of one page of wasm memory. */
export const PAGE = 65536;

/** `signal` of preview 1 to Linux's numbers; index 0 is "none". */
export const SIGNALS: readonly number[] = Object.freeze([
  0, // none
  1, // HUP
  2, // INT
  3, // QUIT
  4, // ILL
  5, // TRAP
  6, // ABRT
  7, // BUS
  8, // FPE
  9, // KILL
  10, // USR1
  11, // SEGV
  12, // USR2
  13, // PIPE
  14, // ALRM
  15, // TERM
  17, // CHLD
  18, // CONT
  19, // STOP
  20, // TSTP
  21, // TTIN
  22, // TTOU
  23, // URG
  24, // XCPU
  25, // XFSZ
  26, // VTALRM
  27, // PROF
  28, // WINCH
  29, // POLL
  30, // PWR
  31, // SYS
]);

/**
 * The 46 functions of preview 1 and their types: one letter a parameter, `i` for i32 and `I` for
 * i64. The result is an i32, but `proc_exit` has none.
 */
export const PREVIEW1_SIGNATURES: ReadonlyMap<string, string> = new Map([
  ["args_get", "ii"],
  ["args_sizes_get", "ii"],
  ["clock_res_get", "ii"],
  ["clock_time_get", "iIi"],
  ["environ_get", "ii"],
  ["environ_sizes_get", "ii"],
  ["fd_advise", "iIIi"],
  ["fd_allocate", "iII"],
  ["fd_close", "i"],
  ["fd_datasync", "i"],
  ["fd_fdstat_get", "ii"],
  ["fd_fdstat_set_flags", "ii"],
  ["fd_fdstat_set_rights", "iII"],
  ["fd_filestat_get", "ii"],
  ["fd_filestat_set_size", "iI"],
  ["fd_filestat_set_times", "iIIi"],
  ["fd_pread", "iiiIi"],
  ["fd_prestat_dir_name", "iii"],
  ["fd_prestat_get", "ii"],
  ["fd_pwrite", "iiiIi"],
  ["fd_read", "iiii"],
  ["fd_readdir", "iiiIi"],
  ["fd_renumber", "ii"],
  ["fd_seek", "iIii"],
  ["fd_sync", "i"],
  ["fd_tell", "ii"],
  ["fd_write", "iiii"],
  ["path_create_directory", "iii"],
  ["path_filestat_get", "iiiii"],
  ["path_filestat_set_times", "iiiiIIi"],
  ["path_link", "iiiiiii"],
  ["path_open", "iiiiiIIii"],
  ["path_readlink", "iiiiii"],
  ["path_remove_directory", "iii"],
  ["path_rename", "iiiiii"],
  ["path_symlink", "iiiii"],
  ["path_unlink_file", "iii"],
  ["poll_oneoff", "iiii"],
  ["proc_exit", "i"],
  ["proc_raise", "i"],
  ["random_get", "ii"],
  ["sched_yield", ""],
  ["sock_accept", "iii"],
  ["sock_recv", "iiiiii"],
  ["sock_send", "iiiii"],
  ["sock_shutdown", "ii"],
]);

/** Functions of the socket extension, in the same import module (WAMR's `wasi_socket_ext`). */
export const SOCKET_SIGNATURES: ReadonlyMap<string, string> = new Map([
  ["sock_bind", "ii"],
  ["sock_connect", "ii"],
  ["sock_listen", "ii"],
  ["sock_open", "iiii"],
]);

/**
 * Socket functions of WasmEdge, which uses names of preview 1 and of the extension above for other
 * signatures. Modules built for it link, and are told NOTSUP.
 */
export const FOREIGN_SOCKET_SIGNATURES: ReadonlyMap<string, string> = new Map([
  ["sock_accept", "ii"],
  ["sock_bind", "iii"],
  ["sock_connect", "iii"],
  ["sock_getaddrinfo", "iiiiiiii"],
  ["sock_getlocaladdr", "iiii"],
  ["sock_getpeeraddr", "iiii"],
  ["sock_getsockopt", "iiiii"],
  ["sock_listen", "ii"],
  ["sock_open", "iii"],
  ["sock_setsockopt", "iiiii"],
]);

/** Functions of the process extension with their types; `run` and the lengths give an i32. */
export const PROCESS_SIGNATURES: ReadonlyMap<string, { params: string; result: boolean }> = new Map(
  [
    ["wasmedge_process_add_arg", { params: "ii", result: false }],
    ["wasmedge_process_add_env", { params: "iiii", result: false }],
    ["wasmedge_process_add_stdin", { params: "ii", result: false }],
    ["wasmedge_process_get_exit_code", { params: "", result: true }],
    ["wasmedge_process_get_stderr", { params: "i", result: false }],
    ["wasmedge_process_get_stderr_len", { params: "", result: true }],
    ["wasmedge_process_get_stdout", { params: "i", result: false }],
    ["wasmedge_process_get_stdout_len", { params: "", result: true }],
    ["wasmedge_process_run", { params: "", result: true }],
    ["wasmedge_process_set_prog_name", { params: "ii", result: false }],
    ["wasmedge_process_set_timeout", { params: "i", result: false }],
  ],
);
