import { type ByteString, type MaybePromise, S_IFMT, S_IFREG } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type OptionTable, Sink } from "../contract.ts";
import { Accounts } from "../_lib/accounts.ts";
import { ArchiveWriter } from "../_lib/archive/archive_writer.ts";
import { ByteReader, decoded, plain } from "../_lib/archive/byte_reader.ts";
import { copyData, Extractor } from "../_lib/archive/extract.ts";
import { longListing } from "../_lib/archive/listing.ts";
import { type Member, safeName, stripComponents, Wanted } from "../_lib/archive/member.ts";
import { Bunzip2 } from "../_lib/codec/bunzip2.ts";
import { type Codec, CodecError } from "../_lib/codec/codec.ts";
import { Gzip } from "../_lib/codec/gzip.ts";
import { Uncompress } from "../_lib/codec/uncompress.ts";
import { Unlzma } from "../_lib/codec/unlzma.ts";
import { UnpackAny } from "../_lib/codec/unpack_any.ts";
import { Unxz } from "../_lib/codec/unxz.ts";
import { parseOptions } from "../_lib/options.ts";
import { Part } from "../_lib/part.ts";
import { type Zone, zoneOf } from "../_lib/time.ts";
import { Creator } from "./create.ts";
import { BLOCK, TarError, TarReader } from "./format.ts";

const OPTIONS = {
  t: { excludes: ["c", "x"], help: "List", long: "list", count: true },
  x: { excludes: ["c", "t"], help: "Extract", long: "extract" },
  C: { arg: "DIR", help: "Change to DIR first", long: "directory" },
  f: { arg: "FILE", help: "The archive; - is stdin or stdout", long: "file" },
  O: { help: "Extract to stdout", long: "to-stdout" },
  o: { help: "Owners are not restored", long: "no-same-owner" },
  p: { long: "same-permissions" },
  v: { help: "Tell of each member; twice: in detail", long: "verbose", count: true },
  k: { help: "Never replace files", long: "keep-old" },
  c: { excludes: ["x", "t"], help: "Create", long: "create" },
  h: { help: "Add what links point to", long: "dereference" },
  j: { help: "Compressed by bzip2", long: "bzip2" },
  z: { help: "Compressed by gzip", long: "gzip" },
  J: { help: "Compressed by xz", long: "xz" },
  Z: { help: "Compressed by compress", long: "compress" },
  a: { help: "Create: compress as the name of the archive says", long: "auto-compress" },
  m: { help: "Times are those of the extraction", long: "touch" },
  "strip-components": {
    arg: "NUM",
    numeric: true,
    help: "Leave out NUM leading components of names",
  },
  lzma: { help: "Compressed by lzma" },
  "no-recursion": { help: "Do not descend into directories" },
  "to-command": { arg: "COMMAND", help: "Give each file to COMMAND" },
  "numeric-owner": { help: "Owners by number, not by name" },
  "no-same-permissions": { help: "The umask takes its part" },
  overwrite: { help: "Write into existing files" },
} as const;

type TarContext = Context<OptionTable>;

/** The options, parsed. */
interface TarOptions {
  readonly [name: string]: unknown;
  readonly f?: ByteString;
  readonly C?: ByteString;
  readonly v?: number;
  readonly "strip-components"?: number;
  readonly "to-command"?: ByteString;
}

/** Packs and unpacks trees. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "tar",
  usage: "c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [FILE]...",
  about: "Create, extract or list a tar archive",
  lostOutput: "ignore",
  options: OPTIONS,
  raw: true,
  run(ctx): MaybePromise<number> {
    if (ctx.argv[1] === "--version") {
      void ctx.out.print("tar (busybox) 1.35.0\n");
      return 0;
    }
    const parsed = parseOptions(OPTIONS, withDashes(ctx.argv), {});
    const opts = parsed.opts as TarOptions;
    const modes = [opts.c, opts.x, opts.t].filter((mode) => mode).length;
    if (modes !== 1) ctx.usage();
    return opts.c ? create(ctx, opts, parsed.operands) : readArchive(ctx, opts, parsed.operands);
  },
});

/** The old style, `tar xvfz FILE`, in the new one: as in native, `f` goes to the end of the letters. */
function withDashes(argv: readonly ByteString[]): ByteString[] {
  const first = argv[1];
  if (first === undefined || first === "" || first.startsWith("-")) return [...argv];
  const letters = first.replaceAll("f", "") + (first.includes("f") ? "f" : "");
  return [argv[0], `-${letters}`, ...argv.slice(2)];
}

/** Makes names safe and tells of the first that was not. */
function safeNames(ctx: TarContext): (name: ByteString) => ByteString {
  let told = false;
  return (name) => {
    const safe = safeName(name);
    if (safe !== name && !told) {
      told = true;
      const removed = name.slice(0, name.length - safe.length);
      ctx.say(`${ctx.name}: removing leading '${removed}' from member names\n`);
    }
    return safe;
  };
}

