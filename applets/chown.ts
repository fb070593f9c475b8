import { type Applet, type Context, defineApplet } from "./contract.ts";
import {
  type ByteString,
  type MaybePromise,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  type Stat,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Owner, parseGroup, parseOwner } from "./_lib/owner.ts";
import { joinPath } from "./_lib/path_text.ts";
import { after, inTurns } from "./_lib/sequence.ts";

/** Changes owner and group. Source of behaviour: POSIX chown and chgrp, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "chown",
  aliases: ["chgrp"],
  usage: {
    chown: "[-RhLHPcvf]... USER[:[GRP]] FILE...",
    chgrp: "[-RhLHPcvf]... GROUP FILE...",
  },
  about: {
    chown: "Change the owner, the group, or both of FILEs",
    chgrp: "Change the group of FILEs",
  },
  lostOutput: "ignore",
  options: {
    R: { long: "recursive", help: "Directories with all that is in them" },
    L: { help: "With -R: follow all links to directories" },
    H: { help: "With -R: follow links given as arguments" },
    P: { help: "With -R: follow no links (default)" },
    dereference: {},
    h: { long: "no-dereference", help: "Change links themselves" },
    c: { long: "changes", help: "Print what was changed" },
    f: { long: ["silent", "quiet"], help: "Fewer messages" },
    v: { long: "verbose", help: "Print each file" },
  },
  minOperands: 2,
  run(ctx) {
    const [text, ...paths] = ctx.operands;
    // Native puts the colon of a group before the first word that is no option, so that one which
    // looks like an option is left as it is: the name of a user.
    const owner = ctx.name === "chgrp" && !text.startsWith("-")
      ? { uid: undefined, gid: parseGroup(ctx, text) }
      : parseOwner(ctx, text);
    const changer = new Changer(ctx as unknown as Context, owner);
    return inTurns(ctx.process, paths, (path) => changer.change(path, 0));
  },
});

class Changer {
  constructor(private readonly ctx: Context, private readonly owner: Owner) {}

  change(path: ByteString, depth: number): MaybePromise<void> {
    const { ctx } = this;
    const { opts, fs } = ctx;
    let stat: Stat;
    // With -H, links below an argument are followed for the change, and not for the walk.
    const follow = opts.R ? !!(opts.L || opts.H) : !opts.h;
    let walk = !!opts.R;
    try {
      stat = follow ? fs.stat(path) : fs.lstat(path);
      if (walk && opts.H && !opts.L && depth > 0) {
        walk = (fs.lstat(path).mode & S_IFMT) !== S_IFLNK;
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warnError(path, error);
      return;
    }
    if (!walk || (stat.mode & S_IFMT) !== S_IFDIR) return this.#set(path, stat);
    let names: ByteString[] = [];
    try {
      names = fs.readDir(path).map((entry) => entry.name);
    } catch (error) {
      ctx.warnError(path, error);
      return;
    }
    const inner = inTurns(
      ctx.process,
      names,
      (name) => this.change(joinPath(path, name), depth + 1),
    );
    return after(inner, () => this.#set(path, stat));
  }

  #set(path: ByteString, stat: Stat): void {
    const { ctx, owner } = this;
    const { opts } = ctx;
    const uid = owner.uid ?? stat.uid;
    const gid = owner.gid ?? stat.gid;
    // Native compares with the link's own owner, even where it changes what the link points to.
    const was = opts.c ? ctx.fs.lstat(path) : stat;
    try {
      ctx.fs.chown(path, uid, gid, { follow: (stat.mode & S_IFMT) !== S_IFLNK });
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (opts.f) ctx.status ||= 1;
      else ctx.warnError(path, error);
      return;
    }
    if (opts.v || (opts.c && (uid !== was.uid || gid !== was.gid))) {
      void ctx.out.print(`changed ownership of '${path}' to ${uid}:${gid}\n`);
    }
  }
}
