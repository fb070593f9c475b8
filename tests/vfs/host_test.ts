import { assert, assertEquals } from "@std/assert";
import { DenoFs } from "../../sandbox/host/fs.ts";
import { hostErrorCode } from "../../sandbox/host/errors.ts";
import { othersRun } from "../../sandbox/host/held_writes.ts";
import { HostDirLayer, type HostDirOptions } from "../../sandbox/vfs/host_layer.ts";
import { Namespace } from "../../sandbox/vfs/namespace.ts";
import { O_CREAT, O_EXCL, O_RDWR, type OpenFile } from "../../sandbox/types.ts";
import { ReadOnlyLayer } from "../../sandbox/vfs/read_only.ts";
import { bytes, fails, get, memory, names, outcome, put, type View, viewOf } from "./fixture.ts";

interface Box {
  /** Host path of the whole. */
  readonly top: string;
  /** Host path of what is mounted at `/h`, and read-only at `/ro`. */
  readonly inside: string;
  readonly view: View;
}

/** A directory with a secret beside the part that is mounted. */
function withBox(work: (box: Box) => void, options: HostDirOptions = {}): void {
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    const inside = top + "/in";
    Deno.mkdirSync(inside);
    Deno.mkdirSync(top + "/in-sibling");
    Deno.writeTextFileSync(top + "/in-sibling/f", "secret");
    Deno.writeTextFileSync(top + "/secret", "secret");
    const namespace = new Namespace(memory());
    const layer = new HostDirLayer(DenoFs.open(inside), options);
    namespace.mount("/h", layer, { source: "host", options: "rw" });
    const readOnly = new ReadOnlyLayer(new HostDirLayer(DenoFs.open(inside)));
    namespace.mount("/ro", readOnly, { source: "host", options: "ro" });
    work({ top, inside, view: viewOf(namespace) });
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
}

/** All of a host tree, to compare before and after. */
function picture(path: string): string[] {
  const lines: string[] = [];
  for (const { name } of Deno.readDirSync(path)) {
    const full = path + "/" + name;
    const stat = Deno.lstatSync(full);
    if (stat.isDirectory) lines.push(full, ...picture(full));
    else if (stat.isSymlink) lines.push(full + " -> " + Deno.readLinkSync(full));
    else if (stat.isFile) lines.push(full + " " + Deno.readTextFileSync(full) + " " + stat.mode);
    else lines.push(full);
  }
  return lines.sort();
}

function run(command: string, ...args: string[]): void {
  const { code } = new Deno.Command(command, { args }).outputSync();
  assertEquals(code, 0);
}

Deno.test("host files are read, written, listed and removed", () => {
  withBox(({ inside, view: { fs } }) => {
    Deno.mkdirSync(inside + "/d");
    Deno.writeTextFileSync(inside + "/d/f", "from the host");
    assertEquals(get(fs, "/h/d/f"), "from the host");
    put(fs, "/h/d/g", "from the guest", 0o640);
    assertEquals(Deno.readTextFileSync(inside + "/d/g"), "from the guest");
    assertEquals((Deno.statSync(inside + "/d/g").mode ?? 0) & 0o777, 0o640);
    assertEquals(names(fs, "/h/d"), ["f", "g"]);
    fs.makeDir("/h/e", 0o711);
    assertEquals((Deno.statSync(inside + "/e").mode ?? 0) & 0o777, 0o711);
    fs.rename("/h/d/g", "/h/e/g");
    fs.link("/h/e/g", "/h/e/h");
    assertEquals(fs.stat("/h/e/h").nlink, 2);
    assertEquals(fs.stat("/h/e/h").ino, Deno.statSync(inside + "/e/g").ino);
    fs.chmod("/h/e/g", 0o604);
    fs.unlink("/h/e/g");
    fs.unlink("/h/e/h");
    fs.removeDir("/h/e");
    assertEquals(picture(inside).length, 2);
    put(fs, "/h/d/f", "short");
    assertEquals(Deno.readTextFileSync(inside + "/d/f"), "short");
    const file = fs.open("/h/d/f", 2);
    file.pwrite(bytes("XY"), 7);
    const buffer = new Uint8Array(3);
    assertEquals(file.pread(buffer, 6), 3);
    assertEquals([...buffer], [0, 88, 89]);
    file.truncate(2);
    file.release();
    assertEquals(get(fs, "/h/d/f"), "sh");
  });
});

