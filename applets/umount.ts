import { type Applet, defineApplet } from "./contract.ts";
import { isVfsError } from "../sandbox/errors.ts";

/** Refuses to take mounts away. Source of behaviour: BusyBox 1.35 of a user who may not. */
export const applet: Applet = defineApplet({
  name: "umount",
  usage: "[-rlfda] [-t FSTYPE] FILESYSTEM|DIRECTORY",
  about: "Take a mount away, which a program of the sandbox may not do",
  options: {
    a: { help: "All of them" },
    r: { help: "Make read-only what is busy" },
    l: { help: "Later" },
    f: { help: "By force" },
    d: { help: "Free the loop device" },
    n: {},
    v: {},
    t: { arg: "FSTYPE[,...]", help: "Only these types" },
  },
  run(ctx) {
    const { opts, operands, process } = ctx;
    // Of all, native takes every one, whatever the type.
    const targets = opts.a
      ? process.kernel.mounts().map(({ target }) => target).reverse()
      : operands;
    if (targets.length === 0 && !opts.a) return ctx.usage();
    for (const target of targets) {
      let reason = "Operation not permitted";
      try {
        ctx.fs.stat(target);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        reason = error.reason;
      }
      ctx.warn(`can't unmount ${target}: ${reason}`);
    }
  },
});
