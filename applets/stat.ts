import { type Applet, type Context, defineApplet } from "./contract.ts";
import {
  type ByteString,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
  type StatFs,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { Accounts } from "./_lib/accounts.ts";
import { majorOf, minorOf } from "./_lib/device_number.ts";
import { formatInteger } from "./_lib/format_number.ts";
import { modeString } from "./_lib/mode.ts";
import { strftime } from "./_lib/strftime.ts";
import { calendarTime, type Zone, zoneOf } from "./_lib/time.ts";

const TERSE = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %o\n";
const TERSE_SYSTEM = "%n %i %l %t %s %b %f %a %c %d\n";
const SYSTEM = '  File: "%n"\n' +
  "    ID: %-8i Namelen: %-7l Type: %T\n" +
  "Block size: %-10s\n" +
  "Blocks: Total: %-10b Free: %-10f Available: %a\n" +
  "Inodes: Total: %-10c Free: %d\n";

/** Shows what is known of files. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "stat",
  usage: "[-ltf] [-c FMT] FILE...",
  about: "Show what is known of FILEs, or with -f of their file systems.\n" +
    "FMT: %a %A mode, %b blocks of %B bytes, %d %D device, %f raw mode, %F type, %g %G group,\n" +
    "%h links, %i inode, %n %N name, %o best size, %s size, %t %T device type, %u %U user,\n" +
    "%x %X access, %y %Y change, %z %Z status change.\n" +
    "FMT with -f: %a %b %f blocks, %c %d inodes, %i id, %l longest name, %n name, %s %S size,\n" +
    "%t %T type.",
  lostOutput: "ignore",
  options: {
    c: { arg: "FMT", help: "Print by FMT" },
    f: { help: "File systems" },
    L: { help: "Follow links" },
    t: { help: "All in one line" },
  },
  minOperands: 1,
  *run(ctx) {
    const shower = new Shower(ctx as unknown as Context);
    for (const path of ctx.operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) yield turn;
      if (ctx.opts.f) shower.system(path);
      else shower.file(path);
    }
  },
});

/** What a conversion stands for: text, or a number with the letter it is printed by. */
type Value = ByteString | readonly [bigint | number, "d" | "u" | "o" | "x"];

class Shower {
  readonly #accounts: Accounts;
  readonly #zone: Zone;

  constructor(private readonly ctx: Context) {
    this.#accounts = new Accounts(ctx.fs);
    this.#zone = zoneOf(ctx.process);
  }

  system(path: ByteString): void {
    const { ctx } = this;
    const { opts } = ctx;
    let stat: StatFs;
    try {
      stat = ctx.fs.statFs(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`can't read file system information for '${path}': ${error.reason}`);
      return;
    }
    const format = opts.c as ByteString | undefined;
    this.#print(
      format ?? (opts.t ? TERSE_SYSTEM : SYSTEM),
      format !== undefined,
      (letter) => systemValue(letter, path, stat),
    );
  }

  file(path: ByteString): void {
    const { ctx } = this;
    const { opts } = ctx;
    let stat: Stat;
    try {
      stat = opts.L ? ctx.fs.stat(path) : ctx.fs.lstat(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`can't stat '${path}': ${error.reason}`);
      return;
    }
    const format = opts.c as ByteString | undefined;
    this.#print(
      format ?? (opts.t ? TERSE : longFormat(stat)),
      format !== undefined,
      (letter) => this.#fileValue(letter, path, stat),
    );
  }

  #print(
    format: ByteString,
    newline: boolean,
    value: (letter: string) => Value | undefined,
  ): void {
    let text = "";
    for (let i = 0; i < format.length; i++) {
      if (format[i] !== "%") {
        const next = format.indexOf("%", i);
        const end = next < 0 ? format.length : next;
        text += format.slice(i, end);
        i = end - 1;
        continue;
      }
      let end = i + 1;
      while (end < format.length && "#-+.I 0123456789".includes(format[end])) end++;
      const letter = format[end];
      if (letter === undefined) {
        // A format that ends within a conversion has no newline either.
        void this.ctx.out.print(text + "%");
        return;
      }
      const found = letter === "%" ? "%" : value(letter);
      text += found === undefined || letter === "%"
        ? letter
        : formatted(format.slice(i + 1, end), found);
      i = end;
    }
    void this.ctx.out.print(newline ? text + "\n" : text);
  }

  #fileValue(letter: string, path: ByteString, stat: Stat): Value | undefined {
    const device = (stat.mode & S_IFMT) === S_IFBLK || (stat.mode & S_IFMT) === S_IFCHR;
    switch (letter) {
      case "n":
        return path;
      case "N":
        return (stat.mode & S_IFMT) === S_IFLNK
          ? `'${path}' -> '${this.ctx.fs.readLink(path)}'`
          : path;
      case "d":
        return [stat.dev, "u"];
      case "D":
        return [stat.dev, "x"];
      case "i":
        return [stat.ino, "u"];
      case "a":
        return [stat.mode & 0o7777, "o"];
      case "A":
        return modeString(stat.mode);
      case "f":
        return [stat.mode, "x"];
      case "F":
        return typeText(stat);
      case "h":
        return [stat.nlink, "u"];
      case "u":
        return [stat.uid, "u"];
      case "U":
        return this.#accounts.userById(stat.uid)?.name ?? "UNKNOWN";
      case "g":
        return [stat.gid, "u"];
      case "G":
        return this.#accounts.groupById(stat.gid)?.name ?? "UNKNOWN";
      case "t":
        return [device ? majorOf(stat.rdev) : 0, "x"];
      case "T":
        return [device ? minorOf(stat.rdev) : 0, "x"];
      case "s":
        return [stat.size, "u"];
      case "B":
        return [512, "u"];
      case "b":
        return [stat.blocks, "u"];
      case "o":
        return [stat.blksize, "u"];
      case "x":
        return this.#time(stat.atimeNs);
      case "X":
        return [seconds(stat.atimeNs), "d"];
      case "y":
        return this.#time(stat.mtimeNs);
      case "Y":
        return [seconds(stat.mtimeNs), "d"];
      case "z":
        return this.#time(stat.ctimeNs);
      case "Z":
        return [seconds(stat.ctimeNs), "d"];
      default:
        return undefined;
    }
  }

  #time(ns: bigint): ByteString {
    const whole = seconds(ns);
    const time = calendarTime(whole, this.#zone);
    const fraction = String(ns - BigInt(whole) * 1_000_000_000n).padStart(9, "0");
    return strftime(`%Y-%m-%d %H:%M:%S.${fraction} %z`, time, whole);
  }
}

