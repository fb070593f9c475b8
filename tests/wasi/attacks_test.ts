/**
 * Attacks of a guest on what lies outside of the directory it was handed, each on a mounted host
 * directory and on the memory layer. `tests/wasi/paths_test.ts` has what single functions refuse;
 * here everything is tried with everything, and what is outside is compared afterwards.
 */
import { assert, assertEquals } from "@std/assert";
import type { Process } from "../../sandbox/types.ts";
import { DIRECTORY_RIGHTS, OFLAG, RIGHT } from "../../wasi/abi.ts";
import { AT, type TestGuest, withGuest } from "./harness.ts";

const SECRET = "S3CRET";
const encoder = new TextEncoder();
/** How C libraries open a directory: without the rights to write that only files have. */
const DIRECTORY = { oflags: OFLAG.DIRECTORY, rights: BigInt(DIRECTORY_RIGHTS) } as const;

/** A place to attack from: `/box` is the guest's, `/outside` is nobody's. */
interface World {
  readonly layer: "host" | "memory";
  readonly it: TestGuest;
  readonly process: Process;
  /** Makes a link inside, as an archive or another program would have left it. */
  link(target: string, name: string): void;
  makeDir(name: string): void;
  writeFile(name: string, text: string): void;
  remove(name: string): void;
  has(name: string): boolean;
  rename(from: string, to: string): void;
  /** What is outside, in one line for each thing. */
  outside(): string;
  /** Path of the secret from the root that links are resolved from, for whoever follows them. */
  readonly absolute: string;
}

type Attack = (world: World) => void | Promise<void>;

