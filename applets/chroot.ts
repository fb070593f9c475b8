import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { execProgram } from "./_lib/program.ts";

/** Runs a program with another root. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "chroot",
  usage: "NEWROOT [PROG ARGS]",
  about: "Run PROG (a shell by default) with NEWROOT as its root directory",
  options: {},
  raw: true,
  minOperands: 1,
  run(ctx) {
    const [root, ...program] = ctx.operands;
    try {
      ctx.fs.changeRoot(root);
      ctx.fs.changeDir("/");
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return ctx.fail(`can't change root directory to '${root}': ${error.reason}`);
    }
    const shell = ctx.env.get("SHELL") ?? "";
    return execProgram(
      ctx,
      program.length > 0 ? program : [shell === "" ? "/bin/sh" : shell, "-i"],
    );
  },
});