function changeDir(ctx: TarContext, path: ByteString | undefined): void {
  if (path === undefined) return;
  try {
    ctx.fs.changeDir(path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    ctx.fail(`can't change directory to '${path}': ${error.reason}`);
  }
}

/** The compressor of `-j`. */
const BZIP2: Part<typeof import("../_lib/codec/bzip2.ts")> = new Part("_lib/codec/bzip2.ts");

/** How to pack, from the options or the archive's name. */
async function packer(ctx: TarContext, opts: TarOptions): Promise<Codec | undefined> {
  const name = opts.a ? opts.f ?? "" : "";
  // There is no compressor for these, in native as here.
  if (opts.J || opts.lzma || name.endsWith("xz") || name.endsWith("lzma")) ctx.usage();
  if (opts.Z) ctx.fail("can't execute 'compress': No such file or directory");
  if (opts.z || name.endsWith("gz")) return new Gzip();
  if (opts.j || name.endsWith("bz2")) return new (await BZIP2.loadFor(ctx.process)).Bzip2();
  return undefined;
}

async function create(
  ctx: TarContext,
  opts: TarOptions,
  operands: readonly ByteString[],
): Promise<number> {
  if (operands.length === 0) ctx.fail("empty archive");
  const toStdout = opts.f === undefined || opts.f === "-";
  let sink: Sink = ctx.stdout;
  if (!toStdout) {
    try {
      sink = ctx.createOrThrow(opts.f!);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.fail(`can't open '${opts.f}': ${error.reason}`);
    }
  }
  changeDir(ctx, opts.C);
  const codec = await packer(ctx, opts);
  const tell = opts.v === undefined
    ? undefined
    : toStdout
    ? (name: ByteString): void => ctx.say(name + "\n")
    : (name: ByteString): void => void ctx.out.print(name + "\n");
  const stat = sink.file.stat();
  const creator = new Creator(ctx, new ArchiveWriter(sink, codec, ctx), {
    follow: opts.h === true,
    recursive: opts["no-recursion"] !== true,
    numericOwner: opts["numeric-owner"] === true,
    ...(tell === undefined ? {} : { tell }),
    safe: safeNames(ctx),
    ...((stat.mode & S_IFMT) === S_IFREG ? { self: stat } : {}),
  });
  try {
    for (const operand of operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) await turn;
      await creator.add(operand);
    }
    await creator.finish();
  } catch (error) {
    if (!isVfsError(error) || error.code === "EPIPE") throw error;
    ctx.fail(`write error: ${error.reason}`);
  }
  if (creator.failed) ctx.fail("error exit delayed from previous errors");
  return ctx.status;
}

/** How to unpack, from the options; `-a` says nothing here, as in native. */
function unpacker(ctx: TarContext, opts: TarOptions): Codec | undefined {
  const charge = (bytes: number): void => ctx.process.chargeMemory(bytes);
  if (opts.z) return new UnpackAny("gzip", charge);
  if (opts.j) return new Bunzip2(charge);
  if (opts.J) return new Unxz(charge);
  if (opts.lzma) return new Unlzma(charge);
  if (opts.Z) return new Uncompress();
  return undefined;
}

