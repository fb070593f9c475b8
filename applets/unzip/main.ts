import {
  type ByteString,
  type MaybePromise,
  O_CREAT,
  O_NOFOLLOW,
  O_TRUNC,
  O_WRONLY,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import {
  type Applet,
  type Context,
  defineApplet,
  type OptionTable,
  type Sink,
  type Source,
} from "../contract.ts";
import { ByteReader, kept } from "../_lib/archive/byte_reader.ts";
import { makeDirectories } from "../_lib/archive/extract.ts";
import { endsInParent, safeName } from "../_lib/archive/member.ts";
import { Bunzip2 } from "../_lib/codec/bunzip2.ts";
import { type Codec, CodecError } from "../_lib/codec/codec.ts";
import { Inflate } from "../_lib/codec/inflate.ts";
import { Unlzma } from "../_lib/codec/unlzma.ts";
import { PassOn } from "../_lib/codec/unpack_any.ts";
import { Unxz } from "../_lib/codec/unxz.ts";
import { matchPattern } from "../_lib/glob_match.ts";
import { crc32 } from "../_lib/hash/crc32.ts";
import { MemoryAccount } from "../_lib/memory_account.ts";
import { OptionError } from "../_lib/options.ts";
import { printableName } from "../_lib/printable_name.ts";
import {
  findDirectory,
  readCentral,
  readLocal,
  STREAMED,
  UsedRanges,
  type ZipEntry,
  ZipError,
} from "./format.ts";
import { Listing } from "./listing.ts";

const OPTIONS = {
  l: { help: "List; with -q in short" },
  n: { help: "Never replace files" },
  o: { help: "Replace files without asking" },
  j: { help: "Leave out directories of names" },
  p: { help: "Write to stdout" },
  t: { help: "Only check" },
  q: { help: "Tell less" },
  v: {},
  x: { arg: "FILE", help: "Leave these out" },
  d: { arg: "DIR", help: "Extract into DIR" },
} as const;

type Ctx = Context<OptionTable>;

/** A link's target that is longer is damage. */
const LONGEST_TARGET = 4096;

/** What the command line says. */
interface Request {
  readonly letters: ReadonlySet<string>;
  readonly quiet: number;
  readonly archive: ByteString;
  readonly wanted: readonly ByteString[];
  readonly unwanted: readonly ByteString[];
  readonly directory?: ByteString;
}

/** Unpacks zip archives. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "unzip",
  usage: "[-lnojpq] FILE[.zip] [FILE]... [-x FILE]... [-d DIR]",
  about: "Extract the members of a zip archive",
  lostOutput: "ignore",
  options: OPTIONS,
  raw: true,
  run(ctx): MaybePromise<number> {
    const request = parseRequest(ctx.argv);
    if (request === undefined) ctx.usage();
    return new Unzip(ctx, request!).run();
  },
});

/** Options may stand anywhere; after -x come names to leave out. */
function parseRequest(argv: readonly ByteString[]): Request | undefined {
  const letters = new Set<string>();
  let quiet = 0;
  let archive: ByteString | undefined;
  let directory: ByteString | undefined;
  const wanted: ByteString[] = [];
  const unwanted: ByteString[] = [];
  let names = wanted;
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i];
    if (word.length < 2 || !word.startsWith("-")) {
      if (archive === undefined) archive = word;
      else names.push(word);
      continue;
    }
    // Native takes neither the end of options nor any long one.
    if (word === "--") return undefined;
    for (let at = 1; at < word.length; at++) {
      const letter = word[at];
      if (letter === "d") {
        if (at + 1 < word.length) directory = word.slice(at + 1);
        else if (i + 1 < argv.length) directory = argv[++i];
        else throw new OptionError("option requires an argument -- 'd'");
        break;
      }
      if (!Object.hasOwn(OPTIONS, letter)) throw new OptionError(`invalid option -- '${letter}'`);
      if (letter === "x") names = unwanted;
      else if (letter === "q") quiet++;
      else letters.add(letter);
    }
  }
  if (archive === undefined) return undefined;
  return {
    letters,
    quiet,
    archive,
    wanted,
    unwanted,
    ...(directory === undefined ? {} : { directory }),
  };
}

class Unzip {
  readonly #toStdout: boolean;
  readonly #test: boolean;
  readonly #list: boolean;
  readonly #quiet: boolean;
  #policy: "ask" | "always" | "never";
  #told = false;
  #readFailure = "can't read standard input";
  readonly #links: { readonly name: ByteString; readonly target: ByteString }[] = [];
  readonly #ranges = new UsedRanges();

