import { O_CREAT, O_WRONLY } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { numberArgument, SIZE_SUFFIXES } from "./_lib/number_argument.ts";

/** Sets the size of files. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "truncate",
  usage: "[-c] -s SIZE FILE...",
  about: "Cut or extend FILEs to SIZE",
  options: {
    c: { help: "Do not create files" },
    s: { arg: "SIZE", help: "The size" },
  },
  *run(ctx) {
    const { opts, operands } = ctx;
    if (opts.s === undefined || operands.length === 0) return ctx.usage();
    const size = numberArgument(ctx, opts.s, { suffixes: SIZE_SUFFIXES });
    for (const path of operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) yield turn;
      try {
        const file = ctx.fs.open(path, O_WRONLY | (opts.c ? 0 : O_CREAT), 0o666);
        try {
          file.truncate(size);
        } catch (error) {
          ctx.warnError(`${path}: truncate`, error);
        } finally {
          file.release();
        }
      } catch (error) {
        if (opts.c && isVfsError(error, "ENOENT")) continue;
        ctx.warnError(`${path}: open`, error);
      }
    }
  },
});
