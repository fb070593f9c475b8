import { type Applet, defineApplet } from "./contract.ts";
import { Uncompress } from "./_lib/codec/uncompress.ts";
import { packFiles, withoutSuffix } from "./_lib/pack_files.ts";

/** Decompresses .Z FILEs. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "uncompress",
  usage: "[-cf] [FILE]...",
  about: "Replace each FILE.Z by what was compressed in it, or decompress stdin to stdout",
  options: {
    c: { help: "Write to stdout and keep FILE" },
    f: { help: "Overwrite, and read from a terminal" },
  },
  run(ctx) {
    return packFiles(ctx, {
      flags: ctx.opts,
      rename: withoutSuffix([".Z"]),
      codec: () => new Uncompress(),
    });
  },
});
