import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { S_IFBLK, S_IFCHR, S_IFIFO } from "../../sandbox/types.ts";
import { ForkContext, Quota } from "../../sandbox/vfs/layer.ts";
import { as, bytes, fails, get, memory, names, outcome, put, view, viewOf } from "./fixture.ts";

Deno.test("files keep any bytes at any position", () => {
  const { fs } = view();
  const size = 3 * 65536 + 17;
  const data = new Uint8Array(size);
  for (let i = 0; i < size; i++) data[i] = i * 31 + (i >> 8);
  fs.writeFile("/f", data);
  assertEquals(fs.readFile("/f"), data);
  const file = fs.open("/f", 2);
  file.pwrite(bytes("edge"), 65534);
  const got = new Uint8Array(6);
  file.pread(got, 65533);
  assertEquals(got, new Uint8Array([data[65533], ...bytes("edge"), data[65538]]));
  assertEquals(file.pread(got, size), 0);
  assertEquals(file.pread(got, size - 2), 2);
  file.release();
});

Deno.test("what was never written reads as zero, also after a cut and a new end", () => {
  const { fs } = view();
  put(fs, "/f", "abcdef");
  const file = fs.open("/f", 2);
  file.truncate(3);
  file.truncate(8);
  assertEquals(fs.readFile("/f"), new Uint8Array([97, 98, 99, 0, 0, 0, 0, 0]));
  file.pwrite(bytes("z"), 200_000);
  assertEquals(fs.stat("/f").size, 200_001);
  const all = fs.readFile("/f");
  assertEquals(all.subarray(3, 200_000).every((byte) => byte === 0), true);
  file.truncate(70_000);
  file.pwrite(bytes("y"), 150_000);
  assertEquals(fs.readFile("/f").subarray(3, 150_000).every((byte) => byte === 0), true);
  file.release();
});

Deno.test("a file with a huge hole costs what was written", () => {
  const layer = memory({ quota: new Quota({ maxBytes: 1 << 20 }) });
  const { fs } = view(layer);
  const file = fs.open("/f", 0o101, 0o644);
  file.truncate(2 ** 40);
  assertEquals(fs.stat("/f").size, 2 ** 40);
  assertEquals(layer.bytesUsed(), 0);
  file.pwrite(bytes("x"), 2 ** 40 - 1);
  assert(layer.bytesUsed() <= 65536);
  file.truncate(0);
  assertEquals(layer.bytesUsed(), 0);
  file.release();
  fails("EFBIG", () => fs.truncate("/f", 2 ** 50));
});

Deno.test("the quota is exact, charged first, and given back", () => {
  const layer = memory({ quota: new Quota({ maxBytes: 100_000 }) });
  const { fs } = view(layer);
  fs.writeFile("/a", new Uint8Array(60_000));
  assertEquals(layer.bytesUsed(), 60_000);
  // As much as fits is written before the error, as a kernel's short write would be.
  fails("ENOSPC", () => fs.writeFile("/b", new Uint8Array(50_000)));
  assertEquals(fs.stat("/b").size, 40_000);
  assertEquals(layer.bytesUsed(), 100_000);
  fails("ENOSPC", () => put(fs, "/c", "x"));
  assertEquals(fs.readFile("/a").length, 60_000);
  const held = fs.open("/a", 0);
  fs.unlink("/a");
  assertEquals(layer.bytesUsed(), 100_000, "an open file keeps its room");
  held.release();
  assertEquals(layer.bytesUsed(), 40_000);
  fs.truncate("/b", 10);
  assertEquals(layer.bytesUsed(), 10);
  fs.unlink("/b");
  fs.unlink("/c");
  assertEquals(layer.bytesUsed(), 0);
});

