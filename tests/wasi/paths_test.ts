import { assertEquals } from "@std/assert";
import { FDFLAG, OFLAG, RIGHT, WRITE_RIGHTS } from "../../wasi/abi.ts";
import { AT, type TestGuest, withGuest } from "./harness.ts";

const END = 4 * 65536;

/** Calls with one path, for what they all refuse. */
const ONE_PATH: readonly (readonly [
  name: string,
  call: (it: TestGuest, fd: number, path: readonly [number, number]) => string,
])[] = [
  ["path_create_directory", (it, fd, path) => it.call("path_create_directory", fd, ...path)],
  ["path_remove_directory", (it, fd, path) => it.call("path_remove_directory", fd, ...path)],
  ["path_unlink_file", (it, fd, path) => it.call("path_unlink_file", fd, ...path)],
  [
    "path_filestat_get",
    (it, fd, path) => it.call("path_filestat_get", fd, 1, ...path, AT.RESULT),
  ],
  [
    "path_filestat_set_times",
    (it, fd, path) => it.call("path_filestat_set_times", fd, 1, ...path, 0n, 0n, 1),
  ],
  [
    "path_readlink",
    (it, fd, path) => it.call("path_readlink", fd, ...path, AT.DATA, 9, AT.RESULT),
  ],
  [
    "path_open",
    (it, fd, path) => it.call("path_open", fd, 1, ...path, OFLAG.CREAT, 0n, 0n, 0, AT.RESULT),
  ],
  ["path_symlink", (it, fd, path) => it.call("path_symlink", AT.PATH2, 1, fd, ...path)],
  [
    "path_link from",
    (it, fd, path) => it.call("path_link", fd, 0, ...path, 3, ...it.path("n", AT.PATH2)),
  ],
  [
    "path_link to",
    (it, fd, path) => it.call("path_link", 3, 0, ...it.path("n", AT.PATH2), fd, ...path),
  ],
  [
    "path_rename from",
    (it, fd, path) => it.call("path_rename", fd, ...path, 3, ...it.path("n", AT.PATH2)),
  ],
  [
    "path_rename to",
    (it, fd, path) => it.call("path_rename", 3, ...it.path("n", AT.PATH2), fd, ...path),
  ],
];

for (const [name, call] of ONE_PATH) {
  Deno.test(`${name} refuses bad descriptors, pointers and paths`, () =>
    withGuest((it, process) => {
      it.path("x", AT.PATH2);
      process.fs.writeFile("/box/file", new Uint8Array(1));
      process.fs.writeFile("/box/n", new Uint8Array(1));
      assertEquals(call(it, 90, it.path("a")), "BADF");
      assertEquals(call(it, -2, it.path("a")), "BADF");
      const file = it.open("file");
      assertEquals(call(it, file, it.path("a")), "NOTDIR");
      assertEquals(call(it, 0, it.path("a")), "NOTDIR");
      const poor = it.open(".", { oflags: OFLAG.DIRECTORY, rights: 0n });
      assertEquals(call(it, poor, it.path("a")), "NOTCAPABLE");
      assertEquals(call(it, 3, [END - 2, 3]), "FAULT");
      assertEquals(call(it, 3, [16, 0xffffffff]), "FAULT");
      assertEquals(call(it, 3, [0xfffffff0, 32]), "FAULT");
      assertEquals(call(it, 3, it.path("a\0b")), "INVAL");
      assertEquals(call(it, 3, it.path("a\0")), "INVAL");
      assertEquals(call(it, 3, it.path("x".repeat(4096))), "NAMETOOLONG");
      assertEquals(call(it, 3, it.path("y".repeat(256))), "NAMETOOLONG");
      assertEquals(call(it, 3, it.path("")), "NOENT");
      // E-1, E-2: nothing above the directory, by no spelling.
      for (
        const path of ["/", "/etc/passwd", "..", "../x", "a/../..", "./../../etc", "file/../.."]
      ) {
        const error = call(it, 3, it.path(path));
        assertEquals(
          error === "PERM" || error === "NOENT" || error === "NOTDIR",
          true,
          `${path}: ${error}`,
        );
      }
      assertEquals(call(it, 3, it.path("../box/file")), "PERM");
      assertEquals(call(it, 3, it.path("/box/file")), "PERM");
    }));
}