function seconds(ns: bigint): number {
  const whole = ns / 1_000_000_000n;
  return Number(ns < 0n && whole * 1_000_000_000n !== ns ? whole - 1n : whole);
}

function systemValue(letter: string, path: ByteString, stat: StatFs): Value | undefined {
  switch (letter) {
    case "n":
      return path;
    case "i":
      return [stat.fsid, "x"];
    case "l":
      return [stat.namelen, "u"];
    case "t":
      return [stat.type, "x"];
    case "T":
      return stat.typeName;
    case "b":
      return [stat.blocks, "u"];
    case "f":
      return [stat.bfree, "u"];
    case "a":
      return [stat.bavail, "u"];
    case "s":
    case "S":
      return [stat.bsize, "u"];
    case "c":
      return [stat.files, "u"];
    case "d":
      return [stat.ffree, "u"];
    default:
      return undefined;
  }
}

/** The page for a file without -c. */
function longFormat(stat: Stat): ByteString {
  const type = stat.mode & S_IFMT;
  const device = type === S_IFBLK || type === S_IFCHR;
  return "  File: %N\n" +
    "  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n" +
    `Device: %Dh/%dd\tInode: %-10i  Links: ${device ? "%-5h Device type: %t,%T" : "%h"}\n` +
    "Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n" +
    "Access: %x\nModify: %y\nChange: %z\n";
}

function typeText(stat: Stat): ByteString {
  switch (stat.mode & S_IFMT) {
    case S_IFREG:
      return stat.size === 0 ? "regular empty file" : "regular file";
    case S_IFDIR:
      return "directory";
    case S_IFBLK:
      return "block special file";
    case S_IFCHR:
      return "character special file";
    case S_IFIFO:
      return "fifo";
    case S_IFLNK:
      return "symbolic link";
    case S_IFSOCK:
      return "socket";
    default:
      return "weird file";
  }
}

/** One value by the flags, width and precision of its conversion. */
function formatted(flags: string, value: Value): string {
  const match = /^([-#+I 0]*)([0-9]*)(?:\.([0-9]*))?/.exec(flags)!;
  const width = Math.min(Number(match[2]), 65536);
  const precision = match[3] === undefined ? undefined : Math.min(Number(match[3]), 65536);
  const left = match[1].includes("-");
  const zero = match[1].includes("0") && !left;
  if (typeof value === "string") {
    const text = precision === undefined ? value : value.slice(0, precision);
    return left ? text.padEnd(width) : text.padStart(width);
  }
  const alternate = match[1].includes("#");
  const [plus, space] = [match[1].includes("+"), match[1].includes(" ")];
  const format = { left, zero, plus, space, alternate, width, precision };
  return formatInteger(BigInt(value[0]), value[1], format);
}