Deno.test("appending past a block boundary charges each byte once", () => {
  const layer = memory({ quota: new Quota({ maxBytes: 10_000_000 }) });
  const { fs } = view(layer);
  const file = fs.open("/f", 0o101, 0o644);
  let at = 0;
  for (const size of [1, 65534, 1, 1, 65535, 131072, 7]) {
    file.pwrite(new Uint8Array(size), at);
    at += size;
    assertEquals(layer.bytesUsed(), at);
  }
  file.release();
});

Deno.test("inodes have a quota too, in which further links count", () => {
  const layer = memory({ quota: new Quota({ maxInodes: 3 }) });
  const { fs } = view(layer);
  put(fs, "/a", "");
  fs.link("/a", "/b");
  fs.makeDir("/d");
  fails("ENOSPC", () => put(fs, "/c", ""));
  fails("ENOSPC", () => fs.makeDir("/c"));
  fails("ENOSPC", () => fs.symlink("x", "/c"));
  fails("ENOSPC", () => fs.link("/a", "/c"));
  assertEquals(names(fs, "/"), ["a", "b", "d"]);
  fs.unlink("/b");
  put(fs, "/c", "");
  assertEquals(layer.statFs().ffree, 0);
});

Deno.test("a largest file size gives EFBIG after what still fits", () => {
  const { fs, caller } = view(memory({ maxFileSize: 10 }));
  fails("EFBIG", () => put(fs, "/f", "0123456789abc"));
  assertEquals(get(fs, "/f"), "0123456789");
  caller.maxFileSize = 5;
  fails("EFBIG", () => put(fs, "/g", "0123456"));
  fails("EFBIG", () => fs.truncate("/f", 6));
});

Deno.test("hard links share contents, attributes and a count", () => {
  const { fs } = view();
  put(fs, "/a", "one");
  fs.link("/a", "/b");
  assertEquals(fs.stat("/a").nlink, 2);
  assertEquals(fs.stat("/a").ino, fs.stat("/b").ino);
  put(fs, "/b", "two");
  assertEquals(get(fs, "/a"), "two");
  fs.chmod("/b", 0o600);
  assertEquals(fs.stat("/a").mode & 0o777, 0o600);
  // Renaming one name of a file to another does nothing (POSIX rename).
  fs.rename("/a", "/b");
  assertEquals(names(fs, "/"), ["a", "b"]);
  fs.unlink("/a");
  assertEquals(fs.stat("/b").nlink, 1);
  fs.makeDir("/d");
  fails("EPERM", () => fs.link("/d", "/e"));
  fs.symlink("b", "/l");
  fs.link("/l", "/m");
  assertEquals(fs.readLink("/m"), "b");
});

Deno.test("an unlinked file lives on in its descriptors", () => {
  const { fs } = view();
  put(fs, "/f", "still here");
  const file = fs.open("/f", 2);
  fs.unlink("/f");
  put(fs, "/f", "another");
  const buffer = new Uint8Array(20);
  assertEquals(file.pread(buffer, 0), 10);
  file.pwrite(bytes("S"), 0);
  assertEquals(file.stat().nlink, 0);
  assertEquals(get(fs, "/f"), "another");
  file.release();
});

Deno.test("directory link counts follow sub-directories", () => {
  const { fs } = view();
  fs.makeDir("/a");
  fs.makeDir("/a/b");
  fs.makeDir("/a/c");
  fs.makeDir("/e");
  assertEquals(fs.stat("/a").nlink, 4);
  fs.rename("/a/b", "/e/b");
  assertEquals([fs.stat("/a").nlink, fs.stat("/e").nlink], [3, 3]);
  fs.removeDir("/a/c");
  assertEquals(fs.stat("/a").nlink, 2);
  fs.rename("/e/b", "/a");
  assertEquals([fs.stat("/a").nlink, fs.stat("/e").nlink, fs.stat("/").nlink], [2, 2, 4]);
});