Deno.test("path_open: flags", () =>
  withGuest((it, process) => {
    assertEquals(it.openError("none"), "NOENT");
    const file = it.open("f", { oflags: OFLAG.CREAT });
    it.write(file, "text");
    assertEquals(it.openError("f", { oflags: OFLAG.CREAT | OFLAG.EXCL }), "EXIST");
    assertEquals(it.openError("f", { oflags: OFLAG.DIRECTORY, rights: 0n }), "NOTDIR");
    assertEquals(it.openError("f/", { rights: 0n }), "NOTDIR");
    assertEquals(it.openError("new/", { oflags: OFLAG.CREAT }), "ISDIR");
    assertEquals(it.openError(".", { rights: BigInt(RIGHT.FD_WRITE) }), "ISDIR");
    assertEquals(
      it.openError(".", { oflags: OFLAG.DIRECTORY, rights: BigInt(RIGHT.FD_WRITE) }),
      "ISDIR",
    );
    assertEquals(it.openError("d", { oflags: OFLAG.CREAT | OFLAG.DIRECTORY }), "INVAL");
    assertEquals(it.openError("f", { oflags: 16 }), "INVAL");
    assertEquals(it.openError("f", { fdflags: 32 }), "INVAL");
    it.open("f", { oflags: OFLAG.TRUNC, rights: 0n });
    assertEquals(process.fs.stat("/box/f").size, 0);
    assertEquals(
      it.call("path_open", 3, 0, ...it.path("g"), OFLAG.CREAT, 0n, 0n, 0, END - 2),
      "FAULT",
    );
    // Nothing is made when the answer could not be given.
    assertEquals(process.fs.tryStat("/box/g"), undefined);
    const append = it.open("f", { fdflags: FDFLAG.APPEND | FDFLAG.NONBLOCK });
    it.call("fd_fdstat_get", append, AT.RESULT);
    assertEquals(it.view.getUint16(AT.RESULT + 2, true), FDFLAG.APPEND | FDFLAG.NONBLOCK);
  }));

Deno.test("path_open: links are followed only when asked, and only beneath", () =>
  withGuest((it, process) => {
    process.fs.writeFile("/secret", new Uint8Array(6));
    process.fs.makeDir("/box/d");
    process.fs.writeFile("/box/d/f", new Uint8Array(1));
    const link = (target: string, name: string): void => process.fs.symlink(target, `/box/${name}`);
    link("d/f", "good");
    link("d", "dir");
    link("/secret", "absolute");
    link("../secret", "relative");
    link("d/../../secret", "middle");
    link("/", "root");
    link("loop", "loop");
    link("nothing", "dangling");
    link("../outside-new", "create");
    assertEquals(it.openError("good"), "SUCCESS");
    assertEquals(it.openError("good", { follow: false }), "LOOP");
    assertEquals(it.openError("dir/f", { follow: false }), "SUCCESS");
    assertEquals(it.openError("dir/", { follow: false, rights: 0n }), "SUCCESS");
    assertEquals(it.openError("dir/../d/f"), "SUCCESS");
    for (const name of ["absolute", "relative", "middle", "root", "root/secret", "root/box/d/f"]) {
      assertEquals(it.openError(name, { rights: 0n }), "PERM", name);
      assertEquals(
        it.call("path_filestat_get", 3, 1, ...it.path(name), AT.RESULT),
        "PERM",
        name,
      );
    }
    assertEquals(it.openError("loop"), "LOOP");
    assertEquals(it.openError("dangling"), "NOENT");
    // O_CREAT through a link must not make a file outside.
    assertEquals(it.openError("create", { oflags: OFLAG.CREAT }), "PERM");
    assertEquals(process.fs.tryStat("/outside-new"), undefined);
    assertEquals(it.openError("dangling", { oflags: OFLAG.CREAT | OFLAG.EXCL }), "EXIST");
  }));

