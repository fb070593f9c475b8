import { type ByteString, S_IFMT, S_IFREG } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";
import { ByteReader, kept, type Pull } from "./_lib/archive/byte_reader.ts";
import { CpioReader } from "./_lib/archive/cpio_format.ts";
import { Extractor } from "./_lib/archive/extract.ts";
import { be32, CodecError } from "./_lib/codec/codec.ts";
import { UnpackAny } from "./_lib/codec/unpack_any.ts";
import { strftime } from "./_lib/strftime.ts";
import { calendarTime, zoneOf } from "./_lib/time.ts";

const LEAD = 96;
const HEADER = 16;
const INDEX_ENTRY = 16;
const MAGIC = 0x8eade801;
/** Largest header that is read; RPM's own limit is of this order. */
const LARGEST_HEADER = 64 << 20;

/** Tags of the header, by their numbers in RPM's documentation. */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  summary: 1004,
  description: 1005,
  buildTime: 1006,
  buildHost: 1007,
  size: 1009,
  vendor: 1011,
  license: 1014,
  group: 1016,
  url: 1020,
  fileFlags: 1037,
  fileUsers: 1039,
  fileGroups: 1040,
  sourcePackage: 1044,
  prefixes: 1098,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
} as const;

const CONFIG = 1;
const DOCUMENT = 2;

/** Types of values. */
const INT32 = 4;
const STRING = 6;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

/** The header of a package: values by tag. Nothing in it is trusted. */
class Header {
  readonly #entries = new Map<number, { type: number; offset: number; count: number }>();

  constructor(index: Uint8Array, private readonly store: Uint8Array) {
    for (let at = 0; at + INDEX_ENTRY <= index.length; at += INDEX_ENTRY) {
      this.#entries.set(be32(index, at), {
        type: be32(index, at + 4),
        offset: be32(index, at + 8),
        count: be32(index, at + 12),
      });
    }
  }

  /** The strings of a tag. */
  strings(tag: number): ByteString[] {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return [];
    const { type, offset, count } = entry;
    if (type !== STRING && type !== STRING_ARRAY && type !== I18N_STRING) return [];
    const found: ByteString[] = [];
    let at = offset;
    for (let i = 0; i < (type === STRING ? 1 : count) && at < this.store.length; i++) {
      const nul = this.store.indexOf(0, at);
      const end = nul < 0 ? this.store.length : nul;
      found.push(toByteString(this.store, at, end));
      at = end + 1;
    }
    return found;
  }

  /** The first string of a tag, which may be missing. */
  string(tag: number): ByteString | undefined {
    return this.strings(tag)[0];
  }

  /** A number of a tag, -1 where there is none, as native has it. */
  number(tag: number, which = 0): number {
    const entry = this.#entries.get(tag);
    if (entry === undefined || entry.type !== INT32 || which >= entry.count) return -1;
    const at = entry.offset + 4 * which;
    return at + 4 > this.store.length ? -1 : be32(this.store, at) | 0;
  }

  /** Paths of the files, in their order. */
  paths(): ByteString[] {
    const directories = this.strings(TAG.dirNames);
    return this.strings(TAG.baseNames).map((name, i) =>
      `${directories[this.number(TAG.dirIndexes, i)] ?? ""}${name}`
    );
  }
}

const OPTIONS = {
  i: { help: "Install the packages; with -qp: tell about them" },
  q: { excludes: ["i", "q", "p", "l", "d", "c"], help: "Query; only with -p" },
  p: { help: "The operands are packages" },
  l: { help: "With -qp: list the files" },
  d: { help: "With -qp: list the documents" },
  c: { help: "With -qp: list the configuration files" },
} as const;

type Ctx = Context<typeof OPTIONS>;

/**
 * Tells about rpm packages and unpacks them. Source of behaviour: BusyBox 1.35; the format: RPM's
 * documentation. The scripts in a package are never run, as in native.
 */
