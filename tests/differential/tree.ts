/**
 * What a tree of files looks like, as lines that compare byte for byte: name, type, mode, contents or
 * target. The same for a directory of the host and for one of a sandbox.
 *
 * @module
 */
import type { Sandbox } from "../../mod.ts";

const LETTERS = new Map([
  [0o040000, "d"],
  [0o100000, "-"],
  [0o120000, "l"],
  [0o010000, "p"],
  [0o020000, "c"],
  [0o060000, "b"],
]);
/** Contents longer than this are shown by a sum. */
const SHOWN = 200;

/** Stamps before this are shown: later ones are those of the run itself. Seconds. */
const RECENT = 1_500_000_000;

/** What is shown of each file beyond name, mode and contents. */
export interface Detail {
  /** Owners that are not root, and old modification times. */
  readonly attributes?: boolean;
  /** An ordinary user looks: what its owner may not read is not shown. */
  readonly asOwner?: boolean;
}

function attributes(seconds: number, uid: number, gid: number, detail: Detail): string {
  if (!detail.attributes) return "";
  const owner = uid === 0 && gid === 0 ? "" : ` ${uid}:${gid}`;
  return owner + (seconds < RECENT ? ` @${seconds}` : "");
}

function line(name: string, mode: number, nlink: number, rest: string): string {
  const letter = LETTERS.get(mode & 0o170000) ?? "?";
  const links = letter === "-" && nlink > 1 ? ` links=${nlink}` : "";
  const bits = letter === "l" ? "" : ` ${(mode & 0o7777).toString(8)}`;
  return `${letter} ${name}${bits}${links}${rest}`;
}

function contents(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, SHOWN)) text += String.fromCharCode(byte);
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
  return ` ${bytes.length} ${JSON.stringify(text)}${bytes.length > SHOWN ? ` sum=${sum}` : ""}`;
}

function isOpen(mode: number, bits: number, detail: Detail): boolean {
  return !detail.asOwner || (mode & bits) === bits;
}

/** A directory of the host. */
export function hostTree(root: string, detail: Detail = {}): string[] {
  const lines: string[] = [];
  const walk = (directory: string, prefix: string): void => {
    for (const entry of Deno.readDirSync(directory)) {
      const path = `${directory}/${entry.name}`;
      const name = prefix + entry.name;
      const stat = Deno.lstatSync(path);
      const mode = stat.mode ?? 0;
      const rest = entry.isSymlink
        ? ` -> ${Deno.readLinkSync(path)}`
        : entry.isFile && isOpen(mode, 0o400, detail)
        ? contents(Deno.readFileSync(path))
        : "";
      const seconds = Math.floor((stat.mtime?.getTime() ?? 0) / 1000);
      const extra = entry.isSymlink
        ? ""
        : attributes(seconds, stat.uid ?? 0, stat.gid ?? 0, detail);
      lines.push(line(name, mode, stat.nlink ?? 1, extra + rest));
      if (entry.isDirectory && isOpen(mode, 0o500, detail)) walk(path, `${name}/`);
    }
  };
  walk(root, "");
  return lines.sort();
}

/** A directory of a sandbox. */
export async function sandboxTree(
  sandbox: Sandbox,
  root: string,
  detail: Detail = {},
): Promise<string[]> {
  const lines: string[] = [];
  const walk = async (directory: string, prefix: string): Promise<void> => {
    for (const entry of await sandbox.fs.readDir(directory)) {
      const path = `${directory}/${entry.name}`;
      const name = prefix + entry.name;
      const stat = await sandbox.fs.lstat(path);
      const rest = entry.isSymlink
        ? ` -> ${await sandbox.fs.readLink(path)}`
        : entry.isFile && isOpen(stat.mode, 0o400, detail)
        ? contents(await sandbox.fs.readFile(path))
        : "";
      const seconds = Number(stat.mtimeNs / 1_000_000_000n);
      const extra = entry.isSymlink ? "" : attributes(seconds, stat.uid, stat.gid, detail);
      lines.push(line(name, stat.mode, stat.nlink, extra + rest));
      if (entry.isDirectory && isOpen(stat.mode, 0o500, detail)) await walk(path, `${name}/`);
    }
  };
  await walk(root, "");
  return lines.sort();
}

/** Lines of `after` and `before` that are not in both, marked `+` and `-`. */
export function treeChanges(before: readonly string[], after: readonly string[]): string[] {
  const old = new Set(before);
  const now = new Set(after);
  return [
    ...before.filter((each) => !now.has(each)).map((each) => `-${each}`),
    ...after.filter((each) => !old.has(each)).map((each) => `+${each}`),
  ];
}
