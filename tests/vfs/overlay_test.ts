import { assert, assertEquals } from "@std/assert";
import { DenoFs } from "../../sandbox/host/fs.ts";
import { HostDirLayer } from "../../sandbox/vfs/host_layer.ts";
import { type Layer, Quota } from "../../sandbox/vfs/layer.ts";
import type { MemoryLayer } from "../../sandbox/vfs/memory.ts";
import { OverlayLayer } from "../../sandbox/vfs/overlay.ts";
import { commitOverlay, type CommitResult, diffOverlay } from "../../sandbox/vfs/overlay_commit.ts";
import { bytes, fails, get, memory, names, put, tickingClock, type View, view } from "./fixture.ts";

const nowNs = tickingClock();

/** A lower tree with a bit of everything. */
function fill({ fs }: View): void {
  fs.makeDir("/d");
  fs.makeDir("/d/e");
  put(fs, "/d/e/deep", "deep");
  put(fs, "/d/f", "lower f");
  put(fs, "/g", "lower g", 0o640);
  fs.symlink("d/f", "/l");
  fs.makeDir("/empty");
}

interface Pair {
  readonly lower: MemoryLayer;
  readonly below: View;
  readonly layer: OverlayLayer;
  readonly view: View;
}

function pair(quota?: Quota): Pair {
  const lower = memory();
  const below = view(lower);
  fill(below);
  const layer = new OverlayLayer(lower, { nowNs, quota });
  return { lower, below, layer, view: view(layer) };
}

/** Every path with its type, mode and contents. */
function picture({ fs }: View, dir = "/"): string[] {
  const lines: string[] = [];
  for (const name of names(fs, dir)) {
    const path = dir === "/" ? "/" + name : dir + "/" + name;
    const stat = fs.lstat(path);
    const mode = stat.mode.toString(8);
    if ((stat.mode & 0o170000) === 0o040000) {
      lines.push(`${path} ${mode}`, ...picture({ fs } as View, path));
    } else if ((stat.mode & 0o170000) === 0o120000) lines.push(`${path} -> ${fs.readLink(path)}`);
    else if ((stat.mode & 0o170000) === 0o100000) lines.push(`${path} ${mode} ${get(fs, path)}`);
    else lines.push(`${path} ${mode}`);
  }
  return lines;
}

function changes(layer: OverlayLayer): string[] {
  return diffOverlay(layer).map((one) => `${one.kind} ${one.path}`).sort();
}

Deno.test("an untouched overlay looks like what is below, and holds nothing", () => {
  const { below, layer, view } = pair();
  assertEquals(picture(view), picture(below));
  assertEquals(layer.bytesUsed(), 0);
  assertEquals(diffOverlay(layer), []);
  assertEquals(view.fs.stat("/d/f").mtimeNs, below.fs.stat("/d/f").mtimeNs);
});

Deno.test("no change of any kind reaches the lower layer", () => {
  const { below, view: { fs } } = pair();
  const before = picture(below);
  put(fs, "/d/f", "upper");
  put(fs, "/d/e/new", "new");
  fs.chmod("/g", 0o600);
  fs.chown("/d/e/deep", 5, 6);
  fs.setTimes("/d/e", 1n, 2n);
  fs.unlink("/l");
  fs.removeDir("/empty");
  fs.rename("/g", "/d/g");
  fs.rename("/d", "/moved");
  fs.link("/moved/f", "/hard");
  fs.symlink("x", "/empty");
  fs.truncate("/moved/e/deep", 2);
  fs.makeNode("/fifo", 0o010644);
  assertEquals(picture(below), before);
  assertEquals(names(fs, "/"), ["empty", "fifo", "hard", "moved"]);
  assertEquals(names(fs, "/moved"), ["e", "f", "g"]);
  assertEquals(names(fs, "/moved/e"), ["deep", "new"]);
  assertEquals(get(fs, "/moved/e/deep"), "de");
  assertEquals(get(fs, "/hard"), "upper");
  assertEquals(fs.stat("/moved/g").mode & 0o777, 0o600);
  assertEquals(fs.stat("/moved/e/deep").uid, 5);
});