export const applet: Applet = defineApplet({
  name: "rpm",
  usage: "-i PACKAGE.rpm; rpm -qp[ildc] PACKAGE.rpm",
  about: "Install an rpm package, or tell about it",
  shortOnly: true,
  options: OPTIONS,
  async run(ctx) {
    const query = readOptions(ctx);
    if (ctx.operands.length === 0) ctx.usage();
    for (const path of ctx.operands) {
      const source = ctx.open(path);
      if (source === undefined) return 1;
      const input = new ByteReader(kept(source));
      try {
        if ((await input.take(LEAD)).length < LEAD) ctx.fail("short read");
        const signature = await readHeader(ctx, input, path);
        await input.skip(-signature.size & 7);
        const { header } = await readHeader(ctx, input, path);
        // Native looks into the package before it finds that nothing was asked for.
        if (!ctx.order.some((letter) => letter === "i" || letter === "q")) ctx.usage();
        if (query === undefined) await install(ctx, header, input);
        else tell(ctx, header, query);
      } catch (error) {
        if (error instanceof CodecError) ctx.fail(error.message);
        if (isVfsError(error, "EISDIR")) ctx.fail("short read");
        throw error;
      }
      source.close();
    }
    return 0;
  },
});

interface Query {
  readonly info: boolean;
  readonly list: boolean;
  /** Flags of the files that are listed; 0 for all. */
  readonly flags: number;
}

/**
 * What the options ask for: undefined to install. Their order matters: `-i` after `-q` tells, and
 * without a `-q` before it installs.
 */
function readOptions(ctx: Ctx): Query | undefined {
  let installs = false;
  let queries = false;
  let packages = false;
  let info = false;
  let list = false;
  let flags = 0;
  for (const letter of ctx.order) {
    switch (letter) {
      case "i":
        if (queries) info = true;
        else installs = true;
        break;
      case "q":
        if (queries || installs) ctx.usage();
        queries = true;
        break;
      case "p":
        if (!queries && !installs) ctx.usage();
        packages = true;
        break;
      case "l":
        list = true;
        break;
      case "d":
        list = true;
        flags |= DOCUMENT;
        break;
      case "c":
        list = true;
        flags |= CONFIG;
        break;
    }
  }
  if (installs) return undefined;
  if (!packages && (info || list)) ctx.usage();
  return { info, list, flags };
}

/** Reads a header structure; `size` is that of its data. */
async function readHeader(
  ctx: Ctx,
  input: ByteReader,
  path: ByteString,
): Promise<{ readonly header: Header; readonly size: number }> {
  const head = await input.take(HEADER);
  if (head.length < HEADER) ctx.fail("short read");
  if (be32(head, 0) !== MAGIC) ctx.fail(`invalid RPM header magic in '${path}'`);
  const entries = be32(head, 8);
  const size = be32(head, 12);
  const length = entries * INDEX_ENTRY + size;
  if (length > LARGEST_HEADER) ctx.fail("short read");
  ctx.process.chargeMemory(length);
  // What is taken is valid until the next read only.
  const data = (await input.take(length)).slice();
  if (data.length < length) ctx.fail("short read");
  const store = data.subarray(entries * INDEX_ENTRY);
  return { header: new Header(data.subarray(0, entries * INDEX_ENTRY), store), size };
}

function tell(ctx: Ctx, header: Header, query: Query): void {
  const { out } = ctx;
  const value = (tag: number): ByteString => header.string(tag) ?? "(null)";
  if (!query.info && !query.list) {
    out.print(`${value(TAG.name)}-${value(TAG.version)}-${value(TAG.release)}\n`);
  }
  if (query.info) {
    const seconds = header.number(TAG.buildTime);
    const zone = zoneOf(ctx.process);
    const date = strftime("%a %d %b %Y %T %Z", calendarTime(seconds, zone), seconds);
    const lines: (readonly [string, ByteString | undefined])[] = [
      ["Name", value(TAG.name)],
      ["Version", value(TAG.version)],
      ["Release", value(TAG.release)],
      ["Group", value(TAG.group)],
      ["Size", String(header.number(TAG.size))],
      ["License", value(TAG.license)],
      ["Source RPM", header.string(TAG.sourcePackage) ?? "(none)"],
      ["Build Date", date],
      ["Build Host", value(TAG.buildHost)],
      ["Relocations", header.string(TAG.prefixes) ?? "(not relocatable)"],
      ["Vendor", header.string(TAG.vendor)],
      ["URL", header.string(TAG.url)],
      ["Summary", value(TAG.summary)],
    ];
    for (const [name, text] of lines) {
      if (text !== undefined) out.print(`${name.padEnd(12)}: ${text}\n`);
    }
    out.print(`Description :\n${value(TAG.description)}\n`);
  }
  if (query.list) {
    header.paths().forEach((path, i) => {
      const flags = header.number(TAG.fileFlags, i);
      if (query.flags === 0 || (flags & query.flags) !== 0) out.print(`${path}\n`);
    });
  }
}

