import { type Applet, defineApplet } from "./contract.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { canonicalPath } from "./_lib/real_path.ts";

/** Prints where a link points. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "readlink",
  usage: "[-fnv] FILE",
  about: "Print where a link points",
  lostOutput: "ignore",
  options: {
    f: { help: "Follow all links of the whole path" },
    n: { help: "No newline at the end" },
    v: { help: "Say what is wrong" },
    q: {},
    s: {},
  },
  minOperands: 1,
  maxOperands: 1,
  run({ opts, operands, fs, out, warn }) {
    const [path] = operands;
    let result: string;
    try {
      result = opts.f ? canonicalPath(fs, path) : fs.readLink(path);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      const reason = error.code === "EINVAL" ? "not a symlink" : error.reason;
      // The canonical form has no message, as in native.
      if (opts.v && !opts.f) warn(`${path}: cannot read link: ${reason}`);
      return 1;
    }
    void out.print(opts.n ? result : `${result}\n`);
    return 0;
  },
});
