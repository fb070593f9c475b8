import { O_APPEND, O_CREAT, O_WRONLY, type OpenFile, SIG } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { execProgram } from "./_lib/program.ts";

/**
 * Runs a program that does not mind a hang-up. Debian's busybox lacks it; POSIX nohup and
 * BusyBox 1.35's own usage line are the source.
 */
export const applet: Applet = defineApplet({
  name: "nohup",
  usage: "PROG ARGS",
  about: "Run PROG so that it ignores hang-ups; output that would go to a terminal\n" +
    "goes to nohup.out",
  options: {},
  posix: true,
  minOperands: 1,
  usageStatus: 127,
  run(ctx) {
    const { process } = ctx;
    if (process.fd(0)?.tty !== undefined) {
      process.setFd(ctx.fs.open("/dev/null", 0), 0);
    }
    if (process.fd(1)?.tty !== undefined) process.setFd(openLog(ctx), 1);
    if (process.fd(2)?.tty !== undefined) process.setFd(process.fd(1)!.retain(), 2);
    ctx.ignoreSignal(SIG.HUP);
    return execProgram(ctx, ctx.operands);
  },
});

function openLog(ctx: Context): OpenFile {
  const flags = O_WRONLY | O_CREAT | O_APPEND;
  const home = ctx.env.get("HOME");
  for (const path of ["nohup.out", ...(home === undefined ? [] : [`${home}/nohup.out`])]) {
    try {
      const file = ctx.fs.open(path, flags, 0o600);
      ctx.say(`${ctx.name}: appending output to ${path}\n`);
      return file;
    } catch (error) {
      if (!isVfsError(error)) throw error;
    }
  }
  return ctx.fail("can't open nohup.out", 125);
}
