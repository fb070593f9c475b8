import { type Applet, defineApplet } from "./contract.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { toByteString } from "../sandbox/bytes.ts";

/** Status of a mount that failed, as native gives the error of the call. */
const REFUSED = 255;

/** Lists what is mounted; mounting itself is the host's. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "mount",
  usage: "[OPTIONS] [-o OPT] DEVICE NODE",
  about: "List the mounts of the sandbox. A program in it can change none of them.",
  options: {
    a: { help: "All of fstab" },
    f: { help: "Do nothing" },
    i: { help: "Run no helper" },
    r: { help: "Read-only" },
    w: {},
    n: {},
    s: {},
    v: {},
    t: { arg: "FSTYPE[,...]", help: "Types" },
    T: { arg: "FILE", help: "Read FILE instead of /etc/fstab" },
    O: { arg: "OPT", help: "Only those with option OPT (with -a)" },
    o: { arg: "OPT", many: true, help: "Options" },
    bind: {},
    move: {},
    rbind: {},
    "make-shared": {},
    "make-private": {},
    "make-slave": {},
    "make-unbindable": {},
    "make-rshared": {},
    "make-rprivate": {},
    "make-rslave": {},
    "make-runbindable": {},
  },
  run(ctx) {
    const { opts, operands, process, out } = ctx;
    if (opts.a) {
      const path = opts.T ?? "/etc/fstab";
      let entries: string[] = [];
      try {
        entries = toByteString(ctx.fs.readFile(path)).split("\n")
          .filter((line) => /^\s*[^#\s]/.test(line));
      } catch (error) {
        if (!isVfsError(error)) throw error;
        return ctx.fail(`can't read '${path}'`);
      }
      if (opts.f) return 0;
      for (const line of entries) {
        const [device, node] = line.trim().split(/\s+/);
        ctx.warn(`mounting ${device} on ${node} failed: Operation not permitted`);
      }
      return entries.length > 0 ? REFUSED : 0;
    }
    if (operands.length === 0) {
      for (const { source, target, type, options } of process.kernel.mounts()) {
        if (opts.t !== undefined && !opts.t.split(",").includes(type)) continue;
        out.print(`${source} on ${target} type ${type} (${options})\n`);
      }
      return 0;
    }
    if (opts.f) return 0;
    const [device, node] = operands;
    if (node === undefined && opts.o === undefined) {
      return ctx.fail(`can't find ${device} in /etc/fstab`);
    }
    ctx.warn(`mounting ${device} on ${node ?? device} failed: Operation not permitted`);
    return REFUSED;
  },
});
