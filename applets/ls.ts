import { type Applet, type Context, defineApplet } from "./contract.ts";
import {
  type ByteString,
  type DirEntry,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { Accounts } from "./_lib/accounts.ts";
import { compareNamesByVersion } from "./_lib/version_order.ts";
import { isUtf8Locale } from "./_lib/locale.ts";
import { modeString } from "./_lib/mode.ts";
import { joinPath } from "./_lib/path_text.ts";
import { printableName } from "./_lib/printable_name.ts";
import { screenColumns } from "./_lib/screen_size.ts";
import { humanSize } from "./_lib/size.ts";
import { sortInTurns } from "./_lib/sort_in_turns.ts";
import type { Steps } from "./_lib/steps.ts";
import { strftime } from "./_lib/strftime.ts";
import { calendarTime, type Zone, zoneOf } from "./_lib/time.ts";

/** Lists directories. Source of behaviour: POSIX ls, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "ls",
  usage: "[-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...",
  about: "List FILEs and the contents of directories",
  lostOutput: "ignore",
  options: {
    "1": { help: "One name per line" },
    a: { help: "Names that start with . too" },
    A: { help: "As -a, without . and .." },
    C: { help: "In columns" },
    x: { help: "In columns, sorted across" },
    d: { help: "Directories themselves, not their contents" },
    L: { help: "Follow links" },
    H: { help: "Follow links given as arguments" },
    R: { help: "Sub-directories too" },
    F: { help: "Append one of */=@| to names" },
    p: { help: "Append / to names of directories" },
    l: { help: "Long format" },
    i: { help: "Inode numbers" },
    n: { help: "Long format with numeric owner and group" },
    s: { help: "Allocated blocks" },
    h: { help: "Sizes for people (1K 243M 2G)" },
    r: { help: "Reverse the order" },
    S: { help: "Sort by size" },
    X: { help: "Sort by extension" },
    v: { help: "Sort by version" },
    c: { help: "Use the time of status change" },
    t: { help: "Sort by time" },
    u: { help: "Use the time of last access" },
    w: { arg: "N", numeric: true, help: "Columns of the output" },
    g: {},
    k: {},
    Q: {},
    T: { arg: "N" },
    "full-time": { help: "Full date and time" },
    "group-directories-first": { help: "Directories before files" },
    color: { arg: "WHEN", optional: true, help: "Colours: always, never, auto" },
  },
  run(ctx) {
    return new Lister(ctx).run(ctx.operands.length === 0 ? ["."] : ctx.operands);
  },
});

/** One name to show. */
interface Item {
  /** As given or found. */
  readonly name: ByteString;
  readonly path: ByteString;
  /** `S_IF…` of the node itself. */
  readonly type: number;
  readonly stat: Stat | undefined;
  /** Mode that its colour is of, where that is not the one in `stat`. */
  readonly shownMode?: number;
}

type ListContext = Omit<Context, "opts"> & {
  readonly opts: { readonly [name: string]: string | number | boolean | undefined };
};
type Layout = "lines" | "columns" | "across" | "long";

/** Half a year, the age from which the year replaces the time of day. */
const SIX_MONTHS = 365 * 86400 / 2;

class Lister {
  readonly #layout: Layout;
  readonly #width: number;
  readonly #utf8: boolean;
  readonly #color: boolean;
  readonly #needStat: boolean;
  readonly #follow: boolean;
  readonly #zone: Zone;
  readonly #now: number;
  readonly #accounts: Accounts;
  readonly #timeField: "mtimeNs" | "ctimeNs" | "atimeNs";

