import { type ByteString, S_IFMT, S_IFREG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { joinPath } from "./_lib/path_text.ts";

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
  minOperands: 1,
  maxOperands: 1,
  async run(ctx) {
    const { opts, operands: [directory], fs, process } = ctx;
    let umask = 0o022;
    if (opts.u !== undefined) {
      if (!/^[0-7]{1,4}$/.test(opts.u)) return ctx.fail(`invalid number '${opts.u}'`);
      umask = parseInt(opts.u, 8);
    }
    process.umask = umask;
    const paths: ByteString[] = [];
    try {
      if ((fs.stat(directory).mode & S_IFMT) === S_IFREG) return 0;
      for (const { name } of fs.readDir(directory)) {
        // Names with other characters are backups and the like (run-parts(8)).
        if (!/^[-A-Za-z0-9_.]+$/.test(name) || name.startsWith(".")) continue;
        const path = joinPath(directory, name);
        const stat = fs.tryStat(path);
        if (stat !== undefined && (stat.mode & S_IFMT) === S_IFREG && fs.access(path, 1)) {
          paths.push(path);
        }
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
