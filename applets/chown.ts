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
import { Accounts } from "./_lib/accounts.ts";
import { joinPath } from "./_lib/path_text.ts";
import { after, inSequence } from "./_lib/sequence.ts";

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
      ? { uid: undefined, gid: groupOf(ctx as unknown as Context, text) }
      : ownerOf(ctx as unknown as Context, text);
    const changer = new Changer(ctx as unknown as Context, owner);
    return inSequence(paths, (path) => changer.change(path, 0));
  },
});

/** Who is to own the files; what is undefined stays. */
interface NewOwner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** A number as native takes it: cut to 32 bits, all ones meaning no change. */
function numberOf(text: ByteString): number | undefined {
  return /^[0-9]+$/.test(text) ? Number(BigInt(text) & 0xffff_ffffn) : undefined;
}

function kept(id: number): number | undefined {
  return id === 0xffff_ffff ? undefined : id;
}

function groupOf(ctx: Context, name: ByteString): number | undefined {
  const id = numberOf(name) ?? new Accounts(ctx.fs).group(name)?.gid;
  return kept(id ?? ctx.fail(`unknown group ${name}`));
}

function ownerOf(ctx: Context, text: ByteString): NewOwner {
  const accounts = new Accounts(ctx.fs);
  let split = text.indexOf(":");
  if (split < 0 && numberOf(text) === undefined && accounts.user(text) === undefined) {
    split = text.indexOf(".");
  }
  if (split < 0) {
    const uid = numberOf(text) ?? accounts.user(text)?.uid ?? ctx.fail(`unknown user ${text}`);
    return { uid: kept(uid), gid: undefined };
  }
  const user = text.slice(0, split);
  const group = text.slice(split + 1);
  if (user === "") return { uid: undefined, gid: groupOf(ctx, group) };
  const unknown = (): never => ctx.fail(`unknown user/group ${text}`);
  const found = accounts.user(user);
  const uid = numberOf(user) ?? found?.uid ?? unknown();
  if (group === "") {
    // A user alone with a colon brings its own group; a number without a user stands for both.
    const gid = (found ?? accounts.userById(uid))?.gid ?? uid;
    return { uid: kept(uid), gid: kept(gid) };
  }
  const gid = numberOf(group) ?? accounts.group(group)?.gid ?? unknown();
  return { uid: kept(uid), gid: kept(gid) };
}

class Changer {
  constructor(private readonly ctx: Context, private readonly owner: NewOwner) {}

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
    const inner = inSequence(names, (name) => this.change(joinPath(path, name), depth + 1));
    const pause = ctx.process.tick(1 + names.length * 8);
    return after(pause === undefined ? inner : pause.then(() => inner), () => {
      this.#set(path, stat);
    });
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
