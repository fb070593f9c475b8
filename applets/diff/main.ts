import { type ByteString, S_IFDIR, S_IFMT, S_IFREG, type Stat } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "../contract.ts";
import { AppletExit } from "../_lib/options.ts";
import { joinPath, lastComponent, parentText } from "../_lib/path_text.ts";
import { type Change, compareLines, LINES_A_TURN } from "./compare.ts";

/** Status of a missing file. */
const TROUBLE = 2;
const CONTEXT = 3;

/** Compares files line by line. Source of behaviour: POSIX diff -U, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "diff",
  usage: "[-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2",
  about: "Compare files line by line, and show their differences in the unified format",
  lostOutput: "ignore",
  options: {
    i: { long: "ignore-case", help: "Ignore differences of case" },
    E: { long: "ignore-tab-expansion" },
    b: { long: "ignore-space-change", help: "Ignore changes in the amount of white space" },
    w: { long: "ignore-all-space", help: "Ignore all white space" },
    B: { long: "ignore-blank-lines", help: "Ignore changes of blank lines only" },
    a: { long: "text", help: "Treat all files as text" },
    U: { arg: "LINES", numeric: true, long: "unified", help: "Lines of context" },
    L: { arg: "LABEL", many: true, long: "label", help: "Name of a file in the header" },
    p: { long: "show-c-function" },
    q: { long: "brief", help: "Only tell whether files differ" },
    t: { long: "expand-tabs", help: "Expand tabs to spaces" },
    T: { long: "initial-tab", help: "Put a tab after the signs" },
    r: { long: "recursive", help: "Compare sub-directories too" },
    u: {},
    N: { long: "new-file", help: "Treat absent files as empty" },
    s: { long: "report-identical-files", help: "Tell when two files are the same" },
    S: { arg: "FILE", long: "starting-file", help: "Start with FILE in directories" },
    d: { long: "minimal", help: "Look longer for a smaller set of changes" },
  },
  minOperands: 2,
  maxOperands: 2,
  async run(ctx) {
    const comparer = new Comparer(ctx);
    return await comparer.run(ctx.operands[0], ctx.operands[1]);
  },
});

type DiffContext = Omit<Context, "opts"> & {
  readonly opts: {
    readonly [name: string]: string | number | boolean | readonly string[] | undefined;
  };
};

/** One of the two inputs. */
interface Side {
  readonly path: ByteString;
  /** Undefined: treated as empty. */
  readonly stat: Stat | undefined;
}

/** A file as lines; the last one may lack its newline. */
interface Lines {
  readonly text: ByteString;
  readonly starts: readonly number[];
  readonly unterminated: boolean;
}

class Comparer {
  #status = 0;
  readonly #context: number;
  readonly #labels: readonly string[];

  constructor(private readonly ctx: DiffContext) {
    this.#context = (ctx.opts.U as number | undefined) ?? CONTEXT;
    this.#labels = (ctx.opts.L as readonly string[] | undefined) ?? [];
  }

  async run(first: ByteString, second: ByteString): Promise<number> {
    const a = this.#stat(first);
    const b = this.#stat(second);
    if (a === undefined && b === undefined) return 0;
    const aIsDirectory = isDirectory(a);
    const bIsDirectory = isDirectory(b);
    if ((first === "-" || second === "-") && (aIsDirectory || bIsDirectory)) {
      return this.ctx.fail("can't compare stdin to a directory");
    }
    if (isSame(a, b)) return 0;
    if (aIsDirectory && bIsDirectory) {
      await this.#directories(first, second);
      return this.#status;
    }
    let left: Side = { path: first, stat: a };
    let right: Side = { path: second, stat: b };
    if (aIsDirectory && b !== undefined) left = this.#inside(first, second);
    else if (bIsDirectory && a !== undefined) right = this.#inside(second, first);
    await this.#files(left, right);
    return this.#status;
    // A missing operand ends it in #stat.
    function isDirectory(stat: Stat | undefined): boolean {
      return stat !== undefined && (stat.mode & S_IFMT) === S_IFDIR;
    }
  }

  #stat(path: ByteString): Stat | undefined {
    const { ctx } = this;
    if (path === "-") return ctx.stdin.file.stat();
    try {
      return ctx.fs.stat(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (ctx.opts.N && error.code === "ENOENT") return undefined;
      ctx.warn(`can't stat '${path}': ${error.reason}`);
      throw new AppletExit(TROUBLE);
    }
  }

