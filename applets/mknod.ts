import { S_IFBLK, S_IFCHR, S_IFIFO } from "../sandbox/types.ts";
import { type Applet, defineApplet } from "./contract.ts";
import { creationMode } from "./_lib/creation_mode.ts";
import { numberArgument } from "./_lib/number_argument.ts";

const TYPES = new Map([["p", S_IFIFO], ["c", S_IFCHR], ["u", S_IFCHR], ["b", S_IFBLK]]);

/** Makes special files, which stand for nothing but themselves. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "mknod",
  usage: "[-m MODE] NAME TYPE [MAJOR MINOR]",
  about: "Make a special file.\nTYPE: b block device, c or u character device, p named pipe",
  options: { m: { arg: "MODE", help: "Mode (default a=rw)" } },
  run(ctx) {
    const { operands, opts } = ctx;
    const [path, letter] = operands;
    const mode = creationMode(ctx, opts.m);
    const type = operands.length < 2 ? undefined : TYPES.get(letter[0]);
    if (type === undefined || operands.length !== (type === S_IFIFO ? 2 : 4)) return ctx.usage();
    if (mode === undefined) return ctx.fail(`${path}: Invalid argument`);
    let device = 0;
    if (type !== S_IFIFO) {
      const major = numberArgument(ctx, operands[2], { max: 4095 });
      const minor = numberArgument(ctx, operands[3], { max: 1048575 });
      device = (minor & 0xff) + (major & 0xfff) * 256 + (minor >> 8) * 1048576;
    }
    try {
      ctx.fs.makeNode(path, type | mode, device);
      if (opts.m !== undefined) ctx.fs.chmod(path, mode);
    } catch (error) {
      ctx.warnError(path, error);
    }
  },
});