Deno.test("permissions of new files do not depend on the host's umask", () => {
  withBox(({ inside, view: { fs, caller } }) => {
    caller.umask = 0;
    put(fs, "/h/f", "", 0o666);
    fs.makeDir("/h/d", 0o777);
    assertEquals((Deno.statSync(inside + "/f").mode ?? 0) & 0o777, 0o666);
    assertEquals((Deno.statSync(inside + "/d").mode ?? 0) & 0o777, 0o777);
  });
});

Deno.test("nanoseconds that were set through the sandbox are kept", () => {
  withBox(({ inside, view: { fs } }) => {
    put(fs, "/h/f", "x");
    fs.setTimes("/h/f", 1_111_111_111_222_333_444n, 1_234_567_890_123_456_789n);
    assertEquals(fs.stat("/h/f").mtimeNs, 1_234_567_890_123_456_789n);
    assertEquals(fs.stat("/h/f").atimeNs, 1_111_111_111_222_333_444n);
    assertEquals(Deno.statSync(inside + "/f").mtime?.getTime(), 1_234_567_890_123);
    Deno.utimeSync(inside + "/f", 5, 6);
    // Names are believed within one turn of the event loop, in which nobody else runs.
    othersRun();
    assertEquals(fs.stat("/h/f").mtimeNs, 6_000_000_000n);
    fs.setTimes("/h/f", undefined, -1_500_000_000n);
    assertEquals(fs.stat("/h/f").mtimeNs, -1_500_000_000n);
  });
});

// E-1, E-2, E-3: traversal, siblings, links that were there before.
Deno.test("links on the host never lead out of the mount", () => {
  withBox(({ top, inside, view: { fs } }) => {
    const links: [string, string][] = [
      ["abs", top + "/secret"],
      ["rel", "../secret"],
      ["dir", ".."],
      ["absdir", top],
      ["root", "/"],
      ["sibling", "../in-sibling"],
      ["chain", "rel"],
      ["loop", "loop"],
    ];
    for (const [name, target] of links) Deno.symlinkSync(target, inside + "/" + name);
    Deno.mkdirSync(inside + "/sub");
    Deno.symlinkSync("../../secret", inside + "/sub/up");
    const before = picture(top);
    const paths = [
      "/h/abs",
      "/h/rel",
      "/h/dir/secret",
      "/h/absdir/secret",
      "/h/sibling/f",
      "/h/chain",
      "/h/sub/up",
      "/h/../secret",
      "/h/../../" + top + "/secret",
      "/h/sub/../../secret",
      "/h/root" + top + "/secret",
      "/h/-sibling/f",
      "/h/absdir/in-sibling/f",
    ];
    for (const path of paths) {
      for (const base of [path, path.replace("/h", "/ro")]) {
        fails("ENOENT", () => fs.readFile(base));
        fails("ENOENT", () => fs.stat(base));
        fails("ENOENT", () => fs.chmod(base, 0o777));
        fails("ENOENT", () => fs.setTimes(base, 1n, 1n));
        fails("ENOENT", () => fs.truncate(base, 0));
        fails("ENOENT", () => fs.open(base, 1));
        assertEquals(fs.access(base, 0), false);
      }
    }
    fails("ELOOP", () => fs.readFile("/h/loop"));
    // Writing through a link creates inside of the virtual tree only, or not at all.
    outcome(() => put(fs, "/h/rel", "overwritten"));
    outcome(() => put(fs, "/h/abs", "overwritten"));
    outcome(() => put(fs, "/h/dir/new", "overwritten"));
    outcome(() => fs.makeDir("/h/dir/newdir"));
    outcome(() => fs.rename("/h/sub", "/h/dir/moved"));
    assertEquals(picture(top), before);
    // `/h/dir` is `/` of the guest: that is where the last three went, or tried to.
    assertEquals(get(fs, "/secret"), "overwritten");
    assertEquals(fs.readLink("/h/abs"), top + "/secret");
  });
});

