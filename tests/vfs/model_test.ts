/**
 * Random calls on each layer and, beside it, on a real directory through Deno alone: outcomes and
 * trees must agree. The real file system is the reference; nothing of ours is in that half but the
 * table of error codes.
 */
import { assertEquals } from "@std/assert";
import { hostErrorCode } from "../../sandbox/host/errors.ts";
import { DenoFs } from "../../sandbox/host/fs.ts";
import type { ErrorCode } from "../../sandbox/errors.ts";
import { HostDirLayer } from "../../sandbox/vfs/host_layer.ts";
import { OverlayLayer } from "../../sandbox/vfs/overlay.ts";
import { commitOverlay } from "../../sandbox/vfs/overlay_commit.ts";
import { Namespace } from "../../sandbox/vfs/namespace.ts";
import { bytes, memory, outcome, text, tickingClock, type View, view, viewOf } from "./fixture.ts";

/** A repeatable source of choices (xorshift32). */
class Dice {
  constructor(private state: number) {}

  below(n: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  path(): string {
    let path = "";
    for (let depth = 1 + this.below(3); depth > 0; depth--) {
      path += "/" + this.pick(["a", "b", "c"]);
    }
    return path;
  }
}

/** A call as data, so that both halves get the same. */
type Call =
  | readonly ["mkdir" | "rmdir" | "unlink" | "read" | "list" | "readlink" | "lstat", string]
  | readonly ["write", string, string]
  | readonly ["exclusive", string, string]
  | readonly ["patch", string, number, string]
  | readonly ["truncate", string, number]
  | readonly ["chmod", string, number]
  | readonly ["rename" | "link" | "symlink", string, string];

function roll(dice: Dice): Call {
  const path = dice.path();
  switch (dice.below(15)) {
    case 0:
    case 1:
      return ["mkdir", path];
    case 2:
      return ["rmdir", path];
    case 3:
      return ["unlink", path];
    case 4:
      return ["read", path];
    case 5:
      return ["list", path];
    case 6:
      return ["lstat", path];
    case 7:
    case 8:
      return ["write", path, "w".repeat(dice.below(20))];
    case 9:
      return ["patch", path, dice.below(90_000), "patch" + dice.below(100)];
    case 10:
      return ["truncate", path, dice.below(100_000)];
    case 11:
      return ["chmod", path, 0o600 | dice.below(0o100)];
    case 12:
      return ["rename", path, dice.path()];
    case 13:
      return dice.below(2) === 0 ? ["link", path, dice.path()] : ["exclusive", path, "x"];
    default:
      return dice.below(3) === 0
        ? ["readlink", path]
        : ["symlink", dice.pick(["a", "b/c", "./a", "c/a/b", "b/."]), path];
  }
}

const MODE = 0o7777;

function kind(stat: Deno.FileInfo): string {
  return stat.isDirectory ? "dir" : stat.isSymlink ? "link" : "file";
}

/** Runs a call on the real file system below `top`. */
function runReal(top: string, call: Call): string {
  const path = top + call[1];
  switch (call[0]) {
    case "mkdir":
      Deno.mkdirSync(path, { mode: 0o755 });
      return "";
    case "rmdir":
      // Deno has one call for both; the system has two.
      if (!Deno.lstatSync(path).isDirectory) throw new Deno.errors.NotADirectory();
      Deno.removeSync(path);
      return "";
    case "unlink":
      if (Deno.lstatSync(path).isDirectory) throw new Deno.errors.IsADirectory();
      Deno.removeSync(path);
      return "";
    case "read":
      return fingerprint(Deno.readFileSync(path));
    case "list":
      return [...Deno.readDirSync(path)].map((entry) => entry.name).sort().join();
    case "readlink":
      return Deno.readLinkSync(path);
    case "lstat": {
      const stat = Deno.lstatSync(path);
      const mode = stat.isSymlink ? 0 : (stat.mode ?? 0) & MODE;
      return `${kind(stat)} ${mode} ${stat.isDirectory ? 0 : stat.size} ${stat.nlink}`;
    }
    case "write":
    case "exclusive": {
      const file = Deno.openSync(path, {
        write: true,
        create: call[0] === "write",
        createNew: call[0] === "exclusive",
        truncate: call[0] === "write",
        mode: 0o644,
      });
      file.writeSync(bytes(call[2]));
      file.close();
      return "";
    }
    case "patch": {
      const file = Deno.openSync(path, { read: true, write: true });
      file.seekSync(call[2], Deno.SeekMode.Start);
      file.writeSync(bytes(call[3]));
      file.close();
      return "";
    }
    case "truncate": {
      // Deno.truncateSync refuses links, which the system does not.
      const file = Deno.openSync(path, { write: true });
      file.truncateSync(call[2]);
      file.close();
      return "";
    }
    case "chmod":
      Deno.chmodSync(path, call[2]);
      return "";
    case "rename":
      Deno.renameSync(path, top + call[2]);
      return "";
    case "link":
      Deno.linkSync(path, top + call[2]);
      return "";
    case "symlink":
      Deno.symlinkSync(call[1], top + call[2]);
      return "";
  }
}

/** Runs a call on ours. */
function runOurs({ fs }: View, call: Call): string {
  const path = call[1];
  switch (call[0]) {
    case "mkdir":
      fs.makeDir(path, 0o755);
      return "";
    case "rmdir":
      fs.removeDir(path);
      return "";
    case "unlink":
      fs.unlink(path);
      return "";
    case "read":
      return fingerprint(fs.readFile(path));
    case "list":
      return fs.readDir(path).map((entry) => entry.name).sort().join();
    case "readlink":
      return fs.readLink(path);
    case "lstat": {
      const stat = fs.lstat(path);
      const type = stat.mode & 0o170000;
      const name = type === 0o040000 ? "dir" : type === 0o120000 ? "link" : "file";
      const mode = name === "link" ? 0 : stat.mode & MODE;
      return `${name} ${mode} ${name === "dir" ? 0 : stat.size} ${stat.nlink}`;
    }
    case "write":
      fs.writeFile(path, bytes(call[2]), 0o644);
      return "";
    case "exclusive": {
      const file = fs.open(path, 0o301, 0o644);
      file.pwrite(bytes(call[2]), 0);
      file.release();
      return "";
    }
    case "patch": {
      const file = fs.open(path, 2);
      file.pwrite(bytes(call[3]), call[2]);
      file.release();
      return "";
    }
    case "truncate":
      fs.truncate(path, call[2]);
      return "";
    case "chmod":
      fs.chmod(path, call[2]);
      return "";
    case "rename":
      fs.rename(path, call[2]);
      return "";
    case "link":
      fs.link(path, call[2]);
      return "";
    case "symlink":
      fs.symlink(path, call[2]);
      return "";
  }
}

/** Contents in short: length, a checksum, and the beginning. */
function fingerprint(data: Uint8Array): string {
  let sum = 0;
  for (const byte of data) sum = Math.imul(sum, 31) + byte | 0;
  return `${data.length} ${sum} ${text(data.subarray(0, 20)).replaceAll("\0", ".")}`;
}

function realOutcome(top: string, call: Call): string {
  try {
    return "ok " + runReal(top, call);
  } catch (error) {
    return hostErrorCode(error);
  }
}

function ourOutcome(made: View, call: Call): string {
  let result = "";
  const code = outcome(() => result = runOurs(made, call));
  return code === "ok" ? "ok " + result : code;
}

/** Where a reference may answer with either of two codes, by which of two faults it sees first. */
const EITHER: readonly (readonly [ErrorCode, ErrorCode])[] = [
  // Moving a directory into itself over something that exists.
  ["EINVAL", "ENOTEMPTY"],
];

function same(real: string, ours: string): boolean {
  return real === ours ||
    EITHER.some(([a, b]) => real === a && ours === b || real === b && ours === a);
}

/** The whole tree as lines, with what both halves can tell. */
function pictureOf(list: (path: string) => string[], look: (path: string) => string): string[] {
  const lines: string[] = [];
  const visit = (path: string): void => {
    for (const name of list(path)) {
      const full = path + "/" + name;
      const line = look(full);
      lines.push(full + " " + line);
      if (line.startsWith("dir")) visit(full);
    }
  };
  visit("");
  return lines;
}

function realPicture(top: string): string[] {
  return pictureOf(
    (path) => [...Deno.readDirSync(top + path)].map((entry) => entry.name).sort(),
    (path) => {
      const stat = Deno.lstatSync(top + path);
      const mode = ((stat.mode ?? 0) & MODE).toString(8);
      if (stat.isDirectory) return "dir " + mode;
      if (stat.isSymlink) return "link " + Deno.readLinkSync(top + path);
      return `file ${mode} ${fingerprint(Deno.readFileSync(top + path))}`;
    },
  );
}

function ourPicture({ fs }: View): string[] {
  return pictureOf(
    (path) => fs.readDir(path === "" ? "/" : path).map((entry) => entry.name).sort(),
    (path) => {
      const stat = fs.lstat(path);
      const mode = (stat.mode & MODE).toString(8);
      const type = stat.mode & 0o170000;
      if (type === 0o040000) return "dir " + mode;
      if (type === 0o120000) return "link " + fs.readLink(path);
      return `file ${mode} ${fingerprint(fs.readFile(path))}`;
    },
  );
}

interface Subject {
  readonly name: string;
  /** Link counts of merged directories and of links that were copied up differ by design. */
  readonly countsLinks: boolean;
  /** Makes the view over a directory that holds the same as the reference does by then. */
  make(top: string): View;
  /** Runs after the calls; gives the view to compare. */
  finish?(made: View, top: string): View;
}

const nowNs = tickingClock();

const SUBJECTS: readonly Subject[] = [
  { name: "memory", countsLinks: true, make: () => view(memory()) },
  {
    name: "memory, forked on the way",
    countsLinks: true,
    make: () => view(memory()),
    finish: (made) => viewOf(made.namespace.fork()),
  },
  {
    name: "host directory",
    countsLinks: true,
    make: (top) => view(new HostDirLayer(DenoFs.open(top), { symlinks: true, hardLinks: true })),
  },
  {
    name: "overlay over memory",
    countsLinks: false,
    make: () => view(new OverlayLayer(memory(), { nowNs })),
  },
  {
    name: "overlay, committed",
    countsLinks: false,
    make: () => view(new OverlayLayer(memory(), { nowNs })),
    finish: (made) => {
      const layer = made.namespace.layerAt("/") as OverlayLayer;
      assertEquals(commitOverlay(layer, { nowNs }).conflicts, []);
      return view(layer.lower);
    },
  },
  {
    name: "overlay over a host directory, committed",
    countsLinks: false,
    make: (top) => {
      const lower = new HostDirLayer(DenoFs.open(top), { symlinks: true });
      return view(new OverlayLayer(lower, { nowNs }));
    },
    finish: (made, top) => {
      const layer = made.namespace.layerAt("/") as OverlayLayer;
      const result = commitOverlay(layer, { nowNs });
      assertEquals([result.conflicts, result.skipped], [[], []]);
      return view(new HostDirLayer(DenoFs.open(top)));
    },
  },
];

/** How many calls come before an overlay is committed and goes on over the result. */
const STAGE = 40;

for (const subject of SUBJECTS) {
  Deno.test(`random calls: ${subject.name} does what a real directory does`, () => {
    for (let seed = 1; seed <= 24; seed++) {
      const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "capbox-model-" }));
      try {
        Deno.mkdirSync(top + "/real");
        Deno.mkdirSync(top + "/ours");
        const dice = new Dice(seed * 7919);
        let made = subject.make(top + "/ours");
        const log: Call[] = [];
        for (let step = 0; step < 200; step++) {
          const call = roll(dice);
          log.push(call);
          if (call[0] === "link" && !subject.countsLinks) continue;
          const real = realOutcome(top + "/real", call);
          let ours = ourOutcome(made, call);
          if (call[0] === "lstat" && !subject.countsLinks) {
            ours = ours.replace(/ \d+$/, "");
            assertEquals(ours, real.replace(/ \d+$/, ""), told(seed, log));
          } else if (!same(real, ours)) assertEquals(ours, real, told(seed, log));
          if (step % STAGE === STAGE - 1) made = between(subject, made);
        }
        const last = subject.finish?.(made, top + "/ours") ?? made;
        assertEquals(ourPicture(last), realPicture(top + "/real"), told(seed, log));
      } finally {
        Deno.removeSync(top, { recursive: true });
      }
    }
  });
}

/** Half-way, memory is forked and overlays are put over what they have become. */
function between(subject: Subject, made: View): View {
  if (subject.name.startsWith("memory,")) {
    const copy = viewOf(made.namespace.fork());
    // The original goes on and must not be seen in the copy.
    outcome(() => made.fs.makeDir("/a"));
    outcome(() => made.fs.writeFile("/b", bytes("from before the fork")));
    outcome(() => made.fs.rename("/c", "/a/c"));
    return copy;
  }
  const layer = made.namespace.layerAt("/");
  if (!(layer instanceof OverlayLayer)) return made;
  if (subject.name.endsWith("committed")) {
    const result = commitOverlay(layer, { nowNs });
    assertEquals([result.conflicts, result.skipped], [[], []]);
    return made;
  }
  // One overlay over the other.
  return viewOf(new Namespace(new OverlayLayer(layer, { nowNs })));
}

function told(seed: number, log: readonly Call[]): string {
  return `seed ${seed}, after ${JSON.stringify(log.slice(-12))}`;
}
