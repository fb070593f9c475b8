import { assertEquals } from "@std/assert";
import { as, fails, get, memory, names, outcome, put, view, viewOf } from "./fixture.ts";
import { Namespace } from "../../sandbox/vfs/namespace.ts";

function tree(): ReturnType<typeof view> {
  const made = view();
  const { fs } = made;
  fs.makeDir("/a");
  fs.makeDir("/a/b");
  fs.makeDir("/etc");
  put(fs, "/etc/secret", "secret");
  put(fs, "/a/b/f", "file");
  fs.symlink("/etc", "/a/abs");
  fs.symlink("../etc", "/a/rel");
  fs.symlink("b/f", "/a/file");
  fs.symlink("missing", "/a/dangling");
  fs.symlink("self", "/a/self");
  fs.symlink("two", "/a/one");
  fs.symlink("one", "/a/two");
  return made;
}

// Expectations: POSIX 4.16 path resolution, and what Linux adds to it (path_resolution(7)).
const walks: readonly (readonly [path: string, want: string])[] = [
  ["/a/b/f", "file"],
  ["//a///b//f", "file"],
  ["/a/./b/./f", "file"],
  ["/a/b/../b/f", "file"],
  ["a/b/f", "file"],
  ["/../../../a/b/f", "file"],
  ["/a/abs/secret", "secret"],
  ["/a/rel/secret", "secret"],
  // `..` after a link goes to the parent of where the link leads.
  ["/a/abs/../a/b/f", "file"],
  ["/a/rel/../a/file", "file"],
  ["/a/file", "file"],
  ["/a/b/f/", "ENOTDIR"],
  ["/a/file/", "ENOTDIR"],
  ["/a/b/f/.", "ENOTDIR"],
  ["/a/b/f/..", "ENOTDIR"],
  ["/a/b/f/x", "ENOTDIR"],
  ["/a/missing/x", "ENOENT"],
  ["/a/missing/../b/f", "ENOENT"],
  ["/a/dangling", "ENOENT"],
  ["/a/dangling/x", "ENOENT"],
  ["/a/self", "ELOOP"],
  ["/a/one/x", "ELOOP"],
  ["", "ENOENT"],
  ["/a/b\0/f", "EINVAL"],
  ["/a/b/f\0", "EINVAL"],
  ["/a/" + "x".repeat(256), "ENAMETOOLONG"],
  ["/a/" + "x".repeat(256) + "/../b/f", "ENAMETOOLONG"],
  ["/a/" + "x".repeat(255), "ENOENT"],
  ["/" + "a/../".repeat(900), "ENAMETOOLONG"],
  ["/a/b/f" + "\u0100", "EILSEQ"],
];

for (const [path, want] of walks) {
  Deno.test(`a walk to ${JSON.stringify(path.slice(0, 40))} gives ${want}`, () => {
    const { fs } = tree();
    let got = "";
    const code = outcome(() => got = get(fs, path));
    assertEquals(code === "ok" ? got : code, want);
  });
}

Deno.test("forty links are followed, and the forty-first is refused", () => {
  const { fs } = view();
  put(fs, "/l0", "end");
  for (let i = 1; i <= 41; i++) fs.symlink("l" + (i - 1), "/l" + i);
  assertEquals(get(fs, "/l40"), "end");
  fails("ELOOP", () => fs.readFile("/l41"));
});

Deno.test("lstat keeps a last link, unless a slash comes after it", () => {
  const { fs } = tree();
  assertEquals(fs.lstat("/a/abs").mode & 0o170000, 0o120000);
  assertEquals(fs.lstat("/a/abs/").mode & 0o170000, 0o040000);
  assertEquals(fs.readLink("/a/abs"), "/etc");
  fails("EINVAL", () => fs.readLink("/a/abs/"));
  fails("ENOTDIR", () => fs.lstat("/a/file/"));
});

Deno.test("calls that change an entry never follow it", () => {
  const { fs } = tree();
  fails("ENOTDIR", () => fs.unlink("/a/abs/"));
  fails("ENOTDIR", () => fs.removeDir("/a/abs/"));
  fails("ENOTDIR", () => fs.rename("/a/abs/", "/a/x"));
  fails("EEXIST", () => fs.makeDir("/a/dangling"));
  fails("EEXIST", () => fs.makeDir("/a/dangling/"));
  fs.unlink("/a/abs");
  assertEquals(names(fs, "/etc"), ["secret"]);
});

