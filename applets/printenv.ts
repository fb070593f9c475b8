import { type Applet, defineApplet } from "./contract.ts";

/** Prints variables. Source of behaviour: coreutils printenv, BusyBox 1.35 documentation. */
export const applet: Applet = defineApplet({
  name: "printenv",
  usage: "[VARIABLE]...",
  about: "Print the values of VARIABLEs, or the whole environment",
  options: {},
  posix: true,
  *run({ operands, env, process, out }) {
    if (operands.length === 0) {
      for (const [name, value] of env) void out.print(`${name}=${value}\n`);
      return 0;
    }
    let missing = 0;
    for (const name of operands) {
      const turn = process.tick(1);
      if (turn !== undefined) yield turn;
      const value = env.get(name);
      if (value === undefined) missing = 1;
      else void out.print(`${value}\n`);
    }
    return missing;
  },
});
