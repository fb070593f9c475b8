import { assert, assertEquals, assertMatch } from "@std/assert";
import type { KernelView, OpenFile, ProcessInfo } from "../../sandbox/types.ts";
import { createDevLayer, DEV_NULL, DEV_URANDOM } from "../../sandbox/vfs/dev.ts";
import { ForkContext } from "../../sandbox/vfs/layer.ts";
import type { MemoryDir, MemoryFile } from "../../sandbox/vfs/memory.ts";
import { Namespace } from "../../sandbox/vfs/namespace.ts";
import { type ProcDetail, ProcLayer, type ProcSource } from "../../sandbox/vfs/proc.ts";
import {
  addProgram,
  createRootLayer,
  markedProgram,
  programMarker,
} from "../../sandbox/vfs/root_template.ts";
import { as, fails, get, memory, names, put, tickingClock, type View, viewOf } from "./fixture.ts";

const PROGRAMS = ["cat", "env", "ls", "sh"];

function defaultRoot(): View {
  const layer = createRootLayer({ programs: PROGRAMS }, new ForkContext(tickingClock()));
  return viewOf(new Namespace(layer));
}

Deno.test("the default root has the tree of an Alpine system", () => {
  const { fs } = defaultRoot();
  const top = names(fs, "/");
  for (
    const name of ["bin", "sbin", "usr", "etc", "tmp", "var", "dev", "home", "root", "proc", "sys"]
  ) {
    assert(top.includes(name), name);
  }
  for (const path of ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/var/tmp", "/var/log"]) {
    assertEquals(fs.stat(path).mode & 0o170000, 0o040000);
  }
  assertEquals(fs.stat("/tmp").mode & 0o7777, 0o1777);
  assertEquals(names(fs, "/bin"), PROGRAMS);
  assertEquals(fs.stat("/bin/cat").mode & 0o7777, 0o755);
  assertMatch(get(fs, "/etc/passwd"), /^root:x:0:0:/);
  assertMatch(get(fs, "/etc/passwd"), /^nobody:/m);
  assertEquals(get(fs, "/etc/resolv.conf"), "nameserver 127.0.0.11\n");
  assertEquals(get(fs, "/etc/hostname"), "sandbox\n");
  assertEquals(fs.realPath("/usr/bin/env"), "/bin/env");
});

Deno.test("roots of different sandboxes share the template and nothing else", () => {
  const one = defaultRoot();
  const two = defaultRoot();
  put(one.fs, "/etc/hostname", "one\n");
  one.fs.unlink("/bin/ls");
  assertEquals(get(two.fs, "/etc/hostname"), "sandbox\n");
  assertEquals(names(two.fs, "/bin"), PROGRAMS);
  assertEquals(names(defaultRoot().fs, "/bin"), PROGRAMS);
  // Times are those of the sandbox, not of the template.
  assert(one.fs.stat("/etc/passwd").mtimeNs > 1_600_000_000_000_000_000n);
});

Deno.test("files in /bin stand for programs until somebody writes to them", () => {
  const { fs, namespace, caller } = defaultRoot();
  const program = (path: string) => (namespace.node(caller, path) as MemoryFile).programName;
  assertEquals(program("/bin/cat"), "cat");
  fs.rename("/bin/cat", "/bin/dog");
  fs.link("/bin/dog", "/bin/fish");
  assertEquals(program("/bin/fish"), "cat");
  assertEquals(markedProgram(fs.readFile("/bin/dog")), "cat");
  put(fs, "/bin/ls", "#!/bin/sh\n");
  assertEquals(program("/bin/ls"), undefined);
  assertEquals(markedProgram(fs.readFile("/bin/ls")), undefined);
  const bin = namespace.node(caller, "/bin") as MemoryDir;
  addProgram(bin, "mine");
  assertEquals(program("/bin/mine"), "mine");
  assertEquals(get(fs, "/bin/mine"), programMarker("mine"));
});

Deno.test("/dev has the devices with Linux's numbers", () => {
  const layer = createDevLayer(new ForkContext(tickingClock()));
  const { fs } = viewOf(new Namespace(layer));
  assertEquals(fs.stat("/null").mode, 0o020666);
  assertEquals(fs.stat("/null").rdev, DEV_NULL);
  assertEquals(fs.stat("/urandom").rdev, DEV_URANDOM);
  assertEquals(fs.readLink("/stdin"), "/proc/self/fd/0");
  assertEquals(fs.readLink("/fd"), "/proc/self/fd");
  put(fs, "/shm/x", "x");
  fails("ENOSPC", () => fs.writeFile("/shm/big", new Uint8Array(17 << 20)));
});

