import { type Applet, type Context, defineApplet } from "./contract.ts";
import { type ByteString, type MaybePromise, S_IFDIR, S_IFLNK, S_IFMT } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { applyMode, modeString } from "./_lib/mode.ts";
import { parseOptions } from "./_lib/options.ts";
import { joinPath } from "./_lib/path_text.ts";
import { inTurns } from "./_lib/sequence.ts";

const OPTIONS = {
  R: { help: "Directories with all that is in them" },
  c: { help: "Print what was changed" },
  v: { help: "Print each file" },
  f: { help: "Fewer messages" },
} as const;

/** Changes modes. Source of behaviour: POSIX chmod, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "chmod",
  usage: "[-Rcvf] MODE[,MODE]... FILE...",
  about: "Change the mode of FILEs. MODE is octal, or [ugoa]{+|-|=}[rwxXst]",
  lostOutput: "ignore",
  options: OPTIONS,
  raw: true,
  run(ctx) {
    // A word such as `-w` is a mode and no option; getopt must not see it.
    const words = [...ctx.argv];
    let at = 1;
    while (at < words.length && /^-[-Rcvf]/.test(words[at]) && words[at] !== "--") at++;
    const saved = words[at];
    const guarded = saved !== "--" && saved?.startsWith("-");
    if (guarded) words[at] = "a";
    const { opts, operands } = parseOptions(OPTIONS, words, {});
    const given = [...operands];
    if (guarded) given[0] = saved;
    if (given.length < 2) ctx.usage();
    const [mode, ...paths] = given;
    const changer = new Changer(ctx as unknown as Context, mode, opts);
    return inTurns(ctx.process, paths, (path) => changer.change(path, true));
  },
});

class Changer {
  constructor(
    private readonly ctx: Context,
    private readonly mode: ByteString,
    private readonly opts: Readonly<Record<string, unknown>>,
  ) {}

  change(path: ByteString, top: boolean): MaybePromise<void> {
    const { ctx, opts } = this;
    let old: number;
    try {
      // Below an argument, links are left alone.
      old = (top ? ctx.fs.stat(path) : ctx.fs.lstat(path)).mode;
      if ((old & S_IFMT) === S_IFLNK) return;
      const wanted = applyMode(this.mode, old, ctx.process.umask) ??
        ctx.fail(`invalid mode '${this.mode}'`);
      ctx.fs.chmod(path, wanted);
      if (opts.v || (opts.c && (old & 0o7777) !== wanted)) {
        void ctx.out.print(
          `mode of '${path}' changed to ${wanted.toString(8).padStart(4, "0")} (${
            modeString(wanted).slice(1)
          })\n`,
        );
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warnError(path, error);
      return;
    }
    if (!opts.R || (old & S_IFMT) !== S_IFDIR) return;
    let names: ByteString[];
    try {
      names = ctx.fs.readDir(path).map((entry) => entry.name);
    } catch (error) {
      ctx.warnError(path, error);
      return;
    }
    return inTurns(ctx.process, names, (name) => this.change(joinPath(path, name), false));
  }
}