// Codes as Linux gives them (rename(2)).
Deno.test("rename replaces what may be replaced", () => {
  const { fs } = view();
  fs.makeDir("/d");
  fs.makeDir("/full");
  put(fs, "/full/x", "");
  put(fs, "/f", "f");
  put(fs, "/g", "g");
  fails("EISDIR", () => fs.rename("/f", "/d"));
  fails("ENOTDIR", () => fs.rename("/d", "/f"));
  fails("ENOTEMPTY", () => fs.rename("/d", "/full"));
  fails("EINVAL", () => fs.rename("/d", "/d/sub"));
  fails("ENOENT", () => fs.rename("/nothing", "/f"));
  fails("ENOENT", () => fs.rename("/f", "/nothing/f"));
  fs.rename("/f", "/g");
  assertEquals(get(fs, "/g"), "f");
  fs.rename("/full", "/d");
  assertEquals(names(fs, "/"), ["d", "g"]);
  assertEquals(names(fs, "/d"), ["x"]);
});

Deno.test("times: contents change mtime and ctime, attributes only ctime, names the directory", () => {
  const { fs } = view();
  fs.makeDir("/d");
  put(fs, "/d/f", "x");
  const before = fs.stat("/d/f");
  const dir = fs.stat("/d");
  fs.chmod("/d/f", 0o600);
  const after = fs.stat("/d/f");
  assertEquals(after.mtimeNs, before.mtimeNs);
  assert(after.ctimeNs > before.ctimeNs);
  assertEquals(fs.stat("/d").mtimeNs, dir.mtimeNs);
  put(fs, "/d/g", "x");
  assert(fs.stat("/d").mtimeNs > dir.mtimeNs);
  fs.setTimes("/d/f", 1n, 1_234_567_890_123_456_789n);
  assertEquals(fs.stat("/d/f").mtimeNs, 1_234_567_890_123_456_789n);
  assertEquals(fs.stat("/d/f").atimeNs, 1n);
  fs.setTimes("/d/f", undefined, 5n);
  assertEquals([fs.stat("/d/f").atimeNs, fs.stat("/d/f").mtimeNs], [1n, 5n]);
  const written = fs.stat("/d/f").mtimeNs;
  fs.readFile("/d/f");
  assert(fs.stat("/d/f").atimeNs > written);
  assertEquals(fs.stat("/d/f").mtimeNs, written);
});

Deno.test("special nodes keep their numbers, and nothing but the kernel opens them", () => {
  const { fs } = view();
  fs.makeNode("/fifo", S_IFIFO | 0o644);
  fs.makeNode("/null", S_IFCHR | 0o666, 0x103);
  fs.makeNode("/disk", S_IFBLK | 0o600, 0x800);
  assertEquals(fs.stat("/null").rdev, 0x103);
  assertEquals(fs.stat("/null").mode, S_IFCHR | 0o644);
  assertEquals(fs.stat("/fifo").rdev, 0);
  assertEquals(fs.stat("/disk").mode & 0o170000, S_IFBLK);
  fails("EINVAL", () => fs.truncate("/fifo", 0));
});

Deno.test("rights: owner, group, others, in this order; uid 0 passes", () => {
  const made = view();
  const { fs } = made;
  fs.chmod("/", 0o777);
  put(fs, "/f", "x");
  fs.chown("/f", 10, 20);
  fs.chmod("/f", 0o046);
  const owner = as(made, 10);
  const group = as(made, 11);
  group.caller.groups = [20];
  const other = as(made, 12);
  const rights = (view: typeof made) => [4, 2, 1].map((bit) => view.fs.access("/f", bit));
  assertEquals(rights(owner), [false, false, false]);
  assertEquals(rights(group), [true, false, false]);
  assertEquals(rights(other), [true, true, false]);
  assertEquals(rights(made), [true, true, false]);
  fails("EACCES", () => owner.fs.readFile("/f"));
  fails("EACCES", () => group.fs.truncate("/f", 0));
  assertEquals(get(other.fs, "/f"), "x");
  fs.chmod("/f", 0o100);
  assertEquals(rights(made), [true, true, true]);
});