// 001-S4: each operation on its own.
Deno.test("no operation reaches through a link that leads out of the mount", () => {
  withBox(({ top, inside, view: { fs } }) => {
    Deno.symlinkSync(top, inside + "/abs");
    Deno.symlinkSync("../in-sibling", inside + "/rel");
    Deno.writeTextFileSync(inside + "/own", "own");
    const before = picture(top);
    for (const there of ["/h/abs/secret", "/h/rel/f", "/h/abs/in-sibling/f"]) {
      const operations: (() => unknown)[] = [
        () => fs.open(there, 0),
        () => fs.open(there, 0o101),
        () => fs.openDirectory(there),
        () => fs.stat(there),
        () => fs.lstat(there),
        () => fs.readDir(there),
        () => fs.makeDir(there),
        () => fs.removeDir(there),
        () => fs.unlink(there),
        () => fs.rename(there, "/h/x"),
        () => fs.rename("/h/own", there),
        () => fs.link(there, "/h/x"),
        () => fs.link("/h/own", there),
        () => fs.symlink("x", there),
        () => fs.readLink(there),
        () => fs.makeNode(there, 0o010644),
        () => fs.chmod(there, 0o777),
        () => fs.chown(there, 1, 1),
        () => fs.setTimes(there, 1n, 1n),
        () => fs.truncate(there, 0),
        () => fs.realPath(there),
        () => fs.statFs(there),
        () => fs.changeDir(there),
        () => fs.changeRoot(there),
        () => fs.readFile(there),
        () => fs.writeFile(there, bytes("x")),
        () => fs.openDirectory("/h").statAt(there.slice(3)),
        () => fs.openDirectory("/h").openAt(there.slice(3), 0),
      ];
      assertEquals(operations.map(outcome), operations.map(() => "ENOENT"), there);
      assertEquals([fs.access(there, 0), fs.tryStat(there)], [false, undefined]);
    }
    assertEquals(picture(top), before);
  });
});

Deno.test("special files of the host are seen and never opened", () => {
  withBox(({ inside, view: { fs } }) => {
    run("mkfifo", inside + "/fifo");
    assertEquals(fs.stat("/h/fifo").mode & 0o170000, 0o010000);
    // Opening it on the host would wait for ever.
    fails("ENXIO", () => fs.open("/h/fifo", 0));
    fails("ENXIO", () => fs.open("/h/fifo", 2));
    fails("EROFS", () => fs.chmod("/ro/fifo", 0o777));
    fails("ENXIO", () => fs.open("/ro/fifo", 0));
    fails("EPERM", () => fs.makeNode("/h/new", 0o010644));
    assertEquals(names(fs, "/h"), ["fifo"]);
    assertEquals(fs.readDir("/h")[0].type, 0o010000);
  });
});

// E-4: hard links.
Deno.test("a file that has a name outside of the mount is not changed", () => {
  withBox(({ top, inside, view: { fs } }) => {
    Deno.linkSync(top + "/secret", inside + "/hard");
    const before = picture(top);
    fails("EPERM", () => put(fs, "/h/hard", "x"));
    fails("EPERM", () => fs.open("/h/hard", 0o2001));
    fails("EPERM", () => fs.truncate("/h/hard", 0));
    fails("EPERM", () => fs.chmod("/h/hard", 0o777));
    fails("EPERM", () => fs.setTimes("/h/hard", 1n, 1n));
    fails("EPERM", () => fs.link("/h/hard", "/h/again"));
    assertEquals(picture(top), before);
    fs.unlink("/h/hard");
    // Links that the guest made itself are no reason to refuse.
    put(fs, "/h/a", "1");
    fs.link("/h/a", "/h/b");
    put(fs, "/h/b", "2");
    assertEquals(get(fs, "/h/a"), "2");
    // But one more from outside is.
    Deno.linkSync(inside + "/a", top + "/outer");
    fails("EPERM", () => put(fs, "/h/a", "3"));
    assertEquals(Deno.readTextFileSync(top + "/outer"), "2");
  });
});