Deno.test("a directory fd is its own boundary", () =>
  withGuest((it, process) => {
    process.fs.makeDir("/box/a");
    process.fs.makeDir("/box/a/b");
    process.fs.writeFile("/box/top", new Uint8Array(1));
    process.fs.symlink("../top", "/box/a/up");
    const inner = it.open("a", { oflags: OFLAG.DIRECTORY, rights: BigInt(RIGHT.PATH_OPEN) });
    assertEquals(it.openError("../top", { fd: inner }), "PERM");
    assertEquals(it.openError("up", { fd: inner }), "PERM");
    assertEquals(it.openError("b/../../top", { fd: inner }), "PERM");
    assertEquals(it.openError("a/up"), "SUCCESS");
    assertEquals(it.openError("b/..", { fd: inner, rights: 0n }), "SUCCESS");
  }));

Deno.test("a directory that is moved out stays a boundary", () =>
  withGuest((it, process) => {
    process.fs.makeDir("/box/in");
    process.fs.makeDir("/other");
    process.fs.writeFile("/other/secret", new Uint8Array(1));
    const inner = it.open("in", { oflags: OFLAG.DIRECTORY, rights: BigInt(RIGHT.PATH_OPEN) });
    process.fs.rename("/box/in", "/other/in");
    assertEquals(it.openError("../secret", { fd: inner }), "PERM");
    // A link put in place of a directory while it is open leads nowhere either.
    process.fs.symlink("/other", "/box/in");
    assertEquals(it.openError("in/secret"), "PERM");
  }));

Deno.test("path_create_directory, path_remove_directory and path_unlink_file", () =>
  withGuest((it) => {
    const mkdir = (path: string): string => it.call("path_create_directory", 3, ...it.path(path));
    const rmdir = (path: string): string => it.call("path_remove_directory", 3, ...it.path(path));
    const unlink = (path: string): string => it.call("path_unlink_file", 3, ...it.path(path));
    assertEquals(mkdir("d/"), "SUCCESS");
    assertEquals(mkdir("d"), "EXIST");
    assertEquals(mkdir("."), "EXIST");
    assertEquals(mkdir("x/y"), "NOENT");
    it.open("d/f", { oflags: OFLAG.CREAT });
    assertEquals(mkdir("d/f/g"), "NOTDIR");
    assertEquals(rmdir("d"), "NOTEMPTY");
    assertEquals(rmdir("d/f"), "NOTDIR");
    assertEquals(rmdir("."), "INVAL");
    assertEquals(rmdir("none"), "NOENT");
    assertEquals(unlink("d"), "ISDIR");
    assertEquals(unlink("d/"), "ISDIR");
    assertEquals(unlink("d/f/"), "NOTDIR");
    assertEquals(unlink("d/f"), "SUCCESS");
    assertEquals(unlink("d/f"), "NOENT");
    assertEquals(rmdir("d/"), "SUCCESS");
  }));

Deno.test("path_link and path_rename", () =>
  withGuest((it, process) => {
    process.fs.writeFile("/box/f", new Uint8Array(3));
    process.fs.makeDir("/box/d");
    process.fs.makeDir("/box/e");
    process.fs.writeFile("/box/e/x", new Uint8Array(1));
    process.fs.symlink("f", "/box/l");
    const link = (from: string, to: string, flags = 0): string =>
      it.call("path_link", 3, flags, ...it.path(from), 3, ...it.path(to, AT.PATH2));
    const rename = (from: string, to: string): string =>
      it.call("path_rename", 3, ...it.path(from), 3, ...it.path(to, AT.PATH2));
    assertEquals(link("f", "g"), "SUCCESS");
    assertEquals(process.fs.stat("/box/f").nlink, 2);
    assertEquals(link("f", "g"), "EXIST");
    assertEquals(link("d", "h"), "PERM");
    assertEquals(link("none", "h"), "NOENT");
    assertEquals(link("f", "h/"), "NOENT");
    assertEquals(link("l", "h", 1), "INVAL");
    assertEquals(link("l", "h"), "SUCCESS");
    assertEquals(process.fs.readLink("/box/h"), "f");
    assertEquals(rename("none", "n"), "NOENT");
    assertEquals(rename("f", "d"), "ISDIR");
    assertEquals(rename("d", "f"), "NOTDIR");
    assertEquals(rename("d", "e"), "NOTEMPTY");
    assertEquals(rename("d", "d/x"), "INVAL");
    assertEquals(rename("f", "g/"), "NOTDIR");
    assertEquals(rename("e/", "d/"), "SUCCESS");
    assertEquals(rename("f", "d/f"), "SUCCESS");
    assertEquals(process.fs.stat("/box/d/f").size, 3);
  }));

