import { type Applet, defineApplet } from "./contract.ts";
import { BASE64, encodeBase } from "./_lib/base_text.ts";
import { isVfsError } from "../sandbox/errors.ts";

/** Bytes of a line in both forms. */
const LINE = 45;

/** Encodes a file as text. Source of behaviour: POSIX uuencode, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "uuencode",
  usage: "[-m] [FILE] STORED_FILENAME",
  about: "Print FILE (or stdin) as text that uudecode makes STORED_FILENAME of",
  lostOutput: "write error",
  options: { m: { help: "Use base64" } },
  minOperands: 1,
  maxOperands: 2,
  async run(ctx) {
    const [path, name] = ctx.operands.length === 2 ? ctx.operands : ["-", ctx.operands[0]];
    const base64 = ctx.opts.m === true;
    let mode = 0o666 & ~ctx.process.umask;
    let source = ctx.stdin;
    if (ctx.operands.length === 2) {
      try {
        source = ctx.openOrThrow(path);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        ctx.fail(`can't open '${path}': ${error.reason}`);
      }
    }
    if (ctx.operands.length === 2) mode = source.file.stat().mode & 0o777;
    void ctx.out.print(`begin${base64 ? "-base64" : ""} ${mode.toString(8)} ${name}`);
    let line = new Uint8Array(LINE);
    let filled = 0;
    const put = (bytes: Uint8Array): void | Promise<void> =>
      ctx.out.print("\n" + (base64 ? encodeBase(BASE64, bytes) : uuLine(bytes)));
    try {
      for (;;) {
        let chunk = source.readReused();
        if (chunk instanceof Promise) chunk = await chunk;
        if (chunk === undefined) break;
        const pause = ctx.tick(1 + (chunk.length >> 5));
        if (pause !== undefined) await pause;
        for (let at = 0; at < chunk.length;) {
          const count = Math.min(LINE - filled, chunk.length - at);
          line.set(chunk.subarray(at, at + count), filled);
          at += count;
          filled += count;
          if (filled === LINE) {
            const full = put(line);
            if (full !== undefined) await full;
            filled = 0;
          }
        }
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      ctx.fail(`read error: ${error.reason}`);
    }
    line = line.slice(0, filled);
    if (filled > 0) void put(line);
    void ctx.out.print(base64 ? "\n====\n" : "\n`\nend\n");
    return ctx.status;
  },
});

/** A line: its length, then six bits a letter; zero is a grave accent. */
function uuLine(bytes: Uint8Array): string {
  const letter = (value: number): string => value === 0 ? "`" : String.fromCharCode(value + 0x20);
  let text = letter(bytes.length);
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i];
    const b = i + 1 < bytes.length ? bytes[i + 1] : 0;
    const c = i + 2 < bytes.length ? bytes[i + 2] : 0;
    text += letter(a >> 2) + letter((a & 3) << 4 | b >> 4) + letter((b & 15) << 2 | c >> 6) +
      letter(c & 63);
  }
  return text;
}