Deno.test("hard links may be written where the mount says so", () => {
  withBox(({ top, inside, view: { fs } }) => {
    Deno.linkSync(top + "/secret", inside + "/hard");
    put(fs, "/h/hard", "changed");
    assertEquals(Deno.readTextFileSync(top + "/secret"), "changed");
  }, { hardLinks: true });
});

Deno.test("links on a host mount are refused unless asked for, and then stay inside", () => {
  withBox(({ view: { fs } }) => {
    fails("EPERM", () => fs.symlink("x", "/h/l"));
    assertEquals(names(fs, "/h"), []);
  });
  withBox(({ inside, view: { fs } }) => {
    fs.makeDir("/h/d");
    fs.symlink("x", "/h/l");
    fs.symlink("../x", "/h/d/up");
    fs.symlink(".././x", "/h/d/up2");
    for (const target of ["/etc/passwd", "..", "../x", "a/../../x", "a/.."]) {
      fails("EPERM", () => fs.symlink(target, "/h/bad"));
    }
    fails("EPERM", () => fs.symlink("../../secret", "/h/d/bad"));
    // Moving a link up would turn it outwards.
    fails("EPERM", () => fs.rename("/h/d/up", "/h/up"));
    assertEquals(Deno.readLinkSync(inside + "/d/up"), "../x");
    put(fs, "/h/l", "through");
    assertEquals(Deno.readTextFileSync(inside + "/x"), "through");
  }, { symlinks: true });
});

// E-6: read-only laundering.
Deno.test("a read-only mount refuses every change, under every name", () => {
  withBox(({ top, inside, view: { fs } }) => {
    Deno.mkdirSync(inside + "/d");
    Deno.writeTextFileSync(inside + "/f", "kept");
    Deno.writeTextFileSync(inside + "/d/g", "kept");
    const before = picture(top);
    const changes: [string, () => void][] = [
      ["EROFS", () => put(fs, "/ro/f", "x")],
      ["EROFS", () => put(fs, "/ro/new", "x")],
      ["EROFS", () => fs.open("/ro/f", 2)],
      ["EROFS", () => fs.open("/ro/f", 0o1000)],
      ["EROFS", () => fs.truncate("/ro/f", 0)],
      ["EROFS", () => fs.chmod("/ro/f", 0o777)],
      ["EROFS", () => fs.chown("/ro/f", 1, 1)],
      ["EROFS", () => fs.setTimes("/ro/f", 1n, 1n)],
      ["EROFS", () => fs.unlink("/ro/f")],
      ["EROFS", () => fs.removeDir("/ro/d")],
      ["EROFS", () => fs.makeDir("/ro/new")],
      ["EROFS", () => fs.symlink("x", "/ro/new")],
      ["EROFS", () => fs.makeNode("/ro/new", 0o010644)],
      ["EROFS", () => fs.rename("/ro/f", "/ro/new")],
      ["EROFS", () => fs.link("/ro/f", "/ro/new")],
      ["EXDEV", () => fs.rename("/ro/f", "/h/new")],
      ["EXDEV", () => fs.rename("/h/f", "/ro/new")],
      ["EXDEV", () => fs.link("/ro/f", "/h/new")],
      ["EXDEV", () => fs.link("/ro/f", "/new")],
      ["EXDEV", () => fs.rename("/ro/d", "/d")],
    ];
    assertEquals(changes.map(([, change]) => outcome(change)), changes.map(([code]) => code));
    assertEquals(fs.access("/ro/f", 2), false);
    assertEquals(fs.access("/h/f", 2), true);
    assertEquals(get(fs, "/ro/f"), "kept");
    fs.changeDir("/ro/d");
    fails("EROFS", () => put(fs, "g", "x"));
    fails("EROFS", () => put(fs, "../f", "x"));
    assertEquals(fs.statFs("/ro").readOnly, true);
    assertEquals(picture(top), before);
  });
});

