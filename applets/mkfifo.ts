import { S_IFIFO } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { creationMode } from "./_lib/creation_mode.ts";

/** Makes fifos. Source of behaviour: POSIX mkfifo, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "mkfifo",
  usage: "[-m MODE] NAME",
  about: "Make named pipes",
  options: { m: { arg: "MODE", help: "Mode (default a=rw)" } },
  minOperands: 1,
  *run(ctx) {
    const mode = creationMode(ctx, ctx.opts.m);
    for (const path of ctx.operands) {
      const turn = ctx.tick(1);
      if (turn !== undefined) yield turn;
      try {
        if (mode === undefined) {
          ctx.warn(`${path}: Invalid argument`);
          continue;
        }
        ctx.fs.makeNode(path, S_IFIFO | mode);
        if (ctx.opts.m !== undefined) ctx.fs.chmod(path, mode);
      } catch (error) {
        ctx.warnError(path, error);
      }
    }
  },
});
