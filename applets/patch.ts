import {
  type ByteString,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  S_IFLNK,
  S_IFMT,
} from "../sandbox/types.ts";
import type { Directory, OpenFile } from "../sandbox/types.ts";
import { toBytes } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, Source } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";
import { parentText } from "./_lib/path_text.ts";

const NOWHERE = "/dev/null";

/** Applies unified diffs. Source of behaviour: POSIX patch, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "patch",
  usage: "[-RNE] [-p N] [-i DIFF] [ORIGFILE [PATCHFILE]]",
  about: "Apply a unified diff. Names in it can lead nowhere but below the current directory.",
  lostOutput: "ignore",
  options: {
    R: { long: "reverse", help: "Undo the changes" },
    u: { long: "unified" },
    p: { arg: "N", long: "strip", help: "Strip N directories of names" },
    i: { arg: "DIFF", long: "input", help: "Read DIFF instead of stdin" },
    N: { long: "forward", help: "Leave out what is applied already" },
    E: { long: "remove-empty-files", help: "Remove files that become empty" },
    f: { long: "force" },
    g: {},
    get: { arg: "N" },
    "dry-run": { help: "Change no file" },
    "backup-if-mismatch": {},
    "no-backup-if-mismatch": {},
  },
  async run(ctx) {
    const { opts, operands } = ctx;
    // GNU's `-p -1` says that nothing is stripped; native passes over the sign.
    const strip = opts.p === undefined ? undefined : numberArgument(ctx, opts.p.replace(/^-/, ""));
    const source = ctx.open(opts.i ?? operands[1] ?? "-");
    if (source === undefined) return 1;
    // A directory has no patches in it.
    const text = source.file.directory === undefined ? await source.readAll() : "";
    const patcher = new Patcher(ctx, operands[0], strip);
    await patcher.run(text);
    return patcher.failed ? 1 : 0;
  },
});

type PatchContext = Omit<Context, "opts"> & {
  readonly opts: { readonly [name: string]: string | boolean | undefined };
};

/** A hunk, its lines with their signs. */
interface Hunk {
  readonly oldLine: number;
  readonly oldCount: number;
  readonly newLine: number;
  readonly newCount: number;
  readonly lines: ByteString[];
  /** The lines as they stand in the patch. */
  readonly shown: readonly ByteString[];
}

/** A file that is being changed. */
interface Target {
  readonly name: ByteString;
  /** Lines that no hunk has passed yet. */
  readonly lines: readonly ByteString[];
  at: number;
  readonly result: ByteString[];
  number: number;
  failed: boolean;
  readonly created: boolean;
  readonly removes: boolean;
}

class Patcher {
  failed = false;
  #target: Target | undefined;
  readonly #here: Directory;

  constructor(
    private readonly ctx: PatchContext,
    private readonly file: ByteString | undefined,
    private readonly strip: number | undefined,
  ) {
    this.#here = ctx.fs.openDirectory(".").confined();
  }

