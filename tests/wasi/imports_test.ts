import { assert, assertEquals } from "@std/assert";
import {
  ALL_RIGHTS,
  FOREIGN_SOCKET_SIGNATURES,
  PREVIEW1,
  PREVIEW1_SIGNATURES,
  PROCESS_SIGNATURES,
  RIGHT,
  SOCKET_SIGNATURES,
  UNSTABLE,
} from "../../wasi/abi.ts";
import { ERRNO, errnoName, errnoOfCode } from "../../wasi/errno.ts";
import {
  findImport,
  preview1,
  previous,
  processExtension,
  socketExtension,
} from "../../wasi/imports.ts";
import { isErrorCode } from "../../sandbox/errors.ts";

const NAMES = `args_get args_sizes_get environ_get environ_sizes_get clock_res_get clock_time_get
  fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights
  fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread fd_prestat_get
  fd_prestat_dir_name fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell fd_write
  path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink
  path_remove_directory path_rename path_symlink path_unlink_file poll_oneoff proc_exit proc_raise
  sched_yield random_get sock_accept sock_recv sock_send sock_shutdown`.split(/\s+/).sort();

const none = { sockets: false, process: false };
const all = { sockets: true, process: true };

Deno.test("preview 1 has exactly its 46 functions", () => {
  assertEquals(NAMES.length, 46);
  assertEquals(Object.keys(preview1).sort(), NAMES);
  assertEquals([...PREVIEW1_SIGNATURES.keys()].sort(), NAMES);
  assertEquals(Object.keys(previous).sort(), NAMES);
  assertEquals(Object.getPrototypeOf(preview1), null);
  for (const name of NAMES) {
    assert(findImport(PREVIEW1, name, none) !== undefined, name);
    assert(findImport(UNSTABLE, name, none) !== undefined, name);
  }
});

Deno.test("extensions exist only when they are on", () => {
  for (const name of SOCKET_SIGNATURES.keys()) {
    assert(name in socketExtension);
    assertEquals(findImport(PREVIEW1, name, none), undefined);
    assert(findImport(PREVIEW1, name, all) !== undefined);
    assertEquals(findImport(UNSTABLE, name, all), undefined);
  }
  assertEquals(PROCESS_SIGNATURES.size, 11);
  for (const name of PROCESS_SIGNATURES.keys()) {
    assert(name in processExtension);
    assertEquals(findImport("wasmedge_process", name, none), undefined);
    assert(findImport("wasmedge_process", name, all) !== undefined);
  }
});

Deno.test("names of the language are no imports", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", ""]) {
    for (const module of [PREVIEW1, UNSTABLE, "wasmedge_process", "__proto__", "env"]) {
      assertEquals(findImport(module, name, all), undefined);
    }
  }
});

Deno.test("sockets of another interface link by their signature, and are not supported", () => {
  for (const [name, params] of FOREIGN_SOCKET_SIGNATURES) {
    const found = findImport(PREVIEW1, name, none, params);
    assertEquals(found?.shim.params, params, name);
  }
  assertEquals(findImport(PREVIEW1, "sock_open", none, "iiii"), undefined);
  assertEquals(findImport(PREVIEW1, "sock_accept", none, "iii")?.shim.params, "iii");
});

Deno.test("error numbers are those of the specification", () => {
  const names = Object.keys(ERRNO);
  assertEquals(names.length, 77);
  assertEquals(Object.values(ERRNO), names.map((_, i) => i));
  assertEquals([ERRNO.BADF, ERRNO.NOENT, ERRNO.NOTCAPABLE], [8, 44, 76]);
  assertEquals(errnoOfCode("ENOENT"), 44);
  assertEquals(errnoOfCode("E2BIG"), 1);
  assertEquals(errnoOfCode("ENOTBLK"), ERRNO.NOTSUP);
  for (const name of names) {
    const code = `E${name}`;
    if (isErrorCode(code)) assertEquals(errnoName(errnoOfCode(code)), name);
  }
  assertEquals(errnoName(200), "errno 200");
});

Deno.test("rights are 30 different bits", () => {
  const bits = Object.values(RIGHT);
  assertEquals(bits.length, 30);
  assertEquals(bits.reduce((sum, bit) => sum | bit, 0), ALL_RIGHTS);
});
