import { type Applet, type Context, defineApplet } from "./contract.ts";
import { lastComponent } from "./_lib/path_text.ts";
import { removeTree } from "./_lib/remove_tree.ts";
import { after, inTurns } from "./_lib/sequence.ts";

/** Removes files. Source of behaviour: POSIX rm, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "rm",
  usage: "[-irf] FILE...",
  about: "Remove FILEs",
  lostOutput: "ignore",
  options: {
    i: { help: "Always ask" },
    f: { help: "Never ask; no error for what is not there" },
    R: { help: "Directories with all that is in them" },
    r: { help: "Same as -R" },
    v: {},
  },
  run(ctx) {
    const { opts, operands, order } = ctx;
    // Of -i and -f the last one counts.
    const last = order.findLast((name) => name === "i" || name === "f");
    if (operands.length === 0) return last === "f" ? 0 : ctx.usage();
    const options = {
      recursive: !!(opts.R || opts.r),
      force: last === "f",
      interactive: last === "i",
      verbose: !!opts.v,
    };
    return inTurns(ctx.process, operands, (operand) => {
      const base = lastComponent(operand);
      if (base === "." || base === "..") {
        ctx.warn("can't remove '.' or '..'");
        return;
      }
      let end = operand.length;
      while (end > 1 && operand[end - 1] === "/") end--;
      // A slash at the end is dropped, so that a link itself is removed.
      return after(
        removeTree(ctx as unknown as Context, operand.slice(0, end), options),
        (good) => {
          if (!good) ctx.status = 1;
        },
      );
    });
  },
});