Deno.test("who may change attributes", () => {
  const made = view();
  const { fs } = made;
  put(fs, "/f", "x");
  fs.chown("/f", 10, 20);
  const owner = as(made, 10);
  const other = as(made, 12);
  owner.fs.chmod("/f", 0o4711);
  fails("EPERM", () => other.fs.chmod("/f", 0o777));
  fails("EPERM", () => owner.fs.chown("/f", 11, -1));
  fails("EPERM", () => owner.fs.chown("/f", -1, 30));
  owner.caller.groups = [30];
  owner.fs.chown("/f", -1, 30);
  assertEquals(fs.stat("/f").gid, 30);
  assertEquals(fs.stat("/f").mode & 0o7000, 0, "a change of owner takes set-id bits away");
  fails("EPERM", () => other.fs.setTimes("/f", 1n, 1n));
  owner.fs.setTimes("/f", 1n, 1n);
});

Deno.test("a sticky directory protects others' files", () => {
  const made = view();
  made.fs.makeDir("/tmp");
  made.fs.chmod("/tmp", 0o1777);
  const one = as(made, 1);
  const two = as(made, 2);
  put(one.fs, "/tmp/f", "one");
  put(two.fs, "/tmp/g", "two");
  fails("EPERM", () => two.fs.unlink("/tmp/f"));
  fails("EPERM", () => two.fs.rename("/tmp/f", "/tmp/h"));
  fails("EPERM", () => two.fs.rename("/tmp/g", "/tmp/f"));
  one.fs.unlink("/tmp/f");
  made.fs.unlink("/tmp/g");
});

Deno.test("new entries take the umask, and the group of a set-group-id directory", () => {
  const made = view();
  const { fs, caller } = made;
  caller.umask = 0o27;
  put(fs, "/f", "");
  fs.makeDir("/d");
  assertEquals(fs.stat("/f").mode & 0o7777, 0o640);
  assertEquals(fs.stat("/d").mode & 0o7777, 0o750);
  fs.chown("/d", -1, 77);
  fs.chmod("/d", 0o2777);
  const user = as(made, 5);
  put(user.fs, "/d/f", "");
  user.fs.makeDir("/d/e");
  assertEquals([user.fs.stat("/d/f").uid, user.fs.stat("/d/f").gid], [5, 77]);
  assertEquals(user.fs.stat("/d/e").mode & 0o7000, 0o2000);
});

Deno.test("open flags", () => {
  const { fs } = view();
  put(fs, "/f", "text");
  fs.makeDir("/d");
  fs.symlink("f", "/l");
  fs.symlink("new", "/dangling");
  const O = { CREAT: 0o100, EXCL: 0o200, TRUNC: 0o1000, DIRECTORY: 0o200000, NOFOLLOW: 0o400000 };
  const code = (path: string, flags: number) =>
    outcome(() => fs.open(path, flags, 0o644).release());
  assertEquals(code("/f", O.CREAT | O.EXCL | 1), "EEXIST");
  assertEquals(code("/dangling", O.CREAT | O.EXCL | 1), "EEXIST");
  assertEquals(code("/l", O.NOFOLLOW), "ELOOP");
  assertEquals(code("/f", O.DIRECTORY), "ENOTDIR");
  assertEquals(code("/d", 1), "EISDIR");
  assertEquals(code("/d", O.CREAT), "EISDIR");
  assertEquals(code("/missing", 0), "ENOENT");
  assertEquals(code("/l", O.TRUNC | 1), "ok");
  assertEquals(fs.stat("/f").size, 0);
});

