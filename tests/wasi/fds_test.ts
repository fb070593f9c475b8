import { assertEquals } from "@std/assert";
import { DIRECTORY_RIGHTS, FDFLAG, FILETYPE, RIGHT } from "../../wasi/abi.ts";
import { AT, withGuest } from "./harness.ts";

const OUTSIDE = 4 * 65536 - 3;

Deno.test("fd_close frees a number once, and the lowest is used again", () =>
  withGuest((it) => {
    assertEquals(it.call("fd_close", 99), "BADF");
    assertEquals(it.call("fd_close", -1), "BADF");
    const first = it.open("a", { oflags: 1 });
    const second = it.open("b", { oflags: 1 });
    assertEquals([first, second], [4, 5]);
    assertEquals(it.call("fd_close", first), "SUCCESS");
    assertEquals(it.call("fd_close", first), "BADF");
    assertEquals(it.open("a"), first);
    assertEquals(it.call("fd_close", 0), "SUCCESS");
    assertEquals(it.open("a"), 0);
  }));

Deno.test("descriptors end with MFILE, and a refused open creates nothing", () =>
  withGuest((it, process) => {
    let opened = 0;
    let error = "SUCCESS";
    while (opened < 5000) {
      error = it.openError(".", { oflags: 2, rights: BigInt(RIGHT.FD_READDIR) });
      if (error !== "SUCCESS") break;
      opened++;
    }
    assertEquals(error, "MFILE");
    assertEquals(opened, it.guest.fds.limit - 4);
    assertEquals(it.openError("new", { oflags: 1 }), "MFILE");
    assertEquals(process.fs.tryStat("/box/new"), undefined);
  }));

Deno.test("fd_renumber moves, closes the target, and makes a preopen an ordinary directory", () =>
  withGuest((it) => {
    const a = it.open("a", { oflags: 1 });
    const b = it.open("b", { oflags: 1 });
    assertEquals(it.call("fd_renumber", a, 77), "BADF");
    assertEquals(it.call("fd_renumber", 77, a), "BADF");
    assertEquals(it.call("fd_renumber", a, a), "SUCCESS");
    assertEquals(it.call("fd_renumber", a, b), "SUCCESS");
    assertEquals(it.call("fd_fdstat_get", a, AT.RESULT), "BADF");
    assertEquals(it.call("fd_fdstat_get", b, AT.RESULT), "SUCCESS");
    // E-17: the number of a preopen taken by something else is no preopen any more.
    assertEquals(it.call("fd_renumber", b, 3), "SUCCESS");
    assertEquals(it.call("fd_prestat_get", 3, AT.RESULT), "BADF");
    assertEquals(it.call("path_open", 3, 0, ...it.path("b"), 0, 0n, 0n, 0, AT.RESULT), "NOTDIR");
  }));

Deno.test("fd_prestat_get and fd_prestat_dir_name give the name, and BADF past the end", () =>
  withGuest((it) => {
    assertEquals(it.call("fd_prestat_get", 3, AT.RESULT), "SUCCESS");
    assertEquals([it.u32(AT.RESULT), it.u32(AT.RESULT + 4)], [0, 3]);
    assertEquals(it.call("fd_prestat_get", 4, AT.RESULT), "BADF");
    assertEquals(it.call("fd_prestat_get", 1, AT.RESULT), "BADF");
    assertEquals(it.call("fd_prestat_get", 3, OUTSIDE), "FAULT");
    assertEquals(it.call("fd_prestat_dir_name", 3, AT.DATA, 3), "SUCCESS");
    assertEquals(it.text(AT.DATA, 3), "box");
    assertEquals(it.call("fd_prestat_dir_name", 3, AT.DATA, 2), "NAMETOOLONG");
    assertEquals(it.call("fd_prestat_dir_name", 3, AT.DATA, 400), "SUCCESS");
    assertEquals(it.call("fd_prestat_dir_name", 0, AT.DATA, 3), "BADF");
    assertEquals(it.call("fd_prestat_dir_name", 3, 4 * 65536 - 2, 3), "FAULT");
  }));