function hostTree(path: string, prefix = ""): string {
  const lines: string[] = [];
  for (const entry of [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const info = Deno.lstatSync(`${path}/${entry.name}`);
    const text = entry.isFile ? Deno.readTextFileSync(`${path}/${entry.name}`) : "";
    const facts = [info.mode, info.nlink, info.mtime?.getTime(), text];
    lines.push(`${prefix}${entry.name} ${facts.join(" ")}`);
    if (entry.isDirectory) lines.push(hostTree(`${path}/${entry.name}`, `${entry.name}/`));
  }
  return lines.join("\n");
}

async function onHost(test: Attack, mode: "rw" | "ro"): Promise<void> {
  const base = Deno.makeTempDirSync({ prefix: "capbox_attack_" });
  const box = `${base}/box`;
  try {
    Deno.mkdirSync(box);
    Deno.mkdirSync(`${base}/outside`);
    Deno.writeTextFileSync(`${base}/outside/secret`, SECRET);
    await withGuest((it, process) =>
      test({
        layer: "host",
        it,
        process,
        link: (target, name) => Deno.symlinkSync(target, `${box}/${name}`),
        makeDir: (name) => Deno.mkdirSync(`${box}/${name}`),
        writeFile: (name, text) => Deno.writeTextFileSync(`${box}/${name}`, text),
        has: (name) => [...Deno.readDirSync(box)].some((each) => each.name === name),
        remove: (name) => Deno.removeSync(`${box}/${name}`, { recursive: true }),
        rename: (from, to) => Deno.renameSync(`${box}/${from}`, `${box}/${to}`),
        outside: () => hostTree(`${base}/outside`),
        absolute: `${base}/outside/secret`,
      }), { sandbox: { mounts: [{ host: box, guest: "/box", mode, symlinks: true }] } });
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
}

async function inMemory(test: Attack): Promise<void> {
  await withGuest((it, process) => {
    const { fs } = process;
    fs.makeDir("/outside");
    fs.writeFile("/outside/secret", encoder.encode(SECRET));
    return test({
      layer: "memory",
      it,
      process,
      link: (target, name) => fs.symlink(target, `/box/${name}`),
      makeDir: (name) => fs.makeDir(`/box/${name}`),
      writeFile: (name, text) => fs.writeFile(`/box/${name}`, encoder.encode(text)),
      has: (name) => fs.readDir("/box").some((each) => each.name === name),
      remove: (name) => removeTree(process, `/box/${name}`),
      rename: (from, to) => fs.rename(`/box/${from}`, `/box/${to}`),
      outside: () =>
        fs.readDir("/outside").map(({ name }) => {
          const { mode, nlink, mtimeNs, size } = fs.lstat(`/outside/${name}`);
          return `${name} ${mode} ${nlink} ${mtimeNs} ${size}`;
        }).sort().join("\n"),
      absolute: "/outside/secret",
    });
  });
}

function removeTree({ fs }: Process, path: string): void {
  if ((fs.lstat(path).mode & 0o170000) !== 0o040000) return fs.unlink(path);
  for (const { name } of fs.readDir(path)) {
    fs.unlink(`${path}/${name}`);
  }
  fs.removeDir(path);
}

/** A test on both layers, after which nothing outside may be different. */
function attack(name: string, test: Attack): void {
  const guarded = async (world: World): Promise<void> => {
    const before = world.outside();
    await test(world);
    assertEquals(world.outside(), before);
  };
  Deno.test(`attack: ${name} (host)`, () => onHost(guarded, "rw"));
  Deno.test(`attack: ${name} (memory)`, () => inMemory(guarded));
}

/** Tries every function with a path, and each use of what it opens; gives what was read. */
function tryEverything(it: TestGuest, fd: number, path: string): string {
  let seen = "";
  const note = (text: string): void => {
    seen += text + "\n";
  };
  const args = (): [number, number] => it.path(path);
  const other = (): [number, number] => it.path("own", AT.PATH2);
  for (const follow of [0, 1]) {
    note(it.call("path_filestat_get", fd, follow, ...args(), AT.RESULT));
    note(it.call("path_filestat_set_times", fd, follow, ...args(), 1n, 1n, 5));
    for (const oflags of [0, OFLAG.CREAT, OFLAG.TRUNC, OFLAG.CREAT | OFLAG.EXCL, OFLAG.DIRECTORY]) {
      const rights = oflags === OFLAG.DIRECTORY ? DIRECTORY.rights : ~0n;
      const error = it.openError(path, { fd, oflags, rights, follow: follow === 1 });
      if (error !== "SUCCESS") continue;
      const opened = it.u32();
      note(it.read(opened));
      it.write(opened, "PWNED");
      it.call("fd_filestat_set_size", opened, 0n);
      it.call("fd_filestat_set_times", opened, 1n, 1n, 5);
      if (it.call("fd_readdir", opened, AT.DATA, 400, 0n, AT.RESULT) === "SUCCESS") {
        note(it.text(AT.DATA, it.u32()));
        note(it.openError("secret", { fd: opened }));
        it.openError("new", { fd: opened, oflags: OFLAG.CREAT });
      }
      it.call("fd_close", opened);
    }
    it.call("path_link", fd, follow, ...args(), 3, ...other());
    note(it.openError("own"));
    it.call("path_unlink_file", 3, ...other());
  }
  if (it.call("path_readlink", fd, ...args(), AT.DATA, 100, AT.RESULT) === "SUCCESS") {
    it.text(AT.DATA, it.u32()); // What a link says is the guest's to know.
  }
  it.call("path_create_directory", fd, ...args());
  it.call("path_symlink", ...it.path("x", AT.PATH2), fd, ...args());
  it.openError("own", { oflags: OFLAG.CREAT });
  it.call("path_link", 3, 0, ...other(), fd, ...args());
  it.call("path_rename", 3, ...other(), fd, ...args());
  it.call("path_rename", fd, ...args(), 3, ...other());
  it.call("path_unlink_file", fd, ...args());
  it.call("path_remove_directory", fd, ...args());
  assert(!seen.includes(SECRET), `${path}: ${seen}`);
  return seen;
}

attack("`..` in every place and every function", ({ it, makeDir }) => {
  makeDir("d");
  for (
    const path of [
      ...["../outside/secret", "./../outside/secret", "d/../../outside/secret", "../box/f"],
      ...["d/.././../outside", "..", "../", "d/../..", "d//..//../outside/new", "../../etc/passwd"],
      ...[".//..//outside/secret", "../" + "./".repeat(1500) + "outside/secret"],
    ]
  ) tryEverything(it, 3, path);
});

attack("absolute paths", ({ it, absolute }) => {
  for (const path of [absolute, `/${absolute}`, "/outside/secret", "//", "/", "/proc/self/root"]) {
    tryEverything(it, 3, path);
  }
});

attack("links that lead out: last, in the middle, chained, dangling, cyclic, absolute", (world) => {
  const { it, link, absolute } = world;
  const links: [string, string][] = [
    ["../outside", "dir"],
    ["../outside/secret", "file"],
    ["../outside/new", "dangling"],
    [absolute, "abs"],
    ["/", "root"],
    ["dir/secret", "second"],
    [".", "here"],
    ["here/../../outside", "hidden"],
    ["cycle", "cycle"],
  ];
  for (const [target, name] of links) link(target, name);
  const paths = ["dir/secret", "dir/new", "hidden/secret", "here/here/hidden/secret"];
  paths.push("root" + absolute, ...links.map(([, name]) => name), "file/", "dir/", "dangling/");
  paths.push("abs/", "dir/.", "dir/..", "hidden/../outside/secret", "cycle/x", "second/");
  for (const path of paths) {
    tryEverything(it, 3, path);
    // What was removed or replaced is put back for the next one.
    for (const [target, name] of links) {
      if (world.has(name)) world.remove(name);
      link(target, name);
    }
  }
});

attack("41 links are too many, 40 are not", ({ it, link, writeFile }) => {
  writeFile("goal", "inside");
  link("goal", "l1");
  for (let i = 2; i <= 41; i++) link(`l${i - 1}`, `l${i}`);
  assertEquals(it.read(it.open("l40")), "inside");
  assertEquals(it.openError("l41"), "LOOP");
  assertEquals(it.call("path_filestat_get", 3, 1, ...it.path("l41"), AT.RESULT), "LOOP");
});

attack("a directory is swapped for a link while a guest holds it", (world) => {
  const { it, makeDir, writeFile, rename, link } = world;
  makeDir("d");
  writeFile("d/secret", "inside");
  const held = it.open("d", DIRECTORY);
  assertEquals(it.read(it.open("secret", { fd: held })), "inside");
  rename("d", "elsewhere");
  link("../outside", "d");
  for (const path of ["secret", "new", ".", "../outside/secret"]) tryEverything(it, held, path);
  for (const path of ["d/secret", "d/new", "d", "d/"]) {
    tryEverything(it, 3, path);
  }
});

attack("a file is swapped for a link between two calls", async (world) => {
  const { it, writeFile, remove, link } = world;
  for (let round = 0; round < 30; round++) {
    // What was seen in this turn of the event loop is believed for a moment.
    await new Promise((resolve) => setTimeout(resolve, 0));
    writeFile("f", "inside");
    const fd = it.open("f");
    // Known to be a file a moment ago.
    assertEquals(it.call("path_filestat_get", 3, 0, ...it.path("f"), AT.RESULT), "SUCCESS");
    remove("f");
    link("../outside/secret", "f");
    assert(it.openError("f", { oflags: OFLAG.TRUNC }) !== "SUCCESS");
    it.write(fd, "PWNED");
    it.call("fd_filestat_set_times", fd, 1n, 1n, 5);
    assert(it.openError("f") !== "SUCCESS");
    remove("f");
  }
});

attack("creation through links: nothing appears where they lead", ({ it, link }) => {
  link("../outside/new", "dangling");
  const create = (options: Parameters<TestGuest["open"]>[1]): string =>
    it.openError("dangling", { oflags: OFLAG.CREAT, ...options });
  assertEquals(create({}), "PERM");
  assertEquals(create({ follow: false }), "LOOP");
  assertEquals(create({ oflags: OFLAG.CREAT | OFLAG.EXCL }), "EXIST");
  assertEquals(it.call("path_create_directory", 3, ...it.path("dangling")), "EXIST");
  // Inside, a dangling link may be created through.
  link("made", "inner");
  assertEquals(it.openError("inner", { oflags: OFLAG.CREAT }), "SUCCESS");
  assertEquals(it.call("path_filestat_get", 3, 0, ...it.path("made"), AT.RESULT), "SUCCESS");
});

attack("a guest's own links cannot lead whoever follows them on the host out", (world) => {
  const { it, layer, makeDir, process, absolute } = world;
  makeDir("d");
  makeDir("d/e");
  const symlink = (target: string, path: string): string =>
    it.call("path_symlink", ...it.path(target, AT.PATH2), 3, ...it.path(path));
  for (const target of [absolute, "/", "//etc/passwd"]) {
    assertEquals(symlink(target, "l"), "PERM");
  }
  symlink("../outside/secret", "up");
  symlink("d/../../outside/secret", "round");
  symlink("../../outside/secret", "d/up");
  symlink("../f", "d/e/fine");
  // Moved up, what was fine leads out.
  it.call("path_rename", 3, ...it.path("d/e/fine"), 3, ...it.path("fine", AT.PATH2));
  it.call("path_rename", 3, ...it.path("d/e"), 3, ...it.path("e", AT.PATH2));
  for (const path of ["up", "round", "d/up", "fine", "e/fine"]) {
    assert(it.openError(path) !== "SUCCESS", path);
  }
  if (layer === "memory") return;
  // On the host itself no link in the mount may resolve to something outside of it.
  const root = process.fs.readDir("/box").map(({ name }) => name);
  for (const name of root) {
    const box = absolute.replace("/outside/secret", "/box");
    const info = Deno.lstatSync(`${box}/${name}`);
    if (info.isSymlink) {
      const target = new URL(Deno.readLinkSync(`${box}/${name}`), `file://${box}/`).pathname;
      assert(target.startsWith(`${box}/`), `${name} leads to ${target}`);
    }
  }
});

attack("names: NUL, empty, too long, not UTF-8", ({ it }) => {
  const error = (path: string | Uint8Array): string => {
    const bytes = typeof path === "string" ? encoder.encode(path) : path;
    it.bytes.set(bytes, AT.DATA);
    const open = [AT.DATA, bytes.length, OFLAG.CREAT, ~0n, ~0n, 0, AT.RESULT];
    return it.call("path_open", 3, 1, ...open);
  };
  assertEquals(error("a\0/../../outside/secret"), "INVAL");
  assertEquals(error("\0"), "INVAL");
  assertEquals(error(""), "NOENT");
  assertEquals(error("x".repeat(256)), "NAMETOOLONG");
  assertEquals(error("./".repeat(2048)), "NAMETOOLONG");
  assertEquals(error("x/".repeat(40_000)), "NAMETOOLONG");
  assertEquals(error(Uint8Array.of(0x2e, 0x2e, 0xc0, 0xaf, 0x78)), "SUCCESS"); // No slash by UTF-8.
  assertEquals(it.call("path_unlink_file", 3, AT.DATA, 5), "SUCCESS");
});

attack("a file as a directory, and its name with a slash", ({ it, writeFile }) => {
  writeFile("f", "text");
  const file = it.open("f");
  for (const path of [".", "", "..", "../outside/secret", "f", "/"]) {
    assertEquals(it.openError(path, { fd: file }), "NOTDIR");
    assertEquals(
      it.call("path_filestat_get", file, 1, ...it.path(path), AT.RESULT),
      "NOTDIR",
    );
  }
  for (const path of ["f/", "f/.", "f/..", "f/../f", "f//"]) {
    assertEquals(it.openError(path), "NOTDIR");
    assertEquals(it.call("path_unlink_file", 3, ...it.path(path)), "NOTDIR");
  }
  assertEquals(it.call("fd_readdir", file, AT.DATA, 100, 0n, AT.RESULT), "NOTCAPABLE");
});

attack("numbers of descriptors are used again without what they stood for", (world) => {
  const { it, writeFile, makeDir } = world;
  writeFile("f", "text");
  makeDir("d");
  const dir = it.open("d", { oflags: OFLAG.DIRECTORY, rights: BigInt(RIGHT.PATH_OPEN) });
  assertEquals(it.call("fd_prestat_get", 3, AT.RESULT), "SUCCESS");
  // A file moved over the preopen is no preopen, and the directory it was is gone.
  const file = it.open("f");
  assertEquals(it.call("fd_renumber", file, 3), "SUCCESS");
  assertEquals(it.call("fd_prestat_get", 3, AT.RESULT), "BADF");
  assertEquals(it.call("fd_prestat_dir_name", 3, AT.DATA, 100), "BADF");
  assertEquals(it.openError("d"), "NOTDIR");
  assertEquals(it.call("fd_filestat_get", file, AT.RESULT), "BADF");
  // The narrow directory keeps its narrow rights under another number.
  assertEquals(it.call("fd_renumber", dir, 3), "SUCCESS");
  assertEquals(it.openError("new", { oflags: OFLAG.CREAT }), "NOTCAPABLE");
  assertEquals(it.openError("../f"), "PERM");
  assertEquals(it.call("fd_close", 3), "SUCCESS");
  assertEquals(it.openError("d"), "BADF");
  for (const bad of [-1, 2 ** 31 - 1, 4, 1000]) {
    assertEquals(it.call("fd_renumber", 0, bad), "BADF");
    assertEquals(it.call("fd_renumber", bad, 0), "BADF");
  }
});

attack("rights that were given away do not come back", ({ it, makeDir, writeFile }) => {
  makeDir("d");
  writeFile("d/f", "text");
  const few = BigInt(RIGHT.PATH_OPEN | RIGHT.FD_READDIR);
  const passed = BigInt(RIGHT.PATH_OPEN | RIGHT.FD_READ | RIGHT.FD_READDIR);
  const dir = it.open("d", DIRECTORY);
  assertEquals(it.call("fd_fdstat_set_rights", dir, few, passed), "SUCCESS");
  assertEquals(it.call("fd_fdstat_set_rights", dir, ~0n, passed), "NOTCAPABLE");
  assertEquals(it.call("fd_fdstat_set_rights", dir, few, ~0n), "NOTCAPABLE");
  assertEquals(it.call("fd_fdstat_set_rights", dir, few | 1n << 63n, passed), "NOTCAPABLE");
  // Neither by opening it again through itself nor through what is in it.
  const again = it.open(".", { ...DIRECTORY, fd: dir });
  for (const fd of [dir, again]) {
    assertEquals(it.openError("f", { fd, oflags: OFLAG.TRUNC }), "NOTCAPABLE");
    assertEquals(it.openError("new", { fd, oflags: OFLAG.CREAT }), "NOTCAPABLE");
    assertEquals(it.call("path_unlink_file", fd, ...it.path("f")), "NOTCAPABLE");
    const file = it.open("f", { fd });
    assertEquals(it.write(file, "x"), "NOTCAPABLE");
    assertEquals(it.call("fd_filestat_set_size", file, 0n), "NOTCAPABLE");
    assertEquals(it.call("fd_allocate", file, 0n, 9n), "NOTCAPABLE");
    assertEquals(it.read(file), "text");
    it.call("fd_close", file);
  }
});

attack("cookies of fd_readdir: beyond the end, of another listing, after removals", (world) => {
  const { it, makeDir, writeFile, remove } = world;
  makeDir("d");
  for (let i = 0; i < 20; i++) writeFile(`d/f${i}`, "");
  const fd = it.open("d", DIRECTORY);
  const list = (cookie: bigint, size = 4000): string =>
    it.call("fd_readdir", fd, AT.DATA, size, cookie, AT.RESULT);
  assertEquals(list(0n), "SUCCESS");
  const whole = it.u32();
  for (const cookie of [22n, 23n, 1000n, 2n ** 40n, 2n ** 53n - 1n]) {
    assertEquals(list(cookie), "SUCCESS");
    assertEquals(it.u32(), 0);
  }
  for (const cookie of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) assertEquals(list(cookie), "INVAL");
  for (let i = 0; i < 20; i++) remove(`d/f${i}`);
  for (const cookie of [1n, 10n, 21n]) assertEquals(list(cookie), "SUCCESS");
  assertEquals(list(0n), "SUCCESS");
  assertEquals(it.u32() < whole, true);
  assertEquals(it.u32(), 2 * 24 + 1 + 2);
  // A buffer too small for anything, and none.
  for (const size of [0, 1, 23, 24, 25]) {
    assertEquals(list(0n, size), "SUCCESS");
    assertEquals(it.u32(), size);
  }
  remove("d");
  assert(["SUCCESS", "NOENT"].includes(list(0n)));
});

attack("positions and sizes that no file has", ({ it, writeFile }) => {
  writeFile("f", "text");
  const fd = it.open("f");
  const most = 2n ** 63n - 1n;
  const seek = (offset: bigint, whence: number): string =>
    it.call("fd_seek", fd, offset, whence, AT.RESULT);
  assertEquals(seek(2n, 0), "SUCCESS");
  for (const [offset, whence] of [[most, 0], [most, 1], [most, 2], [-most, 1], [-5n, 2]] as const) {
    assertEquals(seek(offset, whence), "INVAL");
  }
  assertEquals(seek(0n, 3), "INVAL");
  assertEquals(seek(-3n, 1), "INVAL");
  assertEquals(it.call("fd_tell", fd, AT.RESULT), "SUCCESS");
  assertEquals(it.u64(), 2n);
  const refused = (error: string): void =>
    assert(["INVAL", "FBIG", "NOSPC"].includes(error), error);
  for (const [offset, length] of [[0n, most], [most, most], [most, 1n], [0n, 2n ** 60n]] as const) {
    refused(it.call("fd_allocate", fd, offset, length));
  }
  refused(it.call("fd_allocate", fd, 0n, 0n));
  for (const size of [most, -1n, 2n ** 60n]) refused(it.call("fd_filestat_set_size", fd, size));
  refused(it.call("fd_pwrite", fd, ...it.buffer(1, "x"), most, AT.RESULT));
  refused(it.call("fd_pwrite", fd, ...it.buffer(1, "x"), -1n, AT.RESULT));
  assertEquals(it.call("fd_filestat_get", fd, AT.RESULT), "SUCCESS");
  assertEquals(it.u64(AT.RESULT + 32), 4n);
});

attack("directories get no second name", ({ it, makeDir }) => {
  makeDir("d");
  const link = (from: string, to: string): string =>
    it.call("path_link", 3, 0, ...it.path(from), 3, ...it.path(to, AT.PATH2));
  for (const from of ["d", "d/", ".", "d/."]) assertEquals(link(from, "second"), "PERM");
  assertEquals(link("none", "second"), "NOENT");
});

attack("calls for sockets on files, signals of no process, poll without end", (world) => {
  const { it, writeFile } = world;
  writeFile("f", "text");
  const fd = it.open("f");
  const buffer = it.buffer(4, "data");
  for (const each of [fd, 3]) {
    assertEquals(it.call("sock_recv", each, ...buffer, 0, AT.RESULT, AT.RESULT + 8), "NOTSOCK");
    assertEquals(it.call("sock_send", each, ...buffer, 0, AT.RESULT), "NOTSOCK");
    assertEquals(it.call("sock_shutdown", each, 3), "NOTSOCK");
    assertEquals(it.call("sock_accept", each, 0, AT.RESULT), "NOTSOCK");
  }
  for (const signal of [31, 32, 255, 2 ** 31, -1]) {
    assertEquals(it.call("proc_raise", signal), "INVAL");
  }
  assertEquals(it.call("proc_raise", 0), "SUCCESS");
  // 2^20 subscriptions do not fit this memory; 2^27 wrap around in 32 bits.
  for (const count of [2 ** 20, 2 ** 27, 0x80000000, 0xffffffff]) {
    const error = it.call("poll_oneoff", AT.DATA, AT.DATA, count, AT.RESULT);
    assert(["FAULT", "INVAL"].includes(error), error);
  }
  assertEquals(it.call("poll_oneoff", AT.DATA, AT.DATA, 0, AT.RESULT), "INVAL");
});

Deno.test("attack: nothing gets written through a read-only mount, whatever the rights", () =>
  onHost((world) => {
    const { it, process, writeFile, makeDir } = world;
    writeFile("f", "text");
    makeDir("d");
    process.fs.makeDir("/tmp/own");
    const own = it.guest.fds.preopen("own", process.fs.openDirectory("/tmp/own").confined());
    for (const path of ["f", "d", "new", "f/", "d/x"]) {
      const box = process.fs.readDir("/box").length;
      for (const oflags of [OFLAG.CREAT, OFLAG.TRUNC, OFLAG.CREAT | OFLAG.EXCL]) {
        const error = it.openError(path, { oflags });
        assert(error !== "SUCCESS", `${path} ${oflags}`);
      }
      for (const flags of [0, 1]) {
        const times = it.call("path_filestat_set_times", 3, flags, ...it.path(path), 1n, 1n, 5);
        assert(times !== "SUCCESS");
      }
      for (const name of ["path_unlink_file", "path_remove_directory", "path_create_directory"]) {
        assert(it.call(name, 3, ...it.path(path)) !== "SUCCESS", `${name} ${path}`);
      }
      // A link or a rename to where writing is allowed, and from there over what is here.
      const to = [own, ...it.path("stolen", AT.PATH2)];
      assert(it.call("path_link", 3, 0, ...it.path(path), ...to) !== "SUCCESS");
      assert(it.call("path_rename", 3, ...it.path(path), ...to) !== "SUCCESS");
      it.openError("own", { fd: own, oflags: OFLAG.CREAT });
      const from = [own, ...it.path("own", AT.PATH2)];
      assert(it.call("path_rename", ...from, 3, ...it.path(path)) !== "SUCCESS");
      assert(
        it.call("path_link", own, 0, ...it.path("own", AT.PATH2), 3, ...it.path(path)) !==
          "SUCCESS",
      );
      assert(it.call("path_symlink", ...it.path("x", AT.PATH2), 3, ...it.path(path)) !== "SUCCESS");
      assertEquals(process.fs.readDir("/box").length, box);
    }
    assertEquals(process.fs.stat("/box/f").size, 4);
  }, "ro"));

Deno.test("attack: a file with another name outside is not written, special files are not opened", async () => {
  const base = Deno.makeTempDirSync({ prefix: "capbox_attack_" });
  try {
    Deno.mkdirSync(`${base}/box`);
    Deno.writeTextFileSync(`${base}/secret`, SECRET);
    Deno.linkSync(`${base}/secret`, `${base}/box/hard`);
    const made = await new Deno.Command("mkfifo", { args: [`${base}/box/fifo`] }).output();
    await withGuest((it) => {
      for (const oflags of [0, OFLAG.TRUNC]) {
        assertEquals(it.openError("hard", { oflags }), "PERM");
      }
      assertEquals(
        it.call("path_filestat_set_times", 3, 0, ...it.path("hard"), 1n, 1n, 5),
        "PERM",
      );
      if (!made.success) return;
      for (const rights of [BigInt(RIGHT.FD_READ), BigInt(RIGHT.FD_WRITE), ~0n]) {
        assertEquals(it.openError("fifo", { rights }), "NXIO");
      }
    }, { sandbox: { mounts: [{ host: `${base}/box`, guest: "/box", mode: "rw" }] } });
    assertEquals(Deno.readTextFileSync(`${base}/secret`), SECRET);
  } finally {
    Deno.removeSync(base, { recursive: true });
  }
});
