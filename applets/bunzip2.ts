import { type Applet, defineApplet } from "./contract.ts";
import { Bunzip2 } from "./_lib/codec/bunzip2.ts";
import { packFiles, withoutSuffix } from "./_lib/pack_files.ts";

/** Decompresses FILEs. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "bunzip2",
  aliases: ["bzcat"],
  usage: { bunzip2: "[-cfk] [FILE]...", bzcat: "[FILE]..." },
  about: {
    bunzip2: "Replace each FILE by what was compressed in it, or decompress stdin to stdout",
    bzcat: "Print what was compressed in each FILE",
  },
  options: {
    c: { help: "Write to stdout and keep FILE" },
    f: { help: "Overwrite, and read from a terminal" },
    k: { help: "Keep FILE" },
    t: { help: "Only check FILE" },
    d: {},
    q: {},
    v: {},
  },
  run(ctx) {
    const { opts } = ctx;
    return packFiles(ctx, {
      flags: ctx.name === "bzcat" ? { ...opts, c: true } : opts,
      rename: withoutSuffix([".bz2"]),
      codec: (charge) => new Bunzip2(charge),
    });
  },
});
