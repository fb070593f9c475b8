import type { ByteString } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { Gzip } from "./_lib/codec/gzip.ts";
import { UnpackAny } from "./_lib/codec/unpack_any.ts";
import { OptionError } from "./_lib/options.ts";
import { gzipTime, packFiles, withoutSuffix } from "./_lib/pack_files.ts";

/** Compresses FILEs. Source of behaviour: RFC 1952, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "gzip",
  usage: "[-cfkdt] [FILE]...",
  about: "Replace each FILE by FILE.gz, or compress stdin to stdout",
  options: {
    c: { help: "Write to stdout and keep FILE", long: ["stdout", "to-stdout"] },
    f: { help: "Overwrite, and read from a terminal", long: "force" },
    k: { help: "Keep FILE" },
    v: { long: "verbose" },
    d: { long: ["decompress", "uncompress"], help: "Decompress instead" },
    t: { help: "Only check compressed FILEs", long: "test" },
    q: { long: "quiet" },
    n: { long: "no-name" },
    1: { long: "fast", after: "q" },
    2: {},
    3: {},
    4: {},
    5: {},
    6: {},
    7: {},
    8: {},
    9: { long: "best", after: "1" },
  },
  run(ctx) {
    const { opts } = ctx;
    if (opts.d || opts.t) {
      refuseForeign(ctx.argv);
      return packFiles(ctx, {
        flags: opts,
        rename: withoutSuffix([".gz", ".Z"], [".tgz"]),
        codec: () => new UnpackAny("gzip"),
        mtime: gzipTime,
      });
    }
    const level = ctx.order.findLast((name) => name >= "1" && name <= "9");
    return packFiles(ctx, {
      flags: opts,
      rename: (path) => `${path}.gz`,
      codec: () => new Gzip(level === undefined ? 6 : Number(level)),
      reported: 0,
      writeError: "write error",
      fatal: (message) => message.startsWith("write error"),
    });
  },
});

/** Long options that gunzip lacks. */
const FOREIGN = ["quiet", "verbose", "fast", "best", "decompress", "uncompress"];

/** To decompress, native reads its arguments again as gunzip, which has fewer options. */
function refuseForeign(argv: readonly ByteString[]): void {
  for (const word of argv.slice(1)) {
    if (word === "--") return;
    const long = word.startsWith("--") ? word.slice(2) : "";
    if (long !== "" && FOREIGN.some((name) => name.startsWith(long))) {
      throw new OptionError(`unrecognized option '${word}'`);
    }
    const level = long === "" && word.startsWith("-") ? /[1-9]/.exec(word) : null;
    if (level !== null) throw new OptionError(`invalid option -- '${level[0]}'`);
  }
}
