import { type Applet, defineApplet } from "./contract.ts";
import { O_CREAT, O_EXCL, O_RDWR } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { joinPath } from "./_lib/path_text.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/** Names that are tried before giving up. */
const ATTEMPTS = 1000;

/** Makes a file or directory with a new name. Source of behaviour: BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "mktemp",
  usage: "[-dt] [-p DIR] [TEMPLATE]",
  about: "Create a file with a new name and print it. TEMPLATE ends in XXXXXX;\n" +
    "without one it is tmp.XXXXXX in the directory of -p, $TMPDIR, or /tmp.",
  lostOutput: "ignore",
  options: {
    d: { long: "directory", help: "A directory instead of a file" },
    q: { long: "quiet", help: "No messages" },
    t: { help: "TEMPLATE is a name in the directory" },
    u: { long: "dry-run", help: "Create nothing, print a name" },
    p: { arg: "DIR", optional: "long", long: "tmpdir", help: "Directory; -t goes with it" },
  },
  maxOperands: 1,
  run({ argv, opts, operands, process, fs, env, out, fail, exit }) {
    let directory = env.get("TMPDIR") ?? "/tmp";
    if (directory === "") directory = "/tmp";
    // `--tmpdir` without a directory, and an empty one without a TEMPLATE, mean the usual one.
    const usual = operands.length === 0 || argv.some((word) => /^--t[a-z]*$/.test(word));
    if (opts.p !== undefined && !(opts.p === "" && usual)) directory = opts.p;
    let template = operands[0] ?? "tmp.XXXXXX";
    if (operands.length === 0 || opts.t || opts.p !== undefined) {
      template = joinPath(directory, template);
    }
    // Native has lost the name of the template when it gets to say this.
    const refuse = (reason: string): never => opts.q ? exit(1) : fail(`(null): ${reason}`);
    if (!template.endsWith("XXXXXX")) return refuse("Invalid argument");
    const head = template.slice(0, -6);
    const bytes = new Uint8Array(6);
    for (let attempt = 0;; attempt++) {
      process.random.fill(bytes);
      let path = head;
      for (const byte of bytes) path += LETTERS[byte % LETTERS.length];
      try {
        if (opts.u) {
          if (fs.tryStat(path, { follow: false }) !== undefined) continue;
        } else if (opts.d) fs.makeDir(path, 0o700);
        else fs.open(path, O_RDWR | O_CREAT | O_EXCL, 0o600).release();
      } catch (error) {
        if (!isVfsError(error)) throw error;
        if (error.code !== "EEXIST" || attempt > ATTEMPTS) return refuse(error.reason);
        continue;
      }
      void out.print(`${path}\n`);
      return 0;
    }
  },
});