const INFO: ProcessInfo = {
  pid: 7,
  ppid: 1,
  pgid: 7,
  sid: 1,
  uid: 1000,
  gid: 1000,
  name: "a-rather-long-name",
  argv: ["sleep", "10 s", ""],
  state: "S",
  nice: 5,
  cpuMs: 1230,
  startMs: 1_700_000_010_000,
  tty: undefined,
  memory: 8192,
  threads: 1,
};

function withProc(): View & { readonly file: OpenFile } {
  const namespace = new Namespace(memory());
  const made = viewOf(namespace);
  const kernel = {
    processes: () => [INFO],
    process: (pid: number) => pid === 7 ? INFO : undefined,
    hostname: "box",
    uname: { sysname: "Linux", release: "6.1.0", version: "#1", machine: "x", domain: "(none)" },
    uptimeMs: () => 65_430,
    bootMs: 1_700_000_000_000,
    loadAverage: () => [0.5, 0.25, 0],
    memory: () => ({ total: 64 << 20, used: 1 << 20, files: 4096 }),
    processors: 2,
    mounts: () => namespace.mounts(),
  } as unknown as KernelView;
  const file = {
    type: 0o100000,
    path: "/tmp/opened",
    readable: true,
    writable: false,
    stat: () => made.fs.stat("/opened"),
    directory: undefined,
  } as unknown as OpenFile;
  const detail: ProcDetail = {
    env: new Map([["A", "1"], ["__proto__", "x y"]]),
    get cwd() {
      return made.caller.cwd;
    },
    root: namespace.rootPlace,
    exe: "/bin/sleep",
    umask: 0o22,
    groups: [1000],
    fdNumbers: () => [0, 3],
    fd: (number) => number === 3 ? file : undefined,
    limit: (name) => name === "openFiles" ? 64 : undefined,
    ignored: [1],
    caught: [15, 2],
  };
  const source: ProcSource = {
    kernel,
    nowNs: tickingClock(),
    detail: (pid) => pid === 7 ? detail : undefined,
    lastPid: () => 9,
  };
  namespace.mount("/proc", new ProcLayer(source), { source: "proc", options: "rw" });
  put(made.fs, "/opened", "contents");
  made.fs.makeDir("/dir with space");
  made.fs.changeDir("/dir with space");
  return { ...made, file };
}

// Formats: proc(5). Field numbers as it counts them.
Deno.test("/proc/N tells of a process in the kernel's formats", () => {
  const { fs } = withProc();
  assertEquals(get(fs, "/proc/7/cmdline"), "sleep\x0010 s\0\0");
  assertEquals(get(fs, "/proc/7/comm"), "a-rather-long-n\n");
  assertEquals(get(fs, "/proc/7/environ"), "A=1\0__proto__=x y\0");
  const stat = get(fs, "/proc/7/stat");
  assertMatch(stat, /^7 \(a-rather-long-n\) S 1 7 1 0 -1 /);
  const fields = stat.trim().split(" ");
  assertEquals(fields.length, 52);
  assertEquals([fields[13], fields[17], fields[18], fields[19]], ["123", "25", "5", "1"]);
  assertEquals([fields[21], fields[22], fields[23]], ["1000", "8192", "2"]);
  const status = get(fs, "/proc/7/status");
  assertMatch(status, /^State:\tS \(sleeping\)$/m);
  assertMatch(status, /^Uid:\t1000\t1000\t1000\t1000$/m);
  assertMatch(status, /^SigIgn:\t0000000000000001$/m);
  assertMatch(status, /^SigCgt:\t0000000000004002$/m);
  assertMatch(get(fs, "/proc/7/limits"), /^Max open files {12}64 {19}64 {19}files {5}$/m);
  assertEquals(fs.readLink("/proc/7/cwd"), "/dir with space");
  assertEquals(fs.readLink("/proc/7/exe"), "/bin/sleep");
  assertEquals(fs.stat("/proc/7/environ").uid, 1000);
  fails("ENOENT", () => fs.stat("/proc/8"));
  fails("ENOENT", () => fs.stat("/proc/07"));
  fails("ENOENT", () => fs.stat("/proc/7/fd/0"));
});

Deno.test("/proc has the figures of the sandbox", () => {
  const { fs } = withProc();
  assertEquals(get(fs, "/proc/uptime").split(" ")[0], "65.43");
  assertEquals(get(fs, "/proc/loadavg"), "0.50 0.25 0.00 1/1 9\n");
  assertMatch(get(fs, "/proc/meminfo"), /^MemTotal: {10}65536 kB$/m);
  assertMatch(get(fs, "/proc/cpuinfo"), /^processor\t: 1$/m);
  assertMatch(get(fs, "/proc/stat"), /^cpu {2}123 0 0 \d+ .*\ncpu0 61 /);
  assertMatch(get(fs, "/proc/stat"), /^btime 1700000000$/m);
  assertEquals(get(fs, "/proc/version").startsWith("Linux version 6.1.0 "), true);
  assertEquals(get(fs, "/proc/sys/kernel/hostname"), "box\n");
  assertEquals(get(fs, "/proc/sys/kernel/pid_max"), "32768\n");
  assertEquals(names(fs, "/proc/sys"), ["fs", "kernel", "vm"]);
  assertEquals(get(fs, "/proc/mounts").split("\n")[1], "proc /proc proc rw 0 0");
  assertEquals(fs.statFs("/proc").typeName, "proc");
});