// E-5, E-10: a working directory whose way is swapped for a link.
Deno.test("a directory that is held does not follow a link put in its place", async () => {
  let box: Box | undefined;
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    Deno.mkdirSync(top + "/in/a/b", { recursive: true });
    Deno.mkdirSync(top + "/out/b", { recursive: true });
    Deno.writeTextFileSync(top + "/out/b/f", "secret");
    const namespace = new Namespace(memory());
    const layer = new HostDirLayer(DenoFs.open(top + "/in"), { symlinks: true });
    namespace.mount("/h", layer, { source: "host", options: "rw" });
    box = { top, inside: top + "/in", view: viewOf(namespace) };
    const { fs } = box.view;
    fs.changeDir("/h/a/b");
    const held = fs.openDirectory(".");
    put(fs, "here", "x");
    // The host replaces the parent of the working directory with a link to somewhere else.
    Deno.renameSync(top + "/in/a", top + "/in/old");
    Deno.symlinkSync("../out", top + "/in/a");
    await new Promise((resolve) => setTimeout(resolve, 30));
    fails("ENOENT", () => fs.readFile("f"));
    fails("ENOENT", () => put(fs, "new", "x"));
    fails("ENOENT", () => held.lstatAt("f"));
    fails("ENOENT", () => held.entries());
    fails("ENOENT", () => held.openAt("f", 0));
    assertEquals([...Deno.readDirSync(top + "/out/b")].map((entry) => entry.name), ["f"]);
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
});

Deno.test("facts asked of a held directory are those of this moment", async () => {
  const wait = () => new Promise((resolve) => setTimeout(resolve, 30));
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    Deno.mkdirSync(top + "/in/a/mounted", { recursive: true });
    Deno.mkdirSync(top + "/out");
    Deno.writeTextFileSync(top + "/in/a/f", "abc");
    Deno.writeTextFileSync(top + "/out/f", "secret");
    const namespace = new Namespace(memory());
    const layer = new HostDirLayer(DenoFs.open(top + "/in"));
    namespace.mount("/h", layer, { source: "host", options: "rw" });
    namespace.mount("/h/a/mounted", memory(), { source: "tmpfs", options: "rw" });
    const { fs } = viewOf(namespace);
    const held = fs.openDirectory("/h/a");
    assertEquals(held.lstatAt("f").size, 3);
    assertEquals(held.lstatAt("f").ino, Deno.lstatSync(top + "/in/a/f").ino);
    fails("ENOENT", () => held.lstatAt("none"));
    fails("ENOENT", () => held.lstatAt(""));
    fails("ENAMETOOLONG", () => held.lstatAt("x".repeat(256)));
    assertEquals(held.lstatAt("mounted").ino, fs.lstat("/h/a/mounted").ino);
    // Our own changes are seen at once.
    put(fs, "/h/a/f", "abcdef");
    assertEquals(held.lstatAt("f").size, 6);
    put(fs, "/h/a/g", "x");
    assertEquals(held.lstatAt("g").size, 1);
    held.unlinkAt("g");
    fails("ENOENT", () => held.lstatAt("g"));
    assertEquals(held.lstatAt("f").size, 6);
    held.renameAt("f", held, "g");
    fails("ENOENT", () => held.lstatAt("f"));
    assertEquals(held.lstatAt("g").size, 6);
    assertEquals(get(fs, "/h/a/g"), "abcdef");
    // Those of others after a turn; a link is a link, and what it replaces is not asked about.
    fs.makeDir("/h/a/sub");
    put(fs, "/h/a/sub/f", "1");
    const inner = held.directoryAt("sub");
    assertEquals(inner.lstatAt("f").size, 1);
    Deno.renameSync(top + "/in/a/sub", top + "/in/was");
    Deno.symlinkSync("../../out", top + "/in/a/sub");
    await wait();
    fails("ENOENT", () => inner.lstatAt("f"));
    assertEquals(held.lstatAt("sub").mode & 0o170000, 0o120000);
    fails("ENOTDIR", () => held.directoryAt("sub"));
    Deno.writeTextFileSync(top + "/in/a/g", "");
    await wait();
    assertEquals(held.lstatAt("g").size, 0);
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
});

