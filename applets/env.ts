import { type Applet, defineApplet } from "./contract.ts";
import { execProgram } from "./_lib/program.ts";

/** Runs a program in a changed environment. Source of behaviour: POSIX env, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "env",
  usage: "[-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]",
  about: "Run PROG in a changed environment, or print the environment",
  options: {
    i: { long: "ignore-environment", help: "Begin with an empty environment (also -)" },
    "0": { after: "i", long: "null", help: "End printed lines with NUL" },
    u: { arg: "NAME", long: "unset", many: true, help: "Take NAME out" },
  },
  posix: true,
  run(ctx) {
    const { opts, operands, out } = ctx;
    let at = 0;
    let empty = !!opts.i;
    if (operands[0] === "-") {
      empty = true;
      at++;
    }
    const env = new Map(empty ? [] : ctx.env);
    for (const name of opts.u ?? []) env.delete(name);
    for (; at < operands.length; at++) {
      const equals = operands[at].indexOf("=");
      if (equals < 0) break;
      env.set(operands[at].slice(0, equals), operands[at].slice(equals + 1));
    }
    if (at < operands.length) return execProgram(ctx, operands.slice(at), { env });
    const end = opts[0] ? "\0" : "\n";
    for (const [name, value] of env) void out.print(`${name}=${value}${end}`);
    return 0;
  },
});