  async run(text: ByteString): Promise<void> {
    const { ctx } = this;
    const reverse = !!ctx.opts.R;
    const lines = text.split("\n");
    if (lines[lines.length - 1] === "") lines.pop();
    let oldName: ByteString | undefined;
    let newName: ByteString | undefined;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i];
      if (line.startsWith("--- ")) {
        this.#finish();
        oldName = nameOf(line);
        continue;
      }
      if (line.startsWith("+++ ")) {
        this.#finish();
        newName = nameOf(line);
        continue;
      }
      if (!line.startsWith("@@ -") || newName === undefined) continue;
      const parsed = readHunk(lines, i + 1, readRanges(line));
      i = parsed.end - 1;
      const hunk = reverse ? reversed(parsed.hunk) : parsed.hunk;
      // The file is told before anything is known of the hunk's lines.
      this.#target ??= await this.#open(oldName ?? newName, newName, hunk, reverse);
      if (this.#target === undefined) return;
      if (parsed.state === "cut") break;
      if (parsed.state === "damaged") {
        if (hunk.lines.length === 0) break;
        this.#fail(this.#target, hunk);
      } else this.#apply(this.#target, hunk);
      const pause = ctx.tick(1 + hunk.lines.length);
      if (pause !== undefined) await pause;
    }
    this.#finish();
  }

  /** The file that a header means: the new name, with -R too, unless nothing is left of it. */
  async #open(
    oldName: ByteString,
    newName: ByteString,
    hunk: Hunk,
    reverse: boolean,
  ): Promise<Target | undefined> {
    const { ctx } = this;
    const [from, to] = reverse ? [newName, oldName] : [oldName, newName];
    const created = from === NOWHERE || (hunk.oldLine === 0 && hunk.oldCount === 0);
    const removes = to === NOWHERE || (hunk.newLine === 0 && hunk.newCount === 0);
    const emptied = hunk.newLine === 0 && hunk.newCount === 0;
    const name = this.file ?? this.#stripped(newName === NOWHERE || emptied ? oldName : newName);
    const exists = this.#exists(name);
    const make = created && !exists;
    if (exists && hunk.oldLine === 0 && hunk.oldCount === 0 && from !== NOWHERE) {
      ctx.out.print(`creating ${name}\n`);
      ctx.warn(`can't open '${name}': File exists`);
      this.failed = true;
      return undefined;
    }
    ctx.out.print(
      removes && ctx.opts.E
        ? `removing ${name}\n`
        : make
        ? `creating ${name}\n`
        : `patching file ${name}\n`,
    );
    let text = "";
    if (!make) {
      try {
        const source = new Source(this.#openFile(name, O_RDONLY), ctx.process, name, true);
        text = await source.readAll();
        source.close();
      } catch (error) {
        if (!isVfsError(error)) throw error;
        // A directory has no lines.
        if (error.code !== "EISDIR") {
          ctx.warn(`can't open '${name}': ${error.reason}`);
          this.failed = true;
          return undefined;
        }
      }
    }
    // The text after the last newline is a line of its own, told by a missing newline.
    const lines = text.split("\n").map((line, i, all) => i < all.length - 1 ? line + "\n" : line);
    if (lines[lines.length - 1] === "") lines.pop();
    return { name, lines, at: 0, result: [], number: 0, failed: false, created: make, removes };
  }

  #exists(name: ByteString): boolean {
    if (this.file !== undefined) return this.ctx.fs.tryStat(name) !== undefined;
    try {
      this.#here.lstatAt(name);
      return true;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return error.code !== "ENOENT";
    }
  }

  /** Names of the patch stay below this directory; the operand may be anywhere. */
  #openFile(name: ByteString, flags: number): OpenFile {
    return this.file === undefined
      ? this.#here.openAt(name, flags, 0o666)
      : this.ctx.fs.open(name, flags, 0o666);
  }

  #stripped(name: ByteString): ByteString {
    if (this.strip === undefined) return name.slice(name.lastIndexOf("/") + 1);
    let rest = name;
    for (let i = 0; i < this.strip; i++) {
      const slash = rest.indexOf("/");
      if (slash < 0) break;
      rest = rest.slice(slash).replace(/^\/+/, "");
    }
    return rest;
  }

  #apply(target: Target, hunk: Hunk): void {
    target.number++;
    if (target.failed) return;
    const wanted = hunk.lines.filter((line) => line[0] !== "+").map((line) => line.slice(1));
    let leading = 0;
    while (leading < hunk.lines.length && hunk.lines[leading][0] === " ") leading++;
    let trailing = 0;
    while (
      trailing < hunk.lines.length && hunk.lines[hunk.lines.length - 1 - trailing][0] === " "
    ) {
      trailing++;
    }
    // Less context behind than before means that the file ends there.
    const atEnd = trailing < leading || trailing === 0;
    const place = findLines(target.lines, target.at, wanted, atEnd);
    if (place < 0) {
      if (seemsApplied(target.lines, target.at, hunk.lines)) {
        if (this.ctx.opts.N) return;
        this.ctx.say(`Possibly reversed hunk ${target.number} at ${target.lines.length + 1}\n`);
      }
      target.number--;
      this.#fail(target, hunk);
      return;
    }
    target.result.push(...target.lines.slice(target.at, place));
    for (const line of hunk.lines) if (line[0] !== "-") target.result.push(line.slice(1));
    target.at = place + wanted.length;
  }

  #fail(target: Target, hunk: Hunk): void {
    target.number++;
    if (target.failed) return;
    this.failed = target.failed = true;
    this.ctx.say(
      `Hunk ${target.number} FAILED ${hunk.oldLine}/${hunk.newLine}.\n${hunk.shown.join("")}`,
    );
  }

  #finish(): void {
    const { ctx } = this;
    const target = this.#target;
    this.#target = undefined;
    if (target === undefined || target.failed || ctx.opts["dry-run"]) return;
    const text = target.result.join("") + target.lines.slice(target.at).join("");
    try {
      if (text === "" && target.removes && ctx.opts.E) {
        if (this.file === undefined) this.#here.unlinkAt(target.name);
        else ctx.fs.unlink(target.name);
        return;
      }
      if (target.created && this.file === undefined) this.#makeParents(target.name);
      // As native, a link gives way to a file of its own.
      this.#replaceLink(target.name);
      const file = this.#openFile(target.name, O_WRONLY | O_CREAT | O_TRUNC);
      const bytes = toBytes(text);
      try {
        file.pwrite(bytes, 0);
      } finally {
        file.release();
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.warn(`can't open '${target.name}': ${error.reason}`);
      this.failed = true;
    }
  }

  #replaceLink(name: ByteString): void {
    const { fs } = this.ctx;
    if (this.file !== undefined) {
      const there = fs.tryStat(name, { follow: false });
      if (there !== undefined && (there.mode & S_IFMT) === S_IFLNK) fs.unlink(name);
      return;
    }
    try {
      if ((this.#here.lstatAt(name).mode & S_IFMT) === S_IFLNK) this.#here.unlinkAt(name);
    } catch (error) {
      if (!isVfsError(error)) throw error; // The opening tells.
    }
  }

  #makeParents(name: ByteString): void {
    const parents: ByteString[] = [];
    for (let at = parentText(name); at !== "." && at !== "/"; at = parentText(at)) {
      parents.unshift(at);
    }
    for (const parent of parents) {
      try {
        this.#here.makeDirAt(parent, 0o777);
      } catch (error) {
        if (!isVfsError(error, "EEXIST")) throw error;
      }
    }
  }
}

