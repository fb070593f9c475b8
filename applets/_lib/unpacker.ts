/**
 * Applets that only unpack: the format's own name with -d or -t, and two that need no option. Source of
 * behaviour: native busybox 1.35.
 *
 * @module
 */
import { type Applet, defineApplet } from "../contract.ts";
import { packFiles, type Packing, withoutSuffix } from "./pack_files.ts";

/**
 * An unpacker.
 *
 * @param name The format's own name, which is its suffix too.
 * @param unpack The name that unpacks without -d.
 * @param print The name that prints what it unpacks.
 * @param packing What is the format's own.
 */
export function unpacker(
  name: string,
  unpack: string,
  print: string,
  packing: Omit<Packing, "flags" | "rename">,
): Applet {
  const replace = "Replace each FILE by what was compressed in it, or decompress stdin to stdout";
  return defineApplet({
    name,
    aliases: [unpack, print],
    usage: {
      [name]: "-d [-cfk] [FILE]...",
      [unpack]: "[-cfk] [FILE]...",
      [print]: "[FILE]...",
    },
    about: {
      [name]: replace,
      [unpack]: replace,
      [print]: "Print what was compressed in each FILE",
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
      if (ctx.name === name && !opts.d && !opts.t) ctx.usage();
      return packFiles(ctx, {
        ...packing,
        flags: ctx.name === print ? { ...opts, c: true } : opts,
        rename: withoutSuffix([`.${name}`]),
      });
    },
  });
}