  constructor(private readonly ctx: Ctx, private readonly request: Request) {
    const { letters } = request;
    // To test comes before all else, and shows nothing.
    this.#test = letters.has("t");
    this.#list = !this.#test && (letters.has("l") || letters.has("v"));
    this.#toStdout = !this.#test && letters.has("p");
    this.#quiet = request.quiet > 0 || this.#test || this.#toStdout;
    this.#policy = letters.has("n") ? "never" : letters.has("o") ? "always" : "ask";
  }

  async run(): Promise<number> {
    const { ctx, request } = this;
    const { source, name } = this.#open();
    this.#enter();
    const listing = this.#list
      ? new Listing(ctx, request.letters.has("v"), request.quiet)
      : undefined;
    if (!this.#quiet) void ctx.out.print(`Archive:  ${shown(name)}\n`);
    listing?.begin();
    try {
      if (source.file.type === S_IFREG) {
        const start = findDirectory(source);
        if (start === undefined) throw new ZipError("short read");
        await this.#byDirectory(source, start, listing);
      } else {
        await this.#inTurn(source, listing);
      }
    } catch (error) {
      if (error instanceof ZipError) ctx.fail(error.message);
      if (isVfsError(error, "EISDIR")) ctx.fail("short read");
      throw error;
    }
    listing?.end();
    this.#makeLinks();
    return ctx.status;
  }

  #open(): { source: Source; name: ByteString } {
    const { ctx, request } = this;
    const { archive } = request;
    if (archive === "-") return { source: ctx.stdin, name: "-" };
    for (const name of [archive, `${archive}.zip`, `${archive}.ZIP`]) {
      try {
        return { source: ctx.openOrThrow(name), name };
      } catch (error) {
        if (!isVfsError(error)) throw error;
      }
    }
    return ctx.fail(`can't open ${archive}[.zip]`);
  }

