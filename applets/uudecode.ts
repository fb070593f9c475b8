import {
  type Applet,
  type Context,
  defineApplet,
  type OptionTable,
  type Sink,
  type Source,
} from "./contract.ts";
import { BASE64, BaseDecoder } from "./_lib/base_text.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import type { ByteString } from "../sandbox/types.ts";

/** A line longer than this is no header. */
const LONGEST_LINE = 1 << 20;

/** Makes the file that was encoded as text. Source of behaviour: POSIX uudecode, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "uudecode",
  usage: "[-o OUTFILE] [INFILE]",
  about: "Make the file that INFILE (or stdin) holds as text, by the name that stands there",
  options: { o: { arg: "FILE", help: "Another name for it; - is stdout" } },
  maxOperands: 1,
  async run(ctx) {
    const source = ctx.openPlain(ctx.operands[0] ?? "-");
    if (source === undefined) return 1;
    for (;;) {
      const line = await readLine(source);
      if (line === undefined) ctx.fail("no 'begin' line");
      const match = /^begin(-base64)? ([^ ]*)(?: (.*))?$/s.exec(line!);
      if (match === null) continue;
      const [, base64, modeText, rest = ""] = match;
      const name = ctx.opts.o ?? rest.replace(/[ \t\r\n]+$/, "");
      if (name === "" && ctx.opts.o === undefined) continue;
      const mode = /^[0-7]+$/.test(modeText) ? parseInt(modeText, 8) & 0o777 : 0o777;
      const sink = openTarget(ctx, name, mode);
      if (base64 !== undefined) await decodeBase64(ctx, source, sink);
      else await decodeLines(ctx, source, sink);
      return ctx.status;
    }
  },
});

function openTarget<T extends OptionTable>(ctx: Context<T>, name: ByteString, mode: number): Sink {
  if (name === "-" || name === "/dev/stdout") return ctx.stdout;
  try {
    const sink = ctx.createOrThrow(name);
    try {
      sink.file.setAttr({ mode });
    } catch (error) {
      if (!isVfsError(error)) throw error; // A device keeps its mode.
    }
    return sink;
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return ctx.fail(`can't open '${name}': ${error.reason}`);
  }
}

async function readLine(source: Source): Promise<ByteString | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    const reading = source.readUntil(10, LONGEST_LINE);
    bytes = reading instanceof Promise ? await reading : reading;
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
  if (bytes === undefined) return undefined;
  const end = bytes[bytes.length - 1] === 10 ? bytes.length - 1 : bytes.length;
  return toByteString(bytes, 0, end);
}

async function decodeLines<T extends OptionTable>(
  ctx: Context<T>,
  source: Source,
  sink: Sink,
): Promise<void> {
  for (;;) {
    const whole = await readLine(source);
    if (whole === undefined) ctx.fail("short file");
    const line = whole!.replace(/[ \t\r]+$/, "");
    if (line === "end") return;
    const pause = ctx.tick(8);
    if (pause !== undefined) await pause;
    const value = (at: number): number => (line.charCodeAt(at) - 0x20) & 63;
    const length = line === "" ? 0 : value(0);
    if (length === 0) continue;
    const out = new Uint8Array(Math.ceil(length / 3) * 3);
    for (let i = 0, at = 1; i < length; i += 3, at += 4) {
      if (at + 4 > line.length) ctx.fail("short file");
      const bits = value(at) << 18 | value(at + 1) << 12 | value(at + 2) << 6 | value(at + 3);
      out[i] = bits >> 16;
      out[i + 1] = bits >> 8;
      out[i + 2] = bits;
    }
    const full = sink.write(out.subarray(0, length));
    if (full !== undefined) await full;
  }
}

async function decodeBase64<T extends OptionTable>(
  ctx: Context<T>,
  source: Source,
  sink: Sink,
): Promise<void> {
  const decoder = new BaseDecoder(BASE64, true);
  for (;;) {
    const line = await readLine(source);
    if (line === undefined) break;
    const pause = ctx.tick(8);
    if (pause !== undefined) await pause;
    const text = Uint8Array.from(line + "\n", (c) => c.charCodeAt(0));
    const bytes = decoder.push(text);
    if (bytes.length > 0) {
      const full = sink.write(bytes);
      if (full !== undefined) await full;
    }
    if (decoder.ended || decoder.failed) break;
  }
  if (!decoder.finished) ctx.fail("truncated input");
}
