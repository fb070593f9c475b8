/**
 * R10 and R13: the Nth call to the host fails, for every N; or everything after it never happens, as
 * when the process is killed.
 */
import { assert, assertEquals } from "@std/assert";
import { VfsError } from "../../sandbox/errors.ts";
import { DenoFs } from "../../sandbox/host/fs.ts";
import { moveFreely, moveNoMore } from "../../sandbox/host/standing.ts";
import type { HostAccess, HostFile } from "../../sandbox/vfs/host_access.ts";
import { HostDirLayer } from "../../sandbox/vfs/host_layer.ts";
import { OverlayLayer } from "../../sandbox/vfs/overlay.ts";
import { commitOverlay } from "../../sandbox/vfs/overlay_commit.ts";
import { bytes, outcome, type View, view } from "./fixture.ts";

/** What ends everything, as a kill would: nobody may catch it and go on. */
class Killed extends Error {}

interface Faults {
  /** Calls still let through. */
  left: number;
  /** Fail once, or from then on. */
  readonly mode: "once" | "killed";
  calls: number;
  open: number;
}

function count(faults: Faults): void {
  faults.calls++;
  if (faults.left-- > 0) return;
  if (faults.mode === "killed") throw new Killed();
  if (faults.left === -1) throw new VfsError("EIO");
}

// What asks the host for nothing.
const QUIET = new Set(["root", "isWholeHost", "child", "guard", "leave"]);

/** A host whose calls may fail. */
function faulty<P>(host: HostAccess<P>, faults: Faults): HostAccess<P> {
  return new Proxy(host, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function" || typeof name !== "string") return value;
      return (...args: unknown[]) => {
        if (!QUIET.has(name)) count(faults);
        const result = Reflect.apply(value, target, args);
        if (name !== "open" && name !== "create") return result;
        faults.open++;
        return faultyFile(result as HostFile, faults);
      };
    },
  });
}

