import { type Applet, defineApplet } from "./contract.ts";
import type { Codec } from "./_lib/codec/codec.ts";
import { LzopDecoder, LzopEncoder } from "./_lib/codec/lzop.ts";
import { packFiles } from "./_lib/pack_files.ts";

/** Compresses and decompresses FILEs, fast. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "lzop",
  usage: "[-cfUvd123456789CF] [FILE]...",
  about: "Write FILE.lzo for each FILE, or compress stdin to stdout",
  options: {
    1: { help: "Fastest; 2 to 6 are all the same" },
    2: {},
    3: {},
    4: {},
    5: {},
    6: {},
    7: {},
    8: {},
    9: {},
    d: { help: "Decompress instead" },
    c: { help: "Write to stdout" },
    f: { help: "Overwrite, and read from a terminal" },
    U: { help: "Delete FILE" },
    v: { help: "Tell what is done" },
    F: { help: "Neither store nor check sums of the data" },
    C: { help: "Store sums of the compressed data too" },
    k: {},
    q: {},
    t: {},
  },
  run(ctx) {
    const { opts } = ctx;
    const flags = { ...opts, k: opts.k || !opts.U };
    // Only unpacking is tested: to pack, -t is nothing to do.
    if (opts.t && !opts.d) return 0;
    if (opts.d) {
      return packFiles(ctx, {
        flags,
        rename: (path) => path.endsWith(".lzo") ? path.slice(0, -4) : `${path}.out`,
        codec: (charge) => new LzopDecoder(!opts.F, charge),
        reported: 1,
        writeError: "write error",
        fatal: () => true,
      });
    }
    const level = Number(ctx.order.findLast((name) => name >= "1" && name <= "9") ?? 3);
    const sums = { data: !opts.F, compressed: opts.C };
    return packFiles(ctx, {
      flags,
      rename: (path) => `${path}.lzo`,
      codec: (): Codec => {
        if (level > 6) ctx.fail("high compression not compiled in");
        return new LzopEncoder(level, sums);
      },
      reported: 1,
      writeError: "write error",
      fatal: () => true,
    });
  },
});
