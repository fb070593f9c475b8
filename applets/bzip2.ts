import { type Applet, defineApplet } from "./contract.ts";
import { Bunzip2 } from "./_lib/codec/bunzip2.ts";
import { Bzip2 } from "./_lib/codec/bzip2.ts";
import { OptionError } from "./_lib/options.ts";
import { packFiles, withoutSuffix } from "./_lib/pack_files.ts";

/** Options of bunzip2. */
const BUNZIP2 = "cfkdtqv";

/** Compresses FILEs. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "bzip2",
  usage: "[-cfkdt123456789] [FILE]...",
  about: "Replace each FILE by FILE.bz2, or compress stdin to stdout",
  options: {
    1: { help: "Blocks of 100k; and so on to" },
    2: {},
    3: {},
    4: {},
    5: {},
    6: {},
    7: {},
    8: {},
    9: { help: "Blocks of 900k (default)" },
    d: { help: "Decompress instead" },
    c: { help: "Write to stdout and keep FILE" },
    f: { help: "Overwrite, and read from a terminal" },
    k: { help: "Keep FILE" },
    t: { help: "Only check compressed FILEs" },
    q: {},
    s: {},
    v: {},
    z: {},
  },
  run(ctx) {
    const { opts } = ctx;
    if (opts.d || opts.t) {
      // To decompress, native reads its arguments again as bunzip2.
      const foreign = ctx.order.find((name) => !BUNZIP2.includes(name));
      if (foreign !== undefined) throw new OptionError(`invalid option -- '${foreign}'`);
      return packFiles(ctx, {
        flags: opts,
        rename: withoutSuffix([".bz2"]),
        codec: (charge) => new Bunzip2(charge),
      });
    }
    const level = ctx.order.findLast((name) => name >= "1" && name <= "9") ??
      (opts.s ? "2" : "9");
    return packFiles(ctx, {
      flags: opts,
      rename: (path) => `${path}.bz2`,
      codec: (charge) => new Bzip2(Number(level), charge),
      readError: (error) => `read error: ${error.reason}`,
      writeError: "write error",
    });
  },
});
