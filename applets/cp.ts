import { type Applet, type Context, defineApplet } from "./contract.ts";
import { type ByteString, type MaybePromise, S_IFDIR, S_IFMT } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { Copier } from "./_lib/copy_tree.ts";
import { joinPath, lastComponent, parentText } from "./_lib/path_text.ts";
import { after, inTurns } from "./_lib/sequence.ts";

/** Copies files. Source of behaviour: POSIX cp, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "cp",
  usage:
    "[-arPLHpfinlsTu] SOURCE DEST\nor: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }",
  about: "Copy SOURCEs to DEST",
  lostOutput: "ignore",
  options: {
    a: { long: "archive", help: "Same as -dpR" },
    R: { help: "Directories with all that is in them" },
    f: { long: "force", help: "Remove a destination that cannot be written" },
    d: { help: "Copy links as links" },
    i: { long: "interactive", help: "Ask before overwriting" },
    n: { long: "no-clobber", help: "Never overwrite" },
    H: { help: "Follow links given as arguments" },
    p: { help: "Keep times, owner and mode" },
    l: { long: "link", excludes: ["s"], help: "Make hard links instead of copies" },
    L: { long: "dereference", help: "Copy what links point to" },
    P: { long: "no-dereference", help: "Same as -d; the default with -R" },
    r: { long: "recursive", help: "Same as -R" },
    s: { long: "symbolic-link", excludes: ["l"], help: "Make symbolic links instead of copies" },
    T: { long: "no-target-directory", help: "DEST is no directory to copy into" },
    t: { arg: "DIR", long: "target-directory", help: "Copy all SOURCEs into DIR" },
    v: { long: "verbose" },
    u: { long: "update", help: "Only what is newer than its destination" },
    "remove-destination": {},
    parents: {},
    reflink: { arg: "WHEN", optional: true },
  },
  run(ctx) {
    const { opts, order } = ctx;
    const operands = [...ctx.operands];
    const recursive = !!(opts.R || opts.r || opts.a);
    const asLinks = !!(opts.d || opts.P || opts.a);
    const ask = order.findLast((name) => name === "i" || name === "n");
    let clone = false;
    if (opts.reflink !== undefined) {
      const when = opts.reflink;
      if (when !== "" && when !== "always" && when !== "auto") ctx.usage();
      clone = when !== "auto";
    }
    if (opts.T && opts.t !== undefined) ctx.usage();
    if (operands.length < (opts.t === undefined ? 2 : 1) || (opts.T && operands.length !== 2)) {
      ctx.usage();
    }
    const copier = new Copier(ctx as unknown as Context, {
      follow: opts.L || (!recursive && !asLinks) ? "all" : opts.H ? "top" : "none",
      recursive,
      preserve: !!(opts.p || opts.a),
      // Native forces with --parents as well.
      force: !!(opts.f || opts.parents),
      interactive: ask === "i",
      keep: ask === "n",
      link: opts.l ? "hard" : opts.s ? "symbolic" : undefined,
      update: !!opts.u,
      verbose: !!opts.v,
      clone,
    });
    const put = (source: ByteString, target: ByteString): MaybePromise<void> =>
      after(copier.copy(source, target), (good) => {
        if (!good) ctx.status = 1;
      });
    const target = opts.t ?? operands.pop()!;
    if (opts.t === undefined && operands.length === 1) {
      const [source] = operands;
      const followed = opts.L || opts.H || (!recursive && !asLinks);
      const from = typeOf(ctx as unknown as Context, source, !!followed);
      const to = typeOf(ctx as unknown as Context, target, true);
      if (from === false || to === false) return 1;
      if (opts.parents) {
        if (to !== S_IFDIR) return ctx.fail("with --parents, the destination must be a directory");
      } else if (opts.T) {
        if (from !== S_IFDIR && to === S_IFDIR) return ctx.fail(`'${target}' is a directory`);
        return put(source, target);
      } else if (from !== S_IFDIR && to !== S_IFDIR || from === S_IFDIR && to === undefined) {
        return put(source, target);
      }
    }
    return inTurns(ctx.process, operands, (source) => {
      if (!opts.parents) return put(source, joinPath(target, lastComponent(source)));
      const path = joinPath(target, source);
      makeParents(ctx as unknown as Context, path);
      return put(source, path);
    });
  },
});

/** Type of a file, undefined when nothing is there; false when the path itself is wrong, and told. */
function typeOf(ctx: Context, path: ByteString, follow: boolean): number | undefined | false {
  try {
    return (follow ? ctx.fs.stat(path) : ctx.fs.lstat(path)).mode & S_IFMT;
  } catch (error) {
    if (!isVfsError(error)) throw error;
    if (error.code === "ENOENT") return undefined;
    const reason = error.code === "ENOTDIR" ? "Path has non-directory component" : error.reason;
    ctx.warn(`can't stat '${path}': ${reason}`);
    return false;
  }
}

/** Makes the directories that lead to a path. */
function makeParents(ctx: Context, path: ByteString): void {
  const parent = parentText(path);
  if (ctx.fs.tryStat(parent) !== undefined || parent === path) return;
  makeParents(ctx, parent);
  try {
    ctx.fs.makeDir(parent, 0o777);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    // `a/..` is there once `a` is.
    if (error.code !== "EEXIST") ctx.warn(`can't create directory '${parent}': ${error.reason}`);
  }
}