function faultyFile(file: HostFile, faults: Faults): HostFile {
  return new Proxy(file, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "close") {
          faults.open--;
          // A file is gone after `close`, whatever that says.
          return Reflect.apply(value, target, args);
        }
        count(faults);
        if (name === "pwrite" && faults.left === 0 && faults.mode === "killed") {
          // Half of the last write gets through.
          const [buffer, position] = args as [Uint8Array, number];
          return target.pwrite(buffer.subarray(0, buffer.length >> 1), position);
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
}

function withDirectory(work: (top: string) => void): void {
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-fault-" }));
  try {
    work(top);
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
}

function prepare(top: string): void {
  Deno.mkdirSync(top + "/d/e", { recursive: true });
  Deno.writeTextFileSync(top + "/d/f", "old f");
  Deno.writeTextFileSync(top + "/g", "old g");
  Deno.writeTextFileSync(top + "/d/e/h", "old h");
}

const CALLS: readonly ((made: View) => void)[] = [
  ({ fs }) => fs.writeFile("/d/f", bytes("new f")),
  ({ fs }) => fs.writeFile("/new", bytes("new")),
  ({ fs }) => fs.readFile("/g"),
  ({ fs }) => fs.readDir("/d"),
  ({ fs }) => fs.changeDir("/d/e"),
  ({ fs }) => fs.rename("/d", "/m"),
  ({ fs }) => fs.writeFile("k", bytes("in the moved directory")),
  ({ fs }) => fs.currentDir(),
  ({ fs }) => fs.chmod("/g", 0o600),
  ({ fs }) => fs.setTimes("/g", 1n, 2n),
  ({ fs }) => fs.truncate("/g", 2),
  ({ fs }) => fs.link("/g", "/hard"),
  ({ fs }) => fs.makeDir("/x"),
  ({ fs }) => fs.symlink("x", "/l"),
  ({ fs }) => fs.readLink("/l"),
  ({ fs }) => fs.unlink("/hard"),
  ({ fs }) => fs.removeDir("/x"),
  ({ fs }) => fs.stat("/m/f"),
  ({ fs }) => fs.openDirectory("/m").entries().forEach((entry) => entry.ino),
];

function testEachCall(): void {
  const faults: Faults = { left: Infinity, mode: "once", calls: 0, open: 0 };
  const run = (top: string): string[] => {
    const layer = new HostDirLayer(faulty(DenoFs.open(top), faults), { symlinks: true });
    const made = view(layer);
    return CALLS.map((call) => outcome(() => call(made)));
  };
  withDirectory((top) => {
    prepare(top);
    assertEquals(run(top), CALLS.map(() => "ok"));
  });
  const total = faults.calls;
  assert(total > 60);
  for (let n = 0; n < total; n++) {
    withDirectory((top) => {
      prepare(top);
      Object.assign(faults, { left: n, open: 0 });
      // `outcome` lets anything but a VfsError through, and the test fails then.
      const results = outcome(() => run(top));
      assertEquals(faults.open, 0, `call ${n}: ${results}`);
    });
  }
}

Deno.test("the Nth call to the host fails: an error code each time, nothing stays open", () => {
  testEachCall();
});

Deno.test("so it is for a process that moves", () => {
  moveFreely();
  try {
    testEachCall();
  } finally {
    moveNoMore();
  }
});

function change({ fs }: View): void {
  fs.writeFile("/d/f", bytes("new f"));
  fs.writeFile("/g", new Uint8Array(200_000).fill(65));
  fs.rename("/d/e", "/moved");
  fs.makeDir("/tree");
  fs.writeFile("/tree/a", bytes("new a"));
  fs.writeFile("/tree/b", bytes("new b"));
}

/** Each file is as it was or as it should become; nothing in between. */
function checkWhole(top: string): void {
  const big = "A".repeat(200_000);
  const allowed = new Map<string, readonly (string | undefined)[]>([
    ["/d/f", ["old f", "new f"]],
    ["/g", ["old g", big]],
    ["/d/e/h", ["old h", undefined]],
    ["/moved/h", ["old h", undefined]],
    ["/tree/a", ["new a", undefined]],
    ["/tree/b", ["new b", undefined]],
  ]);
  for (const [path, contents] of allowed) {
    let found: string | undefined;
    try {
      found = Deno.readTextFileSync(top + path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    assert(contents.includes(found), `${path}: ${found?.slice(0, 20)}`);
  }
  // What was moved is never nowhere.
  const places = ["/d/e/h", "/moved/h", ...temporaries(top).map((name) => `/${name}/h`)];
  assert(
    places.some((path) => {
      try {
        return Deno.readTextFileSync(top + path) === "old h";
      } catch {
        return false;
      }
    }),
  );
}

function temporaries(top: string): string[] {
  return [...Deno.readDirSync(top)].map((entry) => entry.name)
    .filter((name) => name.startsWith(".capbox-commit-"));
}

const clock = (): bigint => BigInt(Date.now()) * 1_000_000n;

function callsOfCommit(): number {
  const faults: Faults = { left: Infinity, mode: "once", calls: 0, open: 0 };
  withDirectory((top) => {
    prepare(top);
    const lower = new HostDirLayer(faulty(DenoFs.open(top), faults));
    const layer = new OverlayLayer(lower, { nowNs: clock });
    change(view(layer));
    faults.calls = 0;
    assertEquals(commitOverlay(layer, { nowNs: clock }).skipped, []);
    assertEquals(temporaries(top), []);
    checkWhole(top);
  });
  return faults.calls;
}

Deno.test("a commit in which the Nth call fails leaves each file old or new, and no rests", () => {
  const total = callsOfCommit();
  for (let n = 0; n < total; n++) {
    withDirectory((top) => {
      prepare(top);
      const faults: Faults = { left: Infinity, mode: "once", calls: 0, open: 0 };
      const lower = new HostDirLayer(faulty(DenoFs.open(top), faults));
      const layer = new OverlayLayer(lower, { nowNs: clock });
      const made = view(layer);
      change(made);
      faults.left = n;
      const result = outcome(() => commitOverlay(layer, { nowNs: clock }));
      assertEquals(faults.open, 0);
      checkWhole(top);
      assertEquals(temporaries(top), [], `call ${n} ${result}`);
      // The overlay still has everything, and a second try succeeds.
      if (result !== "ok") {
        const again = commitOverlay(layer, { nowNs: clock, force: true });
        assertEquals(again.skipped, []);
      }
      assertEquals(Deno.readTextFileSync(top + "/moved/h"), "old h");
      assertEquals(Deno.readTextFileSync(top + "/d/f"), "new f");
      assertEquals(Deno.statSync(top + "/g").size, 200_000);
    });
  }
});

Deno.test("a commit that is killed at the Nth call leaves each file old or new", () => {
  const total = callsOfCommit();
  for (let n = 0; n < total; n++) {
    withDirectory((top) => {
      prepare(top);
      const faults: Faults = { left: Infinity, mode: "killed", calls: 0, open: 0 };
      const lower = new HostDirLayer(faulty(DenoFs.open(top), faults));
      const layer = new OverlayLayer(lower, { nowNs: clock });
      change(view(layer));
      faults.left = n;
      try {
        commitOverlay(layer, { nowNs: clock });
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
      checkWhole(top);
      // After a restart, some time later, the next commit there tidies up.
      const next = new OverlayLayer(new HostDirLayer(DenoFs.open(top)), { nowNs: clock });
      view(next).fs.writeFile("/d/f", bytes("newer"));
      view(next).fs.writeFile("/z", bytes("z"));
      commitOverlay(next, { nowNs: () => clock() + 3_600_000_000_000n });
      assertEquals(temporaries(top), []);
    });
  }
});