Deno.test("the last component may not be a dot where that has no sense", () => {
  const { fs } = tree();
  fails("EINVAL", () => fs.removeDir("/a/b/."));
  fails("ENOTEMPTY", () => fs.removeDir("/a/b/.."));
  fails("EBUSY", () => fs.removeDir("/"));
  fails("EBUSY", () => fs.rename("/a/.", "/x"));
  fails("EBUSY", () => fs.rename("/a/b/..", "/x"));
  fails("EEXIST", () => fs.makeDir("/"));
  fails("EEXIST", () => fs.makeDir("/a/."));
  fails("EISDIR", () => fs.unlink("/a/."));
});

Deno.test("a trailing slash lets a directory be made, and nothing else", () => {
  const { fs } = view();
  fs.makeDir("/d/");
  assertEquals(names(fs, "/"), ["d"]);
  fails("EISDIR", () => put(fs, "/f/", "x"));
  fails("ENOENT", () => fs.symlink("x", "/l/"));
  put(fs, "/f", "x");
  fails("ENOTDIR", () => fs.rename("/f", "/g/"));
  fails("ENOTDIR", () => fs.rename("/f/", "/g"));
  fs.rename("/d/", "/e/");
  assertEquals(names(fs, "/"), ["e", "f"]);
});

Deno.test("a file is created through a dangling link, where the link leads", () => {
  const { fs } = tree();
  put(fs, "/a/dangling", "made");
  assertEquals(get(fs, "/a/missing"), "made");
});

Deno.test("searching needs the x bit for everybody but uid 0", () => {
  const made = tree();
  made.fs.chmod("/a", 0o744);
  const user = as(made, 1000);
  fails("EACCES", () => user.fs.readFile("/a/b/f"));
  fails("EACCES", () => user.fs.stat("/a/.."));
  assertEquals(names(user.fs, "/a").includes("b"), true);
  made.fs.chmod("/a", 0o711);
  assertEquals(get(user.fs, "/a/b/f"), "file");
  fails("EACCES", () => user.fs.readDir("/a"));
  made.fs.chmod("/a", 0o000);
  assertEquals(get(made.fs, "/a/b/f"), "file");
});

Deno.test("chroot: neither .. nor absolute links nor an old directory lead out", () => {
  const made = tree();
  const { fs, caller } = made;
  const outside = fs.openDirectory("/etc");
  fs.changeDir("/etc");
  fs.changeRoot("/a");
  assertEquals(fs.currentDir(), "/");
  fails("ENOENT", () => fs.readFile("/etc/secret"));
  fails("ENOENT", () => fs.readFile("../etc/secret"));
  fails("ENOENT", () => fs.readFile("/../../etc/secret"));
  fails("ENOENT", () => fs.readFile("/abs/secret"));
  fails("ENOENT", () => fs.readFile("/rel/secret"));
  assertEquals(names(fs, "/b/../.."), names(fs, "/"));
  // The directory from before still works, but its `..` stays where it is.
  assertEquals(outside.entries().map((entry) => entry.name), ["secret"]);
  fails("ENOENT", () => outside.openAt("../a/b/f", 0));
  assertEquals(outside.path(), "(unreachable)/etc");
  // A second chroot does not free the working directory either.
  fs.changeDir("/");
  fs.changeRoot("/b");
  assertEquals(fs.currentDir(), "/");
  assertEquals(names(fs, ".."), ["f"]);
  assertEquals(caller.cwd, caller.root);
  fails("EPERM", () => as(made, 5).fs.changeRoot("/a"));
});

Deno.test("canonical paths have no links and no dots", () => {
  const { fs } = tree();
  assertEquals(fs.realPath("/a/rel/../a/file"), "/a/b/f");
  assertEquals(fs.realPath("/"), "/");
  assertEquals(fs.realPath("/a/dangling", { missingLast: true }), "/a/missing");
  fails("ENOENT", () => fs.realPath("/a/dangling"));
  fs.changeDir("/a/rel");
  assertEquals(fs.currentDir(), "/etc");
  assertEquals(fs.realPath("secret"), "/etc/secret");
});

Deno.test("a working directory follows its directory when that is renamed, and knows its end", () => {
  const { fs } = tree();
  fs.changeDir("/a/b");
  fs.rename("/a", "/moved");
  assertEquals(fs.currentDir(), "/moved/b");
  assertEquals(get(fs, "f"), "file");
  fs.unlink("f");
  fs.removeDir("/moved/b");
  fails("ENOENT", () => fs.currentDir());
  fails("ENOENT", () => put(fs, "x", ""));
  fails("ENOENT", () => fs.makeDir("x"));
  assertEquals(fs.readDir("."), []);
  assertEquals(fs.stat(".").nlink, 0);
});