  constructor(private readonly ctx: ListContext) {
    const { opts, order, process } = ctx;
    const tty = process.fd(1)?.tty;
    this.#utf8 = isUtf8Locale(ctx.env);
    let layout: Layout = tty !== undefined ? "columns" : "lines";
    // The last of these wins, except that -1 does not undo the long format.
    for (const name of order) {
      if (name === "C") layout = "columns";
      else if (name === "x") layout = "across";
      else if (name === "l" || name === "n" || name === "g" || name === "full-time") {
        layout = "long";
      } else if (name === "1" && layout !== "long") layout = "lines";
    }
    this.#layout = layout;
    this.#width = opts.w as number | undefined ?? screenColumns(process) - 1;
    this.#color = this.#wantsColor(opts.color as string | undefined, tty !== undefined);
    const time = order.findLast((name) => name === "c" || name === "u");
    this.#timeField = time === "u" ? "atimeNs" : time === "c" ? "ctimeNs" : "mtimeNs";
    // The last of -H and -L counts.
    this.#follow = order.findLast((name) => name === "H" || name === "L") === "L";
    this.#needStat = layout === "long" || !!(
      opts.s || opts.i || opts.S || opts.t || opts.F || opts.L || this.#color
    );
    this.#zone = zoneOf(process);
    this.#now = Math.floor(process.clock.nowMs() / 1000);
    this.#accounts = new Accounts(ctx.fs);
  }

  #wantsColor(when: string | undefined, terminal: boolean): boolean {
    if (when === undefined) return terminal && this.ctx.env.get("TERM") !== "dumb";
    if (when === "" || when === "always" || when === "yes" || when === "force") return true;
    if (when === "auto" || when === "tty" || when === "if-tty") return terminal;
    return false;
  }

  *run(paths: readonly ByteString[]): Steps<void> {
    const { ctx } = this;
    const { opts } = ctx;
    const files: Item[] = [];
    const directories: Item[] = [];
    // A link given as argument is followed where its own details are not asked for.
    const followArguments = !!(opts.H || opts.L) ||
      !(this.#layout === "long" || opts.i || opts.s || opts.F);
    for (const path of paths) {
      const turn = ctx.process.tick(1);
      if (turn !== undefined) yield turn;
      let stat: Stat;
      try {
        stat = followArguments ? ctx.fs.stat(path) : ctx.fs.lstat(path);
      } catch (error) {
        ctx.warnError(path, error);
        continue;
      }
      // What stands for a link without being asked to still has the colour of a link.
      const shownMode = this.#color && !opts.H && !opts.L ? ctx.fs.lstat(path).mode : stat.mode;
      const item: Item = { name: path, path, type: stat.mode & S_IFMT, stat, shownMode };
      if (item.type === S_IFDIR && !opts.d) directories.push(item);
      else files.push(item);
    }
    yield* this.#sort(files);
    yield* this.#sort(directories);
    yield* this.#show(files);
    const headed = paths.length > 1 || !!opts.R;
    yield* this.#walk(directories, headed, files.length > 0);
  }

  /** Lists directories, and theirs with -R, without recursing. */
  *#walk(roots: readonly Item[], headed: boolean, separated: boolean): Steps<void> {
    const { ctx } = this;
    const queue: Item[] = [...roots].reverse();
    let first = !separated;
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      if (headed) {
        void ctx.out.print(`${first ? "" : "\n"}${printableName(item.path, this.#utf8).text}:\n`);
        first = false;
      }
      const items = yield* this.#read(item.path);
      if (items === undefined) continue;
      yield* this.#sort(items);
      if (this.#layout === "long" || ctx.opts.s) this.#total(items);
      yield* this.#show(items);
      if (ctx.opts.R) {
        for (let i = items.length - 1; i >= 0; i--) {
          const { name, type } = items[i];
          if (type === S_IFDIR && name !== "." && name !== "..") queue.push(items[i]);
        }
      }
      const wait = ctx.out.pending() ?? ctx.process.tick(16);
      if (wait !== undefined) yield wait;
    }
  }

  /** The entries of a directory that are to be shown. */
  *#read(path: ByteString): Steps<Item[] | undefined> {
    const { ctx } = this;
    const items: Item[] = [];
    try {
      const directory = ctx.fs.openDirectory(path);
      let entries: readonly DirEntry[] = directory.entries();
      if (ctx.opts.a) {
        const dot = { type: S_IFDIR, ino: 0 };
        entries = [...entries, { ...dot, name: "." }, { ...dot, name: ".." }];
      }
      for (const { name, type } of entries) {
        const turn = ctx.process.tick(1);
        if (turn !== undefined) yield turn;
        if (name.charCodeAt(0) === 0x2e && !ctx.opts.a && !ctx.opts.A) continue;
        const full = joinPath(path, name);
        if (!this.#needStat) {
          items.push({ name, path: full, type, stat: undefined });
          continue;
        }
        try {
          const stat = name === "." || name === ".."
            ? ctx.fs.stat(full)
            : this.#follow
            ? directory.statAt(name)
            : directory.lstatAt(name);
          items.push({ name, path: full, type: stat.mode & S_IFMT, stat });
        } catch (error) {
          // It may have gone meanwhile, or be a link to nowhere under -L.
          ctx.warnError(full, error);
        }
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`can't open '${path}': ${error.reason}`);
      return undefined;
    }
    return items;
  }

  *#sort(items: Item[]): Steps<void> {
    const { opts } = this.ctx;
    const byName = (a: Item, b: Item): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    let compare = byName;
    // Of -t and -S the last one counts; both go before -v, and that before -X.
    const major = this.ctx.order.findLast((name) => name === "t" || name === "S");
    if (major === "S") compare = (a, b) => b.stat!.size - a.stat!.size || byName(a, b);
    else if (major === "t") {
      const field = this.#timeField;
      const seconds = (item: Item): bigint => item.stat![field] / 1000000000n;
      compare = (a, b) => {
        const x = seconds(a);
        const y = seconds(b);
        return x < y ? 1 : x > y ? -1 : byName(a, b);
      };
    } else if (opts.v) compare = (a, b) => compareNamesByVersion(a.name, b.name);
    else if (opts.X) {
      const extension = (item: Item): string => {
        const dot = item.name.lastIndexOf(".");
        return dot < 0 ? "" : item.name.slice(dot);
      };
      compare = (a, b) => {
        const x = extension(a);
        const y = extension(b);
        return x < y ? -1 : x > y ? 1 : byName(a, b);
      };
    }
    const grouped = opts["group-directories-first"]
      ? (a: Item, b: Item): number =>
        Number(b.type === S_IFDIR) - Number(a.type === S_IFDIR) || compare(a, b)
      : compare;
    const sign = opts.r ? -1 : 1;
    yield* sortInTurns(items, (a, b) => sign * grouped(a, b), (n) => this.ctx.process.tick(n));
  }

  #total(items: readonly Item[]): void {
    let blocks = 0;
    for (const { stat } of items) blocks += stat!.blocks;
    const kilo = blocks / 2;
    if (!this.ctx.opts.h) {
      void this.ctx.out.print(`total ${Math.floor(kilo)}\n`);
      return;
    }
    let value = kilo;
    let unit = 0;
    while (value >= 1024 && unit < 6) {
      value /= 1024;
      unit++;
    }
    const text = kilo === 0 ? "0" : Math.round(value) + "KMGTPEZ"[unit];
    void this.ctx.out.print(`total ${text.padEnd(7)}\n`);
  }

  *#show(items: readonly Item[]): Steps<void> {
    const { out } = this.ctx;
    if (this.#layout !== "long" && this.#layout !== "lines" && items.length > 0) {
      return yield* this.#columns(items);
    }
    for (const item of items) {
      const wait = out.pending() ?? this.ctx.process.tick(1);
      if (wait !== undefined) yield wait;
      void out.print(
        this.#layout === "long"
          ? this.#longLine(item)
          : this.#prefix(item) + this.#label(item).text + "\n",
      );
    }
  }

  *#columns(items: readonly Item[]): Steps<void> {
    const { out, opts, process } = this.ctx;
    const cells: { text: ByteString; width: number }[] = [];
    let column = 0;
    for (const item of items) {
      const turn = process.tick(1);
      if (turn !== undefined) yield turn;
      const prefix = this.#prefix(item);
      const { text, width, nameWidth } = this.#label(item);
      cells.push({ text: prefix + text, width: prefix.length + width });
      column = Math.max(column, nameWidth);
    }
    column += 2 + (opts.s ? 5 : 0) + (opts.i ? 8 : 0);
    const across = Math.max(1, Math.floor(this.#width / column));
    const rows = Math.ceil(cells.length / across);
    for (let row = 0; row < rows; row++) {
      const wait = out.pending() ?? process.tick(2);
      if (wait !== undefined) yield wait;
      let line = "";
      let pad = 0;
      for (let i = 0; i < across; i++) {
        const index = this.#layout === "across" ? row * across + i : row + i * rows;
        if (index >= cells.length) break;
        line += " ".repeat(pad) + cells[index].text;
        pad = Math.max(0, column - cells[index].width);
      }
      void out.print(line + "\n");
    }
  }

  #prefix(item: Item): string {
    const { opts } = this.ctx;
    let text = "";
    if (opts.i) text += String(item.stat!.ino).padStart(7) + " ";
    if (opts.s) text += String(Math.floor(item.stat!.blocks / 2)).padStart(6) + " ";
    return text;
  }

  /** Name with quotes, colour and indicator. */
  #label(
    item: Item,
    link?: ByteString,
  ): { text: ByteString; width: number; nameWidth: number } {
    const { opts } = this.ctx;
    let { text, width } = printableName(item.name, this.#utf8);
    if (opts.Q) {
      text = `"${text.replace(/["\\]/g, "\\$&")}"`;
      width = text.length;
    }
    const nameWidth = width;
    if (this.#color) text = `\x1b[${color(item.shownMode ?? item.stat!.mode)}m${text}\x1b[m`;
    if (link !== undefined) return { text, width, nameWidth };
    const sign = this.#indicator(item.type, item.stat?.mode ?? 0);
    return { text: text + sign, width: width + sign.length, nameWidth };
  }

  #indicator(type: number, mode: number): string {
    const { opts } = this.ctx;
    if (!opts.F && !opts.p) return "";
    if (type === S_IFDIR) return "/";
    if (!opts.F) return "";
    if (type === S_IFREG) return (mode & 0o111) !== 0 ? "*" : "";
    if (type === S_IFLNK) return "@";
    if (type === S_IFIFO) return "|";
    return type === S_IFSOCK ? "=" : "";
  }

  #longLine(item: Item): ByteString {
    const { opts } = this.ctx;
    const stat = item.stat!;
    let line = this.#prefix(item) + modeString(stat.mode) + " " + String(stat.nlink).padStart(4) +
      " ";
    const numeric = !!opts.n;
    const owner = numeric ? String(stat.uid) : this.#accounts.userName(stat.uid);
    const group = numeric ? String(stat.gid) : this.#accounts.groupName(stat.gid);
    if (!opts.g) line += owner.slice(0, 8).padEnd(8) + " ";
    line += group.slice(0, 8).padEnd(8) + " ";
    if (item.type === S_IFBLK || item.type === S_IFCHR) {
      line += `${String(majorOf(stat.rdev)).padStart(4)}, ${
        String(minorOf(stat.rdev)).padStart(3)
      } `;
    } else if (opts.h) line += humanSize(stat.size).padStart(7) + " ";
    else line += String(stat.size).padStart(9) + " ";
    line += this.#time(stat) + " ";
    if (item.type !== S_IFLNK) return line + this.#label(item).text + "\n";
    let target: ByteString;
    try {
      target = this.ctx.fs.readLink(item.path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return line + this.#label(item).text + "\n";
    }
    const to = this.ctx.fs.tryStat(item.path);
    let shown = printableName(target, this.#utf8).text;
    if (opts.Q) shown = `"${shown.replace(/["\\]/g, "\\$&")}"`;
    if (this.#color) {
      shown = `\x1b[${to === undefined ? DANGLING : color(to.mode)}m${shown}\x1b[m`;
    }
    const sign = to === undefined ? "" : this.#indicator(to.mode & S_IFMT, to.mode);
    return `${line}${this.#label(item, target).text} -> ${shown}${sign}\n`;
  }

  #time(stat: Stat): string {
    const seconds = Number(stat[this.#timeField] / 1000000000n);
    const time = calendarTime(seconds, this.#zone);
    if (this.ctx.opts["full-time"]) return strftime("%Y-%m-%d %H:%M:%S %z", time, seconds);
    const age = this.#now - seconds;
    const recent = age < SIX_MONTHS && age > -15 * 60;
    return strftime(recent ? "%b %e %H:%M" : "%b %e  %Y", time, seconds);
  }
}

/** Major number of a device. */
function majorOf(rdev: number): number {
  return Math.floor(rdev / 256) & 0xfff;
}

/** Minor number of a device. */
function minorOf(rdev: number): number {
  return rdev & 0xff | Math.floor(rdev / 0x100000) << 8;
}

/** Colour of a link's target that is not there. */
const DANGLING = "1;31";

function color(mode: number): string {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "1;34";
    case S_IFLNK:
      return "1;36";
    case S_IFIFO:
      return "0;35";
    case S_IFBLK:
    case S_IFCHR:
    case S_IFSOCK:
      return "1;35";
    default:
      return (mode & 0o111) !== 0 ? "1;32" : "0;0";
  }
}
