import { type Applet, type Context, defineApplet, type OptionTable } from "./contract.ts";
import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { ByteReader, kept } from "./_lib/archive/byte_reader.ts";
import { be32, CodecError } from "./_lib/codec/codec.ts";
import { UnpackAny } from "./_lib/codec/unpack_any.ts";
import { into } from "./_lib/pump.ts";

const LEAD = 96;
const HEADER = 16;

type Ctx = Context<OptionTable>;

/** Prints the cpio archive in an rpm package. Source of behaviour: BusyBox 1.35; the format: RPM's documentation. */
export const applet: Applet = defineApplet({
  name: "rpm2cpio",
  usage: "PACKAGE.rpm",
  about: "Print the cpio archive that is in an rpm package",
  options: {},
  raw: true,
  async run(ctx) {
    const [path] = ctx.operands;
    let source = ctx.stdin;
    if (path !== undefined) {
      try {
        source = ctx.openOrThrow(path);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't open '${path}': ${error.reason}`);
      }
    }
    // Native calls its standard input so.
    const name = ctx.operands[0] ?? "standard output";
    const input = new ByteReader(kept(source));
    try {
      const lead = await input.take(LEAD);
      if (lead.length < LEAD) ctx.fail("short read");
      const size = await skipHeader(ctx, input, name);
      // The signature is filled up to a multiple of eight.
      await input.skip(-size & 7);
      await skipHeader(ctx, input, name);
      await unpack(ctx, input);
    } catch (error) {
      if (isVfsError(error, "EISDIR")) ctx.fail("short read");
      throw error;
    }
    return ctx.status;
  },
});

/** Steps over a header structure; gives the size of its data. */
async function skipHeader(ctx: Ctx, input: ByteReader, name: ByteString): Promise<number> {
  const header = await input.take(HEADER);
  if (header.length < HEADER) ctx.fail("short read");
  if (be32(header, 0) !== 0x8eade801) ctx.fail(`invalid RPM header magic in '${name}'`);
  const entries = be32(header, 8);
  const size = be32(header, 12);
  const skipped = await input.skip(entries * 16 + size);
  if (skipped < entries * 16 + size) ctx.fail("short read");
  return size;
}

async function unpack(ctx: Ctx, input: ByteReader): Promise<void> {
  const charge = (bytes: number): void => ctx.process.chargeMemory(bytes);
  const codec = new UnpackAny("all", charge);
  const take = into(ctx.stdout);
  try {
    for (;;) {
      const piece = codec.read();
      if (piece === null) return;
      if (piece !== undefined) {
        const pause = ctx.tick(1 + (piece.length >> 4));
        if (pause !== undefined) await pause;
        const full = take(piece);
        if (full !== undefined) await full;
        continue;
      }
      const chunk = await input.piece(65536);
      if (chunk === undefined) codec.end();
      else codec.write(chunk);
    }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    ctx.fail(error.message);
  }
}