Deno.test("our own renames reach those who hold a directory, at once", () => {
  withBox(({ inside, view: { fs } }) => {
    fs.makeDir("/h/a");
    fs.makeDir("/h/a/b");
    put(fs, "/h/a/b/f", "x");
    fs.changeDir("/h/a/b");
    fs.rename("/h/a", "/h/moved");
    assertEquals(get(fs, "f"), "x");
    assertEquals(fs.currentDir(), "/h/moved/b");
    put(fs, "g", "y");
    assert(Deno.statSync(inside + "/moved/b/g").isFile);
    // A link of ours where the directory was is not taken for it.
    fs.symlink("moved", "/h/a");
    assertEquals(fs.lstat("/h/a").mode & 0o170000, 0o120000);
    assertEquals(names(fs, "/h/moved/b"), ["f", "g"]);
    fs.unlink("f");
    fs.unlink("g");
    fs.removeDir("/h/moved/b");
    fails("ENOENT", () => fs.currentDir());
    fails("ENOENT", () => put(fs, "x", ""));
  }, { symlinks: true });
});

/** A box whose directory `d` is swapped for a link to the outside at the moment a file is made. */
function withSwap(
  backAtOnce: boolean,
  work: (box: { readonly view: View; readonly top: string; readonly swapBack: () => void }) => void,
): void {
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    Deno.mkdirSync(top + "/in/d", { recursive: true });
    Deno.mkdirSync(top + "/out");
    const host = DenoFs.open(top + "/in");
    const create = host.create.bind(host);
    const swapBack = (): void => {
      Deno.removeSync(top + "/in/d");
      Deno.renameSync(top + "/in/aside", top + "/in/d");
    };
    host.create = (path, mode, access) => {
      Deno.renameSync(top + "/in/d", top + "/in/aside");
      Deno.symlinkSync("../out", top + "/in/d");
      const file = create(path, mode, access);
      if (backAtOnce) swapBack();
      return file;
    };
    const namespace = new Namespace(memory());
    namespace.mount("/h", new HostDirLayer(host), { source: "host", options: "rw" });
    work({ view: viewOf(namespace), top, swapBack });
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
}

// Races: the look after a creation is put off until something is done with the new file.
Deno.test("nothing is written to a file that was made where a link led", () => {
  for (const backAtOnce of [false, true]) {
    const attempts: ((file: OpenFile) => void)[] = [
      (file) => file.pwrite(bytes("secret"), 0),
      (file) => file.truncate(5),
      (file) => file.setAttr({ mtimeNs: 1_000_000_000n, atimeNs: 1_000_000_000n }),
      (file) => file.setAttr({ mode: 0o600 }),
      (file) => file.pread(new Uint8Array(4), 0),
    ];
    for (const attempt of attempts) {
      withSwap(backAtOnce, ({ view: { fs }, top }) => {
        const file = fs.open("/h/d/new", O_RDWR | O_CREAT | O_EXCL, 0o644);
        const before = Deno.statSync(top + "/out/new");
        fails("ENOENT", () => attempt(file));
        // It stays refused.
        fails("ENOENT", () => file.pwrite(bytes("secret"), 0));
        file.release();
        const after = Deno.statSync(top + "/out/new");
        assertEquals([after.size, after.mtime, after.mode], [0, before.mtime, before.mode]);
      });
    }
  }
});

