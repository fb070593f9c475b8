import { type Applet, defineApplet, NO_HELP } from "./contract.ts";
import { execProgram } from "./_lib/program.ts";

/**
 * Runs a program under another personality. The sandbox has one personality only, so that this
 * changes nothing for the program. Source of behaviour: BusyBox 1.35.
 */
export const applet: Applet = defineApplet({
  name: "linux32",
  aliases: ["linux64"],
  usage: NO_HELP,
  about: "",
  options: { R: {} },
  posix: true,
  run(ctx) {
    return execProgram(ctx, ctx.operands.length === 0 ? ["/bin/sh"] : ctx.operands);
  },
});