Deno.test("path_symlink and path_readlink", () =>
  withGuest((it, process) => {
    const symlink = (target: string, path: string): string =>
      it.call("path_symlink", ...it.path(target, AT.PATH2), 3, ...it.path(path));
    process.fs.writeFile("/box/f", new Uint8Array(1));
    process.fs.makeDir("/box/d");
    assertEquals(symlink("target", "l"), "SUCCESS");
    assertEquals(symlink("target", "l"), "EXIST");
    assertEquals(symlink("target", "f/"), "NOTDIR");
    assertEquals(symlink("target", "d/"), "EXIST");
    assertEquals(symlink("target", "new/"), "NOENT");
    assertEquals(symlink("/etc", "abs"), "PERM");
    assertEquals(symlink("", "empty"), "NOENT");
    assertEquals(it.call("path_symlink", END - 2, 9, 3, ...it.path("z")), "FAULT");
    assertEquals(it.call("path_symlink", AT.PATH2, 5000, 3, ...it.path("z")), "NAMETOOLONG");
    it.bytes.fill(0x2e, AT.DATA, AT.DATA + 10);
    const read = (path: string, size: number): string =>
      it.call("path_readlink", 3, ...it.path(path), AT.DATA, size, AT.RESULT);
    assertEquals(read("l", 4), "SUCCESS");
    assertEquals([it.u32(), it.text(AT.DATA, 6)], [4, "targ.."]);
    assertEquals(read("l", 0), "SUCCESS");
    assertEquals(it.u32(), 0);
    assertEquals(read("f", 9), "INVAL");
    assertEquals(read("none", 9), "NOENT");
    assertEquals(it.call("path_readlink", 3, ...it.path("l"), END - 2, 9, AT.RESULT), "FAULT");
    assertEquals(it.call("path_readlink", 3, ...it.path("l"), AT.DATA, 9, END - 2), "FAULT");
  }));

Deno.test("path_filestat_get and path_filestat_set_times, of links and through them", () =>
  withGuest((it, process) => {
    process.fs.writeFile("/box/f", new Uint8Array(3));
    process.fs.symlink("f", "/box/l");
    const stat = (follow: number): string =>
      it.call("path_filestat_get", 3, follow, ...it.path("l"), AT.RESULT);
    assertEquals(stat(0), "SUCCESS");
    assertEquals(it.bytes[AT.RESULT + 16], 7);
    assertEquals(stat(1), "SUCCESS");
    assertEquals(it.bytes[AT.RESULT + 16], 4);
    assertEquals(it.u64(AT.RESULT + 32), 3n);
    assertEquals(
      it.callUnstable("path_filestat_get", 3, 1, ...it.path("l"), AT.RESULT),
      "SUCCESS",
    );
    assertEquals(it.u64(AT.RESULT + 24), 3n);
    const times = (follow: number, time: bigint, flags: number): string =>
      it.call("path_filestat_set_times", 3, follow, ...it.path("l"), time, time, flags);
    assertEquals(times(0, 123n, 4), "SUCCESS");
    assertEquals(process.fs.lstat("/box/l").mtimeNs, 123n);
    assertEquals(times(1, 456n, 4), "SUCCESS");
    assertEquals(process.fs.stat("/box/f").mtimeNs, 456n);
    assertEquals(process.fs.lstat("/box/l").mtimeNs, 123n);
    assertEquals(times(0, 0n, 12), "INVAL");
    assertEquals(it.call("path_filestat_get", 3, 0, ...it.path("l"), END - 60), "FAULT");
  }));