  #enter(): void {
    const { ctx, request } = this;
    const { directory } = request;
    if (directory === undefined) return;
    try {
      ctx.fs.makeDir(directory, 0o777);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      // Native's message for a missing answer ends in what this call left behind.
      if (error.code === "EEXIST") this.#readFailure += `: ${error.reason}`;
    }
    try {
      ctx.fs.changeDir(directory);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.fail(`can't change directory to '${directory}': ${error.reason}`);
    }
  }

  async #byDirectory(source: Source, start: number, listing: Listing | undefined): Promise<void> {
    let position = start;
    for (;;) {
      const found = readCentral(source, position);
      if (found === undefined) return;
      position = found.next;
      const { entry } = found;
      source.file.seek(entry.offset, 0);
      const input = new ByteReader(kept(source));
      const local = await readLocal(input, false);
      // The local header counts, but for what only the directory knows.
      const streamed = (local!.flags & STREAMED) !== 0;
      const merged: ZipEntry = {
        ...local!,
        mode: entry.mode,
        ...(streamed ? { crc: entry.crc, packed: entry.packed, size: entry.size } : {}),
      };
      await this.#entry(merged, input, listing, (unused) => {
        if (!this.#ranges.add(entry.offset, entry.offset + input.position - unused)) {
          this.ctx.fail("overlapped members (possible zip bomb)");
        }
      });
    }
  }

  async #inTurn(source: Source, listing: Listing | undefined): Promise<void> {
    const input = new ByteReader(kept(source), source);
    for (;;) {
      const entry = await readLocal(input, true);
      if (entry === undefined) return;
      let end = input.position + entry.packed;
      await this.#entry(entry, input, listing, () => {
        if (entry.method === 0) end = input.position;
      });
      const rest = end - input.position;
      const skipping = input.skip(Math.max(0, rest));
      const skipped = skipping instanceof Promise ? await skipping : skipping;
      if (skipped < rest) throw new ZipError("short read");
    }
  }

  async #entry(
    entry: ZipEntry,
    input: ByteReader,
    listing: Listing | undefined,
    used: (unused: number) => void,
  ): Promise<void> {
    const { ctx, request } = this;
    const pause = ctx.tick(50);
    if (pause !== undefined) await pause;
    const name = this.#safe(entry.name);
    const matches = (pattern: ByteString): boolean => matchPattern(pattern, name);
    const wanted = (request.wanted.length === 0 || request.wanted.some(matches)) &&
      !request.unwanted.some(matches);
    listing?.count(entry, shown(name), wanted);
    if (listing !== undefined || !wanted) return;
    if (this.#toStdout || this.#test) {
      if (name.endsWith("/")) return;
      if (this.#toStdout && ((entry.mode ?? 0) & S_IFMT) === S_IFLNK) return;
      const sink = this.#toStdout ? ctx.stdout : undefined;
      const take = (piece: Uint8Array): void | Promise<void> =>
        sink?.write(sink.keepsChunks ? piece.slice() : piece);
      used(await this.#unpack(entry, input, take));
      return;
    }
    let path = name;
    if (request.letters.has("j")) {
      path = name.slice(name.lastIndexOf("/") + 1);
      if (path === "") return;
    }
    if (path.endsWith("/")) return this.#directory(path, entry);
    if (path === "") return;
    used(await this.#file(path, entry, input));
  }

  #safe(name: ByteString): ByteString {
    const safe = safeName(name);
    if (safe !== name && !this.#told) {
      this.#told = true;
      const removed = name.slice(0, name.length - safe.length);
      this.ctx.say(`${this.ctx.name}: removing leading '${removed}' from member names\n`);
    }
    return safe;
  }

  #directory(path: ByteString, entry: ZipEntry): void {
    const { ctx } = this;
    const stat = this.#stat(path);
    if (stat === undefined) {
      if (!this.#quiet) void ctx.out.print(`   creating: ${shown(path)}\n`);
      makeDirectories(ctx, path.replace(/\/+$/, ""));
      ctx.fs.chmod(path, (entry.mode ?? 0o777) & 0o777);
    } else if ((stat & S_IFMT) !== S_IFDIR) {
      ctx.fail(`'${path}' exists but is not a directory`);
    }
  }

  /** The mode of what is there, or undefined. */
  #stat(path: ByteString): number | undefined {
    const { ctx } = this;
    try {
      return ctx.fs.lstat(path).mode;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      if (error.code === "ENOENT") return undefined;
      return ctx.fail(`can't stat '${path}': ${error.reason}`);
    }
  }

  async #file(path: ByteString, entry: ZipEntry, input: ByteReader): Promise<number> {
    const { ctx } = this;
    let name = path;
    for (;;) {
      const mode = this.#stat(name);
      if (mode === undefined) {
        const slash = name.lastIndexOf("/");
        if (slash > 0) makeDirectories(ctx, name.slice(0, slash));
        break;
      }
      if (endsInParent(name)) ctx.fail(`can't open '${name}': Is a directory`);
      if (this.#policy === "never") return 0;
      if ((mode & S_IFMT) !== S_IFREG) ctx.fail(`'${name}' exists but is not a regular file`);
      if (this.#policy === "always") break;
      const answer = await this.#ask(
        `replace ${shown(name)}? [y]es, [n]o, [A]ll, [N]one, [r]ename: `,
      );
      if (answer.startsWith("A")) this.#policy = "always";
      else if (answer.startsWith("N")) {
        this.#policy = "never";
        return 0;
      } else if (answer.startsWith("n")) return 0;
      else if (answer.startsWith("r")) {
        name = await this.#ask("new name: ");
        continue;
      } else if (!answer.startsWith("y")) {
        void ctx.out.print(`error: invalid response [${answer === "" ? "\n" : answer[0]}]\n`);
        continue;
      }
      break;
    }
    const tell = (): void => {
      if (!this.#quiet) void ctx.out.print(`  inflating: ${shown(name)}\n`);
    };
    if (((entry.mode ?? 0) & S_IFMT) === S_IFLNK) {
      tell();
      return await this.#link(name, entry, input);
    }
    let sink: Sink;
    try {
      // Native keeps the mode of an existing file; what stands there as a link was refused above.
      const mode = (entry.mode ?? 0o666) & 0o777;
      sink = ctx.sinkOf(ctx.fs.open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode), name);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`can't open '${name}': ${error.reason}`);
    }
    tell();
    const unused = await this.#unpack(
      entry,
      input,
      (piece) => sink.write(sink.keepsChunks ? piece.slice() : piece),
    );
    sink.close();
    return unused;
  }

  async #ask(question: string): Promise<ByteString> {
    const { ctx } = this;
    void ctx.out.print(question);
    ctx.out.flushNow();
    const reading = ctx.stdin.readUntil(10, 80);
    const bytes = reading instanceof Promise ? await reading : reading;
    if (bytes === undefined) ctx.fail(this.#readFailure);
    const answer = toByteString(bytes!);
    return answer.endsWith("\n") ? answer.slice(0, -1) : answer;
  }

  async #link(name: ByteString, entry: ZipEntry, input: ByteReader): Promise<number> {
    if (entry.method !== 0) throw new ZipError("compressed symlink is not supported");
    let target = "";
    const unused = await this.#unpack(entry, input, (piece) => {
      if (target.length + piece.length > LONGEST_TARGET) throw new ZipError("bad archive");
      target += toByteString(piece);
    });
    if (target.startsWith("/") || target.split("/").includes("..")) {
      // Made at the end, so that nothing is written through it.
      this.#links.push({ name, target });
      return unused;
    }
    try {
      this.ctx.fs.symlink(target, name);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.ctx.fail(`can't create symlink '${name}' to '${target}': ${error.reason}`);
    }
    return unused;
  }

  #makeLinks(): void {
    for (const { name, target } of this.#links) {
      try {
        this.ctx.fs.symlink(target, name);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        this.ctx.fail(`can't create symlink '${name}' to '${target}'`);
      }
    }
  }

  #codec(entry: ZipEntry, charge: (bytes: number) => void): Codec {
    switch (entry.method) {
      case 0:
        return new PassOn();
      case 8:
        return new Inflate();
      case 12:
        return new Bunzip2(charge);
      case 14:
        return new ZipLzma(entry, charge);
      case 95:
        return new Unxz(charge);
      default:
        throw new ZipError(`unsupported method ${entry.method}`);
    }
  }

  /** Gives the count of bytes that were read but belong to nothing. */
  async #unpack(
    entry: ZipEntry,
    input: ByteReader,
    take: (piece: Uint8Array) => void | Promise<void>,
  ): Promise<number> {
    const { ctx } = this;
    const memory = new MemoryAccount(ctx.process);
    const codec = this.#codec(entry, memory.charge);
    // What is stored is as long as it says to be without packing.
    let left = entry.method === 0 ? entry.size : entry.packed;
    let crc = 0;
    let size = 0;
    try {
      for (;;) {
        const piece = codec.read();
        if (piece === null) break;
        if (piece === undefined) {
          const reading = left > 0 ? input.piece(left) : undefined;
          const chunk = reading instanceof Promise ? await reading : reading;
          if (chunk === undefined) {
            if (entry.method === 0 && left > 0) throw new ZipError("short read");
            codec.end();
          } else {
            left -= chunk.length;
            codec.write(chunk);
          }
          continue;
        }
        crc = crc32(crc, piece);
        size += piece.length;
        const pause = ctx.tick(1 + (piece.length >> 4));
        if (pause !== undefined) await pause;
        const full = take(piece);
        if (full !== undefined) await full;
      }
    } catch (error) {
      if (!(error instanceof CodecError)) {
        if (isVfsError(error) && error.code !== "EPIPE" && error.code !== "EISDIR") {
          ctx.fail(`write error: ${error.reason}`);
        }
        throw error;
      }
      ctx.warn(error.message);
      ctx.fail("inflate error");
    } finally {
      memory.release();
    }
    if (entry.method !== 0 && crc !== entry.crc) throw new ZipError("crc error");
    if (size !== entry.size) ctx.say(`${ctx.name}: bad length\n`);
    return codec instanceof Inflate ? codec.rest().length : 0;
  }
}

