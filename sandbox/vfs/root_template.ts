/**
 * The default root file system (FEATURES 002-R11): an Alpine-like tree, made once for each list of
 * programs and forked for each sandbox.
 *
 * @module
 */
import { toBytes, toByteString } from "../bytes.ts";
import type { ByteString } from "../types.ts";
import { type ForkContext, Quota } from "./layer.ts";
import { MemoryDir, MemoryLayer } from "./memory.ts";

/** Options of the default root. */
export interface RootOptions {
  /** Names that appear in `/bin`. */
  readonly programs: readonly ByteString[];
  /** Default `sandbox`. */
  readonly hostname?: ByteString;
  /** Further lines of `/etc/passwd`, each with its newline. */
  readonly passwd?: ByteString;
  /** Further lines of `/etc/group`, each with its newline. */
  readonly group?: ByteString;
}

const ROOT = { uid: 0, gid: 0 };
const MARKER = "#!capbox ";

/**
 * Contents of the file that stands for a built-in program. Whoever executes a file that starts like
 * this, under whatever name it was copied to, starts that program.
 */
export function programMarker(name: ByteString): ByteString {
  return MARKER + name + "\n";
}

/** The program that a file with this beginning stands for, or undefined. */
export function markedProgram(head: Uint8Array): ByteString | undefined {
  for (let i = 0; i < MARKER.length; i++) {
    if (head[i] !== MARKER.charCodeAt(i)) return undefined;
  }
  const end = head.indexOf(10, MARKER.length);
  return end < 0 ? undefined : toByteString(head, MARKER.length, end);
}

const DIRECTORIES: readonly (readonly [ByteString, number])[] = [
  ["bin", 0o755],
  ["dev", 0o755],
  ["etc", 0o755],
  ["home", 0o755],
  ["mnt", 0o755],
  ["proc", 0o555],
  ["root", 0o700],
  ["run", 0o755],
  ["sbin", 0o755],
  ["sys", 0o555],
  ["tmp", 0o1777],
  ["usr", 0o755],
  ["usr/bin", 0o755],
  ["usr/lib", 0o755],
  ["usr/local", 0o755],
  ["usr/local/bin", 0o755],
  ["usr/sbin", 0o755],
  ["usr/share", 0o755],
  ["var", 0o755],
  ["var/cache", 0o755],
  ["var/lib", 0o755],
  ["var/log", 0o755],
  ["var/run", 0o755],
  ["var/spool", 0o755],
  ["var/tmp", 0o1777],
];

function files(options: RootOptions): [ByteString, ByteString, ByteString][] {
  const hostname = options.hostname ?? "sandbox";
  return [
    ["etc", "group", "root:x:0:\nnobody:x:65534:\n" + (options.group ?? "")],
    ["etc", "hostname", hostname + "\n"],
    [
      "etc",
      "hosts",
      "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.1.1\t" + hostname + "\n",
    ],
    [
      "etc",
      "passwd",
      "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n" +
      (options.passwd ?? ""),
    ],
    ["etc", "profile", "export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n"],
    ["etc", "resolv.conf", "nameserver 127.0.0.11\n"],
    ["etc", "shells", "/bin/sh\n/bin/ash\n"],
  ];
}

function put(dir: MemoryDir, name: ByteString, mode: number, text: ByteString): void {
  const file = dir.createFile(name, mode, ROOT);
  const handle = file.openFile({ read: false, write: true });
  handle.pwrite(toBytes(text), 0);
  handle.close();
}

function makeTemplate(options: RootOptions): MemoryLayer {
  const layer = new MemoryLayer({ nowNs: () => 0n });
  const dirs = new Map<ByteString, MemoryDir>([["", layer.root]]);
  for (const [path, mode] of DIRECTORIES) {
    const cut = path.lastIndexOf("/");
    const parent = dirs.get(cut < 0 ? "" : path.slice(0, cut)) as MemoryDir;
    dirs.set(path, parent.makeDir(path.slice(cut + 1), mode, ROOT));
  }
  for (const [dir, name, text] of files(options)) {
    put(dirs.get(dir) as MemoryDir, name, 0o644, text);
  }
  layer.addLazily(
    dirs.get("bin") as MemoryDir,
    options.programs,
    (name) => toBytes(programMarker(name)),
  );
  // Scripts start with `#!/usr/bin/env sh` everywhere.
  if (options.programs.includes("env")) {
    (dirs.get("usr/bin") as MemoryDir).makeLink("env", "../../bin/env", ROOT);
  }
  layer.freezeTimes();
  return layer;
}

/**
 * Puts the file of a program into a directory of a memory layer, replacing what has the name.
 *
 * @param dir `/bin`.
 * @param name Name of the program, and of the file.
 */
export function addProgram(dir: MemoryDir, name: ByteString): void {
  if (dir.lookup(name) !== undefined) dir.unlink(name);
  put(dir, name, 0o755, programMarker(name));
  const file = dir.lookup(name);
  if (file !== undefined) file.extra = { program: name };
}

/**
 * Templates by what they were made from; only ever forked. The files of `/bin` are made when a
 * second sandbox asks for the same template: a command line that starts one sandbox never pays for
 * them, and a server's sandboxes share them.
 */
const templates = new Map<string, MemoryLayer>();
const MOST_TEMPLATES = 16;

/**
 * A root for one sandbox.
 *
 * @param options What it holds.
 * @param context Clock of the sandbox.
 * @param quota What guests' files are charged to. The template's own contents are free.
 */
export function createRootLayer(
  options: RootOptions,
  context: ForkContext,
  quota: Quota = new Quota(),
): MemoryLayer {
  const key = [
    options.hostname ?? "",
    options.passwd ?? "",
    options.group ?? "",
    ...options.programs,
  ].join("\0");
  let template = templates.get(key);
  if (template === undefined) {
    if (templates.size >= MOST_TEMPLATES) templates.clear();
    templates.set(key, template = makeTemplate(options));
  } else {
    const bin = template.root.lookup("bin");
    if (bin instanceof MemoryDir) template.fill(bin);
  }
  const layer = template.fork(context, true);
  layer.quota = quota;
  return layer;
}