Deno.test("read-only laundering: no way to write through a read-only preopen", () =>
  withGuest((it, process) => {
    process.fs.makeDir("/ro");
    process.fs.writeFile("/ro/f", new Uint8Array(3));
    process.fs.makeDir("/ro/d");
    const fd = it.guest.fds.preopen("ro", process.fs.openDirectory("/ro").confined(), {
      withhold: WRITE_RIGHTS,
    });
    const before = process.fs.stat("/ro/f");
    assertEquals(it.openError("new", { fd, oflags: OFLAG.CREAT }), "NOTCAPABLE");
    assertEquals(it.openError("f", { fd, oflags: OFLAG.TRUNC }), "NOTCAPABLE");
    const file = it.open("f", { fd });
    assertEquals(it.write(file, "x"), "NOTCAPABLE");
    assertEquals(it.call("fd_filestat_set_size", file, 0n), "NOTCAPABLE");
    assertEquals(it.call("fd_filestat_set_times", file, 0n, 0n, 4), "NOTCAPABLE");
    assertEquals(it.call("fd_allocate", file, 0n, 99n), "NOTCAPABLE");
    assertEquals(it.call("fd_pwrite", file, ...it.buffer(1), 0n, AT.RESULT), "NOTCAPABLE");
    const inner = it.open("d", {
      fd,
      oflags: OFLAG.DIRECTORY,
      rights: BigInt(RIGHT.PATH_OPEN | RIGHT.PATH_CREATE_FILE),
    });
    assertEquals(it.openError("new", { fd: inner, oflags: OFLAG.CREAT }), "NOTCAPABLE");
    // A hard link or a rename into a writable directory would be a way round.
    const to = [3, ...it.path("stolen", AT.PATH2)];
    assertEquals(it.call("path_link", fd, 0, ...it.path("f"), ...to), "NOTCAPABLE");
    assertEquals(it.call("path_rename", fd, ...it.path("f"), ...to), "NOTCAPABLE");
    assertEquals(it.call("path_unlink_file", fd, ...it.path("f")), "NOTCAPABLE");
    assertEquals(it.call("path_remove_directory", fd, ...it.path("d")), "NOTCAPABLE");
    assertEquals(
      it.call("path_symlink", ...it.path("x", AT.PATH2), fd, ...it.path("l")),
      "NOTCAPABLE",
    );
    assertEquals(it.call("path_create_directory", fd, ...it.path("n")), "NOTCAPABLE");
    assertEquals(
      it.call("path_filestat_set_times", fd, 0, ...it.path("f"), 0n, 0n, 4),
      "NOTCAPABLE",
    );
    assertEquals(process.fs.stat("/ro/f"), before);
    assertEquals(process.fs.readDir("/ro").length, 2);
  }));

Deno.test("names that are not UTF-8 are names", () =>
  withGuest((it, process) => {
    it.bytes.set([0xff, 0xfe, 0x80], AT.PATH);
    assertEquals(
      it.call("path_open", 3, 0, AT.PATH, 3, OFLAG.CREAT, 0n, 0n, 0, AT.RESULT),
      "SUCCESS",
    );
    assertEquals(process.fs.readDir("/box").map((entry) => entry.name), ["\xff\xfe\x80"]);
  }));

Deno.test("links of /proc lead out of no directory", () =>
  withGuest((it, process) => {
    const fd = it.guest.fds.preopen("p", process.fs.openDirectory("/proc/self").confined());
    for (const path of ["root", "root/etc/passwd", "cwd", "fd/0", "exe"]) {
      assertEquals(it.openError(path, { fd, rights: 0n }), "PERM", path);
    }
    assertEquals(it.openError("status", { fd, rights: BigInt(RIGHT.FD_READ) }), "SUCCESS");
  }));

Deno.test("what a guest opens and changes is in the audit stream", async () => {
  const events: string[] = [];
  await withGuest((it, process) => {
    process.fs.makeDir("/box/d");
    events.length = 0;
    it.open("d/f", { oflags: OFLAG.CREAT });
    it.open("d/f", { rights: BigInt(RIGHT.FD_READ) });
    it.openError("../secret");
    it.call("path_rename", 3, ...it.path("d/f"), 3, ...it.path("g", AT.PATH2));
    it.call("path_unlink_file", 3, ...it.path("g"));
    const inner = it.open("d", {
      oflags: OFLAG.DIRECTORY,
      rights: BigInt(RIGHT.PATH_CREATE_DIRECTORY),
    });
    it.call("path_create_directory", inner, ...it.path("e"));
  }, {
    sandbox: {
      audit: ({ kind, subject, allowed }) => {
        if (kind === "read" || kind === "write") events.push(`${kind} ${subject} ${allowed}`);
      },
    },
  });
  assertEquals(events, [
    "write /box/d/f true",
    "read /box/d/f true",
    "write /box/../secret false",
    "write /box/g true",
    "write /box/g true",
    "read /box/d true",
    "write /box/d/e true",
  ]);
});