  /** A file of a directory by the other operand's name. */
  #inside(directory: ByteString, file: ByteString): Side {
    const path = joinPath(directory, lastComponent(file));
    try {
      return { path, stat: this.ctx.fs.stat(path) };
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return this.ctx.fail(`can't stat '${path}': ${error.reason}`);
    }
  }

  async #directories(first: ByteString, second: ByteString): Promise<void> {
    const { ctx } = this;
    const { opts } = ctx;
    const start = opts.S as string | undefined;
    const [left, right] = [this.#list(first), this.#list(second)];
    const names = [...new Set([...left.keys(), ...right.keys()])].sort((a, b) =>
      a < b ? -1 : a > b ? 1 : 0
    );
    for (const name of names) {
      if (start !== undefined && name < start) continue;
      const a = left.get(name);
      const b = right.get(name);
      if ((a === undefined || b === undefined) && !opts.N) {
        // What is below a directory that the other side lacks is not told.
        const parent = joinPath(a === undefined ? first : second, parentText(name));
        if (name.includes("/") && ctx.fs.tryStat(parent) === undefined) continue;
        this.#status ||= 1;
        await ctx.out.print(`Only in ${a === undefined ? second : first}: ${name}\n`);
        continue;
      }
      const sides = [
        { path: joinPath(first, name), stat: a },
        { path: joinPath(second, name), stat: b },
      ];
      const special = sides.find(({ stat }) => stat !== undefined && !isComparable(stat));
      if (special !== undefined) {
        await ctx.out.print(
          `File ${special.path} is not a regular file or directory and was skipped\n`,
        );
        continue;
      }
      await this.#entry(sides[0], sides[1]);
    }
  }

  /** Names in a directory; with -r the files below it, by their paths. */
  #list(root: ByteString): Map<ByteString, Stat> {
    const { ctx } = this;
    const found = new Map<ByteString, Stat>();
    const queue: ByteString[] = [""];
    for (let prefix = queue.pop(); prefix !== undefined; prefix = queue.pop()) {
      const path = prefix === "" ? root : joinPath(root, prefix);
      try {
        for (const { name } of ctx.fs.readDir(path)) {
          const inner = prefix === "" ? name : `${prefix}/${name}`;
          const stat = ctx.fs.tryStat(joinPath(root, inner));
          if (stat === undefined) continue;
          if (ctx.opts.r && (stat.mode & S_IFMT) === S_IFDIR) {
            // A link to a directory could lead in circles: only real ones are entered.
            const own = ctx.fs.lstat(joinPath(root, inner));
            if ((own.mode & S_IFMT) === S_IFDIR) queue.push(inner);
            continue;
          }
          found.set(inner, stat);
        }
      } catch (error) {
        ctx.warnError(path, error);
        this.#status = TROUBLE;
      }
    }
    return found;
  }

  async #entry(a: Side, b: Side): Promise<void> {
    const { ctx } = this;
    const kind = (side: Side, other: Side): number => ((side.stat ?? other.stat)!.mode) & S_IFMT;
    const left = kind(a, b);
    const right = kind(b, a);
    if (left === S_IFDIR && right === S_IFDIR) {
      await ctx.out.print(`Common subdirectories: ${a.path} and ${b.path}\n`);
      return;
    }
    if (left !== right) {
      this.#status ||= 1;
      await ctx.out.print(
        `File ${a.path} is a ${kindText(left)} while file ${b.path} is a ${kindText(right)}\n`,
      );
      return;
    }
    await this.#files(
      a.stat === undefined ? { path: "/dev/null", stat: undefined } : a,
      b.stat === undefined ? { path: "/dev/null", stat: undefined } : b,
    );
  }

  async #files(a: Side, b: Side): Promise<void> {
    const { ctx } = this;
    const { opts } = ctx;
    if (isSame(a.stat, b.stat)) return;
    const textA = await this.#read(a);
    const textB = await this.#read(b);
    // What may not be opened is told, and is no trouble to native.
    if (textA === undefined || textB === undefined) return;
    if (textA === textB) {
      if (opts.s) await ctx.out.print(`Files ${a.path} and ${b.path} are identical\n`);
      return;
    }
    // Nothing is known of an empty file, and then native takes the other for text.
    const known = textA !== "" && textB !== "";
    if (!opts.a && known && (textA.includes("\0") || textB.includes("\0"))) {
      this.#status ||= 1;
      await ctx.out.print(`Files ${a.path} and ${b.path} differ\n`);
      return;
    }
    const linesA = splitLines(textA);
    const linesB = splitLines(textB);
    const ids = new Map<ByteString, number>();
    const numbersA = await this.#number(linesA, ids);
    const numbersB = await this.#number(linesB, ids);
    const changes = await compareLines(ctx.process, numbersA, numbersB, !!opts.d);
    const hunks = groupChanges(changes, this.#context).filter((hunk) =>
      !opts.B ||
      !hunk.every((change) =>
        allBlank(linesA, change.fromA, change.toA) && allBlank(linesB, change.fromB, change.toB)
      )
    );
    if (hunks.length === 0) {
      if (opts.s) await ctx.out.print(`Files ${a.path} and ${b.path} are identical\n`);
      return;
    }
    this.#status ||= 1;
    if (opts.q) {
      await ctx.out.print(`Files ${a.path} and ${b.path} differ\n`);
      return;
    }
    await ctx.out.print(
      `--- ${this.#labels[0] ?? a.path}\n+++ ${this.#labels[1] ?? b.path}\n`,
    );
    for (const hunk of hunks) await this.#hunk(linesA, linesB, hunk);
  }

  async #read(side: Side): Promise<ByteString | undefined> {
    const { ctx } = this;
    if (side.stat === undefined) return "";
    const source = ctx.open(side.path);
    if (source === undefined) return undefined;
    try {
      const bytes = await source.readAllBytes();
      source.close();
      return toByteString(bytes);
    } catch (error) {
      ctx.warnError(side.path, error);
      this.#status = TROUBLE;
      return undefined;
    }
  }

  /** Equal lines get equal numbers. */
  async #number(lines: Lines, ids: Map<ByteString, number>): Promise<Int32Array> {
    const { opts } = this.ctx;
    const count = lines.starts.length - 1;
    const numbers = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      let line = lineOf(lines, i);
      if (i === count - 1 && lines.unterminated && !opts.w && !opts.b) line += "\n\\";
      if (opts.w) line = line.replace(/[ \t\v\f\r]+/g, "");
      else if (opts.b) line = line.replace(/[ \t\v\f\r]+/g, " ").replace(/ $/, "");
      if (opts.i) line = line.toLowerCase();
      let id = ids.get(line);
      if (id === undefined) ids.set(line, id = ids.size);
      numbers[i] = id;
      if (i % LINES_A_TURN === 0) {
        const pause = this.ctx.tick(LINES_A_TURN);
        if (pause !== undefined) await pause;
      }
    }
    return numbers;
  }

  /** Prints changes and the lines around them. */
  async #hunk(a: Lines, b: Lines, changes: readonly Change[]): Promise<void> {
    const { out } = this.ctx;
    const context = this.#context;
    const first = changes[0];
    const last = changes[changes.length - 1];
    const lead = Math.min(context, first.fromA, first.fromB);
    const tail = Math.min(context, a.starts.length - 1 - last.toA);
    await out.print(
      `@@ -${range(first.fromA - lead, last.toA + tail)} +${
        range(first.fromB - lead, last.toB + tail)
      } @@\n`,
    );
    let at = first.fromA - lead;
    for (const change of changes) {
      for (; at < change.fromA; at++) await this.#line(" ", a, at);
      for (; at < change.toA; at++) await this.#line("-", a, at);
      for (let j = change.fromB; j < change.toB; j++) await this.#line("+", b, j);
    }
    for (const end = last.toA + tail; at < end; at++) await this.#line(" ", a, at);
  }

  #line(sign: string, lines: Lines, index: number): void | Promise<void> {
    const { opts, out } = this.ctx;
    let text = lineOf(lines, index);
    if (opts.t) text = expandTabs(text);
    const last = index === lines.starts.length - 2 && lines.unterminated;
    return out.print(
      `${sign}${opts.T ? "\t" : ""}${text}\n${last ? "\\ No newline at end of file\n" : ""}`,
    );
  }
}

