import {
  type ByteString,
  type MaybePromise,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Stat,
} from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toBytes, toByteString } from "../sandbox/bytes.ts";
import { type Applet, type Context, defineApplet, type Sink, type Source } from "./contract.ts";
import { LongLines } from "./_lib/long_line.ts";
import { Accounts } from "./_lib/accounts.ts";
import { ArchiveWriter } from "./_lib/archive/archive_writer.ts";
import { ByteReader, plain } from "./_lib/archive/byte_reader.ts";
import { cpioEntry, CpioReader, TRAILER } from "./_lib/archive/cpio_format.ts";
import { copyData, Extractor } from "./_lib/archive/extract.ts";
import { longListing } from "./_lib/archive/listing.ts";
import { type Member, safeName } from "./_lib/archive/member.ts";
import { matchPattern } from "./_lib/glob_match.ts";
import { type Zone, zoneOf } from "./_lib/time.ts";

const OPTIONS = {
  i: { help: "Extract", long: "extract" },
  t: { help: "List", long: "list" },
  o: { help: "Create; names come from stdin", long: "create" },
  H: { arg: "newc", help: "The format; needed by -o", long: "format" },
  d: { help: "Make directories as needed" },
  m: { help: "Set times as in the archive" },
  R: { arg: "USER[:GRP]", help: "Owner of what is made", long: "owner" },
  u: { help: "Replace newer files too" },
  F: { arg: "FILE", help: "The archive, instead of stdin or stdout" },
  v: { help: "Tell of each member", long: "verbose" },
  L: { help: "Add what links point to" },
  0: { after: "v", help: "Names from stdin end in NUL", long: "null" },
  quiet: {},
  "to-stdout": {},
  "ignore-devno": { help: "Create: leave out device numbers" },
  "renumber-inodes": { help: "Create: number files from 1" },
} as const;

type Ctx = Context<typeof OPTIONS>;

