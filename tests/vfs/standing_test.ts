import { assert, assertEquals } from "@std/assert";
import { DenoFs } from "../../sandbox/host/fs.ts";
import { othersRun } from "../../sandbox/host/held_writes.ts";
import { moveFreely, moveNoMore, movesFreely } from "../../sandbox/host/standing.ts";
import { O_CREAT, O_EXCL, O_RDWR, O_WRONLY } from "../../sandbox/types.ts";
import { HostDirLayer } from "../../sandbox/vfs/host_layer.ts";
import { Namespace } from "../../sandbox/vfs/namespace.ts";
import type { ProcessFileSystem } from "../../sandbox/vfs/process_fs.ts";
import { bytes, fails, get, memory, names, put, viewOf } from "./fixture.ts";

interface Box {
  readonly fs: ProcessFileSystem;
  readonly host: DenoFs;
  /** Host path of the whole; `in` is mounted at `/h`, and `out` lies beside it. */
  readonly top: string;
}

const onLinux = Deno.build.os === "linux";

function withBox(work: (box: Box) => void): void {
  const before = Deno.cwd();
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-test-" }));
  try {
    for (const each of ["in/d/e", "in/other", "out"]) {
      Deno.mkdirSync(`${top}/${each}`, { recursive: true });
    }
    Deno.writeTextFileSync(top + "/in/d/f", "inside");
    Deno.writeTextFileSync(top + "/out/f", "SECRET");
    Deno.writeTextFileSync(top + "/out/only-outside", "");
    const host = DenoFs.open(top + "/in");
    const namespace = new Namespace(memory());
    namespace.mount("/h", new HostDirLayer(host), { source: "host", options: "rw" });
    moveFreely();
    assert(movesFreely());
    work({ fs: viewOf(namespace).fs, host, top });
    othersRun();
    assertEquals(Deno.cwd(), before);
  } finally {
    moveNoMore();
    Deno.removeSync(top, { recursive: true });
  }
  assertEquals(Deno.cwd(), before);
}

function test(name: string, work: (box: Box) => void): void {
  Deno.test({ name, ignore: !onLinux, fn: () => withBox(work) });
}

/** Puts a link to the outside where `in/d` is, and gives a function that puts things right. */
function swap(top: string): () => void {
  Deno.renameSync(top + "/in/d", top + "/in/aside");
  Deno.symlinkSync("../out", top + "/in/d");
  return () => {
    Deno.removeSync(top + "/in/d");
    Deno.renameSync(top + "/in/aside", top + "/in/d");
  };
}

test("a process that moves does what one that stays does", ({ fs, top }) => {
  for (let i = 0; i < 4; i++) {
    put(fs, "/h/d/a", "one");
    fs.rename("/h/d/a", "/h/d/b");
    assertEquals(get(fs, "/h/d/b"), "one");
    assertEquals(Deno.readTextFileSync(top + "/in/d/b"), "one");
    fs.rename("/h/d/b", "/h/other/b");
    assertEquals(fs.stat("/h/other/b").size, 3);
    fails("ENOENT", () => fs.stat("/h/d/b"));
    fs.makeDir("/h/d/new");
    put(fs, "/h/d/new/x", "deep");
    assertEquals(names(fs, "/h/d"), ["e", "f", "new"]);
    assertEquals(names(fs, "/h/d/new"), ["x"]);
    fs.unlink("/h/d/new/x");
    fs.removeDir("/h/d/new");
    fs.unlink("/h/other/b");
    assertEquals(names(fs, "/h/d"), ["e", "f"]);
    assertEquals(names(fs, "/h/other"), []);
    if (i % 2 === 1) othersRun();
  }
});

