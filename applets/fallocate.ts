import { O_CREAT, O_RDWR } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { BINARY_SUFFIXES, numberArgument } from "./_lib/number_argument.ts";

/** Makes a file at least so long. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "fallocate",
  usage: "[-o OFS] -l LEN FILE",
  about: "Make sure that FILE has room for a range of bytes",
  options: {
    l: { arg: "LEN", help: "Length of the range" },
    o: { arg: "OFS", help: "Start of the range" },
  },
  run(ctx) {
    const { opts, operands: [path] } = ctx;
    if (opts.l === undefined || ctx.operands.length !== 1) return ctx.usage();
    const rules = { suffixes: BINARY_SUFFIXES };
    const offset = opts.o === undefined ? 0 : numberArgument(ctx, opts.o, rules);
    const length = numberArgument(ctx, opts.l, rules);
    try {
      const file = ctx.fs.open(path, O_RDWR | O_CREAT, 0o666);
      try {
        if (length === 0) return ctx.fail(`fallocate '${path}': Invalid argument`);
        if (file.stat().size < offset + length) file.truncate(offset + length);
        else file.setAttr({ mtimeNs: ctx.process.clock.nowNs() });
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`fallocate '${path}': ${error.reason}`);
      } finally {
        file.release();
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`can't open '${path}': ${error.reason}`);
    }
  },
});