/** Whether both are one file, which is equal to itself. */
function isSame(a: Stat | undefined, b: Stat | undefined): boolean {
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev && a.ino !== 0;
}

function kindText(type: number): string {
  return type === S_IFDIR ? "directory" : type === S_IFREG ? "regular file" : "special file";
}

/** Changes that are near each other go into one hunk. */
function groupChanges(changes: readonly Change[], context: number): Change[][] {
  const groups: Change[][] = [];
  let last: Change | undefined;
  for (const change of changes) {
    if (last !== undefined && change.fromA - last.toA <= 2 * context) {
      groups[groups.length - 1].push(change);
    } else groups.push([change]);
    last = change;
  }
  return groups;
}

function splitLines(text: ByteString): Lines {
  const starts: number[] = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const unterminated = starts[starts.length - 1] < text.length;
  if (unterminated) starts.push(text.length + 1);
  return { text, starts, unterminated };
}

function lineOf({ text, starts }: Lines, index: number): ByteString {
  return text.slice(starts[index], starts[index + 1] - 1);
}

function allBlank(lines: Lines, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (lineOf(lines, i) !== "") return false;
  return true;
}

/** `START,COUNT` of lines `[from, to)`, as POSIX words it. */
function range(from: number, to: number): string {
  const count = to - from;
  if (count === 1) return String(from + 1);
  return `${count === 0 ? from : from + 1},${count}`;
}

function expandTabs(text: ByteString): ByteString {
  let line = "";
  for (const char of text) line += char === "\t" ? " ".repeat(8 - line.length % 8) : char;
  return line;
}

/** Reading a fifo or a device of a tree could wait for ever. */
function isComparable(stat: Stat): boolean {
  const type = stat.mode & S_IFMT;
  return type === S_IFREG || type === S_IFDIR;
}
