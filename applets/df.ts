import type { ByteString, MountInfo, StatFs } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { BINARY_SUFFIXES, numberArgument } from "./_lib/number_argument.ts";
import { humanSize } from "./_lib/size.ts";

/** Shows the space of file systems. Source of behaviour: POSIX df, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "df",
  usage: "[-PkmhTai] [-B SIZE] [-t TYPE] [FILESYSTEM]...",
  about: "Show the space of the sandbox's file systems",
  lostOutput: "ignore",
  options: {
    P: { help: "Format of POSIX" },
    k: { help: "In kilobytes (default)" },
    m: { help: "In megabytes" },
    h: { help: "Sizes for people (1K 243M 2G)" },
    T: { help: "Types too" },
    t: { arg: "TYPE", help: "Only file systems of this type" },
    a: { help: "All file systems, those without blocks too" },
    i: { help: "Inodes" },
    B: { arg: "SIZE", help: "In blocks of SIZE bytes" },
    H: {},
  },
  *run(ctx) {
    const { opts, out, process } = ctx;
    let unit = 1024;
    if (opts.B !== undefined) {
      unit = numberArgument(ctx, opts.B, { min: 1, suffixes: BINARY_SUFFIXES });
    } else if (ctx.order.findLast((name) => "kmh".includes(name)) === "m") unit = 1048576;
    const human = ctx.order.findLast((name) => "kmhH".includes(name));
    const forPeople = human === "h" || human === "H";
    const title = opts.i
      ? "   Inodes"
      : forPeople
      ? "     Size"
      : opts.P
      ? `${unit}-blocks`
      : unit >= 1073741824
      ? `${Math.round(unit / 1073741824)}G-blocks`
      : unit >= 1048576
      ? `${Math.round(unit / 1048576)}M-blocks`
      : unit >= 1024
      ? `${Math.round(unit / 1024)}K-blocks`
      : `${unit}-blocks`;
    out.print(
      `Filesystem           ${opts.T ? "Type       " : ""}${title.padEnd(15)}Used Available ${
        opts.P ? "Capacity" : "Use%"
      } Mounted on\n`,
    );
    const mounts = process.kernel.mounts();
    const show = (mount: MountInfo): void => {
      let stat: StatFs;
      try {
        stat = ctx.fs.statFs(mount.target);
      } catch (error) {
        ctx.warnError(mount.target, error);
        return;
      }
      if (opts.t !== undefined && opts.t !== mount.type) return;
      if (stat.blocks === 0 && ctx.operands.length === 0 && !opts.a) return;
      const [total, free, available] = opts.i
        ? [stat.files, stat.ffree, stat.ffree]
        : [stat.blocks, stat.bfree, stat.bavail];
      const used = total - free;
      const usable = used + available;
      const percent = usable === 0 ? 0 : Math.floor((used * 100 + usable / 2) / usable);
      let line = mount.source.padEnd(20);
      if (line.length > 20 && !opts.P) line += `\n${"".padEnd(20)}`;
      line += " ";
      if (opts.T) line += `${mount.type.padEnd(10)} `;
      const text = (count: number): string => {
        if (opts.i) return forPeople ? humanSize(count) : String(count);
        const bytes = count * stat.bsize;
        return forPeople
          ? bytes === 0 ? "0" : humanSize(bytes)
          : String(Math.floor((bytes + unit / 2) / unit));
      };
      line += [total, used, available].map((count) => text(count).padStart(9)).join(" ");
      out.print(`${line} ${String(percent).padStart(3)}% ${mount.target}\n`);
    };
    if (ctx.operands.length === 0) {
      for (const mount of mounts) show(mount);
      return;
    }
    for (const path of ctx.operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) yield turn;
      const mount = findMount(
        mounts,
        path,
        (name) => ctx.fs.tryStat(name) === undefined ? undefined : ctx.fs.realPath(name),
      );
      if (mount === undefined) ctx.warn(`${path}: can't find mount point`);
      else show(mount);
    }
  },
});

/** The mount that holds a path, or whose device it is. */
function findMount(
  mounts: readonly MountInfo[],
  path: ByteString,
  canonical: (path: ByteString) => ByteString | undefined,
): MountInfo | undefined {
  const device = mounts.find((mount) => mount.source === path);
  const real = canonical(path);
  if (real === undefined) return device;
  let best: MountInfo | undefined;
  for (const mount of mounts) {
    const below = mount.target === "/" || real === mount.target ||
      real.startsWith(`${mount.target}/`);
    if (below && mount.target.length >= (best?.target.length ?? 0)) best = mount;
  }
  return best;
}
