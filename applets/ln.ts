import { type Applet, defineApplet } from "./contract.ts";
import { S_IFDIR, S_IFMT } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { joinPath, lastComponent } from "./_lib/path_text.ts";

/** Makes links. Source of behaviour: POSIX ln, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ln",
  usage: "[-sfnbtv] [-S SUF] TARGET... LINK|DIR",
  about: "Make LINK, or DIR/TARGET, a link to TARGET",
  lostOutput: "ignore",
  options: {
    s: { help: "Symbolic links instead of hard ones" },
    f: { help: "Remove what has the name" },
    n: { help: "A link to a directory is no directory to put links into" },
    b: { help: "Keep what has the name as a backup" },
    S: { arg: "SUF", help: "Suffix of backups, instead of ~" },
    T: { help: "LINK is no directory to put links into" },
    v: { help: "Print each link" },
  },
  minOperands: 1,
  run({ opts, operands, fs, out, warn, warnError, fail }) {
    const last = operands.at(-1)!;
    if (opts.T && operands.length > 2) fail("-T accepts 2 args max");
    const targets = operands.length === 1 ? operands : operands.slice(0, -1);
    const place = operands.length === 1 ? lastComponent(last) : last;
    const isDirectory = (path: string, follow: boolean): boolean => {
      const found = fs.tryStat(path, { follow });
      return found !== undefined && (found.mode & S_IFMT) === S_IFDIR;
    };
    for (const target of targets) {
      let link = place;
      if (isDirectory(place, !(opts.n || opts.T))) {
        if (opts.T) {
          warn(`'${place}' is a directory`);
          continue;
        }
        link = joinPath(place, lastComponent(target));
      }
      try {
        if (!opts.s) fs.lstat(target);
      } catch (error) {
        warnError(target, error);
        continue;
      }
      if (opts.b) {
        try {
          fs.rename(link, link + (opts.S ?? "~"));
        } catch (error) {
          if (!isVfsError(error)) throw error;
          if (error.code !== "ENOENT") warnError(link, error);
        }
      } else if (opts.f) {
        try {
          fs.unlink(link);
        } catch (error) {
          // What cannot be removed makes the link itself fail.
          if (!isVfsError(error)) throw error;
        }
      }
      if (opts.v) void out.print(`'${link}' -> '${target}'\n`);
      try {
        if (opts.s) fs.symlink(target, link);
        else fs.link(target, link);
      } catch (error) {
        warnError(link, error);
      }
    }
  },
});