Deno.test("copying up keeps attributes, times and the inode number", () => {
  const { view: { fs } } = pair();
  const before = fs.stat("/g");
  const dir = fs.stat("/d/e");
  fs.chmod("/g", 0o644);
  const after = fs.stat("/g");
  assertEquals([after.ino, after.dev, after.mtimeNs], [before.ino, before.dev, before.mtimeNs]);
  fs.chmod("/d/e/deep", 0o600);
  const dirAfter = fs.stat("/d/e");
  assertEquals([dirAfter.ino, dirAfter.mtimeNs], [dir.ino, dir.mtimeNs]);
  const inos = ["/d", "/d/e", "/d/f", "/g", "/empty", "/"].map((path) => fs.stat(path).ino);
  put(fs, "/new", "");
  inos.push(fs.stat("/new").ino);
  assertEquals(new Set(inos).size, inos.length);
  assertEquals(inos.includes(0), false);
});

Deno.test("a truncating open copies nothing", () => {
  const { layer, below, view: { fs } } = pair(new Quota({ maxBytes: 1000 }));
  below.fs.writeFile("/big", new Uint8Array(100_000));
  put(fs, "/big", "small");
  assertEquals(layer.bytesUsed(), 5);
  // Writing into it needs the copy, and the copy the room.
  below.fs.writeFile("/big2", new Uint8Array(100_000));
  const file = fs.open("/big2", 2);
  fails("ENOSPC", () => file.pwrite(bytes("x"), 0));
  file.release();
  assertEquals(fs.stat("/big2").size, 100_000);
  assertEquals(layer.bytesUsed(), 5);
  fails("ENOSPC", () => fs.chmod("/big2", 0o600));
  fs.unlink("/big2");
  assertEquals(layer.bytesUsed(), 5);
});

Deno.test("who reads a lower file sees what others write to it", () => {
  const { view: { fs } } = pair();
  const reader = fs.open("/d/f", 0);
  const buffer = new Uint8Array(40);
  assertEquals(reader.pread(buffer, 0), 7);
  const writer = fs.open("/d/f", 0o2001);
  writer.pwrite(bytes(" and more"), 7);
  assertEquals(reader.pread(buffer, 7), 9);
  assertEquals(reader.stat().size, 16);
  writer.release();
  reader.release();
});

Deno.test("a lower file that is removed while open can still be written", () => {
  const { below, view: { fs } } = pair();
  const file = fs.open("/d/f", 2);
  fs.unlink("/d/f");
  file.pwrite(bytes("L"), 0);
  const buffer = new Uint8Array(10);
  file.pread(buffer, 0);
  assertEquals(new TextDecoder().decode(buffer.subarray(0, 7)), "Lower f");
  file.release();
  assertEquals(names(fs, "/d"), ["e"]);
  assertEquals(names(fs, "/"), ["d", "empty", "g", "l"]);
  assertEquals(get(below.fs, "/d/f"), "lower f");
});

Deno.test("removed names stay removed, and a new directory does not show the old one", () => {
  const { layer, view: { fs } } = pair();
  fs.unlink("/d/e/deep");
  fs.removeDir("/d/e");
  fails("ENOENT", () => fs.stat("/d/e"));
  fs.makeDir("/d/e");
  assertEquals(names(fs, "/d/e"), []);
  put(fs, "/d/e/x", "");
  assertEquals(changes(layer), ["added d/e/x", "deleted d/e/deep"]);
  fails("ENOTEMPTY", () => fs.removeDir("/d/e"));
  fs.unlink("/d/e/x");
  fs.removeDir("/d/e");
  fs.unlink("/d/f");
  fs.removeDir("/d");
  assertEquals(names(fs, "/"), ["empty", "g", "l"]);
});

