import type { ByteString } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet, type Source } from "./contract.ts";

/** Shows files screen by screen, forwards only. Source of behaviour: POSIX more, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "more",
  usage: "[FILE]...",
  about: "View FILE (or stdin) one screenful at a time",
  options: { d: {}, f: {}, l: {}, s: {}, u: {} },
  async run(ctx) {
    const { process } = ctx;
    const terminal = process.fd(1)?.tty;
    const keys = [process.fd(2), process.fd(0)].find((file) => file?.tty !== undefined);
    const paging = terminal !== undefined && keys !== undefined;
    if (paging) terminal.setRaw(true, { isig: true });
    /** Asks for a key: how many rows may follow, or none for the end. */
    const ask = async (prompt: string): Promise<number | undefined> => {
      ctx.stdout.print(`\x1b[7m${prompt}\x1b[m`);
      for (;;) {
        const bytes = await keys!.read(1, process.waiter);
        const key = bytes === undefined ? "q" : String.fromCharCode(bytes[0]);
        if (!"qQ \r\n\x03".includes(key)) continue;
        ctx.stdout.print("\r\x1b[K");
        if (key === " ") return terminal!.rows() - 1;
        return key === "\r" || key === "\n" ? 1 : undefined;
      }
    };
    const show = async (source: Source): Promise<boolean> => {
      const size = source.file.type === 0o100000 ? source.file.stat().size : 0;
      let rows = (terminal?.rows() ?? 24) - 1;
      let shown = 0;
      for (;;) {
        let chunk = paging ? source.readUntil(10, 65536) : source.read();
        if (chunk instanceof Promise) chunk = await chunk;
        if (chunk === undefined) return true;
        if (paging && rows <= 0) {
          const percent = size > 0 ? ` (${Math.floor(shown * 100 / size)}% of ${size} bytes)` : "";
          const more = await ask(`--More-- ${percent}`);
          if (more === undefined) return false;
          rows = more;
        }
        shown += chunk.length;
        if (paging) rows -= Math.max(1, Math.ceil((chunk.length - 1) / terminal.columns()));
        const full = ctx.stdout.write(paging ? withReturns(chunk) : chunk) ??
          ctx.tick(1 + (chunk.length >> 6));
        if (full !== undefined) await full;
      }
    };
    const files: readonly ByteString[] = ctx.operands.length === 0 ? ["-"] : ctx.operands;
    try {
      for (const [index, path] of files.entries()) {
        const source = ctx.open(path);
        if (source === undefined) continue;
        try {
          if (!await show(source)) return;
        } catch (error) {
          if (!isVfsError(error, "EISDIR")) throw error;
          ctx.warn(`read error: ${error.reason}`);
        }
        if (paging && index + 1 < files.length) {
          if (await ask(`--More-- (Next file: ${files[index + 1]})`) === undefined) return;
        }
        source.close();
      }
    } catch (error) {
      if (!isVfsError(error) || error.code === "EPIPE") throw error;
      return ctx.fail(`${ctx.wasWriting(error) ? "write" : "read"} error: ${error.reason}`);
    } finally {
      if (paging) terminal.setRaw(false);
    }
  },
});

/** A raw terminal needs a carriage return before a line feed. */
function withReturns(line: Uint8Array): Uint8Array {
  const text = toByteString(line).replace(/\n$/, "\r\n");
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
