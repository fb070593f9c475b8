import { type ByteString, S_IFMT, S_IFREG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { joinPath } from "./_lib/path_text.ts";

/** The largest mask that native takes; of which it uses the last nine bits. */
const MOST_MASK = 0o7777;

/** Runs the programs of a directory. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "run-parts",
  usage: "[-a ARG]... [-u UMASK] [--reverse] [--test] [--exit-on-error] DIRECTORY",
  about: "Run the programs in DIRECTORY in the order of their names",
  options: {
    a: { arg: "ARG", many: true, long: "arg", help: "Pass ARG to them" },
    u: { arg: "UMASK", long: "umask", help: "Set the umask first" },
    reverse: { help: "In reverse order" },
    test: { help: "Only print their names" },
    "exit-on-error": { help: "End with the first that fails" },
  },
  lostOutput: "ignore",
  minOperands: 1,
  maxOperands: 1,
  async run(ctx) {
    const { opts, operands: [directory], fs, process } = ctx;
    let umask = 0o022;
    if (opts.u !== undefined) {
      if (!/^[0-7]+$/.test(opts.u) || parseInt(opts.u, 8) > MOST_MASK) {
        return ctx.fail(`invalid number '${opts.u}'`);
      }
      umask = parseInt(opts.u, 8) & 0o777;
    }
    process.umask = umask;
    const paths: ByteString[] = [];
    try {
      if ((fs.stat(directory).mode & S_IFMT) === S_IFREG) return 0;
      for (const { name } of fs.readDir(directory)) {
        const path = joinPath(directory, name);
        const mode = modeOf(ctx, path);
        // Names with other characters are backups and the like (run-parts(8)).
        if (!/^[-A-Za-z0-9_.]+$/.test(name) || name.startsWith(".")) continue;
        if ((mode & S_IFMT) === S_IFREG && fs.access(path, 1)) paths.push(path);
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`${directory}: ${error.reason}`);
      return 0;
    }
    paths.sort();
    if (opts.reverse) paths.reverse();
    let status = 0;
    for (const path of paths) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      if (opts.test) {
        ctx.out.print(`${path}\n`);
        continue;
      }
      const flushed = ctx.out.flush();
      if (flushed !== undefined) await flushed;
      try {
        const child = process.spawn([path, ...(opts.a ?? [])]);
        const ended = await child.wait();
        if (ended.code === 0) continue;
        ctx.warn(
          `${path}: exit status ${ended.code}`,
        );
      } catch (error) {
        if (!isVfsError(error)) throw error;
        ctx.warn(`can't execute '${path}': ${error.reason}`);
      }
      status = 1;
      if (opts["exit-on-error"]) break;
    }
    return status;
  },
});

/** Mode of what a path leads to; 0 after a message, when it leads nowhere. */
function modeOf(ctx: Pick<Context, "fs" | "warn">, path: ByteString): number {
  try {
    return ctx.fs.stat(path).mode;
  } catch (error) {
    if (!isVfsError(error)) throw error;
    ctx.warn(`${path}: ${error.reason}`);
    return 0;
  }
}