test("files that are made in a row have their mode, and facts once somebody asks", ({ fs, top }) => {
  for (let i = 0; i < 5; i++) {
    const mode = i === 3 ? 0o600 : 0o640;
    const file = fs.open(`/h/d/n${i}`, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (i === 1) file.pwrite(bytes("1234"), 0);
    file.release();
    fs.rename(`/h/d/n${i}`, `/h/d/m${i}`);
    const { ino, mode: shown, size } = fs.stat(`/h/d/m${i}`);
    const real = Deno.statSync(`${top}/in/d/m${i}`);
    assertEquals([ino, shown, size], [real.ino, real.mode, i === 1 ? 4 : 0]);
    assertEquals(shown & 0o777, mode & ~0o022);
  }
  for (let i = 0; i < 3; i++) fs.open("/h/d/again", O_WRONLY | O_CREAT, 0o640).release();
  put(fs, "/h/d/again", "text");
  assertEquals(get(fs, "/h/d/again"), "text");
});

test("a name that is taken, missing or a directory fails in the same way", ({ fs }) => {
  for (let i = 0; i < 3; i++) {
    fails("EEXIST", () => fs.open("/h/d/f", O_RDWR | O_CREAT | O_EXCL, 0o644));
    fails("ENOENT", () => fs.unlink("/h/d/none"));
    fails("EISDIR", () => fs.unlink("/h/d/e"));
    fails("ENOTDIR", () => fs.removeDir("/h/d/f"));
    fails("EEXIST", () => fs.makeDir("/h/d/e"));
    fails("ENOENT", () => fs.rename("/h/d/none", "/h/d/x"));
    assertEquals(get(fs, "/h/d/f"), "inside");
  }
});

// Races: another process of the host swaps the directory for a link right before the call.
const ATTACKS: readonly (readonly [string, (fs: ProcessFileSystem) => void])[] = [
  ["create", (fs) => {
    const file = fs.open("/h/d/new", O_RDWR | O_CREAT | O_EXCL, 0o644);
    file.pwrite(bytes("x"), 0);
    file.release();
  }],
  ["open", (fs) => put(fs, "/h/d/f", "changed")],
  ["remove", (fs) => fs.unlink("/h/d/f")],
  ["rename", (fs) => fs.rename("/h/d/f", "/h/d/g")],
  ["rename", (fs) => fs.rename("/h/d/f", "/h/other/g")],
  ["chmod", (fs) => fs.chmod("/h/d/f", 0o640)],
  ["makeDir", (fs) => fs.makeDir("/h/d/new")],
  ["list", (fs) => assert(!names(fs, "/h/d").includes("only-outside"))],
];

for (const [at, [call, attack]] of ATTACKS.entries()) {
  test(`a directory that is swapped for a link leads nowhere: ${call} (${at})`, (box) => {
    const { fs, host, top } = box;
    // The process is in the directory by now.
    fs.readDir("/h/d");
    let swaps = 0;
    const own = (host as unknown as Record<string, (...args: unknown[]) => unknown>)[call].bind(
      host,
    );
    Object.assign(host, {
      [call]: (...args: unknown[]) => {
        swaps++;
        const back = swap(top);
        try {
          return own(...args);
        } finally {
          back();
        }
      },
    });
    attack(fs);
    assert(swaps > 0);
    const outside = [...Deno.readDirSync(top + "/out")].map(({ name }) => name).sort();
    assertEquals(outside, ["f", "only-outside"]);
    assertEquals(Deno.readTextFileSync(top + "/out/f"), "SECRET");
    assertEquals((Deno.statSync(top + "/out/f").mode ?? 0) & 0o777, 0o644);
  });
}

test("a directory that was moved out of the mount is left", ({ fs, top }) => {
  put(fs, "/h/d/a", "1");
  put(fs, "/h/d/b", "2");
  Deno.renameSync(top + "/in/d", top + "/moved");
  othersRun();
  // What was seen may be believed for some milliseconds.
  for (const until = Date.now() + 40; Date.now() < until;);
  fails("ENOENT", () => put(fs, "/h/d/c", "3"));
  assertEquals([...Deno.readDirSync(top + "/moved")].map(({ name }) => name).sort(), [
    "a",
    "b",
    "e",
    "f",
  ]);
});

test("somebody else who moves the process is noticed", ({ fs, top }) => {
  put(fs, "/h/d/a", "1");
  put(fs, "/h/d/b", "2");
  Deno.chdir(top + "/out");
  // What was seen may be believed for some milliseconds.
  for (const until = Date.now() + 40; Date.now() < until;);
  put(fs, "/h/d/c", "3");
  put(fs, "/h/d/c2", "4");
  assertEquals(Deno.readTextFileSync(top + "/in/d/c2"), "4");
  assertEquals([...Deno.readDirSync(top + "/out")].length, 2);
});

test("whoever moves the process between two turns finds it where it was left", ({ fs, top }) => {
  const before = Deno.cwd();
  put(fs, "/h/d/a", "1");
  othersRun();
  Deno.chdir(top + "/out");
  put(fs, "/h/d/b", "2");
  othersRun();
  assertEquals(Deno.cwd(), top + "/out");
  assertEquals([...Deno.readDirSync(top + "/out")].length, 2);
  Deno.chdir(before);
});

const SCRIPT = `
moveFreely();
const allowed = movesFreely();
let reaches = false;
try {
  const folder = Deno.makeTempDirSync();
  Deno.chdir(folder);
  Deno.removeSync(folder);
  // A directory without a name is only reached by a path that is left as it is.
  reaches = Deno.lstatSync(".").isDirectory;
} catch { /* Deno put a name in front, or allows nothing. */ }
console.log(allowed, reaches);
`;

Deno.test({
  name: "a process moves only where Deno leaves relative paths as they are",
  ignore: !onLinux,
  fn: async () => {
    const module = new URL("../../sandbox/host/standing.ts", import.meta.url).href;
    const script = Deno.makeTempFileSync({ suffix: ".ts" });
    try {
      Deno.writeTextFileSync(
        script,
        `import { moveFreely, movesFreely } from "${module}";${SCRIPT}`,
      );
      const ask = async (...rights: string[]): Promise<string> => {
        const { stdout } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-q", "--no-config", "--no-prompt", ...rights, script],
          stderr: "null",
        }).output();
        return new TextDecoder().decode(stdout).trim();
      };
      assertEquals(await ask("-A"), "true true");
      for (const rights of [["-R", "-W"], ["-R=/", "-W=/"], ["-A", "--deny-read=/x"], []]) {
        assertEquals(await ask(...rights), "false false", rights.join(" "));
      }
      // What else is denied changes nothing, or is on the safe side.
      const [allowed, reaches] = (await ask("-A", "--deny-net=x")).split(" ");
      assert(allowed === "false" || reaches === "true");
    } finally {
      Deno.removeSync(script);
    }
  },
});