Deno.test("renamed directories keep showing their lower half", () => {
  const { layer, view: { fs } } = pair();
  fs.rename("/d", "/one");
  fs.rename("/one/e", "/one/two");
  fs.rename("/one", "/empty/three");
  assertEquals(get(fs, "/empty/three/two/deep"), "deep");
  assertEquals(get(fs, "/empty/three/f"), "lower f");
  put(fs, "/empty/three/two/new", "x");
  fs.unlink("/empty/three/two/deep");
  assertEquals(names(fs, "/empty/three/two"), ["new"]);
  assertEquals(layer.bytesUsed(), 1);
  // The old name can be used again, and the two do not meet.
  fs.makeDir("/d");
  assertEquals(names(fs, "/d"), []);
  fs.rename("/empty/three", "/d");
  assertEquals(names(fs, "/d"), ["f", "two"]);
  fails("EINVAL", () => fs.rename("/d", "/d/two/x"));
  assertEquals(changes(layer), ["added d/two", "added d/two/new", "deleted d/e"]);
});

Deno.test("whoever holds a directory keeps it through renames and removal", () => {
  const { view: { fs } } = pair();
  fs.changeDir("/d/e");
  fs.rename("/d", "/moved");
  put(fs, "new", "x");
  assertEquals(names(fs, "/moved/e"), ["deep", "new"]);
  assertEquals(fs.currentDir(), "/moved/e");
  fails("ENOENT", () => fs.stat("/d"));
  fs.unlink("deep");
  fs.unlink("new");
  fs.removeDir("/moved/e");
  fails("ENOENT", () => put(fs, "x", ""));
  fails("ENOENT", () => fs.currentDir());
  assertEquals(fs.readDir("."), []);
  fs.changeDir("/empty");
  fs.removeDir("/empty");
  assertEquals(fs.stat(".").nlink, 0);
  fails("ENOENT", () => fs.makeDir("x"));
});

Deno.test("fork: copies change apart, over the same lower layer", () => {
  const { layer, view: one, below } = pair();
  put(one.fs, "/d/f", "one");
  const copy = layer.fork();
  const two = view(copy);
  put(two.fs, "/d/f", "two");
  two.fs.unlink("/g");
  one.fs.rename("/d", "/m");
  assertEquals(get(one.fs, "/m/f"), "one");
  assertEquals(get(two.fs, "/d/f"), "two");
  assertEquals(names(one.fs, "/"), ["empty", "g", "l", "m"]);
  assertEquals(names(two.fs, "/"), ["d", "empty", "l"]);
  assertEquals(get(below.fs, "/d/f"), "lower f");
  assertEquals(one.fs.stat("/m/f").ino, two.fs.stat("/d/f").ino);
});

Deno.test("diff names each change once, and ignores copies without a difference", () => {
  const { layer, view: { fs } } = pair();
  fs.chmod("/g", 0o600);
  fs.chmod("/g", 0o640);
  fs.chmod("/d/e/deep", 0o600);
  put(fs, "/d/f", "other f");
  put(fs, "/new", "x");
  fs.unlink("/l");
  fs.makeDir("/l");
  assertEquals(changes(layer), [
    "added l",
    "added new",
    "attributes d/e/deep",
    "deleted l",
    "modified d/f",
  ]);
  put(fs, "/d/f", "lower f");
  fs.setTimes("/d/f", undefined, 0n);
  assertEquals(changes(layer).includes("attributes d/f"), true);
});

Deno.test("discard brings the lower layer back", () => {
  const { layer, view: made, below } = pair();
  const { fs } = made;
  put(fs, "/d/f", "changed");
  fs.rename("/d", "/m");
  fs.unlink("/g");
  fs.makeDir("/n");
  fs.changeDir("/n");
  const file = fs.open("/m/f", 0);
  layer.discard();
  assertEquals(picture(made), picture(below));
  assertEquals(diffOverlay(layer), []);
  const buffer = new Uint8Array(7);
  file.pread(buffer, 0);
  assertEquals(new TextDecoder().decode(buffer), "changed");
  file.release();
  assertEquals(layer.bytesUsed(), 0);
  fails("ENOENT", () => put(fs, "x", ""));
  put(fs, "/d/e/again", "x");
  assertEquals(changes(layer), ["added d/e/again"]);
});