Deno.test("/proc inode numbers are unique and the same in listings", () => {
  const { fs } = withProc();
  const seen = new Map<number, string>();
  const visit = (path: string): void => {
    for (const { name, type, ino } of fs.readDir(path)) {
      const full = path + "/" + name;
      // Descriptor 0 has no file here; 1 is that of the listing, closed by now.
      if (full === "/proc/7/fd/0" || full === "/proc/7/fd/1") continue;
      const stat = fs.lstat(full);
      assertEquals([stat.ino, stat.mode & 0o170000], [ino, type], full);
      assertEquals(seen.get(ino), undefined, full);
      seen.set(ino, full);
      if (type === 0o040000) visit(full);
    }
  };
  visit("/proc");
  assert(seen.size > 40);
});

Deno.test("/proc/self is whoever reads it, and its links give no way out", () => {
  const made = withProc();
  const { fs, file } = made;
  assertEquals(fs.readLink("/proc/self"), "7");
  assertEquals(fs.readLink("/proc/self/fd/3"), "/tmp/opened");
  // The link leads to the open file itself, not to its path.
  assertEquals(fs.open("/proc/self/fd/3", 0), file);
  assertEquals(fs.stat("/proc/self/fd/3").ino, fs.stat("/opened").ino);
  assertEquals(fs.realPath("/proc/self/cwd"), "/dir with space");
  assertEquals(fs.realPath("/proc/self/root/../.."), "/");
  assertEquals(get(fs, "/proc/self/root/opened"), "contents");
  const stranger = as(made, 5);
  fails("EACCES", () => stranger.fs.readDir("/proc/7/fd"));
  fails("EACCES", () => stranger.fs.readLink("/proc/7/cwd"));
  fails("EACCES", () => stranger.fs.readFile("/proc/7/environ"));
  fails("EACCES", () => stranger.fs.open("/proc/7/fd/3", 0));
});

// Linux: `ls /proc/self/fd` shows the descriptor of its own opendir, `[ -e /proc/self/fd/1 ]` fails.
Deno.test("a listing of one's own descriptors shows the listing's", () => {
  const made = withProc();
  const { fs } = made;
  assertEquals(names(fs, "/proc/self/fd"), ["0", "1", "3"]);
  fails("ENOENT", () => fs.lstat("/proc/self/fd/1"));
  const directory = fs.openDirectory("/proc/7/fd");
  assertEquals(directory.entries().map(({ name }) => name), ["0", "1", "3"]);
  assertEquals(directory.lstatAt("1").mode, 0o120500);
  assertEquals(directory.readLinkAt("1"), "/proc/7/fd");
  const other = as(made, 0);
  other.caller.pid = 5;
  assertEquals(names(other.fs, "/proc/7/fd"), ["0", "3"]);
});

Deno.test("/proc gives no way out of a chroot", () => {
  const { fs, namespace } = withProc();
  fs.makeDir("/jail");
  namespace.mount("/jail/proc", namespace.layerAt("/proc") ?? memory(), {
    source: "proc",
    options: "rw",
  });
  fs.changeRoot("/jail");
  fails("EACCES", () => fs.readLink("/proc/7/root"));
  fails("EACCES", () => fs.readFile("/proc/7/root/opened"));
  fails("EACCES", () => fs.stat("/proc/self/root/.."));
});

Deno.test("nothing in /proc can be changed", () => {
  const { fs } = withProc();
  fails("ENOENT", () => put(fs, "/proc/new", "x"));
  fails("EACCES", () => put(fs, "/proc/uptime", "x"));
  fails("EACCES", () => put(fs, "/proc/sys/kernel/hostname", "x"));
  fails("EPERM", () => fs.unlink("/proc/uptime"));
  fails("EPERM", () => fs.makeDir("/proc/d"));
  fails("EPERM", () => fs.chmod("/proc/uptime", 0o777));
  fails("EPERM", () => fs.removeDir("/proc/7"));
  fails("EXDEV", () => fs.link("/proc/uptime", "/x"));
  fails("EXDEV", () => fs.rename("/proc/uptime", "/x"));
});