Deno.test("mounts: shown where they are, crossed by name, and only as a whole component", () => {
  const root = memory();
  const namespace = new Namespace(root);
  const { fs } = viewOf(namespace);
  fs.makeDir("/data");
  put(fs, "/data/hidden", "below");
  fs.makeDir("/database");
  put(fs, "/database/own", "root");
  namespace.mount("/data", memory(), { source: "one", options: "rw" });
  put(fs, "/data/f", "mounted");
  assertEquals(names(fs, "/data"), ["f"]);
  assertEquals(names(fs, "/database"), ["own"]);
  assertEquals(get(fs, "/database/../data/f"), "mounted");
  // Mount over mount, and a mount inside of a mount.
  namespace.mount("/data/in/ner", memory(), { source: "two", options: "rw" });
  put(fs, "/data/in/ner/g", "deep");
  assertEquals(names(fs, "/data"), ["f", "in"]);
  assertEquals(names(fs, "/data/in"), ["ner"]);
  assertEquals(get(fs, "/data/in/ner/../../f"), "mounted");
  fails("EROFS", () => put(fs, "/data/in/x", ""));
  fails("EBUSY", () => fs.removeDir("/data/in/ner"));
  fails("EBUSY", () => fs.removeDir("/data/in"));
  fails("EBUSY", () => fs.rename("/data", "/x"));
  fails("EXDEV", () => fs.rename("/data/f", "/f"));
  fails("EXDEV", () => fs.link("/data/f", "/f"));
  assertEquals(namespace.mounts().map((mount) => mount.target), ["/", "/data", "/data/in/ner"]);
  const devices = ["/", "/data", "/data/in/ner"].map((path) => fs.stat(path).dev);
  assertEquals(new Set(devices).size, 3);
  // The way to a mount point cannot be replaced by a link.
  fails("EEXIST", () => fs.symlink("/etc", "/data/in"));
  namespace.mount("/data", memory(), { source: "three", options: "rw" });
  assertEquals(names(fs, "/data"), ["in"]);
});

Deno.test("a mount path goes through links once, when it is mounted", () => {
  const namespace = new Namespace(memory());
  const { fs } = viewOf(namespace);
  fs.makeDir("/real");
  fs.symlink("real", "/link");
  namespace.mount("/link/m", memory(), { source: "x", options: "rw" });
  assertEquals(names(fs, "/real"), ["m"]);
  put(fs, "/link/m/f", "x");
  assertEquals(get(fs, "/real/m/f"), "x");
});

Deno.test("an open directory checks one component at a time and does not follow unasked", () => {
  const { fs } = tree();
  const dir = fs.openDirectory("/a");
  assertEquals(dir.path(), "/a");
  assertEquals(dir.lstatAt("abs").mode & 0o170000, 0o120000);
  assertEquals(dir.statAt("abs").mode & 0o170000, 0o040000);
  assertEquals(dir.readLinkAt("abs"), "/etc");
  fails("ELOOP", () => dir.directoryAt("abs"));
  fails("ENOTDIR", () => dir.directoryAt("file"));
  assertEquals(dir.directoryAt("abs", true).path(), "/etc");
  assertEquals(dir.directoryAt("b").entries().map((entry) => entry.name), ["f"]);
  fails("ENAMETOOLONG", () => dir.lstatAt("x".repeat(256)));
  fails("EINVAL", () => dir.lstatAt("x\0"));
  const held = dir.directoryAt("b");
  fs.rename("/a/b", "/c");
  assertEquals(held.entries().length, 1);
});

Deno.test("depth is bounded, whatever is moved where, and nothing runs out of stack", () => {
  const made = view();
  const { fs } = made;
  const dig = (): number => {
    let depth = 0;
    for (;; depth++) {
      const code = outcome(() => {
        fs.makeDir("d");
        fs.changeDir("d");
      });
      if (code !== "ok") {
        assertEquals(code, "ENAMETOOLONG");
        return depth;
      }
    }
  };
  assertEquals(dig(), 2048);
  fs.changeDir("/");
  fs.rename("/d", "/one");
  dig();
  // One tower on top of the other cannot be entered to its end.
  fs.rename("/one", "top");
  fs.changeDir("/");
  let deep = 0;
  while (outcome(() => fs.changeDir(deep < 2048 ? "d" : "top")) === "ok") deep++;
  assertEquals(deep, 2048);
  assertEquals(fs.currentDir().length, 4096);
  // Whoever is in the part that was moved down still has a directory, but no path to it.
  const inner = viewOf(made.namespace);
  inner.fs.changeDir("/");
  assertEquals(names(inner.fs, "/"), ["d"]);
});
