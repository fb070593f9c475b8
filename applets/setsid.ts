import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { execProgram, spawnProgram } from "./_lib/program.ts";

/** Runs a program in a new session. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "setsid",
  usage: "[-c] PROG ARGS",
  about: "Run PROG in a session of its own: it has no controlling terminal and\n" +
    "gets no signals from its keys",
  options: { c: { help: "Make stdin the controlling terminal" } },
  posix: true,
  minOperands: 1,
  async run(ctx) {
    try {
      ctx.process.newSession();
    } catch (error) {
      if (!isVfsError(error, "EPERM")) throw error;
      // A leader of a group cannot; then a child does, and its status is ours.
      const child = spawnProgram(ctx, ctx.operands, { newSession: true });
      return (await child.wait()).code;
    }
    return await execProgram(ctx, ctx.operands);
  },
});