/** Packs and unpacks cpio archives. Source of behaviour: BusyBox 1.35 (newc format). */
export const applet: Applet = defineApplet({
  name: "cpio",
  usage: "[-dmvu] [-F FILE] [-R USER[:GRP]] [-H newc] [-tio] [EXTR_FILE]...",
  about: "List or extract a cpio archive, or make one of the files named on stdin",
  lostOutput: "ignore",
  options: OPTIONS,
  run(ctx): MaybePromise<number> {
    const { opts } = ctx;
    const owner = opts.R === undefined ? {} : parseOwner(ctx, opts.R);
    if (opts.o) {
      if (opts.H !== "newc") ctx.usage();
      return create(ctx, owner);
    }
    // Reading finds the format out by itself, so that any name will do.
    const source = opts.F === undefined ? ctx.stdin : openArchive(ctx, opts.F);
    if (!opts.t && !opts.i) ctx.usage();
    return readArchive(ctx, owner, source);
  },
});

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** `USER`, `USER:GROUP`, `USER:` (the user's own group), `:GROUP`, by name or number. */
function parseOwner(ctx: Ctx, text: ByteString): Owner {
  const accounts = new Accounts(ctx.fs);
  const colon = text.indexOf(":");
  const userText = colon < 0 ? text : text.slice(0, colon);
  const groupText = colon < 0 ? undefined : text.slice(colon + 1);
  const owner: { uid?: number; gid?: number } = {};
  const isNumber = (word: string): boolean => /^[0-9]+$/.test(word);
  if (userText !== "" || colon < 0) {
    const user = accounts.user(userText);
    if (user === undefined && !isNumber(userText)) ctx.fail(`unknown user ${userText}`);
    owner.uid = user?.uid ?? Number(userText);
    if (groupText === "") {
      owner.gid = user?.gid ?? accounts.users().find((each) => each.uid === owner.uid)?.gid ??
        owner.uid;
    }
  }
  if (groupText !== undefined && groupText !== "") {
    const group = accounts.group(groupText);
    if (group === undefined && !isNumber(groupText)) ctx.fail(`unknown group ${groupText}`);
    owner.gid = group?.gid ?? Number(groupText);
  }
  return owner;
}

/** Opens the archive; `-` is a file of that name. */
function openArchive(ctx: Ctx, path: ByteString): Source {
  try {
    return ctx.openOrThrow(path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't open '${path}': ${error.reason}`);
  }
}

async function readArchive(ctx: Ctx, owner: Owner, source: Source): Promise<number> {
  const { opts } = ctx;
  // Native does not tell what it cannot read from what ends too early.
  if (source.isClosed || source.file.directory !== undefined) ctx.fail("short read");
  const input = new ByteReader(plain(source), source);
  const reader = new CpioReader(input, (message) => ctx.fail(message));
  const user = new MemberUser(ctx, owner, input);
  // Links of a file come without data; the one with the data may be the last.
  const links: { readonly member: Member; readonly id: string }[] = [];
  const nameOf = new Map<string, ByteString>();
  for (;;) {
    const found = await reader.next();
    if (found === undefined) break;
    const { member, id, links: count } = found;
    const pause = ctx.tick(20);
    if (pause !== undefined) await pause;
    let end = input.position + member.size;
    // Native tells of a member after its data, so not of one whose data are missing.
    let shown = false;
    if (isWanted(member.name, ctx.operands)) {
      const isFile = (member.mode & S_IFMT) === S_IFREG;
      if (isFile && count > 1 && member.size === 0) {
        links.push({ member, id });
      } else {
        shown = true;
        if (isFile && count > 1) nameOf.set(id, member.name);
        const using = user.use(member);
        if (using instanceof Promise) await using;
        // Native makes what is no file without a look at data it may have, and goes on in them.
        if (!isFile && !opts.t && !opts["to-stdout"]) end = input.position;
      }
    }
    const rest = end - input.position;
    const skipping = input.skip(rest);
    const skipped = skipping instanceof Promise ? await skipping : skipping;
    if (skipped < rest && !input.jumps) ctx.fail("short read");
    if (shown) user.show(member);
  }
  if (!opts.t && !opts["to-stdout"]) {
    // The last one met comes first, as in native.
    for (const { member, id } of links.reverse()) {
      const link = nameOf.get(id);
      if (link === undefined) {
        nameOf.set(id, member.name);
        await user.make(member);
      } else {
        await user.make({ ...member, link, isHardLink: true });
      }
    }
  }
  user.finish();
  if (reader.sawTrailer && !opts.quiet) ctx.say(`${Math.ceil(input.position / 512)} blocks\n`);
  return ctx.status;
}

function isWanted(name: ByteString, patterns: readonly ByteString[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchPattern(pattern, name));
}

class MemberUser {
  readonly #extractor: Extractor<typeof OPTIONS>;
  readonly #zone: Zone;

  constructor(
    private readonly ctx: Ctx,
    private readonly owner: Owner,
    private readonly input: ByteReader,
  ) {
    const { opts } = ctx;
    this.#zone = zoneOf(ctx.process);
    this.#extractor = new Extractor(ctx, {
      unlinkOld: opts.u === true,
      keepNewer: !opts.u,
      exactModes: true,
      owners: "numeric",
      times: opts.m === true,
      makeParents: opts.d === true,
      linkErrorsEnd: true,
    });
  }

  /** Tells of a member, if the options say so. */
  show(member: Member): void {
    const { out, opts } = this.ctx;
    if (opts.t && opts.v) void out.print(longListing({ ...member, ...this.owner }, this.#zone));
    else if (opts.t || opts.v) void out.print(`${member.name}\n`);
  }

  use(member: Member): MaybePromise<void> {
    const { ctx } = this;
    const { opts } = ctx;
    if (opts.t) return;
    if (opts["to-stdout"]) {
      if ((member.mode & S_IFMT) !== S_IFREG) return;
      ctx.out.flushNow();
      return copyData(ctx, this.input, member.size, ctx.stdout);
    }
    return this.make(member);
  }

  make(member: Member): MaybePromise<void> {
    // Native would follow a name out of the directory; here nothing leaves it.
    return this.#extractor.extract(
      { ...member, ...this.owner, name: safeName(member.name) },
      this.input,
    );
  }

  finish(): void {
    this.#extractor.finish();
  }
}

async function create(ctx: Ctx, owner: Owner): Promise<number> {
  const { opts } = ctx;
  let sink: Sink = ctx.stdout;
  if (opts.F !== undefined) {
    try {
      sink = ctx.createOrThrow(opts.F);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.fail(`can't open '${opts.F}': ${error.reason}`);
    }
  }
  const writer = new Writer(ctx, new ArchiveWriter(sink), owner);
  const delimiter = opts[0] ? 0 : 10;
  // Names that cannot be read are none.
  const isReadable = !ctx.stdin.isClosed && ctx.stdin.file.directory === undefined;
  const names = new LongLines(ctx.stdin, ctx.process);
  while (isReadable) {
    const reading = names.next(delimiter);
    const bytes = reading instanceof Promise ? await reading : reading;
    if (bytes === undefined) break;
    const end = bytes[bytes.length - 1] === delimiter ? bytes.length - 1 : bytes.length;
    if (end > 0) await writer.add(toByteString(bytes, 0, end));
  }
  try {
    await writer.finish();
  } catch (error) {
    if (!isVfsError(error) || !ctx.wasWriting(error)) throw error;
    return ctx.fail(`write error: ${error.reason}`);
  }
  return ctx.status;
}

/** Writes the members; a file with several names comes at the end, its data with the last of them. */
class Writer {
  readonly #linked = new Map<string, { name: ByteString; path: ByteString; stat: Stat }[]>();
  readonly #numbers = new Map<string, number>();

  constructor(
    private readonly ctx: Ctx,
    private readonly out: ArchiveWriter,
    private readonly owner: Owner,
  ) {}

  async add(path: ByteString): Promise<void> {
    const { ctx } = this;
    const pause = ctx.tick(50);
    if (pause !== undefined) await pause;
    let stat: Stat;
    try {
      stat = ctx.opts.L ? ctx.fs.stat(path) : ctx.fs.lstat(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      await this.out.finish();
      return ctx.fail(`${path}: ${error.reason}`);
    }
    const name = path.startsWith("./") && path.length > 2 ? path.slice(2) : path;
    if ((stat.mode & S_IFMT) === S_IFREG && stat.nlink > 1) {
      const id = `${stat.dev}:${stat.ino}`;
      let list = this.#linked.get(id);
      if (list === undefined) this.#linked.set(id, list = []);
      list.unshift({ name, path, stat });
      return;
    }
    await this.#put(name, path, stat, true);
  }

  async #put(name: ByteString, path: ByteString, stat: Stat, withData: boolean): Promise<void> {
    const { ctx, out } = this;
    const type = stat.mode & S_IFMT;
    let data: Uint8Array | undefined;
    let size = 0;
    if (type === S_IFLNK) {
      data = toBytes(ctx.fs.readLink(path));
      size = data.length;
    } else if (type === S_IFREG && withData) {
      size = stat.size;
    }
    await out.write(cpioEntry(name, { ...stat, ...this.owner, size, ...this.#identity(stat) }));
    if (data !== undefined) await out.write(data);
    else if (size > 0) await this.#copy(path, size);
    await out.zeros(-size & 3);
  }

  #identity(stat: Stat): { ino: number; dev: number } {
    const { opts } = this.ctx;
    const dev = opts["ignore-devno"] ? 0 : stat.dev;
    if (!opts["renumber-inodes"]) return { ino: stat.ino, dev };
    const id = `${stat.dev}:${stat.ino}`;
    let number = stat.nlink > 1 ? this.#numbers.get(id) : undefined;
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(stat.nlink > 1 ? id : `${id}#${number}`, number);
    }
    return { ino: number, dev };
  }

  async #copy(path: ByteString, size: number): Promise<void> {
    const { ctx, out } = this;
    let source;
    try {
      source = ctx.openOrThrow(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`can't open '${path}': ${error.reason}`);
    }
    let left = size;
    while (left > 0) {
      const reading = source.readReused();
      const chunk = reading instanceof Promise ? await reading : reading;
      if (chunk === undefined) break;
      const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      const waiting = out.write(part);
      if (waiting !== undefined) await waiting;
    }
    source.close();
    await out.zeros(left);
  }

  async finish(): Promise<void> {
    for (const list of this.#linked.values()) {
      for (let i = 0; i < list.length; i++) {
        await this.#put(list[i].name, list[i].path, list[i].stat, i === list.length - 1);
      }
    }
    await this.out.write(TRAILER);
    await this.out.finish();
  }
}
