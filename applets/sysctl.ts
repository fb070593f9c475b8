import { type ByteString, S_IFDIR, S_IFMT } from "../sandbox/types.ts";
import { toBytes, toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";

const ROOT = "/proc/sys";

/** Shows and sets parameters of the sandbox's kernel. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "sysctl",
  usage: "[-enq] { -a | -p [FILE]... | [-w] [KEY[=VALUE]]... }",
  about: "Show or set parameters of the sandbox's kernel",
  lostOutput: "ignore",
  options: {
    e: { help: "No word of unknown keys" },
    n: { help: "Values without keys" },
    q: { help: "Say less" },
    a: { help: "Show all" },
    p: { help: "Set values from FILEs (default /etc/sysctl.conf)" },
    w: { help: "Set values" },
    A: {},
  },
  posix: true,
  async run(ctx) {
    const { opts, operands } = ctx;
    if (ctx.fs.tryStat(ROOT) === undefined) {
      return ctx.fail(`can't change directory to '${ROOT}': No such file or directory`);
    }
    if (opts.a || opts.A) {
      showTree(ctx, ROOT);
      return;
    }
    if (opts.p) {
      for (const path of operands.length === 0 ? ["/etc/sysctl.conf"] : operands) {
        const source = ctx.openPlain(path);
        if (source === undefined) continue;
        for (const line of (await source.readAll()).split("\n")) {
          const text = line.trim();
          if (text === "" || text[0] === "#" || text[0] === ";") continue;
          setting(ctx, text.replace(/\s*=\s*/, "="));
        }
      }
      return;
    }
    for (const word of operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      if (opts.w || word.includes("=")) setting(ctx, word);
      else show(ctx, word);
    }
  },
});

type SysctlContext = Pick<Context, "fs" | "out" | "warn"> & {
  status: number;
  readonly opts: { readonly [name: string]: string | boolean | undefined };
};

/** `kernel.ostype` or `kernel/ostype` → its path below /proc/sys; the first mark decides. */
function pathOf(key: ByteString): ByteString {
  const mark = /[./]/.exec(key)?.[0];
  return mark === "." ? key.replace(/[./]/g, (char) => char === "." ? "/" : ".") : key;
}

function unknown(ctx: SysctlContext, path: ByteString, error: unknown): void {
  if (!isVfsError(error)) throw error;
  if (error.code === "ENOENT" || path.split("/").includes("..")) {
    if (ctx.opts.e) return;
    ctx.warn(`error: '${path}' is an unknown key`);
    return;
  }
  ctx.warn(
    `error ${error.code === "EACCES" ? "setting" : "reading"} key '${path}': ${error.reason}`,
  );
}

function show(ctx: SysctlContext, key: ByteString): void {
  const path = pathOf(key);
  try {
    const full = `${ROOT}/${path}`;
    if ((ctx.fs.stat(full).mode & S_IFMT) === S_IFDIR) return showTree(ctx, full);
    showFile(ctx, path);
  } catch (error) {
    unknown(ctx, path, error);
  }
}

function showFile(ctx: SysctlContext, path: ByteString): void {
  const text = toByteString(ctx.fs.readFile(`${ROOT}/${path}`)).replace(/\n$/, "");
  const key = path.replace(/[./]/g, (char) => char === "/" ? "." : "/");
  for (const line of text.split("\n")) {
    ctx.out.print(ctx.opts.n ? `${line}\n` : `${key} = ${line}\n`);
  }
}

function showTree(ctx: SysctlContext, root: ByteString): void {
  const stack = [root];
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    try {
      if ((ctx.fs.stat(path).mode & S_IFMT) !== S_IFDIR) {
        showFile(ctx, path.slice(ROOT.length + 1));
        continue;
      }
      const names = ctx.fs.readDir(path).map(({ name }) => name).sort().reverse();
      for (const name of names) stack.push(`${path}/${name}`);
    } catch (error) {
      unknown(ctx, path.slice(ROOT.length + 1), error);
    }
  }
}

function setting(ctx: SysctlContext, word: ByteString): void {
  const equals = word.indexOf("=");
  if (equals < 0) {
    ctx.warn(`error: '${word}' must be of the form name=value`);
    return;
  }
  const path = pathOf(word.slice(0, equals).trim());
  const value = word.slice(equals + 1).trim();
  try {
    ctx.fs.stat(`${ROOT}/${path}`);
    ctx.fs.writeFile(`${ROOT}/${path}`, toBytes(`${value}\n`));
    if (!ctx.opts.q) {
      ctx.out.print(ctx.opts.n ? `${value}\n` : `${path.replace(/\//g, ".")} = ${value}\n`);
    }
  } catch (error) {
    unknown(ctx, path, error);
  }
}
