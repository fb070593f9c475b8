import { type Applet, defineApplet } from "./contract.ts";
import { Unlzma } from "./_lib/codec/unlzma.ts";
import { packFiles, withoutSuffix } from "./_lib/pack_files.ts";

/** Decompresses FILEs; there is no compressor. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "lzma",
  aliases: ["unlzma", "lzcat"],
  usage: {
    lzma: "-d [-cfk] [FILE]...",
    unlzma: "[-cfk] [FILE]...",
    lzcat: "[FILE]...",
  },
  about: {
    lzma: "Replace each FILE by what was compressed in it, or decompress stdin to stdout",
    unlzma: "Replace each FILE by what was compressed in it, or decompress stdin to stdout",
    lzcat: "Print what was compressed in each FILE",
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
    if (ctx.name === "lzma" && !opts.d && !opts.t) ctx.usage();
    return packFiles(ctx, {
      flags: ctx.name === "lzcat" ? { ...opts, c: true } : opts,
      rename: withoutSuffix([".lzma"]),
      // Native dies of this one; other damage is told and the next file is tried.
      fatal: (message) => message === "unexpected EOF",
      codec: (charge) => new Unlzma(charge),
    });
  },
});