Deno.test("commit: afterwards the lower layer is what the overlay showed", () => {
  const { layer, view: made, below, lower } = pair();
  const { fs } = made;
  put(fs, "/d/f", "changed");
  fs.chmod("/g", 0o755);
  fs.rename("/d/e", "/moved");
  put(fs, "/moved/extra", "extra");
  fs.unlink("/l");
  put(fs, "/l", "now a file");
  fs.removeDir("/empty");
  fs.symlink("g", "/empty");
  fs.makeDir("/tree");
  fs.makeDir("/tree/sub", 0o700);
  put(fs, "/tree/sub/file", "x", 0o4755);
  fs.setTimes("/tree/sub/file", 7n, 8n);
  const want = picture(made).map((line) => line.replace("104755", "100755"));
  const mtime = fs.stat("/tree/sub").mtimeNs;
  const result = commitOverlay(layer, { nowNs });
  assertEquals(result.conflicts, []);
  assertEquals(result.skipped, []);
  assertEquals(picture(below), want);
  assertEquals(picture(view(new OverlayLayer(lower, { nowNs }))), want);
  assertEquals(below.fs.stat("/tree/sub/file").mtimeNs, 8n);
  assertEquals(below.fs.stat("/tree/sub").mtimeNs, mtime);
  assertEquals(diffOverlay(layer), []);
  assertEquals(picture(made), want);
});

Deno.test("commit: what changed below meanwhile is a conflict, and nothing is written", () => {
  const { layer, view: made, below } = pair();
  put(made.fs, "/d/f", "mine");
  put(made.fs, "/g", "mine too");
  put(made.fs, "/new", "mine");
  put(below.fs, "/d/f", "theirs!");
  const before = picture(below);
  const result = commitOverlay(layer, { nowNs });
  assertEquals(result.applied, []);
  assertEquals(result.conflicts.map((one) => one.path), ["d/f"]);
  assertEquals(picture(below), before);
  const forced: CommitResult = commitOverlay(layer, { nowNs, force: true });
  assertEquals(forced.applied.length, 3);
  assertEquals(get(below.fs, "/d/f"), "mine");
});

function withHost(work: (top: string, lower: HostDirLayer<unknown>) => void): void {
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    const lower = new HostDirLayer(DenoFs.open(top)) as HostDirLayer<unknown>;
    work(top, lower);
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
}

Deno.test("commit to a host directory: written whole, nothing left over", () => {
  withHost((top, lower) => {
    Deno.mkdirSync(top + "/d/e", { recursive: true });
    Deno.writeTextFileSync(top + "/d/f", "old");
    Deno.writeTextFileSync(top + "/gone", "old");
    // A rest of a commit that was killed long ago.
    Deno.writeTextFileSync(top + "/.capbox-commit-x", "");
    Deno.utimeSync(top + "/.capbox-commit-x", 0, 0);
    const clock = () => BigInt(Date.now()) * 1_000_000n;
    const layer = new OverlayLayer(lower as Layer, { nowNs: clock });
    const { fs } = view(layer);
    put(fs, "/d/f", "new", 0o600);
    fs.chmod("/d/f", 0o640);
    fs.unlink("/gone");
    fs.makeDir("/t");
    put(fs, "/t/x", "x");
    fs.symlink("/etc/passwd", "/t/link");
    fs.symlink("x", "/link");
    fs.makeNode("/t/fifo", 0o010644);
    fs.rename("/d/e", "/t/e");
    assertEquals(Deno.readTextFileSync(top + "/d/f"), "old");
    assertEquals(Deno.statSync(top + "/gone").isFile, true);
    const result = commitOverlay(layer, { nowNs: clock });
    // Links and FIFOs are not made on the host, and said to be so.
    assertEquals([...result.skipped].sort(), ["link", "t/fifo", "t/link"]);
    assertEquals(Deno.readTextFileSync(top + "/d/f"), "new");
    assertEquals((Deno.statSync(top + "/d/f").mode ?? 0) & 0o777, 0o640);
    assertEquals([...Deno.readDirSync(top)].map((entry) => entry.name).sort(), ["d", "t"]);
    assertEquals([...Deno.readDirSync(top + "/t")].map((entry) => entry.name).sort(), ["e", "x"]);
    assertEquals(names(fs, "/t"), ["e", "fifo", "link", "x"]);
  });
});

