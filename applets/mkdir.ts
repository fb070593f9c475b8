import { type Applet, defineApplet } from "./contract.ts";
import { S_IFDIR, S_IFMT } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { applyMode } from "./_lib/mode.ts";

/** Makes directories. Source of behaviour: POSIX mkdir, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "mkdir",
  usage: "[-m MODE] [-p] DIRECTORY...",
  about: "Create each DIRECTORY",
  lostOutput: "ignore",
  options: {
    m: { arg: "MODE", long: "mode", help: "Mode, octal or symbolic" },
    p: { long: "parents", help: "Create parents too; no error if it exists" },
    v: { long: "verbose" },
  },
  *run({ opts, operands, process, fs, out, warn, fail, usage }) {
    let mode: number | undefined;
    if (opts.m !== undefined) {
      mode = applyMode(opts.m, S_IFDIR | 0o777, 0) ?? fail(`invalid mode '${opts.m}'`);
    }
    if (operands.length === 0) usage();
    const make = (path: string, shown: string, last: boolean): boolean => {
      try {
        fs.makeDir(path, 0o777);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        const found = fs.tryStat(path);
        const directory = found !== undefined && (found.mode & S_IFMT) === S_IFDIR;
        if (opts.p && directory) return true;
        // A link to nothing: native looks at what it points to, and tells of that.
        if (opts.p && found === undefined && error.code === "EEXIST") {
          warn(`can't create directory '${shown}': No such file or directory`);
          return false;
        }
        const reason = !last && found !== undefined && !directory
          ? "Not a directory"
          : error.reason;
        warn(`can't create directory '${shown}': ${reason}`);
        return false;
      }
      if (last && mode !== undefined) fs.chmod(path, mode);
      // Parents must stay usable whatever the umask takes away (POSIX mkdir -p).
      else if (!last && (process.umask & 0o300) !== 0) {
        fs.chmod(path, 0o777 & ~process.umask | 0o300);
      }
      if (opts.v) void out.print(`created directory: '${shown}'\n`);
      return true;
    };
    for (const path of operands) {
      const turn = process.tick(1);
      if (turn !== undefined) yield turn;
      let whole = true;
      if (opts.p) {
        // Each prefix that ends in slashes is a parent; it is named with them, as native does.
        let at = path[0] === "/" ? path.search(/[^/]|$/) : 0;
        while (whole) {
          const slash = path.indexOf("/", at);
          if (slash < 0) break;
          let end = slash;
          while (path[end] === "/") end++;
          if (end === path.length) break;
          // A path of thousands of components is walked anew for each of them.
          const pause = process.tick(slash);
          if (pause !== undefined) yield pause;
          whole = make(path.slice(0, slash), path.slice(0, end), false);
          at = end;
        }
      }
      if (whole) make(path, path, true);
    }
  },
});
