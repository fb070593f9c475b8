import { type ByteString, O_CREAT, O_TRUNC, O_WRONLY, S_IFDIR, S_IFMT } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";
import { applyMode } from "./_lib/mode.ts";
import { joinPath, lastComponent, parentText } from "./_lib/path_text.ts";
import { copyStream } from "./_lib/sequence.ts";

/** Copies files and sets what they are. Source of behaviour: install(1) of coreutils. */
export const applet: Applet = defineApplet({
  name: "install",
  usage: "[-cdDsp] [-o USER] [-g GRP] [-m MODE] [-t DIR] [SOURCE]... DEST",
  about: "Copy files and set their mode, owner and times",
  options: {
    c: {},
    d: { long: "directory", help: "Make directories" },
    D: { help: "Make the directories that DEST is in" },
    s: { long: "strip", help: "Taken: there are no symbols to strip" },
    p: { long: "preserve-timestamps", help: "Keep the times" },
    o: { arg: "USER", long: "owner", help: "Owner" },
    g: { arg: "GRP", long: "group", help: "Group" },
    m: { arg: "MODE", long: "mode", help: "Mode (default rwxr-xr-x)" },
    t: { arg: "DIR", long: "target-directory", help: "Copy into DIR" },
    v: { long: "verbose" },
  },
  minOperands: 1,
  async run(ctx) {
    const { opts, operands, fs } = ctx;
    const mode = opts.m === undefined
      ? 0o755
      : applyMode(opts.m, 0, 0) ?? ctx.fail(`invalid mode '${opts.m}'`);
    const accounts = new Accounts(fs);
    const number = (
      text: ByteString | undefined,
      kind: string,
      find: (name: ByteString) => number | undefined,
    ): number | undefined =>
      text === undefined
        ? undefined
        : /^[0-9]+$/.test(text)
        ? Number(text)
        : find(text) ?? ctx.fail(`unknown ${kind} ${text}`);
    const attributes: Attributes = {
      mode,
      uid: number(opts.o, "user", (name) => accounts.user(name)?.uid),
      gid: number(opts.g, "group", (name) => accounts.group(name)?.gid),
    };
    if (opts.d) {
      for (const path of operands) {
        const turn = ctx.tick(1);
        if (turn !== undefined) await turn;
        try {
          makeDirectories(ctx, path);
          setAttributes(ctx, path, attributes);
        } catch (error) {
          if (!isVfsError(error)) throw error;
          ctx.warn(`can't create directory '${path}': ${error.reason}`);
        }
      }
      return;
    }
    const sources = opts.t === undefined ? operands.slice(0, -1) : operands;
    const target = opts.t ?? operands[operands.length - 1];
    if (sources.length === 0) return ctx.usage();
    if (opts.D) {
      makeDirectories(ctx, opts.t === undefined ? parentText(target) : target);
    }
    const inside = opts.t !== undefined || isDirectory(ctx, target);
    if (sources.length > 1 && !inside) return ctx.usage();
    for (const source of sources) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      const to = inside ? joinPath(target, lastComponent(source)) : target;
      await copyFile(ctx, source, to, attributes, opts.p === true);
    }
  },
});

interface Attributes {
  readonly mode: number;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

type Host = Pick<Context, "fs" | "process" | "warn" | "warnError" | "openOrThrow" | "sinkOf">;

function isDirectory(ctx: Host, path: ByteString): boolean {
  return ((ctx.fs.tryStat(path)?.mode ?? 0) & S_IFMT) === S_IFDIR;
}

/** A directory with all that it is in. */
function makeDirectories(ctx: Host, path: ByteString): void {
  const missing: ByteString[] = [];
  for (let at = path; !isDirectory(ctx, at); at = parentText(at)) {
    missing.push(at);
    if (parentText(at) === at) break;
  }
  for (const each of missing.reverse()) ctx.fs.makeDir(each, 0o777);
}

function setAttributes(ctx: Host, path: ByteString, { mode, uid, gid }: Attributes): void {
  if (uid !== undefined || gid !== undefined) ctx.fs.chown(path, uid ?? -1, gid ?? -1);
  ctx.fs.chmod(path, mode);
}

async function copyFile(
  ctx: Host,
  from: ByteString,
  to: ByteString,
  attributes: Attributes,
  keepTimes: boolean,
): Promise<void> {
  try {
    const source = ctx.openOrThrow(from);
    const stat = source.file.stat();
    if ((stat.mode & S_IFMT) === S_IFDIR) {
      ctx.warn(`omitting directory '${from}'`);
      return;
    }
    const old = ctx.fs.tryStat(to, { follow: false });
    if (old !== undefined && old.ino === stat.ino && old.dev === stat.dev) {
      ctx.warn(`'${from}' and '${to}' are the same file`);
      return;
    }
    // What is there is replaced and not written over, since it may be in use.
    if (old !== undefined) ctx.fs.unlink(to);
    const sink = ctx.sinkOf(ctx.fs.open(to, O_WRONLY | O_CREAT | O_TRUNC, 0o600), to);
    const copied = copyStream(ctx.process, source, sink);
    if (copied !== undefined) await copied;
    source.close();
    sink.close();
    setAttributes(ctx, to, attributes);
    if (keepTimes) ctx.fs.setTimes(to, stat.atimeNs, stat.mtimeNs);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    ctx.warnError(error.path ?? from, error);
  }
}
