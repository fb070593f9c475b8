/**
 * Runs one script through native busybox and through the sandbox, on copies of the same tree, and compares all
 * that can be seen: output, messages, status, and the tree afterwards.
 */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

/** One comparison. */
export interface Case {
  readonly name: string;
  /** Makes the tree, with whatever tools the host has. Run by the host's sh. */
  readonly setup?: string;
  /** What is compared. Run by ash of both sides. */
  readonly script: string;
  readonly stdin?: Uint8Array;
  /** Files put into the tree as they are. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** A host tool that the set-up needs; without it the case is skipped, and says so. */
  readonly needs?: string;
}

/** What a run leaves behind. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  readonly tree: readonly string[];
}

const latin1 = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/**
 * Output without the time of day of what was made by the set-up itself: it runs twice, and the second
 * may change in between.
 */
function withoutNow(text: string): string {
  const today = [0, 60_000].map((back) => new Date(Date.now() - back).toISOString().slice(0, 10));
  return text.replace(
    /(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d/g,
    (whole, day: string) => today.includes(day) ? "<now>" : whole,
  );
}

/** Messages up to the usage page, which is in our own words. */
function withoutUsage(text: string): string {
  const at = text.search(/BusyBox v1\.35\.0 (compatible )?\(/);
  return at < 0 ? text : text.slice(0, at) + "<usage>";
}

let links: string | undefined;

/** The directory with a link for each applet of native busybox, or undefined if there is no such busybox. */
export function nativeLinks(): string | undefined {
  if (links !== undefined) return links === "" ? undefined : links;
  links = "";
  try {
    const help = new Deno.Command("busybox", { args: [], stderr: "null" }).outputSync();
    if (!latin1(help.stdout).includes("BusyBox v1.35.0")) return undefined;
  } catch {
    return undefined;
  }
  links = Deno.makeTempDirSync({ prefix: "native-links-" });
  const which = new Deno.Command("sh", { args: ["-c", "command -v busybox"] }).outputSync();
  const path = latin1(which.stdout).trim();
  const list = new Deno.Command("busybox", { args: ["--list"] }).outputSync();
  for (const name of latin1(list.stdout).trim().split("\n")) {
    Deno.symlinkSync(path, `${links}/${name}`);
  }
  const dir = links;
  globalThis.addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  return links;
}

const DAY = 86400_000;

function line(path: string, kind: string, mode: number, mtime: number, what: string): string {
  // Times that a program did not set are those of the run.
  const time = Math.abs(Date.now() - mtime) < DAY ? "now" : String(Math.floor(mtime / 1000));
  return `${path} ${kind} ${(mode & 0o7777).toString(8)} ${kind === "l" ? "-" : time} ${what}`;
}

async function summary(bytes: Uint8Array): Promise<string> {
  if (bytes.length <= 200) return JSON.stringify(latin1(bytes));
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return `${bytes.length} bytes ${new Uint8Array(digest).toHex().slice(0, 16)}`;
}

/** The tree below a host directory. Hard links show as the first path of the same file. */
async function hostTree(root: string): Promise<string[]> {
  const lines: string[] = [];
  const seen = new Map<number, string>();
  const walk = async (dir: string): Promise<void> => {
    const names = [...Deno.readDirSync(root + dir)].map((entry) => entry.name).sort();
    for (const name of names) {
      const path = `${dir}/${name}`;
      const info = Deno.lstatSync(root + path);
      const mode = info.mode ?? 0;
      const mtime = info.mtime?.getTime() ?? 0;
      if (info.isSymlink) lines.push(line(path, "l", 0, 0, Deno.readLinkSync(root + path)));
      else if (info.isDirectory) {
        lines.push(line(path, "d", mode, Date.now(), ""));
        await walk(path);
      } else if (info.isFile) {
        const first = seen.get(info.ino!);
        if (first !== undefined) lines.push(`${path} = ${first}`);
        else {
          seen.set(info.ino!, path);
          const text = await summary(Deno.readFileSync(root + path));
          lines.push(line(path, "f", mode, mtime, text));
        }
      } else lines.push(line(path, "special", mode, Date.now(), ""));
    }
  };
  await walk("");
  return lines;
}

/** The tree below a sandbox directory, in the same words. */
async function sandboxTree(sandbox: Sandbox, root: string): Promise<string[]> {
  const lines: string[] = [];
  const seen = new Map<number, string>();
  const walk = async (dir: string): Promise<void> => {
    const names = (await sandbox.fs.readDir(root + dir)).map((entry) => entry.name).sort();
    for (const name of names) {
      const path = `${dir}/${name}`;
      const info = await sandbox.fs.lstat(root + path);
      const mtime = Number(info.mtimeNs / 1000000n);
      switch (info.mode & 0o170000) {
        case 0o120000:
          lines.push(line(path, "l", 0, 0, await sandbox.fs.readLink(root + path)));
          break;
        case 0o040000:
          lines.push(line(path, "d", info.mode, Date.now(), ""));
          await walk(path);
          break;
        case 0o100000: {
          const first = seen.get(info.ino);
          if (first !== undefined) {
            lines.push(`${path} = ${first}`);
            break;
          }
          seen.set(info.ino, path);
          const text = await summary(await sandbox.fs.readFile(root + path));
          lines.push(line(path, "f", info.mode, mtime, text));
          break;
        }
        default:
          lines.push(line(path, "special", info.mode, Date.now(), ""));
      }
    }
  };
  await walk("");
  return lines;
}

/** Copies a host tree into the sandbox. */
async function load(sandbox: Sandbox, from: string, to: string): Promise<void> {
  const seen = new Map<number, string>();
  const times: (() => Promise<void>)[] = [];
  const walk = async (dir: string): Promise<void> => {
    for (const entry of Deno.readDirSync(from + dir)) {
      const path = `${dir}/${entry.name}`;
      const info = Deno.lstatSync(from + path);
      if (info.isSymlink) {
        await sandbox.fs.symlink(Deno.readLinkSync(from + path), to + path);
        continue;
      }
      if (info.isDirectory) {
        await sandbox.fs.mkdir(to + path);
        await walk(path);
      } else if (info.isFile) {
        const first = seen.get(info.ino!);
        if (first !== undefined) {
          await sandbox.fs.link(to + first, to + path);
          continue;
        }
        seen.set(info.ino!, path);
        await sandbox.fs.writeFile(to + path, Deno.readFileSync(from + path));
      } else continue;
      await sandbox.fs.chmod(to + path, (info.mode ?? 0o644) & 0o7777);
      const ns = BigInt(info.mtime?.getTime() ?? 0) * 1000000n;
      times.unshift(() => sandbox.fs.setTimes(to + path, ns, ns));
    }
  };
  await walk("");
  for (const set of times) await set();
}

/** Runs both sides of a case. Undefined if the host lacks what is needed. */
export async function runBoth(
  item: Case,
): Promise<{ native: Outcome; ours: Outcome } | undefined> {
  const applets = nativeLinks();
  if (applets === undefined) return undefined;
  if (item.needs !== undefined) {
    const found = new Deno.Command("sh", { args: ["-c", `command -v ${item.needs}`] }).outputSync();
    if (!found.success) return undefined;
  }
  const root = Deno.makeTempDirSync({ prefix: "archive-case-" });
  try {
    Deno.mkdirSync(`${root}/w`);
    Deno.chmodSync(`${root}/w`, 0o755);
    for (const [name, data] of Object.entries(item.files ?? {})) {
      Deno.writeFileSync(`${root}/w/${name}`, data);
    }
    if (item.setup !== undefined) {
      const made = new Deno.Command("sh", {
        args: ["-c", `umask 022; ${item.setup}`],
        cwd: `${root}/w`,
        stderr: "null",
        stdout: "null",
      }).outputSync();
      assertEquals(made.code, 0, `set-up of ${item.name}`);
    }
    await using sandbox = await Sandbox.create({ uid: 0, gid: 0, limits: { wallMs: 60_000 } });
    await sandbox.fs.mkdir("/case");
    await load(sandbox, `${root}/w`, "/case");
    const env = { TZ: "UTC0", HOME: "/", LC_ALL: "C" };
    const child = new Deno.Command("busybox", {
      args: ["timeout", "60", "busybox", "sh", "-c", `umask 022; ${item.script}`],
      cwd: `${root}/w`,
      clearEnv: true,
      env: { ...env, PATH: `${applets}:/bin:/usr/bin` },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const feeding = (async () => {
      const writer = child.stdin.getWriter();
      try {
        if (item.stdin !== undefined) await writer.write(item.stdin);
        await writer.close();
      } catch { /* The program does not read it all. */ }
    })();
    const native = await child.output();
    await feeding;
    const result = await sandbox.run(["sh", "-c", `umask 022; ${item.script}`], {
      cwd: "/case",
      env,
      stdin: item.stdin ?? "",
    });
    return {
      native: {
        stdout: withoutNow(latin1(native.stdout)),
        stderr: withoutUsage(latin1(native.stderr)),
        code: native.code,
        tree: await hostTree(`${root}/w`),
      },
      ours: {
        stdout: withoutNow(latin1(result.stdout)),
        stderr: withoutUsage(latin1(result.stderr)),
        code: result.code,
        tree: await sandboxTree(sandbox, "/case"),
      },
    };
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

/** Makes a test of each case. */
export function compareAll(area: string, cases: readonly Case[]): void {
  for (const item of cases) {
    Deno.test(`${area}: ${item.name}`, async () => {
      const both = await runBoth(item);
      if (both === undefined) {
        console.log(`skipped, no native busybox 1.35.0 or no ${item.needs}: ${item.name}`);
        return;
      }
      assertEquals(both.ours, both.native);
    });
  }
}
