import { type Applet, defineApplet } from "./contract.ts";
import { isVfsError } from "../sandbox/errors.ts";

/** Names the working directory. Source of behaviour: POSIX pwd, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "pwd",
  usage: "",
  about: "Print the path of the working directory",
  lostOutput: 255,
  options: {
    L: { help: "Take $PWD if it is right" },
    P: { help: "Without links (default)" },
  },
  run({ order, env, fs, out }) {
    let path = fs.currentDir();
    if (order.at(-1) === "L") {
      // A stale $PWD, or one with dots, is not trusted (POSIX pwd -L).
      const logical = env.get("PWD") ?? "";
      if (logical.startsWith("/") && !/(^|\/)\.\.?(\/|$)/.test(logical)) {
        try {
          const there = fs.stat(logical);
          const here = fs.stat(".");
          if (there.dev === here.dev && there.ino === here.ino) path = logical;
        } catch (error) {
          if (!isVfsError(error)) throw error;
        }
      }
    }
    void out.print(`${path}\n`);
  },
});
