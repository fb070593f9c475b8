import { type Applet, defineApplet } from "./contract.ts";
import { Unxz } from "./_lib/codec/unxz.ts";
import { packFiles, withoutSuffix } from "./_lib/pack_files.ts";

/** Decompresses FILEs; there is no compressor. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "xz",
  aliases: ["unxz", "xzcat"],
  usage: {
    xz: "-d [-cfk] [FILE]...",
    unxz: "[-cfk] [FILE]...",
    xzcat: "[FILE]...",
  },
  about: {
    xz: "Replace each FILE by what was compressed in it, or decompress stdin to stdout",
    unxz: "Replace each FILE by what was compressed in it, or decompress stdin to stdout",
    xzcat: "Print what was compressed in each FILE",
  },
  options: {
    d: { help: "Decompress" },
    c: { help: "Write to stdout and keep FILE" },
    f: { help: "Overwrite, and read from a terminal" },
    k: { help: "Keep FILE" },
    t: { help: "Only check FILE" },
    q: {},
    v: {},
  },
  run(ctx) {
    const { opts } = ctx;
    if (ctx.name === "xz" && !opts.d && !opts.t) ctx.usage();
    return packFiles(ctx, {
      flags: ctx.name === "xzcat" ? { ...opts, c: true } : opts,
      rename: withoutSuffix([".xz"]),
      readError: () => "read error",
      codec: (charge) => new Unxz(charge),
    });
  },
});