/** A name fit for a terminal; native takes no other locale than C into account here. */
function shown(name: ByteString): ByteString {
  return printableName(name, false).text;
}

/** LZMA as zip stores it: version, size of the properties, properties; the size stands in the zip header. */
class ZipLzma implements Codec {
  readonly #codec: Unlzma;
  readonly #head = new Uint8Array(9);
  #filled = 0;

  constructor(private readonly entry: ZipEntry, charge: (bytes: number) => void) {
    this.#codec = new Unlzma(charge);
  }

  write(chunk: Uint8Array): void {
    if (this.#filled === 9) return this.#codec.write(chunk);
    const count = Math.min(9 - this.#filled, chunk.length);
    this.#head.set(chunk.subarray(0, count), this.#filled);
    this.#filled += count;
    if (this.#filled < 9) return;
    if (this.#head[2] !== 5 || this.#head[3] !== 0) throw new CodecError("corrupted data");
    const rest = chunk.subarray(count);
    const all = new Uint8Array(13 + rest.length);
    all.set(this.#head.subarray(4));
    // Flag 2 says that an end marker stands at the end; the marker then decides.
    if (this.entry.flags & 2) all.fill(255, 5, 13);
    else new DataView(all.buffer).setUint32(5, this.entry.size, true);
    all.set(rest, 13);
    this.#codec.write(all);
  }

  end(): void {
    this.#codec.end();
  }

  read(): Uint8Array | undefined | null {
    return this.#codec.read();
  }
}
