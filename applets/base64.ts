import { type Applet, defineApplet } from "./contract.ts";
import { BASE32, BASE64, BaseDecoder, BaseEncoder } from "./_lib/base_text.ts";
import { after, attempt, eachChunk } from "./_lib/sequence.ts";

/** Encodes or decodes base64 and base32. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "base64",
  aliases: ["base32"],
  usage: { base64: "[-d] [-w COL] [FILE]", base32: "[-d] [-w COL] [FILE]" },
  about: {
    base64: "Print FILE (or stdin) as base64, or what was encoded in it",
    base32: "Print FILE (or stdin) as base32, or what was encoded in it",
  },
  options: {
    d: { help: "Decode" },
    w: {
      arg: "COL",
      numeric: true,
      help: "Letters of a line (76); 0 for a single line without end",
    },
    i: {},
  },
  maxOperands: 1,
  run(ctx) {
    const { opts } = ctx;
    const width = opts.w ?? 76;
    const kind = ctx.name === "base32" ? BASE32 : BASE64;
    const source = ctx.openPlain(ctx.operands[0] ?? "-");
    if (source === undefined) return 1;
    if (opts.d) {
      const decoder = new BaseDecoder(kind);
      const decoded = attempt(
        () =>
          eachChunk(ctx, source, (chunk) => {
            const full = ctx.out.bytes(decoder.push(chunk));
            return decoder.failed ? false : full;
          }),
        () => {}, // Native takes a failed read for the end.
      );
      return after(decoded, () => decoder.finished ? ctx.status : ctx.fail("truncated input"));
    }
    const encoder = new BaseEncoder(kind, width);
    const encoded = attempt(
      () => eachChunk(ctx, source, (chunk) => ctx.out.print(encoder.push(chunk))),
      (error) => ctx.fail(`read error: ${error.reason}`),
    );
    return after(encoded, () => after(ctx.out.print(encoder.finish()), () => ctx.status));
  },
});