Deno.test("fd_fdstat_get tells type, flags and rights", () =>
  withGuest((it) => {
    assertEquals(it.call("fd_fdstat_get", 3, AT.RESULT), "SUCCESS");
    assertEquals(it.bytes[AT.RESULT], FILETYPE.DIRECTORY);
    assertEquals(it.u64(AT.RESULT + 8), BigInt(DIRECTORY_RIGHTS));
    assertEquals(it.call("fd_fdstat_get", 3, OUTSIDE), "FAULT");
    assertEquals(it.call("fd_fdstat_get", 8, AT.RESULT), "BADF");
    const file = it.open("f", { oflags: 1, fdflags: FDFLAG.APPEND | FDFLAG.SYNC });
    it.call("fd_fdstat_get", file, AT.RESULT);
    assertEquals(it.bytes[AT.RESULT], FILETYPE.REGULAR_FILE);
    assertEquals(it.view.getUint16(AT.RESULT + 2, true), FDFLAG.APPEND | FDFLAG.SYNC);
  }));

Deno.test("a pipe is no character device, and /dev/null can be sought", () =>
  withGuest((it) => {
    it.call("fd_fdstat_get", 1, AT.RESULT);
    assertEquals(it.bytes[AT.RESULT], FILETYPE.UNKNOWN);
    assertEquals(it.call("fd_seek", 1, 0n, 1, AT.RESULT), "SPIPE");
    assertEquals(it.call("fd_tell", 1, AT.RESULT), "SPIPE");
    it.call("fd_fdstat_get", 0, AT.RESULT);
    assertEquals(it.bytes[AT.RESULT], FILETYPE.CHARACTER_DEVICE);
    const seekAndTell = BigInt(RIGHT.FD_SEEK | RIGHT.FD_TELL);
    // This is how C libraries tell a terminal from other devices.
    assertEquals(it.u64(AT.RESULT + 8) & seekAndTell, seekAndTell);
  }, { fds: (process) => new Map([[1, process.pipe().write]]) }));

Deno.test("fd_fdstat_set_flags changes APPEND, refuses unknown flags and missing rights", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1 });
    assertEquals(it.write(file, "one"), "SUCCESS");
    assertEquals(it.call("fd_fdstat_set_flags", file, FDFLAG.APPEND), "SUCCESS");
    assertEquals(it.call("fd_seek", file, 0n, 0, AT.RESULT), "SUCCESS");
    assertEquals(it.write(file, "two"), "SUCCESS");
    assertEquals(it.call("fd_seek", file, 0n, 0, AT.RESULT), "SUCCESS");
    assertEquals(it.read(file), "onetwo");
    assertEquals(it.call("fd_fdstat_set_flags", file, 32), "INVAL");
    assertEquals(it.call("fd_fdstat_set_flags", 99, 0), "BADF");
    const poor = it.open("f", { rights: BigInt(RIGHT.FD_READ) });
    assertEquals(it.call("fd_fdstat_set_flags", poor, 0), "NOTCAPABLE");
  }));

Deno.test("fd_fdstat_set_rights only ever takes away", () =>
  withGuest((it) => {
    const file = it.open("f", { oflags: 1 });
    assertEquals(it.call("fd_fdstat_set_rights", file, BigInt(RIGHT.FD_READ), 0n), "SUCCESS");
    assertEquals(it.write(file, "x"), "NOTCAPABLE");
    assertEquals(it.read(file), "");
    const more = BigInt(RIGHT.FD_READ | RIGHT.FD_WRITE);
    assertEquals(it.call("fd_fdstat_set_rights", file, more, 0n), "NOTCAPABLE");
    assertEquals(it.call("fd_fdstat_set_rights", file, 1n << 63n, 0n), "NOTCAPABLE");
    assertEquals(it.call("fd_fdstat_set_rights", file, 0n, 1n << 40n), "NOTCAPABLE");
    assertEquals(it.call("fd_fdstat_set_rights", 50, 0n, 0n), "BADF");
  }));

Deno.test("rights narrow on the way down", () =>
  withGuest((it) => {
    it.call("path_create_directory", 3, ...it.path("d"));
    const opens = BigInt(RIGHT.PATH_OPEN | RIGHT.FD_READDIR);
    const directory = it.open("d", {
      oflags: 2,
      rights: opens,
      inheriting: opens | BigInt(RIGHT.FD_READ),
    });
    assertEquals(it.openError("new", { fd: directory, oflags: 1 }), "NOTCAPABLE");
    assertEquals(it.call("path_create_directory", directory, ...it.path("x")), "NOTCAPABLE");
    it.open("d/f", { oflags: 1 });
    const file = it.open("f", { fd: directory });
    assertEquals(it.write(file, "x"), "NOTCAPABLE");
    assertEquals(it.read(file), "");
  }));