async function readArchive(
  ctx: TarContext,
  opts: TarOptions,
  operands: readonly ByteString[],
): Promise<number> {
  const strip = opts["strip-components"];
  let source = ctx.stdin;
  if (opts.f !== undefined && opts.f !== "-") {
    const opened = ctx.open(opts.f);
    if (opened === undefined) return 1;
    source = opened;
  }
  changeDir(ctx, opts.C);
  const codec = unpacker(ctx, opts);
  let damaged = false;
  const pull = codec === undefined ? plain(source) : decoded(ctx, source, codec);
  // Native unpacks in a child: its damage is told, and then the archive is found too short.
  const careful = async (
    work: MaybePromise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined> => {
    try {
      return await work;
    } catch (error) {
      return forgive(error);
    }
  };
  const forgive = (error: unknown): undefined => {
    damaged = true;
    // A directory can be opened but not read: nothing comes from it, nor from what is closed.
    if (isVfsError(error, "EISDIR") || isVfsError(error, "EBADF")) return undefined;
    if (!(error instanceof CodecError)) throw error;
    ctx.say(`${ctx.name}: ${error.message}\n`);
    return undefined;
  };
  const input = new ByteReader((): MaybePromise<Uint8Array | undefined> => {
    if (damaged) return undefined;
    try {
      const work = pull();
      return work instanceof Promise ? careful(work) : work;
    } catch (error) {
      return forgive(error);
    }
  }, codec === undefined ? source : undefined);
  const warn = (message: ByteString): void => ctx.say(`${ctx.name}: ${message}\n`);
  const reader = new TarReader(input, safeNames(ctx), warn);
  const wanted = new Wanted(operands);
  const user = new MemberUser(ctx, opts, input, strip ?? 0);
  try {
    for (;;) {
      const member = await reader.next();
      if (member === undefined) break;
      const pause = ctx.tick(20);
      if (pause !== undefined) await pause;
      const start = input.position;
      if (wanted.has(member.name)) {
        const using = user.use(member);
        if (using instanceof Promise) await using;
      }
      const end = start + member.size + (-member.size & (BLOCK - 1));
      const rest = end - input.position;
      const skipping = input.skip(rest);
      const skipped = skipping instanceof Promise ? await skipping : skipping;
      // In a file native jumps, and may land behind its end.
      if (skipped < rest && !input.jumps) throw new TarError("short read");
    }
    if (reader.empty) ctx.warn("short read");
    await drain(input, codec !== undefined);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    ctx.fail(error.message);
  }
  user.finish();
  const missing = wanted.missing();
  if (missing.length > 0) ctx.fail(`${missing[0]}: not found in archive`);
  return ctx.status;
}

/** Reads a pipe to its end, so that the writer does not break; a damaged tail is told as in native. */
async function drain(input: ByteReader, packed: boolean): Promise<void> {
  if (!packed) return;
  for (;;) {
    let piece = input.piece(65536);
    if (piece instanceof Promise) piece = await piece;
    if (piece === undefined) return;
  }
}

/** What is done with each wanted member. */
class MemberUser {
  readonly #extractor: Extractor<OptionTable>;
  readonly #zone: Zone;

  constructor(
    private readonly ctx: TarContext,
    private readonly opts: TarOptions,
    private readonly input: ByteReader,
    private readonly strip: number,
  ) {
    this.#zone = zoneOf(ctx.process);
    this.#extractor = new Extractor(ctx, {
      unlinkOld: !opts.k && !opts.overwrite,
      overwrite: opts.overwrite === true,
      exactModes: !opts["no-same-permissions"] && (opts.p === true || ctx.process.uid === 0),
      ...(opts.o ? {} : { owners: opts["numeric-owner"] ? "numeric" : new Accounts(ctx.fs) }),
      times: !opts.m,
      makeParents: true,
      linkErrorsEnd: true,
    });
  }

  use(member: Member): MaybePromise<void> {
    const { ctx, opts } = this;
    if (opts.t) {
      // Twice is as good as -v to native; with -O it shows the data as well.
      const long = opts.v || (opts.t as number) > 1;
      void ctx.out.print(long ? longListing(member, this.#zone) : `${member.name}\n`);
      if (!opts.O || (member.mode & S_IFMT) !== S_IFREG) return;
      return copyData(ctx, this.input, member.size, ctx.stdout);
    }
    if (opts.v) {
      const line = opts.v > 1 ? longListing(member, this.#zone) : `${member.name}\n`;
      // With -O standard output is for the data.
      void ctx.out.print(line);
    }
    let named = member;
    if (this.strip > 0) {
      const name = stripComponents(member.name, this.strip);
      if (name === undefined) return;
      named = { ...member, name };
      if (member.isHardLink) {
        const link = stripComponents(member.link!, this.strip);
        if (link === undefined) return;
        named = { ...named, link };
      }
    }
    const isFile = (member.mode & S_IFMT) === S_IFREG;
    if (opts.O) {
      if (!isFile) return;
      ctx.out.flushNow();
      return copyData(ctx, this.input, member.size, ctx.stdout);
    }
    if (opts["to-command"] !== undefined) {
      return isFile ? this.#toCommand(opts["to-command"], named) : undefined;
    }
    return this.#extractor.extract(named, this.input);
  }

  finish(): void {
    this.#extractor.finish();
  }

  /** Runs a command for a file, with the file on its standard input. */
  async #toCommand(command: ByteString, member: Member): Promise<void> {
    const { ctx } = this;
    const { process } = ctx;
    const env = new Map(process.env);
    const facts: [string, ByteString][] = [
      ["TAR_FILETYPE", "f"],
      ["TAR_MODE", member.mode.toString(8)],
      ["TAR_FILENAME", member.name],
      ["TAR_REALNAME", member.name],
      ["TAR_UNAME", member.userName ?? ""],
      ["TAR_GNAME", member.groupName ?? ""],
      ["TAR_SIZE", String(member.size)],
      ["TAR_UID", String(member.uid)],
      ["TAR_GID", String(member.gid)],
    ];
    for (const [name, value] of facts) env.set(name, value);
    const pipe = process.pipe();
    const fds = new Map([[0, pipe.read]]);
    for (const number of [1, 2]) {
      const file = process.fd(number);
      if (file !== undefined) fds.set(number, file);
    }
    ctx.out.flushNow();
    const child = process.spawn(["sh", "-c", command], { env, fds });
    pipe.read.release();
    // A command need not read it all.
    process.setSignal(13, "ignore");
    const sink = new Sink(pipe.write, process, "pipe", true);
    try {
      const copying = copyData(ctx, this.input, member.size, sink);
      if (copying instanceof Promise) await copying;
    } catch (error) {
      if (!isVfsError(error, "EPIPE")) throw error;
    } finally {
      sink.close();
      process.setSignal(13, "default");
    }
    let status = child.wait();
    if (status instanceof Promise) status = await status;
    if (status.code !== 0) ctx.fail(`'${command}' returned status ${status.code}`);
  }
}