/** Unpacks the files: from the root if the package names them, as native does, else from here. */
async function install(ctx: Ctx, header: Header, input: ByteReader): Promise<void> {
  const { fs } = ctx;
  const paths = header.paths();
  if (paths.length > 0) {
    fs.changeDir("/");
    keepConfiguration(ctx, header, paths);
  }
  const reader = new ByteReader(decode(ctx, input));
  const archive = new CpioReader(reader, (message) => ctx.fail(message));
  const how = { exactModes: true, owners: "numeric", times: true, makeParents: true } as const;
  const files = new Extractor(ctx, { ...how, unlinkOld: true, linkErrorsEnd: true });
  // What is there already gives way to a file, and only to a file.
  const others = new Extractor(ctx, { ...how, linkErrorsEnd: true });
  for (;;) {
    const found = await archive.next();
    if (found === undefined) break;
    const { member } = found;
    const end = reader.position + member.size;
    const isFile = (member.mode & S_IFMT) === S_IFREG;
    const making = (isFile ? files : others).extract(member, reader);
    if (making instanceof Promise) await making;
    await reader.skip(end - reader.position);
    const pause = ctx.tick(20);
    if (pause !== undefined) await pause;
  }
  files.finish();
  others.finish();
  giveOwners(ctx, header, paths);
}

/** The payload, unpacked. */
function decode(ctx: Ctx, input: ByteReader): Pull {
  const codec = new UnpackAny("all", (bytes) => ctx.process.chargeMemory(bytes));
  return async () => {
    for (;;) {
      const piece = codec.read();
      if (piece === null) return undefined;
      if (piece !== undefined) {
        const pause = ctx.tick(1 + (piece.length >> 4));
        if (pause !== undefined) await pause;
        return piece;
      }
      const chunk = await input.piece(65536);
      if (chunk === undefined) codec.end();
      else codec.write(chunk);
    }
  };
}

/** Configuration files that are there already stay, under another name. */
function keepConfiguration(ctx: Ctx, header: Header, paths: readonly ByteString[]): void {
  paths.forEach((path, i) => {
    if ((header.number(TAG.fileFlags, i) & CONFIG) === 0) return;
    const there = ctx.fs.tryStat(path, { follow: false });
    if (there === undefined || (there.mode & S_IFMT) !== S_IFREG) return;
    try {
      ctx.fs.rename(path, `${path}.rpmorig`);
    } catch (error) {
      ctx.warnError(path, error);
    }
  });
}

/** Files belong to whom the package says, by name. */
function giveOwners(ctx: Ctx, header: Header, paths: readonly ByteString[]): void {
  const accounts = new Accounts(ctx.fs);
  const users = header.strings(TAG.fileUsers);
  const groups = header.strings(TAG.fileGroups);
  paths.forEach((path, i) => {
    const user = accounts.user(users[i] ?? "root");
    const group = accounts.group(groups[i] ?? "root");
    if (user === undefined) ctx.fail(`unknown user ${users[i]}`);
    if (group === undefined) ctx.fail(`unknown group ${groups[i]}`);
    try {
      ctx.fs.chown(path, user!.uid, group!.gid, { follow: false });
    } catch (error) {
      if (!isVfsError(error)) throw error; // Only root may; native does not tell either.
    }
  });
}