Deno.test("a new file that something else was done after is looked at then", () => {
  withSwap(true, ({ view: { fs } }) => {
    const file = fs.open("/h/d/new", O_RDWR | O_CREAT | O_EXCL, 0o644);
    fs.lstat("/h/d");
    fails("ENOENT", () => file.pwrite(bytes("secret"), 0));
    file.release();
  });
  withBox(({ view: { fs }, inside }) => {
    fs.makeDir("/h/d");
    const file = fs.open("/h/d/new", O_RDWR | O_CREAT | O_EXCL, 0o644);
    // Our own rename comes after the look; so does what others do once they had a turn.
    fs.rename("/h/d/new", "/h/d/other");
    file.pwrite(bytes("ab"), 0);
    const second = fs.open("/h/d/new", O_RDWR | O_CREAT | O_EXCL, 0o644);
    othersRun();
    Deno.renameSync(inside + "/d", inside + "/e");
    second.pwrite(bytes("cd"), 0);
    file.release();
    second.release();
    assertEquals(Deno.readTextFileSync(inside + "/e/other"), "ab");
    assertEquals(Deno.readTextFileSync(inside + "/e/new"), "cd");
  });
});

Deno.test("a file that was just made and renamed is still what it is", () => {
  withBox(({ view: { fs }, inside }) => {
    put(fs, "/h/a", "first");
    fs.rename("/h/a", "/h/b");
    fails("ENOENT", () => fs.lstat("/h/a"));
    assertEquals(fs.stat("/h/b").size, 5);
    assertEquals(get(fs, "/h/b"), "first");
    fs.rename("/h/b", "/h/a");
    fs.unlink("/h/a");
    fails("ENOENT", () => fs.unlink("/h/a"));
    // Another one makes a directory of it in between: that is not removed as a file.
    put(fs, "/h/a", "");
    fs.rename("/h/a", "/h/b");
    othersRun();
    Deno.removeSync(inside + "/b");
    Deno.mkdirSync(inside + "/b");
    fails("EISDIR", () => fs.unlink("/h/b"));
  });
});

Deno.test("a link swapped in between two mounts of one directory is seen by both", () => {
  withBox(({ view: { fs, namespace }, inside }) => {
    const other = new HostDirLayer(DenoFs.open(inside), { symlinks: true });
    namespace.mount("/second", other, { source: "host", options: "rw" });
    fs.makeDir("/h/d");
    put(fs, "/h/d/f", "x");
    assertEquals(get(fs, "/second/d/f"), "x");
    fs.rename("/h/d", "/h/e");
    fs.symlink("e", "/h/d");
    assertEquals(fs.lstat("/second/d").mode & 0o170000, 0o120000);
    fails("ENOTDIR", () => fs.removeDir("/second/d"));
    assertEquals(get(fs, "/second/d/f"), "x");
  }, { symlinks: true });
});

// E-12: names.
Deno.test("names the host cannot have, or that are not UTF-8", () => {
  withBox(({ inside, view: { fs } }) => {
    put(fs, "/h/\xc3\xa4", "umlaut");
    assertEquals([...Deno.readDirSync(inside)].map((entry) => entry.name), ["ä"]);
    assertEquals(names(fs, "/h"), ["\xc3\xa4"]);
    fails("ENOENT", () => fs.stat("/h/\xff"));
    fails("EINVAL", () => put(fs, "/h/a\0b", "x"));
    fails("ENAMETOOLONG", () => put(fs, "/h/" + "x".repeat(256), "x"));
    run("sh", "-c", "printf x > \"$1/$(printf 'bad\\377')\"", "sh", inside);
    put(fs, "/h/a\nb\\c:", "odd");
    // What cannot be reached is not listed.
    assertEquals(names(fs, "/h"), ["a\nb\\c:", "\xc3\xa4"]);
    fs.unlink("/h/\xc3\xa4");
    fs.unlink("/h/a\nb\\c:");
  });
});