Deno.test("an overlay over a host directory writes nothing there, through links or otherwise", () => {
  withHost((top) => {
    Deno.mkdirSync(top + "/sub");
    Deno.writeTextFileSync(top + "/secret", "secret");
    Deno.symlinkSync("../secret", top + "/sub/l");
    Deno.linkSync(top + "/secret", top + "/sub/hard");
    const layer = new OverlayLayer(
      new HostDirLayer(DenoFs.open(top + "/sub")),
      { nowNs },
    );
    const { fs } = view(layer);
    fails("ENOENT", () => fs.readFile("/l"));
    put(fs, "/l", "made inside");
    // A hard link is copied up, so writing it is no danger.
    put(fs, "/hard", "mine");
    fs.chmod("/hard", 0o777);
    assertEquals(get(fs, "/secret"), "made inside");
    assertEquals(Deno.readTextFileSync(top + "/secret"), "secret");
    assertEquals(get(fs, "/hard"), "mine");
    fs.symlink("/secret", "/virtual");
    assertEquals(get(fs, "/virtual"), "made inside");
    assertEquals([...Deno.readDirSync(top + "/sub")].length, 2);
    assert(layer.bytesUsed() > 0);
  });
});

Deno.test("commit: a file that changed below after it was removed or replaced here is a conflict", () => {
  const { layer, view: { fs }, below } = pair();
  fs.unlink("/g");
  fs.unlink("/d/f");
  put(fs, "/d/f", "new");
  fs.unlink("/l");
  put(below.fs, "/g", "theirs");
  put(below.fs, "/d/f", "theirs too");
  const result = commitOverlay(layer, { nowNs });
  assertEquals(result.conflicts.map((one) => `${one.kind} ${one.path}`).sort(), [
    "deleted g",
    "modified d/f",
  ]);
  assertEquals(get(below.fs, "/g"), "theirs");
  commitOverlay(layer, { nowNs, force: true });
  assertEquals(names(below.fs, "/"), ["d", "empty"]);
});

Deno.test("commit: a directory that was moved into what took its place", () => {
  const { layer, view: made, below } = pair();
  const { fs } = made;
  fs.rename("/d", "/c");
  fs.makeDir("/d");
  fs.rename("/c", "/d/c");
  const want = picture(made);
  assertEquals(commitOverlay(layer, { nowNs }).skipped, []);
  assertEquals(picture(below), want);
  assertEquals(get(below.fs, "/d/c/e/deep"), "deep");
});

Deno.test("commit: a directory becomes a file and a file a directory", () => {
  const { layer, view: made, below } = pair();
  const { fs } = made;
  fs.rename("/d/e", "/kept");
  fs.unlink("/d/f");
  fs.removeDir("/d");
  put(fs, "/d", "a file now");
  fs.unlink("/g");
  fs.makeDir("/g");
  put(fs, "/g/x", "x");
  const want = picture(made);
  assertEquals(diffOverlay(layer).map((one) => `${one.kind} ${one.path}`).sort(), [
    "added d",
    "added g",
    "added g/x",
    "added kept",
    "added kept/deep",
    "deleted d",
    "deleted g",
  ]);
  commitOverlay(layer, { nowNs });
  assertEquals(picture(below), want);
});
