import { type Applet, defineApplet } from "./contract.ts";
import { numberArgument } from "./_lib/number_argument.ts";

const RADIX = new Map([["o", 8], ["d", 10], ["x", 16]]);

/** Finds text in binary files. Source of behaviour: POSIX strings, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "strings",
  usage: "[-fo] [-t o|d|x] [-n LEN] [FILE]...",
  about: "Show the printable strings in binary files",
  options: {
    f: { help: "Name of the file before each string" },
    o: { help: "Octal offset before each string" },
    t: { arg: "o|d|x", help: "Offset in this base before each string" },
    n: { arg: "LEN", help: "Strings of at least LEN characters (default 4)" },
    a: {},
  },
  async run(ctx) {
    const { opts, operands, out } = ctx;
    const least = opts.n === undefined
      ? 4
      : numberArgument(ctx, opts.n, { min: 1, max: 2147483647 });
    const letter = opts.t ?? (opts.o ? "o" : undefined);
    const radix = letter === undefined ? undefined : RADIX.get(letter) ?? ctx.usage();
    const named = operands.length > 0;
    for (const path of named ? operands : ["-"]) {
      const source = ctx.openPlain(path);
      if (source === undefined) continue;
      const prefix = opts.f ? `${named ? path : "{standard input}"}: ` : "";
      // A string is held only until it is long enough; from then on it is passed through.
      const held = new Uint8Array(Math.min(least, 1 << 16));
      let length = 0;
      let offset = 0;
      // What cannot be read is as good as empty to native.
      if (source.isClosed || source.file.directory !== undefined) continue;
      for (;;) {
        let chunk = source.readReused();
        if (chunk instanceof Promise) chunk = await chunk;
        if (chunk === undefined) break;
        for (let i = 0; i < chunk.length; i++, offset++) {
          const byte = chunk[i];
          if ((byte >= 32 && byte < 127) || byte === 9) {
            if (length >= least) out.byte(byte);
            else {
              held[length++] = byte;
              if (length < least) continue;
              if (prefix !== "") out.print(prefix);
              if (radix !== undefined) {
                out.print(`${(offset + 1 - length).toString(radix).padStart(7)} `);
              }
              out.bytes(held, 0, length);
            }
          } else {
            if (length >= least) out.byte(10);
            length = 0;
          }
        }
        const full = out.pending() ?? ctx.tick(1 + (chunk.length >> 5));
        if (full !== undefined) await full;
      }
      if (length >= least) out.byte(10);
      source.close();
    }
  },
});
