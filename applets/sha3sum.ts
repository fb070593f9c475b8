import { type Applet, defineApplet } from "./contract.ts";
import { DIGEST_OPTIONS, digestFiles } from "./_lib/digest_files.ts";
import { Sha3 } from "./_lib/hash/sha3.ts";

/** Prints or checks SHA-3 digests. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "sha3sum",
  usage: "[-c[sw]] [-a BITS] [FILE]...",
  about: "Print or check SHA-3 digests",
  lostOutput: "ignore",
  options: {
    ...DIGEST_OPTIONS,
    a: { arg: "BITS", numeric: true, help: "224 (default), 256, 384 or 512" },
  },
  run(ctx) {
    const bits = ctx.opts.a ?? 224;
    // Native takes any length that leaves room for input, in steps of four bytes.
    const good = bits % 32 === 0 && bits >= 32 && bits <= 768;
    return digestFiles(ctx, ctx.opts, () => good ? new Sha3(bits) : ctx.fail(`bad -a${bits}`));
  },
});