Deno.test("names that are not UTF-8 come back as they were, and no two are one on the host", () => {
  withBox(({ inside, view: { fs } }) => {
    // A stray byte, a cut character, a surrogate, a raw octet's own character, and a mixture.
    const odd = ["\x81", "a\xc3", "\xed\xa0\x80", "\xee\xbe\x81", "\xc3\xa4\x81.\xf0\x9f\x98\x80"];
    for (const name of odd) {
      put(fs, "/h/" + name, name);
      fs.symlink(name, "/h/to-" + name);
    }
    assertEquals(names(fs, "/h"), [...odd, ...odd.map((name) => "to-" + name)].sort());
    for (const name of odd) {
      assertEquals(get(fs, "/h/" + name), name);
      assertEquals(fs.readLink("/h/to-" + name), name);
      assertEquals(get(fs, "/h/to-" + name), name);
      fs.unlink("/h/" + name);
      fs.unlink("/h/to-" + name);
    }
    // Raw octets that make up a character are no name of ours: "\xc3\xa4" is another file.
    Deno.writeTextFileSync(inside + "/\uefc3\uefa4", "x");
    assertEquals(names(fs, "/h"), []);
    fails("ENOENT", () => fs.stat("/h/\xc3\xa4"));
  }, { symlinks: true });
});

Deno.test("errors of the host arrive as codes, without the host's words", () => {
  withBox(({ top, view: { fs } }) => {
    fs.makeDir("/h/d");
    put(fs, "/h/d/f", "x");
    put(fs, "/h/g", "x");
    const calls: [string, () => void][] = [
      ["ENOTEMPTY", () => fs.removeDir("/h/d")],
      ["EEXIST", () => fs.makeDir("/h/d")],
      ["ENOTDIR", () => fs.readFile("/h/g/x")],
      ["EISDIR", () => fs.rename("/h/g", "/h/d")],
      ["ENOTDIR", () => fs.rename("/h/d", "/h/g")],
      ["EINVAL", () => fs.rename("/h/d", "/h/d/x")],
      ["EPERM", () => fs.link("/h/d", "/h/x")],
    ];
    for (const [code, call] of calls) {
      try {
        call();
        assert(false);
      } catch (error) {
        assertEquals((error as { code: string }).code, code);
        assertEquals(String(error).includes(top), false);
        assertEquals(String((error as { path: string }).path).includes(top), false);
      }
    }
  });
  assertEquals(hostErrorCode(new Deno.errors.NotCapable("x")), "EACCES");
  assertEquals(hostErrorCode(new Deno.errors.FilesystemLoop("x")), "ELOOP");
  assertEquals(hostErrorCode(Object.assign(new Error("x"), { code: "ENOSPC" })), "ENOSPC");
  assertEquals(hostErrorCode(Object.assign(new Error("x"), { code: "__proto__" })), "EIO");
  assertEquals(hostErrorCode("x"), "EIO");
});

Deno.test("a mount needs a directory", () => {
  withBox(({ top }) => {
    fails("ENOENT", () => new HostDirLayer(DenoFs.open(top + "/missing")));
    fails("ENOTDIR", () => new HostDirLayer(DenoFs.open(top + "/secret")));
    fails("EINVAL", () => DenoFs.open(top + "\0"));
  });
});

Deno.test("an owner given to a mount is shown, and stays", () => {
  withBox(({ view: { fs } }) => {
    put(fs, "/h/f", "x");
    assertEquals([fs.stat("/h/f").uid, fs.stat("/h").gid], [1234, 5678]);
    fails("EPERM", () => fs.chown("/h/f", 1, 1));
    fs.chown("/h/f", 1234, 5678);
  }, { owner: { uid: 1234, gid: 5678 } });
});