/** The name of a header line, without the time that may follow it. */
function nameOf(line: ByteString): ByteString {
  return line.slice(4).split("\t", 1)[0];
}

/** Where a hunk begins and how many lines it has, before and after. */
type Ranges = Pick<Hunk, "oldLine" | "oldCount" | "newLine" | "newCount">;

/** `@@ -LINE[,COUNT] +LINE[,COUNT]`. What is no number is 0, and a missing count 1, as in native. */
function readRanges(line: ByteString): Ranges {
  let at = 4;
  const number = (): number => {
    const match = /^\s*[-+]?[0-9]+/.exec(line.slice(at));
    if (match === null) return 0;
    at += match[0].length;
    return Number(match[0]);
  };
  const count = (): number => {
    if (line[at] !== ",") return 1;
    at++;
    return number();
  };
  const oldLine = number();
  const oldCount = count();
  at += 2;
  return { oldLine, oldCount, newLine: number(), newCount: count() };
}

function readHunk(
  lines: readonly ByteString[],
  from: number,
  ranges: Ranges,
): { readonly hunk: Hunk; readonly end: number; readonly state: "whole" | "cut" | "damaged" } {
  const body: ByteString[] = [];
  const hunk: Hunk = {
    ...ranges,
    lines: body,
    shown: body,
  };
  let { oldCount, newCount } = hunk;
  let i = from;
  for (; oldCount > 0 || newCount > 0 || lines[i]?.startsWith("\\"); i++) {
    // A hunk that is cut off is left out, as native does.
    if (i >= lines.length) return { hunk, end: i, state: "cut" };
    const line = lines[i] === "" ? " " : lines[i];
    const sign = line[0];
    if (sign === "\\") {
      // Unlike native, which does not know of lines without a newline and fails, the line has none.
      const last = hunk.lines.length - 1;
      if (last >= 0) hunk.lines[last] = hunk.lines[last].replace(/\n$/, "");
      continue;
    }
    if (sign === " " || sign === "-") oldCount--;
    if (sign === " " || sign === "+") newCount--;
    if (sign !== " " && sign !== "-" && sign !== "+") return { hunk, end: i, state: "damaged" };
    hunk.lines.push(`${line}\n`);
  }
  return { hunk, end: i, state: "whole" };
}

function reversed({ oldLine, oldCount, newLine, newCount, lines }: Hunk): Hunk {
  return {
    shown: lines,
    oldLine: newLine,
    oldCount: newCount,
    newLine: oldLine,
    newCount: oldCount,
    lines: lines.map((line) =>
      line[0] === "+" ? `-${line.slice(1)}` : line[0] === "-" ? `+${line.slice(1)}` : line
    ),
  };
}

/** Where the wanted lines stand next, or -1. */
function findLines(
  lines: readonly ByteString[],
  from: number,
  wanted: readonly ByteString[],
  atEnd: boolean,
): number {
  for (let at = from; at + wanted.length <= lines.length; at++) {
    let i = 0;
    while (i < wanted.length && lines[at + i] === wanted[i]) i++;
    if (i === wanted.length && (!atEnd || at + i === lines.length)) return at;
  }
  return -1;
}

/**
 * Whether a line that the hunk would add stands in the file already, behind lines that agree with the
 * hunk so far. Native takes that for a sign that it was applied before.
 */
function seemsApplied(
  lines: readonly ByteString[],
  from: number,
  hunk: readonly ByteString[],
): boolean {
  for (let at = from; at < lines.length; at++) {
    let next = at;
    for (const line of hunk) {
      if (next >= lines.length) break;
      if (line[0] !== "+") {
        if (lines[next++] !== line.slice(1)) break;
      } else if (lines[next] === line.slice(1)) return true;
    }
  }
  return false;
}