Deno.test("fork: neither side sees what the other does afterwards", () => {
  const one = view();
  const { fs } = one;
  fs.makeDir("/d");
  fs.writeFile("/d/big", new Uint8Array(200_000).fill(1));
  put(fs, "/d/small", "small");
  fs.symlink("small", "/d/l");
  const two = viewOf(one.namespace.fork());
  put(two.fs, "/d/small", "changed");
  two.fs.unlink("/d/l");
  const file = two.fs.open("/d/big", 2);
  file.pwrite(bytes("xyz"), 100_000);
  file.release();
  put(fs, "/d/new", "one");
  fs.rename("/d/small", "/small");
  assertEquals(names(fs, "/d"), ["big", "l", "new"]);
  assertEquals(names(two.fs, "/d"), ["big", "small"]);
  assertEquals(get(fs, "/small"), "small");
  assertEquals(get(two.fs, "/d/small"), "changed");
  assertEquals(fs.readFile("/d/big").every((byte) => byte === 1), true);
  assertEquals(two.fs.readFile("/d/big")[100_000], 120);
  assertEquals(fs.stat("/d/big").ino, two.fs.stat("/d/big").ino);
  // A third from the first, after both have moved on.
  const three = viewOf(one.namespace.fork());
  assertEquals(names(three.fs, "/"), ["d", "small"]);
});

Deno.test("fork: buffers and names that are shared are copied before they grow", () => {
  const one = view();
  const file = one.fs.open("/f", 0o101, 0o644);
  file.pwrite(bytes("ab"), 0);
  const two = viewOf(one.namespace.fork());
  file.pwrite(bytes("XY"), 1);
  const other = two.fs.open("/f", 2);
  other.pwrite(bytes("cd"), 2);
  assertEquals(get(one.fs, "/f"), "aXY");
  assertEquals(get(two.fs, "/f"), "abcd");
  file.release();
  other.release();
});

Deno.test("fork: files without a name stay with the original", () => {
  const layer = memory({ quota: new Quota({ maxBytes: 1000 }) });
  const one = view(layer);
  put(one.fs, "/f", "0123456789");
  const file = one.fs.open("/f", 0);
  one.fs.unlink("/f");
  const copy = layer.fork();
  assertEquals([layer.bytesUsed(), copy.bytesUsed()], [10, 0]);
  file.release();
  assertEquals(layer.bytesUsed(), 0);
});

Deno.test("fork: quotas that layers share stay shared among the copies", () => {
  const quota = new Quota({ maxBytes: 100 });
  const a = memory({ quota });
  const b = memory({ quota });
  put(view(a).fs, "/f", "12345");
  const context = new ForkContext();
  const [copyA, copyB] = [a.fork(context), b.fork(context)];
  put(view(copyB).fs, "/g", "123");
  assertEquals([copyA.bytesUsed(), a.bytesUsed()], [8, 5]);
  fails("ENOSPC", () => view(copyA).fs.writeFile("/big", new Uint8Array(93)));
});

Deno.test("fork shares every record until it is written", () => {
  const layer = memory();
  const { fs } = view(layer);
  for (let i = 0; i < 2000; i++) put(fs, "/f" + i, "x");
  const inos = [0, 31, 32, 1000, 1999].map((i) => fs.stat("/f" + i).ino);
  const before = inos.map((ino) => layer.table.get(ino));
  const copy = layer.fork();
  put(view(copy).fs, "/f1000", "y");
  const shared = inos.map((ino, i) =>
    copy.table.get(ino) === before[i] && layer.table.get(ino) === before[i]
  );
  assertEquals(shared, [true, true, true, false, true]);
});

Deno.test("inode numbers are non-zero, unique and never used again", () => {
  const { fs } = view();
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    put(fs, "/f", "");
    const { ino } = fs.stat("/f");
    assertNotEquals(ino, 0);
    assertEquals(seen.has(ino), false);
    seen.add(ino);
    fs.unlink("/f");
  }
});

Deno.test("names are data: prototype words are names like others", () => {
  const { fs } = view();
  for (
    const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "\n", "\xff", " "]
  ) {
    fails("ENOENT", () => fs.stat("/" + name));
    put(fs, "/" + name, name);
    assertEquals(fs.stat("/" + name).size, new TextEncoder().encode(name).length);
  }
});
