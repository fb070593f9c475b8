/**
 * Finds native busybox, or unpacks Debian's package without root.
 *
 * @module
 */

/** A native busybox on this machine. */
export interface Native {
  /** Path of the program. */
  readonly path: string;
  /** Its first line, without the build's date: `BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1)`. */
  readonly version: string;
  /** The names it answers to. */
  readonly applets: readonly string[];
}

/** The release that everything is compared with. */
export const oracleVersion = "1.35.0";

const here = decodeURIComponent(new URL("./", import.meta.url).pathname);
const unpacked = `${here}out/native/bin/busybox`;

function textOf(command: string, args: readonly string[], cwd?: string): string | undefined {
  try {
    const { stdout, stderr } = new Deno.Command(command, {
      args: [...args],
      cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).outputSync();
    const decoder = new TextDecoder();
    return decoder.decode(stdout) || decoder.decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What the program at `path` says of itself; undefined when it is no busybox. */
export function inspect(path: string): Native | undefined {
  const banner = textOf(path, [])?.split("\n")[0] ?? "";
  const match = /^(BusyBox v[0-9.]+ \([^)]*\))/.exec(banner);
  if (match === null) return undefined;
  const applets = (textOf(path, ["--list"]) ?? "").split("\n").filter((name) => name !== "");
  return { path, version: match[1], applets };
}

function onPath(): string | undefined {
  for (const dir of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = `${dir || "."}/busybox`;
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // Not in this one, or not readable: the next may have it.
    }
  }
  return undefined;
}

/** Native busybox: the one named, the one on PATH, or the one unpacked before. */
export function findBusybox(named?: string): Native | undefined {
  for (const path of [named, onPath(), unpacked]) {
    const found = path === undefined ? undefined : inspect(path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Fetches Debian's package with apt-get and unpacks it below reference/out/, without root. */
export function unpackDebian(): Native | undefined {
  const dir = `${here}out/native`;
  Deno.mkdirSync(dir, { recursive: true });
  if (textOf("apt-get", ["download", "busybox"], dir) === undefined) return undefined;
  const archive = [...Deno.readDirSync(dir)].find((entry) => entry.name.endsWith(".deb"));
  if (archive === undefined) return undefined;
  textOf("dpkg-deb", ["-x", archive.name, "."], dir);
  for (const path of [unpacked, `${dir}/usr/bin/busybox`]) {
    const found = inspect(path);
    if (found !== undefined) return found;
  }
  return undefined;
}
