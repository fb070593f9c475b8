import { type ByteString, type MaybePromise, S_IFMT, S_IFREG } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet, type OptionTable } from "./contract.ts";
import { ByteReader, plain } from "./_lib/archive/byte_reader.ts";
import { copyData, Extractor } from "./_lib/archive/extract.ts";
import { type Member, safeName, Wanted } from "./_lib/archive/member.ts";
import { modeString } from "./_lib/mode.ts";
import { parseOptions } from "./_lib/options.ts";
import { calendarTime, type Zone, zoneOf } from "./_lib/time.ts";

const OPTIONS = {
  x: { help: "Extract" },
  p: { help: "Extract to stdout" },
  t: { help: "List" },
  o: { help: "Set times as in the archive" },
  v: { help: "Tell more" },
  c: {},
} as const;

type Ctx = Context<OptionTable>;

/** The newline behind it is passed over as that before any header is. */
const MAGIC = "!<arch>";
const HEADER = 60;
/** A table of long names larger than this is damage. */
const LARGEST_TABLE = 1 << 24;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Unpacks ar archives. Source of behaviour: BusyBox 1.35; the format: ar(5). */
export const applet: Applet = defineApplet({
  name: "ar",
  usage: "x|p|t [-ov] ARCHIVE [FILE]...",
  about: "Extract or list the members of an ar archive",
  lostOutput: "ignore",
  options: OPTIONS,
  raw: true,
  run(ctx): MaybePromise<number> {
    // The letters may stand without a dash.
    const argv = [...ctx.argv];
    if (argv.length > 1 && argv[1] !== "" && !argv[1].startsWith("-")) argv[1] = `-${argv[1]}`;
    const { opts, operands } = parseOptions(OPTIONS, argv, {});
    const modes = [opts.x, opts.p, opts.t].filter((mode) => mode).length;
    if (modes !== 1 || operands.length === 0) ctx.usage();
    return readArchive(ctx, opts, operands[0], operands.slice(1));
  },
});

async function readArchive(
  ctx: Ctx,
  opts: Record<string, unknown>,
  path: ByteString,
  names: readonly ByteString[],
): Promise<number> {
  let source;
  try {
    source = ctx.openOrThrow(path);
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't open '${path}': ${error.reason}`);
  }
  const input = new ByteReader(plain(source), source);
  let magic: Uint8Array = new Uint8Array(0);
  try {
    magic = await input.take(MAGIC.length);
  } catch (error) {
    if (!isVfsError(error)) throw error; // A directory has no bytes.
  }
  if (magic.length < MAGIC.length) ctx.fail("short read");
  if (toByteString(magic) !== MAGIC) ctx.fail("invalid ar magic");
  const wanted = new Wanted(names);
  const zone = zoneOf(ctx.process);
  const extractor = new Extractor(ctx, {
    exactModes: true,
    owners: "numeric",
    times: opts.o === true,
    linkErrorsEnd: true,
  });
  const table = { text: "" };
  for (;;) {
    const member = await readHeader(ctx, input, table);
    if (member === undefined) break;
    const pause = ctx.tick(20);
    if (pause !== undefined) await pause;
    const end = input.position + member.size;
    if (wanted.has(member.name)) {
      if (opts.v) void ctx.out.print(verbose(member, zone));
      else if (opts.t) void ctx.out.print(`${member.name}\n`);
      if (opts.p) {
        // As in native, what -v tells comes after the data, which are not buffered.
        await copyData(ctx, input, member.size, ctx.stdout);
      } else if (opts.x) {
        await extractor.extract({ ...member, name: safeName(member.name) }, input);
      }
    }
    await input.skip(end - input.position);
  }
  return ctx.status;
}

async function readHeader(
  ctx: Ctx,
  input: ByteReader,
  table: { text: ByteString },
): Promise<Member | undefined> {
  for (;;) {
    const header = await input.take(HEADER);
    // A rest that is no header is no error either.
    if (header.length < HEADER) return undefined;
    let text = toByteString(header);
    if (text[0] === "\n") {
      // What fills up to an even place; native takes it wherever it stands, and does without.
      const last = await input.take(1);
      if (last.length < 1) ctx.fail("short read");
      text = text.slice(1) + toByteString(last);
    }
    if (text.slice(58) !== "`\n") ctx.fail("invalid ar header");
    // Digits up to something that is neither digit nor letter.
    const number = (from: number, to: number, radix: number): number => {
      const pattern = radix === 8 ? /^[0-7]+(?![0-9A-Za-z])/ : /^[0-9]+(?![0-9A-Za-z])/;
      const match = pattern.exec(text.slice(from, to));
      if (match === null) return ctx.fail("invalid ar header");
      return parseInt(match[0], radix);
    };
    const size = number(48, 58, 10);
    let name = text.slice(0, 16).replace(/ +$/, "");
    if (name.startsWith("/ ") || name === "/") {
      await input.skip(size);
      continue;
    }
    if (name.startsWith("//")) {
      // The table of long names.
      if (size > LARGEST_TABLE) ctx.fail("short read");
      const bytes = await input.take(size);
      if (bytes.length < size) ctx.fail("short read");
      table.text = toByteString(bytes);
      continue;
    }
    if (name.startsWith("/")) {
      const at = number(1, 16, 10);
      if (at >= table.text.length) ctx.fail("can't resolve long filename");
      const end = table.text.indexOf("\n", at);
      name = table.text.slice(at, end < 0 ? undefined : end).replace(/\/$/, "");
    } else if (name.includes("/")) name = name.slice(0, name.indexOf("/"));
    const mode = number(40, 48, 8);
    return {
      name,
      mode: (mode & S_IFMT) === 0 ? mode | S_IFREG : (mode & 0o7777) | S_IFREG,
      size,
      mtime: number(16, 28, 10),
      uid: number(28, 34, 10),
      gid: number(34, 40, 10),
    };
  }
}

function verbose(member: Member, zone: Zone): ByteString {
  const time = calendarTime(member.mtime, zone);
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${MONTHS[time.month]} ${String(time.day).padStart(2)} ${two(time.hour)}:` +
    `${two(time.minute)} ${time.year}`;
  return `${modeString(member.mode).slice(1)} ${member.uid}/${member.gid} ` +
    `${String(member.size).padStart(6)} ${date} ${member.name}\n`;
}
